"""Large events from simulated long reads: classes, breakpoints, the sum of reads, what is no event."""

from dataclasses import replace

import numpy as np
import pytest
from long_cases import CUT, SEQUENCE, SITE_SEQUENCE, TARGET, placed, written

from proband.science.structural.events import (
    CLASSES,
    Event,
    EventRules,
    class_of,
    classify,
    event_rows,
    leftmost,
)  # fmt: skip
from proband.science.structural.traces import ReadRules, of_rows, read_traces
from proband.testing.long_reads import (
    LongDesign,
    deletion,
    insertion,
    inversion,
    random_sequence,
    simulate_long_reads,
    with_rest,
)  # fmt: skip

RULES = EventRules()


@pytest.mark.parametrize("size", [50, 80, 300, 1000, 5000])
def test_recall_and_breakpoints_of_deletions(tmp_path, size):
    """At least 95 % of reads with a deletion of 50 bp to 5 kb, breakpoints within 10 bases, 3 % errors."""
    rng = np.random.default_rng(size)
    starts = [int(max(CUT - rng.integers(0, size + 1), 150)) for _ in range(40)]
    starts = [min(s, 5850 - size) for s in starts]
    alleles = [deletion(SEQUENCE, s, s + size, 1 / 40) for s in starts]
    made, traces = placed(tmp_path, alleles, reads=400, seed=size)
    found = classify(traces, TARGET, RULES)
    assert found.depth >= 0.97 * 400
    hit = 0
    for held, k in zip(found.events, _answered(made, traces), strict=True):
        truth = made.design.alleles[k]
        low, high = leftmost(SEQUENCE, truth.start, truth.end)
        near = [e for e in held if abs(e.start - low) <= 10 and abs(e.end - high) <= 10]
        hit += len(held) == 1 and len(near) == 1 and held[0].kind == "deletion"
    assert hit >= 0.95 * 400


def _answered(made, traces):
    """The allele of each read that has an answer, in the order of the file."""
    kept = [k for k, read in zip(made.allele, made.reads, strict=True) if len(read) >= 200]
    words = [classify(_one(traces, r), TARGET, RULES) for r in range(len(traces.sizes))]
    return [k for k, w in zip(kept, words, strict=True) if w.depth]


def _one(traces, r):
    return of_rows([(int(traces.sizes[r]), traces.of(r).tolist())])


@pytest.mark.parametrize(
    ("allele", "kind", "size"),
    [
        (insertion(SEQUENCE, CUT, random_sequence(60, 7), 1.0), "insertion", 60),
        (insertion(SEQUENCE, CUT, random_sequence(2000, 8), 1.0), "insertion", 2000),
        (insertion(SEQUENCE, CUT, SEQUENCE[CUT - 400 : CUT], 1.0), "insertion", 400),
        (inversion(SEQUENCE, CUT - 150, CUT + 100, 1.0), "inversion", 250),
    ],
)
def test_other_classes(tmp_path, allele, kind, size):
    _, traces = placed(tmp_path, [allele], reads=100, seed=size)
    found = classify(traces, TARGET, RULES)
    assert found.count(kind) >= 95
    top = event_rows(found)[0]
    assert top.event.kind == kind
    assert abs(top.event.size - size) <= max(10, 0.02 * size)


def test_lost_and_gained_bases_are_complex(tmp_path):
    one = deletion(SEQUENCE, CUT - 200, CUT, 1.0)
    both = replace(one, sequence=SEQUENCE[: CUT - 200] + random_sequence(150, 9) + SEQUENCE[CUT:])
    _, traces = placed(tmp_path, [both], reads=60)
    assert classify(traces, TARGET, RULES).classes["complex"] >= 55


def test_errors_make_no_event_and_runs_do_not(tmp_path):
    """Reads without an event, 6 % errors, long homopolymers beside the cut: none is seen."""
    letters = list(SEQUENCE)
    letters[CUT - 30 : CUT - 5] = "A" * 25
    letters[CUT + 5 : CUT + 25] = "T" * 20
    locus = replace(TARGET, sequence="".join(letters))
    _, traces = placed(tmp_path, reads=1500, error=0.06, loci=(locus,))
    found = classify(traces, locus, RULES)
    assert found.depth >= 1450
    assert not any(found.events)


def test_every_read_has_one_class(tmp_path):
    alleles = [deletion(SEQUENCE, CUT - 100, CUT + 100, 0.3)]
    made = simulate_long_reads(
        LongDesign(with_rest(SEQUENCE, alleles), 300, truncated=0.3, fold_back=0.1, library="amplicon"), 4
    )
    text = made.fastq + b"@strange\n" + b"ACGT" * 200 + b"\n+\n" + b"5" * 800 + b"\n@empty\n\n+\n\n"
    path = tmp_path / "r.fastq"
    path.write_bytes(text)
    found = classify(read_traces(path, [TARGET], ReadRules()), TARGET, RULES)
    assert set(found.classes) == set(CLASSES)
    assert sum(found.classes.values()) == found.reads_in == 302
    assert found.classes["unaligned"] == 1
    assert found.classes["unresolved"] >= 20
    assert found.classes["partial"] >= 30
    assert found.classes["filtered"] >= 1


def test_an_event_away_from_the_cut_is_not_counted(tmp_path):
    _, traces = placed(tmp_path, [deletion(SEQUENCE, 1000, 1300, 1.0)], reads=60)
    found = classify(traces, TARGET, RULES)
    assert found.classes["elsewhere"] >= 57
    assert found.depth >= 57
    assert not any(found.events)
    _, traces = placed(tmp_path, [deletion(SEQUENCE, CUT - 330, CUT - 40, 1.0)], reads=60)
    assert classify(traces, TARGET, RULES).classes["deletion"] >= 57
    assert classify(traces, TARGET, EventRules(near=20)).classes["elsewhere"] >= 57


