"""GFF3 and GTF to transcript records: what the annotation says, before any genome is looked at.

Sources: GFF3 specification 1.26 (Sequence Ontology); GTF 2.2 (Washington University), whose CDS leaves out the stop
codon. Names and tags are read as NCBI, Ensembl and GENCODE write them. Rows are 1-based and inclusive in the file,
0-based and half-open here. All faults of a file are reported together.

Cannot see: alignments with gaps between transcript and genome (reported as a note where the annotation says so),
trans-splicing, and whether the annotation fits the genome's build.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from proband.core.errors import Problem, ProgramError

_GTF = re.compile(r'\s*(\w+)\s+(?:"([^"]*)"|([^\s";]+))\s*(?:;|$)')
_PARTS = ("exon", "CDS", "stop_codon")
_SHOWN = 20
_PREFIX = re.compile(r"(?:transcript|rna|gene|mRNA)[:-]")


@dataclass(frozen=True, slots=True)
class TranscriptRecord:
    """One transcript as annotated: intervals 0-based half-open; `cds` as (start, end, phase or None).

    `stop_excluded` says that the format leaves the stop codon out of `cds`. `coding_before` is the number of coding
    bases known to be missing at the 5' end of a partial transcript; no annotation format states it, its user may.
    """

    id: str
    contig: str
    strand: str
    exons: tuple[tuple[int, int], ...]
    cds: tuple[tuple[int, int, int | None], ...] = ()
    gene: str = ""
    gene_id: str = ""
    protein_id: str = ""
    tags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    codon_table: int | None = None
    partial_start: bool = False
    partial_stop: bool = False
    stop_excluded: bool = False
    coding_before: int = 0


@dataclass(slots=True)
class _Feature:
    kind: str
    parent: str
    attributes: dict[str, str]


@dataclass(slots=True)
class _Parts:
    places: set[tuple[str, str]] = field(default_factory=set)
    rows: dict[str, list[tuple[int, int, int | None]]] = field(default_factory=lambda: {p: [] for p in _PARTS})
    attributes: dict[str, str] = field(default_factory=dict)


class _Reader:
    def __init__(self, file: str, genes: Collection[str] | None, transcripts: Collection[str] | None) -> None:
        self.file, self.genes, self.transcripts = file, genes, transcripts
        self.features: dict[str, _Feature] = {}
        self.parts: dict[str, _Parts] = {}
        self.unwanted: set[str] = set()
        self.problems: list[Problem] = []
        self.more = 0
        self.gtf: bool | None = None

    def report(self, number: int, found: str, expected: str, remedy: str) -> None:
        if len(self.problems) < _SHOWN:
            self.problems.append(Problem(self.file, f"line {number}", found[:120], expected, remedy))
        else:
            self.more += 1

    def read(self, lines: Iterator[str]) -> None:
        for number, line in enumerate(lines, start=1):
            if line.startswith("##FASTA"):
                break
            if not line.startswith("#") and line.strip():
                self._row(number, line.rstrip("\r\n").split("\t"))

    def _row(self, number: int, row: list[str]) -> None:
        if len(row) != 9:
            self.report(number, f"{len(row)} columns", "nine, separated by tabs", "give a GFF3 or GTF file")
            return
        contig, _, kind, start, end, _, strand, phase, text = row
        if self.gtf is None:
            self.gtf = bool(_GTF.match(text)) and "=" not in text.partition(";")[0]
        attributes = _gtf(text) if self.gtf else _gff3(text)
        if kind not in _PARTS:
            if not self.gtf and "ID" in attributes:
                self._feature(kind, attributes)
            elif self.gtf and kind == "transcript" and "transcript_id" in attributes:
                self._part(attributes["transcript_id"], attributes, (contig, strand))
            return
        if not (start.isdigit() and end.isdigit() and 1 <= int(start) <= int(end) < 1 << 40):
            self.report(number, f"{start} to {end}", "1 <= start <= end", "mend the row")
        elif strand not in ("+", "-"):
            self.report(number, f"strand {strand}", "+ or -", "mend the row")
        elif phase not in ("0", "1", "2", "."):
            self.report(number, f"phase {phase}", "0, 1, 2 or .", "mend the row")
        else:
            interval = (int(start) - 1, int(end), int(phase) if phase != "." else None)
            self._store(number, kind, (contig, strand), interval, attributes)

    def _store(
        self,
        number: int,
        kind: str,
        place: tuple[str, str],
        interval: tuple[int, int, int | None],
        attributes: dict[str, str],
    ) -> None:
        parents = attributes.get("transcript_id" if self.gtf else "Parent", "")
        if not parents:
            expected = 'transcript_id "..."' if self.gtf else "Parent=..."
            self.report(number, f"{kind} without a transcript", expected, "name the transcript of the row")
            return
        for parent in [parents] if self.gtf else parents.split(","):
            parts = self._part(parent, attributes, place)
            if parts is not None:
                parts.rows[kind].append(interval)

    def _part(self, parent: str, attributes: dict[str, str], place: tuple[str, str]) -> _Parts | None:
        if parent in self.unwanted:
            return None
        if parent not in self.parts and self.gtf and not self._wanted(_named(parent, attributes, self.gtf), attributes):
            self.unwanted.add(parent)
            return None
        parts = self.parts.setdefault(parent, _Parts())
        parts.places.add(place)
        for key, value in attributes.items():
            parts.attributes.setdefault(key, value)
        return parts

    def _feature(self, kind: str, attributes: dict[str, str]) -> None:
        parent = attributes.get("Parent", "")
        self.features[attributes["ID"]] = _Feature(kind, parent, attributes)
        gene = self.features.get(parent)
        if gene is not None and not self._wanted(
            _named(attributes["ID"], attributes, False), {**gene.attributes, **_only(attributes, "gene", "gene_name")}
        ):
            self.unwanted.add(attributes["ID"])
            del self.features[attributes["ID"]]

    def _wanted(self, name: str, gene: dict[str, str]) -> bool:
        if self.transcripts is not None and name not in self.transcripts:
            return False
        return self.genes is None or bool(_gene_names(gene) & set(self.genes))

    def records(self) -> Iterator[TranscriptRecord]:
        for key, parts in self.parts.items():
            feature = self.features.get(key)
            gene = self.features.get(feature.parent) if feature else None
            if feature is not None and gene is None and not feature.parent:
                gene = feature
            attributes = parts.attributes | (feature.attributes if feature else {})
            about = (gene.attributes if gene else {}) | _only(attributes, "gene", "gene_name", "gene_id")
            name = _named(key, attributes, bool(self.gtf))
            if len(parts.places) > 1:
                found = ", ".join(f"{c} ({s})" for c, s in sorted(parts.places))
                self.problems.append(
                    Problem(self.file, f"transcript {name}", found, "one contig and strand", "keep one place")
                )
            elif self._wanted(name, about) and (parts.rows["exon"] or parts.rows["CDS"]):
                yield _record(name, parts, attributes, about, bool(self.gtf))


def _only(attributes: dict[str, str], *keys: str) -> dict[str, str]:
    return {k: attributes[k] for k in keys if k in attributes}


def _gene_names(gene: dict[str, str]) -> set[str]:
    names = {gene[k] for k in ("gene", "gene_name", "gene_id", "Name", "ID") if k in gene}
    return names | {_PREFIX.sub("", n, count=1) for n in names} | {n.partition(".")[0] for n in names}


def _gff3(text: str) -> dict[str, str]:
    found = {}
    for item in text.split(";"):
        key, equals, value = item.strip().partition("=")
        if equals:
            found[key] = unquote(value) if "%" in value else value
    return found


def _gtf(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, quoted, plain in _GTF.findall(text):
        value = quoted or plain
        found[key] = f"{found[key]},{value}" if key == "tag" and key in found else value
    return found


def _named(key: str, attributes: dict[str, str], gtf: bool) -> str:
    """The transcript's accession with its version, as Ensembl keeps the two apart."""
    name = attributes.get("transcript_id", "") or ("" if gtf else attributes.get("Name", ""))
    name = name or _PREFIX.sub("", key, count=1)
    version = attributes.get("transcript_version" if gtf else "version", "")
    return f"{name}.{version}" if version.isdigit() and "." not in name else name


