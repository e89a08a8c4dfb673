"""``proband quality release``: each lot against its limits, recomputed from the results, and what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from proband.cli.show import format_option, print_json

if TYPE_CHECKING:
    from proband.science.quality.quality_folder import Lots
    from proband.science.quality.release import LotReport

SIGNS = {"within": "●", "outside": "✕", "unknown": "○"}
WORDS = {"meets": "meets its specification", "fails": "is out of specification", "open": "is not known to meet it"}


def lots_of(folder: Path) -> Lots:
    """The lots of a program folder, or of a folder that holds the tables themselves; raises ``ProgramError``."""
    from proband.core.errors import Problem, ProgramError
    from proband.science.quality.quality_folder import GENEALOGY, RESULTS, read_lots
    from proband.science.quality.specifications import SPECIFICATIONS

    names = (SPECIFICATIONS, *RESULTS, *GENEALOGY)
    base = folder / "quality" if (folder / "quality").is_dir() else folder
    read = (*names, "quality/components.toml")
    files = {n: base / Path(n).name for n in read if (base / Path(n).name).is_file()}
    problems: list[Problem] = []
    held = read_lots(files, problems)
    if held is None:
        expected = ", ".join(names)
        raise ProgramError(problems or [Problem(str(folder), "", "no lots", expected[:300], "add these files")])
    return held


@click.command("release")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--lot", "only", default="", help="One lot alone.")
@format_option
def command(folder: Path, only: str, form: str) -> int:
    """Judge each lot of FOLDER against its limits, and compare with the decision that was stated.

    FOLDER is a program folder, or one that holds specifications.toml, lots.csv or .xlsx, and genealogy.csv. Results are
    converted, made one value, rounded to the decimals of the limit as written, half up, and compared; a value equal to
    a limit is permitted. A missing result, another method and a bound that does not tell are not known, never within.
    """
    from proband.core.errors import Problem, ProgramError
    from proband.science.quality.genealogy import served
    from proband.science.quality.release import report

    held = lots_of(folder)
    if held.specifications is None:
        problem = Problem("quality/specifications.toml", "", "no file", "the limits of each attribute", "write it")
        raise ProgramError([problem])
    made = [r for r in report(held.specifications, held.results, held.by_id) if only in ("", r.lot)]
    if only and not made:
        raise ProgramError([Problem("--lot", "", only[:60], "a lot that has results", "name one of them")])
    family, known = held.specifications.family, {held.specifications.attribute(s) for s in held.specifications.in_force}
    missing = [a for a in family.attributes if a not in known and a not in held.specifications.not_tested]
    if form == "json":
        print_json(
            {
                "product": held.specifications.product,
                "family": family.id,
                "stage": held.specifications.stage,
                "lots": [_json(r) for r in made],
                "attributes_without_specification": missing,
                "attributes_not_tested": held.specifications.not_tested,
                "served": served(held.genealogy, held.specifications.product),
            }
        )
        return 0
    for r in made:
        _tell(r)
    click.echo(f"\nAttributes of {family.title} without a specification (not known): {', '.join(missing) or 'none'}")
    for name, because in held.specifications.not_tested.items():
        click.echo(f"Not tested: {name} ({because})")
    if held.genealogy:
        click.echo(served(held.genealogy, held.specifications.product).sentence)
    return 0


def _tell(r: LotReport) -> None:
    click.echo(f"lot {r.lot}: {WORDS[r.decision]}")
    for j in r.judged:
        click.echo(f"  {SIGNS[j.within]} {j.specification.id}: {j.within}; {j.why}")
        for note in j.notes:
            click.echo(f"      {note}")
    for name in r.without_specification:
        click.echo(f"  ? {name}: a result without a specification; it decides nothing")
    if r.disagreement:
        click.echo(f"  ✕ decision: {r.disagreement}")
    elif r.stated:
        click.echo(f"    decision stated: {r.stated}")


def _json(r: LotReport) -> dict[str, object]:
    return {
        "lot": r.lot,
        "decision": r.decision,
        "stated": r.stated,
        "disagreement": r.disagreement,
        "left_out": r.left_out,
        "without_specification": r.without_specification,
        "judged": [
            {
                "specification": j.specification.id,
                "attribute": j.attribute,
                "within": j.within,
                "limits": j.specification.shown,
                "method": j.specification.method,
                "reported": j.reported,
                "value": float(j.value) if j.value is not None else None,
                "unit": j.specification.unit,
                "why": j.why,
                "notes": j.notes,
            }
            for j in r.judged
        ],
    }
