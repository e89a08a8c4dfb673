"""Applicants against the entry rules of an umbrella protocol: eligible, not eligible, or cannot tell, rule by rule.

The table has a column ``applicant``, and a column for each field that the rules ask for; a number has its unit in a
column ``<field>_unit``. An empty cell, or "unknown", is not known; a field without a column is not known of anybody. A
number may be a bound (``>500``). Every number is converted exactly, as a fraction, so a value on a limit stays on its
side.

An applicant is not eligible where an inclusion is answered no or an exclusion yes, eligible where all is answered and
nothing speaks against, and cannot be told otherwise. Who enters a trial is decided by its investigator, not here.

Cannot see: whether a cell is true, and what the table has no column for.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from proband.border import hidden_characters, read_text, shown
from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.core.units import UnitError, conversion, is_unit, nearest_unit
from proband.science.platform.entry_conditions import COUNT, Comparison, Value, decimal, unit_fault
from proband.science.platform.master_protocol import MasterProtocol, Rule
from proband.science.platform.three_valued import Answer, all_of, not_of

ELIGIBLE, NOT_ELIGIBLE, CANNOT_TELL = "eligible", "not_eligible", "cannot_tell"
MOST_BYTES = 16_000_000
MOST_APPLICANTS = 10_000
MOST_PROBLEMS = 40
FREE = ("note", "source")
"""Columns that are for people."""
NOT_KNOWN = frozenset(("", "unknown", "not known", "na", "n/a"))
_NUMBER = re.compile(r"([<>]?)\s*(\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,2})?)", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Applicant:
    """One applicant as entered: a pseudonym, the row, and what is known by field."""

    id: str
    line: int
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """One rule for one applicant: the answer to what it asks, and whether that lets the applicant in."""

    rule: Rule
    answer: Answer
    because: str

    @property
    def lets_in(self) -> Answer:
        """An inclusion lets in where it is met, an exclusion where it is not."""
        return self.answer if self.rule.kind == "inclusion" else not_of(self.answer)


@dataclass(frozen=True, slots=True)
class Screened:
    """What the rules say of one applicant."""

    applicant: str
    verdict: str
    answers: tuple[RuleAnswer, ...]

    @property
    def because(self) -> str:
        """Why: the rules that keep the applicant out, or those that are open."""
        wanted = {NOT_ELIGIBLE: Answer.NO, CANNOT_TELL: Answer.UNKNOWN}.get(self.verdict)
        told = [f"{a.rule.id}: {a.because}" for a in self.answers if a.lets_in is wanted]
        if self.verdict == CANNOT_TELL and not told:
            return "no inclusion rule is written"
        return "; ".join(told) or f"all {len(self.answers)} rules are answered, none against"


def screen(protocol: MasterProtocol, applicants: Sequence[Applicant]) -> tuple[Screened, ...]:
    """Every applicant against every rule, in the order of the table."""
    made = []
    for a in applicants:
        answers = []
        for rule in protocol.rules:
            said = rule.condition.ask(a.values)
            answers.append(RuleAnswer(rule, said.answer, said.because))
        verdict = {Answer.YES: ELIGIBLE, Answer.NO: NOT_ELIGIBLE, Answer.UNKNOWN: CANNOT_TELL}
        held = [x.lets_in for x in answers]
        if not any(rule.kind == "inclusion" for rule in protocol.rules):
            held.append(Answer.UNKNOWN)  # who may enter is not written; exclusions alone let nobody in
        made.append(Screened(a.id, verdict[all_of(held)], tuple(answers)))
    return tuple(made)


def known_of_nobody(protocol: MasterProtocol, applicants: Sequence[Applicant]) -> list[str]:
    """Fields that a rule asks for and that are not known of any applicant: a column may be missing."""
    return [f for f in (*protocol.words, *protocol.comparisons) if all(f not in a.values for a in applicants)]


def read_applicants(path: Path, protocol: MasterProtocol, problems: list[Problem]) -> tuple[Applicant, ...]:
    """The applicants of a CSV; every fault is added to `problems`, the first 40 of them."""
    file = path.name
    text = read_text(path, file, problems, MOST_BYTES)
    if text is None:
        return ()
    faults = hidden_characters(text, file)
    made: list[Applicant] = []
    if not faults:
        try:
            lines = list(csv.reader(text.splitlines(), strict=True))
            made = list(_rows(lines, file, protocol, faults))
        except csv.Error as e:
            faults.append(Problem(file, "", str(e), "a CSV table", "save it again as CSV with a header"))
    problems += faults[:MOST_PROBLEMS]
    if len(faults) > MOST_PROBLEMS:
        rest = len(faults) - MOST_PROBLEMS
        problems.append(Problem(file, "", f"{rest} more problems of this table", "none", "mend those above first"))
    return tuple(made)


def _rows(lines: list[list[str]], file: str, protocol: MasterProtocol, faults: list[Problem]) -> Iterator[Applicant]:
    header = [h.strip() for h in lines[0]] if lines else []
    faults += [Problem(file, "row 1", *f) for f in _header_faults(header, protocol)]
    if faults:
        return
    seen: dict[str, int] = {}
    body = [(n, cells) for n, cells in enumerate(lines[1:], start=2) if any(c.strip() for c in cells)]
    if not body or len(body) > MOST_APPLICANTS:
        found = "no applicant" if not body else f"{len(body):,} applicants"
        faults.append(Problem(file, "", found, f"1 to {MOST_APPLICANTS:,}", "add rows, or split the table"))
        return
    for line, cells in body:
        if len(cells) != len(header):
            remedy = "quote cells that hold commas"
            faults.append(Problem(file, f"row {line}", f"{len(cells)} cells", f"{len(header)} cells", remedy))
            continue
        row = {h: c.strip() for h, c in zip(header, cells, strict=True)}
        name = row["applicant"]
        if not _NAME.fullmatch(name):
            expected = "a pseudonym of letters, digits, dot, hyphen and underscore"
            faults.append(Problem(file, f"row {line}, column applicant", shown(name), expected, "rename it"))
        elif name in seen:
            found = f"{name}, as in row {seen[name]}"
            faults.append(Problem(file, f"row {line}, column applicant", found, "each once", "join the two rows"))
        seen.setdefault(name, line)
        values = _values(row, protocol, f"row {line}", file, faults)
        yield Applicant(name, line, values)


def _header_faults(header: list[str], protocol: MasterProtocol) -> Iterator[tuple[str, str, str]]:
    if "applicant" not in header:
        yield shown(",".join(header))[:120], "a column applicant", "add the columns; commas between them"
        return
    for twice in sorted({h for h in header if header.count(h) > 1}):
        yield f"column {shown(twice)} twice", "each once", "rename one"
    fields = (*protocol.words, *protocol.comparisons)
    known = ("applicant", *FREE, *fields, *(f"{f}_unit" for f in protocol.comparisons))
    for name in (h for h in header if h not in known):
        yield shown(name), "a field that a rule asks for", nearest(name, known)


def _values(
    row: Mapping[str, str], protocol: MasterProtocol, at: str, file: str, faults: list[Problem]
) -> dict[str, Value]:
    made: dict[str, Value] = {}
    for name, words in protocol.words.items():
        cell = row.get(name, "")
        if cell.casefold() in NOT_KNOWN:
            continue
        found = {w.casefold(): w for w in words}.get(cell.casefold())
        if found is None:
            expected = f"{', '.join(words)}, or nothing where it is not known"
            faults.append(Problem(file, f"{at}, column {name}", shown(cell), expected, nearest(cell, words)))
        else:
            made[name] = Value(found)
    for name, comparisons in protocol.comparisons.items():
        cell, unit = row.get(name, ""), row.get(f"{name}_unit", "")
        if cell.casefold() in NOT_KNOWN:
            continue
        value, fault = _number(cell, unit, name, comparisons, protocol)
        if fault is not None:
            column, *rest = fault
            faults.append(Problem(file, f"{at}, column {column}", *rest))
        elif value is not None:
            made[name] = value
    return made


_Fault = tuple[str, str, str, str]


def _number(
    cell: str, unit: str, name: str, comparisons: Sequence[Comparison], protocol: MasterProtocol
) -> tuple[Value | None, _Fault | None]:
    """A number with its unit, or column, found, expected and remedy of what is wrong with it."""
    read = _NUMBER.fullmatch(cell)
    if read is None:
        remedy = "write 3.5, not 3,5" if "," in cell else "write the number alone; its unit has a column of its own"
        return None, (name, shown(cell), "a number of 0 or more, with < or > where it is a bound", remedy)
    if unit in ("", "count") and all(c.unit == COUNT for c in comparisons):
        unit = COUNT
    if not unit or not is_unit(unit):
        remedy = nearest_unit(unit) if unit else f"add it, such as {comparisons[0].unit}"
        return None, (f"{name}_unit", shown(unit) if unit else "nothing", "the UCUM code of the unit", remedy)
    value = Value(cell, Fraction(read[2]), unit, read[1])
    for c in comparisons:
        why = unit_fault(value, c)
        if why:
            return None, (f"{name}_unit", unit, f"a unit that converts to {c.unit}", why)
    return value, _implausible(value, name, comparisons, protocol)


def _implausible(value: Value, name: str, comparisons: Sequence[Comparison], protocol: MasterProtocol) -> _Fault | None:
    if name not in protocol.plausible or value.number is None:
        return None
    low, high, unit = protocol.plausible[name]
    mass = next((c.molar_mass for c in comparisons if c.molar_mass), None)
    try:
        slope, offset = conversion(value.unit, unit, mass)
    except UnitError as e:
        return f"{name}_unit", value.unit, f"a unit that converts to {unit}", str(e)
    number = value.number * slope + offset
    outside = (number < low and value.bound != ">") or (number > high and value.bound != "<")
    if not outside:
        return None
    found = f"{value.text} {value.unit} = {decimal(number)} {unit}"
    expected = f"{decimal(low)} to {decimal(high)} {unit}"
    return name, found, expected, "check number and unit"
