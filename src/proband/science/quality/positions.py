"""Positions in a chain as people write them: 1-based, inclusive, ``"1-3, 97-99"`` or a list of numbers.

Cannot see: from which end the writer counted; 5' to 3' is taken.
"""

from __future__ import annotations

import re

Positions = str | list[int]
MOST = 100_000
"""The longest chain, in nucleotides; a wider span is refused before it is spelled out."""
_SPAN = re.compile(r"^\s*([0-9]{1,6})\s*(?:[-\u2013]\s*([0-9]{1,6}))?\s*$")


def position_fault(written: Positions) -> str:
    """What is wrong with written positions, for a person; empty where nothing is.

    >>> position_fault("1-3, 98-100"), position_fault("3-1"), position_fault("1, 1")
    ('', '3-1 runs backwards', 'position 1 twice')
    """
    parts = [str(x) for x in written] if isinstance(written, list) else written.split(",")
    seen: set[int] = set()
    for part in parts:
        found = _SPAN.match(part)
        if found is None:
            return f"{part.strip()[:40]!r}"
        first, last = int(found[1]), int(found[2] or found[1])
        if first > last:
            return f"{part.strip()} runs backwards"
        if first < 1 or last > MOST:
            return f"{part.strip()}: outside of 1 to {MOST}"
        again = next((x for x in range(first, last + 1) if x in seen), None)
        if again is not None:
            return f"position {again} twice"
        seen.update(range(first, last + 1))
    return ""


def positions(written: Positions) -> tuple[int, ...]:
    """The positions in order, 1-based; those of a text that `position_fault` refuses are nobody's.

    >>> positions("1-3, 98")
    (1, 2, 3, 98)
    """
    fault = position_fault(written)
    if fault:
        raise ValueError(fault)
    parts = [str(x) for x in written] if isinstance(written, list) else written.split(",")
    made: list[int] = []
    for part in parts:
        found = _SPAN.match(part)
        assert found is not None
        made += range(int(found[1]), int(found[2] or found[1]) + 1)
    return tuple(sorted(made))


def spelled(places: tuple[int, ...]) -> str:
    """Positions as spans.

    >>> spelled((1, 2, 3, 98)), spelled(())
    ('1-3, 98', 'none')
    """
    spans: list[list[int]] = []
    for p in sorted(places):
        if spans and spans[-1][1] == p - 1:
            spans[-1][1] = p
        else:
            spans.append([p, p])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans) or "none"
