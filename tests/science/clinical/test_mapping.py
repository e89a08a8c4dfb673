"""CDISC domains and FHIR resources to long tables: nothing is lost silently, nothing is chosen, no unit is guessed."""

import csv
import io
import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.science.clinical.fhir import map_resources
from proband.science.clinical.imported import Asked, Cell, Collected, day_of, finished, tables
from proband.science.clinical.read import read_clinical
from proband.science.clinical.sdtm import map_domains
from proband.science.clinical.series import Bound
from proband.science.clinical.xpt import Dataset

ORIGIN = date(2024, 3, 1)


def sdtm(origin=ORIGIN, units=None, subjects=None, **domains):
    into, asked = Collected(), Asked(origin, units or {}, subjects or {})
    made = [Dataset(n, f"{n.lower()}.xpt", (), tuple(rows)) for n, rows in domains.items()]
    map_domains(made, asked, into)
    done = finished(into, asked)
    assert done.records == sum(len(r) for r in domains.values())
    assert done.records == len(done.cells) + len(done.subjects) + len(done.refused)
    return done


def fhir(*resources, origin=ORIGIN, units=None):
    into, asked = Collected(), Asked(origin, units or {})
    map_resources([{"resourceType": "Bundle", "entry": [{"resource": r} for r in resources]}], "b.json", asked, into)
    done = finished(into, asked)
    assert done.records == len(done.cells) + len(done.refused)
    return done


def lab(**values):
    row = {"USUBJID": "s1", "LBTESTCD": "NH3", "LBSTRESN": 40.0, "LBSTRESC": "40", "LBSTRESU": "umol/L"}
    return {**row, "LBDTC": "2024-03-02", **values}


def test_a_laboratory_value_and_where_it_came_from():
    (cell,) = sdtm(LB=[lab()], subjects={"s1": "p1"}).cells
    assert (cell.table, cell.subject, cell.day, cell.parameter, cell.value, cell.unit) == (
        "labs", "p1", 1.0, "NH3", "40", "umol/L",
    )  # fmt: skip
    assert (cell.file, cell.record) == ("lb.xpt", "LB record 1")


def test_values_beyond_a_limit_text_and_tests_not_done():
    rows = [
        lab(LBSTRESN=None, LBSTRESC="<5"),
        lab(LBSTRESN=None, LBSTRESC=">500", LBDTC="2024-03-03"),
        lab(LBSTRESN=None, LBSTRESC="NEGATIVE", LBDTC="2024-03-04"),
        lab(LBSTRESN=None, LBSTRESC=None, LBSTAT="NOT DONE", LBREASND="clotted", LBDTC="2024-03-05"),
        lab(LBSTRESN=None, LBSTRESC=None, LBORRES="7.5", LBORRESU="mg/dL", LBDTC="2024-03-06", LBTESTCD="X"),
    ]
    got = [(c.value, c.unit, c.below, c.above) for c in sdtm(LB=rows).cells]
    assert got == [
        ("5", "umol/L", True, False), ("500", "umol/L", False, True), ("NEGATIVE", "{text}", False, False),
        ("", "{text}", False, False), ("7.5", "mg/dL", False, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"LBDTC": "2024-03"}, "has no day"),
        ({"LBDTC": "2024"}, "has no day"),
        ({"LBDTC": ""}, "no date"),
        ({"LBDTC": "03/02/2024"}, "not a date of ISO 8601"),
        ({"LBSTRESU": ""}, "no unit: state it with --unit NH3=CODE"),
        ({"LBSTRESU": "umol per litre"}, "is not UCUM"),
        ({"LBSTRESN": None, "LBSTRESC": ""}, "neither a result"),
        ({"USUBJID": ""}, "no subject"),
        ({"LBSTRESN": None, "LBSTRESC": "=1+1"}, "formula"),
        ({"LBSTRESN": None, "LBSTRESC": "a\u202eb"}, "hidden characters"),
        ({"LBSTRESN": None, "LBSTRESC": "<0"}, "below a limit of 0"),
        ({"LBDTC": "1700-01-01"}, "200 years"),
    ],
)
def test_what_can_not_be_mapped_is_refused_with_its_reason(change, reason):
    done = sdtm(LB=[lab(**change)])
    assert done.cells == []
    assert reason in done.refused[0].reason


