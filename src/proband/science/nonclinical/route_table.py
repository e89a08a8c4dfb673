"""The shipped table of what is owed by modality and route, with how each row was read.

Cannot see: what is owed for reasons that the table does not hold.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class OwedRow:
    """A row of the table: items owed of a trait on a class of routes, with source, how it was read, and why."""

    trait: str
    route_class: str
    items: tuple[str, ...]
    source: str
    read_level: str
    because: str


@dataclass(frozen=True, slots=True)
class RouteTable:
    """The shipped table: classes of routes, rows, days owed of a toxicity study (usual, by prognosis) and why."""

    classes: Mapping[str, tuple[str, ...]]
    titles: Mapping[str, str]
    rows: tuple[OwedRow, ...]
    days: float
    days_by_prognosis: float
    length_because: str

    def class_of(self, route: str) -> str:
        """The class of a route; empty where it is in none.

        >>> route_table().class_of("intrathecal"), route_table().class_of("inhaled")
        ('direct_cns', '')
        """
        return next((name for name, routes in self.classes.items() if route in routes), "")

    def row(self, trait: str, route: str, item: str = "") -> OwedRow | None:
        """The row of a trait for a route, of those that hold an item where one is named; None where there is none.

        >>> route_table().row("oligonucleotide", "intravitreal").items
        ()
        """
        at = self.class_of(route)
        held = [r for r in self.rows if r.trait == trait and r.route_class in ("any", at)]
        return next((r for r in held if not item or item in r.items), None)


@cache
def route_table() -> RouteTable:
    """The shipped table.

    >>> route_table().row("oligonucleotide", "intravenous").items
    ('heart', 'nerve', 'breathing')
    """
    raw = tomllib.loads((files("proband.reference") / "nonclinical_by_route.toml").read_text(encoding="utf-8"))
    rows = tuple(
        OwedRow(r["trait"], r["route_class"], tuple(r["items"]), r["source"], r["read_level"], r["because"])
        for r in raw["owed"]
    )
    length = raw["toxicity_length"]
    return RouteTable(
        {n: tuple(c["routes"]) for n, c in raw["route_class"].items()},
        {n: c["title"] for n, c in raw["route_class"].items()}, rows, float(length["days"]),
        float(length["days_if_death_or_irreversible_harm_within_a_year"]), length["because"],
    )  # fmt: skip


def same_class(one: str, other: str) -> bool:
    """Whether two routes are the same, or of one class of the table.

    >>> same_class("intrathecal", "intracerebroventricular"), same_class("inhaled", "topical_skin")
    (True, False)
    """
    table = route_table()
    return one == other or (table.class_of(one) == table.class_of(other) != "")
