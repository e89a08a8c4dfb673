"""Sites of a panel from a table: amplicon, protospacer, cut, editor, expected allele, place on a genome, coding frame.

Columns for people are 1-based: `cut` is the first base right of the cut, `start` the leftmost base of the amplicon on
the contig, `coding` the coding bases (``12-140`` or ``12-40;90-140``), ends included. `spacer` is the protospacer of
this site as it stands in the amplicon, mismatches to the guide included. `expected` is a whole allele, or for base
editors positions of the protospacer (``A8`` or ``A6+A8``). `variants` says how the patient's other haplotype differs
from the amplicon, such as ``45C>T+60A>G``: the site then stands for two targets, one for each haplotype.

Cannot see: whether an amplicon is the one that was amplified, and whether it lies where `start` says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from proband.core.errors import Problem, ProgramError
from proband.core.kinds import nearest
from proband.science.amplicon.alignment import align_pair
from proband.science.amplicon.amplicon import LONGEST, Amplicon, around, find_sites, whole_window
from proband.science.amplicon.haplotypes import SUFFIX, Haplotypes, haplotypes_of
from proband.science.amplicon.outcomes import amplicons_for, editor_class
from proband.science.amplicon.outcomes_base import base_expected, converted_allele, intended_positions
from proband.science.amplicon.prime import PrimeEdit
from proband.science.amplicon.proteins import CodingFrame, coding_frame
from proband.science.amplicon.sheet_rows import Row, chosen, named
from proband.science.amplicon.targets import (
    NEAR,
    SHORTEST,
    Target,
    Window,
    inherited,
    read_variants,
    with_variants,
)
from proband.science.design.editors import Editor, load_editors
from proband.science.sequence.alphabet import reverse_complement

COLUMNS = (
    "site", "amplicon", "spacer", "cut", "editor", "expected", "on_target", "contig", "start", "strand", "extension",
    "scaffold", "nick", "coding", "coding_strand", "phase", "wild_type", "first_residue", "site_failed",
    "variants",
)  # fmt: skip
TWINS = {"guide": "spacer"}
_RANGE = re.compile(r"([1-9][0-9]{0,3})-([1-9][0-9]{0,3})\Z")


@dataclass(frozen=True)
class PanelTarget:
    """One site of a panel: the target, its amplicons (reference first), and what is known of its place.

    `start` is the 0-based leftmost base on `contig`, None where it is not known; `failed` says why the site gave no
    data, as the sheet states it. With `haplotypes` the site is the first haplotype; `haplotype_of` names the site of
    which a target is the other one.
    """

    name: str
    target: Target
    amplicons: tuple[Amplicon, ...]
    on_target: bool = False
    contig: str = ""
    start: int | None = None
    strand: str = "+"
    frame: CodingFrame | None = None
    failed: str = ""
    haplotypes: Haplotypes | None = None
    haplotype_of: str = ""

    @property
    def blurred(self) -> bool:
        """Whether the normal allele and a corrected one are the same sequence, so that only indels are told."""
        return self.haplotypes is not None and self.haplotypes.blurred


def read_sites(rows: Sequence[Row], editor: str, problems: list[Problem]) -> tuple[PanelTarget, ...]:
    """The sites of a table; rows that repeat a site in a sheet must agree. Faults are added to `problems`.

    `editor` is that of sites which name none.
    """
    known = load_editors()
    if editor and editor not in known:
        problems.append(
            Problem("--editor", "", editor[:60], "an editor that proband knows", nearest(editor, tuple(known)))
        )
        return ()
    seen: dict[str, tuple[Row, tuple[PanelTarget, ...]]] = {}
    for row in rows:
        held = seen.get(row["site"])
        if held is not None:
            if any(row[c] != held[0][c] for c in COLUMNS):
                said = f"what row {held[0].line} says of this site"
                problems.append(row.problem("site", said, "describe each site once, or each time alike"))
            continue
        target = _site(row, editor, known, problems)
        both = () if target is None else (target, *_other_haplotype(row, target, problems))
        seen[row["site"]] = (row, both)
    made = [(row, target) for row, targets in seen.values() for target in targets]
    _check_apart(made, problems)
    return tuple(target for _, target in made)


def _site(row: Row, editor: str, known: Mapping[str, Editor], problems: list[Problem]) -> PanelTarget | None:
    """One site, or None with problems added."""
    before = len(problems)
    name = named(row, "site", problems)
    sequence, spacer = row["amplicon"].upper(), row["spacer"].upper().replace("U", "T")
    wanted = row["editor"] or editor
    if wanted and wanted not in known:
        problems.append(row.problem("editor", "an editor that proband knows", nearest(wanted, tuple(known))))
    _check_letters(row, "amplicon", sequence, SHORTEST, LONGEST, problems)
    if spacer:
        _check_letters(row, "spacer", spacer, 10, 60, problems)
    cut = row.number("cut", 2, problems, whole=True)
    if cut is not None and cut > len(sequence) >= SHORTEST:
        problems.append(row.problem("cut", f"2 to {len(sequence)}", "count bases of the amplicon from 1"))
    if not spacer and cut is None:
        problems.append(
            row.problem("spacer", "the protospacer in this amplicon, or a cut", "give one of them", "nothing")
        )
    on_target = chosen(row, "on_target", ("", "no", "yes"), problems) == "yes"
    place = _place(row, problems)
    if len(problems) > before:
        return None
    _check_spacer(row, sequence, spacer, problems)
    if len(problems) > before:
        return None
    asked = _Asked(row, name, sequence, spacer, None if cut is None else int(cut) - 1, known.get(wanted))
    target, amplicons = _built(asked, problems)
    frame = _frame(row, sequence, problems)
    if target is None or len(problems) > before:
        return None
    return PanelTarget(
        name, target, amplicons, on_target, *place, frame, row["site_failed"],
        _haplotypes(row, target, amplicons, problems),
    )  # fmt: skip


def _haplotypes(row: Row, target: Target, amplicons: Sequence[Amplicon], problems: list[Problem]) -> Haplotypes | None:
    """How the other haplotype of a row differs, None where it names none."""
    if not row["variants"]:
        return None
    try:
        variants = read_variants([v for v in row["variants"].replace(";", "+").split("+") if v.strip()])
        with_variants(amplicons[0], "other", variants)
        return haplotypes_of(variants, target, amplicons)
    except ValueError as e:
        remedy = "count bases of the amplicon from 1, and write what the other haplotype has: 45C>T+60A>G"
        problems.append(row.problem("variants", "substitutions of the other haplotype", remedy, str(e)))
        return None


def _other_haplotype(row: Row, first: PanelTarget, problems: list[Problem]) -> tuple[PanelTarget, ...]:
    """The target of the other haplotype; none where there is none, or where reads can not tell it.

    Its intended edit is that of the first one where a base editor can make it there too; for prime edits and donors
    it is looked at for insertions and deletions alone. Its place on the genome is left to the first one, whose bases
    a variant record is written against.
    """
    if first.haplotypes is None or first.blurred:
        return ()
    name = f"{first.name}{SUFFIX}"
    reference = first.amplicons[0]
    other = replace(with_variants(reference, name, first.haplotypes.variants), locus=name)
    expected, editor = "", first.target.editor
    if first.target.expected and editor is not None and editor.kind == "base" and reference.sites:
        site = reference.sites[0]
        positions = intended_positions(first.target.sequence, first.target.expected, site, editor)
        try:
            expected = converted_allele(other, editor, positions)
        except ValueError:
            expected = ""
    target = replace(first.target, name=name, sequence=other.sequence, expected=expected, prime=None)
    frame = _frame(row, other.sequence, problems)
    return (
        replace(
            first, name=name, target=target, amplicons=(other,), frame=frame, haplotypes=None, haplotype_of=first.name,
            contig="", start=None,
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class _Asked:
    """A site whose parts are sound by themselves; `cut` is 0-based."""

    row: Row
    name: str
    sequence: str
    spacer: str
    cut: int | None
    editor: Editor | None


def _check_letters(row: Row, column: str, text: str, least: int, most: int, problems: list[Problem]) -> None:
    letters = "ACGTN" if column in ("amplicon", "expected", "wild_type") else "ACGT"
    strange = sorted(set(text) - set(letters))
    if strange:
        found = f"the letters {' '.join(strange[:8])}"
        problems.append(row.problem(column, f"only {letters}", "correct it", found))
    elif not least <= len(text) <= most:
        problems.append(row.problem(column, f"{least} to {most} bases", "correct it", f"{len(text)} bases"))


def _check_spacer(row: Row, sequence: str, spacer: str, problems: list[Problem]) -> None:
    """A spacer lies at one place; where it lies nowhere, the nearest place is named."""
    if not spacer:
        return
    places = len(find_sites(sequence, spacer, 0, ".")) + len(_at_edges(sequence, spacer))
    if places > 1:
        problems.append(
            row.problem("spacer", "a spacer at one place of the amplicon", "give the cut alone", f"{places} places")
        )
    if places:
        return
    size, best = len(spacer), (len(spacer) + 1, "", 0)
    for strand, text in (("+", spacer), ("-", reverse_complement(spacer))):
        for i in range(len(sequence) - size + 1):
            off = sum(a != b for a, b in zip(sequence[i : i + size], text, strict=True))
            best = min(best, (off, strand, i))
    off, strand, i = best
    found = f"{spacer} on neither strand"
    remedy = "give the spacer 5' to 3' without PAM, or correct the amplicon"
    if off <= 6:
        near = sequence[i : i + size] if strand == "+" else reverse_complement(sequence[i : i + size])
        remedy = f"this site reads {near} at base {i + 1} of strand {strand}, with {off} mismatches: give that"
    problems.append(row.problem("spacer", "the protospacer as it stands in this amplicon", remedy, found))


def _at_edges(sequence: str, spacer: str) -> list[int]:
    """Places at an end of the amplicon, of which the end of the spacer is no boundary inside."""
    ends = (sequence.endswith(spacer), sequence.startswith(reverse_complement(spacer)))
    return [n for n, there in enumerate(ends) if there]


def _place(row: Row, problems: list[Problem]) -> tuple[str, int | None, str]:
    """Contig, 0-based start and strand."""
    start = row.number("start", 1, problems, whole=True)
    strand = chosen(row, "strand", ("", "+", "-"), problems) or "+"
    contig = named(row, "contig", problems) if row["contig"] else ""
    if (row["contig"] != "") != (row["start"] != ""):
        problems.append(row.problem("contig", "contig and start together", "give both or none"))
    return contig, None if start is None else int(start) - 1, strand


def _built(asked: _Asked, problems: list[Problem]) -> tuple[Target | None, tuple[Amplicon, ...]]:
    """The target and its amplicons; what does not fit is added to `problems`."""
    row = asked.row
    prime = None
    if row["extension"] and asked.spacer:
        prime = PrimeEdit(asked.spacer, row["extension"], row["scaffold"], row["nick"])
    guides = (asked.spacer,) if asked.spacer and not prime else ()
    target = Target(asked.name, asked.sequence, guides, "", prime, asked.editor, _window(asked))
    kind = editor_class(target)
    if kind == "base" and not asked.spacer:
        problems.append(row.problem("spacer", "a protospacer, from which positions count", "give it", "nothing"))
        return None, ()
    try:
        target = replace(target, expected=_expected(asked, target, kind))
        made = amplicons_for(target) if asked.spacer else _by_cut(asked, target)
        if kind == "base" and target.expected and asked.editor is not None:
            intended_positions(asked.sequence, target.expected, made[0].sites[0], asked.editor)
    except ProgramError as e:
        problems += [replace(p, file=row.file, place=f"row {row.line}, {p.place}".rstrip(", ")) for p in e.problems]
        return None, ()
    except ValueError as e:
        problems.append(row.problem("", "a site that fits together", "correct the row", str(e)))
        return None, ()
    return target, made


def _window(asked: _Asked) -> Window:
    """The editor's own window; with a cut that is given, its distance from the spacer's 3' end."""
    if asked.cut is None or not asked.spacer:
        return Window()
    start = asked.sequence.find(asked.spacer)
    if start >= 0:
        return Window(centre=asked.cut - start - len(asked.spacer))
    return Window(centre=asked.sequence.find(reverse_complement(asked.spacer)) - asked.cut)


