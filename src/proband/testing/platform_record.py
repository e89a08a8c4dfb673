"""A master record that is told in full, as text and as files, for tests that change one thing of it."""

from __future__ import annotations

from pathlib import Path

from proband.core.errors import Problem
from proband.science.platform.record import Record, read_record

SCAFFOLD = "GUUUUAGAGCUAGAAAUAGCAAGUUAAAAU"
SPACERS = {"one": "UGAUUCUAAGCAGUAAUGAA", "two": "ACCGUCUAAGCAGUAAUGCC", "three": "GGGUUCUAAGCAGUAAUGAA"}

RECORD = f"""\
format = 1
id = "platform-x"
title = "a platform"

[register]
closed_by = "A. Sponsor"
as_of = 2026-01-31

[grouping]
reason = "one pathway"

[[component]]
id = "guide"
kind = "guide_rna"
part_of = "lnp"
source = "maker one"
grade = "GMP"
sequence = "{SPACERS["one"]}{SCAFFOLD}"
targeting = [1, 20]
structure = {{ sugar = "ribose", linkage = "phosphodiester", modification = [
  {{ sugar = "2'-O-methyl", positions = "1-3, 48-50" }},
  {{ linkage = "phosphorothioate", positions = "1-3" }},
] }}

[[component]]
id = "mrna"
kind = "mrna"
part_of = "lnp"
name = "editor messenger"
source = "maker two"
grade = "GMP"
sequence = "AUGGCUUAA"
mrna = {{ cap = "Cap-1", uridine = "N1-methylpseudouridine", poly_a = 120, cds = [1, 9] }}

[[component]]
id = "lnp"
kind = "lipid_nanoparticle"
source = "maker three"
grade = "GMP"
particle = {{ n_to_p = 6.0, encapsulation_percent = 97.0 }}

[[component]]
id = "ionizable"
kind = "lipid"
part_of = "lnp"
name = "lipid A"
source = "maker four"
grade = "GMP"
lipid = {{ lipid_class = "ionizable", molar_percent = 50.0 }}

[[step]]
id = "mixing"
unit_operation = "microfluidic mixing"
parameter = [ {{ name = "flow rate", value = 12.0, unit = "mL/min" }} ]

[[step]]
id = "filtration"
unit_operation = "sterile filtration"
parameter = [ {{ name = "pore size", value = 0.22, unit = "um" }} ]

[[study]]
id = "rat-biodistribution"
category = "biodistribution"
version = "one"
document = "Report 7"
locator = "table 3"
dated = 2025-06-30
[study.exposure]
carrier = "LNP"
route = "intravenous"
cargo = "editor mRNA"
dose = {{ low = 0.5, high = 3.0, unit = "mg/kg", doses = 3 }}

[[agreement]]
id = "letter-1"
kind = "right_of_reference"
document = "Letter of 2025-07-01"
holder = "B. Holder"
state = "in_force"
covers = ["rat-biodistribution"]

[[agreement]]
id = "own"
kind = "own"

[[version]]
id = "one"
gene = "CPS1"
targeting = "{SPACERS["one"]}"
state = "in_use"

[[version]]
id = "two"
gene = "CPS1"
targeting = "{SPACERS["two"]}"

[[version]]
id = "three"
gene = "CPS1"
targeting = "{SPACERS["three"]}"
state = "failed"
because = "no editing in cells"
"""


def record_of(folder: Path, text: str = RECORD, problems: list[Problem] | None = None) -> Record | None:
    """The record of a text, written to ``platform.toml`` of a folder.

    Raises ``AssertionError`` where it has problems and no list for them is given.
    """
    path = folder / "platform.toml"
    path.write_text(text, encoding="utf-8")
    found: list[Problem] = [] if problems is None else problems
    made = read_record(path, "platform.toml", found)
    assert problems is not None or not found, [str(p) for p in found]
    return made


def with_override(field: str, value: str, text: str = RECORD) -> str:
    """The record in which version two has one field otherwise; `value` is a line such as ``value = 46``."""
    at = text.index('[[version]]\nid = "three"')
    change = f'[[version.override]]\nfield = "{field}"\n{value}\nbecause = "planted"\n'
    return text[:at] + change + text[at:]
