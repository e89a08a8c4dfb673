"""SYNTHETIC1, the invented genome of the synthetic example, and the lists of sites that were nominated in it.

One contig of 200,000 bases drawn from a seed, with the invented gene, the amplicons of the sequenced panel and three
more near matches of the invented guide at known places. The truth stands in `PLACES`: of the sites of the panel OT1
alone is edited; one near match has a PAM on one copy of the patient only, one has none on either copy.

Cannot see: anything real. Nothing of it is copied from a genome.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from proband.science.sequence.alphabet import reverse_complement
from proband.testing.synthetic_gene import CODING, CONTIG, END, EXONS, START, bases, coding_intervals
from proband.testing.synthetic_reads import SPACER, amplicons

LENGTH, SEED = 200_000, 2041
BUILD = "SYNTHETIC1"
LEFT = 70
"""Bases of an amplicon before its protospacer."""
PLACES = {
    "OT1": (34_000, "+"),
    "OT2": (61_200, "-"),
    "site_07": (88_109, "+"),
    "OT3": (92_000, "+"),
    "OT4": (118_000, "-"),
    "gained": (140_000, "+"),
    "lost": (155_000, "-"),
    "OT5": (171_300, "+"),
}
"""Name to the 0-based start of the 23 bases of protospacer and PAM on the forward strand, and the strand."""
DIFFER = {"site_07": (2, 7, 12, 18), "gained": (3, 8, 15), "lost": (4, 11)}
"""Positions of the spacer that differ, of the sites that no amplicon holds."""
CHANGE_SEQ = {"SYNG1": 4100, "OT1": 912, "OT3": 205, "OT4": 88, "site_07": 61, "lost": 37}
GUIDE_SEQ = {"SYNG1": 2950, "OT1": 141, "OT2": 12}
"""Invented reads by site."""
AWAY = (47_310, 47_333, 19)
"""A window that the biochemical method reports and that holds no site of the guide, with its reads."""
GENES = (
    ("SYNG2", "SYNG2_fictional", "-", ((33_200, 33_500), (34_600, 35_100))),
    ("SYNG3", "SYNG3_fictional", "+", ((87_900, 88_400), (88_900, 89_300))),
)
"""Invented genes without a protein: name, transcript, strand, exons. OT1 lies in an intron, site_07 in an exon."""


def site(name: str) -> str:
    """Protospacer and PAM of a planted site, 5' to 3' on its strand.

    >>> site("gained")[20:], site("lost")[20:], len(site("OT1"))
    ('TGA', 'CGG', 23)
    """
    if name == "SYNG1":
        return SPACER + "AGG"
    if name in amplicons():
        amplicon, spacer = amplicons()[name]
        return amplicon[LEFT : LEFT + len(spacer) + 3]
    draw = random.Random(f"{SEED} {name}")
    letters = list(SPACER)
    for position in DIFFER[name]:
        letters[position - 1] = draw.choice([b for b in "ACGT" if b != letters[position - 1]])
    return "".join(letters) + {"gained": "TGA", "lost": "CGG"}.get(name, "AGG")


def genome() -> str:
    """The forward strand of the contig, always the same.

    >>> here = genome()
    >>> len(here), here[START:END] == bases(), here[34_000:34_023] == site("OT1")
    (200000, True, True)
    """
    draw = random.Random(SEED)
    letters = draw.choices("ACGT", (0.29, 0.21, 0.21, 0.29), k=LENGTH)
    letters[START:END] = bases()
    for name, (start, strand) in PLACES.items():
        text, before, after = site(name), LEFT, LEFT
        if name in amplicons():
            text = amplicons()[name][0]
        else:
            before = after = 0
        if strand == "-":
            text, before, after = reverse_complement(text), after, before
        letters[start - before : start - before + len(text)] = text
    return "".join(letters)


def fasta() -> bytes:
    """``reference/genome.fa``, of which the example holds the gzip."""
    text = genome()
    lines = (text[i : i + 80] for i in range(0, LENGTH, 80))
    return f">{CONTIG} SYNTHETIC, invented\n".encode() + "\n".join(lines).encode() + b"\n"


def gff3() -> str:
    """``reference/genes.gff3``: the invented gene and two more."""
    rows = ["##gff-version 3", "# SYNTHETIC. Made from a seed by proband.testing.synthetic_off_target."]

    def row(kind: str, start: int, end: int, strand: str, phase: str, about: str) -> None:
        rows.append(f"{CONTIG}\tinvented\t{kind}\t{start + 1}\t{end}\t.\t{strand}\t{phase}\t{about}")

    row("gene", EXONS[0][0], EXONS[-1][1], "+", ".", "ID=gene1;Name=SYNG1;gene_name=SYNG1")
    row("mRNA", EXONS[0][0], EXONS[-1][1], "+", ".", "ID=tx1;Name=SYNG1_fictional;Parent=gene1")
    for start, end in EXONS:
        row("exon", start, end, "+", ".", "Parent=tx1")
    done = 0
    for start, end in coding_intervals():
        row("CDS", start, end, "+", str(-done % 3), "ID=cds1;Parent=tx1")
        done += end - start
    assert coding_intervals()[0][0] == CODING[0]
    for number, (gene, transcript, strand, exons) in enumerate(GENES, 2):
        low, high = exons[0][0], exons[-1][1]
        row("gene", low, high, strand, ".", f"ID=gene{number};Name={gene};gene_name={gene}")
        row("lnc_RNA", low, high, strand, ".", f"ID=tx{number};Name={transcript};Parent=gene{number}")
        for start, end in exons:
            row("exon", start, end, strand, ".", f"Parent=tx{number}")
    return "\n".join(rows) + "\n"


def place(name: str) -> tuple[int, str]:
    """0-based start of a site's 23 bases, and its strand."""
    return (10_605, "+") if name == "SYNG1" else PLACES[name]


def nominated(reads: Mapping[str, int], column: str, away: tuple[int, int, int] | None = None) -> str:
    """A list of sites as pipelines of such methods write them, by reads.

    >>> nominated({"OT1": 9}, "reads").splitlines()[1].split("\\t")[:5]
    ['synchr1', '34000', '34023', '+', '9']
    """
    rows = ["\t".join(("chrom", "chromStart", "chromEnd", "strand", column, "offtarget_sequence", "target"))]
    made = []
    for name, n in reads.items():
        start, strand = place(name)
        text = site(name)
        made.append((n, start, start + 23, strand, text if name != "SYNG1" else SPACER[:5] + "G" + text[6:]))
    if away is not None:
        start, end, n = away
        made.append((n, start, end, "+", genome()[start:end]))
    for n, start, end, strand, text in sorted(made, reverse=True):
        rows.append("\t".join((CONTIG, str(start), str(end), strand, str(n), text, SPACER + "NGG")))
    return "\n".join(rows) + "\n"
