"""Annotation files to checked transcripts, on both strands. All sequence is composed for the test."""

import gzip
import pickle

import pytest

from proband.core.errors import ProgramError
from proband.science.sequence.alphabet import reverse_complement
from proband.science.sequence.annotation import TranscriptRecord, read_annotation
from proband.science.sequence.build import build_transcript, build_transcripts, read_transcripts
from proband.science.sequence.genome import genome_of

EXON1, INTRON, EXON2 = "CCATGGCAC", "GTAAGT" + "T" * 30 + "AG", "CAAAGGTGTAACC"
TEXT = "TTTT" + EXON1 + INTRON + EXON2 + "GGG"
EXONS = ((4, 13), (51, 64))
CODING = (6, 62)
SIZE = len(TEXT)


def placed(strand):
    """Contig, exons and coding bounds of the gene on either strand."""
    if strand == "+":
        return TEXT, EXONS, CODING
    exons = tuple(sorted((SIZE - e, SIZE - s) for s, e in EXONS))
    return reverse_complement(TEXT), exons, (SIZE - CODING[1], SIZE - CODING[0])


def cds_rows(strand, stop=True):
    _, exons, (low, high) = placed(strand)
    if not stop:
        low, high = (low, high - 3) if strand == "+" else (low + 3, high)
    parts = [(max(s, low), min(e, high)) for s, e in exons if s < high and e > low]
    rows, phase = [], 0
    for s, e in parts if strand == "+" else parts[::-1]:
        rows.append((s, e, phase))
        phase = (phase - (e - s)) % 3
    return rows


def row(kind, start, end, strand, attributes, phase=".", contig="c1"):
    return f"{contig}\tx\t{kind}\t{start + 1}\t{end}\t.\t{strand}\t{phase}\t{attributes}\n"


def ncbi(strand):
    _, exons, _ = placed(strand)
    text = "##gff-version 3\n" + row("gene", 0, SIZE, strand, "ID=gene-AB%2C1;Name=AB%2C1;gene=AB%2C1")
    about = "ID=rna-NM_1.2;Parent=gene-AB%2C1;gene=AB%2C1;transcript_id=NM_1.2"
    text += row("mRNA", exons[0][0], exons[-1][1], strand, about)
    for i, (s, e) in enumerate(exons):
        text += row("exon", s, e, strand, f"ID=exon-{i};Parent=rna-NM_1.2;transcript_id=NM_1.2")
    for s, e, phase in cds_rows(strand):
        text += row("CDS", s, e, strand, "ID=cds-NP_1.1;Parent=rna-NM_1.2;Name=NP_1.1;protein_id=NP_1.1", phase)
    return text


def ensembl(strand):
    _, exons, _ = placed(strand)
    text = row("gene", 0, SIZE, strand, "ID=gene:ENSG1;Name=AB,1;gene_id=ENSG1;version=4")
    about = "ID=transcript:ENST1;Parent=gene:ENSG1;Name=AB-201;transcript_id=ENST1;version=2;tag=basic,MANE_Select"
    text += row("mRNA", exons[0][0], exons[-1][1], strand, about)
    text += "".join(row("exon", s, e, strand, "Parent=transcript:ENST1") for s, e in exons)
    return text + "".join(row("CDS", s, e, strand, "Parent=transcript:ENST1", p) for s, e, p in cds_rows(strand))


