"""Primers for the bases round a site: candidates by melting temperature and simple checks, and where their ends bind.

Melting temperature: nearest neighbours with the unified parameters of SantaLucia, PNAS 1998;95:1460-1465 and its salt
correction of the entropy (``design/melting.py``); magnesium counts as sodium by 120 times the root of its free
millimolar, von Ahsen et al., Clinical Chemistry 2001;47:1956-1961 (recalled); both strands at the primer's
concentration. The checks of structure are words, not energies: stems and runs of complementary bases.

Specificity is told by exact matches of the last bases of a primer in the genome that is given, on both strands.

Cannot see: the patient's variants under a primer, matches with a mismatch near the 3' end, energies of structures,
and whether a polymerase likes the product.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from proband.kernels.primer_ends import occurrences, word_filter
from proband.science.design.melting import melting_temperature
from proband.science.offtarget.search import codes_of
from proband.science.sequence.alphabet import reverse_complement
from proband.science.sequence.genome import Genome

MOST_PLACES = 200
"""Places of a primer's end that are kept, to find products; more are only counted."""
_BLOCK = 4_000_000


@dataclass(frozen=True, slots=True)
class PrimerRules:
    """What a primer must be; temperatures in degrees Celsius, concentrations as named.

    `end` is the number of 3' bases whose exact matches count; `most_ends` of them in the genome at most. `stem` bases
    make a hairpin, `pair` bases of a 3' end a dimer. Values: usual practice (recalled), project's choice.
    """

    shortest: int = 18
    longest: int = 26
    coolest: float = 58.0
    warmest: float = 63.0
    best: float = 60.5
    apart: float = 2.0
    least_gc: float = 0.3
    most_gc: float = 0.7
    run: int = 4
    stem: int = 5
    pair: int = 5
    end: int = 15
    most_ends: int = 30
    primer_nanomolar: float = 250.0
    sodium_millimolar: float = 50.0
    magnesium_millimolar: float = 1.5
    nucleotides_millimolar: float = 0.8

    @property
    def sodium(self) -> float:
        """Millimolar sodium that the salts count as; von Ahsen et al. 2001."""
        free = max(0.0, self.magnesium_millimolar - self.nucleotides_millimolar)
        return self.sodium_millimolar + 120 * math.sqrt(free)

    def temperature(self, primer: str) -> float:
        """The melting temperature of a primer on its template."""
        return melting_temperature(primer, self.primer_nanomolar, self.sodium)


@dataclass(frozen=True, slots=True)
class Primer:
    """A primer, 5' to 3': its place on the forward strand (0-based half-open), and how far it is from ideal."""

    sequence: str
    start: int
    end: int
    strand: str
    temperature: float
    penalty: float

    @property
    def gc(self) -> float:
        """Share of G and C."""
        return (self.sequence.count("G") + self.sequence.count("C")) / len(self.sequence)


def fault(primer: str, rules: PrimerRules) -> str:
    """Why a sequence is no primer, "" where it passes; its temperature is looked at last.

    >>> fault("ACGT" * 5, PrimerRules()), fault("AAAAAAGTCCTGATCTGACC", PrimerRules())
    ('pairs with itself', 'a run of one base')
    """
    if not set(primer) <= set("ACGT"):
        return "N or other letters"
    share = (primer.count("G") + primer.count("C")) / len(primer)
    if not rules.least_gc <= share <= rules.most_gc:
        return "GC content"
    if any(base * (rules.run + 1) in primer for base in "ACGT"):
        return "a run of one base"
    if primer[-1] not in "GC" and primer[-2] not in "GC":
        return "an AT end"
    if sum(b in "GC" for b in primer[-5:]) > 4:
        return "a GC end"
    if pairs(primer, primer, rules.pair):
        return "pairs with itself"
    if hairpin(primer, rules.stem):
        return "a hairpin"
    if not rules.coolest <= rules.temperature(primer) <= rules.warmest:
        return "melting temperature"
    return ""


def pairs(one: str, other: str, size: int) -> bool:
    """Whether the last `size` bases of `one` are complementary to any of `other`: a 3' end that could be extended.

    >>> pairs("AAAACCTGA", "TTTCAGGTT", 5), pairs("AAAACCTGA", "TTTTTTTTT", 5)
    (True, False)
    """
    return reverse_complement(one[-size:]) in other


def hairpin(primer: str, stem: int, loop: int = 3) -> bool:
    """Whether two parts of a primer, `loop` bases or more apart, are complementary over `stem` bases.

    >>> hairpin("AAACCGGGTTTTCCCGGAAA", 5), hairpin("ACACACACACACACACACAC", 5)
    (True, False)
    """
    for i in range(len(primer) - 2 * stem - loop + 1):
        if reverse_complement(primer[i : i + stem]) in primer[i + stem + loop :]:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Candidates:
    """Primers of one side, best first, and how many sequences fell out for which reason."""

    primers: tuple[Primer, ...]
    faults: Mapping[str, int]

    @property
    def reason(self) -> str:
        """Why there is none, in words; the commonest faults first.

        >>> Candidates((), {"GC content": 3}).reason
        'no primer: GC content (3)'
        """
        told = ", ".join(f"{k} ({n})" for k, n in sorted(self.faults.items(), key=lambda x: (-x[1], x[0])))
        return f"no primer: {told or 'no room'}"


