"""Second nicks for prime editing: guides for the strand opposite to the pegRNA's.

PE3 nicks at a distance. PE3b uses a spacer that only fits once the edit is made, so that both strands are less often
open at once; it is told apart whether the edit lies in the guide's seed or PAM (Anzalone et al., Nature
2019;576:149-157, recalled).

Cannot see: which distance works best at a locus, and off-targets of the second guide.
"""

from __future__ import annotations

from dataclasses import dataclass

from proband.science.design.editors import Editor
from proband.science.design.haplotype import Haplotype
from proband.science.design.spacers import reference_interval
from proband.science.design.strands import Placement, cut_index, oriented, targets


@dataclass(frozen=True, slots=True)
class NickingGuide:
    """A guide for the second nick: `kind` is ``PE3``, ``PE3b`` or ``PE3b_seed``.

    `distance` counts from the pegRNA's nick to this one in the direction of the pegRNA's strand, negative before it.
    `start` and `end` bound its protospacer on the reference, 0-based half-open.
    """

    kind: str
    strand: str
    spacer: str
    pam: str
    start: int
    end: int
    distance: int


def nicking_guides(
    after: Haplotype, strand: str, nick: int, editor: Editor, edit: tuple[int, int], distance: tuple[int, int]
) -> tuple[NickingGuide, ...]:
    """Guides on the strand opposite to `strand` of the edited haplotype.

    `nick` and `edit` (first base, base after the last; equal for a deletion) are oriented to `strand`. PE3 guides
    are kept where the nick lies `distance` (least, most) away, PE3b guides wherever their target holds the edit.
    Order: kind (seed, PE3b, PE3), then distance.
    """
    other = "-" if strand == "+" else "+"
    sequence = oriented(after.sequence, other)
    n = len(sequence)
    flipped = (n - edit[1], n - edit[0])
    nick_here = n - nick
    span = editor.spacer_length + distance[1] + len(editor.pam)
    made = []
    for placed in targets(sequence, editor, nick_here - span, nick_here + span):
        away = nick_here - cut_index(placed.start, editor)
        kind = _kind(placed, editor, flipped)
        if kind == "PE3" and not distance[0] <= abs(away) <= distance[1]:
            continue
        start, end = reference_interval(after, other, placed.start, placed.start + editor.spacer_length)
        made.append(NickingGuide(kind, other, placed.spacer, placed.pam, start, end, away))
    order = {"PE3b_seed": 0, "PE3b": 1, "PE3": 2}
    return tuple(sorted(made, key=lambda g: (order[g.kind], abs(g.distance), g.distance)))


def _kind(placed: Placement, editor: Editor, edit: tuple[int, int]) -> str:
    """By where the edit lies in protospacer and PAM; a deletion counts where its two sides are both inside."""
    low, high = placed.start, placed.start + editor.spacer_length + len(editor.pam)
    first, end = edit
    inside = first < high and end > low if end > first else low < first < high
    if not inside:
        return "PE3"
    seed = placed.start + editor.spacer_length - editor.seed_length
    return "PE3b_seed" if end > seed else "PE3b"
