"""Sites of a person's copies, and what became of the reference's, against copies built and searched by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from naive_copies import Call, PlainGenome, copy_of, readings, vcf_text
from naive_sites import naive_sites

from proband.science.offtarget.gain_and_loss import account_for
from proband.science.offtarget.guide import Guide, Limits
from proband.science.offtarget.haplotypes import search_copies
from proband.science.offtarget.patient_search import search_patient
from proband.science.offtarget.patient_table import COLUMNS, rows_of, table_text
from proband.science.offtarget.patient_variants import read_patient
from proband.science.offtarget.rederive import Asked, rederive
from proband.science.offtarget.search import codes_of, search_codes

LOST = ("destroyed", "pam_lost", "undetermined")


def turned(text: str) -> str:
    return text[::-1].translate(str.maketrans("ACGT", "TGCA"))


@st.composite
def genomes(draw: st.DrawFn) -> tuple[str, Guide, Limits]:
    size = draw(st.integers(17, 19))
    alphabet = draw(st.sampled_from(("ACGT", "AC", "AG")))
    spacer = draw(st.text(alphabet, min_size=size, max_size=size))
    pam, side = draw(st.sampled_from((("NGG", 3), ("NRG", 3), ("NG", 3), ("TTV", 5), ("N", 3))))
    parts = [draw(st.text("ACGT", max_size=5))]
    for _ in range(draw(st.integers(1, 3))):
        letters = list(spacer)
        for _ in range(draw(st.integers(0, 2))):
            letters[draw(st.integers(0, size - 1))] = draw(st.sampled_from(("A", "C", "G", "T", "", "AC")))
        seen = "".join(draw(st.sampled_from("ACGT" if x in "NRV" else x)) for x in pam)
        site = "".join(letters) + seen if side == 3 else seen + "".join(letters)
        parts.append(turned(site) if draw(st.booleans()) else site)
        parts.append(draw(st.text("ACGTN", max_size=4)))
    bulges = draw(st.sampled_from(((0, 0), (0, 0), (1, 0), (0, 1), (1, 1))))
    return "".join(parts), Guide("g", spacer, pam, side), Limits(draw(st.integers(0, 2)), *bulges)


@st.composite
def calls_on(draw: st.DrawFn, text: str, most: int = 6) -> list[Call]:
    made = []
    for _ in range(draw(st.integers(1, most))):
        start = draw(st.integers(0, len(text) - 1))
        ref = text[start : start + draw(st.sampled_from((1, 1, 1, 2, 3, 6)))]
        assume("N" not in ref)
        alts = []
        for _ in range(draw(st.sampled_from((1, 1, 2)))):
            how = draw(st.sampled_from(("snv", "ins", "del", "any")))
            alt = {
                "snv": ref[:-1] + draw(st.sampled_from("ACGT")),
                "ins": ref + draw(st.text("ACGT", min_size=1, max_size=4)),
                "del": ref[0],
                "any": draw(st.text("ACGTN", min_size=1, max_size=4)),
            }[how]
            if alt != ref and alt not in alts:
                alts.append(alt)
        assume(alts)
        few = "0|1 1|0 1|1 0/1 1/1".split()
        genotype = draw(st.sampled_from(few + ("1|2 2|1 1/2 0|2 0/1/2".split() if len(alts) == 2 else [])))
        made.append(Call(start + 1, ref, tuple(alts), genotype, draw(st.sampled_from(("", "", "", "7")))))
    return sorted(made)


def searched(folder: Path, text: str, calls: list[Call], guide: Guide, limits: Limits, k: int = 10):
    path = folder / "p.vcf"
    path.write_text(vcf_text(calls))
    genome = PlainGenome({"c": text})
    patient = read_patient(path, "S", genome)
    edits = patient.edits.get("c")
    if edits is None:
        return patient, None, None, None, None
    copies = search_copies(edits, genome, [guide], limits, k)
    reference = search_codes(codes_of(text), [guide], limits)
    account = account_for(edits, copies, reference, genome, [guide], limits, k)
    return patient, edits, copies, reference, account


def agrees(edits, reading: dict, ours) -> bool:
    """Whether a full reading of the oracle agrees with one of ours: units by phase set, or by the record's place."""
    return all(option == reading[unit_name(edits, unit)] for unit, option in ours)


def unit_name(edits, unit: int) -> object:
    phase = edits.phase[unit]
    if phase is not None:
        return "phase", phase
    at = next(i for i in range(len(edits)) if edits.unit[i] == unit)
    return edits.label[at].split(":")[1], edits.label[at].split(":")[2].split(">")[0]


