"""The templates of `proband new`, opened and copied as they say, are read without a fault."""

import re

from proband.folder.assay_template import ASSAY_FILES
from proband.science.quality.comparability_file import read_comparability
from proband.science.quality.method_file import read_methods
from proband.science.quality.stability_file import read_stability


def copied(tmp_path):
    (tmp_path / "quality").mkdir()
    for name, text in ASSAY_FILES.items():
        opened = re.sub(r"^# (\w+ = |\[\[)", r"\1", text, flags=re.M)
        (tmp_path / name.replace("/_", "/")).write_text(opened)
    return tmp_path / "quality"


def test_templates_are_sound(tmp_path):
    at = copied(tmp_path)
    problems = []
    assert read_methods(at / "methods.toml", problems, product="candidate-1") is not None, problems
    assert read_stability(at / "stability.toml", at / "stability.csv", problems) is not None, problems
    assert read_comparability(at / "comparability.toml", at / "comparability.csv", problems) is not None, problems
    assert problems == []
