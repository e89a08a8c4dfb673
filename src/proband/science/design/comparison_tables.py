"""A comparison as rows for ``comparison.tsv`` and as a plain value for ``options.json``; same input, same bytes.

A cell holds no tab, line feed or hidden character, and none that a spreadsheet would run as a formula.

Cannot see: anything that ``comparison`` does not; nothing is computed here.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from proband.science.design.comparison import Comparison, ModalityRow
from proband.science.design.oligo_tables import cell
from proband.science.design.predictions import Prediction

COLUMNS = "modality feasibility count options for against missing why_not predictions".split()


def comparison_rows(made: Comparison) -> list[dict[str, str]]:
    """One row per modality; every column is text."""
    return [_row(r) for r in made.rows]


def comparison_tsv(made: Comparison) -> str:
    """The rows of ``comparison.tsv`` with a header; ends with a line feed."""
    lines = ["\t".join(COLUMNS)]
    lines += ["\t".join(cell(row[c]) for c in COLUMNS) for row in comparison_rows(made)]
    return "\n".join(lines) + "\n"


def _row(r: ModalityRow) -> dict[str, str]:
    lists = {
        "options": r.options,
        "for": r.facts_for,
        "against": r.facts_against,
        "missing": r.missing,
        "why_not": r.why_not,
        "predictions": r.predictions,
    }
    row = {"modality": r.modality, "feasibility": r.feasibility, "count": str(r.count)}
    if r.feasibility == "not_examined":
        row["count"] = ""  # not the same as none
    return row | {name: " | ".join(found) for name, found in lists.items()}


def comparison_dict(made: Comparison) -> dict[str, Any]:
    """All of it as dicts, lists, texts and numbers, for ``json.dumps``."""
    attached = made.attached
    return {
        "mechanism": made.mechanism,
        "zygosity": made.zygosity,
        "amenability_rules_read": made.banner,
        "modalities": [
            {
                "modality": r.modality,
                "feasibility": r.feasibility,
                "count": None if r.feasibility == "not_examined" else r.count,
                "options": list(r.options),
                "for": list(r.facts_for),
                "against": list(r.facts_against),
                "missing": list(r.missing),
                "why_not": list(r.why_not),
                "predictions": list(r.predictions),
            }
            for r in made.rows
        ],
        "predictions": {
            "options": {str(n): [_prediction(p) for p in found] for n, found in attached.options.items()},
            "oligonucleotides": {o: [_prediction(p) for p in found] for o, found in attached.oligos.items()},
            "variant": [_prediction(p) for p in attached.variant],
            "unused": [_prediction(p) for p in attached.unused],
        },
    }


def _prediction(p: Prediction) -> dict[str, Any]:
    return asdict(p) | {"interval": None if p.interval is None else list(p.interval)}
