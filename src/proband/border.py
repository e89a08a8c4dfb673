"""Where text from strangers becomes values: bounded reading, strict TOML, pydantic errors as problems.

Used by the two borders, the program folder and the rule sets. Nothing here raises for a user's mistake:
problems are appended to the caller's list, so that all of them can be shown at once.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from proband.core.errors import Problem
from proband.core.kinds import nearest

TEXT_LIMIT = 4_000_000
"""Bytes of the largest TOML or JSON text that is read; such files are written by people."""

UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters that show nothing, beside the control, format and separator characters that Unicode marks as such."""
HIDDEN = ("Cc", "Cf", "Zl", "Zp", "Cs")

M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    """A model that refuses unknown keys and does not convert types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def read_text(path: Path, name: str, problems: list[Problem], limit: int = TEXT_LIMIT) -> str | None:
    """The text of a UTF-8 file of bounded size, or None with a problem added."""
    try:
        size = path.stat().st_size
        if size > limit:
            problems.append(
                Problem(
                    name,
                    "",
                    f"{size / 1e6:.0f} MB",
                    f"at most {limit / 1e6:.0f} MB",
                    "split it, or keep raw data out of it",
                )
            )
            return None
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as e:
        problems.append(
            Problem(name, f"byte {e.start + 1}", "bytes that are not UTF-8", "UTF-8 text", "save the file as UTF-8")
        )
    except OSError as e:
        problems.append(
            Problem(name, "", (e.strerror or "unreadable").lower(), "a readable file", "check its name and rights")
        )
    return None


def read_toml(path: Path, name: str, problems: list[Problem]) -> dict[str, Any] | None:
    """A TOML file as a dict, or None with a problem added. Equal keys are refused by TOML itself."""
    text = read_text(path, name, problems)
    if text is None:
        return None
    try:
        read = tomllib.loads(text)
    except (ValueError, RecursionError) as e:
        problems.append(Problem(name, "", str(e)[:200], "valid TOML", "correct the line that is named"))
        return None
    found = hidden_characters(text, name)
    problems.extend(found)
    return None if found else read


def hidden(text: str) -> list[str]:
    """Control and direction characters of a text, by code point: they could hide or reorder what is shown.

    >>> hidden("a\\u202eb"), hidden("two\\nlines")
    (['U+202E'], [])
    """
    if text.isascii() and text.isprintable():
        return []
    return [f"U+{ord(c):04X}" for c in text if c in UNSEEN or (unicodedata.category(c) in HIDDEN and c not in "\n\r\t")]


def hidden_characters(text: str, name: str) -> list[Problem]:
    """A problem for each line of a text that holds control or direction characters, also when written as escapes."""
    lines = ((n, line + _unescaped(line)) for n, line in enumerate(text.split("\n"), start=1))
    return [
        Problem(name, f"line {n}", f"hidden characters {', '.join(sorted(set(found)))}", "plain text", "remove them")
        for n, line in lines
        if (found := hidden(line))
    ][:20]


def _unescaped(line: str) -> str:
    """The characters that escapes of TOML or JSON in a line stand for."""
    if "\\" not in line:
        return ""
    codes = re.findall(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})", line)
    made = [chr(int(a or b, 16)) for a, b in codes if int(a or b, 16) < 0x110000]
    return "".join(made) + ("\b" if re.search(r"(?<!\\)\\[bf]", line) else "")


def parse(model: type[M], block: object, file: str, place: str, problems: list[Problem]) -> M | None:
    """Validate a block against a strict model, or None with one problem per fault added."""
    try:
        return model.model_validate(block)
    except ValidationError as error:
        problems.extend(_problem(e, model, file, place) for e in error.errors(include_url=False))
        return None


PLAINER = {
    "string_pattern_mismatch": (
        "a name of letters, digits, dot, hyphen and underscore, or the form that the reference page gives",
        "leave out spaces and other signs",
    ),
    "list_type": ("a list of tables or values", "write [[name]] for tables, or [ ... ] for values"),
    "dict_type": ("a table", 'write a table such as { value = 0.61, unit = "fraction" }'),
    "model_type": ("a table", "write [name], or { key = value }"),
    "finite_number": ("a finite number", "correct the value"),
}
"""What pydantic says, in words that name the remedy."""


def _problem(error: Any, model: type[BaseModel], file: str, place: str) -> Problem:
    loc = [str(x) for x in error["loc"]]
    at = ", ".join(x for x in (place, "key " + ".".join(loc) if loc else "") if x)
    if error["type"] == "missing":
        return Problem(file, at, "nothing", "this key", f"add {loc[-1]}")
    if error["type"] == "extra_forbidden":
        known = tuple(f.alias or n for n, f in model.model_fields.items()) if len(loc) == 1 else ()
        remedy = nearest(loc[-1], known) if known else "remove it or correct its spelling"
        return Problem(file, at, "an unknown key", "a key that proband knows", remedy)
    told = PLAINER.get(str(error["type"]))
    if told:
        return Problem(file, at, shown(error["input"]), *told)
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    return Problem(file, at, shown(error["input"]), message, "correct the value")


def shown(value: object, most: int = 80) -> str:
    """A value as it may stand in a message: on one line, bounded, control characters escaped.

    >>> shown("a\\nb")
    "'a\\\\nb'"
    """
    text = repr(value)
    return text if len(text) <= most else text[: most - 3] + "..."
