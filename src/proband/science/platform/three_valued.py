"""Answers that may be not known: yes, no, unknown, joined as Kleene's strong logic joins them.

What is not known never becomes an answer: it only stops mattering where the rest settles the question. "No" settles a
conjunction and "yes" a disjunction, whatever is unknown beside it.

Source: Kleene, Introduction to Metamathematics (1952), section 64, the strong tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Answer(StrEnum):
    """An answer to one question."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def all_of(answers: Iterable[Answer]) -> Answer:
    """Whether all hold: one no settles it, then one unknown leaves it open.

    >>> all_of([Answer.YES, Answer.UNKNOWN]), all_of([Answer.NO, Answer.UNKNOWN])
    (<Answer.UNKNOWN: 'unknown'>, <Answer.NO: 'no'>)
    """
    held = set(answers)
    if Answer.NO in held:
        return Answer.NO
    return Answer.UNKNOWN if Answer.UNKNOWN in held else Answer.YES


def any_of(answers: Iterable[Answer]) -> Answer:
    """Whether one holds: one yes settles it, then one unknown leaves it open.

    >>> any_of([Answer.NO, Answer.UNKNOWN]), any_of([Answer.YES, Answer.UNKNOWN])
    (<Answer.UNKNOWN: 'unknown'>, <Answer.YES: 'yes'>)
    """
    held = set(answers)
    if Answer.YES in held:
        return Answer.YES
    return Answer.UNKNOWN if Answer.UNKNOWN in held else Answer.NO


def not_of(answer: Answer) -> Answer:
    """The opposite; what is not known stays not known.

    >>> not_of(Answer.UNKNOWN)
    <Answer.UNKNOWN: 'unknown'>
    """
    return {Answer.YES: Answer.NO, Answer.NO: Answer.YES}.get(answer, Answer.UNKNOWN)


def told(holds: bool) -> Answer:
    """The answer to a question of which all is known.

    >>> told(3 > 2)
    <Answer.YES: 'yes'>
    """
    return Answer.YES if holds else Answer.NO
