"""The seal of an analysis plan: what a folder says of when the plan was fixed, and of what was known by then.

A seal holds a digest of the plan's canonical content (comments and layout are no part of it), that content, date, name,
role, and how many outcomes after treatment were in the folder. Each seal holds the digest of the one before it.

What it is not: an electronic signature or a time stamp. Whoever can write to the folder can write it all anew with
another date. It shows honest people that the plan is as it was, and what changed; to prove the date to others, send
`plan_digest` to somebody who keeps it: a registry, an ethics committee, a journal.

Cannot see: outcomes that were known to people and not in the folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from proband.core.provenance import Json, digest

MOST_CHANGES = 40
UNSEALED = (
    "There is an analysis plan and it is not sealed: nothing shows that it was fixed before the results were known."
)


class SealState(StrEnum):
    """Where a plan stands. Only `SEALED` and `RESEALED_WITH_REASON` were fixed before an outcome after treatment."""

    NO_PLAN = "no_plan"
    UNSEALED = "unsealed"
    SEALED = "sealed"
    RESEALED_WITH_REASON = "resealed_with_reason"
    CHANGED_AFTER_SEAL = "changed_after_seal"
    SEALED_AFTER_FIRST_OUTCOME = "sealed_after_first_outcome"
    RESEALED_AFTER_FIRST_OUTCOME = "resealed_after_first_outcome"
    PLAN_MISSING = "plan_missing"
    TAMPERED = "tampered"


FACTS = {
    SealState.NO_PLAN: "no_plan",
    SealState.UNSEALED: "unsealed",
    SealState.SEALED: "sealed",
    SealState.RESEALED_WITH_REASON: "resealed_before_outcome",
    SealState.CHANGED_AFTER_SEAL: "changed_after_seal",
    SealState.SEALED_AFTER_FIRST_OUTCOME: "sealed_after_outcome",
    SealState.RESEALED_AFTER_FIRST_OUTCOME: "resealed_after_outcome",
    SealState.PLAN_MISSING: "does_not_match",
    SealState.TAMPERED: "does_not_match",
}
"""The word that a line of evidence has for each state."""


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal. `treated_outcomes`: rows of the endpoint after a first dose that were in the folder when it was made.

    `previous` is the digest of the seal before it, empty for the first; `digest` is that of everything else here.
    """

    number: int
    sealed_on: date
    name: str
    role: str
    reason: str
    plan_digest: str
    content: str
    treated_outcomes: int
    previous: str
    digest: str = ""

    @property
    def made(self) -> str:
        """The digest that its content should have."""
        return digest(
            {
                "number": self.number, "date": self.sealed_on, "name": self.name, "role": self.role,
                "reason": self.reason, "plan_digest": self.plan_digest, "content": self.content,
                "treated_outcomes": self.treated_outcomes, "previous": self.previous,
            }
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class TreatedOutcomes:
    """Rows of the endpoint after a subject's first dose: how many, and the first of them.

    `on` is the earliest calendar date of any, from a column `date` of the table or from the date of day 0; `undated` of
    the rows have none. `doses`: whether any dose is in the folder at all; `first_dose_on`: the date of the first, None
    where that of any subject is not known. `endpoint_rows` counts rows of the endpoint at any time.
    """

    rows: int = 0
    subject: str = ""
    day: float | None = None
    file: str = ""
    on: date | None = None
    doses: bool = False
    endpoint_rows: int = 0
    undated: int = 0
    first_dose_on: date | None = None


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """What a folder says of its plan. `changed` names the keys that differ from the last seal."""

    state: SealState
    plan_digest: str
    seals: tuple[Seal, ...]
    outcomes: TreatedOutcomes
    changed: tuple[str, ...]
    fault: str
    sentences: tuple[str, ...]

    @property
    def fixed_before_outcomes(self) -> bool | None:
        """Whether the plan as it is was sealed before any outcome after treatment; None where that can not be told."""
        if self.state is SealState.TAMPERED:
            return None
        return self.state in (SealState.SEALED, SealState.RESEALED_WITH_REASON)


def plan_record(plan: Mapping[str, Json] | None, seals: Sequence[Seal], outcomes: TreatedOutcomes) -> PlanRecord:
    """The state of a plan from its content (None where there is no plan), its seals in order, and the outcomes.

    >>> plan_record(None, (), TreatedOutcomes()).state
    <SealState.NO_PLAN: 'no_plan'>
    >>> plan_record({"a": 1}, (), TreatedOutcomes()).sentences
    ('There is an analysis plan and it is not sealed: nothing shows that it was fixed before the results were known.',)
    """
    now = digest(plan) if plan is not None else ""
    fault = chain_fault(seals)
    changed: tuple[str, ...] = ()
    if seals and plan is not None and not fault:
        changed = differences(_content(seals[-1]), plan)
    state = _state(plan is not None, now, seals, outcomes, fault)
    return PlanRecord(
        state, now, tuple(seals), outcomes, changed, fault, _sentences(state, seals, outcomes, changed, fault)
    )


def chain_fault(seals: Sequence[Seal]) -> str:
    """What is wrong with a history of seals in words, or nothing."""
    before, last = "", date.min
    for n, seal in enumerate(seals, start=1):
        if seal.number != n:
            return f"seal {n} has the number {seal.number}: one was removed or added"
        if seal.previous != before:
            return f"seal {n} does not follow the one before it: one was removed, added or changed"
        if seal.digest != seal.made:
            return f"seal {n} does not have the digest of its content: it was changed after it was written"
        if _content_digest(seal) != seal.plan_digest:
            return f"seal {n} holds another plan than its digest says"
        if seal.sealed_on < last:
            return f"seal {n} is dated before the one before it"
        before, last = seal.digest, seal.sealed_on
    return ""


def after_first_outcome(seal: Seal, outcomes: TreatedOutcomes) -> bool:
    """Whether an outcome after treatment was there when a seal was made: in the folder, or by its date.

    An outcome on the day of the seal counts as earlier: which came first is not known.
    """
    return seal.treated_outcomes > 0 or (outcomes.on is not None and outcomes.on <= seal.sealed_on)


def unchanged_since(seals: Sequence[Seal], plan: Json, parts: Sequence[str] = ()) -> date | None:
    """The date of the earliest seal from which on all seals, and the plan as it is, agree in `parts`; None for none.

    `parts` are dotted keys; without any, the whole plan counts. A seal in between with another content ends it: what
    was changed and changed back has stood since it was changed back.

    >>> unchanged_since((), {"a": 1}) is None
    True
    """
    from proband.core.provenance import plain

    wanted, since = _parts(plain(plan), parts), None
    for seal in reversed(seals):
        if _parts(_content(seal), parts) != wanted:
            break
        since = seal.sealed_on
    return since


def _parts(plan: object, parts: Sequence[str]) -> list[object]:
    found = []
    for part in parts:
        value = plan
        for key in part.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        found.append(value)
    return found if parts else [plan]


def _state(there: bool, now: str, seals: Sequence[Seal], outcomes: TreatedOutcomes, fault: str) -> SealState:
    if not seals:
        return SealState.UNSEALED if there else SealState.NO_PLAN
    if fault:
        return SealState.TAMPERED
    if not there:
        return SealState.PLAN_MISSING
    if now != seals[-1].plan_digest:
        return SealState.CHANGED_AFTER_SEAL
    if after_first_outcome(seals[0], outcomes):
        return SealState.SEALED_AFTER_FIRST_OUTCOME
    if any(after_first_outcome(s, outcomes) for s in seals):
        return SealState.RESEALED_AFTER_FIRST_OUTCOME
    return SealState.SEALED if len(seals) == 1 else SealState.RESEALED_WITH_REASON


def _content(seal: Seal) -> Json:
    import json

    try:
        return json.loads(seal.content)
    except (ValueError, RecursionError):
        return None


def _content_digest(seal: Seal) -> str:
    import hashlib

    return hashlib.sha256(seal.content.encode("utf-8")).hexdigest()


def differences(before: Json, after: Json) -> tuple[str, ...]:
    """Keys whose values differ, with both values, at most 40 of them.

    >>> differences({"a": 1, "b": {"c": [1]}}, {"a": 2, "b": {"c": [1], "d": 3}})
    ('a: 1 became 2', 'b.d: nothing became 3')
    """
    from proband.core.provenance import plain

    found = list(_differences("", before, plain(after)))
    more = [f"and {len(found) - MOST_CHANGES} more"] if len(found) > MOST_CHANGES else []
    return (*found[:MOST_CHANGES], *more)


_ABSENT = object()


def _differences(at: str, before: object, after: object) -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            name = f"{at}.{key}" if at else str(key)
            yield from _differences(name, before.get(key, _ABSENT), after.get(key, _ABSENT))
    elif before != after:
        yield f"{at}: {_shown(before)} became {_shown(after)}"


def _shown(value: object) -> str:
    if value is _ABSENT:
        return "nothing"
    text = str(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _by(seal: Seal) -> str:
    return f"on {seal.sealed_on.isoformat()} by {seal.name} ({seal.role})"


def _sentences(
    state: SealState, seals: Sequence[Seal], outcomes: TreatedOutcomes, changed: Sequence[str], fault: str
) -> tuple[str, ...]:
    if state is SealState.NO_PLAN:
        return ("There is no analysis plan in the folder: any result here was made without one.",)
    if state is SealState.UNSEALED:
        return (UNSEALED,)
    if state is SealState.TAMPERED:
        return (f"The seal can not be trusted: {fault}. Results count as without a sealed plan.",)
    said = [f"The analysis plan was first sealed {_by(seals[0])}."]
    if after_first_outcome(seals[0], outcomes):
        said.append(_known(seals[0], outcomes))
    else:
        said.append("No outcome after treatment was in the folder by then.")
    for seal in seals[1:]:
        said.append(f"It was changed and sealed again {_by(seal)}; reason: {seal.reason}")
        if after_first_outcome(seal, outcomes) and not after_first_outcome(seals[0], outcomes):
            said.append(_known(seal, outcomes))
    if state is SealState.PLAN_MISSING:
        said.append("The plan itself is no longer in the folder; its sealed content is in the seal.")
    if state is SealState.CHANGED_AFTER_SEAL:
        said.append(f"It was changed since without a new seal: {'; '.join(changed)}.")
    if not outcomes.doses:
        said.append("No dose is in the folder, so that no outcome could be recognised as one after treatment.")
    elif not outcomes.endpoint_rows:
        said.append("No row of the endpoint is in the clinical tables, so that none could be recognised.")
    return tuple(said)


def _known(seal: Seal, outcomes: TreatedOutcomes) -> str:
    if seal.treated_outcomes:
        rows = f"{seal.treated_outcomes} row{'s' if seal.treated_outcomes != 1 else ''}"
        return f"When that was done, {rows} of the endpoint after treatment were already in the folder."
    on = outcomes.on.isoformat() if outcomes.on else ""
    return f"The first outcome after treatment is dated {on}, not later than that seal."
