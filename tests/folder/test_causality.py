"""``variants/causality.toml`` at the border: what people enter is read whole or refused with a remedy."""

from datetime import date, timedelta

import pytest

from proband import api
from proband.core.program import Genotype, Patient, Program, Stage, Variant
from proband.folder.causality import FILE, read_causality
from proband.folder.program_file import editor_names

BLOCKS = {
    "test": {
        "id": "t1",
        "patient": "p1",
        "type": "sequencing",
        "method": "m",
        "result": "confirms",
        "on": date(2024, 1, 2),
        "source": "s",
    },
    "code": {"variant": "v1", "code": "PM2", "status": "met", "because": "b", "source": "s", "read_as": "text"},
    "assay": {
        "variant": "v1",
        "name": "a",
        "readout": "abnormal",
        "material": "patient_cells",
        "source": "s",
        "read_as": "text",
    },
    "family": {"variant": "v1", "name": "F1", "affected_sibs": 1, "full_penetrance": False, "source": "s"},
    "null_variant": {"variant": "v1", "kind": "nonsense", "loss_is_mechanism": True, "source": "s"},
    "search": {"place": "literature", "where": "w", "on": date(2024, 1, 2), "found": "f"},
    "contrary": {"id": "c1", "variant": "v1", "finding": "f", "source": "s"},
}
CONTROLS = {"pathogenic_abnormal": 8, "pathogenic_normal": 1, "benign_abnormal": 1, "benign_normal": 8}
TOMORROW = date.today() + timedelta(days=1)


def value(x):
    if isinstance(x, dict):
        return "{ " + ", ".join(f"{k} = {value(v)}" for k, v in x.items()) + " }"
    if isinstance(x, list):
        return "[" + ", ".join(map(value, x)) + "]"
    if isinstance(x, bool):
        return str(x).lower()
    return f'"{x}"' if isinstance(x, str) else str(x)


def block(name, /, **changes):
    """A valid block with keys changed, or left out where the value is None."""
    keys = {k: v for k, v in {**BLOCKS[name], **changes}.items() if v is not None}
    return f"[[{name}]]\n" + "".join(f"{k} = {value(v)}\n" for k, v in keys.items())


def program(inheritance="autosomal_recessive"):
    variants = (Variant("v1", "target", hgvs_c="T:c.1A>G"), Variant("v2", "other_allele", hgvs_c="T:c.2T>G"))
    patients = (Patient("p1"), Patient("p2"))
    return Program("p", "p", "", "", "", "", Stage.DESIGN, variants, patients, None, inheritance=inheritance)


@pytest.fixture
def read(tmp_path):
    def do(*blocks, inheritance="autosomal_recessive", head="format = 1\n"):
        (tmp_path / "variants").mkdir(exist_ok=True)
        (tmp_path / FILE).write_text(head + "".join(blocks))
        problems = []
        found = read_causality(tmp_path, program(inheritance), problems)
        assert all(p.file == FILE and p.found and p.expected and p.remedy for p in problems)
        return found, problems

    return do


def test_every_block_is_read_whole(read):
    expected = '[expected_phenotype]\nsource = "s"\nterm = [{ id = "HP:0001250", label = "Seizure" }]\n'
    found, problems = read(*(block(n) for n in BLOCKS if n != "null_variant"), block("null_variant"), expected)
    assert problems == []
    assert found.file == FILE
    assert (found.tests[0].on, found.tests[0].result) == (date(2024, 1, 2), "confirms")
    assert (found.codes[0].strength, found.codes[0].basis) == ("", ())
    assert found.assays[0].controls == {}
    assert found.families[0].counts == {
        "meioses": 0,
        "affected_sibs": 1,
        "unaffected_sibs": 0,
        "affected_without": 0,
        "unaffected_carriers": 0,
    }
    assert found.nulls[0].facts == {"loss_is_mechanism": True}  # what is left out is not known, and not false
    assert (found.searches[0].place, found.contrary[0].answer) == ("literature", "")
    assert (found.expected[0].id, found.expected_source) == ("HP:0001250", "s")


def test_an_empty_record_is_a_record(read):
    found, problems = read()
    assert (problems, found.tests, found.codes, found.expected) == ([], (), (), ())


def test_controls_are_counts(read):
    found, _ = read(block("assay", controls=CONTROLS))
    assert found.assays[0].controls == {**CONTROLS, "pathogenic_between": 0, "benign_between": 0}
    for wrong in (-1, 1.5, "8"):
        assert read(block("assay", controls={**CONTROLS, "benign_normal": wrong}))[1]
    short = {k: n for k, n in CONTROLS.items() if k != "benign_normal"}
    assert "benign_normal" in read(block("assay", controls=short))[1][0].place


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("test", {"patient": "P1"}),
        ("code", {"variant": "V1"}),
        ("assay", {"variant": "V1"}),
        ("family", {"variant": "V1"}),
        ("null_variant", {"variant": "V1"}),
        ("contrary", {"variant": "V1"}),
    ],
)
def test_variants_and_patients_are_those_of_the_program(read, name, changes):
    _, (problem,) = read(block(name, **changes))
    assert problem.found in ("P1", "V1")
    assert problem.expected.endswith("program.toml")
    assert "did you mean" in problem.remedy


