"""Counts of made reads whose truth is known: events, places, classes, windows, haplotypes, threads, outputs."""

import json
import random

import polars
import pytest

from proband.kernels import assign
from proband.science.amplicon import outputs
from proband.science.amplicon.figures import figures
from proband.science.amplicon.quantify import Settings, quantify
from proband.science.amplicon.targets import Target, amplicons_of
from proband.science.sequence.alphabet import reverse_complement

RNG = random.Random(8)
LEFT, RIGHT = "".join(RNG.choices("ACGT", k=70)), "".join(RNG.choices("ACGT", k=70))
GUIDE = "GACATACAGTCCATCGTGCA"
SEQUENCE = LEFT + GUIDE + "TGG" + RIGHT
CUT = 70 + 17
TARGET = Target("site", SEQUENCE, (GUIDE,))
COMPATIBLE = Settings(anchored=False, covering=False)


def fastq(tmp_path, reads):
    path = tmp_path / "reads.fastq"
    path.write_text("".join(f"@r{n}\n{r}\n+\n{'I' * len(r)}\n" for n, r in enumerate(reads)))
    return path


def run(tmp_path, reads, targets=(TARGET,), profile="compatible", settings=COMPATIBLE, variants=()):
    return quantify([fastq(tmp_path, reads)], amplicons_of(targets, profile, variants), settings)


def deletion(start, size, sequence=SEQUENCE):
    return sequence[:start] + sequence[start + size :]


def substitution(at, sequence=SEQUENCE):
    return sequence[:at] + {"A": "C", "C": "A", "G": "T", "T": "G"}[sequence[at]] + sequence[at + 1 :]


def test_events_and_their_places(tmp_path):
    reads = [
        SEQUENCE,
        deletion(CUT - 2, 5),
        SEQUENCE[:CUT] + "GATTACA" + SEQUENCE[CUT:],
        substitution(CUT),
        substitution(30),
    ]
    q = run(tmp_path, reads)
    shown = [q.allele(r) for r in range(5)]
    assert [a.modified for a in shown] == [False, True, True, True, False]
    assert [[(e.kind, e.start, e.end, e.bases) for e in a.events] for a in shown] == [
        [],
        [("deletion", CUT - 2, CUT + 3, "")],
        [("insertion", CUT, CUT, "GATTACA")],
        [("substitution", CUT, CUT + 1, reads[3][CUT])],
        [("substitution", 30, 31, reads[4][30])],
    ]
    (c,) = q.counts
    assert (c.reads, c.unmodified, c.modified, c.insertions, c.deletions, c.substitutions) == (5, 2, 3, 1, 1, 1)


def test_equal_places_are_written_leftmost_and_at_the_cut(tmp_path):
    sequence = LEFT + "CAAAAAAT" + RIGHT
    target = Target("site", sequence, (sequence[58:76],))
    (cut,) = amplicons_of([target], "compatible")[0].cuts
    q = run(tmp_path, [deletion(72, 2, sequence), sequence[:74] + "AA" + sequence[74:]], [target])
    first, second = (q.allele(r).events[0] for r in (0, 1))
    assert (first.left, second.left) == (71, 71)
    assert first.anchored == second.anchored == min(max(cut, 71), 75)


def test_an_indel_of_a_repeat_counts_where_the_profile_puts_it(tmp_path):
    """A deletion in a run that ends outside of the window counts in `proband`, which may write it beside the cut."""
    sequence = LEFT + GUIDE[:17] + "AAAAAAAAAAAA" + RIGHT
    target = Target("site", sequence, (sequence[60:80],), window=TARGET.window)
    made = amplicons_of([target], "compatible")[0]
    read = deletion(made.cuts[0] + 12, 1, sequence)
    q = run(tmp_path, [read], [target], settings=Settings(anchored=True))
    event = q.allele(0).events[0]
    assert event.left <= event.anchored <= event.left + 12
    assert event.counted == (event.anchored <= made.cuts[0] <= event.anchored + 1)


def test_every_read_ends_in_one_class(tmp_path):
    junk = ["".join(RNG.choices("ACGT", k=150)) for _ in range(3)]
    reads = [SEQUENCE, reverse_complement(SEQUENCE), deletion(CUT, 9), "", "ACGT", "N" * 160, *junk]
    q = run(tmp_path, reads)
    assert (q.reads_in, q.filtered, q.unaligned, q.ambiguous, q.assigned) == (9, 1, 5, 0, 3)
    assert q.unaligned_by_reason == {"no_amplicon_fits": 5, "does_not_cover_window": 0}


def test_reversed_reads_are_turned(tmp_path):
    read = deletion(CUT - 2, 5)
    q = run(tmp_path, [reverse_complement(read)])
    assert q.sequence(0) == read
    assert q.allele(0).events[0].start == CUT - 2


