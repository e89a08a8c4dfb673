"""Which lot served toxicology, clinic and stability, whether toxicology and clinic used the same one, and ancestry.

A use counts for this product where a lot of it served it; lots of other products are named beside. Toxicology and
clinic use the same lot where one lot served both; they share material where one lot is an ancestor of lots that served
each.

Cannot see: uses that nobody wrote down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from proband.core.evidence import Members
from proband.science.quality.lot_tables import Lot

ASKED = ("toxicology", "clinic", "stability")


@dataclass(frozen=True, slots=True)
class Served:
    """Lots by use, whether one lot served toxicology and clinic (yes, no, not_known), and material that both share."""

    uses: Mapping[str, tuple[str, ...]]
    of_others: Mapping[str, tuple[str, ...]]
    same_lot: str
    shared_material: tuple[str, ...]
    lots: int

    @property
    def members(self) -> Members:
        """The uses that were asked for: shown by a lot of this product, or not known."""
        there = tuple(u for u in ASKED if self.uses.get(u))
        return Members(there, (), tuple(u for u in ASKED if u not in there))

    @property
    def sentence(self) -> str:
        """Uses and the same-lot flag in words."""
        parts = [f"{u} {', '.join(self.uses[u]) if self.uses.get(u) else 'not told'}" for u in ASKED]
        same = {
            "yes": "toxicology and clinic used the same lot",
            "no": "toxicology and clinic used different lots",
            "not_known": "whether toxicology and clinic used the same lot is not known",
        }[self.same_lot]
        if self.same_lot == "no" and self.shared_material:
            same += f", made from the same {', '.join(self.shared_material)}"
        return f"Lots by use: {'; '.join(parts)}; {same}."


def ancestors(lots: Mapping[str, Lot], name: str) -> set[str]:
    """Every lot that one is made from, near and far; without itself.

    >>> sorted(ancestors({"a": Lot("a"), "b": Lot("b", ("a",)), "c": Lot("c", ("b",))}, "c"))
    ['a', 'b']
    """
    found: set[str] = set()
    open_ = list(lots[name].made_from) if name in lots else []
    while open_:
        parent = open_.pop()
        if parent not in found and parent in lots:
            found.add(parent)
            open_ += lots[parent].made_from
    found.discard(name)
    return found


def served(genealogy: Iterable[Lot], product: str) -> Served:
    """Which lots served which use, for one product. A lot without a product is its own where no lot
    is of another product; beside lots of others it is not known whose it is, and counts for none.

    >>> served([Lot("a", served=("toxicology", "clinic"))], "p").same_lot
    'yes'
    >>> served([Lot("a", served=("clinic",))], "p").same_lot
    'not_known'
    """
    lots = {x.id: x for x in genealogy}
    others_there = any(x.product not in ("", product) for x in lots.values())
    mine = [x for x in lots.values() if x.product == product or (not x.product and not others_there)]
    uses = {u: tuple(x.id for x in mine if u in x.served) for u in (*ASKED, "development", "reference", "other")}
    others = {u: tuple(x.id for x in lots.values() if x.product not in ("", product) and u in x.served) for u in ASKED}
    toxicology, clinic = set(uses["toxicology"]), set(uses["clinic"])
    same = "not_known" if not (toxicology and clinic) else "yes" if toxicology & clinic else "no"
    lines = [set.union(*(ancestors(lots, x) | {x} for x in part)) for part in (toxicology, clinic) if part]
    shared = tuple(sorted(set.intersection(*lines))) if len(lines) == 2 and same == "no" else ()
    return Served(uses, others, same, shared, len(mine))
