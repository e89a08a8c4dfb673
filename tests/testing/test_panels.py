"""Dilution panels: what the truth table says is what the reads hold."""

import csv
import gzip
import json

import numpy as np
import pytest

from proband.testing.alleles import mixture
from proband.testing.panels import LADDER, NAMES, RUN_LENGTH, dilution_sites, simulate_panel
from proband.testing.reads import ReadDesign


def test_the_standard_panel():
    sites = dilution_sites()
    assert [s.fraction for s in sites] == list(LADDER)
    assert (min(LADDER), max(LADDER)) == (0.0, 0.6)
    for s in sites:
        assert s.amplicon[s.cut - 17 : s.cut + 3] == s.spacer
        run = any(b * RUN_LENGTH in s.amplicon for b in "ACGT")
        assert run == s.homopolymer
        assert s.homopolymer or s.amplicon[s.cut + 4 : s.cut + 6] == "GG"


@pytest.mark.parametrize("edit", ["indel", "base"])
def test_counts_of_reads_without_errors_equal_the_truth(edit):
    sites = dilution_sites((0.0, 0.02, 0.4), edit=edit)
    clean = ReadDesign(mixture("A"), 0, quality=None)
    panel = simulate_panel(sites, clean, seed=4, reads=3000, dna_ng=5, hopping=0.01)
    rows = panel.truth()
    assert [r["arm"] for r in rows] == ["treated"] * 9 + ["control"] * 9
    for member, row in zip(panel.members, rows, strict=True):
        text = member.reads.sequences()
        assert len(text) == row["reads"]
        assert sum(s != member.site.amplicon for s in text) == row["reads_edited"] + row["reads_in_edited"]
        assert row["molecules"] == 1515
        if row["fraction"] == 0:
            assert row["molecules_edited"] == row["reads_edited"] == 0
    carried = sum(r["reads_in_edited"] for r in rows if r["arm"] == "control")
    assert carried > 0


def test_replicates_differ_by_the_stated_dispersion():
    sites = dilution_sites((0.2,), edit="base")
    panel = simulate_panel(sites, seed=5, reads=10, replicates=200, dispersion=0.02)
    drawn = np.array([m.fraction for m in panel.members if m.arm == "treated"])
    # Variance m (1 - m) rho = 0.0032, known to about 10 % from 200 values.
    assert abs(drawn.mean() - 0.2) < 4 * np.sqrt(0.0032 / 200)
    assert abs(drawn.var() / 0.0032 - 1) < 0.45
    same = simulate_panel(sites, seed=5, reads=10)
    assert {m.fraction for m in same.members} == {0.0, 0.2}
    with pytest.raises(ValueError, match="dispersion"):
        simulate_panel(sites, seed=5, dispersion=1.0)


def test_a_panel_is_written_once_and_the_same_again(tmp_path):
    sites = dilution_sites((0.0, 0.3))
    settings = ReadDesign(mixture("A"), 0, paired=True, read_length=120)
    for name in ("a", "b"):
        simulate_panel(sites, settings, seed=6, reads=100, replicates=2).write(tmp_path / name)
    files = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert len(files) == 8 + 4
    assert all((tmp_path / "a" / f).read_bytes() == (tmp_path / "b" / f).read_bytes() for f in files)
    rows = list(csv.DictReader((tmp_path / "a" / "truth.csv").read_text().splitlines()))
    assert list(rows[0]) == list(NAMES)
    sheet = list(csv.DictReader((tmp_path / "a" / "samples.csv").read_text().splitlines()))
    assert sheet[0] == {
        "sample": "treated1", "arm": "treated", "replicate": "1",
        "reads": "treated1_R1.fastq.gz", "reads2": "treated1_R2.fastq.gz",
    }  # fmt: skip
    told = json.loads((tmp_path / "a" / "truth.json").read_text())["sites"]
    assert len(told) == 8
    text = gzip.decompress((tmp_path / "a" / "treated1_R1.fastq.gz").read_bytes()).decode()
    assert text.count("\n") == 4 * sum(t["reads"] for t in told if t["sample"] == "treated1")
