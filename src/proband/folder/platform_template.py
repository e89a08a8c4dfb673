"""Templates of ``platform.toml``, ``platform/reuse.toml`` and the umbrella part of ``plan/protocol.toml``."""

PLATFORM = """\
# The master record of a platform: what all versions share. Copy it to platform.toml in the folder above several
# programs (or here), and name it in program.toml. What is left out is not known. See docs/how-to/share-a-platform.md.
format = 1
id = "platform-1"

[grouping]                                  # genes of the application or protocol, and why they belong together
genes = []
reason = ""                                 # "none": there is no reason

[register]
closed_by = ""                              # who states that all versions are listed, failed ones too
# as_of = 2026-01-31

[[component]]                               # as in quality/components.toml; the part that carries the targeting letters
id = "guide"
kind = "guide_rna"
# sequence = ""
# targeting = [1, 20]                       # 1-based, inclusive: the only letters that may differ between versions

# [[step]]                                  # process steps, in their order
# id = "mixing"
# unit_operation = "microfluidic mixing"
# parameter = [ { name = "flow rate", value = 12.0, unit = "mL/min" } ]

# [[study]]                                 # and [[assay]]: what may be leaned on
# id = "study-1"
# category = "biodistribution"              # see docs/how-to/share-a-platform.md
# version = "version-1"                     # which version it was made with
# document = ""
# locator = ""
# dated = 2026-01-31
# exposure = { carrier = "", route = "", cargo = "", dose = { low = 0.1, high = 1.0, unit = "mg/kg", doses = 1 } }

# [[agreement]]                             # by what right something may be used
# id = "letter-1"
# kind = "right_of_reference"               # own | master_file | public | consortium
# document = ""
# holder = ""
# state = "not_stated"                      # in_force | requested | refused | expired
# covers = ["study-1"]

[[version]]                                 # every version, failed ones too
id = "version-1"
gene = ""
# targeting = ""                            # letters of the targeting positions
# program = "folder"                        # its program folder, beside this file
# like = ""                                 # the version that it was made from
state = "not_stated"                        # designed | in_testing | in_use | failed | withdrawn; because
"""

REUSE = """\
# Every item of evidence that this program leans on and that was made with something else. Copy this file to reuse.toml.
format = 1

[exposure]                                  # what this product gives, for items of biodistribution and toxicity
# carrier = ""
# route = ""
# cargo = ""
# dose = { low = 0.1, high = 0.3, unit = "mg/kg", doses = 2 }

[[item]]
id = "item-1"
category = "biodistribution"
# of = "study-1"                            # a study or assay of the platform; what it says need not be repeated
# from_version = "version-2"                # or "platform": made with no version
# use = ""                                  # what it is used for here
# argument = ""                             # why it holds here
# right = "letter-1"                        # an agreement of the platform
# not_there = []                            # looked for and not there: argument | bridging | document | right
# [[item.difference]]                       # one for each difference that `proband platform reuse` shows
# field = "component.guide.sequence"
# matters = false
# because = ""
# bridging = ""                             # document of the bridging data
# bridging_state = "not_stated"             # there | planned | none
"""

PROTOCOL = """\
# The protocol: its date, and, for an umbrella trial, cohorts and entry rules as data. Copy this file to protocol.toml.
# See docs/how-to/screen-applicants.md.
# final_on = 2026-01-31

[umbrella]
# shared_endpoints = []
# adding_a_variant = []                     # the steps by which a variant is added
# not_written = []                          # looked for and not there: cohort_rules | shared_endpoints
#                                           # procedure_for_adding_a_variant | biological_reason

[[cohort]]
id = "cohort-1"
gene = ""
reason = ""                                 # the biological reason

[[entry_rule]]
id = "weight"
kind = "inclusion"                          # exclusion
says = "weight above 3.5 kg"                # the words of the protocol
condition = { field = "weight", above = 3.5, unit = "kg" }
"""

FILES = {"_platform.toml": PLATFORM, "platform/_reuse.toml": REUSE, "plan/_protocol.toml": PROTOCOL}
"""Path in the folder to text."""
