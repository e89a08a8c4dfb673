"""Facts of published variants, as far as they are printed; what is not printed stays None.

Sources: Kim et al., Nature 2023;619:828-836 (ATM); Kim et al., NEJM 2019;381:1644-1652 (MFSD8); Ziegler et al., Nat Med
2024 (KIF1A); Musunuru et al., NEJM 2025;392:2235-2243 (CPS1). Expected classes of N1C VARIANT are derived from the rows
as re-coded, not printed by anyone; expected Kim classes are the paper's labels.
"""

from proband.science.design.amenability_facts import AmenabilityFacts, Precedent
from proband.science.design.amenability_kim import KimFacts

PAPER = "Kim et al. 2023"


def intronic(name, offset, **facts):
    base = {"variant_type": "snv", "pathogenic": True, "consequence": "noncoding", "mechanism": "loss"}
    return AmenabilityFacts(name=name, intronic_offset=offset, **(base | facts))


RESCUE = (Precedent("splice_correction", "variant", "cellular_rescue", "Kim et al. 2023, AT008"),)

# p.Ala2622Val, benign by REVEL; a new donor trims 64 nt of exon 53; no normal transcript; canonical donor in place.
# The variant's own distance is derived: the second base trimmed, if it makes the donor's T. Any over 5 does the same.
ATM_7865 = {
    "name": "ATM c.7865C>T",
    "variant_type": "snv",
    "pathogenic": True,
    "consequence": "missense",
    "mechanism": "loss",
    "region": "exon",
    "site_distance": 63,
    "gained_site_distance": 64,
    "canonical_site": "intact",
    "normal_transcript_seen": False,
    "amino_acid_effect": "tolerated",
    "splice_evidence": "patient_rna",
}

# c.2639-21A>G and c.6573-15T>G: that the canonical site is weakened, not intact or destroyed, is read from the paper's
# class (possibly). Not given, the outcome is unable to assess, unlikely at best: see test_n1c.
SPLICE = [
    (AmenabilityFacts(**ATM_7865, precedents=RESCUE), "eligible", "rescue in patient cells"),
    (AmenabilityFacts(**ATM_7865), "likely", "the same without precedent"),
    (
        intronic(
            "ATM c.5763-1050A>G",
            -1050,
            canonical_site="intact",
            splice_evidence="patient_rna",
            precedents=(Precedent("splice_correction", "variant", "cellular_rescue", "cell rescue"),),
        ),
        "eligible",
        "137-nt pseudoexon, with cell rescue",
    ),
    (
        intronic("ATM c.5763-1050A>G", -1050, canonical_site="intact", splice_evidence="patient_rna"),
        "likely",
        "137-nt pseudoexon, leaky, RNA",
    ),
    (intronic("ATM c.3994-159A>G", -159, splice_evidence="minigene"), "unable_to_assess", "minigene only"),
    (intronic("ATM c.2839-581G>A", -581, splice_evidence="minigene"), "unable_to_assess", "minigene only"),
    (intronic("ATM c.6348-986G>T", -986, splice_evidence="minigene"), "unable_to_assess", "minigene only"),
    (intronic("ATM c.496+5G>A", 5), "not_eligible", "5 nt from the donor"),
    (
        AmenabilityFacts(
            name="ATM c.2250G>A",
            variant_type="snv",
            pathogenic=True,
            consequence="synonymous",
            mechanism="loss",
            region="exon",
            site_distance=1,
        ),
        "not_eligible",
        "last base of the exon",
    ),
    (
        intronic("ATM c.2639-21A>G", -21, canonical_site="weakened", splice_evidence="patient_rna"),
        "unlikely",
        "21 nt before the acceptor, RNA",
    ),
    (
        intronic("ATM c.6573-15T>G", -15, canonical_site="weakened", splice_evidence="patient_rna"),
        "unlikely",
        "15 nt before the acceptor, RNA",
    ),
    (
        AmenabilityFacts(
            name="ATM c.8585-13_8598del",
            variant_type="small_indel",
            pathogenic=True,
            consequence="splice_site",
            mechanism="loss",
            region="junction",
            site_distance=0,
            canonical_site="destroyed",
            splice_evidence="patient_rna",
        ),
        "not_eligible",
        "acceptor deleted",
    ),
    (
        AmenabilityFacts(
            name="MFSD8 SVA insertion",
            variant_type="intronic_insertion",
            pathogenic=True,
            consequence="noncoding",
            mechanism="loss",
            region="intron",
            splice_evidence="patient_rna",
            precedents=(Precedent("splice_correction", "variant", "clinical_use", "milasen"),),
        ),
        "eligible",
        "milasen",
    ),
    (
        AmenabilityFacts(
            name="MFSD8 c.1102G>C",
            variant_type="snv",
            pathogenic=True,
            consequence="missense",
            mechanism="loss",
            region="exon",
            splice_evidence="none",
        ),
        "unable_to_assess",
        "missense, no splice evidence",
    ),
    (AmenabilityFacts(name="MT-ND4", variant_type="mitochondrial", pathogenic=True), "unable_to_assess", "excluded"),
    (AmenabilityFacts(name="inversion", variant_type="inversion", pathogenic=True), "unable_to_assess", "excluded"),
]
"""Facts, expected class of splice correction, what it rests on."""

