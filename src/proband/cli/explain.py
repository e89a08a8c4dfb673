"""``proband explain``: one criterion, and what it rests on. Loads no numerics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from proband.cli.show import (
    console,
    criterion_argument,
    format_option,
    framework_option,
    outcome,
    print_json,
    program_argument,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proband.core.criterion import Criterion, Framework
    from proband.core.evidence import Evidence
    from proband.core.finding import Finding


@click.command("explain")
@program_argument
@criterion_argument
@framework_option
@format_option
def command(program: str, criterion: str, framework: str, form: str) -> int:
    """One criterion: text, source and its status, test, evidence for and against, what would change the verdict.

    Evidence that is not in the cache is made in another process.
    """
    from proband import api
    from proband.core.errors import ProgramError
    from proband.core.kinds import nearest

    folder = api.read_program(program)
    rules = api.framework_of(folder, framework)
    if criterion not in rules:
        known = tuple(c.id for c in rules.criteria)
        raise ProgramError(f"no criterion {criterion} in {rules.id}: {nearest(criterion, known)}")
    run = api.analyse(folder, where="processes:1")
    finding = api.assess_evidence(folder, run, rules)[criterion]
    lines = {e.id: e for e in run.evidence}
    if form == "json":
        print_json({"criterion": rules[criterion], "finding": finding})
    else:
        _print(rules[criterion], rules, finding, lines)
    return 3 if run.failures else 0


def _print(c: Criterion, rules: Framework, f: Finding, lines: Mapping[str, Evidence]) -> None:
    out = console()
    document = rules.sources[c.source.document]
    out.print(f"{c.id}  {c.title}\n\n{c.asks}\n")
    out.print(f"Source    {document.title}, {c.source.locator}")
    reading = f"wording read as: {c.source.read_as}; reading confidence: {c.source.reading_confidence}"
    out.print(f"          status: {c.source.status}; {reading}")
    force = "not read in the document" if c.force == "unknown" else c.force
    out.print(f"Force     {force};  answered by: {words(c.who)};  executability: {c.executability}")
    for text in _test(c, f):
        out.print(text)
    out.print(f"\nFinding   {outcome(f)}\n          {f.detail}")
    if f.probability is not None:
        out.print(f"          probability {f.probability:.4g} under the model of the deciding line")
    if f.machine and f.judgement:
        out.print(f"          the rule says: {words(f.machine.verdict)} {words(f.machine.reason)} ({f.machine.detail})")
        s = f.judgement.statement
        stale = f", lapsed: {f.judgement.stale_because}" if f.judgement.stale_because else ""
        out.print(f"          {s.name}, {s.role}, {s.signed_on}: {words(s.verdict)}{stale}. {s.reasoning}")
    for flag in f.flags:
        out.print(f"          note: {flag}")
    for title, ids in (
        ("For", f.evidence_for),
        ("Against", f.evidence_against),
        ("Looked at, does not decide", f.evidence_neutral),
    ):
        _print_lines(out, title, [lines[i] for i in ids])
    if c.open_question:
        out.print(f"\nUnsettled {c.open_question}")
    if f.gap:
        out.print(f"\nWhat would change it\n  {f.gap.what}\n  owner: {f.gap.owner};  file: {f.gap.file}")


def _test(c: Criterion, f: Finding) -> list[str]:
    if c.test is None:
        return [f"Test      none. {c.beyond}"]
    arguments = {k: v for k, v in c.test.arguments.items() if k not in ("threshold", "threshold_by", "table")}
    said = ", ".join(f"{k} {v}" for k, v in arguments.items())
    texts = [f"Test      {words(c.test.shape)}{': ' + said if said else ''}"]
    other = c.test.arguments.get("threshold")
    if isinstance(other, dict):
        texts.append(f"          limit: {words(other['quantity'])} of the same line")
    if f.threshold:
        t = f.threshold
        when = f", fixed on {t.set_on}" if t.set_on else ""
        texts.append(
            f"          limit {t.value:g} {t.unit}, whose: {t.basis}{when}; asked-for confidence {t.confidence}"
        )
        texts.append(f"          because: {t.because.strip()}")
    else:
        texts.append(f"          basis: {c.test.basis}. {c.test.because.strip()}")
    for fact, values in c.test.direct_when.items():
        texts.append(f"          only {words(fact)} {' or '.join(map(words, values))} can decide")
    return texts


def _print_lines(out: Any, title: str, lines: Sequence[Evidence]) -> None:
    if not lines:
        return
    out.print(f"\n{title}")
    for e in lines:
        note = ", not recomputed" if e.origin == "reported" else ""
        out.print(f"  [{e.origin}{note}] {e.statement}")
        files = ", ".join(f"{i.path} ({i.digest[:12]})" for i in e.provenance.inputs)
        source = (
            f"; {e.citation.document}, {e.citation.locator}, read level {e.citation.read_level}" if e.citation else ""
        )
        out.print(f"    {e.id[:12]} by {e.provenance.analysis} from {files or 'program.toml'}{source}")
