"""Gapmer antisense oligonucleotide: binds a transcript and has it cut by RNase H."""

from proband.core.modality import Modality

MODALITY = Modality(
    name="gapmer",
    title="Gapmer antisense oligonucleotide",
    acts_by="binds a transcript and has it cut by RNase H",
    traits=frozenset({"oligonucleotide", "sequence_directed"}),
    lacks={
        "genome_editing": "A gapmer acts on RNA and leaves the genome unchanged.",
        "double_strand_break": "A gapmer acts on RNA and leaves the genome unchanged.",
        "base_editing": "A gapmer converts no bases.",
        "prime_editing": "A gapmer writes no sequence.",
    },
)
