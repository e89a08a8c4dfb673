"""Profile `compatible` against its rules written out once more, slowly: full matrices, both strands, text alignments.

Rules: Clement et al., Nature Biotechnology 2019;37:224-226, as stated in ``kernels/align.py`` and ``targets.py``;
nothing here is taken from the code under test.
"""

import random

import pytest
from amplicon_cases import write_fastq

from proband.core.errors import ProgramError
from proband.science.amplicon.quantify import Settings, quantify
from proband.science.amplicon.targets import Target, Window, amplicons_of

LOW = -(10**9)
KINDS = ("insertions", "deletions", "substitutions")
TURN = str.maketrans("ACGTN", "TGCAN")


def turned(sequence):
    return sequence.translate(TURN)[::-1]


def letters(a, b):
    if "N" in (a, b):
        return -1 if a == b else -2
    return 5 if a == b else -4


def choice(paired, inserted, deleted):
    if paired > inserted and paired > deleted:
        return 0
    return 2 if deleted > inserted else 1


def aligned(read, amplicon, cuts):
    """The two rows of the best alignment; states 0 paired, 1 inserted, 2 deleted."""
    n, m = len(read), len(amplicon)
    value = {(s, i, j): LOW for s in range(3) for i in range(n + 1) for j in range(m + 1)}
    came, value[0, 0, 0] = {}, 0
    for i in range(n + 1):
        for j in range(m + 1):
            opening = -2 if i in (0, n) or j in (0, m) else -20
            if i and j:
                before = [value[s, i - 1, j - 1] for s in range(3)]
                came[0, i, j] = choice(*before)
                value[0, i, j] = max(before) + letters(read[i - 1], amplicon[j - 1])
            if i:
                gain = int(j in cuts)
                opened, more = value[0, i - 1, j] + opening + gain, value[1, i - 1, j] - 2 + gain
                value[1, i, j], came[1, i, j] = max(opened, more), 0 if opened > more else 1
            if j:
                opened, more = value[0, i, j - 1] + opening + int(j - 1 in cuts), value[2, i, j - 1] - 2
                value[2, i, j], came[2, i, j] = max(opened, more), 0 if opened > more else 2
    upper, lower, i, j = "", "", n, m
    state = choice(*(value[s, n, m] for s in range(3)))
    while i or j:
        last = came[state, i, j]
        upper = ("-" if state == 2 else read[i - 1]) + upper
        lower = ("-" if state == 1 else amplicon[j - 1]) + lower
        i, j, state = i - (state != 2), j - (state != 1), last
    return upper, lower


def homology(rows):
    return round(100 * sum(a == b for a, b in zip(*rows, strict=True)) / len(rows[0]), 3)


def best(read, amplicon, cuts):
    ways = [aligned(read, amplicon, cuts), aligned(turned(read), amplicon, cuts)]
    return max(ways, key=homology)


def events(upper, lower, window):
    found, j, before = set(), 0, ""
    for a, b in zip(upper, lower, strict=True):
        if b == "-":
            if before != "-" and j - 1 in window and j in window:
                found.add("insertions")
        else:
            if j in window and a == "-":
                found.add("deletions")
            elif j in window and a != b and "N" not in (a, b):
                found.add("substitutions")
            j += 1
        before = b
    return found


def counts(reads, alleles, least, ignored):
    """Counts per allele, ambiguous and unaligned reads, alignments; an allele is (sequence, cuts, window)."""
    made = [dict.fromkeys(("reads", "unmodified", "modified", *KINDS), 0) for _ in alleles]
    ambiguous, unaligned, shown_rows = 0, 0, set()
    for read in reads:
        ways = [best(read, sequence, cuts) for sequence, cuts, _ in alleles]
        passing = [homology(w) if homology(w) > least else -1 for w in ways]
        top = max(passing)
        if top < 0 or passing.count(top) > 1:
            unaligned += top < 0
            ambiguous += top >= 0
            continue
        k = passing.index(top)
        shown_rows.add(ways[k])
        shown = events(*ways[k], alleles[k][2]) - ignored
        made[k]["reads"] += 1
        made[k]["modified" if shown else "unmodified"] += 1
        for kind in shown:
            made[k][kind] += 1
    return made, ambiguous, unaligned, shown_rows


def cuts_of(amplicon, guides, centre):
    found = set()
    for guide in guides:
        for i in range(len(amplicon)):
            if amplicon[i : i + len(guide)] == guide:
                found.add(i + len(guide) + centre)
            if amplicon[i : i + len(guide)] == turned(guide):
                found.add(i - centre)
    return found


def window_of(amplicon, cuts, size):
    inner = set(range(15, len(amplicon) - 15))
    return {p for c in cuts for p in range(c - size, c + size)} & inner if cuts and size else inner


def other_allele(draw, amplicon, cuts, window):
    """An allele with two bases replaced, or seven put in, at a cut; its cuts and window are moved by hand."""
    at = draw.choice(sorted(cuts))
    if draw.random() < 0.5:
        changed = amplicon[:at].translate(str.maketrans("ACGT", "CATG"))[-1], amplicon[at].translate(TURN)
        return amplicon[: at - 1] + "".join(changed) + amplicon[at + 1 :], cuts, window
    by = {p: p + 7 if p >= at else p for p in range(len(amplicon) + 1)}
    sequence = amplicon[:at] + "GATTACA" + amplicon[at:]
    return sequence, {by[c - 1] + 1 for c in cuts}, {by[p] for p in window}


