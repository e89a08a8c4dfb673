"""The simulator's truth is true: exact counts without errors, and every stated chance within Monte Carlo error."""

import gzip
from collections import Counter

import numpy as np
import pytest

from proband.testing.alleles import Allele, indels, mixture, reverse_complement
from proband.testing.read_drawing import ADAPTERS
from proband.testing.read_errors import QualityModel
from proband.testing.read_files import fastq_bytes, truth_of, write_reads, zipped
from proband.testing.reads import ReadDesign, simulate_reads, simulate_run

AMPLICON = "".join(np.random.default_rng(5).choice(list("ACGT"), 120))
EDITED = AMPLICON[:60] + "A" * 3 + AMPLICON[60:]
ALLELES = mixture(AMPLICON, indels(AMPLICON, 60, 0.4, longest=10))


def design(**settings):
    return ReadDesign(**{"alleles": ALLELES, "reads": 5000, "quality": None, **settings})


def within(observed, expected, variance, errors=4.5):
    assert abs(observed - expected) <= errors * np.sqrt(variance), (observed, expected)


def test_counting_alleles_without_errors_gives_the_truth():
    sample = simulate_reads(design(molecules=2000, umi_length=6), seed=3)
    counted = Counter(sample.sequences())
    by_sequence = {a.sequence: a.name for a in ALLELES}
    assert {by_sequence[s]: n for s, n in counted.items()} == {t.allele: t.reads for t in sample.truth if t.reads}
    assert sum(t.molecules for t in sample.truth) == 2000
    assert sum(t.molecules_seen for t in sample.truth) == len(set(sample.plan.molecule.tolist()))


def test_alleles_are_drawn_as_often_as_stated():
    sample = simulate_reads(design(reads=40_000), seed=4)
    for t in sample.truth:
        within(t.molecules, 40_000 * t.fraction, 40_000 * t.fraction * (1 - t.fraction))
        assert t.reads == t.molecules == t.molecules_seen


def test_family_sizes_are_negative_binomial():
    sample = simulate_reads(design(reads=60_000, molecules=6000, family_shape=2.0), seed=5)
    sizes = np.bincount(sample.plan.molecule, minlength=6000)
    assert sizes.mean() == 10
    # Variance m + m^2 / shape, here 60; its own Monte Carlo error is about 2.3.
    assert abs(sizes.var() - 60) < 10
    assert abs((sizes == 0).mean() - (2 / 12) ** 2) < 0.01


def bases(sample):
    """Codes, qualities and planned codes of all reads of one length, without slips."""
    blocks = list(sample.blocks())
    return np.vstack([b.codes[0] for b in blocks]), np.vstack([b.qualities[0] for b in blocks])


@pytest.mark.parametrize("bins", [(), (2, 12, 23, 37)])
def test_bases_are_wrong_as_often_as_their_quality_says(bins):
    model = QualityModel(first=30, last=12, spread=6, bins=bins)
    sample = simulate_reads(design(alleles=mixture(AMPLICON), reads=6000, quality=model), seed=6)
    codes, qualities = bases(sample)
    wrong = codes != np.array(["ACGT".index(b) for b in AMPLICON])
    if bins:
        assert set(np.unique(qualities)) <= set(bins)
    for q in np.unique(qualities):
        p, n = 10 ** (-float(q) / 10), int((qualities == q).sum())
        within(wrong[qualities == q].sum(), n * min(p, 1), n * p * (1 - p) + 1)
    changed = (codes.astype(int) - np.array(["ACGT".index(b) for b in AMPLICON])) % 4
    counts = np.bincount(changed[wrong])[1:]
    within(counts.max(), wrong.sum() / 3, wrong.sum() * 2 / 9)


def test_low_quality_reads_and_bases_not_called():
    sample = simulate_reads(design(low_quality=0.2, n_rate=0.01, quality=QualityModel(), reads=4000), seed=7)
    text = sample.sequences()
    total = sum(map(len, text))
    within(sum(s.count("N") for s in text), total * 0.01, total * 0.01)
    within(sample.plan.low.sum(), 800, 640)
    _, qualities = bases(sample)
    codes, _ = bases(sample)
    assert (qualities[codes == 4] == 2).all()
    means = qualities.mean(axis=1)
    assert means[sample.plan.low].max() < means[~sample.plan.low].min()


