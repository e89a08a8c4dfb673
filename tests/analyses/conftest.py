"""Runs one analysis on an example whose program was changed in memory, and holds its lines against one rule."""

from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from types import SimpleNamespace

import pytest
from causality_cases import FILE, VARIANTS

from proband import api
from proband.assess.combine import combine
from proband.core.causality import CausalityRecord
from proband.core.program import Patient, Variant
from proband.engine import run as engine

RULES = api.framework()


def said(criterion, lines):
    """What the software says of a criterion by these lines, before any person signs: a verdict and its reason."""
    rule = RULES[criterion]
    mine = [e for e in lines if e.kind in rule.needs]
    outcome = combine(rule.test, rule.test.arguments, mine).outcome if mine else None
    if outcome is None:
        return "silent"
    return f"{outcome.verdict.value}{': ' if outcome.reason else ''}{outcome.reason.value}"


@pytest.fixture(scope="session")
def folder_of(session_examples):
    """Reads an example once."""
    return cache(lambda name: api.read_program(session_examples / name))


@pytest.fixture
def run(folder_of):
    """Makes the lines of the named analyses: ``run("causal_variant", example="cps1_kabe", design="umbrella")``."""

    def do(*names, example="synthetic_abe", without=(), **changes):
        folder = folder_of(example)
        program = replace(folder.program, **changes)
        # Slices are given in place of the sequence that the folder holds.
        gone = {
            *without,
            *((f.path for f in program.inputs if f.path.startswith("reference/")) if "slices" in changes else ()),
        }
        program = replace(program, inputs=tuple(f for f in program.inputs if f.path not in gone))
        lines = []
        for name in names:
            declared = getattr(import_module(f"proband.analyses.{name}"), name).__proband_analysis__
            for task in engine._tasks(declared, program, folder.root, ()):
                with pytest.MonkeyPatch.context() as m:
                    m.setattr(engine, "analyses", partial(dict, {name: declared}))
                    result = engine.perform(task)
                assert not isinstance(result, engine.Failure), result.message
                lines += result
        return SimpleNamespace(
            lines=lines,
            program=program,
            of=lambda kind: [e for e in lines if e.kind == kind],
            says=lambda criterion: said(criterion, lines),
        )

    return do


@pytest.fixture
def program(folder_of):
    """The program of an example as read."""
    return lambda example="synthetic_abe": folder_of(example).program


@pytest.fixture
def entered(run):
    """The lines of a record on two targeted variants and two patients; fewer where `targets` or `patients` say so."""

    def do(targets=1, patients=1, **parts):
        more = {k: parts.pop(k) for k in ("design", "inheritance") if k in parts}
        return run(
            "causality_record",
            "diagnosis_record",
            variants=(*VARIANTS[:targets], Variant("other", "other_allele", hgvs_c="T:c.9A>G")),
            patients=tuple(Patient(f"p{i + 1}") for i in range(patients)),
            causality=CausalityRecord(FILE, **parts),
            **more,
        )

    return do
