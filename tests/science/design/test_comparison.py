"""Modalities side by side: three kinds of answer kept apart, no score, predictions order nothing, files wired in."""

from dataclasses import dataclass, replace

import pytest
from design_cases import cps1, scn1a

from proband.science.design.amenability import n1c
from proband.science.design.amenability_facts import AmenabilityFacts
from proband.science.design.amenability_kim import KimFacts, kim
from proband.science.design.comparison import ELSEWHERE, MECHANISMS, Amenability, compare_modalities
from proband.science.design.comparison_tables import comparison_dict, comparison_tsv
from proband.science.design.editors import load_editors
from proband.science.design.oligo_from_files import gained_sites, splice_targets
from proband.science.design.options import design_options
from proband.science.design.predictions import Prediction
from proband.science.sequence.alphabet import reverse_complement
from proband.science.sequence.transcripts import Transcript
from proband.science.variant.change import Change

EDITORS = load_editors()


@dataclass(frozen=True)
class Oligo:
    sequence: str
    facts_for: tuple[str, ...] = ()
    facts_against: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Design:
    kind: str
    target: str
    candidates: tuple[Oligo, ...] = ()
    why_not: str = ""


def made(case=cps1, names=None, context=True):
    h, change, t = case()
    return design_options(h, change, [EDITORS[n] for n in names] if names else EDITORS.values(), t if context else None)


def rows(compared):
    return {r.modality: r for r in compared.rows}


def prediction(candidate, **more):
    return Prediction(candidate, "efficiency", 0.9, "1", "T", "1", "MIT", "run", "2026-05-01", **more)


def test_found_none_found_and_not_examined_are_three_things():
    found = rows(compare_modalities(made(names=["ABE8e/SpCas9-NGC", "BE4max/SpCas9", "SpCas9"])))
    base, cut = found["base_editor"], found["nuclease"]
    assert (base.feasibility, base.count, base.facts_for[0]) == ("option_found", 1, "1 option of 1 editor")
    assert base.why_not[0].startswith("1 editor, conversion:")
    assert (cut.feasibility, cut.count > 0) == ("option_found", True)
    assert found["prime_editor"].feasibility == "not_examined"
    assert found["prime_editor"].why_not == ("no editor of this kind was asked about",)
    none = rows(compare_modalities(made(names=["BE4max/SpCas9"])))["base_editor"]
    assert (none.feasibility, none.count, none.options) == ("none_found", 0, ())
    assert {found[m].feasibility for m in ELSEWHERE} == {"not_examined"}
    assert all("not designed here" in found[m].why_not[0] for m in ELSEWHERE)
    assert [r for r in found.values() if r.feasibility != "option_found" and not r.why_not] == []


def test_reasons_are_counted_by_code_and_add_up():
    options = made()
    for modality, kind in (("base_editor", "base"), ("prime_editor", "prime"), ("nuclease", "nuclease")):
        row = rows(compare_modalities(options))[modality]
        refused = [w for w in options.why_not if w.kind == kind]
        assert sum(int(w.split()[0]) for w in row.why_not) == len(refused)
        assert row.count == sum(o.kind == kind for o in options.options)
        counts = [int(w.split()[0]) for w in row.why_not]
        assert counts == sorted(counts, reverse=True)


def test_facts_of_base_editors_are_those_of_the_options():
    """CPS1 c.1003C>T by an NGC nuclease: the target alone restores the protein; A3 and A9 are bystanders."""
    row = rows(compare_modalities(made(names=["ABE8e-V106W/SpCas9-NGC"])))["base_editor"]
    assert row.options[0].endswith("TGATTCTAAGCAGTAATGAA AGC (-)") or "TGATTCTAAGCAGTAATGAA AGC" in " ".join(
        row.options
    )
    assert "1 options" not in row.facts_for[0] or row.count == 1
    assert any("the target alone gives the exact protein with" in f for f in row.facts_for)
    assert "every guide has another editable base in its wide window" in row.facts_against
    assert {"efficiency", "off-targets"} <= set(row.missing)
    unjudged = rows(compare_modalities(made(names=["ABE8e-V106W/SpCas9-NGC"], context=False)))["base_editor"]
    assert not any("exact protein" in f for f in (*unjudged.facts_for, *unjudged.facts_against))
    assert any("no transcript was given" in m for m in unjudged.missing)


