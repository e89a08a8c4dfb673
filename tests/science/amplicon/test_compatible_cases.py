"""Published counts, to the read: cases whose expected tables were made by the tool that set the convention.

The cases (arguments, expected counts, allele tables) are not part of this repository; without them these tests are
skipped. The arguments are translated here into targets and settings of the profile ``compatible``.
"""

import csv
import gzip
import io
import json
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from proband.kernels import assign
from proband.science.amplicon.fastq import Filters
from proband.science.amplicon.prime import PrimeEdit
from proband.science.amplicon.quantify import Settings, quantify
from proband.science.amplicon.targets import Target, Window, amplicons_of

CASES = Path(__file__).resolve().parents[3] / "../shared/reference/editing"
pytestmark = pytest.mark.skipif(not (CASES / "manifest.json").exists(), reason="the reference cases are not here")

MODES = ("nuclease", "nuclease_w5_nosub", "abe", "cbe", "hdr", "prime", "unedited")
COLUMNS = {
    "reads": "Reads_aligned", "unmodified": "Unmodified", "modified": "Modified", "insertions": "Insertions",
    "deletions": "Deletions", "substitutions": "Substitutions", "only_insertions": "Only Insertions",
    "only_deletions": "Only Deletions", "only_substitutions": "Only Substitutions",
    "insertions_and_deletions": "Insertions and Deletions",
    "insertions_and_substitutions": "Insertions and Substitutions",
    "deletions_and_substitutions": "Deletions and Substitutions",
    "all_three": "Insertions Deletions and Substitutions",
}  # fmt: skip


def text_of(path):
    with gzip.open(path, "rt", encoding="utf-8") as held:
        return held.read()


@cache
def manifest():
    return {c["id"]: c for c in json.loads((CASES / "manifest.json").read_text())["cases"]}


def option(arguments, *names, default=""):
    words = arguments.split()
    return next((words[words.index(n) + 1] for n in names if n in words), default)


def target_of(arguments):
    guide = option(arguments, "-g")
    parts = [
        option(arguments, f"--prime_editing_{name}")
        for name in ("pegRNA_spacer_seq", "pegRNA_extension_seq", "pegRNA_scaffold_seq", "nicking_guide_seq")
    ]
    window = Window(
        int(option(arguments, "-w", default=1)), int(option(arguments, "-wc", default=-3)), option(arguments, "-qwc")
    )
    return Target(
        "Reference", option(arguments, "-a", "--amplicon_seq"), (guide,) if guide else (), option(arguments, "-e"),
        PrimeEdit(*parts) if parts[0] else None, window=window,
        least_identity=float(option(arguments, "--default_min_aln_score", default=60)),
    )  # fmt: skip


@cache
def counted(reads, arguments):
    ignore = frozenset({"substitutions"} if "--ignore_substitutions" in arguments else ())
    filters = Filters(float(option(arguments, "-q", default=0)))
    settings = Settings(anchored=False, covering=False, ignore=ignore, filters=filters)
    return quantify([CASES / reads], amplicons_of([target_of(arguments)], "compatible"), settings)


def check(q, expected):
    assert len(q.counts) == len(expected)
    for counts, wanted in zip(q.counts, expected, strict=True):
        got = {theirs: getattr(counts, ours) for ours, theirs in COLUMNS.items()}
        assert got == {theirs: int(wanted[theirs]) for theirs in COLUMNS.values()}, counts.amplicon
    assert q.filtered + q.unaligned + q.ambiguous + q.assigned == q.reads_in


@pytest.mark.parametrize("case", ["basic", "params", "base_editor", "prime_editor", "basic_parallel"])
def test_integration_cases(case):
    made = manifest()[f"crispresso2/{case}"]
    reads = "crispresso2/prime_editor.fastq.gz" if case == "prime_editor" else "crispresso2/FANC.Cas9.fastq.gz"
    q = counted(reads, made["arguments"])
    check(q, made["expected"])
    assert q.ambiguous + q.assigned == int(made["expected"][0]["Reads_aligned_all_amplicons"])


def test_batch_case_of_the_file_that_is_there():
    made = manifest()["crispresso2/batch"]
    q = counted("crispresso2/FANC.Cas9.fastq.gz", made["arguments"])
    check(q, [row for row in made["expected"] if row["Batch"] == "Cas9"])


def test_pooled_case_is_demultiplexed():
    rows = text_of(CASES / "crispresso2/Cas9.amplicons.txt.gz").splitlines()
    targets = [Target(name, sequence, (guide,)) for name, sequence, guide in (r.split("\t") for r in rows)]
    settings = Settings(anchored=False, covering=False)
    q = quantify([CASES / "crispresso2/Both.Cas9.fastq.gz"], amplicons_of(targets, "compatible"), settings)
    check(q, manifest()["crispresso2/pooled"]["expected"])


