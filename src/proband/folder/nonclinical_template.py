"""Templates of ``nonclinical/`` for `proband new`: studies, exposure, tissues, plan."""

_STUDY_COLUMNS = """study species route purpose product lot doses dose_unit dose_of regimen number_of_doses
duration_days started_on in_life_to glp males females recovery_days no_effect_dose effect_dose determined_by body_weight
body_weight_unit lipid_per_rna endpoints source read_level note"""
_STUDY = """\
rat-1,rat,intrathecal,toxicity,candidate-1,lot-1,0 0.1 0.3 1.0,mg,,every two weeks,7,91,2025-01-06,2025-04-07,\
yes,10,10,28,0.3,1.0,study director: weakness of hind limbs at 1.0 mg,250,g,,\
clinical_observations histopathology nerve,report 1,P,
"""
STUDIES = f"{','.join(_STUDY_COLUMNS.split())}\n{_STUDY}"
EXPOSURE = """\
study,dose,matrix,parameter,value,unit,below_limit,day,sex,animals,source
rat-1,0.3,plasma,AUC,5400,ng.h/mL,no,1,both,6,report 1
"""
DISTRIBUTION = """\
study,dose,tissue,day,analyte,value,unit,below_limit,detection_limit,animals,animals_detected,sex,source
rat-1,1.0,spinal cord,7,oligonucleotide,12.5,ug/g,no,0.05,6,6,both,report 1
rat-1,1.0,testis,7,oligonucleotide,,ug/g,yes,0.05,3,0,male,report 1
"""
PLAN = """\
# The human dose, the declared margin, what is argued away. Copy this file to plan.toml; what is left out is not known,
# and a margin that needs it is not computed. See docs/how-to/record-nonclinical-studies.md.
format = 1

[human]
route = "intrathecal"
doses = [1.0, 3.0]                          # in order; the first is the starting dose
all_doses = true                            # they are all that are planned
dose_unit = "mg"                            # mg/kg | mg/m2 | {vg}/kg ...
dose_of = ""                                # what the mass counts, as in studies.csv: total RNA, lipid ...
# lipid_per_rna = 20.0                      # of the lot, for a nanoparticle
# weight = { value = 7.0, unit = "kg", source = "" }
# height = { value = 66.0, unit = "cm", source = "" }
# age = { value = 200.0, unit = "d", source = "" }
# csf_volume = { value = 130.0, unit = "mL", source = "" }
# first_dose_on = 2025-06-02                # days in life of a study are counted up to it

# [[reference_dose]]                        # a dose of another product to hold the animals' doses against
# name = ""
# value = 12.0
# unit = "mg"
# source = ""

[margin]
basis = "csf_volume"                        # body_weight | body_surface_adult | "AUC in plasma" | ...
# study = "rat-1"                           # else the lowest margin of all studies that count
# factor = 500.0                            # for basis stated_factor
# factor_because = ""
justification = ""
document = ""

# [[human_exposure]]
# matrix = "plasma"
# parameter = "AUC"                         # Cmax | Cmin | tissue_concentration
# value = 1500.0
# unit = "ng.h/mL"
# how = "predicted"                         # measured
# source = ""

# [prognosis]                               # decides how long a toxicity study of an oligonucleotide must be
# death_or_irreversible_harm_within_a_year = false
# statement = ""

# [[item]]                                  # heart | nerve | breathing | tumour_risk | immune_editor | ...
# item = "heart"
# status = "argued_away"                    # done | planned | not_done
# grounds = ""                              # without grounds and a document it is no argument
# document = ""

# [[bridge]]                                # why studies of another product speak for this one
# product = ""
# rationale = ""
# document = ""

# [delivery]                                # for an editor; reach and persistence are also held against the tissues
# target_tissue = "liver"
# editor_class = ""
# delivery_method = ""
# mechanism = ""
# specificity = ""
# capacity = ""
# tissue_reach = ""
# persistence = ""
# document = ""
"""
NONCLINICAL = {
    "nonclinical/_studies.csv": STUDIES,
    "nonclinical/_exposure.csv": EXPOSURE,
    "nonclinical/_biodistribution.csv": DISTRIBUTION,
    "nonclinical/_plan.toml": PLAN,
}
"""Path in the folder to text."""