def test_polymerase_errors_gather_over_cycles():
    settings = {"alleles": mixture(AMPLICON), "reads": 20_000, "cycles": 20, "polymerase_error": 1e-4}
    expected = 20_000 * 10 * 120 * 1e-4
    alone = simulate_reads(design(**settings), seed=8)
    within(alone.plan.changes[0].size, expected, expected)
    families = simulate_reads(design(**settings, molecules=20_000), seed=8)
    # Shared events are told once for each read, which widens the spread.
    within(families.plan.changes[0].size, expected, 6 * expected)
    read = sum(a != b for s in alone.sequences() for a, b in zip(s, AMPLICON, strict=True))
    assert 0.98 * alone.plan.changes[0].size <= read <= alone.plan.changes[0].size


def test_polymerase_errors_lie_on_every_base_and_hop_with_their_reads():
    settings = {"alleles": mixture(AMPLICON), "reads": 20_000, "cycles": 20, "polymerase_error": 2e-4}
    run = simulate_run([design(**settings, sample="a"), design(**settings, sample="b")], 0.3, seed=8)
    text = [s for one in run for s in one.sequences()]
    wrong = np.array([sum(s[i] != b for s in text) for i, b in enumerate(AMPLICON)])
    assert (abs(wrong - 80) < 4.5 * np.sqrt(80)).all()
    for one in run:
        seen = {i for i, s in enumerate(one.sequences()) if s != AMPLICON}
        changed = set(one.plan.changes[0].tolist())
        guests = np.flatnonzero(one.plan.source != one.plan.own)
        share = np.isin(guests, list(changed)).mean()
        within(share, 1 - np.exp(-0.24), 0.16 / guests.size)
        # Two changes of one base may cancel, in about 1.5 reads here.
        assert seen <= changed
        assert len(changed - seen) < 12


def test_reads_of_one_molecule_share_early_errors():
    settings = {"alleles": mixture(AMPLICON), "reads": 4000, "molecules": 1, "cycles": 12, "polymerase_error": 2e-3}
    shares = []
    for seed in range(40):
        plan = simulate_reads(design(**settings), seed=seed).plan
        events = Counter(zip(plan.changes[1].tolist(), plan.changes[2].tolist(), strict=True))
        shares += [n / 4000 for n in events.values()]
    # One new strand in the first cycle, so 120 * 2e-3 events that half of all reads carry.
    near_half = sum(0.45 < s < 0.55 for s in shares)
    within(near_half, 40 * 0.24, 40 * 0.24)
    assert max(shares) < 0.62


def test_slippage_grows_with_the_run_and_loses_more_than_it_gains():
    runs = "CAGT" + "A" * 8 + "CGTC" + "T" * 6 + "GACG"
    settings = {"cycles": 10, "slippage": 2e-3, "slippage_from": 6, "slippage_growth": 2.0}
    sample = simulate_reads(design(alleles=mixture(runs), reads=40_000, **settings), seed=9)
    text = sample.sequences()
    lengths = [(len(s.split("CAGT")[1].split("CGTC")[0]), len(s.split("CGTC")[1].split("GACG")[0])) for s in text]
    long, short = (np.array(x) for x in zip(*lengths, strict=True))
    within((long != 8).sum(), 40_000 * 5 * 8e-3, 40_000 * 5 * 8e-3)
    within((short != 6).sum(), 40_000 * 5 * 2e-3, 40_000 * 5 * 2e-3)
    within((long == 7).sum() / ((long == 7).sum() + (long == 9).sum()), 0.7, 0.21 / (long != 8).sum(), 5)


def test_slips_are_shared_within_a_family():
    runs = "CAGT" + "A" * 9 + "CGTC"
    sample = simulate_reads(
        design(alleles=mixture(runs), reads=20_000, molecules=50, cycles=8, slippage=0.02, slippage_from=9), seed=2
    )
    rates = [np.mean(sample.plan.template[sample.plan.molecule == m] != sample.plan.allele[0]) for m in range(50)]
    mean = float(np.mean(rates))
    assert abs(mean - 0.077) < 0.04
    assert np.var(rates) > 5 * mean * (1 - mean) / 400


def test_hopping_as_often_as_stated_and_told_in_the_truth():
    other = mixture(EDITED)
    designs = [design(sample="a", reads=20_000), design(sample="b", alleles=other, reads=20_000)]
    a, b = simulate_run(designs, 0.02, seed=10)
    for sample in (a, b):
        within(sample.hopped_in, 400, 392)
    assert a.size + b.size == 40_000
    assert a.sequences().count(EDITED) == a.hopped_in == a.truth[-1].reads_in
    assert sum(t.molecules for t in a.truth) == sum(t.molecules for t in b.truth) == 20_000
    assert next(t for t in b.truth if t.fraction == 1).molecules == 20_000
    own = Counter(b.sequences())
    assert own[AMPLICON] == next(t.reads_in for t in b.truth if t.allele == "wild type" and t.fraction == 0)


