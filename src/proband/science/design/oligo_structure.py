"""Structure of an oligonucleotide and accessibility of its site, by ViennaRNA where it is installed.

Energies are minimum free energies of RNA in kcal/mol at 37 degrees Celsius and 1 M NaCl: Lorenz et al., Algorithms
for Molecular Biology 2011;6:26, with the parameters of Turner 2004 (Mathews et al., PNAS 2004;101:7287-7292).
Accessibility is the mean probability that a base of the site is unpaired, from the partition function of the
patient's RNA up to 100 bases on either side (McCaskill, Biopolymers 1990;29:1105-1119).

ViennaRNA comes under a licence of its own, so it is an optional extra, ``proband[rna]``. Without it nothing is
computed, and that is said; a value is never replaced by zero.

Cannot see: that the oligonucleotide is DNA or modified (RNA parameters are an approximation: compare candidates with
them, do not take the values as such), proteins on the RNA, folding further than the window, and folding in time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from proband.science.design.haplotype import Haplotype
from proband.science.design.oligonucleotides import (
    NO_STRUCTURE,
    OligoCandidate,
    OligoDesign,
    Template,
    TranscriptPlace,
    mature_rna,
    pre_mrna,
)

FLANK = 100  # bases of RNA on either side of the site that are folded with it; project's choice
NOT_INSTALLED = "not computed: install proband[rna]"
CAVEAT = "energies and accessibility are those of unmodified RNA: an approximation, to compare candidates with"
_BASES = frozenset("ACGT")


@dataclass(frozen=True, slots=True)
class OligoStructure:
    """Energies in kcal/mol and the mean unpaired probability of the site; None where `missing` says why.

    `window` is the number of bases that were folded with the site, itself included.
    """

    self_fold: float | None
    self_dimer: float | None
    accessibility: float | None
    window: int
    missing: tuple[str, ...]


def rna_engine() -> Any | None:
    """The ViennaRNA module, or None where it is not installed."""
    try:
        return import_module("RNA")
    except ImportError:
        return None


def oligo_structure(sequence: str, engine: Any | None) -> OligoStructure:
    """Fold of an oligonucleotide with itself and with a second copy (letters A, C, G, T; 5' to 3').

    `engine` is the ViennaRNA module or None. Raises ``ValueError`` for other letters. Source: Lorenz et al. 2011.

    >>> found = oligo_structure("ACGT", None)
    >>> found.self_fold, found.missing
    (None, ('not computed: install proband[rna]',))
    """
    if not sequence or not set(sequence) <= _BASES:
        raise ValueError("an oligonucleotide is written with A, C, G, T")
    if engine is None:
        return OligoStructure(None, None, None, 0, (NOT_INSTALLED,))
    rna = sequence.replace("T", "U")
    fold = engine.fold_compound(rna, engine.md()).mfe()[1]
    dimer = engine.fold_compound(f"{rna}&{rna}", engine.md()).mfe_dimer()[1]
    return OligoStructure(_rounded(fold), _rounded(dimer), None, 0, ("accessibility of the site: no RNA was given",))


def _rounded(value: float) -> float:
    return round(float(value), 2) + 0.0  # no minus zero


def site_accessibility(
    template: Template, low: int, high: int, engine: Any | None, flank: int = FLANK
) -> tuple[float | None, int, str]:
    """Mean unpaired probability of a template range, the number of bases folded, and why there is none.

    The window is cut where the RNA given ends. Raises ``ValueError`` for a range outside of the template. Source:
    McCaskill 1990.

    >>> from proband.science.design.haplotype import haplotype_of
    >>> site_accessibility(Template(haplotype_of("c1", 0, "ACGTACGT"), "+", tuple(range(8)), ("", "")), 2, 5, None)
    (None, 0, 'not computed: install proband[rna]')
    """
    if not 0 <= low < high <= len(template.indices) or flank < 0:
        raise ValueError("the site lies outside of the RNA given")
    if engine is None:
        return None, 0, NOT_INSTALLED
    first, last = max(0, low - flank), min(len(template.indices), high + flank)
    window = template.sense[first:last]
    if not set(window) <= _BASES:
        return None, last - first, "accessibility of the site: the RNA round it holds letters other than A, C, G, T"
    free = _unpaired(window.replace("T", "U"), engine)
    site = free[low - first : high - first]
    return _rounded(min(max(sum(site) / len(site), 0.0), 1.0)), last - first, ""


def _unpaired(rna: str, engine: Any) -> list[float]:
    """Probability of each base to be in no pair."""
    folded = engine.fold_compound(rna, engine.md())
    _, energy = folded.mfe()
    folded.exp_params_rescale(energy)
    folded.pf()
    pairs = folded.bpp()
    free = [1.0] * len(rna)
    for i in range(1, len(rna) + 1):
        row = pairs[i]
        for j in range(i + 1, len(rna) + 1):
            free[i - 1] -= row[j]
            free[j - 1] -= row[j]
    return free


def with_structure(
    design: OligoDesign,
    haplotype: Haplotype,
    transcript: TranscriptPlace,
    *,
    engine: Any | None,
    most: int = 50,
) -> OligoDesign:
    """A design with the structure of its first `most` candidates; order and facts stay, the rest says it is missing.

    `engine` is ``rna_engine()``. The RNA folded is the unspliced one, or the spliced one for gapmers against it.
    Raises ``ValueError`` when the haplotype is not the one designed for.

    >>> empty = OligoDesign("gapmer", "", "c1", "+", "T", (), (), "no site", ())
    >>> with_structure(empty, None, None, engine=None).notes
    ('structure not computed: install proband[rna]',)
    """
    if engine is None:
        told = tuple(replace(c, missing=_said(c.missing, (NOT_INSTALLED,))) for c in design.candidates)
        return replace(design, candidates=told, notes=(*design.notes, f"structure {NOT_INSTALLED}"))
    templates: dict[str, Template] = {}
    made = []
    for c in design.candidates[:most]:
        molecule = getattr(c.detail, "molecule", "pre_mrna")
        if molecule not in templates:
            spliced = molecule == "mature"
            templates[molecule] = mature_rna(haplotype, transcript)[0] if spliced else pre_mrna(haplotype, transcript)
        made.append(_folded(c, templates[molecule], engine))
    return replace(design, candidates=(*made, *design.candidates[most:]), notes=(*design.notes, CAVEAT))


def _folded(c: OligoCandidate, template: Template, engine: Any) -> OligoCandidate:
    low, high = _where(c, template)
    alone = oligo_structure(c.sequence, engine)
    value, window, why = site_accessibility(template, low, high, engine)
    found = OligoStructure(alone.self_fold, alone.self_dimer, value, window, (why,) if why else ())
    return replace(c, detail=replace(c.detail, structure=found), missing=_said(c.missing, found.missing))


def _where(c: OligoCandidate, template: Template) -> tuple[int, int]:
    """The template range of a candidate: the placement of its sequence with its reference interval."""
    length = len(c.sequence)
    for low in template.site_of(c.sequence):
        if template.span(low, low + length) == (c.start, c.end):
            return low, low + length
    raise ValueError(f"{c.sequence} is not an oligonucleotide of this RNA")


def _said(missing: tuple[str, ...], why: tuple[str, ...]) -> tuple[str, ...]:
    """What is missing, with the structure answered or the reason why it is not."""
    told = tuple(f"{NO_STRUCTURE} ({w})" if w == NOT_INSTALLED else w for w in why)
    return tuple(x for m in missing for x in (told if m == NO_STRUCTURE else (m,)))


def structure_cells(found: OligoStructure | None) -> Mapping[str, str]:
    """The columns of a table for a structure; empty cells where there is no value.

    >>> dict(structure_cells(None))
    {'self_fold': '', 'self_dimer': '', 'accessibility': ''}
    """
    names = ("self_fold", "self_dimer", "accessibility")
    values = (getattr(found, n, None) for n in names)
    return {n: "" if v is None else f"{v:.2f}" for n, v in zip(names, values, strict=True)}