DOMINANT_NEGATIVE = {
    "name": "KIF1A p.Pro305Leu",
    "variant_type": "snv",
    "pathogenic": True,
    "consequence": "missense",
    "mechanism": "dominant_negative",
    "mechanism_proven": True,
    "haploinsufficient": True,
    "hemizygous": False,
}
"""pLI 1, and haploinsufficiency causes spastic paraplegia; milder, so dosage is not read as tightly regulated."""

GAIN = {
    "variant_type": "snv",
    "pathogenic": True,
    "consequence": "missense",
    "mechanism": "gain",
    "mechanism_proven": True,
}

KNOCK_DOWN = [
    (AmenabilityFacts(**DOMINANT_NEGATIVE, dosage_tightly_regulated=False), "unlikely", "without precedent"),
    (AmenabilityFacts(**DOMINANT_NEGATIVE), "unable_to_assess", "tight regulation of dosage not known"),
    (
        AmenabilityFacts(
            **DOMINANT_NEGATIVE,
            precedents=(Precedent("knock_down", "variant", "clinical_use", "nL-KIF1-001"),),
        ),
        "eligible",
        "nL-KIF1-001",
    ),
    (
        AmenabilityFacts(
            name="KCNT1 p.Arg474His",
            **GAIN,
            precedents=(Precedent("knock_down", "gene_in_phase", "clinical_use", "gapmer in use"),),
        ),
        "eligible",
        "precedent",
    ),
    (
        AmenabilityFacts(
            name="SCN2A", **GAIN, haploinsufficient=True, triplosensitive=True, dosage_tightly_regulated=False
        ),
        "unlikely",
        "both directions of dosage cause disease",
    ),
    (
        AmenabilityFacts(
            name="SCN2A",
            **GAIN,
            haploinsufficient=True,
            triplosensitive=True,
            precedents=(Precedent("knock_down", "gene_in_phase", "clinical_use", "gapmer in use"),),
        ),
        "eligible",
        "precedent, narrow window",
    ),
    (
        AmenabilityFacts(
            name="CPS1 c.1003C>T", variant_type="snv", pathogenic=True, consequence="nonsense", mechanism="loss"
        ),
        None,
        "loss of function: does not apply",
    ),
    (AmenabilityFacts(name="inversion", variant_type="inversion", pathogenic=True), "unable_to_assess", "excluded"),
]
"""Facts, expected class of knock-down, what it rests on."""

# Kim 2023: label of the paper, and the class that follows from the printed facts alone (None: a score is missing).
# A deep intronic variant lies outside both scored motifs and further from any branchpoint (18 to 100 nt before an
# acceptor) than 3 nt; as a substitution it shifts none. The distances given are lower bounds from these positions,
# and the motifs scored are 3 + 6 nt at the donor, 20 + 3 at the acceptor. Pseudoexons were seen in RNA.
FAR = {"motif_changed": False, "consequence": "noncoding", "observed_source": PAPER}


def deep(name, distance, **facts):
    return KimFacts(
        name=name, branchpoint_distance=distance, branchpoint_shift=0, observed_type="gain", **(FAR | facts)
    )


KIM = [
    (
        KimFacts(
            name="ATM c.7865C>T",
            consequence="missense",
            motif_changed=False,
            branchpoint_distance=60,
            branchpoint_shift=0,
            observed_coding="little",
            observed_type="gain",
            observed_source=PAPER,
        ),
        "probably",
        "probably",
    ),
    (deep("ATM c.5763-1050A>G", 950), "probably", "probably"),
    (deep("ATM c.6348-986G>T", 886), "probably", "probably"),
    (deep("ATM c.2839-579_2839-576del", 476), "probably", "probably"),
    (deep("ATM c.2839-581G>A", 481), "probably", "probably"),
    (deep("ATM c.3994-159A>G", 59), "probably", "probably"),
    (KimFacts(name="ATM c.4801A>G", consequence="missense"), "probably", None),
    (KimFacts(name="ATM c.3489C>T", consequence="synonymous"), "probably", None),
    (KimFacts(name="ATM tandem duplication 382 bp", observed_type="gain", observed_source=PAPER), "probably", None),
    (KimFacts(name="ATM DUSP16 pseudogene insertion"), "probably", None),
    (KimFacts(name="ATM c.6573-15T>G", consequence="noncoding"), "possibly", None),
    (KimFacts(name="ATM c.2639-21A>G", consequence="noncoding"), "possibly", None),
    (KimFacts(name="ATM c.2639-22_2639-20del", consequence="noncoding"), "possibly", None),
    (KimFacts(name="ATM c.496+5G>A", consequence="noncoding"), "possibly", None),
    (KimFacts(name="ATM c.2250G>A", consequence="synonymous"), "possibly", None),
    (KimFacts(name="ATM Alu insertion"), "possibly", None),
    (KimFacts(name="ATM c.8585-13_8598del", site_deleted=True), "unlikely", "unlikely"),
]
"""Facts, the paper's label, the class that the printed facts give."""
