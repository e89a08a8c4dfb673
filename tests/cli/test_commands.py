"""The commands as a person uses them: what they write, how they fail, and that nothing is lost."""

import contextlib
import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios

import pytest


def test_help_names_every_verb(proband):
    out = proband("--help", code=0).stdout
    for verb in (
        "new",
        "check",
        "analyse",
        "assess",
        "explain",
        "gaps",
        "diff",
        "routes",
        "judge",
        "dossier",
        "completion",
    ):
        assert verb in out
        assert "Usage" in proband(verb, "--help", code=0).stdout


def test_new_then_check_then_assess_in_an_empty_directory(proband, tmp_path):
    proband("new", "mine", "--modality", "gapmer", cwd=tmp_path, code=0)
    assert "no problems" in proband("check", "mine", cwd=tmp_path, code=0).stdout
    out = json.loads(proband("assess", "mine", "--format", "json", cwd=tmp_path, code=0).stdout)
    assert {f["verdict"] for f in out["findings"]} <= {"not_assessed", "not_applicable"}


@pytest.mark.parametrize("modality", ["", "base_editor", "prime_editor", "nuclease", "gapmer", "splice_switching"])
def test_every_skeleton_is_sound(modality, tmp_path):
    from proband import api
    from proband.folder.scaffold import write_skeleton

    write_skeleton(tmp_path / "x", modality)
    assert api.check(tmp_path / "x").problems == ()
    uncommented = (tmp_path / "x" / "reported" / "_template.toml").read_text()
    (tmp_path / "x" / "reported" / "mine.toml").write_text(uncommented)
    assert api.check(tmp_path / "x").problems == ()


def test_new_never_overwrites(proband, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "program.toml").write_text("kept")
    assert "nothing was written" in proband("new", "mine", cwd=tmp_path, code=1).stderr
    assert (tmp_path / "mine" / "program.toml").read_text() == "kept"
    assert (
        "did you mean base_editor" in proband("new", "other", "--modality", "base_editr", cwd=tmp_path, code=1).stderr
    )


def test_check_reports_as_json_and_sets_the_exit_code(proband, fresh_example):
    path = fresh_example()
    report = json.loads(proband("check", path, "--format", "json", code=0).stdout)
    assert report["problems"] == []
    (path / "clinical" / "dosing.csv").write_text("subject,day\n=1,2\n")
    report = json.loads(proband("check", path, "--format", "json", code=1).stdout)
    assert {"file", "place", "found", "expected", "remedy"} == set(report["problems"][0])


def test_bad_input_is_told_in_words_by_every_verb(proband, fresh_example):
    path = fresh_example()
    (path / "program.toml").write_text("format = 1\n")
    for verb in (["assess"], ["analyse"], ["dossier"], ["explain"], ["judge"]):
        extra = ["TE-05"] if verb[0] in ("explain", "judge") else []
        flags = ["--verdict", "supported", "--name", "n", "--role", "r", "--reason", "x"] if verb[0] == "judge" else []
        done = proband(*verb, path, *extra, *flags, code=1)
        assert "program.toml" in done.stderr
        assert "remedy" in done.stderr
    assert not (path / "dossier").exists()


def test_usage_errors_have_exit_code_2(proband, session_examples):
    proband("asess", "x", code=2)
    proband("judge", session_examples / "cps1_kabe", "TG-01", code=2)
    proband("judge", session_examples / "cps1_kabe", "TG-01", "--verdict", "approved", code=2)


def test_explain_shows_text_source_test_and_what_would_change_it(proband, session_examples):
    out = proband("explain", session_examples / "cps1_kabe", "TE-05", code=0).stdout
    for part in (
        "Source",
        "status:",
        "Test",
        "Finding",
        "insufficient: indirect",
        "What would change it",
        "reported, not recomputed",
    ):
        assert part in out
    wrong = proband("explain", session_examples / "cps1_kabe", "TE-99", code=1).stderr
    assert "no criterion TE-99" in wrong


def test_assess_require_sets_its_own_exit_code(proband, session_examples):
    done = proband("assess", session_examples / "cps1_kabe", "--require", "TE-05", code=4)
    assert "TE-05" in done.stderr
    proband("assess", session_examples / "synthetic_abe", "--require", "TE-05", code=0)


def judge(proband, path, criterion, *more, code=0):
    return proband(
        "judge", path, criterion, "--verdict", "supported", "--name", "A. Person", "--role", "reviewer",
        "--reason", 'Quoted "words", a back\\slash\nand a new line.', "--date", "2026-05-04", *more, code=code,
    )  # fmt: skip


def finding(proband, path, criterion):
    found = json.loads(proband("assess", path, "--format", "json", code=0).stdout)["findings"]
    return next(f for f in found if f["id"] == criterion)


def test_a_judgement_holds_until_what_was_seen_changes(proband, warm_example):
    path = warm_example()
    assert finding(proband, path, "TG-01")["reason"] == "needs_person"
    judge(proband, path, "TG-01")
    judge(proband, path, "CA-06")
    assert finding(proband, path, "TG-01")["verdict"] == "supported"
    assert proband("check", path, code=0)
    file = path / "reported" / "mechanism.toml"
    file.write_text(file.read_text() + "# changed\n")
    assert finding(proband, path, "TG-01")["reason"] == "stale_statement"
    assert finding(proband, path, "CA-06")["verdict"] == "supported"


