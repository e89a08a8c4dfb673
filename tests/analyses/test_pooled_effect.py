"""Pooling over patients and versions, and engagement against outcome: from tables of a folder to lines."""

import platform_files as files
import pytest

from proband import api
from proband.core.evidence import Members
from proband.core.kinds import evidence_problems
from proband.science.borrowing.hierarchy import normal_closed_form
from proband.science.borrowing.quadrature import Prior

VERSIONS = "A,pooled,,1.5,0.4,3,x\nB,pooled,,1.0,0.8,1,x\n"
PATIENTS = [(1.6, 0.6), (1.2, 0.7), (1.8, 0.6), (1.0, 0.8)]


def rows_of(effects):
    return "".join(f"P{i},A,{y},{s},x\n" for i, (y, s) in enumerate(effects, start=1))


@pytest.fixture
def lines(tmp_path):
    """Lines of one kind of a folder with these tables."""

    def of(kind, versions=VERSIONS, patients=None, pooling=files.POOLING, **tables):
        made = {"platform/versions.csv": files.VERSIONS + versions, "platform/pooling.toml": pooling}
        made["platform/patients.csv"] = files.PATIENTS + (patients or rows_of(PATIENTS))
        run = api.analyse(api.read_program(files.write(tmp_path / "p", {**made, **tables})))
        assert run.failures == ()
        for e in run.of(kind):
            assert evidence_problems(e, "x", "y") == []
        return run.of(kind)

    return of


def test_least_effect_over_leaving_one_out_agrees_with_the_closed_form(lines):
    (line,) = lines("clinical.heterogeneity")
    prior, least = Prior(0.0, 5.0, 0.5), []
    for i in range(4):
        rest = PATIENTS[:i] + PATIENTS[i + 1 :]
        made = normal_closed_form([[y for y, _ in rest]], [[s for _, s in rest]], prior)
        least.append(float(made.new_mean[0]))  # a new unit's mean is the mean of mu
    q = line.quantities["effect_leaving_one_out"]
    assert q.value == pytest.approx(min(least), abs=2e-3)
    assert "without P3" in line.statement
    assert line.quantities["patients"].value == 4


def test_two_patients_can_not_tell(lines):
    (line,) = lines("clinical.heterogeneity", patients=rows_of(PATIENTS[:2]))
    assert set(line.quantities) == {"patients"}
    assert "can not be told" in line.statement


def test_a_patient_without_an_effect_is_named(lines):
    (line,) = lines("clinical.heterogeneity", patients=rows_of(PATIENTS) + "P9,B,,,x\n")
    assert "P9" in line.scope.not_covered
    assert any("P9" in c.because for c in line.concerns)


def test_one_bad_patient_breaks_consistency(lines):
    (line,) = lines("clinical.heterogeneity", patients=rows_of([(0.2, 0.3), (0.1, 0.3), (2.5, 0.3)]))
    assert line.quantities["effect_leaving_one_out"].quantile(0.05) < 0


def test_versions_left_out_and_amount_borrowed(lines):
    more = VERSIONS + "C,left_out,other capsid,0.1,0.5,2,x\nD,no_outcome,not treated yet,,,,x\n"
    (line,) = lines("clinical.borrowing", versions=more)
    assert line.facts["versions"] == Members(("A", "B"), ("C",), ("D",))
    assert line.facts["reported"] == Members(("exchangeability", "conflict", "borrowed_amount"))
    assert line.quantities["effective_sample_size"].value > 0
    assert "with those left out" in line.statement
    assert "1.00 without" in line.statement


def test_nothing_argued_and_nobody_to_borrow_from(lines):
    pooling = files.POOLING.replace("one capsid, one dose, one enzyme", "")
    (line,) = lines("clinical.borrowing", versions="B,pooled,,1.0,0.8,1,x\n", patients="P1,B,1,1,x\n", pooling=pooling)
    assert line.facts["reported"] == Members((), ("exchangeability",), ("conflict", "borrowed_amount"))
    assert line.quantities == {}


@pytest.mark.parametrize(
    ("versions", "patients", "pooling", "says"),
    [
        ("A,left_out,,1,1,1,x\nB,pooled,,1,1,1,x\n", "", files.POOLING, "a reason for left_out"),
        ("A,pooled,,,,,x\nB,pooled,,1,1,1,x\n", "", files.POOLING, "an effect of a pooled version"),
        ("B,no_outcome,soon,1,1,1,x\n", "", files.POOLING, "no_outcome with an effect"),
        (VERSIONS, "P1,Z,1,1,x\n", files.POOLING, "a version of platform/versions.csv"),
        (VERSIONS, "P1,A,1,,x\n", files.POOLING, "both, or neither"),
        (VERSIONS, "P1,A,1,0,x\n", files.POOLING, "standard_error"),
        (VERSIONS, "", files.POOLING.replace('"B"', '"Q"'), "key version"),
        (VERSIONS, "", files.POOLING + "exchangeable = 0.5\n", "nex_sd"),
        (VERSIONS + VERSIONS, "", files.POOLING, "each once"),
    ],
)
def test_faults_are_told_by_check(tmp_path, versions, patients, pooling, says):
    made = {"platform/versions.csv": files.VERSIONS + versions, "platform/pooling.toml": pooling}
    if patients:
        made["platform/patients.csv"] = files.PATIENTS + patients
    with pytest.raises(Exception, match=says):
        api.read_program(files.write(tmp_path / "p", made))


def outcomes(rows):
    return files.OUTCOMES + "".join(f"P{i},A,patient_target_tissue,{e},no,{y},motor,higher,x\n" for i, e, y in rows)


def concordance(tmp_path, rows):
    run = api.analyse(api.read_program(files.write(tmp_path / "p", {"engagement/outcome.csv": outcomes(rows)})))
    assert run.failures == ()
    (line,) = run.of("engagement.outcome")
    assert evidence_problems(line, "x", "y") == []
    return line


def test_a_perfect_order_of_eight_is_above_zero_and_three_can_not_show_it(tmp_path):
    line = concordance(tmp_path, [(i, i / 10, 2 * i) for i in range(1, 9)])
    assert line.quantities["concordance"].limit > 0
    assert line.quantities["concordance"].level == pytest.approx(0.975)  # one side of an interval of 95 %
    line = concordance(tmp_path, [(i, i / 10, 2 * i) for i in range(1, 4)])
    assert line.quantities.get("concordance") is None or line.quantities["concordance"].limit < 0
    assert line.concerns


def test_patients_without_both_numbers_are_listed(tmp_path):
    line = concordance(tmp_path, [*((i, i / 10, 2 * i) for i in range(1, 6)), (6, "", 3), (7, 0.4, "")])
    assert line.quantities["patients"].value == 5
    assert "P6" in line.scope.not_covered


def test_two_directions_of_an_outcome_are_refused(tmp_path):
    table = outcomes([(1, 0.1, 1)]) + "P2,A,patient_target_tissue,0.2,no,1,motor,lower,x\n"
    with pytest.raises(Exception, match="the same in all rows"):
        api.read_program(files.write(tmp_path / "p", {"engagement/outcome.csv": table}))


def test_the_forest_is_drawn(lines):
    from proband.dossier.charts import svg

    (line,) = lines("clinical.heterogeneity")
    assert "pooled without this patient" in svg(line.figures[0])
