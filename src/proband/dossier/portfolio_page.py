"""Many programs as one HTML file: no network, no script; every text is escaped, for strangers may have written it.

Shows rows that were made elsewhere, in their order; adds up nothing and ranks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from proband.dossier import words

VERDICTS = ("supported", "contradicted", "insufficient", "not_assessed", "not_applicable")
SIGNS = {"supported": "●", "contradicted": "✕", "insufficient": "◐", "not_assessed": "○", "not_applicable": "–"}


def page(rows: Sequence[Mapping[str, Any]], order: str) -> bytes:
    """The page, UTF-8. `order` is the name of what the rows are ordered by."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("proband.dossier", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["sp"] = words.spaced
    template = environment.get_template("portfolio.html.j2")
    return template.render(rows=rows, order=order, verdicts=VERDICTS, signs=SIGNS).encode("utf-8", "replace")
