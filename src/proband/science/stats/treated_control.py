"""Treated against control at many sites: background of each site, spread shared, limits and calls by a fixed rule.

For each site and event type: the fraction in treated less that in control with an interval, P that the treated reads
come from the control's background, family-wise (Holm) and false discovery (Benjamini and Hochberg) columns, limit of
blank, limit of detection net of background, and a call with its reason. Replicates spread by a correlation shared
over sites (`shared_dispersion`); background and spread carry their uncertainty into P, limits and intervals
(`predictive`). The interval of the difference joins mid-P limits of both arms by recovered variances (Zou and Donner,
Stat Med 2008;27:1693-1702); `corrected` is Abbott's (t - c) / (1 - c) (J Econ Entomol 1925;18:265-267).

The rule is fixed before the data. "Not detected" always comes with the limit below which nothing can be said. A site
without reads in an arm, or that failed, is unknown: it never becomes an answer.

Cannot see: a background of treated samples that the control does not have (then it is called an edit), events outside
the window that was counted, and alleles that lose a primer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from proband.core.errors import Problem, ProgramError
from proband.science.stats.count_tests import benjamini_hochberg, holm
from proband.science.stats.predictive import Blank, blank, control_limits, lod, treated_limits
from proband.science.stats.proportions import Interval, combine_limits
from proband.science.stats.shared_dispersion import Arm, SharedSpread, SiteSpread, share_dispersion

Replicate = tuple[int, int, float | None]
"""Edited reads, depth, and genomes put in (None where not known). With UMIs: families in place of reads, and None."""

CALLS = ("detected", "not_detected", "indeterminate", "unknown")
LEAST_P = 1e-300
"""The least P that is told; a lesser one, which a number may not hold, stands as this."""


@dataclass(frozen=True, slots=True)
class SiteCounts:
    """Counts of one event type at one site, a triple per replicate and arm.

    `expected` marks a site edited on purpose, which is left out of the corrections over sites; `failed` says why a
    site gave no result; `homopolymer` is carried along as it is (None where not known).
    """

    site: str
    event: str
    treated: tuple[Replicate, ...]
    control: tuple[Replicate, ...]
    expected: bool = False
    homopolymer: bool | None = None
    failed: str = ""


@dataclass(frozen=True, slots=True)
class CallRule:
    """What is fixed before the data: risks of a false call and of a miss, over one site or over the panel.

    `over` is "site" or "panel" (alpha shared by all sites that are tested); `level` is that of intervals; `wanted` is
    the limit of detection that the question needs: a site that is not detected and has a greater limit is
    indeterminate. Raises ``ValueError`` for values out of range.
    """

    alpha: float
    beta: float
    over: str = "site"
    level: float = 0.95
    wanted: float | None = None

    def __post_init__(self) -> None:
        if not (0 < self.alpha < 0.5 and 0 < self.beta < 0.5 and 0.5 < self.level < 1):
            raise ValueError("alpha and beta must lie between 0 and 0.5, level between 0.5 and 1")
        if self.over not in ("site", "panel") or (self.wanted is not None and not 0 < self.wanted < 1):
            raise ValueError("over must be site or panel, and wanted a fraction")


@dataclass(frozen=True, slots=True)
class SiteResult:
    """One site and event type; fractions net where so named; None where there is no answer."""

    site: str
    event: str
    treated: tuple[Replicate, ...]
    control: tuple[Replicate, ...]
    call: str
    reason: str
    treated_fraction: float | None = None
    background: float | None = None
    background_interval: Interval | None = None
    difference: float | None = None
    interval: Interval | None = None
    corrected: float | None = None
    corrected_interval: Interval | None = None
    p: float | None = None
    family_wise_p: float | None = None
    false_discovery: float | None = None
    critical: int | None = None
    lob: float | None = None
    lod: float | None = None
    rho: float | None = None
    without_any_replicate: bool | None = None
    homopolymer: bool | None = None
    expected: bool = False
    concerns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """Results in the order given, the rule, the shared spread with its 95 % interval, and how many were tested."""

    results: tuple[SiteResult, ...]
    rule: CallRule
    rho: float
    rho_interval: Interval
    edit_spread: float
    edit_spread_is_relative: bool
    spread_informed: bool
    tested: int
    concerns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Tested:
    """A site with both arms: its arms, its spread, the blank, and P."""

    counts: SiteCounts
    treated: Arm
    control: Arm
    spread: SiteSpread
    blank: Blank
    p: float


def panel_calls(sites: Sequence[SiteCounts], rule: CallRule) -> Panel:
    """Call every site of a panel by one rule fixed beforehand.

    Raises ``ProgramError`` with every count that can not be, and for two entries of one site and event.
    Source: module docstring.

    >>> edited = SiteCounts("ON", "indel", ((600, 1000, None),) * 3, ((1, 1000, None),) * 3, expected=True)
    >>> quiet = SiteCounts("OT1", "indel", ((0, 5000, None),) * 3, ((0, 5000, None),) * 3)
    >>> lost = SiteCounts("OT2", "indel", ((0, 0, None),) * 3, ((2, 5000, None),) * 3)
    >>> [r.reason for r in panel_calls([edited, quiet, lost], CallRule(0.05, 0.05)).results][1:]
    ['not detected below 0.054 %', 'unknown: no reads in treated']
    """
    check_counts(sites)
    arms = [(_arm(s.treated), _arm(s.control)) if not s.failed else (None, None) for s in sites]
    shared = share_dispersion(arms)
    tested: dict[int, _Tested] = {}
    for i, (counts, (treated, control)) in enumerate(zip(sites, arms, strict=True)):
        if treated is None or control is None:
            continue
        made = blank(control, treated, shared.sites[i])
        p = min(max(made.tail(treated.total), LEAST_P), 1.0)
        tested[i] = _Tested(counts, treated, control, shared.sites[i], made, p)
    family = [i for i, t in tested.items() if not t.counts.expected]
    wise = dict(zip(family, holm([tested[i].p for i in family]), strict=True))
    discovery = dict(zip(family, benjamini_hochberg([tested[i].p for i in family]), strict=True))
    results = tuple(
        _result(tested[i], rule, shared, len(family), wise.get(i), discovery.get(i))
        if i in tested
        else _unknown(s, arms[i])
        for i, s in enumerate(sites)
    )
    return Panel(
        results, rule, shared.rho, (shared.low, shared.high), shared.theta, shared.relative, shared.informed,
        len(family), _panel_concerns(shared, tested.values()),
    )  # fmt: skip


def check_counts(sites: Sequence[SiteCounts]) -> None:
    """Raise one ``ProgramError`` with every count that can not be.

    >>> check_counts([SiteCounts("A", "indel", ((1, 10, None),), ())])
    """
    problems: list[Problem] = []
    seen: set[tuple[str, str]] = set()
    for s in sites:
        if (s.site, s.event) in seen:
            remedy = "name each site and event once"
            problems.append(Problem("counts", f"site {s.site}, {s.event}", "twice", "once", remedy))
        seen.add((s.site, s.event))
        for name, arm in (("treated", s.treated), ("control", s.control)):
            for j, (edited, depth, genomes) in enumerate(arm, start=1):
                place = f"site {s.site}, {s.event}, {name} replicate {j}"
                if not 0 <= edited <= depth or edited != int(edited) or depth != int(depth):
                    expected = "whole numbers with 0 <= edited <= depth"
                    found = f"{edited} edited of {depth}"
                    problems.append(Problem("counts", place, found, expected, "count reads of one replicate"))
                if genomes is not None and not (genomes > 0 and math.isfinite(genomes)):
                    remedy = "leave it out where it is not known"
                    problems.append(Problem("counts", place, f"{genomes} genomes", "a number above 0", remedy))
    if problems:
        raise ProgramError(problems)


def _arm(replicates: Sequence[Replicate]) -> Arm | None:
    """The replicates that have reads; None where none has."""
    held = [r for r in replicates if r[1] > 0]
    if not held:
        return None
    per_genome = [0.0 if g is None else 1 / g for _, _, g in held]
    return Arm(np.array([k for k, _, _ in held]), np.array([n for _, n, _ in held]), np.array(per_genome))


def _unknown(s: SiteCounts, arms: tuple[Arm | None, Arm | None]) -> SiteResult:
    """A site without an answer, and what is known of the arm that has reads."""
    missing = [n for n, reps in (("treated", s.treated), ("control", s.control)) if _arm(reps) is None]
    reason = f"unknown: {s.failed}" if s.failed else f"unknown: no reads in {' and '.join(missing)}"
    fractions = [a.total / a.reads if a is not None else None for a in arms]
    return SiteResult(
        s.site, s.event, s.treated, s.control, "unknown", reason, fractions[0], fractions[1],
        expected=s.expected, homopolymer=s.homopolymer,
    )  # fmt: skip


def _result(
    t: _Tested, rule: CallRule, shared: SharedSpread, family: int, wise: float | None, discovery: float | None
) -> SiteResult:
    """Limits, interval and call of a site with both arms."""
    s = t.counts
    shares = family if rule.over == "panel" and not s.expected else 1
    alpha = rule.alpha / max(1, shares)
    critical = t.blank.critical(alpha)
    limit = lod(t.blank, critical, t.treated, t.spread, rule.beta, shared.relative)
    p1, p2 = t.treated.total / t.treated.reads, t.control.total / t.control.reads
    low2, high2 = control_limits(t.control, t.spread, rule.level)
    low1, high1 = treated_limits(t.treated, p2, t.spread, rule.level, shared.relative)
    interval = combine_limits(p1, (low1, high1), p2, (low2, high2))
    compared = wise if rule.over == "panel" and wise is not None else t.p
    called = compared <= rule.alpha
    call, reason = _call(called, p1 - p2, interval, t.p, limit, rule)
    return SiteResult(
        s.site, s.event, s.treated, s.control, call, reason, p1, p2, (low2, high2), p1 - p2, interval,
        _abbott(p1, p2), _abbott_interval(p1, (low1, high1), p2, (low2, high2)), t.p, wise, discovery,
        critical, critical / t.treated.reads, limit, t.spread.median,
        _holds_without(t, alpha) if called else None, s.homopolymer, s.expected, _concerns(t),
    )  # fmt: skip


def _call(
    called: bool, difference: float, interval: Interval, p: float, limit: float, rule: CallRule
) -> tuple[str, str]:
    """The call and the sentence that gives its reason."""
    if called:
        ends = f"{percent(interval[0])} to {percent(interval[1])}"
        return "detected", (
            f"detected: {percent(difference)} % above the control ({rule.level:.0%} interval {ends} %), {told_p(p)}"
        )
    if limit >= 1:
        return "indeterminate", "not detected, but no fraction would be: the control is not below the treated depth"
    if rule.wanted is not None and limit > rule.wanted:
        return "indeterminate", (
            f"not detected below {percent_up(limit)} %, which does not reach the wanted {percent(rule.wanted)} %"
        )
    return "not_detected", f"not detected below {percent_up(limit)} %"


def percent(fraction: float) -> str:
    """A fraction in percent: two significant figures, of what is left to 100 where that is less than 1.

    >>> percent(0.00123), percent(0.5), percent(-0.00002), percent(0.99858)
    ('0.12', '50', '-0.0020', '99.86')
    """
    return f"{100 * fraction:.{_places(fraction)}f}"


def percent_up(fraction: float) -> str:
    """A limit in percent, never below its value: the last of the two significant figures is rounded up.

    >>> percent_up(0.00121), percent_up(0.0012), percent_up(1.0)
    ('0.13', '0.12', '100')
    """
    places = _places(fraction)
    return f"{math.ceil(100 * fraction * 10**places - 1e-9) / 10**places:.{places}f}"


def _places(fraction: float) -> int:
    """Decimals of a percentage that show two significant figures."""
    value = abs(100 * fraction)
    shown = min(value, 100 - value) if 99 < value < 100 else value
    return 0 if shown == 0 else max(0, 1 - math.floor(math.log10(shown)))


def told_p(p: float) -> str:
    """P in words; one that is too small for a number is never written as 0.

    >>> told_p(0.0123), told_p(0.0)
    ('P = 0.012', 'P < 1e-300')
    """
    return f"P = {p:.2g}" if p > LEAST_P else f"P < {LEAST_P:.0e}"


def _abbott(p1: float, p2: float) -> float | None:
    return (p1 - p2) / (1 - p2) if p2 < 1 else None


def _abbott_interval(p1: float, limits1: Interval, p2: float, limits2: Interval) -> Interval | None:
    """Limits of 1 - (1 - p1) / (1 - p2), combined on the log scale."""
    if p2 >= 1 or limits2[1] >= 1:
        return None

    def scale(p: float) -> float:
        return -math.log1p(-min(p, 1 - 1e-12))

    low, high = combine_limits(
        scale(p1), (scale(limits1[0]), scale(limits1[1])), scale(p2), (scale(limits2[0]), scale(limits2[1]))
    )
    return -math.expm1(-low), -math.expm1(-high)


def _holds_without(t: _Tested, alpha: float) -> bool | None:
    """Whether the call stays when any one treated replicate is left out; None with a single replicate."""
    size = t.treated.edited.size
    if size < 2:
        return None
    for j in range(size):
        kept = np.arange(size) != j
        rest = Arm(t.treated.edited[kept], t.treated.depth[kept], t.treated.per_genome[kept])
        if blank(t.control, rest, t.spread).tail(rest.total) > alpha:
            return False
    return True


def _concerns(t: _Tested) -> tuple[str, ...]:
    """What a reader of this site should know."""
    made = []
    for name, arm, given in (("treated", t.treated, t.counts.treated), ("control", t.control, t.counts.control)):
        if arm.edited.size < len(given):
            made.append(f"{len(given) - arm.edited.size} {name} replicates without reads are left out")
        if arm.edited.size == 1:
            made.append(f"one {name} replicate: its spread is taken from other sites, or is not seen")
    if t.treated.genomes is None:
        made.append("DNA input of treated is not known: limits hold if genomes are not fewer than the spread shows")
    return tuple(made)


def _panel_concerns(shared: SharedSpread, tested: Iterable[_Tested]) -> tuple[str, ...]:
    """What a reader of the whole panel should know."""
    held = list(tested)
    if shared.informed or not held:
        return ()
    if all(a.edited.size < 2 for t in held for a in (t.treated, t.control)):
        return ("no arm has two replicates: spread between replicates can not be seen, binomial counts are assumed",)
    return ("replicates hardly tell the spread between them: limits rest on what is assumed of it beforehand",)
