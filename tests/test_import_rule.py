"""The import rule of ARCHITECTURE.md, and import lightness of the commands that need no numerics."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NUMERICS = {"numpy", "scipy", "numba", "vl_convert"}


def test_import_rule():
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [tool, "--config", ROOT / "pyproject.toml"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def loaded_by(*arguments):
    code = (
        "import sys, json, io, contextlib\n"
        "from proband.cli import cli\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        f"    try: cli.main({list(map(str, arguments))!r}, standalone_mode=False)\n"
        "    except SystemExit: pass\n"
        "print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_loads_neither_numerics_nor_pydantic():
    assert not loaded_by("--help") & (NUMERICS | {"pydantic", "rich", "jinja2", "docx"})


@pytest.mark.parametrize("verb", ["check", "explain", "new"])
def test_light_verbs_load_no_numerics_even_with_a_cold_cache(verb, fresh_example, tmp_path):
    path = fresh_example()
    arguments = {"check": [path], "explain": [path, "TE-05"], "new": [tmp_path / "n"]}[verb]
    assert not loaded_by(verb, *arguments) & NUMERICS


def test_a_cached_assess_loads_no_numerics(fresh_example):
    path = fresh_example()
    assert loaded_by("assess", path) & NUMERICS
    assert not loaded_by("assess", path) & NUMERICS
