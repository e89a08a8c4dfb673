"""What the analyses of long reads say of a folder, and that SF-11 and SF-12 read it; BAM in a panel of a folder."""

import csv
import gzip
import shutil
from pathlib import Path

import pysam
import pytest
from test_sequencing_analyses import EXAMPLE, perform

from proband import api
from proband.core.errors import ProgramError
from proband.testing.long_reads import LongDesign, deletion, junction, random_sequence, simulate_long_reads, with_rest

SEQUENCE, CUT, SITE_SEQUENCE = random_sequence(6000, 3), 3000, random_sequence(2000, 4)


def written(path, made):
    path.write_bytes(gzip.compress(made.fastq, 1, mtime=0))
    return path


def write_folder(root, control=True, sequence=SEQUENCE, cut=CUT, reads=200):
    """A copy of the example with a long-read study of one target and one site."""
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".proband"))
    place = root / "sequencing"
    (place / "target.fa").write_text(f">SYNG1\n{sequence}\n")
    (place / "site.fa").write_text(f">OT1\n{SITE_SEQUENCE}\n")
    alleles = [
        deletion(sequence, cut - 100, cut + 100, 0.05),
        junction(sequence, cut, SITE_SEQUENCE, 900, ("left", "right"), 0.04),
    ]
    rows = []
    for arm, held in (("treated", alleles), ("control", [])):
        for n in (1, 2) if control or arm == "treated" else ():
            design = LongDesign(with_rest(sequence, held), reads, library="whole", mean_length=4000)
            written(place / f"long-{arm}{n}.fastq.gz", simulate_long_reads(design, 7 * n + len(held)))
            rows.append([f"{arm}{n}", arm, n, f"long-{arm}{n}.fastq.gz", "whole", "ends"])
    with (place / "long_reads.csv").open("w", newline="") as out:
        csv.writer(out).writerows([["sample", "arm", "replicate", "reads", "library", "molecules"], *rows])
    (place / "loci.csv").write_text(f"locus,cut,fasta,on_target\nSYNG1,{cut + 1},target.fa,yes\nOT1,901,site.fa,no\n")
    return root


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("long") / "p")


def test_lines_and_the_criteria_that_read_them(folder):
    lines = perform(folder, "large_events", "translocations")
    (events,) = [e for e in lines if e.kind == "structural.large_events"]
    assert events.facts["sizes_seen"].present == ("50_to_1000", "above_1000")
    share = events.quantities["large_events"].interval(0.95)
    assert share[0] < 0.1
    assert share[1] > 0.05
    assert "%" in events.scope.detection_limit
    pairs = [e for e in lines if e.kind == "structural.translocations"]
    assert pairs[0].facts["pairs"].present == ("SYNG1 with OT1",)
    assert len(pairs) == 2
    assert pairs[1].quantities["translocations"].interval(0.95)[0] > 0


LONG = ("structural.large_events", "structural.translocations")


def verdicts(root):
    """The verdicts that rest on long reads, and the pairs that are not known."""
    read = api.read_program(root)
    run = api.analyse(read, only=LONG)
    findings = {f.id: str(f.verdict) for f in api.assess_evidence(read, run, api.framework())}
    pairs = next(e.facts["pairs"] for e in run.evidence if "pairs" in e.facts)
    return findings["SF-11"], findings["SF-12"], pairs.unknown


def test_a_confirmed_site_that_no_locus_covers_leaves_the_question_open(folder, tmp_path):
    """The example reports a confirmed site_07, its panel has no answer for OT5: both are pairs that are not known."""
    root = tmp_path / "p"
    shutil.copytree(folder, root, ignore=shutil.ignore_patterns(".proband"))
    assert verdicts(root) == ("supported", "insufficient", ("SYNG1 with site_07", "SYNG1 with OT5"))
    loci = root / "sequencing" / "loci.csv"
    (root / "sequencing" / "other.fa").write_text(f">o\n{random_sequence(400, 9)}\n")
    for name in ("site_07", "OT5"):
        loci.write_text(loci.read_text() + f"{name},201,other.fa,no\n")
    assert verdicts(root) == ("supported", "supported", ())
    # Without the panel's lines and the reported ones nobody says which sites were confirmed.
    (root / "sequencing" / "samples.csv").unlink()
    (root / "reported" / "off_target.toml").unlink()
    assert verdicts(root) == ("supported", "insufficient", ("SYNG1 with confirmed sites",))


def test_a_locus_that_lies_elsewhere_than_its_site_is_a_fault(tmp_path):
    root = write_folder(tmp_path / "p", reads=5)
    (root / "sequencing" / "loci.csv").write_text(
        "locus,cut,fasta,on_target,contig,start\nSYNG1,3001,target.fa,yes,synchr1,900001\nOT1,901,site.fa,no,,\n"
    )
    with pytest.raises(ProgramError, match=r"sites\.csv has the amplicon of this name"):
        api.analyse(api.read_program(root), only=LONG)


def test_without_control_nothing_is_known(tmp_path):
    lines = perform(write_folder(tmp_path / "p", control=False), "large_events", "translocations")
    events, pairs = lines
    assert events.facts["sizes_seen"].present == ()
    assert events.facts["sizes_seen"].unknown == ("50_to_1000", "above_1000")
    assert events.quantities == {}
    assert "not known" in events.scope.detection_limit
    assert pairs.facts["pairs"].unknown == ("SYNG1 with OT1", "SYNG1 with confirmed sites")


def test_a_short_locus_does_not_see_large_events(tmp_path):
    short = SEQUENCE[CUT - 500 : CUT + 500]
    lines = perform(write_folder(tmp_path / "p", sequence=short, cut=500), "large_events")
    assert lines[0].facts["sizes_seen"].absent == ("above_1000",)
    assert lines[0].facts["sizes_seen"].unknown == ("50_to_1000",)


def test_faults_are_told_by_check(tmp_path):
    root = write_folder(tmp_path / "p", reads=5)
    sheet = root / "sequencing" / "long_reads.csv"
    text = sheet.read_text()
    sheet.write_text(text.replace("whole", "hole", 1))
    with pytest.raises(ProgramError, match="library"):
        api.analyse(api.read_program(root))
    sheet.write_text(text)
    (root / "sequencing" / "loci.csv").unlink()
    with pytest.raises(ProgramError, match=r"loci\.csv"):
        api.analyse(api.read_program(root))


def test_a_bam_in_a_panel_of_a_folder_says_what_the_fastq_says(tmp_path):
    """The reads of one sample as an unaligned BAM: the same lines, but for the digest of the file."""
    root = tmp_path / "p"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".proband"))
    before = perform(root, "on_target_editing")
    place = root / "sequencing"
    rows = list(csv.DictReader((place / "samples.csv").read_text().splitlines()))
    name = Path(rows[0]["reads"])
    lines = gzip.decompress((place / name).read_bytes()).decode().splitlines()
    header = {"HD": {"VN": "1.6", "SO": "unsorted"}}
    with pysam.AlignmentFile(str(place / "one.bam"), "wb", header=header) as out:
        for i in range(0, len(lines), 4):
            one = pysam.AlignedSegment(pysam.AlignmentHeader.from_dict(header))
            one.query_name, one.query_sequence, one.flag = lines[i][1:].split()[0], lines[i + 1], 4
            one.query_qualities = pysam.qualitystring_to_array(lines[i + 3])
            out.write(one)
    rows[0]["reads"] = "one.bam"
    with (place / "samples.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (place / name).unlink()
    after = perform(root, "on_target_editing")
    assert [e.statement for e in after] == [e.statement for e in before]
    assert [e.quantities for e in after] == [e.quantities for e in before]
