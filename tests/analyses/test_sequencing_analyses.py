"""What the analyses of sequenced amplicons say of the invented panel, and of panels that lack something."""

import csv
import gzip
import io
import shutil
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from proband import api
from proband.core.errors import ProgramError
from proband.core.kinds import evidence_problems
from proband.engine import run as engine
from proband.science.amplicon.call_rule import RuleFile, read_rule
from proband.testing.synthetic_reads import FAILED, SITES, write_sequencing

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "synthetic_abe"
OFF = [name for name in SITES if name != "SYNG1"]


def perform(root, *names):
    """The lines of analyses of sequencing on a folder."""
    program, lines = api.read_program(root).program, []
    for name in names:
        declared = getattr(import_module(f"proband.analyses.{name}"), name).__proband_analysis__
        for task in engine._tasks(declared, program, root, ()):
            with pytest.MonkeyPatch.context() as m:
                m.setattr(engine, "analyses", partial(dict, {name: declared}))
                made = engine.perform(task)
            assert not isinstance(made, engine.Failure), made.message
            lines += made
    for e in lines:
        assert evidence_problems(e, "x", "y") == []
    return lines


class Folder:
    """A copy of the example whose tables of sequencing can be changed."""

    def __init__(self, root):
        self.root = root
        shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".proband"))
        self.place = root / "sequencing"

    def edit(self, table, change):
        path = self.place / table
        rows = list(csv.DictReader(path.read_text().splitlines()))
        for row in rows:
            change(row)
        out = io.StringIO()
        writer = csv.DictWriter(out, list(dict.fromkeys(k for r in rows for k in r)), lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)
        path.write_text(out.getvalue())
        return self

    def fail(self, *samples):
        """State that samples failed: no file, and why."""

        def change(row):
            row["failed"] = ""
            if row["sample"] in samples:
                row |= {"failed": "the library failed", "reads": ""}

        return self.edit("samples.csv", change)

    def panel(self):
        (line,) = [e for e in perform(self.root, "off_target_measured") if e.subject.type == "program"]
        return line


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "p")


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    lines = perform(EXAMPLE, "on_target_editing", "off_target_measured")
    return SimpleNamespace(
        on=[e for e in lines if e.kind == "editing.on_target"],
        sites=[e for e in lines if e.kind == "off_target.verification" and e.subject.type == "site"],
        panel=next(e for e in lines if e.subject.type == "program"),
    )


def test_the_example_is_what_its_writer_writes(tmp_path):
    write_sequencing(tmp_path / "sequencing")
    written = {p.name: p.read_bytes() for p in (tmp_path / "sequencing").iterdir()}
    held = {p.name: p.read_bytes() for p in (EXAMPLE / "sequencing").iterdir() if p.name != "call_rule.toml"}
    assert written.keys() == held.keys()
    for name, data in held.items():
        assert name in written
        read = gzip.decompress if name.endswith(".gz") else bytes
        assert read(written[name]) == read(data), name
        assert written[name] == data, f"{name}: the same text, packed by another zlib"


def test_on_target_lines_hold_the_truth_of_the_simulation(example):
    assert [e.subject.id for e in example.on] == ["treated-1", "treated-2", "treated-3"]
    for e in example.on:
        edited = e.quantities["target_base_edited"]
        assert edited.quantiles[0] <= SITES["SYNG1"][0] <= edited.upper_quantiles[-1]
        assert e.quantities["corrected_alleles"].value < edited.value
        assert e.quantities["uncorrected_alleles"].value + edited.value == pytest.approx(1, abs=0.12)
        assert e.facts["place"] == "engineered_cells"
        assert "15152 genomes put in" in e.scope.denominator
        assert "molecule" not in e.statement


def test_intervals_rest_on_genomes_where_fewer_went_in_than_were_read(folder, example):
    folder.edit("samples.csv", lambda row: row.update(dna_ng="0.33"))
    lines = perform(folder.root, "on_target_editing")
    few, many = lines[0].quantities["target_base_edited"], example.on[0].quantities["target_base_edited"]
    assert few.n == pytest.approx(100, abs=0.5)
    assert few.upper_quantiles[-1] - few.quantiles[0] > 2 * (many.upper_quantiles[-1] - many.quantiles[0])
    folder.edit("samples.csv", lambda row: row.update(dna_ng=""))
    (concern,) = perform(folder.root, "on_target_editing")[0].concerns
    assert "DNA put in is not recorded" in concern.because


def test_the_panel_calls_the_edited_site_and_leaves_the_failed_one_unknown(example):
    panel = example.panel
    assert {k: q.value for k, q in panel.quantities.items()} == {
        "listed_count": 5, "tested_count": 4, "called_count": 1, "replicates_per_arm": 3, "donors": 1,
    }  # fmt: skip
    for fact in ("tested_sites", "compared_sites", "sites_with_detection_limit"):
        assert panel.facts[fact].present == tuple(s for s in OFF if s != FAILED)
        assert panel.facts[fact].unknown == (FAILED,)
    assert {e.subject.id for e in example.sites} == {"OT1"}
    for e in example.sites:
        share = e.quantities["net_conversion"]
        assert share.low <= SITES["OT1"][0] <= share.high
    assert f"Still unknown: {FAILED}." in panel.statement
    assert panel.scope.settings["fixed_on"] == "2025-02-10"


def test_a_panel_of_which_nothing_was_compared_says_nothing_about_its_sites(folder):
    panel = folder.fail("control-1", "control-2", "control-3").panel()
    assert panel.statement.startswith("0 of 5 sites were compared")
    assert "nothing was seen" not in panel.statement
    assert "none" not in panel.statement
    assert panel.quantities["tested_count"].value == panel.quantities["called_count"].value == 0
    assert panel.quantities["replicates_per_arm"].value == 0
    assert panel.facts["sites_with_detection_limit"].unknown == tuple(OFF)


