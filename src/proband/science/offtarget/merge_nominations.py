"""Several lists of nominated sites as one: the union, one row for each site, every row of every list accounted for.

Lists are read, lifted to the target build, aligned to the spacer (`reconcile`) and joined by contig, PAM position and
strand. Nothing is filtered: a site is left out of what follows only by a row of the table of dropped sites, with a
written reason, and stays in the table of the union even then. Rows that can not be read or lifted are listed with
their reason; the rows of all lists are those merged and those listed, which is checked.

Cannot see: sites that no list nominates, and whether lists are of the same experiment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from proband.core.errors import AnalysisError, Problem, ProgramError
from proband.core.evidence import Members
from proband.science.offtarget.liftover import Chains, Place, read_chains
from proband.science.offtarget.merge_manifest import Dropped, MergeInput, plain_build, read_dropped
from proband.science.offtarget.nomination_formats import CLASSES
from proband.science.offtarget.nominations import Nomination, NominationList, Refusal, read_list
from proband.science.offtarget.reconcile import PlacedSite, reconcile
from proband.science.sequence.genome import Genome, chromosome


@dataclass(frozen=True, slots=True)
class MethodSupport:
    """What one method says of a site: reads of all its rows, rank by them (1 the most; ties share), rows, replicates.

    `reads` and `score` are None where no list of the method gives them; the rank is by reads, else by score, else
    None. `replicates` of `of_replicates` of the method name the site.
    """

    method: str
    method_class: str
    reads: float | None
    score: float | None
    rank: int | None
    rows: int
    replicates: int
    of_replicates: int


@dataclass(frozen=True, slots=True)
class MergedSite:
    """One site of the union, and which methods nominate it, in the order of the lists."""

    name: str
    site: PlacedSite
    support: tuple[MethodSupport, ...]
    dropped: Dropped | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes of the methods that nominate it."""
        held = {s.method_class for s in self.support}
        return tuple(c for c in CLASSES if c in held)


@dataclass(frozen=True, slots=True)
class MergedRow:
    """One row of a list and the site that it became part of; `lifted` is its place in the target build."""

    nomination: Nomination
    lifted: Place
    name: str


@dataclass(frozen=True, slots=True)
class Merge:
    """The union, and an account of every row; `rows` counts those of each list."""

    lists: tuple[NominationList, ...]
    sites: tuple[MergedSite, ...]
    merged: tuple[MergedRow, ...]
    refused: tuple[Refusal, ...]
    rows: tuple[int, ...]
    notes: tuple[str, ...]


def merge(given: MergeInput, genome: Genome | None) -> Merge:
    """The union of the lists of a manifest. Raises ``ProgramError`` for lists, chains or drops that can not be used."""
    problems: list[Problem] = []
    chains: dict[str, Chains] = {}
    for build, path in given.chains.items():
        try:
            chains[build] = read_chains(path)
        except ProgramError as e:
            problems += e.problems
    dropped: dict[str, Dropped] = {}
    try:
        dropped = read_dropped(given.dropped)
    except ProgramError as e:
        problems += e.problems
    read = []
    for number, described in enumerate(given.lists):
        try:
            read.append(read_list(number, described, given.guide))
        except ProgramError as e:
            problems += e.problems
    if problems:
        raise ProgramError(problems)
    refused = [r for x in read for r in x.refusals]
    kept = [n for x in read for n in x.nominations]
    lifted, failed = _lifted(kept, given, chains)
    refused += failed
    spelt, notes = _spelt([p for _, p in lifted], genome)
    placed = reconcile(
        [(p, n.sequence) for (n, _), p in zip(lifted, spelt, strict=True)], given.guide, given.limits, genome
    )
    names = [site_name(s) for s in placed]
    rows = tuple(MergedRow(n, p, name) for (n, _), p, name in zip(lifted, spelt, names, strict=True))
    sites = _union(given.lists, rows, placed, dropped, given.dropped.name if given.dropped else "")
    counts = tuple(x.rows for x in read)
    if sum(counts) != len(rows) + len(refused):
        raise AnalysisError(f"{sum(counts)} rows were read, {len(rows)} merged and {len(refused)} refused")
    return Merge(given.lists, sites, rows, tuple(sorted(refused, key=lambda r: (r.source, r.line))), counts, notes)


def site_name(site: PlacedSite) -> str:
    """The name of a site: contig, PAM position counted from 1, strand; for one without alignment its interval.

    >>> site_name(PlacedSite("chr1", 9, 32, "+", 29)), site_name(PlacedSite("chr1", 9, 32, "", -1))
    ('chr1:30:+', 'chr1:10-32')
    """
    contig = site.contig.replace("*", "_")
    if site.pam_start < 0:
        return f"{contig}:{site.start + 1}-{site.end}" + (f":{site.strand}" if site.strand else "")
    return f"{contig}:{site.pam_start + 1}:{site.strand}"


def _lifted(
    kept: Iterable[Nomination], given: MergeInput, chains: Mapping[str, Chains]
) -> tuple[list[tuple[Nomination, Place]], list[Refusal]]:
    target, made, failed = plain_build(given.build), [], []
    for n in kept:
        build = plain_build(given.lists[n.source].build)
        if build == target:
            made.append((n, n.place))
            continue
        found = chains[build].lift(n.place)
        if found.place is None:
            said = f"{n.place.contig}:{n.place.start + 1}-{n.place.end}"
            failed.append(Refusal(n.source, n.line, said, "lift", found.reason))
        else:
            made.append((n, found.place))
    return made, failed


