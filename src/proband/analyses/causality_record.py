"""What speaks for and against each variant as the cause, from ``variants/causality.toml``.

Asks: which class do the evaluated ACMG/AMP criteria give, is there evidence beyond a label, and has every variant of
the program evidence of the same types?
Cannot see: whether a criterion was applied rightly, gene-specific rules, penetrance. It proposes a class and makes no
diagnosis: an expert signs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.causality import CausalityRecord
from proband.core.evidence import Concern, ConcernWord, Fact, Members, Scope, Subject
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.variant.acmg import Classification
    from proband.science.variant.weighing import WeighedVariant

BACKGROUND = "variant.background"
RECESSIVE = ("autosomal_recessive",)


@analysis(
    claims=("variant.classification", "variant.function", "variant.background", "variant.records"),
    reads={"record": "variants/causality.toml"},
    needs_files=("record",),
    uses=("id", "variants", "inheritance", "design", "causality"),
    version=1,
    packages=("scipy",),
)
def causality_record(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line per variant with criteria, per assay and set of families; one over the variants of an umbrella."""
    from proband.science.variant.weighing import weigh

    record: CausalityRecord | None = program.causality
    if record is None:
        return
    targets = {v.id for v in program.variants if v.role == "target"}
    weighed = {v.id: weigh(record, v.id, program.inheritance in RECESSIVE) for v in program.variants}
    for name, w in weighed.items():
        yield from _classification(record, w, name in targets)
        yield from _function(record, w, name in targets)
    own = [w for n, w in weighed.items() if n in targets]
    if any(w.classification for w in own):
        yield from (_nothing(record, w, "variant.classification", "criterion") for w in own if not w.classification)
    if any(w.assays or w.families for w in own):
        without = (w for w in own if not (w.assays or w.families))
        yield from (_nothing(record, w, "variant.function", "assay or family") for w in without)
    if program.design == "umbrella" and any(w.classification or w.assays or w.families for w in own):
        yield _records(program.id, record, {w.variant: w for w in own})


def _nothing(record: CausalityRecord, w: WeighedVariant, kind: str, what: str) -> Draft:
    """A targeted variant of which nothing is entered, beside others of which something is: it stays open."""
    return Draft(
        kind=kind,
        statement=f"Variant {w.variant}: no {what} is entered, as it is for another targeted variant.",
        subject=Subject("variant", w.variant),
        name=f"{w.variant}: nothing entered",
        scope=Scope(where=record.file, how="as entered by people", denominator=f"0 entries: {what}"),
    )


def _classification(record: CausalityRecord, w: WeighedVariant, target: bool) -> Iterator[Draft]:
    c = w.classification
    if c is None:
        return
    word = _class(c)
    labels = ", ".join(x.label for x in c.counted) or "none"
    said = word.replace("_", " ") if c.agree else "; ".join(c.disagreements)
    opposing = f"for: {', '.join(c.conflicting[0])}; against: {', '.join(c.conflicting[1])}" if c.conflicting[0] else ""
    facts: dict[str, Fact] = {"class": word}
    if opposing:
        facts["opposing"] = opposing
    dropped = [f"{d.criterion.label} not counted beside {d.in_favour_of}: {d.because}" for d in c.not_counted]
    concerns = [Concern(ConcernWord.INCONSISTENT, opposing)] if opposing else []
    reasons = [f"{x.label}: {x.because}" for x in w.criteria if x.status.value == "met"]
    yield Draft(
        kind="variant.classification" if target else BACKGROUND,
        statement=f"Variant {w.variant}: criteria met and counted are {labels}; {c.points} points; {said}.",
        subject=Subject("variant", w.variant),
        name=f"{w.variant}: criteria",
        scope=Scope(
            where=record.file,
            how="criteria as evaluated by people, and PS3, BS3, PVS1 and PP1 computed where their data are given",
            denominator=f"{len(c.counted)} counted, {len(c.not_met)} not met, {len(c.not_evaluated)} not evaluated",
            not_covered=f"not evaluated: {', '.join(c.not_evaluated)}",
            settings={"computed": list(w.computed)},
        ),
        quantities={
            "points": Quantity.exact(c.points, "count"),
            "codes_met": Quantity.exact(len(c.counted), "count"),
            "codes_not_evaluated": Quantity.exact(len(c.not_evaluated), "count"),
        },
        facts=facts,
        readout_definition="Class by the table of Richards 2015 and by the points of Tavtigian 2020; named only where "
        f"all readings are on one side, then the weaker. {c.banner}",
        assumptions=(*reasons, *dropped, *c.notes),
        concerns=tuple(concerns),
    )


