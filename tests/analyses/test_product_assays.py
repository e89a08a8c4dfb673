"""Assays, stability and comparability as evidence: the rules on them, and that a sibling never counts."""

import shutil
from pathlib import Path

import pytest

from proband import api

ROOT = Path(__file__).parents[2]


def answers(path):
    program = api.read_program(path)
    run = api.analyse(program)
    findings = api.assess_evidence(program, run, api.framework_of(program, ""))
    return {f.id: f for f in findings.items}, [e for e in run.evidence if e.kind.startswith("quality.")]


def edit(path, name, *pairs):
    file = path / "quality" / name
    text = file.read_text()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    file.write_text(text)


def without(path, name, words):
    """A table without the rows that hold all of some words."""
    file = path / "quality" / name
    lines = file.read_text().splitlines()
    file.write_text("\n".join([lines[0], *(x for x in lines[1:] if not all(w in x for w in words))]) + "\n")


def test_a_sibling_never_supports_potency(warm_example):
    path = warm_example("synthetic_abe")
    edit(path, "methods.toml", ('version = "syn-abe-1"\nlot = "SYN-01"', 'version = "syn-abe-0"\nlot = "PLT-1"'))
    found, lines = answers(path)
    assert found["PQ-03"].outcome == "contradicted"
    assert found["PQ-02"].outcome == "insufficient: incomplete"
    sibling = next(e for e in lines if e.kind == "quality.potency" and e.facts["product"] == "sibling")
    assert set(sibling.facts["levels"].present) == {"sequence_change", "downstream_effect"}
    assert "says nothing of the potency of syn-abe-1" in sibling.statement


def test_mass_alone_does_not_tell_siblings_apart(warm_example):
    path = warm_example("synthetic_abe")
    edit(path, "methods.toml", ('identity = { by = "sequence", reads = [1, 20] }\n', ""))
    found, lines = answers(path)
    assert found["PQ-01"].outcome == "contradicted"
    said = next(e.statement for e in lines if e.kind == "quality.identity")
    assert "equal composition, equal mass: no mass method tells them apart" in said


def test_platform_data_alone_do_not_decide(warm_example):
    path = warm_example("synthetic_abe")
    without(path, "stability.csv", ["SYN-"])
    found, lines = answers(path)
    assert found["PQ-08"].verdict == "insufficient" or found["PQ-08"].verdict == "not_assessed"
    assert found["PQ-08"].reason == "indirect"
    whose = {e.facts["lots_are"] for e in lines if e.kind == "quality.stability"}
    assert whose == {"own", "platform"}


def test_a_shorter_period_of_use_is_covered_but_for_two_times(warm_example):
    path = warm_example("synthetic_abe")
    edit(path, "stability.toml", ("period_of_use = { value = 12.0", "period_of_use = { value = 6.0"))
    assert answers(path)[0]["PQ-08"].outcome == "insufficient: imprecise"
    table = path / "quality" / "stability.csv"
    table.write_text(table.read_text() + "SYN-01,frozen at -70 Cel,3,mo,enzyme_activity,93,%,,enzyme-cell\n")
    found, lines = answers(path)
    assert found["PQ-08"].verdict == "supported", found["PQ-08"].detail
    shares = {e.name: e.quantities["covered_share"].value for e in lines if "covered_share" in e.quantities}
    assert min(shares.values()) == 1.0


def test_an_attribute_without_values_keeps_it_open(warm_example):
    path = warm_example("synthetic_abe")
    edit(path, "stability.toml", ("period_of_use = { value = 12.0", "period_of_use = { value = 6.0"))
    without(path, "stability.csv", ["enzyme_activity"])
    found = answers(path)[0]["PQ-08"]
    assert found.outcome == "insufficient: incomplete"
    assert "enzyme_activity" in found.detail


def test_comparability_is_supported_when_every_attribute_is_judged(warm_example):
    path = warm_example("synthetic_abe")
    table = path / "quality" / "comparability.csv"
    more = (
        "mixer,SYN-02,post,enzyme_activity,101,%,,enzyme-cell\nmixer,SYN-03,post,enzyme_activity,104,%,,enzyme-cell\n"
    )
    text = table.read_text().replace("SYN-02,post,size,97", "SYN-02,post,size,79")
    table.write_text(text.replace("SYN-02,post,rna_integrity,78", "SYN-02,post,rna_integrity,81") + more)
    found, lines = answers(path)
    assert found["PQ-09"].outcome == "not_assessed: needs_person"
    line = next(e for e in lines if e.kind == "quality.comparability")
    assert line.facts["judged"].unknown == ()
    assert line.facts["comparable"].absent == ("encapsulation (mixer)",)
    assert any("not comparable: encapsulation" in c.because for c in line.concerns)


