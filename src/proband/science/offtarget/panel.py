"""The confirmation panel: one amplicon for each site, its primers, and pools whose primers do not disturb each other.

Each site gets the pair of primers that makes no other product in the genome and lies nearest to ideal. What can not be
amplified is told with its reason; no site goes missing. Pools are a colouring of the graph of conflicts: amplicons
that overlap, and primers whose 3' ends pair with another primer.

Cannot see: what `primers` cannot see; how well a pool amplifies. Order primers after a look at the patient's variants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from proband.core.errors import ProgramError
from proband.science.offtarget.panel_sites import PanelSite, differs
from proband.science.offtarget.primers import (
    Candidates,
    End,
    Primer,
    PrimerRules,
    candidates,
    end_matches,
    pairs,
    products,
)
from proband.science.sequence.alphabet import reverse_complement
from proband.science.sequence.genome import Genome, unknown_contig

SHORTLIST = 24
"""Pairs of a site whose primers are looked up in the genome; project's choice."""
USES = 4
"""Pairs of the shortlist in which one primer may stand, so that one bad primer does not fill it."""
LONGEST_PRODUCT = 3_000
"""Bases of the longest unwanted product that counts; project's choice."""
POOL_PAIR = 6
"""Complementary 3' bases by which primers of two amplicons disturb each other; project's choice."""


Pair = tuple[Primer, Primer]
"""A forward and a reverse primer."""


@dataclass(frozen=True, slots=True)
class PanelRules:
    """Sizes in bases: amplicons with primers, `flank` between site and primer; `most_in_pool` amplicons, 0 for any."""

    least: int = 150
    most: int = 250
    flank: int = 20
    most_in_pool: int = 0
    primer: PrimerRules = field(default_factory=PrimerRules)


@dataclass(frozen=True, slots=True)
class PanelAmplicon:
    """One amplicon, on the forward strand with its primers; `ends` counts the matches of each primer's 3' end."""

    site: PanelSite
    forward: Primer
    reverse: Primer
    sequence: str
    ends: tuple[int, int]
    pool: int = 0

    @property
    def start(self) -> int:
        """First base of the forward primer."""
        return self.forward.start

    @property
    def end(self) -> int:
        """Base after the reverse primer."""
        return self.reverse.end


@dataclass(frozen=True, slots=True)
class NotAmplified:
    """A site without an amplicon, and why."""

    site: PanelSite
    reason: str


@dataclass(frozen=True, slots=True)
class Panel:
    """Amplicons in the order of the sites, sites without one, and the number of pools."""

    amplicons: tuple[PanelAmplicon, ...]
    missing: tuple[NotAmplified, ...]
    pools: int


def plan_panel(sites: Sequence[PanelSite], genome: Genome, rules: PanelRules) -> Panel:
    """Amplicons, primers and pools for the sites; each is an amplicon or missing with a reason."""
    tried: dict[str, list[Pair]] = {}
    reasons: dict[str, str] = {}
    for site in sites:
        sides = _sides(site, genome, rules)
        pairs_ = sides if isinstance(sides, str) else _shortlist(*sides, rules)
        if isinstance(pairs_, str):
            reasons[site.name] = pairs_
        else:
            tried[site.name] = pairs_
    asked = (p.sequence for held in tried.values() for pair in held for p in pair)
    ends = end_matches(genome, asked, rules.primer)
    made = []
    for site in (s for s in sites if s.name in tried):
        pair = _pair(site, tried[site.name], ends, rules)
        if isinstance(pair, str):
            reasons[site.name] = pair
            continue
        forward, reverse = pair
        text = genome.fetch(site.contig, forward.start, reverse.end)
        counts = (ends[forward.sequence].count, ends[reverse.sequence].count)
        made.append(PanelAmplicon(site, forward, reverse, text, counts))
    pools = _pools(made, rules)
    made = [replace(a, pool=pools[i]) for i, a in enumerate(made)]
    missing = tuple(NotAmplified(s, reasons[s.name]) for s in sites if s.name in reasons)
    return Panel(tuple(made), missing, max(pools, default=0))


def _sides(site: PanelSite, genome: Genome, rules: PanelRules) -> tuple[Candidates, Candidates] | str:
    """Candidates on both sides, or why there are none."""
    if site.contig not in genome.contigs:
        return f"not in the genome: {unknown_contig(site.contig, genome.contigs).expected}"[:200]
    read = differs(site, genome)
    if read:
        return f"the genome reads {read[:60]} here: a site of the patient's own, or another build"
    size = genome.contigs[site.contig]
    inner = (site.start - rules.flank, site.end + rules.flank)
    if inner[1] - inner[0] + 2 * rules.primer.shortest > rules.most:
        return f"the site with flanks and primers is longer than {rules.most} bases"
    room = rules.most - (site.end - site.start) - rules.flank - rules.primer.shortest
    low, high = max(0, site.start - room), min(size, site.end + room)
    if site.end > size or inner[0] < rules.primer.shortest or inner[1] > size - rules.primer.shortest:
        return "too near to the end of the contig"
    try:
        bases = genome.fetch(site.contig, low, high)
    except ProgramError:
        return "the genome does not hold the bases round it"
    if not set(bases[inner[0] - low : inner[1] - low]) <= set("ACGT"):
        return "N or other letters in the site or its flanks"
    sides = (
        candidates(bases[: inner[0] - low], low, "+", rules.primer),
        candidates(bases[inner[1] - low :], inner[1], "-", rules.primer),
    )
    for side, where in zip(sides, ("left", "right"), strict=True):
        if not side.primers:
            return f"{where}: {side.reason}"
    return sides


