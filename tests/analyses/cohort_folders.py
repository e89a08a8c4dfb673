"""Small program folders with an untreated cohort, for the analyses of natural history."""

import shutil
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "synthetic_abe"
PROGRAM = """\
format = 1
id = "p"
title = "a program"
condition = { name = "a condition" }
gene = { symbol = "SYNG1" }
modality = "base_editor"
stage = "follow_up"
synthetic = true
day_zero = 2024-11-14
data_cut = 2025-12-01
[[patient]]
id = "SYN-P1"
[parameters.untreated_course]
parameter = "ammonia"
better = "lower"
logarithm = true
end_days = 182.0
"""


def folder(root, edit=None, drop=(), program=PROGRAM, people=None):
    """The cohort and the clinical tables of the synthetic example in a new folder.

    `edit`: path to a function of its text; `drop`: paths that are left out; `people`: how many untreated are kept.
    """
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    (root / "program.toml").write_text(program)
    for part in ("natural_history", "clinical"):
        shutil.copytree(EXAMPLE / part, root / part)
    if people is not None:
        kept = {f"SYN-U{i + 1:02d}" for i in range(people)} | {"subject"}
        for name in ("subjects.csv", "ammonia.csv", "events.csv"):
            path = root / "natural_history" / name
            path.write_text("".join(x for x in path.read_text().splitlines(True) if x.split(",")[0] in kept))
    for path in drop:
        (root / path).unlink()
    for path, change in (edit or {}).items():
        before = (root / path).read_text() if (root / path).exists() else ""
        after = change(before)
        assert after != before, path
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(after)
    return root


def put(old, new):
    """A change of a text; the old one must be there."""

    def do(text):
        assert old in text, old
        return text.replace(old, new)

    return do
