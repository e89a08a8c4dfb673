"""Finds analyses, modalities, frameworks and formats. A duplicate or a module that fails to import raises.

Ours are found by walking a package, others' by entry points of the groups ``proband.analyses``,
``proband.modalities``, ``proband.frameworks`` and ``proband.formats``.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from proband.core.analysis import Declaration
from proband.core.errors import AnalysisError, ReferenceMissing
from proband.core.kinds import kinds, nearest
from proband.core.modality import TRAITS, Modality


@cache
def analyses() -> Mapping[str, Declaration]:
    """All analyses by name; those that read other evidence come last.

    Raises `AnalysisError` when two have one name, or two claim to compute one kind.
    """
    found = [
        value.__proband_analysis__
        for module in _modules("proband.analyses")
        for value in vars(module).values()
        if hasattr(value, "__proband_analysis__") and value.__module__ == module.__name__
    ]
    found += [f.__proband_analysis__ for f in _entry_points("proband.analyses")]
    _once([d.name for d in found], "analysis")
    _once([k for d in found for k in d.claims], "computed kind")
    for d in found:
        for k in d.claims:
            if k not in kinds():
                raise AnalysisError(
                    f"analysis {d.name} claims the kind {k}, which is not declared; {nearest(k, kinds())}"
                )
    ordered = sorted(found, key=lambda d: (d.stage, d.name))
    return {d.name: d for d in ordered}


@cache
def modalities() -> Mapping[str, Modality]:
    """All modalities by name. Raises `AnalysisError` on a duplicate or an unknown trait."""
    found = [m.MODALITY for m in _modules("proband.modalities")] + list(_entry_points("proband.modalities"))
    _once([m.name for m in found], "modality")
    for m in found:
        stray = (m.traits | set(m.lacks)) - set(TRAITS)
        if stray:
            raise AnalysisError(f"modality {m.name} names unknown traits: {', '.join(sorted(stray))}")
    return {m.name: m for m in found}


@cache
def formats() -> Mapping[str, Callable[..., bytes]]:
    """All dossier formats: name to the function that renders one."""
    found = [(m.NAME, m.render) for m in _modules("proband.dossier.formats")]
    found += [(m.NAME, m.render) for m in _entry_points("proband.formats")]
    _once([name for name, _ in found], "format")
    return dict(found)


def framework_path(name: str) -> Path:
    """Where a framework lies: by its id or its folder's name. Raises `ReferenceMissing` when there is none."""
    known = framework_paths()
    if name in known:
        return known[name]
    raise ReferenceMissing(f"no framework {name!r}; {nearest(name, known)}")


@cache
def framework_paths() -> Mapping[str, Path]:
    """Framework id to folder or file. The id is the name with hyphens for underscores."""
    base = sources_path().parent
    own = [p for p in sorted(base.iterdir()) if p.is_dir() and (p / "framework.toml").is_file()]
    own += [p for p in sorted(base.glob("*.toml")) if p.name != "sources.toml"]
    paths = own + [Path(p) for p in _entry_points("proband.frameworks")]
    names = [p.stem.replace("_", "-") for p in paths]
    _once(names, "framework")
    return dict(zip(names, paths, strict=True))


def sources_path() -> Path:
    """The table of cited documents."""
    return Path(str(files("proband") / "frameworks" / "sources.toml"))


def _modules(package: str) -> Iterator[ModuleType]:
    """Every module of a package, imported; one that fails to import fails loudly, by its own error."""
    for info in pkgutil.iter_modules(import_module(package).__path__):
        yield import_module(f"{package}.{info.name}")


def _entry_points(group: str) -> Iterator[Any]:
    for point in sorted(entry_points(group=group), key=lambda p: p.name):
        yield point.load()


def _once(names: list[str], what: str) -> None:
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise AnalysisError(f"declared more than once: {what} {', '.join(twice)}")
