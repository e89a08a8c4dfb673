"""What is reported of each confirmed off-target site: place, frequency, what lies there, and its risk.

Asks: has every site that the reads called, or ``offtarget/confirmed.csv`` names, coordinates, counts, a gene context
and a risk assessment; what lies there by the annotation of the folder, and what could the editor make of it?
Cannot see: confirmed sites that nobody names, whether a risk is right, and what ``offtarget/annotation/`` lacks: a
layer that is not given has no column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from proband.core.analysis import Draft, InputPath, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import (
    TABLE_PREVIEW_ROWS,
    Column,
    Concern,
    ConcernWord,
    Evidence,
    Origin,
    Scope,
    Subject,
    Table,
)
from proband.core.kinds import nearest
from proband.core.program import Program
from proband.core.provenance import digest
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.offtarget.confirmed_table import ConfirmedSite


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the table and of the layers, without numerics."""
    from proband.science.offtarget.annotation import read_regions, read_roles
    from proband.science.offtarget.confirmed_table import TABLE, layer_problems, read_confirmed

    problems = layer_problems([f.relative for f in inputs.files["layers"]])
    for f in inputs.files["table"]:
        found: list[Problem] = []
        read_confirmed(f.path, found)
        problems += [Problem(TABLE, p.place, p.found, p.expected, p.remedy) for p in found]
    for f, read in [
        *((x, read_regions) for x in inputs.files["layers"]),
        *((x, read_roles) for x in inputs.files["roles"]),
    ]:
        try:
            read(f.path)
        except ProgramError as e:
            problems += [Problem(f.relative, p.place, p.found, p.expected, p.remedy) for p in e.problems]
    return problems


@analysis(
    claims=("off_target.confirmed",),
    reads={
        "table": "offtarget/confirmed.csv",
        "genes": "offtarget/annotation/*.g*f*",
        "layers": "offtarget/annotation/*.bed*",
        "roles": "offtarget/annotation/cancer_genes.csv",
        "annotation": "reference/*.g*f*",
        "genome": "reference/*.fa*",
    },
    uses=("id",),
    consumes=("off_target.verification",),
    version=1,
    packages=("hgvs-weaver",),
    border=border,
    references=True,
)
def off_target_confirmed(program: ProgramView, inputs: Inputs, *, editor: str = "") -> Iterator[Draft]:
    """One line on all confirmed sites; `editor`: its entry in the table of editors, for the consequence of an edit."""
    from proband.science.offtarget.confirmed_table import read_confirmed

    called = [e for e in inputs.evidence if _called(e)]
    problems: list[Problem] = []
    sites = [s for f in inputs.files["table"] for s in read_confirmed(f.path, problems)]
    if problems:
        raise ProgramError(problems)
    if sites or called:
        yield _line(program.id, inputs, sites, called, editor)


def _called(e: Evidence) -> bool:
    """Whether a line is a site that the reads of this folder called; a reported line may be of any tested site."""
    return e.origin is Origin.COMPUTED and e.subject.type == "site" and "net_conversion" in e.quantities


def _line(
    program_id: str, inputs: Inputs, sites: Sequence[ConfirmedSite], called: Sequence[Evidence], editor: str
) -> Draft:
    from proband.science.offtarget.confirmed_table import FIELDS, TABLE, reported_fields

    header, rows, context, where, notes = _annotated(inputs, sites, editor)
    measured = list(dict.fromkeys(e.subject.id for e in called))
    asked = {s.name for s in sites if s.place is not None} if where else set()
    made, because = reported_fields(sites, measured, context, bool(inputs.files["table"]), asked - set(context))
    names = {s.name for s in sites} | set(measured)
    open_ = "; ".join(f"{f.replace('_', ' ')} of {why}" for f, why in because.items())
    told = f" Not reported: {open_}." if open_ else ""
    return Draft(
        kind="off_target.confirmed",
        statement=f"{len(names):,} off-target sites are confirmed; for every one {len(made.present)} of {len(FIELDS)} "
        f"fields are reported.{told}",
        subject=Subject("program", program_id),
        name="confirmed sites",
        scope=Scope(
            where=TABLE if inputs.files["table"] else "sites called from reads; no table of confirmed sites",
            how=f"{len(measured):,} sites called from reads, {len(sites):,} reported; gene context from "
            f"{where or 'the table alone'}",
            denominator=f"{len(names):,} confirmed sites",
            not_covered="sites that were never nominated or tested",
        ),
        quantities={"confirmed_count": Quantity.exact(len(names), "count")},
        facts={"reported_fields": made},
        readout_definition="Present: every confirmed site has the field; absent: the report of one leaves it out.",
        tables=(_table(header, rows, {s.name: s for s in sites}, called),) if rows else (),
        concerns=tuple(Concern(ConcernWord.LOW_QUALITY, n[:500]) for n in notes),
    )


