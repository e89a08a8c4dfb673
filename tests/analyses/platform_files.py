"""A program folder of one invented patient, and tables that tests put beside it."""

from proband.writing import write_text

PROGRAM = """format = 1
id = "t"
stage = "treated"
synthetic = true
[[patient]]
id = "P1"
[[patient]]
id = "P2"
"""
LONG = "subject,day,parameter,value,unit,below_limit,source\n"
POOLING = """format = 1
mu_mean = 0.0
mu_sd = 5.0
tau_scale = 0.5
argument = "one capsid, one dose, one enzyme"
version = "B"
closed_by = "the sponsor, 2026-01-31"
source = "invented"
"""
VERSIONS = "version,flag,reason,effect,standard_error,patients,source\n"
PATIENTS = "patient,version,effect,standard_error,source\n"
OUTCOMES = "subject,version,place,engagement,below_limit,outcome,outcome_name,better,source\n"
EXPOSURE = "subject,product,platform_class,dose_days,last_day,events_sought,in_safety_set,reason,source\n"
EVENTS = "subject,day,term,grade,related,serious,source\n"


def write(root, tables):
    """A folder with these files (path to text); a table may be a header and rows as one text."""
    for name, text in {"program.toml": PROGRAM, **tables}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    return root


def weekly(subject, parameter, values, unit="umol/L", first=0):
    """Rows of a long table, one a week."""
    return "".join(f"{subject},{first + 7 * i},{parameter},{v:g},{unit},no,x\n" for i, v in enumerate(values))


def doses(*pairs):
    """A table of doses: subject and day."""
    return LONG + "".join(f"{s},{d},drug,1,mg/kg,no,x\n" for s, d in pairs)
