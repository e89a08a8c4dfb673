"""From what a person gives (amplicon, guides, expected allele, editor) to the amplicons that reads are compared with.

Two profiles. `compatible` follows the published behaviour of amplicon sequencing tools (Clement et al., Nature
Biotechnology 2019;37:224-226): a window of one base on each side of the cut three bases from the guide's 3' end,
all kinds of events; with a base editor ten bases from that end. `proband` follows the editor: ten bases around each
nuclease cut or nick for insertions and deletions, the protospacer too for base editors, from the nick to behind the
flap for prime editors; other windows are named beside it, so that a result can be read at each.

An expected allele (after homology-directed repair) gets cuts and windows through its alignment to the amplicon. A
window base that it lacks is kept, in `compatible`, at the amplicon's index of the last base before it that both have;
that reproduces published tables. In `proband` the two bases beside the gap take its place.

Cannot see: alleles that nobody named; a variant of the patient beside the guide is read as a substitution.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from proband.border import hidden
from proband.core.errors import Problem, ProgramError
from proband.science.amplicon.alignment import align_pair
from proband.science.amplicon.amplicon import (
    EDGE,
    LEAST_IDENTITY,
    LONGEST,
    Amplicon,
    Site,
    around,
    find_sites,
    read_coordinates,
    whole_window,
)
from proband.science.amplicon.prime import PrimeEdit, prime_amplicons
from proband.science.design.editors import Editor
from proband.science.design.strands import cut_index, other_cut_index
from proband.science.sequence.alphabet import reverse_complement

PROFILES = ("proband", "compatible")
NEAR = 10
"""Bases on each side of a cut in which `proband` counts an event; CRISPECTOR's reach (Amit et al., Nature
Communications 2021;12:3042)."""
PUBLISHED_BASE, PUBLISHED_PAM_BEFORE = -10, 1
"""Where `compatible` puts the cut of base editors, and of nucleases with the PAM before the spacer such as Cas12a, from
the guide's 3' end: the values that published tools advise for them. All others are at -3."""
SHORTEST = 30
"""Bases of the shortest amplicon that is accepted: the outer ones are primers."""


@dataclass(frozen=True, slots=True)
class Window:
    """How wide a window is, where its centre lies (from the guide's 3' end; None: the editor's cut), or coordinates."""

    size: int | None = None
    centre: int | None = None
    coordinates: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """One place that was amplified, as a person describes it; sequences are 5' to 3', guides without PAM."""

    name: str
    sequence: str
    guides: tuple[str, ...] = ()
    expected: str = ""
    prime: PrimeEdit | None = None
    editor: Editor | None = None
    window: Window = Window()
    least_identity: float = LEAST_IDENTITY
    expected_name: str = "HDR"
    reference_name: str = ""


def amplicons_of(
    targets: Sequence[Target], profile: str = "proband", variants: Sequence[str] = ()
) -> tuple[Amplicon, ...]:
    """The amplicons of targets, each target being a locus; `variants` (``45C>T``) make another haplotype of the first.

    Raises ``ProgramError`` with every problem: letters that are no bases, a guide that is not in its amplicon, equal
    names or sequences; ``ValueError`` for an unknown profile.

    >>> sequence = "ACGTTGCATTGACCTGAGCATCCGATTACGGATTGCAATCGGCAAT"
    >>> made = amplicons_of([Target("t", sequence, guides=("GAGCATCCGATTACGG",))], "compatible")
    >>> made[0].cuts, made[0].window
    ((28,), (27, 28))
    """
    if profile not in PROFILES:
        raise ValueError(f"profile {profile!r} is not one of {', '.join(PROFILES)}")
    problems = [p for t in targets for p in _problems(t)]
    for what, values in (("name", [t.name for t in targets]), ("sequence", [t.sequence.upper() for t in targets])):
        for value in sorted({v for v in values if values.count(v) > 1}):
            problems.append(Problem("amplicons", what, value[:60], "different ones", "give each amplicon once"))
    if problems:
        raise ProgramError(problems)
    made: list[Amplicon] = []
    for n, target in enumerate(targets):
        try:
            locus = _locus(_upper(target), profile)
            if variants and n == 0:
                locus.append(with_variants(locus[0], f"{locus[0].name} haplotype 2", read_variants(variants)))
            made += locus
        except ValueError as e:
            problems.append(Problem(f"amplicon {target.name}", "", str(e), "a target that fits", "correct it"))
    if problems:
        raise ProgramError(problems)
    return tuple(made)


def _upper(target: Target) -> Target:
    guides = tuple(g.upper().replace("U", "T") for g in target.guides)
    return replace(target, sequence=target.sequence.upper(), guides=guides, expected=target.expected.upper())


def _problems(target: Target) -> list[Problem]:
    """What is wrong with one target."""
    file, found = f"amplicon {target.name[:60]!r}", []
    for place, text in (("name", target.name), ("expected name", target.expected_name)):
        if hidden(text) or not text.strip() or set(text) & set("\t\n\r"):
            found.append(Problem(file, place, repr(text)[:80], "visible letters without tabs", "choose another name"))
    parts = [("sequence", target.sequence, "ACGTN", SHORTEST, LONGEST)]
    parts += [(f"guide {n}", g, "ACGTU", 10, 60) for n, g in enumerate(target.guides, start=1)]
    parts += [("expected allele", target.expected, "ACGTN", SHORTEST, LONGEST)] if target.expected else []
    parts += target.prime.parts() if target.prime else []
    for place, text, letters, least, most in parts:
        strange = sorted(set(text.upper()) - set(letters))
        if strange:
            found.append(Problem(file, place, f"the letters {' '.join(strange)}", f"only {letters}", "correct it"))
        elif not least <= len(text) <= most:
            found.append(Problem(file, place, f"{len(text)} bases", f"{least} to {most} bases", "correct it"))
    if found:
        return found
    for n, guide in enumerate(target.guides, start=1):
        spacer = guide.upper().replace("U", "T")
        if not {spacer, reverse_complement(spacer)} & set(_words(target.sequence.upper(), len(spacer))):
            found.append(
                Problem(
                    file, f"guide {n}", f"{guide} on neither strand", "a guide that lies in the amplicon",
                    "give the spacer 5' to 3' without PAM, or correct the amplicon",
                )
            )  # fmt: skip
    if target.expected:
        found += _allele_problems(file, target.expected.upper(), target.sequence.upper())
    return found


def _allele_problems(file: str, expected: str, sequence: str) -> list[Problem]:
    """What is wrong with an expected allele: it is the amplicon, or its reverse complement fits better."""
    if expected == sequence:
        return [Problem(file, "expected allele", "the amplicon itself", "another sequence", "leave it out")]
    if align_pair(reverse_complement(expected), sequence)[2] <= align_pair(expected, sequence)[2]:
        return []
    found, wanted = "a sequence whose reverse complement fits better", "the allele on the amplicon's strand"
    return [Problem(file, "expected allele", found, wanted, "give its reverse complement")]


def _words(sequence: str, size: int) -> Iterator[str]:
    return (sequence[i : i + size] for i in range(len(sequence) - size + 1))


def _locus(target: Target, profile: str) -> list[Amplicon]:
    """The amplicons of one target; raises ``ValueError`` with what does not fit."""
    name = target.reference_name or target.name
    if target.prime:
        width = target.window.size if target.window.size is not None else (1 if profile == "compatible" else NEAR)
        made = prime_amplicons(name, target.name, target.sequence, target.prime, width, profile == "compatible")
        return [replace(a, least_identity=target.least_identity) for a in made]
    sites = [s for g in target.guides for s in _sites(target, g, profile)]
    windows = _windows(target, sites, profile)
    cuts = tuple(sorted({s.cut for s in sites}))
    reference = Amplicon(
        name, target.sequence, target.name, cuts, windows, tuple(sites), least_identity=target.least_identity
    )
    if not target.expected:
        return [reference]
    return [reference, inherited(reference, target.expected_name, target.expected, profile)]


def _sites(target: Target, guide: str, profile: str) -> list[Site]:
    editor, centre = target.editor, target.window.centre
    if centre is None and editor is not None and profile == "compatible":
        centre = PUBLISHED_BASE if editor.kind == "base" else -3 if editor.pam_after else PUBLISHED_PAM_BEFORE
    elif centre is None and editor is not None:
        centre = cut_index(0, editor) - editor.spacer_length
    sites = find_sites(target.sequence, guide, -3 if centre is None else centre)
    if not sites:
        raise ValueError(f"the cut of guide {guide} does not lie inside of the amplicon")
    return sites


def _windows(target: Target, sites: Sequence[Site], profile: str) -> Mapping[str, tuple[int, ...]]:
    """Named windows, the deciding one first."""
    size, wanted = len(target.sequence), target.window
    whole = whole_window(size)
    if wanted.coordinates:
        given = read_coordinates(wanted.coordinates, size)
        if profile == "compatible":
            given = tuple(sorted(set(given) & set(whole)))
        return _told({"coordinates": given, "amplicon": whole})
    if not sites or wanted.size == 0:
        return {"amplicon": whole}
    cuts = [s.cut for s in sites]
    if profile == "compatible" or wanted.size is not None:
        width = 1 if wanted.size is None else wanted.size
        made = _told({f"cut ± {width}": around(cuts, width, size)})
    else:
        made = _told({"editor": _editor_window(target, sites)})
    made |= {f"cut ± {w}": around(cuts, w, size) for w in (1, NEAR)}
    made["spacer"] = tuple(sorted({p for s in sites for p in range(s.start, s.end)}))
    return made | {"amplicon": whole}


def _told(windows: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """The windows; raises ``ValueError`` where the first is empty, in which no read could ever be modified."""
    name, positions = next(iter(windows.items()))
    if not positions:
        raise ValueError(
            f"the window ({name}) lies in the outer {EDGE} bases of the amplicon, where primers are and nothing counts"
        )
    return windows


def _editor_window(target: Target, sites: Sequence[Site]) -> tuple[int, ...]:
    """Ten bases around every cut; the protospacer too for base editors; both cuts of staggered nucleases."""
    cuts, editor, more = [s.cut for s in sites], target.editor, set()
    if editor is not None:
        apart = other_cut_index(0, editor) - cut_index(0, editor)
        cuts += [s.cut + (apart if s.strand == "+" else -apart) for s in sites]
        if editor.kind == "base":
            more = {p for s in sites for p in range(s.start, s.end)}
    return tuple(sorted(set(around(cuts, NEAR, len(target.sequence))) | more))


def inherited(reference: Amplicon, name: str, sequence: str, profile: str = "proband") -> Amplicon:
    """Another allele of a locus, with cuts and windows through its alignment to the reference.

    >>> a = Amplicon("r", "ACGTTGCATTGACCTGAGCATC", cuts=(12,), windows={"cut": (11, 12)})
    >>> b = inherited(a, "h", "ACGTTGTTCATTGACCTGAGCATC")
    >>> b.cuts, b.window
    ((14,), (13, 14))
    """
    place = places_of(sequence, reference, profile)
    cuts = {max(place[c - 1], default=0) + 1 for c in reference.cuts}
    windows = {
        title: tuple(sorted({q for p in positions for q in place[p] if 0 <= q < len(sequence)}))
        for title, positions in reference.windows.items()
    }
    sites = tuple(
        replace(s, start=min(place[s.start]), end=max(place[s.end - 1]) + 1, cut=max(place[s.cut - 1]) + 1)
        for s in reference.sites
    )
    inside = tuple(sorted(c for c in cuts if 0 < c < len(sequence)))
    return replace(reference, name=name, sequence=sequence, cuts=inside, windows=windows, sites=sites)


def places_of(sequence: str, reference: Amplicon, profile: str) -> list[tuple[int, ...]]:
    """Where each base of the reference lies in another allele: one index, or what stands for it where it is missing.

    >>> places_of("ACGACGT", Amplicon("r", "ACGTACGT"), "compatible")[3:5]
    [(2,), (3,)]
    """
    upper, lower, _ = align_pair(sequence, reference.sequence, reference.cuts)
    place: list[tuple[int, ...]] = []
    i, j, last = 0, 0, -1
    for a, b in zip(upper, lower, strict=True):
        if a != "-" and b != "-":
            place.append((i,))
            last = j
        elif b != "-":
            beside = (max(last, 0),) if profile == "compatible" else (max(i - 1, 0), min(i, len(sequence) - 1))
            place.append(tuple(q for q in beside if q < len(sequence)))
        i += a != "-"
        j += b != "-"
    return place


def read_variants(texts: Sequence[str]) -> list[tuple[int, str, str]]:
    """Variants such as ``45C>T`` or ``45CA>C``, 1-based on the amplicon; raises ``ValueError``.

    >>> read_variants(["45C>T"])
    [(44, 'C', 'T')]
    """
    made = []
    for text in texts:
        found = re.fullmatch(r"([1-9][0-9]{0,5})([ACGT]+)>([ACGT]+)", text.strip().upper())
        if not found:
            raise ValueError(f"{text[:60]!r} is not a variant such as 45C>T")
        made.append((int(found[1]) - 1, found[2], found[3]))
    return made


def with_variants(reference: Amplicon, name: str, variants: Sequence[tuple[int, str, str]]) -> Amplicon:
    """The amplicon of a haplotype: variants as (0-based index, reference bases, other bases), not overlapping.

    Raises ``ValueError`` where the reference bases are not those of the amplicon, or two variants overlap.

    >>> with_variants(Amplicon("a", "ACGTACGTACGT"), "h", [(2, "G", "T"), (4, "AC", "A")]).sequence
    'ACTTAGTACGT'
    """
    sequence, end = reference.sequence, len(reference.sequence) + 1
    for start, before, after in sorted(variants, reverse=True):
        if start < 0 or reference.sequence[start : start + len(before)] != before or not before:
            found = reference.sequence[max(start, 0) : max(start, 0) + max(len(before), 1)]
            raise ValueError(f"base {start + 1} of {reference.name} is {found}, not {before}")
        if start + len(before) > end or set(after) - set("ACGT"):
            raise ValueError(f"the variant at base {start + 1} of {reference.name} overlaps another or is no sequence")
        sequence, end = sequence[:start] + after + sequence[start + len(before) :], start
    return inherited(reference, name, sequence)
