"""Hits in an order to look at them: by pairing, and by pairing with expression in mind. Nothing is left out.

`rank` orders by edits (mismatches, bulged bases and unpaired ends together), longest stretch of base pairs (longest
first), duplex energy (lowest first, where it is known for all), place. `rank_in_tissue` is the same among hits whose
gene is expressed or unknown in the exposed tissue, then those whose gene is low there: unknown is never taken for low.

Duplex energy is that of `RNA.duplexfold` of ViennaRNA in kcal/mol at 37 degrees Celsius (Lorenz et al., Algorithms for
Molecular Biology 2011;6:26; parameters Turner 2004), of the oligonucleotide as RNA with the site alone. Without
ViennaRNA it is empty, with the reason.

A hit beside a better one, with the same strand and an anchor that bulges or unpaired ends could shift to, is marked as
its other alignment: the two are likely one place.

Cannot see: accessibility of the site, chemistry of the oligonucleotide in the energy, amounts in the cell nucleus.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proband.science.design.oligo_structure import NOT_INSTALLED
from proband.science.offtarget.oligo_hits import OligoHit
from proband.science.offtarget.oligo_mechanism import Mechanism, MechanismRule, mechanism_of
from proband.science.offtarget.oligo_query import Oligo
from proband.science.offtarget.oligo_tables import LOW, Expression
from proband.science.sequence.transcripts import Transcript

MOST_ENERGIES = 20_000
"""Hits whose duplex energy is computed, the best paired first: beyond, the time would follow the list."""
BEYOND = f"not computed: after the first {MOST_ENERGIES} hits"


@dataclass(frozen=True, slots=True)
class RankedHit:
    """A hit with what is known of it. `energy` in kcal/mol; `expression` is "" where no table was given.

    `intended`: "yes" or "no" by the gene that is meant, "" where none was named. `other_alignment_of` is the id of the
    better hit beside it, or "".
    """

    hit: OligoHit
    rank: int
    rank_in_tissue: int | None
    genes: tuple[str, ...]
    mechanism: Mechanism
    energy: float | None
    expression: str
    tpm: float | None
    intended: str
    other_alignment_of: str


@dataclass(frozen=True, slots=True)
class Setting:
    """With what hits are ranked: mechanism rule, expression or None, the gene meant or "", ViennaRNA or None."""

    rule: MechanismRule = field(default_factory=MechanismRule)
    expression: Expression | None = None
    target: str = ""
    engine: Any | None = None


def rank_hits(
    hits: Sequence[OligoHit], oligo: Oligo, transcripts: Mapping[str, Transcript], setting: Setting
) -> tuple[tuple[RankedHit, ...], str]:
    """All hits in order, and why an energy is missing ("" where none is).

    >>> rank_hits((), None, {}, Setting())
    ((), 'not computed: install proband[rna]')
    """
    paired = sorted(hits, key=lambda h: (h.alignment.edits, -h.alignment.longest_run))
    energies = {h.id: _energy(h, oligo, setting.engine) for h in paired[:MOST_ENERGIES]} if setting.engine else {}
    if energies and len(paired) <= MOST_ENERGIES:
        paired.sort(key=lambda h: (h.alignment.edits, -h.alignment.longest_run, energies[h.id]))
    shadows = _shadows(paired, oligo)
    made: list[dict[str, Any]] = []
    for n, hit in enumerate(paired, start=1):
        members = [transcripts[t] for t in dict.fromkeys((*hit.unspliced, *hit.spliced))]
        genes = tuple(dict.fromkeys(t.gene or t.gene_id or t.id for t in members))
        flag, tpm = _expression(members, setting.expression)
        held = {"hit": hit, "rank": n, "genes": genes, "energy": energies.get(hit.id), "expression": flag, "tpm": tpm}
        held["mechanism"] = mechanism_of(hit, oligo, setting.rule, transcripts)
        held["intended"] = _intended(members, setting.target)
        held["other_alignment_of"] = shadows.get(hit.id, "")
        made.append(held)
    order: dict[int, int] = {}
    if setting.expression is not None:
        looked = sorted(range(len(made)), key=lambda i: (made[i]["expression"] == LOW, i))
        order = {i: n for n, i in enumerate(looked, start=1)}
    why = NOT_INSTALLED if setting.engine is None else BEYOND if len(paired) > MOST_ENERGIES else ""
    return tuple(RankedHit(rank_in_tissue=order.get(i), **held) for i, held in enumerate(made)), why


def _expression(members: Sequence[Transcript], known: Expression | None) -> tuple[str, float | None]:
    """By gene: its id, with or without version, where the table has it, else its symbol."""
    if known is None:
        return "", None
    names = [
        next((n for n in (t.gene_id, t.gene_id.partition(".")[0], t.gene) if n in known.tpm), t.gene) for t in members
    ]
    return known.of(list(dict.fromkeys(names)))


def _intended(members: Sequence[Transcript], target: str) -> str:
    if not target:
        return ""
    return "yes" if any(target in (t.gene, t.gene_id) for t in members) else "no"


def _energy(hit: OligoHit, oligo: Oligo, engine: Any) -> float:
    found = engine.duplexfold(oligo.sequence.replace("T", "U"), hit.alignment.site.replace("T", "U"))
    return round(float(found.energy), 2) + 0.0


def _shadows(paired: Sequence[OligoHit], oligo: Oligo) -> dict[str, str]:
    """For each hit that a better one lies beside, within reach of bulges and unpaired ends, the better one's id."""
    reach = oligo.limits.target_bulges + oligo.limits.oligo_bulges + oligo.limits.trimmed if paired else 0
    if not reach:
        return {}
    kept: dict[tuple[str, str, int], OligoHit] = {}
    found: dict[str, str] = {}
    for hit in paired:
        near = [kept.get((hit.contig, hit.strand, hit.anchor + d)) for d in range(-reach, reach + 1)]
        better = next((k for k in near if k is not None), None)
        if better is None:
            kept[hit.contig, hit.strand, hit.anchor] = hit
        else:
            found[hit.id] = better.id
    return found
