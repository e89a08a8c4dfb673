"""Write docs/reference/ from the declarations in the code: kinds, criteria, shapes, commands, analyses, folder.

Run by ``make docs``; a test fails when a page is not what this would write.
"""

from __future__ import annotations

from pathlib import Path

import click

from proband import api
from proband.assess.shapes import SIGNATURES
from proband.cli import VERBS, cli
from proband.core.evidence import READ_LEVELS
from proband.core.kinds import kinds
from proband.core.modality import TRAITS
from proband.core.number_spec import FORMS
from proband.engine import registry
from proband.folder.layout import LAYOUT, LONG_COLUMNS

HERE = Path(__file__).parent / "reference"
NOTE = "<!-- Written by docs/generate_reference.py from the code; do not edit by hand. -->\n\n"


def pages() -> dict[str, str]:
    """Every reference page by file name."""
    made = {
        "evidence-kinds.md": _kinds(),
        "criteria.md": _criteria(),
        "shapes.md": _shapes(),
        "commands.md": _commands(),
        "analyses.md": _analyses(),
        "modalities.md": _modalities(),
        "program-folder.md": _folder(),
        "formats.md": _formats(),
    }
    return {name: NOTE + text.strip() + "\n" for name, text in made.items()}


def _cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def _table(header: list[str], rows: list[list[object]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(_cell(c) for c in row) + " |" for row in rows])


def _kinds() -> str:
    parts = ["# Evidence kinds\n\nWhat a line of evidence may hold. Analyses emit and criteria ask for nothing else."]
    for k in kinds().values():
        parts.append(
            f"## {k.name}\n\n{k.meaning}. Data: `{k.file}`. Owner: {k.owner}."
            + (" A search: its scope needs a denominator and a detection limit." if k.search else "")
        )
        if k.quantities:
            parts.append(
                _table(
                    ["quantity", "unit", "meaning"], [[f"`{n}`", q.unit, q.meaning] for n, q in k.quantities.items()]
                )
            )
        if k.facts:
            parts.append(
                _table(
                    ["fact", "type", "values", "meaning"],
                    [[f"`{n}`", f.type, ", ".join(f.values) or "free", f.meaning] for n, f in k.facts.items()],
                )
            )
    return "\n\n".join(parts)


def _criteria() -> str:
    parts = ["# Criteria"]
    for name in registry.framework_paths():
        rules = api.framework(name)
        parts.append(f"## {rules.id}\n\n{rules.title} ({rules.status}). {rules.disclaimer.strip()}")
        for e in rules.elements:
            rows: list[list[object]] = [
                [
                    c.id,
                    c.title,
                    c.who,
                    c.test.shape if c.test else "none yet",
                    c.source.document,
                    c.source.read_as,
                    c.source.status,
                ]
                for c in rules.criteria
                if c.element == e.id
            ]
            parts.append(
                f"### {e.title}\n\n{e.question}\n\n"
                + _table(["id", "title", "answered by", "test", "document", "wording read as", "status"], rows)
            )
        parts.append("### Not formalised\n\n" + "\n".join(f"- {x}" for x in rules.not_formalised))
    return "\n\n".join(parts)


def _shapes() -> str:
    from proband.assess import shapes

    parts = [
        "# Test shapes\n\nThe closed list. A rule names one with its arguments; a new shape is a discussed change to `assess/shapes.py`."
    ]
    for name, s in SIGNATURES.items():
        function = getattr(shapes, name, None)
        doc = (function.__doc__ or "").strip().splitlines()[0] if function else ""
        doc = (
            doc
            or {
                "all_of": "All of some other criteria, in three-valued logic.",
                "any_of": "Any of some other criteria, in three-valued logic.",
                "person": "Only a person can answer; software shows the evidence.",
            }[name]
        )
        arguments = ", ".join([*sorted(s.required), *(f"[{o}]" for o in sorted(s.optional))]) or "none"
        parts.append(f"## {name}\n\n{doc}\n\nArguments: {arguments}.{' Needs a confidence.' if s.confidence else ''}")
    return "\n\n".join(parts)


