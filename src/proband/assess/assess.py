"""Findings = rules applied to evidence. Pure functions; no clock, no files, no numerics.

The order of questions for one criterion: does it apply, is it due, has anybody looked, what do the lines
say, and what did a person sign. Whatever is not known stays not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from proband.assess.combine import Combined, combine
from proband.assess.disagree import disagreements
from proband.assess.gaps import gap_of
from proband.assess.judgements import JudgementContext, judgement_for
from proband.assess.rollup import summaries
from proband.assess.shapes import COMPOSITE
from proband.assess.siblings import apart, said_of, with_siblings
from proband.core.criterion import Criterion, Framework, Test
from proband.core.evidence import Evidence
from proband.core.finding import (
    Finding,
    Findings,
    Judgement,
    MachineResult,
    Reason,
    Statement,
    ThresholdUsed,
    Verdict,
)
from proband.core.program import PlatformLink, Program, Threshold
from proband.core.provenance import InputFile


@dataclass(frozen=True)
class Context:
    """What the rules may know beside the evidence.

    `facets` are the stated properties of the program; `lacks` says, by trait, why a modality is without it;
    `failed` names the kinds whose analysis broke, with the message; `files` are the input digests.
    """

    facets: Mapping[str, tuple[str, ...]]
    lacks: Mapping[str, str] = field(default_factory=dict)
    stage_program: Program | None = None
    thresholds: tuple[Threshold, ...] = ()
    statements: tuple[Statement, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    files: tuple[InputFile, ...] = ()


def assess(evidence: Iterable[Evidence], framework: Framework, context: Context) -> Findings:
    """One finding per criterion of the framework, and the roll-up of its elements.

    Composites come last: they read the findings of their parts, signatures and all.
    """
    lines = tuple(evidence)
    found: dict[str, Finding] = {}
    composites = [c for c in framework.criteria if c.test and c.test.shape in COMPOSITE]
    for c in (c for c in framework.criteria if c not in composites):
        found[c.id] = _finding(c, *_machine(c, lines, context), relevant(c, framework, lines), framework, context)
    for c in composites:
        assert c.test is not None
        parts = [found[p] for p in c.test.arguments["criteria"] if p in found]
        machine, combined = _composite(c, c.test, parts, context)
        found[c.id] = _finding(c, machine, combined, relevant(c, framework, lines), framework, context)
    items = tuple(found[c.id] for c in framework.criteria)
    return Findings(framework.id, framework.stamp, items, summaries(framework, items), disagreements(lines))


def relevant(criterion: Criterion, framework: Framework, lines: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The lines of the kinds that a criterion needs; of a composite, those of its parts."""
    needs = set(criterion.needs)
    if criterion.test and criterion.test.shape in COMPOSITE:
        needs |= {k for p in criterion.test.arguments["criteria"] if p in framework for k in framework[p].needs}
    return tuple(e for e in lines if e.kind in needs)


def _excluded(c: Criterion, context: Context) -> str:
    """Why a criterion does not apply, or an empty text. A facet that is not stated never excludes."""
    for facet, allowed in c.applies_to.items():
        stated = context.facets.get(facet)
        if stated is None or set(stated) & set(allowed):
            continue
        if facet == "modality":
            said = [context.lacks[a] for a in allowed if a in context.lacks]
            if said:
                return said[0]
        names = " or ".join(a.replace("_", " ") for a in allowed)
        shown = " and ".join(s.replace("_", " ") for s in stated[:1] if s) or "other"
        return f"It applies where the {facet.replace('_', ' ')} is {names}; this program states {shown}."
    return ""


def _machine(c: Criterion, lines: Sequence[Evidence], context: Context) -> tuple[MachineResult, Combined]:
    """What the rule alone says of one criterion."""
    mine = tuple(e for e in lines if e.kind in c.needs)
    early = _before_looking(c, context)
    if early:
        return early, Combined(neutral=_ids(mine))
    if c.test is None:
        if c.who == "person":
            return _not_assessed(Reason.NEEDS_PERSON, "A person must answer this."), Combined(neutral=_ids(mine))
        return _not_assessed(Reason.BEYOND_TOOL, c.beyond), Combined(neutral=_ids(mine))
    if c.test.shape == "person":
        return _not_assessed(Reason.NEEDS_PERSON, "A person must answer this."), Combined(neutral=_ids(mine))
    arguments = threshold_in_force(c, context)[0]
    if arguments is None:
        said = "No limit is defined for what this program states."
        return _not_assessed(Reason.NO_DATA, said), Combined(neutral=_ids(mine))
    own, siblings = apart(mine, _link(context))
    combined = with_siblings(combine(c.test, arguments, own, _declared(c.test, context)), siblings)
    if combined.outcome is None:
        broken = [context.failed[k] for k in c.needs if k in context.failed]
        if broken:
            return _not_assessed(Reason.ANALYSIS_FAILED, broken[0]), combined
        return _not_assessed(Reason.NO_DATA, "No evidence in the program folder answers this."), combined
    o = combined.outcome
    broken = [context.failed[k] for k in c.needs if k in context.failed]
    if broken and o.verdict is Verdict.SUPPORTED:
        said = f"{o.detail}; but what a broken analysis would have said is not known ({broken[0]})"
        return MachineResult(Verdict.INSUFFICIENT, Reason.INCOMPLETE, said, None, combined.member), combined
    return MachineResult(o.verdict, o.reason, o.detail, o.probability, combined.member), combined


