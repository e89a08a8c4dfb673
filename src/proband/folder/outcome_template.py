"""Templates of ``plan/endpoints.toml``, ``safety/``, ``platform/`` and ``engagement/outcome.csv`` for `proband new`."""

ENDPOINTS = """\
# What the analysis of a patient looks at. Copy this file to endpoints.toml. The main endpoint is that of the plan.
# The seal covers analysis_plan.toml and not this file. See docs/how-to/analyse-one-patient.md.
format = 1

[[endpoint]]
parameter = "ammonia"                       # as named in clinical/
better = "lower"                            # higher
role = "main"                               # exactly one; the others: supporting
scale = "logarithm"                         # linear; logarithm tells a ratio
delay_days = 0.0                            # from the first dose until an effect may start
ramp_days = 0.0                             # over which it rises
trend = false                               # true: a natural trend is estimated beside the effect
covariates = ["scavenger"]                  # as named in clinical/care.csv, known from the first value on

# [[endpoint]]
# parameter = "seizures"
# better = "lower"
# role = "supporting"
# bin_days = 7.0                            # each value counts events over so many days

# [[composite]]                             # need for treatment: a flat marker on half the drug is a benefit
# name = "treatment need"
# rule = "dominance"                        # hierarchy | rank_sum
# part = [
#   { parameter = "ammonia", better = "lower", margin = 10.0 },               # margin: equal within
#   { parameter = "scavenger", better = "lower", margin = 0.5, in_care = true },
# ]

# [durability]                              # when a patient has benefit, and when it is lost
# parameter = "ammonia"
# value = 50.0
# unit = "umol/L"
# consecutive = 2                           # so many values without it, in a row, are a loss
# planned_days = [90, 180, 365]
# because = ""                              # why this value matters to the patient

# [care_domains]                            # diet | rescue_drug | immunosuppression | transplant | other_drug
# scavenger = "rescue_drug"
"""

EXPOSURE = """subject,product,platform_class,dose_days,last_day,events_sought,in_safety_set,reason,source
patient-1,product-1,LNP base editor,200 228,382,asked for at weekly visits,yes,same class and dose,protocol 1
"""
ADVERSE_EVENTS = """subject,day,term,grade,related,serious,source
patient-1,201,fever,1,possible,no,visit 3
"""
POOLING = """\
# Priors of what is pooled over patients and versions, in standard deviations of untreated people's change, above 0
# better. Copy it to pooling.toml, beside versions.csv (every version) and patients.csv (every treated patient).
format = 1
mu_mean = 0.0
mu_sd = 5.0                                 # of the mean effect
tau_scale = 0.5                             # half-normal, of the spread between patients or versions
exchangeable = 1.0                          # below 1, a unit may stand apart, as normal(nex_mean, nex_sd)
# nex_mean = 0.0
# nex_sd = 5.0
argument = ""                               # why versions are held to be exchangeable; empty: not argued
version = "version-1"                       # which of versions.csv is this program's
closed_by = ""                              # who states that the register is whole, as of when
source = "weakly informative"
"""
VERSIONS = """version,flag,reason,effect,standard_error,patients,source
version-1,pooled,,1.2,0.5,2,report 1
version-2,left_out,another capsid,0.1,0.6,1,report 2
version-3,no_outcome,not treated yet,,,,plan
"""
PATIENTS = """patient,version,effect,standard_error,source
patient-1,version-1,1.4,0.7,report 1
"""
OUTCOMES = """subject,version,place,engagement,below_limit,outcome,outcome_name,better,source
patient-1,version-1,patient_target_tissue,0.31,no,6,motor score,higher,report 1
"""
FILES = {
    "plan/_endpoints.toml": ENDPOINTS,
    "safety/_exposure.csv": EXPOSURE,
    "safety/_adverse_events.csv": ADVERSE_EVENTS,
    "platform/_pooling.toml": POOLING,
    "platform/_versions.csv": VERSIONS,
    "platform/_patients.csv": PATIENTS,
    "engagement/_outcome.csv": OUTCOMES,
}
"""Path in the folder to text."""
