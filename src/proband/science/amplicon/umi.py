"""Reads that carry a molecular identifier (UMI) to one consensus read per family, so that counts are molecules.

The identifier stands in the read's name (last part after ``:`` or ``_``), in a tag ``RX:Z:``, or is the first bases of
read 1. A family is the reads of one identifier at one locus on one strand; the locus is that of most words of 11 bases
that no other locus has, and reads of no locus make families of their own. Identifiers that differ in one base are
joined by the directional rule, and the consensus is the weighted majority; both are stated in ``kernels/families.py``.

Conservation: reads in = filtered + unusable identifier + in families; families in = too few reads + reads disagree +
counted. The counted ones are what `quantify` classifies.

A family of one read is that read: its errors of sequencing are still in it. What is left in larger families (errors of
the first cycles, damage of DNA) is not known from theory; the background must be taken from consensus reads of the
control, made by the same rule. Crowding: with D identifiers of K possible ones, a further molecule shares one with
chance D / K (Fu et al., Proc Natl Acad Sci USA 2011;108:9026-9031).

Cannot see: two molecules that drew one identifier; uneven identifiers, for which the chance is higher than D / K;
molecules tagged anew in a later cycle; which of two strands of one duplex a family copies. All reads are held in
memory, one byte a base.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from proband.kernels import families as kernel
from proband.kernels import unique_reads
from proband.kernels.jit import Array
from proband.science.amplicon.alignment import encoded
from proband.science.amplicon.amplicon import Amplicon
from proband.science.amplicon.fastq import Counter, Records, UniqueReads
from proband.science.sequence.alphabet import reverse_complement

CROWDED = 0.1
"""Chance from which identifiers are said to be too few: of a shared one, or of a neighbour that joining takes in."""
STATEMENT = (
    "Counts are UMI families, not reads. Errors of the first cycles and damage of DNA remain in a consensus: take the "
    "background from consensus reads of the control, made by the same rule."
)
SINGLETONS = "A family of one read is that read, with its errors of sequencing."
_FORM = re.compile(r"prefix:([0-9]{1,3})\Z")


@dataclass(frozen=True, slots=True)
class UmiRule:
    """Where the identifier stands (`prefix` bases of read 1, 0: in the name), and how families are made.

    `min_reads` is the least number of reads of a family; `join` joins identifiers that differ in one base.
    Raises ``ValueError`` for a length or a number that can not be.
    """

    prefix: int = 0
    min_reads: int = 1
    join: bool = True

    def __post_init__(self) -> None:
        if self.prefix and not kernel.LEAST <= self.prefix <= kernel.MOST:
            raise ValueError(f"an identifier has {kernel.LEAST} to {kernel.MOST} bases")
        if self.min_reads < 1:
            raise ValueError("a family has at least 1 read")

    @property
    def place(self) -> str:
        """``header`` or ``prefix:N``."""
        return f"prefix:{self.prefix}" if self.prefix else "header"


def umi_rule(text: str, min_reads: int = 1, join: bool = True) -> UmiRule:
    """The rule of ``header`` or ``prefix:N``, N from 4 to 31; raises ``ValueError`` for another text.

    >>> umi_rule("prefix:8").prefix, umi_rule("header", min_reads=3).min_reads
    (8, 3)
    """
    found = _FORM.match(text)
    if text != "header" and (found is None or not kernel.LEAST <= int(found[1]) <= kernel.MOST):
        raise ValueError(f"header, or prefix:N with N from {kernel.LEAST} to {kernel.MOST}")
    return UmiRule(int(found[1]) if found else 0, min_reads, join)


@dataclass(frozen=True)
class UmiCounts:
    """Where the reads went before families were counted; `sizes` are (reads, families), before any was set aside.

    `joined` is the number of identifiers that became part of another one; `shared` the chance that a molecule shares
    its identifier with another one of its locus, `neighbour` the chance that one lies one base away, both at the locus
    where they are highest, with all identifiers equally frequent.
    """

    rule: UmiRule
    reads_in: int
    filtered: dict[str, int]
    unusable: int
    in_families: int
    families: int
    too_few: int
    disagree: int
    joined: int
    sizes: tuple[tuple[int, int], ...]
    shared: float
    neighbour: float

    def told(self) -> dict[str, object]:
        """As plain values for JSON."""
        counted = self.families - self.too_few - self.disagree
        return {
            "place": self.rule.place,
            "min_reads": self.rule.min_reads,
            "identifiers_joined": self.joined if self.rule.join else None,
            "reads": {
                "in": self.reads_in, "filtered": sum(self.filtered.values()),
                "filtered_by_reason": dict(sorted(self.filtered.items())), "umi_unusable": self.unusable,
                "in_families": self.in_families,
            },
            "families": {
                "in": self.families, "too_few_reads": self.too_few, "reads_disagree": self.disagree,
                "counted": counted,
            },
            "family_sizes": [{"reads": size, "families": n} for size, n in self.sizes],
            "chance_of_a_shared_identifier": round(self.shared, 6),
            "chance_of_a_neighbour": round(self.neighbour, 6),
            "statements": [STATEMENT, *([SINGLETONS] if self.rule.min_reads == 1 else [])],
        }  # fmt: skip

    def flags(self) -> list[dict[str, str]]:
        """What must be known before using the counts."""
        found = []
        if self.shared > CROWDED:
            told = f"a molecule shares its UMI with another one with a chance of about {100 * self.shared:.0f} %"
            found.append({"flag": "umi_crowded", "reason": f"{told}: molecules are counted too low"})
        elif self.rule.join and self.neighbour > CROWDED:
            told = f"a UMI has another one a base away with a chance of about {100 * self.neighbour:.0f} %"
            found.append({"flag": "umi_crowded", "reason": f"{told}: joining may merge molecules; leave it out"})
        if self.unusable > CROWDED * self.reads_in:
            told = f"{self.unusable} of {self.reads_in} reads have a UMI with a base that was not read"
            found.append({"flag": "umi_unusable", "reason": told})
        if self.disagree > CROWDED * max(self.families, 1):
            told = f"{self.disagree} of {self.families} families have no length that most of their reads share"
            found.append({"flag": "umi_reads_disagree", "reason": told})
        return found


@dataclass
class Families:
    """The growing set of reads with their identifiers, over the loci of some amplicons."""

    rule: UmiRule
    words: Array
    parts: list[Array] = field(default_factory=list)
    held: list[tuple[Array, Array, Array]] = field(default_factory=list)
    unusable: int = 0
    codes: Array = field(default_factory=unique_reads.letter_codes)

    @classmethod
    def of(cls, rule: UmiRule, amplicons: Sequence[Amplicon]) -> Families:
        """An empty set for reads of these amplicons."""
        return cls(rule, words_of(amplicons))

    def take(self, records: Records) -> Array:
        """The identifiers of a block of records; those in front of read 1 are cut off there.

        Raises ``ProgramError`` for a name without one.
        """
        keys = np.empty(records.n, np.int64)
        if self.rule.prefix:
            kernel.prefix_keys(
                records.text, records.at, records.length, records.quality, records.n, self.rule.prefix, self.codes, keys
            )
            return keys
        kernel.header_keys(records.text, records.heads(), records.at, records.n, self.codes, keys)
        if lacking := np.flatnonzero(keys == kernel.NO_UMI).tolist():
            raise records.source.fault(
                f"record {records.first + lacking[0] + 1}", "a name without a UMI",
                f"{kernel.LEAST} to {kernel.MOST} bases after the last : or _ of the name, or a tag RX:Z:",
                "give the file in which the UMI was moved to the name, or prefix:N where it begins read 1",
            )  # fmt: skip
        return keys

    def add(
        self, records: Records, keys: Array, text: Array, at: Array, length: Array, scores: Array, quality: Array,
        keep: Array,
    ) -> None:  # fmt: skip
        """Add reads (letters at `at` of `text`, qualities at `quality` of `scores`) that are to be kept."""
        n = keys.size
        self.unusable += int(np.count_nonzero(keep & (keys < 0)))
        rows = np.flatnonzero(keep & (keys >= 0))
        places = np.empty(n, np.int64)
        kernel.place(text, at, length, keep, n, self.codes, self.words, places)
        sizes = length[rows].astype(np.int32)
        packed = np.empty(int(sizes.sum(dtype=np.int64)), np.uint8)
        bad, letter = kernel.pack(text, at, length, scores, quality, rows, self.codes, packed)
        if bad >= 0:
            raise records.bad_letter(records.first + int(bad), chr(letter))
        self.parts.append(packed)
        self.held.append((keys[rows], places[rows], sizes))

    def table(self, records: Records, reads_in: int, filtered: dict[str, int], digests: tuple[str, ...]) -> UniqueReads:
        """Consensus reads with the number of their families as counts, and where all reads went."""
        keys, places, sizes = (np.concatenate(list(column)) for column in zip(*self.held, strict=True))
        arena = np.concatenate(self.parts)
        self.parts.clear()
        joined, shared, neighbour = 0, 0.0, 0.0
        for p in np.unique(places).tolist():
            mine = np.flatnonzero(places == p)
            known, at, counts = np.unique(keys[mine], return_inverse=True, return_counts=True)
            chance = crowding(known, counts)
            shared, neighbour = max(shared, chance[0]), max(neighbour, chance[1])
            if self.rule.join:
                to = joined_to(known, counts)
                joined += int(np.count_nonzero(to != np.arange(to.size)))
                keys[mine] = known[to[at]]
        order, bounds = _grouped(keys, places)
        number = bounds.size - 1
        starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        space = int(np.maximum.reduceat(sizes[order], bounds[:-1]).sum(dtype=np.int64)) if number else 0
        text, begin, size = np.empty(space, np.uint8), np.empty(number, np.int64), np.empty(number, np.int64)
        fate = np.empty(number, np.uint8)
        letters = np.frombuffer(b"ACGTN", np.uint8)
        kernel.consensus(order, bounds, arena, starts, sizes, self.rule.min_reads, letters, text, begin, size, fate)
        counter = Counter()
        counter.add(text, begin, size, fate == kernel.USED, number)
        lost = [int(np.count_nonzero(fate == f)) for f in (kernel.TOO_FEW, kernel.DISAGREE)]
        aside = {"umi_too_few_reads": lost[0], "umi_reads_disagree": lost[1]}
        made = counter.table(records, number, aside, digests)
        reads, how_many = np.unique(np.diff(bounds), return_counts=True)
        counts_told = UmiCounts(
            self.rule, reads_in, {k: v for k, v in filtered.items() if v}, self.unusable, len(keys), number, lost[0],
            lost[1], joined, tuple(zip(reads.tolist(), how_many.tolist(), strict=True)), shared, neighbour,
        )  # fmt: skip
        if counts_told.in_families + counts_told.unusable + sum(filtered.values()) != reads_in:
            raise AssertionError(f"{reads_in} reads came in, not all of them are filtered, unusable or in a family")
        return replace(made, umi=counts_told)


def _grouped(keys: Array, places: Array) -> tuple[Array, Array]:
    """Reads by family, and where each family begins; families in the order of their first reads."""
    n = keys.size
    if not n:
        return np.empty(0, np.int64), np.zeros(1, np.int64)
    order = np.lexsort((keys, places))
    new = np.ones(n, np.bool_)
    new[1:] = (np.diff(keys[order]) != 0) | (np.diff(places[order]) != 0)
    first = np.empty(n, np.int64)
    first[order] = order[np.flatnonzero(new)][np.cumsum(new) - 1]
    order = np.argsort(first, kind="stable")
    return order, np.append(np.flatnonzero(np.diff(first[order], prepend=-1)), n)


def joined_to(keys: Array, counts: Array) -> Array:
    """Index of the identifier that each of the sorted, distinct `keys` is counted as; see ``kernels/families.py``.

    >>> keys = np.array([0b1_00000000, 0b1_00000001, 0b1_11110000])
    >>> joined_to(keys, np.array([9, 2, 2])).tolist(), joined_to(keys, np.array([9, 6, 2])).tolist()
    ([0, 0, 2], [0, 1, 2])
    """
    into = np.empty(keys.size, np.int64)
    kernel.join(keys, counts.astype(np.int64), np.argsort(-counts, kind="stable"), into)
    return into


def crowding(keys: Array, counts: Array) -> tuple[float, float]:
    """Chances that a molecule shares its identifier, and that another one lies a base away, at least one of them.

    Only identifiers with more than a fifth of the reads of the median one are taken for molecules, because errors make
    many rare ones. All identifiers are taken for equally frequent.
    """
    if keys.size < 2:
        return 0.0, 0.0
    molecules = int(np.count_nonzero(counts > np.median(np.repeat(counts, counts)) / 5))
    size = (int(np.median(keys)).bit_length() - 1) // 2
    share = min(molecules / 4.0**size, 1.0)
    return share, float(-np.expm1(3 * size * np.log1p(-min(share, 0.999999))))


def words_of(amplicons: Sequence[Amplicon]) -> Array:
    """The place (2 x locus, plus 1 on the other strand) of each word of 11 bases; -1 in none, or in several.

    >>> words = words_of([Amplicon("a", "ACGTTGCAACGG", "a"), Amplicon("b", "ACGTTGCAACGC", "b")])
    >>> sorted(set(words.tolist()))
    [-1, 0, 1, 2, 3]
    """
    loci = list(dict.fromkeys(a.locus for a in amplicons))
    words = np.full(4**kernel.WORD, -1, np.int32)
    several = []
    for a in amplicons:
        for strand, sequence in enumerate((a.sequence, reverse_complement(a.sequence))):
            codes = encoded(sequence.ljust(kernel.WORD, "N")).astype(np.int64)
            pieces = np.lib.stride_tricks.sliding_window_view(codes, kernel.WORD)
            pieces = pieces[(pieces < 4).all(axis=1)]
            found = pieces @ (4 ** np.arange(kernel.WORD - 1, -1, -1))
            own = 2 * loci.index(a.locus) + strand
            several.append(found[(words[found] >= 0) & (words[found] != own)])
            words[found] = own
    words[np.concatenate(several)] = -1
    return words
