"""``proband new``: an empty, commented program folder. What is not filled in is not assessed, never assumed."""

from __future__ import annotations

import re
from pathlib import Path

from proband.core.errors import ProgramError
from proband.folder.layout import LONG_COLUMNS
from proband.writing import write_text

EDITORS = ("base_editor", "prime_editor", "nuclease")

PROGRAM = """\
# The program record. Only format, id and stage are required; everything else may stay out until it is known:
# what is absent is not assessed. `proband check` lists every problem, with its remedy.

format = 1
id = "{id}"
title = ""
stage = "design"            # design | preclinical | submitted | treated | follow_up | application | approved
{modality}
condition = {{ name = "", id = "" }}          # id such as OMIM:237300 or MONDO:0009376
gene = {{ symbol = "", id = "" }}             # id such as HGNC:2323

# inheritance = "autosomal_recessive"       # autosomal_dominant | de_novo_dominant | x_linked | mitochondrial
# mechanism = "loss_of_function"            # gain_of_function | dominant_negative | splice_defect
# design = "single_patient"                 # umbrella
# routes = ["single_patient_expanded_access"]
#   individualized_aso | rdep | traditional_approval | accelerated_approval
# claims = []                               # platform_designation | prior_knowledge | bayesian_borrowing
# children = true
# framework = "fda-pmf-draft-2026-02"
# data_cut = 2026-01-31

# [[patient]]
# id = "patient-1"                          # a pseudonym, never a name
# sex = "female"

# [[variant]]                               # one block per variant; positions are 1-based here
# id = "first-allele"
# role = "target"                           # other_allele | modifier
# build = "GRCh38"
# contig = "chr1"
# position = 1
# ref = "C"
# alt = "T"
# hgvs_c = ""
# hgvs_p = ""
# zygosity = "heterozygous"
# in_trans_with = ["second-allele"]
# phase_source = "parents sequenced"
{candidate}
# [[threshold]]                             # a number fixed before the result is known, with its date and reason
# criterion = "TE-05"
# quantity = "{quantity}"
# value = 0.10
# unit = "fraction"
# set_on = 2026-01-31
# tissue = ""
# because = ""

# [[override]]                              # a rule you dispute; shown on the first page of the dossier
# criterion = "TE-05"
# argument = "threshold"
# value = 0.20
# because = ""

# [parameters.clinical_baseline]
# parameter = ""                            # the main outcome, as named in clinical/labs.csv
"""

EDITOR_CANDIDATE = """
# [candidate]
# id = "candidate-1"
# target_variant = "first-allele"
# delivery = "lnp"                          # aav | ex_vivo_electroporation
# editing_site = "in_vivo"                  # ex_vivo
# dna_template = false
# spacer = ""                               # 5' to 3'
# pam = "NGG"
# editor = ""
"""

OLIGO_CANDIDATE = """
# [candidate]
# id = "candidate-1"
# target_variant = "first-allele"
# delivery = "intrathecal"                  # intravitreal | intravenous_free
# sequence = ""                             # 5' to 3', with chemistry as your methods write it
"""

REPORTED = """\
# A result known only as a number that others report. Copy this file to a name without the underscore.
# Evidence from it says "reported, not recomputed" wherever it appears.

[source]
document = "First author Year, journal"
address = ""                                # DOI or address
read_level = "P"    # P primary full text | A abstract | T transcription | S secondary | D derived | R recalled
confidence = "medium"                       # high | medium | low
read_from = ""

[[result]]
id = "a-name-of-your-own"
kind = "editing.on_target"                  # see docs/reference/evidence-kinds.md
statement = "One sentence that says what was seen."
subject = { type = "sample", id = "sample-1" }
locator = "Table 2"
readout_definition = "What exactly is counted, over what."
scope = { where = "which sample", how = "which method", denominator = "", detection_limit = "" }
quantity.corrected_alleles = { successes = 0, trials = 1, unit = "fraction" }
fact = { place = "patient_cells" }
concern = [ { word = "imprecise", because = "one sample" } ]
"""


def write_skeleton(folder: Path, modality: str) -> list[Path]:
    """Write a new program folder; raises `ProgramError` when the folder holds anything already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProgramError(f"{folder} exists and is not an empty folder: choose another name; nothing was written")
    header = ",".join(LONG_COLUMNS) + "\n"
    files = {
        "program.toml": _program(folder.resolve().name, modality),
        "reported/_template.toml": REPORTED,
        "clinical/labs.csv": header,
        "clinical/dosing.csv": header,
        "clinical/care.csv": header,
        "clinical/events.csv": header,
        "text/limits.md": "Write here, in prose, what this program can not show.\n",
        "README.md": _readme(),
    }
    paths = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
        paths.append(path)
    return paths


def _program(name: str, modality: str) -> str:
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._") or "program"
    oligo = modality not in EDITORS and modality != ""
    stated = f'modality = "{modality}"' if modality else '# modality = "base_editor"'
    return PROGRAM.format(
        id=safe[:60],
        modality=stated,
        candidate=OLIGO_CANDIDATE if oligo else EDITOR_CANDIDATE,
        quantity="corrected_transcripts" if oligo else "corrected_alleles",
    )


def _readme() -> str:
    return (
        "# A program folder of proband\n\n"
        "`program.toml` is the one file that every program has. Results that are known only as numbers go to\n"
        "`reported/` (copy `_template.toml`), clinical tables to `clinical/`, prose to `text/`, signed judgements\n"
        "to `statements/` (written by `proband judge`). Files whose name begins with an underscore are not read.\n\n"
        "    proband check .      every problem and every missing input\n"
        "    proband assess .     the findings\n"
        "    proband dossier .    the documents\n"
    )
