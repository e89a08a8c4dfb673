"""``proband portfolio``: many programs, an index that is never the source of truth, and a page of hostile texts."""

import json
import re
import sqlite3

import pytest

from proband.cli.portfolio_index import VERDICTS, program_folders, rows_of, sorted_rows
from proband.dossier.portfolio_page import page

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


@pytest.fixture
def programs(tmp_path):
    """Three small programs (one with hostile texts), and a broken one."""
    texts = {
        "b/first": 'id = "first"\nstage = "design"\nmodality = "gapmer"\ngene = { symbol = "ABC" }',
        "a": 'id = "second"\nstage = "treated"\nmodality = "base_editor"\nsynthetic = true',
        "hostile": f"id = \"third\"\nstage = \"design\"\ntitle = '''{HOSTILE}'''",
        "broken": 'id = "fourth"\nstage = "nowhere"\nmodality = "gapmerr"',
    }
    for name, text in texts.items():
        folder = tmp_path / "all" / name
        folder.mkdir(parents=True)
        (folder / "program.toml").write_text(f"format = 1\n{text}\n", encoding="utf-8")
    return tmp_path / "all"


def test_rows_are_kept_until_an_input_changes(programs):
    first, made = rows_of(programs)
    assert made == 3
    again, made = rows_of(programs)
    assert (again, made) == (first, 0)
    file = programs / "a" / "program.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("treated", "follow_up"), encoding="utf-8")
    changed, made = rows_of(programs)
    assert made == 1
    assert {r["path"]: r["stage"] for r in changed}["a"] == "follow_up"
    (programs / "b" / "first" / "program.toml").unlink()
    assert [r["path"] for r in rows_of(programs)[0]] == ["a", "broken", "hostile"]
    with sqlite3.connect(programs / ".proband" / "portfolio.sqlite") as index:
        assert {p for (p,) in index.execute("SELECT path FROM program")} == {"a", "hostile"}


def test_counts_are_those_of_the_findings(programs):
    from proband import api

    read = api.read_program(programs / "a")
    findings = api.assess_evidence(read, api.analyse(read), api.framework_of(read))
    row = next(r for r in rows_of(programs)[0] if r["path"] == "a")
    assert row["verdicts"] == {v: sum(f.verdict == v for f in findings) for v in VERDICTS}
    assert row["gaps"] == sum(f.gap is not None for f in findings) == sum(row["gaps_by_owner"].values())
    assert set(row["next"]) == set(row["gaps_by_owner"])


def test_a_forged_broken_or_linked_index_changes_nothing(programs, tmp_path):
    first, _ = rows_of(programs)
    file = programs / ".proband" / "portfolio.sqlite"
    with sqlite3.connect(file) as index:
        index.execute("UPDATE program SET row = '{}', digest = digest WHERE path = 'a'")
    assert rows_of(programs) == (first, 1)
    file.write_bytes(b"no database" * 1000)
    assert rows_of(programs)[0] == first
    file.unlink()
    file.parent.rmdir()
    file.parent.symlink_to(tmp_path)
    assert rows_of(programs)[0] == first
    assert not (tmp_path / "portfolio.sqlite").exists()


def test_a_broken_program_is_listed_with_its_problems_and_stops_nothing(proband, programs):
    made = json.loads(proband("portfolio", programs, "--format", "json", code=0).stdout)
    rows = {r["path"]: r for r in made["programs"]}
    assert any("nowhere" in p for p in rows["broken"]["problems"])
    assert not rows["broken"]["framework"]
    assert rows["b/first"]["framework"]
    text = proband("portfolio", programs, code=0).stdout
    assert "3 as in the index" in text
    assert "1 not assessed" in text
    assert "score" in text


def test_the_page_holds_hostile_texts_as_texts(proband, programs, tmp_path):
    out = tmp_path / "page" / "portfolio.html"
    proband("portfolio", programs, "--out", out, "--sort", "stage", code=0)
    text = out.read_text(encoding="utf-8")
    assert "<script" not in text
    assert not re.search(r"<[^>]*onerror", text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", text)
    assert "Synthetic: everything in it is invented." in text
    first = out.read_bytes()
    proband("portfolio", programs, "--out", out, "--sort", "stage", code=0)
    assert out.read_bytes() == first


def test_a_page_of_rows_that_hold_markup_everywhere():
    row = rows_of.__globals__["empty_row"](HOSTILE)
    hostile = {k: HOSTILE if isinstance(v, str) else v for k, v in row.items()}
    hostile |= {"framework": "x", "next": {HOSTILE: {"criterion": HOSTILE, "what": HOSTILE, "file": ""}}}
    hostile |= {"gaps_by_owner": {HOSTILE: 1}, "broken": [HOSTILE], "dossier": HOSTILE}
    text = page([hostile, {**hostile, "framework": "", "problems": [HOSTILE]}], HOSTILE).decode()
    assert "<script" not in text
    assert "<img" not in text


def test_orders(programs):
    rows = rows_of(programs)[0]
    assert [r["path"] for r in sorted_rows(rows, "path")] == ["a", "b/first", "hostile", "broken"]
    assert [r["path"] for r in sorted_rows(rows, "stage")][:3] == ["b/first", "hostile", "a"]
    gaps = [r["gaps"] for r in sorted_rows(rows, "gaps")][:3]
    assert gaps == sorted(gaps, reverse=True)


def test_programs_inside_an_umbrella_are_found_and_links_are_not(tmp_path):
    for name in ("u", "u/child", "u/reported", ".hidden", "u/dossier"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "program.toml").write_text("", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "u")
    assert [p.relative_to(tmp_path).as_posix() for p in program_folders(tmp_path)] == ["u", "u/child"]


def test_a_folder_without_programs_and_one_that_is_not_there(proband, tmp_path):
    assert "0 programs" in proband("portfolio", tmp_path, code=1).stderr
    assert "no such folder" in proband("portfolio", tmp_path / "x", code=1).stderr
