"""Results from Allotrope JSON: named quantities alone, replicates in order, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proband.core.errors import Problem
from proband.science.quality.asm import AsmRows, read_asm


def document(lot: str, **quantities: tuple[Any, str]) -> dict[str, Any]:
    held = {k.replace("_", " "): {"value": v, "unit": u} for k, (v, u) in quantities.items()}
    control = {"device control document": [{"temperature": {"value": 25, "unit": "degC"}}]}
    return {"sample document": {"batch identifier": lot}, "device control aggregate document": control, **held}


def file(tmp_path: Path, documents: list[dict[str, Any]], hyphens: bool = False) -> Path:
    inner = {
        "measurement aggregate document": {
            "measurement time": "2025-03-02T10:00:00Z",
            "measurement document": documents,
        }
    }
    data = {"$asm.manifest": "x", "light scattering aggregate document": {"light scattering document": [inner]}}
    text = json.dumps(data)
    if hyphens:
        text = text.replace("measurement document", "measurement-document").replace(
            "sample document", "sample-document"
        )
    path = tmp_path / "asm.json"
    path.write_text(text, encoding="utf-8")
    return path


def read(path: Path, **wanted: str) -> tuple[AsmRows, list[Problem]]:
    problems: list[Problem] = []
    names = {k.replace("_", " "): v for k, v in wanted.items()}
    return read_asm(path, names, "DLS-01", problems), problems


@pytest.mark.parametrize("hyphens", [False, True])
def test_named_quantities_become_rows(tmp_path: Path, hyphens: bool) -> None:
    documents = [
        document("L1", z_average=(78.10, "nm"), polydispersity_index=(0.08, "(unitless)")),
        document("L1", z_average=(77.5, "nm")),
        document("L2", z_average=(97, "nm"), viscosity=(0.9, "cP")),
    ]
    made, problems = read(file(tmp_path, documents, hyphens), z_average="size", polydispersity_index="polydispersity")
    assert problems == []
    assert made.rows == (
        ("L1", "size", "78.1", "nm", "DLS-01", "1", "2025-03-02"),
        ("L1", "polydispersity", "0.08", "1", "DLS-01", "1", "2025-03-02"),
        ("L1", "size", "77.5", "nm", "DLS-01", "2", "2025-03-02"),
        ("L2", "size", "97", "nm", "DLS-01", "1", "2025-03-02"),
    )
    assert made.left_aside == {"viscosity": 1}


def test_faults_are_told(tmp_path: Path) -> None:
    documents = [document("=cmd", z_average=(1, "nm")), document("L1", z_average=(1, "furlong"))]
    _, problems = read(file(tmp_path, documents), z_average="size", other="x")
    assert [p.place for p in problems] == ["measurement document 1", "measurement document 2, z average", ""]


def test_numbers_without_measure_are_refused(tmp_path: Path) -> None:
    path = file(tmp_path, [document("L1", z_average=(1, "nm"))])
    path.write_text(path.read_text().replace('"value": 1,', '"value": 1.5e999999999,'), encoding="utf-8")
    made, problems = read(path, z_average="size")
    assert made.rows == ()
    assert problems[0].place == "measurement document 1, z average"


@pytest.mark.parametrize("text", ["", "[", "{}", "[" * 5000, '{"measurement document": 3}', "\x00"])
def test_files_that_are_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "asm.json"
    path.write_text(text, encoding="utf-8")
    made, problems = read(path, z_average="size")
    assert made.rows == ()
    assert problems


@pytest.mark.parametrize(("value", "found"), [(None, "no number"), ("OOR", "OOR"), (True, "True")])
def test_a_wanted_quantity_without_a_number_is_not_dropped(tmp_path: Path, value: object, found: str) -> None:
    documents = [document("L1", z_average=(78.1, "nm")), document("L1", z_average=(value, "nm"))]
    _, problems = read(file(tmp_path, documents), z_average="size")
    assert [(p.place, found in p.found) for p in problems] == [("measurement document 2, z average", True)]
    _, problems = read(file(tmp_path, [document("L1", size=(5, "nm"), other=(value, "nm"))]), size="size")
    assert problems == []
