"""``proband new``: an empty, commented program folder. What is not filled in is not assessed, never assumed."""

from __future__ import annotations

import re
from pathlib import Path

from proband.core.errors import ProgramError
from proband.folder import follow_up_template, offtarget_template
from proband.folder.assay_template import ASSAY_FILES
from proband.folder.cohort_template import COHORT, SUBJECTS
from proband.folder.layout import LONG_COLUMNS
from proband.folder.nonclinical_template import NONCLINICAL
from proband.folder.outcome_template import FILES
from proband.folder.plan_template import template
from proband.folder.platform_template import FILES as PLATFORM_FILES
from proband.folder.quality_template import QUALITY_FILES
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
# day_zero = 2025-01-01            # date of day 0 of the tables in clinical/, where it is one for all subjects

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
# criterion = "TE-05"                       # not one that has a [[threshold]]: the two exclude each other
# argument = "threshold"
# value = 0.20
# because = ""

# [[reference]]                             # a genome of this machine, by digest: `proband reference list`
# name = "GRCh38"
# build = "GRCh38.p14"
# digest = ""

# [platform]                                # the master record that this program inherits from
# file = "../platform.toml"                 # or "platform.toml"
# version = "version-1"                     # which of its versions this program is
# [[platform.override]]                     # a field that is otherwise than inherited
# field = "component.lnp.grade"
# value = ""
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
# extension = ""                            # prime editing: template, then primer binding site, 5' to 3'
# action = "restores_sequence"              # disrupts_gene | corrects_splicing | raises_expression
# [parameters.candidate_design]
# editor = "ABE8e/SpCas9"                   # its entry in the table of editors; see docs/how-to/design-candidates.md
"""

OLIGO_CANDIDATE = """
# [candidate]
# id = "candidate-1"
# target_variant = "first-allele"
# delivery = "intrathecal"                  # intravitreal | intravenous_free
# sequence = ""                             # 5' to 3', with chemistry as your methods write it
# action = "corrects_splicing"              # skips_exon | lowers_target_allele | lowers_both_alleles
# [candidate.chemistry]
# sugar = "MOE"                             # of every position, or of the wings
# gap_sugar = ""                            # "DNA" for a gapmer
# backbone = ["phosphorothioate"]
# layout = ""                               # 5-10-5 for a gapmer
# [[candidate.chemistry.data]]
# document = ""                             # data on the class that you point to
# right = "public"                          # right_of_reference
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


CAUSALITY = """\
# What speaks for and against each variant as the cause. Copy this file to variants/causality.toml.
# What is left out is not evaluated; the tool combines and weighs, an expert signs the class.
format = 1

[[test]]                                    # laboratory tests of the diagnosis
id = "genome"
patient = "patient-1"
type = "sequencing"                         # enzyme_activity | biochemical | imaging | rna | other
method = ""
result = "confirms"                         # speaks_against | inconclusive | pending
on = 2026-01-31
source = ""

[[code]]                                    # an ACMG/AMP criterion as somebody evaluated it
variant = "first-allele"
code = "PM3"
status = "met"                              # not_met | not_evaluated
because = ""
source = ""
read_as = "text"                            # table | transcription | secondary | recalled

[[assay]]                                   # PS3 or BS3 is computed from control variants; see how-to/record-causality
variant = "first-allele"
name = ""
readout = "abnormal"                        # normal | between
material = "patient_cells"                  # engineered_cells | recombinant | animal
source = ""
read_as = "text"

[[search]]
place = "clinical_database"                 # population_database | literature | own_records
where = ""
on = 2026-01-31
found = ""

[[contrary]]
id = "first-finding"
variant = "first-allele"
finding = ""
source = ""
answer = ""
answered_by = ""
"""

SLICES = """\
# A piece of the reference sequence round the variant, for a program that ships no genome. Copy this file to a name
# without the underscore, or put one FASTA (.fa) and one annotation (.gff3 or .gtf) into this folder instead.
format = 1
build = "GRCh38"
source = "where the bases were taken from"

[[slice]]
contig = "chr1"
start = 1                                   # 1-based position of the first base
bases = "N"

[[transcript]]
id = "NM_000000.0"
gene = ""
contig = "chr1"
strand = "+"
exons = [[1, 1]]                            # 1-based, both ends included, in genomic order
coding = [[1, 1]]
coding_before = 0                           # coding bases missing before the piece, so that c. numbers hold
partial_stop = true
"""


