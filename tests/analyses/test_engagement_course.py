"""Engagement over time, in target cells and by a substitute readout: rules, limits, and what stays unknown."""

import pytest
import rna_files as files
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from proband import api
from proband.core.kinds import evidence_problems
from proband.core.quantity import QuantityKind
from proband.science.engagement.course import Blanks, Sample, blanks_of, course, seen

RULES = api.framework()
MINE = "engagement_course"


def lines_of(folder):
    run = api.analyse(api.read_program(folder))
    assert run.failures == ()
    made = [e for e in run.evidence if e.provenance.analysis == MINE]
    for e in made:
        assert evidence_problems(e, "x", "y") == []
        assert e.scope.denominator
    return made


@pytest.fixture
def made(tmp_path):
    """The lines of a folder with these files."""
    return lambda tables: lines_of(files.write(tmp_path / "p", tables))


@pytest.fixture
def says(tmp_path):
    """What a rule says by the software alone: verdict and reason."""

    def do(criterion, tables):
        folder = api.read_program(files.write(tmp_path / "p", tables))
        finding = api.assess_evidence(folder, api.analyse(folder), RULES)[criterion]
        said = finding.machine or finding
        return f"{said.verdict}{': ' if said.reason else ''}{said.reason}"

    return do


BASE, AFTER, LATER = ("baseline", -5, 1, 9000), ("after", 30, 900, 9000), ("later", 365, 700, 9000)


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        (files.course(BASE, AFTER, LATER), "supported"),
        (files.course(BASE, AFTER, ("later", 365, 1, 9000)), "contradicted"),
        (files.course(("baseline", -5, 300, 9000), AFTER, LATER), "contradicted"),
        (files.course(BASE, ("after", 30, 1, 9000), LATER), "contradicted"),
        (files.course(BASE, AFTER), "insufficient: incomplete"),
        (files.course(AFTER, LATER), "insufficient: incomplete"),
        (files.course(("baseline", -5, 0, 60), AFTER, LATER), "insufficient: incomplete"),  # too shallow to be absent
        (files.course(BASE, AFTER, ("later", 365, 0, 60)), "insufficient: incomplete"),
        (files.course(BASE, AFTER, LATER, molecules=50), "insufficient: incomplete"),  # 9,000 reads of 50 molecules
        (files.course(BASE, AFTER, LATER, blanks=""), "insufficient: incomplete"),
        (files.course(BASE, AFTER, ("later", 180, 0, 9000), LATER), "contradicted"),  # not at every planned time
        (files.course(BASE, ("after", 20, 0, 60), AFTER, LATER), "supported"),
    ],
)
def test_absent_then_present_then_still_present(tables, expected, says):
    assert says("TE-08", tables) == expected


def test_not_found_has_its_limit_and_reads_without_molecules_a_concern(made):
    (e,) = made(files.course(BASE, AFTER, LATER))
    assert "day -5: not above 0.0006" in e.statement
    assert "s1: 0.0011" in e.scope.detection_limit
    assert "2 blanks of 40,000 reads" in e.scope.denominator
    assert e.concerns == ()
    (e,) = made(files.course(BASE, AFTER, LATER, molecules=""))
    assert "reads count as independent draws" in e.concerns[0].because


def test_without_a_blank_there_is_no_number_either(made):
    (e,) = made(files.course(BASE, AFTER, LATER, blanks=""))
    assert e.quantities == {}
    assert e.facts["times"].unknown == ("absent_at_baseline", "present_after_dosing", "present_later")
    assert "no blank of edit" in e.statement


def test_a_half_life_needs_three_times_above_their_limit(made):
    def line(*more):
        return made(files.course(BASE, AFTER, *more))[0]

    assert "half-life: 2 distinct times" in line(LATER).scope.not_covered
    e = line(("later", 180, 800, 9000), LATER)
    assert e.quantities["half_life"].value == pytest.approx(925, abs=1)
    assert "exponential course" in " ".join(e.assumptions)
    e = line(("later", 180, 800, 9000), ("later", 365, 0, 9000))
    assert "half_life" not in e.quantities
    assert "s4 not above the limit of blank" in e.scope.not_covered
    q = e.quantities["later_over_first"]
    assert (q.kind, q.side) == (QuantityKind.BOUND, "upper")
    assert 0 < q.limit < 0.01


def test_the_ratio_of_two_times_has_an_interval_over_replicates_alone(made):
    def ratio(*rows):
        return made(files.course(BASE, *rows))[0].quantities["later_over_first"]

    one = ratio(AFTER, LATER)
    assert one.kind is QuantityKind.POINT
    assert one.value == pytest.approx(7 / 9, abs=1e-3)
    several = ratio(*[(p, d, k + j, n) for p, d, k, n in (AFTER, LATER) for j in (-40, 0, 40)])
    assert several.kind is QuantityKind.POSTERIOR
    assert several.value == pytest.approx(7 / 9, abs=1e-3)


# ---- the limit of blank


