"""Units of quality tables: UCUM, with the codes that laboratories of products write and that UCUM reads otherwise.

``EU/mL`` is valid UCUM for exa-units of enzyme activity, and ``[EU]`` for Ehrlich units: both are refused, and the
endotoxin unit is written ``[IU]``, to which it is equal (one Endotoxin Unit is one International Unit of endotoxin:
USP <85>, European Pharmacopoeia 2.6.14; recalled, not read again). A dalton is not in this table of UCUM: masses of
molecules have their own words in the tables that hold them.

Cannot see: whether the code is the one that the laboratory meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.core.units import UnitError, nearest_unit, relation, unit

_ENDOTOXIN = re.compile(r"(?<![A-Za-z\[])\[?EU\]?(?![A-Za-z])")
_WRITTEN = {
    "{ratio}": "1", "pct": "%", "EU": "[IU]", "mg/ml": "mg/mL", "ug/ml": "ug/mL", "vg/mL": "{vg}/mL",
    "vg/ml": "{vg}/mL", "GC/mL": "{vg}/mL", "vp/mL": "{vp}/mL", "cells": "{cells}", "cells/mL": "{cells}/mL",
    "CFU": "[CFU]", "CFU/mL": "[CFU]/mL", "CFU/10 mL": "[CFU]/(10.mL)", "particles": "{particles}",
    "particles/mL": "{particles}/mL", "mOsm/kg": "mosm/kg", "mOsmol/kg": "mosm/kg", "mosmol/kg": "mosm/kg",
    "Da": "g/mol", "kDa": "kg/mol", "% w/w": "%", "%w/w": "%", "% (w/w)": "%", "area%": "%", "area %": "%",
    "nt": "{nt}", "ng/dose": "ng", "copies/ug": "{copies}/ug",
}  # fmt: skip
"""What people write, and the code that they mean."""


def unit_problem(code: str, place: str, sort: tuple[str, ...] = ()) -> Iterator[tuple[str, str, str, str]]:
    """Place, found, expected and remedy where a code is no unit, or none of the sort that is expected there.

    >>> list(unit_problem("mg/mL", "x")), [p[3] for p in unit_problem("EU/mL", "x")]
    ([], ['write [IU]/mL: one endotoxin unit is one international unit'])
    >>> [p[2] for p in unit_problem("kg", "x", ("mg/mL",))]
    ['a unit such as mg/mL']
    """
    found = code.strip()[:80]
    if not found:
        yield place, "no unit", "a UCUM code", f"add it, such as {sort[0] if sort else 'mg/mL; 1 for a pure number'}"
        return
    if _ENDOTOXIN.search(code):
        better = _ENDOTOXIN.sub("[IU]", found)
        yield place, found, "a UCUM code", f"write {better}: one endotoxin unit is one international unit"
        return
    try:
        unit(code)
    except UnitError:
        remedy = f"write {_WRITTEN[found]}" if found in _WRITTEN else nearest_unit(code)
        yield place, found, "a UCUM code", remedy
        return
    if sort and not any(relation(code, s) in ("same", "convertible") for s in sort):
        yield place, found, f"a unit such as {' or '.join(sort)}", "mend the unit, or the value is of something else"
