"""The commented plan that ``proband new`` writes: common parts, one design in use, the others as comments."""

from __future__ import annotations

COMMON = """\
# The analysis plan: the text, and the job that `proband simulate` runs. Copy this file to analysis_plan.toml.
# Every value below is an example. Nothing has a default that decides a result: what is missing is told as a problem.
# `proband simulate plan/analysis_plan.toml --out oc` shows how it would behave; `proband seal .` fixes it.

format = 1
title = "Motor score after treatment against untreated patients"
author = "A. Author"
seed = 20260101                             # any whole number; it makes simulations repeat

[estimand]
population = "Children with two causal variants and onset before 4 years"
treatment = "one course of the candidate beside usual care"
summary_measure = "mean difference in change from index to week 104"

[estimand.endpoint]
parameter = "motor_score"
unit = "{score}"
better = "higher"                           # lower
rationale = "sitting and standing are what families ask for"   # or why it may stand in for what matters

[[estimand.intercurrent_event]]             # one block each; write intercurrent_event = [] where there is none
event = "gastrostomy"
handling = "treatment_policy"   # hypothetical | composite | while_on_treatment | principal_stratum
how = "values after it count"

[population]
description = "treated and untreated alike"
eligibility = ["two causal variants", "score of 20 or more at the index"]

[index]
rule = "first visit at which every rule of eligibility holds"

[data]
cohort = "natural_history/cohort.toml"      # leave out where there is no cohort
baseline_window = [-28, 0]                  # days around the index
outcome_window = [700, 756]

[success]
kind = "error_calibrated"                   # posterior_probability | benefit_risk
alpha = 0.025                               # one-sided; for error_calibrated alone
rare = 0.05                                 # a course this improbable without treatment is called rare
# threshold = 0.975                         # the two others: P(effect > margin) at least this
# margin = 0.0
# harm_limit = 0.3                          # benefit_risk: P(probability of harm < harm_limit) is
# harm_threshold = 0.9                      # at least harm_threshold
# harm_prior = [1.0, 1.0]

[multiplicity]
method = "none"                             # bonferroni | holm | fixed_sequence
tests = 1
how = "one primary endpoint"

[[sensitivity]]                             # one block each; write sensitivity = [] where there is none
name = "without_tau"
change = "the same without the comparability term"

[[covariates]]
name = "age"
source = "age at the index"

# [prior_data]                              # where there are priors; false: not done; left out: left open
# inventory = ["every data set that was looked at, used or not"]
# selection = "the rule by which they were chosen"
# unfavourable = "which of them speak against, or that none was found"
# influence = "how much the prior weighs, by which measure"
# varied = ["the other priors under which the analysis is repeated"]

# [feasibility]                             # of a randomised trial instead
# prevalent = [30, 20, 42]                  # patients in the area: value, lower and upper 90 % limit
# incident_per_year = [3, 2, 5]
# eligible_fraction = 0.6
# consent_fraction = 0.7
# sites = 4
# accrual_per_site_year = 2
# years = 3
# effect = 1.0                              # SD
# power = 0.8
# alpha = 0.025
# dropout = 0.1
"""

EXTERNAL = """
# --- external_control
[design]
kind = "external_control"
patients = 3
cohort_patients = 40
schedule = [0, 26, 52, 78, 104]             # from the index
time_unit = "wk"

[model]
kind = "mixed_model"                        # t | z: one change score a patient, SD estimated | known; exact results
tau_c = 0.25                                # SD of the shift between cohort and treated that the analysis allows for

[priors]                                    # of mixed_model alone: half-normal scales over the residual SD
level_ratio = 3.0
slope_ratio = 3.0
source = "spread of published cohorts"

[simulation]                                # the first value of each list is the base case; effects and shifts in SD
vary = "one_at_a_time"                      # full: every combination
patients = [1, 2, 3, 5, 10, 20]
cohort_patients = [40]                      # add 10, 20, 100
effect = [0, 1, 2, 3]
planned_effect = 2                          # the one that the number of patients was chosen for
tau_c = [0, 0.25, 0.5, 1]
rho = [0, 0.3]
drift = [0, 0.1]
index_error = [0, 8]
comedication_shift = [0, 0.3]
dropout = [0, 0.2]
worst_case = { tau_c = [0, 0.25] }          # the declared set: what is not named stays at its base
effect_prior = { mean = 1.5, sd = 0.5, source = "biochemistry of earlier patients" }

[simulation.course]                         # the untreated course that is assumed, in the unit of the endpoint
intercept_sd = 6.0
slope = -0.08                               # a week
slope_sd = 0.06
residual_sd = 3.0
cohort_dropout = 0.1
source = "natural_history/cohort.toml"
"""

