"""Off-target sites as Parquet, BED and VCF, from checked rows; equal rows give equal bytes.

- Parquet: the columns of the site table with their types, positions 1-based and inclusive as there.
- BED (UCSC): 0-based half-open; six columns, then counts and letters. The score is 1000 less 100 for each edit, not
  below 0: it shades a browser track, and is no probability.
  A site that the patient lost has score 0 and ``.`` for counts and letters.
- VCF 4.3: one record for each site with the symbolic allele ``<OFF_TARGET_SITE>``. As the format asks for symbolic
  alleles, POS is the base before the footprint, or its first base where it begins the contig, and REF that base (N
  where it is not given); END is the footprint's last base.

Cannot see: anything that the rows do not hold. A site is not a variant: VCF is here for tools that place records.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version

from proband.border import shown
from proband.core.errors import Problem, ProgramError
from proband.science.offtarget.site_rows import PATIENT, SiteRow

_CONTIG = re.compile(r"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*\Z")
ALLELE = "OFF_TARGET_SITE"
_BED = (
    "contig start end name score strand mismatches dna_bulges rna_bulges aligned_spacer aligned_protospacer pam class"
)

Bases = Callable[[str, int], str]
"""The base of a contig at a 0-based position, as one letter."""


def parquet_bytes(rows: Sequence[SiteRow]) -> bytes:
    """The site table as Parquet; patient columns are there where any row has them, empty cells are null.

    >>> parquet_bytes(())[:4]
    b'PAR1'
    """
    import polars

    text, number = polars.String, polars.Int64
    columns: dict[str, tuple[object, list[object]]] = {
        "contig": (text, [r.contig for r in rows]),
        "start": (number, [r.start + 1 for r in rows]),
        "end": (number, [r.end for r in rows]),
        "strand": (text, [r.strand for r in rows]),
        "pam_start": (number, [r.pam_start + 1 for r in rows]),
    }
    for name in ("guide", "spacer", "aligned_spacer", "aligned_protospacer", "pam"):
        columns[name] = (text, [getattr(r, name) or None for r in rows])
    for name in ("mismatches", "dna_bulges", "rna_bulges", "edits"):
        columns[name] = (polars.Int32, [getattr(r, name) for r in rows])
    columns["contig_class"] = (text, [r.contig_class or None for r in rows])
    for name in PATIENT:
        if any(name in r.patient for r in rows):
            columns[name] = (text, [r.patient.get(name) for r in rows])
    for name in dict.fromkeys(k for r in rows for k in r.more):
        columns[name] = (text, [r.more.get(name) for r in rows])
    frame = polars.DataFrame(
        {k: v for k, (_, v) in columns.items()}, schema={k: t for k, (t, _) in columns.items()}, strict=False
    )
    out = io.BytesIO()
    frame.write_parquet(out, compression="zstd")
    return out.getvalue()


def bed_text(rows: Sequence[SiteRow]) -> str:
    """BED6 with seven more columns by contig, in the order of their first row, and place; a comment names them.

    >>> bed_text(()).startswith("#contig")
    True
    """
    lines = ["#" + "\t".join(_BED.split())]
    order = {c: n for n, c in enumerate(dict.fromkeys(r.contig for r in rows))}
    for r in sorted(rows, key=lambda r: (order[r.contig], r.start, r.end)):
        name = re.sub(r"\s+", "_", r.guide)
        score = 0 if r.edits is None else max(0, 1000 - 100 * r.edits)
        cells = (
            r.contig, r.start, r.end, name, score, r.strand, r.mismatches, r.dna_bulges, r.rna_bulges, r.aligned_spacer,
            r.aligned_protospacer, r.pam, r.contig_class,
        )  # fmt: skip
        lines.append("\t".join("." if c in (None, "") else str(c) for c in cells))
    return "\n".join(lines) + "\n"


_HEAD = (
    f'##ALT=<ID={ALLELE},Description="A place that a guide could pair with; not a variant">',
    '##INFO=<ID=END,Number=1,Type=Integer,Description="Last base of the footprint: protospacer and PAM">',
    '##INFO=<ID=STRAND,Number=1,Type=String,Description="Strand of the protospacer">',
    '##INFO=<ID=GUIDE,Number=1,Type=String,Description="Name of the guide">',
    '##INFO=<ID=MISMATCHES,Number=1,Type=Integer,Description="Mismatches">',
    '##INFO=<ID=DNA_BULGES,Number=1,Type=Integer,Description="DNA bulge bases">',
    '##INFO=<ID=RNA_BULGES,Number=1,Type=Integer,Description="RNA bulge bases">',
    '##INFO=<ID=SPACER,Number=1,Type=String,Description="Aligned spacer, - for a DNA bulge">',
    '##INFO=<ID=PROTOSPACER,Number=1,Type=String,Description="Aligned protospacer, lower case for a mismatch">',
    '##INFO=<ID=PAM,Number=1,Type=String,Description="Bases of the PAM">',
    '##INFO=<ID=PAMPOS,Number=1,Type=Integer,Description="First base of the PAM on the forward strand">',
    '##INFO=<ID=CLASS,Number=1,Type=String,Description="Class of the contig, by its name">',
    '##INFO=<ID=HAPLOTYPE,Number=1,Type=String,Description="Haplotype of the patient">',
    '##INFO=<ID=VARIANTS,Number=1,Type=String,Description="Variants of the patient in the footprint">',
    '##INFO=<ID=CHANGE,Number=1,Type=String,Description="What they do to the site">',
    '##INFO=<ID=REFERENCE,Number=1,Type=String,Description="Alignment on the reference">',
)
_PATIENT_KEYS = dict(zip(PATIENT, ("HAPLOTYPE", "VARIANTS", "CHANGE", "REFERENCE"), strict=True))


def vcf_text(rows: Sequence[SiteRow], contigs: Mapping[str, int], base: Bases | None = None) -> str:
    """VCF 4.3 of sites, in the order of `contigs` (name to length in bases) and place; `base` gives REF.

    Raises ``ProgramError`` for a contig that is not named, or whose name VCF does not allow.

    >>> vcf_text((), {"c1": 10}).splitlines()[0]
    '##fileformat=VCFv4.3'
    """
    asked = dict.fromkeys(r.contig for r in rows)
    problems = [
        Problem("sites", "contig", shown(c), "a contig of the genome", "give the genome that was searched")
        for c in asked
        if c not in contigs
    ]
    problems += [
        Problem("sites", "contig", shown(c), "a name that VCF allows", "rename the contig in the genome")
        for c in contigs
        if not _CONTIG.match(c)
    ]
    problems += [
        Problem("sites", "end", f"{r.contig}:{r.end}", f"at most {contigs[r.contig]}", "give the genome searched")
        for r in rows
        if r.contig in contigs and r.end > contigs[r.contig]
    ]
    if problems:
        raise ProgramError(problems[:20])
    order = {name: i for i, name in enumerate(contigs)}
    lines = ["##fileformat=VCFv4.3", f"##source=proband {version('proband')}"]
    lines += [f"##contig=<ID={name},length={length}>" for name, length in contigs.items()]
    lines += [*_HEAD, "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    for r in sorted(rows, key=lambda r: (order[r.contig], r.start, r.end, r.strand, r.guide)):
        at = max(1, r.start)  # a footprint that begins the contig has no base before it
        letter = base(r.contig, at - 1) if base is not None else "N"
        info = ";".join(f"{k}={_escaped(v)}" for k, v in _info(r).items())
        ref = letter.upper() if letter.upper() in ("A", "C", "G", "T") else "N"
        lines.append("\t".join((r.contig, str(at), ".", ref, f"<{ALLELE}>", ".", ".", info)))
    return "\n".join(lines) + "\n"


def _info(r: SiteRow) -> dict[str, object]:
    made: dict[str, object] = {"END": r.end, "STRAND": r.strand, "GUIDE": r.guide, "MISMATCHES": r.mismatches}
    made |= {"DNA_BULGES": r.dna_bulges, "RNA_BULGES": r.rna_bulges, "SPACER": r.aligned_spacer}
    made |= {"PROTOSPACER": r.aligned_protospacer, "PAM": r.pam, "PAMPOS": r.pam_start + 1, "CLASS": r.contig_class}
    made |= {_PATIENT_KEYS[k]: v for k, v in r.patient.items()}
    return {k: v for k, v in made.items() if v not in (None, "")}


def _escaped(value: object) -> str:
    """A value of INFO: what VCF reserves is written as percent and two digits."""
    return "".join(f"%{ord(c):02X}" if c in "%:;=, \t\r\n" else c for c in str(value))
