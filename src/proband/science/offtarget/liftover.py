"""Places moved from one build to another by a UCSC chain file; what does not move is told with its reason.

A chain aligns a stretch of the old build (there called target) with one of the new build (query) in blocks without
gaps: UCSC Genome Browser, "Chain Format" (recalled). An interval moves when one chain holds all its bases in one block;
the chain of the highest score is taken. That is stricter than tools that lift an interval by its two ends across a gap:
a site is 23 bases or so, and one with an insertion or a deletion inside is another sequence.

Cannot see: whether the sequence is the same in both builds (merging aligns it to the spacer afterwards, where a genome
is given), and which of several good chains is meant.
"""

from __future__ import annotations

import gzip
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from proband.core.errors import Problem, ProgramError
from proband.science.sequence.genome import chromosome

MOST_LINES = 20_000_000
"""Lines of the largest chain file that is read; hg19 to hg38 has about a million."""
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Place:
    """An interval on a strand, 0-based half-open; `strand` is "" where it is not stated."""

    contig: str
    start: int
    end: int
    strand: str = ""


@dataclass(frozen=True, slots=True)
class Lifted:
    """Where a place lies in the new build, or None with the reason in words."""

    place: Place | None
    reason: str = ""


@dataclass(slots=True)
class _Chain:
    score: int
    contig: str
    size: int
    strand: str
    new_size: int
    line: int
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    news: list[int] = field(default_factory=list)


class Chains:
    """The chains of a file, by contig of the old build; made by `read_chains`."""

    def __init__(self, file: str, chains: dict[str, list[_Chain]], sizes: dict[str, int]) -> None:
        self.file = file
        self._chains = {c: sorted(held, key=lambda x: (-x.score, x.line)) for c, held in chains.items()}
        self._sizes = sizes

    @property
    def contigs(self) -> tuple[str, ...]:
        """Contigs of the old build that have a chain, in the order of the file."""
        return tuple(self._chains)

    def lift(self, place: Place) -> Lifted:
        """The place in the new build; strands are turned where the chain is reversed.

        A contig that the chain file spells otherwise (``1`` for ``chr1``) is taken as the same one.
        """
        if place.contig not in self._chains:
            same = [c for c in self._chains if chromosome(c) == chromosome(place.contig)]
            if len(same) != 1:
                return Lifted(None, f"no chain for contig {place.contig[:60]}")
            place = replace(place, contig=same[0])
        if not 0 <= place.start < place.end <= self._sizes[place.contig]:
            size = self._sizes[place.contig]
            return Lifted(
                None, f"outside of {place.contig}, which has {size:,} bases in the chain file: another build?"
            )
        partly = False
        for chain in self._chains[place.contig]:
            i = bisect_right(chain.starts, place.start) - 1
            if i >= 0 and place.end <= chain.ends[i]:
                return Lifted(_moved(chain, i, place))
            j = bisect_right(chain.starts, place.end - 1) - 1
            partly = partly or j != i or (i >= 0 and place.start < chain.ends[i])
        return Lifted(None, "partly in a gap of the alignment of the builds" if partly else "not in the new build")


def _moved(chain: _Chain, block: int, place: Place) -> Place:
    low = chain.news[block] + place.start - chain.starts[block]
    high = low + place.end - place.start
    if chain.strand == "+":
        return Place(chain.contig, low, high, place.strand)
    turned = {"+": "-", "-": "+"}.get(place.strand, "")
    return Place(chain.contig, chain.new_size - high, chain.new_size - low, turned)