def gtf(strand, stop_row):
    _, exons, (low, high) = placed(strand)
    about = 'gene_id "ENSG1"; transcript_id "ENST1"; transcript_version "2"; gene_name "AB,1"; tag "basic"; tag "x y";'
    text = row("gene", 0, SIZE, strand, 'gene_id "ENSG1"; gene_name "AB,1";')
    text += row("transcript", exons[0][0], exons[-1][1], strand, about)
    text += "".join(row("exon", s, e, strand, about) for s, e in exons)
    text += "".join(row("CDS", s, e, strand, about, p) for s, e, p in cds_rows(strand, stop=False))
    if stop_row:
        start = high - 3 if strand == "+" else low
        text += row("stop_codon", start, start + 3, strand, about, 0)
    return text


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("form", ["ncbi.gff3", "ensembl.gff3", "stop.gtf", "no_stop.gtf"])
def test_every_dialect_gives_the_same_transcript(form, zipped, strand, tmp_path):
    make = {"ncbi": ncbi, "ensembl": ensembl, "stop": lambda s: gtf(s, True), "no_stop": lambda s: gtf(s, False)}
    text = make[form.partition(".")[0]](strand).encode()
    path = tmp_path / (form + ".gz" * zipped)
    path.write_bytes(gzip.compress(text) if zipped else text)
    (tmp_path / "a.fa").write_text(f">c1\n{placed(strand)[0].lower()}\n")
    _, found = read_transcripts(tmp_path / "a.fa", path, build="synthetic", genes=["AB,1"])
    (t,) = found.values()
    assert t.id == ("NM_1.2" if form.startswith("ncbi") else "ENST1.2")
    assert (t.gene, t.strand, t.exons, t.build) == ("AB,1", strand, placed(strand)[1], "synthetic")
    assert (t.cds_start, t.cds_end) == placed(strand)[2]
    assert t.coding_sequence() == "ATGGCACCAAAGGTGTAA"
    assert t.protein() == "MAPKV"
    assert not t.concerns
    assert [t.exon_of(p) for p in t.exons[0][:1] + t.exons[1][:1]] == ([1, 2] if strand == "+" else [2, 1])
    again = pickle.loads(pickle.dumps(t))
    assert again == t
    assert hash(again) == hash(t)
    with pytest.raises(ProgramError, match="gene ZZ"):
        read_annotation(path, genes=["ZZ"])
    with pytest.raises(ProgramError, match=r"transcript NM_1\.1"):
        read_annotation(path, transcripts=["NM_1.1"])


def record(strand="+", **changes):
    _, exons, _ = placed(strand)
    whole = {"id": "T1", "contig": "c1", "strand": strand, "exons": exons}
    whole["cds"] = tuple(sorted((s, e, p) for s, e, p in cds_rows(strand)))
    return TranscriptRecord(**(whole | changes))


def with_text(strand, old, new):
    assert TEXT.count(old) == 1
    assert len(old) == len(new)
    text = TEXT.replace(old, new)
    return genome_of({"c1": text if strand == "+" else reverse_complement(text)})


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("CCATGG", "CCCTGG", "start_codon"),
        ("GTGTAACC", "GTGCAACC", "stop_codon"),
        ("AAGGTG", "TAGGTG", "internal_stop"),
        ("GTAAGT", "GAAAGT", "splice_site"),
        ("CCATGG", "CNATGG", "ambiguous_base"),
    ],
)
def test_each_check_gives_its_concern(old, new, code, strand):
    t = build_transcript(record(strand), with_text(strand, old, new))
    assert [c.code for c in t.concerns] == [code]


@pytest.mark.parametrize(("donor", "acceptor"), [("GC", "AG"), ("AT", "AC")])
@pytest.mark.parametrize("strand", ["+", "-"])
def test_the_two_rarer_splice_pairs_are_no_concern(donor, acceptor, strand):
    intron = donor + INTRON[2:-2] + acceptor
    assert not build_transcript(record(strand), with_text(strand, INTRON, intron)).concerns


@pytest.mark.parametrize("strand", ["+", "-"])
def test_incomplete_ends_are_flagged_and_their_numbers_refused(strand):
    genome = genome_of({"c1": placed(strand)[0]})
    start = build_transcript(record(strand, partial_start=True), genome)
    assert [c.code for c in start.concerns] == ["incomplete_start"]
    with pytest.raises(ProgramError, match="not stated"):
        start.position_c(start.exons[0][0] + 3)
    stop = build_transcript(record(strand, partial_stop=True), genome)
    assert "incomplete_stop" in {c.code for c in stop.concerns}
    with pytest.raises(ProgramError, match="3' end"):
        stop.position_g("c.*1")


