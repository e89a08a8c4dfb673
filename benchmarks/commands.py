"""How long the commands take, as whole processes, beside an empty interpreter in the same run.

    python benchmarks/commands.py

Prints median wall seconds of several runs, and the ratio to ``python -c pass`` measured in turn with it. The
targets are those of docs/explanation/speed.md; nothing here fails, it only measures.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = 7


def seconds(command: list[str]) -> float:
    """Wall time of one process."""
    start = time.perf_counter()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def paired(command: list[str], before=lambda: None) -> tuple[float, float]:
    """Median seconds, and median ratio to an empty interpreter run just before."""
    times, ratios = [], []
    for _ in range(RUNS):
        before()
        empty = seconds([sys.executable, "-c", "pass"])
        taken = seconds(command)
        times.append(taken)
        ratios.append(taken / empty)
    return statistics.median(times), statistics.median(ratios)


def main() -> None:
    """Measure and print one row per command."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "cps1_kabe"
        shutil.copytree(ROOT / "examples" / "cps1_kabe", program, ignore=shutil.ignore_patterns(".proband"))
        out = str(Path(folder) / "out")
        run = [sys.executable, "-m", "proband"]

        def cold() -> None:
            shutil.rmtree(program / ".proband", ignore_errors=True)
            shutil.rmtree(out, ignore_errors=True)

        rows = [
            ("--help", [*run, "--help"], lambda: None, 0.5),
            ("check", [*run, "check", str(program)], lambda: None, 1.0),
            ("dossier, first", [*run, "dossier", str(program), "--out", out], cold, 10.0),
            ("assess, cached", [*run, "assess", str(program)], lambda: None, 1.0),
            ("explain, cached", [*run, "explain", str(program), "TE-05"], lambda: None, 1.0),
        ]
        print(f"{'command':<18}{'median s':>10}{'ratio':>8}{'target s':>10}")
        for name, command, before, target in rows:
            taken, ratio = paired(command, before)
            print(f"{name:<18}{taken:>10.3f}{ratio:>8.1f}{target:>10.1f}")


if __name__ == "__main__":
    main()
