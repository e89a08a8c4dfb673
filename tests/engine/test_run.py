"""The engine: one failure stays one failure, equal inputs give equal ids, the cache never lies."""

import json
from dataclasses import replace

import pytest

from proband import api
from proband.core.analysis import Draft, analysis
from proband.core.errors import AnalysisError, ProgramError
from proband.core.evidence import Origin, Scope, Subject
from proband.engine import cache, registry
from proband.engine import run as engine
from proband.engine.executor import executor
from proband.engine.run import perform


def ids(run):
    return [e.id for e in run.evidence]


def test_two_runs_have_the_same_ids_wherever_they_run(fresh_example):
    path = fresh_example("synthetic_abe")
    folder = api.read_program(path)
    first = api.analyse(folder)
    assert first.evidence
    assert ids(api.analyse(folder)) == ids(first)
    assert ids(api.analyse(folder, fresh=True)) == ids(first)
    assert ids(api.analyse(folder, fresh=True, where="processes:2")) == ids(first)


def test_another_folder_of_equal_content_gives_the_same_ids(fresh_example, tmp_path):
    import shutil

    path = fresh_example()
    other = tmp_path / "elsewhere" / "x"
    shutil.copytree(path, other)
    assert ids(api.analyse(api.read_program(path))) == ids(api.analyse(api.read_program(other)))


def test_dask_gives_the_same_ids(fresh_example):
    distributed = pytest.importorskip("distributed")
    folder = api.read_program(fresh_example())
    expected = ids(api.analyse(folder))
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, silence_logs=50
    ) as cluster:
        assert ids(api.analyse(folder, fresh=True, where=f"dask:{cluster.scheduler_address}")) == expected


@pytest.mark.parametrize("where", ["threads", "processes:x", "processes:0", "dask:", "serial:2"])
def test_unknown_executors_are_refused(where):
    with pytest.raises(ProgramError, match="no executor"), executor(where):
        pass


def broken(name):
    """The named analysis, replaced by one that raises; of another version, so that no kept result stands in for it."""

    def raises(program, inputs, **settings):
        raise RuntimeError("broken on purpose")

    return {
        n: replace(d, function=raises, version=d.version + 1000) if n == name else d
        for n, d in registry.analyses().items()
    }


@pytest.mark.parametrize("name", sorted(registry.analyses()))
def test_breakage_every_analysis_may_break_and_the_rest_stands(name, warm_example, monkeypatch, tmp_path):
    path = warm_example("synthetic_abe")
    everything = broken(name)
    monkeypatch.setattr(engine, "analyses", lambda: everything)
    folder = api.read_program(path)
    matched = engine.matched_files(everything[name], folder.program)
    if not all(matched[n] for n in everything[name].needs_files):
        pytest.skip("the example holds no file for this analysis")
    run = api.analyse(folder)
    assert {f.analysis for f in run.failures} == {name}
    assert all("broken on purpose" in f.message for f in run.failures)
    rules = api.framework_of(folder)
    findings = api.assess_evidence(folder, run, rules)
    kinds = {k for f in run.failures for k in f.kinds}
    for f in findings:
        needs = set(rules[f.id].needs)
        if needs and needs <= kinds and not any(e.kind in needs for e in run.evidence):
            assert f.verdict not in ("supported", "contradicted", "insufficient"), f.id
    made = api.make_dossier(folder, run, findings, rules)
    api.write_dossier(made, tmp_path / "out", ["json"])
    written = json.loads((tmp_path / "out" / "dossier.json").read_text())
    assert name in {f["analysis"] for f in written["failures"]}


def test_a_failed_step_is_not_kept(fresh_example, monkeypatch):
    path = fresh_example("synthetic_abe")
    folder = api.read_program(path)
    with monkeypatch.context() as m:
        everything = broken("dosing_record")
        m.setattr(engine, "analyses", lambda: everything)
        assert not api.analyse(folder).of("dosing.record")
    assert api.analyse(folder).of("dosing.record")


def test_a_damaged_cache_is_computed_again(fresh_example):
    path = fresh_example()
    folder = api.read_program(path)
    first = ids(api.analyse(folder))
    for file in (path / ".proband" / "evidence").iterdir():
        file.write_text(file.read_text().replace("reported", "computed")[:-50])
    assert ids(api.analyse(folder)) == first


def test_the_same_recipe_with_another_result_is_an_error(fresh_example):
    path = fresh_example()
    run = api.analyse(api.read_program(path))
    line = run.evidence[0]
    other = replace(line, statement="Something else.")
    with pytest.raises(AnalysisError, match="not deterministic"):
        cache.store(path, line.provenance, [other])


def test_a_change_of_one_input_changes_only_what_rests_on_it(fresh_example):
    path = fresh_example()
    before = {e.id: e for e in api.analyse(api.read_program(path)).evidence}
    file = path / "reported" / "natural_history.toml"
    file.write_text(file.read_text() + "\n# one more byte\n")
    after = {e.id for e in api.analyse(api.read_program(path)).evidence}
    gone = [e for i, e in before.items() if i not in after]
    assert gone
    touched = {"reported/natural_history.toml"}
    for e in gone:
        rests = touched & {i.path for i in e.provenance.inputs}
        assert rests or e.provenance.analysis == "evidence_record", e.kind


def test_settings_must_be_those_of_an_analysis(fresh_example):
    path = fresh_example()
    program = path / "program.toml"
    program.write_text(program.read_text() + "\n[parameters.clinical_basline]\nparameter = 'x'\n")
    with pytest.raises(ProgramError, match="did you mean clinical_baseline"):
        api.analyse(api.read_program(path))


