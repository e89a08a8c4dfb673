"""The margin of the starting dose to animals, on every basis of scaling, and the length of the toxicity study.

Asks: what is the dose of animals without effect over the human starting dose, on the basis that the program declares
and on all others; are the basis and a justification given; how many days in life were in hand at the first dose, and
how many does the prognosis ask for?
Cannot see: whether an effect was adverse, whether an effect in animals foretells one in people, which basis fits the
product, and studies that nobody entered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.evidence import Concern, ConcernWord, Fact, Scope, Subject
from proband.core.quantity import Quantity
from proband.science.nonclinical.files import READS, border, files_of

if TYPE_CHECKING:
    from proband.science.nonclinical.folder import NonclinicalFolder
    from proband.science.nonclinical.margin_report import MarginReport
    from proband.science.nonclinical.owed import Length


@analysis(
    claims=("nonclinical.margin", "nonclinical.toxicity"),
    reads=READS,
    uses=("id", "candidate"),
    version=2,
    border=border,
)
def nonclinical_margin(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line on the margin, and one on the length of the toxicity study where one is entered."""
    from proband.science.nonclinical.folder import folder_or_problems
    from proband.science.nonclinical.margin_report import margin_report
    from proband.science.nonclinical.owed import toxicity_length
    from proband.science.nonclinical.product import apart, names_of, route_of

    files = files_of(inputs)
    if READS["studies"] not in files and READS["plan"] not in files:
        return
    folder = folder_or_problems(files)
    own, route = names_of(program.candidate), route_of(folder.plan, program.candidate)
    concerns = tuple(Concern(ConcernWord.INCONSISTENT, why) for why in apart(folder.plan, program.candidate))
    yield _margin(program.id, folder, margin_report(folder, own, route), concerns)
    length = toxicity_length(folder, own, route)
    if length is not None:
        yield _length(program.id, folder, length, concerns)


def _margin(program: str, folder: NonclinicalFolder, made: MarginReport, concerns: Sequence[Concern]) -> Draft:
    from proband.science.nonclinical.margin_report import margin_figure, margin_table
    from proband.science.nonclinical.margins import HIGHEST

    quantities, facts = {}, dict[str, Fact]({"given": made.given})
    if made.declared:
        facts["basis"] = made.declared
    if made.headline is not None and made.headline.value is not None:
        quantities["margin"] = Quantity.point(made.headline.value, "ratio")
        facts |= {"bound": made.headline.bound, "product": made.standing}
        at = [m for m in made.margins if m.against == HIGHEST and m.study == made.headline.study]
        top = next((m.value for m in at if m.basis == made.declared), None)
        if top is not None:
            quantities["margin_at_highest_dose"] = Quantity.point(top, "ratio")
        spread = made.spread()
        if spread is not None:
            quantities["bases_apart"] = Quantity.exact(spread, "ratio")
    figure = margin_figure(made, folder)
    return Draft(
        kind="nonclinical.margin",
        statement=" ".join(_margin_words(folder, made)),
        subject=Subject("program", program),
        scope=Scope(
            where=", ".join(sorted(folder.has)),
            how="both doses scaled on each basis and divided; nothing is averaged, what is not stated is not assumed",
            denominator=f"{len(made.counted)} of {len(folder.studies)} studies count for the declared margin",
            not_covered="; ".join(f"{name}: {why}" for name, why in made.left_out),
        ),
        quantities=quantities,
        facts=facts,
        readout_definition="Dose of animals without effect over the human dose, both on one basis; less than that of "
        "the lowest dose where it had an effect, at least that of the highest where none had.",
        tables=(margin_table(made, folder),) if made.margins else (),
        figures=(figure,) if figure is not None else (),
        assumptions=("What has no effect in animals is as their table states it.",),
        concerns=(*concerns, *_margin_concerns(folder, made)),
    )


