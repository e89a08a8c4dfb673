"""Siblings for identity that a platform's register holds and the record of assays does not list.

A register holds the targeting letters of each version. They are set into the letters of this version at its targeting
part; where that part is not known, or of another length, the letters of the sibling stay unknown.

Cannot see: versions that the register does not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from proband.science.quality.identity import letters
from proband.science.quality.method_file import Own, Sibling


def register_siblings(
    versions: Iterable[tuple[str, str]],
    own: Own | None,
    targeting: tuple[int, int] | None,
    listed: Sequence[Sibling],
    mine: Iterable[str],
) -> list[Sibling]:
    """Versions (id and targeting letters) that are not `mine` and not `listed`, with their letters where known.

    `targeting`: first and last position of the targeting part in the letters of this version, 1-based inclusive.

    >>> made = register_siblings([("b", "TTTT"), ("a", "AAAA")], Own(sequence="AAAACCCC"), (1, 4), [], ["a"])
    >>> [(s.name, s.sequence) for s in made]
    [('b', 'TTTTCCCC')]
    """
    known = {s.name for s in listed} | set(mine)
    held = letters(own.sequence) if own is not None else ""
    made = []
    for name, given in versions:
        if name in known:
            continue
        known.add(name)
        part = letters(given, held)
        first, last = targeting or (1, len(held))
        fits = bool(part and held) and len(part) == last - first + 1 and last <= len(held)
        sequence = held[: first - 1] + part + held[last:] if fits else ""
        made.append(Sibling(name=name, sequence=sequence, source="the platform's register"))
    return made
