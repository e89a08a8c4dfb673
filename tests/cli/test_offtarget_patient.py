"""``proband offtarget search --vcf`` and ``proband offtarget population``, as a stranger would use them."""

import json
import resource
import subprocess
import sys

import pysam
from click.testing import CliRunner

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


def more_contigs(folder):
    """Four contigs, with calls on three of them: a PAM made, a deletion, nothing, an unphased change."""
    asked = files(folder)
    text = NO_PAM[:30] + "TGG" + NO_PAM[33:]
    (folder / "g.fa").write_text(f">chr1\n{NO_PAM}\n>chr2\n{text}\n>chr3\n{text[::-1]}\n>chr4\n{text * 2}\n")
    calls = [("chr1", 32, "A", "G", "0|1"), ("chr2", 12, "AC", "A", "0/1"), ("chr4", 20, text[19], "A", "1|0")]
    rows = "".join(f"{c}\t{p}\t.\t{r}\t{a}\t.\tPASS\t.\tGT\t{g}\n" for c, p, r, a, g in calls if r != a)
    (folder / "p.vcf").write_text(f"{HEADER}P1\n{rows}")
    return [*asked, "--bed", "--rna-bulges", 1]


def written(folder):
    names = ("sites.tsv", "sites.not_searched.tsv", "sites.statement.json", "sites.bed")
    return {name: (folder / name).read_bytes() for name in names}


def test_a_killed_search_goes_on_and_ends_with_the_same_files(proband, tmp_path, monkeypatch):
    asked = more_contigs(tmp_path)
    proband("offtarget", "search", *asked, code=0)
    whole = written(tmp_path)
    for name in whole:
        (tmp_path / name).unlink()
    from proband.cli.offtarget_search import command
    from proband.science.offtarget import patient_search

    real, seen = patient_search.search_contig, []

    def killed(genome, variants, guides, limits, contig, *more):
        seen.append(contig)
        if contig == "chr3" and seen.count("chr3") == 1:
            raise KeyboardInterrupt
        return real(genome, variants, guides, limits, contig, *more)

    monkeypatch.setattr(patient_search, "search_contig", killed)
    given = [str(x) for x in asked]
    assert CliRunner().invoke(command, given, standalone_mode=False).exit_code != 0
    assert not (tmp_path / "sites.tsv").exists()
    (parts,) = tmp_path.glob(".sites.tsv.parts-*")
    assert len(list(parts.glob("*.part"))) == 2
    done = CliRunner().invoke(command, given, standalone_mode=False)
    assert "Going on after an interrupted search" in done.output
    assert seen == ["chr1", "chr2", "chr3", "chr3", "chr4"]
    assert written(tmp_path) == whole
    assert not parts.exists()


def test_a_part_that_was_cut_or_is_of_another_question_is_not_taken_up(proband, tmp_path):
    asked = more_contigs(tmp_path)
    proband("offtarget", "search", *asked, code=0)
    whole = written(tmp_path)
    most = max(map(len, whole.values())) - 1
    command = [sys.executable, "-m", "proband", "offtarget", "search", *(str(x) for x in asked)]
    for name in whole:
        (tmp_path / name).unlink()
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))  # noqa: E731
    failed = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=limit)
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    assert not (tmp_path / "sites.tsv").exists()
    parts = list(tmp_path.glob(".sites.tsv.parts-*"))
    for part in (p for folder in parts for p in list(folder.glob("*.part"))[:1]):
        part.write_bytes(part.read_bytes()[:-5])
    proband("offtarget", "search", *asked, code=0)
    assert written(tmp_path) == whole
    (tmp_path / "p.vcf").write_text((tmp_path / "p.vcf").read_text().replace("1|0", "1|1"))
    proband("offtarget", "search", *asked, code=0)
    assert written(tmp_path)["sites.tsv"] != whole["sites.tsv"]


def test_the_bed_of_a_patient_has_each_row_with_its_change(proband, tmp_path):
    proband("offtarget", "search", *more_contigs(tmp_path), code=0)
    header, *rows = (tmp_path / "sites.tsv").read_text().splitlines()[1:]
    table = [dict(zip(header.split("\t"), r.split("\t"), strict=True)) for r in rows]
    bed = [line.split("\t") for line in (tmp_path / "sites.bed").read_text().splitlines()]
    assert len(bed) == len(table) > 3
    assert {row["change"] for row in table} >= {"pam_gained", "altered", "unchanged"}
    assert bed == sorted(bed, key=lambda x: (x[0], int(x[1]), int(x[2])))
    expect = [
        (r["contig"], int(r["start"]) - 1, int(r["end"]), r["strand"], f"{r['change']}:{r['haplotype']}") for r in table
    ]
    told = [(c, int(s), int(e), strand, ":".join(name.split(":")[-2:])) for c, s, e, name, _, strand in bed]
    assert sorted(told) == sorted(expect)
    assert all(0 <= int(x[4]) <= 1000 for x in bed)


def test_files_of_sites_can_be_indexed_whatever_the_order_of_guides(proband, tmp_path):
    """Sites of two guides, at both ends of a contig, and one whose bulge moves its start before an earlier row's."""
    turned = SPACER[::-1].translate(str.maketrans("ACGT", "TGCA"))
    text = f"{SPACER}TGG" + "ATTA" * 30 + f"CCT{turned}" + "TTAAT" * 9 + "N" * 9 + f"{SPACER}CGG"
    (tmp_path / "g.fa").write_text(f">chr1\n{text}\n>chr2\nCCA{turned}TTAA\n")
    (tmp_path / "guides.tsv").write_text(f"name\tspacer\nA\t{SPACER}\nB\t{SPACER[:-1]}T\n")
    asked = ["--genome", tmp_path / "g.fa", "--guides", tmp_path / "guides.tsv", "--pam", "NGG", "--mismatches", 2]
    more = ["--dna-bulges", 1, "--store", tmp_path / "store", "--out", tmp_path / "s.tsv", "--bed"]
    proband("offtarget", "search", *asked, *more, code=0)
    proband("offtarget", "formats", tmp_path / "s.tsv", "--genome", tmp_path / "g.fa", "--out", tmp_path, code=0)
    number = len((tmp_path / "s.tsv").read_text().splitlines()) - 2
    for name in ("s.bed", "sites.bed", "sites.vcf"):
        packed = str(tmp_path / f"{name}.gz")
        pysam.tabix_compress(str(tmp_path / name), packed)
        pysam.tabix_index(packed, preset=name[-3:])
        held = pysam.TabixFile(packed)
        assert sum(len(list(held.fetch(c))) for c in ("chr1", "chr2")) == number >= 8
    records = list(pysam.VariantFile(str(tmp_path / "sites.vcf")))
    assert (records[0].pos, records[0].ref, records[0].stop) == (1, SPACER[0], 23)