def _margin_words(folder: NonclinicalFolder, made: MarginReport) -> Iterator[str]:
    from proband.science.nonclinical.margin_report import figure, told
    from proband.science.nonclinical.margins import HIGHEST
    from proband.science.nonclinical.terms import BASES

    m = made.headline
    basis = BASES.get(made.declared, made.declared)
    if m is None:
        yield f"No margin to the human starting dose: {made.why}."
    else:
        study = folder.study(m.study)
        animal = f"{study.species} study {m.study}" if study else m.study
        yield f"The margin of the starting dose is {told(m)} ({basis}; {animal}, {made.standing} product)."
        at = [x for x in made.margins if x.against == HIGHEST and x.study == m.study and x.basis == m.basis]
        yield from (f"At the highest planned dose it is {told(x)}." for x in at if x.value is not None)
        if m.at_effect is not None:
            yield f"The lowest dose with an effect stands at {figure(m.at_effect)}."
        beside = [f"{x.basis.replace('_', ' ')} {told(x)}" for x in made.beside() if x.basis != m.basis]
        if beside:
            yield f"On other bases: {'; '.join(beside)}."
        if m.value is not None and m.value < 1:
            yield "The starting dose lies above the dose of animals on which the margin rests."
    missing = ", ".join(n.replace("_", " ") for n in (*made.given.absent, *made.given.unknown))
    if missing:
        yield f"Not given or not known: {missing}."


def _margin_concerns(folder: NonclinicalFolder, made: MarginReport) -> Iterator[Concern]:
    m = made.headline
    if m is None:
        return
    study = folder.study(m.study)
    if made.why:
        yield Concern(ConcernWord.SELECTIVE, f"Other studies that count give none: {made.why}.")
    if made.standing == "bridged":
        yield Concern(ConcernWord.INDIRECT, "The study is of another product, bridged by a written rationale.")
    if study is not None and not study.determined_by.strip():
        yield Concern(ConcernWord.LOW_QUALITY, "Who held which dose to be without effect, and on what, is not stated.")
    for note in m.notes:
        yield Concern(ConcernWord.LOW_QUALITY, f"{note[0].upper()}{note[1:]}.")


def _length(program: str, folder: NonclinicalFolder, made: Length, concerns: Sequence[Concern]) -> Draft:
    from proband.science.nonclinical.route_table import route_table

    study = made.study
    expected = folder.plan.prognosis.death_or_irreversible_harm_within_a_year
    stated = expected is False or (expected is True and bool(folder.plan.prognosis.statement.strip()))
    prognosis = ("within_a_year" if expected else "not_within_a_year") if stated else "not_stated"
    quantities = {}
    if made.in_life is not None:
        known = Quantity.exact if made.settled else Quantity.point
        quantities["in_life_days"] = known(made.in_life, "d")
        if not made.settled:
            whys = (
                [f"Days in life of {', '.join(made.not_told)} are not stated and may be more."] if made.not_told else []
            )
            whys += [
                "When the study began is not stated: fewer days may have been in hand at the first dose."
            ] * made.not_dated
            concerns = (*concerns, *(Concern(ConcernWord.IMPRECISE, why) for why in whys))
    owed = made.owed
    quantities["days_owed"] = (
        Quantity.exact(owed, "d") if owed is not None
        else Quantity.point(made.most, "d", low=made.least, high=made.most)
    )  # fmt: skip
    asked = f"{made.most:g}" if made.least == made.most else f"{made.least:g} or {made.most:g}, by prognosis"
    return Draft(
        kind="nonclinical.toxicity",
        statement=f"Days in life of toxicity study {study.id} in hand: {made.told}; owed: {asked}. Product: "
        f"{made.standing.replace('_', ' ')}; prognosis: {prognosis.replace('_', ' ')}.",
        subject=Subject("program", program),
        name=study.id,
        scope=Scope(
            where="nonclinical/studies.csv, nonclinical/plan.toml",
            how="the longest toxicity study of this product on the class of the patient's route; days up to the first "
            "dose where both dates are known",
            denominator=f"toxicity studies entered: {sum('toxicity' in s.purpose for s in folder.studies)}",
            not_covered=f"studies without a purpose: {', '.join(made.no_purpose)}" if made.no_purpose else "",
        ),
        quantities=quantities,
        facts={"product": made.standing, "prognosis": prognosis, "glp": study.glp},
        readout_definition=route_table().length_because,
        concerns=tuple(concerns),
    )
