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
    few = ["--editor", "ABE8e/SpRY-NRN", "--editor", "ABE8e/SpRY-NYN"]
    design(proband, folder, *few)
    reference = {r["spacer"] for r in rows(folder)}
    calls = sorted([(position, ref, alt, "0|1"), (near, was, becomes, genotype)])
    done = design(proband, folder, *few, *vcf(folder, *calls))
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


def comparison(folder):
    text = (folder / "out" / "comparison.tsv").read_text().splitlines()
    names = text[0].split("\t")
    return {line.split("\t")[0]: dict(zip(names, line.split("\t"), strict=True)) for line in text[1:]}


@pytest.mark.parametrize("gene", ["+"], indirect=True)
def test_modalities_stand_side_by_side(proband, gene):
    folder, *_ = gene
    done = design(proband, folder, "--mechanism", "loss", "--format", "json")
    modalities = json.loads(done.stdout)["modalities"]
    table = comparison(folder)
    assert {m: r["feasibility"] for m, r in table.items()} == modalities
    assert modalities["base_editor"] == "option_found"
    assert modalities["gene_addition"] == "not_examined"
    assert modalities["splice_switching"] == "not_examined"  # the gene has one exon
    assert "one exon" in table["splice_switching"]["why_not"]
    assert modalities["gapmer"] == "option_found"
    assert "mechanism: putting the base back restores" in table["base_editor"]["for"]
    assert "mechanism: it lowers a transcript" in table["gapmer"]["against"]
    written = json.loads((folder / "out" / "options.json").read_text())
    assert written["comparison"]["mechanism"] == "loss"
    assert int(table["base_editor"]["count"]) == sum(o["kind"] == "base" for o in written["options"])
    oligos = (folder / "out" / "oligos.tsv").read_text().splitlines()
    assert len(oligos) - 1 == written["oligonucleotides"][0]["candidates"] == int(table["gapmer"]["count"])
    assert "Modalities, in no order of merit" in design(proband, folder).stdout


@pytest.mark.parametrize("gene", ["+"], indirect=True)
def test_the_call_tells_the_alleles(proband, gene):
    folder, position, (ref, alt), _ = gene
    for genotype, zygosity in (("0|1", "heterozygous"), ("1/1", "homozygous"), ("1", "hemizygous")):
        design(proband, folder, "--editor", "SpCas9", *vcf(folder, (position, ref, alt, genotype)))
        written = json.loads((folder / "out" / "options.json").read_text())
        assert written["comparison"]["zygosity"] == zygosity
        target = written["oligonucleotides"][0]["target"]
        assert target.startswith("one allele" if zygosity == "heterozygous" else "both alleles")
    assert "no allele is left" not in comparison(folder)["gapmer"]["against"]


PREDICTION = """[[prediction]]
candidate = "TGATTCTAAGCAGTAATGAA"
what = "efficiency"
value = 0.41
unit = "1"
tool = "BE-Hive"
version = "1.0"
licence = "not stated"
source = "run of 1 May"
read_on = 2026-05-01
"""


@pytest.mark.parametrize("gene", ["+"], indirect=True)
def test_predictions_are_shown_as_data_and_move_nothing(proband, gene):
    folder, *_ = gene
    few = ["--editor", "ABE8e-V106W/SpCas9-NGC", "--editor", "SpCas9"]
    design(proband, folder, *few)
    before = (folder / "out" / "candidates.tsv").read_bytes()
    unused = PREDICTION.replace("TGATTCTAAGCAGTAATGAA", "AAAA").replace("0.41", "0.99")
    on_variant = PREDICTION.replace("TGATTCTAAGCAGTAATGAA", f"T1.1:c.{SITE}C>T").replace("efficiency", "splice_delta")
    (folder / "p.toml").write_text(PREDICTION + unused + on_variant)
    done = design(proband, folder, *few, "--predictions", folder / "p.toml")
    assert (folder / "out" / "candidates.tsv").read_bytes() == before
    assert "efficiency 0.41 by BE-Hive 1.0, not stated" in comparison(folder)["base_editor"]["predictions"]
    said = " ".join(done.stdout.split())
    assert "prediction not used, fits nothing here: AAAA" in said
    assert "prediction for the variant: splice_delta 0.41" in said
    written = json.loads((folder / "out" / "options.json").read_text())["comparison"]["predictions"]
    assert [p["candidate"] for p in written["unused"]] == ["AAAA"]
    (folder / "p.toml").write_text(PREDICTION.replace('licence = "not stated"', ""))
    assert "licence" in design(proband, folder, "--predictions", folder / "p.toml", code=1).stderr


def test_oligonucleotides_for_a_variant_beside_an_exon(proband, tmp_path):
    """A synthetic gene of three exons; the change lies at the acceptor of the second, which has 30 bases."""
    first, second, third = "ATG" + "GCA" * 20, "GAC" * 10, "CTG" * 20 + "TAA"
    introns = "GT" + "ACGTTCCA" * 20 + "AG", "GT" + "TCCAACGT" * 20 + "AG"
    parts = [PAD, first, introns[0], second, introns[1], third, PAD]
    starts = [sum(map(len, parts[:k])) for k in range(len(parts))]
    sequence = "".join(parts)
    (tmp_path / "g.fa").write_text(f">c1\n{sequence}\n")
    exons = [(starts[k] + 1, starts[k] + len(parts[k])) for k in (1, 3, 5)]
    lines = [f"c1\tt\tmRNA\t{exons[0][0]}\t{exons[-1][1]}\t.\t+\t.\tID=T1.1"]
    for start, end in exons:
        lines += [f"c1\tt\t{kind}\t{start}\t{end}\t.\t+\t{p}\tParent=T1.1" for kind, p in (("exon", "."), ("CDS", 0))]
    (tmp_path / "g.gff3").write_text("##gff-version 3\n" + "\n".join(lines) + "\n")
    design(proband, tmp_path, "--structure", "--editor", "SpCas9", variant="T1.1:c.64-1G>A")
    written = json.loads((tmp_path / "out" / "options.json").read_text())
    kinds = [(o["kind"], o["target"]) for o in written["oligonucleotides"]]
    assert kinds[:2] == [("splice_switching", "include exon 2"), ("splice_switching", "skip exon 2")]
    assert kinds[-1][0] == "gapmer"
    table = comparison(tmp_path)
    assert table["splice_switching"]["feasibility"] == "option_found"
    assert "N1C VARIANT" in table["splice_switching"]["missing"] + table["splice_switching"]["against"]
    header, *rows_ = (line.split("\t") for line in (tmp_path / "out" / "oligos.tsv").read_text().splitlines())
    assert header[0] == "design"
    assert {r[0] for r in rows_} == {str(k) for k, o in enumerate(written["oligonucleotides"], 1) if o["candidates"]}


@pytest.mark.parametrize("gene", ["+"], indirect=True)
def test_outside_of_every_transcript_nothing_is_called_impossible(proband, gene):
    folder, *_ = gene
    sequence = (folder / "g.fa").read_text().split("\n")[1]
    ref = sequence[99]
    design(proband, folder, variant=f"c1:g.100{ref}>{'T' if ref != 'T' else 'A'}")
    table = comparison(folder)
    assert table["gapmer"]["feasibility"] == table["splice_switching"]["feasibility"] == "not_examined"
    assert "no transcript covers" in table["gapmer"]["why_not"]
    assert len((folder / "out" / "oligos.tsv").read_text().splitlines()) == 1