def check(folder: Path, text: str, calls: list[Call], guide: Guide, limits: Limits) -> None:
    patient, edits, copies, reference, account = searched(folder, text, calls, guide, limits)
    if edits is None:
        return
    assume(not patient.conflicts)
    assume(not patient.duplicates)  # one change stated by two records is one change; the oracle takes it for two
    assert not copies.pieces.unsearched
    arguments = guide.spacer, guide.pam, guide.pam_side, limits.mismatches, limits.dna_bulges, limits.rna_bulges
    in_reference = {(s.strand, s.pam_start): (s.above, s.below, s.pam) for s in naive_sites(text, *arguments)}
    untouched = [(int(reference.strand[h]), int(reference.pam_start[h])) for h in account.untouched]
    for reading, changes in readings(calls):
        named = {k if isinstance(k, tuple) else (str(calls[k].position), calls[k].ref): v for k, v in reading.items()}
        letters, places = copy_of(text, changes)
        sites = naive_sites(letters, *arguments)
        expected = sorted((s.strand, places[s.pam_start], s.above, s.below, s.pam) for s in sites)
        whole = {
            (s.strand, places[s.pam_start], places[s.start], places[s.end - 1], s.above, s.below, s.pam,
             s.mismatches, s.dna_bulges, s.rna_bulges)
            for s in sites
        }  # fmt: skip
        for s in copies.sites:
            if any(agrees(edits, named, r) for r in s.readings):
                ends = [(p.reference, p.inserted) for p in (s.pam_start, s.start, s.last)]
                assert (s.strand, *ends, *s.alignment, s.mismatches, s.dna_bulges, s.rna_bulges) in whole
        told = [(strand, (pam, 0), *in_reference[strand, pam]) for strand, pam in untouched]
        lost = set()
        for row in account.rows:
            if not any(agrees(edits, named, r) for r in row.readings):
                continue
            if row.change in LOST:
                lost.add((row.reference.strand, row.reference.pam_start))
            elif row.copy is not None:
                pam = row.copy.pam_start
                told.append((row.copy.strand, (pam.reference, pam.inserted), *row.copy.alignment))
            else:
                told.append((row.reference.strand, (row.reference.pam_start, 0), *row.reference.alignment))
        assert sorted(told) == expected
        here = {(strand, pam) for strand, (pam, inserted), *_ in expected if not inserted}
        moved = {
            (r.reference.strand, r.reference.pam_start)
            for r in account.rows
            if r.change == "unchanged" and r.copy is not None and any(agrees(edits, named, x) for x in r.readings)
        }
        assert lost | moved == set(in_reference) - here


def prove(folder: Path, text: str, calls: list[Call], guide: Guide, limits: Limits) -> list[dict[str, str]]:
    """Write the table and make each of its rows again; the rows."""
    vcf = folder / "p.vcf"
    vcf.write_text(vcf_text(calls))
    genome = PlainGenome({"c": text, "empty": "ACGT" * 3})
    found = search_patient(genome, read_patient(vcf, "S", genome), [guide], limits)
    rows = list(rows_of(found, genome))
    table = folder / "sites.tsv"
    table.write_bytes(b"".join(table_text(iter(rows), COLUMNS, "positions from 1")))
    asked = Asked(guide.spacer, guide.pam, guide.pam_side, limits.mismatches, limits.dna_bulges, limits.rna_bulges)
    exempt = {f"{u.contig}:{u.position}:{u.written}" for u in found.variants.conflicts}

    def fetch(contig: str, start: int, end: int) -> str:
        return genome.texts[contig][max(0, start) : end]

    proof = rederive(table, vcf, "S", fetch, {guide.name: asked}, exempt=exempt)
    assert proof.problems == []
    assert proof.rows == len(rows)
    return rows


