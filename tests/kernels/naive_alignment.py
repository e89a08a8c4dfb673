"""The alignment rule of ``kernels/align.py`` written as plainly as possible, over the full matrix."""

NONE = -(10**8)
LETTERS = "ACGTN"


def letter_score(a, b):
    if "N" in (a, b):
        return -1 if a == b else -2
    return 5 if a == b else -4


def fill(read, amplicon, cuts):
    """Values of the states paired, inserted and deleted, and from where each came."""
    n, m = len(read), len(amplicon)
    value = [[[NONE] * (m + 1) for _ in range(n + 1)] for _ in range(3)]
    source = [[[0] * (m + 1) for _ in range(n + 1)] for _ in range(3)]
    value[0][0][0] = 0
    for i in range(1, n + 1):
        value[1][i][0], source[1][i][0] = -2 * i, 1 if i > 1 else 0
    for j in range(1, m + 1):
        value[2][0][j], source[2][0][j] = -2 * j, 2 if j > 1 else 0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            x, y, z = (value[s][i - 1][j - 1] for s in range(3))
            state = 0 if x > y and x > z else 2 if z > y else 1
            value[0][i][j] = (x, y, z)[state] + letter_score(read[i - 1], amplicon[j - 1])
            source[0][i][j] = state
            opening = -2 if i == n or j == m else -20
            extended = value[1][i - 1][j] - 2 + (j in cuts)
            opened = value[0][i - 1][j] + opening + (j in cuts)
            value[1][i][j], source[1][i][j] = (opened, 0) if opened > extended else (extended, 1)
            extended = value[2][i][j - 1] - 2
            opened = value[0][i][j - 1] + opening + (j - 1 in cuts)
            value[2][i][j], source[2][i][j] = (opened, 0) if opened > extended else (extended, 2)
    return value, source


def align(read, amplicon, cuts=()):
    """The two rows of the alignment and its score."""
    value, source = fill(read, amplicon, set(cuts))
    i, j = len(read), len(amplicon)
    x, y, z = (value[s][i][j] for s in range(3))
    state = 0 if x > y and x > z else 2 if z > y else 1
    upper, lower = [], []
    while i or j:
        came = source[state][i][j]
        upper.append("-" if state == 2 else read[i - 1])
        lower.append("-" if state == 1 else amplicon[j - 1])
        i, j, state = i - (state != 2), j - (state != 1), came
    return "".join(reversed(upper)), "".join(reversed(lower)), max(x, y, z)
