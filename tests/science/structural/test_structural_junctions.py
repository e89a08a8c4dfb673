"""Junctions of the target with a nominated site: sides, molecules, filters, what is something else."""

from dataclasses import replace

import pytest
from long_cases import CUT, SEQUENCE, SITE, SITE_SEQUENCE, TARGET, placed

from proband.science.structural.junctions import CLASSES, Junction, JunctionRules, chromosome_of, junctions
from proband.science.structural.traces import ReadRules, of_rows
from proband.testing.alleles import reverse_complement
from proband.testing.long_reads import LargeAllele, deletion, junction, random_sequence

LOCI = (TARGET, SITE)
SIDES = [("left", "left"), ("left", "right"), ("right", "left"), ("right", "right")]


@pytest.mark.parametrize("sides", SIDES)
def test_sides_of_simulated_junctions(tmp_path, sides):
    """Reads of any strand that hold a junction give its sides, with 5 % errors."""
    joined = junction(SEQUENCE, CUT, SITE_SEQUENCE, 900, sides, 0.4)
    made, traces = placed(tmp_path, [joined], reads=150, loci=LOCI, error=0.05, rules=ReadRules())
    found = junctions(traces, LOCI, JunctionRules())
    assert set(found.molecules) == {Junction(1, *sides)}
    assert abs(found.molecules[Junction(1, *sides)] - made.count("junction")) <= 2
    assert found.classes["intact"] >= made.count("no_event") - 2
    assert sum(found.classes.values()) == found.reads_in == 150
    assert set(found.classes) == set(CLASSES)


def test_anchored_reads_with_identifiers(tmp_path):
    """Copies of one molecule count once, and reads that begin elsewhere are set aside."""
    start = SEQUENCE[CUT - 400 :]
    joined = LargeAllele("junction", SEQUENCE[CUT - 400 : CUT] + SITE_SEQUENCE[900:], 0.3)
    stray = LargeAllele("stray", SITE_SEQUENCE[100:900] + SEQUENCE[CUT:], 0.2)
    target = replace(TARGET, sequence=SEQUENCE)
    from long_cases import written

    from proband.science.structural.traces import read_traces
    from proband.testing.long_reads import LongDesign, simulate_long_reads

    alleles = (LargeAllele("no_event", start, 0.5), joined, stray)
    design = LongDesign(alleles, 400, library="anchored", mean_length=1200, copies=4, umi_length=12, error=0.02)
    made = simulate_long_reads(design, 5)
    path = written(tmp_path / "a.fastq.gz", made)
    traces = read_traces(path, (target, SITE), ReadRules(umi=True))
    found = junctions(traces, (target, SITE), JunctionRules(anchored=True, molecules="umi"))
    assert found.molecules[Junction(1, "left", "right")] == pytest.approx(made.count("junction") / 4, abs=3)
    assert found.reads[Junction(1, "left", "right")] >= 3.5 * found.molecules[Junction(1, "left", "right")]
    assert found.depth == pytest.approx((made.count("junction") + made.count("no_event")) / 4, abs=5)
    assert found.classes["other_start"] + found.classes["unaligned"] >= made.count("stray") - 5
    by_ends = junctions(traces, (target, SITE), JunctionRules(anchored=True, molecules="ends"))
    assert found.depth <= by_ends.depth <= found.classes["intact"] + found.classes["junction"]


def of(*rows, size=3000):
    return of_rows([(size, list(rows))])


LEFT = [0, 0, 0, 1000, 2000, 3000, 900]


def test_filters_and_other_places():
    def word(*rows, rules=None, size=3000, **told):
        traces = of_rows([(size, list(rows))], **told)
        found = junctions(traces, LOCI, rules or JunctionRules())
        return next(k for k, n in found.classes.items() if n)

    assert word(LEFT, [1, 0, 1000, 2000, 900, 1900, 900]) == "junction"
    assert word(LEFT, [1, 0, 1000, 2000, 1101, 1900, 900]) == "other_place"
    assert word(LEFT, [-1, 0, 1000, 2000, 0, 1000, 900]) == "other_place"
    assert word(LEFT, [1, 0, 1051, 2000, 900, 1900, 900]) == "unresolved"
    assert word(LEFT, [1, 0, 1000, 1029, 900, 929, 29]) == "unresolved"
    assert word(LEFT, [0, 0, 1000, 2000, 3300, 4300, 900]) == "local_event"
    assert word([0, 0, 0, 2000, 2000, 4000, 1900], [1, 0, 2000, 3000, 900, 1900, 900]) == "intact"
    assert word([0, 0, 0, 900, 1000, 1900, 800]) == "short_of_cut"
    # A jump away from the cut of the target is no junction of the cut.
    assert word([0, 0, 0, 700, 2000, 2700, 690], [1, 0, 700, 1700, 900, 1900, 900]) == "short_of_cut"
    assert word([1, 0, 0, 900, 0, 900, 800]) == "unaligned"
    anchored = JunctionRules(anchored=True)
    late = [[0, 0, 200, 1000, 2200, 3000, 700], [1, 0, 1000, 2000, 900, 1900, 900]]
    assert word(*late, rules=anchored) == "other_start"
    # A turned read began at what is now its end.
    site_first = [[1, 0, 0, 900, 0, 900, 800], [0, 0, 900, 3000, 3000, 5100, 2000]]
    assert word(*site_first, rules=anchored) == "other_start"
    assert word(*site_first, rules=anchored, turned=[True]) == "junction"


