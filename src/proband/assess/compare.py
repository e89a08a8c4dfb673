"""Two rule sets or two runs: which texts changed, which verdicts moved, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from proband.core.criterion import Criterion, Framework
from proband.core.finding import Findings
from proband.core.provenance import plain


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One part of a criterion as it was and as it is."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class TextChange:
    """A criterion that was added, removed or changed between two rule sets."""

    criterion: str
    title: str
    change: str
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """What a run says of one criterion, as far as two runs can be compared."""

    title: str
    outcome: str
    stamp: str
    evidence: tuple[str, ...]
    judgement: str
    threshold: str
    detail: str = ""


@dataclass(frozen=True)
class Snapshot:
    """The findings of one run, from memory or from a ``dossier.json``; `name` is how people call it."""

    name: str
    framework: str
    rows: Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class Move:
    """A verdict that differs between two runs, and what differs that may explain it."""

    criterion: str
    title: str
    before: str
    after: str
    because: tuple[str, ...]


def framework_changes(a: Framework, b: Framework) -> tuple[TextChange, ...]:
    """The criteria whose text, source, test or cases differ, with each part that does."""
    before, after = ({c.id: c for c in f.criteria} for f in (a, b))
    changes = []
    for name in [*before, *(n for n in after if n not in before)]:
        if name not in after:
            changes.append(TextChange(name, before[name].title, "removed"))
        elif name not in before:
            changes.append(TextChange(name, after[name].title, "added"))
        elif before[name].stamp != after[name].stamp:
            changes.append(TextChange(name, after[name].title, "changed", _fields(before[name], after[name])))
    return tuple(changes)


def _fields(a: Criterion, b: Criterion) -> tuple[FieldChange, ...]:
    changed = []
    for f in fields(Criterion):
        if f.name in ("id", "reviewed"):
            continue
        old, new = plain(getattr(a, f.name)), plain(getattr(b, f.name))
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            keys = [k for k in (*old, *(k for k in new if k not in old)) if old.get(k) != new.get(k)]
            changed += [FieldChange(f"{f.name}.{k}", _shown(old.get(k)), _shown(new.get(k))) for k in keys]
        else:
            changed.append(FieldChange(f.name, _shown(old), _shown(new)))
    return tuple(changed)


def _shown(value: Any) -> str:
    text = " ".join(str("nothing" if value in (None, "", [], {}) else value).split())
    return text if len(text) <= 300 else text[:297] + "..."


def snapshot(name: str, findings: Findings) -> Snapshot:
    """The findings of a run in the form that is compared."""
    rows = {}
    for f in findings:
        t = f.threshold
        rows[f.id] = Row(
            f.title,
            f.outcome,
            f.stamp,
            tuple(sorted((*f.evidence_for, *f.evidence_against, *f.evidence_neutral))),
            f"{f.judgement.statement.file} ({f.judgement.stale_because or 'in force'})" if f.judgement else "",
            f"{t.value:g} {t.unit} ({t.basis})" if t else "",
            f.detail,
        )
    return Snapshot(name, findings.framework, rows)


def snapshot_of_file(name: str, dossier: Mapping[str, Any]) -> Snapshot:
    """The findings of a ``dossier.json``; raises ``ValueError`` when it is not one."""
    try:
        rows = {f["id"]: _row(f) for f in dossier["findings"]}
        return Snapshot(name, str(dossier["framework"]["id"]), rows)
    except (KeyError, TypeError, AttributeError) as e:
        raise ValueError(f"not a dossier.json of proband: {e}") from None


def _row(f: Mapping[str, Any]) -> Row:
    reason, t, j = f["reason"], f.get("threshold"), f.get("judgement")
    return Row(
        f["title"],
        f"{f['verdict']}: {reason}" if reason else str(f["verdict"]),
        f["stamp"],
        tuple(sorted((*f["evidence_for"], *f["evidence_against"], *f["evidence_neutral"]))),
        f"{j['statement']['file']} ({j['stale_because'] or 'in force'})" if j else "",
        f"{t['value']:g} {t['unit']} ({t['basis']})" if t else "",
        str(f.get("detail", "")),
    )


def moves(a: Snapshot, b: Snapshot) -> tuple[Move, ...]:
    """The criteria of both runs whose verdict or reason differs, in the order of the first."""
    return tuple(
        Move(name, b.rows[name].title, old.outcome, b.rows[name].outcome, _because(old, b.rows[name]))
        for name, old in a.rows.items()
        if name in b.rows and old.outcome != b.rows[name].outcome
    )


def _because(a: Row, b: Row) -> tuple[str, ...]:
    reasons = []
    if a.stamp != b.stamp:
        reasons.append("the criterion's text or test differs")
    if a.threshold != b.threshold:
        reasons.append(f"the number it is held against was {a.threshold or 'none'} and is {b.threshold or 'none'}")
    gone, new = len(set(a.evidence) - set(b.evidence)), len(set(b.evidence) - set(a.evidence))
    if gone or new:
        reasons.append(f"{gone} lines of evidence are gone and {new} are new")
    if a.judgement != b.judgement:
        reasons.append(f"the judgement was {a.judgement or 'none'} and is {b.judgement or 'none'}")
    if a.detail != b.detail:
        reasons.append(f"it said '{_shown(a.detail)}' and says '{_shown(b.detail)}'")
    return tuple(reasons)


def only_in(a: Snapshot, b: Snapshot) -> Sequence[str]:
    """Criteria of the first run that the second does not have."""
    return [name for name in a.rows if name not in b.rows]