def test_samples_without_a_partner_at_their_site_keep_their_reads():
    designs = [design(sample="a"), design(sample="b", site="elsewhere")]
    assert [s.hopped_in for s in simulate_run(designs, 0.5, seed=1)] == [0, 0]


def test_dimers_and_chimeras():
    sample = simulate_reads(
        design(alleles=mixture(AMPLICON, [Allele("e", "intended", EDITED, 0.5)]), dimers=0.1, chimeras=0.2), seed=11
    )
    told = truth_of(sample)
    text = Counter(sample.sequences())
    assert text[AMPLICON[:20] + AMPLICON[-20:]] == told["dimers"]
    within(told["dimers"], 500, 450)
    within(told["chimeras"], 1000, 800)
    assert told["dimers"] + told["chimeras"] + sum(a["reads"] for a in told["alleles"]) == 5000
    assert sum(n for s, n in text.items() if s not in (AMPLICON, EDITED) and len(s) > 40) <= told["chimeras"]


def test_pairs_read_both_ends_and_run_into_the_adapter():
    sample = simulate_reads(
        design(alleles=mixture(AMPLICON), reads=300, paired=True, read_length=150, cycles=20, polymerase_error=1e-4),
        seed=12,
    )
    one, two = (fastq_bytes([sample], mate).decode().split("\n")[1::4] for mate in (0, 1))
    assert {len(s) for s in one + two} == {150}
    assert all(a[:120] == reverse_complement(b[:120]) for a, b in zip(one, two, strict=True))
    assert sum(a[:120] != AMPLICON for a in one) > 10
    assert {a[120:] for a in one} == {ADAPTERS[0][:30]}
    assert {b[120:] for b in two} == {ADAPTERS[1][:30]}


def test_umis_in_front_of_the_read_and_in_its_name():
    settings = {"molecules": 60, "umi_length": 8, "reads": 900}
    named = simulate_reads(design(**settings), seed=13)
    lines = fastq_bytes([named]).decode().split("\n")
    in_names = [x.rsplit("_", 1)[1] for x in lines[:-1:4]]
    front = simulate_reads(design(**settings, umi_place="prefix"), seed=13)
    in_reads = [s[:8] for s in front.sequences()]
    assert in_names == in_reads
    assert [s[8:] for s in front.sequences()] == named.sequences()
    assert len(set(zip(in_names, named.plan.molecule.tolist(), strict=True))) == len(set(named.plan.molecule.tolist()))


def test_the_text_is_fastq():
    sample = simulate_reads(design(reads=50, quality=QualityModel(), sample="s-1"), seed=1)
    lines = fastq_bytes([sample]).decode().split("\n")
    assert lines[-1] == ""
    assert len(lines) == 201
    for i in range(0, 200, 4):
        assert lines[i] == f"@s-1:site:{i // 4:09d}"
        assert lines[i + 2] == "+"
        assert len(lines[i + 1]) == len(lines[i + 3])
        assert all(33 + 2 <= ord(c) <= 33 + 41 for c in lines[i + 3])


def test_equal_seeds_give_equal_bytes_and_others_do_not(tmp_path):
    settings = {"reads": 20_000, "quality": QualityModel(), "molecules": 900, "cycles": 20, "slippage": 1e-4}
    first, again, other = (simulate_reads(design(**settings), seed=s) for s in (1, 1, 2))
    for name, sample in (("first", first), ("again", again), ("other", other)):
        (tmp_path / name).mkdir()
        write_reads(sample, tmp_path / name / "r.fastq.gz")
    one, two, three = ((tmp_path / n / "r.fastq.gz").read_bytes() for n in ("first", "again", "other"))
    assert one == two != three
    assert one[4:8] == b"\0\0\0\0"
    assert gzip.decompress(one) == fastq_bytes([first])
    assert zipped(b"x") == zipped(b"x")
    assert [b.first for b in first.blocks()] == [0, 16_384]


def test_mates_need_paths():
    with pytest.raises(ValueError, match="two paths"):
        write_reads(simulate_reads(design(reads=1), seed=1), "a", "b")


def test_all_that_is_wrong_with_a_design_is_told_at_once():
    with pytest.raises(ValueError, match=r"add to 1.*dimers must lie.*paired reads need.*umi_place.*names of"):
        ReadDesign(ALLELES[:1], 10, dimers=2, paired=True, umi_place="tail", sample="a b")
    with pytest.raises(ValueError, match="exceed the UMI"):
        ReadDesign(ALLELES, 10, read_length=8, umi_length=8, umi_place="prefix")
    with pytest.raises(ValueError, match="has a site twice"):
        simulate_run([design(), design()], 0.0, 1)
    with pytest.raises(ValueError, match="hopping"):
        simulate_run([design()], -0.1, 1)