def _record(name: str, parts: _Parts, attributes: dict[str, str], gene: dict[str, str], gtf: bool) -> TranscriptRecord:
    ((contig, strand),) = parts.places
    coding = sorted({(s, e): p for s, e, p in parts.rows["CDS"]}.items())
    cds: tuple[tuple[int, int, int | None], ...] = tuple((s, e, p) for (s, e), p in coding)
    stops = parts.rows["stop_codon"]
    cds = _join(cds, stops) if gtf and cds else cds
    exons = tuple(sorted((s, e) for s, e, _ in parts.rows["exon"])) or tuple((s, e) for s, e, _ in cds)
    tags = tuple(x for x in attributes.get("tag", "").split(",") if x)
    table = attributes.get("transl_table", "")
    keys = ("exception", "Note", "note")
    symbol = next((gene[k] for k in ("gene", "gene_name", "Name", "gene_id", "ID") if gene.get(k)), "")
    partial = attributes.get("partial") == "true"
    low, high = "start_range" in attributes, "end_range" in attributes
    first, last = (low, high) if strand == "+" else (high, low)
    return TranscriptRecord(
        id=name,
        contig=contig,
        strand=strand,
        exons=exons,
        cds=cds,
        gene=_PREFIX.sub("", symbol, count=1),
        gene_id=gene.get("gene_id", "") or _PREFIX.sub("", gene.get("ID", ""), count=1),
        protein_id=attributes.get("protein_id", ""),
        tags=tags,
        notes=tuple(attributes[k] for k in keys if k in attributes),
        codon_table=int(table) if table.isdigit() else None,
        partial_start="cds_start_NF" in tags or (partial and first),
        partial_stop="cds_end_NF" in tags or (partial and last),
        stop_excluded=gtf and not stops,
    )


