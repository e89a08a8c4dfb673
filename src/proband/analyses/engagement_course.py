"""Engagement over time, in the cells that matter, and from a substitute readout, from the tables in ``engagement/``.

Asks: is engagement absent before dosing, present after it and at the planned later times, each against a limit of
blank; what does a bulk value mean for the target cells; do data tie a substitute readout to the tissue, and is
engagement of this patient's tissue shown, inferred or unknown?
Cannot see: engagement between the times, tissue that was not sampled, whether a relation seen in others holds here.
Without a blank no sample is called; a sample too shallow to see a trace does not say "not there".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Fact, Members, Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.engagement.course import Blanks, Sample, Seen
    from proband.science.engagement.engagement_tables import Tissue
    from proband.science.engagement.links import Inferred, Link
    from proband.science.transcript.rna_tables import Row

Key = tuple[str, str, str]


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the tables, without numerics."""
    from proband.science.engagement.engagement_tables import read_engagement

    problems: list[Problem] = []
    files = {f.relative: f.path for group in inputs.files.values() for f in group}
    read_engagement(files, frozenset(p.id for p in program.patients), problems)
    return problems


@analysis(
    claims=("engagement.course", "engagement.target_cells", "engagement.surrogate_link"),
    reads={"engagement": "engagement/*", "doses": "clinical/dosing.csv"},
    needs_files=("engagement",),
    version=1,
    packages=("numpy", "scipy"),
    border=border,
)
def engagement_course(program: ProgramView, inputs: Inputs, *, trace: float = 0.01) -> Iterator[Draft]:
    """A line for each subject, place and readout, each sample of known cells, each link, each patient with a readout.

    `trace` (fraction): how far down a sample must be able to see before it says "not there".
    """
    from proband.science.engagement.course import Sample, blanks_of, seen
    from proband.science.engagement.engagement_tables import read_engagement
    from proband.science.engagement.links import inferred_of, links_of

    problems: list[Problem] = []
    held = read_engagement({f.relative: f.path for g in inputs.files.values() for f in g}, None, problems)
    if held is None:
        raise ProgramError(problems)
    groups: dict[Key, list[Row]] = {}
    for row in (r for r in held.course if r["phase"] != "blank"):
        groups.setdefault((row["subject"], row["place"], row["readout"]), []).append(row)
    for key, rows in groups.items():
        counted = [(r["edited"], r["depth"]) for r in held.course if r["phase"] == "blank" and r["readout"] == key[2]]
        samples = [Sample(r["sample"], r["phase"], r["day"], r["edited"], r["depth"], r["molecules"]) for r in rows]
        blanks = blanks_of(counted)
        found = seen(samples, blanks) if blanks is not None else []
        yield _course(key, rows, found, blanks, trace, held.first_dose.get(key[0]))
        for tissue in held.tissues:
            for sample in (s for s in samples if s.name == tissue.sample):
                state = next((s for s in found if s.sample is sample), None)
                yield _cells(key, tissue, sample, state)
    links = links_of(held.pairs)
    for link in links:
        yield _link(link)
    for one in inferred_of(held.pairs, links):
        yield _inferred(one)


def _course(
    key: Key, rows: Sequence[Row], found: Sequence[Seen], blanks: Blanks | None, trace: float, dose: float | None
) -> Draft:
    from proband.science.engagement.course import TIMES, course, course_figure
    from proband.science.stated_number import stated

    subject, place, readout = key
    times = Members((), (), tuple(TIMES))
    said, limits = f"not told, for no blank of {readout} gives its limit of blank", "not known: no blank"
    quantities, withheld, assumed = dict[str, Quantity](), tuple[str, ...](), tuple[str, ...]()
    if blanks is not None:
        made = course(found, trace)
        times, withheld, assumed = made.times, made.withheld, made.assumptions
        said = "; ".join(f"{k.replace('_', ' ')}: {made.word(k)} ({why})" for k, why in made.because.items())
        limits = "; ".join(f"{s.sample.name}: {s.detection:.3g}" for s in found)
        numbers = {"later_over_first": made.later_over_first, "half_life": made.half_life}
        quantities = {k: q for k, q in numbers.items() if q is not None}
        said += "".join(f"; {k.replace('_', ' ')} {stated(q)}" for k, q in quantities.items())
    unknown = any(r["molecules"] is None for r in rows)
    reads = Concern(ConcernWord.IMPRECISE, "molecules are not known: reads count as independent draws")
    days = ", ".join(f"{d:g}" for d in sorted({r["day"] for r in rows}))
    when = f"; first dose on day {dose:g}" if dose is not None else ""
    sources = ", ".join(dict.fromkeys(r["source"] for r in rows))
    total = f"{sum(r['depth'] for r in rows):,} reads of {len(rows)} samples"
    return Draft(
        kind="engagement.course",
        statement=f"{readout} in {place.replace('_', ' ')} of {subject}: {said}.",
        subject=Subject("patient" if place.startswith("patient_") else "sample", subject),
        name=readout,
        scope=Scope(
            where=f"{place.replace('_', ' ')}, days {days}{when}; {sources}",
            how="edited reads against blanks; risk of a false call 0.05 over all samples, of a miss 0.05",
            denominator=f"{total}; {blanks.told if blanks is not None else 'no blank'}",
            detection_limit=f"fraction net of background, {limits}",
            not_covered="; ".join(withheld),
        ),
        quantities=quantities,
        facts={"times": times, "place": place},
        readout_definition=f"There: above the limit of blank. Not there: and with a detection limit up to {trace:g}.",
        assumptions=assumed,
        concerns=(reads,) if unknown else (),
        figures=(course_figure(key, found),) if found else (),
    )


