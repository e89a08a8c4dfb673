"""``proband engagement``: planning of what is measured in the target. So far: depth, DNA input and replicates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proband.cli.show import format_option, print_json

if TYPE_CHECKING:
    from proband.core.errors import Problem
    from proband.core.evidence import Figure
    from proband.science.stats.depth_planning import Assay


@click.group("engagement")
def command() -> None:
    """Plan what is measured in the target: depth, DNA input and replicates."""


@command.command("depth")
@click.option("--lod", default="", help="Wanted limit of detection, net of background: 0.1% or 0.001.")
@click.option("--depth", type=int, help="Reads per replicate; without --lod, its limit is computed.")
@click.option("--background", required=True, help="Background of the event in blanks: 0.01% or 0.0001.")
@click.option("--replicates", type=int, default=3, show_default=True, help="Replicates per arm.")
@click.option("--control-depth", type=int, help="Reads per control replicate; as deep as treated if left out.")
@click.option("--dna-ng", type=float, help="DNA per replicate in ng; without it, genomes are taken to be enough.")
@click.option("--dispersion", default="0", show_default=True, help="Intraclass correlation of replicates, 0 to 0.1.")
@click.option("--sites", type=int, default=1, show_default=True, help="Sites that share alpha.")
@click.option("--alpha", default="0.05", show_default=True, help="Risk of a false call, over all sites.")
@click.option("--beta", default="", help="Risk of a miss at the limit; 0.05 if neither it nor --power is given.")
@click.option("--power", default="", help="Wanted power at the limit: 1 less beta.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for depth_plan.json, .md and .svg.")
@format_option
def depth_command(
    lod: str,
    depth: int | None,
    background: str,
    replicates: int,
    control_depth: int | None,
    dna_ng: float | None,
    dispersion: str,
    sites: int,
    alpha: str,
    beta: str,
    power: str,
    out: Path | None,
    form: str,
) -> int:
    """Depth for a wanted limit of detection, or the limit that a depth gives; with both, the power and the replicates.

    Fractions are written as 0.1% or 0.001. A limit that no depth reaches is said to be not reachable, with the floor
    that DNA input or the spread between replicates sets. The plan holds for the background and spread as stated.
    """
    from proband.science.stats.depth_report import paragraph, plan_dict

    texts = {"lod": lod, "background": background, "dispersion": dispersion, "alpha": alpha, "beta": beta}
    assay, wanted = _read({**texts, "power": power}, depth, replicates, control_depth, dna_ng, sites)
    made = plan_dict(assay, wanted, depth is not None)
    text = paragraph(made)
    if out is not None:
        _write(out, made, text)
    if form == "json":
        print_json(made)
        return 0
    click.echo(text)
    if out is not None:
        click.echo(f"wrote depth_plan.json, depth_plan.md and depth_plan.svg to {out}")
    return 0


def _read(
    texts: dict[str, str],
    depth: int | None,
    replicates: int,
    control_depth: int | None,
    dna_ng: float | None,
    sites: int,
) -> tuple[Assay, float | None]:
    """The assay and the wanted limit, or every problem of the options at once."""
    from proband.core.errors import Problem, ProgramError
    from proband.science.stats.depth_planning import MOST_READS, MOST_REPLICATES, Assay

    problems: list[Problem] = []

    def whole(name: str, value: int | None, least: int, most: int) -> None:
        if value is not None and not least <= value <= most:
            expected = f"a whole number from {least} to {most:,}"
            problems.append(Problem("options", f"--{name}", str(value), expected, f"choose --{name} in that range"))

    whole("depth", depth, 1, MOST_READS)
    whole("control-depth", control_depth, 1, MOST_READS)
    whole("replicates", replicates, 1, MOST_REPLICATES)
    whole("sites", sites, 1, 100_000)
    limits = {
        "lod": (0, 1), "background": (0, 0.5), "dispersion": (0, 0.1), "alpha": (0, 0.5), "beta": (0, 0.5),
        "power": (0.5, 1),
    }  # fmt: skip
    closed = {"background", "dispersion"}
    values = {n: _fraction(n, t, limits[n], n in closed, problems) for n, t in texts.items()}
    if dna_ng is not None and not 0 < dna_ng < 1e6:
        problems.append(Problem("options", "--dna-ng", str(dna_ng), "ng above 0", "give the DNA of one replicate"))
    if not texts["lod"] and depth is None:
        problems.append(Problem("options", "", "neither --lod nor --depth", "one of them, or both", "add one"))
    beta, power = values["beta"], values["power"]
    if beta is not None and power is not None and abs(beta + power - 1) > 1e-9:
        problems.append(
            Problem("options", "--power", f"{power} beside --beta {beta}", "1 less beta", "give one of them")
        )
    if problems:
        raise ProgramError(problems)
    risk = beta if beta is not None else (0.05 if power is None else 1 - power)
    assay = Assay(
        depth or 1, values["background"] or 0.0, values["alpha"] or 0.05, risk, replicates, values["dispersion"] or 0.0,
        control_depth, dna_ng, sites,
    )  # fmt: skip
    return assay, values["lod"]


def _fraction(name: str, text: str, limits: tuple[float, float], closed: bool, problems: list[Problem]) -> float | None:
    """A fraction written as 0.1% or 0.001; None with a problem added, or where nothing is written."""
    from proband.core.errors import Problem
    from proband.science.amplicon.call_rule import share

    if not text:
        return None
    try:
        value = share(text)
    except ValueError:
        value = float("nan")
    if (limits[0] < value < limits[1]) or (closed and value == limits[0]):
        return value
    expected = f"a fraction {'from' if closed else 'above'} {limits[0]:g} to below {limits[1]:g}, or a percentage"
    problems.append(Problem("options", f"--{name}", repr(text), expected, f"write --{name} 0.1% or 0.001"))
    return None


def _write(out: Path, made: dict[str, Any], text: str) -> None:
    """The plan as JSON, its paragraph, and its figure."""
    from proband.dossier.charts import svg
    from proband.writing import write_all

    drawn = svg(_figure(made)).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    data = json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    out.mkdir(parents=True, exist_ok=True)
    files = {"depth_plan.json": data, "depth_plan.md": text + "\n", "depth_plan.svg": drawn}
    write_all({out / name: content.encode("utf-8") for name, content in files.items()})


def _figure(made: dict[str, Any]) -> Figure:
    from proband.core.evidence import Figure
    from proband.science.stats.depth_report import curve_rows

    return Figure(
        "depth_plan",
        "Limit of detection by depth",
        "Points of the limit of detection, in percent, by reads per replicate, and what would hold if the background "
        "were known.",
        "points",
        {"x": "reads", "y": "limit", "color": "what"},
        tuple(curve_rows(made)),
        {"x": "reads per replicate", "y": "limit of detection (%)", "color": "line"},
    )
