"""Where a number comes from: canonical JSON, digests, recipe keys, provenance records.

Only bytes and canonical JSON are hashed. Time, host and absolute paths never enter a digest. Floats are
rounded to 12 significant digits first, so that the last bit of a library's arithmetic does not change ids.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

Json = Any
SIGNIFICANT_DIGITS = 12


def plain(value: object) -> Json:
    """Turn frozen values into plain JSON values, floats rounded to 12 significant digits.

    Raises ``ValueError`` on NaN or infinity and ``TypeError`` on a type that has no JSON form.

    >>> plain({"a": (1, 0.1 + 0.2), "b": date(2025, 2, 25)})
    {'a': [1, 0.3], 'b': '2025-02-25'}
    """
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return rounded(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, Sequence):
        return [plain(v) for v in value]
    raise TypeError(f"no JSON form for {type(value).__name__}")


def rounded(x: float) -> float:
    """Round to 12 significant digits; refuse NaN and infinity.

    >>> rounded(0.1 + 0.2)
    0.3
    """
    if not math.isfinite(x):
        raise ValueError(f"{x} has no place in evidence")
    return float(f"{x:.{SIGNIFICANT_DIGITS}g}") + 0.0


def canonical_json(value: object) -> str:
    """The one JSON text of a value: sorted keys, no spaces, UTF-8, rounded floats.

    >>> canonical_json({"b": 1.0, "a": [True, None]})
    '{"a":[true,null],"b":1.0}'
    """
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON of a value, 64 hex digits.

    >>> digest({"a": 1})[:12]
    '015abd7f5cc5'
    """
    return hashlib.sha256(canonical_json(value).encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True, order=True)
class InputFile:
    """One file that was read: its path relative to the program folder and the digest of its bytes."""

    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """How one line of evidence was made; `key` is the digest of everything here but `key` itself.

    `uses` holds the parts of the program record that the analysis read, so that a change elsewhere in
    ``program.toml`` leaves the evidence, and every judgement that rests on it, as they are.
    """

    analysis: str
    version: int
    key: str
    parameters: Mapping[str, Json]
    inputs: tuple[InputFile, ...]
    uses: Mapping[str, Json]
    references: tuple[InputFile, ...]
    seed: int
    packages: Mapping[str, str]


def recipe_key(
    analysis: str,
    version: int,
    parameters: Mapping[str, Json],
    inputs: Sequence[InputFile],
    uses: Mapping[str, Json],
    references: Sequence[InputFile],
    packages: Mapping[str, str],
) -> str:
    """Digest of all that determines a result: same key, same evidence.

    >>> recipe_key("a", 1, {}, (), {}, (), {}) == recipe_key("a", 2, {}, (), {}, (), {})
    False
    """
    return digest(
        {
            "analysis": analysis,
            "version": version,
            "parameters": parameters,
            "inputs": sorted(inputs),
            "uses": uses,
            "references": sorted(references),
            "packages": packages,
        }
    )


def seed_of(key: str) -> int:
    """The seed of a recipe: the first 63 bits of its key.

    >>> seed_of("ff" * 32)
    9223372036854775807
    """
    return int(key[:16], 16) >> 1
