"""``proband design``: from a name and files to candidates, on a synthetic gene that holds the real CPS1 slice.

The slice is GRCh38 chr2:210591846-210591926, plus strand; its 41st base is NM_001875.5:c.1003, C in the reference. The
frame round it is synthetic: a start codon, filler, the slice, a stop codon.
"""

import json

import pytest

SLICE = "TGTTTTGAATATCACAAACAAACAGGCTTTCATTACTGCTCAGAATCATGGCTATGCCTTGGACAACACCCTCCCTGCTGG"
LEAD = "ATG" + "GCC" * 20 + "CC"
GENE = LEAD + SLICE + "C" + "TAA"
PAD = "ACGTACGTAC" * 30
SITE = len(LEAD) + 41
assert (len(LEAD) + 40) % 3 == 0
assert len(GENE) % 3 == 0


def reverse_complement(s):
    return s[::-1].translate(str.maketrans("ACGT", "TGCA"))


@pytest.fixture(params=["+", "-"])
def gene(request, tmp_path):
    """The gene on either strand: FASTA, GFF3, 1-based position of the site, and the bases there."""
    plus = request.param == "+"
    sequence = PAD + (GENE if plus else reverse_complement(GENE)) + PAD
    start, end = len(PAD) + 1, len(PAD) + len(GENE)
    (tmp_path / "g.fa").write_text(f">c1\n{sequence}\n")
    rows = [
        ("gene", "ID=g1;gene=TOY"),
        ("mRNA", "ID=T1.1;Parent=g1"),
        ("exon", "ID=e;Parent=T1.1"),
        ("CDS", "ID=c;Parent=T1.1"),
    ]
    lines = [
        f"c1\ttest\t{kind}\t{start}\t{end}\t.\t{request.param}\t{'0' if kind == 'CDS' else '.'}\t{a}"
        for kind, a in rows
    ]
    (tmp_path / "g.gff3").write_text("##gff-version 3\n" + "\n".join(lines) + "\n")
    position = len(PAD) + SITE if plus else len(PAD) + len(GENE) - SITE + 1
    return tmp_path, position, ("C", "T") if plus else ("G", "A"), request.param


def design(proband, folder, *more, variant=f"T1.1:c.{SITE}C>T", code=0):
    files = ["--fasta", folder / "g.fa", "--gff", folder / "g.gff3", "--out", folder / "out"]
    return proband("design", "--variant", variant, *files, *more, code=code)


def rows(folder):
    text = (folder / "out" / "candidates.tsv").read_text().splitlines()
    names = text[0].split("\t")
    return [dict(zip(names, line.split("\t"), strict=True)) for line in text[1:]]


def test_the_clinical_guide_is_found_on_either_strand(proband, gene):
    folder, _, _, strand = gene
    design(proband, folder)
    found = [
        r for r in rows(folder) if r["spacer"] == "TGATTCTAAGCAGTAATGAA" and r["editor"] == "ABE8e-V106W/SpCas9-NGC"
    ]
    assert len(found) == 1
    assert (found[0]["pam"], found[0]["target"], found[0]["bystanders"]) == ("AGC", "A8", "A3 A9")
    assert found[0]["strand"] == ("-" if strand == "+" else "+")
    assert found[0]["target_alone_exact"] == "yes"
    assert not [r for r in rows(folder) if r["editor"] == "ABE8e/SpCas9" and r["kind"] == "base"]
    options = json.loads((folder / "out" / "options.json").read_text())
    refused = {w["editor"]: w["code"] for w in options["why_not"]}
    assert refused["BE4max/SpCas9"] == "conversion"


def test_the_same_variant_by_genomic_name_gives_the_same_candidates(proband, gene):
    folder, position, (ref, alt), _ = gene
    design(proband, folder)
    by_transcript = rows(folder)
    design(proband, folder, variant=f"c1:g.{position}{ref}>{alt}")
    assert rows(folder) == by_transcript


def vcf(folder, *calls):
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tp1\n"
    body = "".join(f"c1\t{p}\t.\t{r}\t{a}\t.\tPASS\t.\tGT:PS\t{g}:1\n" for p, r, a, g in calls)
    (folder / "p.vcf").write_text(head + body)
    return ["--vcf", folder / "p.vcf", "--sample", "p1"]


@pytest.mark.parametrize(
    ("genotype", "same", "said"),
    [("0|1", True, "same haplotype"), ("1|0", False, ""), ("0/1", False, "not phased"), ("1/1", True, "homozygous")],
)
def test_the_patients_own_haplotype_is_designed_for(proband, gene, genotype, same, said):
    folder, position, (ref, alt), strand = gene
    near = position - 5 if strand == "+" else position + 5
    sequence = (folder / "g.fa").read_text().split("\n")[1]
    was = sequence[near - 1]
    becomes = {"A": "C", "C": "A", "G": "T", "T": "G"}[was]
    design(proband, folder)
    reference = {r["spacer"] for r in rows(folder)}
    calls = sorted([(position, ref, alt, "0|1"), (near, was, becomes, genotype)])
    done = design(proband, folder, *vcf(folder, *calls))
    mine = {r["spacer"] for r in rows(folder)}
    assert (mine != reference) == same
    assert (said in " ".join(done.stdout.split())) if said else ("note:" not in done.stdout)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"variant": "T1.1:c.1A>Z"}, "HGVS"),
        ({"variant": f"T1.1:c.{SITE}G>T"}, "reference"),
        ({"variant": "T9.1:c.5A>G"}, "T9.1"),
        ({"variant": "T1.1:p.Gln5Ter"}, "protein"),
        ({"variant": "chr1:g.5A>G"}, "c1"),
    ],
)
def test_names_that_do_not_fit_are_told_in_words(proband, gene, change, told):
    assert told in design(proband, gene[0], **change, code=1).stderr
    assert not (gene[0] / "out").exists()


def test_files_that_do_not_fit_are_told_in_words(proband, gene):
    folder, position, (ref, alt), _ = gene
    assert "no editor" in design(proband, folder, "--editor", "ABE9", code=1).stderr
    assert (
        "no call of the variant"
        in design(proband, folder, *vcf(folder, (position + 1, "A", "G", "0|1")), code=1).stderr
    )
    assert "name the sample" in design(proband, folder, *vcf(folder)[:2], "--sample", "x", code=1).stderr
    symbolic = vcf(folder, (position, ref, alt, "0|1"), (position + 2, "A", "<DEL>", "0|1"))
    assert "structural variants" in design(proband, folder, *symbolic, code=1).stderr
    wrong = vcf(folder, (position, ref, alt, "0|1"), (position + 3, "ACGTACGT", "A", "0|1"))
    assert "build of the VCF" in design(proband, folder, *wrong, code=1).stderr
    (folder / "g.fa").write_text("not a fasta")
    assert "remedy" in design(proband, folder, code=1).stderr
