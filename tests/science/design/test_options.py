"""Editors as data, the comparison of options and its two files."""

import json

import design_cases as cases
import pytest

from proband.core.errors import ProgramError
from proband.science.design.editors import load_editors, parse_editors
from proband.science.design.haplotype import change_at, haplotype_of
from proband.science.design.options import design_options
from proband.science.design.tables import COLUMNS, candidate_rows, candidates_tsv, options_dict

EDITORS = load_editors()
SHIPPED = (
    "SpCas9 SpCas9-NG SpCas9-NGC SpRY-NRN SpRY-NYN SaCas9 Cas12a ABE7.10/SpCas9 ABE8e/SpCas9 ABE8e-V106W/SpCas9-NGC "
    "BE4max/SpCas9 evoAPOBEC1-BE4max/SpCas9 PE2/SpCas9 PE3/SpCas9 PEmax/SpCas9"
).split()


def test_what_is_shipped():
    assert set(SHIPPED) <= set(EDITORS)
    for e in EDITORS.values():
        assert e.citations
        assert all(c.paper and c.read_as in ("recalled", "secondary", "read") for c in e.citations)


NUCLEASE = """
[nuclease.N]
pam = "NGG"
pam_side = "3'"
spacer_length = 20
cut = [3, 3]
seed_length = 10
cite = { pam = { paper = "p" }, spacer_length = { paper = "p" }, cut = { paper = "p" }, seed_length = { paper = "p" } }
"""
BASE = """
[editor.B]
class = "base"
nucleases = ["N"]
conversion = ["A", "G"]
window = [4, 8]
wide_window = [3, 10]
window_on = ["N"]
cite = { conversion = { paper = "p" }, window = { paper = "p" }, wide_window = { paper = "p" } }
"""


def test_a_file_of_ones_own():
    e = parse_editors(NUCLEASE + BASE)["B/N"]
    assert (e.pam, e.window_assumed, e.citations[0].read_as) == ("NGG", False, "recalled")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('pam = "NGG"', 'pam = "NXG"', "nuclease.N.pam"),
        ("spacer_length = 20", "spacer_length = true", "nuclease.N.spacer_length"),
        ("seed_length = 10", "seed_length = 10\nspeed = 3", "key speed"),
        ("window = [4, 8]", "window = [4, 28]", "editor.B.window"),
        ("wide_window = [3, 10]", "wide_window = [5, 10]", "editor.B.wide_window"),
        ('conversion = ["A", "G"]', 'conversion = ["A"]', "editor.B.conversion"),
        ('nucleases = ["N"]', 'nucleases = ["M"]', "editor.B.nucleases"),
        ('class = "base"', 'class = "magic"', "editor.B.class"),
        ('window = { paper = "p" }', 'window = { paper = "" }', "editor.B.cite.window"),
        ('cut = { paper = "p" }', 'cut = { paper = "p", read_as = "guessed" }', "read_as"),
        ('pam_side = "3\'"', "pam_side = 3", "nuclease.N.pam_side"),
    ],
)
def test_a_wrong_file_is_refused(old, new, place):
    text = NUCLEASE + BASE
    assert old in text
    with pytest.raises(ProgramError) as caught:
        parse_editors(text.replace(old, new))
    assert place in str(caught.value)


def test_all_problems_at_once_and_bad_toml():
    with pytest.raises(ProgramError) as caught:
        parse_editors((NUCLEASE + BASE).replace('pam = "NGG"', 'pam = "XX"').replace("[4, 8]", "[8, 4]"))
    assert len(caught.value.problems) == 2
    with pytest.raises(ProgramError):
        parse_editors("= nothing")


@pytest.fixture(scope="module")
def made():
    h, change, t = cases.cps1()
    return design_options(h, change, EDITORS.values(), t)


