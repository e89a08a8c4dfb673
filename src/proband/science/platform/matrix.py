"""The reuse matrix: for each item that is leaned on, what is argued, what differs, what bridges it, and by what right.

An item has one of three verdicts, computed from what is written and from the comparison of the two versions:

- `never`: it is product-specific by its nature (identity, potency, own lots, off-target results, genome integrity) and
  was made with another version. No argument changes that: it never supports this version;
- `open`: something that the justification needs is not known or not there, and is named;
- `complete`: everything is written. Whether it convinces is for a person.

Every part has three answers, as in members of a fact: there, looked for and not there, not known.

Cannot see: whether an argument is sound, and whether a letter says what is written of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from proband.core.units import UnitError, convert
from proband.science.platform.difference import BEYOND, NOT_KNOWN, TARGETING, PartDifference
from proband.science.platform.knowledge import categories, needs_letter, right_title
from proband.science.platform.record import Exposure, Record
from proband.science.platform.reuse import ASPECTS, PLATFORM, Difference, Item, Reuse
from proband.science.quality.component_model import told

THERE, ABSENT, UNKNOWN = "there", "not_there", "not_known"
NEVER, OPEN, COMPLETE = "never", "open", "complete"


@dataclass(frozen=True, slots=True)
class Answer:
    """One part of a justification: there, not_there or not_known, and why."""

    answer: str
    because: str


@dataclass(frozen=True)
class Row:
    """One item of the matrix; `bridging` is by field that differs, `exposure` by aspect."""

    item: Item
    nature: str
    verdict: str
    difference: str
    justified: Answer
    source: Answer
    right: Answer
    right_kind: str
    bridging: Mapping[str, Answer] = field(default_factory=dict)
    exposure: Mapping[str, Answer] = field(default_factory=dict)

    @property
    def lacks(self) -> tuple[str, ...]:
        """What is not there or not known, in words."""
        parts = {"justification": self.justified, "source": self.source, "right of use": self.right}
        parts |= {f"bridging of {k}": a for k, a in self.bridging.items()}
        parts |= {f"exposure, {k}": a for k, a in self.exposure.items()}
        return tuple(f"{k}: {a.because}" for k, a in parts.items() if a.answer != THERE)


def matrix(
    reuse: Reuse, record: Record, differences: Mapping[str, tuple[PartDifference, ...]], on: date | None
) -> tuple[Row, ...]:
    """One row for each item, in the order of the file.

    `differences` by version that items were made with: this version against it. `on` is the day against which the end
    of an agreement is held: the data cut; None leaves an end that is stated open.
    """
    return tuple(
        _row(item, reuse, record, differences.get(item.from_version, ()) if item.from_version else (), on)
        for item in reuse.items
    )


def _row(item: Item, reuse: Reuse, record: Record, parts: tuple[PartDifference, ...], on: date | None) -> Row:
    category = categories()[item.category]
    nature = category.nature
    never = nature == "product_specific"
    justified = _justified(item, never, category.because)
    source, (kind, right) = _source(item), _right(item, record, on)
    bridging = {} if never else dict(_bridging(item, parts))
    exposure = dict(_exposures(item, reuse.exposure)) if nature == "exposure" else {}
    answers = [justified, source, right, *bridging.values(), *exposure.values()]
    complete = all(a.answer == THERE for a in answers)
    verdict = NEVER if never else COMPLETE if complete else OPEN
    return Row(item, nature, verdict, _said(item, parts), justified, source, right, kind, bridging, exposure)


def _justified(item: Item, never: bool, because: str) -> Answer:
    if never:
        return Answer(ABSENT, f"product-specific by its nature: {because}")
    if "argument" in item.not_there:
        return Answer(ABSENT, "stated: there is no argument")
    lacks = [
        n
        for n, text in (("argument", item.argument), ("use", item.use), ("source version", item.from_version))
        if not told(text)
    ]
    return Answer(UNKNOWN, f"no {', no '.join(lacks)} written") if lacks else Answer(THERE, "written")


def _source(item: Item) -> Answer:
    if "document" in item.not_there:
        return Answer(ABSENT, "stated: no document can be named")
    lacks = [
        n
        for n, x in (("document", told(item.document)), ("place in it", told(item.locator)), ("date", item.dated))
        if not x
    ]
    return (
        Answer(UNKNOWN, f"no {', no '.join(lacks)} stated")
        if lacks
        else Answer(THERE, f"{item.document}, {item.locator}")
    )


def _right(item: Item, record: Record, on: date | None) -> tuple[str, Answer]:
    """The kind of right in words, and whether it is there."""
    if "right" in item.not_there:
        return "none", Answer(ABSENT, "stated: there is no right of use")
    agreement = record.agreement(item.right) if item.right else None
    if agreement is None:
        return "", Answer(UNKNOWN, "no right of use stated")
    kind = right_title(agreement.kind)
    if agreement.state in ("refused", "expired"):
        return kind, Answer(ABSENT, f"{agreement.id} is {agreement.state}")
    if agreement.until and on and agreement.until < on:
        return kind, Answer(ABSENT, f"{agreement.id} ended on {agreement.until}")
    wanted = {n for n in (item.of,) if n}
    if agreement.covers and wanted - set(agreement.covers):
        return kind, Answer(ABSENT, f"{agreement.id} does not cover {', '.join(sorted(wanted))}")
    if not needs_letter(agreement.kind):
        if agreement.until and on is None:
            return kind, Answer(UNKNOWN, f"{agreement.id}: no date to hold its end against (data_cut)")
        lacks = agreement.kind == "public" and not (told(agreement.document) or told(item.document))
        return kind, Answer(UNKNOWN, "public, and not said where") if lacks else Answer(THERE, kind)
    lacks_ = [n for n, x in (("document", agreement.document), ("holder", agreement.holder)) if not told(x)]
    if agreement.state != "in_force":
        lacks_.append(f"state ({agreement.state.replace('_', ' ')})")
    if not agreement.covers:
        lacks_.append("list of what it covers")
    elif not wanted:
        lacks_.append("study or assay of the record (of) that it would cover")
    if agreement.until and on is None:
        lacks_.append("date to hold its end against (data_cut)")
    return kind, Answer(UNKNOWN, f"{agreement.id}: no {', no '.join(lacks_)}") if lacks_ else Answer(
        THERE, agreement.id
    )


def _said(item: Item, parts: tuple[PartDifference, ...]) -> str:
    if item.from_version == PLATFORM:
        return "made with no version"
    if not parts:
        return "not known: the source version is not stated or not described"
    beyond = [p for p in parts if p.found == BEYOND]
    open_ = [p.part for p in parts if p.found == NOT_KNOWN]
    named = [f"{p.part} ({', '.join(c.field for c in p.changes if c.found == BEYOND)})" for p in beyond]
    said = f"beyond targeting: {', '.join(named)}" if named else "nothing seen beyond targeting"
    return said + (f"; not known in full: {', '.join(open_)}" if open_ else "")


def _bridging(item: Item, parts: tuple[PartDifference, ...]) -> Iterator[tuple[str, Answer]]:
    """For every difference, and every part that is not known in full: what is written of it."""
    if item.from_version == PLATFORM:
        yield "platform", Answer(THERE, "made with no version, so no version differs")
        return
    if not parts:
        yield "source version", Answer(UNKNOWN, "what it consists of is not known")
        return
    written, used = {d.field: d for d in item.difference}, set()
    for p in parts:
        open_ = []
        for c in p.changes:
            name = p.part if c.field in ("part", "all") else f"{p.part}.{c.field}"
            said = _written(p.part, name, written)
            used |= {said.field} if said else set()
            if said is None and c.found == NOT_KNOWN:
                open_.append("whether it is there" if c.field in ("part", "all") else c.field)
            elif said is None and c.found == TARGETING:
                yield name, Answer(UNKNOWN, "whether the other letters matter to it is not written")
            else:
                yield name, _bridged(said)
        if open_:
            yield p.part, Answer(UNKNOWN, f"not known whether it differs: {', '.join(open_)}")
    for d in item.difference:
        if d.field not in used:
            yield d.field, _bridged(d)


def _written(part: str, name: str, written: Mapping[str, Difference]) -> Difference | None:
    """What is written of a field: of itself, of a table that it lies in, or of its part."""
    keys = name[len(part) + 1 :].split(".") if name != part else []
    tables = [".".join([part, *keys[:cut]]) for cut in range(len(keys), -1, -1)]
    return next((written[t] for t in tables if t in written), None)


def _bridged(d: Difference | None) -> Answer:
    if d is None:
        return Answer(UNKNOWN, "whether it matters is not written")
    if d.matters is False:
        return (
            Answer(THERE, f"does not matter: {d.because}") if told(d.because) else Answer(UNKNOWN, "no reason why not")
        )
    if d.bridging_state == "none":
        return Answer(ABSENT, "stated: there are no bridging data")
    if told(d.bridging) and d.bridging_state == "there":
        return Answer(THERE, d.bridging)
    if d.bridging_state == "planned":
        return Answer(UNKNOWN, "bridging data are planned")
    return Answer(UNKNOWN, "no bridging data stated")


def _exposures(item: Item, own: Exposure) -> Iterator[tuple[str, Answer]]:
    source = item.exposure or Exposure()
    bounds = {b.aspect: b.because for b in item.bounded if told(b.because)}
    for aspect in ASPECTS:
        answer = _dose(source, own) if aspect == "dose" else _same(getattr(source, aspect), getattr(own, aspect))
        if answer.answer == ABSENT and aspect in bounds:
            answer = Answer(THERE, f"{answer.because}; bounded: {bounds[aspect]}")
        yield aspect, answer


def _same(theirs: str, mine: str) -> Answer:
    lacks = [n for n, text in (("source", theirs), ("this product", mine)) if not told(text)]
    if lacks:
        return Answer(UNKNOWN, f"not stated of {' or '.join(lacks)}")
    same = " ".join(theirs.split()).casefold() == " ".join(mine.split()).casefold()
    return Answer(THERE, f"the same: {mine}") if same else Answer(ABSENT, f"{theirs} there, {mine} here")


def _dose(source: Exposure, own: Exposure) -> Answer:
    """Whether the highest dose here is at most the highest there, and there are no more doses than there were."""
    theirs, mine = source.dose, own.dose
    if theirs is None or mine is None:
        lacks = [n for n, d in (("source", theirs), ("this product", mine)) if d is None]
        return Answer(UNKNOWN, f"not stated of {' or '.join(lacks)}")
    try:
        high = convert(mine.high, mine.unit, theirs.unit)
    except UnitError as e:
        return Answer(UNKNOWN, str(e))
    said = f"{mine.low:g} to {mine.high:g} {mine.unit} here, {theirs.low:g} to {theirs.high:g} {theirs.unit} there"
    if high > theirs.high * (1 + 1e-12):
        return Answer(ABSENT, said)
    if mine.doses is None or theirs.doses is None:
        return Answer(UNKNOWN, f"{said}; number of doses not stated")
    said += f"; {mine.doses} doses here, {theirs.doses} there"
    return Answer(THERE if mine.doses <= theirs.doses else ABSENT, said)
