"""What doses are scaled by: species factors, body surface of a person, volumes of cerebrospinal fluid.

The factors of body surface (Km, kg/m2) are those of FDA's guidance of July 2005 on the starting dose. Body surface of
a person: Mosteller, sqrt(cm kg / 3600) m2 (N Engl J Med 1987;317:1098); Haycock, 0.024265 kg^0.5378 cm^0.3964 m2, made
for infants, children and adults (J Pediatr 1978;93:62-66). Volumes of cerebrospinal fluid stand in two sets, because
sources differ. How each number was read stands beside it in ``reference/nonclinical_scaling.toml``.

Cannot see: which basis fits a product; that is argued, not computed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Species:
    """A species: Km in kg/m2, and the body weights in kg for which it is meant."""

    name: str
    km: float
    range_kg: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume in mL with its source and how it was read."""

    ml: float
    source: str
    read_level: str


@dataclass(frozen=True, slots=True)
class Scaling:
    """The shipped table: species by name, other names, human factors, sets of volumes, volumes by age in days.

    `others` are species without a factor.
    """

    species: Mapping[str, Species]
    names: Mapping[str, str]
    others: frozenset[str]
    adult_km: float
    child_km: float
    surface_source: str
    csf: Mapping[str, Mapping[str, Volume]]
    csf_titles: Mapping[str, str]
    csf_by_age: tuple[tuple[float, float, Volume], ...]

    def canonical(self, name: str) -> str:
        """The species as the table names it, or the name itself where it is in no table.

        >>> scaling().canonical("Cynomolgus monkey"), scaling().canonical("sheep")
        ('monkey', 'sheep')
        """
        plain = " ".join(name.lower().replace("_", " ").split())
        return self.names.get(plain, plain.replace(" ", "_"))

    def csf_at(self, age_days: float) -> Volume | None:
        """The volume by age; None beyond the bands.

        >>> scaling().csf_at(214).ml
        135.0
        """
        return next((v for low, high, v in self.csf_by_age if low <= age_days < high), None)


@cache
def scaling() -> Scaling:
    """The shipped table.

    >>> scaling().species["rat"].km, scaling().csf["csf_volume"]["rat"].ml
    (6.0, 0.25)
    """
    raw = tomllib.loads((files("proband.reference") / "nonclinical_scaling.toml").read_text(encoding="utf-8"))
    species = {n: Species(n, s["km"], tuple(s["range_kg"])) for n, s in raw["species"].items()}
    names = {n.replace("_", " "): n for n in species}
    names |= {other: n for n, s in raw["species"].items() for other in s["also"]}
    csf = {
        key: {n: Volume(v["ml"], v["source"], v["read_level"]) for n, v in block.items() if n != "title"}
        for key, block in raw["csf"].items()
    }
    told = raw["csf_age_source"]
    ages = tuple(
        (float(a["from_days"]), float(a["to_days"]), Volume(a["ml"], told["document"], told["read_level"]))
        for a in raw["csf_age"]
    )
    others, human = frozenset(raw["other_species"]), raw["human"]
    titles = {key: block["title"] for key, block in raw["csf"].items()}
    return Scaling(
        species,
        names,
        others,
        human["adult_km"],
        human["child_km"],
        raw["surface_source"]["document"],
        csf,
        titles,
        ages,
    )


def mosteller(weight_kg: float, height_cm: float) -> float:
    """Body surface in m2 by Mosteller; both arguments above 0, else ``ValueError``.

    >>> round(mosteller(70, 175), 3)
    1.845
    """
    _positive(weight_kg, height_cm)
    return float((weight_kg * height_cm / 3600) ** 0.5)


def haycock(weight_kg: float, height_cm: float) -> float:
    """Body surface in m2 by Haycock; both arguments above 0, else ``ValueError``.

    >>> round(haycock(7.14, 66), 3)
    0.368
    """
    _positive(weight_kg, height_cm)
    return float(0.024265 * weight_kg**0.5378 * height_cm**0.3964)


def _positive(*values: float) -> None:
    if not all(v > 0 for v in values):
        raise ValueError(f"{values}: weight and height must be above 0")
