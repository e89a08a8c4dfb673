"""UMI families: the number of molecules, fewer errors, every read in one class, and inputs that can not be used."""

from collections import Counter

import numpy as np
import pytest
from amplicon_cases import AMPLICON, SPACER, START, random_bases, write_fastq
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.science.amplicon.amplicon import Amplicon
from proband.science.amplicon.outcomes import amplicons_for
from proband.science.amplicon.outputs import flags, summary
from proband.science.amplicon.quantify import Settings, quantify
from proband.science.amplicon.targets import Target
from proband.science.amplicon.umi import UmiRule, crowding, joined_to, umi_rule
from proband.science.sequence.alphabet import reverse_complement
from proband.testing.alleles import Allele
from proband.testing.read_files import write_reads
from proband.testing.reads import ReadDesign, simulate_reads

TARGET = Target("ON", AMPLICON, (SPACER,))
DELETED = AMPLICON[: START + 15] + AMPLICON[START + 20 :]
MIXTURE = (Allele("wt", "wild_type", AMPLICON, 0.7), Allele("del", "deletion", DELETED, 0.3))


def simulated(folder, place="header", paired=False, seed=3, **more):
    values = {"molecules": 400, "umi_length": 10, "umi_place": place, "read_length": 120 if paired else None}
    sample = simulate_reads(ReadDesign(MIXTURE, 4000, paired=paired, **(values | more)), seed=seed)
    files = [folder / f"r{n}.fastq.gz" for n in range(2 if paired else 1)]
    write_reads(sample, *files)
    return sample, files


def counted(files, **rule):
    return quantify(files, amplicons_for(TARGET), Settings(umi=UmiRule(**rule)))


def wrong_share(q):
    """Share of the aligned bases that are no allele's, by reads: substitutions outside of the edit."""
    bases = q.classified.nucleotides[:4].sum(axis=0)
    right = sum(int(q.classified.nucleotides["ACGT".index(b), i]) for i, b in enumerate(AMPLICON))
    return 1 - right / bases.sum()


def conserved(q):
    u = q.reads.umi
    assert u.reads_in == sum(u.filtered.values()) + u.unusable + u.in_families
    assert u.in_families == sum(size * n for size, n in u.sizes)
    assert u.families == sum(n for _, n in u.sizes) == q.reads_in
    assert u.families == u.too_few + u.disagree + q.unaligned + q.ambiguous + q.assigned
    return u


@pytest.mark.parametrize(
    ("place", "paired"), [("header", False), ("prefix", False), ("header", True), ("prefix", True)]
)
def test_families_are_molecules(tmp_path, place, paired):
    sample, files = simulated(tmp_path, place, paired)
    q = counted(files, prefix=10 if place == "prefix" else 0)
    u = conserved(q)
    assert u.reads_in == 4000
    seen = sum(t.molecules_seen for t in sample.truth)
    assert abs(u.families - seen) <= 0.02 * seen
    edited = next(t.molecules_seen for t in sample.truth if t.allele == "del")
    assert abs(q.counts[0].deletions - edited) <= 0.03 * seen


def test_errors_of_sequencing_fall(tmp_path):
    _, files = simulated(tmp_path)
    raw = quantify(files, amplicons_for(TARGET), Settings())
    consensus = counted(files, min_reads=3)
    assert wrong_share(raw) > 3e-4
    assert wrong_share(consensus) < wrong_share(raw) / 10
    assert conserved(consensus).too_few > 0


def test_joining_takes_in_identifiers_with_an_error(tmp_path):
    sample, files = simulated(tmp_path, umi_quality=20, seed=4)
    seen = sum(t.molecules_seen for t in sample.truth)
    apart, joined = counted(files, join=False), counted(files)
    assert apart.reads.umi.families > 1.5 * seen
    assert abs(joined.reads.umi.families - seen) <= 0.03 * seen
    assert joined.reads.umi.joined == apart.reads.umi.families - joined.reads.umi.families
    assert apart.reads.umi.joined == 0


