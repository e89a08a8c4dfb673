"""A genome that is made by a fixed seed: an order-8 Markov model, dispersed and tandem repeats, duplications, N blocks.

The model is trained on sequence that is handed over; without any, it is a stated fallback: order 8 with a GC share of
0.41 and CG at a fifth of its expectation. 10 % of a contig are copies of a 300-base family (4 to 16 % diverged), 17 %
5'-truncated copies of a 6,000-base one, 15 % copies of 250 other families, 4 % near-identical duplications, 2 % tandem
repeats, 2 % N. It is no real genome: nothing about biology follows from it, and its repeats have no names.

Cannot see: what a real genome holds besides.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from proband.kernels.markov_sequence import count_contexts, draw_sequence

ORDER = 8
Codes = npt.NDArray[np.uint8]


def model(training: list[Codes]) -> npt.NDArray[np.int64]:
    """Bounds of 32-bit numbers for each context of `ORDER` bases; the fallback where nothing is handed over."""
    counts = np.zeros((4**ORDER, 4), np.float64)
    for codes in training:
        count_contexts(codes, ORDER, counts)
    if training:
        counts += 0.5
    else:
        counts += np.array([0.295, 0.205, 0.205, 0.295])
        counts[np.arange(4**ORDER) % 4 == 1, 2] *= 0.2
    share = np.cumsum(counts / counts.sum(1, keepdims=True), 1)[:, :3]
    return np.ascontiguousarray(share * 2**32, np.int64)


def contig(length: int, seed: int, bounds: npt.NDArray[np.int64]) -> Codes:
    """Codes of one contig (4 for N); the same for the same length, seed and model."""
    rng = np.random.default_rng([seed, 1])
    codes = np.empty(length, np.uint8)
    draw_sequence(bounds, ORDER, seed * 2 + 1, codes)
    sizes = [300, 6000, *np.random.default_rng(99).integers(80, 3000, 250).tolist()]
    families = [np.empty(n, np.uint8) for n in sizes]
    for k, family in enumerate(families):
        draw_sequence(bounds, ORDER, 1000 + k, family)
    _paste(codes, families[:1], 0.10, rng, 0.04, 0.16, whole=True)
    _paste(codes, families[1:2], 0.17, rng, 0.02, 0.2, whole=False)
    _paste(codes, families[2:], 0.15, rng, 0.05, 0.25, whole=True)
    _duplicate(codes, 0.04, rng)
    _tandem(codes, 0.02, rng)
    for low in rng.integers(0, length, max(1, length // 5_000_000)).tolist():
        codes[low : low + min(length // 50, 100_000)] = 4
    return codes


def _changed(copy: Codes, share: float, rng: np.random.Generator) -> Codes:
    hit = rng.random(len(copy)) < share
    return np.where(hit, rng.integers(0, 4, len(copy), np.uint8), copy)


def _paste(
    codes: Codes, families: list[Codes], share: float, rng: np.random.Generator, low: float, high: float, *, whole: bool
) -> None:
    left = int(len(codes) * share)
    while left > 0:
        family = families[rng.integers(len(families))]
        size = len(family) if whole else int(rng.integers(100, len(family)))
        copy = _changed(family[len(family) - size :], rng.uniform(low, high), rng)
        if rng.random() < 0.5:
            copy = (3 - copy)[::-1]
        at = int(rng.integers(0, max(1, len(codes) - size)))
        codes[at : at + size] = copy[: len(codes) - at]
        left -= size


def _duplicate(codes: Codes, share: float, rng: np.random.Generator) -> None:
    left = int(len(codes) * share)
    while left > 0:
        size = min(int(rng.integers(5_000, 50_000)), len(codes) // 4)
        source, at = rng.integers(0, len(codes) - size, 2).tolist()
        codes[at : at + size] = _changed(codes[source : source + size].copy(), 0.01, rng)
        left -= size


def _tandem(codes: Codes, share: float, rng: np.random.Generator) -> None:
    left = int(len(codes) * share)
    while left > 0:
        unit = rng.integers(0, 4, rng.integers(1, 7), np.uint8)
        size = min(int(rng.integers(20, 200)), len(codes) // 4)
        at = int(rng.integers(0, len(codes) - size))
        codes[at : at + size] = np.resize(unit, size)
        left -= size


def pieces(name: str, codes: Codes) -> Iterator[tuple[str, bytes]]:
    """A contig as `genome_store.write_store` takes it."""
    yield name, b""
    table = np.frombuffer(b"ACGTN", np.uint8)
    for start in range(0, len(codes), 1 << 22):
        yield name, table[codes[start : start + (1 << 22)]].tobytes()
