"""Splicing of one exon over treated and control replicates: shares of all forms, and what treatment corrected.

Reads of each sample are counted into forms (`splicing.count_forms`), shares are fitted over replicates
(`splicing.form_shares`, whose limits hold the spread between them), and the correction is that of `net_correction`.
Retained introns are counted from alignments alone; junction tables hold none, which is told.

Cannot see: which allele a read came from, and what `splicing` can not see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proband.core.errors import ProgramError
from proband.core.evidence import Column, Table
from proband.core.provenance import digest
from proband.core.quantity import Quantity
from proband.science.stated_number import LEVEL, undecided
from proband.science.transcript.junctions import Junction, JunctionRules, boundary_reads, junctions_of
from proband.science.transcript.net_correction import net_correction
from proband.science.transcript.rna_assays import Splicing, SplicingSample
from proband.science.transcript.rna_effects import Effect, why
from proband.science.transcript.rna_tables import ARMS
from proband.science.transcript.splicing import (
    JUNCTIONS_OF,
    ExonEvent,
    FormShares,
    count_forms,
    form_shares,
    lengths_of,
    psi,
)

Forms = Mapping[str, int]
COLUMNS = (
    Column("arm", "", "Treated or control"),
    Column("form", "", "Form of the transcript, or PSI over inclusion and skipping alone"),
    Column("reads", "count", "Reads that show it"),
    Column("share", "fraction", "Share of all forms seen"),
    Column("low", "fraction", "Lower limit at 95 %"),
    Column("high", "fraction", "Upper limit at 95 %"),
    Column("below", "fraction", "Where no read shows the form: the share below which it lies at 95 %"),
)
"""Columns of the table of forms."""


@dataclass(frozen=True, slots=True)
class SplicingEffect:
    """The correction, the bare share of the wanted form in treated samples, the table of forms, and what it lacks."""

    effect: Effect
    share: Quantity | None
    table: tuple[tuple[str, ...], ...]
    limit: str
    not_covered: str


def splicing_effect(
    a: Splicing, paths: Mapping[str, Path], junctions: Mapping[str, Sequence[Junction]]
) -> SplicingEffect:
    """Everything that an assay of splicing tells; what can not be computed has its reason instead."""
    with_alignments = all(s.form == "bam" for s in a.sample)
    missing = "" if with_alignments else "retained introns: junction tables hold none"
    try:
        counted = [(s.arm, count_sample(a, s, paths, junctions, with_alignments)) for s in a.sample]
    except ProgramError as e:
        return SplicingEffect(Effect(None, why(e), (0, 0), "no sample"), None, (), "", missing)
    arms = {arm: [c for one, c in counted if one == arm] for arm in ARMS}
    if not a.biological_replicates:
        arms = {arm: _added(x) for arm, x in arms.items()}
    arms = {arm: [c for c in x if sum(c.values())] for arm, x in arms.items()}
    sizes = (len(arms["treated"]), len(arms["control"]))
    reads = sum(sum(c.values()) for x in arms.values() for c in x)
    empty = len(counted) - sum(sizes) if a.biological_replicates else 0
    told = f"{reads:,} reads at the event in {sizes[0]} treated and {sizes[1]} control replicates"
    told += f"; {empty} more without a read are left out" if empty else ""
    shares = {arm: form_shares(x) for arm, x in arms.items() if x}
    treated = shares.get("treated")
    share = treated.quantities[a.expected_form] if treated else None
    return SplicingEffect(
        _correction(a, arms, sizes, told),
        undecided(share) if share and sizes[0] == 1 else share,
        tuple(row for arm in ARMS if arm in shares for row in _rows(a, arm, shares[arm], arms[arm])),
        _unseen(shares),
        missing,
    )


def count_sample(
    a: Splicing,
    s: SplicingSample,
    paths: Mapping[str, Path],
    junctions: Mapping[str, Sequence[Junction]],
    retained: bool,
) -> Forms:
    """Reads of each form in one sample; `retained`: count reads over the boundaries too, from its alignments.

    Raises ``ProgramError`` where alignments can not be read.
    """
    event = event_of(a)
    if s.form != "bam":
        return count_forms(event, junctions[s.file])
    introns = ((event.upstream_end, event.start), (event.end, event.downstream_start))
    span = event.downstream_start - event.upstream_end
    shortest = min(JunctionRules().shortest, *(end - start for start, end in introns))
    rules = JunctionRules(a.anchor, shortest, max(JunctionRules().longest, span), a.library or "XS")
    region = (event.contig, event.upstream_end - 1, event.downstream_start + 1)
    held = junctions_of(paths[s.file], rules, region)
    edges = [boundary_reads(paths[s.file], event.contig, *i, rules) for i in introns] if retained else []
    return count_forms(event, held, edges)


def event_of(a: Splicing) -> ExonEvent:
    """The event of an assay, 0-based half-open."""
    return ExonEvent(a.event.contig, *a.event.bounds, a.event.strand)


def _added(counts: Sequence[Forms]) -> list[Forms]:
    return [{form: sum(c[form] for c in counts) for form in counts[0]}] if counts else []


def _correction(a: Splicing, arms: Mapping[str, Sequence[Forms]], sizes: tuple[int, int], told: str) -> Effect:
    def molecules(counts: Forms) -> tuple[float, float]:
        each = {form: n / JUNCTIONS_OF[form] for form, n in counts.items()}
        return each[a.expected_form], sum(n for form, n in each.items() if form != a.expected_form)

    try:
        made = net_correction([molecules(c) for c in arms["treated"]], [molecules(c) for c in arms["control"]])
    except ProgramError as e:
        return Effect(None, why(e), sizes, told)
    assumptions = (
        "transcripts in the wanted form without treatment come from what treatment does not act on",
        "reads of a form are divided by the junctions at which it can be seen",
    )
    return Effect(undecided(made) if min(sizes) == 1 else made, "", sizes, told, assumptions=assumptions)


def _rows(a: Splicing, arm: str, shares: FormShares, counts: Sequence[Forms]) -> list[tuple[str, ...]]:
    """Rows of the table of forms of one arm, and its PSI where inclusion or skipping was seen."""
    rows: list[tuple[str, ...]] = []
    for form, q in shares.quantities.items():
        reads = shares.reads[form]
        low, high = q.interval(LEVEL) or (0.0, 1.0)
        below = "" if reads else f"{shares.detection_limit(form):.4g}"
        rows.append((arm, form, str(reads), f"{q.value:.4g}", f"{low:.4g}", f"{high:.4g}", below))
    both = [(c["inclusion"], c["skipping"]) for c in counts]
    if any(i + s for i, s in both):
        q = psi(both, lengths_of(a.read_length, a.anchor))
        low, high = q.interval(LEVEL) or (0.0, 1.0)
        reads = sum(i + s for i, s in both)
        rows.append((arm, "PSI", str(reads), f"{q.value:.4g}", f"{low:.4g}", f"{high:.4g}", ""))
    return rows


def forms_table(rows: tuple[tuple[str, ...], ...]) -> Table:
    """The table of forms as evidence."""
    return Table("forms", "Forms of the transcript by arm", COLUMNS, len(rows), digest(rows), "", rows)


def _unseen(shares: Mapping[str, FormShares]) -> str:
    """Forms without a read, each with the share below which it lies."""
    return "; ".join(
        f"{form} in {arm} samples: no read, below {s.detection_limit(form):.3g} at {LEVEL:.0%}"
        for arm, s in shares.items()
        for form in s.quantities
        if not s.reads[form]
    )
