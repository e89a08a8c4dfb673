"""Which studies are owed by modality and route, which of them was done, and which is argued away on what grounds.

The table is ``reference/nonclinical_by_route.toml``, with source and how it was read. An item is done where a study of
this product, or of one that is bridged, looked at it; argued away where the plan gives grounds and a document. A plan
without grounds, a study of another product, and silence leave it not known. Planned is not done.

Cannot see: whether an argument convinces, and studies owed for reasons that are not in the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from proband.core.evidence import Members
from proband.science.nonclinical.folder import NonclinicalFolder
from proband.science.nonclinical.plan_file import Prognosis
from proband.science.nonclinical.route_table import route_table, same_class
from proband.science.nonclinical.study_table import Study
from proband.science.nonclinical.terms import SAFETY_PHARMACOLOGY

DONE, ARGUED, NOT_DONE, NOT_KNOWN = "done", "argued_away", "not_done", "not_known"
NONE_OWED = "none_owed"


@dataclass(frozen=True, slots=True)
class Served:
    """What became of one item: done, argued_away, not_done or not_known, and in what words."""

    item: str
    state: str
    told: str


@dataclass(frozen=True, slots=True)
class Length:
    """Days of a toxicity study in hand and owed; `least` and `most` differ where the prognosis is not stated.

    `not_told`: other studies that could decide, whose days in life are not stated; `no_purpose`: studies that may be of
    toxicity; `not_dated`: the first dose has a date and the study has none, so that fewer may have been in hand then.
    """

    study: Study | None
    in_life: float | None
    least: float
    most: float
    standing: str
    told: str
    not_told: tuple[str, ...] = ()
    no_purpose: tuple[str, ...] = ()
    not_dated: bool = False

    @property
    def settled(self) -> bool:
        """Whether the days in hand are all that there can be: they suffice, or no other study may hold more."""
        if self.not_dated and self.in_life is not None and self.in_life >= self.least:
            return False
        return not self.not_told or (self.in_life is not None and self.in_life >= self.most)

    @property
    def owed(self) -> float | None:
        """Days owed: exact where prognosis or the days in hand settle it, else None."""
        if self.least == self.most:
            return self.most
        if self.in_life is not None and self.in_life >= self.most:
            return self.most
        return self.least if self.in_life is not None and self.in_life < self.least else None


def served(items: Iterable[str], folder: NonclinicalFolder, own: Sequence[str], route: str = "") -> tuple[Served, ...]:
    """What became of each item. A test of safety pharmacology counts on the class of `route` alone."""
    return tuple(_served(item, folder, own, route) for item in items)


def _served(item: str, folder: NonclinicalFolder, own: Sequence[str], route: str) -> Served:
    plan = next((i for i in folder.plan.item if i.item == item), None)
    looked = [s for s in folder.studies if s.looked_at(item)]
    if plan is not None and plan.study:
        looked += [s for s in folder.studies if s.id == plan.study and s not in looked]
    counted = [s for s in looked if folder.standing(s, own) in ("own", "bridged")]
    fits = [s for s in counted if item not in SAFETY_PHARMACOLOGY or same_class(s.route, route)]
    if fits:
        told = ", ".join(f"{s.id}{'' if folder.standing(s, own) == 'own' else ' (bridged)'}" for s in fits)
        return Served(item, DONE, f"looked at in {told}")
    if plan is not None and plan.argued:
        grounds, document = (" ".join(x.split()).rstrip(".") for x in (plan.grounds, plan.document))
        return Served(item, ARGUED, f"argued away: {grounds} ({document})")
    if plan is not None and plan.status in ("planned", "not_done"):
        return Served(item, NOT_DONE, "planned, not done" if plan.status == "planned" else "not done")
    if plan is not None and plan.status == "done" and not plan.study and plan.document.strip():
        return Served(item, DONE, f"done by {' '.join(plan.document.split())}, which stands in no table here")
    if plan is not None and plan.status == "argued_away":
        missing = [w for w, x in (("grounds", plan.grounds), ("a document", plan.document)) if not x.strip()]
        return Served(item, NOT_KNOWN, f"argued away without {' and '.join(missing)}, which is no argument")
    if counted:
        return Served(item, NOT_KNOWN, f"looked at by another route alone ({', '.join(s.id for s in counted)})")
    if looked:
        return Served(item, NOT_KNOWN, f"looked at with another or an unnamed product alone ({looked[0].id})")
    return Served(item, NOT_KNOWN, "nothing says that it was looked at")


def members(made: Iterable[Served], argued_counts: bool) -> Members:
    """Items by state: done is present, not done absent, else not known.

    `argued_counts`: an argument counts as present, for a rule that a person signs. Otherwise an item that is argued
    away is no longer owed and is left out.
    """
    held = list(made)
    yes = {DONE, ARGUED} if argued_counts else {DONE}
    return Members(
        tuple(s.item for s in held if s.state in yes),
        tuple(s.item for s in held if s.state == NOT_DONE),
        tuple(s.item for s in held if s.state == NOT_KNOWN),
    )


def toxicity_length(folder: NonclinicalFolder, own: Sequence[str], route: str) -> Length | None:
    """The longest toxicity study that may decide, with days in hand at the first dose, and days owed.

    Own studies on the class of the patient's route come first, then own ones by another route, then those of other
    products. None where no study of toxicity is entered.
    """
    tox = [s for s in folder.studies if "toxicity" in s.purpose]
    if not tox:
        return None
    ranked = sorted(tox, key=lambda s: (_standing_rank(s, folder, own, route), -(_in_hand(s, folder) or 0.0), s.id))
    best = ranked[0]
    least, most = _days_owed(folder.plan.prognosis)
    in_hand = _in_hand(best, folder)
    told = "not known" if in_hand is None else f"{in_hand:g}"
    standing = _length_standing(best, folder, own, route)
    silent = tuple(s.id for s in ranked if s is not best and _in_hand(s, folder) is None)
    same = {s.id for s in tox if _length_standing(s, folder, own, route) == standing}
    undated = folder.plan.human.first_dose_on is not None and best.started_on is None
    bare = tuple(s.id for s in folder.studies if not s.purpose)
    return Length(best, in_hand, least, most, standing, told, tuple(n for n in silent if n in same), bare, undated)


def _length_standing(s: Study, folder: NonclinicalFolder, own: Sequence[str], route: str) -> str:
    standing = folder.standing(s, own)
    if standing == "own" and route and not same_class(s.route, route):
        return "own_other_route"
    return standing


def _standing_rank(s: Study, folder: NonclinicalFolder, own: Sequence[str], route: str) -> int:
    order = ("own", "own_other_route", "bridged", "sibling", "not_stated")
    return order.index(_length_standing(s, folder, own, route))


def _in_hand(s: Study, folder: NonclinicalFolder) -> float | None:
    """In-life days at the first dose of the patient where both dates are known, else those that are stated."""
    first = folder.plan.human.first_dose_on
    if s.in_life_days is None or first is None or s.started_on is None:
        return s.in_life_days
    return min(s.in_life_days, float(max(0, (first - s.started_on).days)))


def _days_owed(prognosis: Prognosis) -> tuple[float, float]:
    """Least and most days that may be owed; a prognosis counts where it has a statement."""
    table = route_table()
    expected = prognosis.death_or_irreversible_harm_within_a_year
    if expected is None or (expected and not prognosis.statement.strip()):
        return table.days_by_prognosis, table.days
    return (table.days_by_prognosis,) * 2 if expected else (table.days,) * 2
