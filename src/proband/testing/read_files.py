"""Simulated reads as FASTQ, and the truth beside them.

FASTQ: four lines to a read, qualities as Phred + 33 (Cock et al. 2010, Nucleic Acids Research 38:1767-1771). Gzip is
written without name and time, at level 1, so equal reads give equal bytes under one version of zlib.

Cannot see: instrument, lane and tile; names are the sample and a number.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.testing.read_drawing import LETTERS, Block
from proband.testing.read_templates import CHIMERA, DIMER
from proband.testing.reads import SimulatedSample
from proband.writing import write_all

DIGITS = 9
"""Digits of the number of a read."""


def fastq(block: Block, sample: str, mate: int, paired: bool) -> bytes:
    """A block as FASTQ text."""
    count = block.codes[mate].shape[0]
    numbers = np.arange(block.first, block.first + count)
    digits = (numbers[:, None] // 10 ** np.arange(DIGITS - 1, -1, -1)[None, :] % 10 + 48).astype(np.uint8)
    columns = [_same(f"@{sample}:", count), digits]
    if block.umis.size:
        columns += [_same("_", count), LETTERS[block.umis]]
    if paired:
        columns.append(_same(f" {mate + 1}:N:0", count))
    inside = np.arange(block.codes[mate].shape[1])[None, :] < block.lengths[mate][:, None]
    # Zero bytes stand beyond the end of a read and are taken out of the text at the end.
    columns += [_same("\n", count), np.where(inside, LETTERS[block.codes[mate]], 0), _same("\n+\n", count)]
    columns += [np.where(inside, block.qualities[mate] + 33, 0).astype(np.uint8), _same("\n", count)]
    text = np.hstack(columns).ravel()
    written: bytes = text[text != 0].tobytes()
    return written


def _same(text: str, count: int) -> NDArray[np.uint8]:
    one = np.frombuffer(text.encode(), dtype=np.uint8)
    return np.broadcast_to(one, (count, one.size))


def fastq_bytes(samples: Iterable[SimulatedSample], mate: int = 0) -> bytes:
    """The text of read 1 (mate 0) or read 2 (mate 1) of one or several samples."""
    return b"".join(
        fastq(block, f"{s.design.sample}:{s.design.site}", mate, s.design.paired)
        for s in samples
        for block in s.blocks()
    )


def zipped(text: bytes) -> bytes:
    """Gzip without name or time.

    >>> zipped(b"a") == zipped(b"a"), gzip.decompress(zipped(b"a"))
    (True, b'a')
    """
    out = io.BytesIO()
    with gzip.GzipFile("", "wb", 1, out, mtime=0) as handle:
        handle.write(text)
    return out.getvalue()


def write_reads(sample: SimulatedSample, path: Path, path2: Path | None = None) -> dict[Path, str]:
    """Write FASTQ, gzipped when the name ends in ``.gz``; returns the sha256 of each text, not of its gzip.

    Raises ``ValueError`` when a second path is missing for paired reads or given for others.
    """
    if (path2 is not None) != sample.design.paired:
        raise ValueError("paired reads need two paths, others one")
    files, digests = {}, {}
    for mate, where in enumerate(p for p in (path, path2) if p is not None):
        text = fastq_bytes([sample], mate)
        files[where] = zipped(text) if where.suffix == ".gz" else text
        digests[where] = sha256(text).hexdigest()
    write_all(files)
    return digests


def truth_of(sample: SimulatedSample) -> dict[str, Any]:
    """What is true of a sample, as plain values for JSON."""
    plan = sample.plan
    own = plan.source == plan.own
    return {
        "sample": sample.design.sample,
        "site": sample.design.site,
        "reads": sample.size,
        "reads_hopped_in": sample.hopped_in,
        "chimeras": int(((plan.kind == CHIMERA) & own).sum()),
        "dimers": int(((plan.kind == DIMER) & own).sum()),
        "low_quality": int(plan.low.sum()),
        "alleles": [asdict(t) for t in sample.truth],
    }


def json_bytes(value: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys and a line end.

    >>> json_bytes({"b": 1, "a": 2})
    b'{\\n "a": 2,\\n "b": 1\\n}\\n'
    """
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()