def _link(context: Context) -> PlatformLink | None:
    return context.stage_program.platform if context.stage_program else None


def _declared(test: Test, context: Context) -> tuple[str, ...]:
    """The members of a test of each one that the program itself names."""
    program = context.stage_program
    if program is None:
        return ()
    if test.for_each == "patient":
        return tuple(p.id for p in program.patients)
    return tuple(v.id for v in program.variants if v.role == "target") if test.for_each == "variant" else ()


def _before_looking(c: Criterion, context: Context) -> MachineResult | None:
    why = _excluded(c, context)
    if why:
        return MachineResult(Verdict.NOT_APPLICABLE, Reason.EXCLUDED, why)
    program = context.stage_program
    if c.due and program and not program.stage.reached(c.due):
        stage = program.stage.replace("_", " ")
        return _not_assessed(
            Reason.NOT_YET_DUE, f"Due from the stage '{c.due.replace('_', ' ')}'; the program is at '{stage}'."
        )
    return None


def _not_assessed(reason: Reason, detail: str) -> MachineResult:
    return MachineResult(Verdict.NOT_ASSESSED, reason, detail)


def _ids(lines: Iterable[Evidence]) -> tuple[str, ...]:
    return tuple(e.id for e in lines)


def threshold_in_force(c: Criterion, context: Context) -> tuple[dict[str, object] | None, ThresholdUsed | None]:
    """The arguments of a test with the threshold in force, and whose number it is.

    The sponsor's own number, fixed in the program with date and reason, comes first where the rule leaves it
    to the sponsor; the framework's number is the fallback. None when ``threshold_by`` has no entry for what
    the program states.
    """
    test = c.test
    assert test is not None
    arguments: dict[str, object] = dict(test.arguments)
    if not {"threshold", "threshold_by"} & set(arguments):
        return arguments, None
    quantity = arguments["quantity"]
    names = [quantity] if isinstance(quantity, str) else list(quantity)  # type: ignore[call-overload]
    unit = str(arguments["unit"])
    if arguments.get("sponsor_sets"):
        for t in context.thresholds:
            if t.criterion == c.id and t.quantity in names:
                arguments["threshold"] = t.value
                arguments["quantity"] = t.quantity
                return arguments, ThresholdUsed(
                    t.quantity, t.value, unit, test.confidence, "sponsor", t.because, t.set_on
                )
    by = arguments.get("threshold_by")
    if isinstance(by, Mapping):
        limit = _limit_by(by, test.shape, context)
        if limit is None and "threshold" not in arguments:
            return None, None
        arguments["threshold"] = arguments.get("threshold") if limit is None else limit
    value = arguments["threshold"]
    if isinstance(value, Mapping):
        return arguments, None
    assert isinstance(value, (int, float))
    return arguments, ThresholdUsed(" or ".join(names), float(value), unit, test.confidence, test.basis, test.because)


def _limit_by(by: Mapping[str, Mapping[str, float]], shape: str, context: Context) -> float | None:
    """The strictest limit over everything that the program states of the named facets."""
    limits = [table[value] for facet, table in by.items() for value in context.facets.get(facet, ()) if value in table]
    strictest = max if shape == "at_least" else min
    return strictest(limits) if limits else None


def _composite(c: Criterion, test: Test, parts: Sequence[Finding], context: Context) -> tuple[MachineResult, Combined]:
    """all_of and any_of over other findings, in three-valued logic: what is not known stays not known."""
    early = _before_looking(c, context)
    if early:
        return early, Combined()
    applicable = [f for f in parts if f.verdict is not Verdict.NOT_APPLICABLE]
    if not applicable:
        return MachineResult(Verdict.NOT_APPLICABLE, Reason.EXCLUDED, "None of its parts applies."), Combined()
    combined = Combined(
        None,
        _ids_of(f.evidence_for for f in applicable),
        _ids_of(f.evidence_against for f in applicable),
        _ids_of(f.evidence_neutral for f in applicable),
    )
    decisive, needed = (
        (Verdict.CONTRADICTED, Verdict.SUPPORTED)
        if test.shape == "all_of"
        else (Verdict.SUPPORTED, Verdict.CONTRADICTED)
    )
    listed = ", ".join(f"{f.id} {f.verdict.replace('_', ' ')}" for f in applicable)
    verdicts = [f.verdict for f in applicable]
    if decisive in verdicts:
        return MachineResult(decisive, Reason.NONE, listed), combined
    if all(v is needed for v in verdicts):
        return MachineResult(needed, Reason.NONE, listed), combined
    if all(v is Verdict.NOT_ASSESSED for v in verdicts):
        return _not_assessed(Reason.NO_DATA, listed), combined
    return MachineResult(Verdict.INSUFFICIENT, Reason.INCOMPLETE, listed), combined


