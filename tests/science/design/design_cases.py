"""Sequences of the design cases, each with its source, and transcripts around them.

Human sequence is only what was read in the sources named; what is added around it is marked as synthetic.
"""

from proband.science.design.haplotype import Placed, change_at, correction, haplotype_of
from proband.science.sequence.alphabet import reverse_complement
from proband.science.sequence.transcripts import Transcript

# GRCh38 chr2:210591846-210591926, + strand, CPS1; the 41st base is NM_001875.5:c.1003. Read in a public test.
CPS1 = "TGTTTTGAATATCACAAACAAACAGGCTTTCATTACTGCTCAGAATCATGGCTATGCCTTGGACAACACCCTCCCTGCTGG"
CPS1_START = 210591845
# GRCh38, 81 nt centred on chr2:166042334, + strand, SCN1A (gene on -), NM_001165963.4:c.2134. Same source.
SCN1A = "TCTACTGTATTTGTTAGAATGCTGGCTATACTCATTGCTCGTTGCCTTTGGGAAGGATCTTCTAGAAAGTCCATGGAAACG"
SCN1A_START = 166042334 - 1 - 40
# "PAH1" amplicon of the public repository Walsh-Quigley/AQ_CRISPResso_pipeline, tests; intron in small letters as
# there; it carries the patient's base (A at the first exonic letter, c.842T of the gene's strand).
PAH1 = (
    "CCTTTTTTTagatggcgctcattgtgcctggcaactggtagctggaggacagtactcacAGTTCGGGGGTATACATGGGCTTGGATCCATGTCTGATGTACTGTG"
    "TGCAGCAAGACCTCAATCCTTTGGGTGTATGGGTCG"
)
# HEK3 amplicon as captured in public prime editing tests (CRISPResso command lines).
HEK3 = (
    "CATGCAATTAGTCTATTTCTGCTGCAAGTAAGCATGCATTTGTAGGCTTGATGCTTTTTTTCTGCTTCTCCAGCCCTGGCCTGGGTCAATCCTTGGGGCCCAGAC"
    "TGAGCACGTGATGGCAGAGGAAAGGAAGCCCTGCTTCCTCCAGAGGGCGTCGCAGGACAGCTTTTCCTAGACAGGGGCTAGTATGTGCAGCTCCTGCACCGG"
)
# First bases of HBB mRNA NM_000518.4 as shown in a public FASTA example; the start codon is at index 50.
HBB = (
    "ACATTTGCTTCTGACACAACTGTGTTCACTAGCAACCTCAAACAGACACCATGGTGCATCTGACTCCTGAGGAGAAGTCTGCCGTTACTGCCCTGTGGGGCAAGG"
    "TGAACGTGGATGAAGTTGGTGGTGAGGCCC"
)
# The 50-mer of PrimeDesign's README.
PRIMEDESIGN = "GCCTGTGACTAACTGCGCCAAAACGTCTTCCAATCCCCTTATCCAATTTA"


def single_exon(sequence, *, contig="c1", start=0, strand="+", cds=None, **more):
    """A transcript of one exon over a plus-strand sequence."""
    low, high = cds or (start, start + len(sequence))
    spliced = sequence if strand == "+" else reverse_complement(sequence)
    return Transcript("T1", "G", contig, strand, ((start, start + len(sequence)),), low, high, spliced, **more)


def cps1():
    """Patient haplotype, correction and partial transcript of the CPS1 slice."""
    variant = Placed(CPS1_START + 40, "C", "T")
    h = haplotype_of("chr2", CPS1_START, CPS1, [variant])
    partial = {"phase": 1, "coding_before": 962, "start_complete": False, "stop_complete": False}
    return h, correction(h, variant), single_exon(CPS1, contig="chr2", start=CPS1_START, **partial)


def scn1a():
    """Patient haplotype, correction and partial transcript (minus strand) of the SCN1A slice."""
    variant = Placed(SCN1A_START + 40, "G", "A")
    h = haplotype_of("chr2", SCN1A_START, SCN1A, [variant])
    partial = {"phase": 1, "coding_before": 2093, "start_complete": False, "stop_complete": False}
    return h, correction(h, variant), single_exon(SCN1A, contig="chr2", start=SCN1A_START, strand="-", **partial)


def pah():
    """PAH c.842C>T: the amplicon, behind a synthetic acceptor and a synthetic next exon (AGGCTGCTAA in the gene)."""
    next_exon, acceptor = reverse_complement("AGGCTGCTAA"), reverse_complement("TTTTTTTTTTCTGCAG")
    border = len(next_exon) + len(acceptor) + PAH1.index("AGTTCGG")
    patient = (next_exon + acceptor + PAH1).upper()
    reference = patient[:border] + "G" + patient[border + 1 :]
    variant = Placed(border, "G", "A")
    h = haplotype_of("c12", 0, reference, [variant])
    exons = ((0, len(next_exon)), (border, len(reference)))
    spliced = reverse_complement(next_exon + reference[border:])
    before = 841 - (len(reference) - border - 1)  # coding bases before the amplicon's first exonic one
    t = Transcript("PAH", "PAH", "c12", "-", exons, 0, len(reference), spliced,
                   phase=-before % 3, coding_before=before, start_complete=False)  # fmt: skip
    return h, correction(h, variant), t


def serpina1():
    """SERPINA1 E342K: spacer and PAM as given, in a synthetic gene ATG ... T TAA; residue 342 is residue 4 here."""
    pad = "CTCTCTCTCTCTCTCTCTCTCTCTCTCTCT"
    gene = "ATG" + "ATCGACGAGAAAGGGACTGA" + "AGC" + "T" + "TAA"
    variant = Placed(len(pad) + 9, "G", "A")
    h = haplotype_of("c14", 0, pad + gene + pad, [variant])
    return h, correction(h, variant), single_exon(gene, contig="c14", start=len(pad))


def makassar():
    """Sickle to Makassar: spacer and PAM as given on the minus strand; AT before and GTAA after are synthetic."""
    pad = "CTCTCTCTCTCTCTCTCTCTCTCTCTCTCT"
    gene = "AT" + reverse_complement("TTCTCCACAGGAGTCAGATG" + "CACC") + "GTAA"
    h = haplotype_of("c11", 0, pad + gene + pad)
    return h, change_at(h, len(pad) + gene.index("GTGGAG") + 1, "T", "C"), single_exon(gene, contig="c11", start=30)


def pcsk9():
    """PCSK9 donor: spacer and PAM as given on the minus strand, in a synthetic gene of two exons."""
    sense = reverse_complement("CCCGCACCTTGGCGCAGCGG" + "TGG")
    exon, intron = sense.partition("AAGGT")[0] + "AAG", "GT" + sense.partition("AAGGT")[2]
    first, second = "GGGGGGGGGGATG" + exon, "CTCTAA"
    sequence = first + intron + "TTTTTTTTTTTTCAG" + second
    h = haplotype_of("c1", 0, sequence)
    start = len(sequence) - len(second)
    t = Transcript("P", "P", "c1", "+", ((0, len(first)), (start, len(sequence))), 10, len(sequence), first + second)
    return h, change_at(h, len(first) + 1, "T", "C"), t


def sickle():
    """HBB with the sickle change GAG to GTG in codon 7 (counted with Met), to be corrected."""
    at = 50 + 3 * 6 + 1
    variant = Placed(at, "A", "T")
    h = haplotype_of("HBB", 0, HBB, [variant])
    coding = single_exon(HBB, contig="HBB", cds=(50, 50 + 84), stop_complete=False)
    return h, correction(h, variant), coding