ASSAYS = """\
# Assays of transcript and protein. Copy this file to rna/assays.toml and keep the blocks that you need; tables lie
# beside it. What is stated here is in no table, so nothing of it has a default. See docs/how-to/enter-rna-results.md.
format = 1

[[splicing]]                                # one exon; junctions of every sample, or its alignments with an index
id = "exon-7"
place = "patient_cells"                     # patient_target_tissue | patient_other_tissue | engineered_cells | animal
cells = "fibroblasts"                       # for cells alone
# carries_variant = true                    # for engineered cells: whether they carry the patient's variant
# patient = "patient-1"
# day = 28                                  # after the first dose
# dose = "100 nmol/L"
biological_replicates = true                # false: repeats of one sample, which count as one
source = "laboratory report 12"
event = { contig = "chr1", strand = "+", upstream_end = 100, exon = [201, 250], downstream_start = 401 }  # 1-based
expected_form = "inclusion"                 # skipping
read_length = 100
anchor = 8
# library = "RF"                            # of alignments: FR | XS (a tag of the aligner)
sample = [
  { arm = "treated", replicate = "t1", file = "t1.tab", form = "star" },     # bam | bed12 | csv
  { arm = "control", replicate = "c1", file = "c1.tab", form = "star" },
]

[[knockdown]]                               # columns of ct.csv: gene,arm,replicate,well,ct (or undetermined)
id = "fall"
place = "patient_cells"
cells = "fibroblasts"
biological_replicates = true
source = "laboratory report 13"
method = "rt_qpcr"                          # dpcr: gene,arm,replicate,well,positive,total
file = "ct.csv"                             # rna_seq: gene,arm,replicate,reads,library_size
target = "GENE"
references = ["HOUSEKEEPING"]
efficiency = { GENE = 1.95, HOUSEKEEPING = 2.0 }
# efficiency_error = { GENE = 0.02 }
cycles = 40
# paired = true                             # the two arms are the same donors

[[allele]]                                  # columns of alleles.csv: arm,replicate,mutant,normal
id = "spared"
place = "patient_cells"
cells = "fibroblasts"
biological_replicates = true
source = "laboratory report 14"
site = "heterozygous site"
exposure = "not_known"                      # clinical | below_clinical | above_clinical
file = "alleles.csv"

[[protein]]                                 # columns of plate.csv:
id = "enzyme"                               #   well,kind,name,arm,replicate,concentration,dilution,signal
place = "patient_cells"                     # also patient_fluid
cells = "fibroblasts"
biological_replicates = true
source = "laboratory report 15"
readout = "enzyme activity"
functional = true                           # it reads the function that the disease lacks
expected = "rise"                           # fall
unit = "U/L"
curve = "4pl"                               # linear
spread = "proportional"                     # constant
file = "plate.csv"

[[dose_response]]                           # columns of doses.csv: dose,replicate,effect (a fraction)
id = "doses"
place = "patient_cells"
cells = "fibroblasts"
biological_replicates = true
source = "laboratory report 16"
dose_unit = "nmol/L"
effect = "knockdown"                        # corrected_transcripts | function
curve = "emax"                              # hill
file = "doses.csv"
"""

LONG_READS = """sample,arm,replicate,reads,library,molecules,place,dna_ng
treated-1,treated,1,treated-1.fastq.gz,amplicon,,patient_cells,100
control-1,control,1,control-1.fastq.gz,amplicon,,patient_cells,100
"""
LOCI = """locus,cut,fasta,contig,start,arm,on_target
GENE,3001,target.fa,chr1,100001,q,yes
OT1,1001,site.fa,chr2,200001,p,no
"""


def write_skeleton(folder: Path, modality: str) -> list[Path]:
    """Write a new program folder; raises `ProgramError` when the folder holds anything already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProgramError(f"{folder} exists and is not an empty folder: choose another name; nothing was written")
    header = ",".join(LONG_COLUMNS) + "\n"
    files = {
        "program.toml": _program(folder.resolve().name, modality),
        "variants/_causality.toml": CAUSALITY,
        "reference/_slices.toml": SLICES,
        "reported/_template.toml": REPORTED,
        "rna/_assays.toml": ASSAYS,
        "sequencing/_long_reads.csv": LONG_READS,
        "sequencing/_loci.csv": LOCI,
        "clinical/labs.csv": header,
        "clinical/dosing.csv": header,
        "clinical/care.csv": header,
        "clinical/events.csv": header,
        "plan/_analysis_plan.toml": template(),
        "clinical/visits.csv": header,
        "clinical/_subjects.csv": SUBJECTS.rstrip("\n") + ",treatment_day\n",
        "natural_history/_cohort.toml": COHORT,
        "natural_history/_subjects.csv": SUBJECTS,
        **FILES,
        **ASSAY_FILES,
        **NONCLINICAL,
        **QUALITY_FILES,
        **(offtarget_template.FILES if modality in ("", *EDITORS) else {}),
        **follow_up_template.FILES,
        **PLATFORM_FILES,
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
        "    proband seal .       the analysis plan, fixed by digest and date\n"
        "    proband check .      every problem and every missing input\n"
        "    proband assess .     the findings\n"
        "    proband dossier .    the documents\n"
    )
