"""Where product and edits were found in animals, how long they stayed, and how far edits of the germline are bounded.

Asks: in which tissues, gonads included, was each part of the product found, or not found down to which limit; when had
it left; what share of animals can have edits in a gonad; are editor class and delivery justified beside that?
Cannot see: tissues nobody looked at, germ cells within a gonad, animals that are the same on two days, and whether a
bridge from another product holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.evidence import TABLE_PREVIEW_ROWS, Column, Concern, ConcernWord, Fact, Scope, Subject, Table
from proband.core.quantity import Quantity
from proband.science.nonclinical.files import READS, border, files_of

if TYPE_CHECKING:
    from proband.science.nonclinical.distribution import GermlineBound, TissueState
    from proband.science.nonclinical.distribution_table import Finding
    from proband.science.nonclinical.folder import NonclinicalFolder


@analysis(
    claims=("nonclinical.biodistribution", "product.delivery"),
    reads=READS,
    uses=("id", "candidate", "patients"),
    version=1,
    packages=("numpy", "scipy"),
    border=border,
)
def biodistribution(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line on own and bridged animals, one on others where there are any, one on the justification of delivery."""
    from proband.science.nonclinical.folder import folder_or_problems
    from proband.science.nonclinical.product import names_of

    files = files_of(inputs)
    if READS["distribution"] not in files and READS["plan"] not in files:
        return
    folder = folder_or_problems(files)
    own = names_of(program.candidate)
    whose = {s.id: folder.standing(s, own) for s in folder.studies}
    counted = tuple(f for f in folder.findings if whose.get(f.study) in ("own", "bridged"))
    others = tuple(f for f in folder.findings if whose.get(f.study) not in ("own", "bridged"))
    sexes = [p.sex for p in program.patients]
    control = {s.id for s in folder.studies if 0 in s.doses}
    if counted:
        held = {whose[f.study] for f in counted}
        yield _distribution(program.id, counted, sexes, "own_and_bridged" if len(held) > 1 else held.pop(), control)
    if others:
        kinds = {whose.get(f.study, "not_stated") for f in others}
        yield _distribution(program.id, others, sexes, "not_stated" if "not_stated" in kinds else "sibling", control)
    if folder.plan.delivery is not None:
        yield _delivery(program.id, folder, counted)


def _distribution(
    program: str, rows: Sequence[Finding], sexes: Sequence[str], product: str, control: AbstractSet[str]
) -> Draft:
    from proband.science.nonclinical.distribution import covered, germline_bounds, tissue_states
    from proband.science.nonclinical.distribution_report import denominator, limits, words

    states, bounds = tissue_states(rows), germline_bounds(rows)
    facts: dict[str, Fact] = {"covered": covered(rows, states, sexes), "product": product}
    small = [b.animals for b in bounds if b.animals is not None and b.animals < 10]
    concerns = [Concern(ConcernWord.IMPRECISE, f"{n} animals bound edits of gonads widely.") for n in small[:1]]
    if product in ("bridged", "own_and_bridged"):
        concerns.append(Concern(ConcernWord.INDIRECT, "Animals of another product count by a written rationale."))
    unsaid = sorted({r.study for r in rows if r.dose is None and r.study in control})
    if unsaid:
        told = f"{', '.join(unsaid)}: rows without a dose are read as of dosed animals, and there is a control group."
        concerns.append(Concern(ConcernWord.LOW_QUALITY, told))
    return Draft(
        kind="nonclinical.biodistribution",
        statement=" ".join(words(states, bounds)),
        subject=Subject("program", program),
        name=product,
        scope=Scope(
            where=f"{', '.join(sorted({r.tissue.replace('_', ' ') for r in rows}))}, in animals of "
            f"{', '.join(sorted({r.study for r in rows}))}",
            how="rows by study, dose group, tissue and analyte; below a known limit is not found, below an unknown one "
            "is not told, and a tissue without a row was not looked at",
            denominator=denominator(rows, states),
            detection_limit=limits(states),
            not_covered="tissues without a row; germ cells within a gonad",
        ),
        quantities=_quantities(states, bounds),
        facts=facts,
        readout_definition="Share of animals with an edited fraction of a gonad above the limit: exact one-sided bound "
        "at 95 % over animals (Clopper and Pearson); unnamed animals of another day are taken as others.",
        tables=(_table(states),),
        assumptions=("One exponential decline from the day of the highest mean, for each half-life.",),
        concerns=tuple(concerns),
    )


def _quantities(states: Sequence[TissueState], bounds: Sequence[GermlineBound]) -> dict[str, Quantity]:
    from proband.science.nonclinical.distribution import DETECTED, LEVEL, NOT_TOLD
    from proband.science.nonclinical.terms import COMPONENTS

    dosed = [s for s in states if s.dose != 0]
    looked = {s.tissue for s in dosed if s.state != NOT_TOLD}
    made = {
        "tissues_looked_at": Quantity.exact(len(looked), "count"),
        "tissues_detected": Quantity.exact(len({s.tissue for s in dosed if s.state == DETECTED}), "count"),
    }
    last = [s.last_day for s in dosed if s.analyte in COMPONENTS and s.last_day is not None]
    if last:
        made["last_day_detected"] = Quantity.exact(max(last), "d")
    told = [b for b in bounds if b.above_at_most is not None and b.limit is not None and b.animals is not None]
    if told:
        hit = [b for b in told if b.above or b.highest is not None]  # edits found in one group are told, not hidden
        best = max(hit, key=_share) if hit else min(told, key=_share)
        assert best.above_at_most is not None
        assert best.animals is not None
        assert best.limit is not None
        made |= {
            "gonad_animals": Quantity.exact(best.animals, "count"),
            "gonad_detection_limit": Quantity.exact(best.limit, "fraction"),
            "gonads_above_limit": Quantity.bound(
                best.above_at_most, "fraction", side="upper", level=LEVEL, n=best.animals, model="binomial over animals"
            ),
        }  # fmt: skip
    return made


def _share(b: GermlineBound) -> float:
    return 1.0 if b.above_at_most is None else b.above_at_most


def _table(states: Sequence[TissueState]) -> Table:
    from proband.core.provenance import digest
    from proband.science.nonclinical.distribution_report import COLUMNS, state_rows

    columns = tuple(Column(name, "", meaning) for name, meaning in COLUMNS.items())
    rows = state_rows(states)
    return Table("tissues", "Tissues by analyte", columns, len(rows), digest(rows), "", rows[:TABLE_PREVIEW_ROWS])


def _delivery(program: str, folder: NonclinicalFolder, counted: Sequence[Finding]) -> Draft:
    from proband.science.nonclinical.distribution_report import delivery

    assert folder.plan.delivery is not None
    justified, reach, told = delivery(folder.plan.delivery, counted)
    facts: dict[str, Fact] = {"justified": justified}
    if folder.plan.delivery.target_tissue:
        facts["target_tissue"] = folder.plan.delivery.target_tissue
    return Draft(
        kind="product.delivery",
        statement=told,
        subject=Subject("program", program),
        scope=Scope(
            where="nonclinical/plan.toml, nonclinical/biodistribution.csv",
            how="texts of the plan, point by point; reach and persistence also held against the table of tissues",
            denominator="7 points",
            not_covered="whether a text is a good reason",
            settings={"reach_in_tissues": reach, "document": folder.plan.delivery.document},
        ),
        facts=facts,
        readout_definition="Justified: a text is there, and for reach and persistence the tissues show it too.",
    )
