"""The effect over patients with any one left out, and what is borrowed between versions of the platform.

Asks: does the pooled effect survive leaving out any one patient; how far do patients differ; what may a new one expect;
what does this version borrow, does anything conflict, and is every version of the register in what is borrowed?
Cannot see: a patient or version that nobody entered; whether versions are comparable, which a person argues.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Members, Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.borrowing.platform_tables import Platform


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the tables, without numerics."""
    from proband.science.borrowing.platform_tables import read_platform

    problems: list[Problem] = []
    read_platform({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    return problems


@analysis(
    claims=("clinical.heterogeneity", "clinical.borrowing"),
    reads={"platform": "platform/[pv]*"},  # patients.csv, pooling.toml, versions.csv
    needs_files=("platform",),
    uses=("id", "plan"),
    version=1,
    packages=("numpy", "scipy", "numba"),
    border=border,
)
def pooled_effect(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line of heterogeneity where patients are listed, and one of borrowing."""
    from proband.science.borrowing.platform_tables import read_platform

    problems: list[Problem] = []
    platform = read_platform({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    if platform is None:
        raise ProgramError(problems)
    from proband.science.within_patient.own_control_report import doubts

    doubt = doubts(program.plan, ())
    if platform.patients:
        yield _heterogeneity(platform, program.id, doubt)
    yield _borrowing(platform, program.id, doubt)


def _heterogeneity(platform: Platform, program: str, doubt: tuple[Concern, ...]) -> Draft:
    from proband.science.borrowing.platform_report import forest, heterogeneity
    from proband.science.stated_number import stated

    made = heterogeneity(platform)
    unknown = [r["patient"] for r in platform.patients if r["effect"] is None]
    numbers = {
        "effect_leaving_one_out": made.least,
        "effect_between_sd": made.spread,
        "new_patient_effect": made.new,
    }
    said = f"whether the effect survives leaving one patient out can not be told: {made.reason}"
    if made.effect is not None and made.least is not None and made.spread is not None and made.new is not None:
        said = (
            f"the pooled effect of {made.patients} patients is {stated(made.effect)} standard deviations, and "
            f"{stated(made.least)} without {made.without}, the least over leaving each out; patients differ by "
            f"{stated(made.spread)}, and a new one may expect {stated(made.new)}"
        )
    few = 0 < made.patients < 5
    return Draft(
        kind="clinical.heterogeneity",
        statement=f"Over patients of the platform, {said}.",
        subject=Subject("program", program),
        scope=Scope(
            where="platform/patients.csv",
            how="normal hierarchy over patients, the whole of it fitted again without each",
            denominator=f"{made.patients} patients with an effect of {len(platform.patients)} listed",
            not_covered=f"no effect known of {', '.join(unknown)}" if unknown else "",
        ),
        quantities={
            **{k: q for k, q in numbers.items() if q is not None},
            "patients": Quantity.exact(made.patients, "count"),
        },
        readout_definition="Effects in standard deviations of untreated people's change, above 0 better.",
        assumptions=(f"priors from {platform.pooling.source}", "standard errors of patients are known")
        if not made.reason
        else (),
        concerns=(
            *doubt,
            *((Concern(ConcernWord.IMPRECISE, "few patients: the prior decides how far they differ"),) if few else ()),
            *((Concern(ConcernWord.SELECTIVE, f"no effect known of {', '.join(unknown)}"),) if unknown else ()),
        ),
        figures=(forest(made),) if made.rows else (),
    )


def _borrowing(platform: Platform, program: str, doubt: tuple[Concern, ...]) -> Draft:
    from proband.science.borrowing.platform_report import borrowed, left, told_borrowed

    made, pooling = borrowed(platform), platform.pooling
    names, flags = [r["version"] for r in platform.versions], [r["flag"] for r in platform.versions]
    numbers: dict[str, Quantity] = {}
    if made.own is not None:
        numbers["effective_sample_size"] = Quantity.exact(max(made.own.borrowed, 0.0), "count")
    if made.least_conflict is not None:
        numbers["conflict_p"] = Quantity.exact(made.least_conflict[1], "fraction")
    told = {
        "exchangeability": bool(pooling.argument.strip()),
        "conflict": made.least_conflict is not None,
        "borrowed_amount": made.own is not None,
    }
    # what could not be computed is not known; an argument that nobody wrote is not there
    unknown = tuple(k for k in ("conflict", "borrowed_amount") if not told[k])
    absent = () if told["exchangeability"] else ("exchangeability",)
    concerns = [Concern(ConcernWord.BIASED, c) for c in (made.pooled.concerns if made.pooled is not None else ())]
    if made.own is not None and made.own.borrowed < 0:
        concerns.append(Concern(ConcernWord.INCONSISTENT, "data in conflict: borrowing made this version less sure"))
    return Draft(
        kind="clinical.borrowing",
        statement=f"Of {len(names)} versions of the platform, {told_borrowed(made, pooling.version)}.",
        subject=Subject("program", program),
        scope=Scope(
            where="platform/versions.csv",
            how=f"normal hierarchy over versions; exchangeable because: {pooling.argument.strip() or 'not argued'}",
            denominator=f"{len(names)} versions; register closed by {pooling.closed_by.strip() or 'nobody'}",
            not_covered="versions that nobody entered",
        ),
        quantities=numbers,
        facts={
            "reported": Members(tuple(k for k, v in told.items() if v), absent, unknown),
            "versions": Members(*(left(names, flags, w) for w in ("pooled", "left_out", "no_outcome"))),
        },
        readout_definition="Borrowed: size of the posterior less the version's own patients, by moments.",
        assumptions=(f"priors from {pooling.source}",),
        concerns=(*doubt, *concerns),
    )
