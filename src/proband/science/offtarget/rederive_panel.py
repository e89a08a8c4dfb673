"""Proof of a panel's rows: each is made again from the reference and the records that it names, by the slow code.

Of a row that some haplotype has it is shown that reference and named alleles, and nothing else, give its letters at its
positions, and that the reference has no site there where the row says that it has none; of a lost one that the
reference has it and that alleles are named.

Cannot see: the number of haplotypes that have a row, a site that the table lacks, and whether a lost site is lost on
every haplotype that is counted for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from proband.core.errors import Problem
from proband.science.offtarget.rederive import Asked, Fetch, Proof, Row
from proband.science.offtarget.rederive_calls import Carried, CarriedEdits, labelled


def rederive_panel(rows: Iterable[Mapping[str, str]], fetch: Fetch, asked: Mapping[str, Asked]) -> Proof:
    """Make every row of a panel's table again. `asked`: guide and limits by the guide's name."""
    proof = Proof()
    for row in rows:
        proof.rows += 1
        wrong = _wrong(row, fetch, asked[row["guide"]])
        if wrong:
            place = f"row {proof.rows} ({row['contig']}:{row['start']}, {row['change']})"
            proof.problems.append(Problem("panel", place, wrong, "a site that reference and VCF give", "report a bug"))
    return proof


def _wrong(row: Mapping[str, str], fetch: Fetch, asked: Asked) -> str:
    """What is wrong with a row, or nothing. All that it names is taken as carried by every copy."""
    named = [] if row["variants"] == "." else row["variants"].split(",")
    made = dict(row) | {"haplotype": "1|2"}
    if row["change"] == "unchanged" and named:
        return f"{named[0]} is named at a site that is as in the reference"
    if row["change"] == "lost":
        if not named:
            return "no variant is named"
        spacer, protospacer, pam, counts = row["reference_alignment"].split("/")
        numbers = dict(zip(("mismatches", "dna_bulges", "rna_bulges"), counts.split(","), strict=True))
        made |= {"aligned_spacer": spacer, "aligned_protospacer": protospacer, "pam": pam, "change": "unchanged"}
        made, named = made | numbers | {"variants": "."}, []
    carried = [_carried(label) for label in named]
    return Row(made, asked, fetch, CarriedEdits(sorted(carried, key=lambda c: (c.start, c.end))), frozenset()).wrong()


def _carried(label: str) -> Carried:
    _, start, end, new = labelled(label)
    return Carried(start, end, new, label, ("1", "1"), "1", True)
