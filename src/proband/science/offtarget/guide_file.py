"""A table of guides: TSV or CSV with the columns name and spacer, and optionally pam and pam_side.

Cannot see: whether a spacer is meant 5' to 3'.
"""

from __future__ import annotations

import csv
from pathlib import Path

from proband.core.errors import Problem, ProgramError
from proband.science.offtarget.guide import Guide, read_guide

MOST = 100_000
"""Guides of one table at most."""
_KNOWN = ("name", "spacer", "pam", "pam_side")


def read_guides(path: Path, pam: str, pam_side: int) -> list[Guide]:
    """Guides of a table; PAM and side as given where a row has none. Raises ``ProgramError`` with every fault."""
    file = path.name
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise ProgramError(
            [Problem(file, "", "bytes that are not UTF-8", "a TSV or CSV table", "save as UTF-8")]
        ) from None
    except OSError as fault:
        raise ProgramError([Problem(file, "", f"{fault.strerror}", "a table of guides", "check the path")]) from None
    lines = text.splitlines()
    if not lines:
        raise ProgramError([Problem(file, "", "an empty file", "columns name, spacer", "write the table")])
    reader = csv.DictReader(lines, delimiter="\t" if "\t" in lines[0] else ",", strict=True)
    columns = list(reader.fieldnames or ())
    problems = []
    if "spacer" not in columns or "name" not in columns or len(set(columns)) < len(columns):
        found = ", ".join(columns)[:80]
        problems.append(Problem(file, "line 1", found, "the columns name and spacer, each once", "name the columns"))
    for column in sorted(set(columns) - set(_KNOWN)):
        problems.append(Problem(file, "line 1", f"column {column[:40]!r}", ", ".join(_KNOWN), "remove it"))
    if problems:
        raise ProgramError(problems)
    guides, found_ = _rows(reader, file, pam, pam_side)
    if found_:
        raise ProgramError(found_)
    return guides


def _rows(reader: csv.DictReader[str], file: str, pam: str, pam_side: int) -> tuple[list[Guide], list[Problem]]:
    guides: list[Guide] = []
    problems: list[Problem] = []
    try:
        for row in reader:
            place = f"line {reader.line_num}"
            if None in row or None in row.values():
                problems.append(Problem(file, place, "another number of cells", "one for each column", "mend the row"))
                continue
            side = row.get("pam_side") or str(pam_side)
            number = int(side) if side in ("3", "5") else 0
            guide, wrong = read_guide(row["spacer"], row.get("pam") or pam, number, row["name"].strip(), file)
            if any(not x.isprintable() for x in guide.name):
                problems.append(Problem(file, place, "a name with control letters", "printable letters", "rename it"))
            guides.append(guide)
            problems += [Problem(file, f"{place}, {p.place}", p.found, p.expected, p.remedy) for p in wrong]
            if len(guides) > MOST or len(problems) > 20:
                break
    except csv.Error as fault:
        problems.append(Problem(file, f"line {reader.line_num}", str(fault)[:80], "a TSV or CSV table", "mend the row"))
    if len(guides) > MOST:
        problems.append(Problem(file, "", f"more than {MOST:,} guides", "fewer", "split the table"))
    return guides, problems