def test_a_judgement_never_replaces_another_and_needs_something_to_have_been_seen(proband, warm_example):
    path = warm_example()
    judge(proband, path, "TG-01")
    judge(proband, path, "TG-01")
    assert len(list((path / "statements").iterdir())) == 2
    assert "nothing could have been seen" in judge(proband, path, "PA-03", code=1).stderr
    assert "not an input file" in judge(proband, path, "PA-03", "--saw", "../x.md", code=1).stderr
    text = next(p for p in sorted((path / "text").iterdir()))
    judge(proband, path, "PA-03", "--saw", f"text/{text.name}")
    text.write_text(text.read_text() + "changed\n")
    again = finding(proband, path, "PA-03")
    assert again["reason"] in ("stale_statement", "not_yet_due")


def test_a_judgement_that_could_not_be_read_back_is_not_written(proband, warm_example):
    path = warm_example()
    flags = ["--verdict", "insufficient", "--name", "n", "--role", "r"]
    for reason in ("x" * 10_001, "\x1b[31m", "a\u202eb"):
        assert "remedy" in proband("judge", path, "TG-01", *flags, "--reason", reason, code=1).stderr
    proband("judge", path, "TG-01", *flags, "--reason", "x", "--date", "2999-01-01", code=2)
    assert not (path / "statements").exists()


def test_a_correction_on_the_same_day_counts(proband, warm_example):
    path = warm_example()
    judge(proband, path, "TG-01")
    flags = ["--verdict", "contradicted", "--name", "n", "--role", "r", "--reason", "x", "--date", "2026-05-04"]
    proband("judge", path, "TG-01", *flags, code=0)
    assert finding(proband, path, "TG-01")["verdict"] == "contradicted"


def test_judgements_at_the_same_time_are_all_kept(proband, warm_example):
    from concurrent.futures import ThreadPoolExecutor

    path = warm_example()
    judge(proband, path, "CA-03")
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda i: judge(proband, path, "TG-01"), range(3)))
    assert len(list((path / "statements").glob("*TG-01*"))) == 3


def test_dossier_warm_cold_and_elsewhere_is_byte_equal_and_complete(proband, fresh_example, tmp_path):
    path = fresh_example("synthetic_abe")
    proband("dossier", path, "--out", tmp_path / "cold", code=0)
    proband("dossier", path, "--out", tmp_path / "warm", code=0)
    elsewhere = tmp_path / "elsewhere" / "named differently"
    shutil.copytree(path, elsewhere, ignore=shutil.ignore_patterns(".proband", "dossier"))
    proband("dossier", elsewhere, "--out", tmp_path / "again", code=0)
    names = sorted(p.name for p in (tmp_path / "cold").iterdir())
    assert names == ["dossier.docx", "dossier.html", "dossier.json", "evidence.json", "lock.json"]
    for name in names:
        assert (tmp_path / "cold" / name).read_bytes() == (tmp_path / "warm" / name).read_bytes(), name
        assert (tmp_path / "cold" / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_an_unknown_format_writes_nothing(proband, session_examples, tmp_path):
    out = tmp_path / "out"
    done = proband("dossier", session_examples / "cps1_kabe", "--out", out, "--formats", "html,odt", code=1)
    assert "no format odt" in done.stderr
    assert not out.exists()


def test_an_output_that_can_not_be_written_is_told_in_words(proband, session_examples, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("kept")
    done = proband("dossier", session_examples / "cps1_kabe", "--out", blocked, code=1)
    assert done.stderr.strip()
    assert blocked.read_text() == "kept"


def test_alone_it_says_where_you_are_and_what_is_next(proband, fresh_example, tmp_path):
    (tmp_path / "none").mkdir()
    assert "proband new" in proband(cwd=tmp_path / "none", code=0).stdout
    path = fresh_example()
    assert "cps1_kabe" in proband(cwd=path.parent, code=0).stdout
    assert "cps1-kabe" in proband(cwd=path, code=0).stdout
    (path / "program.toml").write_text("format = 1")
    assert "problems" in proband(cwd=path, code=0).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(proband, shell):
    assert "_PROBAND_COMPLETE" in proband("completion", shell, code=0).stdout


def test_completion_knows_criteria():
    from click.shell_completion import ShellComplete

    from proband.cli import cli

    found = ShellComplete(cli, {}, "proband", "_PROBAND_COMPLETE").get_completions(["explain", "x"], "te-0")
    assert "TE-05" in [c.value for c in found]


def test_every_verb_speaks_json(proband, warm_example, tmp_path):
    path = warm_example()
    made = [
        ["new", tmp_path / "n"], ["check", path], ["analyse", path], ["assess", path], ["explain", path, "TE-05"],
        ["gaps", path], ["diff", path, path], ["routes", path],
        ["judge", path, "CA-03", "--verdict", "insufficient", "--name", "n", "--role", "r", "--reason", "x"],
        ["dossier", path, "--formats", "json"],
    ]  # fmt: skip
    for arguments in made:
        json.loads(proband(*arguments, "--format", "json", code=0).stdout)


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_tables_fit_the_terminal(session_examples, columns):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k != "COLUMNS"} | {"TERM": "xterm", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "proband", "gaps", str(session_examples / "cps1_kabe"), "--most", "3"]
    process = subprocess.Popen(command, stdout=slave, stderr=subprocess.DEVNULL, env=environment)
    os.close(slave)
    with contextlib.suppress(OSError), os.fdopen(master, "rb", buffering=0) as terminal:
        text = b"".join(iter(lambda: _read(terminal), b""))
    assert process.wait() == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.decode()).replace("\r", "")
    assert "criterion" in plain
    assert max(len(line) for line in plain.splitlines()) <= columns


def _read(terminal):
    """What the terminal shows next; nothing once the program has ended."""
    try:
        return terminal.read(65536)
    except OSError:
        return b""
