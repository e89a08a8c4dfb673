"""Operating characteristics of the mixed-model external control, as a whole process.

    python benchmarks/simulate.py

Runs ``proband simulate`` on one scenario (3 treated, 40 untreated, 5 visits) with 10,000 and with 40,000 replicates,
here and on two processes, and prints wall and processor seconds, peak memory of the largest process, and the ratio to
drawing the same
number of normal values with numpy alone in the same run. The target is 30 s for 10,000 replicates on two cores, with
memory that does not grow with replicates.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from proband.folder.plan_template import COMMON, designs

DRAW = "import numpy; g = numpy.random.default_rng(1); [g.standard_normal(250 * 43 * 7) for _ in range({} // 250)]"
AXES = {
    "patients = [1, 2, 3, 5, 10, 20]": "patients = [3]",
    "effect = [0, 1, 2, 3]": "effect = [0]",
    "tau_c = [0, 0.25, 0.5, 1]": "tau_c = [0]",
    "rho = [0, 0.3]": "rho = [0]",
    "drift = [0, 0.1]": "drift = [0]",
    "index_error = [0, 8]": "index_error = [0]",
    "comedication_shift = [0, 0.3]": "comedication_shift = [0]",
    "dropout = [0, 0.2]": "dropout = [0]",
    "worst_case = { tau_c = [0, 0.25] }": "worst_case = { tau_c = [0] }",
}
MEASURE = (
    "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode; "
    "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
    "print(used.ru_maxrss, used.ru_utime + used.ru_stime); sys.exit(code)"
)


def measured(command: list[str]) -> tuple[float, float, float]:
    """Wall seconds, processor seconds, and the peak megabytes of the largest process of one command."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", MEASURE, *command], check=True, capture_output=True, text=True)
    memory, processor = done.stdout.split()
    return time.perf_counter() - start, float(processor), int(memory) / 1024


def main() -> None:
    """Print one line for each number of replicates and executor."""
    text = COMMON + designs()["external_control"]
    for old, new in AXES.items():
        assert old in text, old
        text = text.replace(old, new)
    text = "\n".join(line for line in text.split("\n") if not line.startswith("effect_prior"))
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.toml"
        plan.write_text(text)
        for replicates in (10_000, 40_000):
            _, base, _ = measured([sys.executable, "-c", DRAW.format(replicates)])
            for where in ("serial", "processes:2"):
                out = Path(folder) / f"{replicates}-{where.replace(':', '-')}"
                command = [sys.executable, "-m", "proband", "simulate", str(plan), "--replicates", str(replicates)]
                took, used, memory = measured([*command, "--out", str(out), "--executor", where])
                said = f"{took:.1f} s, {used:.1f} s of processor, {memory:.0f} MB"
                print(f"{replicates} {where}: {said}, {used / base:.1f} times the processor time of drawing alone")


if __name__ == "__main__":
    main()