def test_failed_samples_are_no_replicates(folder):
    panel = folder.fail("treated-2").panel()
    assert panel.quantities["replicates_per_arm"].value == 2
    assert any("the library failed" in c.because for c in panel.concerns)


def test_a_file_without_a_read_is_no_replicate(folder):
    (folder.place / "control-3.fastq.gz").write_bytes(gzip.compress(b"", mtime=0))
    panel = folder.panel()
    assert panel.quantities["replicates_per_arm"].value == 2
    assert any("holds no read" in c.because for c in panel.concerns)


def test_a_limit_that_no_share_reaches_is_no_limit(folder):
    """One read of a site in each arm: the background can be anything, so that nothing could have been detected."""
    folder.fail(*(f"{arm}-{n}" for arm in ("treated", "control") for n in (2, 3)))
    for name in ("treated-1", "control-1"):
        data = gzip.decompress((folder.place / f"{name}.fastq.gz").read_bytes()).split(b"\n")
        records = [b"\n".join(data[i : i + 4]) for i in range(0, len(data) - 1, 4)]
        first = {record.split(b":")[1]: record for record in reversed(records)}
        (folder.place / f"{name}.fastq.gz").write_bytes(gzip.compress(b"\n".join(first.values()) + b"\n", mtime=0))
    panel = folder.panel()
    assert panel.facts["sites_with_detection_limit"].present == ()
    assert "nothing was called" not in panel.statement
    assert "Open, the limit being too high: OT1" in panel.statement
    assert panel.scope.detection_limit == "per site: not known: no site was compared"


def test_flags_of_a_sample_stand_beside_its_on_target_line(folder):
    """Arms exchanged for one replicate: the treated line says that it looks like a control."""
    first, second = folder.place / "treated-1.fastq.gz", folder.place / "control-1.fastq.gz"
    held = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(held)
    lines = perform(folder.root, "on_target_editing")
    assert "sample unlike its arm" in lines[0].concerns[0].because
    assert not lines[1].concerns


def test_without_a_dated_rule_calls_are_said_to_be_selective(folder):
    (folder.place / "call_rule.toml").unlink()
    panel = folder.panel()
    assert any("no dated rule" in c.because for c in panel.concerns)
    assert panel.scope.settings["fixed_on"] == "not stated"


def test_faults_of_a_folder_are_told_at_once(folder):
    (folder.place / "call_rule.toml").write_text("[rule]\nalpha = 2\nbeta = 0.05\ndate = 2025-02-10\n")
    folder.edit("samples.csv", lambda row: row.update(place="the moon"))
    with pytest.raises(ProgramError) as told:
        api.analyse(api.read_program(folder.root))
    files = {p.file for p in told.value.problems}
    assert files == {"sequencing/samples.csv", "sequencing/call_rule.toml"}
    assert all(p.found and p.expected and p.remedy for p in told.value.problems)


def test_reads_outside_of_the_folder_and_faults_of_the_sheet_are_refused(folder, tmp_path):
    shutil.copy(folder.place / "treated-1.fastq.gz", tmp_path / "other.fastq.gz")

    def change(row):
        if row["sample"] == "treated-1":
            row["reads"] = "../../other.fastq.gz"

    folder.edit("samples.csv", change)
    with pytest.raises(ProgramError) as told:
        api.analyse(api.read_program(folder.root))
    assert {(p.file, p.found) for p in told.value.problems} == {("sequencing/samples.csv", "other.fastq.gz")}
    folder.edit("sites.csv", lambda row: row.update(spacer="ACGTACGTACGTACGTACGT"))
    with pytest.raises(ProgramError) as told:
        api.analyse(api.read_program(folder.root))
    assert {p.file for p in told.value.problems} == {"sequencing/sites.csv"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("alpha = 0.05\n", "beta"),
        ("alpha = 0.5\nbeta = 0.05\n", "alpha"),
        ("alpha = nan\nbeta = 0.05\n", "alpha"),
        ("alpha = 0.05\nbeta = 0.05\nover = 'all'\n", "over"),
        ("alpha = 0.05\nbeta = 0.05\nlevel = 0.5\n", "level"),
        ("alpha = 0.05\nbeta = 0.05\nwanted_lod = 0\n", "wanted_lod"),
        ("alpha = 0.05\nbeta = 0.05\ndate = 9999-01-01\n", "date"),
        ("alpha = 0.05\nbeta = 0.05\ngamma = 1\n", "gamma"),
        ("rule = 3\n", ""),
        ("alpha = \n", ""),
    ],
)
def test_a_rule_that_can_not_be_is_told(tmp_path, text, place):
    (tmp_path / "r.toml").write_text(text)
    problems = []
    assert read_rule(tmp_path / "r.toml", "r.toml", problems) is None
    assert any(place in p.place for p in problems)


def test_a_rule_is_read_in_both_forms(tmp_path):
    text = "alpha = 0.01\nbeta = 0.1\nover = 'site'\nlevel = 0.9\nwanted_lod = 0.001\ndate = 2025-01-02\n"
    held = []
    for form in (text, "[rule]\n" + text):
        (tmp_path / "r.toml").write_text(form)
        held.append(read_rule(tmp_path / "r.toml", "r.toml", problems := []))
        assert problems == []
    assert replace(held[0], sha256=None) == replace(held[1], sha256=None)
    assert isinstance(held[0], RuleFile)
    rule = held[0].rule()
    assert (rule.alpha, rule.beta, rule.over, rule.level, rule.wanted) == (0.01, 0.1, "site", 0.9, 0.001)
