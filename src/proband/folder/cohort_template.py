"""Template of ``natural_history/cohort.toml`` for `proband new`."""

COHORT = """\
# The untreated cohort: where it comes from, and by which rules it is used. Copy this file to cohort.toml beside it
# and add the subjects: subjects.csv, one row each, and long tables such as labs.csv and events.csv.
# The treated go to clinical/subjects.csv, in the same columns. See docs/how-to/describe-natural-history.md.
format = 1
id = "registry"
population = ""                             # who is in it, in one sentence
match = "same_gene"                         # same_disease_group | proxy
adjudication = "not_told"                   # of outcomes: blinded | open | not_done
care = ""                                   # what treatment and care the untreated had
missing_data = ""                           # what is missing, and why

[source]
kind = "registry"                           # prospective_study | chart_review | placebo_arm | literature
name = ""
holder = ""                                 # who holds the data,
held_since = 2020-01-31                     # and since when
document = ""
patient_level = true

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
"""

SUBJECTS = "subject,birth_day,sex,genotype_class,era,region,entry_day,exit_day,death\n"
