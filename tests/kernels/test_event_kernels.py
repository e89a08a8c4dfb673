"""Events, their equal places and the lines of the table, each against a naive twin that reads the aligned text."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.kernels import events as kernel
from proband.kernels import lines
from proband.science.amplicon.alignment import encoded


@st.composite
def alignments(draw):
    """An alignment as text, with any gaps that do not touch each other, a window, and cuts."""
    letters = draw(st.sampled_from(["ACGTN", "AC", "A"]))
    upper, lower, before = "", "", "-"
    for kind in draw(st.lists(st.sampled_from("=x=id"), min_size=1, max_size=9)):
        piece = draw(st.text(letters, min_size=1, max_size=4))
        if kind in "id" and before in "id":
            continue
        before = kind
        other = draw(st.text(letters, min_size=len(piece), max_size=len(piece))) if kind == "x" else piece
        upper += "-" * len(piece) if kind == "d" else piece
        lower += "-" * len(piece) if kind == "i" else other
    upper, lower = upper + "ACCA", lower + "ACCA"
    size = len(lower.replace("-", ""))
    window = draw(st.sets(st.integers(0, size - 1), max_size=size))
    if draw(st.booleans()):
        window = set(range(min(window, default=0), size))
    return upper, lower, window, draw(st.lists(st.integers(1, size - 1), max_size=2))


def naive_events(upper, lower, window):
    """(kind, start, end, bases, counted) of every event, and flags, from the text."""
    found, j, k = [], 0, 0
    while k < len(upper):
        stop = k
        if lower[k] == "-":
            while stop < len(lower) and lower[stop] == "-":
                stop += 1
            if j > 0 and stop < len(lower):
                found.append((1, j, j, upper[k:stop], j - 1 in window and j in window))
            k = stop
            continue
        if upper[k] == "-":
            while stop < len(upper) and upper[stop] == "-":
                stop += 1
            size = stop - k
            found.append((2, j, j + size, "", any(p in window for p in range(j, j + size))))
            j, k = j + size, stop
            continue
        if "N" not in (upper[k], lower[k]) and upper[k] != lower[k]:
            found.append((3, j, j + 1, upper[k], j in window))
        j, k = j + 1, k + 1
    return found


def as_gaps(upper, lower):
    gaps, j, k = [], 0, 0
    while k < len(upper):
        row = lower if lower[k] == "-" else upper
        stop = k
        while stop < len(row) and row[stop] == "-":
            stop += 1
        if stop > k:
            gaps.append((1 if row is lower else 2, j, stop - k))
            j += 0 if row is lower else stop - k
            k = stop
        else:
            j, k = j + 1, k + 1
    return np.array(gaps, np.int32).reshape(-1, 3)


def equal_places(amplicon, start, end, bases):
    """All starts at which the same event gives the same sequence, by trying each of them."""
    made = amplicon[:start] + bases + amplicon[end:]
    size, found = end - start, set()
    for s in range(len(amplicon) - size + 1):
        more = made[s : s + len(bases)]
        if amplicon[:s] + more + amplicon[s + size :] == made:
            found.add(s)
    low = high = start
    while low - 1 in found:
        low -= 1
    while high + 1 in found:
        high += 1
    return low, high


@settings(max_examples=600)
@given(alignments(), st.booleans())
def test_events_equal_those_read_from_the_text(made, anchor):
    upper, lower, window, cuts = made
    read, amplicon = upper.replace("-", ""), lower.replace("-", "")
    mask = np.zeros(len(amplicon), np.bool_)
    mask[list(window)] = True
    a, b, gaps = encoded(read), encoded(amplicon), as_gaps(upper, lower)
    rows = np.zeros((60, len(kernel.COLUMNS)), np.int32)
    found, flags, *sizes = kernel.read_events(a, b, gaps, np.array(cuts, np.int64), mask, anchor, rows)
    wanted = naive_events(upper, lower, window)
    assert found == len(wanted) == kernel.count_events(a, b, gaps)
    expected_flags, expected_sizes = 0, [0, 0, 0]
    for row, (kind, start, end, bases, counted) in zip(rows[:found], wanted, strict=True):
        assert row[: kernel.LENGTH].tolist() == [kind, start, end]
        if kind != kernel.SUBSTITUTION:
            low, high = equal_places(amplicon, start, end, bases)
            near = nearest(cuts, start, end)
            place = start if near is None else min(max(near, low), high)
            assert (row[kernel.LEFT], row[kernel.ANCHORED]) == (low, place)
            if anchor:
                moved = range(place, place + end - start)
                counted = place - 1 in window and place in window if kind == 1 else any(p in window for p in moved)
        if kind != kernel.DELETION:
            at, size = row[kernel.READ_START], row[kernel.LENGTH]
            assert read[at : at + size] == bases
        assert bool(row[kernel.COUNTED]) == counted
        if counted:
            expected_flags |= {1: 1, 2: 2, 3: 4}[kind]
            expected_sizes[{2: 0, 1: 1, 3: 2}[kind]] += row[kernel.LENGTH]
    assert (flags, sizes) == (expected_flags, expected_sizes)


def nearest(cuts, start, end):
    return min(cuts, key=lambda c: max(start - c, c - end, 0), default=None)


@given(alignments())
def test_counts_per_base_equal_those_read_from_the_text(made):
    upper, lower, _, _ = made
    read, amplicon = upper.replace("-", ""), lower.replace("-", "")
    table = np.zeros((6, len(amplicon)), np.int64)
    kernel.add_nucleotides(encoded(read), as_gaps(upper, lower), len(amplicon), 3, table)
    wanted = np.zeros_like(table)
    columns = [u for u, low in zip(upper, lower, strict=True) if low != "-"]
    for j, letter in enumerate(columns):
        wanted["ACGTN-".index(letter), j] += 3
    assert (table == wanted).all()


@given(alignments())
def test_rows_of_text_are_those_of_the_alignment(made):
    upper, lower, _, _ = made
    read, amplicon = encoded(upper.replace("-", "")), encoded(lower.replace("-", ""))
    into = np.zeros(200, np.uint8)
    for text, first in ((upper, True), (lower, False)):
        end = lines.put_row(read, amplicon, as_gaps(upper, lower), kernel.letter_names(), first, into, 2)
        assert into[2:end].tobytes().decode() == text + "\t"


@given(st.integers(0, 10**15), st.integers(1, 20))
def test_numbers_are_written_as_python_writes_them(value, digits):
    into = np.zeros(40, np.uint8)
    end = lines.put_number(value, digits, into, 1)
    assert into[1:end].tobytes().decode() == str(value).zfill(digits)


@given(st.lists(st.text("ACGTN", max_size=30), min_size=1, max_size=20))
def test_packed_bases_are_equal_where_the_bases_are(pieces):
    length = np.array([len(p) for p in pieces])
    begin = np.cumsum(length) - length
    into = np.empty(len(pieces), np.int64)
    lines.packed_bases(np.concatenate([encoded("A"), *map(encoded, pieces)])[1:], begin, length, into)
    for i, a in enumerate(pieces):
        assert (into[i] == -1) == (len(a) > lines.EXACT)
        for j, b in enumerate(pieces):
            assert len(a) > lines.EXACT or (into[i] == into[j]) == (a == b)
