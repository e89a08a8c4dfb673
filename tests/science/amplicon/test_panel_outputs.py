"""Files of a panel: tables equal the result, JSON without paths, VCF read by another reader, figures with data."""

import io
import json
import random
from dataclasses import replace

import polars
import pysam
import pytest
from amplicon_cases import AMPLICON, SPACER, changed, write_fastq
from hypothesis import given, settings
from hypothesis import strategies as st
from panel_cases import RULE, make_panel, rows_of, write_rows

from proband.science.amplicon.locus_events import Signature
from proband.science.amplicon.panel import run_panel
from proband.science.amplicon.panel_figures import figures
from proband.science.amplicon.panel_outputs import files, outcome_table
from proband.science.amplicon.sheet import read_sheet
from proband.science.amplicon.vcf_out import placed, vcf
from proband.science.sequence.alphabet import reverse_complement
from proband.science.stats.treated_control import SiteCounts, panel_calls


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return run_panel(read_sheet(*make_panel(tmp_path_factory.mktemp("out"))), RULE)


@pytest.fixture(scope="module")
def written(made):
    return files(made, {"alpha": 0.05, "date": "2026-01-02"}, {"editor": ""})


def test_tables_say_what_the_result_says(made, written):
    lines = [line.split("\t") for line in written["panel_sites.tsv"].decode().splitlines()]
    rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    held = polars.read_parquet(io.BytesIO(written["panel_sites.parquet"])).to_dicts()
    assert len(rows) == len(held) == len(made.panel.results)
    for row, kept, result in zip(rows, held, made.panel.results, strict=True):
        assert (row["site"], row["event"], row["call"], row["reason"]) == (
            result.site, result.event, result.call, result.reason
        )  # fmt: skip
        assert row["treated_edited"] == ";".join(str(k) for k, _, _ in result.treated)
        assert kept["control_depth"] == [n for _, n, _ in result.control]
        assert kept["lod"] == result.lod
        assert kept["p"] == result.p
        assert (kept["treated_fraction"], kept["background"]) == (result.treated_fraction, result.background)
        assert (kept["estimate"], kept["lob"], kept["critical"]) == (result.difference, result.lob, result.critical)
        assert (kept["low"], kept["high"]) == (result.interval or (None, None))
        assert (kept["background_low"], kept["background_high"]) == (result.background_interval or (None, None))
        assert (kept["family_wise_p"], kept["false_discovery"]) == (result.family_wise_p, result.false_discovery)
        assert (row["lod"] == "") == (result.lod is None)
    assert float(rows[3]["p"]) == pytest.approx(made.panel.results[3].p, rel=1e-5)


def test_the_summary_conserves_reads_and_names_no_path(made, written, tmp_path):
    told = json.loads(written["panel.json"])
    assert told["rule"]["date"] == "2026-01-02"
    for sample in told["samples"]:
        classes = ("filtered", "unaligned", "ambiguous", "assigned")
        assert sample["reads"]["in"] == sum(sample["reads"][k] for k in classes)
        assert sum(sample["reads_by_site"].values()) == sample["reads"]["assigned"]
        assert len(sample["inputs"][0]["sha256"]) == 64
    assert told["calls"] == {"detected": 2, "not_detected": 2, "unknown": 1}
    assert any("copies of one molecule" in s for s in told["statements"])
    for data in written.values():
        assert b"fastq" not in data
        assert str(made.sheet.samples[0].reads[0].parent).encode() not in data


def test_outcomes_have_rows_for_every_sample_with_reads(made, written):
    frame = outcome_table(made)
    assert set(frame["sample"]) == {s.name for s in made.sheet.samples}
    assert "lost" not in set(frame["locus"])
    assert written["outcomes.tsv"].decode().count("\n") == frame.height + 1
    on = frame.filter((frame["locus"] == "site04") & (frame["sample"] == "treated1") & (frame["outcome"] == "indel"))
    assert on["low"][0] < on["fraction"][0] < on["high"][0]


def test_the_vcf_is_read_by_another_reader(made, written, tmp_path):
    path = tmp_path / "p.vcf"
    path.write_bytes(written["panel.vcf"])
    with pysam.VariantFile(str(path)) as read:
        records = list(read)
        assert list(read.header.samples) == [s.name for s in made.sheet.samples]
    by_site = {t.name: t for t in made.sheet.targets}
    assert {r.info["SITE"] for r in records} >= {"site03", "site04"}
    assert all(r.id is None and r.qual is None for r in records)
    assert all(len(r.ref) != len(r.alts[0]) for r in records)
    passed = [r for r in records if "PASS" in r.filter]
    assert {r.info["SITE"] for r in passed} == {"site03", "site04"}
    for r in records:
        target = by_site[r.info["SITE"]]
        genome = target.target.sequence
        genome = genome if target.strand == "+" else reverse_complement(genome)
        at = r.pos - 1 - target.start
        assert genome[at : at + len(r.ref)] == r.ref
        assert r.info["AFLOW"][0] <= r.info["AF"][0] <= r.info["AFHIGH"][0]
        assert sum(s["AD"][1] for name, s in r.samples.items() if name.startswith("treated")) == r.info["AD"][1]
        assert r.ref[-1] != r.alts[0][-1] or min(len(r.ref), len(r.alts[0])) == 1
    keys = [(r.chrom, r.pos, r.ref, r.alts) for r in records]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_filters_of_the_vcf(made):
    words = {line.split("\t")[6] for line in vcf(made).splitlines() if not line.startswith("#")}
    assert words <= {"PASS", "below_lob", "not_detected", "unknown"}
    assert {"PASS", "below_lob"} <= words