def test_a_deletion_spans_as_the_unchanged_allele_does():
    """Flanks are asked for beside the event too, but for the ends of the locus: no read is favoured by its deletion."""

    def word(start, end, first=0):
        rows = [
            [0, 0, 0, start - first, first, start, start - first],
            [0, 0, start - first, 9000, end, 6000, 6000 - end],
        ]
        found = classify(of_rows([(9000, rows)]), TARGET, RULES)
        return next(k for k, n in found.classes.items() if n)

    assert word(CUT - 500, CUT + 10, first=CUT - 600) == "deletion"
    assert word(CUT - 500, CUT + 10, first=CUT - 599) == "partial"
    assert word(60, CUT + 10) == "deletion"
    # A deletion beside the cut, on either side, within `near` bases.
    assert word(CUT - 330, CUT - 45) == word(CUT + 45, CUT + 330) == "deletion"
    assert word(CUT - 330, CUT - 70) == word(CUT + 70, CUT + 330) == "elsewhere"


def test_two_molecules_in_one_read_and_fold_backs_are_unresolved():
    two = of_rows([(12000, [[0, 0, 0, 6000, 0, 6000, 5000], [0, 0, 6000, 12000, 0, 6000, 5000]])])
    back = of_rows([(9000, [[0, 0, 0, 6000, 0, 6000, 5000], [0, 1, 6000, 9000, 3000, 6000, 2500]])])
    for traces in (two, back):
        assert classify(traces, TARGET, RULES).classes["unresolved"] == 1


def test_sizes_at_the_border_of_an_event():
    def read(start, end):
        rows = [[0, 0, 0, start, 0, start, start], [0, 0, start, start + 6000 - end, end, 6000, 6000 - end]]
        return classify(of_rows([(6000 - end + start, rows)]), TARGET, RULES)

    assert read(CUT, CUT + 49).classes["no_event"] == 1
    assert read(CUT, CUT + 50).classes["deletion"] == 1
    assert read(CUT, CUT + 50).events[0][0].size == 50


def test_events_that_differ_by_few_bases_are_one_row():
    def of(start, end):
        return [[0, 0, 0, start, 0, start, start], [0, 0, start, start + 6000 - end, end, 6000, 6000 - end]]

    reads = [(5000, of(2500, 3500)), (5000, of(2500, 3500)), (5000, of(2504, 3497)), (5000, of(2400, 3500))]
    rows = event_rows(classify(of_rows(reads), TARGET, RULES))
    assert [r.reads for r in rows] == [3, 1]


def test_leftmost_and_class_of():
    assert leftmost("TTAGCAGCAGCTT", 8, 11) == (2, 5)
    assert class_of([Event("insertion", 1, 1, 90)]) == "insertion"
    with pytest.raises(ValueError, match="least size"):
        EventRules(least_size=10)


def test_threads_and_order_of_work_do_not_matter(tmp_path):
    alleles = [deletion(SEQUENCE, CUT - 100, CUT + 100, 0.1), inversion(SEQUENCE, CUT - 100, CUT + 200, 0.1)]
    made = simulate_long_reads(LongDesign(with_rest(SEQUENCE, alleles), 700, error=0.05), 3)
    path = written(tmp_path / "r.fastq.gz", made)
    one = read_traces(path, [TARGET], ReadRules(threads=1))
    two = read_traces(path, [TARGET], ReadRules(threads=2))
    for name in ("sizes", "at", "segments", "turned", "unresolved"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    assert one.digest == two.digest


@pytest.mark.slow
def test_false_calls_at_null_stay_within_alpha(tmp_path):
    """Null studies of 3 + 3 samples with events in 2 % of the alleles of both arms, which vary between replicates.

    Without a background in both arms no study could be called falsely, and the test could not fail.
    """
    from proband.science.stats.treated_control import CallRule
    from proband.science.structural.sheet import LongSample, LongSheet
    from proband.science.structural.study import run_study

    sequence, rng = SEQUENCE[:800], np.random.default_rng(5)
    locus = replace(TARGET, sequence=sequence, length=800, cuts=(400,))
    studies, called, seen = 25, 0, 0
    for s in range(studies):
        samples = []
        for n, arm in enumerate(("treated", "control") * 3):
            share = 0.02 * float(rng.gamma(10, 0.1))
            lost = [
                deletion(sequence, 320, 480, 0.7 * share),
                insertion(sequence, 400, SITE_SEQUENCE[:120], 0.3 * share),
            ]
            made = simulate_long_reads(LongDesign(with_rest(sequence, lost), 200, truncated=0.1), 1000 * s + n)
            path = written(tmp_path / f"{n}.fastq", made)
            samples.append(LongSample(f"s{n}", arm, str(n // 2 + 1), path))
        study = run_study(LongSheet(tuple(samples), (locus,)), CallRule(0.05, 0.05, "panel"))
        called += any(r.call == "detected" for r in study.event_panel.results)
        seen += sum(sum(k for k, _, _ in r.control) for r in study.event_panel.results if r.event == "any_large_event")
    assert called / studies <= 0.05 + 3 * (0.05 * 0.95 / studies) ** 0.5
    assert 0.01 < seen / (studies * 3 * 200) < 0.03