@settings(max_examples=70)
@given(data=st.data())
def test_equal_to_copies_built_by_hand(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    text, guide, limits = data.draw(genomes())
    calls = data.draw(calls_on(text))
    assume(len({(c.position, c.ref) for c in calls}) == len(calls))
    folder = tmp_path_factory.mktemp("v")
    prove(folder, text, calls, guide, limits)
    check(folder, text, calls, guide, limits)


@st.composite
def torn_sites(draw: st.DrawFn) -> tuple[str, list[Call], Guide, Limits]:
    """A site that only variants together make: a PAM torn by inserted bases, letters changed, at a contig's end or not.

    The calls undo all of it, and some: deletions that join the PAM, indels side by side, an allele of several that
    makes the PAM, at both ends of the contig, phased or not.
    """
    size = draw(st.integers(17, 18))
    spacer = draw(st.text("ACT", min_size=size, max_size=size))
    side = draw(st.sampled_from((3, 5)))
    whole = spacer + "AGG" if side == 3 else "TTA" + spacer
    cuts = draw(st.lists(st.integers(1, len(whole) - 1), min_size=1, max_size=3, unique=True))
    lead = draw(st.text("ACGT", max_size=3))
    text, calls, at = lead, [], 0
    for cut in [*sorted(cuts), len(whole)]:
        text, at = text + whole[at:cut], cut
        if cut == len(whole):
            break
        how = draw(st.sampled_from(("torn", "torn", "changed", "lacks")))
        anchor, phase = text[-1], draw(st.sampled_from(("0|1", "0|1", "1|1", "0/1", "1|0")))
        if how == "torn":  # the reference has bases too many: a deletion joins the site
            more = draw(st.text("ACGT", min_size=1, max_size=4))
            alts = [anchor] + ([anchor + "T"] if draw(st.booleans()) else [])
            calls.append(Call(len(text), anchor + more, tuple(a for a in alts if a != anchor + more), phase))
            text += more
        elif how == "changed" and all(
            c.position + len(c.ref) <= len(text) for c in calls
        ):  # the reference has another base: one allele of several mends it
            wrong = draw(st.sampled_from([b for b in "ACGT" if b != anchor]))
            third = next(b for b in "ACGT" if b not in (anchor, wrong))
            text = text[:-1] + wrong
            alts = (third, anchor) if draw(st.booleans()) else (anchor,)
            genotype = phase if len(alts) == 1 else draw(st.sampled_from(("1|2", "2|1", "0|2", "1/2")))
            calls.append(Call(len(text), wrong, alts, genotype))
        elif at < len(whole) - 1:  # the reference lacks a base: an insertion brings it
            calls.append(Call(len(text), anchor, (anchor + whole[at],), phase))
            at += 1
    text += draw(st.text("ACGTN", max_size=3))
    if draw(st.booleans()):
        last = draw(st.sampled_from([b for b in "ACGT" if b != text[-1]]))
        if text[-1] != "N" and all(c.position + len(c.ref) - 1 < len(text) for c in calls):
            calls.append(Call(len(text), text[-1], (last,), draw(st.sampled_from(("0|1", "1/0")))))
    limits = Limits(draw(st.integers(0, 1)), *draw(st.sampled_from(((0, 0), (1, 1), (2, 0), (0, 2), (2, 1)))))
    return text, sorted(calls), Guide("g", spacer, "NGG" if side == 3 else "TTV", side), limits


@settings(max_examples=50)
@given(data=st.data())
def test_sites_that_several_variants_make_together(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text, calls, guide, limits = data.draw(torn_sites())
    assume(calls and all(c.alts and "N" not in c.ref for c in calls))
    assume(len({(c.position, c.ref) for c in calls}) == len(calls))
    folder = tmp_path_factory.mktemp("t")
    prove(folder, text, calls, guide, limits)
    check(folder, text, calls, guide, limits)


def test_a_state_that_holds_on_every_copy_and_on_one(tmp_path: Path) -> None:
    """Found by the property above: several pieces told one state, one of them on every copy."""
    text = "CCTTTTTTTTTTTTTTTTTTAAAAAAAAAAAAAAAAAAGGAAAAAAAAAAAAAAAAAAGG"
    guide = Guide("g", "A" * 17, "NGG", 3)
    calls = [Call(2, "C", ("A",), "0/1"), Call(3, "T", ("A",), "0|1"), Call(21, "A", ("C",), "1|1")]
    rows = prove(tmp_path, text, calls, guide, Limits(1, 0, 0))
    both = [r for r in rows if r["zygosity"] == "homozygous"]
    assert both
    assert {r["haplotype"] for r in both} == {"1|2"}


def test_a_site_of_every_copy_that_one_piece_tells_for_some_is_of_every_copy(tmp_path: Path) -> None:
    guide = Guide("g", "GCCAAAAAAAAAAAAAAA", "N", 3)
    text = "GCCAAAAAAAAAAAAAAAAGCCAAAAAAAAAAAAAAAACCAAAAAAAAAAAAAAAA"
    calls = [Call(21, "C", ("A",), "0|1"), Call(22, "C", ("A",), "0|1", "7"), Call(38, "A", ("AG",), "1|1")]
    rows = prove(tmp_path, text, calls, guide, Limits(0))
    assert ("1|2", "homozygous") in {(r["haplotype"], r["zygosity"]) for r in rows if r["change"] == "unchanged"}