def test_units_as_written_and_as_stated():
    done = sdtm(LB=[lab(LBSTRESU="GI/L"), lab(LBTESTCD="PH", LBSTRESU="")], units={"PH": "[pH]"})
    assert [c.unit for c in done.cells] == ["10*9/L", "[pH]"]
    assert done.notes["the unit GI/L was read as 10*9/L"] == 1


def test_two_values_of_one_day_are_both_refused_and_equal_ones_kept_once():
    done = sdtm(LB=[lab(), lab(LBSTRESN=41.0, LBSTRESC="41")])
    assert [len(done.cells), len(done.refused)] == [0, 2]
    assert "which counts is not told" in done.refused[0].reason
    done = sdtm(LB=[lab(), lab()])
    assert len(done.cells) == 1
    assert done.refused[0].reason == "the same as lb.xpt LB record 1"
    times = sdtm(LB=[lab(LBDTC="2024-03-02T06:00"), lab(LBDTC="2024-03-02T18:00", LBSTRESN=41.0)])
    assert [c.day for c in times.cells] == [1.25, 1.75]


def test_specimens_and_positions_become_part_of_the_name():
    pulse = {"USUBJID": "s1", "VSTESTCD": "PULSE", "VSSTRESN": 60.0, "VSSTRESU": "BEATS/MIN", "VSDTC": "2024-03-02"}
    done = sdtm(LB=[lab(LBSPEC="PLASMA"), lab(LBSPEC="URINE")], VS=[pulse])
    assert [c.parameter for c in done.cells] == ["NH3_PLASMA", "NH3_URINE", "PULSE"]


def test_origins_by_subject_and_study_days():
    dm = [{"USUBJID": "s1", "RFSTDTC": "2024-03-01", "BRTHDTC": "2020-03-01", "RFPENDTC": "2025-03-01", "DTHFL": "Y"}]
    at_start, at_birth = (sdtm(origin=o, DM=dm, LB=[lab()]) for o in ("reference-start", "birth"))
    assert [at_start.cells[0].day, at_birth.cells[0].day] == [1.0, 1462.0]
    row = at_start.subjects[0][2]
    assert (row["birth_day"], row["entry_day"], row["exit_day"], row["death"]) == ("-1461", "0", "365", "yes")
    assert "no complete RFSTDTC" in sdtm(origin="reference-start", LB=[lab()]).refused[0].reason
    days = [sdtm(origin="reference-start", LB=[lab(LBDTC="", LBDY=d)]) for d in (1.0, -1.0, 0.0)]
    assert [c.day for d in days for c in d.cells] == [0.0, -1.0]
    assert "study day 0" in days[2].refused[0].reason
    assert "stands twice" in sdtm(DM=dm * 2).refused[0].reason
    assert "has no day" in sdtm(DM=[{**dm[0], "RFPENDTC": "2025"}]).refused[0].reason


def test_doses_care_and_events():
    done = sdtm(
        EX=[{"USUBJID": "s1", "EXTRT": "X", "EXDOSE": 0.1, "EXDOSU": "mg/kg", "EXSTDTC": "2024-03-01"}],
        CM=[
            {"USUBJID": "s1", "CMTRT": "S", "CMDOSE": 5.0, "CMDOSU": "mL", "CMDOSFRQ": "TID", "CMSTDTC": "2024-02-01",
             "CMENDTC": "2024-02-10"},
            {"USUBJID": "s1", "CMTRT": "T", "CMDOSE": 1.0, "CMDOSU": "VIAL", "CMSTDTC": "2024-02-01"},
        ],
        AE=[{"USUBJID": "s1", "AETERM": "Fever", "AEDECOD": "Pyrexia", "AESTDTC": "2024-03-02", "AESER": "Y",
             "AETOXGR": "2"}],
        CE=[{"USUBJID": "s1", "CETERM": "Crisis", "CEOCCUR": "N", "CESTDTC": "2024-03-02"}],
    )  # fmt: skip
    rows = {c.parameter: c for c in done.cells}
    assert (rows["X"].value, rows["X"].unit, rows["X"].table) == ("0.1", "mg/kg", "dosing")
    assert (rows["S"].value, rows["S"].unit, rows["S"].more["day_end"]) == ("15", "mL/d", "-19")
    assert (rows["T"].value, rows["T"].unit) == ("started", "{text}")
    assert (rows["Pyrexia"].more["serious"], rows["Pyrexia"].more["grade"]) == ("yes", "2")
    assert (rows["Crisis"].value, rows["Crisis"].unit) == ("0", "{count}")


