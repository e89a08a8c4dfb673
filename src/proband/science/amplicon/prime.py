"""Prime editing: the edited amplicon from the pegRNA's extension, and reads that go on into its scaffold.

The extension is the reverse complement of primer binding site and edited flap (Anzalone et al., Nature
2019;576:149-157). The edited amplicon has the flap in place of the amplicon's bases behind the nick; how many those
are is the number with the best alignment to the amplicon, the smallest of equals. Cuts, and with them the gap
incentive, lie at the nick, at the end of the flap, and at the second nick.

A read of the edited amplicon that goes on with scaffold right behind the flap is of the scaffold class. The least
number of scaffold bases is 1, or more where the edited amplicon itself begins like the scaffold.

Cannot see: partial flaps; they are alleles of the nearer amplicon.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from proband.science.amplicon.alignment import align_pair
from proband.science.amplicon.amplicon import Amplicon, Site, around, find_sites, whole_window
from proband.science.sequence.alphabet import reverse_complement

FLAP = 5
"""Bases on each side of the end of the flap that belong to the window; the published default."""
SPARE = 60
"""Bases that a flap may replace beyond its own length."""


@dataclass(frozen=True, slots=True)
class PrimeEdit:
    """A pegRNA and a second nick: spacer, extension (5' to 3'), scaffold and nicking guide, the last two optional."""

    spacer: str
    extension: str
    scaffold: str = ""
    nick: str = ""

    def parts(self) -> list[tuple[str, str, str, int, int]]:
        """Each part with its place, its letters and its least and greatest length."""
        parts = [("prime spacer", self.spacer, "ACGTU", 10, 60), ("prime extension", self.extension, "ACGTU", 8, 300)]
        parts += [("prime scaffold", self.scaffold, "ACGTU", 8, 400)] if self.scaffold else []
        return parts + ([("prime nick", self.nick, "ACGTU", 10, 60)] if self.nick else [])


@dataclass(frozen=True, slots=True)
class Flap:
    """A flap in place: the edited sequence, on the amplicon's strand, and where the flap ends in both sequences."""

    edited: str
    nick: int
    end: int
    reference_end: int


def flap_of(sequence: str, strand: str, nick: int, extension: str) -> Flap:
    """Put the flap of an extension behind the nick; coordinates are those of the amplicon's own strand.

    Raises ``ValueError`` where the bases before the nick are not those of the extension's primer binding site.

    >>> f = flap_of("TTGACCTGAGCATCCGATTACGGATTGCAATCGG", "+", 16, "TCCGTATTCGGATG")
    >>> f.edited, f.nick, f.end, f.reference_end
    ('TTGACCTGAGCATCCGAATACGGATTGCAATCGG', 16, 24, 24)
    """
    size = len(sequence)
    oriented = sequence if strand == "+" else reverse_complement(sequence)
    at = nick if strand == "+" else size - nick
    written = reverse_complement(extension)
    bound = next((k for k in range(len(written) - 1, 3, -1) if oriented[max(at - k, 0) : at] == written[:k]), 0)
    if not bound:
        raise ValueError("the extension's primer binding site is not the sequence before the nick")
    flap = written[bound:]
    best, edited, replaced = -(10**9), "", 0
    for skip in range(min(len(flap) + SPARE, size - at) + 1):
        candidate = oriented[:at] + flap + oriented[at + skip :]
        score = align_pair(candidate, oriented)[2]
        if score > best:
            best, edited, replaced = score, candidate, skip
    end, reference_end = at + len(flap), at + replaced
    if strand == "-":
        total = len(edited)
        return Flap(reverse_complement(edited), nick, total - end, size - reference_end)
    return Flap(edited, nick, end, reference_end)


def prime_amplicons(
    name: str, locus: str, sequence: str, edit: PrimeEdit, width: int, compatible: bool
) -> list[Amplicon]:
    """Reference, edited and scaffold amplicon of a prime edit.

    Raises ``ValueError`` where spacer, nicking guide or primer binding site are not in the amplicon, or the flap
    changes nothing.
    """
    clean = [text.upper().replace("U", "T") for text in (edit.spacer, edit.extension, edit.scaffold, edit.nick)]
    spacer, extension, scaffold, nick = clean
    sites = find_sites(sequence, spacer, -3, "pegRNA")
    if len(sites) != 1:
        raise ValueError(f"the prime spacer lies at {len(sites)} places of the amplicon, not at one")
    site = sites[0]
    flap = flap_of(sequence, site.strand, site.cut, extension)
    if flap.edited == sequence:
        raise ValueError("the extension writes the sequence that is there already")
    second = find_sites(sequence, nick, -3, "second nick") if nick else []
    edited_second = find_sites(flap.edited, nick, -3, "second nick") if nick else []
    if nick and not second and not edited_second:
        raise ValueError("the nicking guide is not in the amplicon")
    moved = len(flap.edited) - len(sequence)
    first = site.cut if site.strand == "+" else site.cut + moved
    second = second or [_moved(s, flap.reference_end, -moved) for s in edited_second]
    edited_second = edited_second or [_moved(s, flap.reference_end, moved) for s in second]
    made = [
        _amplicon(name, locus, sequence, site, site.cut, flap.reference_end, second, width, compatible),
        _amplicon("Prime-edited", locus, flap.edited, site, first, flap.end, edited_second, width, compatible),
    ]
    if scaffold:
        made.append(_scaffold(made[1], flap.end, site.strand, scaffold))
    return made


def _moved(site: Site, flap_end: int, by: int) -> Site:
    """A site at its place in the other sequence: what lies behind the flap moves with it."""
    if site.cut < flap_end:
        return site
    return Site(site.name, site.strand, site.start + by, site.end + by, site.cut + by)


def _amplicon(
    name: str, locus: str, sequence: str, site: Site, cut: int, end: int, second: list[Site], width: int,
    compatible: bool,
) -> Amplicon:  # fmt: skip
    size = len(sequence)
    cuts = {cut, end, *(s.cut for s in second)}
    nicks = around([cut, *(s.cut for s in second)], width, size)
    flap = around([end], FLAP if compatible else width, size)
    if not compatible:
        flap += tuple(p for p in range(min(cut, end), max(cut, end)) if p in whole_window(size))
    windows = {"editor": tuple(sorted({*nicks, *flap}))}
    windows |= {"cut ± 1": around(cuts, 1, size), "amplicon": whole_window(size)}
    inside = tuple(sorted(c for c in cuts if 0 < c < size))
    return Amplicon(name, sequence, locus, inside, windows, (site, *second))


def _scaffold(edited: Amplicon, end: int, strand: str, scaffold: str) -> Amplicon:
    """The class of reads that go on with scaffold behind the flap, which is left of it for a pegRNA of the - strand."""
    follows = reverse_complement(scaffold)
    beyond = edited.sequence[end:] if strand == "+" else reverse_complement(edited.sequence[:end])
    least = 1
    while beyond.startswith(follows[:least]) and least < len(follows):
        least += 1
    tail = follows[:least] if strand == "+" else reverse_complement(follows[:least])
    behind, ahead = (end, -1) if strand == "+" else (-1, end)
    return replace(edited, name="Scaffold-incorporated", parent=edited.name, tail=tail, behind=behind, ahead=ahead)
