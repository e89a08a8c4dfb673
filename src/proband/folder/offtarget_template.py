"""Templates of the files of ``offtarget/`` for `proband new` and `proband gaps --write`."""

MANIFEST = """\
# Lists of nominated sites. Copy this file to manifest.toml; lists lie in nominated/, a table of dropped sites is
# dropped.csv. See docs/how-to/nominate-off-targets-in-a-program.md.
build = "GRCh38"                            # the build of the result
# genome = "../reference/genome.fa.gz"      # sites are aligned to it; else to the genome that program.toml names

[guide]
spacer = "GTCACCAATCCTGTCCCTAG"             # that of the program's candidate, 5' to 3', without PAM
pam = "NGG"
pam_side = 3                                # 5 for Cas12

# [limits]                                  # what still counts as this guide's site; these are the defaults
# mismatches = 7
# dna_bulges = 1
# rna_bulges = 1

[[list]]
label = "search"
file = "nominated/search.tsv"               # the table of `proband offtarget search`
format = "proband_search"
build = "GRCh38"

[[list]]
label = "change-1"
file = "nominated/change_1.tsv"
format = "change_seq"                       # circle_seq | guide_seq | one_seq | discover_seq | digenome | bed | table
build = "GRCh38"                            # of another build: add [[chain]]
replicate = "1"

# [[list]]
# label = "own"
# file = "nominated/own.xlsx"
# sheet = "sites"
# format = "table"                          # a form of your own: name its columns, and what its numbers mean
# method = "ONE-seq"
# method_class = "biochemical"              # computational | biochemical | cell_based
# first_base = 1                            # 0: from 0, end not included; 1: from 1, end included
# build = "hg19"
# columns = { contig = "chr", start = "from", end = "to", reads = "count" }

# [[chain]]
# from = "hg19"
# file = "nominated/hg19ToHg38.over.chain.gz"
"""

ASSAYS = """\
# What each method of nomination was. Copy this file to assays.toml. What is left out is not known, never assumed.
# The name is that of the method of its lists. See docs/how-to/nominate-off-targets-in-a-program.md.
format = 1

[[assay]]
name = "proband search"
method_class = "computational"              # biochemical | cell_based
# whole_genome = true                       # whether it saw the whole genome
source = "offtarget/nominated/search.tsv"
recorded = ["tools", "versions", "command_lines", "references"]
# not_recorded = ["databases"]              # also quality_criteria, depth_criteria, alignment_criteria

[[assay]]
name = "CHANGE-seq"
method_class = "biochemical"
# whole_genome = true
cells = "not_stated"                        # same_as_edited_in_patient | other_justified |
                                            # other_not_justified | no_cells
# cell_type = "primary human hepatocytes"
# because = ""                              # needed for other_justified
# replicates = 3
# donors = 2
# spacer = ""                               # where it is not that of the manifest
source = "laboratory report 7"
# recorded = ["tools", "versions"]
"""

DROPPED = """site,reason,who,date
chr1:601:-,in the centromere: no unique primer and no gene within 1 Mb,A. Author,2026-02-01
"""

CONFIRMED = """site,contig,start,end,strand,edited,total,gene_context,risk,who,date
OT1,chr1,601,623,-,12,10000,,low: intron of a gene that the liver does not express,A. Author,2026-02-01
"""

VARIATION = """\
# How the nomination covers human variation. Copy this file to variation.toml. A choice without a reason counts as not
# made; what is left out is not known. Statements of `proband offtarget population` go to population/.
format = 1
source = "laboratory report 9"

[database]
name = ""                                   # such as gnomAD, 1000 Genomes
version = ""
because = ""

[populations]
names = [""]
because = ""

[frequency_cut_off]
value = 0.0                                 # share of alleles; 0: none, every variant of the database
because = ""

[ancestry_relevance]
patients = ""                               # of the patients that the product is for
because = ""

# left_out = ["ancestry_relevance"]         # what was not considered, in place of its block
"""

GUIDE_INDEPENDENT = """\
# Effects of the editor that no guide directs, and by-products. Copy this file to guide_independent.toml.
# A test needs method, result and source; what was not tested needs a reason.
format = 1

[[effect]]
effect = "guide_independent_dna"            # guide_independent_rna | by_product_edits
considered = "tested"                       # reasoned | not_considered
method = ""
result = ""
source = ""

[[effect]]
effect = "guide_independent_rna"
considered = "reasoned"
because = ""
source = ""
"""

FILES = {
    "offtarget/_manifest.toml": MANIFEST,
    "offtarget/_assays.toml": ASSAYS,
    "offtarget/_dropped.csv": DROPPED,
    "offtarget/_confirmed.csv": CONFIRMED,
    "offtarget/_variation.toml": VARIATION,
    "offtarget/_guide_independent.toml": GUIDE_INDEPENDENT,
}
"""Path in the folder to text."""


def template_of(file: str) -> str:
    """The template of a file of the folder, or "" where there is none here.

    >>> template_of("offtarget/assays.toml").splitlines()[2], template_of("program.toml")
    ('format = 1', '')
    """
    folder, _, name = file.rpartition("/")
    return FILES.get(f"{folder}/_{name}", "")
