"""Chain files: blocks by hand, a naive map base by base, and files that are not sound."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.science.offtarget.liftover import Place, read_chains

# old c1:10-30 is new d1:110-130; then 5 old and 2 new bases that do not align; old 35-45 is new 132-142
PLAIN = "chain 100 c1 50 + 10 45 d1 200 + 110 142 1\n20\t5\t2\n10\n\n"
TURNED = "chain 90 c2 40 + 0 40 d2 100 - 20 60 2\n40\n\n"


def chains(tmp_path, text, name="a.chain"):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return read_chains(path)


@pytest.mark.parametrize("name", ["a.chain", "a.chain.gz"])
def test_blocks_gaps_and_reversed_strands(tmp_path, name):
    made = chains(tmp_path, "# a comment\n" + PLAIN + TURNED, name)
    assert made.lift(Place("c1", 10, 33 - 3, "+")).place == Place("d1", 110, 130, "+")
    assert made.lift(Place("c1", 35, 36, "-")).place == Place("d1", 132, 133, "-")
    assert made.lift(Place("c2", 0, 5, "+")).place == Place("d2", 75, 80, "-")
    assert made.lift(Place("c2", 0, 5)).place == Place("d2", 75, 80, "")
    assert made.contigs == ("c1", "c2")


def test_another_spelling_of_one_contig_is_that_contig(tmp_path):
    made = chains(tmp_path, PLAIN.replace("c1", "chr1"))
    assert made.lift(Place("1", 10, 12)) == made.lift(Place("chr1", 10, 12))
    assert made.lift(Place("1", 10, 12)).place is not None
    both = chains(tmp_path, PLAIN.replace("c1", "chr1") + PLAIN.replace("c1", "NC_000001.10"))
    assert both.lift(Place("1", 10, 12)).place is None


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (Place("c1", 25, 36), "partly in a gap"),
        (Place("c1", 28, 33), "partly in a gap"),
        (Place("c1", 31, 34), "not in the new build"),
        (Place("c1", 0, 5), "not in the new build"),
        (Place("c1", 40, 51), "another build"),
        (Place("c9", 0, 5), "no chain for contig c9"),
    ],
)
def test_what_does_not_move_has_its_reason(tmp_path, place, reason):
    found = chains(tmp_path, PLAIN).lift(place)
    assert found.place is None
    assert reason in found.reason


def test_the_chain_of_the_highest_score_is_taken(tmp_path):
    low, high = "chain 5 c 9 + 0 9 low 9 + 0 9 1\n9\n\n", "chain 7 c 9 + 0 9 high 9 + 0 9 2\n9\n\n"
    for text in (low + high, high + low):
        assert chains(tmp_path, text).lift(Place("c", 2, 4)).place.contig == "high"


blocks = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=6)


@given(blocks, st.sampled_from("+-"), st.integers(0, 90), st.integers(1, 20))
def test_equal_to_a_map_of_single_bases(tmp_path_factory, made, strand, start, size):
    made = [*made[:-1], (made[-1][0], 0, 0)]
    old = sum(s + a for s, a, _ in made)
    new = sum(s + b for s, _, b in made)
    naive: dict[int, int] = {}
    runs, at, to = [], 3, 7
    for s, a, b in made:
        runs.append(set(range(at, at + s)))
        for i in range(s):
            forward = to + i
            naive[at + i] = forward if strand == "+" else 200 - 1 - forward
        at, to = at + s + a, to + s + b
    lines = [f"{s} {a} {b}" for s, a, b in made[:-1]] + [str(made[-1][0])]
    text = f"chain 1 c 150 + 3 {3 + old} d 200 {strand} 7 {7 + new} 1\n" + "\n".join(lines) + "\n\n"
    lifted = chains(tmp_path_factory.mktemp("c"), text).lift(Place("c", start, start + size, "+"))
    bases = set(range(start, start + size))
    touching = [i for i, run in enumerate(runs) if bases <= run]
    if not touching:
        assert lifted.place is None
        return
    places = sorted(naive[b] for b in bases)
    assert (lifted.place.start, lifted.place.end) == (places[0], places[-1] + 1)
    assert lifted.place.strand == strand


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a chain\n",
        "chain 100 c1 50 + 10 45 d1 200 + 110 142 1\n20 5 2\n11\n\n",
        "chain 100 c1 50 + 10 45 d1 200 + 110 142 1\n20 5 2\n",
        "chain 100 c1 50 - 10 45 d1 200 + 110 142 1\n35\n",
        "chain 100 c1 50 + 10 55 d1 200 + 110 142 1\n45\n",
        PLAIN + PLAIN.replace("c1 50", "c1 60"),
        "chain 100 c1 50 + 10 45 d1 200 + 110 142 1\n20 -5 2\n10\n\n",
    ],
)
def test_unsound_files_are_told_with_their_line(tmp_path, text):
    with pytest.raises(ProgramError) as told:
        chains(tmp_path, text)
    assert all(p.file == "a.chain" for p in told.value.problems)


def test_a_truncated_gzip_is_told(tmp_path):
    path = tmp_path / "t.chain.gz"
    path.write_bytes(gzip.compress((PLAIN * 500).encode())[:-20])
    with pytest.raises(ProgramError, match="gzip"):
        read_chains(path)