@pytest.mark.parametrize("sample", [f"{arm}_{n}" for arm in ("Treated", "Control") for n in (1, 2, 3)])
def test_a_panel_of_four_sites(sample):
    made = manifest()["sea_ctla4_demo"]["expected"]
    regions = text_of(CASES / "sea_ctla4_demo/outputs/CRISPRessoPooledRegions.txt.gz").splitlines()
    targets = [Target(n, s.upper(), (g.upper(),)) for n, s, g in (r.split("\t")[:3] for r in regions)]
    settings = Settings(anchored=False, covering=False)
    q = quantify([CASES / f"sea_ctla4_demo/{sample}.fastq.gz"], amplicons_of(targets, "compatible"), settings)
    wanted = {e["matched_region_id"]: (float(e[f"{sample}_tot_reads"]), float(e[f"{sample}_mod_pct"])) for e in made}
    for c in q.counts:
        reads, percent = wanted[c.amplicon]
        assert (c.reads, c.modified) == (reads, round(reads * percent / 100))


def mode(name):
    arguments = manifest()["synthetic_modes"]["arguments"][name]
    return counted(f"synthetic_modes/{name.removesuffix('_w5_nosub')}.fastq.gz", arguments)


@pytest.mark.parametrize("name", MODES)
def test_synthetic_modes(name):
    check(mode(name), manifest()["synthetic_modes"]["expected"]["crispresso2"][name])


def table(name, file):
    folder = CASES / "synthetic_modes/outputs" / f"CRISPResso_on_{name}"
    text = text_of(folder / f"{file}.gz")
    rows = [line.split("\t") for line in text.splitlines()]
    return {r[0]: np.array([float(x) for x in r[1:]]) for r in rows[1:]}


@pytest.mark.parametrize("name", MODES)
def test_every_allele_is_aligned_and_counted_as_published(name):
    q = mode(name)
    path = CASES / "synthetic_modes/outputs" / f"CRISPResso_on_{name}" / "Alleles_frequency_table.zip"
    with zipfile.ZipFile(path) as held:
        text = held.read(held.namelist()[0]).decode()
    wanted = {}
    for r in csv.DictReader(io.StringIO(text), delimiter="\t"):
        if not r["Reference_Name"].startswith("AMBIGUOUS"):
            key = (r["Aligned_Sequence"], r["Reference_Sequence"])
            sizes = tuple(int(r[c]) for c in ("n_deleted", "n_inserted", "n_mutated"))
            wanted[key] = (r["Reference_Name"], r["Read_Status"] == "MODIFIED", int(r["#Reads"]), sizes)
    got = {}
    for r in q.order().tolist():
        a = q.allele(r)
        sizes = tuple(q.classified.summary[r, 1:].tolist())
        got[a.aligned_read, a.aligned_amplicon] = (a.amplicon, a.modified, a.count, sizes)
    assert got == wanted
    lost = q.aligned.field("status") == assign.AMBIGUOUS
    assert q.ambiguous == q.reads.counts[lost].sum() == (41 if name == "hdr" else 0)


@pytest.mark.parametrize("name", MODES)
def test_counts_at_every_position_are_those_published(name):
    q = mode(name)
    for k, a in enumerate(q.amplicons):
        low, high = q.classified.offsets[k], q.classified.offsets[k + 1]
        head = f"{a.name}." if len(q.amplicons) > 1 else ""
        bases = table(name, f"{head}Nucleotide_frequency_table.txt")
        for row, letter in enumerate("ACGTN-"):
            assert (bases[letter] == q.classified.nucleotides[row, low:high]).all()
        whole = table(name, f"{head}Modification_count_vectors.txt")
        window = table(name, f"{head}Quantification_window_modification_count_vectors.txt")
        for row, title in enumerate(("Insertions", "Insertions_Left", "Deletions", "Substitutions")):
            assert (whole[title] == q.classified.whole[row, low:high]).all(), title
            if title in window and not (title == "Substitutions" and q.settings.ignore):
                assert (window[title] == q.classified.window[row, low:high]).all(), title


def test_ambiguous_reads_of_the_expected_allele_are_bounded_not_lost():
    """41 reads lost the bases that tell the alleles apart, all by a deletion: modified whichever they came from."""
    (bound,) = mode("hdr").bounds
    assert (bound.reads, bound.ambiguous) == (5000, 41)
    assert bound.modified_least == bound.modified_most == 1777 + 97 + 41


def test_reversed_reads_give_the_same_counts(tmp_path):
    made = manifest()["crispresso2/basic"]
    lines = text_of(CASES / "crispresso2/FANC.Cas9.fastq.gz").splitlines()
    turn = str.maketrans("ACGTN", "TGCAN")
    for n in range(1, len(lines), 4):
        lines[n], lines[n + 2] = lines[n].translate(turn)[::-1], lines[n + 2][::-1]
    (tmp_path / "r.fastq").write_text("\n".join(lines) + "\n")
    settings = Settings(anchored=False, covering=False)
    q = quantify([tmp_path / "r.fastq"], amplicons_of([target_of(made["arguments"])], "compatible"), settings)
    check(q, made["expected"])
