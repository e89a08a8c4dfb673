"""Program, evidence and findings to one frozen `Dossier`, and writing it in the formats asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from proband.core.criterion import Framework
from proband.core.dossier import Dossier, FailureNote
from proband.core.evidence import Evidence
from proband.core.finding import Findings
from proband.core.program import Program
from proband.core.provenance import canonical_json
from proband.core.serial import evidence_to_json
from proband.writing import sweep, write_all


def build_dossier(
    program: Program,
    evidence: Sequence[Evidence],
    findings: Findings,
    framework: Framework,
    *,
    failures: Iterable[FailureNote] = (),
    methods: Mapping[str, str] | None = None,
    modality_title: str = "",
    unknown_files: Iterable[str] = (),
    version: str = "",
) -> Dossier:
    """One frozen dossier. Labels E1, E2, ... follow the order of the evidence."""
    lines = tuple(evidence)
    labels = {e.id: f"E{i}" for i, e in enumerate(lines, start=1)}
    used = {i for f in findings for i in (*f.evidence_for, *f.evidence_against, *f.evidence_neutral)}
    return Dossier(
        program=program,
        evidence=lines,
        findings=findings,
        framework=framework,
        failures=tuple(failures),
        methods=dict(methods or {}),
        modality_title=modality_title,
        labels=labels,
        unused=tuple(e.id for e in lines if e.id not in used),
        unknown_files=tuple(unknown_files),
        version=version,
    )


def write_dossier(dossier: Dossier, folder: Path, formats: Mapping[str, Callable[[Dossier], bytes]]) -> list[Path]:
    """Render all formats, then write them; nothing is replaced unless everything could be rendered and stored.

    Beside the formats go the evidence and a lock of digests and versions, so that the dossier can be
    assessed again years later without the raw data. Returns the paths written.
    """
    rendered = {f"dossier.{name}": render(dossier) for name, render in formats.items()}
    rendered["evidence.json"] = _evidence_file(dossier)
    rendered["lock.json"] = _lock_file(dossier)
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    write_all({folder / name: data for name, data in rendered.items()})
    return [folder / name for name in rendered]


def _evidence_file(dossier: Dossier) -> bytes:
    lines = [canonical_json(evidence_to_json(e)) for e in dossier.evidence]
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode("utf-8")


def _lock_file(dossier: Dossier) -> bytes:
    packages = {name: v for e in dossier.evidence for name, v in e.provenance.packages.items()}
    body = {
        "proband": dossier.version,
        "framework": {"id": dossier.framework.id, "stamp": dossier.framework.stamp},
        "inputs": {f.path: f.digest for f in dossier.program.inputs},
        "evidence": [e.id for e in dossier.evidence],
        "recipes": sorted({e.provenance.key for e in dossier.evidence}),
        "packages": packages,
    }
    return (canonical_json(body) + "\n").encode("utf-8")
