"""Cases worked out by hand: variants in one window, indels that create nothing, phase, conflicts, hostile files."""

from __future__ import annotations

import gzip
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from naive_copies import Call, PlainGenome, copy_of, readings, vcf_text
from naive_sites import naive_sites
from test_offtarget_haplotypes import calls_on, genomes, prove, searched

from proband.core.errors import AnalysisError, ProgramError
from proband.science.offtarget.callable_regions import read_callable
from proband.science.offtarget.gain_and_loss import haplotype_words
from proband.science.offtarget.guide import Guide, Limits, guide_of
from proband.science.offtarget.patient_outputs import InMemory, Inputs, names_of, write_patient
from proband.science.offtarget.patient_search import search_patient
from proband.science.offtarget.patient_variants import read_patient

G = guide_of("GACCATGCATTGCAACGTCA", "NGG", name="g")
EXACT = Limits(0)
BEFORE, AFTER = "TTATTTTATT", "TTTATTATTT"
SITE = BEFORE + G.spacer + "TGG" + AFTER
NO_PAM = BEFORE + G.spacer + "TAG" + AFTER


def rows(folder: Path, text: str, calls: list[Call], limits: Limits = EXACT) -> list[dict[str, str]]:
    return prove(folder, text, calls, G, limits)


def short(row: dict[str, str]) -> tuple[str, str, str, str]:
    return row["change"], row["haplotype"], row["zygosity"], row["variants"]


@pytest.mark.parametrize("genotype", ["0|1", "1|0", "0/1", "1|1"])
@pytest.mark.parametrize("n", range(2, 9))
def test_all_variants_of_one_window_are_there_together(tmp_path: Path, n: int, genotype: str) -> None:
    # n bases of the protospacer are A in the reference and C on one copy: with all n the match is perfect.
    spacer = "CCGCTCACCTCGCTCACGCT"
    guide = guide_of(spacer, "NGG", name="g")
    at = [i for i, x in enumerate(spacer) if x == "C"][:n]
    text = BEFORE + "".join("A" if i in at else x for i, x in enumerate(spacer)) + "TGG" + AFTER
    calls = [Call(len(BEFORE) + i + 1, "A", ("C",), genotype) for i in at]
    made = prove(tmp_path, text, calls, guide, Limits(0))
    (row,) = made
    assert (row["change"], row["mismatches"], row["aligned_protospacer"]) == ("created", "0", spacer)
    assert row["variants"].count(">") == n
    expected = {"0|1": "2", "1|0": "1", "0/1": "possible", "1|1": "1|2"}[genotype]
    assert row["haplotype"] == expected
    one_off = prove(tmp_path, text, calls, guide, Limits(1))
    assert sorted(r["mismatches"] for r in one_off if r["change"] != "pam_gained").count("0") == 1
    count = {"0/1": n if n > 1 else 0}.get(genotype, 0)  # unphased: each of the n may be the one that is missing
    assert sum(r["mismatches"] == "1" for r in one_off) == count


def test_a_snv_makes_or_takes_a_pam(tmp_path: Path) -> None:
    assert [short(r) for r in rows(tmp_path, NO_PAM, [Call(32, "A", ("G",), "0|1")])] == [
        ("pam_gained", "2", "heterozygous", "c:32:A>G")
    ]
    assert [short(r) for r in rows(tmp_path, SITE, [Call(32, "G", ("A",), "1|0")])] == [
        ("unchanged", "2", "heterozygous", "."),
        ("pam_lost", "1", "heterozygous", "c:32:G>A"),
    ]
    assert [short(r) for r in rows(tmp_path, SITE, [Call(32, "G", ("A",), "1")])] == [
        ("pam_lost", "1", "hemizygous", "c:32:G>A")
    ]


def test_a_site_destroyed_altered_and_unchanged(tmp_path: Path) -> None:
    call = Call(15, "A", ("T",), "1|0")
    assert [short(r)[:2] for r in rows(tmp_path, SITE, [call])] == [("unchanged", "2"), ("destroyed", "1")]
    made = rows(tmp_path, SITE, [call], Limits(1))
    assert [short(r)[:2] for r in made] == [("unchanged", "2"), ("altered", "1")]
    assert (made[1]["mismatches"], made[1]["reference_alignment"]) == ("1", f"{G.spacer}/{G.spacer}/TGG/0,0,0")


