"""A simulated panel from reads to calls: edited sites found, null sites not, lost ones unknown, on any threads."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from amplicon_cases import AMPLICON, SPACER, START, random_bases, with_bases, write_fastq
from panel_cases import RULE, make_panel, rows_of, write_rows

from proband.core.errors import ProgramError
from proband.science.amplicon import panel_outputs
from proband.science.amplicon.panel import run_panel
from proband.science.amplicon.quantify import Settings
from proband.science.amplicon.sheet import read_sheet
from proband.science.stats.treated_control import CallRule


@pytest.fixture(scope="module")
def indels(tmp_path_factory):
    sheet, sites = make_panel(tmp_path_factory.mktemp("indel"))
    return read_sheet(sheet, sites)


@pytest.fixture(scope="module")
def made(indels):
    return run_panel(indels, RULE)


def calls(made):
    return {(r.site, r.event): r.call for r in made.panel.results}


def flags(made):
    return {(f.flag, f.where) for f in made.flags}


def test_edited_sites_are_detected_null_sites_not_and_lost_ones_unknown(made):
    assert calls(made) == {
        ("site01", "indel"): "not_detected",
        ("site02", "indel"): "not_detected",
        ("site03", "indel"): "detected",
        ("site04", "indel"): "detected",
        ("lost", "indel"): "unknown",
    }
    assert made.panel.results[-1].lod is None
    assert "no reads" in made.panel.results[-1].reason


def test_counts_are_those_of_the_truth(indels, made):
    """Molecules with an indel were drawn, and reads have few errors that look like one."""
    truth = rows_of(indels.samples[0].reads[0].parent / "truth.csv")
    for result in made.panel.results[:-1]:
        for arm, found in (("treated", result.treated), ("control", result.control)):
            true = [int(t["reads_edited"]) for t in truth if (t["site"], t["arm"]) == (result.site, arm)]
            depth = [int(t["reads"]) for t in truth if (t["site"], t["arm"]) == (result.site, arm)]
            assert [n for _, n, _ in found] == depth
            assert all(abs(k - t) <= 1 + 0.02 * t for (k, _, _), t in zip(found, true, strict=True))


def test_every_read_is_in_one_class(made):
    for counts in made.samples:
        reads = dict(counts.reads)
        assert reads.pop("in") == sum(reads.values())
        assert sum(s.reads for s in counts.sites) == reads["assigned"]


def test_threads_executors_and_runs_change_nothing(indels, made):
    first = panel_outputs.files(made, {}, {})
    assert panel_outputs.files(run_panel(indels, RULE), {}, {}) == first
    assert panel_outputs.files(run_panel(indels, RULE, Settings(threads=2)), {}, {}) == first
    with ThreadPoolExecutor(2) as pool:
        assert panel_outputs.files(run_panel(indels, RULE, executor=pool), {}, {}) == first


def test_a_base_edited_panel(tmp_path):
    sheet = read_sheet(*make_panel(tmp_path, edit="base", fractions=(0.0, 0.05, 0.3), reads=1500))
    made = run_panel(sheet, RULE)
    found = calls(made)
    assert found["site01", "any_conversion"] == "not_detected"
    assert found["site02", "any_conversion"] == "detected"
    assert {found[s, "indel"] for s in ("site01", "site02", "site03")} == {"not_detected"}
    assert found["site03", "intended_edit"] == "detected"
    on = next(s for s in made.samples[0].sites if s.site == "site03")
    assert on.outcomes.row("intended_edit", "A6").reads == on.counts["intended_edit"][0]
    assert on.outcomes.row("only_intended_edit", "A6").reads < on.counts["intended_edit"][0]
    fraction = on.counts["intended_edit"][0] / on.counts["intended_edit"][1]
    assert abs(fraction - 0.3) < 0.05


def one_sample(folder, sequences, **site):
    write_fastq(folder / "r.fastq", sequences)
    rows = [{"sample": a, "arm": a, "replicate": "1", "reads": f"{a}.fastq"} for a in ("treated", "control")]
    for row in rows:
        write_fastq(folder / row["reads"], sequences)
    site = {"site": "ON", "amplicon": AMPLICON, "spacer": SPACER, "on_target": "yes"} | site
    sheet = read_sheet(write_rows(folder / "s.csv", rows), write_rows(folder / "t.csv", [site]))
    return run_panel(sheet, RULE).samples[0].sites[0]


def test_depth_holds_the_reads_whose_state_is_known(tmp_path):
    open_read = with_bases(AMPLICON, {START + 3: "G", START + 5: "N"})
    held = one_sample(tmp_path, [AMPLICON] * 8 + [open_read] * 2, editor="ABE8e/SpCas9", expected="A4")
    assert held.reads == 10
    assert held.counts == {"intended_edit": (2, 10), "any_conversion": (0, 8), "indel": (0, 10)}


def test_marks_are_alleles_that_errors_hardly_make(tmp_path):
    sequence = with_bases(AMPLICON, dict(enumerate("ATATATAT", START + 12)))
    cut = START + 17
    reads = {
        "tandem unit": sequence[: START + 12] + sequence[START + 14 :],
        "one base": sequence[: START + 11] + sequence[START + 12 :],
        "two bases": sequence[: START + 22] + sequence[START + 24 :],
        "insertion": sequence[:cut] + "GGC" + sequence[cut:],
        "one more": sequence[:cut] + "G" + sequence[cut:],
        "substitution": with_bases(sequence, {cut: "G"}),
    }
    assert sequence[START + 22 : START + 24] != sequence[START + 24 : START + 26]
    marked = {}
    for n, (name, read) in enumerate(reads.items()):
        folder = tmp_path / str(n)
        folder.mkdir()
        asked = {"amplicon": sequence, "spacer": sequence[START : START + 20], "editor": "SpCas9"}
        marked[name] = sum(one_sample(folder, [sequence] * 5 + [read] * 3, **asked).marks.values())
    assert marked == dict.fromkeys(reads, 0) | {"two bases": 3, "insertion": 3}


def test_index_hopping_is_measured_and_flagged(tmp_path):
    """Of 6 samples, 3 are treated: 3/5 of the reads that hop into a mock come from treated ones."""
    sheet = read_sheet(*make_panel(tmp_path, hopping=0.05, lost=False, fractions=(0.0, 0.6), reads=3000))
    made = run_panel(sheet, RULE)
    assert len(made.carried) == 3
    for c in made.carried:
        assert c.made.flagged
        assert c.made.interval[0] < 0.05 * 3 / 5 < c.made.interval[1]
    assert {f for f, _ in flags(made)} >= {"index_hopped_mock"}
    clean = run_panel(read_sheet(*make_panel(tmp_path / "clean", lost=False, fractions=(0.0, 0.6))), RULE)
    assert not any(c.made.flagged for c in clean.carried)
    assert all(c.made.interval[1] > 0 for c in clean.carried)


def test_exchanged_arms_and_samples_are_flagged(tmp_path, indels):
    arms = {"treated": "control", "control": "treated"}
    swapped = replace(indels, samples=tuple(replace(s, arm=arms[s.arm]) for s in indels.samples))
    assert ("arms_swapped", "site site04") in flags(run_panel(swapped, RULE))
    one, other = indels.samples[0], indels.samples[3]
    mixed = (
        replace(one, reads=other.reads),
        *indels.samples[1:3],
        replace(other, reads=one.reads),
        *indels.samples[4:],
    )
    found = flags(run_panel(replace(indels, samples=mixed), RULE))
    assert {w for f, w in found if f == "sample_unlike_its_arm"} == {
        "sample treated1, site site04", "sample control1, site site04"
    }  # fmt: skip


def test_failed_samples_and_sites_stay_unknown(tmp_path, indels):
    empty = write_fastq(tmp_path / "empty.fastq", [])
    none = replace(indels.samples[0], reads=(), failed="library lost")
    samples = (none, replace(indels.samples[1], reads=(empty,)), *indels.samples[2:])
    made = run_panel(replace(indels, samples=samples), RULE)
    assert {f for f, _ in flags(made)} >= {"sample_failed", "no_reads"}
    first = made.panel.results[0]
    assert [n for _, n, _ in first.treated][:2] == [0, 0]
    assert any("2 treated replicates without reads" in c for c in first.concerns)
    controls = tuple(replace(s, reads=(), failed="no mock") if s.arm == "control" else s for s in indels.samples)
    assert set(calls(run_panel(replace(indels, samples=controls), RULE)).values()) == {"unknown"}
    targets = (replace(indels.targets[0], failed="no product"), *indels.targets[1:])
    made = run_panel(replace(indels, targets=targets), RULE)
    assert made.panel.results[0].reason == "unknown: no product"
    assert calls(made)["site04", "indel"] == "detected"


def test_primer_dimers_few_reads_and_mixed_tissues_are_flagged(tmp_path, indels):
    folder = indels.samples[0].reads[0].parent
    dimers = write_fastq(
        tmp_path / "d.fastq", [random_bases(45, n) for n in range(300)] + [indels.targets[0].target.sequence] * 50
    )
    odd = replace(indels.samples[0], reads=(dimers,), tissue="liver")
    mixed = (odd, *(replace(s, tissue="spleen") for s in indels.samples[1:]))
    found = flags(run_panel(replace(indels, samples=mixed), RULE))
    assert {f for f, w in found if w == "sample treated1"} >= {"short_reads", "mostly_unaligned", "few_reads"}
    assert ("mixed_samples", "") in found
    assert folder.is_dir()


def test_broken_files_are_named_together(tmp_path, indels):
    broken = tmp_path / "x.fastq.gz"
    broken.write_bytes(indels.samples[0].reads[0].read_bytes()[:5000])
    text = write_fastq(tmp_path / "y.fastq", ["ACGT"])
    text.write_text("no fastq")
    samples = (
        replace(indels.samples[0], reads=(broken,)),
        replace(indels.samples[1], reads=(text,)),
        *indels.samples[2:],
    )
    with pytest.raises(ProgramError) as caught:
        run_panel(replace(indels, samples=samples), RULE)
    assert {p.file for p in caught.value.problems} == {"sample treated1: x.fastq.gz", "sample treated2: y.fastq"}


def test_dna_input_bounds_the_limit(indels):
    """10 ng are 3,030 genomes of a sample: the limit follows them, not the reads."""
    plenty = replace(indels, samples=tuple(replace(s, dna_ng=1000.0) for s in indels.samples))
    scarce = replace(indels, samples=tuple(replace(s, dna_ng=0.5) for s in indels.samples))
    many, few = run_panel(plenty, RULE), run_panel(scarce, RULE)
    assert many.panel.results[0].treated[0][2] == pytest.approx(303030.3)
    assert few.panel.results[0].lod > many.panel.results[0].lod
    collapsed = replace(scarce, samples=tuple(replace(s, collapsed=True) for s in scarce.samples))
    assert run_panel(collapsed, RULE).panel.results[0].treated[0][2] is None


def test_a_limit_that_does_not_reach_the_question_is_no_answer(indels):
    made = run_panel(indels, CallRule(0.05, 0.05, wanted=0.0001))
    assert calls(made)["site01", "indel"] == "indeterminate"


def test_one_site_in_each_file(tmp_path, indels, made):
    """Sheets whose rows name a site of their own give the counts of pooled files."""
    target = indels.targets[2]
    rows = []
    for s in indels.samples:
        rows.append({"sample": s.name, "arm": s.arm, "replicate": s.replicate, "reads": s.reads[0],
                     "site": target.name, "amplicon": target.target.sequence, "spacer": target.target.guides[0],
                     "editor": "SpCas9"})  # fmt: skip
    alone = run_panel(read_sheet(write_rows(tmp_path / "s.csv", rows)), RULE)
    assert len(alone.panel.results) == 1
    pooled = next(r for r in made.panel.results if r.site == target.name)
    one = alone.panel.results[0]
    assert (one.treated, one.control, one.call) == (pooled.treated, pooled.control, "detected")
    assert all(s.reads["unaligned"] > 0 for s in alone.samples)
