"""Engagement in the target cells of a sample of bulk tissue, from its stated share of these cells.

The share of genomes is stated, or follows from all cell types with their ploidy; either way it is as uncertain as the
number of cells that were counted (`cell_fraction`). A bulk value that is not above its limit of blank gives an upper
limit. What comes out is inferred: the cells themselves were not read.

Cannot see: edits in other cells, how the share varies between pieces of tissue.
"""

from __future__ import annotations

from dataclasses import dataclass

from proband.core.errors import ProgramError
from proband.core.quantity import Quantity
from proband.science.engagement.cell_fraction import genome_share, in_target_cells, known_share
from proband.science.engagement.course import Sample, Seen
from proband.science.engagement.engagement_tables import Tissue
from proband.science.stated_number import LEVEL
from proband.science.stats.posterior import proportion


@dataclass(frozen=True, slots=True)
class InTargetCells:
    """Share of genomes of the target cells, engagement in them or the reason why not, warnings, and how it was made."""

    genomes: Quantity
    quantity: Quantity | None
    reason: str
    warnings: tuple[str, ...]
    how: str


def target_cells(t: Tissue, sample: Sample, state: Seen | None) -> InTargetCells:
    """Engagement in the target cells of a sample; `state`: the sample against its blank, None without a blank.

    >>> t = Tissue(sample="b", target_cells="hepatocytes", share=0.65, counted=200, source="slides")
    >>> made = target_cells(t, Sample("b", "after", 30, 2100, 10_000), None)
    >>> round(made.quantity.value, 3), made.warnings
    (0.323, ('no blank: background is not told from editing',))
    """
    share = t.share or genome_share({c.type: (c.share, c.ploidy) for c in t.cells}, t.target_cells)
    genomes = known_share(share, t.counted)
    how = f"bulk share {sample.share:.3g} over a share of genomes of {share:.3g}, known as from {t.counted:,} cells"
    warnings = ("no blank: background is not told from editing",) if state is None else ()
    try:
        made = in_target_cells(proportion(sample.hits, sample.draws), genomes)
    except ProgramError as e:
        return InTargetCells(genomes, None, e.problems[0].found, warnings, how)
    q = made.quantity
    if state is not None and not state.above:
        q = Quantity.bound(q.quantile(LEVEL), q.unit, side="upper", level=LEVEL, n=q.n, model=q.model)
    return InTargetCells(genomes, q, "", (*warnings, *([made.warning] if made.warning else [])), how)
