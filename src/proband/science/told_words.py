"""Words that a person wrote, and words that only fill a cell: "unknown", "TBD" or "-" is no reason and no result.

Cannot see: whether what is written is true, or to the point.
"""

from __future__ import annotations

NOTHING = frozenset(
    ("", "-", "--", "---", "\u2013", "\u2014", ".", "...", "?", "??", "???", "n/a", "na", "n.a.", "nan", "nd",
     "n.d.", "null", "no data", "none stated", "none given", "not applicable", "not available", "not determined",
     "not disclosed", "not given", "not known", "not provided", "not public", "not read", "not recorded",
     "not reported", "not specified", "not stated", "not yet known", "pending", "tba", "tbc", "tbd", "to be added",
     "to be announced", "to be confirmed", "to be decided", "to be defined", "to be determined", "to be written",
     "to come", "to do", "to follow", "todo", "unclear", "unknown", "unspecified", "unstated", "xxx")
)  # fmt: skip
"""Texts that say that something is not known, or not yet."""
NOT_MADE = frozenset(
    ("cancelled", "canceled", "haemolysed", "hemolyzed", "insufficient sample", "missed", "missing", "no data",
     "no result", "no sample", "no show", "no value", "no visit", "not assessed", "not collected", "not done",
     "not drawn", "not evaluable", "not examined", "not made", "not measured", "not obtained", "not performed",
     "not taken", "not tested", "sample lost", "skipped", "unavailable")
)  # fmt: skip
"""Texts that say that a test was not made, or gave no result."""


def told(text: str) -> str:
    """A text as it stands, without blanks around it; nothing where it only says that something is not known.

    >>> told(" by telephone "), told("TBD"), told("Unknown."), told("-")
    ('by telephone', '', '', '')
    """
    plain = text.strip()
    word = " ".join(plain.casefold().replace("_", " ").split())
    return "" if word in NOTHING or word.rstrip(" .!") in NOTHING else plain


def result(text: str) -> str:
    """The same, and nothing as well where the words say that there is no result.

    >>> result("walks alone"), result("not done"), result("pending")
    ('walks alone', '', '')
    """
    plain = told(text)
    word = " ".join(plain.casefold().replace("_", " ").split())
    return "" if word.rstrip(" .!") in NOT_MADE else plain
