"""Guide RNA, prime editing guide, messenger RNA and oligonucleotide: what their letters and structure give.

Length, modifications position by position, mass by the definition that was typed; for a messenger its coding sequence
(start, stop, frame, inner stops, length, protein), tail and uridines. Where lengths alone are given, what can not be
checked is named.

Tolerance of a typed mass without one of its own: 0.5 Da and 10 parts in a million, for the last digit as printed and
for tables of atomic weights that differ; a convention of this tool.

Cannot see: the molecule itself. Equal numbers do not show that the vial holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from proband.science.quality.chain import Chain, read_chain
from proband.science.quality.chain_mass import masses
from proband.science.quality.component_model import Component, Messenger, StatedMass, told
from proband.science.quality.mass_explanations import explain
from proband.science.quality.monomers import monomers
from proband.science.quality.recomputed import Recomputed, Status, compared, plain
from proband.science.sequence.alphabet import STANDARD

_TO_DA = {"Da": 1, "g/mol": 1, "kDa": 1000}
SHORT_TAIL = 20
"""Adenines below which the end of a messenger is not called a tail."""


def nucleic(c: Component) -> Iterator[Recomputed]:
    """Everything that can be said of one nucleic acid."""
    chain = read_chain(c)
    letters = c.letters or (plain_letters(chain) if chain is not None else "")
    yield from _some(compared(c.id, "length", c.length, len(letters) or None, "nt", missing="the sequence"))
    if chain is not None:
        yield from _differences(c, chain)
        yield from _modifications(c, chain)
    yield from _mass(c, chain)
    if c.mrna is not None:
        yield from messenger(c, c.mrna, letters)


def plain_letters(chain: Chain) -> str:
    """The letters of a chain; a modified base by the letter that it stands for."""
    table = monomers()
    return "".join(b if len(b) == 1 else table.modified[b][0] for b in chain.bases)


def _some(made: Recomputed | None) -> Iterator[Recomputed]:
    if made is not None:
        yield made


def _differences(c: Component, chain: Chain) -> Iterator[Recomputed]:
    """Where notation and sequence of one component do not say the same."""
    for note in chain.notes:
        if note.startswith("the notation has") or note.startswith("notation and sequence differ"):
            yield Recomputed(
                c.id, "notation against sequence", Status.DISAGREES, c.notation[:60], c.letters[:60], why=note
            )


def _modifications(c: Component, chain: Chain) -> Iterator[Recomputed]:
    plain_base = set("ACGTU")
    for group, held in chain.summary().items():
        for name, words in held.items():
            if group == "base" and (name in plain_base or c.kind == "mrna"):
                continue
            if name == "not stated":
                why = f"{words}: nothing says which it is"
                yield Recomputed(c.id, group, Status.NOT_CHECKABLE, why=why)
            elif len(chain.bases) <= 400:
                yield Recomputed(c.id, f"{group} {name}", Status.COMPUTED, computed=words)


def _mass(c: Component, chain: Chain | None) -> Iterator[Recomputed]:
    stated = c.stated_mass
    missing = ("sequence",) if chain is None else chain.missing
    if missing:
        if stated is not None:
            what, unit = f"mass ({stated.definition.replace('_', ' ')})", stated.unit
            why = f"not stated: {'; '.join(missing)}"
            yield Recomputed(c.id, what, Status.NOT_CHECKABLE, plain(stated.value), unit=unit, why=why)
        return
    assert chain is not None
    made = masses(chain)
    if stated is not None:
        yield _against(c.id, chain, stated)
    told_of = "; ".join(n for n in chain.notes if "differ" not in n and "the notation has" not in n)
    for definition in ("residue_sum", "molecule", "monoisotopic"):
        same = stated is not None and stated.definition in (definition, "average" if definition == "molecule" else "")
        if not same:
            mass = made.by(definition)
            what = f"mass ({definition.replace('_', ' ')})"
            digits = 4 if definition == "monoisotopic" else 3
            yield Recomputed(c.id, what, Status.COMPUTED, "", plain(mass, digits), "Da", why=told_of, value=float(mass))
    yield Recomputed(c.id, "formula of the free acid", Status.COMPUTED, computed=made.formula)
    if c.kind == "oligonucleotide" and made.acids:
        why = f"{made.acids} Na, of the dry full sodium salt of {plain(made.sodium_salt, 3)} Da"
        sodium = float(made.sodium_percent)
        yield Recomputed(
            c.id, "sodium of the full salt", Status.COMPUTED, "", plain(sodium), "%", why=why, value=sodium
        )


def _against(component: str, chain: Chain, stated: StatedMass) -> Recomputed:
    scale = _TO_DA[stated.unit]
    typed = Decimal(repr(stated.value)) * scale
    own = masses(chain).by(stated.definition)
    given = Decimal(repr(stated.tolerance)) * scale if stated.tolerance is not None else None
    within = given if given is not None else Decimal("0.5") + typed / 100_000
    gap = own - typed
    agrees = abs(gap) <= within
    how = "as stated" if given is not None else "a convention: 0.5 Da and 10 in a million"
    because = f"tolerance {plain(within)} Da ({how}); computed from {monomers().cite}"
    found = () if agrees else explain(chain, typed, stated.definition, within)
    words = tuple(
        f"{e.what}: {plain(e.mass, 3)} Da, a shift of {e.shift:+.2f} Da; {e.left:+.2f} Da then remain" for e in found
    )
    if not agrees and not words:
        words = ("none of the simple changes that are tried explains it",)
    return Recomputed(
        component, f"mass ({stated.definition.replace('_', ' ')})", Status.AGREES if agrees else Status.DISAGREES,
        plain(typed, 3), plain(own, 3), "Da", float(gap), float(within), because, words, float(own),
    )  # fmt: skip


def messenger(c: Component, m: Messenger, letters: str) -> Iterator[Recomputed]:
    """The coding sequence, the protein, the tail and the uridines of a messenger."""
    rna = letters.replace("T", "U")
    start, end = (m.cds[0] - 1, m.cds[1]) if m.cds is not None else (0, 0)
    length = end - start if m.cds is not None else None
    yield from _some(
        compared(c.id, "coding length", m.cds_length, length, "nt", missing="the place of the coding sequence")
    )
    coding = length if length is not None else m.cds_length
    if coding is not None:
        yield _frame(c.id, coding)
        residues = coding // 3 - 1 if coding % 3 == 0 else None
        why = "coding length / 3, less the stop codon" if residues is not None else ""
        missing = "a coding length of whole codons"
        yield from _some(compared(c.id, "protein length", m.protein_length, residues, "aa", why=why, missing=missing))
    if rna and m.cds is not None:
        yield from _translated(c.id, m, rna[start:end])
    elif coding is not None or m.protein:
        lacks = "the sequence" if not rna else "where the coding sequence lies"
        why = f"start codon, stop codon, inner stops and protein: {lacks} is not stated"
        yield Recomputed(c.id, "translation", Status.NOT_CHECKABLE, why=why)
    yield from _tail(c.id, m, rna, end, c.length)
    yield from _uridines(c.id, m, rna)


def _frame(component: str, coding: int) -> Recomputed:
    left = coding % 3
    status = Status.DISAGREES if left else Status.AGREES
    return Recomputed(
        component, "reading frame", status, "whole codons", f"{coding // 3} codons and {left} nt over", why=""
    )


def _translated(component: str, m: Messenger, coding: str) -> Iterator[Recomputed]:
    dna = coding.replace("U", "T")
    protein = "".join(STANDARD.residue(dna[i : i + 3]) for i in range(0, len(dna) - len(dna) % 3, 3))
    first, last = coding[:3], coding[len(coding) - len(coding) % 3 - 3 : len(coding) - len(coding) % 3]
    starts = Status.AGREES if first == "AUG" else Status.DISAGREES
    yield Recomputed(component, "start codon", starts, "AUG", first)
    stops = Status.AGREES if protein.endswith("*") else Status.DISAGREES
    yield Recomputed(component, "stop codon", stops, "UAA, UAG or UGA", last)
    inner = [i + 1 for i, x in enumerate(protein[:-1]) if x == "*"]
    clean = Status.DISAGREES if inner else Status.AGREES
    shown = f"at codons {', '.join(map(str, inner[:10]))}" if inner else "none"
    yield Recomputed(component, "stop codons inside", clean, "none", shown)
    stated = "".join(m.protein.split()).upper().rstrip("*")
    if stated:
        yield _same_protein(component, stated, protein.rstrip("*"))


def _same_protein(component: str, stated: str, made: str) -> Recomputed:
    if stated == made:
        return Recomputed(
            component, "protein", Status.AGREES, f"{len(stated)} aa", f"{len(made)} aa, every one the same"
        )
    at = next((i for i, (a, b) in enumerate(zip(stated, made, strict=False)) if a != b), min(len(stated), len(made)))
    other = sum(a != b for a, b in zip(stated, made, strict=False)) + abs(len(stated) - len(made))
    shown = f"{len(made)} aa, {other} differ, the first at residue {at + 1}"
    return Recomputed(component, "protein", Status.DISAGREES, f"{len(stated)} aa", shown)


def _tail(component: str, m: Messenger, rna: str, cds_end: int, length: int | None) -> Iterator[Recomputed]:
    if rna:
        run = len(rna) - len(rna.rstrip("A"))
        why = "adenines in a row at the 3' end; a tail in two parts with a linker counts its last part alone"
        if run < SHORT_TAIL and m.poly_a is None:
            why = f"{run} adenines at the 3' end of the letters: no tail is written there"
            yield Recomputed(component, "poly(A) tail", Status.NOT_CHECKABLE, why=why)
        else:
            yield from _some(compared(component, "poly(A) tail", m.poly_a, run, "nt", why=why))
    else:
        lacks = "its length and the sequence are not stated" if m.poly_a is None else "the sequence is not stated"
        typed = "" if m.poly_a is None else str(m.poly_a)
        yield Recomputed(component, "poly(A) tail", Status.NOT_CHECKABLE, typed, unit="nt" if typed else "", why=lacks)
    whole, parts = length or len(rna) or None, (m.cds_length or 0) + (m.poly_a or 0)
    if whole is not None and parts > whole:
        why = "coding sequence and tail are longer than the whole"
        yield Recomputed(component, "parts against the whole", Status.DISAGREES, f"{whole}", f"{parts}", "nt", why=why)


def _uridines(component: str, m: Messenger, rna: str) -> Iterator[Recomputed]:
    letters = rna.count("U") if rna else None
    stated = None if m.modified_uridines is None else m.modified_uridines + (m.plain_uridines or 0)
    if stated is not None and m.plain_uridines is None:
        why = "modified uridines alone are stated; plain ones are not"
    else:
        why = "letters U of the sequence against modified and plain uridines together"
    yield from _some(
        compared(component, "uridines", stated, letters, "nt", why=why if rna else "", missing="the sequence")
    )
    if rna and told(m.uridine):
        counts = ", ".join(f"{x} {rna.count(x)}" for x in "ACGU")
        why = (
            f"every U is {m.uridine} as stated; G and C are {100 * (rna.count('G') + rna.count('C')) / len(rna):.1f} %"
        )
        yield Recomputed(component, "composition", Status.COMPUTED, computed=counts, why=why)