def named(folder, reads, scores=None):
    """Reads as (identifier, sequence) with the identifier in the name."""
    scores = scores or ["I" * len(s) for _, s in reads]
    path = folder / "named.fastq"
    lines = zip(reads, scores, strict=True)
    path.write_text("".join(f"@r{n}:{u}\n{s}\n+\n{q}\n" for n, ((u, s), q) in enumerate(lines)))
    return [path]


def test_what_becomes_of_families(tmp_path):
    one, two = AMPLICON, DELETED
    reads = [("AAAAAA", one)] * 3 + [("CCCCCC", one), ("CCCCCC", two)] + [("GGGGGG", two)] + [("GNGGGG", two)]
    reads += [("TTTTTT", one), ("TTTTTT", one), ("TTTTTT", two)]
    q = counted(named(tmp_path, reads))
    u = conserved(q)
    assert (u.families, u.disagree, u.unusable, u.too_few) == (4, 1, 1, 0)
    assert q.reads.filtered == {"umi_reads_disagree": 1}
    assert (q.counts[0].unmodified, q.counts[0].deletions) == (2, 1)
    assert {f["flag"] for f in flags(q)} >= {"umi_reads_disagree"}
    q = counted(named(tmp_path, reads), min_reads=2)
    assert q.reads.filtered == {"umi_reads_disagree": 1, "umi_too_few_reads": 1}
    assert conserved(q).families == 4


def test_the_better_quality_decides_and_a_tie_is_not_known(tmp_path):
    other = AMPLICON[:90] + ("A" if AMPLICON[90] != "A" else "C") + AMPLICON[91:]
    good, bad = "I" * len(AMPLICON), "5" * len(AMPLICON)
    pair = [("AAAAAA", AMPLICON), ("AAAAAA", other)]
    assert counted(named(tmp_path, pair, [bad, good])).sequence(0) == other
    assert counted(named(tmp_path, pair, [good, bad])).sequence(0) == AMPLICON
    assert counted(named(tmp_path, pair, [good, good])).sequence(0) == AMPLICON[:90] + "N" + AMPLICON[91:]


def test_one_identifier_at_two_loci_and_on_two_strands_is_several_families(tmp_path):
    other = random_bases(len(AMPLICON), 40)
    reads = [("ACGTAC", s) for s in (AMPLICON, other, reverse_complement(AMPLICON), AMPLICON, other)]
    amplicons = (Amplicon("a", AMPLICON, locus="a"), Amplicon("b", other, locus="b"))
    q = quantify(named(tmp_path, reads), amplicons, Settings(umi=UmiRule()))
    assert [c.reads for c in q.counts] == [2, 1]
    assert conserved(q).sizes == ((1, 1), (2, 2))


@given(
    st.lists(st.tuples(st.sampled_from(["AAAA", "AAAC", "GGGG", "NNNN"]), st.integers(0, 3)), min_size=1, max_size=30)
)
@settings(max_examples=25, deadline=None)
def test_every_read_is_in_one_class(tmp_path_factory, drawn):
    sequences = (AMPLICON, DELETED, "ACGT" * 20, "")
    folder = tmp_path_factory.mktemp("umi")
    q = counted(named(folder, [(u, sequences[s]) for u, s in drawn]), min_reads=2)
    u = conserved(q)
    assert u.reads_in == len(drawn)
    assert u.filtered.get("no_bases", 0) == sum(s == 3 for _, s in drawn)
    assert u.unusable == sum(n == "NNNN" and s != 3 for n, s in drawn)


def test_the_order_of_reads_does_not_change_the_molecules(tmp_path):
    reads = [("AAAAAA", AMPLICON), ("CACACA", DELETED), ("AAAAAC", AMPLICON), ("AAAAAA", AMPLICON)]
    made = [counted(named(tmp_path, r)).counts for r in (reads, reads[::-1])]
    assert made[0] == made[1]
    assert made[0][0].reads == 2


