"""``proband quality power``: what a comparability design could tell, before any lot is made."""

from __future__ import annotations

from typing import Any

import click

from proband.cli.show import format_option, print_json

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


@click.command("power")
@click.option("--pre", required=True, type=int, help="Lots before the change.")
@click.option("--post", required=True, type=int, help="Lots after the change.")
@click.option("--sd", required=True, type=float, help="SD between lots before, in any unit.")
@click.option("--sd-post", type=float, help="SD between lots after; the same if left out.")
@click.option("--margin", required=True, type=float, help="Margin on either side, in the same unit.")
@click.option("--power", "wanted", type=float, default=0.8, show_default=True, help="Power to reach.")
@format_option
def command(
    pre: int, post: int, sd: float, sd_post: float | None, margin: float, wanted: float, form: str
) -> int:  # fmt: skip
    """Power of two one-sided Welch tests at 5 %, exact, for true differences from none to the margin.

    At the margin it is the type I error. Lots after the change that reach the wanted power are told, and what a range
    of mean +- 3 SD would do with the same lots.
    """
    from proband.science.quality.equivalence import lots_for_power, one_inside, power_of_equivalence, worst_error

    _check(pre, post, sd, sd_post, margin, wanted)
    after = sd if sd_post is None else sd_post
    margins = (-margin, margin)
    told: dict[str, Any] = {
        "lots_before": pre, "lots_after": post, "sd_before": sd, "sd_after": after, "margin": margin,
        "power": [
            {"difference": s * margin, "power": power_of_equivalence(pre, post, sd, after, margins, s * margin)}
            for s in SHARES
        ] if post > 1 else None,
        "worst_type_1_error": worst_error(pre, post) if post > 1 else None,
        "lots_after_for_power": lots_for_power(pre, sd, after, margins, wanted), "wanted_power": wanted,
        "one_lot_within_3_sd": one_inside(pre, 3.0),
    }  # fmt: skip
    if form == "json":
        print_json(told)
        return 0
    if told["power"] is None:
        click.echo("1 lot after the change: no test is possible, whatever the margin.")
    else:
        for row in told["power"]:
            click.echo(f"true difference {row['difference']:.4g}: power {row['power']:.3f}")
        click.echo(
            f"Type I error at the margin, at most {told['worst_type_1_error']:.3f} over SD ratios from 1/3 to 3."
        )
    need = told["lots_after_for_power"]
    click.echo(f"Power {wanted:g} where nothing changed needs {need or 'more than 200'} lots after the change.")
    click.echo(
        f"A lot of an unchanged process lies within mean +- 3 SD with probability {told['one_lot_within_3_sd']:.3f}."
    )
    return 0


def _check(pre: int, post: int, sd: float, sd_post: float | None, margin: float, wanted: float) -> None:
    """Every fault of the options at once."""
    from proband.core.errors import Problem, ProgramError

    problems = []
    for name, value, least in (("pre", pre, 2), ("post", post, 1)):
        if not least <= value <= 200:
            expected = f"a whole number from {least} to 200"
            problems.append(Problem("options", f"--{name}", str(value), expected, f"choose --{name} in that range"))
    for name, number in (("sd", sd), ("sd-post", sd_post), ("margin", margin)):
        if number is not None and not 0 < number < 1e12:
            problems.append(Problem("options", f"--{name}", str(number), "a number above 0", f"correct --{name}"))
    if not 0 < wanted < 1:
        problems.append(Problem("options", "--power", str(wanted), "above 0 and below 1", "write --power 0.8"))
    if problems:
        raise ProgramError(problems)