def test_values_outside_validated_ranges_are_flagged_where_they_are_used(warm_example):
    path = warm_example("synthetic_abe")
    edit(path, "methods.toml", ("range = { low = 60.0, high = 100.0", "range = { low = 60.0, high = 81.0"))
    _, lines = answers(path)
    for kind in ("quality.stability", "quality.comparability", "quality.methods"):
        words = [c.because for e in lines if e.kind == kind for c in e.concerns]
        assert any("validated for" in w for w in words), kind


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("methods.toml", 'product = "syn-abe-1"', 'product = "syn-abe-9"'),
        ("stability.toml", 'product_class = "biological"', 'product_class = "herbal"'),
        ("stability.csv", "SYN-01,frozen at -70 Cel,0", "SYN-77,frozen at -70 Cel,0"),
        ("comparability.csv", "SYN-P1,pre", "SYN-P1,middle"),
        ("edit_ngs_replicates.csv", "blank 1,blank", "blank 1,water"),
        ("template_hits.csv", "R1", ""),
    ],
)
def test_faults_are_told_by_check(warm_example, file, old, new):
    path = warm_example("synthetic_abe")
    edit(path, file, (old, new))
    problems = api.check(path).problems
    assert problems
    assert all(p.file.startswith("quality/") for p in problems)


def test_a_table_without_its_plan_is_told(warm_example):
    path = warm_example("synthetic_abe")
    for name in ("stability.toml", "comparability.toml"):
        (path / "quality" / name).unlink()
    found = {p.found for p in api.check(path).problems}
    assert found == {"a table without a plan"}


@pytest.mark.parametrize(
    ("file", "lot", "place"),
    [("methods.toml", "SYN-01", "potency_run 1, key lot"), ("stability.toml", "SYN-02", "lot SYN-02")],
)
def test_a_lot_of_another_version_is_no_lot_of_this_one(warm_example, file, lot, place):
    path = warm_example("synthetic_abe")
    edit(path, "genealogy.csv", (f"{lot},SYN-M1; SYN-G1,syn-abe-1", f"{lot},SYN-M1; SYN-G1,syn-abe-0"))
    found = [p for p in api.check(path).problems if p.file == f"quality/{file}"]
    assert any(p.place.startswith(place) and "syn-abe-0, as quality/genealogy says" in p.expected for p in found)


METHODS = """
format = 1
product = "{product}"
[own]
sequence = "UGAUUCUAAGCAGUAAUGAA"
[[method]]
id = "seq"
attribute = "guide identity"
technique = "sequencing"
identity = {{ by = "sequence" }}
"""


def test_versions_of_the_platform_are_siblings(tmp_path):
    root = tmp_path / "umbrella"
    shutil.copytree(ROOT / "examples" / "ucd_umbrella", root, ignore=shutil.ignore_patterns(".proband", "dossier"))
    child = root / "cps1"
    (child / "quality").mkdir(exist_ok=True)
    product = api.read_program(child).program.candidate.id
    (child / "quality" / "methods.toml").write_text(METHODS.format(product=product))
    others = '[[version]]\nid = "near"\ntargeting = "TGATTCTAAGCAGTAATGAG"\n[[version]]\nid = "unread"\n'
    record = root / "platform.toml"
    record.write_text(record.read_text() + others)
    _, lines = answers(child)
    told = next(e.facts["told_apart"] for e in lines if e.kind == "quality.identity")
    assert "near" in told.present
    assert "unread" in told.unknown
    assert "cps1-q335x" not in (*told.present, *told.absent, *told.unknown)


def test_no_files_no_lines(warm_example):
    path = warm_example("synthetic_abe")
    for name in ("methods.toml", "stability.toml", "stability.csv", "comparability.toml", "comparability.csv"):
        (path / "quality" / name).unlink()
    found, lines = answers(path)
    assert {found[c].reason for c in ("PQ-01", "PQ-02", "PQ-03", "PQ-08", "PQ-09")} == {"no_data"}
    mine = {"quality.methods", "quality.identity", "quality.potency", "quality.stability", "quality.comparability"}
    assert not mine & {e.kind for e in lines}
