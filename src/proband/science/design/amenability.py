"""Is a variant open to an antisense oligonucleotide: the N1C VARIANT rules, and where they and Kim 2023 disagree.

Four strategies (splice correction, exon skipping, knock-down; upregulation for information only), five classes:
eligible, likely, unlikely, not eligible, unable to assess. Order of judging: step 0 (scope of the guideline), then
precedent, then the rows of the strategy. A missing fact never gives a class: if a worse row could still hold, the
outcome is unable to assess, with the facts that are missing and the best class that is left.

Where the rules can be read in two ways and the class depends on it, the result says so with the class by each
reading; where nothing decides between the readings the outcome is unable to assess.

Source: Cheerie et al. 2025, Am J Hum Genet 112:975-983 (https://doi.org/10.1016/j.ajhg.2025.02.017), v1.0, read in
re-codings and not checked against Data S1 (`banner` of every result); Kim et al. 2023 in ``amenability_kim.py``.

Cannot see: disease and patient factors, tissue and delivery, sequence, whether an oligonucleotide would work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from proband.science.design.amenability_facts import AmenabilityFacts, Precedent
from proband.science.design.amenability_kim import KimResult
from proband.science.design.amenability_rows import Question, Row, data, holds, missing, questions, rows

STRATEGIES = ("splice_correction", "exon_skipping", "knock_down", "upregulation")
"""In the order in which they are reported."""

FAILED_STUDIES = 2
"""Independent protein or functional studies in which an oligonucleotide must have failed (same source)."""


class Outcome(StrEnum):
    """The five classes of the guideline."""

    ELIGIBLE = "eligible"
    LIKELY = "likely"
    UNLIKELY = "unlikely"
    NOT_ELIGIBLE = "not_eligible"
    UNABLE = "unable_to_assess"


_WORST_FIRST = (Outcome.NOT_ELIGIBLE, Outcome.UNLIKELY, Outcome.LIKELY, Outcome.ELIGIBLE)


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A place in the rules on whose reading this class depends: the class by each reading, and the reading taken."""

    id: str
    asks: str
    by_reading: Mapping[str, str]
    chosen: str
    because: str


