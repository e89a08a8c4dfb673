"""Base editor: converts one base pair into another within an editing window, guided by RNA."""

from proband.core.modality import Modality

MODALITY = Modality(
    name="base_editor",
    title="Base editor",
    acts_by="converts one base pair into another within an editing window, guided by RNA",
    traits=frozenset({"genome_editing", "sequence_directed", "base_editing"}),
    lacks={
        "oligonucleotide": "A base editor is not an oligonucleotide drug: it changes the genome.",
        "double_strand_break": "A base editor makes no double-strand break by design.",
        "prime_editing": "A base editor writes no sequence from its guide.",
    },
)
