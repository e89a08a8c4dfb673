"""What ties a substitute readout to engagement in the tissue, by whom it was shown, and what follows for a patient.

Pairs of one marker and one origin (other patients, other variants, animals) give a correlation with its interval. They
tie the readout to the tissue when the interval lies on one side of 0; else nothing is linked and nothing is inferred.
A patient's own tissue reading is ``shown``; a prediction from the nearest link that holds is ``inferred``, in the order
other patients, other variants, animals (`surrogate`).

Cannot see: whether the relation holds for this patient, product and dose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proband.core.errors import ProgramError
from proband.core.quantity import Quantity
from proband.science.engagement.engagement_tables import LINKS, OWN
from proband.science.engagement.surrogate import LEAST_PAIRS, Relation, engagement, predict, relation
from proband.science.stated_number import LEVEL
from proband.science.transcript.rna_tables import Row

SCALES = ("identity", "logit")
"""Scales of readout and tissue: engagement is a fraction."""


@dataclass(frozen=True, slots=True)
class Link:
    """Pairs of one marker and origin: their relation, or the reason why there is none."""

    marker: str
    origin: str
    pairs: int
    relation: Relation | None
    reason: str
    sources: tuple[str, ...]

    @property
    def correlation(self) -> Quantity | None:
        """Pearson's r with Fisher's limits."""
        return self.relation.correlation() if self.relation is not None else None

    @property
    def holds(self) -> bool:
        """Whether the interval of the correlation lies on one side of 0."""
        q = self.correlation
        span = q.interval(LEVEL) if q is not None else None
        return span is not None and (span[0] > 0 or span[1] < 0)


@dataclass(frozen=True, slots=True)
class Inferred:
    """What is known of one patient's tissue by one marker."""

    marker: str
    subject: str
    word: str
    quantity: Quantity | None
    tissue: float | None
    reason: str
    origin: str


def links_of(rows: Sequence[Row]) -> list[Link]:
    """A link for each marker and origin that has pairs, in the order of the table and of `LINKS`."""
    made = []
    for marker in dict.fromkeys(r["marker"] for r in rows):
        for origin in LINKS:
            held = [r for r in rows if (r["marker"], r["from"]) == (marker, origin)]
            if held:
                made.append(_link(marker, origin, held))
    return made


def _link(marker: str, origin: str, rows: Sequence[Row]) -> Link:
    sources = tuple(dict.fromkeys(r["source"] for r in rows))
    found: Relation | None = None
    reason = ""
    try:
        found = relation([r["surrogate"] for r in rows], [r["tissue"] for r in rows], SCALES)
    except ProgramError as e:
        reason = f"{e.problems[0].found}, asked for: {e.problems[0].expected}"
    return Link(marker, origin, len(rows), found, reason, sources)


def inferred_of(rows: Sequence[Row], links: Sequence[Link]) -> list[Inferred]:
    """What follows for every patient of the program with a readout of a marker."""
    made = []
    for r in (r for r in rows if r["from"] == OWN):
        if r["tissue"] is not None:
            made.append(
                Inferred(r["marker"], r["subject"], "shown", None, r["tissue"], "read in the tissue itself", "")
            )
            continue
        link = next((x for x in links if x.marker == r["marker"] and x.holds), None)
        quantity: Quantity | None = None
        reason = f"no link by data holds: at least {LEAST_PAIRS} pairs with a correlation apart from 0 are needed"
        if link is not None and link.relation is not None:
            try:
                quantity = predict(link.relation, r["surrogate"])
            except ProgramError as e:
                reason = f"{e.problems[0].found}, asked for: {e.problems[0].expected}"
        known = engagement(None, quantity)
        origin = link.origin if link is not None and quantity is not None else ""
        said = known.reason if quantity is not None else reason
        made.append(Inferred(r["marker"], r["subject"], known.word, quantity, None, said, origin))
    return made
