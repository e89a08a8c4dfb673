"""Harm computed from the tables of safety/: zero events, unknown seriousness, who is left out, and the first page."""

import platform_files as files
import pytest

from proband import api
from proband.core.evidence import Members, Origin
from proband.core.kinds import evidence_problems
from proband.core.quantity import QuantityKind
from proband.dossier import benefit_risk, brief
from proband.dossier.formats.html import render

ONE = "P1,drug,LNP,140,240,weekly visits,yes,same class,x\n"


@pytest.fixture
def lines(tmp_path):
    """Lines of a folder with these rows of exposure and of events, of one kind."""

    def of(kind, exposure=ONE, events="", **tables):
        made = {"safety/exposure.csv": files.EXPOSURE + exposure, **tables}
        if events is not None:
            made["safety/adverse_events.csv"] = files.EVENTS + events
        run = api.analyse(api.read_program(files.write(tmp_path / "p", made)))
        assert run.failures == ()
        for e in run.of(kind):
            assert evidence_problems(e, "x", "y") == []
        return run.of(kind)

    return of


def test_no_event_in_one_patient_is_no_safety_information(lines):
    (line,) = lines("safety.events")
    assert line.quantities["serious_events"].value == 0
    rate = line.quantities["serious_event_rate"]
    assert (rate.kind, rate.side) == (QuantityKind.BOUND, "upper")
    assert rate.limit == pytest.approx(2.995732 / (100 / 365.25), rel=1e-5)
    assert "no safety information" in line.statement
    assert "365 to 1826" in line.scope.not_covered


def test_without_a_table_of_events_nothing_is_said_of_harm(lines):
    (line,) = lines("safety.events", events=None)
    assert {k: q.value for k, q in line.quantities.items()} == {"exposure_days": 100}
    assert "Nothing is said of harm" in line.statement
    assert line.tables == line.figures == ()


def test_a_serious_event_is_counted_with_exact_limits(lines):
    (line,) = lines("safety.events", events="P1,150,sepsis,4,possible,yes,x\nP1,150,rash,1,related,no,x\n")
    assert line.quantities["serious_events"].value == 1
    assert "no safety information" not in line.statement  # an event is information
    assert "too few patients to bound harm" in line.statement
    rate = line.quantities["serious_event_rate"]
    # Garwood limits of one event: 0.02532 and 5.5716
    assert rate.low == pytest.approx(0.025318 * 3.6525, rel=1e-4)
    assert rate.high == pytest.approx(5.571643 * 3.6525, rel=1e-5)


def test_unknown_seriousness_gives_no_exact_count_and_no_rate(lines):
    (line,) = lines("safety.events", events="P1,150,sepsis,4,possible,,x\n")
    count = line.quantities["serious_events"]
    assert (count.kind, count.low, count.high) == (QuantityKind.POINT, 0, 1)
    assert "serious_event_rate" not in line.quantities
    assert "seriousness is not known" in line.statement


def test_where_nobody_says_that_events_were_sought_silence_is_no_zero(lines):
    silent = ONE.replace("weekly visits", "")
    assert lines("safety.events", exposure=silent) == ()
    (line,) = lines("safety.events", exposure=silent, events="P1,150,rash,1,related,no,x\n")
    assert set(line.quantities) == {"exposure_days"}
    assert "may have happened" in line.statement


def test_a_patient_without_follow_up_is_shown_and_gives_no_time(lines):
    lost = "P1,drug,LNP,140,,weekly visits,yes,lost after the dose,x\n"
    (line,) = lines("safety.events", exposure=lost, events="P1,141,death,5,possible,yes,x\n")
    assert line.quantities == {"exposure_days": line.quantities["exposure_days"]}
    assert line.quantities["exposure_days"].value == 0
    assert "death" in line.scope.not_covered
    assert "nothing is known of harm" in line.statement


def test_a_class_with_several_patients_has_a_line_of_its_own(lines):
    made = lines("safety.events", exposure=ONE + "Q1,other,LNP,0,365,phone calls,yes,same class,x\n")
    cohort = next(e for e in made if e.subject.type == "cohort")
    assert cohort.quantities["exposure_days"].value == 465
    assert "2 patients" in cohort.statement


def test_everybody_exposed_is_accounted_for_or_missed(lines):
    rows = (
        ONE + "Q1,other,LNP,0,365,calls,no,other sponsor,x\nQ2,other,LNP,0,9,calls,,,x\nQ3,other,LNP,0,9,calls,yes,,x\n"
    )
    (line,) = lines("safety.register", exposure=rows, **{"clinical/dosing.csv": files.doses(("P1", 140), ("P2", 3))})
    assert line.facts["accounted"] == Members(("P1",), ("Q1", "P2"), ("Q2", "Q3"))
    assert line.quantities["exposed"].value == 5


@pytest.mark.parametrize(
    ("exposure", "events", "says"),
    [
        (ONE + ONE, "", "each once"),
        (ONE.replace("140,240", "140,120"), "", "not before the last dose"),
        (ONE.replace("140,240", "150 140,240"), "", "days that rise"),
        (ONE.replace("yes,same class", "no,"), "", "a reason"),
        (ONE, "P9,150,rash,1,related,no,x\n", "a patient of safety/exposure.csv"),
        (ONE, "P1,999,rash,1,related,no,x\n", "up to the last contact"),
        (ONE, "P1,150,rash,6,related,no,x\n", "grade"),
        (ONE, "P1,150,death,5,related,no,x\n", "yes with grade 5"),
        (ONE, "P1,150,rash,1,maybe,no,x\n", "related"),
    ],
)
def test_faults_are_told_by_check(tmp_path, exposure, events, says):
    made = {"safety/exposure.csv": files.EXPOSURE + exposure}
    if events:
        made["safety/adverse_events.csv"] = files.EVENTS + events
    with pytest.raises(Exception, match=says):
        api.read_program(files.write(tmp_path / "p", made))


def test_dose_days_of_both_tables_must_agree_and_events_need_exposure(tmp_path):
    tables = {"safety/exposure.csv": files.EXPOSURE + ONE, "clinical/dosing.csv": files.doses(("P1", 139))}
    with pytest.raises(Exception, match=r"those of clinical/dosing.csv: 139"):
        api.read_program(files.write(tmp_path / "p", tables))
    with pytest.raises(Exception, match="no such file beside the events"):
        api.read_program(
            files.write(tmp_path / "q", {"safety/adverse_events.csv": files.EVENTS + "P1,1,a,1,related,no,x\n"})
        )


def test_computed_harm_stands_on_the_first_page_beside_computed_benefit(session_examples):
    folder = api.read_program(session_examples / "synthetic_abe")
    run, rules = api.analyse(folder), api.framework_of(folder)
    made = api.make_dossier(folder, run, api.assess_evidence(folder, run, rules), rules)
    harm = [e for e in run.of("safety.events") if e.origin is Origin.COMPUTED]
    assert harm
    assert {(made.labels[e.id], e.statement) for e in harm} <= set(brief.harm(made))
    first = render(made).decode().partition('id="overview-continued"')[0]
    assert "hyperammonemic crisis" in first
    rows = {r.key: {s.id for s in r.evidence} for r in benefit_risk.table(made)}
    assert {e.id for e in harm} <= rows["risk"]
    for kind in ("clinical.own_control", "clinical.endpoints", "clinical.durability"):
        assert {e.id for e in run.of(kind)} <= rows["benefit"], kind