def test_levels_that_overlap_are_told_as_given_or_not():
    one = {"USUBJID": "s1", "CMTRT": "S", "CMDOSE": 5.0, "CMDOSU": "mg", "CMDOSFRQ": "QD"}
    spans = [("2024-03-01", "2024-03-20"), ("2024-03-10", "2024-03-30")]
    done = sdtm(CM=[{**one, "CMSTDTC": a, "CMENDTC": b} for a, b in spans])
    assert {c.value for c in done.cells} == {"started"}


def test_an_unknown_domain_is_listed_row_by_row():
    assert [r.record for r in sdtm(XX=[{}, {}]).refused] == ["XX record 1", "XX record 2"]


def test_the_tables_are_read_by_the_reader_of_the_folder(tmp_path):
    rows = [lab(LBSTRESN=None, LBSTRESC="<5"), lab(LBDTC="2024-03-09", LBSTRESN=None, LBSTRESC=">9"),
            lab(LBDTC="2024-03-10", LBSTAT="NOT DONE")]  # fmt: skip
    made = tables(sdtm(LB=[*rows, lab(LBDTC="2024")]))
    assert sorted(made) == ["labs.csv", "refused.csv"]
    path = tmp_path / "labs.csv"
    path.write_text(made["labs.csv"])
    problems = []
    record = read_clinical({"clinical/labs.csv": path}, problems)
    assert problems == []
    assert [p.bound for p in record.of("s1", "NH3").points] == [Bound.BELOW, Bound.ABOVE]
    assert record.missed[0].reason == "not done"
    assert list(csv.reader(io.StringIO(made["refused.csv"])))[1][:2] == ["lb.xpt", "LB record 4"]


@given(st.lists(st.fixed_dictionaries({}, optional={
    "USUBJID": st.sampled_from(["s1", "s2", ""]), "LBTESTCD": st.sampled_from(["A", "B", ""]),
    "LBSTRESC": st.text(max_size=6), "LBSTRESN": st.none() | st.floats(allow_nan=False, allow_infinity=False),
    "LBSTRESU": st.sampled_from(["g/L", "mmHg", "", "zz"]), "LBDTC": st.sampled_from(["2024-03-02", "2024", "x", ""]),
}), max_size=6))  # fmt: skip
def test_no_record_is_lost(rows):
    sdtm(LB=rows)


def observation(**values):
    quantity = {"value": 40, "system": "http://unitsofmeasure.org", "code": "umol/L", "unit": "µmol/L"}
    return {"resourceType": "Observation", "id": "o1", "status": "final", "subject": {"reference": "Patient/p1"},
            "code": {"coding": [{"system": "http://loinc.org", "code": "16362-6", "display": "Ammonia"}]},
            "effectiveDateTime": "2024-03-02T12:00:00+01:00", "valueQuantity": quantity, **values}  # fmt: skip


def test_a_fhir_observation():
    (cell,) = fhir(observation()).cells
    assert (cell.subject, cell.day, cell.parameter, cell.value, cell.unit) == ("p1", 1.5, "Ammonia", "40", "umol/L")
    assert (cell.record, cell.more["code"]) == ("Observation o1", "16362-6")


@pytest.mark.parametrize(("sign", "bound"), [("<", (True, False)), (">=", (False, True)), ("", (False, False))])
def test_comparators_are_limits(sign, bound):
    quantity = {**observation()["valueQuantity"], "comparator": sign}
    (cell,) = fhir(observation(valueQuantity=quantity)).cells
    assert (cell.below, cell.above) == bound


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "entered-in-error"}, "status entered-in-error"),
        ({"status": "preliminary"}, "status preliminary"),
        ({"effectiveDateTime": "2024-03"}, "has no day"),
        ({"effectiveDateTime": None, "effectivePeriod": {}}, "a period"),
        ({"valueQuantity": {"value": 1, "comparator": "ad", "code": "g", "system": "http://unitsofmeasure.org"}}, "ad"),
        ({"valueQuantity": {"value": 1, "unit": "units"}}, "is not UCUM"),
        ({"valueQuantity": {"unit": "g"}}, "without a number"),
        ({"valueQuantity": {"value": "40", "unit": "g"}}, "without a number"),
        ({"valueQuantity": []}, "without a number"),
        ({"valueSampledData": {}}, "does not map"),
        ({"code": None}, "no name"),
        ({"subject": None}, "no subject"),
        ({"resourceType": "Condition"}, "does not map"),
    ],
)
def test_fhir_resources_that_are_refused(change, reason):
    done = fhir(observation(**change))
    assert done.cells == []
    assert reason in done.refused[0].reason


