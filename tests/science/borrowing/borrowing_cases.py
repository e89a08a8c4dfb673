"""Published data typed in, and the reference figures where they lie beside the repository."""

import json
from pathlib import Path

import pytest

from proband.science.borrowing.units import binomial

REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "reference" / "statistics" / "expected_results.json"

# Historical controls in ankylosing spondylitis (Baeten et al., Lancet 2013;382:1705-1713, recalled)
AS = tuple(
    binomial(f"Study {i}", r, n)
    for i, (n, r) in enumerate([(107, 23), (44, 12), (51, 19), (39, 9), (139, 39), (20, 6), (78, 9), (35, 10)], start=1)
)

# Imatinib in sarcoma (Chugh et al., J Clin Oncol 2009;27:3148-3153, recalled): responders among patients
IMATINIB = tuple(
    binomial(name, r, n)
    for name, r, n in [
        ("Angiosarcoma", 2, 15), ("Ewing", 0, 13), ("Fibrosarcoma", 1, 12), ("Leiomyosarcoma", 6, 28),
        ("Liposarcoma", 7, 29), ("MFH", 3, 29), ("Osteosarcoma", 5, 26), ("MPNST", 1, 5),
        ("Rhabdomyosarcoma", 0, 2), ("Synovial", 3, 20),
    ]
)  # fmt: skip


def reference(key):
    """The reference figures of one case; skips where the file is absent."""
    if not REFERENCE.exists():
        pytest.skip(f"reference figures are not at {REFERENCE.name} beside the repository")
    return json.loads(REFERENCE.read_text())[key]