def _expected(asked: _Asked, target: Target, kind: str) -> str:
    """The expected allele as a sequence; raises ``ValueError``."""
    text = asked.row["expected"].upper()
    if not text or target.prime:
        return ""
    if kind == "base" and len(text) < SHORTEST and asked.editor is not None:
        return base_expected(amplicons_for(target)[0], asked.editor, text)
    if set(text) - set("ACGTN") or len(text) < SHORTEST:
        raise ValueError("the expected allele is a whole sequence of A, C, G, T, or positions such as A8")
    if align_pair(reverse_complement(text), asked.sequence)[2] > align_pair(text, asked.sequence)[2]:
        raise ValueError("the expected allele fits better as its reverse complement: write it on the amplicon's strand")
    return text


def _by_cut(asked: _Asked, target: Target) -> tuple[Amplicon, ...]:
    """Amplicons of a site whose cut is given without a spacer."""
    size, cut = len(asked.sequence), asked.cut or 0
    windows = {
        "editor": around([cut], NEAR, size), "cut ± 1": around([cut], 1, size), "amplicon": whole_window(size)
    }  # fmt: skip
    if not windows["editor"]:
        raise ValueError(f"the cut at base {cut + 1} lies in the outer bases of the amplicon, where primers are")
    first = Amplicon(target.name, asked.sequence, target.name, (cut,), windows)
    if not target.expected:
        return (first,)
    return first, inherited(first, f"{target.name} {target.expected_name}", target.expected)