def _ids_of(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for group in groups for i in group))


def _finding(
    c: Criterion,
    machine: MachineResult,
    combined: Combined,
    mine: Sequence[Evidence],
    framework: Framework,
    context: Context,
) -> Finding:
    used = None
    if c.test and {"threshold", "threshold_by"} & set(c.test.arguments):
        used = threshold_in_force(c, context)[1]
    judgement = judgement_for(
        c, JudgementContext(framework.id, tuple(e.id for e in mine), context.files, context.statements)
    )
    machine = _not_beforehand(machine, used, mine)
    verdict, reason, detail = _with_signature(c, machine, judgement)
    if judgement and not judgement.stale_because and machine.verdict is not Verdict.NOT_ASSESSED:
        judgement = replace(judgement, overrules=judgement.statement.verdict is not machine.verdict)
    flags = _flags(c, machine, judgement, used, mine, context)
    finding = Finding(
        id=c.id,
        element=c.element,
        title=c.title,
        stamp=c.stamp,
        verdict=verdict,
        reason=reason,
        detail=detail,
        probability=machine.probability,
        evidence_for=combined.supporting,
        evidence_against=combined.disputing,
        evidence_neutral=combined.neutral,
        machine=machine,
        judgement=judgement,
        threshold=used,
        flags=tuple(dict.fromkeys(flags)),
    )
    return replace(finding, gap=gap_of(c, finding, context.facets.get("modality", ())))


def _not_beforehand(machine: MachineResult, used: ThresholdUsed | None, mine: Sequence[Evidence]) -> MachineResult:
    """A number that the sponsor fixed after a result was known can not support: it was not fixed beforehand."""
    dates = [e.observed_on for e in mine if e.observed_on]
    late = used and used.basis == "sponsor" and used.set_on and dates and used.set_on > min(dates)
    if not late or machine.verdict is not Verdict.SUPPORTED:
        return machine
    said = f"{machine.detail}; but the limit is dated after a result was known"
    return replace(machine, verdict=Verdict.INSUFFICIENT, reason=Reason.QUALITY, detail=said, probability=None)


def _with_signature(c: Criterion, machine: MachineResult, judgement: Judgement | None) -> tuple[Verdict, Reason, str]:
    """The verdict after any person's judgement.

    A positive result of a rule that needs a signature waits for it; a negative one, or one that looked and
    could not say, stands until a person overrules it in writing. When a judgement lapses, a positive result does
    not come back by itself: somebody had thought otherwise, or had signed for what is no longer there.
    """
    if judgement and not judgement.stale_because:
        s = judgement.statement
        return s.verdict, Reason.JUDGED, f"Judged by {s.name}, {s.role}, on {s.signed_on}."
    stands = machine.verdict in (Verdict.CONTRADICTED, Verdict.INSUFFICIENT, Verdict.NOT_APPLICABLE)
    if judgement and not stands:
        return Verdict.NOT_ASSESSED, Reason.STALE_STATEMENT, f"The judgement lapsed: {judgement.stale_because}."
    if c.signed and machine.verdict is Verdict.SUPPORTED:
        said = f"The rule is met ({machine.detail}); a person must sign before it counts."
        return Verdict.NOT_ASSESSED, Reason.NEEDS_PERSON, said
    return machine.verdict, machine.reason, machine.detail


def _flags(
    c: Criterion,
    machine: MachineResult,
    judgement: Judgement | None,
    used: ThresholdUsed | None,
    mine: Sequence[Evidence],
    context: Context,
) -> list[str]:
    flags = []
    looked = machine.verdict in (Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.INSUFFICIENT)
    dates = [e.observed_on for e in mine if e.observed_on]
    if looked and used and used.basis == "sponsor" and used.set_on:
        if dates and used.set_on > min(dates):
            flags.append(f"The threshold is dated {used.set_on}, after a result of {min(dates)}.")
        elif mine and not dates:
            flags.append("Whether the threshold was fixed before the result can not be seen: no line is dated.")
    elif looked and used and c.test and c.test.arguments.get("sponsor_sets"):
        flags.append("The program fixed no threshold of its own; the framework's fallback number is used.")
    if judgement and judgement.stale_because:
        flags.append(f"A judgement by {judgement.statement.name} lapsed: {judgement.stale_because}.")
    if judgement and judgement.overrules:
        flags.append(f"A person overruled the rule, which says: {machine.verdict.replace('_', ' ')}.")
    siblings = apart(mine, _link(context))[1]
    if siblings and looked:
        flags.append(f"{said_of(siblings)}: shown, and not counted for this version.")
    broken = [context.failed[k] for k in c.needs if k in context.failed]
    if broken and machine.reason is not Reason.ANALYSIS_FAILED:
        flags.append(f"An analysis for this broke: {broken[0]}")
    return flags