@given(st.integers(0, 40), st.integers(200, 20_000), st.floats(0, 0.01), st.integers(1, 6))
@settings(max_examples=25)
def test_a_sample_is_above_exactly_beyond_the_exact_critical_count(edited, depth, background, samples):
    held = [Sample(f"s{i}", "after", i, edited, depth) for i in range(samples)]
    made = seen(held, Blanks(background, 1, 1000))
    false_call = stats.binom.sf(edited - 1, depth, background)
    assert all(s.above == (false_call <= 0.05 / samples and edited > 0) for s in made)
    for s in made:
        critical = round(s.blank * depth)
        assert stats.binom.sf(critical, depth, min(1, background + s.detection)) >= 0.95 - 1e-6


def test_background_is_the_upper_limit_of_blanks_or_the_highest_of_them():
    assert blanks_of([]) is None
    assert blanks_of([(0, 1000), (0, 1000)]).background == pytest.approx(1 - 0.05 ** (1 / 2000))
    assert blanks_of([(0, 100_000), (50, 1000)]).background == 0.05


def test_more_reads_than_molecules_see_no_deeper():
    few, many = (Sample("s", "baseline", 0, 0, depth, 400) for depth in (400, 40_000))
    a, b = (seen([x], Blanks(1e-4, 1, 1000))[0] for x in (few, many))
    assert (a.blank, a.detection) == (b.blank, b.detection)


def test_a_trace_decides_what_not_there_means():
    samples = seen([Sample("s", "baseline", 0, 0, 500)], Blanks(1e-4, 1, 1000))
    assert course(samples, 0.01).times.present == ("absent_at_baseline",)
    assert course(samples, 0.001).times.present == ()


# ---- target cells

CELLS = """format = 1
[[tissue]]
sample = "s2"
target_cells = "hepatocytes"
counted = 200
source = "slides"
"""
TYPES = 'cells = [{ type = "hepatocytes", share = 0.6, ploidy = 3.0 }, { type = "other", share = 0.4, ploidy = 2.0 }]\n'


def test_bulk_is_carried_over_to_target_cells_and_called_inferred(made):
    tables = files.course(BASE, AFTER, LATER, molecules=9000)
    e = next(
        x for x in made({**tables, "engagement/cell_fraction.toml": CELLS + "share = 0.65\n"}) if "target" in x.kind
    )
    q = e.quantities["edited_in_target_cells"]
    assert q.value == pytest.approx(0.1 / 0.65)
    low, high = q.interval(0.95)
    assert low < 0.1 / 0.65 < high
    assert "inferred from bulk, not shown" in e.statement
    assert "only target cells are edited" in e.assumptions
    e = next(x for x in made({**tables, "engagement/cell_fraction.toml": CELLS + TYPES}) if "target" in x.kind)
    assert e.quantities["genome_share"].value == pytest.approx(1.8 / 2.6)


def test_more_edits_than_target_cells_is_a_concern_and_nothing_seen_an_upper_limit(made):
    def line(*rows):
        tables = {**files.course(*rows), "engagement/cell_fraction.toml": CELLS + "share = 0.2\n"}
        return next(x for x in made(tables) if "target" in x.kind)

    e = line(BASE, ("after", 30, 4500, 9000), LATER)
    assert "lies above 1" in e.concerns[0].because
    q = line(BASE, ("after", 30, 0, 9000), LATER).quantities["edited_in_target_cells"]
    assert (q.kind, q.side) == (QuantityKind.BOUND, "upper")


# ---- a substitute readout


def own(value, tissue=""):
    return f"glutamine,p1,this_patient,{value},{tissue},laboratory\n"


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        (files.surrogate(files.PAIRS), "supported"),
        (files.surrogate(files.PAIRS, "other_variants"), "supported"),
        (files.surrogate(files.PAIRS, "animals"), "insufficient: indirect"),
    ],
)
def test_who_showed_the_link_is_what_the_rule_asks_for(tables, expected, says):
    assert says("TE-03", tables) == expected


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        (files.PAIRS[:3], "3 pairs, asked for: at least 4"),
        ([(1, 0.3), (2, 0.1), (3, 0.4), (4, 0.2), (5, 0.3)], "does not tie it to the tissue"),
    ],
)
def test_data_that_tie_nothing_make_no_link_and_no_inference(pairs, reason, made):
    link, patient = made(files.surrogate(pairs, own=own(3)))
    if link.subject.type != "cohort":
        link, patient = patient, link
    assert reason in link.statement
    assert "linked_by" not in link.facts
    assert patient.facts["engagement_is"] == "unknown"
    assert patient.quantities == {}


def test_a_prediction_is_inferred_a_reading_shown_and_beyond_the_pairs_unknown(made):
    def patient(*args):
        lines = made(files.surrogate(files.PAIRS, own=own(*args)))
        return next(e for e in lines if e.subject.type == "patient")

    e = patient(3.5)
    assert "inferred, not shown: 0.393 (0.221 to 0.596 at 95 %)" in e.statement
    assert e.facts["engagement_is"] == "inferred"
    e = patient(3.5, 0.4)
    assert "shown: 0.4 as read" in e.statement
    assert (e.facts["engagement_is"], e.quantities) == ("shown", {})
    e = patient(9)
    assert (e.facts["engagement_is"], e.quantities) == ("unknown", {})
    assert "a surrogate of 9, asked for: 1 to 5" in e.statement


