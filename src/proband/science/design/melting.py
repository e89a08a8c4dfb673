"""Melting temperature of a short duplex by nearest neighbours.

Parameters: Allawi and SantaLucia, Biochemistry 1997;36:10581-10594 (DNA on DNA, 1 M NaCl), read in public code that
tabulates them. Salt: SantaLucia, PNAS 1998;95:1460-1465, 0.368 (n - 1) ln [Na+] added to the entropy.

Cannot see: that a primer binding site is RNA on DNA (its absolute temperature differs; use these to compare lengths
at one site), modified nucleotides, magnesium, and structure of either strand.
"""

from __future__ import annotations

import math

GAS_CONSTANT = 1.987  # cal / (mol K)

# dinucleotide 5' to 3': (enthalpy in kcal/mol, entropy in cal/(mol K)); Allawi and SantaLucia 1997
_STACKS = {
    "AA": (-7.9, -22.2), "TT": (-7.9, -22.2), "AT": (-7.2, -20.4), "TA": (-7.2, -21.3),
    "CA": (-8.5, -22.7), "TG": (-8.5, -22.7), "GT": (-8.4, -22.4), "AC": (-8.4, -22.4),
    "CT": (-7.8, -21.0), "AG": (-7.8, -21.0), "GA": (-8.2, -22.2), "TC": (-8.2, -22.2),
    "CG": (-10.6, -27.2), "GC": (-9.8, -24.4), "GG": (-8.0, -19.9), "CC": (-8.0, -19.9),
}  # fmt: skip
_ENDS = {"A": (2.3, 4.1), "T": (2.3, 4.1), "G": (0.1, -2.8), "C": (0.1, -2.8)}  # initiation, same source


def melting_temperature(sequence: str, strand_nanomolar: float = 25.0, sodium_millimolar: float = 50.0) -> float:
    """Melting temperature in degrees Celsius of a sequence on its complement, both strands at one concentration.

    The correction for self-complementary strands is not made. Raises ``ValueError`` for fewer than two bases and
    for letters other than A, C, G, T.

    >>> round(melting_temperature("CGTTCCAAAGATGTGGGCATGAGCTTAC"), 2)  # Biopython's documented example
    60.32
    """
    if len(sequence) < 2 or not set(sequence) <= set("ACGT"):
        raise ValueError("two or more letters of A, C, G, T are needed")
    if strand_nanomolar <= 0 or sodium_millimolar <= 0:
        raise ValueError("concentrations must be above 0")
    parts = [_STACKS[sequence[i : i + 2]] for i in range(len(sequence) - 1)]
    parts += [_ENDS[sequence[0]], _ENDS[sequence[-1]]]
    enthalpy = sum(h for h, _ in parts)
    entropy = sum(s for _, s in parts) + 0.368 * (len(sequence) - 1) * math.log(sodium_millimolar * 1e-3)
    free = strand_nanomolar / 2 * 1e-9
    return 1000 * enthalpy / (entropy + GAS_CONSTANT * math.log(free)) - 273.15