@pytest.mark.parametrize("name", ["test", "code", "assay", "family", "null_variant", "contrary"])
def test_each_once(read, name):
    _, (problem,) = read(block(name), block(name))
    assert "given twice" in problem.found


def test_a_code_of_two_variants_and_two_assays_of_one_are_no_doubles(read):
    assert read(block("code"), block("code", variant="v2"))[1] == []
    assert read(block("assay"), block("assay", name="b"))[1] == []


@pytest.mark.parametrize(
    ("blocks", "told"),
    [
        ((block("null_variant"), block("code", code="PVS1")), "PVS1 as a code"),
        ((block("assay", controls=CONTROLS), block("code", code="PS3")), "PS3 or BS3 as a code"),
        ((block("assay", controls=CONTROLS), block("code", code="BS3")), "PS3 or BS3 as a code"),
        ((block("family"), block("code", code="PP1")), "PP1 as a code"),
        ((block("code", code="PVS1"), block("code", code="PVS1", status="not_met")), "PVS1 of v1 given twice"),
    ],
)
def test_what_is_computed_is_not_given_as_a_code_too(read, blocks, told):
    _, (problem,) = read(*blocks)
    assert told in problem.found


def test_the_same_codes_of_the_other_variant_are_no_fault(read):
    for first, second in (("null_variant", "PVS1"), ("family", "PP1")):
        assert read(block(first), block("code", variant="v2", code=second))[1] == []
    assert read(block("assay"), block("code", code="PS3"))[1] == []  # an assay without controls computes nothing


@pytest.mark.parametrize(("name", "place"), [("test", "test t1"), ("search", "w")])
def test_dates_lie_in_the_past(read, name, place):
    _, (problem,) = read(block(name, on=TOMORROW))
    assert (problem.place, problem.found) == (place, TOMORROW.isoformat())
    assert read(block(name, on=date.today()))[1] == []
    assert read(block(name, on=None))[1] == []


@pytest.mark.parametrize(
    ("inheritance", "counts", "told"),
    [
        ("autosomal_recessive", {"affected_sibs": None, "meioses": 3}, "sibs, for recessive disease"),
        ("autosomal_recessive", {"meioses": 3}, "sibs, for recessive disease"),
        ("autosomal_dominant", {}, "meioses, for autosomal dominant disease"),
        ("x_linked", {"affected_sibs": None, "unaffected_sibs": 2}, "meioses, for x linked disease"),
        ("de_novo_dominant", {}, "meioses, for de novo dominant disease"),
        ("mitochondrial", {"affected_sibs": None, "meioses": 3}, "by which meioses or sibs can be counted"),
        ("", {}, "by which meioses or sibs can be counted"),
        ("", {"affected_sibs": None, "meioses": 3}, "by which meioses or sibs can be counted"),
    ],
)
def test_families_are_counted_by_the_stated_inheritance(read, inheritance, counts, told):
    _, (problem,) = read(block("family", **counts), inheritance=inheritance)
    assert told in problem.expected


def test_families_of_the_right_inheritance_are_read(read):
    assert read(block("family"), inheritance="autosomal_recessive")[1] == []
    assert read(block("family", affected_sibs=None, meioses=3), inheritance="autosomal_dominant")[1] == []
    assert read(block("family", affected_sibs=None, affected_without=1), inheritance="x_linked")[1] == []


@pytest.mark.parametrize(
    ("answer", "by", "told"),
    [
        ("because", None, "an answer without a name"),
        (None, "somebody", "a name without an answer"),
        ("because", "  ", "an answer without a name"),
        ("because", "somebody", ""),
        ("  ", None, ""),
    ],
)
def test_an_answer_has_a_name(read, answer, by, told):
    found, problems = read(block("contrary", answer=answer, answered_by=by))
    assert [p.found for p in problems] == ([told] if told else [])
    assert found.contrary[0].answer == (answer or "").strip()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("code", {"code": "PM7"}),
        ("code", {"code": "pm2"}),
        ("code", {"status": "yes"}),
        ("code", {"strength": "stand_alone"}),
        ("code", {"because": "   ", "strength": "supporting"}),
        ("code", {"because": None}),
        ("code", {"basis": ["guess"]}),
        ("code", {"read_as": None}),
        ("test", {"result": "positive"}),
        ("test", {"method": " "}),
        ("test", {"on": "2024-01-02"}),
        ("assay", {"readout": "loss"}),
        ("family", {"full_penetrance": None}),
        ("family", {"affected_sibs": -1}),
        ("family", {"name": "Family of Mr X"}),
        ("null_variant", {"fraction_removed": 1.2}),
        ("null_variant", {"kind": "missense"}),
        ("null_variant", {"nmd_predicted": "no"}),
        ("search", {"place": "friends"}),
        ("contrary", {"id": "search: literature"}),
        ("contrary", {"severity": "mild"}),
    ],
)
def test_values_that_are_not_of_the_form_are_refused(read, name, changes):
    found, problems = read(block(name, **changes))
    assert found is None
    assert len(problems) == 1
    assert name in problems[0].place


