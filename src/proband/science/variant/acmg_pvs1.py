"""PVS1: how strongly a null variant counts, by the published decision tree, and with RNA evidence counted once.

The tree is Abou Tayoun et al. 2018, Hum Mutat 39:1517-1524; RNA evidence goes into PVS1(RNA) and not also into
PS3, after Walker et al. 2023, Am J Hum Genet 110:1046-1067. Both trees are recalled here, not read again.

Each fact is yes, no, or None for not known. A fact that the tree needs and that is not known gives no strength:
the criterion is then not evaluated, and `missing` names the fact.

Cannot see: whether nonsense-mediated decay really occurs, tissue-specific transcripts, rescue by a later start or a
nearby splice site, gene-specific trees of expert panels.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from proband.science.variant.acmg import Criterion, Status, Strength

READ_AS = "recalled"
"""How the decision tree was read."""


class NullKind(StrEnum):
    """What kind of null variant it is."""

    NONSENSE = "nonsense"
    FRAMESHIFT = "frameshift"
    SPLICE_SITE = "splice_site"
    EXON_DELETION = "exon_deletion"
    GENE_DELETION = "gene_deletion"
    DUPLICATION_PROVEN_IN_TANDEM = "duplication_proven_in_tandem"
    DUPLICATION_PRESUMED_IN_TANDEM = "duplication_presumed_in_tandem"
    START_LOSS = "start_loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class NullVariant:
    """The facts that the tree asks for; None is not known.

    `rna_observed`: RNA of a patient shows the aberrant transcript that `frame_disrupted` and `nmd_predicted`
    describe; then any kind of variant may enter, as PVS1(RNA). `fraction_removed` is the share of the protein
    (0 to 1) that is lost or altered.
    """

    kind: NullKind | None
    loss_is_mechanism: bool | None
    nmd_predicted: bool | None = None
    frame_disrupted: bool | None = None
    in_relevant_transcript: bool | None = None
    region_critical: bool | None = None
    loss_frequent_in_population: bool | None = None
    fraction_removed: float | None = None
    other_start_in_use: bool | None = None
    pathogenic_before_next_start: bool | None = None
    rna_observed: bool = False
    rna_incomplete: bool | None = None


@dataclass(frozen=True, slots=True)
class Pvs1:
    """What the tree gives: a criterion to hand to `acmg.combine`, the path through the tree, what is missing."""

    criterion: Criterion
    path: tuple[str, ...]
    missing: tuple[str, ...]
    do_not_add: tuple[str, ...]
    read_as: str = READ_AS


_Step = tuple[Strength | None, tuple[str, ...], tuple[str, ...]]


def pvs1(v: NullVariant) -> Pvs1:
    """Strength of PVS1 for a null variant, or not met, or not evaluated with what is missing.

    Raises ``ValueError`` for a fraction outside 0 to 1, or a variant that is no null variant and has no RNA.

    >>> r = pvs1(NullVariant(kind=NullKind.NONSENSE, loss_is_mechanism=True, nmd_predicted=True,
    ...                      in_relevant_transcript=True))
    >>> r.criterion.label, r.missing
    ('PVS1', ())
    """
    if v.fraction_removed is not None and not 0 <= v.fraction_removed <= 1:
        raise ValueError(f"fraction_removed is {v.fraction_removed}; expected a share from 0 to 1")
    if v.kind is None and not v.rna_observed:
        raise ValueError("no null kind and no RNA: PVS1 does not apply; give `kind`, or `rna_observed` with its facts")
    strength, path, missing = _tree(v)
    basis = frozenset({"rna"}) if v.rna_observed else frozenset()
    never = ("PS3 on the same RNA", "PP3", "PM4") if v.rna_observed else ("PP3", "PM4")
    why = "; ".join(path)
    if missing:
        return Pvs1(Criterion("PVS1", Status.NOT_EVALUATED, because=why, basis=basis), path, missing, ())
    if strength is None:
        return Pvs1(Criterion("PVS1", Status.NOT_MET, because=why, basis=basis), path, (), ())
    return Pvs1(Criterion("PVS1", Status.MET, strength, why, basis), path, (), never)


def _tree(v: NullVariant) -> _Step:
    if v.loss_is_mechanism is None:
        return None, ("mechanism of the disease not known",), ("loss_is_mechanism",)
    if not v.loss_is_mechanism:
        return None, ("loss of function is not the mechanism",), ()
    if v.rna_observed and v.rna_incomplete is not False:
        if v.rna_incomplete is None:
            return None, ("RNA: residual normal transcript not known",), ("rna_incomplete",)
        return None, ("RNA: the allele still makes normal transcript; the tree gives no strength",), ("expert_weight",)
    if v.kind is NullKind.GENE_DELETION:
        return Strength.VERY_STRONG, ("the whole gene is deleted",), ()
    if v.kind is NullKind.START_LOSS:
        return _start_loss(v)
    framed = v.kind in (NullKind.NONSENSE, NullKind.FRAMESHIFT) and not v.rna_observed
    disrupted = True if framed else v.frame_disrupted
    if disrupted is None:
        return None, ("reading frame after the change not known",), ("frame_disrupted",)
    tandem = v.kind in (NullKind.DUPLICATION_PROVEN_IN_TANDEM, NullKind.DUPLICATION_PRESUMED_IN_TANDEM)
    if not disrupted:
        return (None, ("duplication keeps the frame",), ()) if tandem else _protein_altered(v, "frame kept")
    if v.nmd_predicted is None:
        return None, ("frame lost, decay of the transcript not known",), ("nmd_predicted",)
    if not v.nmd_predicted:
        return (None, ("duplication without decay",), ()) if tandem else _protein_altered(v, "frame lost, no decay")
    return _decayed(v)


def _decayed(v: NullVariant) -> _Step:
    if v.in_relevant_transcript is None:
        return None, ("decay, but the exon's place in relevant transcripts not known",), ("in_relevant_transcript",)
    if not v.in_relevant_transcript:
        return None, ("the exon is absent from relevant transcripts",), ()
    if v.kind is NullKind.DUPLICATION_PRESUMED_IN_TANDEM:
        return Strength.STRONG, ("frame lost, decay, tandem only presumed",), ()
    return Strength.VERY_STRONG, ("frame lost, decay, exon in relevant transcripts",), ()


def _protein_altered(v: NullVariant, head: str) -> _Step:
    """A shortened or altered protein is made: how much, and does the part matter."""
    if v.region_critical:
        return Strength.STRONG, (head, "the part is critical"), ()
    needed = {
        "region_critical": v.region_critical,
        "in_relevant_transcript": v.in_relevant_transcript,
        "loss_frequent_in_population": v.loss_frequent_in_population,
        "fraction_removed": v.fraction_removed,
    }
    if v.in_relevant_transcript is False or v.loss_frequent_in_population:
        return None, (head, "the exon is dispensable in the population or absent from relevant transcripts"), ()
    missing = tuple(k for k, x in needed.items() if x is None)
    if missing or v.fraction_removed is None:
        return None, (head, "weight of the lost part not known"), missing
    if v.fraction_removed > 0.1:
        return Strength.STRONG, (head, "more than 10 % of the protein"), ()
    return Strength.MODERATE, (head, "at most 10 % of the protein"), ()


def _start_loss(v: NullVariant) -> _Step:
    if v.other_start_in_use is None:
        return None, ("use of another start not known",), ("other_start_in_use",)
    if v.other_start_in_use:
        return None, ("another functional transcript uses another start",), ()
    if v.pathogenic_before_next_start is None:
        return None, ("pathogenic variants before the next start not known",), ("pathogenic_before_next_start",)
    if v.pathogenic_before_next_start:
        return Strength.MODERATE, ("start lost, pathogenic variants before the next start",), ()
    return Strength.SUPPORTING, ("start lost, none pathogenic known before the next start",), ()