def test_fhir_values_of_other_types_components_and_reasons():
    def bare(k, **values):
        one = {key: v for key, v in observation(id=f"o{k}").items() if key != "valueQuantity"}
        return {**one, "effectiveDateTime": f"2024-03-0{k}", **values}

    pressure = [{"code": {"text": n}, "valueQuantity": {"value": v, "system": "http://unitsofmeasure.org",
                 "code": "mm[Hg]"}} for n, v in (("systolic", 120), ("diastolic", 80))]  # fmt: skip
    done = fhir(
        bare(1, valueString="negative"), bare(2, valueBoolean=True), bare(3, dataAbsentReason={"text": "clotted"}),
        bare(4, component=pressure), bare(5, valueInteger=3), bare(6), units={"x": "1"},
    )  # fmt: skip
    assert [c.value for c in done.cells] == ["negative", "yes", "", "120", "80"]
    assert done.cells[2].more["missing_reason"] == "clotted"
    assert [r.reason[:8] for r in done.refused] == ["no unit:", "no value"]


def test_fhir_doses_events_and_birth_as_origin():
    dose = {"resourceType": "MedicationAdministration", "id": "m", "status": "completed",
            "subject": {"reference": "Patient/p1"}, "dosage": {"dose": {"value": 1, "unit": "mg"}}}  # fmt: skip
    event = {"resourceType": "AdverseEvent", "actuality": "actual", "subject": {"reference": "Patient/p1"},
             "seriousness": {"coding": [{"code": "serious"}]}}  # fmt: skip
    done = fhir(
        {"resourceType": "Patient", "id": "p1", "birthDate": "2024-02-01"},
        {**dose, "medicationCodeableConcept": {"text": "X"}, "effectiveDateTime": "2024-03-01"},
        {**dose, "medication": {"concept": {"text": "X"}}, "occurenceDateTime": "2024-03-02"},
        {**dose, "status": "not-done"},
        {**event, "event": {"text": "Fever"}, "date": "2024-03-01"},
        {**event, "code": {"text": "Fever"}, "occurrenceDateTime": "2024-03-02", "actuality": "potential"},
        origin="birth",
    )
    assert [(c.table, c.parameter, c.day) for c in done.cells] == [
        ("dosing", "X", 29.0), ("dosing", "X", 30.0), ("events", "Fever", 29.0),
    ]  # fmt: skip
    assert [r.reason for r in done.refused] == ["status not-done", "actuality potential"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3),
)


@given(st.sampled_from(["Observation", "MedicationAdministration", "AdverseEvent", "Patient"]),
       st.dictionaries(st.sampled_from(["status", "code", "subject", "valueQuantity", "component", "effectiveDateTime",
                                        "dosage", "event", "medication", "seriousness", "outcome", "id", "birthDate"]),
                       JSON))  # fmt: skip
def test_no_shape_of_a_resource_breaks_the_mapping(kind, values):
    into = Collected()
    map_resources([{**observation(), **values, "resourceType": kind}], "b.json", Asked(ORIGIN), into)
    done = finished(into, Asked(ORIGIN))
    assert done.records == len(done.cells) + len(done.refused)
    tables(done)


def test_dates_and_times():
    assert day_of("2024-02-29", ORIGIN) == -1.0
    assert day_of("2024-03-01T23:59:59", ORIGIN) == 0.99999
    assert isinstance(day_of("2024-02-30", ORIGIN), str)


def test_tables_do_not_depend_on_the_order_of_records():
    cells = [Cell("labs", "f", f"r{k}", "s", float(k), "x", "1", "g/L") for k in range(4)]
    made = {tables(Collected(cells=list(order)))["labs.csv"] for order in itertools.permutations(cells)}
    assert len(made) == 1