@dataclass(frozen=True, slots=True)
class StrategyResult:
    """The class of one strategy.

    `outcome` is None when the strategy does not apply (`applies` False) or is information only (upregulation).
    `at_best` is the best class still open when facts are missing; empty otherwise. `against` holds rows that spoke
    the other way where evidence took precedence.
    """

    strategy: str
    outcome: Outcome | None
    applies: bool | None
    by_precedent: bool
    because: tuple[str, ...]
    against: tuple[str, ...]
    missing: tuple[str, ...]
    at_best: str
    ambiguities: tuple[Ambiguity, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class N1CResult:
    """All four strategies for one variant, under the banner that says how the rules were read."""

    variant: str
    banner: str
    strategies: Mapping[str, StrategyResult]


@dataclass(frozen=True, slots=True)
class _Decision:
    outcome: Outcome | None
    applies: bool | None
    because: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    at_best: str = ""

    @property
    def word(self) -> str:
        return self.outcome.value if self.outcome else "does_not_apply" if self.applies is False else "no_class"


def n1c(facts: AmenabilityFacts) -> N1CResult:
    """Every strategy for one variant by the N1C VARIANT v1.0 rules as re-coded.

    Source: Cheerie et al. 2025, Am J Hum Genet 112:975-983.

    >>> deep = AmenabilityFacts(name="deep intronic", variant_type="snv", pathogenic=True, consequence="noncoding",
    ...     mechanism="loss", intronic_offset=-1050, canonical_site="intact", splice_evidence="patient_rna")
    >>> n1c(deep).strategies["splice_correction"].outcome.value
    'likely'
    """
    return N1CResult(facts.name, data()["banner"], {s: _strategy(s, facts) for s in STRATEGIES})


def _strategy(strategy: str, facts: AmenabilityFacts) -> StrategyResult:
    free = [q for q in questions() if not q.chosen]
    fixed = {q.id: q.chosen for q in questions() if q.chosen}
    decided = [
        _decide(strategy, facts, fixed | dict(zip((q.id for q in free), readings, strict=True)))
        for readings in product(*(q.readings for q in free))
    ]
    base = fixed | {q.id: q.readings[0] for q in free}
    ambiguities = tuple(a for q in questions() if (a := _ambiguity(q, strategy, facts, base)))
    taken = decided[0]
    if len({d.word for d in decided}) > 1:
        undecided = "the class depends on how the rules are read, and nothing decides between the readings"
        taken = _Decision(Outcome.UNABLE, True, (undecided,), at_best=_best_of(decided))
    precedent = _precedent(strategy, facts)
    in_scope = taken.applies is not None
    if precedent and in_scope:
        outcome, why = precedent
        against = () if taken.outcome is outcome else (f"without precedent: {taken.word}", *taken.because)
        taken, ambiguities = _Decision(outcome, True, (why,), against), ()
    said = [p for p in facts.precedents if p.strategy == strategy and (p.shows == "rna_only" or p.scope == "other")]
    return StrategyResult(
        strategy,
        taken.outcome,
        taken.applies,
        bool(precedent and in_scope),
        taken.because,
        taken.against,
        taken.missing,
        taken.at_best,
        ambiguities,
        _notes(strategy, facts, base) + tuple(f"{p.source}: {p.shows}, {p.scope}; no class from it" for p in said),
    )


def _decide(strategy: str, facts: AmenabilityFacts, readings: Mapping[str, str]) -> _Decision:
    """The class from the rows under one set of readings; `applies` None means out of the guideline's scope."""
    scope = _split("all", "gate", facts, readings)
    if scope[True] or scope[None]:
        because = _texts(scope[True]) or _texts(scope[None], "not known whether")
        return _Decision(Outcome.UNABLE, None, because, missing=missing(scope[None], facts))
    exempt = _split(strategy, "does_not_apply", facts, readings)
    if exempt[True]:
        return _Decision(None, False, _texts(exempt[True]))
    if strategy == "upregulation":
        return _Decision(None, None if exempt[None] else True, missing=missing(exempt[None], facts))
    found = {o: _split(strategy, o.value, facts, readings) for o in _WORST_FIRST}
    gate = _split(strategy, "gate", facts, readings)
    if found[Outcome.ELIGIBLE][True] and exempt[None]:
        because = (*_texts(found[Outcome.ELIGIBLE][True]), *_texts(exempt[None], "not known whether"))
        return _Decision(Outcome.UNABLE, True, because, (), missing(exempt[None], facts), Outcome.ELIGIBLE.value)
    if found[Outcome.ELIGIBLE][True]:
        worse = [r for o in (Outcome.NOT_ELIGIBLE, Outcome.UNLIKELY) for r in found[o][True]]
        return _Decision(Outcome.ELIGIBLE, True, _texts(found[Outcome.ELIGIBLE][True]), against=_texts(worse))
    if found[Outcome.NOT_ELIGIBLE][True]:
        return _Decision(Outcome.NOT_ELIGIBLE, True, _texts(found[Outcome.NOT_ELIGIBLE][True]))
    if gate[True]:
        return _Decision(Outcome.UNABLE, True, _texts(gate[True]))
    unsure = [*exempt[None], *gate[None], *found[Outcome.NOT_ELIGIBLE][None]]
    return _class(found, unsure, facts)


def _class(
    found: Mapping[Outcome, Mapping[bool | None, list[Row]]], unsure: list[Row], facts: AmenabilityFacts
) -> _Decision:
    """Unlikely or likely, unless a row that could change it is not known."""
    for outcome in (Outcome.UNLIKELY, Outcome.LIKELY):
        if found[outcome][True]:
            if not unsure:
                return _Decision(outcome, True, _texts(found[outcome][True]))
            because = (*_texts(found[outcome][True]), *_texts(unsure, "not known whether"))
            return _Decision(Outcome.UNABLE, True, because, (), missing(unsure, facts), outcome.value)
        unsure = [*unsure, *found[outcome][None]]
    best = Outcome.LIKELY if found[Outcome.LIKELY][None] else Outcome.UNLIKELY
    why = _texts(unsure, "not known whether") or ("no row of the strategy covers these facts",)
    return _Decision(Outcome.UNABLE, True, why, (), missing(unsure, facts), best.value if unsure else "")


def _split(
    strategy: str, outcome: str, facts: AmenabilityFacts, readings: Mapping[str, str]
) -> dict[bool | None, list[Row]]:
    """Rows of a strategy and outcome by whether they hold."""
    split: dict[bool | None, list[Row]] = {True: [], False: [], None: []}
    for row in rows():
        if row.strategy == strategy and row.outcome == outcome:
            split[holds(row, facts, readings)].append(row)
    return split


def _texts(found: list[Row], before: str = "") -> tuple[str, ...]:
    return tuple(f"{before} {row}".strip() for row in found)


def _best_of(decided: list[_Decision]) -> str:
    reached = [d.at_best or d.word for d in decided]
    return max((w for w in reached if w in set(_WORST_FIRST)), key=lambda w: _WORST_FIRST.index(Outcome(w)), default="")


def _ambiguity(question: Question, strategy: str, facts: AmenabilityFacts, base: Mapping[str, str]) -> Ambiguity | None:
    """The class by each reading of one question, if the readings differ."""
    by = {reading: _decide(strategy, facts, {**base, question.id: reading}).word for reading in question.readings}
    if len(set(by.values())) == 1:
        return None
    return Ambiguity(question.id, question.asks, by, question.chosen, question.because)


def _precedent(strategy: str, facts: AmenabilityFacts) -> tuple[Outcome, str] | None:
    """The class by what was tried before, if that decides: precedent comes first."""
    near = [p for p in facts.precedents if p.strategy == strategy and p.scope != "other"]
    worked = [p for p in near if p.shows in ("protein", "cellular_rescue", "clinical_use")]
    failed = [p for p in near if p.shows == "failed"]
    lost = sum(p.studies for p in failed) >= FAILED_STUDIES
    if worked and lost:
        return Outcome.UNABLE, f"precedents conflict: {_named(worked)} against {_named(failed)}"
    if worked:
        return Outcome.ELIGIBLE, f"precedent: {_named(worked)}"
    if lost:
        return Outcome.NOT_ELIGIBLE, f"failed in {sum(p.studies for p in failed)} independent studies: {_named(failed)}"
    return None


def _named(found: list[Precedent]) -> str:
    return "; ".join(f"{p.shows} ({p.scope}), {p.source}" for p in found)


def _notes(strategy: str, facts: AmenabilityFacts, readings: Mapping[str, str]) -> tuple[str, ...]:
    said = _texts(_split(strategy, "note", facts, readings)[True])
    if strategy == "upregulation":
        return (*said, "information only: the two re-codings differ on whether a class is defined")
    return said


@dataclass(frozen=True, slots=True)
class Comparison:
    """Splice correction by N1C VARIANT beside the Kim 2023 class of the same variant.

    `relation`: agree, disagree, only_n1c, only_kim (the other can not say), neither.
    """

    variant: str
    relation: str
    n1c: str
    kim: str
    n1c_because: tuple[str, ...]
    kim_because: tuple[str, ...]
    sentence: str
    banner: str

    @property
    def differs(self) -> bool:
        """Whether the two say different things, one of them being unable to say included."""
        return self.relation not in ("agree", "neither")


_SAME_AS: Mapping[str, tuple[str, ...]] = {
    "probably": ("eligible", "likely"),
    "possibly": ("unlikely",),
    "unlikely": ("not_eligible", "does_not_apply"),
}
"""N1C outcomes that say the same as a Kim class. Ours: neither paper maps the two."""


def compare(by_n1c: N1CResult, by_kim: KimResult) -> Comparison:
    """Where the two rule systems agree and disagree on splice correction, with the reasons of both.

    Raises ``ValueError`` when the results are of two variants.
    Source: the two papers; that their classes correspond as `_SAME_AS` has it is ours.

    >>> from proband.science.design.amenability_kim import KimFacts, kim
    >>> facts = AmenabilityFacts(name="x", variant_type="snv", pathogenic=True, consequence="noncoding",
    ...     mechanism="loss", intronic_offset=-159, splice_evidence="minigene")
    >>> scores = KimFacts(name="x", motif_changed=False, branchpoint_distance=130, branchpoint_shift=0,
    ...     consequence="noncoding", observed_type="gain", observed_source="minigene")
    >>> compare(n1c(facts), kim(scores)).relation
    'only_kim'
    """
    if by_n1c.variant != by_kim.variant:
        raise ValueError(f"results of two variants: {by_n1c.variant!r} and {by_kim.variant!r}")
    splice = by_n1c.strategies["splice_correction"]
    left = splice.outcome.value if splice.outcome else "does_not_apply"
    right = by_kim.amenability.value if by_kim.amenability else "unknown"
    silent = (left == Outcome.UNABLE.value, right == "unknown")
    if all(silent):
        relation = "neither"
    elif any(silent):
        relation = "only_kim" if silent[0] else "only_n1c"
    else:
        relation = "agree" if left in _SAME_AS[right] else "disagree"
    sentence = f"N1C VARIANT says {left}, Kim 2023 says {right}: {_RELATIONS[relation]}"
    return Comparison(by_n1c.variant, relation, left, right, splice.because, by_kim.because, sentence, by_n1c.banner)


_RELATIONS: Mapping[str, str] = {
    "agree": "the two agree",
    "disagree": "the two disagree",
    "only_n1c": "the two differ, since a score that Kim 2023 needs is missing",
    "only_kim": "the two differ, since N1C VARIANT can not assess it on these facts",
    "neither": "neither can say",
}
