"""Sequence motifs of oligonucleotides that were published as unfavourable, from the same file as the chemistries.

A flag is a fact against a candidate, with its source and how that was read. Flags are never added up. A motif seen in
one chemistry alone is told as such: for another chemistry it is listed but does not count as a fact against, and
where the chemistry is not stated it does.

Kinds: a word (IUPAC pattern), a run of one base, a palindrome (its own reverse complement), and a self-complementary
stretch (its reverse complement stands elsewhere in the oligonucleotide, without overlap).

Cannot see: whether the motif does harm in this oligonucleotide, at this dose, in this tissue; motifs not in the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from proband.border import Strict, parse
from proband.core.errors import Problem, ProgramError
from proband.science.design.oligo_chemistry import SHIPPED, ChemistryClass, reference_data, reference_text
from proband.science.sequence.alphabet import IUPAC, reverse_complement

_BASES = frozenset("ACGT")


class _Cite(Strict):
    paper: str
    read_as: Literal["recalled", "secondary", "read"] = "recalled"


class _Motif(Strict):
    says: str
    kind: Literal["word", "run", "palindrome", "self_complementary"]
    sugars: list[str]
    eased_by: list[str]
    cite: _Cite
    pattern: str = ""
    bases: str = ""
    at_least_nt: int = 0
    at_most_nt: int = 0


@dataclass(frozen=True, slots=True)
class Motif:
    """One rule: what it says, where it was seen, and its source. Lengths in nucleotides; `most` 0 is no upper end."""

    name: str
    says: str
    kind: str
    pattern: str
    bases: str
    least: int
    most: int
    sugars: tuple[str, ...]
    eased_by: tuple[str, ...]
    paper: str
    read_as: str


@dataclass(frozen=True, slots=True)
class MotifFlag:
    """A motif found: (0-based start, stretch) of each place, and whether it counts against this chemistry."""

    name: str
    places: tuple[tuple[int, str], ...]
    counts: bool
    text: str


def load_motifs(path: Path | None = None) -> tuple[Motif, ...]:
    """The motifs of a file, in its order; without a path, those shipped.

    Raises ``ProgramError`` with every problem of the file.

    >>> [m.name for m in load_motifs()][:3]
    ['cpg', 'cpg_flanked', 'g_run_4']
    """
    return parse_motifs(*reference_text(path))


def parse_motifs(text: str, file: str = SHIPPED) -> tuple[Motif, ...]:
    """The motifs of a text in the form of the reference file; raises ``ProgramError``."""
    problems: list[Problem] = []
    made = []
    for name, block in reference_data(text, file).get("motif", {}).items():
        m = parse(_Motif, block, file, f"motif.{name}", problems)
        if m is None:
            continue
        faults = _faults(m)
        problems += [Problem(file, f"motif.{name}.{k}", found, wanted, "mend the entry") for k, found, wanted in faults]
        if not faults:
            made.append(_motif(name, m))
    if problems:
        raise ProgramError(problems)
    return tuple(made)


def _motif(name: str, m: _Motif) -> Motif:
    return Motif(
        name, m.says, m.kind, m.pattern, m.bases, m.at_least_nt, m.at_most_nt,
        tuple(m.sugars), tuple(m.eased_by), m.cite.paper, m.cite.read_as,
    )  # fmt: skip


def _faults(m: _Motif) -> list[tuple[str, str, str]]:
    found = []
    if (m.kind == "word") != bool(m.pattern) or not set(m.pattern) <= set(IUPAC):
        found.append(("pattern", m.pattern or "nothing", "IUPAC letters in capitals for a word, and only there"))
    if (m.kind == "run") != bool(m.bases) or not set(m.bases) <= _BASES:
        found.append(("bases", m.bases or "nothing", "the bases A, C, G, T whose runs count, for a run alone"))
    if (m.kind == "word") == bool(m.at_least_nt) or m.at_least_nt < 0:
        found.append(("at_least_nt", str(m.at_least_nt), "a length of 1 or more nucleotides, for all kinds but a word"))
    if m.at_most_nt and (m.kind != "run" or m.at_most_nt < m.at_least_nt):
        found.append(("at_most_nt", str(m.at_most_nt), "for a run alone: at least at_least_nt"))
    if not m.says.strip() or not m.cite.paper.strip():
        found.append(("says", m.says or "nothing", "what the motif means, and its paper"))
    return found


def dna_letters(written: str) -> str:
    """The bases of an oligonucleotide as DNA letters: U is read as T, blanks are left out.

    Raises ``ProgramError`` for an empty text and for any other letter.

    >>> dna_letters("AUg uuc")
    'ATGTTC'
    """
    letters = "".join(written.split()).upper().replace("U", "T")
    strange = sorted(set(letters) - _BASES)
    if strange or not letters:
        found = " ".join(strange)[:40] or "nothing"
        problem = Problem("oligonucleotide", "sequence", found, "letters A, C, G, T or U", "write the bases alone")
        raise ProgramError([problem])
    return letters


def motif_flags(
    sequence: str, chemistry: ChemistryClass | None = None, motifs: tuple[Motif, ...] | None = None
) -> tuple[MotifFlag, ...]:
    """The motifs that an oligonucleotide (5' to 3', letters A, C, G, T) holds, in the order of the file.

    Raises ``ValueError`` for other letters. Sources: with each motif.

    >>> [(f.name, f.places) for f in motif_flags("GGGGTACCA")]
    [('g_run_4', ((0, 'GGGG'),)), ('palindrome', ((2, 'GGTACC'),))]
    """
    if not set(sequence) <= _BASES:
        raise ValueError("an oligonucleotide is written with A, C, G, T")
    rules = load_motifs() if motifs is None else motifs
    flags = []
    for rule in rules:
        places = _FINDERS[rule.kind](sequence, rule)
        if places:
            counts = not rule.sugars or chemistry is None or chemistry.sugar in rule.sugars
            flags.append(MotifFlag(rule.name, tuple(places), counts, _words(rule, places, chemistry, counts)))
    return tuple(flags)


def _words(rule: Motif, places: list[tuple[int, str]], chemistry: ChemistryClass | None, counts: bool) -> str:
    where = ", ".join(f"{stretch} at {start + 1}" for start, stretch in places)
    parts = [f"{rule.says}: {where}"]
    seen = " or ".join(rule.sugars)
    if rule.sugars and chemistry is None:
        parts.append(f"seen with {seen}; the chemistry is not stated")
    elif not counts and chemistry is not None:
        parts.append(f"seen with {seen}; not known for {chemistry.sugar}")
    eased = [b for b in rule.eased_by if chemistry is not None and b in chemistry.base_modifications]
    if eased:
        parts.append(f"said to be less with {' and '.join(eased)} (recalled)")
    return f"{'; '.join(parts)} [{rule.paper}; {rule.read_as}]"


def _word(sequence: str, rule: Motif) -> list[tuple[int, str]]:
    pattern = "".join(f"[{IUPAC[letter]}]" for letter in rule.pattern)
    return [(m.start(), m[1]) for m in re.finditer(f"(?=({pattern}))", sequence)]


def _run(sequence: str, rule: Motif) -> list[tuple[int, str]]:
    runs = ((m.start(), m[0]) for base in rule.bases for m in re.finditer(f"{base}+", sequence))
    return sorted(r for r in runs if rule.least <= len(r[1]) and (not rule.most or len(r[1]) <= rule.most))


def _palindrome(sequence: str, rule: Motif) -> list[tuple[int, str]]:
    """Palindromes that lie in no longer one, by start."""
    found: list[tuple[int, int]] = []
    for center in range(1, len(sequence)):
        half = 0
        while center - half > 0 and center + half < len(sequence):
            if sequence[center - half - 1] != reverse_complement(sequence[center + half]):
                break
            half += 1
        if 2 * half >= rule.least:
            found.append((center - half, center + half))
    kept = [x for x in found if not any(y != x and y[0] <= x[0] and x[1] <= y[1] for y in found)]
    return [(low, sequence[low:high]) for low, high in sorted(kept)]


def _self_complementary(sequence: str, rule: Motif) -> list[tuple[int, str]]:
    """The longest stretch whose reverse complement stands further on, and that reverse complement."""
    for size in range(len(sequence) // 2, rule.least - 1, -1):
        for start in range(len(sequence) - 2 * size + 1):
            stretch = sequence[start : start + size]
            at = sequence.find(reverse_complement(stretch), start + size)
            if at >= 0:
                return [(start, stretch), (at, sequence[at : at + size])]
    return []


_FINDERS: Mapping[str, Callable[[str, Motif], list[tuple[int, str]]]] = {
    "word": _word,
    "run": _run,
    "palindrome": _palindrome,
    "self_complementary": _self_complementary,
}
