"""The files of a confirmation panel: the sheet of sites for quantify-panel, primers to order, pools, what is missing.

`sites.csv` has the form that ``proband quantify-panel`` reads (``science/amplicon/sheet_sites.py``); a site whose
protospacer is not known, or lies twice in its amplicon, gets a cut in its middle instead.

Cannot see: the samples; they are listed by the laboratory.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from proband.science.offtarget.merge_outputs import COORDINATES, tsv
from proband.science.offtarget.panel import Panel, PanelAmplicon, PanelRules
from proband.science.offtarget.primers import Primer
from proband.science.sequence.alphabet import reverse_complement


def files(
    panel: Panel, rules: PanelRules, editor: str, on_target: Sequence[str], tails: tuple[str, str],
    inputs: Mapping[str, Any],
) -> dict[str, bytes]:  # fmt: skip
    """All files by name; `on_target` names sites, `tails` stand before forward and reverse primers in the order."""
    told = {
        "rules": asdict(rules) | {"sodium_equivalent_millimolar": round(rules.primer.sodium, 2)},
        "melting_temperature": "nearest neighbours, SantaLucia 1998; magnesium as sodium, von Ahsen et al. 2001",
        "sites": len(panel.amplicons) + len(panel.missing), "amplicons": len(panel.amplicons),
        "not_amplified": len(panel.missing), "pools": panel.pools, "tails": list(tails), "editor": editor,
    }  # fmt: skip
    return {
        "sites.csv": _sheet(panel, editor, on_target),
        "primers.csv": _order(panel, tails),
        "amplicons.tsv": _amplicons(panel),
        "not_amplified.csv": _csv(["site", "reason"], ([m.site.name, m.reason] for m in panel.missing)),
        "panel_plan.json": (json.dumps(told | dict(inputs), indent=1, sort_keys=True) + "\n").encode("utf-8"),
    }


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8")


def _sheet(panel: Panel, editor: str, on_target: Sequence[str]) -> bytes:
    header = ["site", "amplicon", "spacer", "cut", "editor", "on_target", "contig", "start", "strand"]
    rows = []
    for a in panel.amplicons:
        spacer = a.site.protospacer
        places = _count(a.sequence, spacer) + _count(a.sequence, reverse_complement(spacer)) if spacer else 0
        middle = (a.site.start + a.site.end) // 2 - a.start + 1
        told = (spacer, "") if places == 1 else ("", middle)
        called = "yes" if a.site.name in on_target else "no"
        # without a protospacer there is no window in which an editor could be looked for
        named = editor if told[0] else ""
        rows.append([a.site.name, a.sequence, *told, named, called, a.site.contig, a.start + 1, "+"])
    return _csv(header, rows)


def _count(text: str, word: str) -> int:
    return sum(text.startswith(word, i) for i in range(len(text) - len(word) + 1))


def _order(panel: Panel, tails: tuple[str, str]) -> bytes:
    header = ["name", "sequence", "pool", "site", "direction", "binds", "length", "melting_temperature", "gc_percent"]
    rows = [
        [
            f"{a.site.name}_{letter}", tail + p.sequence, a.pool, a.site.name, word, p.sequence, len(p.sequence),
            f"{p.temperature:.1f}", f"{100 * p.gc:.0f}",
        ]
        for a in panel.amplicons
        for letter, word, p, tail in (("F", "forward", a.forward, tails[0]), ("R", "reverse", a.reverse, tails[1]))
    ]  # fmt: skip
    return _csv(header, rows)


def _amplicons(panel: Panel) -> bytes:
    header = [
        "site", "pool", "contig", "start", "end", "size", "gc_percent", "site_start", "site_end", "forward", "reverse",
        "forward_temperature", "reverse_temperature", "forward_end_matches", "reverse_end_matches",
    ]  # fmt: skip
    return tsv(header, (_row(a) for a in panel.amplicons), COORDINATES + "; amplicon with its primers")


def _row(a: PanelAmplicon) -> list[Any]:
    gc = 100 * (a.sequence.count("G") + a.sequence.count("C")) / len(a.sequence)
    primers: tuple[Primer, Primer] = (a.forward, a.reverse)
    return [
        a.site.name, a.pool, a.site.contig, a.start + 1, a.end, a.end - a.start, round(gc, 1), a.site.start + 1,
        a.site.end, *(p.sequence for p in primers), *(p.temperature for p in primers), *a.ends,
    ]  # fmt: skip
