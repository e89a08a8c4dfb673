"""What ``proband triage`` counts over all pieces and writes: Parquet parts, the table of editors, its figure."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proband.science.design.editors import Editor
    from proband.science.design.triage_list import Row

ANY, CLEAN = "any guide", "a clean guide"


@dataclass(slots=True)
class Counts:
    """Counts of one piece or of many; their size follows the number of patterns of reach, not the list.

    The patterns are over editors that put a base back by themselves: a nuclease cuts near it, and no more. A clean
    guide is one without a bystander that changes the protein; there is none where no protein is there to judge by.
    """

    status: Counter[str] = field(default_factory=Counter)
    terms: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    clean: Counter[str] = field(default_factory=Counter)
    any_patterns: Counter[frozenset[str]] = field(default_factory=Counter)
    clean_patterns: Counter[frozenset[str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, rows: Sequence[Row], editors: Sequence[Editor]) -> Counts:
        """The counts of one piece."""
        correcting = {e.name for e in editors if e.kind != "nuclease"}
        made = cls()
        for r in rows:
            made.status[r.status.partition(":")[0]] += 1
            made.reached.update(r.guides.keys())
            made.alone.update(r.alone.keys())
            made.any_patterns[frozenset(correcting & r.guides.keys())] += 1
            if r.clean is not None:
                made.clean.update(r.clean.keys())
                made.clean_patterns[frozenset(correcting & r.clean.keys())] += 1
            if r.effect is not None:
                made.terms[r.effect.term] += 1
        return made

    def merge(self, more: Counts) -> None:
        """Add those of another piece."""
        for f in fields(self):
            getattr(self, f.name).update(getattr(more, f.name))


class Summary:
    """What is known after all pieces: the counts, the number of parts, and how the cover was asked for."""

    def __init__(self, editors: Sequence[Editor], covering: str, *, judged: bool, unread: int = 0) -> None:
        self.editors = [e.name for e in editors]
        self.correcting = {e.name for e in editors if e.kind != "nuclease"}
        self.covering, self.judged, self.unread = covering, judged, unread
        self.parts = 0
        self.counts = Counts()

    def merge(self, counts: Counts) -> None:
        """Take in the counts of the next part."""
        self.parts += 1
        self.counts.merge(counts)

    def _patterns(self, by: str) -> Counter[frozenset[str]]:
        return self.counts.any_patterns if by == "any" else self.counts.clean_patterns

    def cover(self, by: str = "") -> list[tuple[str, int, int]]:
        """The greedy set cover, by any or by clean guides; without a word, by those that were asked for."""
        from proband.science.design.triage_list import cover

        return cover(self._patterns(by or self.covering))

    def covered(self, by: str) -> int:
        """Variants that at least one base or prime editor reaches, by any or by clean guides."""
        return sum(count for editors, count in self._patterns(by).items() if editors)

    def as_dict(self) -> dict[str, Any]:
        """All counts as a plain value."""
        made: dict[str, Any] = {"status": self.counts.status, "reached": self.counts.reached, "cover": self.cover()}
        made |= {"cover_by": self.covering, "covered_by_any": self.covered("any")}
        if self.judged:
            from proband.science.design.triage_consequence import RULE

            made |= {
                "effects": self.counts.terms,
                "clean": self.counts.clean,
                "covered_by_clean": self.covered("clean"),
            }
            made |= {"transcript_rule": RULE, "transcripts_not_usable": self.unread}
        return made


def part_bytes(rows: Sequence[Row], editors: Sequence[str], judged: bool) -> bytes:
    """One piece as Parquet: a row per variant, a column of guide counts per editor; with transcripts, effects.

    A cell is empty where the question was not answered: a count of 0 says that there is no guide.
    """
    import polars

    columns: dict[str, Any] = {
        "name": [r.variant.name for r in rows],
        "contig": [r.variant.contig for r in rows],
        "position": [r.variant.position + 1 if r.variant.position >= 0 else None for r in rows],
        "ref": [r.variant.ref for r in rows],
        "alt": [r.variant.alt for r in rows],
        "status": [r.status for r in rows],
    }
    schema: dict[str, Any] = {"position": polars.Int64}
    if judged:
        for name, kind in EFFECT.items():
            columns[name] = [getattr(r.effect, name) if r.effect else None for r in rows]
            schema[name] = getattr(polars, kind)
    for e in editors:
        columns[f"guides:{e}"] = [r.guides.get(e, 0) if r.status == "ok" else None for r in rows]
        schema[f"guides:{e}"] = polars.UInt8
        if judged:
            columns[f"clean:{e}"] = [None if r.clean is None else r.clean.get(e, 0) for r in rows]
            schema[f"clean:{e}"] = polars.UInt8
    buffer = io.BytesIO()
    polars.DataFrame(columns, schema_overrides=schema).write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


EFFECT = {
    "transcript": "String",
    "gene": "String",
    "hgvs": "String",
    "term": "String",
    "protein": "String",
    "splice_distance": "Int32",
    "others": "Int32",
    "concerns": "String",
}
"""Columns of the effect, as in ``triage_consequence.Effect``, with their types."""


def finish(out: Path, summary: Summary) -> None:
    """The table of editors with the set covers, and its figure; parts of an earlier, longer run are removed."""
    from proband.writing import write_text

    for old in sorted(out.glob("variants-*.parquet"))[summary.parts :]:
        old.unlink()
    write_text(out / "editors.tsv", editors_tsv(summary))
    _draw(out / "editors.svg", summary)


def editors_tsv(summary: Summary) -> str:
    """One row per editor, most variants first; the clean columns are empty where no transcripts were given."""
    covers = ["any", "clean"] if summary.judged else ["any"]
    steps = {by: {e: (n, *rest) for n, (e, *rest) in enumerate(summary.cover(by), start=1)} for by in covers}
    head = "editor variants_reached with_a_guide_without_bystander with_a_clean_guide".split()
    head += [f"{by}_{name}" for by in ("any", "clean") for name in ("cover_step", "adds", "covered")]
    lines = ["\t".join(head)]
    for e in sorted(summary.editors, key=lambda e: (-summary.counts.reached[e], e)):
        cells = [
            e,
            str(summary.counts.reached[e]),
            str(summary.counts.alone[e]),
            str(summary.counts.clean[e]) if summary.judged else "",
        ]
        for by in ("any", "clean"):
            cells += [str(x) for x in steps.get(by, {}).get(e, ("", "", ""))]
        lines.append("\t".join(cells))
    return "\n".join(lines) + "\n"


def _draw(path: Path, summary: Summary) -> None:
    from proband.core.evidence import Figure
    from proband.dossier.charts import Undrawable, svg
    from proband.writing import write_text

    shown = [e for e in summary.editors if summary.counts.reached[e]]
    rows: list[dict[str, Any]] = []
    for e in shown:
        rows.append({"editor": e, "variants": summary.counts.reached[e], "by": ANY})
        if summary.judged and e in summary.correcting:
            rows.append({"editor": e, "variants": summary.counts.clean[e], "by": CLEAN})
    encoding = {"x": "editor", "y": "variants"} | ({"color": "by"} if summary.judged else {})
    what = "Variants reached by each editor" + (", by any guide and by a clean one" if summary.judged else "")
    labels = {"x": "editor", "y": "variants reached", "color": "reached by"}
    figure = Figure("reach", what, "Bars of variants reached by editor.", "bars", encoding, tuple(rows), labels)
    try:
        write_text(path, svg(figure).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))
    except Undrawable:
        path.unlink(missing_ok=True)