@pytest.mark.parametrize("turn", [False, True])
def test_a_read_that_ends_before_the_window_says_nothing(tmp_path, turn):
    """Reads that end behind, inside of and before the window, from either side: the published rule sees deletions."""
    target = Target("site", SEQUENCE, (GUIDE,), least_identity=30.0)
    reads = [SEQUENCE[: CUT + 12], SEQUENCE[: CUT + 3], SEQUENCE[: CUT - 12]]
    if turn:
        reads = [SEQUENCE[CUT - 12 :], SEQUENCE[CUT - 3 :], SEQUENCE[CUT + 12 :]]
    published = run(tmp_path, reads, [target])
    assert (published.assigned, published.counts[0].deletions) == (3, 1)
    q = run(tmp_path, reads, [target], profile="proband", settings=Settings())
    assert (q.assigned, q.counts[0].modified) == (1, 0)
    assert q.unaligned_by_reason == {"no_amplicon_fits": 0, "does_not_cover_window": 2}


def test_unknown_bases_are_no_substitutions(tmp_path):
    read = SEQUENCE[: CUT - 1] + "NN" + SEQUENCE[CUT + 1 :]
    q = run(tmp_path, [read])
    assert q.counts[0].modified == 0
    assert q.classified.nucleotides[4, CUT] == 1


def test_ignored_kinds_do_not_modify(tmp_path):
    reads = [substitution(CUT), deletion(CUT, 2)]
    settings = Settings(anchored=False, covering=False, ignore=frozenset({"substitutions"}))
    (c,) = run(tmp_path, reads, settings=settings).counts
    assert (c.modified, c.substitutions, c.deletions) == (1, 0, 1)


def test_haplotypes_share_a_locus_and_are_told_apart(tmp_path):
    other = substitution(20)
    reads = [SEQUENCE] * 3 + [other] * 2 + [deletion(CUT, 3, other), deletion(18, 62)]
    variant = f"21{SEQUENCE[20]}>{other[20]}"
    q = run(
        tmp_path, reads, variants=[variant], profile="proband", settings=Settings(ignore=frozenset({"substitutions"}))
    )
    assert [(c.reads, c.modified) for c in q.counts] == [(3, 0), (3, 1)]
    (bound,) = q.bounds
    assert (bound.reads, bound.ambiguous, bound.modified_least, bound.modified_most) == (7, 1, 2, 2)


def test_ambiguous_reads_may_leave_a_range(tmp_path):
    """A read that lost both alleles' mark without an edit near the cut is modified against neither."""
    other = substitution(20)
    reads = [SEQUENCE[:20] + "N" + SEQUENCE[21:]]
    q = run(tmp_path, reads, variants=[f"21{SEQUENCE[20]}>{other[20]}"])
    (bound,) = q.bounds
    assert (q.ambiguous, bound.modified_least, bound.modified_most) == (1, 0, 0)


def test_windows_can_be_compared(tmp_path):
    q = run(tmp_path, [deletion(CUT + 5, 2), SEQUENCE], profile="proband", settings=Settings())
    assert q.modified_in("editor") == {"site": 1}
    assert q.modified_in("cut ± 1") == {"site": 0}
    assert q.modified_in("cut ± 10") == {"site": 1}
    assert q.modified_in("no such window") == {}


@pytest.mark.parametrize("seed", [1, 2])
def test_another_window_deciding_equals_counting_with_it(tmp_path, seed):
    rng = random.Random(seed)
    reads = []
    for _ in range(60):
        start, size = rng.randrange(20, 130), rng.randint(1, 12)
        reads.append(
            rng.choice([deletion(start, size), SEQUENCE[:start] + "GAT" + SEQUENCE[start:], substitution(start)])
        )
    q = run(tmp_path, reads, profile="proband", settings=Settings())
    for name in q.amplicons[0].windows:
        window = q.amplicons[0].windows[name]
        again = [a.__class__(a.name, a.sequence, a.locus, a.cuts, {name: window}) for a in q.amplicons]
        assert quantify([tmp_path / "reads.fastq"], again, Settings()).counts[0].modified == q.modified_in(name)["site"]


def mixed_reads(count=400, seed=5):
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        read = deletion(CUT - rng.randint(0, 3), rng.randint(1, 9)) if rng.random() < 0.5 else SEQUENCE
        read = substitution(rng.randrange(len(read)), read) if rng.random() < 0.7 else read
        made.append(reverse_complement(read) if rng.random() < 0.2 else read)
    return made


def written(q, parameters=None):
    files = outputs.files(q, outputs.summary(q, parameters))
    return {name: data if isinstance(data, bytes) else b"".join(data) for name, data in files}


