"""Guides as the kernels take them: those that share a PAM together, in letters counted from the PAM, for one strand.

Cannot see: anything of the genome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from proband.kernels.gathering import GATHERED
from proband.science.offtarget.guide import Guide, Limits

_TURNED = np.array([sum(((x >> k) & 1) << (3 - k) for k in range(4)) for x in range(16)], np.uint8)
"""Sets of bases of the complementary strand."""


@dataclass(frozen=True)
class StrandGuides:
    """Guides of one PAM on one strand of the genome, as arrays; made by `strand_guides`."""

    strand: int
    numbers: npt.NDArray[np.int64]
    """Index of each guide among all that are searched."""
    letters: npt.NDArray[np.int64]
    """(guides, longest) codes counted from the PAM as they stand on the forward strand."""
    lengths: npt.NDArray[np.int64]
    pam: npt.NDArray[np.uint8]
    """Sets of bases of the PAM as it stands on the forward strand."""
    first: int
    """Place of the base next to the PAM, from the PAM's start on the forward strand."""
    step: int
    distal_first: bool
    """Whether the guide's 5' end is the PAM-distal one."""
    place: npt.NDArray[np.int64]
    """(longest + DNA bulge bases, 4) row of each base and letter that a guide asks for, or -1."""
    clean: int
    """Bases next to the PAM that every site needs."""
    limits: tuple[int, int, int]
    """Mismatches, DNA bulge bases, RNA bulge bases."""
    gathers: bool
    """Whether sites are gathered first: worth it for rare PAMs and many guides."""

    @property
    def bases(self) -> int:
        """Bases beside the PAM that are looked at."""
        return len(self.place)


def strand_guides(guides: Sequence[Guide], limits: Limits) -> list[StrandGuides]:
    """Both strands of each PAM among the guides."""
    groups: dict[tuple[str, int], list[int]] = {}
    for number, guide in enumerate(guides):
        groups.setdefault((guide.pam, guide.pam_side), []).append(number)
    return [_group(guides, members, strand, limits) for members in groups.values() for strand in (1, -1)]


def _group(guides: Sequence[Guide], members: list[int], strand: int, limits: Limits) -> StrandGuides:
    chosen = [guides[n] for n in members]
    lengths = np.array([len(g.spacer) for g in chosen], np.int64)
    longest, d, r = int(lengths.max()), limits.dna_bulges, min(limits.rna_bulges, int(lengths.max()))
    letters = np.zeros((len(chosen), longest), np.int64)
    for k, guide in enumerate(chosen):
        codes = guide.spacer_codes if guide.pam_side == 5 else guide.spacer_codes[::-1]
        letters[k, : len(codes)] = codes if strand > 0 else 3 - codes
    pam = chosen[0].pam_bits if strand > 0 else _TURNED[chosen[0].pam_bits][::-1]
    before = (chosen[0].pam_side == 3) == (strand > 0)
    m = min(limits.mismatches, longest)
    place = _places(letters, lengths, d, r)
    return StrandGuides(
        strand, np.array(members, np.int64), letters, lengths, np.ascontiguousarray(pam), -1 if before else len(pam),
        -1 if before else 1, chosen[0].pam_side == 3, place, max(1, int(lengths.min()) - r), (m, d, r),
        _gathers(chosen, place, m, d, r),
    )  # fmt: skip


def _places(letters: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], d: int, r: int) -> npt.NDArray[np.int64]:
    """Rows of the bases and letters that are asked for: base i of a spacer may meet bases i - r to i + d."""
    asked = np.zeros((letters.shape[1] + d, 4), bool)
    for row, length in zip(letters, lengths, strict=True):
        for i in range(length):
            asked[max(0, i - r) : i + d + 1, row[i]] = True
    place = np.full(asked.shape, -1, np.int64)
    place[asked] = np.arange(asked.sum())
    return place


def _gathers(guides: Sequence[Guide], place: npt.NDArray[np.int64], m: int, d: int, r: int) -> bool:
    """Whether gathering is the cheaper way, by cycles a position and a gathered site (docs/explanation/speed.md)."""
    if len(place) > GATHERED:
        return False
    density = np.prod([int(x).bit_count() / 4 for x in guides[0].pam_bits])
    each = 0.12 if not (d or r) else 0.2 * (m + 1) * (d + 1) * (r + 1)
    return bool(density * (11 + each * len(guides)) < 1.5 + each * len(guides))
