"""Fixtures shared by all tests: writable copies of the examples, and a command runner."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# Before numpy is imported: its small matrices are slower on several threads, and two workers would contend for them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from proband import api

# The same examples are drawn every time, so that a failure is a change; PROBAND_EXPLORE=1 draws new ones.
settings.register_profile("same", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("explore" if os.environ.get("PROBAND_EXPLORE") else "same")

ROOT = Path(__file__).parents[1]
EXAMPLES = ("cps1_kabe", "synthetic_abe", "kif1a_gapmer", "mfsd8_milasen", "ucd_umbrella", "ucd_umbrella/cps1")
"""Program folders below examples/; a child stands under the umbrella that holds its platform record."""


def copied(name, base):
    """A copy of an example below a folder, its platform record with it; the path of the copy."""
    whole = name.split("/")[0]
    if not (base / whole).exists():
        shutil.copytree(ROOT / "examples" / whole, base / whole, ignore=shutil.ignore_patterns(".proband", "dossier"))
    return base / name


@pytest.fixture(scope="session")
def session_examples(tmp_path_factory):
    """The examples copied once, so that tests share a warm cache and never write to the repository."""
    base = tmp_path_factory.mktemp("examples")
    for name in EXAMPLES:
        copied(name, base)
    return base


@pytest.fixture(params=EXAMPLES)
def example(request, session_examples):
    """Folder of each example in turn; shared, so read only."""
    return session_examples / request.param


@pytest.fixture
def fresh_example(request, tmp_path):
    """Makes a private copy of an example without a cache."""

    def make(name="cps1_kabe"):
        return copied(name, tmp_path)

    return make


@pytest.fixture(scope="session")
def analysed_examples(tmp_path_factory):
    """Makes copies of examples with their evidence in the cache; each is computed once in a process."""
    base, made = tmp_path_factory.mktemp("analysed"), set()

    def make(name):
        if name not in made:
            api.analyse(api.read_program(copied(name, base)))
            made.add(name)
        return base / name

    return make


@pytest.fixture
def warm_example(analysed_examples, tmp_path):
    """Makes a private copy of an example with its cache."""

    def make(name="cps1_kabe"):
        whole = name.split("/")[0]
        shutil.copytree(analysed_examples(name).parents[name.count("/")] / whole, tmp_path / whole)
        return tmp_path / name

    return make


@pytest.fixture
def assessed():
    """Reads, analyses and assesses a folder: (folder, run, rules, findings)."""

    def do(path, framework=""):
        folder = api.read_program(path)
        run = api.analyse(folder)
        rules = api.framework_of(folder, framework)
        return folder, run, rules, api.assess_evidence(folder, run, rules)

    return do


@pytest.fixture
def proband():
    """Runs the command line in another process."""

    def run(*arguments, cwd=None, code=None):
        done = subprocess.run(
            [sys.executable, "-m", "proband", *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=cwd,
            timeout=600,
            check=False,
        )
        if code is not None:
            assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run
