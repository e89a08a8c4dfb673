"""Modalities side by side for one variant: what was found, facts for and against, what is missing, and why not.

One row for each modality, also for those that are not designed here. Three things are kept apart: an option was found;
it was looked for and none was found; it was not examined. No row has a score and no row is ranked above another; the
options named in a row are the first in the order that their design states (``options``, ``splice_switching``,
``gapmers``). Predictions are shown as their user gave them and order nothing.

Oligonucleotide rows also carry the classes of the N1C VARIANT rules (Cheerie et al. 2025, Am J Hum Genet 112:975-983)
and of Kim et al. 2023 (Nature 619:828-836) where these were asked, and say where the two differ.

Cannot see: which modality suits the disease, the tissue, the patient, or what can be made and delivered. Whether
correcting, skipping or lowering helps at all follows from the mechanism of disease, which a person states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from proband.science.design.amenability import N1CResult, compare
from proband.science.design.amenability_kim import KimResult
from proband.science.design.bystanders import BystanderTable
from proband.science.design.options import CutDetail, DesignOptions, Option
from proband.science.design.pegrnas import PrimeSite
from proband.science.design.predictions import Attached, Prediction, attach, normal

FOUND, NONE_FOUND, NOT_EXAMINED = "option_found", "none_found", "not_examined"
EDITING = {"base_editor": "base", "prime_editor": "prime", "nuclease": "nuclease"}
OLIGOS = ("splice_switching", "gapmer")
ELSEWHERE = {
    "gene_addition": "a vector that carries a working copy",
    "protein_replacement": "the protein itself",
    "small_molecule": "a small molecule",
    "cell_therapy": "cells, corrected or of a donor",
}
"""Modalities that are not designed here, with what they are."""
SHOWN = 3
"""Options named in a row."""
MECHANISMS = ("loss", "gain", "dominant_negative", "complex")
ZYGOSITIES = ("heterozygous", "homozygous", "hemizygous")
_STRATEGIES = {"splice_switching": ("splice_correction", "exon_skipping"), "gapmer": ("knock_down",)}
_FOR, _AGAINST = ("eligible", "likely"), ("unlikely", "not_eligible")


class OligoCandidateLike(Protocol):
    """What is needed of an oligonucleotide."""

    @property
    def sequence(self) -> str:
        """5' to 3', in DNA letters."""

    @property
    def facts_for(self) -> tuple[str, ...]:
        """Facts for."""

    @property
    def facts_against(self) -> tuple[str, ...]:
        """Facts against."""

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not known."""


class OligoDesignLike(Protocol):
    """What is needed of an oligonucleotide design; ``oligonucleotides.OligoDesign`` has it."""

    @property
    def kind(self) -> str:
        """``splice_switching`` or ``gapmer``."""

    @property
    def target(self) -> str:
        """What was designed for, in words."""

    @property
    def candidates(self) -> Sequence[OligoCandidateLike]:
        """In the order that the design states."""

    @property
    def why_not(self) -> str:
        """Empty when there are candidates."""


@dataclass(frozen=True, slots=True)
class Amenability:
    """The classes of the two published rule systems for the same variant; Kim 2023 may not have been asked."""

    n1c: N1CResult
    kim: KimResult | None = None


@dataclass(frozen=True, slots=True)
class ModalityRow:
    """One modality: `feasibility` is ``option_found``, ``none_found`` or ``not_examined``; `count` counts options.

    `options` names the first options in their stated order; `why_not` says why there is none, or why some could not
    be had; `predictions` are those of other tools for options of this row, as given.
    """

    modality: str
    feasibility: str
    count: int
    options: tuple[str, ...]
    facts_for: tuple[str, ...]
    facts_against: tuple[str, ...]
    missing: tuple[str, ...]
    why_not: tuple[str, ...]
    predictions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """All rows, in a fixed order that says nothing of merit; `attached` holds predictions by what they are for."""

    rows: tuple[ModalityRow, ...]
    mechanism: str
    zygosity: str
    attached: Attached
    banner: str = ""


