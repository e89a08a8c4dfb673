"""The PVS1 decision tree of Abou Tayoun et al. 2018, Hum Mutat 39:1517-1524, path by path."""

import doctest

import pytest

from proband.science.variant import acmg_pvs1
from proband.science.variant.acmg import Criterion, Status, Strength, combine
from proband.science.variant.acmg_pvs1 import NullKind, NullVariant, pvs1

K = NullKind
VS, S, M, SUP = Strength.VERY_STRONG, Strength.STRONG, Strength.MODERATE, Strength.SUPPORTING
DECAY = {"nmd_predicted": True, "in_relevant_transcript": True}
ESCAPE = {"nmd_predicted": False, "in_relevant_transcript": True, "loss_frequent_in_population": False}


def variant(kind, **facts):
    return NullVariant(kind=kind, loss_is_mechanism=facts.pop("loss_is_mechanism", True), **facts)


@pytest.mark.parametrize(
    ("v", "strength"),
    [
        (variant(K.NONSENSE, **DECAY), VS),
        (variant(K.FRAMESHIFT, **DECAY), VS),
        (variant(K.NONSENSE, nmd_predicted=True, in_relevant_transcript=False), None),
        (variant(K.NONSENSE, nmd_predicted=False, region_critical=True), S),
        (variant(K.NONSENSE, **ESCAPE, region_critical=False, fraction_removed=0.11), S),
        (variant(K.NONSENSE, **ESCAPE, region_critical=False, fraction_removed=0.10), M),
        (variant(K.NONSENSE, nmd_predicted=False, loss_frequent_in_population=True), None),
        (variant(K.SPLICE_SITE, frame_disrupted=True, **DECAY), VS),
        (variant(K.SPLICE_SITE, frame_disrupted=False, region_critical=True), S),
        (variant(K.EXON_DELETION, frame_disrupted=True, **DECAY), VS),
        (variant(K.GENE_DELETION), VS),
        (variant(K.DUPLICATION_PROVEN_IN_TANDEM, frame_disrupted=True, **DECAY), VS),
        (variant(K.DUPLICATION_PRESUMED_IN_TANDEM, frame_disrupted=True, **DECAY), S),
        (variant(K.DUPLICATION_PROVEN_IN_TANDEM, frame_disrupted=False), None),
        (variant(K.START_LOSS, other_start_in_use=False, pathogenic_before_next_start=True), M),
        (variant(K.START_LOSS, other_start_in_use=False, pathogenic_before_next_start=False), SUP),
        (variant(K.START_LOSS, other_start_in_use=True), None),
        (variant(K.NONSENSE, loss_is_mechanism=False, **DECAY), None),
    ],
)
def test_tree(v, strength):
    found = pvs1(v)
    assert not found.missing
    if strength is None:
        assert found.criterion.status is Status.NOT_MET
    else:
        assert (found.criterion.status, found.criterion.applied) == (Status.MET, strength)


@pytest.mark.parametrize(
    ("v", "missing"),
    [
        (variant(K.NONSENSE, loss_is_mechanism=None), "loss_is_mechanism"),
        (variant(K.NONSENSE), "nmd_predicted"),
        (variant(K.NONSENSE, nmd_predicted=True), "in_relevant_transcript"),
        (variant(K.SPLICE_SITE), "frame_disrupted"),
        (variant(K.NONSENSE, **ESCAPE, region_critical=False), "fraction_removed"),
        (variant(K.NONSENSE, **ESCAPE, fraction_removed=0.3), "region_critical"),
        (variant(K.START_LOSS), "other_start_in_use"),
    ],
)
def test_a_missing_fact_gives_no_strength(v, missing):
    found = pvs1(v)
    assert missing in found.missing
    assert found.criterion.status is Status.NOT_EVALUATED


def test_rna_lets_any_variant_in_and_is_counted_once():
    """ATM c.7865C>T: a missense change whose RNA loses 64 nt of exon 53 (Kim et al., Nature 2023;619:828)."""
    rna = {"frame_disrupted": True, "rna_observed": True, **DECAY}
    found = pvs1(variant(None, rna_incomplete=False, **rna))
    assert found.criterion.applied is VS
    assert "PS3 on the same RNA" in found.do_not_add
    both = combine([found.criterion, Criterion("PS3", Status.MET, basis=frozenset({"rna"}))])
    assert both.points == 8
    assert pvs1(variant(None, rna_incomplete=None, **rna)).missing == ("rna_incomplete",)
    assert pvs1(variant(None, rna_incomplete=True, **rna)).criterion.status is Status.NOT_EVALUATED


def test_errors():
    with pytest.raises(ValueError, match="share from 0 to 1"):
        pvs1(variant(K.NONSENSE, fraction_removed=12.0))
    with pytest.raises(ValueError, match="no null kind and no RNA"):
        pvs1(variant(None))


def test_docstring_examples():
    assert doctest.testmod(acmg_pvs1).failed == 0
