"""Small simulated panels for the tests of sheet, panel and command: a table of sites and the reads of each sample."""

import csv
import io

from amplicon_cases import random_bases

from proband.science.stats.treated_control import CallRule
from proband.testing.panels import dilution_sites, simulate_panel

RULE = CallRule(0.05, 0.05, over="panel")
FRACTIONS = (0.0, 0.0, 0.03, 0.3)
"""Edited shares of the sites; the last one is the on-target."""
LOST = random_bases(150, 99)
"""An amplicon of which no file holds a read."""


def rows_of(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def write_rows(path, rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(k for r in rows for k in r)), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def make_panel(folder, edit="indel", reads=1200, hopping=0.0, seed=5, lost=True, fractions=FRACTIONS):
    """Write a panel; returns its sheet and its table of sites."""
    simulate_panel(dilution_sites(fractions, edit=edit), seed=seed, reads=reads, hopping=hopping).write(folder)
    sites = rows_of(folder / "sites.csv")
    for n, row in enumerate(sites):
        row["editor"] = "SpCas9" if edit == "indel" else "ABE8e/SpCas9"
        row |= {"on_target": "no", "contig": "chr1", "start": str(1 + 1000 * n), "strand": "+-"[n % 2], "expected": ""}
    sites[-1]["on_target"] = "yes"
    if edit == "base":
        sites[-1]["expected"] = "A6"
    if lost:
        sites.append({"site": "lost", "amplicon": LOST, "spacer": LOST[60:80], "editor": sites[0]["editor"]})
    return folder / "samples.csv", write_rows(folder / "sites.csv", sites)
