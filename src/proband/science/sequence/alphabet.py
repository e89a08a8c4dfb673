"""Letters of nucleotides and amino acids: IUPAC codes, complement, codon tables, translation.

Sources: nucleotide codes, Cornish-Bowden, Nucleic Acids Research 1985;13:3021-3030. Codon tables 1 (standard)
and 2 (vertebrate mitochondrial): NCBI, "The Genetic Codes". Amino acid codes: IUPAC-IUB 1983.

Cannot see: selenocysteine and pyrrolysine (UGA and UAG read as stops here), editing of the RNA, non-standard
decoding in particular organisms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from types import MappingProxyType

IUPAC: Mapping[str, str] = MappingProxyType(
    {
        "A": "A",
        "C": "C",
        "G": "G",
        "T": "T",
        "R": "AG",
        "Y": "CT",
        "S": "CG",
        "W": "AT",
        "K": "GT",
        "M": "AC",
        "B": "CGT",
        "D": "AGT",
        "H": "ACT",
        "V": "ACG",
        "N": "ACGT",
    }
)
"""Each nucleotide code with the bases that it stands for, in alphabetical order."""

_COMPLEMENT = str.maketrans("ACGTRYSWKMBDHVNacgtryswkmbdhvn", "TGCAYRSWMKVHDBNtgcayrswmkvhdbn")

THREE_LETTER: Mapping[str, str] = MappingProxyType(
    dict(
        zip(
            "ARNDCQEGHILKMFPSTWYV*X",
            "Ala Arg Asn Asp Cys Gln Glu Gly His Ile Leu Lys Met Phe Pro Ser Thr Trp Tyr Val Ter Xaa".split(),
            strict=True,
        )
    )
)
"""One-letter to three-letter amino acid codes; ``*`` is Ter, ``X`` is Xaa (not known)."""


@dataclass(frozen=True)
class CodonTable:
    """A genetic code: its number at NCBI, its name, and 64 residues in the order TTT, TTC, TTA, TTG, TCT, ..."""

    number: int
    name: str
    letters: str

    @cached_property
    def residues(self) -> dict[str, str]:
        """The residue of each of the 64 codons, ``*`` for a stop."""
        codons = ("".join(c) for c in product("TCAG", repeat=3))
        return dict(zip(codons, self.letters, strict=True))

    def residue(self, codon: str) -> str:
        """The residue of one codon of three letters, ``*`` for a stop, ``X`` where its letters leave it open.

        >>> STANDARD.residue("TAG"), STANDARD.residue("CTN"), STANDARD.residue("NAG")
        ('*', 'L', 'X')
        """
        known = self.residues.get(codon)
        return known if known is not None else _ambiguous_residue(self.number, codon)


STANDARD = CodonTable(1, "standard", "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG")
VERTEBRATE_MITOCHONDRIAL = CodonTable(
    2, "vertebrate mitochondrial", "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSS**VVVVAAAADDEEGGGG"
)
"""Differs from the standard table in four codons: TGA is Trp, ATA is Met, AGA and AGG are stops."""

CODON_TABLES: Mapping[int, CodonTable] = MappingProxyType({t.number: t for t in (STANDARD, VERTEBRATE_MITOCHONDRIAL)})


@lru_cache(maxsize=4096)
def _ambiguous_residue(table: int, codon: str) -> str:
    found = {CODON_TABLES[table].residues["".join(c)] for c in product(*(IUPAC.get(b, "ACGT") for b in codon))}
    return found.pop() if len(found) == 1 else "X"


def reverse_complement(sequence: str) -> str:
    """The other strand, read 5' to 3'; IUPAC codes and case are kept.

    >>> reverse_complement("ACGTRn")
    'nYACGT'
    """
    return sequence.translate(_COMPLEMENT)[::-1]


def complement(base: str) -> str:
    """The base that pairs with `base`, on the other strand.

    >>> complement("A")
    'T'
    """
    return base.translate(_COMPLEMENT)


def matches(code: str, base: str) -> bool:
    """Whether the IUPAC `code` of a pattern admits every base that `base` may be; N in `base` only fits N.

    Raises ``KeyError`` for a letter that is not an IUPAC code.

    >>> matches("R", "G"), matches("R", "C"), matches("R", "N")
    (True, False, False)
    """
    return set(IUPAC[base]) <= set(IUPAC[code])


def translate(sequence: str, table: CodonTable = STANDARD, *, to_stop: bool = False) -> str:
    """Residues of the complete codons of a coding sequence in capitals; an incomplete last codon is left out.

    `to_stop` ends before the first stop codon. A codon whose letters leave the residue open gives ``X``.

    >>> translate("ATGCAGTAGAA"), translate("ATGCAGTAGAA", to_stop=True)
    ('MQ*', 'MQ')
    """
    known, residue = table.residues, table.residue
    codons = (sequence[i : i + 3] for i in range(0, len(sequence) - 2, 3))
    protein = "".join([known.get(c) or residue(c) for c in codons])
    return protein.partition("*")[0] if to_stop else protein
