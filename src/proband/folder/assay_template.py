"""Templates of assays, stability and comparability in ``quality/`` for `proband new`."""

METHODS = """\
# Assays of the product: what their validation showed. Copy this file to methods.toml; what you leave out stays unknown.
# See docs/how-to/check-assays-stability-and-changes.md. `proband quality methods .` recomputes and checks.
format = 1
product = "candidate-1"                     # the id of this version: that of [candidate] in program.toml

[own]                                       # what identity is tested on
sequence = ""                               # or component = "guide" of components.toml; mass = 32340.0 (g/mol)

[[sibling]]                                 # every other version that could be mistaken for it
name = "candidate-0"
sequence = ""

[[method]]
id = "identity-seq"
attribute = "guide identity"
technique = "sequencing"
stage = "not_stated"                        # in_development | qualified | validated | compendial
# identity = { by = "sequence", reads = [1, 20] }   # mass | length | hybridisation | shown

[[method]]
id = "edit-ngs"
attribute = "editing in cells"
technique = "amplicon sequencing"
stage = "not_stated"
# version = "1"
# on = 2026-01-31
# covers = []                               # other names that tables of results have for the attribute
# range = { low = 1.0, high = 100.0, unit = "%" }
# repeatability = { value = 3.0, unit = "%" }
# intermediate_precision = { value = 5.0, unit = "%" }
# accuracy = { value = 98.0, unit = "%" }
# specificity = ""
# linearity = ""
# detection_limit = { value = 0.2, unit = "%", how = "classical" }   # probit | signal_to_noise | other | not_stated
# quantitation_limit = { value = 0.5, unit = "%", how = "precision_profile" }
# not_done = []                             # what was not looked at
# replicates = "quality/edit_replicates.csv"   # sample,kind,assigned,reagent_lot,run,replicate,value,unit
# hits = "quality/edit_hits.csv"            # dose,unit,reagent_lot,hits,runs
# goal_cv_percent = 20.0
# potency = { level = "sequence_change", readout = "share of edited reads" }   # downstream_effect

# [[potency_run]]                           # one run of a potency assay, on one version
# method = "edit-ngs"
# version = "candidate-1"
# lot = ""
# on = 2026-01-31
# value = 60.0
# unit = "%"
# source = "report 1"
"""

STABILITY = """\
# What is stored how, and which limits it must keep. Copy this file to stability.toml, beside stability.csv.
format = 1
product = "candidate-1"
product_class = "biological"                # chemical: what may be claimed ahead of data differs
period_of_use = { value = 12.0, unit = "mo", because = "from release to the last planned dose" }

[[condition]]
name = "frozen"
kind = "real_time"                          # exactly one; others: accelerated | intermediate | stress
storage = "deep_frozen"                     # frozen | refrigerated | room_temperature

[[lot]]
id = "lot-1"
of = "own"                                  # platform: a lot of another version
product = "candidate-1"

[[attribute]]
name = "rna_integrity"
unit = "%"
lower = 70.0
moves = "falls"                             # rises | either
because = ""
"""
STABILITY_ROWS = """lot,condition,time,time_unit,attribute,value,unit,censored,method
lot-1,frozen,0,mo,rna_integrity,82,%,,
"""

COMPARABILITY = """\
# A change of the process, and what was compared. Copy this file to comparability.toml, beside comparability.csv.
format = 1
product = "candidate-1"

[[change]]
id = "change-1"
title = "what was changed"
# on = 2026-01-31
# first_result_on = 2026-02-28              # margins that are dated later decide nothing

[[attribute]]
change = "change-1"
name = "potency"
unit = "%"
potency = true
criticality = "critical"                    # key | other
tier = "equivalence"                        # quality_range (k, share) | side_by_side (judged)
scale = "ratio"                             # difference
lower = 0.8
upper = 1.25
# sd = 0.1                                  # between lots, on logarithms for a ratio: for the power of the design
# set_on = 2026-01-31
because = "why these margins"
"""
COMPARABILITY_ROWS = """change,lot,side,attribute,value,unit,censored,method
change-1,lot-0,pre,potency,100,%,,
"""
ASSAY_FILES = {
    "quality/_methods.toml": METHODS,
    "quality/_stability.toml": STABILITY,
    "quality/_stability.csv": STABILITY_ROWS,
    "quality/_comparability.toml": COMPARABILITY,
    "quality/_comparability.csv": COMPARABILITY_ROWS,
}
"""Path in the folder to text."""