def compare_modalities(
    design: DesignOptions,
    *,
    oligos: Iterable[OligoDesignLike] = (),
    not_designed: Mapping[str, str] | None = None,
    amenability: Amenability | None = None,
    mechanism: str = "",
    zygosity: str = "",
    direction: Mapping[str, str] | None = None,
    predictions: Iterable[Prediction] = (),
    variants: Iterable[str] = (),
) -> Comparison:
    """One row per modality from what was designed; nothing is computed that the designs do not hold.

    Parameters: `not_designed` gives for an oligonucleotide modality without a design the reason (it was then not
    examined); `direction` gives for a modality one sentence on the mechanism that begins with ``for:``, ``against:``
    or ``missing:``; `variants` are the names by which a prediction may name the variant.
    Raises ``ValueError`` for an unknown mechanism, zygosity or kind of oligonucleotide, or another sentence.

    >>> from proband.science.design.editors import load_editors
    >>> from proband.science.design.haplotype import change_at, haplotype_of
    >>> from proband.science.design.options import design_options
    >>> h = haplotype_of("c1", 0, "CCCCCACCCCCCCCCCCCCCAGGC")
    >>> made = design_options(h, change_at(h, 5, "A", "G"), [load_editors()["ABE8e/SpCas9"]])
    >>> [(r.modality, r.feasibility) for r in compare_modalities(made).rows][:4]
    [('base_editor', 'option_found'), ('prime_editor', 'not_examined'), ('nuclease', 'not_examined'), \
('splice_switching', 'not_examined')]
    """
    designs = tuple(oligos)
    _check(designs, mechanism, zygosity, direction or {})
    sequences = [c.sequence for d in designs for c in d.candidates]
    attached = attach(predictions, [(o.editor, o.spacer) for o in design.options], sequences, variants)
    rows = [_editing_row(design, modality, kind, attached) for modality, kind in EDITING.items()]
    reasons = not_designed or {}
    rows += [
        _oligo_row(kind, [d for d in designs if d.kind == kind], reasons, amenability, attached) for kind in OLIGOS
    ]
    rows += [
        ModalityRow(name, NOT_EXAMINED, 0, (), (), (), (), (f"{what}: not designed here",))
        for name, what in ELSEWHERE.items()
    ]
    made = tuple(_stated(row, mechanism, zygosity, direction or {}) for row in rows)
    return Comparison(made, mechanism, zygosity, attached, amenability.n1c.banner if amenability else "")


def _check(designs: Sequence[OligoDesignLike], mechanism: str, zygosity: str, direction: Mapping[str, str]) -> None:
    if mechanism and mechanism not in MECHANISMS:
        raise ValueError(f"mechanism {mechanism!r}: expected one of {', '.join(MECHANISMS)}, or nothing")
    if zygosity and zygosity not in ZYGOSITIES:
        raise ValueError(f"zygosity {zygosity!r}: expected one of {', '.join(ZYGOSITIES)}, or nothing")
    for d in designs:
        if d.kind not in OLIGOS:
            raise ValueError(f"oligonucleotides of kind {d.kind!r}: expected one of {', '.join(OLIGOS)}")
    for modality, sentence in direction.items():
        if sentence.partition(":")[0] not in ("for", "against", "missing"):
            raise ValueError(f"direction of {modality}: {sentence!r} begins with none of for:, against:, missing:")


