"""All margins of a folder side by side: by study, human dose and basis; the declared one; how far bases lie apart.

A study counts for the declared margin where it is of toxicity, of this product or of one that is bridged, on the class
of the patient's route; of several the lowest margin is told, or that of the study the plan names. Bases are shown
beside each other and never averaged.

Cannot see: what `margins` can not see.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

from proband.core.evidence import TABLE_PREVIEW_ROWS, Column, Figure, Members, Table
from proband.core.provenance import digest
from proband.science.nonclinical.folder import NonclinicalFolder
from proband.science.nonclinical.margins import (
    AT_LEAST,
    EQUAL,
    HIGHEST,
    LESS_THAN,
    STARTING,
    Comparator,
    Margin,
    Multiple,
    bases,
    comparators,
    margin,
    multiple,
    no_effect_point,
)
from proband.science.nonclinical.plan_file import GIVEN
from proband.science.nonclinical.route_table import same_class
from proband.science.nonclinical.study_table import Study

BOUND_WORDS = {EQUAL: "", AT_LEAST: "at least ", LESS_THAN: "less than "}
MOST_FIGURE_ROWS, MOST_GROUPS = 200, 8


@dataclass(frozen=True, slots=True)
class MarginReport:
    """Margins and multiples of all studies; `declared`: the declared basis, `headline`: what it gives.

    `counted`: studies that may give the headline; `left_out`: the others with the reason. `standing` of the headline's
    study.
    """

    against: tuple[Comparator, ...]
    bases: tuple[str, ...]
    margins: tuple[Margin, ...]
    multiples: tuple[Multiple, ...]
    counted: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    declared: str
    headline: Margin | None
    why: str
    standing: str
    given: Members

    def beside(self) -> tuple[Margin, ...]:
        """The headline's study against the starting dose on every basis that gives a margin."""
        if self.headline is None:
            return ()
        held = [m for m in self.margins if (m.study, m.against) == (self.headline.study, self.headline.against)]
        return tuple(m for m in held if m.value is not None)

    def spread(self) -> float | None:
        """Largest over smallest margin over bases; None with fewer than two."""
        values = [m.value for m in self.beside() if m.value]
        return max(values) / min(values) if len(values) > 1 else None


def margin_report(folder: NonclinicalFolder, own: Sequence[str], route: str = "", alone: bool = False) -> MarginReport:
    """The report of a folder; `own` are the names of this program's product, `route` that of the patient.

    `alone`: no program is there, so that studies count whatever product they name.
    """
    plan = folder.plan
    against, names = comparators(plan), bases(plan)
    margins = tuple(margin(s, a, b, plan, folder.exposure) for s in folder.studies for a in against for b in names)
    multiples = tuple(
        multiple(s, d, a, b, plan, folder.exposure)
        for s in folder.studies for d in s.given for a in against for b in names
    )  # fmt: skip
    left_out = tuple((s.id, why) for s in folder.studies if (why := _why_not(s, folder, own, route, alone)))
    out = {name for name, _ in left_out}
    counted = tuple(s.id for s in folder.studies if s.id not in out)
    declared = plan.margin.basis
    headline, why = _headline(margins, counted, declared, bool(plan.human.doses))
    if headline is None and declared and plan.human.doses and not counted:
        why = "; ".join(f"{name}: {reason}" for name, reason in left_out) or why
    standing = ""
    if headline is not None:
        study = folder.study(headline.study)
        assert study is not None
        standing = "not_stated" if alone else folder.standing(study, own)
    return MarginReport(
        against, names, margins, multiples, counted, left_out, declared, headline, why, standing,
        _given(folder, headline),
    )  # fmt: skip


def _why_not(s: Study, folder: NonclinicalFolder, own: Sequence[str], route: str, alone: bool) -> str:
    """Why a study does not count for the declared margin, or nothing."""
    named = folder.plan.margin.study
    if named and s.id != named:
        return f"the plan names {named}"
    standing = folder.standing(s, own)
    if not alone and standing not in ("own", "bridged"):
        return "its product is not stated" if standing == "not_stated" else f"product {s.product} is not bridged"
    if not named and not s.purpose and not alone:
        return "its purpose is not stated"
    if not named and s.purpose and "toxicity" not in s.purpose:
        return "it is not of toxicity"
    if not named and route and not same_class(s.route, route):
        return f"its route is {s.route}"
    return ""


def _headline(
    margins: Sequence[Margin], counted: Sequence[str], declared: str, dosed: bool
) -> tuple[Margin | None, str]:
    """The lowest margin of the counted studies on the declared basis against the starting dose, or why there is
    none."""
    if not dosed:
        return None, "no human dose is stated"
    if not declared:
        return None, "no scaling basis is declared"
    held = [m for m in margins if m.basis == declared and m.against == STARTING and m.study in counted]
    given = [m for m in held if m.value is not None]
    if not held:
        return None, "no study counts for it"
    if not given:
        return None, "; ".join(f"{m.study}: {m.why}" for m in held)
    lacking = [f"{m.study}: {m.why}" for m in held if m.value is None]
    lowest = min(given, key=lambda m: (m.value, m.bound != LESS_THAN, m.study))
    lower = [m.study for m in given if m.bound == LESS_THAN and m is not lowest]
    if lower and lowest.bound != LESS_THAN:
        note = f"the margin of {', '.join(lower)} may lie lower: the lowest dose there had an effect"
        lowest = replace(lowest, notes=(*lowest.notes, note))
    return lowest, "; ".join(lacking)


