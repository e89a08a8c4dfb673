"""An empirical probability that a site which a test tube finds is also found in cells. A column, never a gate.

A logistic model with signs held to what is known (a mismatch never helps, a weaker PAM never helps) on the number,
places and kinds of mismatches, the PAM and the published CFD. It answers one question: of sites of SpCas9 that
CHANGE-seq found, which did GUIDE-seq find too, in T cells of one study (Lazzarotto et al., Nature Biotechnology
2020;38:1317-1327). Coefficients, their data and the held-out figures are in ``reference/offtarget_empirical.toml``; how
they were fitted is in `empirical_fit`, how well it does with guides held out in docs/explanation/off-target-scores.md.

Cannot see: bulges, chromatin, dose, other cells, other editors (a base editor edits in a window, it does not cut), and
whether a site is nominated at all. A site of low probability is a site to test, not one to drop.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from proband.science.offtarget.cfd import LENGTH, cfd, unscored
from proband.science.sequence.alphabet import complement

TABLE = "offtarget_empirical.toml"
MOST = 6
"""Most mismatches among the sites from which the model was learnt."""
FEATURES = (
    "mismatches", "mismatches_above_3", "mismatches_above_4",
    *(f"mismatch_at_{p}" for p in range(1, LENGTH + 1)),
    "wobble_pairs", "purine_pairs", "pam_nag", "pam_nga", "pam_other", "log_cfd",
)  # fmt: skip
SIGNS: Mapping[str, int] = {name: 1 if name in ("wobble_pairs", "log_cfd") else -1 for name in FEATURES}
"""The sign that the coefficient of a feature is held to. A G opposite T (wobble) is borne better than other
mismatches, two purines worse: Doench et al. 2016 and Hsu et al. 2013, recalled."""
SMALL_CFD = 1e-3
"""Added to CFD before its logarithm, as some published factors are 0; project's choice."""


@dataclass(frozen=True, slots=True)
class EmpiricalModel:
    """Intercept and coefficients by feature, on the log odds; `about` is the provenance as shipped."""

    intercept: float
    coefficients: Mapping[str, float]
    about: Mapping[str, Any]

    def log_odds(self, values: Sequence[float]) -> float:
        """The linear predictor of feature values in the order of `FEATURES`."""
        return self.intercept + sum(self.coefficients[n] * v for n, v in zip(FEATURES, values, strict=True))


@dataclass(frozen=True, slots=True)
class Empirical:
    """A probability, or None with the reason in words."""

    probability: float | None
    reason: str = ""


@cache
def load_model() -> EmpiricalModel:
    """The model that is shipped.

    >>> set(load_model().coefficients) == set(FEATURES)
    True
    """
    data = tomllib.loads(resources.files("proband.reference").joinpath(TABLE).read_text("utf-8"))
    return EmpiricalModel(data["intercept"], data["coefficient"], {k: v for k, v in data.items() if k != "coefficient"})


def features(spacer: str, protospacer: str, pam: str) -> tuple[float, ...]:
    """The features of a site without bulges, in the order of `FEATURES`; strings 5' to 3' in capitals, 20 and 3 bases.

    >>> f = features("GTCACCAATCCTGTCCCTAG", "ATCACCAATCCTGTCCCTAG", "TGG")
    >>> f[0], f[3], f[23]
    (1.0, 1.0, 1.0)
    """
    at = [i for i, (a, b) in enumerate(zip(spacer, protospacer, strict=True)) if a != b]
    pairs = [(spacer[i], complement(protospacer[i])) for i in at]
    wobble = sum(p in (("G", "T"), ("T", "G")) for p in pairs)
    purines = sum(a in "AG" and b in "AG" for a, b in pairs)
    count, tail = len(at), pam[1:]
    score = cfd(spacer, protospacer, pam).score
    assert score is not None  # 20 bases, three PAM letters, no bulge
    places = [0.0] * LENGTH
    for i in at:
        places[i] = 1.0
    return (
        float(count), float(max(0, count - 3)), float(max(0, count - 4)), *places, float(wobble), float(purines),
        float(tail == "AG"), float(tail == "GA"), float(tail not in ("GG", "AG", "GA")), math.log(score + SMALL_CFD),
    )  # fmt: skip


def empirical(
    spacer: str, protospacer: str, pam: str, pam_side: int = 3, model: EmpiricalModel | None = None
) -> Empirical:
    """The probability of an aligned site, or None with the reason why the model does not speak of it.

    Strings as for `cfd.cfd`: 5' to 3' on the guide's strand, ``-`` for a bulge, case does not matter.

    >>> spacer = "GGGGCCACTAGGGACAGGAT"
    >>> near, far = "GGGGCCACTAGGGACAGGAA", "AGGACCATTAGGGAAAGGAA"
    >>> empirical(spacer, near, "TGG").probability > empirical(spacer, far, "TGG").probability
    True
    >>> empirical(spacer, "-" + near[1:], "TGG").reason
    'the model was learnt from sites without bulges'
    """
    above, below, tail = spacer.upper().replace("U", "T"), protospacer.upper(), pam.upper()
    why = unscored(above, tail, pam_side)
    if why:
        return Empirical(None, why.replace("the published factors are", "the model is"))
    if "-" in above + below:
        return Empirical(None, "the model was learnt from sites without bulges")
    values = features(above, below, tail)
    if values[0] == 0:
        return Empirical(None, "the model was learnt from sites with one mismatch or more")
    if values[0] > MOST:
        return Empirical(None, f"the model was learnt from sites with at most {MOST} mismatches")
    odds = (model or load_model()).log_odds(values)
    return Empirical(1 / (1 + math.exp(-odds)))