def test_a_read_and_its_other_strand_say_the_same():
    """The sides do not depend on the direction in which a junction was read."""
    forward = of(LEFT, [1, 1, 1000, 1900, 0, 900, 800])
    backward = of([1, 0, 1100, 2000, 0, 900, 800], [0, 1, 2000, 3000, 2000, 3000, 900])
    one = junctions(forward, LOCI, JunctionRules()).molecules
    two = junctions(backward, LOCI, JunctionRules()).molecules
    assert one == two == {Junction(1, "left", "left"): 1}


def test_identifiers_that_mark_two_classes_are_told():
    rows = [LEFT, [1, 0, 1000, 2000, 900, 1900, 900]]
    intact = [[0, 0, 0, 2000, 2000, 4000, 1900]]
    traces = of_rows([(2000, rows), (2000, intact), (2000, intact), (2000, intact)], umis=("AAAA", "AAAA", "CCCC", ""))
    found = junctions(traces, LOCI, JunctionRules(molecules="umi"))
    assert found.shared_umis == {Junction(1, "left", "right"): 1}
    assert found.depth == 3
    assert found.classes["no_umi"] == 1


def test_chromosomes():
    def kind(*sides, target=TARGET, site=SITE):
        return chromosome_of(Junction(1, *sides), (target, site))

    # The target is on a short arm: its right side holds the centromere; the site's left side does.
    assert kind("right", "left") == "dicentric"
    assert kind("left", "right") == "acentric"
    assert kind("left", "left") == kind("right", "right") == "monocentric"
    assert kind("left", "left", site=replace(SITE, contig="chr1")) == "same_chromosome"
    assert kind("left", "left", site=replace(SITE, arm="")) == "not_known"
    assert kind("left", "left", site=replace(SITE, contig="", start=None)) == "not_known"


def test_shared_protospacer_makes_no_junction(tmp_path):
    """Twenty bases and a PAM that target and site share do not join them."""
    spacer = SEQUENCE[CUT - 17 : CUT + 6]
    site = replace(SITE, sequence=SITE_SEQUENCE[:883] + spacer + SITE_SEQUENCE[883 + len(spacer) :])
    _, traces = placed(
        tmp_path, [deletion(SEQUENCE, CUT - 3, CUT + 2, 0.5)], reads=300, loci=(TARGET, site), error=0.06
    )
    found = junctions(traces, (TARGET, site), JunctionRules())
    assert found.molecules == {}
    assert found.classes["intact"] + found.classes["local_event"] >= 295


def test_rules_out_of_range():
    with pytest.raises(ValueError, match="molecules"):
        JunctionRules(molecules="guesses")
    with pytest.raises(ValueError, match="reach"):
        JunctionRules(reach=-1)
    assert reverse_complement(random_sequence(4, 1)) != ""


@pytest.mark.parametrize(("treated", "call"), [(0.0, "not_detected"), (0.08, "detected")])
def test_chimeras_of_both_arms_are_no_call_and_a_join_above_them_is(tmp_path, treated, call):
    """One per cent of all molecules joined at both cuts by amplification, in treated and control alike."""
    from long_cases import written

    from proband.science.stats.treated_control import CallRule
    from proband.science.structural.sheet import LongSample, LongSheet
    from proband.science.structural.study import run_study
    from proband.testing.long_reads import LongDesign, simulate_long_reads, with_rest

    sequence = SEQUENCE[CUT - 400 : CUT + 400]
    target = replace(TARGET, sequence=sequence, length=800, cuts=(400,))
    samples = []
    for n, arm in enumerate(("treated", "control") * 3):
        share = 0.01 + (treated if arm == "treated" else 0.0)
        joined = [junction(sequence, 400, SITE_SEQUENCE, 900, ("left", "right"), share)]
        made = simulate_long_reads(LongDesign(with_rest(sequence, joined), 300, library="whole"), n)
        path = written(tmp_path / f"{n}.fastq", made)
        samples.append(LongSample(f"s{n}", arm, str(n), path, "whole"))
    study = run_study(LongSheet(tuple(samples), (target, SITE)), CallRule(0.05, 0.05, "panel"))
    (found,) = study.junction_panel.results
    assert sum(k for k, _, _ in found.control) > 0
    assert found.call == call
