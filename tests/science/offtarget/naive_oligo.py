"""Plain Python oracle of the oligonucleotide search: every molecule, every anchor, every alignment by recursion."""

PAIR = {"A": "T", "C": "G", "G": "C", "T": "A"}


def alignments(oligo, rna, anchor, limits):
    """(key, first, end, columns) of every alignment at an anchor of one molecule; told from the oligo's 5' end."""
    most_m, most_t, most_o, trim = limits
    size = len(oligo)
    found = []

    def go(i, at, a, columns, m, t, o):
        b = size - i
        if columns and columns[-1] < 2 and a + b <= trim and i > a:
            edits, bulged = m + t + o + a + b, t + o
            found.append(((edits, bulged, a + b, t, a, tuple(columns)), at + 1, anchor - a + 1, (m, t, o, a, b)))
        base = rna[at] if 0 <= at < len(rna) and rna[at] in PAIR else None
        if i < size and base:
            differs = PAIR[oligo[i]] != base
            if m + differs <= most_m:
                go(i + 1, at - 1, a, [*columns, int(differs)], m + differs, t, o)
        if columns and base and t < most_t and columns[-1] != 3:
            go(i, at - 1, a, [*columns, 2], m, t + 1, o)
        if columns and i < size and o < most_o and columns[-1] != 2:
            go(i + 1, at, a, [*columns, 3], m, t, o + 1)

    for a in range(trim + 1):
        go(a, anchor - a, a, [], 0, 0, 0)
    return found


def best(oligo, rna, anchor, limits):
    found = alignments(oligo, rna, anchor, limits)
    return min(found) if found else None


def reverse_complement(text):
    return "".join(PAIR.get(x, "N") for x in reversed(text))


def search(oligo, genome, transcripts, limits):
    """{(contig, strand, blocks): (key, counts, site, unspliced ids, spliced ids)} for transcripts
    (id, contig, strand, exons)."""
    found = {}
    for name, contig, strand, exons in transcripts:
        whole = genome[contig].upper()
        for kind, parts in (("spliced", exons), ("unspliced", ((exons[0][0], exons[-1][1]),))):
            places = [p for s, e in parts for p in range(s, e)]
            rna = "".join(whole[p] for p in places)
            if strand == "-":
                rna, places = reverse_complement(rna), places[::-1]
            for anchor in range(len(rna) + limits[3]):
                one = best(oligo, rna, anchor, limits)
                if one is None:
                    continue
                key, first, end, counts = one
                blocks = runs(sorted(places[first:end]))
                place = (contig, strand, blocks)
                old = found.get(place)
                if old is None or key < old[0]:
                    old = found[place] = (key, counts, rna[first:end], *(old[3:] if old else (set(), set())))
                old[4 if kind == "spliced" else 3].add(name)
    return found


def runs(places):
    made = []
    for p in places:
        if made and made[-1][1] == p:
            made[-1][1] = p + 1
        else:
            made.append([p, p + 1])
    return tuple((s, e) for s, e in made)