def _frame(row: Row, sequence: str, problems: list[Problem]) -> CodingFrame | None:
    """The coding frame, where the row has one."""
    if not row["coding"]:
        return None
    before = len(problems)
    phase = row.number("phase", 0, problems, whole=True)
    residue = row.number("first_residue", 1, problems, whole=True)
    strand = chosen(row, "coding_strand", ("", "+", "-"), problems) or "+"
    wild_type = row["wild_type"].upper()
    if wild_type:
        _check_letters(row, "wild_type", wild_type, SHORTEST, LONGEST, problems)
    ranges = [_RANGE.match(part.strip()) for part in row["coding"].split(";")]
    if not all(ranges):
        problems.append(row.problem("coding", "ranges of bases such as 12-140", "count from 1, ends included"))
    if len(problems) > before:
        return None
    intervals = tuple((int(r[1]) - 1, int(r[2])) for r in ranges if r)
    try:
        return coding_frame(sequence, intervals, strand, int(phase or 0), wild_type, int(residue or 1))
    except ValueError as e:
        problems.append(row.problem("coding", "a frame that fits the amplicon", "correct it", str(e)))
        return None


def _check_apart(made: Sequence[tuple[Row, PanelTarget]], problems: list[Problem]) -> None:
    """Amplicons differ from each other, on both strands."""
    seen: dict[str, str] = {}
    for row, target in made:
        for text, how in (
            (target.target.sequence, ""),
            (reverse_complement(target.target.sequence), "the reverse complement of "),
        ):
            if text in seen:
                found = f"{how}the amplicon of {seen[text]}"
                problems.append(row.problem("amplicon", "another one for each site", "give each amplicon once", found))
                break
        else:
            seen[target.target.sequence] = target.name
