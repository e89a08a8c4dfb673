"""A 20-base oligonucleotide over 100 Mb of random sequence, beside plain numpy on a part of it in the same run.

    python benchmarks/oligo_off_target.py

Prints processor seconds of the scan for several limits (compiled kernels at hand), bases per second, and the ratio to
numpy that compares all windows base by base; both must find the same places. The target is seconds per 100 Mb.
"""

from __future__ import annotations

import time

import numpy as np

from proband.kernels.oligo_scan import align_at, every_end

SIZE, PART, LENGTH = 100_000_000, 5_000_000, 20
LIMITS = ((3, 0, 0, 0), (2, 0, 0, 2), (3, 1, 0, 0), (3, 1, 1, 0))


def plain(text: np.ndarray, pattern: np.ndarray, most: int) -> np.ndarray:
    """Ends of windows with at most so many mismatches, by comparing every window."""
    count = np.zeros(len(text) - len(pattern) + 1, np.uint8)
    for i, letter in enumerate(pattern):
        count += text[i : i + len(count)] != letter
    return np.flatnonzero(count <= most) + len(pattern) - 1


def main() -> None:
    rng = np.random.default_rng(7)
    text = rng.integers(0, 4, SIZE, dtype=np.uint8)
    pattern = rng.integers(0, 4, LENGTH, dtype=np.uint8)
    for limits in LIMITS:
        every_end(text[:1000], pattern, limits)
        start = time.process_time()
        rows = every_end(text, pattern, limits)
        scanned = time.process_time() - start
        columns, held = np.zeros(80, np.uint8), np.array(limits, np.int64)
        align_at(text, pattern, held, 0, SIZE, 100, columns)
        start = time.process_time()
        found = sum(align_at(text, pattern, held, 0, SIZE, int(e + a), columns)[0] >= 0 for e, a in rows)
        aligned = time.process_time() - start
        rate = f"{SIZE / scanned / 1e6:.0f} M bases/s"
        print(f"{limits}: {scanned:.2f} CPU-s, {rate}; {found} of {len(rows)} aligned in {aligned:.2f} CPU-s")
    start = time.process_time()
    naive = plain(text[:PART], pattern, 3)
    slow = (time.process_time() - start) * SIZE / PART
    start = time.process_time()
    rows = every_end(text[:PART], pattern, (3, 0, 0, 0))
    fast = (time.process_time() - start) * SIZE / PART
    assert np.array_equal(rows[:, 0], naive)
    print(f"numpy, 3 mismatches: {slow:.1f} CPU-s per 100 Mb, {slow / fast:.0f} times as long")


if __name__ == "__main__":
    main()
