"""What the candidate is stated to do to the allele, and to which chemistry class an oligonucleotide belongs.

Asks: which mechanism and which action does the program state, and is the chemistry of a known class with data that
are pointed to?
Cannot see: whether the stated mechanism is right, or whether data on a class carry over to this sequence.
"""

from __future__ import annotations

from collections.abc import Iterator

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.evidence import Fact, Scope, Subject
from proband.core.program import Candidate, Chemistry


@analysis(
    claims=("mechanism.direction", "product.chemistry"),
    uses=("id", "candidate", "mechanism"),
    version=1,
)
def candidate_class(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line on mechanism and action where both are stated, one on the chemistry where it is."""
    candidate: Candidate | None = program.candidate
    if candidate is None:
        return
    if program.mechanism and candidate.action:
        mechanism, action = program.mechanism.replace("_", " "), candidate.action.replace("_", " ")
        yield Draft(
            kind="mechanism.direction",
            statement=f"The stated mechanism is {mechanism}; {candidate.id} is stated to act so: {action}.",
            subject=Subject("program", program.id),
            scope=Scope(where="program.toml", how="mechanism and action as stated by the program"),
            facts={"pair": f"{program.mechanism}:{candidate.action}"},
            readout_definition="The pair of mechanism and action; the rule says which pairs push the right way.",
        )
    if candidate.chemistry is not None:
        yield _chemistry(program.id, candidate, candidate.chemistry)


def _chemistry(program_id: str, candidate: Candidate, c: Chemistry) -> Draft:
    from proband.science.design.match import bare_sequence
    from proband.science.design.oligo_chemistry import NOT_CLASSIFIED, ChemistryDescription, classify_chemistry

    found = classify_chemistry(
        ChemistryDescription(
            sugar=c.sugar,
            backbone=c.backbone,
            gap_sugar=c.gap_sugar,
            base_modifications=c.base_modifications,
            layout=c.layout,
            length=len(bare_sequence(candidate.sequence)),
            conjugate=c.conjugate,
        )
    )
    known = found.name != NOT_CLASSIFIED
    data = "; ".join(f"{d.document} ({d.right.replace('_', ' ')})" for d in c.data)
    basis = ("class_and_data" if data else "class_without_data") if known else "class_not_known"
    facts: dict[str, Fact] = {"class": found.name, "basis": basis}
    if data:
        facts["data"] = data
    return Draft(
        kind="product.chemistry",
        statement=f"Chemistry of {candidate.id}: {found.name.replace('_', ' ')}. {found.reason}.",
        subject=Subject("program", program_id),
        scope=Scope(
            where="program.toml, [candidate.chemistry]",
            how="classified by the shipped table of chemistries; most of its entries are recalled",
            not_covered="; ".join(found.missing),
        ),
        facts=facts,
        readout_definition="A class fits by sugar, gap and backbone; data are those that the program points to.",
        assumptions=found.differences,
    )
