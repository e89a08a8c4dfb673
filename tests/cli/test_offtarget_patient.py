"""``proband offtarget search --vcf`` and ``proband offtarget population``, as a stranger would use them."""

import json

SPACER = "GACCATGCATTGCAACGTCA"
NO_PAM = "TTATTTTATT" + SPACER + "TAG" + "TTTATTATTT"
HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"


def files(folder, samples="P1", calls="0|1", contig="chr1"):
    (folder / "g.fa").write_text(f">chr1 one\n{NO_PAM}\n>chr2\n{NO_PAM[::-1]}\n")
    (folder / "p.vcf").write_text(f"{HEADER}{samples}\n{contig}\t32\t.\tA\tG\t.\tPASS\t.\tGT\t{calls}\n")
    common = ["--genome", folder / "g.fa", "--vcf", folder / "p.vcf", "--spacer", SPACER, "--store", folder / "store"]
    return [*common, "--pam", "NGG", "--mismatches", 1, "--out", folder / "sites.tsv"]


def test_a_patient_whose_variant_makes_a_pam(proband, tmp_path):
    done = proband("offtarget", "search", *files(tmp_path), "--sample", "P1", code=0)
    assert "1 rows gained (0 created, 1 by PAM)" in done.stdout
    assert "1 contigs without a record" in done.stdout
    assert "1 rows made again from genome and VCF" in done.stdout
    header, *rows = (tmp_path / "sites.tsv").read_text().splitlines()[1:]
    (row,) = (dict(zip(header.split("\t"), r.split("\t"), strict=True)) for r in rows)
    assert (row["change"], row["haplotype"], row["variants"]) == ("pam_gained", "2", "chr1:32:A>G")
    statement = json.loads((tmp_path / "sites.statement.json").read_text())
    assert statement["searched"]["gained"] == 1
    assert statement["rows_derived_again"] == 1


def test_a_panel_with_groups(proband, tmp_path):
    asked = files(tmp_path, "A\tB", "0|1\t1|1")
    (tmp_path / "s.csv").write_text("sample,group\nA,north\nB,south\n")
    done = proband("offtarget", "population", *asked, "--samples", tmp_path / "s.csv", code=0)
    assert "north: 1 samples" in done.stdout
    header, row = (tmp_path / "sites.tsv").read_text().splitlines()[1:]
    cells = dict(zip(header.split("\t"), row.split("\t"), strict=True))
    assert (cells["frequency"], cells["frequency:north"], cells["frequency:south"]) == (
        "0.750000",
        "0.500000",
        "1.000000",
    )


def test_what_does_not_fit_is_told_and_nothing_is_written(proband, tmp_path):
    for more, says in (
        (["--sample", "P2"], "a sample 'P2'"),
        (["--bed"], "--bed without a patient"),
        (["--contig-name", "x"], "VCF=GENOME"),
    ):
        done = proband("offtarget", "search", *files(tmp_path), *more, code=1)
        assert says in done.stderr
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "sites.tsv").exists()
    done = proband("offtarget", "search", *files(tmp_path, contig="1"), code=1)
    assert "add --contig-name 1=chr1" in done.stderr
    proband("offtarget", "search", *files(tmp_path, contig="1"), "--contig-name", "1=chr1", code=0)
    done = proband("offtarget", "population", *files(tmp_path), "--region", "chr1", code=1)
    assert "such as chr20:1000001-2000000" in done.stderr
