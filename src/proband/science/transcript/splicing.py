"""Splicing of one designed event: PSI, and the shares of its forms, with intervals over replicates.

    PSI = (I / l_I) / (I / l_I + S / l_S)

I and S are reads that support inclusion and skipping; l_I and l_S the numbers of places where such a read can begin
(Shen et al. 2014, PNAS 111:E5593-E5601). For an exon with reads of r bases and anchors of a bases, a junction gives
r - 2 a + 1 places, so l_I = 2 (r - 2 a + 1) and l_S = r - 2 a + 1. PSI rises with f = I / (I + S), so limits of f
become limits of PSI.

Several forms (correct, skipped, cryptic, retained) are a Dirichlet-multinomial over replicates (`replicates`). A form
seen at k junctions has its reads divided by k first, which gives up some of their information rather than count a
molecule twice.

Cannot see: forms without a read across a junction or boundary; decay of one form (nonsense-mediated decay); whether
two changes lie on one molecule; a molecule that keeps both introns, which counts twice among the retained.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from proband.core.errors import Problem, ProgramError
from proband.core.quantity import Quantity
from proband.science.transcript.junctions import BoundaryCount, Junction
from proband.science.transcript.mover import difference
from proband.science.transcript.replicates import Shares, shares_of

FORMS = ("inclusion", "skipping", "cryptic", "retained")
JUNCTIONS_OF: Mapping[str, int] = {"inclusion": 2, "skipping": 1, "cryptic": 1, "retained": 2}
"""Junctions, or boundaries, at which a molecule of each form of an exon can be seen."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """Places where a read of inclusion and one of skipping can begin (counts)."""

    inclusion: float
    skipping: float

    def psi(self, f: float) -> float:
        """PSI of the share f of inclusion reads among both.

        >>> round(Lengths(98, 49).psi(40 / 60), 3)
        0.5
        """
        above = f / self.inclusion
        return above / (above + (1 - f) / self.skipping)


def lengths_of(read_length: int, anchor: int = 1) -> Lengths:
    """Lengths for a skipped exon counted at junctions. Raises ``ValueError`` for reads too short to have two anchors.

    >>> lengths_of(50)
    Lengths(inclusion=98, skipping=49)
    """
    places = read_length - 2 * anchor + 1
    if anchor < 1 or places < 1:
        raise ValueError("reads must be at least as long as two anchors")
    return Lengths(2 * places, places)


def jeffreys_psi(inclusion: int, skipping: int, lengths: Lengths, level: float = 0.95) -> tuple[float, float, float]:
    """PSI and its Jeffreys interval for one sample, as tools report it; claims rest on `psi`, not on this.

    >>> [round(x, 3) for x in jeffreys_psi(40, 20, lengths_of(50))]
    [0.5, 0.372, 0.634]
    """
    if inclusion < 0 or skipping < 0 or inclusion + skipping == 0:
        raise ValueError("reads must not be negative, and there must be some")
    a, b = inclusion + 0.5, skipping + 0.5
    low, high = (float(special.betaincinv(a, b, p)) for p in ((1 - level) / 2, (1 + level) / 2))
    middle = lengths.psi(inclusion / (inclusion + skipping))
    return middle, lengths.psi(low if inclusion else 0.0), lengths.psi(high if skipping else 1.0)


def psi(reads: Sequence[tuple[int, int]], lengths: Lengths, rho: float | None = None, source: str = "") -> Quantity:
    """PSI from (inclusion, skipping) reads of each biological replicate, as a pair with outer limits.

    `rho` as in `replicates.shares_of`. Raises ``ProgramError`` when no replicate has a read: PSI is then unknown.

    >>> q = psi([(40, 20), (38, 25), (52, 30)], lengths_of(50))
    >>> round(q.value, 3), [round(x, 3) for x in q.interval(0.95)]
    (0.464, [0.309, 0.634])
    """
    fit = _fit(reads, rho, source)
    return _mapped(fit.quantity(0), lengths)


def _mapped(f: Quantity, lengths: Lengths) -> Quantity:
    low = [lengths.psi(x) for x in f.quantiles]
    high = [lengths.psi(x) for x in f.upper_quantiles]
    assert f.value is not None
    return Quantity.posterior(low, "fraction", upper=high, model=f.model, n=f.n, value=lengths.psi(f.value))


def psi_change(treated: Quantity, control: Quantity) -> Quantity:
    """PSI of treated less PSI of control (fraction, signed), with limits recovered from both."""
    return difference(treated, control, "fraction")


def _fit(reads: Sequence[Sequence[float]], rho: float | None, source: str) -> Shares:
    if not any(sum(r) > 0 for r in reads):
        raise ProgramError(
            [Problem(source, "", "no read across the event in any replicate", "reads of at least one replicate",
                     "sequence deeper, or report the event as not measured")]
        )  # fmt: skip
    return shares_of(reads, rho)


# ---- forms of one exon


@dataclass(frozen=True, slots=True)
class ExonEvent:
    """An exon between two others: where the upstream exon ends, the exon, where the downstream one begins.

    Coordinates 0-based half-open on the reference, whatever the strand; `strand` is + or -, or "" for either.
    """

    contig: str
    upstream_end: int
    start: int
    end: int
    downstream_start: int
    strand: str = ""

    def __post_init__(self) -> None:
        if not self.upstream_end < self.start < self.end < self.downstream_start:
            raise ValueError("the exon must lie between the two others")


def count_forms(
    event: ExonEvent, junctions: Iterable[Junction], boundaries: Sequence[BoundaryCount] = ()
) -> dict[str, int]:
    """Reads of each form of `FORMS` in one sample.

    Cryptic: a junction that touches the event, one end at a known place and the other inside, or both inside.
    `boundaries`: counts at the two introns; without them ``retained`` is left out, for it was not looked at.

    >>> e = ExonEvent("1", 100, 200, 250, 400)
    >>> made = [Junction("1", 100, 200, "+", 9, 9, 9), Junction("1", 250, 400, "+", 7, 9, 9),
    ...         Junction("1", 100, 400, "+", 3, 9, 9), Junction("1", 100, 215, "+", 1, 9, 9)]
    >>> count_forms(e, made)
    {'inclusion': 16, 'skipping': 3, 'cryptic': 1}
    """
    counts = dict.fromkeys(FORMS[:3], 0)
    for j in junctions:
        if j.contig != event.contig or (event.strand and j.strand not in (event.strand, "?")):
            continue
        form = _form(event, j.start, j.end)
        if form:
            counts[form] += j.reads
    if boundaries:
        counts["retained"] = sum(b.left + b.right for b in boundaries)
    return counts


def _form(event: ExonEvent, start: int, end: int) -> str:
    if (start, end) == (event.upstream_end, event.downstream_start):
        return "skipping"
    if (start, end) in ((event.upstream_end, event.start), (event.end, event.downstream_start)):
        return "inclusion"
    starts = event.upstream_end <= start < event.downstream_start
    ends = event.upstream_end < end <= event.downstream_start
    return "cryptic" if starts and ends else ""


@dataclass(frozen=True, slots=True)
class FormShares:
    """The share of each form over replicates, the dispersion between them, and the reads of each form in all."""

    quantities: Mapping[str, Quantity]
    rho: float
    reads: Mapping[str, int]
    replicates: int

    def detection_limit(self, form: str, level: float = 0.95) -> float:
        """The share below which a form lies with the stated confidence; for a form without reads, its limit."""
        return self.quantities[form].quantile(level)


def form_shares(
    counts: Sequence[Mapping[str, int]],
    junctions: Mapping[str, int] = JUNCTIONS_OF,
    rho: float | None = None,
    source: str = "",
) -> FormShares:
    """Shares of forms from the reads of each biological replicate, as `count_forms` gives them.

    Raises ``ProgramError`` when replicates tell of different forms, or none has a read.

    >>> reads = [{"inclusion": 80, "skipping": 9, "cryptic": 0}, {"inclusion": 90, "skipping": 8, "cryptic": 0}]
    >>> made = form_shares(reads)
    >>> round(made.quantities["inclusion"].value, 2), made.reads["cryptic"], made.quantities["cryptic"].value
    (0.83, 0, 0.0)
    """
    names = list(dict.fromkeys(n for one in counts for n in one))
    lacking = sorted({n for n in names for one in counts if n not in one})
    if lacking:
        raise ProgramError(
            [Problem(source, "", f"{', '.join(lacking)} not counted in every replicate",
                     "the same forms in all replicates", "count them in all, or leave them out of all")]
        )  # fmt: skip
    table = np.array([[one[n] / junctions[n] for n in names] for one in counts], dtype=np.float64)
    fit = _fit(table.reshape(len(counts), -1).tolist(), rho, source)
    return FormShares(
        {n: fit.quantity(i) for i, n in enumerate(names)},
        fit.rho,
        {n: sum(one[n] for one in counts) for n in names},
        fit.replicates,
    )