def test_oligonucleotides_found_sought_and_not_sought():
    several = (
        Design("splice_switching", "skip exon 2", (Oligo("ACGT", ("frame kept", "x")), Oligo("ACGA", ("frame kept",)))),
        Design("splice_switching", "include exon 3", (), "no room"),
        Design("gapmer", "one allele", (), "no phased site"),
    )
    found = rows(compare_modalities(made(), oligos=several))
    splice, gapmer = found["splice_switching"], found["gapmer"]
    assert (splice.feasibility, splice.count) == ("option_found", 2)
    assert splice.options == ("skip exon 2: ACGT", "skip exon 2: ACGA")
    assert "frame kept" in splice.facts_for
    assert "x" not in splice.facts_for
    assert splice.why_not == ("include exon 3: no room",)
    assert (gapmer.feasibility, gapmer.why_not) == ("none_found", ("one allele: no phased site",))
    bare = rows(compare_modalities(made(), not_designed={"gapmer": "no transcript"}))
    assert (bare["gapmer"].feasibility, bare["gapmer"].why_not) == ("not_examined", ("no transcript",))
    assert bare["splice_switching"].why_not == ("no oligonucleotide of this kind was asked for",)


DEEP = AmenabilityFacts(
    name="x", variant_type="snv", pathogenic=True, consequence="noncoding", mechanism="loss", intronic_offset=-1050,
    canonical_site="intact", splice_evidence="patient_rna",
)  # fmt: skip


def scores(observed):
    more = {"observed_type": observed, "observed_source": "RNA"} if observed else {}
    return KimFacts(name="x", motif_changed=False, branchpoint_distance=900, branchpoint_shift=0,
                    consequence="noncoding", **more)  # fmt: skip


@pytest.mark.parametrize(
    ("observed", "place", "words"),
    [("gain", "facts_for", "agree"), ("neither", "facts_against", "disagree"), (None, "missing", "differ")],
)
def test_where_the_published_rules_disagree_the_row_says_so(observed, place, words):
    given = Amenability(n1c(DEEP), kim(scores(observed)))
    splice = rows(compare_modalities(made(), amenability=given))["splice_switching"]
    assert "N1C VARIANT, splice correction: likely" in splice.facts_for[0]
    assert any(
        "Kim 2023" in f and words in f.rpartition(":")[2].replace(",", "").split() for f in getattr(splice, place)
    )
    assert sum("Kim 2023" in f for f in (*splice.facts_for, *splice.facts_against, *splice.missing)) == 1
    assert splice.feasibility == "not_examined"


def test_classes_go_where_they_belong():
    unknown = Amenability(n1c(AmenabilityFacts(name="x")))
    found = rows(compare_modalities(made(), amenability=unknown))
    assert any("knock down: unable to assess" in m for m in found["gapmer"].missing)
    bad = Amenability(n1c(replace(DEEP, variant_type="inversion")))
    row = rows(compare_modalities(made(), amenability=bad))["splice_switching"]
    assert not row.facts_for
    assert compare_modalities(made(), amenability=bad).banner
    assert "amenability by published rules: not asked" in rows(compare_modalities(made()))["gapmer"].missing


def test_the_mechanism_is_stated_or_missing_never_guessed():
    plain = rows(compare_modalities(made()))
    assert all(any("was not stated" in m for m in r.missing) for r in plain.values())
    said = {
        "gapmer": "against: it lowers what is lacking",
        "base_editor": "for: it restores",
        "cell_therapy": "missing: y",
    }
    found = rows(compare_modalities(made(), mechanism="loss", direction=said))
    assert "mechanism: it lowers what is lacking" in found["gapmer"].facts_against
    assert "mechanism: it restores" in found["base_editor"].facts_for
    assert "mechanism: y" in found["cell_therapy"].missing
    assert "whether it fits the mechanism of disease (loss)" in found["nuclease"].missing
    for wrong in ({"mechanism": "x"}, {"zygosity": "x"}, {"direction": {"gapmer": "it helps"}},
                  {"oligos": [Design("siRNA", "x")]}):  # fmt: skip
        with pytest.raises(ValueError, match=r"expected one of|begins with none"):
            compare_modalities(made(), **wrong)
    assert MECHANISMS == ("loss", "gain", "dominant_negative", "complex")


@pytest.mark.parametrize("modality", ["gapmer", "nuclease"])
def test_alleles_that_can_not_be_told_apart(modality):
    options = made()
    assert any("zygosity" in m for m in rows(compare_modalities(options))[modality].missing)
    same = rows(compare_modalities(options, zygosity="homozygous"))[modality]
    assert any("both alleles carry" in f for f in same.facts_against)
    two = rows(compare_modalities(options, zygosity="heterozygous"))[modality]
    assert not any("zygosity" in x or "both alleles carry" in x for x in (*two.missing, *two.facts_against))


@pytest.mark.parametrize("case", [cps1, scn1a])
def test_predictions_change_no_order_and_no_fact(case):
    options = made(case)
    without = compare_modalities(options)
    best_last = [prediction(o.spacer, editor=o.editor) for o in reversed(options.options)]
    unique = list({(p.candidate, p.editor): p for p in best_last}.values())
    with_them = compare_modalities(options, predictions=unique)
    assert [replace(r, predictions=()) for r in with_them.rows] == list(without.rows)
    assert with_them.attached.unused == ()
    assert sum(len(r.predictions) for r in with_them.rows) == sum(map(len, with_them.attached.options.values()))