def test_only_reads_what_is_declared(fresh_example):
    @analysis(claims=("clinical.baseline",), uses=("id",), version=1)
    def nosy(program, inputs):
        yield program.stage

    declared = nosy.__proband_analysis__
    folder = api.read_program(fresh_example())
    task = engine._tasks(declared, folder.program, folder.root, ())[0]
    with pytest.MonkeyPatch.context() as m:
        m.setattr(engine, "analyses", lambda: {"nosy": declared})
        failure = perform(task)
    assert "'stage' is not among the declared uses" in failure.message


def test_an_analysis_can_not_emit_what_it_does_not_claim(fresh_example):
    @analysis(claims=("clinical.baseline",), version=1)
    def stray(program, inputs):
        yield Draft("safety.events", "s", Subject("program", "p"), Scope("w", "h", "d", "l"))

    folder = api.read_program(fresh_example())
    task = engine._tasks(stray.__proband_analysis__, folder.program, folder.root, ())[0]
    with pytest.MonkeyPatch.context() as m:
        m.setattr(engine, "analyses", lambda: {"stray": stray.__proband_analysis__})
        assert "does not claim" in perform(task).message


def test_reported_lines_say_so(session_examples):
    run = api.analyse(api.read_program(session_examples / "cps1_kabe"))
    for e in run.evidence:
        if e.provenance.analysis == "reported_results":
            assert e.origin is Origin.REPORTED
            assert e.citation
            assert e.readout_definition


def test_cold_and_warm_runs_are_the_same_to_the_last_digit(fresh_example):
    from proband.core.serial import evidence_to_json

    path = fresh_example()
    file = path / "reported" / "editing_cells.toml"
    text = file.read_text()
    assert "engineered_cells" in text
    folder = api.read_program(path)
    cold, warm = api.analyse(folder), api.analyse(folder)
    rules = api.framework_of(folder)
    assert [json.dumps(evidence_to_json(e)) for e in cold.evidence] == [
        json.dumps(evidence_to_json(e)) for e in warm.evidence
    ]
    assert api.assess_evidence(folder, cold, rules) == api.assess_evidence(folder, warm, rules)


def test_a_number_one_step_from_its_limit_comes_out_the_same_twice(warm_example, assessed):
    path = warm_example("synthetic_abe")
    file = path / "reported" / "baseline.toml"
    file.write_text(
        """[source]
document = "d"
read_level = "P"
confidence = "high"
[[result]]
id = "near"
kind = "engagement.threshold"
statement = "s"
subject = { type = "program", id = "p" }
locator = "l"
readout_definition = "r"
scope = { where = "w", how = "h" }
quantity.threshold = { exact = 0.09999999999999999, unit = "fraction" }
"""
    )
    values = [
        next(e for e in assessed(path)[1].of("engagement.threshold") if e.name == "near").quantities["threshold"].value
        for _ in range(2)
    ]
    assert values == [0.1, 0.1]


def test_a_cache_entry_of_another_recipe_is_not_taken(warm_example):
    import shutil

    path = warm_example("synthetic_abe")
    folder = api.read_program(path)
    first = ids(api.analyse(folder))
    files = sorted((path / ".proband" / "evidence").iterdir())
    shutil.copy(files[0], files[1])
    assert ids(api.analyse(folder)) == first
    for text in ("{}", "[]", "[" * 10_000, '{"recipe": "x", "evidence": []}', '{"evidence": [{}]}'):
        files[0].write_text(text)
        assert ids(api.analyse(folder)) == first


def test_a_line_taken_out_of_the_cache_is_made_again(warm_example):
    path = warm_example("synthetic_abe")
    folder = api.read_program(path)
    first = ids(api.analyse(folder))
    for file in (path / ".proband" / "evidence").iterdir():
        kept = json.loads(file.read_text())
        file.write_text(json.dumps({**kept, "evidence": kept["evidence"][1:]}))
    assert ids(api.analyse(folder)) == first


def test_a_linked_cache_is_not_followed(fresh_example, tmp_path):
    path = fresh_example()
    (tmp_path / "target").mkdir()
    (path / ".proband").symlink_to(tmp_path / "target")
    assert api.analyse(api.read_program(path)).evidence
    assert not list((tmp_path / "target").iterdir())
    (path / ".proband").unlink()
    (path / ".proband").mkdir()
    (path / ".proband" / "evidence").symlink_to(tmp_path / "target")
    assert api.analyse(api.read_program(path)).evidence
    assert not list((tmp_path / "target").iterdir())


def test_only_one_kind_gives_the_same_lines_as_a_full_run(warm_example):
    folder = api.read_program(warm_example("synthetic_abe"))
    full = api.analyse(folder)
    for kind in {e.kind for e in full.evidence}:
        assert ids(api.analyse(folder, [kind])) == [e.id for e in full.of(kind)], kind


def test_a_new_version_of_a_package_keeps_the_id_when_no_number_changed(fresh_example, monkeypatch):
    folder = api.read_program(fresh_example())
    before = api.analyse(folder)
    monkeypatch.setattr(engine, "package_version", lambda name: "999")
    after = api.analyse(folder)
    assert ids(after) == ids(before)
    keys = [{e.provenance.key for e in r.evidence if e.provenance.packages.get("numpy")} for r in (before, after)]
    assert not keys[0] & keys[1]


def test_what_owners_of_reported_reads_hold_is_not_known_from_here(fresh_example):
    run = api.analyse(api.read_program(fresh_example()))
    delivered = run.of("record.sequencing")[0].facts["delivered"]
    assert not delivered.absent
    assert {"input_digests", "tool_versions", "references"} <= set(delivered.unknown)