def test_the_summary_says_what_was_counted(tmp_path):
    _, files = simulated(tmp_path)
    told = summary(counted(files))
    assert told["counted"] == "umi families"
    umi = told["umi"]
    assert umi["reads"]["in"] == 4000
    assert umi["families"]["in"] == told["reads"]["in"] == sum(x["families"] for x in umi["family_sizes"])
    assert "control" in umi["statements"][0]
    assert "one read" in umi["statements"][1]
    assert len(summary(counted(files, min_reads=2))["umi"]["statements"]) == 1
    plain = summary(quantify(files, amplicons_for(TARGET), Settings()))
    assert (plain["counted"], plain["umi"]) == ("reads", None)


def test_too_few_identifiers_are_flagged(tmp_path):
    rng = np.random.default_rng(1)
    few = [("".join(rng.choice(list("ACGT"), 4)), AMPLICON) for _ in range(150)]
    assert {"umi_crowded"} <= {f["flag"] for f in flags(counted(named(tmp_path, few)))}
    _, files = simulated(tmp_path)
    assert not flags(counted(files))


def test_crowding_is_the_share_of_identifiers_in_use():
    keys = np.arange(4**5, 2 * 4**5, 8)
    shared, neighbour = crowding(keys, np.ones(keys.size, int))
    assert shared == pytest.approx(1 / 8)
    assert neighbour == pytest.approx(1 - (7 / 8) ** 15)
    assert crowding(keys[:1], np.ones(1, int)) == (0.0, 0.0)


def test_joining_needs_the_counts_of_the_rule():
    keys = np.array([0b1_00000000, 0b1_00000001])
    assert [joined_to(keys, np.array([n, 5])).tolist() for n in (8, 9)] == [[0, 1], [0, 0]]


@pytest.mark.parametrize("text", ["", "no", "prefix", "prefix:3", "prefix:32", "prefix:-8", "prefix:8x", "Header"])
def test_places_that_can_not_be(text):
    with pytest.raises(ValueError, match="prefix:N"):
        umi_rule(text)


@pytest.mark.parametrize("rule", [{"prefix": 3}, {"prefix": 32}, {"min_reads": 0}])
def test_rules_that_can_not_be(rule):
    with pytest.raises(ValueError, match=r"identifier|at least"):
        UmiRule(**rule)


def test_names_without_identifier_and_letters_that_are_no_bases_are_refused(tmp_path):
    with pytest.raises(ProgramError) as caught:
        counted([write_fastq(tmp_path / "a.fastq", [AMPLICON])])
    assert (caught.value.problems[0].place, caught.value.problems[0].found) == ("record 1", "a name without a UMI")
    with pytest.raises(ProgramError, match="record 2"):
        counted(named(tmp_path, [("ACGT", AMPLICON), ("ACGT", "AC*T")]))


def test_reads_of_which_none_can_be_used(tmp_path):
    q = counted(named(tmp_path, [("NNNN", AMPLICON)] * 3))
    assert (q.reads_in, conserved(q).unusable) == (0, 3)
    assert {f["flag"] for f in flags(q)} >= {"umi_unusable"}


def test_family_sizes_are_those_that_were_drawn(tmp_path):
    reads = [(u, AMPLICON) for u, n in (("AAAACC", 4), ("GGTTGG", 2), ("CTCTCT", 2)) for _ in range(n)]
    assert Counter(dict(counted(named(tmp_path, reads)).reads.umi.sizes)) == {4: 1, 2: 2}


def test_filtered_reads_are_not_unusable_too(tmp_path):
    reads = ["ACGT" + AMPLICON, "ACG", "ACNT" + AMPLICON]
    u = conserved(counted([write_fastq(tmp_path / "a.fastq", reads)], prefix=4))
    assert (u.filtered, u.unusable, u.in_families) == ({"no_bases": 1}, 1, 1)