def test_an_indel_that_does_not_create_the_site_is_not_credited(tmp_path: Path) -> None:
    # The deletion upstream shifts everything on the copy, and the insertion lies right behind the PAM.
    calls = [Call(3, "ATTT", ("A",), "0|1"), Call(32, "A", ("G",), "0|1"), Call(33, "G", ("GTT",), "0|1")]
    (row,) = rows(tmp_path, NO_PAM, calls)
    assert short(row) == ("pam_gained", "2", "heterozygous", "c:32:A>G")
    assert (row["start"], row["end"], row["pam_start"], row["copy_start"]) == ("11", "33", "31", "8")
    near = rows(tmp_path, SITE, [Call(3, "ATTT", ("A",), "1|1"), Call(33, "G", ("GTT",), "1|1")])
    assert [short(r) for r in near] == [("unchanged", "1|2", "homozygous", ".")]


def test_an_indel_in_a_repeat_moves_no_site(tmp_path: Path) -> None:
    # Two copies of a unit; the caller writes the loss of one of them at the first, the site ends in either.
    unit = "GGATCTTAGCAAGGCTTACCATTCGTAC"
    text = "TTATTTTATT" + G.spacer + unit + unit + "TTTATTATTT"
    at = text.index(unit)
    call = Call(at, text[at - 1] + unit, (text[at - 1],), "1|1")
    guide = guide_of(G.spacer, "NGG", name="g")
    text = text.replace(G.spacer + "G", G.spacer[:-1] + "AG")
    made = prove(tmp_path, text, [call], guide_of(guide.spacer[:-1], "NGG", name="g"), Limits(2))
    assert {r["change"] for r in made} <= {"unchanged"}


def test_an_insertion_that_holds_a_site(tmp_path: Path) -> None:
    whole = G.spacer + "TGG"
    (row,) = rows(tmp_path, "A" * 40, [Call(20, "A", ("A" + whole,), "0/1")])
    assert short(row) == ("created", "one", "heterozygous", f"c:20:A>A{whole}")
    assert (row["start"], row["end"], row["pam_start"], row["inserted"]) == ("20", "20", "20", "1/23/21")


def test_edits_at_the_ends_of_a_contig(tmp_path: Path) -> None:
    # Bases before the first and after the last base; and a site that begins with the contig is not changed by them.
    guide = guide_of("A" * 17, "TTV", 5, "g")
    text = "C" + "T" * 17 + "AAA"
    calls = [Call(1, "C", ("AC",), "0|1"), Call(21, "A", ("AG",), "1|0")]
    made = prove(tmp_path, text, calls, guide, Limits(0, 1, 1))
    assert [short(r)[:2] for r in made] == [("unchanged", "1|2")]
    whole = G.spacer + "TGG"
    made = prove(tmp_path, whole[3:], [Call(1, "C", ("GACC",), "0|1")], G, Limits(0))
    assert [(short(r)[:2], r["start"], r["inserted"], r["copy_start"]) for r in made] == [
        (("created", "2"), "0", "1/0/0", "1")
    ]
    made = prove(tmp_path, whole[:-2], [Call(21, "T", ("TGG",), "1|0")], G, Limits(0))
    assert [(short(r)[:2], r["end"], r["inserted"]) for r in made] == [(("pam_gained", "1"), "21", "0/2/0")]


def test_phase_sets_are_not_joined(tmp_path: Path) -> None:
    text = SITE.replace("GACCATGCATTGCAACGTCA", "GATCATGCATTGCATCGTCA")
    first, second = Call(13, "T", ("C",), "0|1", "1"), Call(25, "T", ("A",), "0|1", "2")
    (row,) = rows(tmp_path, text, [first, second])
    assert short(row)[:3] == ("created", "possible", "possible")
    (row,) = rows(tmp_path, text, [first, second._replace(phase_set="1")])
    assert short(row)[:3] == ("created", "2", "heterozygous")
    assert rows(tmp_path, text, [first, second._replace(phase_set="1", genotype="1|0")]) == []


