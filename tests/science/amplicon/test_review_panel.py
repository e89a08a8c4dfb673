"""Panels at their edges: single reads, P beyond a number, rounded limits, reads of two sites, all reads filtered."""

import pytest
from amplicon_cases import random_bases, with_bases, write_fastq
from hypothesis import given
from hypothesis import strategies as st
from panel_cases import RULE, write_rows

from proband.science.amplicon.fastq import Filters
from proband.science.amplicon.outputs import flags
from proband.science.amplicon.panel import run_panel
from proband.science.amplicon.quantify import Settings, quantify
from proband.science.amplicon.sheet import read_sheet
from proband.science.amplicon.targets import Target, amplicons_of
from proband.science.stats.treated_control import LEAST_P, CallRule, SiteCounts, panel_calls, percent, percent_up

COUNT = st.integers(0, 3).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.none() | st.just(3.0)))
ARM = st.lists(COUNT, min_size=1, max_size=3).map(tuple)


def called(treated, control):
    return panel_calls([SiteCounts("s", "indel", treated, control)], CallRule(0.05, 0.05)).results[0]


@given(ARM, ARM)
def test_the_fewest_reads_give_a_call_and_never_a_limit_that_is_too_good(treated, control):
    made = called(treated, control)
    depths = [sum(n for _, n, _ in arm) for arm in (treated, control)]
    assert (made.call == "unknown") == (0 in depths)
    if made.call == "unknown":
        assert made.p is made.lod is made.difference is made.interval is None
        return
    assert LEAST_P <= made.p <= 1
    assert made.interval[0] <= made.difference <= made.interval[1]
    assert made.lod > 0.1


def test_one_read_in_each_replicate_of_the_control():
    """No replicate has two reads, so that nothing correlates within one; this once divided by zero."""
    made = called(((0, 100, None),) * 3, ((0, 1, None),) * 3)
    assert made.call == "not_detected"
    assert made.lod > 0.3


def test_p_is_never_written_as_zero():
    made = called(((5000, 5000, None),) * 3, ((0, 5000, None),) * 3)
    assert made.p == LEAST_P
    assert made.reason.endswith("P < 1e-300")
    assert "99.86 to 100 %" in made.reason


@given(st.floats(1e-9, 1.0))
def test_a_limit_is_never_told_lower_than_it_is(fraction):
    told = float(percent_up(fraction))
    assert 100 * fraction * (1 - 1e-6) <= told <= 112 * fraction + 1e-9
    assert fraction == 1 or float(percent(fraction)) < 100 or fraction > 1 - 1e-9


def test_reads_that_fit_two_sites_are_flagged_and_leave_both_unknown(tmp_path):
    """Two amplicons that differ in one base, and reads that have N there."""
    first = random_bases(120, 1)
    second = with_bases(first, {5: "A" if first[5] != "A" else "C"})
    write_rows(tmp_path / "sites.csv", [
        {"site": name, "amplicon": sequence, "spacer": sequence[50:70], "editor": "SpCas9"}
        for name, sequence in (("one", first), ("two", second))
    ])  # fmt: skip
    rows = []
    for arm in ("treated", "control"):
        write_fastq(tmp_path / f"{arm}.fastq", [with_bases(first, {5: "N"})] * 50)
        rows.append({"sample": arm, "arm": arm, "replicate": "1", "reads": f"{arm}.fastq"})
    made = run_panel(read_sheet(write_rows(tmp_path / "samples.csv", rows), tmp_path / "sites.csv"), RULE)
    assert {r.call for r in made.panel.results} == {"unknown"}
    found = {f.where: f.reason for f in made.flags if f.flag == "ambiguous_site"}
    assert set(found) == {f"sample {arm}, site one" for arm in ("treated", "control")}
    assert "50 reads fit two" in found["sample control, site one"]


@pytest.mark.parametrize("reason", ["low mean quality", "no bases"])
def test_where_all_reads_are_filtered_the_flags_say_why(tmp_path, reason):
    sequence = random_bases(120, 1)
    reads = write_fastq(tmp_path / "r.fq", ["" if reason == "no bases" else sequence] * 7)
    settings = Settings(filters=Filters(min_mean_quality=41))
    told = {f["flag"]: f["reason"] for f in flags(quantify([reads], amplicons_of([Target("t", sequence)]), settings))}
    assert told["no_read_assigned"] == "no read was left to align: all were filtered"
    assert told["mostly_filtered"] == f"7 of 7 reads were filtered: 7 {reason}"