def _join(
    cds: tuple[tuple[int, int, int | None], ...], stops: list[tuple[int, int, int | None]]
) -> tuple[tuple[int, int, int | None], ...]:
    """Coding parts with the stop codon's; a stop that touches a part lengthens it."""
    joined: list[tuple[int, int, int | None]] = []
    for start, end, phase in sorted([*cds, *stops], key=lambda x: x[:2]):
        if joined and start <= joined[-1][1]:
            low, high, kept = joined[-1]
            joined[-1] = (
                low,
                max(high, end),
                phase if (start, end, phase) in cds and (low, high, kept) in stops else kept,
            )
        else:
            joined.append((start, end, phase))
    return tuple(joined)


def read_annotation(
    path: str | Path, *, genes: Collection[str] | None = None, transcripts: Collection[str] | None = None
) -> tuple[TranscriptRecord, ...]:
    """Transcripts of a GFF3 or GTF file (.gz too), all or those of the named genes or transcripts.

    A gene is named by symbol or id, a transcript by accession with version. With names given, what is not asked for
    is not kept in memory. Raises ``ProgramError`` with every fault at once, and when a name is not found.

    >>> import tempfile, os
    >>> name = os.path.join(tempfile.mkdtemp(), "a.gtf")
    >>> row = 'c1\\tx\\texon\\t1\\t9\\t.\\t+\\t.\\tgene_id "G"; transcript_id "T.1";\\n'
    >>> with open(name, "w") as handle:
    ...     _ = handle.write(row)
    >>> [(t.id, t.exons) for t in read_annotation(name)]
    [('T.1', ((0, 9),))]
    """
    path = Path(path)
    reader = _Reader(path.name, genes, transcripts)
    found: list[TranscriptRecord] = []
    try:
        with path.open("rb") as handle:
            zipped = handle.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rt", encoding="utf-8") if zipped else path.open(encoding="utf-8") as text:
            reader.read(iter(text))
        found = list(reader.records())
    except (EOFError, gzip.BadGzipFile, zlib.error) as fault:
        reader.report(0, f"gzip: {fault}", "a whole gzip file", "copy the file again")
    except UnicodeDecodeError:
        reader.report(0, "bytes that are not text", "a GFF3 or GTF file", "give the annotation")
    except OSError as fault:
        reader.report(0, str(fault.strerror), "a GFF3 or GTF file", "check the path")
    if reader.more:
        reader.problems.append(Problem(path.name, "", f"{reader.more} more faults", "none", "mend the above first"))
    if not reader.problems:
        reader.problems += _not_found(path.name, found, genes, transcripts)
    if reader.problems:
        raise ProgramError(reader.problems)
    return tuple(found)


def _not_found(
    file: str, found: list[TranscriptRecord], genes: Collection[str] | None, transcripts: Collection[str] | None
) -> list[Problem]:
    remedy = "check the spelling and the version, or give the annotation that has it"
    have = {t.id for t in found}
    symbols = set().union(*(_gene_names({"gene": t.gene, "gene_id": t.gene_id}) for t in found))
    missing = [f"transcript {t}" for t in transcripts or () if t not in have]
    missing += [f"gene {g}" for g in genes or () if g not in symbols]
    if not missing and not found:
        missing = ["no transcript"]
    return [Problem(file, m, "not there", "a transcript with exons", remedy) for m in missing]
