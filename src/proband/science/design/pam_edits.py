"""Silent edits that take away the PAM along with a prime edit, so that the edited site is not nicked again.

An edit is offered only where it lies in the coding part, leaves the protein letter by letter as it is after the
prime edit, and is not near a splice site. Where that can not be told (no transcript, an insertion or deletion that
remains on the haplotype, a base outside of the coding part) nothing is offered and the reason is given.

Cannot see: codon usage, splice enhancers, RNA structure.
"""

from __future__ import annotations

from dataclasses import dataclass

from proband.science.design.consequence import ProteinContext, splice_flag
from proband.science.design.editors import Editor
from proband.science.design.haplotype import Haplotype
from proband.science.design.strands import flip, on_strand, oriented, pam_fits
from proband.science.sequence.alphabet import IUPAC


@dataclass(frozen=True, slots=True)
class PamEdit:
    """One base to change in the PAM: reference position, plus-strand bases, the new PAM.

    `after_nick` counts from +1 on the pegRNA's strand; `strand_base` is the new base on that strand.
    """

    position: int
    ref: str
    alt: str
    pam: str
    after_nick: int
    strand_base: str


def synonymous_pam_edits(
    after: Haplotype,
    strand: str,
    nick: int,
    editor: Editor,
    context: ProteinContext | None,
    taken: frozenset[int] = frozenset(),
) -> tuple[tuple[PamEdit, ...], str]:
    """Silent single-base edits of the PAM on the edited haplotype, and a reason where there is none.

    `nick` and `taken` (bases that the prime edit itself writes) are oriented to `strand`, on the edited haplotype.
    """
    if context is None:
        return (), "no transcript was given: whether a PAM edit is silent is not known"
    baseline = after.substitutions()
    if baseline is None:
        return (), "the edited haplotype keeps an insertion or deletion: whether a PAM edit is silent is not told"
    if context.contig != after.contig:
        return (), f"transcript {context.id} lies on {context.contig}, not on {after.contig}"
    sequence, protein = oriented(after.sequence, strand), context.protein_with(baseline)
    pam_at = nick + editor.cut[0]
    pam = sequence[pam_at : pam_at + len(editor.pam)]
    made, outside = [], 0
    for k, code in enumerate(editor.pam):
        at = pam_at + k
        position = after.reference_position(flip(at, len(sequence), strand))
        if len(IUPAC[code]) == 4 or at in taken or position is None:
            continue
        if context.coding_index(position) is None or splice_flag(context, position) is not None:
            outside += 1
            continue
        for base in "ACGT":
            new = pam[:k] + base + pam[k + 1 :]
            alt = on_strand(base, strand)
            if not pam_fits(editor.pam, new) and context.protein_with({**baseline, position: alt}) == protein:
                made.append(PamEdit(position, on_strand(pam[k], strand), alt, new, at - nick + 1, base))
    if made:
        return tuple(made), ""
    if outside:
        return (), "bases of the PAM lie outside of the coding part or beside a splice site: not told to be silent"
    return (), "no single base of the PAM can change without changing the protein"