def _cells(key: Key, t: Tissue, sample: Sample, state: Seen | None) -> Draft:
    from proband.science.engagement.target_cells import target_cells
    from proband.science.stated_number import stated

    subject, place, readout = key
    made = target_cells(t, sample, state)
    q = made.quantity
    said = stated(q) if q is not None else f"not told, for {made.reason}"
    return Draft(
        kind="engagement.target_cells",
        statement=f"{readout} in the {t.target_cells} of {t.sample}, inferred from bulk, not shown: {said}.",
        subject=Subject("sample", t.sample),
        name=f"{readout} in {t.target_cells}",
        scope=Scope(
            where=f"{place.replace('_', ' ')} of {subject}; share of cells: {t.source}",
            how=made.how,
            denominator=f"{sample.draws:,} reads or molecules",
            detection_limit=f"{state.detection:.3g} in bulk" if state is not None else "not known: no blank",
        ),
        quantities={"genome_share": made.genomes, **({"edited_in_target_cells": q} if q is not None else {})},
        facts={"cells": t.target_cells, "place": place},
        readout_definition="Bulk value over the share of target cells' genomes.",
        assumptions=("only target cells are edited", *((q.model,) if q is not None else ())),
        concerns=tuple(Concern(ConcernWord.BIASED, w) for w in made.warnings),
    )


def _link(x: Link) -> Draft:
    from proband.science.stated_number import stated

    q = x.correlation
    by = x.origin.replace("_", " ")
    told = f"correlation {stated(q)}" if q is not None else f"not told, for {x.reason}"
    tie = "ties it to the tissue" if x.holds else "does not tie it to the tissue"
    facts: dict[str, Fact] = {"linked_by": x.origin} if x.holds else {}
    return Draft(
        kind="engagement.surrogate_link",
        statement=f"{x.marker} and engagement in the tissue, in {by}: {told}; this {tie}. It shows no engagement here.",
        subject=Subject("cohort", f"{x.marker} in {by}"),
        name=x.marker,
        scope=Scope(
            where=f"{by}: {', '.join(x.sources)}",
            how="Pearson's r with Fisher's limits, tissue on the logit scale; linked where the limits exclude 0",
            denominator=f"{x.pairs} pairs",
        ),
        quantities={"correlation": q} if q is not None else {},
        facts=facts,
        readout_definition="Correlation of the substitute readout with engagement of the tissue, over subjects.",
        assumptions=(q.model,) if q is not None else (),
    )


def _inferred(x: Inferred) -> Draft:
    from proband.science.stated_number import stated

    told = {
        "shown": f"shown: {x.tissue} as read",
        "inferred": f"inferred, not shown: {stated(x.quantity) if x.quantity is not None else ''}",
        "unknown": "unknown",
    }[x.word]
    return Draft(
        kind="engagement.surrogate_link",
        statement=f"Engagement in the tissue of {x.subject} by {x.marker}: {told}; {x.reason}.",
        subject=Subject("patient", x.subject),
        name=f"{x.marker} of {x.subject}",
        scope=Scope(
            where=f"{x.marker} of {x.subject}",
            how=f"prediction from {x.origin.replace('_', ' ')}" if x.origin else "tissue, or a link that holds",
            denominator="one subject",
        ),
        quantities={"predicted_engagement": x.quantity} if x.quantity is not None else {},
        facts={"engagement_is": x.word},
        readout_definition="Shown is read in the tissue; inferred follows from a readout; unknown is neither.",
        assumptions=(x.quantity.model,) if x.quantity is not None else (),
    )
