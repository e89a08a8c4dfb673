"""Which way each modality pushes under a stated disease mechanism, from ``reference/mechanism_direction.toml``.

Cannot see: dosage, whether the stated mechanism is right, and what the normal allele can spare.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(resources.files("proband.reference").joinpath("mechanism_direction.toml").read_text("utf-8"))


SHORT = {"loss": "loss_of_function", "gain": "gain_of_function"}
"""Shorter words for the mechanisms, as the amenability rules write them."""


def mechanisms() -> tuple[str, ...]:
    """The mechanisms of the table."""
    return tuple(_table())


def direction_of(mechanism: str) -> Mapping[str, str]:
    """Modality to a sentence that begins with for, against or missing; nothing for a mechanism without a table.

    >>> direction_of("loss")["gapmer"].partition(":")[0], dict(direction_of("complex"))
    ('against', {})
    """
    return _table().get(SHORT.get(mechanism, mechanism), {})
