"""``proband quality methods``: records of assays, limits recomputed, values against ranges, identity and potency."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.product_files import files_beside, write_made
from proband.cli.show import format_option, print_json

if TYPE_CHECKING:
    from proband.science.quality.method_folder import MethodFolder

FILE = "quality/methods.toml"
_path = click.Path(path_type=Path)
HEADER = ("value", "attribute", "method", "reported", "unit", "censored", "state", "because")


@click.command("methods")
@click.argument("path", type=_path)
@click.option("--out", type=_path, help="Folder for methods.json and methods.tsv (every value against its range).")
@format_option
def command(path: Path, out: Path | None, form: str) -> int:
    """What the record of each assay states, the limits that its replicates give, and values outside validated ranges.

    PATH is a program folder, or a methods file of its form; tables that it names lie beside it. Limits of blank and
    detection are those of CLSI EP17-A2. Identity is computed: which siblings each method can tell apart. Potency counts
    by level and by version.
    """
    from proband.core.errors import ProgramError
    from proband.science.quality.method_folder import read_method_folder

    problems: list[Any] = []
    held = read_method_folder(files_beside(path, FILE), problems)
    if held is None:
        raise ProgramError(problems)
    told = _told(held)
    rows = [[r[c] for c in HEADER] for r in told["values"]]
    written = write_made(out, "methods", told, HEADER, rows) if out is not None else []
    if form == "json":
        print_json(told)
        return 0
    for m in told["methods"]:
        click.echo(" ".join(m["said"]))
        for d in m["disagreements"]:
            click.echo(f"  ✕ {d}")
    outside = [r for r in told["values"] if r["state"] == "outside"]
    unknown = [r for r in told["values"] if r["state"] == "not_known"]
    click.echo(
        f"\nReported values: {len(told['values'])}, {len(outside)} outside the validated range, {len(unknown)} "
        "could not be held to one"
    )
    for r in outside:
        click.echo(f"  ✕ {r['value']}: {r['because']}")
    for because in dict.fromkeys(r["because"] for r in unknown):
        names = [r["value"] for r in unknown if r["because"] == because]
        click.echo(f"  ○ {because}: {', '.join(names[:4])}{f' and {len(names) - 4} more' if len(names) > 4 else ''}")
    for c in told["identity"]:
        click.echo(f"Identity, {c['method']} against {c['sibling']}: {c['state'].replace('_', ' ')} ({c['because']})")
    for p in told["potency"]:
        levels = ", ".join(p["levels"].present).replace("_", " ") or "none"
        runs = f"{p['runs']} run{'s' if p['runs'] != 1 else ''}"
        click.echo(f"Potency of {p['version']} ({p['whose']}): levels covered {levels}, {runs}")
    if out is not None:
        click.echo(f"wrote {', '.join(written)} to {out}")
    return 0


def _told(held: MethodFolder) -> dict[str, Any]:
    from proband.science.quality.detection_study import disagreements, study
    from proband.science.quality.identity import told_apart
    from proband.science.quality.method_file import stated
    from proband.science.quality.method_range import in_range
    from proband.science.quality.method_words import record_words, study_words
    from proband.science.quality.potency_levels import own_record, sibling_records

    methods = []
    for m in held.record.method:
        made = study(m, held.replicates.get(m.id, ()), held.hits.get(m.id, ()))
        methods.append({
            "id": m.id, "characteristics": stated(m), "said": [record_words(m), *study_words(made)],
            "disagreements": disagreements(m, made), "limits": made if made.unit else None,
        })  # fmt: skip
    ranged = [in_range(r, held.methods) for r in held.reported]
    values = [
        {
            "value": x.reported.name, "attribute": x.reported.attribute, "method": x.reported.method,
            "reported": x.reported.value, "unit": x.reported.unit, "censored": x.reported.censored, "state": x.state,
            "because": x.because,
        }
        for x in ranged
    ]  # fmt: skip
    records = [(own_record(held.record), "own"), *((r, "sibling") for r in sibling_records(held.record))]
    return {
        "product": held.record.product,
        "methods": methods,
        "values": values,
        "identity": [
            {"method": c.method, "sibling": c.sibling, "state": c.state, "because": c.because}
            for c in told_apart(held.record.method, held.own, held.record.sibling)
        ],
        "potency": [
            {"version": r.version, "whose": w, "levels": r.levels, "versions": r.versions, "runs": len(r.runs)}
            for r, w in records
        ],
    }