def _commands() -> str:
    parts = [
        "# Commands\n\nExit codes: 0 done, 1 the folder or a rule set has problems, 2 usage, 3 an analysis broke (outputs are still written), 4 a criterion named by `--require` is not supported."
    ]
    whole = click.Context(cli, info_name="proband", **cli.context_settings)
    for verb in VERBS:
        command = cli.get_command(whole, verb)
        assert command is not None
        command._help_option = None  # click keeps the first that it made, and a call outside `proband` makes another
        text = command.get_help(
            click.Context(command, info_name=verb, parent=whole, max_content_width=90, terminal_width=90)
        )
        parts.append(f"## {verb}\n\n```text\n{text}\n```")
        if isinstance(command, click.Group):
            outer = click.Context(command, info_name=verb, parent=whole)
            for name, inner in sorted(command.commands.items()):
                inner._help_option = None
                context = click.Context(inner, info_name=name, parent=outer, max_content_width=90, terminal_width=90)
                parts.append(f"## {verb} {name}\n\n```text\n{inner.get_help(context)}\n```")
    return "\n\n".join(parts)


def _analyses() -> str:
    parts = ["# Analyses"]
    for d in registry.analyses().values():
        reads = ", ".join(f"`{g}`" for g in d.reads.values()) or "the program record or other evidence"
        settings = ", ".join(f"`{k}` = {v!r}" for k, v in d.parameters.items()) or "none"
        claims = ", ".join(d.claims) or "any kind, as reported"
        parts.append(
            f"## {d.name}\n\n{d.method}\n\n- makes: {claims}\n- reads: {reads}\n- settings: {settings}\n- version: {d.version}"
        )
    return "\n\n".join(parts)


def _modalities() -> str:
    rows: list[list[object]] = [[t, meaning] for t, meaning in TRAITS.items()]
    parts = ["# Modalities\n\n" + _table(["trait", "meaning"], rows)]
    for m in registry.modalities().values():
        lacks = "\n".join(f"- without `{t}`: {s}" for t, s in m.lacks.items())
        parts.append(f"## {m.name}\n\n{m.title}: {m.acts_by}. Traits: {', '.join(sorted(m.traits))}.\n\n{lacks}")
    return "\n\n".join(parts)


def _folder() -> str:
    rows: list[list[object]] = [
        [f"`{e.pattern}`", e.purpose, f"{e.limit / 1e6:,.0f} MB" if e.limit else "any"] for e in LAYOUT
    ]
    forms: list[list[object]] = [
        [name, ", ".join(sorted(a)), ", ".join(sorted(b)) or ""] for name, (a, b) in FORMS.items()
    ]
    levels: list[list[object]] = [[k.value, v] for k, v in READ_LEVELS.items()]
    return "\n\n".join(
        [
            "# The program folder\n\nOnly `program.toml` is required. What is absent is not assessed, never zero. Names that begin with a dot or an underscore are not read.",
            _table(["file", "for", "largest"], rows),
            "## Long tables\n\nEvery table of `clinical/` and `natural_history/` has the columns "
            + ", ".join(f"`{c}`" for c in LONG_COLUMNS)
            + "; further columns are allowed. Units are UCUM codes; text values have the unit `{text}`; one unit per parameter.",
            "## How a number is written\n\n"
            + _table(["form", "keys", "optional"], forms)
            + '\n\nAll take `unit` and `as_printed`. `unit = "percent"` becomes a fraction. `interval` is confidence, iqr, range, sd or unknown; only a confidence interval with `posterior_under` gives a probability.',
            "## Read levels\n\n" + _table(["level", "meaning"], levels),
        ]
    )


def _formats() -> str:
    import sys

    rows: list[list[object]] = []
    for name, render in registry.formats().items():
        doc = (sys.modules[render.__module__].__doc__ or "").strip().splitlines()[0]
        rows.append([f"`{name}`", doc])
    return "# Dossier formats\n\n" + _table(["format", "what it is"], rows)


def main() -> None:
    """Write all pages."""
    HERE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
