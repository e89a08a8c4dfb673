"""Where a master record may lie, and that no other place is read."""

import pytest

from proband.folder.read import read_folder

PROGRAM = 'format = 1\nid = "x"\nstage = "design"\n'
RECORD = 'format = 1\nid = "p"\n'


def read(tmp_path, block):
    folder = tmp_path / "child"
    folder.mkdir(exist_ok=True)
    (folder / "program.toml").write_text(PROGRAM + block, encoding="utf-8")
    return read_folder(folder, ("base_editor",))


def test_the_record_of_the_folder_above_is_an_input_with_its_digest(tmp_path):
    (tmp_path / "platform.toml").write_text(RECORD, encoding="utf-8")
    made = read(tmp_path, '[platform]\nfile = "../platform.toml"\n')
    assert not made.problems
    assert [f.path for f in made.program.inputs] == ["../platform.toml", "program.toml"]
    assert not [f.path for f in read(tmp_path, "").program.inputs if f.path.startswith("..")]


@pytest.mark.parametrize(
    "file",
    ["../../platform.toml", "/etc/passwd", "../other/platform.toml", "..", "", "../platform.toml\\u0000", "x.toml"],
)
def test_no_other_place_can_be_named(tmp_path, file):
    made = read(tmp_path, f'[platform]\nfile = "{file}"\n')
    assert made.problems
    assert made.program is None or not made.program.platform


def test_a_record_that_is_not_there_a_link_or_there_twice_is_told(tmp_path):
    block = '[platform]\nfile = "../platform.toml"\n'
    assert "no such file" in read(tmp_path, block).problems[0].found
    (tmp_path / "else.toml").write_text(RECORD, encoding="utf-8")
    (tmp_path / "platform.toml").symlink_to(tmp_path / "else.toml")
    assert "a link" in read(tmp_path, block).problems[0].found
    (tmp_path / "platform.toml").unlink()
    (tmp_path / "platform.toml").mkdir()
    assert read(tmp_path, block).problems
    (tmp_path / "platform.toml").rmdir()
    (tmp_path / "platform.toml").write_text(RECORD, encoding="utf-8")
    (tmp_path / "child" / "platform.toml").write_text(RECORD, encoding="utf-8")
    assert read(tmp_path, block).problems[0].expected == "one master record"


def test_an_own_record_may_be_named_too(tmp_path):
    block = '[platform]\nfile = "platform.toml"\n'
    assert read(tmp_path, block).problems[0].place == "[platform], key file"
    (tmp_path / "child" / "platform.toml").write_text(RECORD, encoding="utf-8")
    assert not read(tmp_path, block).problems


@pytest.mark.parametrize(
    "override",
    [
        'field = "component.a.b"\nvalue = 1',
        'field = "component.a.b"\nvalue = 1\nbecause = ""',
        'field = "component.a.b"\nvalue = 1\nbecause = "   "',
        'field = "component.a.b"\nbecause = "x"',
        'field = "component.a.b"\nvalue = 1\nremove = true\nbecause = "x"',
        'field = "component.a.b"\nvalue = nan\nbecause = "x"',
        'field = "component"\nvalue = 1\nbecause = "x"',
        'field = "component.a.b"\nvalue = 1\nbecause = "x"\nnote = 3',
    ],
)
def test_an_override_without_reason_value_or_field_is_refused(tmp_path, override):
    (tmp_path / "platform.toml").write_text(RECORD, encoding="utf-8")
    assert read(tmp_path, f'[platform]\nfile = "../platform.toml"\n[[platform.override]]\n{override}\n').problems


def test_programs_inside_an_umbrella_are_no_inputs_of_it(tmp_path):
    (tmp_path / "program.toml").write_text(PROGRAM, encoding="utf-8")
    for inner in ("child", "reported"):
        (tmp_path / inner).mkdir()
        (tmp_path / inner / "program.toml").write_text(PROGRAM, encoding="utf-8")
    made = read_folder(tmp_path, ("base_editor",))
    assert [f.path for f in made.program.inputs] == ["program.toml", "reported/program.toml"]
    assert made.unknown_files == ()
    assert {p.file for p in made.problems} == {"reported/program.toml"}, "a folder of the layout is never a program"
