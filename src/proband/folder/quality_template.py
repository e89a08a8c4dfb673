"""Templates of ``quality/`` for `proband new`: components, specifications, lots, genealogy, dossier items."""

COMPONENTS = """\
# What the product is made of. Copy this file to components.toml beside it. What you do not write stays not known:
# leave keys out rather than guess. `proband quality components .` prints the tree and what disagrees with itself.
# See docs/how-to/describe-a-product.md.
format = 1
product = "version-1"

[[component]]
id = "guide"
kind = "guide_rna"                          # pegrna | mrna | oligonucleotide | lipid_nanoparticle | lipid |
                                            # viral_vector | plasmid | protein | cells | excipient | buffer | reagent
# part_of = "lnp"                           # the component that holds it
role = ""                                   # what it does
source = ""                                 # who makes it
grade = ""                                  # such as "GMP"
# step = "mix"                              # the process step at which it enters
# in_final_product = true                   # false: used and removed
# sequence = ""                             # letters alone, 5' to 3'; modifications stand in structure
# notation = "mU*mG*mA*UUCU"                # or as one text: m 2'-O-methyl, e MOE, f 2'-F, + LNA; * PS, o PO
# length = 100
# targeting = [1, 20]                       # the only part that may differ between versions
# stated_mass = { value = 33040, unit = "Da", definition = "residue_sum" }   # molecule | average | monoisotopic
# [component.structure]
# sugar = "RNA"                             # where nothing else is said
# linkage = "PO"
# modification = [ { sugar = "2'-O-methyl", positions = "1-3, 98-100" }, { linkage = "PS", positions = "1-3, 97-99" } ]

[[step]]                                    # in their order
id = "mix"
title = ""
# parameter = [ { name = "total flow rate", value = 12, unit = "mL/min" } ]
"""

SPECIFICATIONS = """\
# What is tested, by which method, against which limits, and why. Copy this file to specifications.toml beside it.
# Write a limit with the decimals that count: results are rounded to them. A pure number has the unit 1.
format = 1
product = "version-1"
family = "lnp_rna"                          # oligonucleotide | aav | ex_vivo_cells
stage = "clinical"                          # first_in_human | pivotal | application | commercial

[[specification]]
id = "size"
title = "Mean particle diameter"
method = "DLS-01"                           # results by another method do not count
unit = "nm"
lower = 60
upper = 100
# reportable = "mean"                       # each: of replicates
stage = "clinical"
# set_on = 2025-01-10
justification = ""                          # a limit without a reason is not a justified one
tighten = ""                                # the plan until the application

[[specification]]
id = "sterility"
method = "STER-08"
unit = "{text}"
accepted = ["no growth"]
stage = "clinical"
justification = ""

# [[not_tested]]
# attribute = "residual_dna"
# because = ""
"""

LOTS = """\
lot,attribute,value,unit,method,replicate,date,loq,left_out
L-001,size,78,nm,DLS-01,1,2025-03-02,,
L-001,size,<60,nm,DLS-01,2,2025-03-02,,cuvette with a bubble
L-001,sterility,,{text},STER-08,,,,
"""

GENEALOGY = """\
lot,made_from,product,kind,made_on,served,decision,decided_on,source
M-001,,version-1,messenger RNA,2025-01-06,,,,batch record
L-001,M-001,version-1,drug product,2025-02-27,toxicology; clinic,pending,,batch record
"""

DOSSIER_ITEMS = """\
# For antisense oligonucleotides: which items of the quality part of an initial IND are written, and where.
# Copy this file to dossier_items.toml beside it.
format = 1

[[item]]
item = "description"                        # maker | method | characterisation | control | stability |
                                            # composition | label
level = "drug_substance"                    # drug_product
state = "written"                           # not_there, with the reason in `because`
document = "section 3.2.S.1"
"""

QUALITY_FILES = {
    "quality/_components.toml": COMPONENTS,
    "quality/_specifications.toml": SPECIFICATIONS,
    "quality/_lots.csv": LOTS,
    "quality/_genealogy.csv": GENEALOGY,
    "quality/_dossier_items.toml": DOSSIER_ITEMS,
}
"""Path in the folder to text."""
