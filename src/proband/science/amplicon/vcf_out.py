"""Alleles of a panel as VCF 4.3, for sites whose place on a genome is known.

One record for each event with at least two treated reads: insertions, deletions, conversions of the editor, and the
changes of an expected allele. Records are left-normalised on the plus strand (Tan, Abecasis and Kang, Bioinformatics
2015;31:2202-2204) within the amplicon, and padded with the base before. Depths and fractions in INFO are of the treated
samples together, with the exact interval over reads; FORMAT has them by sample. FILTER says ``below_lob`` where the
allele has no more treated reads than the limit of blank of its event, ``not_detected`` where the site's event was not
called, ``unknown`` where the site has no answer. The ID is left empty: identifiers of the GA4GH VRS need the whole
contig, which is not here. Source of the format: The Variant Call Format, VCFv4.3.

Cannot see: whether REF is the genome's: it is the amplicon's own base, which may be the patient's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from proband.science.amplicon.locus_events import Signature
from proband.science.amplicon.outcome_tables import FAMILIES, READS
from proband.science.amplicon.panel import PanelResult
from proband.science.amplicon.panel_counts import SiteSample, events_for
from proband.science.amplicon.sheet_sites import PanelTarget
from proband.science.sequence.alphabet import reverse_complement
from proband.science.stats.proportions import clopper_pearson
from proband.science.stats.treated_control import SiteResult

LEAST = 2
"""Treated reads from which an event gets a record."""
_HEAD = (
    '##FILTER=<ID=PASS,Description="More treated reads than the limit of blank, at a site and event that was called">',
    '##FILTER=<ID=below_lob,Description="No more treated reads than the limit of blank of its site and event">',
    '##FILTER=<ID=not_detected,Description="The site and event was not called">',
    '##FILTER=<ID=unknown,Description="The site has no answer: no reads in an arm, or it failed">',
    '##INFO=<ID=SITE,Number=1,Type=String,Description="Site of the panel">',
    '##INFO=<ID=EVENT,Number=1,Type=String,Description="Event type by which the site was called">',
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Assigned reads of the treated samples">',
    '##INFO=<ID=AD,Number=R,Type=Integer,Description="Treated reads: unmodified in the window, with this event">',
    '##INFO=<ID=AF,Number=A,Type=Float,Description="Share of the treated reads with this event">',
    '##INFO=<ID=AFLOW,Number=A,Type=Float,Description="Lower end of the exact 95% interval of AF over reads">',
    '##INFO=<ID=AFHIGH,Number=A,Type=Float,Description="Upper end of the exact 95% interval of AF over reads">',
    '##INFO=<ID=CONTROL_DP,Number=1,Type=Integer,Description="Assigned reads of the control samples">',
    '##INFO=<ID=CONTROL_AD,Number=A,Type=Integer,Description="Control reads with this event">',
    '##INFO=<ID=LOB,Number=1,Type=Float,Description="Limit of blank of the event, as a share of the treated reads">',
    '##INFO=<ID=LOD,Number=1,Type=Float,Description="Limit of detection of the event, net of background">',
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Assigned reads">',
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Reads: unmodified in the window, with this event">',
    '##FORMAT=<ID=AF,Number=A,Type=Float,Description="Share of the reads with this event">',
)  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Placed:
    """A left-normalised change on the plus strand: 0-based position of the first base of `ref`."""

    position: int
    ref: str
    alt: str


def placed(signature: Signature, amplicon: str, start: int, strand: str) -> Placed | None:
    """An event of an amplicon that begins at `start` of its contig; None where no base before it is in the amplicon.

    >>> placed(Signature(0, "deletion", 4, 1, ""), "ACGTTTAC", 100, "+")
    Placed(position=102, ref='GT', alt='G')
    >>> placed(Signature(0, "deletion", 4, 1, ""), "ACGTTTAC", 100, "-")
    Placed(position=101, ref='TA', alt='T')
    """
    size, at, bases = len(amplicon), signature.start, signature.bases
    text = amplicon
    removed = signature.length if signature.kind == "deletion" else 0
    if strand == "-":
        text, bases = reverse_complement(amplicon), reverse_complement(bases)
        at = size - at - (1 if signature.kind == "substitution" else removed)
    if signature.kind == "substitution":
        return Placed(start + at, text[at], bases)
    gone = text[at : at + removed] if removed else bases
    while at > 0 and text[at - 1] == gone[-1]:
        gone = text[at - 1] + gone[:-1]
        at -= 1
    if at == 0:
        return None
    before = text[at - 1]
    ref, alt = (before + gone, before) if removed else (before, before + gone)
    return Placed(start + at - 1, ref, alt)


def vcf(made: PanelResult) -> str:
    """The text of the VCF; "" where no site has a place on a genome. The order follows the table of sites."""
    targets = [t for t in made.sheet.targets if t.contig and t.start is not None]
    if not targets:
        return ""
    contigs = list(dict.fromkeys(t.contig for t in targets))
    samples = list(dict.fromkeys(s.name for s in made.sheet.samples))
    counted = made.counted(made.sheet.samples)
    head = ["##fileformat=VCFv4.3", f"##source=proband {version('proband')} quantify-panel"]
    head += [f"##comment={told}" for what, told in (("reads", READS), ("UMI families", FAMILIES)) if what in counted]
    head += [f"##contig=<ID={c}>" for c in contigs]
    columns = ["CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]
    lines = [*head, *_HEAD, "#" + "\t".join(columns)]
    rows: list[tuple[int, Placed, str, str]] = []
    for target in targets:
        rows += [(contigs.index(target.contig), *r) for r in _records(made, target, samples)]
    rows.sort(key=lambda r: r[:3])
    return "\n".join([*lines, *(r[3] for r in rows)]) + "\n"


def _records(made: PanelResult, target: PanelTarget, samples: Sequence[str]) -> list[tuple[Placed, str, str]]:
    held = {a: [h for _, h in made.rows_of(target.name, a) if h is not None] for a in ("treated", "control")}
    by_sample = {s.name: h for arm in held for s, h in made.rows_of(target.name, arm) if h is not None}
    found = sorted({s for h in held["treated"] for s in h.signatures})
    records = []
    for signature in found:
        reads = sum(h.signatures.get(signature, 0) for h in held["treated"])
        place = placed(signature, target.target.sequence, target.start or 0, target.strand)
        if reads < LEAST or place is None:
            continue
        event = _event(target, signature)
        result = next(r for r in made.panel.results if (r.site, r.event) == (target.name, event))
        info = _info(target.name, event, result, held, signature)
        cells = [_cell(by_sample.get(name), signature) for name in samples]
        text = [target.contig, str(place.position + 1), ".", place.ref, place.alt, ".", _filter(result, reads), info]
        records.append((place, target.name, "\t".join([*text, "DP:AD:AF", *cells])))
    return records


def _event(target: PanelTarget, signature: Signature) -> str:
    """The event type by which a signature is judged."""
    listed = events_for(target)
    if signature.kind == "substitution":
        return "any_conversion" if "any_conversion" in listed else listed[0]
    return "indel"


def _filter(result: SiteResult, reads: int) -> str:
    if result.call == "unknown" or result.critical is None:
        return "unknown"
    if reads <= result.critical:
        return "below_lob"
    return "PASS" if result.call == "detected" else "not_detected"


def _info(site: str, event: str, result: SiteResult, held: dict[str, list[SiteSample]], signature: Signature) -> str:
    depth = {arm: sum(h.reads for h in rows) for arm, rows in held.items()}
    reads = {arm: sum(h.signatures.get(signature, 0) for h in rows) for arm, rows in held.items()}
    plain = sum(h.unmodified for h in held["treated"])
    low, high = clopper_pearson(reads["treated"], depth["treated"])
    parts = [
        f"SITE={site}", f"EVENT={event}", f"DP={depth['treated']}", f"AD={plain},{reads['treated']}",
        f"AF={reads['treated'] / depth['treated']:.6g}", f"AFLOW={low:.6g}", f"AFHIGH={high:.6g}",
        f"CONTROL_DP={depth['control']}", f"CONTROL_AD={reads['control']}",
    ]  # fmt: skip
    parts += [f"{n}={v:.6g}" for n, v in (("LOB", result.lob), ("LOD", result.lod)) if v is not None]
    return ";".join(parts)


def _cell(held: SiteSample | None, signature: Signature) -> str:
    """DP, AD and AF of a sample; missing where it has no reads of the site."""
    if held is None or not held.reads:
        return ".:.:."
    reads = held.signatures.get(signature, 0)
    return f"{held.reads}:{held.unmodified},{reads}:{reads / held.reads:.6g}"
