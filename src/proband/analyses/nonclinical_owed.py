"""Which safety studies are owed by modality and route, which were done, and which are argued away on what grounds.

Asks: does safety pharmacology of an oligonucleotide match its route; were abnormal growth, clones and tumour risk of an
edit assessed; was the immune response to editor, carrier and restored protein, also before dosing?
Cannot see: whether an argument convinces, whether a study was good, and what is owed beyond the shipped table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.evidence import Concern, ConcernWord, Members, Scope, Subject
from proband.science.nonclinical.files import READS, border, files_of

if TYPE_CHECKING:
    from proband.science.nonclinical.folder import NonclinicalFolder
    from proband.science.nonclinical.owed import Served


@analysis(
    claims=("nonclinical.pharmacology", "safety.tumour", "safety.immune"),
    reads=READS,
    uses=("id", "candidate", "modality"),
    version=1,
    border=border,
)
def nonclinical_owed(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """For an oligonucleotide a line on safety pharmacology; for an editor one on tumours and one on immune response."""
    from proband.science.nonclinical.folder import folder_or_problems
    from proband.science.nonclinical.owed import served
    from proband.science.nonclinical.product import names_of, route_of
    from proband.science.nonclinical.terms import IMMUNE, TUMOUR

    files = files_of(inputs)
    if READS["studies"] not in files and READS["plan"] not in files:
        return
    folder = folder_or_problems(files)
    own, traits = names_of(program.candidate), _traits(program.modality)
    if "oligonucleotide" in traits:
        yield _pharmacology(program.id, folder, own, route_of(folder.plan, program.candidate))
    if "genome_editing" in traits:
        yield _assessed("safety.tumour", program.id, served(TUMOUR, folder, own), "")
        yield _assessed("safety.immune", program.id, served(IMMUNE, folder, own), "immune_")


def _traits(modality: str) -> frozenset[str]:
    """Traits of a shipped modality; of another one nothing is known here, and no line is made."""
    try:
        return frozenset(import_module(f"proband.modalities.{modality}").MODALITY.traits) if modality else frozenset()
    except ImportError:
        return frozenset()


def _pharmacology(program: str, folder: NonclinicalFolder, own: Sequence[str], route: str) -> Draft:
    from proband.science.nonclinical.owed import NONE_OWED, members, served
    from proband.science.nonclinical.route_table import route_table

    table = route_table()
    at = table.class_of(route)
    row = table.row("oligonucleotide", route) if at else None
    made = served(row.items if row else (), folder, own, route)
    owed = members(made, argued_counts=False)
    if row is not None and not row.items:
        owed = Members((NONE_OWED,))
    shown = route.replace("_", " ") or "not stated"
    said = [f"Route {shown}: {'; '.join(f'{s.item}: {s.told}' for s in made)}."] if made else []
    if row is not None and not row.items:
        said = [f"Route {shown}: {row.because}."]
    elif row is None:
        said = [f"Route {shown}: the table says of no test whether it is owed."]
    return Draft(
        kind="nonclinical.pharmacology",
        statement=" ".join(said),
        subject=Subject("program", program),
        scope=Scope(
            where="nonclinical/studies.csv, nonclinical/plan.toml",
            how="route held against the shipped table of tests; endpoints of studies of this product by that class of "
            "route; arguments with grounds and a document",
            denominator=f"tests owed by route: {len(made)}",
            not_covered="tests that the table does not name",
            settings={"table": row.source if row else "", "read_level": row.read_level if row else ""},
        ),
        facts={
            "owed": owed,
            "argued": Members(tuple(s.item for s in made if s.state == "argued_away")),
            "route": at or "not_in_table",
        },
        readout_definition="Done: a study of this product, or a bridged one, names it among its endpoints. Planned is "
        "not done; an argument without grounds or document is none.",
        concerns=tuple(_arguments(made)),
    )


def _assessed(kind: str, program: str, made: Sequence[Served], prefix: str) -> Draft:
    from proband.science.nonclinical.owed import members

    held = members(made, argued_counts=True)
    short = Members(*(tuple(n.removeprefix(prefix) for n in g) for g in (held.present, held.absent, held.unknown)))
    argued = tuple(s.item.removeprefix(prefix) for s in made if s.state == "argued_away")
    told = "; ".join(f"{s.item.removeprefix(prefix).replace('_', ' ')}: {s.told}" for s in made)
    return Draft(
        kind=kind,
        statement=f"{told[0].upper()}{told[1:]}.",
        subject=Subject("program", program),
        scope=Scope(
            where="nonclinical/studies.csv, nonclinical/plan.toml",
            how="endpoints of studies of this product or of bridged ones; arguments with grounds and a document",
            denominator=f"{len(made)} questions",
            not_covered="what a study found: its report says that",
        ),
        facts={"assessed": short, "by_argument": Members(argued)},
        readout_definition="Assessed: a study names it among its endpoints, or grounds with a document are given. "
        "Planned is not done; an argument without grounds or document is none.",
        concerns=tuple(_arguments(made)),
    )


def _arguments(made: Sequence[Served]) -> Iterator[Concern]:
    argued = [s.item.replace("_", " ") for s in made if s.state == "argued_away"]
    if argued:
        yield Concern(ConcernWord.INDIRECT, f"Argued and not tested: {', '.join(argued)}.")
