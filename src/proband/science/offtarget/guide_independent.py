"""Effects of an editor that no guide directs, and by-products: ``offtarget/guide_independent.toml``.

Of each effect the file says whether it was tested, reasoned away, or not considered. A test needs its source and its
result, a reason its words; what is not written is unknown. By-products at the target count as tested where a line of
this folder counts them.

Cannot see: whether a reason holds, and effects that the file does not name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from proband.border import Strict, hidden_characters, parse, read_text, read_toml
from proband.core.errors import Problem
from proband.core.evidence import Members
from proband.science.told_words import result

FILE = "offtarget/guide_independent.toml"
EFFECTS = ("guide_independent_dna", "guide_independent_rna", "by_product_edits")
"""What criterion SF-16 asks to be considered."""
_Text = Annotated[str, Field(max_length=2000), AfterValidator(result)]


class Effect(Strict):
    """One effect and what became of it; `result` of a test, `because` of what was not tested."""

    effect: Literal["guide_independent_dna", "guide_independent_rna", "by_product_edits"]
    considered: Literal["tested", "reasoned", "not_considered"]
    method: _Text = ""
    result: _Text = ""
    because: _Text = ""
    source: _Text = ""


class _File(Strict):
    format: Literal[1]
    effect: Annotated[list[Effect], Field(min_length=1, max_length=20)]


def read_effects(path: Path, problems: list[Problem]) -> tuple[Effect, ...]:
    """The effects as written; every fault is added to `problems`."""
    before = len(problems)
    text = read_text(path, FILE, problems)
    if text is not None:
        problems += hidden_characters(text, FILE)
    raw = read_toml(path, FILE, problems) if len(problems) == before else None
    made = None if raw is None else parse(_File, raw, FILE, "", problems)
    if made is None:
        return ()
    named: dict[str, set[str]] = {}
    for e in made.effect:
        place = f"effect {e.effect}"
        needed = {"tested": ("method", "result", "source"), "reasoned": ("because", "source")}.get(e.considered, ())
        for key in (k for k in needed if not getattr(e, k).strip()):
            remedy = "write it, or say not_considered"
            problems.append(Problem(FILE, f"{place}, key {key}", "nothing", f"what was {e.considered}", remedy))
        named.setdefault(e.effect, set()).add(e.considered)
    for effect, ways in named.items():
        if "not_considered" in ways and len(ways) > 1:
            found = " and ".join(sorted(ways))
            problems.append(Problem(FILE, f"effect {effect}", found, "considered or not", "keep the one that is true"))
    return tuple(made.effect)


def considered(effects: Sequence[Effect], by_products: Sequence[str]) -> Members:
    """Present: tested or reasoned; absent: not considered, as the program says; unknown: nothing is written.

    `by_products`: lines of this folder that count by-products at the target.

    >>> e = Effect(effect="guide_independent_rna", considered="not_considered")
    >>> considered([e], ["treated-1"])
    Members(present=('by_product_edits',), absent=('guide_independent_rna',), unknown=('guide_independent_dna',))
    """
    yes = {e.effect for e in effects if e.considered != "not_considered"} | set(EFFECTS[2:] if by_products else ())
    no = {e.effect for e in effects} - yes
    return Members(
        tuple(x for x in EFFECTS if x in yes),
        tuple(x for x in EFFECTS if x in no),
        tuple(x for x in EFFECTS if x not in yes | no),
    )
