"""CFD: how much of its cutting SpCas9 is expected to keep at a site, by the published factors. A column, never a gate.

The score is the product of one factor for each mismatch (by pair of bases and position) and one for the last two PAM
letters: Doench et al., Nature Biotechnology 2016;34:184-191 (table in ``reference/cfd_doench2016.toml``). The published
score has no bulges. The extension to them is OURS and not validated: a bulge base counts the mean of the twelve factors
of its position; it stands in a column of its own, so that no reader takes it for the published score.

Cannot see: chromatin, dose, time, other nucleases than SpCas9, spacers that are not 20 bases long. It is a rank, not a
probability; measured ranks are in docs/explanation/off-target-scores.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from proband.science.sequence.alphabet import complement

TABLE = "cfd_doench2016.toml"
LENGTH = 20
"""Bases of the spacers for which factors were published."""


@dataclass(frozen=True, slots=True)
class CfdTable:
    """The published factors: `mismatch` by pair such as ``rA:dC``, 20 by position; `pam` by its last two letters."""

    mismatch: Mapping[str, tuple[float, ...]]
    pam: Mapping[str, float]

    def mean(self, position: int) -> float:
        """The mean of the twelve mismatch factors of a position, 0-based from the PAM-distal end."""
        return sum(values[position] for values in self.mismatch.values()) / len(self.mismatch)


@dataclass(frozen=True, slots=True)
class Cfd:
    """A score from 0 to 1, or None with the reason in words; `extended` holds the extension where there are bulges."""

    score: float | None
    extended: float | None = None
    reason: str = ""


@cache
def load_cfd() -> CfdTable:
    """The factors that are shipped.

    >>> load_cfd().pam["AG"], load_cfd().mismatch["rA:dA"][0]
    (0.259259259, 1.0)
    """
    data = tomllib.loads(resources.files("proband.reference").joinpath(TABLE).read_text("utf-8"))
    return CfdTable({k: tuple(v) for k, v in data["mismatch"].items()}, data["pam"])


def unscored(spacer: str, pam: str, pam_side: int) -> str:
    """Why the scores of SpCas9 do not speak of a guide; "" where they do.

    >>> unscored("ACGT", "AGG", 3)
    'the published factors are for spacers of 20 bases'
    """
    if pam_side != 3 or len(pam) != 3:
        return "the published factors are for SpCas9: three PAM letters on the 3' side"
    if len(spacer.replace("-", "")) != LENGTH:
        return "the published factors are for spacers of 20 bases"
    return ""


def cfd(spacer: str, protospacer: str, pam: str, pam_side: int = 3) -> Cfd:
    """The CFD score of an aligned site; both strings 5' to 3' on the guide's strand, ``-`` for a bulge.

    `spacer` has ``-`` opposite a DNA bulge, `protospacer` opposite an RNA bulge; case does not matter; `pam` is the
    site's PAM. Raises ``ValueError`` for strings that are not of one length or hold other letters.
    Source: Doench et al. 2016; with bulges `score` is None and `extended` is our own extension.

    >>> site = "GTCACCAATCCTGTCCCTAG"
    >>> cfd(site, site, "TGG").score, round(cfd(site, "A" + site[1:], "TGG").score, 3)
    (1.0, 0.9)
    """
    above, below, tail = spacer.upper().replace("U", "T"), protospacer.upper(), pam.upper()
    if len(above) != len(below) or not set(above + below) <= set("ACGT-") or not set(tail) <= set("ACGT"):
        raise ValueError("an alignment is two strings of one length, of A, C, G, T and -, and a PAM of A, C, G, T")
    why = unscored(above, tail, pam_side)
    if why:
        return Cfd(None, None, why)
    table = load_cfd()
    product, position, bulges = table.pam[tail[1:]], 0, False
    for letter, base in zip(above, below, strict=True):
        if "-" in (letter, base):
            bulges = True
            product *= table.mean(min(position, LENGTH - 1))
        elif letter != base:
            product *= table.mismatch[f"r{letter.replace('T', 'U')}:d{complement(base)}"][position]
        position += letter != "-"
    if bulges:
        return Cfd(None, product, "the published score has no bulges; the extension is ours and not validated")
    return Cfd(product)
