"""Where compiled kernels are kept, and that a kernel that calls a changed one is compiled anew."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from proband.kernels import jit

CODE = "from proband.kernels import assign; print(assign.thousandths(1, 3))"


def run(**environment):
    kept = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=kept | environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "33333\n", done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize("name", ["NUMBA_CACHE_DIR", "XDG_CACHE_HOME"])
def test_compiled_code_lies_in_the_folder_that_was_named(name, tmp_path):
    run(**{name: str(tmp_path)})
    assert [p for p in tmp_path.rglob("*.nbi") if jit.sources() in p.parts]


def test_without_a_writable_folder_kernels_still_run(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    run(XDG_CACHE_HOME=str(blocked))


def test_nothing_is_kept_beside_the_sources():
    folder = Path(jit.__file__).parent
    assert not list(folder.rglob("*.nb[ic]"))


def test_the_digest_follows_every_kernel_source(tmp_path, monkeypatch):
    before = jit.sources()
    for path in Path(jit.__file__).parent.glob("*.py"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "jit.py"))
    jit.sources.cache_clear()
    assert jit.sources() == before
    (tmp_path / "align.py").write_text("changed")
    jit.sources.cache_clear()
    assert jit.sources() != before
    jit.sources.cache_clear()
