"""Sites as rows of text: the columns of ``sites.tsv``, and BED.

People's coordinates in TSV (1-based, ends included), half-open ones from 0 in BED. Names come from files of strangers:
tabs and line ends can not be part of one, since contigs end at white space and guide names are checked.

Cannot see: anything of a patient; columns of haplotypes are added by what searches them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from proband.kernels.site_letters import site_letters
from proband.science.offtarget.guide import Guide
from proband.science.offtarget.search import Planes
from proband.science.offtarget.sites import Hits

COLUMNS = (
    "contig", "start", "end", "strand", "pam_start", "guide", "spacer", "aligned_spacer", "aligned_protospacer", "pam",
    "mismatches", "dna_bulges", "rna_bulges", "edits", "contig_class",
)  # fmt: skip
"""Columns of ``sites.tsv``, in their order."""
HEADER = (
    "# proband off-target sites: start, end and pam_start count from 1, both ends included; one row per site (guide, "
    "strand, PAM); sequences 5' to 3' on the guide's strand, lower case: mismatch, -: bulge\n"
    + "\t".join(COLUMNS)
    + "\n"
)
_PRIMARY = re.compile(r"(chr)?(\d{1,2}[AB]?|X|Y|Z|W|M|MT)\Z|NC_\d{6}\.\d+\Z", re.IGNORECASE)
_ALTERNATE = re.compile(r".*(_alt|_fix|_hap\d+)\Z|(HLA-|HSCHR|HG\d|CHR_HSCHR|CHR_HG).*", re.IGNORECASE)
_DECOY = re.compile(r".*decoy.*|hs37d5\Z|hs38d1.*|(chr)?EBV\Z|NC_007605.*", re.IGNORECASE)
_UNPLACED = re.compile(r".*_random\Z|(chr)?Un_.*|(GL|KI|KB|JH|AC|AEMK)\d+(\.\d+|v\d+)?\Z|(NT|NW)_\d+.*", re.IGNORECASE)


def contig_class(name: str) -> str:
    """primary, alternate, decoy or unplaced by the usual name patterns; unknown where none fits.

    >>> [contig_class(x) for x in ("chr7", "X", "chr6_GL000250v2_alt", "chrUn_KI270302v1", "hs37d5", "KI270728.1", "a")]
    ['primary', 'primary', 'alternate', 'unplaced', 'decoy', 'unplaced', 'unknown']
    """
    for pattern, word in ((_DECOY, "decoy"), (_ALTERNATE, "alternate"), (_UNPLACED, "unplaced"), (_PRIMARY, "primary")):
        if pattern.match(name):
            return word
    return "unknown"


def rows(contig: str, planes: Planes, hits: Hits, guides: Sequence[Guide], number: int) -> list[str]:
    """Lines of the sites of guide `number`, in the order of `hits`, without line ends."""
    low, high = np.searchsorted(hits.guide, [number, number + 1])
    mine = hits.take(np.arange(low, high))
    if not len(mine):
        return []
    guide = guides[number]
    above, below, pam = letters(planes, mine, guide)
    counts = zip(mine.mismatches.tolist(), mine.dna_bulges.tolist(), mine.rna_bulges.tolist(), strict=True)
    places = zip(
        (mine.start + 1).tolist(), mine.end.tolist(), mine.strand.tolist(), mine.pam_start.tolist(), strict=True
    )
    kind = contig_class(contig)
    middle = f"{guide.name}\t{guide.spacer}"
    return [
        f"{contig}\t{start}\t{end}\t{'+' if strand > 0 else '-'}\t{at + 1}\t{middle}\t{a}\t{b}\t{p}\t"
        f"{m}\t{d}\t{r}\t{m + d + r}\t{kind}"
        for (start, end, strand, at), (m, d, r), a, b, p in zip(places, counts, above, below, pam, strict=True)
    ]


def letters(planes: Planes, hits: Hits, guide: Guide) -> tuple[list[str], list[str], list[str]]:
    """Aligned spacers, aligned protospacers and PAMs of sites of one guide."""
    n, size = len(hits), len(guide.pam)
    made = [np.zeros((n, w), np.uint8) for w in (hits.columns.shape[1], hits.columns.shape[1], size)]
    site_letters(
        planes.high, planes.low, planes.other, hits.start, hits.end, hits.strand, hits.columns, guide.spacer_codes,
        size, guide.pam_side == 3, *made,
    )  # fmt: skip
    above, below, pam = ([x.decode("ascii") for x in m.view(f"S{m.shape[1]}")[:, 0].tolist()] for m in made)
    return above, below, pam


def bed_line(row: str) -> str:
    """The BED line of a row of ``sites.tsv``: name is guide, edits and PAM; score 1000 less 100 for each edit.

    >>> bed_line("chr1\\t5\\t27\\t+\\t25\\tg\\tA\\tA\\tA\\tAGG\\t1\\t0\\t0\\t1\\tprimary")
    'chr1\\t4\\t27\\tg:1:AGG\\t900\\t+'
    """
    cell = row.split("\t")
    score = max(0, 1000 - 100 * int(cell[13]))
    return f"{cell[0]}\t{int(cell[1]) - 1}\t{cell[2]}\t{cell[5]}:{cell[13]}:{cell[9]}\t{score}\t{cell[3]}"


def bed_key(row: str) -> tuple[int, int, str]:
    """Start and end of the BED line of a row, to sort by within a contig, and the line."""
    line = bed_line(row)
    _, start, end, _ = line.split("\t", 3)
    return int(start), int(end), line
