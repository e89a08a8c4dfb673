"""Predictions that a user brings: numbers of other tools, kept as data with tool, version and licence.

Nothing is predicted here, and no option is ordered by a prediction. A file is TOML with a list ``[[prediction]]``, or
CSV with one row each. Every prediction names what it is for (`candidate`: a spacer, an oligonucleotide, or a variant
as it is named in the run), what it says and who said it. A file with an unknown key, a missing field, hidden
characters, a spreadsheet formula, or one number given twice is refused, with all problems at once. A prediction that
fits nothing is listed as unused.

Cannot see: whether the tool was run well, for the right cell or editor, or whether the licence allows this use. Two
guides of different editors may share a spacer: without `editor` a prediction is shown at each of them.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from proband.border import hidden, read_text, read_toml, shown
from proband.core.errors import Problem, ProgramError
from proband.core.kinds import nearest

REQUIRED = ("candidate", "what", "value", "unit", "tool", "version", "licence", "source", "read_on")
OPTIONAL = ("interval", "editor")
CSV_OPTIONAL = ("interval_low", "interval_high", "editor")
MOST = 20_000
"""Predictions of one file."""
MOST_TEXT = 500
"""Letters of one field."""
_SHOWN = 20
_REMEDY = {
    "licence": "write the licence of the tool's output, such as CC-BY-4.0; write 'not stated' where the tool has none",
    "version": "write the version of the tool or of its weights",
    "unit": "write the unit; 1 for a plain share or score",
    "read_on": "write the day on which the number was read, such as 2026-05-01",
}


@dataclass(frozen=True, slots=True)
class Prediction:
    """One number of another tool, as its user gave it; `interval` is None and `editor` empty where not given."""

    candidate: str
    what: str
    value: float
    unit: str
    tool: str
    version: str
    licence: str
    source: str
    read_on: str
    interval: tuple[float, float] | None = None
    editor: str = ""

    def __str__(self) -> str:
        span = f" ({self.interval[0]:g} to {self.interval[1]:g})" if self.interval else ""
        unit = "" if self.unit == "1" else f" {self.unit}"
        editor = f", for {self.editor}" if self.editor else ""
        who = f"{self.tool} {self.version}, {self.licence}, {self.source}, read on {self.read_on}"
        return f"{self.what} {self.value:g}{span}{unit}{editor} by {who}"


@dataclass(frozen=True, slots=True)
class Attached:
    """Predictions by what they fit: options by number (from 1), oligonucleotides by sequence, the variant; the rest."""

    options: Mapping[int, tuple[Prediction, ...]]
    oligos: Mapping[str, tuple[Prediction, ...]]
    variant: tuple[Prediction, ...]
    unused: tuple[Prediction, ...]


def read_predictions(path: Path) -> tuple[Prediction, ...]:
    """The predictions of a TOML or CSV file, in its order.

    Raises ``ProgramError`` with every problem of the file.
    """
    problems: list[Problem] = []
    blocks = list(_csv(path, problems) if path.suffix.lower() == ".csv" else _toml(path, problems))
    if len(blocks) > MOST:
        problems.append(Problem(path.name, "", f"{len(blocks)} predictions", f"at most {MOST}", "give fewer"))
        blocks = blocks[:MOST]
    made = [p for place, block in blocks if (p := _prediction(path.name, place, block, problems)) is not None]
    problems += _twice(path.name, made)
    if problems:
        more = [Problem(path.name, "", f"{len(problems) - _SHOWN} more problems", "none", "mend those above first")]
        raise ProgramError(problems[:_SHOWN] + (more if len(problems) > _SHOWN else []))
    return tuple(made)


def _toml(path: Path, problems: list[Problem]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    read = read_toml(path, path.name, problems)
    if read is None:
        return
    for key in sorted(set(read) - {"prediction"}):
        problems.append(Problem(path.name, f"key {key}", "an unknown key", "[[prediction]]", "remove it"))
    blocks = read.get("prediction", [])
    if not isinstance(blocks, list) or not blocks:
        problems.append(Problem(path.name, "", "no prediction", "at least one [[prediction]]", "add one, or no file"))
        return
    for number, block in enumerate(blocks, start=1):
        place = f"prediction {number}"
        if isinstance(block, dict):
            yield place, block
        else:
            problems.append(Problem(path.name, place, shown(block), "a table", "write [[prediction]]"))


def _csv(path: Path, problems: list[Problem]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Rows as blocks; empty cells of optional columns are left out, numbers are read."""
    text = read_text(path, path.name, problems)
    if text is None:
        return
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as e:
        problems.append(Problem(path.name, "", str(e)[:200], "a CSV table", "save it again as CSV with a header"))
        return
    header = [cell.strip() for cell in rows[0]] if rows else []
    if len(rows) < 2 or len(set(header)) < len(header):
        found = "a column twice" if len(rows) > 1 else "no prediction"
        problems.append(Problem(path.name, "row 1", found, "a header, and a row each", "write it again"))
        return
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        if len(row) != len(header):
            found = f"{len(row)} cells"
            problems.append(
                Problem(path.name, f"row {number}", found, f"{len(header)} cells", "quote cells with commas")
            )
            continue
        yield f"row {number}", _block(dict(zip(header, (cell.strip() for cell in row), strict=True)))


def _block(cells: Mapping[str, str]) -> dict[str, Any]:
    block: dict[str, Any] = {k: v for k, v in cells.items() if v or k not in CSV_OPTIONAL}
    for key in ("value", "interval_low", "interval_high"):
        if key in block:
            block[key] = _number(block[key])
    low, high = block.pop("interval_low", None), block.pop("interval_high", None)
    return block if low is None and high is None else block | {"interval": [low, high]}


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


