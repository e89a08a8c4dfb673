"""Nuclease: cuts both strands of DNA at a site found by a guide RNA."""

from proband.core.modality import Modality

MODALITY = Modality(
    name="nuclease",
    title="Nuclease",
    acts_by="cuts both strands of DNA at a site found by a guide RNA",
    traits=frozenset({"genome_editing", "sequence_directed", "double_strand_break"}),
    lacks={
        "oligonucleotide": "A nuclease is not an oligonucleotide drug: it changes the genome.",
        "base_editing": "A nuclease converts no bases by deamination.",
        "prime_editing": "A nuclease writes no sequence from its guide.",
    },
)
