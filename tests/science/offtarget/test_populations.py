"""Sites over a panel, haplotype by haplotype, against each haplotype built and searched by hand."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_copies import Call, Change, PlainGenome, change_of, copy_of, fit
from naive_sites import naive_sites
from test_offtarget_haplotypes import calls_on, genomes

from proband.core.errors import ProgramError
from proband.engine.executor import Serial
from proband.science.offtarget.guide import Guide, Limits, guide_of
from proband.science.offtarget.population_panel import Groups, Panel, plain_alleles, read_groups
from proband.science.offtarget.population_parts import KeptPieces
from proband.science.offtarget.populations import columns_of, detection_limit, rows_of, search_population
from proband.science.offtarget.rederive import Asked
from proband.science.offtarget.rederive_panel import rederive_panel
from proband.science.offtarget.search import codes_of

SAMPLES = 4


def panel_text(calls: list[Call], genotypes: list[list[str]], contig: str = "c") -> str:
    names = "\t".join(f"S{n}" for n in range(len(genotypes[0]) if genotypes else SAMPLES))
    lines = ["##fileformat=VCFv4.2", f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{names}"]
    for call, row in zip(calls, genotypes, strict=True):
        cells = "\t".join(row)
        lines.append(f"{contig}\t{call.position}\t.\t{call.ref}\t{','.join(call.alts)}\t.\tPASS\t.\tGT\t{cells}")
    return "\n".join(lines) + "\n"


def each_its_own(samples: int) -> Groups:
    """A group for every haplotype, so that a count names its carriers."""
    names = tuple(f"h{n}" for n in range(2 * samples))
    return Groups(names, np.arange(2 * samples), dict.fromkeys(names, 1), 0)


def found_in(folder: Path, text: str, calls, genotypes, guide: Guide, limits: Limits, size: int = 1500):
    path = folder / "panel.vcf"
    path.write_text(panel_text(calls, genotypes))
    genome = PlainGenome({"c": text})
    samples = len(genotypes[0])
    return search_population(Panel(path, genome), each_its_own(samples), genome, [guide], limits, Serial(), size=size)


@settings(max_examples=60)
@given(data=st.data())
def test_equal_to_every_haplotype_built_by_hand(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    text, guide, limits = data.draw(genomes())
    calls = data.draw(calls_on(text))
    calls = [c for n, c in enumerate(calls) if (c.position, c.ref) not in {(x.position, x.ref) for x in calls[:n]}]
    genotypes = []
    for call in calls:
        allele = st.sampled_from(["0", "0", "1", "1", *(["2"] if len(call.alts) > 1 else []), "."])
        genotypes.append(["|".join((data.draw(allele), data.draw(allele))) for _ in range(SAMPLES)])
    folder = tmp_path_factory.mktemp("p")
    found = found_in(folder, text, calls, genotypes, guide, limits)
    small = found_in(folder, text, calls, genotypes, guide, limits, size=1)
    asked = Asked(guide.spacer, guide.pam, guide.pam_side, limits.mismatches, limits.dna_bulges, limits.rna_bulges)
    proof = rederive_panel(rows_of(found), lambda contig, start, end: text[max(0, start) : end], {guide.name: asked})
    assert (proof.problems, proof.rows) == ([], len(found.sites))
    assert list(rows_of(small)) == list(rows_of(found))
    arguments = guide.spacer, guide.pam, guide.pam_side, limits.mismatches, limits.dna_bulges, limits.rna_bulges
    reference = {(s.strand, s.pam_start): (s.above, s.below, s.pam) for s in naive_sites(text, *arguments)}
    rows = [site for _, site in found.sites]
    touched = {(r.reference.strand, r.reference.pam_start) for r in rows if r.reference}
    for h in range(2 * SAMPLES):
        alleles = [row[h // 2].split("|")[h % 2] for row in genotypes]
        if "." in alleles:
            continue
        said: dict[Change, set[bool]] = {}
        for n, c in enumerate(calls):
            for number, alt in enumerate(c.alts, start=1):
                made = change_of(c.position, c.ref, alt)
                if made is not None and any(str(number) in cell for cell in genotypes[n]):
                    said.setdefault(made, set()).add(alleles[n] == str(number))
        if any(len(states) > 1 for states in said.values()):
            continue  # two records of one change contradict each other: not known
        changes = sorted(made for made, states in said.items() if states == {True})
        if not all(fit(a, b) for i, a in enumerate(changes) for b in changes[i + 1 :]):
            continue
        letters, places = copy_of(text, changes)
        expected = sorted(
            (s.strand, places[s.pam_start], s.above, s.below, s.pam) for s in naive_sites(letters, *arguments)
        )
        told = [(*key[:1], (key[1], 0), *words) for key, words in reference.items() if key not in touched]
        for r in rows:
            if r.carriers[h] and r.change != "lost":
                pam = (r.copy.pam_start.reference, r.copy.pam_start.inserted) if r.copy else (r.reference.pam_start, 0)
                shown = r.copy or r.reference
                told.append((shown.strand, pam, *shown.alignment))
        assert sorted(told) == expected
        lost = {(r.reference.strand, r.reference.pam_start) for r in rows if r.change == "lost" and r.carriers[h]}
        assert lost == set(reference) - {(strand, pam) for strand, (pam, n), *_ in expected if not n}


def test_records_that_contradict_each_other_are_not_known(tmp_path: Path) -> None:
    # One change written by two records, on other haplotypes: nobody is known to carry it, the third has it twice.
    calls = [Call(31, "TA", ("TG",), ""), Call(32, "A", ("G",), "")]
    assert not found_in(tmp_path, SITE, calls, [["0|1"], ["1|0"]], G, Limits(0)).sites
    found = found_in(tmp_path, SITE, calls, [["0|1", "1|0"], ["1|0", "1|0"]], G, Limits(0))
    (row,) = [s for _, s in found.sites]
    assert (row.change, row.carriers, row.known) == ("pam_gained", (0, 0, 1, 0), (0, 0, 1, 1))


G = guide_of("GACCATGCATTGCAACGTCA", "NGG", name="g")
SITE = "TTTTTTTTTT" + G.spacer + "TAG" + "TTTTTTTTTT"


def test_frequencies_by_hand(tmp_path: Path) -> None:
    # The reference has TAG after the protospacer; A>G at base 32 makes it TGG. Three of four known haplotypes of
    # group a have it, none of b.
    (tmp_path / "sheet.csv").write_text("sample,group\nS0,a\nS1,a\nS2,b\nS9,b\n")
    (tmp_path / "p.vcf").write_text(panel_text([Call(32, "A", ("G",), "")], [["1|1", "0|1", "0|0", ".|1"]]))
    genome = PlainGenome({"c": SITE})
    panel = Panel(tmp_path / "p.vcf", genome)
    groups = read_groups(tmp_path / "sheet.csv", panel.file.samples)
    assert groups.names == ("a", "b", "no group stated")
    assert groups.not_in_panel == 1
    found = search_population(panel, groups, genome, [G], Limits(0), Serial())
    (row,) = rows_of(found)
    assert row["change"] == "pam_gained"
    assert (row["haplotypes"], row["haplotypes_known"]) == ("4", "7")
    assert [row[f"frequency:{g}"] for g in groups.names] == ["0.750000", "0.000000", "1.000000"]
    assert set(row) == set(columns_of(groups))
    assert found.facts()["alleles_missing"] == 1


def test_an_unphased_call_is_not_guessed(tmp_path: Path) -> None:
    calls = [Call(32, "A", ("G",), "")]
    found = found_in(tmp_path, SITE, calls, [["0/1", "1/1", "0|1", "0|0"]], G, Limits(0))
    (row,) = [s for _, s in found.sites]
    assert row.carriers == (0, 0, 1, 1, 0, 1, 0, 0)
    assert row.known == (0, 0, 1, 1, 1, 1, 1, 1)
    assert found.facts()["calls_unphased_not_searched"] == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (panel_text([Call(32, "C", ("G",), "")], [["1|1"]]), "which the genome holds there"),
        (panel_text([Call(32, "A", ("G",), ""), Call(12, "A", ("G",), "")], [["1|1"], ["1|1"]]), "sort the panel"),
        (panel_text([Call(32, "A", ("G",), "")], [["1|1"]], contig="chrc"), "names of the genome"),
        (panel_text([Call(932, "A", ("G",), "")], [["1|1"]]), "within the"),
        (panel_text([], []), "no record"),
        (panel_text([Call(32, "A", ("G",), "")], [["1|7"]]), "allele 7"),
        (panel_text([Call(32, "A", ("G",), "")], [["0|1", "x"]]), "phased genotypes"),
    ],
)
def test_hostile_panels(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "p.vcf").write_text(text)
    genome = PlainGenome({"c": SITE})
    panel = Panel(tmp_path / "p.vcf", genome)
    groups = each_its_own(len(panel.file.samples))
    with pytest.raises(ProgramError, match=says):
        search_population(panel, groups, genome, [G], Limits(0), Serial())


@pytest.mark.parametrize(
    ("sheet", "says"),
    [
        ("", "an empty file"),
        ("id,pop\nS0,a\n", "sample,group"),
        ("sample,group\nS0,a\nS0,b\n", "each sample once"),
        ("sample,group\nS0,\n", "a sample and its group"),
        ("sample,group\nX,a\n", "no sample of the panel"),
    ],
)
def test_hostile_sheets(tmp_path: Path, sheet: str, says: str) -> None:
    (tmp_path / "s.csv").write_text(sheet)
    with pytest.raises(ProgramError, match=says):
        read_groups(tmp_path / "s.csv", ["S0", "S1"])


def test_calls_of_one_form_are_read_as_any_others() -> None:
    assert plain_alleles(b"0|1\t1|0", 2).tolist() == [0, 1, 1, 0]
    for odd in (b"0/1\t1|0", b".|1\t1|0", b"0|1\t10|", b"0|1", b"0|1 1|0"):
        assert plain_alleles(odd, 2) is None


def test_the_detection_limit_is_where_seeing_it_has_probability_095() -> None:
    for n in (2, 20, 600):
        assert 1 - (1 - detection_limit(n)) ** n == pytest.approx(0.95)


def test_real_panel_is_exact_on_a_haplotype(tmp_path: Path) -> None:
    shared = Path(__file__).resolve().parents[4] / "shared" / "reference" / "offtarget"
    vcf, fasta = shared / "1000G_300samples_chr20_b37_1-4Mb_phased.vcf.gz", shared / "chr20_b37_1-2Mb_padded.fa.gz"
    if not vcf.exists() or not fasta.exists():
        pytest.skip("reference data are not beside the repository")
    import gzip

    from proband.science.offtarget.search import search_codes
    from proband.science.offtarget.variant_file import VariantFile

    with gzip.open(fasta, "rt") as lines:
        text = "".join(line.strip() for line in lines if not line.startswith(">"))
    genome, low, high = PlainGenome({"20": text}), 1_100_000, 1_160_000
    guides, limits = [guide_of("GGGTGGGGGGAGTTTGCTCC", "NRG"), guide_of("GAGTCCGAGCAGAAGAAGAA", "NRG")], Limits(9)
    panel = Panel(vcf, genome)
    groups = each_its_own(300)
    found = search_population(panel, groups, genome, guides, limits, Serial(), ("20", low, high))
    h = 11
    changes = []
    for record in VariantFile(vcf):
        if low <= record.start < high:
            allele = record.calls.split(b"\t")[h // 2].decode().split("|")[h % 2]
            made = change_of(record.start + 1, record.ref, record.alts[int(allele) - 1]) if allele != "0" else None
            changes += [made] if made else []
    changes = sorted(set(changes))
    assert all(fit(a, b) for a, b in pairwise(changes))
    letters, places = copy_of(text[: high + 1000], changes)

    def keys(sequence: str, offset: int, at) -> set:
        hits = search_codes(codes_of(sequence[offset:]), guides, limits)
        rows = zip(hits.guide, hits.strand, hits.pam_start, hits.mismatches, strict=True)
        return {(int(g), int(s), at(int(p) + offset), int(m)) for g, s, p, m in rows}

    before = keys(text[: high + 1000], low - 1000, lambda p: (p, 0))
    after = keys(letters, low - 1000, lambda p: places[p])
    gained, lost = set(), set()
    for _, s in found.sites:
        if s.carriers[h] and s.change in ("created", "pam_gained", "altered"):
            c = s.copy
            gained.add((c.guide, c.strand, (c.pam_start.reference, c.pam_start.inserted), c.mismatches))
        if s.carriers[h] and s.change in ("lost", "altered"):
            lost.add((s.reference.guide, s.reference.strand, (s.reference.pam_start, 0), s.reference.mismatches))
    assert gained - lost == after - before
    assert lost - gained == before - after
    assert after != before


class Cut:
    """An executor that is killed after so many pieces."""

    def __init__(self, pieces: int) -> None:
        self.left = pieces

    def map(self, function, pieces):
        for piece in pieces:
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
            yield function(piece)


@settings(max_examples=30)
@given(data=st.data())
def test_a_killed_search_goes_on_with_the_pieces_that_are_left(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text, guide, limits = data.draw(genomes())
    calls = data.draw(calls_on(text))
    calls = [c for n, c in enumerate(calls) if (c.position, c.ref) not in {(x.position, x.ref) for x in calls[:n]}]
    genotypes = [[data.draw(st.sampled_from(["0|1", "1|1", "1|0", ".|1"])) for _ in range(SAMPLES)] for _ in calls]
    folder = tmp_path_factory.mktemp("p")
    whole = found_in(folder, text, calls, genotypes, guide, limits, size=1) if calls else None
    if whole is None:
        return
    genome, kept = PlainGenome({"c": text}), KeptPieces(folder / "kept")

    def go(executor):
        panel = Panel(folder / "panel.vcf", genome)
        return search_population(panel, each_its_own(SAMPLES), genome, [guide], limits, executor, size=1, kept=kept)

    try:
        go(Cut(1))
    except KeyboardInterrupt:
        assert len(list(kept.folder.glob("*.json"))) == 1
    assert go(Serial()).sites == whole.sites
    again = go(Cut(0))  # all pieces are kept: none is searched
    assert (again.sites, again.facts(), again.left_out) == (whole.sites, whole.facts(), whole.left_out)
    for path in kept.folder.glob("*.json"):
        path.write_text(path.read_text()[:-80] + path.read_text()[-79:])
    with pytest.raises(KeyboardInterrupt):
        go(Cut(0))
    kept.forget()
    assert not kept.folder.exists()


@pytest.mark.parametrize(
    ("column", "value"),
    [("start", "12"), ("aligned_protospacer", "GACCATGCATTGCAACGTCt"), ("variants", "."), ("pam", "TAG"),
     ("mismatches", "1"), ("change", "unchanged"), ("variants", "c:33:G>T")],
)  # fmt: skip
def test_the_proof_of_a_panel_sees_a_row_that_does_not_hold(tmp_path: Path, column: str, value: str) -> None:
    guide, text = (
        guide_of("GACCATGCATTGCAACGTCA", "NGG", name="g"),
        "TTATTTTATT" + "GACCATGCATTGCAACGTCA" + "TAG" + "TTTATTATTT",
    )
    found = found_in(tmp_path, text, [Call(32, "A", ("G",), "")], [["0|1", "0|0"]], guide, Limits(1))
    (row,) = rows_of(found)
    asked = {"g": Asked(guide.spacer, "NGG", 3, 1, 0, 0)}

    def fetch(contig: str, start: int, end: int) -> str:
        return text[max(0, start) : end]

    assert rederive_panel([row], fetch, asked).problems == []
    assert len(rederive_panel([dict(row) | {column: value}], fetch, asked).problems) == 1
