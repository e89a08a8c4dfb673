"""What the other lines of evidence rest on: source data in this folder, or numbers reported elsewhere.

Asks: can every line be traced to source data by digest, and is what was sequenced delivered so that it can
be rerun?
Cannot see: whether the source data are themselves true copies.
"""

from __future__ import annotations

from collections.abc import Iterator

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.evidence import Evidence, Members, Origin, Scope, Subject
from proband.core.quantity import Quantity

SEQUENCED = ("editing.on_target", "off_target.verification", "transcript.effect")
READS = (".fastq.gz", ".fq.gz", ".bam", ".cram", ".bed", ".bed.gz", ".tab", ".tab.gz")
"""Ends of the names of files that hold reads, alignments or junctions."""
DELIVERED = ("result_tables", "input_digests", "tool_versions", "parameters", "references")


@analysis(
    claims=("record.trace", "record.sequencing"),
    uses=("id",),
    consumes_evidence=True,
    version=4,
)
def evidence_record(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line on the trace of all evidence, and one on sequencing where any line rests on it."""
    lines = [e for e in inputs.evidence if e.provenance.inputs]  # the others are declarations, not results
    if not lines:
        return
    traced = [e for e in lines if e.origin is Origin.COMPUTED]
    rest = sorted({e.kind for e in lines if e.origin is not Origin.COMPUTED})
    yield Draft(
        kind="record.trace",
        statement=f"{len(traced)} of {len(lines)} lines of evidence trace to source data in this folder.",
        subject=Subject("program", program.id),
        scope=Scope(
            where="all other lines of evidence",
            how="a line counts as traced when it was computed from files whose digests it records",
            denominator=f"{len(lines)} lines",
        ),
        quantities={"traced_lines": Quantity.exact(len(traced) / len(lines), "fraction", n=len(lines))},
        facts={"untraced": f"Reported, not recomputed: {', '.join(rest)}"} if rest else {},
        readout_definition="Lines computed from source data over all lines.",
    )
    sequenced = [e for e in lines if _is_sequenced(e)]
    if sequenced:
        yield _sequencing(program.id, sequenced)


def _is_sequenced(e: Evidence) -> bool:
    """Whether a line rests on sequencing: as reported for its kind, or computed from files of reads or junctions."""
    if e.kind not in SEQUENCED:
        return False
    return e.origin is not Origin.COMPUTED or any(i.path.endswith(READS) for i in e.provenance.inputs)


def _sequencing(program_id: str, lines: list[Evidence]) -> Draft:
    tabled = {e.provenance.key for e in lines if e.tables}
    lacking = {part for e in lines for part in DELIVERED if not _delivers(e, part, tabled)}
    here = [e for e in lines if e.origin is Origin.COMPUTED]
    absent = tuple(p for p in DELIVERED if any(not _delivers(e, p, tabled) for e in here))
    present = tuple(p for p in DELIVERED if p not in lacking)
    unknown = tuple(p for p in DELIVERED if p in lacking and p not in absent)  # others may hold it; it is not here
    return Draft(
        kind="record.sequencing",
        statement=f"{len(present)} of {len(DELIVERED)} parts of a rerun record stand for every line on sequencing.",
        subject=Subject("program", program_id),
        scope=Scope(
            where=", ".join(sorted({e.kind for e in lines})),
            how="a part counts when every line on sequencing holds it in this folder; reported lines: not known",
            denominator=f"{len(lines)} lines",
        ),
        facts={"delivered": Members(present, absent, unknown)},
        readout_definition="Result tables, input digests, tool versions, parameters and references of every line.",
    )


def _delivers(e: Evidence, part: str, tabled: set[str]) -> bool:
    """Whether a line holds a part; lines of one run share its tables, and amplicons in the folder are its reference."""
    computed = e.origin is Origin.COMPUTED
    return {
        "result_tables": bool(e.tables) or e.provenance.key in tabled,
        "input_digests": computed and bool(e.provenance.inputs),
        "tool_versions": computed and bool(e.provenance.packages),
        "parameters": computed,
        "references": computed and (bool(e.provenance.references) or "reference" in e.scope.settings),
    }[part]
