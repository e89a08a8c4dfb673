"""``proband quantify-panel``: files, bytes that do not change, rules in files and options, faults in words."""

import csv
import io
import json
from xml.etree import ElementTree

import pytest

from proband.testing.panels import dilution_sites, simulate_panel

RULE = """alpha = 0.05
beta = 0.05
over = "panel"
wanted_lod = 0.02
date = 2026-01-15
"""


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    """A sheet and its sites: one null, one on-target edited in 30 %, one of which no file holds a read."""
    folder = tmp_path_factory.mktemp("panel")
    simulate_panel(dilution_sites((0.0, 0.3), edit="base"), seed=5, reads=500).write(folder)
    rows = list(csv.DictReader((folder / "sites.csv").read_text().splitlines()))
    lost = dilution_sites((0.0,), seed=9)[0]
    rows.append({"site": "lost", "amplicon": lost.amplicon, "spacer": lost.spacer, "cut": lost.cut + 1})
    for n, row in enumerate(rows):
        row |= {"editor": "ABE8e/SpCas9", "contig": "chr1", "start": 1 + 1000 * n}
        row |= {"on_target": "yes" if n == 1 else "no", "expected": "A6" if n == 1 else ""}
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    (folder / "sites.csv").write_text(out.getvalue())
    return folder / "samples.csv", folder / "sites.csv"


def test_a_panel_and_the_same_bytes_again(proband, panel, tmp_path):
    (tmp_path / "rule.toml").write_text(RULE)
    sheet, sites = panel
    asked = ("quantify-panel", sheet, "--sites", sites, "--rule", tmp_path / "rule.toml")
    done = proband(*asked, "--out", tmp_path / "a", code=0)
    assert "not detected below" in done.stdout
    assert "unknown" in done.stdout
    proband(*asked, "--out", tmp_path / "b", "--threads", 2, code=0)
    names = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert names == sorted(p.name for p in (tmp_path / "b").iterdir())
    assert {
        "panel_sites.tsv", "panel_sites.parquet", "panel.json", "outcomes.tsv", "alleles.tsv", "panel.vcf",
        "quilt-1.svg", "replicates-any-conversion.svg", "replicates-indel.svg", "replicates-intended-edit.svg",
    } <= set(names)  # fmt: skip
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
        if name.endswith(".svg"):
            assert ElementTree.parse(tmp_path / "a" / name).getroot().tag.endswith("svg")
    told = json.loads((tmp_path / "a" / "panel.json").read_text())
    assert told["rule"]["date"] == "2026-01-15"
    assert told["rule"]["wanted_lod"] == 0.02
    assert len(told["rule"]["sha256"]) == 64
    assert "note" not in told["rule"]


def test_a_rule_in_options_is_said_to_have_no_date(proband, panel, tmp_path):
    sheet, sites = panel
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "quilt-9.svg").write_text("old")
    (tmp_path / "out" / "kept.svg").write_text("someone else's")
    done = proband(
        "quantify-panel", sheet, "--sites", sites, "--alpha", 0.01, "--over", "site", "--wanted-lod", "0.1%",
        "--no-figures", "--format", "json", "--out", tmp_path / "out", code=0,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert (told["rule"]["alpha"], told["rule"]["over"], told["rule"]["date"]) == (0.01, "site", None)
    assert told["rule"]["wanted_lod"] == 0.001
    assert "nothing here shows" in told["rule"]["note"]
    assert sorted(p.name for p in (tmp_path / "out").glob("*.svg")) == ["kept.svg"]


def test_faults_of_rule_and_sheet_at_once(proband, panel, tmp_path):
    sheet, sites = panel
    (tmp_path / "rule.toml").write_text('alpha = 0.9\nbeta = 0.05\nover = "panel"\n')
    bad = tmp_path / "bad.csv"
    bad.write_text("sample,arm,replicate,reads\na,treated,1,none.fastq\n")
    done = proband(
        "quantify-panel", bad, "--sites", sites, "--rule", tmp_path / "rule.toml", "--out", tmp_path / "out", code=1
    )
    for part in ("key alpha", "less than 0.5", "a file that is there", "no control sample"):
        assert part in done.stderr
    assert not (tmp_path / "out").exists()
    (tmp_path / "rule.toml").write_text("alfa = 0.05\nbeta = 0.05\n")
    done = proband(
        "quantify-panel", sheet, "--sites", sites, "--rule", tmp_path / "rule.toml", "--out", tmp_path / "out", code=1
    )
    assert "alfa" in done.stderr
    assert "key alpha" in done.stderr
    done = proband(
        "quantify-panel", sheet, "--sites", sites, "--rule", tmp_path / "rule.toml", "--alpha", 0.1, "--adapter", "XX",
        "--out", tmp_path / "out", code=1,
    )  # fmt: skip
    assert "the rule in one place" in done.stderr
    assert "--adapter" in done.stderr
    (tmp_path / "rule.toml").write_text("alpha = 0.05\nbeta = 0.05\ndate = 2999-01-01\n")
    done = proband(
        "quantify-panel", sheet, "--sites", sites, "--rule", tmp_path / "rule.toml", "--out", tmp_path / "out", code=1
    )
    assert "today or an earlier day" in done.stderr


@pytest.mark.parametrize(("options", "told"), [
    (("--wanted-lod", "ten"), "--wanted-lod"), (("--wanted-lod", "200%"), "--wanted-lod"),
    (("--wanted-lod", "nan"), "--wanted-lod"), (("--alpha", 0.7), "--alpha"),
])  # fmt: skip
def test_an_option_that_can_not_be_is_named(proband, panel, tmp_path, options, told):
    sheet, sites = panel
    done = proband("quantify-panel", sheet, "--sites", sites, *options, "--out", tmp_path / "out", code=1)
    assert told in done.stderr
    assert "Traceback" not in done.stderr
