"""Does the candidate fit the patient's own allele, what does its edit make, and what else could act on the variant?

Asks: do spacer, PAM, primer or oligonucleotide match the targeted haplotype, which alleles are reached, which protein
does each combination of converted bases give, and which editors have a guide at all?
Cannot see: efficiency, off-targets, delivery, and sequence or calls that the folder does not hold. Options are listed,
never ranked by a score, and none is recommended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import TABLE_PREVIEW_ROWS, Column, Fact, Members, Scope, Subject, Table
from proband.core.kinds import nearest
from proband.core.program import Candidate, Variant
from proband.core.provenance import digest
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.design.bystanders import BystanderTable
    from proband.science.design.candidate import Fit, Site
    from proband.science.design.options import DesignOptions

ANTISENSE = ("splice_switching", "gapmer")


@analysis(
    claims=("targeting.match", "targeting.edit_product", "design.options"),
    reads={
        "slices": "reference/*.toml",
        "sequence": "reference/*.fa*",
        "annotation": "reference/*.g*f*",
        "calls": "variants/*.vcf*",
    },
    uses=("variants", "patients", "slices", "candidate", "modality"),
    version=1,
    packages=("hgvs-weaver",),
)
def candidate_design(program: ProgramView, inputs: Inputs, *, editor: str = "") -> Iterator[Draft]:
    """Lines on the fit, the product and the options; `editor` names the candidate's editor in the shipped table."""
    from proband.science.design.candidate import fit, product, reached, site_of
    from proband.science.design.editors import load_editors
    from proband.science.design.options import design_options
    from proband.science.sequence.slices import from_folder

    candidate: Candidate | None = program.candidate
    targets: list[Variant] = [v for v in program.variants if v.role == "target"]
    wanted = candidate.target_variant if candidate else ""
    stated = [v for v in program.variants if v.id == wanted] if wanted else targets
    target = stated[0] if len(stated) == 1 else None
    names = ("sequence", "annotation", "calls")
    sequence, annotation, calls = (next((f.path for f in inputs.files[n]), None) for n in names)
    if target is None:
        return
    held = from_folder(program.slices, sequence, annotation, target.build)
    if held is None:
        return
    site = site_of(*held, target, calls, [p.id for p in program.patients])
    if site is None:
        return
    editors = load_editors()
    if editor and editor not in editors:
        place = "[parameters.candidate_design], key editor"
        remedy = nearest(editor, editors)
        raise ProgramError([Problem("program.toml", place, editor, "an editor of the shipped table", remedy)])
    own = editors.get(editor)
    if candidate is not None:
        found = fit(candidate, site, own, prime=program.modality == "prime_editor")
        if found is not None:
            yield _match(candidate, target, site, found, reached(target, program.variants, found, own))
        if candidate.spacer and program.modality not in ANTISENSE:
            table, why = product(candidate, site, own)
            yield _product(target, site, found, table, why)
    made = design_options(site.haplotype, site.change, editors.values(), site.transcript)
    yield _options(target, site, made)


def _match(candidate: Candidate, target: Variant, site: Site, found: Fit, alleles: Mapping[str, bool | None]) -> Draft:
    elements = _members(found.elements)
    m = found.match
    quantities = {}
    if m is not None:
        quantities["mismatches"] = Quantity.exact(len(m.mismatches), "count")
        if site.called:
            quantities["variants_under_site"] = Quantity.exact(len(m.under), "count")
    under = f"; other variants under it: {', '.join(m.under)}" if m is not None and m.under else ""
    spares = {0: "; it fits the allele without the variant as well", None: ""}.get(
        found.reference_mismatches, f"; {found.reference_mismatches} mismatches to the allele without the variant"
    )
    return Draft(
        kind="targeting.match",
        statement=f"{candidate.id} against the allele with {target.id}: "
        + "; ".join(f"{k.replace('_', ' ')}: {found.because[k]}" for k in found.elements if k != "patient_calls")
        + under
        + spares
        + ".",
        subject=Subject("variant", target.id),
        scope=_scope(site, "placed without bulges by fewest mismatches, then by PAM, on the targeted haplotype"),
        quantities=quantities,
        facts={"elements": elements, "reached_alleles": _members(alleles)},
        readout_definition="Each part fits, does not fit, or could not be looked at.",
        assumptions=(found.because["patient_calls"],),
    )


