"""Templates of monitoring, gates, follow-up and reports for `proband new`. See docs/how-to/plan-follow-up.md."""

MONITORING = """\
# Tests for known class toxicities. Copy this file to monitoring.toml. Which toxicities are known of a modality and
# route stands in a table of proband; add what it lacks. A test that was due and has no value is missing, never normal.
format = 1
source = "protocol, version and section"

# [[toxicity]]                              # one that the table of classes lacks
# id = "pancreas"
# because = "seen in animals of study 7"

[[test]]
id = "alt"
parameter = "alt"                           # as named in clinical/
toxicity = ["liver"]
days_from_each_dose = [-1, 1, 7, 28]        # negative: before the dose
# every = { days = 90, from_day = 90, until_day = 720 }    # after the last dose
# on = [2026-01-31]
window = [0, 1]                             # days before and after in which a value counts
who = "trial site"
blood = { value = 1.0, unit = "mL" }
limit = [
  { above = 120.0, unit = "U/L", action = "repeat within 48 h" },
  { above_times_baseline = 5.0, action = "tell the sponsor" },
]
# no_limit_because = ""                     # instead of limits
"""

PROTOCOL = """\
# Gates before doses, as data. These tables belong into plan/protocol.toml: copy them there, this file is not read.
# What is left out is no gate; what can not be told never opens one. `proband gates . --on DAY` looks at a next dose.

[dosing]
maximum_doses = 3
minimum_days_between_doses = 21
# dose_3_options_mg_per_kg = [0.3, 0.45]
# earliest_day_of_dose_3 = 251              # your own day; it is held against the computed one
# weight_parameter = "weight"
# weight_at_most_days_old = 7
# guide_to_messenger_mass_ratio = 1.0

[[redosing_condition]]                      # without a check a person records it in safety/redose_review.csv
id = "tolerated"
condition = "the dose before was safe and tolerated"

# [[gate]]
# id = "need"
# condition = "the scavenger is still needed"
# before_dose = [2, 3]                      # left out: every dose after the first
# needs = "any"                             # all; asked for where there are several checks
# check = [
#   { kind = "value", parameter = "scavenger", above = 0.0, unit = "mL/m2/d", within_days = 30 },
#   { kind = "no_event", least_grade = 3, related = true },
#   { kind = "recorded" },
# ]

# [escalation]                              # patients stand in plan/escalation.csv
# window_days = 28
# sentinel_days = 14
# level = [ { id = "1", value = 0.1, unit = "mg/kg" }, { id = "2", value = 0.3, unit = "mg/kg" } ]
# rule = [
#   { treated = 3, events = 0, decision = "escalate" }, { treated = 3, events = 1, decision = "expand" },
#   { treated = 3, events = 2, decision = "stop" }, { treated = 3, events = 3, decision = "stop" },
# ]
"""

FOLLOW_UP = """\
# Follow-up after the last dose. Copy this file to follow_up.toml. `proband follow-up calendar . --out DIR` writes
# tables and an iCalendar file.
format = 1
product_class = "genome_editing"            # integrating_vector | aav | oligonucleotide | other
counts_from = "last_dose"                   # first_dose
years = 15                                  # or end_on = 2041-01-31
# shorter_because = ""                      # where the term is shorter than what is asked of the class

[source]
document = "plan of follow-up, version"
on = 2026-01-31

[[item]]
id = "examination"
looks_for = ["delayed_events"]              # off_target_effects cancer durability height weight milestones other
# parameter = ["ammonia"]                   # names in clinical/: the item is then followed
how = "history and physical examination"
who = "clinic"
# blood = { value = 2.0, unit = "mL" }

[[visit]]
id = "yearly_examination"
kind = "examination"                        # contact
years = [1, 2, 3, 4, 5]                     # or months, or days
window = [-30, 30]
items = ["examination"]

[[visit]]
id = "yearly_contact"
kind = "contact"
years = [6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
window = [-45, 45]
items = []

# [growth]                                  # names in clinical/
# height = "height"
# weight = "weight"
# height_for_age = "height_for_age"         # already standardised; else plan/growth_reference.csv
# weight_for_age = "weight_for_age"
# milestones = ["milestone"]

# [blood]
# limits = "eu_paediatric"                  # or your own single_percent, window_percent, window_days, because
# [[expected_weight]]
# patient = "patient-1"
# age_months = 24
# kg = 12.0
# source = ""

# [custody]                                 # "none" says that nobody does
# holder_of_data = ""
# funding = ""
# funded_until = 2036-01-31
# successor = ""
# [registry]
# name = ""
# identifier = ""
# link = ""
# [reporting]
# ind_in_effect_on = 2026-01-31

# [[data_source]]                           # not_measured = true instead of counts
# name = "register"
# completeness = { found = 11, of = 12, how = "forms received of those expected" }
# linkage = { found = 1, of = 1, how = "" }
# validity = { not_measured = true, how = "charts may not be seen" }
# [[system]]                                # for each the document that shows it, or "none"
# name = "data capture"
# validation = ""
# audit_trail = ""
# access_control = ""
# copies_for_inspection = ""
# retention = ""
# training = ""
"""

ESCALATION = """patient,level,dosed_day,observed_until,dose_limiting,source
patient-1,1,0,30,no,visit 5
"""
REVIEW = """subject,dose,item,day,value,unit,finding,by,source
patient-1,2,immune_status,226,no antibodies to the editor,{text},reviewed,investigator,visit 7
patient-1,2,cumulative_editing,226,9,%,reviewed,investigator,report 3
patient-1,2,added_off_target_exposure,226,0.02,%,reviewed,investigator,report 3
patient-1,2,tolerated,227,,,met,safety board,minutes 2
"""
REPORTS = """\
subject,day,term,expected,fatal_or_life_threatening,received_on,determined_on,reported_on,source
patient-1,201,fever,no,no,2026-01-31,2026-02-01,2026-02-10,safety database
"""
REFERENCE = """measure,sex,age_months,l,m,s,source
"""

FILES = {
    "plan/_monitoring.toml": MONITORING,
    "plan/_protocol_gates.toml": PROTOCOL,
    "plan/_follow_up.toml": FOLLOW_UP,
    "plan/_escalation.csv": ESCALATION,
    "plan/_growth_reference.csv": REFERENCE,
    "safety/_redose_review.csv": REVIEW,
    "safety/_reports.csv": REPORTS,
}
"""Path in the folder to text."""
