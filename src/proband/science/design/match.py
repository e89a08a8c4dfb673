"""Does a targeting sequence fit the patient's own allele? Placement by fewest mismatches, PAM, primer, calls under it.

Cannot see: sequence beyond the piece given, the patient's variants that were not called, bulges, and whether a
mismatch is tolerated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from proband.science.design.haplotype import BASES, Change, Haplotype, edited
from proband.science.design.spacers import reference_interval
from proband.science.design.strands import STRANDS, flip, oriented
from proband.science.sequence.alphabet import IUPAC, reverse_complement
from proband.science.variant.change import Change as GenomicChange

MOST = 5
"""Mismatches above which a placement is not taken for the site meant (project's choice: a chance match has more)."""
LEAST_PRIMER = 8
"""Bases of primer binding site, nt, below which an extension is not read as one (shortest in use; project's choice)."""


@dataclass(frozen=True, slots=True)
class Match:
    """Where a targeting sequence fits best: strand, reference interval (0-based half-open), mismatches by position.

    Positions count from 1 at the 5' end of the targeting sequence; `not_known` are those under which the base is not
    known. `index` and `length` place it in the oriented haplotype. `pam` is what stands there, `pam_fits` None without
    a PAM to fit or where its bases are not known. `under` are the haplotype's other variants within site and PAM.
    """

    strand: str
    start: int
    end: int
    index: int
    length: int
    mismatches: tuple[int, ...]
    not_known: tuple[int, ...]
    pam: str
    pam_fits: bool | None
    on_change: bool
    under: tuple[str, ...]


def pam_state(pattern: str, found: str) -> bool | None:
    """Whether bases fit an IUPAC pattern of the same length; None where a base that matters is not known.

    >>> pam_state("NGG", "NGG"), pam_state("NGG", "ANG"), pam_state("NGG", "NAG"), pam_state("NGG", "AG")
    (True, None, False, False)
    """
    if len(pattern) != len(found):
        return False
    pairs = [(set(IUPAC[p]), set(IUPAC[b])) for p, b in zip(pattern, found, strict=True)]
    if any(not wanted & there for wanted, there in pairs):
        return False
    return True if all(there <= wanted for wanted, there in pairs) else None


def best_match(
    haplotype: Haplotype, change: Change, targeting: str, pam: str, *, pam_after: bool = True, antisense_of: str = ""
) -> Match | None:
    """The placement with the fewest mismatches, then a fitting PAM, then nearest to the change; None above `MOST`.

    `antisense_of` is the strand of a transcript: an oligonucleotide pairs with it, so only its complement is tried.

    >>> from proband.science.design.haplotype import change_at, haplotype_of
    >>> h = haplotype_of("c1", 0, "CCCCCACCCCCCCCCCCCCCAGGC")
    >>> found = best_match(h, change_at(h, 5, "A", "G"), "CCCCCACCCCCCCCCCCCCC", "NGG")
    >>> found.strand, found.start, found.mismatches, found.pam, found.pam_fits
    ('+', 0, (), 'AGG', True)
    """
    strands = STRANDS if not antisense_of else ("-" if antisense_of == "+" else "+",)
    found = [m for strand in strands for m in _placements(haplotype, change, targeting, pam, pam_after, strand)]
    length = len(haplotype.sequence)

    def order(m: Match) -> tuple[int, bool, int, str, int]:
        middle = flip(m.index + len(targeting) // 2, length, m.strand)
        return len(m.mismatches) + len(m.not_known), m.pam_fits is False, abs(middle - change.index), m.strand, m.index

    return min(found, key=order, default=None)


def _placements(h: Haplotype, change: Change, targeting: str, pam: str, after: bool, strand: str) -> Iterator[Match]:
    sequence, n, k = oriented(h.sequence, strand), len(targeting), len(pam)
    length = len(sequence)
    low, high = (0, length - n - k) if after else (k, length - n)
    ends = (change.index, change.index + max(1, len(change.present)))
    for start in range(low, high + 1):
        site = sequence[start : start + n]
        unequal = [(i + 1, a, b) for i, (a, b) in enumerate(zip(site, targeting, strict=True)) if a != b]
        if len(unequal) > MOST:
            continue
        open_ = tuple(i for i, a, b in unequal if b in IUPAC[a])
        wrong = tuple(i for i, a, b in unequal if b not in IUPAC[a])
        found_pam = sequence[start + n : start + n + k] if after else sequence[start - k : start]
        first, last = sorted((flip(start, length, strand), flip(start + n - 1, length, strand)))
        on_change = first < ends[1] and ends[0] <= last
        left, right = (start, start + n + k) if after else (start - k, start + n)
        fits = pam_state(pam, found_pam) if pam else None
        under = _under(h, change, strand, left, right)
        bounds = reference_interval(h, strand, start, start + n)
        yield Match(strand, *bounds, start, n, wrong, open_, found_pam, fits, on_change, under)


def _under(h: Haplotype, change: Change, strand: str, left: int, right: int) -> tuple[str, ...]:
    """Other variants of the haplotype under oriented bases `left` to `right`, as written for people."""
    start, end = reference_interval(h, strand, left, right)
    at = h.boundary(change.index)
    return tuple(
        f"{h.contig}:{v.position + 1} {v.ref}>{v.alt}"
        for v in h.variants
        if v.position < end and start < v.position + len(v.ref) and v.position != at
    )


@dataclass(frozen=True, slots=True)
class Extension:
    """A 3' extension read against the haplotype: length of the primer binding site, and what the template makes.

    `binds` is whether the primer pairs before the nick; `makes_wanted` whether the template writes the whole change
    and nothing else, None where the primer does not bind. Both are None where bases are not known.
    """

    primer: int
    template: str
    binds: bool | None
    makes_wanted: bool | None


def read_extension(haplotype: Haplotype, change: Change, match: Match, extension: str, nick_from_pam: int) -> Extension:
    """Split an extension into template and primer binding site by the sequence before the nick, and check its product.

    `nick_from_pam` is the number of protospacer bases between nick and PAM (3 for SpCas9). Where a repeat allows
    several splits, one whose template writes the change is taken.
    Source of the geometry: Anzalone et al. 2019, Nature 576:149-157.
    """
    before = oriented(haplotype.sequence, match.strand)
    after = oriented(edited(haplotype, change).sequence, match.strand)
    nick = match.index + match.length - nick_from_pam
    written = reverse_complement(extension)  # primer, then what is written behind the nick
    fitting = [n for n in range(1, len(written)) if n <= nick and before[nick - n : nick] == written[:n]]
    best = max(fitting, default=0)
    if best < LEAST_PRIMER:
        near = before[max(0, nick - LEAST_PRIMER) : nick]
        told = len(near) == LEAST_PRIMER and BASES.issuperset(near + written)
        return Extension(best, "", False if told else None, None)
    first, last = _written_over(change, len(after), match.strand)
    for n in (n for n in reversed(fitting) if n >= LEAST_PRIMER):
        template, end = written[n:], nick + len(written) - n
        covers = nick <= first and last <= end and before[nick:end] != template
        if covers and after[nick:end] == template:
            return Extension(n, reverse_complement(template), True, True)
    template, end = written[best:], nick + len(written) - best
    known = end <= len(after) and BASES.issuperset(before[nick:end] + template)
    return Extension(best, reverse_complement(template), True, False if known else None)


def _written_over(change: Change, length: int, strand: str) -> tuple[int, int]:
    """Oriented interval of the edited sequence that the change writes, without the bases that both sides share."""
    core = GenomicChange("", change.index, change.present, change.wanted).trimmed()
    first, last = core.start, core.start + len(core.inserted)
    return (first, last) if strand == "+" else (length - last, length - first)


def bare_sequence(written: str) -> str:
    """Bases of an oligonucleotide as DNA letters; "" where the notation holds anything that is not understood.

    Read and left out are ends (5'-, -3'), spaces, linkage signs (o, s, p, *, -, _), signs of a sugar or a base before
    the base (m, r, d, f, l, e, k, +, 5m, Me) and brackets. Small letters a, c, g, t, u are bases too.

    >>> bare_sequence("5'-AUoGoUoACATTTTCTTTGoUoUGC-3'"), bare_sequence("GCTtacgtaGCT"), bare_sequence("GalNAc-ACG")
    ('ATGTACATTTTCTTTGTTGC', 'GCTTACGTAGCT', '')
    """
    inner = re.sub(r"^\s*5['\u2032\u2019]\s*-?|-?\s*3['\u2032\u2019]\s*$", "", written)
    letters = re.sub(r"5?-?(?:Me|m)-?(?=d?[Cc])|[ospmrdflek+*_\s()\[\]-]", "", inner).upper()
    return letters.replace("U", "T") if re.fullmatch(r"[ACGTU]+", letters) else ""