def test_the_nearest_link_that_holds_is_used(made):
    lines = files.surrogate(files.PAIRS, own=own(3))["engagement/surrogate.csv"]
    mice = "".join(f"glutamine,m{i},animals,{x},{y / 2},mice\n" for i, (x, y) in enumerate(files.PAIRS))
    found = made({"engagement/surrogate.csv": lines + mice})
    assert next(e for e in found if e.subject.type == "patient").scope.how == "prediction from other patients"
    own_alone = lines.replace("other_patients", "animals")
    found = made({"engagement/surrogate.csv": own_alone})
    assert next(e for e in found if e.subject.type == "patient").scope.how == "prediction from animals"


# ---- the border, and promises


def problems(tmp_path, tables):
    return api.check(files.write(tmp_path / "p", tables)).problems


DOSES = "subject,day,parameter,value,unit,below_limit,source\np1,0,drug,0.1,mg/kg,,chart\n"


@pytest.mark.parametrize(
    ("tables", "found"),
    [
        ({"engagement/course.csv": files.COURSE}, "a table without rows"),
        ({"engagement/surrogate.csv": "marker,subject\n"}, "'marker,subject'"),
        (files.course(("baseline", -5, 20, 10)), "20 of 10"),
        (files.course(BASE, ("after", -9, 5, 100)), "baseline on day -5, after on day -9"),
        (files.course(("after", 400, 5, 100), LATER), "after on day 400, later on day 365"),
        (
            {**files.course(("baseline", 3, 1, 100)), "clinical/dosing.csv": DOSES},
            "baseline on day 3, first dose on day 0",
        ),
        ({**files.course(("after", -3, 1, 100)), "clinical/dosing.csv": DOSES}, "after on day -3, first dose on day 0"),
        (files.course(("before", -5, 1, 100)), "'before'"),
        (files.course(("after", "", 1, 100)), "nothing"),
        (files.course(("after", 5, 1, 0)), "'0'"),
        (files.course(("after", 5, 1, 100), place="liver"), "'liver'"),
        ({"engagement/course.csv": files.COURSE + "s,p2,after,3,patient_target_tissue,e,1,9,,x\n"}, "p2"),
        (files.surrogate([*files.PAIRS, (3, 0)]), "'0'"),
        (files.surrogate([*files.PAIRS, (3, "")]), "nothing"),
        (files.surrogate(files.PAIRS, own="glutamine,p2,this_patient,3,,x\n"), "p2"),
        ({"engagement/cell_fraction.toml": CELLS + "share = 0.5\n"}, "s2"),
        ({**files.course(BASE, AFTER), "engagement/cell_fraction.toml": CELLS}, "neither share nor cells"),
        ({**files.course(BASE, AFTER), "engagement/cell_fraction.toml": CELLS + "share = 1.5\n"}, "1.5"),
        (
            {**files.course(BASE, AFTER), "engagement/cell_fraction.toml": CELLS + TYPES.replace("0.4", "0.3")},
            "shares that add to 0.9, of hepatocytes, other",
        ),
    ],
)
def test_check_tells_a_fault_with_its_place_and_remedy(tables, found, tmp_path):
    told = problems(tmp_path, tables)
    assert found in [p.found for p in told]
    assert all(p.file.startswith("engagement/") and p.expected and p.remedy for p in told)


def test_all_faults_of_all_tables_are_told_at_once(tmp_path):
    tables = {**files.course(("baseline", -5, 20, 10)), **files.surrogate([*files.PAIRS, (3, 0)])}
    tables["engagement/course.csv"] += "s9,p2,after,x,patient_target_tissue,e,1,9,,y\n"
    told = problems(tmp_path, tables)
    assert {p.file for p in told} == {"engagement/course.csv", "engagement/surrogate.csv"}
    assert len(told) == 3


def test_a_table_that_is_gone_gives_no_line_and_two_folders_agree(tmp_path):
    tables = {**files.course(BASE, AFTER, LATER), **files.surrogate(files.PAIRS)}
    one, other = (lines_of(files.write(tmp_path / name, tables)) for name in ("a", "b"))
    assert [e.id for e in one] == [e.id for e in other]
    (tmp_path / "b" / "engagement" / "surrogate.csv").unlink()
    assert {e.kind for e in lines_of(tmp_path / "b")} == {"engagement.course"}
    (tmp_path / "b" / "engagement" / "course.csv").unlink()
    assert lines_of(tmp_path / "b") == []


def test_the_first_dose_is_told_beside_the_days(made):
    (e,) = made({**files.course(BASE, AFTER, LATER), "clinical/dosing.csv": DOSES})
    assert "days -5, 30, 365; first dose on day 0" in e.scope.where