def test_phase_frame_length_notes_and_published_sequence():
    genome = genome_of({"c1": TEXT})
    wrong = tuple((s, e, 1) if s == 51 else (s, e, p) for s, e, p in record().cds)
    assert [c.code for c in build_transcript(record(cds=wrong), genome).concerns] == ["phase"]
    short = ((6, 13, 0), (51, 61, 2))
    assert {"frame", "stop_codon"} <= {c.code for c in build_transcript(record(cds=short), genome).concerns}
    noted = build_transcript(record(notes=("1 substitution",)), genome)
    assert noted.concerns[0].text == "1 substitution"
    published = EXON1 + EXON2
    assert not build_transcript(record(), genome, published + "AAAA").concerns
    other = build_transcript(record(), genome, published[:3] + "A" + published[4:])
    assert "n.4" in other.concerns[0].text
    assert build_transcript(record(), genome, published[1:]).concerns[0].code == "reference_mismatch"
    near = build_transcript(record(exons=((4, 13), (16, 64)), cds=()), genome)
    assert "short_intron" in {c.code for c in near.concerns}


def test_unusable_transcripts_keep_their_reasons_and_spoil_no_other():
    genome = genome_of({"c1": TEXT})
    records = [
        record(),
        record(id="overlap", exons=((4, 13), (12, 64)), cds=()),
        record(id="outside", exons=((4, 13), (51, 640)), cds=()),
        record(id="slip", cds=((6, 13, 0), (52, 62, 2))),
        record(id="elsewhere", contig="chrc1"),
        record(id="twice"),
        record(id="twice"),
    ]
    found = build_transcripts(records, genome)
    assert set(found) == {"T1"}
    for name, said in [
        ("overlap", "overlap"),
        ("outside", "not all within"),
        ("slip", "frameshift"),
        ("elsewhere", "chrc1 and c1 are different names"),
        ("twice", "another place"),
        ("T1.2", "T1"),
    ]:
        with pytest.raises(ProgramError, match=said):
            found.find(name)
    with pytest.raises(ProgramError, match="chrc1 and c1 are different names"):
        build_transcripts([record(contig="chrc1")], genome)


def test_faults_of_an_annotation_are_told_at_once(tmp_path):
    path = tmp_path / "bad.gff3"
    good = row("exon", 0, 9, "+", "Parent=t1")
    path.write_text(
        good
        + "two\tcolumns\n"
        + good.replace("\t1\t9\t", "\t9\t1\t")
        + good.replace("+", "?")
        + good.replace("Parent", "P")
    )
    with pytest.raises(ProgramError) as caught:
        read_annotation(path)
    assert [p.place for p in caught.value.problems] == ["line 2", "line 3", "line 4", "line 5"]
    path.write_bytes(gzip.compress(good.encode() * 999)[:60])
    with pytest.raises(ProgramError, match="gzip"):
        read_annotation(path)
    path.write_text(good + row("exon", 20, 29, "-", "Parent=t1"))
    with pytest.raises(ProgramError, match="one contig and strand"):
        read_annotation(path)
    path.write_text("##gff-version 3\n")
    with pytest.raises(ProgramError, match="no transcript"):
        read_annotation(path)


def test_edits_that_are_no_bases_are_refused():
    t = build_transcript(record(), genome_of({"c1": TEXT}))
    with pytest.raises(ValueError, match="not a base"):
        t.protein_with({6: "N"})
    assert t.protein_with({20: "A", 2: "C"}) == t.protein()
    assert t.protein_with({6: "G"}) == ""
    with pytest.raises(ProgramError):
        t.position_g("c.0")