def mangled(draw, sequence, cuts):
    """A read with events near a cut, at the ends and anywhere, errors, N, on either strand."""
    read = list(sequence)
    for _ in range(draw.choice((0, 1, 1, 2))):
        near = draw.choice(sorted(cuts)) + draw.randint(-4, 4)
        at = min(near if draw.random() < 0.75 else draw.choice((0, 1, 2, 500, 499)), len(read) - 1)
        kind = draw.random()
        if kind < 0.4:
            del read[at : at + draw.choice((1, 1, 2, 3, 9, 20))]
        elif kind < 0.6:
            read[at:at] = read[at : at + draw.choice((1, 2, 4))]
        elif kind < 0.8:
            read[at:at] = draw.choices("ACGT", k=draw.choice((1, 2, 6, 15)))
        else:
            read[at] = draw.choice("ACGT")
    for letter, times in (("N", draw.choice((0, 0, 0, 1, 8))), ("", draw.choice((0, 0, 1, 3, 25)))):
        for _ in range(times):
            read[draw.randrange(len(read))] = letter or draw.choice("ACGT")
    cut_off = draw.choice((0, 0, 0, 0, 9, 25))
    text = "".join(read[cut_off:] if draw.random() < 0.5 else read[: len(read) - cut_off])
    return turned(text) if draw.random() < 0.4 else text


@pytest.mark.parametrize("seed", range(10))
def test_counts_are_those_of_the_rules(tmp_path, seed):
    draw = random.Random(seed)
    amplicon = "".join(draw.choices("ACGT", weights=(4, 2, 2, 2), k=draw.randint(60, 75)))
    places = [draw.randrange(16, len(amplicon) - 40) for _ in range(1 + seed % 2)]
    if seed % 2 == 0:  # runs at the cuts on either strand, so that the incentive decides where a gap lies
        p = places[0]
        amplicon = amplicon[:p] + "AAAAAAA" + amplicon[p + 7 : p + 13] + "ACACACA" + amplicon[p + 20 :]
    guides = [draw.choice((str, turned))(amplicon[p : p + 20]) for p in places]
    centre, size, least = draw.choice((-3, -3, -10)), (1, 1, 3, 0, 1, 7)[seed % 6], draw.choice((60, 60, 50, 80))
    ignored = {draw.choice(KINDS)} if seed % 3 == 0 else set()
    cuts = cuts_of(amplicon, guides, centre)
    alleles = [(amplicon, cuts, window_of(amplicon, cuts, size))]
    if seed % 5 > 1:
        alleles.append(other_allele(draw, *alleles[0]))
    reads = [mangled(draw, draw.choice(alleles)[0], cuts) for _ in range(30)]
    reads.append("".join(draw.choices("ACGT", k=60)))
    expected = alleles[1][0] if len(alleles) > 1 else ""
    target = Target("t", amplicon, tuple(guides), expected, window=Window(size, centre), least_identity=least)
    settings = Settings(anchored=False, covering=False, ignore=frozenset(ignored))
    made = quantify([write_fastq(tmp_path / "r.fq", reads)], amplicons_of([target], "compatible"), settings)
    got = [{k: getattr(c, k) for k in ("reads", "unmodified", "modified")} for c in made.counts]
    for row, c in zip(got, made.counts, strict=True):
        row |= {k: getattr(c, k) for k in KINDS}
    assert [a.window for a in made.amplicons] == [tuple(sorted(w)) for *_, w in alleles]
    wanted, *others = counts(reads, alleles, least, ignored)
    for row in [*wanted, *got]:
        for kind in ignored:
            row.pop(kind)
    rows = {(a.aligned_read, a.aligned_amplicon) for a in made.alleles()}
    assert (got, [made.ambiguous, made.unaligned, rows]) == (wanted, others)


def amplicon_of(seed=3, size=120):
    return "".join(random.Random(seed).choices("ACGT", k=size))


@pytest.mark.parametrize("profile", ["proband", "compatible"])
def test_a_window_in_which_nothing_can_count_is_refused(profile):
    """Without this every read of such an amplicon would be unmodified, whatever it shows."""
    sequence = amplicon_of()
    window = Window() if profile == "compatible" else Window(size=2)
    with pytest.raises(ProgramError) as told:
        amplicons_of([Target("t", sequence, (sequence[:14],), window=window)], profile)
    assert "outer 15 bases" in told.value.problems[0].found
    if profile == "compatible":
        with pytest.raises(ProgramError):
            amplicons_of([Target("t", sequence, window=Window(coordinates="0-3"))], profile)


def test_width_zero_is_the_whole_amplicon_and_coordinates_lack_its_ends():
    sequence = amplicon_of()
    (made,) = amplicons_of([Target("t", sequence, (sequence[40:60],), window=Window(size=0))], "compatible")
    assert made.window == tuple(range(15, 105))
    (made,) = amplicons_of([Target("t", sequence, window=Window(coordinates="10-16_104-110"))], "compatible")
    assert made.window == (15, 16, 104)


def test_an_expected_allele_on_the_other_strand_is_told():
    sequence = amplicon_of()
    allele = sequence[:50] + "GATTACA" + sequence[50:]
    assert len(amplicons_of([Target("t", sequence, (), allele)])) == 2
    with pytest.raises(ProgramError) as told:
        amplicons_of([Target("t", sequence, (), turned(allele))])
    (problem,) = told.value.problems
    assert problem.place == "expected allele"
    assert "reverse complement" in problem.remedy
