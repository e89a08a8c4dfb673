"""Entries of a causality record, as short as tests need them."""

from datetime import date

from proband.core.causality import (
    AppliedCode,
    Assay,
    ContraryFinding,
    FamilyCounts,
    LabTest,
    Search,
)
from proband.core.program import Variant

FILE = "variants/causality.toml"
DAY = date(2024, 1, 2)
CONTROLS = {"pathogenic_abnormal": 18, "pathogenic_normal": 1, "benign_abnormal": 1, "benign_normal": 19}
PLACES = ("clinical_database", "population_database", "literature")
NULL = {"loss_is_mechanism": True, "nmd_predicted": True, "in_relevant_transcript": True}
VARIANTS = (Variant("v1", "target", hgvs_c="T:c.1A>G"), Variant("v2", "target", hgvs_c="T:c.2T>G"))


def code(name, status="met", variant="v1", strength="", basis=()):
    return AppliedCode(variant, name, status, strength, "because", basis, "s", "text")


def assay(readout="abnormal", variant="v1", controls=CONTROLS, material="engineered_cells", name="a"):
    return Assay(variant, name, readout, controls, material, "s", "text")


def family(variant="v1", name="F1", **counts):
    return FamilyCounts(variant, name, counts, True, "s")


def lab(kind="sequencing", result="confirms", patient="p1", on=DAY, name=""):
    return LabTest(name or f"{kind}-{patient}", patient, kind, "m", result, on, "", "s")


def search(place="literature", on=DAY):
    return Search(place, "w", on, "f")


def contrary(name="c1", answer="because", by="somebody"):
    return ContraryFinding(name, "v1", "f", "s", answer, by)
