"""What a cohort's file and tables say, as sets of facts: held how, provenance, adjudication, care, measurement, gaps.

Each fact is there, known not to be there, or not told; what is not told is never taken for either.

Cannot see: whether what is stated is true.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from proband.core.evidence import Members
from proband.science.answers import members
from proband.science.natural_history.cohort_file import NOT_AVAILABLE, CohortFile, Instrument
from proband.science.natural_history.cohort_folder import CohortFolder
from proband.science.natural_history.comparability import Same, era_overlap, instruments
from proband.science.natural_history.subject_table import Group

YES, NO, OPEN = True, False, None


@dataclass(frozen=True, slots=True)
class Records:
    """How a comparator is held: the word, people with records, of these people with two or more visits, visits each.

    The word is empty where the file says that data of each person are held and the folder has none of them.
    """

    held_as: str
    patients: int
    longitudinal: int
    visits: float | None


def records(held: CohortFolder) -> Records:
    """How the comparator is held. Longitudinal: at least half of the people have two or more visits."""
    if held.untreated is None:
        return Records("" if held.cohort.source.patient_level else "summary_only", 0, 0, None)
    visits = [len(held.untreated.visit_days(s)) for s in held.untreated.subjects]
    seen = [v for v in visits if v]
    twice = sum(v > 1 for v in visits)
    word = "longitudinal_records" if 2 * twice >= len(visits) else "single_visit_records"
    return Records(word, len(visits), twice, float(median(seen)) if seen else None)


def provenance(cohort: CohortFile, digest: str) -> tuple[Members, dict[str, str]]:
    """What an auditor needs, and each field as it stands. The digest counts where it is that of the tables here."""
    s = cohort.source
    words = {
        "source": f"{s.name}, {s.document}",
        "holder": f"{s.holder}, since {s.held_since}",
        "collection_period": f"{cohort.era.untreated[0]} to {cohort.era.untreated[1]}",
        "version": s.version,
        "extraction": s.extraction,
        "reliability": s.reliability,
    }
    answers = {k: None if w is None else w != NOT_AVAILABLE for k, w in words.items()}
    said = {k: w or "not told" for k, w in words.items()}
    stated = s.data_digest
    answers["data_digest"] = None if stated is None or not digest else stated == digest
    wrong = "" if stated in (digest, None, NOT_AVAILABLE) else f", and {stated} is stated: these are other data"
    said["data_digest"] = f"tables here: {digest}{wrong}" if digest else "no table here"
    return members(answers), said


def adjudication(cohort: CohortFile) -> Members:
    """Whether outcomes of treated and untreated were judged blind."""
    answer = {"blinded": YES, "open": NO, "not_done": NO, "not_told": OPEN}
    return members(
        {
            "treated_outcomes": answer[cohort.adjudication_treated],
            "comparator_outcomes": answer[cohort.adjudication],
        }
    )


def care(cohort: CohortFile) -> tuple[Members, dict[str, str]]:
    """Era, supportive care, access to care: comparable or bounded, different and not bounded, or not told; with words.

    Eras that are not stated to be comparable and share no day are different by their dates.
    """
    stated = {c.domain: c for c in cohort.care_comparison}
    answers: dict[str, bool | None] = {}
    said = {}
    for domain in ("era", "supportive_care", "access_to_care"):
        c = stated.get(domain)  # type: ignore[call-overload]
        if c is None:
            answers[domain], said[domain] = OPEN, "not told"
            continue
        answers[domain] = {"comparable": YES, "different": c.bounded, "not_known": OPEN}[c.state]
        bound = ""
        if c.bounded:
            bound = f"; effect {c.effect:g} SD ({c.effect_low:g} to {c.effect_high:g}), {c.source}"
        said[domain] = f"{c.state.replace('_', ' ')}: {c.because}{bound}"
    if "era" not in stated and cohort.era.treated and era_overlap(cohort.era.treated, cohort.era.untreated) == 0:
        answers["era"], said["era"] = NO, "no day in common, and no bound of its effect"
    return members(answers), said


def measurement(cohort: CohortFile) -> dict[str, tuple[Members, str]]:
    """For each endpoint with an instrument: what is the same in both groups, and how each group has it, in words."""
    made: dict[str, tuple[Members, str]] = {}
    lines = [x for x in instruments(cohort) if x.what != "blinded"]
    sides = {(i.endpoint, i.group): i for i in cohort.instrument}
    answer = {Same.SAME: YES, Same.DIFFERS: NO, Same.NOT_TOLD: OPEN}
    for endpoint in dict.fromkeys(x.endpoint for x in lines):
        mine = [x for x in lines if x.endpoint == endpoint]
        answers = {x.what: answer[x.same] for x in mine}
        a, b = _every(sides.get((endpoint, "treated"))), _every(sides.get((endpoint, "untreated")))
        answers["schedule"] = None if a is None or b is None else a == b
        words = [f"{x.what} {x.treated or 'not told'} / {x.untreated or 'not told'}" for x in mine]
        words.append(f"schedule {_days(a)} / {_days(b)}")
        made[endpoint] = members(answers), "; ".join(words)
    return made


def _every(instrument: Instrument | None) -> float | None:
    return None if instrument is None else instrument.every_days


def _days(every: float | None) -> str:
    return "not told" if every is None else f"every {every:g} days"


@dataclass(frozen=True, slots=True)
class Planned:
    """Planned visits of a group and those without a value; `by`: from what they were counted, or why they were not."""

    planned: int
    missing: int
    by: str

    @property
    def told(self) -> bool:
        """Whether any visit could be counted."""
        return self.planned > 0


def planned_visits(group: Group, parameter: str, every: float | None) -> Planned:
    """Planned visits without a value: from a table of visits that has every person, else from the stated distance.

    With a distance, a person followed for f days was to be seen floor(f / every) + 1 times. Values beyond that number
    do not make up for missed ones of another person.
    """
    known = [v for v in group.record.visits if v.held is not None]
    listed = {v.subject for v in known}
    gone = [s.id for s in group.subjects if s.id not in listed]
    if known and not gone:
        open_ = len(group.record.visits) - len(known)
        by = f"table of visits, {open_} of them not told" if open_ else "table of visits"
        return Planned(len(known), sum(not v.held for v in known), by)
    if every is None:
        lacks = f"the table of visits holds nothing of {len(gone)} people and no" if known else "neither visits nor a"
        return Planned(0, 0, f"{lacks} planned distance of measurements {'is' if known else 'are'} stated")
    planned = missing = 0
    for s in group.subjects:
        should = math.floor((s.exit - s.entry) / every) + 1
        one = group.record.of(s.id, parameter)
        seen = len([p for p in one.points if s.entry <= p.day <= s.exit]) if one else 0
        planned, missing = planned + should, missing + max(0, should - seen)
    return Planned(planned, missing, f"one value of {parameter} every {every:g} days")


def every_days(cohort: CohortFile, endpoint: str, group: str) -> float | None:
    """The planned distance of an endpoint's measurements in a group, None where it is not stated."""
    return next((i.every_days for i in cohort.instrument if (i.endpoint, i.group) == (endpoint, group)), None)


def stated(text: str | None) -> bool | None:
    """Whether a line of the file says something: not told, known not to be there, or said.

    >>> stated(None), stated("not available"), stated("delta adjustment")
    (None, False, True)
    """
    return None if text is None else text != NOT_AVAILABLE


def factor_names(groups: Sequence[Group]) -> list[str]:
    """Prognostic factors that any group holds: age, classes, covariates."""
    return ["age", *dict.fromkeys(n for g in groups for n in g.covariates)]