def _function(record: CausalityRecord, w: WeighedVariant, target: bool) -> Iterator[Draft]:
    for a in w.assays:
        quantities = {}
        if a.odds is not None and a.odds.low > 0 and a.odds.high < float("inf"):
            quantities["odds_path"] = Quantity.confidence(
                a.odds.odds, a.odds.low, a.odds.high, a.odds.level, "ratio", n=a.odds.controls
            )
        by = "patient_cells" if a.assay.material == "patient_cells" else "functional_assay"
        yield Draft(
            kind="variant.function" if target else BACKGROUND,
            statement=f"{a.assay.name}: {a.assay.readout} for variant {w.variant}; {a.because}.",
            subject=Subject("variant", w.variant),
            name=f"{w.variant}: {a.assay.name}",
            scope=Scope(
                where=a.assay.material.replace("_", " "),
                how=f"{a.assay.source} ({a.assay.read_as})",
                denominator=f"{a.odds.controls if a.odds else sum(a.assay.controls.values())} control variants",
            ),
            quantities=quantities,
            facts={"role": a.role, "shown_by": by},
            readout_definition="OddsPath of the readout from control variants (Brnich 2019), exact limits.",
            assumptions=("The control variants are independent of how the assay's bands were set.",),
        )
    if w.families is not None:
        s = w.families.segregation
        yield Draft(
            kind="variant.function" if target else BACKGROUND,
            statement=f"Cosegregation of variant {w.variant}: {w.families.because}.",
            subject=Subject("variant", w.variant),
            name=f"{w.variant}: cosegregation",
            scope=Scope(
                where=", ".join(f"family {f.name}" for f in w.families.families),
                how="; ".join(dict.fromkeys(f.source for f in w.families.families)),
                denominator=f"{s.families} informative families",
                not_covered="; ".join(s.cannot_see),
            ),
            quantities={"lod": Quantity.exact(s.lod, "ratio")} if s.lod is not None else {},
            facts={"role": w.families.role, "shown_by": "segregation"},
            readout_definition="N, chance of the cosegregation without effect (Jarvik and Browning 2016), and LOD.",
            assumptions=s.notes,
        )


def _class(c: Classification) -> str:
    """The class that all readings agree on; of two on one side the weaker; else that the combiners disagree.

    Pathogenic by one and likely pathogenic by another is likely pathogenic: both name a cause.
    """
    from proband.science.variant.acmg import AcmgClass

    readings = sorted({c.by_table, c.by_table_strict, c.by_points}, key=lambda x: x.rank)
    if len(readings) == 1:
        return readings[0].value
    if readings[0].rank > AcmgClass.UNCERTAIN.rank:
        return readings[0].value
    return readings[-1].value if readings[-1].rank < AcmgClass.UNCERTAIN.rank else "combiners_disagree"


def _records(program_id: str, record: CausalityRecord, weighed: dict[str, WeighedVariant]) -> Draft:
    has = {
        name: {
            *({"criteria"} if w.classification else set()),
            *({"assay or segregation"} if w.assays or w.families else set()),
        }
        for name, w in weighed.items()
    }
    every = {"criteria", "assay or segregation"}
    members = Members(
        tuple(n for n, types in has.items() if types == every),
        tuple(n for n, types in has.items() if not types),
        tuple(n for n, types in has.items() if types and types != every),
    )
    held = f"{len(members.present)} of {len(has)} variants have causal evidence of their own"
    lacking = "; ".join(f"{n} lacks {', '.join(sorted(every - types))}" for n, types in has.items() if types != every)
    return Draft(
        kind="variant.records",
        statement=f"{held}. {lacking}".rstrip(),
        subject=Subject("program", program_id),
        scope=Scope(
            where=record.file,
            how="each variant needs evaluated criteria, and an assay or segregation of its own",
            denominator=f"{len(has)} included variants",
        ),
        facts={"complete": members},
        readout_definition="A variant is complete with evaluated criteria and an assay or segregation of its own.",
    )
