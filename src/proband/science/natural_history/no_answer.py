"""The reason why there is no number: what the functions of natural history return in its place.

Cannot see: whether more data would give one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why there is no number, in one sentence.

    >>> NoAnswer("no untreated patients").reason
    'no untreated patients'
    """

    reason: str