def _given(folder: NonclinicalFolder, headline: Margin | None) -> Members:
    """What the plan gives of a margin: present, said not to be given (absent), or not known."""
    plan = folder.plan.margin
    there = {
        "margin": headline is not None,
        "scaling_basis": bool(plan.basis),
        "justification": bool(plan.justification.strip()),
    }
    absent = tuple(n for n in GIVEN if n in plan.not_given and not there[n])
    return Members(
        tuple(n for n in GIVEN if there[n]), absent, tuple(n for n in GIVEN if not there[n] and n not in absent)
    )


def told(m: Margin) -> str:
    """A margin in words.

    >>> told(Margin("s", "starting dose", "body_weight", "less_than", 8.5714))
    'less than 8.57'
    """
    return f"{BOUND_WORDS[m.bound]}{figure(m.value)}" if m.value is not None else f"none ({m.why})"


def figure(x: float | None) -> str:
    """Three significant digits, never in exponent form where the size is usual.

    >>> figure(41.6667), figure(1234.5), figure(0.00012)
    ('41.7', '1234', '0.00012')
    """
    if x is None:
        return ""
    return f"{x:.0f}" if 1000 <= abs(x) < 1e9 else f"{x:.3g}"


MARGIN_COLUMNS = tuple("study species route dose unit against basis bound margin at_effect why notes".split())
MULTIPLE_COLUMNS = tuple("study species dose unit effect against basis multiple side why notes".split())


def margin_rows(report: MarginReport, folder: NonclinicalFolder) -> tuple[tuple[str, ...], ...]:
    """One row for each study, human dose and basis, with the reason where there is no margin."""
    made = []
    for m in report.margins:
        s = folder.study(m.study)
        assert s is not None
        point = no_effect_point(s)
        dose = "" if point is None else f"{point[0]:g}"
        made.append((
            m.study, s.species, s.route, dose, s.dose_unit, m.against, m.basis, m.bound, figure(m.value),
            figure(m.at_effect), m.why, "; ".join(m.notes),
        ))  # fmt: skip
    return tuple(made)


def multiple_rows(report: MarginReport, folder: NonclinicalFolder) -> tuple[tuple[str, ...], ...]:
    """One row for each dose group, human dose and basis."""
    made = []
    for m in report.multiples:
        s = folder.study(m.study)
        assert s is not None
        made.append((
            m.study, s.species, f"{m.dose:g}", s.dose_unit, effect_of(s, m.dose), m.against, m.basis, figure(m.ratio),
            m.side if m.ratio is not None else "", m.why, "; ".join(m.notes),
        ))  # fmt: skip
    return tuple(made)


def effect_of(s: Study, dose: float) -> str:
    """Whether a dose had an effect, as far as it is told: yes, no, or not told.

    >>> effect_of(Study("s", "rat", "oral", (0, 1, 2, 4), "mg/kg", no_effect=1, effect=2), 4)
    'yes'
    """
    if s.effect is not None and dose >= s.effect:
        return "yes"
    return "no" if s.no_effect is not None and dose <= s.no_effect else "not told"


def margin_table(report: MarginReport, folder: NonclinicalFolder) -> Table:
    """The margins as a table of evidence."""
    meanings = {
        "dose": "Dose on which the margin rests", "unit": "Unit of the dose", "against": "Human dose",
        "basis": "What both doses are scaled by", "bound": "equal, at_least or less_than",
        "margin": "Animal's over human dose on the basis", "at_effect": "The same at the lowest dose with an effect",
        "why": "Why there is none", "notes": "What weakens it",
    }  # fmt: skip
    columns = tuple(Column(c, "", meanings.get(c, c.capitalize())) for c in MARGIN_COLUMNS)
    rows = margin_rows(report, folder)
    return Table("margins", "Margins by basis", columns, len(rows), digest(rows), "", rows[:TABLE_PREVIEW_ROWS])


def margin_figure(report: MarginReport, folder: NonclinicalFolder) -> Figure | None:
    """Every dose group as a multiple of the starting dose, by basis, on a logarithmic scale; the human dose is 1."""
    first = report.against[0].name if report.against else ""
    held = [m for m in report.multiples if m.against == first and m.ratio]
    if not held:
        return None
    rows, many = [], len({(m.study, m.dose) for m in held}) > MOST_GROUPS
    top = next((a.value / report.against[0].value for a in report.against if a.name == HIGHEST), 1.0)
    lines = [1.0, top] if top > 1 and len(held) > 1 else [1.0]
    for n, m in enumerate(held[:MOST_FIGURE_ROWS]):
        s = folder.study(m.study)
        assert s is not None
        effect = {"yes": "effect", "no": "no effect", "not told": "effect not told"}[effect_of(s, m.dose)]
        name = effect if many else f"{m.study}: {effect}"
        rows.append({
            "basis": m.basis.replace("_", " "), "multiple": round(m.ratio or 0.0, 6), "group": name,
            "human": round(lines[n % len(lines)], 6),
        })  # fmt: skip
    dashed = f"{first} at 1" + (f", {HIGHEST} at {figure(top)}" if len(lines) > 1 else "")
    return Figure(
        name="margins",
        title=f"Doses of animals as multiples of the human dose ({first})",
        alt=f"{len(rows)} dose groups of animals by basis of scaling, as multiples of the human dose; {dashed}.",
        chart="points",
        encoding={"x": "basis", "y": "multiple", "color": "group", "limit": "human"},
        rows=tuple(rows),
        labels={
            "x": "scaled by", "y": f"multiple of the {first} (log; dashed: {dashed})", "color": "study",
            "y scale": "logarithm",
        },
    )  # fmt: skip


def csv_text(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A CSV with a header and Unix line ends."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()