def _stated(row: ModalityRow, mechanism: str, zygosity: str, direction: Mapping[str, str]) -> ModalityRow:
    """The row with what is said of the mechanism and the alleles."""
    good, bad, missing = list(row.facts_for), list(row.facts_against), list(row.missing)
    word, _, sentence = direction.get(row.modality, "").partition(":")
    if sentence:
        {"for": good, "against": bad, "missing": missing}[word].append(f"mechanism: {sentence.strip()}")
    elif not mechanism:
        missing.append("mechanism of disease: loss or gain of function was not stated")
    else:
        missing.append(f"whether it fits the mechanism of disease ({mechanism.replace('_', ' ')})")
    if row.modality in ("nuclease", "gapmer"):
        if zygosity == "homozygous":
            bad.append("both alleles carry the variant: no allele is left to be spared")
        elif not zygosity:
            missing.append("zygosity: whether another allele is to be spared")
    return ModalityRow(
        row.modality, row.feasibility, row.count, row.options,
        tuple(good), tuple(bad), tuple(missing), row.why_not, row.predictions,
    )  # fmt: skip


# ---- editing


def _editing_row(design: DesignOptions, modality: str, kind: str, attached: Attached) -> ModalityRow:
    numbered = [(n, o) for n, o in enumerate(design.options, 1) if o.kind == kind]
    refused = [w for w in design.why_not if w.kind == kind]
    by_code = Counter(w.code for w in refused)
    first = {w.code: w.reason for w in reversed(refused)}
    why = tuple(
        f"{n} {_editors(n)}, {code.replace('_', ' ')}: {first[code]}"
        for code, n in sorted(by_code.items(), key=lambda x: (-x[1], x[0]))
    )
    if not numbered:
        state = NONE_FOUND if refused else NOT_EXAMINED
        why = why or ("no editor of this kind was asked about",)
        return ModalityRow(modality, state, 0, (), (), (), (), why)
    options = [o for _, o in numbered]
    good, bad = {"base": _base_facts, "prime": _prime_facts, "nuclease": _cut_facts}[kind](options)
    editors = len({o.editor for o in options})
    good = [f"{len(options)} option{'s' * (len(options) > 1)} of {editors} {_editors(editors)}", *good]
    predictions = tuple(f"option {n}: {p}" for n, _ in numbered for p in attached.options.get(n, ()))
    named = tuple(f"{n}: {o.editor} {o.spacer} {o.pam} ({o.strand})" for n, o in numbered[:SHOWN])
    missing = _shared([o.missing for o in options])
    return ModalityRow(modality, FOUND, len(options), named, tuple(good), tuple(bad), missing, why, predictions)


def _editors(count: int) -> str:
    return "editor" if count == 1 else "editors"


