"""Both combiners against an oracle written by hand, published examples, and properties."""

import doctest
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.science.variant import acmg
from proband.science.variant.acmg import AcmgClass, Criterion, Direction, Status, Strength, combine, parse

P, LP, VUS, LB, B = (
    AcmgClass.PATHOGENIC,
    AcmgClass.LIKELY_PATHOGENIC,
    AcmgClass.UNCERTAIN,
    AcmgClass.LIKELY_BENIGN,
    AcmgClass.BENIGN,
)
PATHOGENIC = [c.code for c in acmg.codes().values() if c.direction is Direction.PATHOGENIC]
BENIGN = [c.code for c in acmg.codes().values() if c.direction is Direction.BENIGN and c.code != "BA1"]


def met(*labels):
    return [parse(label, "in the example") for label in labels]


def oracle_2015(vs, s, m, p, ba, bs, bp):
    """Table 5 of Richards et al. 2015, Genet Med 17:405-424, written out row by row without the data file."""
    pathogenic = (
        (vs >= 1 and s >= 1)
        or (vs >= 1 and m >= 2)
        or (vs >= 1 and m == 1 and p >= 1)
        or (vs >= 1 and p >= 2)
        or s >= 2
        or (s == 1 and m >= 3)
        or (s == 1 and m == 2 and p >= 2)
        or (s == 1 and m == 1 and p >= 4)
    )
    likely = (
        (vs == 1 and m == 1)
        or (s == 1 and m in (1, 2))
        or (s == 1 and p >= 2)
        or m >= 3
        or (m == 2 and p >= 2)
        or (m == 1 and p >= 4)
    )
    benign = ba == 1 or bs >= 2
    likely_benign = (bs == 1 and bp >= 1) or bp >= 2
    up = P if pathogenic else LP if likely else None
    down = B if benign else LB if likely_benign else None
    if up and down:
        return VUS
    return up or down or VUS


def criteria_of(vs, s, m, p, ba, bs, bp):
    words = [Strength.VERY_STRONG] * vs + [Strength.STRONG] * s + [Strength.MODERATE] * m + [Strength.SUPPORTING] * p
    made = [Criterion(c, Status.MET, w, "count") for c, w in zip(PATHOGENIC, words, strict=False)]
    words = [Strength.STRONG] * bs + [Strength.SUPPORTING] * bp
    made += [Criterion(c, Status.MET, w, "count") for c, w in zip(BENIGN, words, strict=False)]
    return made + [Criterion("BA1", Status.MET)] * ba


def test_the_2015_table_for_every_combination_of_counts():
    """All 5,760 combinations of counts that the table speaks of; source in `oracle_2015`."""
    grid = list(product(range(2), range(3), range(5), range(6), range(2), range(4), range(4)))
    assert len(grid) == 5760
    wrong = [counts for counts in grid if combine(criteria_of(*counts)).by_table is not oracle_2015(*counts)]
    assert not wrong


def test_points_for_every_combination_of_counts():
    """Tavtigian et al. 2020, Hum Mutat 41:1734-1737: sum of 1, 2, 4, 8 and the bands, without BA1."""
    for counts in product(range(2), range(3), range(4), range(4), [0], range(4), range(4)):
        vs, s, m, p, _, bs, bp = counts
        points = 8 * vs + 4 * s + 2 * m + p - 4 * bs - bp
        found = combine(criteria_of(*counts))
        assert found.points == points
        expected = P if points >= 10 else LP if points >= 6 else VUS if points >= 0 else LB if points >= -6 else B
        assert found.by_points is expected


@pytest.mark.parametrize(
    ("points", "expected"), [(10, P), (9, LP), (6, LP), (5, VUS), (0, VUS), (-1, LB), (-6, LB), (-7, B)]
)
def test_band_edges(points, expected):
    """Bands of Tavtigian et al. 2020."""
    assert acmg.class_of_points(points) is expected


