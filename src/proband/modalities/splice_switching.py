"""Splice-switching antisense oligonucleotide: binds a transcript and changes how it is spliced, without cutting it."""

from proband.core.modality import Modality

MODALITY = Modality(
    name="splice_switching",
    title="Splice-switching antisense oligonucleotide",
    acts_by="binds a transcript and changes how it is spliced, without cutting it",
    traits=frozenset({"oligonucleotide", "sequence_directed"}),
    lacks={
        "genome_editing": "A splice-switching oligonucleotide acts on RNA and leaves the genome unchanged.",
        "double_strand_break": "A splice-switching oligonucleotide acts on RNA and leaves the genome unchanged.",
        "base_editing": "A splice-switching oligonucleotide converts no bases.",
        "prime_editing": "A splice-switching oligonucleotide writes no sequence.",
    },
)