def test_files_are_equal_on_any_number_of_threads(tmp_path, monkeypatch):
    monkeypatch.setattr("proband.science.amplicon.alignment.CHUNK", 16)
    monkeypatch.setattr("proband.science.amplicon.events.CHUNK", 16)
    reads, made = mixed_reads(), []
    for threads in (1, 3):
        q = run(tmp_path, reads, profile="proband", settings=Settings(threads=threads))
        made.append(written(q, {"a": 1}))
    assert made[0] == made[1]


@pytest.mark.parametrize("rows", [1, 7, outputs.ROWS])
def test_tables_agree_with_the_counts(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(outputs, "ROWS", rows)
    q = run(tmp_path, mixed_reads())
    files = written(q)
    told = json.loads(files["summary.json"])
    assert (
        told["reads"]["in"] == 400 == sum(told["reads"][k] for k in ("filtered", "unaligned", "ambiguous", "assigned"))
    )
    frame = polars.read_parquet(files["alleles.parquet"])
    assert frame.equals(outputs.allele_frame(files["alleles.tsv"]))
    assert frame["reads"].sum() == 400
    assert frame.filter(~frame["unmodified"])["reads"].sum() == q.counts[0].modified == told["amplicons"][0]["modified"]
    assert abs(frame["fraction"].sum() - 1) < 1e-6
    rows = list(q.alleles())
    assert frame["aligned_read"].to_list() == [a.aligned_read for a in rows]
    assert frame["aligned_amplicon"].to_list() == [a.aligned_amplicon for a in rows]
    assert frame["reads"].to_list() == [a.count for a in rows]
    sizes = polars.read_csv(files["indel_sizes.tsv"], separator="\t")
    assert sizes["reads"].sum() == 400
    events = polars.read_csv(files["events.tsv"], separator="\t")
    by_kind = {k: sum(a.count for a in rows for e in a.events if e.kind == k) for k in ("deletion", "substitution")}
    assert {k: events.filter(events["kind"] == k)["reads"].sum() for k in by_kind} == by_kind
    assert "tmp" not in files["summary.json"].decode()


def test_insertions_are_written_leftmost_with_their_bases():
    assert outputs.left_bases("GATC", 1) == "CGAT"
    sequence, at, bases = "TTGATCGATCTT", 10, "GATC"
    left = at - 5
    assert sequence[:at] + bases + sequence[at:] == sequence[:left] + outputs.left_bases(bases, 5) + sequence[left:]


def test_flags_name_what_is_odd(tmp_path):
    def raised(reads, **more):
        return {f["flag"] for f in outputs.flags(run(tmp_path, reads, **more))}

    assert raised([SEQUENCE] * 9) == set()
    assert "no_read_assigned" in raised(["ACGT" * 40] * 3)
    assert "short_reads" in raised([SEQUENCE] * 4 + ["ACGTAC"] * 3)
    assert "mostly_filtered" in raised(["", "", SEQUENCE])
    assert "unread_bases" in raised([SEQUENCE[:-9] + "N" * 9])
    with_pam = Target("a", SEQUENCE, (GUIDE + SEQUENCE[SEQUENCE.find(GUIDE) + len(GUIDE) :][:3],))
    assert "guide_may_hold_pam" in raised([SEQUENCE], targets=[with_pam])
    turned = Target("a", reverse_complement(SEQUENCE), with_pam.guides)
    assert "guide_may_hold_pam" in raised([SEQUENCE], targets=[turned])
    second = Target("other", RIGHT + LEFT)
    assert "amplicon_without_reads" in raised([SEQUENCE], targets=[TARGET, second])


def test_figures_hold_every_read(tmp_path):
    q = run(tmp_path, mixed_reads())
    made = figures(q)
    assert list(made) == ["reads", "positions-1", "sizes-1"]
    assert sum(row["reads"] for row in made["reads"]["data"]["values"]) == 400
    window, cut, _ = (layer["data"]["values"] for layer in made["positions-1"]["layer"])
    assert window == [{"first": q.amplicons[0].window[0] + 0.5, "last": q.amplicons[0].window[-1] + 1.5}]
    assert cut == [{"cut": q.amplicons[0].cuts[0] + 0.5}]


def test_two_files_or_one(tmp_path):
    with pytest.raises(ValueError, match="one file"):
        quantify([], amplicons_of([TARGET]))


def test_a_read_of_two_loci_goes_to_the_better_score(tmp_path):
    second = Target("other", "".join(random.Random(77).choices("ACGT", k=160)))
    chimera = SEQUENCE[:110] + second.sequence[110:]
    q = run(tmp_path, [chimera, SEQUENCE, second.sequence], [TARGET, second])
    assert q.aligned.field("status").tolist() == [assign.ASSIGNED] * 3
    assert q.target.tolist() == [0, 0, 1]