def candidates(bases: str, start: int, strand: str, rules: PrimerRules) -> Candidates:
    """The primers within `bases`, which begin at `start` on the forward strand, that read on `strand`.

    The best one for each 3' end; of equals the one nearest to the site comes first.
    """
    found: dict[int, Primer] = {}
    faults: Counter[str] = Counter()
    text = bases if strand == "+" else reverse_complement(bases)
    for end in range(rules.shortest, len(text) + 1):
        for size in range(rules.shortest, min(rules.longest, end) + 1):
            primer = text[end - size : end]
            why = fault(primer, rules)
            if why:
                faults[why] += 1
                continue
            temperature = rules.temperature(primer)
            low = start + (end - size if strand == "+" else len(text) - end)
            penalty = abs(temperature - rules.best) + 0.1 * abs(size - 20)
            made = Primer(primer, low, low + size, strand, round(temperature, 2), round(penalty, 4))
            if end not in found or made.penalty < found[end].penalty:
                found[end] = made
    ranked = sorted(found.items(), key=lambda x: (x[1].penalty, -x[0]))
    return Candidates(tuple(p for _, p in ranked), dict(faults))


@dataclass(frozen=True, slots=True)
class End:
    """Matches of a primer's 3' bases in the genome: how many, and the first of them as (contig, 3' base, strand)."""

    count: int
    places: tuple[tuple[str, int, str], ...]


def end_matches(genome: Genome, primers: Iterable[str], rules: PrimerRules) -> dict[str, End]:
    """Where the last `rules.end` bases of each primer occur in the genome, exactly, on both strands.

    >>> from proband.science.sequence.genome import genome_of
    >>> g = genome_of({"c": "TTTTT" + "ACGTTGCAAGCTTAC" + "TTTTT"})
    >>> end_matches(g, ["GG" + "ACGTTGCAAGCTTAC"], PrimerRules())["GGACGTTGCAAGCTTAC"]
    End(count=1, places=(('c', 19, '+'),))
    """
    asked = list(dict.fromkeys(primers))
    size = rules.end
    codes = {p: (_code(p[-size:]), _code(reverse_complement(p[-size:]))) for p in asked}
    words = np.unique(np.array([c for pair in codes.values() for c in pair], np.int64))
    counts = np.zeros(len(words), np.int64)
    bits = word_filter(words, size)
    found: dict[int, list[tuple[str, int]]] = {}
    which, where = np.empty(_BLOCK, np.int64), np.empty(_BLOCK, np.int64)
    for contig, length in genome.contigs.items() if asked else ():
        for low in range(0, length, _BLOCK):
            high = min(length, low + _BLOCK + size - 1)
            part = codes_of(genome.fetch(contig, low, high))
            n = occurrences(part, size, words, bits, counts, MOST_PLACES, which, where)
            for w, at in zip(which[:n].tolist(), where[:n].tolist(), strict=True):
                found.setdefault(w, []).append((contig, low + at))
    return {p: _end(codes[p], words, counts, found, size) for p in asked}


def _end(
    pair: tuple[int, int], words: np.ndarray, counts: np.ndarray, found: Mapping[int, Sequence[tuple[str, int]]],
    size: int,
) -> End:  # fmt: skip
    forward, backward = (int(np.searchsorted(words, c)) for c in pair)
    places = [(contig, at + size - 1, "+") for contig, at in found.get(forward, ())]
    places += [(contig, at, "-") for contig, at in found.get(backward, ())]
    return End(int(counts[forward] + counts[backward]), tuple(places))


def _code(word: str) -> int:
    value = 0
    for base in word:
        value = value << 2 | "ACGT".index(base)
    return value


def products(primers: Sequence[tuple[str, End]], longest: int) -> tuple[tuple[str, int, int], ...]:
    """Stretches (contig, start, end by the 3' bases) of at most `longest` bases that any two of the primers bound.

    A forward match followed by a reverse match makes one, also of a primer with itself.
    """
    forward = sorted({(c, at) for _, e in primers for c, at, s in e.places if s == "+"})
    backward: dict[str, list[int]] = {}
    for c, at in sorted({(c, at) for _, e in primers for c, at, s in e.places if s == "-"}):
        backward.setdefault(c, []).append(at)
    return tuple((c, at, b + 1) for c, at in forward for b in backward.get(c, ()) if at < b <= at + longest)
