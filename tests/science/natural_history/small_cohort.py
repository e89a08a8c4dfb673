"""A small cohort and treated patients as files, and a reader of them."""

from proband.science.natural_history.cohort_file import read_cohort_file, read_groups

LONG = "subject,day,parameter,value,unit,below_limit,source\n"
SUBJECTS = "subject,birth_day,sex,genotype_class,era,region,entry_day,exit_day,death,severity,onset\n"
UNTREATED = SUBJECTS + (
    "u1,0,f,null,2010s,EU,365.25,1461,yes,3,acute\n"
    "u2,0,m,null,2010s,EU,730.5,1095.75,no,2,acute\n"
    "u3,,f,missense,2010s,US,0,730.5,,1,late\n"
    "u4,-100,m,,2020s,US,10,375.25,no,,late\n"
)
TREATED = SUBJECTS.replace("death,", "death,treatment_day,") + "t1,0,f,null,2020s,EU,365.25,1095.75,no,500,2.5,acute\n"
LABS = LONG + (
    "u1,400,nh3,120,umol/L,,s\nu1,800,nh3,0.2,mmol/L,,s\nu2,740,nh3,50,umol/L,,s\nu2,900,nh3,,umol/L,,s\n"
    "u2,1000,nh3,60,umol/L,,s\nu3,100,nh3,90,umol/L,yes,s\nu4,20,nh3,,umol/L,,s\n"
)
EVENTS = (
    LONG
    + "u1,300,crisis,,{count},,s\nu1,500,crisis,,{count},,s\nu1,900,crisis,2,{count},,s\nu2,800,crisis,,{count},,s\n"
)
COHORT = """\
format = 1
id = "registry"
population = "Children with the condition, any genotype"
match = "same_gene"
adjudication = "blinded"
care = "Diet and scavenger"
missing_data = "Visits were missed in winter"
[source]
kind = "registry"
name = "A registry"
holder = "A hospital"
held_since = 2012-05-01
document = "Registry protocol 3"
patient_level = true
[protocol]
on = 2021-01-31
document = "Protocol 1"
before_first_treated_outcome = "yes"
[index]
rule = "first_eligible_visit"
[era]
untreated = [2010-01-01, 2019-12-31]
treated = [2024-01-01, 2025-12-31]
[[instrument]]
endpoint = "nh3"
group = "untreated"
name = "Enzymatic"
version = "1"
rater = "laboratory"
blinded = "not_told"
[[instrument]]
endpoint = "nh3"
group = "treated"
name = "enzymatic"
version = "2"
rater = "laboratory"
blinded = "no"
[[criterion]]
id = "genotype"
text = "Null genotype"
of = "covariate"
name = "genotype_class"
operator = "in"
value = ["null"]
[[criterion]]
id = "nh3"
text = "Ammonia of 100 or more"
of = "measurement"
name = "nh3"
operator = ">="
value = 100.0
unit = "umol/L"
[[care_difference]]
what = "Scavenger was newer"
favours = "treated"
because = "marketed in 2020"
"""
FILES = {
    "natural_history/cohort.toml": COHORT,
    "natural_history/subjects.csv": UNTREATED,
    "natural_history/labs.csv": LABS,
    "natural_history/events.csv": EVENTS,
    "clinical/subjects.csv": TREATED,
    "clinical/labs.csv": LONG + "t1,380,nh3,150,umol/L,,s\nt1,450,nh3,140,umol/L,,s\nt1,700,nh3,40,umol/L,,s\n",
    "clinical/dosing.csv": LONG + "t1,500,x,1,mg,,s\n",
}


def read_small_cohort(folder, **changed):
    """The small cohort, with files replaced or left out: (cohort file, untreated, treated, problems as text)."""
    problems, paths = [], {}
    for name, text in {**FILES, **changed}.items():
        if text is None:
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        paths[name] = path
    made = read_cohort_file(paths["natural_history/cohort.toml"], problems)
    untreated, treated = read_groups(paths, problems)
    return made, untreated, treated, "\n".join(str(p) for p in problems)
