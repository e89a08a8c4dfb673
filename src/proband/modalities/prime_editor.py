"""Prime editor: writes a short sequence from an extended guide RNA into the genome."""

from proband.core.modality import Modality

MODALITY = Modality(
    name="prime_editor",
    title="Prime editor",
    acts_by="writes a short sequence from an extended guide RNA into the genome",
    traits=frozenset({"genome_editing", "sequence_directed", "prime_editing"}),
    lacks={
        "oligonucleotide": "A prime editor is not an oligonucleotide drug: it changes the genome.",
        "double_strand_break": "A prime editor makes no double-strand break by design.",
        "base_editing": "A prime editor converts no bases by deamination.",
    },
)
