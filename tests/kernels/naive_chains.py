"""The way of a read through a reference, as plainly as it can be written: for comparison with the kernels."""

from proband.kernels import anchors, chains


def anchors_of(read, tracks, most):
    """Maximal exact matches of at least a seed, by read start and place; seeds with too many places begin none."""
    k, places, offset = anchors.SEED, {}, 0
    for t, track in enumerate(tracks):
        for p in range(len(track) - k + 1):
            word = tuple(track[p : p + k])
            if max(word) < 4:
                places.setdefault(word, []).append((offset + p, t))
        offset += len(track)
    starts = [sum(len(x) for x in tracks[:t]) for t in range(len(tracks))]
    found, left_out = [], True
    for i in range(len(read) - k + 1):
        word = tuple(read[i : i + k])
        if max(word) > 3:
            left_out = True
            continue
        here = places.get(word, [])
        if len(here) > most:
            left_out = True
            continue
        for p, t in here:
            local = p - starts[t]
            before = i > 0 and local > 0 and read[i - 1] == tracks[t][local - 1]
            if before and not left_out:
                continue
            size = 0
            while (
                i + size < len(read)
                and local + size < len(tracks[t])
                and read[i + size] == tracks[t][local + size]
                and read[i + size] < 4
            ):
                size += 1
            found.append((i, p, size, t))
        left_out = False
    return found


def best_chain(found):
    """Score and members of the best chain, by every pair."""
    score, before = [], []
    for j, (start, place, size, track) in enumerate(found):
        best, link = size, -1
        for i in reversed(range(j)):
            s, p, n, t = found[i]
            if s >= start or s + n >= start + size:
                continue
            overlap, cost = max(s + n - start, 0), chains.SWITCH
            if t == track:
                d = (place - start) - (p - s)
                cost = 0 if d == 0 else min(2 * abs(d), 16 + 2 * (abs(d).bit_length() - 1))
                if abs(d) < chains.JOIN:
                    overlap = max(overlap, p + n - place)
            if size - overlap > 0 and score[i] + size - overlap - cost > best:
                best, link = score[i] + size - overlap - cost, i
        score.append(best)
        before.append(link)
    if not score:
        return 0, []
    j, members = score.index(max(score)), []
    top = score[j]
    while j >= 0:
        members.append(j)
        j = before[j]
    return top, members[::-1]


def edits(read, bases):
    """Least edit distance of each prefix of `read` to any prefix of `bases`, in the full matrix."""
    row = list(range(len(bases) + 1))
    made = [min(row)]
    for i, letter in enumerate(read, start=1):
        now = [i]
        for j, other in enumerate(bases, start=1):
            now.append(min(row[j] + 1, now[-1] + 1, row[j - 1] + (letter != other)))
        row = now
        made.append(min(row))
    return made


def best_split(left, right, n):
    """Least cost over every split of n bases, with or without a stretch that fits neither side."""
    direct = min(left[k] + right[n - k] for k in range(n + 1))
    apart = [
        left[a] + right[n - b] + chains.OPEN_STRETCH + chains.STRETCH * (b - a)
        for a in range(n + 1)
        for b in range(a + 1, n + 1)
    ]
    return min([direct, *apart])