# Published programs, with the evidence as derived from their papers; both ends of each range of strength.
# CPS1: Musunuru et al., NEJM 2025;392:2235. KIF1A: Ziegler et al., Nat Med 2024. ATM: Kim et al., Nature 2023.
# MFSD8: Kim et al., NEJM 2019;381:1644. Classes are derived from these, not looked up.
PUBLISHED = [
    ("CPS1 c.1003C>T low", ["PVS1", "PM2_Supporting", "PM3_Supporting", "PP4"], 11, P),
    ("CPS1 c.1003C>T high", ["PVS1", "PM2_Supporting", "PM3", "PP4"], 12, P),
    ("CPS1 c.2140G>T", ["PVS1", "PM2_Supporting", "PM3", "PP4"], 12, P),
    ("KIF1A c.914C>T low", ["PS2_Moderate", "PS3_Moderate", "PM2_Supporting", "PS4_Moderate"], 7, LP),
    ("KIF1A c.914C>T high", ["PS2", "PS3", "PM2_Supporting", "PS4_Moderate"], 11, P),
    ("ATM c.7865C>T low", ["PVS1", "PM3_Supporting", "PM2_Supporting"], 10, P),
    ("ATM c.7865C>T high", ["PVS1", "PM3_Strong", "PM2_Supporting"], 13, P),
    ("MFSD8 SVA insertion", ["PVS1", "PM3_Supporting", "PM2_Supporting"], 10, P),
    ("ATM c.3489C>T", ["PP3", "PM2_Supporting"], 2, VUS),
]


@pytest.mark.parametrize(("name", "labels", "points", "expected"), PUBLISHED, ids=[r[0] for r in PUBLISHED])
def test_both_combiners_agree_on_published_examples(name, labels, points, expected):
    found = combine(met(*labels))
    assert (found.points, found.by_points, found.by_table) == (points, expected, expected)
    assert found.agree


@pytest.mark.parametrize(
    ("labels", "table", "strict", "by_points"),
    [
        (["PVS1", "PM2"], LP, LP, P),
        (["PVS1", "PM2_Supporting"], VUS, VUS, LP),
        (["PVS1"], VUS, VUS, LP),
        (["PS1", "PM1", "BS1"], LP, VUS, VUS),
        (["BS1"], VUS, VUS, LB),
        (["BP4"], VUS, VUS, LB),
        (["PVS1", "PS3", "BA1"], VUS, VUS, B),
    ],
)
def test_known_disagreements_are_said(labels, table, strict, by_points):
    """Sets on which the 2015 table, its two readings of "contradictory", and the points of 2020 differ."""
    found = combine(met(*labels))
    assert (found.by_table, found.by_table_strict, found.by_points) == (table, strict, by_points)
    assert not found.agree
    assert len(found.disagreements) == (table is not by_points) + (table is not strict)


def test_ba1_stands_alone_unless_a_pathogenic_row_is_met():
    """Richards et al. 2015: BA1 is stand-alone evidence."""
    found = combine(met("BA1", "PP3"))
    assert (found.by_table, found.by_table_strict, found.by_points) == (B, B, B)
    assert found.conflicting == (("PP3",), ("BA1",))


def test_conflicting_evidence_is_listed():
    found = combine(met("PS3", "PM2", "BS1"))
    assert found.conflicting == (("PS3", "PM2"), ("BS1",))
    assert combine(met("PS3", "PM2")).conflicting == ((), ())


def test_met_not_met_and_not_evaluated_are_three_things():
    found = combine([*met("PS3"), Criterion("PM2", Status.NOT_MET), Criterion("PP1", Status.NOT_EVALUATED)])
    assert [c.code for c in found.counted] == ["PS3"]
    assert found.not_met == ("PM2",)
    assert "PP1" in found.not_evaluated
    assert "BA1" in found.not_evaluated
    assert "PM2" not in found.not_evaluated
    assert len(found.counted) + len(found.not_met) + len(found.not_evaluated) == 28


def test_nothing_evaluated_is_uncertain_and_says_so():
    found = combine([])
    assert (found.by_table, found.by_points, found.points) == (VUS, VUS, 0)
    assert len(found.not_evaluated) == 28


def test_rna_is_not_counted_twice():
    """Walker et al. 2023, AJHG 110:1046: RNA in PVS1(RNA) is not also PS3; another assay still counts."""
    rna = frozenset({"rna"})
    twice = combine([Criterion("PVS1", Status.MET, basis=rna), Criterion("PS3", Status.MET, basis=rna)])
    assert [c.code for c in twice.counted] == ["PVS1"]
    assert twice.points == 8
    assert [(n.criterion.code, n.in_favour_of) for n in twice.not_counted] == [("PS3", "PVS1")]
    enzyme = Criterion("PS3", Status.MET, basis=frozenset({"enzyme"}))
    assert combine([Criterion("PVS1", Status.MET, basis=rna), enzyme]).points == 12