def _spelt(places: Sequence[Place], genome: Genome | None) -> tuple[list[Place], tuple[str, ...]]:
    """Contigs in one spelling: the genome's, else that of the first list; each other one is told in a note."""
    known = dict.fromkeys(genome.contigs) if genome is not None else dict.fromkeys(p.contig for p in places)
    by_chromosome: dict[str, list[str]] = {}
    for name in known:
        by_chromosome.setdefault(chromosome(name), []).append(name)
    made, moved = [], Counter[tuple[str, str]]()
    for p in places:
        same = by_chromosome.get(chromosome(p.contig), [p.contig])
        name = p.contig if genome is not None and p.contig in known else same[0]
        if name != p.contig:
            moved[p.contig, name] += 1
        made.append(p if name == p.contig else replace(p, contig=name))
    notes = [f"{n} rows write {old} for {new}: taken as the same contig" for (old, new), n in sorted(moved.items())]
    return made, tuple(notes)


def _union(
    lists: Sequence[NominationList],
    rows: Sequence[MergedRow],
    placed: Sequence[PlacedSite],
    dropped: Mapping[str, Dropped],
    file: str,
) -> tuple[MergedSite, ...]:
    groups: dict[str, list[MergedRow]] = {}
    sites: dict[str, PlacedSite] = {}
    for row, site in zip(rows, placed, strict=True):
        groups.setdefault(row.name, []).append(row)
        held = sites.get(row.name)
        # one site reached from several places: keep the alignment with fewer bulges, then edits
        if held is None or _weight(site) < _weight(held):
            sites[row.name] = site
    unknown = sorted(set(dropped) - set(groups))
    if unknown:
        remedy = "name a site as merged.tsv does, or remove the row"
        raise ProgramError([Problem(file, "column site", x[:80], "a site of the union", remedy) for x in unknown[:50]])
    support = _support(lists, groups)
    contigs = {c: i for i, c in enumerate(dict.fromkeys(sorted((s.contig for s in sites.values()), key=_contig_order)))}
    order = sorted(groups, key=lambda n: (contigs[sites[n].contig], sites[n].start, sites[n].end, n))
    return tuple(MergedSite(n, sites[n], support[n], dropped.get(n)) for n in order)


def _weight(site: PlacedSite) -> tuple[int, int, str]:
    return (site.dna_bulges + site.rna_bulges, site.mismatches, site.aligned_protospacer)


def _contig_order(name: str) -> tuple[int, int, str]:
    plain = chromosome(name)
    return (0, int(plain), name) if plain.isdigit() and len(plain) < 6 else (1, 0, name)


def _support(
    lists: Sequence[NominationList], groups: Mapping[str, Sequence[MergedRow]]
) -> dict[str, tuple[MethodSupport, ...]]:
    methods = list(dict.fromkeys((x.form.method, x.form.method_class) for x in lists))
    every: dict[tuple[str, str], set[str]] = {m: set() for m in methods}
    for x in lists:
        every[x.form.method, x.form.method_class].add(x.replicate)
    for rows in groups.values():
        for row in rows:
            form = lists[row.nomination.source].form
            every[form.method, form.method_class].add(row.nomination.replicate)
    totals = {m: len([r for r in held if not any(o.startswith(f"{r}/") for o in held)]) for m, held in every.items()}
    found: dict[str, dict[tuple[str, str], MethodSupport]] = {}
    for name, rows in groups.items():
        by_method: dict[tuple[str, str], list[Nomination]] = {}
        for row in rows:
            form = lists[row.nomination.source].form
            by_method.setdefault((form.method, form.method_class), []).append(row.nomination)
        found[name] = {
            m: MethodSupport(
                *m, _sum(n.reads for n in held), max((n.score for n in held if n.score is not None), default=None),
                None, len(held), len({n.replicate for n in held}), totals[m],
            )
            for m, held in by_method.items()
        }  # fmt: skip
    for m in methods:
        for name, rank in _ranks({n: s[m] for n, s in found.items() if m in s}).items():
            found[name][m] = replace(found[name][m], rank=rank)
    return {n: tuple(s[m] for m in methods if m in s) for n, s in found.items()}


def _sum(values: Iterable[float | None]) -> float | None:
    held = [v for v in values if v is not None]
    return sum(held) if held else None


def _ranks(supports: Mapping[str, MethodSupport]) -> dict[str, int]:
    """Ranks by reads where a site has them, else by score; sites without the value that ranks have none."""
    by_reads = any(s.reads is not None for s in supports.values())
    values = {n: s.reads if by_reads else s.score for n, s in supports.items()}
    ranked = sorted((v for v in values.values() if v is not None), reverse=True)
    first: dict[float, int] = {}
    for i, v in enumerate(ranked, start=1):
        first.setdefault(v, i)
    return {n: first[v] for n, v in values.items() if v is not None}


def nomination_facts(made: Merge) -> tuple[int, Members, Members]:
    """For SF-01 and SF-05: how many sites were nominated, which classes of method did, and what became of each site.

    A kept site is present, and so is one dropped with a written reason, as the criterion asks for either. A row whose
    place could not be read or lifted is a site of which nothing is known: it stands among the unknown by list and line.
    Rows of another guide are no sites of this one.
    """
    used = {x.form.method_class for i, x in enumerate(made.lists) if made.rows[i]}
    lost = tuple(f"{made.lists[r.source].label} line {r.line}" for r in made.refused if r.step != "guide")
    classes = Members(tuple(c for c in CLASSES if c in used), tuple(c for c in CLASSES if c not in used))
    return len(made.sites), classes, Members(tuple(s.name for s in made.sites), (), lost)