def _product(target: Variant, site: Site, found: Fit | None, table: BystanderTable | None, why: str) -> Draft:
    products: dict[str, bool | None] = {"intended": None}
    quantities: dict[str, Quantity] = {}
    tables: tuple[Table, ...] = ()
    extra = ""
    if table is not None and table.combinations:
        guide, single = table.guide, table.target_alone
        products["intended"] = any(c.restores and c.has_target for c in table.combinations)
        told = {p for c in table.combinations if len(c.positions) == 2 and c.has_target for p in c.positions}
        products.update({f"{guide.base}{e.position}": (True if e.position in told else None) for e in guide.bystanders})
        quantities = {
            "combinations": Quantity.exact(len(table.combinations), "count"),
            "exact_combinations": Quantity.exact(len(table.exact), "count"),
        }
        tables = (_combinations(table),)
        alone = "gives the exact protein" if single and single.restores else "does not give the exact protein"
        extra = f"target {guide.target} alone {alone}; {len(table.exact)} of {len(table.combinations)} sets are exact"
    elif table is not None:
        why = table.missing
    elif found is not None and found.extension is not None:
        products["intended"] = found.extension.makes_wanted
        writes = {True: "writes the wanted sequence", False: "does not write the wanted sequence"}
        unread = "could not be read: its primer or bases are not known to fit"
        outcome = unread if found.extension.makes_wanted is None else writes[found.extension.makes_wanted]
        extra = f"the template of {len(found.extension.template)} bases {outcome}"
        products["scaffold_and_partial_flaps"] = None
        why = "by-products of prime editing are not listed by this version"
    return Draft(
        kind="targeting.edit_product",
        statement=f"By sequence alone: {'; '.join(x for x in (extra, why) if x)}.",
        subject=Subject("variant", target.id),
        scope=_scope(
            site,
            "conversions of the editor's kind in its wide window, translated by the transcript, splice sites flagged",
            "insertions and deletions, conversions of another kind or outside of the window, RNA edits",
        ),
        quantities=quantities,
        facts={"products": _members(products)},
        readout_definition="The intended product is right when some set with the target gives the exact protein; a "
        "by-product is listed when its protein is told.",
        tables=tables,
    )


def _combinations(table: BystanderTable) -> Table:
    base = table.guide.base
    rows = tuple(
        (
            " ".join(f"{base}{p}" for p in c.positions),
            "yes" if c.has_target else "no",
            c.effect.replace("_", " "),
            ", ".join([*c.changes, *(f"splice {f}" for f in c.splice)]) or "none",
            "yes" if c.restores else "no",
        )
        for c in table.combinations
    )
    columns = (
        Column("converted", "", "Converted bases by protospacer position"),
        Column("with target", "", "Whether the target is among them"),
        Column("effect", "", "Effect against the protein that is wanted"),
        Column("changes", "", "Changes against that protein, and splice flags"),
        Column("exact", "", "Whether the exact protein is made"),
    )
    title = f"What each set of converted bases makes, guide {table.guide.spacer}"
    return Table("combinations", title, columns, len(rows), digest(rows), "", rows[:TABLE_PREVIEW_ROWS])


def _options(target: Variant, site: Site, made: DesignOptions) -> Draft:
    counts = {kind: sum(o.kind == kind for o in made.options) for kind in ("base", "prime", "nuclease")}
    names = {"base": "base_editor", "prime": "prime_editor", "nuclease": "nuclease"}
    facts: dict[str, Fact] = {
        "modalities": Members(
            tuple(names[k] for k, n in counts.items() if n),
            tuple(names[k] for k, n in counts.items() if not n and site.ample),
            (*(names[k] for k, n in counts.items() if not n and not site.ample), *ANTISENSE),
        )
    }
    rows = tuple(
        (o.editor, o.strand, o.spacer, o.pam, "; ".join(o.facts_for), "; ".join(o.facts_against) or "none")
        for o in made.options
    )
    names_of = ("editor", "strand", "spacer", "PAM", "for", "against")
    columns = tuple(Column(n, "", f"{n} of the option") for n in names_of)
    title = "Options by stated columns, without a score"
    table = Table("options", title, columns, len(rows), digest(rows), "", rows[:TABLE_PREVIEW_ROWS])
    without = ", ".join(f"{w.editor} ({w.code.replace('_', ' ')})" for w in made.why_not)
    said = ", ".join(f"{n} for {names[k].replace('_', ' ')}s" for k, n in counts.items())
    return Draft(
        kind="design.options",
        statement=f"Options to put the reference back at {target.shown}: {said}.",
        subject=Subject("variant", target.id),
        scope=_scope(
            site,
            f"{len(made.editors)} editors of the shipped table, most of whose numbers are recalled",
            f"antisense oligonucleotides are not examined here; editors without an option: {without or 'none'}",
        ),
        quantities={f"{names[k]}_options": Quantity.exact(n, "count") for k, n in counts.items()},
        facts=facts,
        readout_definition="An option is a guide with a fitting PAM that reaches the variant; none is recommended.",
        tables=(table,),
    )


def _members(states: Mapping[str, bool | None]) -> Members:
    return Members(*(tuple(k for k, state in states.items() if state is s) for s in (True, False, None)))


def _scope(site: Site, how: str, not_covered: str = "") -> Scope:
    h = site.haplotype
    where = f"{h.contig}:{h.start + 1}-{h.start + len(h.sequence)}"
    by = f"proteins by {site.transcript.id}" if site.transcript else "no transcript: proteins are not told"
    calls = "with the patient's calls" if site.called else "reference bases beside the variant"
    return Scope(where, f"{how}; {by}", f"{len(h.sequence)} bases, {calls}", "", not_covered)