def _prediction(name: str, place: str, block: Mapping[str, Any], problems: list[Problem]) -> Prediction | None:
    before = len(problems)
    known = (*REQUIRED, *OPTIONAL)
    for key in block:
        if key not in known:
            remedy = nearest(str(key), known)
            problems.append(
                Problem(name, f"{place}, key {shown(key)}", "an unknown key", "a key of a prediction", remedy)
            )
    texts = {key: _text(name, place, key, block, problems) for key in (*REQUIRED, "editor") if key != "value"}
    value = block.get("value")
    if not _is_number(value):
        found = "nothing" if value is None else shown(value)
        problems.append(Problem(name, f"{place}, key value", found, "a finite number", "write the number alone"))
    interval = _interval(name, place, block, problems)
    if len(problems) > before or value is None:
        return None
    return Prediction(value=float(value), interval=interval, **texts)


def _text(name: str, place: str, key: str, block: Mapping[str, Any], problems: list[Problem]) -> str:
    value = block.get(key, "")
    if key == "read_on":
        return _day(name, f"{place}, key {key}", value, problems)
    if key == "editor" and key not in block:
        return ""
    if isinstance(value, str) and value.strip():
        text = value.strip()
        formula = text[0] in "=+-@"
        if len(text) <= MOST_TEXT and not hidden(text) and not any(c in text for c in "\n\r\t") and not formula:
            return text
        found, expected = shown(text, 60), f"plain text on one line, no formula, at most {MOST_TEXT} letters"
        problems.append(Problem(name, f"{place}, key {key}", found, expected, "shorten it, or remove the signs"))
        return ""
    found = shown(value) if key in block and value != "" else "nothing"
    problems.append(Problem(name, f"{place}, key {key}", found, "a text", _REMEDY.get(key, f"add {key}")))
    return ""


def _day(name: str, place: str, value: object, problems: list[Problem]) -> str:
    if type(value) is date:
        return value.isoformat()
    try:
        if isinstance(value, str) and len(value) == len("2026-05-01"):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    found = shown(str(value)) if value != "" else "nothing"
    problems.append(Problem(name, place, found, "a day as year-month-day", _REMEDY["read_on"]))
    return ""


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _interval(name: str, place: str, block: Mapping[str, Any], problems: list[Problem]) -> tuple[float, float] | None:
    if "interval" not in block:
        return None
    ends, value = block["interval"], block.get("value")
    fine = isinstance(ends, list) and len(ends) == 2 and all(_is_number(x) for x in ends) and ends[0] <= ends[1]
    if fine and (not _is_number(value) or ends[0] <= value <= ends[1]):
        return float(ends[0]), float(ends[1])
    expected = "two finite numbers, low and high, round the value"
    problems.append(
        Problem(name, f"{place}, key interval", shown(ends), expected, "write [low, high], or leave it out")
    )
    return None


def _twice(name: str, made: Sequence[Prediction]) -> list[Problem]:
    """A number that the same tool gives twice: which one holds can not be told."""
    seen: set[tuple[str, ...]] = set()
    problems = []
    for p in made:
        key = (normal(p.candidate), p.editor, p.what, p.tool, p.version)
        if key in seen:
            found = f"{p.what} of {p.candidate} by {p.tool} {p.version} twice"
            problems.append(Problem(name, "", shown(found, 200), "one number", "keep the one that holds"))
        seen.add(key)
    return problems


def normal(candidate: str) -> str:
    """A sequence in capitals with T for U; anything else as it is written.

    >>> normal("acgu"), normal("NM_1.1:c.5A>G")
    ('ACGT', 'NM_1.1:c.5A>G')
    """
    letters = candidate.upper().replace("U", "T")
    return letters if letters and not letters.strip("ACGT") else candidate


def attach(
    predictions: Iterable[Prediction],
    options: Sequence[tuple[str, str]] = (),
    oligos: Iterable[str] = (),
    variants: Iterable[str] = (),
) -> Attached:
    """Each prediction at what it is for, by exact spacer (and editor, if it names one), oligonucleotide or variant.

    Parameters: `options` as (editor, spacer) in their order; `oligos` sequences; `variants` the names of the variant.

    >>> p = Prediction("ACGT", "efficiency", 0.4, "1", "T", "1", "MIT", "run 3", "2026-05-01")
    >>> made = attach([p], [("ABE8e/SpCas9", "ACGT"), ("SpCas9", "ACGA")])
    >>> list(made.options), made.unused
    ([1], ())
    """
    by_option: dict[int, list[Prediction]] = {}
    by_oligo: dict[str, list[Prediction]] = {}
    known_oligos, names = {normal(o) for o in oligos}, set(variants)
    on_variant, unused = [], []
    for p in predictions:
        wanted = normal(p.candidate)
        numbers = [
            n for n, (editor, spacer) in enumerate(options, 1) if normal(spacer) == wanted and p.editor in ("", editor)
        ]
        for n in numbers:
            by_option.setdefault(n, []).append(p)
        oligo = wanted in known_oligos and not p.editor
        if oligo:
            by_oligo.setdefault(wanted, []).append(p)
        if p.candidate in names:
            on_variant.append(p)
        if not (numbers or oligo or p.candidate in names):
            unused.append(p)
    return Attached(
        {n: tuple(found) for n, found in sorted(by_option.items())},
        {o: tuple(found) for o, found in sorted(by_oligo.items())},
        tuple(on_variant),
        tuple(unused),
    )