def read_chains(path: str | Path) -> Chains:
    """The chains of a file (.gz too). Raises ``ProgramError`` with its faults: lines, sums, truncation.

    >>> import tempfile, os
    >>> name = os.path.join(tempfile.mkdtemp(), "a.chain")
    >>> _ = Path(name).write_text("chain 9 c1 100 + 10 40 d1 90 - 0 30 1\\n30\\n\\n")
    >>> read_chains(name).lift(Place("c1", 12, 15, "+")).place
    Place(contig='d1', start=85, end=88, strand='-')
    """
    path = Path(path)
    problems: list[Problem] = []
    reader = _Reader(path.name, problems)
    try:
        with path.open("rb") as handle:
            zipped = handle.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rt", encoding="ascii") if zipped else path.open(encoding="ascii") as lines:
            reader.read(lines)
    except (EOFError, gzip.BadGzipFile, zlib.error) as e:
        problems.append(Problem(path.name, "gzip", str(e), "a whole gzip file", "copy the file again"))
    except UnicodeDecodeError:
        problems.append(Problem(path.name, "", "bytes that are not ASCII", "a UCSC chain file", "give the chain file"))
    except OSError as e:
        problems.append(Problem(path.name, "", (e.strerror or "").lower(), "a UCSC chain file", "check the path"))
    if not problems and not reader.chains:
        problems.append(Problem(path.name, "", "no chain", "a UCSC chain file", "give the chain file"))
    if problems:
        raise ProgramError(problems[:_SHOWN])
    return Chains(path.name, reader.chains, reader.sizes)


class _Reader:
    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file, self.problems = file, problems
        self.chains: dict[str, list[_Chain]] = {}
        self.sizes: dict[str, int] = {}

    def report(self, number: int, found: str, expected: str) -> None:
        remedy = "give the chain file as its maker wrote it"
        self.problems.append(Problem(self.file, f"line {number}", found[:80], expected, remedy))

    def read(self, lines: Iterable[str]) -> None:
        """Chains, each a header and its blocks up to an empty line."""
        held: list[tuple[int, list[str]]] = []
        for number, line in enumerate(lines, start=1):
            words = line.split()
            if number > MOST_LINES or len(self.problems) >= _SHOWN:
                break
            if words and not line.startswith("#"):
                if words[0] == "chain" and held:
                    self._chain(held)
                    held = []
                held.append((number, words))
        if held:
            self._chain(held)

    def _chain(self, rows: list[tuple[int, list[str]]]) -> None:
        number, head = rows[0]
        numbers = [head[i] for i in (1, 3, 5, 6, 8, 10, 11)] if len(head) in (12, 13) and head[0] == "chain" else []
        if (
            not numbers
            or not all(x.isdigit() and len(x) < 18 for x in numbers)
            or head[4] != "+"
            or head[9] not in "+-"
        ):
            self.report(number, " ".join(head), "chain score name size + start end name size strand start end id")
            return
        score, size, start, end, new_size, new_start, new_end = map(int, numbers)
        if not (0 <= start < end <= size and 0 <= new_start < new_end <= new_size):
            self.report(number, " ".join(head), "starts before ends, within the sizes")
            return
        if self.sizes.setdefault(head[2], size) != size:
            self.report(number, f"{head[2]} of {size} bases, before of {self.sizes[head[2]]}", "one size for a contig")
            return
        chain = _Chain(score, head[7], size, head[9], new_size, number)
        at, new = start, new_start
        for block in self._blocks(rows[1:]):
            chain.starts.append(at)
            chain.ends.append(at + block[0])
            chain.news.append(new)
            at, new = at + block[0] + block[1], new + block[0] + block[2]
        if (at, new) != (end, new_end):
            self.report(number, f"blocks that end at {at} and {new}", f"{end} and {new_end}, as the header says")
        elif any(a > b for a, b in pairwise(chain.starts)):
            self.report(number, "blocks out of order", "ascending blocks")
        else:
            self.chains.setdefault(head[2], []).append(chain)

    def _blocks(self, rows: list[tuple[int, list[str]]]) -> Iterator[tuple[int, int, int]]:
        for i, (number, words) in enumerate(rows):
            last = i == len(rows) - 1
            if len(words) != (1 if last else 3) or not all(w.isdigit() and len(w) < 18 for w in words):
                self.report(number, " ".join(words), "a size alone" if last else "size, gap, gap")
                return
            yield (int(words[0]), 0, 0) if last else (int(words[0]), int(words[1]), int(words[2]))