def test_an_unphased_call_in_a_phased_file_is_tried_both_ways(tmp_path: Path) -> None:
    text = SITE.replace("GACCATGCATTGCAACGTCA", "GATCATGCATTGCATCGTCA")
    (row,) = rows(tmp_path, text, [Call(13, "T", ("C",), "0|1"), Call(25, "T", ("A",), "0/1")])
    assert short(row)[:2] == ("created", "possible")


def test_more_readings_than_asked_for_are_told(tmp_path: Path) -> None:
    text = "TTATTTTATT" + "A" * 20 + "TGG" + "TTTATTATTT"
    calls = [Call(11 + 2 * i, "A", ("C",), "0/1") for i in range(8)]
    guide = guide_of("A" * 20, "NGG", name="g")
    patient, _edits, copies, _, account = searched(tmp_path, text, calls, guide, Limits(3), k=3)
    assert not patient.conflicts
    assert {u.searched for u in copies.pieces.unsearched} == {8}
    assert account.counts()["undetermined"] > 0
    *_, full, _, all_of = searched(tmp_path, text, calls, guide, Limits(3), k=8)
    assert full.pieces.unsearched == ()
    assert all_of.counts()["undetermined"] == 0


def listed(folder: Path, text: str, calls: list[Call], **more) -> dict[str, int]:
    (folder / "p.vcf").write_text(vcf_text(calls))
    return read_patient(folder / "p.vcf", "S", PlainGenome({"c": text}), **more).reasons


def test_what_is_not_placed_is_listed(tmp_path: Path) -> None:
    calls = [
        Call(2, "T", ("<DEL>",), "0|1"),
        Call(3, "A", ("A[c:9[",), "0|1"),
        Call(4, "T", ("*", "C"), "1|2"),
        Call(5, "T", ("C",), "./."),
        Call(6, "T", ("C",), ".|1"),
        Call(7, "T", ("<NON_REF>",), "0/0"),
    ]
    assert listed(tmp_path, SITE, calls) == {
        "a breakend": 1,
        "a symbolic allele (structural variant or reference block)": 1,
        "an allele * without its deletion": 1,
        "one allele of the call is missing": 1,
        "the call is missing": 1,
    }
    assert listed(tmp_path, SITE, [Call(3, "ATT", ("A",), "1|0"), Call(4, "T", ("*", "C"), "1|2")]) == {}


def test_a_filtered_record_is_used_only_when_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "p.vcf"
    path.write_text(vcf_text([Call(32, "A", ("G",), "1|1")]).replace("PASS", "LowQual"))
    genome = PlainGenome({"c": NO_PAM})
    assert read_patient(path, "S", genome).reasons == {"a filter marks the record": 1}
    assert read_patient(path, "S", genome, use_filtered=True).placed == {"SNV": 1}


def test_overlapping_records_are_listed_and_searched_in_every_reading(tmp_path: Path) -> None:
    # The deletion takes the A that the other record makes a G, on the same haplotype: one of the two is wrong.
    calls = [Call(30, "ATAG", ("A",), "0|1"), Call(32, "A", ("G",), "0|1")]
    patient, _, _, _, account = searched(tmp_path, NO_PAM, calls, G, Limits(0))
    assert [u.reason for u in patient.conflicts] == ["overlaps another allele of the same copy"] * 2
    assert [r.change for r in account.rows] == ["pam_gained"]
    assert [r["haplotype"] for r in rows(tmp_path, NO_PAM, calls)] == ["possible"]
    apart = [calls[0], calls[1]._replace(genotype="1|0")]
    patient, *_ = searched(tmp_path, NO_PAM, apart, G, Limits(0))
    assert patient.conflicts == ()


