"""Mixtures of alleles at an amplicon, of which the read simulator draws molecules.

Each function returns alleles with their share of all molecules; `mixture` adds the wild type as the rest and joins
alleles of equal sequence, because no read could tell them apart. The shapes are simple on purpose: their use is
that the truth is known, not that they are those of a real editor.

- base editing: a molecule is reached with one probability, and each base in it is then converted by itself;
- indels: geometric deletion lengths, placed with equal probability in each way that touches the cut (or nick);
  insertions repeat the bases left of the cut;
- prime editing: the edited flap, and flaps that run on into the scaffold of the pegRNA (Anzalone et al. 2019,
  Nature 576:149-157, describe that outcome);
- templated repair: the listed substitutions together.

Cannot see: deletions longer than the amplicon, translocations, the other haplotype.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

KINDS = ("wild_type", "intended", "bystander", "deletion", "insertion", "scaffold")
"""What an allele is. Prime and templated edits as wanted are `intended`."""

HAPLOID_GENOME_PG = 3.3
"""Picograms of DNA in a haploid human genome (figure in common use; 6.6 pg diploid)."""

_COMPLEMENT = str.maketrans("ACGT", "TGCA")


@dataclass(frozen=True, slots=True)
class Allele:
    """One sequence and its share of molecules (fraction, 0 to 1)."""

    name: str
    kind: str
    sequence: str
    fraction: float

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"allele {self.name}: {self.kind!r} is none of {', '.join(KINDS)}")
        if not self.sequence or set(self.sequence) - set("ACGT"):
            raise ValueError(f"allele {self.name}: a sequence of A, C, G and T is needed")
        if not 0 <= self.fraction <= 1:
            raise ValueError(f"allele {self.name}: share {self.fraction} does not lie between 0 and 1")


def reverse_complement(sequence: str) -> str:
    """The other strand of a sequence of A, C, G and T.

    >>> reverse_complement("AACG")
    'CGTT'
    """
    return sequence[::-1].translate(_COMPLEMENT)


def molecules_in(nanograms: float) -> int:
    """Haploid genomes in an amount of human DNA (ng).

    >>> molecules_in(10)
    3030
    """
    return math.floor(nanograms * 1000 / HAPLOID_GENOME_PG)


def mixture(amplicon: str, alleles: Iterable[Allele] = ()) -> tuple[Allele, ...]:
    """All alleles with the wild type as the rest; alleles of equal sequence become one, named after the first.

    Raises ``ValueError`` when the shares add to more than 1.

    >>> [(a.name, round(a.fraction, 2)) for a in mixture("ACGT", [Allele("e", "intended", "GCGT", 0.3)])]
    [('wild type', 0.7), ('e', 0.3)]
    """
    joined: dict[str, Allele] = {}
    for one in alleles:
        if one.sequence == amplicon:
            continue
        held = joined.get(one.sequence)
        joined[one.sequence] = replace(held, fraction=held.fraction + one.fraction) if held else one
    rest = 1.0 - math.fsum(a.fraction for a in joined.values())
    if rest < -1e-9:
        raise ValueError(f"the shares add to {1 - rest:.6g}, more than 1")
    return (Allele("wild type", "wild_type", amplicon, max(rest, 0.0)), *joined.values())


def base_edits(
    amplicon: str, spacer: str, to: str, rates: Mapping[int, float], target: int, reached: float = 1.0
) -> tuple[Allele, ...]:
    """Every combination of converted bases of a protospacer; with only `target` converted it is the intended edit.

    `rates`: protospacer position (1 is PAM-distal) to probability of conversion in a molecule that is `reached`.
    The spacer may lie on either strand of the amplicon; `to` is the base on its strand. Raises ``ValueError`` when
    it does not occur exactly once.

    >>> made = base_edits("TTACGATT", "ACGA", "G", {1: 0.5, 4: 0.2}, target=1)
    >>> [(a.name, a.sequence, round(a.fraction, 2)) for a in made]
    [('A4G', 'TTACGGTT', 0.1), ('A1G', 'TTGCGATT', 0.4), ('A1G+A4G', 'TTGCGGTT', 0.1)]
    """
    reverse = reverse_complement(spacer)
    strands = [(s, q) for s, q in (("+", spacer), ("-", reverse)) if amplicon.count(q) == 1]
    if len(strands) != 1:
        raise ValueError("the spacer must occur exactly once in the amplicon")
    strand, written = strands[0]
    start = amplicon.index(written)
    new = to if strand == "+" else to.translate(_COMPLEMENT)
    positions = sorted(rates)
    made = []
    for chosen in product((False, True), repeat=len(positions)):
        edited = [p for p, c in zip(positions, chosen, strict=True) if c]
        if not edited:
            continue
        share = reached * math.prod(rates[p] if p in edited else 1 - rates[p] for p in positions)
        letters = list(amplicon)
        for p in edited:
            letters[start + p - 1 if strand == "+" else start + len(spacer) - p] = new
        name = "+".join(f"{spacer[p - 1]}{p}{to}" for p in edited)
        kind = "intended" if edited == [target] else "bystander"
        made.append(Allele(name, kind, "".join(letters), share))
    return tuple(made)


def indels(
    amplicon: str, cut: int, fraction: float, deletions: float = 0.65, mean: float = 4.0, longest: int = 30
) -> tuple[Allele, ...]:
    """Deletions and insertions at a cut (0-based index of the base right of it), together `fraction` of molecules.

    Deletions are the share `deletions` of them, of geometric length with the given mean, cut off at `longest`;
    insertions repeat 1, 2 or 3 bases left of the cut (80, 15 and 5 %).

    >>> made = indels("ACGTACGTACGT", 6, 0.5, longest=2)
    >>> [a.name for a in made], round(sum(a.fraction for a in made), 6)
    (['del1@6', 'del1@7', 'del2@5', 'del2@6', 'del2@7', 'ins1@6', 'ins2@6', 'ins3@6'], 0.5)
    """
    if not longest <= cut <= len(amplicon) - longest or cut < 3:
        raise ValueError("the cut must lie at least `longest` bases from either end")
    stop = 1 / mean
    sizes = [stop * (1 - stop) ** (d - 1) for d in range(1, longest + 1)]
    made: dict[str, Allele] = {}
    for d, weight in enumerate(sizes, start=1):
        share = fraction * deletions * weight / math.fsum(sizes) / (d + 1)
        for offset in range(d, -1, -1):
            left = cut - offset
            sequence = amplicon[:left] + amplicon[left + d :]
            held = made.get(sequence)
            first = held or Allele(f"del{d}@{left + 1}", "deletion", sequence, 0.0)
            made[sequence] = replace(first, fraction=first.fraction + share)
    for size, weight in ((1, 0.8), (2, 0.15), (3, 0.05)):
        sequence = amplicon[:cut] + amplicon[cut - size : cut] + amplicon[cut:]
        made[sequence] = Allele(f"ins{size}@{cut}", "insertion", sequence, fraction * (1 - deletions) * weight)
    return tuple(made.values())


def prime_edits(
    amplicon: str,
    nick: int,
    replaced: int,
    edited: str,
    scaffold: str,
    intended: float,
    with_scaffold: float = 0.0,
    lengths: Sequence[int] = (3, 4, 5, 6, 7, 8),
) -> tuple[Allele, ...]:
    """The prime edit and its forms with scaffold bases, which are equally shared among `lengths`.

    The `replaced` bases right of the nick (0-based) become `edited`; `scaffold` is written 5' to 3' as in the pegRNA.

    >>> [a.sequence for a in prime_edits("AACCGGTT", 4, 2, "TAT", "GTGC", 0.3, 0.02, lengths=(2,))]
    ['AACCTATTT', 'AACCTATGCTT']
    """
    left, right = amplicon[:nick], amplicon[nick + replaced :]
    made = [Allele("prime edit", "intended", left + edited + right, intended)]
    for n in lengths if with_scaffold else ():
        run_on = reverse_complement(scaffold)[:n]
        made.append(Allele(f"scaffold{n}", "scaffold", left + edited + run_on + right, with_scaffold / len(lengths)))
    return tuple(made)


def templated_edit(amplicon: str, substitutions: Mapping[int, str], fraction: float) -> Allele:
    """Templated repair: the listed bases (0-based position to base) replaced together.

    >>> templated_edit("ACGT", {0: "G", 3: "A"}, 0.1).sequence
    'GCGA'
    """
    letters = list(amplicon)
    for position, base in substitutions.items():
        letters[position] = base
    return Allele("templated edit", "intended", "".join(letters), fraction)
