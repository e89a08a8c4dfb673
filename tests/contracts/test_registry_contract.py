"""Every analysis and every modality, and what the registry refuses."""

import pytest

from proband.core.errors import AnalysisError, ReferenceMissing
from proband.core.kinds import kinds
from proband.core.modality import TRAITS
from proband.core.program import Program
from proband.engine import registry

ANALYSES = registry.analyses()
MODALITIES = registry.modalities()


@pytest.mark.parametrize("declared", ANALYSES.values(), ids=list(ANALYSES))
def test_analysis(declared):
    assert declared.version >= 1
    assert "Asks:" in declared.method
    assert "Cannot see:" in declared.method
    assert bool(declared.claims) != declared.reports_any
    assert set(declared.claims) <= set(kinds())
    assert set(declared.needs_files) <= set(declared.reads)
    assert set(declared.uses) <= set(Program.__dataclass_fields__)
    assert not declared.each or declared.each in declared.reads


def test_only_kinds_with_an_analysis_name_a_file_of_their_own():
    claimed = {k for d in ANALYSES.values() for k in d.claims}
    for kind in kinds().values():
        assert (kind.file != "reported/*.toml") == (kind.name in claimed), kind.name


@pytest.mark.parametrize("modality", MODALITIES.values(), ids=list(MODALITIES))
def test_modality(modality):
    assert modality.traits
    assert modality.traits | set(modality.lacks) == set(TRAITS)
    assert not modality.traits & set(modality.lacks)
    assert all(sentence.endswith(".") for sentence in modality.lacks.values())
    assert len(modality.acts_by) > 20


def test_duplicates_fail_loudly():
    with pytest.raises(AnalysisError, match="declared more than once: analysis a"):
        registry._once(["a", "b", "a"], "analysis")


def test_an_unknown_framework_names_the_nearest():
    with pytest.raises(ReferenceMissing, match="did you mean fda-pmf-draft-2026-02"):
        registry.framework_path("fda-pmf-draft-2026-03")
