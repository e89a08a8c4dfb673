"""GA4GH Phenopacket v2 (JSON): the patient, phenotype terms and variants, as far as the program uses them.

Source: Phenopacket Schema 2.0 (Jacobsen et al., Nature Biotechnology 2022;40:817-820), elements Phenopacket,
Individual, PhenotypicFeature, Interpretation, VariationDescriptor and VcfRecord. Other elements are left
alone. Cannot see: phase, and anything that is only in free text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from proband.border import hidden_characters, read_text, shown
from proband.core.errors import Problem
from proband.core.program import Patient, Phenotype, Program, Variant

FILE = "phenotype.json"
SEXES = {"FEMALE": "female", "MALE": "male", "OTHER_SEX": "other", "UNKNOWN_SEX": "unknown"}


def add_phenopacket(program: Program, path: Path, problems: list[Problem]) -> Program:
    """The program with what a phenopacket says of its patient; disagreements become problems."""
    text = read_text(path, FILE, problems)
    if text is None:
        return program
    try:
        packet = json.loads(text)
    except (ValueError, RecursionError) as e:
        problems.append(Problem(FILE, "", str(e)[:200], "valid JSON", "correct the line that is named"))
        return program
    found = hidden_characters(text, FILE)
    problems.extend(found)
    if found:
        return program
    if not isinstance(packet, dict) or "id" not in packet or "metaData" not in packet:
        problems.append(
            Problem(FILE, "", "no id or no metaData", "a GA4GH Phenopacket v2", "export one phenopacket as JSON")
        )
        return program
    patient = _patient(_mapping(packet, "subject", problems), program, problems)
    features = _features(packet.get("phenotypicFeatures", []), problems)
    for number, (record, hgvs) in enumerate(_variants(packet)):
        _compare_variant(record, hgvs, number, program.variants, problems)
    if patient is None:
        return program
    changed = replace(patient, phenotypes=features)
    kept = tuple(changed if p.id == patient.id else p for p in program.patients)
    return replace(program, patients=kept)


def _mapping(block: Mapping[str, Any], key: str, problems: list[Problem]) -> Mapping[str, Any]:
    value = block.get(key, {})
    if isinstance(value, dict):
        return value
    problems.append(Problem(FILE, key, shown(value), "an object", "follow the Phenopacket v2 schema"))
    return {}


def _patient(subject: Mapping[str, Any], program: Program, problems: list[Problem]) -> Patient | None:
    name = subject.get("id")
    found = [p for p in program.patients if p.id == name]
    if not found:
        known = ", ".join(p.id for p in program.patients) or "none there"
        problems.append(
            Problem(
                FILE,
                "subject.id",
                shown(name),
                f"a patient of program.toml ({known})",
                "use the same pseudonym in both",
            )
        )
        return None
    patient, sex = found[0], SEXES.get(str(subject.get("sex", "")), "")
    if sex and patient.sex and sex != patient.sex:
        problems.append(
            Problem(FILE, "subject.sex", sex, f"{patient.sex}, as in program.toml", "correct one of the two")
        )
    return replace(patient, sex=patient.sex or sex)


def _features(listed: object, problems: list[Problem]) -> tuple[Phenotype, ...]:
    features = []
    for i, item in enumerate(listed if isinstance(listed, list) else []):
        term = item.get("type") if isinstance(item, dict) else None
        if not isinstance(term, dict) or not isinstance(term.get("id"), str) or ":" not in term["id"]:
            problems.append(
                Problem(
                    FILE,
                    f"phenotypicFeatures[{i}]",
                    shown(item),
                    "a type with an id such as HP:0001987",
                    "give the term",
                )
            )
            continue
        features.append(Phenotype(term["id"], str(term.get("label", "")), item.get("excluded") is True))
    return tuple(features)


def _variants(packet: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], tuple[str, ...]]]:
    """VCF records and HGVS expressions of the interpretations, as far as they follow the schema."""
    found = []
    for interpretation in _list(packet.get("interpretations")):
        diagnosis = _dict(_dict(interpretation).get("diagnosis"))
        for genomic in _list(diagnosis.get("genomicInterpretations")):
            call = _dict(_dict(genomic).get("variantInterpretation"))
            descriptor = _dict(call.get("variationDescriptor"))
            expressions = [_dict(e) for e in _list(descriptor.get("expressions"))]
            hgvs = tuple(str(e.get("value")) for e in expressions if "hgvs" in str(e.get("syntax")))
            found.append((_dict(descriptor.get("vcfRecord")), hgvs))
    return found


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _compare_variant(
    record: Mapping[str, Any],
    hgvs: tuple[str, ...],
    number: int,
    variants: Sequence[Variant],
    problems: list[Problem],
) -> None:
    """A variant of the packet must be one of the program's; builds and parts are compared as written."""
    if not record and not hgvs:
        return
    named = {h for v in variants for h in (v.hgvs_c, v.hgvs_g, v.hgvs_p) if h}
    place = f"interpretations, variant {number + 1}"
    if record:
        key = (
            record.get("genomeAssembly"),
            record.get("chrom"),
            str(record.get("pos")),
            record.get("ref"),
            record.get("alt"),
        )
        known = [v for v in variants if v.position is not None]
        if any(key == (v.build, v.contig, str((v.position or 0) + 1), v.ref, v.alt) for v in known):
            return
        shown_key = " ".join(str(k) for k in key)
        problems.append(
            Problem(
                FILE,
                place,
                shown(shown_key),
                "a variant of program.toml, with the same build, contig, position and bases",
                "correct one of the two, or add the variant",
            )
        )
    elif not named & set(hgvs):
        problems.append(
            Problem(
                FILE,
                place,
                shown(hgvs[0]),
                "a variant of program.toml, in the same HGVS form",
                "correct one of the two, or add the variant",
            )
        )
