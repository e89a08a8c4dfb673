"""The command line. Each verb lives in its own file and imports its work when it runs.

Exit codes: 0 done, 1 the program folder or a rule set has problems, 2 usage, 3 an analysis broke (outputs
are still written), 4 a criterion named by ``--require`` is not supported. A verdict alone never changes it.
"""

from __future__ import annotations

import io
import sys
from importlib import import_module

import click

VERBS = {
    "new": "Write a commented program folder.",
    "check": "Read a program folder; list every problem and every missing input; compute nothing.",
    "analyse": "Make the evidence, from the cache where nothing changed.",
    "assess": "Make what evidence is needed, then print the findings.",
    "explain": "One criterion: text, source, test, evidence, probability, what would change it.",
    "gaps": "What is missing, the most decisive and cheapest first.",
    "diff": "Two runs, two frameworks, or a program without and with its overrides: what moved, and why.",
    "gates": "Gates of the protocol before each dose and the next one: met, not met, or cannot tell.",
    "follow-up": "The calendar of follow-up: table, iCalendar, blood volumes, reports that fall due.",
    "routes": "Which tests of which route are documented as met; a facts sheet for Form FDA 3926.",
    "judge": "Write a person's judgement, bound to the evidence seen.",
    "dossier": "Write the dossier: HTML, JSON and DOCX.",
    "design": "Guides, prime editing guides and cuts that reach a variant; works without a program.",
    "triage": "Which editors could reach each variant of a long list; works without a program.",
    "engagement": "Plan what is measured in the target: depth, DNA input and replicates; works without a program.",
    "quantify": "Count what the reads of an amplicon show; works without a program.",
    "quantify-panel": "Treated against control at many sites, with limits of detection; works without a program.",
    "offtarget": "Where else a guide could act: search, merge, confirm; works without a program.",
    "nonclinical": "Margins of a human dose to animals, tissues, studies owed by route; works without a program.",
    "quality": "What a product is made of, recomputed, and its lots; works without a program.",
    "platform": "Versions of one platform: compare them, what may be leaned on, who may enter the trial.",
    "portfolio": "Many programs: verdicts, open gaps and the next items of each, as a table and a page.",
    "reference": "Genomes and annotations of this machine, by name and digest; works without a program.",
    "seal": "Seal the analysis plan of a program by digest and date; changes afterwards need a reason.",
    "simulate": "How an analysis plan would behave: errors, power, feasibility; works without a program.",
    "import": "Clinical tables from CDISC (XPT, Dataset-JSON) or FHIR files; works without a program.",
    "quantify-long": "Large events and translocations at a target, from long reads; works without a program.",
    "completion": "Print the completion script of a shell.",
}


MODULES = {"import": "import_data"}
"""Modules of verbs whose name Python does not allow."""


class Verbs(click.Group):
    """Loads a verb's module only when the verb is called, so that help stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order in which they are used."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of a verb, or None for an unknown one."""
        if name not in VERBS:
            return None
        module = MODULES.get(name, name.replace("-", "_"))
        return import_module(f"proband.cli.{module}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs, from the table: no module is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="proband", message="proband %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Evidence for individualized genetic therapies, criterion by criterion.

    A program folder goes in, a dossier comes out; every statement traces to bytes or to a signed judgement.
    proband organises evidence for qualified people. It never diagnoses, recommends, doses, or predicts approval.
    Called alone, it says where you are and what is next.
    """
    if ctx.invoked_subcommand is None:
        from proband.cli.here import say_where

        say_where()


def main() -> None:
    """Run the command line; errors made by people are told in words, never as a traceback."""
    from proband.core.errors import AnalysisError, ProbandError

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as e:
        click.echo(e.format_message())
        sys.exit(2)
    except click.ClickException as e:
        e.show()
        sys.exit(e.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nInterrupted. Steps that had finished are kept; run the command again to go on.", err=True)
        sys.exit(130)
    except ProbandError as e:
        _tell(e)
        sys.exit(3 if isinstance(e, AnalysisError) else 1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as e:
        where = f" ({e.filename})" if e.filename else ""
        click.echo(
            f"{e.strerror or e}{where}. What was there before is as it was: make room, or choose another place.",
            err=True,
        )
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _tell(error: Exception) -> None:
    problems = getattr(error, "problems", ())
    if not problems:
        click.echo(str(error), err=True)
        return
    for problem in problems:
        click.echo(str(problem), err=True)
    count = len(problems)
    click.echo(f"\n{count} problem{'s' if count != 1 else ''}. Nothing was written.", err=True)