def test_all_faults_are_told_at_once(read):
    _, problems = read(
        block("test", patient="x", on=TOMORROW),
        block("code", variant="y"),
        block("family", meioses=2),
        block("contrary"),
    )
    assert len(problems) == 4


def test_hpo_terms_have_their_form_and_stand_once(read):
    head = '[expected_phenotype]\nsource = "s"\n'
    wrong = read(head + 'term = [{ id = "HP:12", label = "x" }]\n')[1]
    assert "term" in wrong[0].place
    term = '{ id = "HP:0001250", label = "x" }'
    twice = read(head + f"term = [{term}, {term}]\n")[1]
    assert "HP:0001250 given twice" in twice[0].found


# ---- in a folder: the record is optional, and its neighbours are held against each other


def test_without_the_file_there_is_no_record_and_no_problem(fresh_example):
    root = fresh_example("synthetic_abe")
    (root / FILE).unlink()
    reading = api.check(root)
    assert (reading.problems, reading.program.causality) == ((), None)


def test_the_name_of_the_editor_is_looked_up_at_the_border(fresh_example):
    from proband.science.design.editors import load_editors

    assert set(editor_names()) == set(load_editors())
    root = fresh_example("synthetic_abe")
    text = (root / "program.toml").read_text()
    (root / "program.toml").write_text(text.replace('"ABE8e/SpCas9"', '"ABE8e/SpCas"'))
    (problem,) = api.check(root).problems
    assert problem.place == "[parameters.candidate_design], key editor"
    assert "ABE8e/SpCas9" in problem.remedy


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("0|1:10203\nsynchr1\t11055", "1/1:.\nsynchr1\t11055", "genotype 1/1 (homozygous)"),
        ("G\tA\t60\tPASS\tSYN\tGT:PS\t1|0:10203", "G\tA\t60\tPASS\tSYN\tGT:PS\t0|1:10203", "on one haplotype"),
        ("10611\t.\tG\tA", "10612\t.\tG\tA", "no record at this position"),
        ("10611\t.\tG\tA", "10611\t.\tG\t<DEL>", "G><DEL>"),
        ("0|1:10203\nsynchr1\t11055", "0|0:10203\nsynchr1\t11055", "not carried"),
    ],
)
def test_calls_that_do_not_fit_the_program_are_told(fresh_example, old, new, told):
    root = fresh_example("synthetic_abe")
    file = root / "variants" / "patient.vcf"
    assert file.read_text().count(old) == 1
    file.write_text(file.read_text().replace(old, new))
    (problem,) = api.check(root).problems
    assert told in problem.found
    assert problem.file == "variants/patient.vcf"


@pytest.mark.parametrize(
    ("first", "second", "sides"), [("0|2", "1|0", (1, 0)), ("2|0", "0|1", (0, 1)), ("3|2", "1|0", (1, 0))]
)
def test_a_second_alternate_keeps_its_own_side(fresh_example, first, second, sides):
    root = fresh_example("synthetic_abe")
    file = root / "variants" / "patient.vcf"
    text = file.read_text().replace(
        "10611\t.\tG\tA\t60\tPASS\tSYN\tGT:PS\t0|1", f"10611\t.\tG\tC,A,T\t60\tPASS\tSYN\tGT:PS\t{first}"
    )
    file.write_text(text.replace("GT:PS\t1|0", f"GT:PS\t{second}"))
    reading = api.check(root)
    assert reading.problems == ()
    target, other = reading.program.variants
    assert isinstance(target.genotype, Genotype)
    assert (target.genotype.allele, target.genotype.side, other.genotype.side) == (2, *sides)


def test_two_alleles_of_one_record_are_not_one_haplotype(fresh_example):
    """Both variants at one place, called 1|2: the texts of the calls are equal, the sides are not."""
    root = fresh_example("synthetic_abe")
    program = (root / "program.toml").read_text()
    program = program.replace("position = 11055", "position = 10611").replace("c.602G>A", "c.412G>C")
    before, alt, rest = program.partition('id = "other"')
    (root / "program.toml").write_text(before + alt + rest.replace('alt = "A"', 'alt = "C"', 1))
    (root / "phenotype.json").unlink()
    file = root / "variants" / "patient.vcf"
    file.write_text(file.read_text().replace("G\tA\t60\tPASS\tSYN\tGT:PS\t0|1", "G\tA,C\t60\tPASS\tSYN\tGT:PS\t1|2"))
    reading = api.check(root)
    assert reading.problems == ()
    assert [v.genotype.side for v in reading.program.variants] == [0, 1]
