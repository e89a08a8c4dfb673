"""Effects of the editor that no guide directs, and by-product edits, from ``offtarget/guide_independent.toml``.

Asks: was each effect tested, reasoned away in writing, or not considered; were by-products at the target counted?
Cannot see: whether a reason holds, which a person signs, and effects that nobody names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Column, Evidence, Members, Scope, Subject, Table
from proband.core.program import Program
from proband.core.provenance import digest

if TYPE_CHECKING:
    from proband.science.offtarget.guide_independent import Effect

OUTCOMES = {"bystanders", "indels"}
"""By-products that a line on editing at the target must count both of, to stand for them."""


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the file."""
    from proband.science.offtarget.guide_independent import read_effects

    problems: list[Problem] = []
    for f in inputs.files["effects"]:
        read_effects(f.path, problems)
    return problems


@analysis(
    claims=("off_target.guide_independent",),
    reads={"effects": "offtarget/guide_independent.toml"},
    needs_files=("effects",),
    uses=("id",),
    consumes=("editing.on_target",),
    version=1,
    border=border,
)
def off_target_guide_independent(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line on what was considered."""
    from proband.science.offtarget.guide_independent import considered, read_effects

    problems: list[Problem] = []
    effects = [e for f in inputs.files["effects"] for e in read_effects(f.path, problems)]
    if problems:
        raise ProgramError(problems)
    counted = sorted({e.name or e.subject.id for e in inputs.evidence if _counts_by_products(e)})
    yield _line(program.id, effects, counted, considered(effects, counted))


def _counts_by_products(e: Evidence) -> bool:
    """Whether a line reports bystanders and indels of the same samples."""
    outcomes = e.facts.get("reported_outcomes")
    return isinstance(outcomes, Members) and set(outcomes.present) >= OUTCOMES


def _line(program_id: str, effects: Sequence[Effect], counted: Sequence[str], made: Members) -> Draft:
    from proband.science.offtarget.guide_independent import EFFECTS

    told = {"considered": made.present, "not considered": made.absent, "not known": made.unknown}
    said = "; ".join(f"{k}: {', '.join(v).replace('_', ' ')}" for k, v in told.items() if v)
    rows = tuple((e.effect, e.considered, e.method, e.result, e.because, e.source) for e in effects)
    rows += tuple(("by_product_edits", "tested", "counted at the target", f"line {n}", "", "") for n in counted)
    names = ("effect", "considered", "method", "result", "because", "source")
    columns = tuple(Column(n, "", n) for n in names)
    sources = dict.fromkeys(e.source for e in effects if e.source)
    return Draft(
        kind="off_target.guide_independent",
        statement=f"Effects that no guide directs, and by-products: {said}.",
        subject=Subject("program", program_id),
        scope=Scope(
            where="; ".join(sources) or "offtarget/guide_independent.toml",
            how="as the program states for each; by-products also where lines on editing count bystanders and indels",
            denominator=f"{len(EFFECTS)} effects",
            not_covered="effects that nobody names",
        ),
        facts={"considered": made},
        readout_definition="Considered: tested with a result, or not tested with a written reason.",
        tables=(Table("effects", "What was considered", columns, len(rows), digest(rows), "", rows),),
    )