class TestCPS1:
    """D9 through the whole comparison."""

    def test_the_clinical_guide_is_an_option_with_its_facts(self, made):
        o = next(o for o in made.options if o.editor == "ABE8e-V106W/SpCas9-NGC" and o.spacer == "TGATTCTAAGCAGTAATGAA")
        assert "the target alone gives the exact protein" in o.facts_for
        assert "bystander A3, at the edge of the window: silent" in o.facts_for
        assert "bystander A9, at the edge of the window: silent" in o.facts_for
        assert "efficiency" in o.missing

    def test_every_editor_has_an_option_or_a_reason(self, made):
        assert {o.editor for o in made.options} | {w.editor for w in made.why_not} == set(EDITORS)
        why = {w.editor: w for w in made.why_not}
        assert why["ABE8e/SpCas9"].code == "no_pam"
        assert why["BE4max/SpCas9"].code == "conversion"
        assert "A>G" not in why["BE4max/SpCas9"].reason
        assert all(w.reason for w in made.why_not)

    def test_rows_and_json(self, made):
        rows = candidate_rows(made)
        assert all(tuple(r) == tuple(COLUMNS) for r in rows)
        text = candidates_tsv(made)
        assert all(line.count("\t") == len(COLUMNS) - 1 for line in text.splitlines())
        row = next(r for r in rows if r["editor"] == "ABE8e-V106W/SpCas9-NGC" and r["target"] == "A8")
        assert (row["spacer"], row["pam"], row["bystanders"]) == ("TGATTCTAAGCAGTAATGAA", "AGC", "A3 A9")
        assert row["exact_sets"].split() == ["A8", "A3+A8", "A8+A9", "A3+A8+A9"]
        assert (row["start"], row["end"], row["target_alone_exact"]) == ("210591874", "210591893", "yes")
        data = options_dict(made, EDITORS)
        assert data["position"] == 210591886
        assert json.loads(json.dumps(data)) == data

    def test_same_input_same_bytes(self, made):
        h, change, t = cases.cps1()
        again = design_options(h, change, EDITORS.values(), t)
        assert candidates_tsv(again) == candidates_tsv(made)
        assert json.dumps(options_dict(again, EDITORS)) == json.dumps(options_dict(made, EDITORS))

    def test_no_score(self, made):
        assert not any("score" in c for c in COLUMNS)
        assert "score" not in json.dumps(options_dict(made, EDITORS))


def test_harmful_bystanders_are_facts_against():
    """D3: D341G and the wrong residue at 342, numbered 3 and 4 in the synthetic gene."""
    h, change, t = cases.serpina1()
    o = design_options(h, change, [EDITORS["ABE8e/SpCas9-NGC"]], t).options[0]
    assert "bystander A5: D3G" in o.facts_against
    assert "bystander A8: E4G" in o.facts_against


class Stubborn:
    """A transcript whose protein is never restored by any edit: single bases are read as lost."""

    def __init__(self, inner):
        self.inner = inner
        self.id, self.contig, self.strand, self.exons = inner.id, inner.contig, inner.strand, inner.exons
        self.coding_index, self.protein = inner.coding_index, inner.protein

    def protein_with(self, edits):
        return "MV" if edits else self.inner.protein()


def test_a_guide_without_an_exact_combination_is_rejected_with_the_protein_it_makes():
    h, change, t = cases.serpina1()
    made = design_options(h, change, [EDITORS["ABE8e/SpCas9-NGC"]], Stubborn(t))
    assert not made.options
    assert made.why_not[0].code == "no_exact_combination"
    assert "I2V" in made.why_not[0].reason


def test_an_indel_is_for_prime_editors_alone():
    h = haplotype_of("HEK3", 0, cases.HEK3)
    at = cases.HEK3.index("GGCCCAGACTGAGCACGTGATGG") + 17
    made = design_options(h, change_at(h, at, "", "CTT"), EDITORS.values())
    assert {o.kind for o in made.options} == {"prime", "nuclease"}
    assert {w.code for w in made.why_not if w.kind == "base"} == {"not_a_substitution"}
    rows = candidate_rows(made, 250)
    pairs = {(r["template"], r["primer_binding_site"]) for r in rows if r["spacer"] == "GGCCCAGACTGAGCACGTGA"}
    assert ("TCTGCCATCAAAG", "CGTGCTCAGTCTG") in pairs
    shown = [r for r in candidate_rows(made) if r["editor"] == "PE2/SpCas9" and r["spacer"] == "GGCCCAGACTGAGCACGTGA"]
    assert len(shown) == 6
    assert not any(r["extension_against"] for r in shown)