def _shortlist(left: Candidates, right: Candidates, rules: PanelRules) -> list[Pair] | str:
    """The pairs of least penalty that fit together, no primer in more than a few of them; or why there is none."""
    f, r = left.primers, right.primers
    sizes = np.array([x.end for x in r])[None, :] - np.array([x.start for x in f])[:, None]
    apart = np.abs(np.array([x.temperature for x in f])[:, None] - np.array([x.temperature for x in r])[None, :])
    penalty = np.array([x.penalty for x in f])[:, None] + np.array([x.penalty for x in r])[None, :]
    fits = (sizes >= rules.least) & (sizes <= rules.most)
    if not fits.any():
        return f"no pair of primers with an amplicon of {rules.least} to {rules.most} bases"
    fits &= apart <= rules.primer.apart
    if not fits.any():
        return f"no pair of primers with temperatures within {rules.primer.apart:g} degrees"
    made: list[Pair] = []
    uses = {}
    for at in np.argsort(np.where(fits, penalty, np.inf), axis=None, kind="stable")[: int(fits.sum())]:
        i, j = divmod(int(at), len(r))
        one, other = f[i], r[j]
        if max(uses.get(("F", i), 0), uses.get(("R", j), 0)) >= USES or _pairing(one, other, rules.primer.pair):
            continue
        uses["F", i], uses["R", j] = uses.get(("F", i), 0) + 1, uses.get(("R", j), 0) + 1
        made.append((one, other))
        if len(made) == SHORTLIST:
            break
    return made or "no pair of primers that do not pair with each other"


def _pairing(one: Primer, other: Primer, size: int) -> bool:
    return pairs(one.sequence, other.sequence, size) or pairs(other.sequence, one.sequence, size)


def _pair(site: PanelSite, tried: Sequence[Pair], ends: Mapping[str, End], rules: PanelRules) -> Pair | str:
    """The pair without another product and of least penalty, or why there is none."""
    found, others, most = [], [], rules.primer.most_ends
    for f, r in tried:
        counts = ends[f.sequence].count, ends[r.sequence].count
        if max(counts) > most:
            continue
        extra = _extra(site, f, r, ends)
        if extra:
            others.append(extra)
        else:
            found.append((f.penalty + r.penalty + 0.2 * (sum(counts) - 2), f.start, r.end, f, r))
    if found:
        return min(found, key=lambda x: x[:3])[3:]
    if others:
        count, place = min(others)
        return f"not specific: every fitting pair of primers makes other products ({count} at least, such as {place})"
    least = min(max(ends[f.sequence].count, ends[r.sequence].count) for f, r in tried)
    return (
        f"repeats: a primer's 3' end occurs {least} times or more in the genome for every fitting pair (at most {most})"
    )


def _extra(site: PanelSite, f: Primer, r: Primer, ends: Mapping[str, End]) -> tuple[int, str] | None:
    """How many other products a pair makes, and the first of them."""
    wanted = (site.contig, f.end - 1, r.start + 1)
    made = products(((f.sequence, ends[f.sequence]), (r.sequence, ends[r.sequence])), LONGEST_PRODUCT)
    extra = [p for p in made if p != wanted]
    if not extra:
        return None
    contig, low, high = extra[0]
    return len(extra), f"{contig}:{low + 1}-{high}"


def _pools(amplicons: Sequence[PanelAmplicon], rules: PanelRules) -> list[int]:
    """Pools from 1: amplicons with the most conflicts first, each into the first pool without a conflict."""
    conflicts = _conflicts(amplicons)
    order = sorted(range(len(amplicons)), key=lambda i: (-len(conflicts[i]), i))
    pools, held = [0] * len(amplicons), dict[int, int]()
    for i in order:
        taken = {pools[j] for j in conflicts[i]}
        full = {p for p, n in held.items() if rules.most_in_pool and n >= rules.most_in_pool}
        pools[i] = next(p for p in range(1, len(amplicons) + 2) if p not in taken and p not in full)
        held[pools[i]] = held.get(pools[i], 0) + 1
    return pools


def _conflicts(amplicons: Sequence[PanelAmplicon]) -> list[set[int]]:
    """For each amplicon those that may not be in its pool; 3' ends are looked up by word, not pair by pair."""
    made: list[set[int]] = [set() for _ in amplicons]

    def meet(i: int, j: int) -> None:
        if i != j:
            made[i].add(j)
            made[j].add(i)

    words: dict[str, set[int]] = {}
    for i, a in enumerate(amplicons):
        for p in (a.forward.sequence, a.reverse.sequence):
            for k in range(len(p) - POOL_PAIR + 1):
                words.setdefault(p[k : k + POOL_PAIR], set()).add(i)
    for i, a in enumerate(amplicons):
        for p in (a.forward.sequence, a.reverse.sequence):
            for j in words.get(reverse_complement(p[-POOL_PAIR:]), ()):
                meet(i, j)
    order = sorted(range(len(amplicons)), key=lambda i: (amplicons[i].site.contig, amplicons[i].start))
    open_: list[int] = []
    for i in order:
        a = amplicons[i]
        open_ = [j for j in open_ if amplicons[j].site.contig == a.site.contig and amplicons[j].end > a.start]
        for j in open_:
            meet(i, j)
        open_.append(i)
    return made
