"""The closed words of ``nonclinical/``: routes, purposes of a study, what it looked at, analytes, gonads, bases.

Cannot see: whether a word fits what a laboratory did under it.
"""

from __future__ import annotations

from collections.abc import Mapping

ROUTES = (
    "intrathecal", "intracerebroventricular", "intracisternal", "intraparenchymal", "intravenous", "subcutaneous",
    "intramuscular", "intraperitoneal", "oral", "intravitreal", "subretinal", "suprachoroidal", "topical_eye",
    "inhaled", "intranasal", "topical_skin", "ex_vivo", "other",
)  # fmt: skip
DELIVERY_ROUTES: Mapping[str, str] = {
    "intrathecal": "intrathecal",
    "intravenous_free": "intravenous",
    "intravitreal": "intravitreal",
    "ex_vivo_electroporation": "ex_vivo",
}
"""Route that a stated delivery implies; a nanoparticle or a vector implies none."""
PURPOSES = (
    "toxicity", "safety_pharmacology", "biodistribution", "exposure", "proof_of_concept", "tumour", "immune",
    "reproduction", "other",
)  # fmt: skip
SAFETY_PHARMACOLOGY = ("heart", "nerve", "breathing")
TUMOUR = ("abnormal_growth", "clonal_expansion", "tumour_risk")
IMMUNE = ("immune_editor", "immune_carrier", "immune_restored_protein", "immune_before_dosing")
ITEMS = (*SAFETY_PHARMACOLOGY, *TUMOUR, *IMMUNE)
"""What may be owed, and so be argued away."""
ENDPOINTS = (
    *ITEMS, "clinical_observations", "body_weight", "food_consumption", "clinical_pathology", "toxicokinetics",
    "histopathology", "organ_weights", "eye", "injection_site", "off_target", "fertility", "survival", "other",
)  # fmt: skip
COMPONENTS = ("editor_mrna", "guide", "editor_protein", "vector_genomes", "template", "lipid", "oligonucleotide")
"""Analytes that are parts of the product: their persistence is asked for."""
EDIT = "edit_fraction"
ANALYTES = (*COMPONENTS, EDIT, "cells")
TESTIS = frozenset({"testis", "testes", "testicle", "sperm", "semen"})
OVARY = frozenset({"ovary", "ovaries", "oocytes"})
AGAIN = frozenset({"sperm", "semen", "oocytes"})
"""Germ cells that can be taken from one animal more than once."""
GONADS = frozenset({*TESTIS, *OVARY, "gonad", "gonads"})
BASES: Mapping[str, str] = {
    "body_weight": "dose per kg",
    "body_surface_adult": "dose per m2, Km of an adult",
    "body_surface_child": "dose per m2, Km of a child of 20 kg",
    "body_surface_mosteller": "dose per m2, own surface by Mosteller",
    "body_surface_haycock": "dose per m2, own surface by Haycock",
    "csf_volume": "dose per mL of cerebrospinal fluid",
    "csf_volume_other": "dose per mL of cerebrospinal fluid, other sources",
    "csf_volume_by_age": "dose per mL of cerebrospinal fluid, by age",
    "csf_volume_own": "dose per mL of cerebrospinal fluid, own volume",
    "stated_factor": "animal's dose times the stated factor",
    "lipid_body_weight": "lipid per kg",
}
"""Bases of scaling by name; an exposure is a basis of its own, such as `AUC in plasma`."""
PARAMETERS = ("AUC", "Cmax", "Cmin", "tissue_concentration")


def exposure_basis(parameter: str, matrix: str) -> str:
    """The name of an exposure as a basis of scaling.

    >>> exposure_basis("AUC", "Plasma")
    'AUC in plasma'
    """
    return f"{parameter} in {plain_tissue(matrix).replace('_', ' ')}"


def plain_tissue(name: str) -> str:
    """A tissue as it is compared: small letters, words joined by one underscore.

    >>> plain_tissue(" Spinal  cord")
    'spinal_cord'
    """
    return "_".join(name.lower().replace("-", " ").replace("_", " ").split())
