"""Every sentence that the tool can say of a verdict, a reason, a basis, a reading or an origin, in one file.

One reader can go through all of them and strike what promises. Nothing here sounds like approval, recommends,
doses or scores. Texts of rules, evidence and people are not here: they are printed as they were written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from proband.core.criterion import Criterion, Framework, SourceDocument
from proband.core.evidence import READ_LEVELS, ConcernWord, Fact, Members, Origin, ReadLevel
from proband.core.finding import ElementSummary, Finding, Reason, ThresholdUsed, Verdict
from proband.core.program import Patient, Variant
from proband.core.provenance import canonical_json
from proband.core.quantity import Quantity, QuantityKind
from proband.core.reported import Inconsistency

SYMBOLS: Mapping[str, str] = {
    "supported": "●",
    "contradicted": "✕",
    "insufficient": "◐",
    "not_assessed": "○",
    "not_applicable": "–",
    "open": "○",
}
"""A sign beside every verdict and state, so that none is told by colour alone."""

VERDICTS: Mapping[Verdict, str] = {
    Verdict.SUPPORTED: "Evidence meets the test at the confidence asked for.",
    Verdict.CONTRADICTED: "Evidence speaks against, at the confidence asked for.",
    Verdict.INSUFFICIENT: "It was looked at, and the evidence does not settle it.",
    Verdict.NOT_ASSESSED: "Nobody and nothing has looked at it.",
    Verdict.NOT_APPLICABLE: "The criterion does not apply to this program.",
}
STATES: Mapping[str, str] = {
    "supported": "every criterion that the document requires and that applies is supported",
    "contradicted": "at least one criterion that the document requires is contradicted",
    "open": "not settled either way",
}
REASONS: Mapping[Reason, str] = {
    Reason.NONE: "",
    Reason.IMPRECISE: "the numbers are too imprecise to settle it",
    Reason.CONFLICTING: "lines of evidence speak for and against",
    Reason.INDIRECT: "only indirect evidence was read",
    Reason.INCOMPLETE: "part of what was asked is not known",
    Reason.DETECTION_LIMIT_TOO_HIGH: "the method could not have seen it",
    Reason.QUALITY: "the quality of the data does not carry it",
    Reason.JUDGED: "a person judged it",
    Reason.NO_DATA: "nothing in the program folder answers it",
    Reason.ANALYSIS_FAILED: "the analysis broke",
    Reason.NEEDS_PERSON: "a person must answer or sign",
    Reason.STALE_STATEMENT: "a judgement lapsed because what it rested on changed",
    Reason.BEYOND_TOOL: "no test in this version",
    Reason.NOT_YET_DUE: "not yet due at this stage",
    Reason.EXCLUDED: "what the program states excludes it",
}
BASES: Mapping[str, str] = {
    "stated": "the document gives this number",
    "derived": "it follows from the wording of the document",
    "convention": "practice of the field, not a number of the document",
    "project": "a choice of this rule set, not of the document",
    "sponsor": "fixed by the program itself",
}
STATUSES: Mapping[str, str] = {
    "final": "final",
    "draft": "draft, not binding",
    "statement": "statement of officials, without force of its own",
    "precedent": "an earlier case, not a rule",
    "process": "description of a process, not a rule",
    "practice": "practice of others, not a rule",
    "comment": "public comment, not a text of the authority",
    "withdrawn": "withdrawn",
}
READINGS: Mapping[str, str] = {
    "text": "the text itself was read",
    "quotation": "read as quoted by others",
    "phrase": "short phrases were read, not the text around them",
    "secondary": "read in summaries by others, not in the document",
    "inferred": "inferred; no wording was read",
}
FORCES: Mapping[str, str] = {
    "law": "the document's verb: required by law",
    "should": "the document's verb: should",
    "may": "the document's verb: may",
    "unknown": "the document's own verb was not read",
}
EXECUTABILITY: Mapping[str, str] = {
    "full": "the test answers the whole question",
    "partial-over": "the test asks for more than the question does",
    "partial-under": "the test answers part of the question; the rest stays with a person",
    "person": "only a person can answer it",
    "none": "no test in this version",
}
COSTS: Mapping[str, str] = {
    "entry": "an entry of what is already known",
    "signature": "the signature of a person",
    "measurement": "a new measurement",
    "analysis": "an analysis that this version does not have",
}
REVIEWS: Mapping[str, str] = {
    "none": "no second person has reviewed this rule",
    "lapsed": "a review lapsed: the rule changed since",
    "current": "reviewed in its present form",
}
ORIGINS: Mapping[Origin, str] = {
    Origin.COMPUTED: "computed from data in the folder",
    Origin.REPORTED: "reported, not recomputed",
    Origin.JUDGED: "judged by a person",
}
CONCERNS: Mapping[ConcernWord, str] = {word: word.replace("_", " ") for word in ConcernWord}
NOT_SAID = (
    "It does not say that the therapy is safe, that it works, or that anyone should receive it.",
    "It does not foretell what any authority will find, and a supported criterion is not compliance.",
    "It holds no total: criteria are not added up, weighed or ranked against each other.",
    "Not assessed means that nobody looked. It is no sign for or against.",
    "Numbers reported elsewhere are shown as printed, with their source; they were not recomputed.",
    "A probability holds under the model named beside it, and says nothing of whether that model is right.",
    "Nothing found means nothing found where, how and down to the limit that the scope of the line names.",
)
WEAKEST = "Contradicted and conflicting criteria of all elements, then insufficient ones of the core elements"
SHORT = "Criteria that nothing looked at: no test in this version, not yet due, or not applicable"
UNDRAWN = "This figure could not be drawn; its data stand below."
NO_SAFETY = "This rule set has no element on safety: nothing here speaks of harm."
NO_BENEFIT = "This rule set has no element on benefit: nothing here speaks of it."
SYNTHETIC = "No patient, no product and no measurement in this program is real."
OVERRULED = "A person overruled the rule. Both results are printed."

_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def clean(text: object) -> str:
    """Text without characters that break XML or turn the reading direction around; each shown as U+FFFD.

    >>> clean("a" + chr(0) + "b")
    'a�b'
    """
    return _UNSAFE.sub("�", str(text))


def spaced(name: object) -> str:
    """A name from a closed list as words.

    >>> spaced("not_assessed")
    'not assessed'
    """
    return str(name).replace("_", " ")


def sentence(text: str, *, capital: bool = True) -> str:
    """A text as a sentence: first letter large, unless told otherwise, and a full stop at the end.

    >>> sentence("place is animal")
    'Place is animal.'
    """
    text = text.strip()
    if not text:
        return ""
    first = text[0].upper() if capital else text[0]
    return first + text[1:] + ("" if text[-1] in ".?!" else ".")


def document(source: SourceDocument) -> str:
    """A cited document by title, issuer and date."""
    return f"{source.title} ({', '.join(x for x in (source.issuer, source.date) if x)})"


def reviewed(framework: Framework) -> str:
    """How many rules a second person has reviewed in their present form."""
    n = sum(c.review_state == "current" for c in framework.criteria)
    return f"{n} of {len(framework.criteria)} rules were reviewed by a second person in their present form."


def number(x: float) -> str:
    """A number for people: whole numbers in full, others to four significant digits.

    >>> number(0.60784), number(33040.0), number(0.00002)
    ('0.6078', '33040', '0.00002')
    """
    if x == int(x) and abs(x) < 1e12:
        return f"{x:.0f}"
    if 1e-6 <= abs(x) < 1e-4:
        return f"{x:.9f}".rstrip("0")
    return f"{x:.4g}" if abs(x) < 1e4 else f"{x:.1f}"


def notice(framework: Framework) -> str:
    """The standing notice on every page; it says draft only where the framework is one."""
    base = {
        "draft": "Based on draft guidance, which is non-binding.",
        "withdrawn": "Based on guidance that was withdrawn.",
    }.get(framework.status, f"Based on a rule set of status '{framework.status}'.")
    return (
        f"{base} Prepared by the sponsor, or by those who keep the program folder. No finding of any authority. "
        "No treatment advice. A supported criterion is not compliance and foretells no decision."
    )


def outcome(verdict: Verdict, reason: Reason) -> str:
    """Verdict and reason in words.

    >>> outcome(Verdict.INSUFFICIENT, Reason.IMPRECISE)
    'insufficient: the numbers are too imprecise to settle it'
    """
    return f"{spaced(verdict)}: {REASONS[reason]}" if REASONS[reason] else spaced(verdict)


def counts(summary: ElementSummary) -> str:
    """The counts of an element, those that are not zero, in words."""
    said = [f"{n} {spaced(v)}" for v, n in summary.counts.items() if n]
    return ", ".join(said) or "no criterion"


def state(summary: ElementSummary) -> str:
    """The state of an element, with the caveat where nobody read which criteria are required."""
    word = f"{summary.state}: {STATES[summary.state]}"
    return word if summary.required else f"{word}; which criteria the document requires was not read"


def origins(counts_by: Mapping[Origin, int], total: int) -> str:
    """How many lines are computed, reported and judged.

    >>> origins({Origin.COMPUTED: 1, Origin.REPORTED: 2, Origin.JUDGED: 0}, 3).split(".")[0]
    '2 of 3 lines of evidence are numbers or facts reported elsewhere, not recomputed'
    """
    if not total:
        return "There is no line of evidence."
    reported = f"{counts_by[Origin.REPORTED]} of {total} lines of evidence are numbers or facts reported elsewhere"
    return (
        f"{reported}, not recomputed. {counts_by[Origin.COMPUTED]} computed from data in the folder. "
        f"{counts_by[Origin.JUDGED]} judged by a person."
    )


def value(q: Quantity) -> str:
    """The value of a quantity, without its unit; a bound as a limit."""
    if q.kind is QuantityKind.BOUND and q.limit is not None and q.level is not None:
        return f"{'below' if q.side == 'upper' else 'above'} {number(q.limit)} at level {number(q.level)}"
    return number(q.value) if q.value is not None else "no value"


def uncertainty(q: Quantity) -> str:
    """What is known of the uncertainty of a quantity, in words."""
    if q.kind is QuantityKind.POSTERIOR:
        low, high = q.interval(0.95) or (0.0, 0.0)
        return f"{number(low)} to {number(high)} at level 0.95 under the model"
    if q.kind is QuantityKind.CONFIDENCE and q.low is not None and q.high is not None:
        at = number((q.level or 0) * 100)
        return f"{number(q.low)} to {number(q.high)}, {at} % confidence interval: gives no probability"
    if q.kind is QuantityKind.EXACT:
        return "known exactly"
    if q.kind is QuantityKind.BOUND:
        return "one-sided limit"
    if q.low is not None and q.high is not None:
        return f"{number(q.low)} to {number(q.high)}, bracket of unknown kind: no probability"
    return "no interval given: no probability"


def probability(finding: Finding) -> str:
    """The probability behind a finding, where its sentence does not hold it already."""
    p = finding.probability
    said = finding.machine.detail if finding.machine else finding.detail
    if p is None or p in (0.0, 1.0) or "probability" in said:
        return ""
    return f"Probability {number(p)} that the condition of the test holds, under the model of the evidence."


def threshold(used: ThresholdUsed) -> str:
    """The number a test was held against, and whose it is."""
    at = f", at confidence {number(used.confidence)}" if used.confidence is not None else ""
    when = f", on {used.set_on}" if used.set_on else ""
    whose = BASES.get(used.basis, used.basis)
    return f"{spaced(used.quantity)} against {number(used.value)} {used.unit}{at}; {whose}{when}."


def asked(criterion: Criterion) -> str:
    """The test of a criterion in words; without the number, which `threshold` gives."""
    test = criterion.test
    if test is None:
        return criterion.beyond or "A person answers; there is no test."
    a = test.arguments
    said = _SHAPES.get(test.shape, lambda a: test.shape)(a)
    if test.for_each:
        said += f", for every {test.for_each}; the worst one counts"
    if test.direct_when:
        where = "; ".join(f"{spaced(f)} is {_or(v)}" for f, v in test.direct_when.items())
        said += f". Only evidence where {where} can decide"
    return f"{said[0].upper()}{said[1:]}."


def read_level(level: ReadLevel) -> str:
    """How a reported number was read."""
    return READ_LEVELS[level]


def fact(stated: Fact) -> list[str]:
    """A fact as text; of a set, what is there, what is not there, and what is not known."""
    if not isinstance(stated, Members):
        text = str(stated)
        return [spaced(text) if re.fullmatch("[a-z_]+", text) else text]
    groups = (
        ("there", stated.present),
        ("looked for and not there", stated.absent),
        ("not known", stated.unknown),
    )
    return [f"{label} ({len(m)}): {', '.join(map(spaced, m)) or 'none'}" for label, m in groups]


def variant(v: Variant) -> str:
    """A variant for people: its name, role and place; positions are counted from 1."""
    role = ", ".join(spaced(x) for x in (v.role, v.zygosity) if x)
    place = f"{v.build} {v.place}, position counted from 1" if v.place else "place on the genome not stated"
    return f"{v.shown or v.id} ({role}); {place}"


def inconsistency(x: Inconsistency) -> str:
    """Places of the sources that can not all be right."""
    said = "; ".join(f"'{text}' ({locator})" for text, locator in x.says)
    return f"{sentence(x.what)} The sources say: {said}. Stated in {x.file}."


def patient(x: Patient) -> str:
    """A patient by pseudonym, with the phenotypes that were found and those looked for and absent."""
    terms = [f"{'not ' if t.excluded else ''}{t.label} ({t.id})" for t in x.phenotypes]
    return x.id + (f", {spaced(x.sex)}" if x.sex else "") + (f": {'; '.join(terms)}" if terms else "")


def shown(value: Any) -> str:
    """A JSON value as text.

    >>> shown(0.25), shown(None), shown(True)
    ('0.25', '', 'yes')
    """
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, str):
        return value
    said = canonical_json(value)
    return said if len(said) <= 600 else f"{said[:600]} ... ({len(said)} characters)"


def _or(words: object) -> str:
    listed = [words] if isinstance(words, str) else list(words) if isinstance(words, Sequence) else [words]
    return " or ".join(spaced(w) for w in listed)


def _limit(a: Mapping[str, Any]) -> str:
    limit = a.get("threshold")
    if isinstance(limit, Mapping):
        return f"the {spaced(limit.get('quantity', ''))} of the same line"
    if isinstance(limit, (int, float)):
        return f"{number(limit)} {a.get('unit', '')}".strip()
    return "the limit that applies to this program"


def _table(a: Mapping[str, Any]) -> str:
    rows = "; ".join(f"{spaced(k)} means {spaced(v)}" for k, v in (a.get("table") or {}).items())
    return f"{spaced(a.get('fact', ''))}, read by the rule's table: {rows}"


def _present(a: Mapping[str, Any]) -> str:
    said = f"{spaced(a.get('fact', ''))} is stated"
    said += f" as {_or(a['values'])}" if a.get("values") else ""
    return said + (f"; {_or(a['absent_values'])} means no" if a.get("absent_values") else "")


def _covers(a: Mapping[str, Any]) -> str:
    required = a.get("required")
    what = "everything that was looked for" if required == "all" else _list(required)
    return f"{spaced(a.get('fact', ''))}: {what}, each there"


def _list(words: object) -> str:
    return ", ".join(spaced(w) for w in words) if isinstance(words, (list, tuple)) else spaced(words)


_SHAPES: Mapping[str, Any] = {
    "at_least": lambda a: f"{_or(a['quantity'])}: at least {_limit(a)}",
    "at_most": lambda a: f"{_or(a['quantity'])}: at most {_limit(a)}",
    "within": lambda a: f"{_or(a['quantity'])}: from {a['low']} to {a['high']} {a['unit']}",
    "differs_from": lambda a: f"{_or(a['quantity'])} differs from {a['value']} by more than {a['margin']} {a['unit']}",
    "equivalent_to": lambda a: f"{_or(a['quantity'])} lies within {a['margin']} of {a['value']} {a['unit']}",
    "present": _present,
    "covers": _covers,
    "ordered": lambda a: f"{spaced(a['first'])} lies on or before {spaced(a['then'])}",
    "matches": _table,
    "consistent_across": lambda a: f"{_or(a['quantity'])} agrees within {a['margin']} {a['unit']} across members",
    "all_of": lambda a: f"all of {_list(a['criteria'])} are supported",
    "any_of": lambda a: f"at least one of {_list(a['criteria'])} is supported",
    "person": lambda a: "a person answers",
}
