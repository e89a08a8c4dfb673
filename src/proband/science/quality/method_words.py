"""An assay's record and its recomputed limits in sentences, and which stated limits its replicates give.

Cannot see: more than the record and the tables hold.
"""

from __future__ import annotations

from collections.abc import Sequence

from proband.core.evidence import Members
from proband.science.quality.assay_limits import AssayLimit
from proband.science.quality.detection_study import Study, disagreements
from proband.science.quality.identity import Compared
from proband.science.quality.method_file import Method, stated
from proband.science.quality.method_range import NOT_KNOWN as NOT_HELD
from proband.science.quality.method_range import OUTSIDE, Ranged


def record_words(m: Method) -> str:
    """What is stated of a method.

    >>> record_words(Method(id="m1", attribute="purity", technique="HPLC"))[:50]
    'm1 (purity, HPLC): stage not stated. Not written: '
    """
    told = stated(m)
    words = [f"{m.id} ({m.attribute}, {m.technique}): stage {m.stage.replace('_', ' ')}"]
    if m.range is not None:
        ends = (f"{x:g}" if x is not None else "not stated" for x in (m.range.low, m.range.high))
        words[0] += f", validated range {' to '.join(ends)} {m.range.unit}"
    for said, names in (("Stated", told.present), ("Not done", told.absent), ("Not written", told.unknown)):
        if names:
            words.append(f"{said}: {', '.join(names).replace('_', ' ')}")
    return ". ".join(words) + "."


def ranged_words(ranged: Sequence[Ranged]) -> str:
    """How many values lie outside the range of their method, and the first of them."""
    outside = [r for r in ranged if r.state == OUTSIDE]
    unknown = sum(r.state == NOT_HELD for r in ranged)
    said = f"Of {len(ranged)} reported values {len(outside)} lie outside its range, {unknown} could not be held to it."
    return said + "".join(f" {r.reported.name}: {r.because}." for r in outside[:5])


def identity_words(compared: Sequence[Compared], near: tuple[str, int] | None, tests: int, siblings: int) -> str:
    """What identity methods tell apart, the nearest sibling first.

    >>> identity_words([], ("b", 1), 1, 2)
    '1 identity method, 2 siblings. The nearest sibling, b, differs in 1 letter.'
    """
    said = [f"{tests} identity method{'s' if tests != 1 else ''}, {siblings} sibling{'s' if siblings != 1 else ''}."]
    if near is not None:
        said.append(f"The nearest sibling, {near[0]}, differs in {near[1]} letter{'s' if near[1] != 1 else ''}.")
    said += [f"{c.method} against {c.sibling}: {c.state.replace('_', ' ')} ({c.because})." for c in compared[:12]]
    return " ".join(said)


def study_words(made: Study) -> list[str]:
    """What the replicates give, in sentences."""
    said = []
    for what, limit in (("blank", made.blank), ("detection", made.detection)):
        if limit is not None:
            said.append(_limit_words(what, limit, made.unit))
    for lot, p in made.probit:
        if p.value is None:
            said.append(f"Probit, reagent lot {lot}: no limit of detection ({p.refusal}).")
            continue
        low, high = ("open" if e is None else f"{e:.4g}" for e in (p.low, p.high))
        more = f"; {'; '.join(p.caveats)}" if p.caveats else ""
        interval = f"{100 * p.level:g} % interval {low} to {high}"
        said.append(f"Probit, reagent lot {lot}: limit of detection {p.value:.4g} {made.unit} ({interval}){more}.")
    q = made.quantitation
    if q is not None and q.value is None:
        said.append(f"No limit of quantitation: {q.refusal}.")
    elif q is not None and q.value is not None:
        upper = f", upper limit {q.upper:.4g}" if q.upper is not None else ""
        more = f"; {'; '.join(q.caveats)}" if q.caveats else ""
        said.append(f"Limit of quantitation at a CV of {100 * q.goal:g} %: {q.value:.4g} {made.unit}{upper}{more}.")
    return said


def limits_agree(m: Method, made: Study) -> Members | None:
    """Stated limits: given by the replicates, not given (absent), or not recomputed; None where none is stated."""
    limits = {"detection_limit": m.detection_limit, "quantitation_limit": m.quantitation_limit}
    names = [n for n, x in limits.items() if x is not None]
    if not names:
        return None
    against = disagreements(m, made)
    values = {
        "detection_limit": {
            "classical": made.detection.value if made.detection is not None else None, "probit": made.probit_value,
        },
        "quantitation_limit": {"precision_profile": made.quantitation.value if made.quantitation is not None else None},
    }  # fmt: skip
    absent = tuple(n for n in names if any(n.removesuffix("_limit") in a.split(" is ")[0] for a in against))
    known = [n for n in names if (x := limits[n]) is not None and values[n].get(x.how) is not None]
    present = tuple(n for n in known if n not in absent)
    return Members(present, absent, tuple(n for n in names if n not in (*present, *absent)))


def _limit_words(what: str, limit: AssayLimit, unit: str) -> str:
    if limit.value is None:
        return f"No limit of {what}: {limit.refusal}."
    uppers = [x.upper for x in limit.lots if x.upper is not None]
    upper = f", its upper limit {max(uppers):.4g}" if uppers and len(uppers) == len(limit.lots) else ""
    rests = ", ".join(f"{x.results} results of {x.lot}" for x in limit.lots)
    claim = "" if limit.established else f"; not established: {'; '.join(limit.caveats)}"
    return f"Limit of {what} {limit.value:.4g} {unit}{upper} ({rests}){claim}."
