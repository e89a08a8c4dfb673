"""Synthetic genes for oligonucleotide tests, their mirror images, and published sequences with their source."""

from proband.science.design.haplotype import Haplotype, Placed, haplotype_of
from proband.science.design.oligo_alleles import AlleleSite
from proband.science.sequence.alphabet import reverse_complement
from proband.science.sequence.transcripts import Transcript

# Table 3, "Clinically approved oligonucleotides", EMBO Mol Med 2021;13:e13243 (PMC8033518), letters as printed there.
FOMIVIRSEN = "GCGTTTGCTCTTCTTCTTGCG"
MIPOMERSEN = "GCCTCAGTCTGCTTCGCACC"
INOTERSEN = "TCTTGGTTACATGAAATCCC"
ETEPLIRSEN = "CTCCAACATCAAGGAAGATGGCATTTCTAG"
GOLODIRSEN = "GTTGCCTCCGGTTCTGAAGGTGTTC"
VILTOLARSEN = "CCTCCGGTTCTGAAGGTGTTC"
# nL-KIF1-001, Ziegler et al., Nat Med 2024, doi 10.1038/s41591-024-03197-y, bases as printed; 5-10-5, MOE wings.
KIF1A = "AUGUACATTTTCTTTGUUGC"

# A synthetic gene on the plus strand of 260 bases, no two stretches of 12 alike. Exons: 20-60, 120-150, 200-240.
GENE = (
    "TGCAGCTTAAGTCCGATCGT"  # before the transcript
    "CCATGGCATTCAGGACTTGCAACTGGTATCCGATGACAAG"  # exon 1, ATG at 22
    "GTAAGTCATTGCTATTAGCATACCTGATTCGGAACTTACTGACATTTTCCTTCTCTTTAG"  # intron 1
    "GATTACAGCCTGTTCAAGCTCACGTTCCAA"  # exon 2: 30 bases
    "GTGAGTATCCAGTTTGACGGATTAACCCTTTGCACTCTTTAACTTCTCAG"  # intron 2
    "CTGGAGAACTATCGTGCAGATCACTTAGTTTCAAGCCGTA"  # exon 3: TAG ends the coding part at 228
    "TTTGCCAGTGACTTCGGTAC"
)
EXONS = ((20, 60), (120, 150), (200, 240))
CDS = (22, 228)


def spliced(bases=GENE, exons=EXONS):
    return "".join(bases[low:high] for low, high in exons)


def plus(variants=(), **more):
    """Haplotype and transcript of the synthetic gene."""
    h = haplotype_of("c1", 0, GENE, variants)
    return h, Transcript("T1", "G", "c1", "+", EXONS, *CDS, spliced(), **more)


def mirrored_variant(v: Placed, length: int = len(GENE)) -> Placed:
    return Placed(length - v.position - len(v.ref), reverse_complement(v.ref), reverse_complement(v.alt))


def minus(variants=(), **more):
    """The same gene on the other strand of the mirrored contig."""
    n = len(GENE)
    h = haplotype_of("c1", 0, reverse_complement(GENE), [mirrored_variant(v) for v in variants])
    exons = tuple(sorted((n - end, n - start) for start, end in EXONS))
    return h, Transcript("T1", "G", "c1", "-", exons, n - CDS[1], n - CDS[0], spliced(), **more)


def mirrored_sites(sites):
    return [AlleleSite(mirrored_variant(s.placed), s.allele) for s in sites]


def unmirrored(low: int, high: int, n: int = len(GENE)):
    return n - high, n - low


def piece(h: Haplotype, start: int, end: int) -> Haplotype:
    """A part of a haplotype without variants."""
    return haplotype_of(h.contig, start, h.sequence[start - h.start : end - h.start])
