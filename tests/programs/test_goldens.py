"""Golden verdicts of the shipped examples. Typed by hand with a sentence why; changed by hand alone."""

import tomllib
from pathlib import Path

import pytest

from proband.core.finding import Verdict

HERE = Path(__file__).parent
GOLDEN = {
    path.stem.removeprefix("golden_").replace("__", "/"): tomllib.loads(path.read_text(encoding="utf-8"))["finding"]
    for path in sorted(HERE.glob("golden_*.toml"))
}
CASES = [pytest.param(name, g["id"], g["expect"], id=f"{name}-{g['id']}") for name, gs in GOLDEN.items() for g in gs]


@pytest.fixture(scope="module")
def results(session_examples):
    from proband import api

    made = {}
    for name in GOLDEN:
        folder = api.read_program(session_examples / name)
        run = api.analyse(folder)
        rules = api.framework_of(folder)
        made[name] = folder, run, rules, api.assess_evidence(folder, run, rules)
    return made


@pytest.mark.parametrize(("name", "criterion", "expect"), CASES)
def test_verdict(results, name, criterion, expect):
    finding = results[name][3][criterion]
    assert finding.outcome == expect, finding.detail


def test_there_are_at_least_25_with_a_sentence_each_and_all_five_verdicts():
    every = [g for gs in GOLDEN.values() for g in gs]
    assert len({(name, g["id"]) for name, gs in GOLDEN.items() for g in gs}) == len(every) >= 25
    assert all(len(g["why"]) > 20 for g in every)
    assert {g["expect"].partition(":")[0] for g in every} == set(Verdict)


def test_the_four_editing_rates_of_one_sample(results):
    _, run, _, findings = results["cps1_kabe"]
    counts = {}
    for e in run.of("editing.on_target"):
        for name, q in e.quantities.items():
            if q.n == 2448:
                counts[name] = round(q.value * q.n)
    assert counts["corrected_alleles"] == 1488
    assert counts["target_base_edited"] == 1531
    assert counts["open_reading_frame"] == 1554
    assert counts["any_conversion"] == 1803
    assert findings["TE-01"].outcome == findings["TE-05"].outcome == "insufficient: indirect"


def test_printed_percentages_are_the_reads_over_2448(session_examples):
    import csv

    with open(session_examples / "cps1_kabe" / "reported" / "alleles.csv", newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 17
    for row in rows:
        assert f"{100 * int(row['reads']) / 2448:.2f}" == row["percent_printed"], row
    assert 2448 - sum(int(r["reads"]) for r in rows) == 114
