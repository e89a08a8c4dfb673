"""The four readouts of the published CPS1 allele table, from reads made of it.

The table (examples/cps1_kabe/reported/alleles.csv) gives, for each of 17 displayed alleles, its reads, the residue at
335, whether A8 is converted, and whether another adenine of positions 1 to 10 is (known only where A8 is not).
Derivable, and tested here: reads with the exact protein, with A8 converted, with an open reading frame, with any
A-to-G, still with the stop, and the bounds that the 114 undisplayed reads set. Not derivable: which of A3 and A9 is
converted in which allele (both are silent, so any choice gives the same four numbers; rows 4 and 5 carry one of them
because no other rows sum to 1803), what else the alleles carry, and anything about indels.
"""

import csv
from pathlib import Path

import pytest
from amplicon_cases import CPS1, CPS1_SPACER, counted, with_bases

from proband.science.amplicon.outcomes import outcomes
from proband.science.amplicon.proteins import coding_frame, frame_from_transcript
from proband.science.amplicon.targets import Target
from proband.science.design.editors import load_editors
from proband.science.sequence.transcripts import Transcript

EXAMPLE = Path(__file__).parents[3] / "examples" / "cps1_kabe"
MUTANT = with_bases(CPS1, {40: "T"})
LAST = 47
"""0-based index, on the amplicon, of protospacer position 1; the guide lies on the other strand."""
UNDISPLAYED = 2448 - 2334


def place(position):
    return LAST - (position - 1)


A3, C6, A8, A9 = ({place(p): base} for p, base in ((3, "C"), (6, "C"), (8, "C"), (9, "C")))
GLN = [A8, A8 | A9, A8 | A3, A8 | A3 | A9]
STOP = {"2": {}, "4": A3, "5": A9, "7": {place(6): "A"}, "14": {}, "17": {}}


def published():
    return list(csv.DictReader((EXAMPLE / "reported" / "alleles.csv").read_text(encoding="utf-8").splitlines()))


def reads_of_table():
    rows = published()
    assert sum(int(r["reads"]) for r in rows) == 2334
    made = []
    for row in rows:
        if row["residue_335"] == "stop":
            changes = STOP[row["rank"]]
        else:
            changes = {"Gln": GLN[int(row["rank"]) % 4], "His": A8 | C6, "Tyr": C6}[row["residue_335"]]
        made += [with_bases(MUTANT, changes)] * int(row["reads"])
    unread = with_bases(MUTANT, {place(p): "N" for p in range(1, 11)})
    return made + [unread] * UNDISPLAYED


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    editor = load_editors()["ABE8e-V106W/SpCas9-NGC"]
    target = Target("CPS1", MUTANT, (CPS1_SPACER,), expected=CPS1, editor=editor)
    frame = coding_frame(MUTANT, ((0, 81),), phase=1, wild_type=CPS1, first_residue=322)
    q = counted(tmp_path_factory.mktemp("cps1") / "r.fastq", target, reads_of_table())
    assert (q.assigned, q.ambiguous, q.unaligned) == (2448, 0, 0)
    return q, target, frame, outcomes(q, target, frame)


@pytest.mark.parametrize(
    ("outcome", "item", "reads"),
    [
        ("exact_protein", "", 1488),
        ("conversion", "A8", 1531),
        ("intended_edit", "A8", 1531),
        ("open_reading_frame", "", 1554),
        ("any_conversion", "", 1803),
        ("still_mutant", "", 780),
        ("early_stop", "", 780),
    ],
)
def test_the_published_readouts(told, outcome, item, reads):
    row = told[3].row(outcome, item)
    assert (row.reads, row.of, row.undetermined) == (reads, 2334, UNDISPLAYED)


def test_undisplayed_reads_are_bounds_and_never_an_answer(told):
    low, high = told[3].row("exact_protein").bounds
    assert (round(100 * low, 1), round(100 * high, 1)) == (60.8, 65.4)
    assert round(2448 * low) == 1488
    assert round(2448 * high) == 1602


def test_proteins_are_named_against_the_wild_type(told):
    proteins = {r.item: r.reads for r in told[3].rows if r.outcome == "protein"}
    assert proteins == {"exact": 1488, "Q335*": 780, "Q335H": 43, "Q335Y": 23}


def test_a_transcript_gives_the_same_frame(told):
    q, target, frame, made = told
    start, end = 210591845, 210591926
    part = Transcript(
        "NM_001875.5", "CPS1", "chr2", "+", ((start, end),), start, end, CPS1, phase=1, coding_before=962,
        start_complete=False, stop_complete=False,
    )  # fmt: skip
    found = frame_from_transcript(MUTANT, part, start)
    assert (found.wanted, found.present) == (frame.wanted, frame.present)
    assert (found.phase, found.first_residue, found.intervals) == (1, 322, ((0, 81),))
    assert outcomes(q, target, found).row("exact_protein").reads == made.row("exact_protein").reads


def test_the_intended_edit_alone_is_a_part_of_the_edited(told):
    rows = [r for r in published() if r["residue_335"] == "Gln"]
    alone = sum(int(r["reads"]) for r in rows if int(r["rank"]) % 4 == 0)
    assert told[3].row("only_intended_edit", "A8").reads == alone
    # The allele with His has A8 and no other adenine converted, but a wrong conversion at C6.
    assert told[3].row("combination", "A8").reads == alone + 43
    assert told[3].row("wrong_conversion", "C6>G").reads == 43 + 23
