"""proband: from a program folder to a dossier, criterion by criterion, for individualized therapies.

>>> import proband as pb
>>> folder = pb.read_program("examples/cps1_kabe")          # doctest: +SKIP
>>> run = pb.analyse(folder)                                 # doctest: +SKIP
>>> rules = pb.framework_of(folder)                          # doctest: +SKIP
>>> findings = pb.assess_evidence(folder, run, rules)                 # doctest: +SKIP
>>> findings["TE-05"].outcome                                # doctest: +SKIP
'insufficient: indirect'
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
__all__ = [
    "analyse",
    "assess_evidence",
    "check",
    "framework",
    "framework_of",
    "make_dossier",
    "read_program",
    "write_dossier",
]


def __getattr__(name: str) -> Any:
    """Public names are loaded when they are first used, so that ``proband --help`` stays light."""
    if name in __all__:
        from proband import api

        return getattr(api, name)
    raise AttributeError(f"module 'proband' has no attribute {name!r}")
