"""What tests of amplicons share: reads from sequences, an amplicon, and the CPS1 window of GRCh38."""

import random

from proband.science.amplicon.outcomes import amplicons_for
from proband.science.amplicon.quantify import Settings, quantify

CPS1 = "TGTTTTGAATATCACAAACAAACAGGCTTTCATTACTGCTCAGAATCATGGCTATGCCTTGGACAACACCCTCCCTGCTGG"
"""chr2:210591846-210591926 of GRCh38, plus strand; the 41st base is c.1003 of NM_001875.5."""
CPS1_SPACER = "TGATTCTAAGCAGTAATGAA"
"""The protospacer of k-abe on the patient's paternal allele (Musunuru et al., N Engl J Med 2025;392:2235-2243)."""


def random_bases(size, seed):
    return "".join(random.Random(seed).choices("ACGT", k=size))


AMPLICON = random_bases(60, 11) + "GACATACAGTCCATCGTGCA" + "TGG" + random_bases(57, 12)
SPACER = "GACATACAGTCCATCGTGCA"
START = 60
"""0-based start of the protospacer; A at 2, 4, 6, 8."""


def with_bases(sequence, changes):
    """A sequence with bases (0-based) replaced."""
    letters = list(sequence)
    for place, base in changes.items():
        letters[place] = base
    return "".join(letters)


OTHER = str.maketrans("ACGT", "CATG")


def changed(sequence, *places):
    """A sequence with other bases at some places (0-based): A and C, G and T exchanged."""
    return with_bases(sequence, {p: sequence[p].translate(OTHER) for p in places})


def write_fastq(path, sequences):
    lines = [f"@r{i}\n{s}\n+\n{'I' * len(s)}\n" for i, s in enumerate(sequences)]
    path.write_text("".join(lines))
    return path


def counted(path, target, sequences, settings=None):
    """The sequences as reads, counted against a target."""
    return quantify([write_fastq(path, sequences)], amplicons_for(target), settings or Settings())
