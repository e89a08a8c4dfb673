"""Writing: the old bytes or the new ones, never half; nothing left behind."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from proband import writing


def test_a_failed_write_leaves_everything_as_it_was(tmp_path, monkeypatch):
    old = {tmp_path / name: name.encode() for name in ("a", "b", "c")}
    writing.write_all(old)
    calls = []

    def full_disk(descriptor):
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        writing.write_all(dict.fromkeys(old, b"new"))
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == old


def test_write_new_never_replaces_also_at_the_same_time(tmp_path):
    path = tmp_path / "x"
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda i: writing.write_new(path, str(i)), range(32)))
    assert sum(won) == 1
    assert path.read_text() == str(won.index(True))
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_sweep_removes_what_an_interrupted_write_left(tmp_path):
    old = tmp_path / ".writing-old"
    old.write_text("half")
    os.utime(old, (0, 0))
    (tmp_path / ".writing-now").write_text("somebody writes")
    (tmp_path / "kept").write_text("whole")
    writing.sweep(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".writing-now", "kept"]


def test_a_folder_in_the_way_replaces_nothing(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "a").write_text("old")
    with pytest.raises(IsADirectoryError):
        writing.write_all({tmp_path / "a": b"new", tmp_path / "b": b"new"})
    assert (tmp_path / "a").read_text() == "old"
