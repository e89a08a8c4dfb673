"""Searched pieces of a panel on disk, so that an interrupted search of a panel goes on where it stopped.

A piece is kept under the digest of all that its result depends on: its edits with the states of every haplotype, the
reference around them, guides, limits and groups. Nothing else is taken up. The panel itself is read again, since where
its pieces begin is known from its records alone.

Cannot see: whether somebody changed a piece and its digest between two runs.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from proband.science.offtarget.gain_and_loss import ReferenceSite
from proband.science.offtarget.genome_search import SEMANTICS
from proband.science.offtarget.haplotypes import CopySite, Place
from proband.science.offtarget.population_windows import PanelPiece, PanelSite, PieceResult
from proband.writing import write_text

FORMAT = "panel pieces 1"


def piece_digest(piece: PanelPiece) -> str:
    """Digest of what the result of a piece depends on."""
    e = piece.edits
    text = [
        FORMAT, SEMANTICS, e.contig, e.start, e.end, e.new, e.label, piece.offset, piece.length, piece.reach,
        [asdict(g) for g in piece.guides], asdict(piece.limits), piece.groups,
    ]  # fmt: skip
    sha = hashlib.sha256(json.dumps(text, ensure_ascii=False).encode())
    for array in (e.states, piece.codes, piece.group):
        sha.update(repr((array.shape, str(array.dtype))).encode())
        sha.update(array.tobytes())
    return sha.hexdigest()


class KeptPieces:
    """A folder of searched pieces."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, piece: PanelPiece) -> PieceResult | None:
        """The result of a piece, or None where it is not there or not whole."""
        key = piece_digest(piece)
        try:
            text = (self.folder / f"{key}.json").read_text("utf-8")
            body, _, sha = text.rstrip("\n").rpartition("\n")
            if hashlib.sha256(body.encode()).hexdigest() != sha:
                return None
            return _result(json.loads(body))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, piece: PanelPiece, result: PieceResult) -> None:
        """Write the result of a piece. Raises ``OSError``."""
        self.folder.mkdir(parents=True, exist_ok=True)
        body = json.dumps(asdict(result), default=sorted)  # a set of readings is one empty reading or numbers
        sha = hashlib.sha256(body.encode()).hexdigest()
        write_text(self.folder / f"{piece_digest(piece)}.json", f"{body}\n{sha}\n")

    def forget(self) -> None:
        """Remove all pieces: the result is complete."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _result(raw: Mapping[str, Any]) -> PieceResult:
    sites = tuple(_site(s) for s in raw["sites"])
    left = tuple((str(label), int(n)) for label, n in raw["left_out"])
    return PieceResult(**{**raw, "sites": sites, "left_out": left})


def _site(raw: Mapping[str, Any]) -> PanelSite:
    copy = raw["copy"] and _copy(raw["copy"])
    reference = raw["reference"] and ReferenceSite(**raw["reference"])
    tuples = {k: tuple(raw[k]) for k in ("variants", "carriers", "known")}
    return PanelSite(**{**raw, **tuples, "copy": copy, "reference": reference})


def _copy(raw: Mapping[str, Any]) -> CopySite:
    places = {k: Place(**raw[k]) for k in ("pam_start", "start", "last")}
    readings = frozenset(tuple((int(u), int(o)) for u, o in reading) for reading in raw["readings"])
    return CopySite(**{**raw, **places, "edits": tuple(raw["edits"]), "readings": readings})