def test_amplicons_given_on_the_other_strand_give_the_same_tables_and_records(tmp_path):
    sheet, sites = make_panel(tmp_path, edit="base", reads=300, lost=False, fractions=(0.0, 0.3))
    made = run_panel(read_sheet(sheet, sites), RULE)
    turned = rows_of(sites)
    for row in turned:
        row |= {"amplicon": reverse_complement(row["amplicon"]), "cut": "", "strand": "+-"[row["strand"] == "+"]}
    other = run_panel(read_sheet(sheet, write_rows(sites, turned)), RULE)
    assert other.panel == made.panel
    assert vcf(other) == vcf(made)
    assert vcf(made).count("any_conversion") > 1


@settings(max_examples=200)
@given(st.data())
def test_a_placed_record_makes_the_allele_and_lies_leftmost(data):
    sequence = "".join(random.Random(data.draw(st.integers(0, 50))).choices("AC", k=40))
    kind = data.draw(st.sampled_from(["deletion", "insertion", "substitution"]))
    start, length = data.draw(st.integers(5, 30)), data.draw(st.integers(1, 5))
    text = data.draw(st.text("AC", min_size=length, max_size=length))
    strand = data.draw(st.sampled_from("+-"))
    if kind == "substitution":
        text, length = ("G"), 1
    bases = "" if kind == "deletion" else text
    gone = {"deletion": length, "insertion": 0, "substitution": 1}[kind]
    allele = sequence[:start] + bases + sequence[start + gone :]
    found = placed(Signature(0, kind, start, length, bases), sequence, 100, strand)
    if found is None:
        return
    genome, wanted = sequence, allele
    if strand == "-":
        genome, wanted = reverse_complement(sequence), reverse_complement(allele)
    at = found.position - 100
    assert genome[at : at + len(found.ref)] == found.ref
    assert genome[:at] + found.alt + genome[at + len(found.ref) :] == wanted
    assert found.ref[-1] != found.alt[-1] or at == 0


def test_no_place_no_vcf(tmp_path):
    sheet, sites = make_panel(tmp_path, reads=60, lost=False, fractions=(0.0, 0.5))
    rows = [line.split(",") for line in sites.read_text().splitlines()]
    head = rows[0]
    plain = [
        {k: v for k, v in zip(head, row, strict=True) if k not in ("contig", "start", "strand")} for row in rows[1:]
    ]
    made = run_panel(read_sheet(sheet, write_rows(sites, plain)), RULE)
    assert vcf(made) == ""
    assert "panel.vcf" not in files(made, {}, {})


def test_a_donor_panel_counts_its_allele_and_writes_its_changes(tmp_path):
    expected = changed(AMPLICON, 74, 80)
    rows = []
    for arm, edited in (("treated", 300), ("control", 0)):
        for n in (1, 2):
            name = f"{arm}{n}.fastq"
            joined = AMPLICON[:75] + AMPLICON[79:]
            write_fastq(tmp_path / name, [AMPLICON] * (600 - edited) + [expected] * edited + [joined] * (edited // 10))
            rows.append({"sample": f"{arm}{n}", "arm": arm, "replicate": n, "reads": name})
    site = {"site": "ON", "amplicon": AMPLICON, "spacer": SPACER, "editor": "SpCas9", "expected": expected,
            "on_target": "yes", "contig": "c", "start": "1"}  # fmt: skip
    sheet = read_sheet(write_rows(tmp_path / "s.csv", rows), write_rows(tmp_path / "t.csv", [site]))
    made = run_panel(sheet, RULE)
    found = {r.event: r for r in made.panel.results}
    assert [k for k, _, _ in found["intended_edit"].treated] == [300, 300]
    assert [k for k, _, _ in found["indel"].treated] == [30, 30]
    assert found["intended_edit"].call == found["indel"].call == "detected"
    lines = [line.split("\t") for line in vcf(made).splitlines() if not line.startswith("#")]
    changes = {(int(line[1]), line[3], line[4]): line[7] for line in lines}
    for p in (74, 80):
        info = changes[p + 1, AMPLICON[p], expected[p]]
        assert "EVENT=intended_edit" in info
        assert ",600;AF=" in info


def test_the_line_of_a_site_is_its_background_plus_its_limit(made):
    noisy = SiteCounts("site01", "indel", ((30, 5000, None),) * 3, ((25, 5000, None),) * 3)
    drawn = figures(replace(made, panel=panel_calls([noisy], RULE)))
    (line,) = drawn["replicates-indel"]["layer"][0]["data"]["values"]
    assert line["limit"] == pytest.approx(0.5 + 100 * panel_calls([noisy], RULE).results[0].lod)


def test_figures_hold_the_data_and_only_data(made):
    drawn = figures(made)
    assert set(drawn) == {"replicates-indel", "sizes-1", "quilt-1"}
    layers = drawn["replicates-indel"]["layer"]
    limits = {d["site"]: d["limit"] for d in layers[0]["data"]["values"]}
    results = {r.site: r for r in made.panel.results}
    assert limits["site01"] == pytest.approx(100 * (results["site01"].background + results["site01"].lod))
    assert "lost" not in limits
    assert {"site": "lost", "call": "unknown"} in layers[-1]["data"]["values"]
    dots = [d for layer in layers[1:3] for d in layer["data"]["values"]]
    assert len(dots) == 4 * 6
    sizes = drawn["sizes-1"]["data"]["values"]
    on = results["site04"]
    share = 100 * sum(k for k, _, _ in on.treated) / sum(n for _, n, _ in on.treated)
    assert sum(r["percent"] for r in sizes if r["arm"] == "treated") == pytest.approx(share)
    cells = [c for c in drawn["quilt-1"]["data"]["values"] if c["arm"] == "treated"]
    for base in {c["base"] for c in cells}:
        assert sum(c["percent"] for c in cells if c["base"] == base) == pytest.approx(100)
