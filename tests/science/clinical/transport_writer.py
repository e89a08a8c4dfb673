"""Writes SAS transport files (version 5) from the published layout, for tests of the reader: independent of it."""

import struct
from fractions import Fraction

RECORD = 80


def record(text):
    return text.encode().ljust(RECORD)


def ibm(value, length=8):
    """An IBM hexadecimal number: the largest fraction below 1 with its power of 16 (TS-140)."""
    if value is None:
        return b".".ljust(length, b"\0")
    exact, exponent = abs(Fraction(value)), 64
    if exact == 0:
        return bytes(length)
    while exact >= 1:
        exact, exponent = exact / 16, exponent + 1
    while exact < Fraction(1, 16):
        exact, exponent = exact * 16, exponent - 1
    whole = (int(value < 0) << 63) | (exponent << 56) | int(exact * 2**56)
    return struct.pack(">Q", whole)[:length]


def namestr(name, numeric, length, number, at):
    packed = struct.pack(">hhhh", 1 if numeric else 2, 0, length, number) + name.encode().ljust(8)
    packed += b" " * 40 + b" " * 8 + struct.pack(">hhh", 0, 0, 0) + b"  " + b" " * 8 + struct.pack(">hh", 0, 0)
    return (packed + struct.pack(">l", at)).ljust(140, b"\0")


def padded(data, fill=b" "):
    return data + fill * (-len(data) % RECORD)


def member(name, columns, rows):
    """`columns`: (name, numeric, length); `rows`: tuples in their order."""
    out = record("HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!000000000000000001600000000140  ")
    out += record("HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!000000000000000000000000000000  ")
    out += record("SAS     " + name.ljust(8) + "SASDATA 9.4     X64".ljust(48) + "01JAN24:00:00:00")
    out += record("01JAN24:00:00:00")
    out += record(f"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!000000{len(columns):04d}00000000000000000000  ")
    at, names, data = 0, b"", b""
    for k, (column, numeric, length) in enumerate(columns, start=1):
        names += namestr(column, numeric, length, k, at)
        at += length
    out += padded(names)
    out += record("HEADER RECORD*******OBS     HEADER RECORD!!!!!!!000000000000000000000000000000  ")
    for row in rows:
        for (_, numeric, length), cell in zip(columns, row, strict=True):
            data += ibm(cell, length) if numeric else (cell or "").encode().ljust(length)
    return out + padded(data)


def transport(*members):
    out = record("HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000000000000000000000000000000  ")
    out += record("SAS     SAS     SASLIB  9.4     X64".ljust(64) + "01JAN24:00:00:00") + record("01JAN24:00:00:00")
    return out + b"".join(members)