def _shared(lists: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """What options lack: said once, with how many lack it where not all do."""
    counts = Counter(x for found in lists for x in dict.fromkeys(found))
    return tuple(x if n == len(lists) else f"{x} ({n} of {len(lists)})" for x, n in counts.items())


def _base_facts(options: Sequence[Option]) -> tuple[list[str], list[str]]:
    tables = [o.detail for o in options if isinstance(o.detail, BystanderTable)]
    n = len(tables)
    told = [t for t in tables if t.target_alone is not None]
    exact = sum(bool(t.target_alone_suffices) for t in told)
    alone = sum(not t.guide.bystanders for t in tables)
    quiet = sum(len(t.harmless) == len(t.guide.bystanders) for t in told if t.target_alone_suffices)
    good = [f"{alone} of {n} guides have no other editable base in the wide window"] if alone else []
    bad = [] if alone else ["every guide has another editable base in its wide window"]
    if told:
        of = f"of {len(told)} guides"
        (good if exact else bad).append(f"the target alone gives the exact protein with {exact or 'none'} {of}")
        if quiet:
            good.append(f"no single bystander changes the protein or an essential splice base with {quiet} {of}")
        else:
            bad.append(f"a single bystander changes the protein or an essential splice base with each {of}")
    return good, bad


def _prime_facts(options: Sequence[Option]) -> tuple[list[str], list[str]]:
    sites = [o.detail for o in options if isinstance(o.detail, PrimeSite)]
    n = len(sites)
    gone = sum(s.pam_disrupted or s.seed_disrupted for s in sites)
    clear = sum(any(not e.against for e in s.extensions) for s in sites)
    nearest = min(s.edit_at for s in sites)
    good = [f"nearest edit at +{nearest} of the nick"]
    bad: list[str] = []
    (good if gone else bad).append(f"the edit changes PAM or seed at {gone} of {n} sites")
    (good if clear else bad).append(f"an extension breaks no rule at {clear} of {n} sites")
    return good, bad


def _cut_facts(options: Sequence[Option]) -> tuple[list[str], list[str]]:
    sites = [o.detail.site for o in options if isinstance(o.detail, CutDetail)]
    on = sum(bool(s.on_change) for s in sites)
    good = [f"nearest cut {min(s.distance for s in sites)} bases from the change"]
    bad = ["a double-strand break does not restore the sequence: it makes a spectrum of indels"]
    (good if on else bad).append(f"the changed base lies in spacer or PAM at {on} of {len(sites)} cuts")
    return good, bad


# ---- oligonucleotides


def _oligo_row(
    kind: str,
    designs: Sequence[OligoDesignLike],
    reasons: Mapping[str, str],
    amenability: Amenability | None,
    attached: Attached,
) -> ModalityRow:
    good, bad, missing = _classes(kind, amenability)
    if not designs:
        reason = reasons.get(kind) or "no oligonucleotide of this kind was asked for"
        return ModalityRow(kind, NOT_EXAMINED, 0, (), good, bad, missing, (reason,))
    candidates = [c for d in designs for c in d.candidates]
    why = tuple(f"{d.target}: {d.why_not}" for d in designs if d.why_not)
    if not candidates:
        return ModalityRow(kind, NONE_FOUND, 0, (), good, bad, missing, why)
    said = tuple(f"{len(d.candidates)} candidates, {d.target}" for d in designs if d.candidates)
    named = tuple(f"{d.target}: {c.sequence}" for d in designs for c in d.candidates[:SHOWN])
    facts_for, facts_against = (
        _common([getattr(c, name) for c in candidates]) for name in ("facts_for", "facts_against")
    )
    lacking = _shared([c.missing for c in candidates])
    sequences = dict.fromkeys(normal(c.sequence) for c in candidates)
    predictions = tuple(f"{s}: {p}" for s in sequences for p in attached.oligos.get(s, ()))
    return ModalityRow(
        kind, FOUND, len(candidates), named, (*said, *facts_for, *good), (*facts_against, *bad),
        (*lacking, *missing), why, predictions,
    )  # fmt: skip


def _common(lists: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The facts that hold for every candidate; those of some stand in the table of candidates."""
    counts = Counter(x for found in lists for x in dict.fromkeys(found))
    return tuple(x for x, n in counts.items() if n == len(lists))


def _classes(kind: str, given: Amenability | None) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """What the published rules say: for, against, missing."""
    if given is None:
        return (), (), ("amenability by published rules: not asked",)
    good: list[str] = []
    bad: list[str] = []
    missing: list[str] = []
    for name in _STRATEGIES[kind]:
        found = given.n1c.strategies[name]
        words = name.replace("_", " ")
        if found.outcome is None:
            (bad if found.applies is False else missing).append(
                f"N1C VARIANT, {words}: {'does not apply' if found.applies is False else 'no class'}"
            )
            continue
        said = f"N1C VARIANT, {words}: {found.outcome.value.replace('_', ' ')}"
        because = f" ({found.because[0]})" if found.because else ""
        if found.outcome.value in _FOR:
            good.append(said + because)
        elif found.outcome.value in _AGAINST:
            bad.append(said + because)
        else:
            best = f", at best {found.at_best.replace('_', ' ')}" if found.at_best else ""
            lacks = f"; it lacks {', '.join(found.missing)}" if found.missing else because
            missing.append(said + best + lacks)
    if kind == "splice_switching" and given.kim is not None:
        both = compare(given.n1c, given.kim)
        target = {"disagree": bad, "agree": good}.get(both.relation, missing)
        if both.relation == "agree" and both.n1c in (*_AGAINST, "does_not_apply"):
            target = bad
        target.append(both.sentence)
    return tuple(good), tuple(bad), tuple(missing)