def test_the_stronger_of_two_on_the_same_data_stays():
    rna = frozenset({"rna"})
    weak = Criterion("PVS1", Status.MET, Strength.SUPPORTING, "leaky", rna)
    found = combine([weak, Criterion("PS3", Status.MET, basis=rna)])
    assert [c.label for c in found.counted] == ["PS3"]


def test_notes_where_the_table_is_silent_or_guidance_warns():
    assert "no benign moderate" in combine(met("BP4_Moderate")).notes[0]
    assert "stands alone" in combine(met("BA1")).notes[0]
    assert "advised against" in combine(met("PP5")).notes[0]
    assert "PVS1 with PP3" in combine(met("PVS1", "PP3")).notes[0]


def test_no_diagnosis_in_the_banner():
    assert "no diagnosis" in combine([]).banner


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Criterion("PX9", Status.MET), "not an ACMG/AMP criterion"),
        (lambda: Criterion("PM2", Status.MET, Strength.SUPPORTING), "say why"),
        (lambda: Criterion("BS1", Status.MET, Strength.STAND_ALONE, "x"), "only BA1"),
        (lambda: parse("PM2_Enormous", "x"), "not a strength"),
        (lambda: combine(met("PS3", "PS3")), "more than once"),
    ],
)
def test_errors_say_what_was_expected(make, words):
    with pytest.raises(ValueError, match=words):
        make()


STRONGER = st.sampled_from([Strength.SUPPORTING, Strength.MODERATE, Strength.STRONG, Strength.VERY_STRONG])
BASES = st.sampled_from([frozenset(), frozenset({"rna"}), frozenset({"de_novo"})])


@st.composite
def criterion(draw, code):
    status = draw(st.sampled_from([Status.MET, Status.MET, Status.NOT_MET, Status.NOT_EVALUATED]))
    strength = None if code == "BA1" else draw(STRONGER)
    return Criterion(code, status, strength, "drawn", draw(BASES))


@st.composite
def some_criteria(draw):
    chosen = draw(st.lists(st.sampled_from(sorted(acmg.codes())), unique=True, max_size=9))
    return [draw(criterion(code)) for code in chosen]


def ranks(found):
    return found.by_table.rank, found.by_table_strict.rank, found.by_points.rank


@settings(max_examples=400, deadline=None)
@given(some_criteria(), st.data())
def test_adding_a_met_criterion_moves_the_class_one_way_only(before, data):
    """A met pathogenic criterion never lowers a class, a met benign one never raises it, by any combiner."""
    used = {c.code for c in before}
    code = data.draw(st.sampled_from(sorted(set(acmg.codes()) - used)))
    strength = None if code == "BA1" else data.draw(STRONGER)
    added = Criterion(code, Status.MET, strength, "added", data.draw(BASES))
    old, new = ranks(combine(before)), ranks(combine([*before, added]))
    if added.direction is Direction.PATHOGENIC:
        assert all(b >= a for a, b in zip(old, new, strict=True))
    else:
        assert all(b <= a for a, b in zip(old, new, strict=True))


@settings(max_examples=200, deadline=None)
@given(some_criteria(), st.data())
def test_a_stronger_pathogenic_criterion_never_lowers_the_class(before, data):
    met_ones = [c for c in before if c.status is Status.MET and c.direction is Direction.PATHOGENIC]
    if not met_ones:
        return
    one = data.draw(st.sampled_from(met_ones))
    raised = data.draw(st.sampled_from(acmg.STRENGTHS[acmg.STRENGTHS.index(one.applied) : 4]))
    after = [Criterion(c.code, c.status, raised, "raised", c.basis) if c is one else c for c in before]
    assert all(b >= a for a, b in zip(ranks(combine(before)), ranks(combine(after)), strict=True))


@settings(max_examples=200, deadline=None)
@given(some_criteria(), st.randoms())
def test_not_evaluated_changes_nothing_and_order_does_not_matter(given_ones, random):
    without = [c for c in given_ones if c.status is not Status.NOT_EVALUATED]
    shuffled = list(given_ones)
    random.shuffle(shuffled)
    assert combine(without) == combine(given_ones) == combine(shuffled)


def test_data_file_is_complete():
    """28 criteria (16 pathogenic, 12 benign) and 18 table rows, as in Richards et al. 2015."""
    assert (len(PATHOGENIC), len(BENIGN) + 1) == (16, 12)
    assert len(acmg.rules()["rule"]) == 18
    assert all(s["read_as"] in {"text", "secondary", "recalled"} for s in acmg.rules()["source"].values())


def test_docstring_examples():
    assert doctest.testmod(acmg).failed == 0
