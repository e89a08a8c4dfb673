"""SAS transport files, version 5 (XPT), as datasets of rows: the form in which regulators receive tabulated data.

Source: SAS technical note TS-140, "Record layout of a SAS version 5 or 6 data set in SAS transport (XPORT) format":
records of 80 bytes, member and descriptor headers, NAMESTR of 140 (or 136) bytes, IBM double precision numbers.

Cannot see: formats and labels (not read), version 8 files (refused), in which encoding text was written: it must be
UTF-8, of which ASCII is a part.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from proband.border import shown
from proband.core.errors import Problem

RECORD = 80
LIBRARY = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"
MEMBER = b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!"
DESCRIPTOR = b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!"
NAMES = b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!"
OBSERVATIONS = b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!"
MOST_BYTES = 500_000_000
MISSING = frozenset(b"._ABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""First bytes of the 28 missing values; the rest of such a number is zero."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table as its source has it: name, columns, and rows by column; None for a missing value."""

    name: str
    file: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str | float | None], ...]


@dataclass(frozen=True, slots=True)
class _Variable:
    name: str
    numeric: bool
    at: int
    length: int


class _Damaged(ValueError):
    """What is wrong with a file, and where."""


def read_xpt(path: Path, name: str, problems: list[Problem]) -> list[Dataset]:
    """All datasets of a transport file; a fault is added to `problems`, and nothing of the file is then used."""
    try:
        if path.stat().st_size > MOST_BYTES:
            remedy = "split it"
            problems.append(Problem(name, "", "a file above 500 MB", "at most 500 MB", remedy))
            return []
        data = path.read_bytes()
    except OSError as e:
        problems.append(Problem(name, "", (e.strerror or "unreadable").lower(), "a readable file", "check its rights"))
        return []
    try:
        return _datasets(data, name)
    except _Damaged as e:
        expected = "a SAS transport file, version 5, that is whole"
        problems.append(Problem(name, "", str(e), expected, "write it again as XPT version 5 in UTF-8"))
        return []


def ibm_double(raw: bytes) -> float | None:
    """An IBM hexadecimal number of 2 to 8 bytes, None for a missing value.

    Value: (-1)^s * fraction * 16^(exponent - 64), the fraction being 56 bits below the point. Source: TS-140.

    >>> ibm_double(bytes.fromhex("4110000000000000")), ibm_double(bytes.fromhex("c276a00000000000")), ibm_double(b".")
    (1.0, -118.625, None)
    """
    if raw[0] in MISSING and not any(raw[1:]):
        return None
    (whole,) = struct.unpack(">Q", raw.ljust(8, b"\0"))
    fraction, exponent = whole & ((1 << 56) - 1), (whole >> 56) & 0x7F
    value = math.ldexp(fraction, 4 * (exponent - 64) - 56)
    return -value if whole >> 63 else value


def _datasets(data: bytes, name: str) -> list[Dataset]:
    if data[:48] != LIBRARY:
        version8 = b"LIBV8" in data[:48]
        raise _Damaged("a transport file of version 8" if version8 else "no header of a transport file")
    if len(data) % RECORD:
        raise _Damaged("a file that does not end with a whole record of 80 bytes: it is cut short")
    made, at = [], 3 * RECORD
    while at < len(data):
        if data[at : at + 48] != MEMBER:
            raise _Damaged(f"no header of a dataset at byte {at + 1}")
        dataset, at = _member(data, at, name)
        made.append(dataset)
    if not made:
        raise _Damaged("no dataset")
    return made


def _member(data: bytes, at: int, file: str) -> tuple[Dataset, int]:
    size = _digits(data[at + 74 : at + 78], at)
    if size not in (136, 140) or data[at + RECORD : at + RECORD + 48] != DESCRIPTOR:
        raise _Damaged(f"a header of a dataset that can not be read at byte {at + 1}")
    name = _text(data[at + 2 * RECORD + 8 : at + 2 * RECORD + 16], at)
    at += 4 * RECORD
    if data[at : at + 48] != NAMES:
        raise _Damaged(f"no list of variables at byte {at + 1}")
    count = _digits(data[at + 54 : at + 58], at)
    at += RECORD
    variables = _variables(data[at : at + count * size], count, size, at)
    at += -(-count * size // RECORD) * RECORD
    if data[at : at + 48] != OBSERVATIONS:
        raise _Damaged(f"no header of observations at byte {at + 1}")
    at += RECORD
    end = _end(data, at)
    return Dataset(name, file, tuple(v.name for v in variables), _rows(data[at:end], variables, at)), end


def _digits(raw: bytes, at: int) -> int:
    if not raw.strip().isdigit():
        raise _Damaged(f"a count that is no number in the header at byte {at + 1}")
    return int(raw)


def _text(raw: bytes, at: int) -> str:
    try:
        return raw.rstrip(b" \0").decode("utf-8")
    except UnicodeDecodeError:
        raise _Damaged(f"text that is not UTF-8 near byte {at + 1}") from None


def _variables(raw: bytes, count: int, size: int, at: int) -> list[_Variable]:
    if len(raw) < count * size or not count:
        raise _Damaged("no variables, or a file that is cut short")
    made = []
    for k in range(count):
        one = raw[k * size : (k + 1) * size]
        kind, _, length = struct.unpack(">hhh", one[:6])
        (position,) = struct.unpack(">l", one[84:88])
        name = _text(one[8:16], at + k * size)
        if kind not in (1, 2) or position < 0 or not (2 <= length <= 8 if kind == 1 else 1 <= length <= 32767):
            raise _Damaged(f"variable {k + 1} ({shown(name)}) has a type, length or position that can not be")
        made.append(_Variable(name, kind == 1, position, length))
    names = [v.name for v in made]
    spans = sorted((v.at, v.at + v.length) for v in made)
    overlap = any(a[1] > b[0] for a, b in pairwise(spans))
    if len(set(names)) < len(names) or "" in names or overlap:
        raise _Damaged("variables that overlap, have no name, or the same name")
    return made


def _end(data: bytes, at: int) -> int:
    """Where the next dataset begins, on a record's edge; or the end of the file."""
    found = data.find(MEMBER, at)
    while found >= 0 and (found - at) % RECORD:
        found = data.find(MEMBER, found + 1)
    return found if found >= 0 else len(data)


def _rows(raw: bytes, variables: list[_Variable], at: int) -> tuple[Mapping[str, str | float | None], ...]:
    """Rows of fixed length; what follows the last whole one is the padding of the last record, and must be blank."""
    length = max(v.at + v.length for v in variables)
    count = len(raw) // length
    if raw[count * length :].strip(b" \0"):
        raise _Damaged("a last row that is cut short")
    while count and (len(raw) - (count - 1) * length) < RECORD and not raw[(count - 1) * length :].strip(b" "):
        count -= 1  # blank rows within the last record are its padding
    made = []
    for k in range(count):
        row = raw[k * length : (k + 1) * length]
        values: dict[str, str | float | None] = {}
        for v in variables:
            cell = row[v.at : v.at + v.length]
            values[v.name] = ibm_double(cell) if v.numeric else _text(cell, at + k * length) or None
        made.append(values)
    return tuple(made)
