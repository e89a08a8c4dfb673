"""Texts as cells of a table that people open in a spreadsheet.

Cannot see: what a spreadsheet makes of numbers and dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from proband.border import hidden

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?\Z")


def cell(text: str) -> str:
    """A text as one cell: on one line, without hidden characters, never a formula.

    >>> cell("a\\tb"), cell("=1+1"), cell("-"), cell("-3.50")
    ('a b', "'=1+1", '-', '-3.50')
    """
    plain = "".join("?" if hidden(c) else c for c in re.sub(r"\s+", " ", text)).strip()
    runs = plain[:1] in ("=", "+", "-", "@") and len(plain) > 1 and not _NUMBER.match(plain)
    return f"'{plain}" if runs else plain


def tab_separated(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as tab-separated text with a header, every cell made safe; ends with a line feed.

    >>> tab_separated(["a", "b"], [["1", "=x"]])
    "a\\tb\\n1\\t'=x\\n"
    """
    return "\n".join("\t".join(cell(x) for x in row) for row in [columns, *rows]) + "\n"