def test_a_prediction_stands_at_its_option_its_variant_or_among_the_unused():
    options = made(names=["ABE8e-V106W/SpCas9-NGC"])
    spacer = options.options[0].spacer
    numbers = [n for n, o in enumerate(options.options, 1) if o.spacer == spacer]
    compared = compare_modalities(
        options, oligos=[Design("gapmer", "t", (Oligo("GATTACA"),))],
        predictions=[prediction(spacer), prediction("GAUUACA"), prediction("v"), prediction("AAAA")], variants=["v"],
    )  # fmt: skip
    found = rows(compared)
    assert found["base_editor"].predictions == tuple(f"option {n}: {prediction(spacer)}" for n in numbers)
    assert found["gapmer"].predictions[0].startswith("GATTACA: efficiency 0.9")
    assert [p.candidate for p in compared.attached.variant] == ["v"]
    assert [p.candidate for p in compared.attached.unused] == ["AAAA"]
    plain = comparison_dict(compared)
    assert plain["predictions"]["unused"][0]["licence"] == "MIT"
    assert plain["modalities"][1]["count"] is None


def test_the_table_is_safe_and_whole():
    hostile = Design("gapmer", "=1+1", (Oligo("ACGT", ("a\tb",)),))
    text = comparison_tsv(compare_modalities(made(), oligos=[hostile]))
    lines = [line.split("\t") for line in text.rstrip("\n").split("\n")]
    assert {len(cells) for cells in lines} == {len(lines[0])}
    assert len(lines) == 1 + 3 + 2 + len(ELSEWHERE)
    assert not [c for cells in lines for c in cells if c.startswith("=")]
    assert "score" not in lines[0]
    counts = {cells[0]: cells[2] for cells in lines}
    assert counts["gene_addition"] == ""
    assert counts["gapmer"] == "1"


# ---- targets of splice switching

EXONS = ((0, 30), (130, 157), (257, 285), (385, 400))
SPLICED = "ATG" + "GCC" * 31 + "TAA" + "C"


def gene(strand):
    """Four exons; the second has 27 bases, the third 28: only the second can be skipped in frame."""
    exons = EXONS if strand == "+" else tuple(sorted((400 - e, 400 - s) for s, e in EXONS))
    return Transcript("T1", "G", "c1", strand, exons, 0, 400, SPLICED)


@pytest.mark.parametrize("strand", "+-")
@pytest.mark.parametrize(
    ("at", "expected", "said"),
    [
        (140, [("skip", 2)], ""),
        (130, [("include", 2), ("skip", 2)], ""),
        (129, [("include", 2), ("skip", 2)], ""),
        (122, [("include", 2), ("skip", 2)], ""),
        (121, [], "intron"),
        (164, [("include", 2), ("skip", 2)], ""),
        (165, [], "intron"),
        (270, [], "does not keep the reading frame"),
        (283, [("include", 3)], "does not keep"),
        (5, [], "first or the last"),
        (395, [], "first or the last"),
    ],
)
def test_targets_follow_the_place_of_the_variant(strand, at, expected, said):
    at = at if strand == "+" else 399 - at
    targets, reason = splice_targets(gene(strand), Change("c1", at, "A", "G"))
    assert [(t.purpose, t.exon) for t in targets] == expected
    assert said in reason


@pytest.mark.parametrize("strand", "+-")
@pytest.mark.parametrize(
    ("around", "to", "expected"),
    [
        ("ATC", "G", [("gained_acceptor", 81)]),  # A[G]C: the exon would begin at C
        ("CTG", "A", [("gained_acceptor", 82)]),
        ("CTT", "G", [("gained_donor", 79)]),  # [G]T: the exon would end at C
        ("GAC", "T", [("gained_donor", 78)]),
        ("ACT", "G", [("gained_acceptor", 81), ("gained_donor", 79)]),
        ("CAC", "T", []),
    ],
)
def test_gained_sites_by_strand(strand, around, to, expected):
    """The base stands at 80 of the plus strand's gene; a donor's edge is the last base before GT."""
    at = 80
    if strand == "-":
        around, to, at = reverse_complement(around), reverse_complement(to), 399 - 80
        expected = [(p, 399 - x) for p, x in expected]
    found = gained_sites(gene(strand), Change("c1", at, around[1], to), around)
    assert sorted((t.purpose, t.start) for t in found) == sorted(expected)
    assert gained_sites(gene(strand), Change("c1", 140, "A", "G"), "ATC") == []
    assert gained_sites(gene(strand), Change("c1", at, around[1], to), around[:2]) == []
