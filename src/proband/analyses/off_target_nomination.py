"""Which sites were nominated, by which assays in which cells and with whose sequence, from ``offtarget/``.

Asks: how many classes of method nominated sites, did one see the whole genome, what became of every site; in which
cells and how often was each assay made, with this product's own spacer, and is what made it kept?
Cannot see: sites that no list nominates, and whether what the program writes of its assays is true. What is not
written stays unknown: a method is taken as genome-wide only where that is stated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Fact, Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.offtarget.assays import Assay
    from proband.science.offtarget.merge_manifest import MergeInput
    from proband.science.offtarget.merge_nominations import Merge


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of manifest, lists, dropped sites and assays, without numerics."""
    from proband.science.offtarget.nomination_folder import list_problems, read_nomination_folder

    problems: list[Problem] = []
    held = read_nomination_folder({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    return [*problems, *(list_problems(held.merge) if held.merge is not None else ())]


@analysis(
    claims=("off_target.nomination", "off_target.assay", "off_target.sequences", "record.off_target"),
    reads={
        "manifest": "offtarget/manifest.toml",
        "assays": "offtarget/assays.toml",
        "dropped": "offtarget/dropped.csv",
        "lists": "offtarget/nominated/*",
        "genome": "reference/*.fa*",
    },
    uses=("id", "candidate"),
    version=3,
    packages=("numpy", "numba"),
    border=border,
    references=True,
)
def off_target_nomination(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line on the union of sites, one for each experimental assay, one on sequences, one on what is recorded."""
    from proband.science.offtarget.merge_nominations import merge
    from proband.science.offtarget.nomination_folder import genome_to_align, read_nomination_folder
    from proband.science.sequence.fasta import open_fasta

    problems: list[Problem] = []
    held = read_nomination_folder({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    if problems:
        raise ProgramError(problems)
    given, assays, own = held.merge, held.assays, program.candidate.spacer if program.candidate else ""
    made = None
    if given is not None:
        path, where, concern = genome_to_align(given, inputs.references)
        made = merge(given, open_fasta(path, given.build) if path else None)
        yield _union(program.id, made, given, assays, own, where, concern)
    if given is not None or assays:
        yield from _assays(program.id, made, assays, own)
        yield _sequences(program.id, given, assays, own)
    if assays:
        yield _record(program.id, assays)


def _union(
    program_id: str, made: Merge, given: MergeInput, assays: tuple[Assay, ...], own: str, genome: str, concern: str
) -> Draft:
    from proband.science.offtarget.assays import bases, genome_wide, made_with
    from proband.science.offtarget.merge_nominations import nomination_facts

    count, classes, kept = nomination_facts(made)
    stated = {a.name: a.whole_genome for a in assays}
    wide = genome_wide(stated.get(m) for m in given.methods)
    dropped = sum(s.dropped is not None for s in made.sites)
    aligned = sum(s.site.pam_start >= 0 for s in made.sites)
    words = ", ".join(c.replace("_", " ") for c in classes.present) or "none"
    concerns = []
    if bases(own) != given.guide.spacer:
        told = "the program states no spacer" if not own else "the manifest's spacer is not the program's"
        concerns.append(Concern(ConcernWord.INDIRECT, f"{told}: sites may be those of another product"))
    concerns += [Concern(ConcernWord.LOW_QUALITY, n) for n in (*made.notes, concern) if n]
    return Draft(
        kind="off_target.nomination",
        statement=f"{count:,} sites were nominated by {len(given.methods)} methods ({words}); {dropped:,} were left "
        f"out with a written reason, and {len(kept.unknown):,} rows could not be placed.",
        subject=Subject("program", program_id),
        name="union of lists",
        scope=Scope(
            where=f"{given.build}: {', '.join(x.label for x in made.lists)}; aligned to {genome}",
            how="union of all lists in one build, one row for each site; nothing is filtered by a score",
            denominator=f"{sum(made.rows):,} rows of {len(made.lists)} lists",
            detection_limit="not known: the lists do not say which sites their methods would miss",
            not_covered=f"sites that no list nominates; {count - aligned:,} sites are kept as stated, unaligned; whole "
            f"genome seen by a method: {wide.replace('_', ' ')}",
            settings={"spacer": given.guide.spacer, "pam": given.guide.pam} | made_with(given.guide.spacer, own),
        ),
        quantities={
            "nominated_count": Quantity.exact(count, "count"),
            "method_class_count": Quantity.exact(len(classes.present), "count"),
        },
        facts={"method_classes": classes, "kept_sites": kept, "genome_wide": wide},
        readout_definition="A site is a place of the PAM and a strand. It is kept unless a row of the table of dropped "
        "sites gives a reason; with a reason it is accounted for.",
        concerns=tuple(concerns),
    )


def _assays(program_id: str, made: Merge | None, assays: tuple[Assay, ...], own: str) -> Iterator[Draft]:
    described = {a.name: a for a in assays}
    classes = {x.form.method: x.form.method_class for x in made.lists} if made is not None else {}
    classes |= {a.name: a.method_class for a in assays}
    totals = {s.method: s.of_replicates for site in made.sites for s in site.support} if made is not None else {}
    for name, method_class in classes.items():
        if method_class != "computational":
            yield _assay(program_id, name, method_class, described.get(name), totals.get(name, 0), own)


def _assay(program_id: str, name: str, method_class: str, a: Assay | None, labelled: int, own: str) -> Draft:
    from proband.science.offtarget.assays import made_with

    cells = a.cells if a is not None else "not_stated"
    # One label may be nothing but the default of a manifest that says nothing of replicates.
    counted = labelled if labelled > 1 else None
    stated = a.replicates if a is not None else None
    replicates = stated or counted
    numbers = {"replicates": replicates, "donors": a.donors if a is not None else None}
    facts: dict[str, Fact] = {"method_class": method_class, "cells": cells}
    if a is not None and a.cell_type:
        facts["cell_type"] = a.cell_type
    concerns = ()
    if stated and counted and stated != counted:
        because = f"{stated} replicates are stated, the lists name {counted}"
        concerns = (Concern(ConcernWord.INCONSISTENT, because),)
    how_many = f"{replicates} replicates" if replicates else "replicates not stated"
    reason = f" ({a.because.strip().rstrip('.')})" if a is not None and a.because.strip() else ""
    return Draft(
        kind="off_target.assay",
        statement=f"{name}, a {method_class.replace('_', ' ')} method: cells {cells.replace('_', ' ')}{reason}; "
        f"{how_many}.",
        subject=Subject("program", program_id),
        name=name,
        scope=Scope(
            where=a.source if a is not None else "offtarget/manifest.toml",
            how="as the program describes its assays" if a is not None else "as its lists are described",
            denominator=how_many,
            settings=made_with(a.spacer if a is not None else "", own),
        ),
        quantities={k: Quantity.exact(n, "count") for k, n in numbers.items() if n is not None},
        facts=facts,
        readout_definition="Cells of the assay beside those that the product edits in the patient, as stated.",
        concerns=concerns,
    )


def _sequences(program_id: str, given: MergeInput | None, assays: tuple[Assay, ...], own: str) -> Draft:
    from proband.science.offtarget.assays import own_sequences

    spacers = dict.fromkeys(given.methods, given.guide.spacer) if given is not None else {}
    spacers |= {a.name: a.spacer or spacers.get(a.name, "") for a in assays}
    made = own_sequences(spacers, own)
    return Draft(
        kind="off_target.sequences",
        statement=f"Of {len(spacers)} results {len(made.present)} were made with this program's spacer, "
        f"{len(made.absent)} with another one; of {len(made.unknown)} that is not known.",
        subject=Subject("program", program_id),
        scope=Scope(
            where="offtarget/manifest.toml, offtarget/assays.toml, program.toml",
            how="letters of the spacers as stated are compared, nothing else",
            denominator=f"{len(spacers)} results",
        ),
        facts={"own": made},
        readout_definition="Own: every letter of the stated spacer is that of the program's candidate.",
    )


def _record(program_id: str, assays: tuple[Assay, ...]) -> Draft:
    from proband.science.offtarget.assays import recorded

    made = recorded(assays)
    told = (("every one has", made.present), ("one lacks", made.absent), ("not known", made.unknown))
    said = "; ".join(f"{k} {', '.join(v).replace('_', ' ')}" for k, v in told if v)
    return Draft(
        kind="record.off_target",
        statement=f"Records of {len(assays)} off-target results: {said}.",
        subject=Subject("program", program_id),
        scope=Scope("offtarget/assays.toml", "as the program states for each", f"{len(assays)} results"),
        facts={"inputs": made},
        readout_definition="Recorded: stated as kept for every result; nothing was rerun here.",
    )