OTHERS = """
# --- own_control_biomarker
[design]
kind = "own_control_biomarker"              # own_control_counts
patients = 1
weeks_before = 26
weeks_after = 26

[model]
kind = "ar1"
trend = false
comedication = false

[priors]                                    # autocorrelation: uniform
rho_low = 0.0
rho_high = 0.95
source = "weekly values of earlier patients"

[simulation]                                # SD of an untreated weekly value; counts: log rate ratio
vary = "one_at_a_time"
patients = [1, 2, 3]
effect = [0, 1, 2, 3]
rho = [0, 0.3, 0.6, 0.8]
drift = [0, 0.02]
index_error = [0, 2]
comedication_shift = [0, 0.5]
dropout = [0, 0.2]
worst_case = { rho = [0, 0.3, 0.6] }
# rate = 5.0                                # counts alone: events a week without treatment
# dispersion = [2.4]                        # variance over mean

# --- multiple_baseline
[design]
kind = "multiple_baseline"                  # randomised_start
patients = 3
weeks = 24
first_start = 7                             # first treated week, 0-based, drawn at random up to last_start
last_start = 17

[model]
kind = "randomisation_test"

[simulation]
vary = "one_at_a_time"
patients = [2, 3]
effect = [0, 1, 2, 3]
rho = [0, 0.3, 0.6, 0.8]
drift = [0, 0.02]
worst_case = { rho = [0, 0.3, 0.6, 0.8] }

# --- single_arm_binary
[design]
kind = "single_arm_binary"
patients = 10
controls = 0

[model]
kind = "map_mixture"

[priors]
treated = [0.5, 1.0]
control = [{ weight = 0.62, a = 19.2, b = 57.8 }, { weight = 0.38, a = 3.5, b = 9.4 }]
robust_weight = 0.05
robust_mean = 0.5
source = "eight earlier studies"

[simulation]
vary = "full"
patients = [5, 10, 20]
effect = [0, 0.2, 0.4]                      # added to the control rate
control_rate = [0.25, 0.2, 0.3, 0.4]
dropout = [0]
worst_case = { control_rate = [0.2, 0.25, 0.3] }

# --- basket
[design]
kind = "basket"
baskets = 6
patients = 4                                # in each basket
null_rate = 0.2

[model]
kind = "logit_hierarchy"

[priors]
mu_rate = 0.2
mu_sd = 2.0
tau_scale = 1.0
source = "vague"

[simulation]
vary = "full"
patients = [4]
effect = [0, 0.3, 0.5]                      # added to null_rate in the active baskets
active = [0, 3, 6]
control_rate = [0.2, 0.1]                   # true rate of the others
worst_case = { control_rate = [0.1, 0.2] }
"""


def template() -> str:
    """The plan with the external control in use and every other design as a comment."""
    others = "".join(f"# {line}\n" if line else "\n" for line in OTHERS.strip("\n").split("\n"))
    head = "\n# Other designs: put one of these in place of everything from [design] on.\n\n"
    return COMMON + EXTERNAL + head + others


def designs() -> dict[str, str]:
    """The part of a plan from its design on, by kind, as it stands in the template.

    >>> sorted(designs())
    ['basket', 'external_control', 'multiple_baseline', 'own_control_biomarker', 'single_arm_binary']
    """
    parts = (EXTERNAL + OTHERS).split("# --- ")[1:]
    return {part.split("\n", 1)[0]: part.split("\n", 1)[1] for part in parts}