def _annotated(
    inputs: Inputs, sites: Sequence[ConfirmedSite], editor: str
) -> tuple[Any, Any, dict[str, str], str, Any]:
    """Columns and rows of what lies at the placed sites, their gene contexts, the annotation's name, and notes."""
    from proband.science.design.editors import load_editors
    from proband.science.offtarget.annotation import read_regions, read_roles
    from proband.science.offtarget.annotation_table import Sources, annotated, contexts
    from proband.science.offtarget.panel_sites import PanelSite
    from proband.science.sequence.annotation import read_annotation
    from proband.science.sequence.fasta import open_fasta

    known = load_editors()
    if editor and editor not in known:
        place, remedy = "[parameters.off_target_confirmed], key editor", nearest(editor, known)
        raise ProgramError([Problem("program.toml", place, editor, "an editor of the shipped table", remedy)])
    here = next((r for r in inputs.references if r.fasta is not None), None)
    genes = [*inputs.files["genes"]] or [*inputs.files["annotation"]]
    if not genes and here is not None and here.gff is not None:
        genes = [InputPath(f"genome {here.title}", here.gff)]
    genome = inputs.files["genome"][0].path if inputs.files["genome"] else here.fasta if here else None
    regions = {f.path.name.split(".")[0]: read_regions(f.path) for f in inputs.files["layers"]}
    placed = [PanelSite(s.name, *s.place, s.strand) for s in sites if s.place is not None]
    records = [r for f in genes for r in read_annotation(f.path)] if genes else None
    given = Sources(
        records,
        regions,
        read_roles(inputs.files["roles"][0].path) if inputs.files["roles"] and records is not None else None,
        editor=known[editor] if editor and genome else None,
    )
    where = ", ".join(f.relative for f in genes)
    if not placed:
        return [], [], {}, where, ()
    try:
        header, rows, notes = annotated(placed, open_fasta(genome) if genome and editor else None, given)
    except ProgramError as e:
        told = "; ".join(f"{p.file}: {p.found}, asked for: {p.expected}" for p in e.problems[:3])
        return [], [], {}, where, (f"What lies at the sites was not told. {told}",)
    return header, rows, contexts(header, rows), where, notes


def _table(
    header: Sequence[str], rows: Sequence[Sequence[Any]], sites: dict[str, ConfirmedSite], called: Sequence[Evidence]
) -> Table:
    seen: dict[str, float] = {}
    for e in called:  # the largest of the kinds of change that a site shows
        seen[e.subject.id] = max(seen.get(e.subject.id, 0.0), e.quantities["net_conversion"].value or 0.0)
    own = ("net % in the reads here", "edited", "total", "gene context as reported", "risk", "assessed by", "on")
    made = []
    for row in rows:
        s = sites[row[0]]
        counts = s.counts or ("", "")
        net = f"{100 * seen[s.name]:.3g}" if s.name in seen else ""
        made.append((*row, net, *counts, s.gene_context, s.risk, s.who, s.day or ""))
    text = tuple(tuple("" if c is None else str(c) for c in r) for r in made)
    columns = tuple(Column(n, "", n.replace("_", " ")) for n in (*header, *own))
    shown = text[:TABLE_PREVIEW_ROWS]
    return Table("confirmed", "Confirmed sites and what lies there", columns, len(text), digest(text), "", shown)
