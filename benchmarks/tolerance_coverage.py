"""How often intervals for few lots hold 95 % of all lots, by simulation; writes docs/images/tolerance-coverage.svg.

    python benchmarks/tolerance_coverage.py

Normal lots, fixed seed, 400,000 sets of lots for each n. Four rules: the exact factor, the factor of printed tables,
the mean and two standard deviations, the mean and three. The number that each should reach is 0.95.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import special

from proband.core.evidence import Figure
from proband.dossier.charts import svg
from proband.science.quality.tolerance import table_k, two_sided_k

RUNS = 400_000
SIZES = (2, 3, 4, 5, 6, 8, 10)


def coverage(n: int, k: float) -> float:
    """Share of sets of n lots whose interval, mean and k standard deviations, holds at least 95 % of all lots."""
    drawn = np.random.default_rng(1000 + n).standard_normal((RUNS, n))
    mean, sd = drawn.mean(axis=1), drawn.std(axis=1, ddof=1)
    held = special.ndtr(mean + k * sd) - special.ndtr(mean - k * sd)
    return float((held >= 0.95).mean())


def main() -> None:
    """Print the table and write the figure."""
    rules = {
        "exact factor": two_sided_k,
        "printed factor": table_k,
        "mean and 3 SD": lambda n: 3.0,
        "mean and 2 SD": lambda n: 2.0,
    }
    rows = []
    for n in SIZES:
        for name, k in rules.items():
            share = coverage(n, k(n))
            if name != "printed factor":  # it lies on the exact one at this scale
                rows.append({"n": n, "rule": name, "share": share})
            print(f"n = {n:2d}  {name:15s} k = {k(n):7.3f}  {share:.4f}")
    for row in rows[:1]:
        row["limit"] = 0.95
    figure = Figure(
        name="tolerance-coverage",
        title="How often an interval from n lots holds 95 % of all lots",
        alt="The exact factor stays at 0.95 for every n; mean and two or three standard deviations stay far below.",
        chart="lines",
        encoding={"x": "n", "y": "share", "color": "rule", "limit": "limit"},
        rows=tuple(rows),
        labels={"x": "lots", "y": "share of simulated sets", "color": ""},
    )
    path = Path(__file__).parents[1] / "docs" / "images" / "tolerance-coverage.svg"
    path.write_text(svg(figure).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1), encoding="utf-8")


if __name__ == "__main__":
    main()
