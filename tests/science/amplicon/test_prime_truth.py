"""A prime edit whose every read is known: intended, partial, scaffold of 1 to 20 bases, indels, on both strands."""

import csv
import random

import pytest

from proband.science.amplicon.panel import run_panel
from proband.science.amplicon.sheet import read_sheet
from proband.science.sequence.alphabet import reverse_complement
from proband.science.stats.treated_control import CallRule

SCAFFOLD = "GTTTTAGAGCTAGAAATAGCAAGTTAAAATAAGGCTAGTCCGTTATCAACTTGAAAAAGTGGCACCGAGTCGGTGC"


def known_reads(seed):
    """Site columns, and reads by class: substitutions at +3 and +9 and an insertion of CTG at +13 of the nick."""
    rng = random.Random(seed)
    left, spacer, right = ("".join(rng.choices("ACGT", k=k)) for k in (45, 20, 50))
    seq, nick = left + spacer + "TGG" + right, 62
    swap = str.maketrans("ACGT", "CATG")
    flap = list(seq[nick : nick + 16])
    flap[2], flap[8] = flap[2].translate(swap), flap[8].translate(swap)
    flap = "".join(flap[:12]) + "CTG" + "".join(flap[12:])
    edited, end, tail = seq[:nick] + flap + seq[nick + 16 :], nick + 19, reverse_complement(SCAFFOLD)
    one = seq[: nick + 2] + edited[nick + 2] + seq[nick + 3 :]
    two = one[: nick + 8] + edited[nick + 8] + one[nick + 9 :]
    made = {
        "unmodified": {seq: 500},
        "intended_edit": {edited: 300},
        "partial_edit": {one: 40, two: 30, seq[: nick + 12] + "CTG" + seq[nick + 12 :]: 25},
        "scaffold": {edited[:end] + tail[:k] + edited[end:]: 10 + k for k in (1, 2, 3, 5, 8, 12, 20)},
        "indel": {seq[: nick - d // 2] + seq[nick - d // 2 + d :]: 20 + d for d in (1, 4, 9)},
        "intended_with_indel": {edited[: end + 1] + edited[end + 5 :]: 12},
    }
    made["scaffold"][edited[:end] + tail[:6] + edited[end + 6 :]] = 7
    made["indel"][seq[:nick] + "GATTA" + seq[nick:]] = 15
    reads = [s for group in made.values() for s in group]
    assert len(set(reads)) == len(reads)
    assert edited[end] != tail[0]  # else one base of scaffold is no scaffold
    extension = reverse_complement(seq[nick - 13 : nick] + flap)
    return {"site": "S", "amplicon": seq, "spacer": spacer, "extension": extension, "scaffold": SCAFFOLD}, made


@pytest.mark.parametrize("minus", [False, True])
@pytest.mark.parametrize("seed", [24, 13])
def test_every_class_of_a_prime_edit_is_counted_as_it_was_made(tmp_path, seed, minus):
    site, made = known_reads(seed)
    if minus:
        site["amplicon"] = reverse_complement(site["amplicon"])
        made = {c: {reverse_complement(s): n for s, n in group.items()} for c, group in made.items()}
    rows = []
    for arm, held in (("treated", made), ("control", {"unmodified": made["unmodified"]})):
        reads = [s for group in held.values() for s, n in group.items() for _ in range(n)]
        (tmp_path / f"{arm}.fastq").write_text("".join(f"@r{i}\n{s}\n+\n{'I' * len(s)}\n" for i, s in enumerate(reads)))
        rows.append({"sample": arm, "arm": arm, "replicate": 1, "reads": f"{arm}.fastq"})
    for name, table in (("samples.csv", rows), ("sites.csv", [site | {"on_target": "yes"}])):
        with (tmp_path / name).open("w", newline="") as out:
            writer = csv.DictWriter(out, list(table[0]))
            writer.writeheader()
            writer.writerows(table)
    panel = run_panel(read_sheet(tmp_path / "samples.csv", tmp_path / "sites.csv"), CallRule(0.05, 0.05))
    ((_, counted),) = panel.rows_of("S", "treated")
    found = {r.outcome: r.reads for r in counted.outcomes.rows if not r.item}
    wanted = {c: sum(group.values()) for c, group in made.items()}
    assert {c: found.get(c) for c in wanted} == wanted
