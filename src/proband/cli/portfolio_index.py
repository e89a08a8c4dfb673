"""Rows of many programs, and an index of them that is rebuilt out of the folders.

The index is a convenience: a row is used only where the digest of everything it was made from is the same, and is made
again otherwise. It lies under ``.proband/portfolio.sqlite`` and is safe to delete at any time; a folder that can not be
written has none. What counts is in the program folders.

Cannot see: a forger who writes an index with right digests. It proves nothing.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

Row = dict[str, Any]
FORMAT = 1
"""Raised whenever the form of a row changes."""
DEEPEST = 6
"""Levels of folders in which programs are looked for."""
MOST = 2_000
"""Programs that are listed; more are a mistake of the folder."""
VERDICTS = ("supported", "contradicted", "insufficient", "not_assessed", "not_applicable")


def program_folders(root: Path) -> Iterator[Path]:
    """Every program folder below a folder, and the programs inside an umbrella, in order; links are not followed."""
    from proband.folder.files import inner_programs

    for place, names, files in os.walk(root):
        folder = Path(place)
        depth = len(folder.relative_to(root).parts)
        names[:] = sorted(n for n in names if not n.startswith((".", "_")) and not (folder / n).is_symlink())
        if "program.toml" in files:
            yield folder
            names[:] = inner_programs(folder)
        if depth >= DEEPEST:
            names[:] = []


class Index:
    """Rows by relative path with the digest of what they were made from; in memory where no file can be written."""

    def __init__(self, root: Path) -> None:
        self.connection = self._opened(root / ".proband")

    def _opened(self, folder: Path) -> sqlite3.Connection:
        file = folder / "portfolio.sqlite"
        for _ in range(2):
            try:
                if folder.is_symlink() or file.is_symlink():
                    break
                folder.mkdir(exist_ok=True)
                connection = sqlite3.connect(file, timeout=5)
                connection.execute("CREATE TABLE IF NOT EXISTS program (path TEXT PRIMARY KEY, digest TEXT, row TEXT)")
                return connection
            except (OSError, sqlite3.OperationalError):
                break  # no place for it, or somebody else is writing
            except sqlite3.DatabaseError:
                file.unlink(missing_ok=True)  # not an index: it is made again
        connection = sqlite3.connect(":memory:")
        connection.execute("CREATE TABLE program (path TEXT PRIMARY KEY, digest TEXT, row TEXT)")
        return connection

    def get(self, path: str, digest: str) -> Row | None:
        """The row of a program if it was made from the same; None where it is stale, absent or not a row."""
        try:
            found = self.connection.execute("SELECT digest, row FROM program WHERE path = ?", (path,)).fetchone()
            row = json.loads(found[1]) if found and found[0] == digest else None
        except (sqlite3.DatabaseError, ValueError, TypeError):
            return None
        sound = isinstance(row, dict) and set(row) == set(empty_row("")) and row["path"] == path
        return row if sound else None

    def put(self, path: str, digest: str, row: Row) -> None:
        """Keep a row; an index that can not be written is left alone."""
        try:
            with self.connection:
                text = json.dumps(row, sort_keys=True)
                self.connection.execute("INSERT OR REPLACE INTO program VALUES (?, ?, ?)", (path, digest, text))
        except sqlite3.DatabaseError:
            return

    def keep_only(self, paths: list[str]) -> None:
        """Forget programs that are no longer there."""
        try:
            with self.connection:
                held = {p for (p,) in self.connection.execute("SELECT path FROM program")}
                self.connection.executemany("DELETE FROM program WHERE path = ?", [(p,) for p in held - set(paths)])
        except sqlite3.DatabaseError:
            return


def empty_row(path: str) -> Row:
    """A row of which nothing is known but the path."""
    return {
        "path": path, "program": "", "title": "", "gene": "", "modality": "", "stage": "", "synthetic": False,
        "framework": "", "verdicts": dict.fromkeys(VERDICTS, 0), "gaps": 0, "gaps_by_owner": {}, "next": {},
        "platform": "", "version": "", "problems": [], "broken": [],
    }  # fmt: skip


def rows_of(
    root: Path, framework: str = "", *, fresh: bool = False, on_step: Callable[[str, bool], None] = lambda n, c: None
) -> tuple[list[Row], int]:
    """One row for each program below a folder, and how many of them were made anew; in the order of their paths.

    A program with problems, or one that breaks, has a row that says so, and the others are listed all the same.
    """
    from proband.core.errors import Problem, ProgramError

    folders = list(program_folders(root))
    if not folders or len(folders) > MOST:
        found = f"{len(folders):,} programs"
        raise ProgramError(
            [Problem(str(root), "", found, f"1 to {MOST:,} folders with program.toml", "choose another folder")]
        )
    rows, made = [], 0
    index = Index(root)
    with closing(index.connection):
        for folder in folders:
            path = folder.relative_to(root).as_posix()
            row, kept = _row(folder, path, framework, index, fresh)
            rows.append(row)
            made += bool(row["framework"]) and not kept
            on_step(path, kept)
        index.keep_only([r["path"] for r in rows])
    return rows, made


def _row(folder: Path, path: str, framework: str, index: Index, fresh: bool) -> tuple[Row, bool]:
    from proband import __version__, api
    from proband.core.errors import ProbandError
    from proband.core.provenance import digest

    try:
        reading = api.check(folder)
        program = reading.program
        if reading.problems or program is None:
            told = [str(p).splitlines() for p in reading.problems]
            row = {**_stated(empty_row(path), program), "problems": [" ".join(x.strip() for x in t) for t in told]}
            return row, False
        read = api.ProgramFolder(reading.root, program, reading.statements, reading.unknown_files)
        rules = api.framework_of(read, framework)
        inputs = {f.path: f.digest for f in program.inputs}
        key = digest([FORMAT, __version__, rules.id, rules.stamp, inputs])
        kept = None if fresh else index.get(path, key)
        if kept is not None:
            return kept, True
        row = assessed_row(path, read, rules)
        if not row["broken"]:
            index.put(path, key, row)
        return row, False
    except ProbandError as e:
        told = [" ".join(str(p).split()) for p in e.problems] or [" ".join(str(e).split())[:500]]
        return {**empty_row(path), "problems": told}, False
    except Exception as e:  # a fault of ours must not hide the other programs
        return {**empty_row(path), "broken": [f"{type(e).__name__}: {' '.join(str(e).split())[:300]}"]}, False


def _stated(row: Row, program: Any) -> Row:
    if program is None:
        return row
    link = program.platform
    return {
        **row,
        "program": program.id,
        "title": program.title,
        "gene": program.gene,
        "modality": program.modality,
        "stage": program.stage.value,
        "synthetic": program.synthetic,
        "platform": link.file if link else "",
        "version": link.version if link else "",
    }


def assessed_row(path: str, read: Any, rules: Any) -> Row:
    """The row of a program without problems: verdicts counted, open gaps, and the next item of each owner."""
    from proband import api
    from proband.assess.gaps import by_owner, open_items

    run = api.analyse(read)
    findings = api.assess_evidence(read, run, rules)
    items = open_items(findings, rules)
    following: dict[str, dict[str, str]] = {}
    for i in items:
        following.setdefault(
            i.gap.owner, {"criterion": i.criterion, "what": " ".join(i.gap.what.split()), "file": i.gap.file}
        )
    verdicts = [f.verdict.value for f in findings]
    return {
        **_stated(empty_row(path), read.program),
        "framework": rules.id,
        "verdicts": {v: verdicts.count(v) for v in VERDICTS},
        "gaps": len(items),
        "gaps_by_owner": by_owner(items),
        "next": dict(sorted(following.items())),
        "broken": [f"{f.analysis}: {f.message}" for f in run.failures],
    }


SORTS = ("path", "program", "gene", "modality", "stage", *VERDICTS, "gaps")


def sorted_rows(rows: list[Row], by: str) -> list[Row]:
    """Rows in an order: texts ascending, counts from the most; what could not be read comes last."""
    from proband.core.program import Stage

    stages = [s.value for s in Stage]

    def key(row: Row) -> tuple[Any, ...]:
        last = bool(row["problems"] or (row["broken"] and not row["framework"]))
        if by in VERDICTS:
            return last, -row["verdicts"][by], row["path"]
        if by == "gaps":
            return last, -row["gaps"], row["path"]
        if by == "stage":
            return last, stages.index(row["stage"]) if row["stage"] in stages else -1, row["path"]
        return last, str(row[by]).casefold(), row["path"]

    return sorted(rows, key=key)
