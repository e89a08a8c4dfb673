"""Template of ``natural_history/cohort.toml`` for `proband new`."""

COHORT = """\
# The untreated cohort: where it comes from, and by which rules it is used. Copy this file to cohort.toml beside it
# and add the subjects: subjects.csv, one row each, and long tables such as labs.csv and events.csv.
# The treated go to clinical/subjects.csv, in the same columns. See docs/how-to/describe-natural-history.md.
format = 1
id = "registry"
population = ""                             # who is in it, in one sentence
match = "same_gene"                         # same_disease_group | proxy
adjudication = "not_told"                   # of outcomes of the untreated: blinded | open | not_done
adjudication_treated = "not_told"           # and of the treated
care = ""                                   # what treatment and care the untreated had
missing_data = ""                           # what is missing, and why
# missing_method = ""                       # how the analysis handles it; "not available" where it does not
# missing_sensitivity = ""                  # and what shows that the result does not hang on that

[source]
kind = "registry"                           # prospective_study | chart_review | placebo_arm | literature
name = ""
holder = ""                                 # who holds the data,
held_since = 2020-01-31                     # and since when
document = ""
patient_level = true
# version = ""                              # of these four, "not available" says that it is known not to exist
# extraction = ""                           # how and when the records were drawn
# reliability = ""                          # how they were checked against their source
# data_digest = ""                          # of natural_history/*.csv, as the dossier prints it

# [observation]                             # the protocol under which untreated people were observed
# on = 2019-03-01
# document = ""
# candidate_selected_on = 2022-05-01

[protocol]
on = 2021-01-31                             # the day on which this use of the cohort was fixed
document = ""
before_first_treated_outcome = "not_told"   # yes | no

[index]                                     # from when a subject counts; the same rule for treated and untreated
rule = "first_eligible_visit"               # all_eligible | severity | fixed_age
# parameter = "ammonia"                     # severity: the first day on which this holds
# operator = ">="
# value = 100.0
# unit = "umol/L"
# age_years = 2.0                           # fixed_age

[era]                                       # first and last day of observation
untreated = [2010-01-01, 2019-12-31]
# treated = [2024-01-01, 2025-12-31]

[[instrument]]                              # one for each endpoint and group
endpoint = "ammonia"
group = "untreated"                         # treated
name = ""
version = ""
rater = ""
blinded = "not_told"                        # yes | no
# every_days = 28                           # planned distance of measurements; with it missed visits are counted

[[criterion]]                               # eligibility, in order; applied to treated and untreated
id = "age"
text = "At most two years old"
of = "age"                                  # covariate | measurement | event
name = "age"
operator = "<="                             # < | > | >= | == | != | in | not in (with a list of words)
value = 2.0
unit = "a"
# window = [-90, 0]                         # days about the index day, of measurements and events
# take = "any"                              # of several measurements: all | last

# [[care_difference]]
# what = ""
# favours = "not_known"                     # treated | untreated
# because = ""

# [[care_comparison]]                       # one each for era, supportive_care and access_to_care
# domain = "era"
# state = "not_known"                       # comparable | different
# because = ""
# effect = 0.0                              # of a difference: bounded, in standard deviations of the outcome,
# effect_low = 0.0                          # above 0 where it favours the treated
# effect_high = 0.0
# source = ""
"""

SUBJECTS = "subject,birth_day,sex,genotype_class,era,region,entry_day,exit_day,death\n"