def test_repeated_records(tmp_path: Path) -> None:
    call = Call(32, "A", ("G",), "0|1")
    patient, *_ = searched(tmp_path, NO_PAM, [call, call], G, Limits(0))
    assert (patient.duplicates, patient.conflicts) == (1, ())
    patient, edits, _, _, account = searched(tmp_path, NO_PAM, [call, call._replace(genotype="1|0")], G, Limits(0))
    assert [u.reason for u in patient.conflicts] == ["called twice in different ways"]
    assert haplotype_words(account.rows[0].readings, edits, account.rows[0].edits)[0] == "one"


@settings(max_examples=60)
@given(data=st.data())
def test_conflicts_lose_no_site(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever part of contradicting records is taken for true, as long as it fits on a copy: its sites are found."""
    text, guide, limits = data.draw(genomes())
    calls = data.draw(calls_on(text, 4))
    over = data.draw(st.sampled_from(calls))
    ref = text[over.position - 1 : over.position + 3]
    assume("N" not in ref)
    calls = sorted([*calls, Call(over.position, ref, (data.draw(st.text("ACGT", min_size=1, max_size=3)),), "1|1")])
    assume(len({(c.position, c.ref) for c in calls}) == len(calls) and all(c.ref not in c.alts for c in calls))
    folder = tmp_path_factory.mktemp("v")
    prove(folder, text, calls, guide, limits)
    patient, _, copies, _, _ = searched(folder, text, calls, guide, limits)
    assume(patient.conflicts)
    keep = data.draw(st.lists(st.sampled_from(calls), unique=True))
    part = [c for c in calls if c in keep or not any(u.position == c.position for u in patient.conflicts)]
    arguments = guide.spacer, guide.pam, guide.pam_side, limits.mismatches, limits.dna_bulges, limits.rna_bulges
    found = {(s.strand, s.pam_start.reference, s.pam_start.inserted, s.alignment) for s in copies.sites}
    found |= {(s.strand, s.pam_start, 0, (s.above, s.below, s.pam)) for s in naive_sites(text, *arguments)}
    for _, changes in readings(part):
        letters, places = copy_of(text, changes)
        for s in naive_sites(letters, *arguments):
            assert (s.strand, *places[s.pam_start], (s.above, s.below, s.pam)) in found


def hostile(folder: Path, text: str, genome: PlainGenome, sample: str = "S") -> None:
    (folder / "p.vcf").write_text(text)
    read_patient(folder / "p.vcf", sample, genome)


def test_another_build_is_told_with_record_and_bases(tmp_path: Path) -> None:
    calls = [Call(32, "C", ("G",), "0|1"), Call(33, "G", ("A",), "0|0"), Call(12, "C", ("A",), "0|1")]
    with pytest.raises(ProgramError) as told:
        hostile(tmp_path, vcf_text(calls), PlainGenome({"c": SITE}))
    places = [(p.place, p.found, p.expected) for p in told.value.problems]
    assert places == [
        ("record 3 (c:12)", "REF C", "A, which the genome holds there"),
        ("record 1 (c:32)", "REF C", "G, which the genome holds there"),
    ]


def test_many_disagreements_are_counted(tmp_path: Path) -> None:
    calls = [Call(n, "C" if SITE[n - 1] != "C" else "G", ("N",), "0|1") for n in range(1, 31)]
    with pytest.raises(ProgramError, match="20 more records like these"):
        hostile(tmp_path, vcf_text(calls), PlainGenome({"c": SITE}))


@pytest.mark.parametrize(
    ("contigs", "genome", "says"),
    [
        (["20"], ["chr20"], "add --contig-name 20=chr20"),
        (["chrM"], ["MT"], "add --contig-name chrM=MT"),
        (["20", "chr20"], ["chr20"], "one name for a contig"),
        (["elsewhere"], ["chr20"], "the genome that the VCF was called against"),
    ],
)
def test_names_of_contigs(tmp_path: Path, contigs: list[str], genome: list[str], says: str) -> None:
    texts = [vcf_text([Call(32, "G", ("A",), "0|1")], contig=c) for c in contigs]
    text = texts[0] + "".join(t.splitlines(keepends=True)[-1] for t in texts[1:])
    with pytest.raises(ProgramError, match=says):
        hostile(tmp_path, text, PlainGenome(dict.fromkeys(genome, SITE)))
    (tmp_path / "p.vcf").write_text(texts[0])
    if says.startswith("add"):
        read = read_patient(tmp_path / "p.vcf", "S", PlainGenome({genome[0]: SITE}), {contigs[0]: genome[0]})
        assert list(read.edits) == genome


GOOD = vcf_text([Call(32, "G", ("A",), "0|1")])


@pytest.mark.parametrize(
    ("text", "sample", "says"),
    [
        ("", "S", "an empty file"),
        ("hello\n", "S", "VCF 4 file"),
        (GOOD, "T", "a sample 'T'"),
        (GOOD.replace("\tFORMAT\tS", "").replace("\tGT\t0|1", ""), "S", "no sample column"),
        (GOOD.replace("FORMAT\tS", "FORMAT\tS\tS").replace("0|1", "0|1\t0|1"), "S", "each sample once"),
        (GOOD.replace("FORMAT\tS", "FORMAT\tS\tT").replace("0|1", "0|1\t0|1"), "", "name it with --sample"),
        (GOOD.rsplit("\n", 2)[0] + "\n", "S", "no record"),
        (GOOD[:-3], "S", "a last line without its end"),
        (GOOD.replace("0|1", "0|9"), "S", "allele numbers"),
        (GOOD.replace("0|1", "a|b"), "S", "allele numbers"),
        (GOOD.replace("\t32\t", "\tx\t"), "S", "a whole number as position"),
        (GOOD.replace("\t32\t", "\t3200\t"), "S", "within the 43 bases"),
        (GOOD.replace("\t32\t", "\t0\t"), "S", "within the 43 bases"),
        (GOOD.replace("\tGT\t0|1", ""), "S", "tab-separated columns"),
    ],
)
def test_hostile_files(tmp_path: Path, text: str, sample: str, says: str) -> None:
    with pytest.raises(ProgramError, match=says):
        hostile(tmp_path, text, PlainGenome({"c": SITE}), sample)


def test_a_compressed_file_that_is_cut_off(tmp_path: Path) -> None:
    import pysam

    genome = PlainGenome({"c": SITE * 500})
    calls = [Call(43 * n + 32, "G", ("A",), "0|1") for n in range(500)]
    (tmp_path / "p.vcf").write_text(vcf_text(calls))
    plain, blocked = tmp_path / "a.vcf.gz", tmp_path / "b.vcf.gz"
    with (tmp_path / "p.vcf").open("rb") as text, gzip.open(plain, "wb") as out:
        shutil.copyfileobj(text, out)
    pysam.tabix_compress(str(tmp_path / "p.vcf"), str(blocked), force=True)
    for path, cut in ((plain, 40), (blocked, 40), (blocked, 28)):
        assert read_patient(path, "S", genome).records == 500
        whole = path.read_bytes()
        path.write_bytes(whole[:-cut])
        with pytest.raises(ProgramError, match="cut off or damaged"):
            read_patient(path, "S", genome)
        path.write_bytes(whole)


def test_a_bcf_is_read_like_a_vcf(tmp_path: Path) -> None:
    import pysam

    text = GOOD.replace(
        "#CHROM", '##contig=<ID=c,length=43>\n##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n#CHROM'
    )
    (tmp_path / "p.vcf").write_text(text)
    with (
        pysam.VariantFile(str(tmp_path / "p.vcf")) as source,
        pysam.VariantFile(str(tmp_path / "p.bcf"), "wb", header=source.header) as out,
    ):
        for record in source:
            out.write(record)
    read = read_patient(tmp_path / "p.bcf", "S", PlainGenome({"c": SITE}))
    assert list(read.edits["c"].label) == ["c:32:G>A"]


def written(folder: Path, fetch=None, **more):
    genome = PlainGenome({"c": NO_PAM + SITE, "d": SITE})
    (folder / "p.vcf").write_text(vcf_text([Call(32, "A", ("G",), "0|1"), Call(60, "G", ("T",), "./.")]))
    found = search_patient(genome, read_patient(folder / "p.vcf", "S", genome), [G], Limits(1))
    inputs = Inputs(folder / "p.vcf", {}, "sha256:0", **more)
    plain = fetch or (lambda contig, start, end: genome.texts[contig][max(0, start) : end])
    return write_patient(InMemory(found, genome), inputs, folder / "sites.tsv", plain)


def test_the_files_of_a_search(tmp_path: Path) -> None:
    (tmp_path / "c.bed").write_text("c\t0\t43\nc\t40\t60\n")
    regions = read_callable(tmp_path / "c.bed", PlainGenome({"c": NO_PAM + SITE, "d": SITE}), {})
    statement = written(tmp_path, regions=regions)
    first = {f.name: f.read_bytes() for f in names_of(tmp_path / "sites.tsv")}
    assert statement["rows_derived_again"] == 3
    assert statement["searched"]["gained"] == 1
    assert statement["searched"]["every_combination_searched"] is True
    assert statement["contigs_without_records"] == ["d"]
    assert statement["callable"] == {"bases": 60, "bases_outside": 69, "rows_inside": 1, "rows_outside": 2}
    lines = first["sites.not_searched.tsv"].decode().splitlines()
    assert lines[2:] == [
        "c\t60\tG>T ./.\tthe call is missing",
        "d\t.\t.\tno record on this contig: searched as the reference",
    ]
    written(tmp_path, regions=regions)
    assert {f.name: f.read_bytes() for f in names_of(tmp_path / "sites.tsv")} == first


def test_a_table_that_does_not_hold_is_not_left_behind(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="reference and VCF give"):
        written(tmp_path, fetch=lambda contig, start, end: (SITE + SITE)[max(0, start) : end].replace("CAT", "CTT"))
    assert sorted(f.name for f in tmp_path.iterdir()) == ["p.vcf"]


@pytest.mark.parametrize("bed", ["", "c\t5\n", "c\t9\t5\n", "x\t1\t5\n", "c\t1\t5000\n", "c 1 5\n"])
def test_hostile_callable_regions(tmp_path: Path, bed: str) -> None:
    (tmp_path / "c.bed").write_text(bed)
    with pytest.raises(ProgramError, match=r"c\.bed"):
        read_callable(tmp_path / "c.bed", PlainGenome({"c": SITE}), {})


def test_the_same_rows_however_the_work_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from proband.science.offtarget import haplotypes

    draw = random.Random(5)
    text = "".join(draw.choice("ACGT") for _ in range(3000))
    for n in range(0, 3000, 150):
        text = text[:n] + SITE + text[n + len(SITE) :]
    calls = []
    for position in sorted(draw.sample(range(1, 3000), 150)):
        ref = text[position - 1]
        alt = draw.choice([x for x in "ACGT" if x != ref] + [ref + "AC"])
        calls.append(Call(position, ref, (alt,), draw.choice(["0|1", "1|0", "1|1", "0/1"])))
    whole = searched(tmp_path, text, calls, G, Limits(3, 1, 1))[-1].rows
    monkeypatch.setattr(haplotypes, "ROOM", 100)
    assert searched(tmp_path, text, calls, G, Limits(3, 1, 1))[-1].rows == whole
    assert len(whole) > 20


def test_an_unchanged_site_that_may_lie_on_a_copy_with_edits_is_made_again(tmp_path: Path) -> None:
    """A base lost on both copies and two changes of one copy beside it leave the letters; an unphased call is open."""
    text = "AAAC" + "A" * 16 + "GGGG"
    calls = [Call(1, "AA", ("A",), "0|1"), Call(4, "C", ("A",), "0|1"), Call(5, "AA", ("A",), "1|1")]
    made = prove(tmp_path, text, [*calls, Call(24, "G", ("A",), "1/0")], Guide("g", "A" * 17, "NGG", 3), Limits(1))
    assert ("unchanged", "possible") in {(r["change"], r["haplotype"]) for r in made}
