"""Bad input of every kind: a clear problem that names place, found, expected and remedy; never a traceback."""

import gzip
import os

import pytest

from proband import api
from proband.folder.files import inside
from proband.folder.tables import is_formula

PROGRAM = """\
format = 1
id = "demo"
title = "Demo"
stage = "treated"
modality = "base_editor"
condition = { name = "A condition" }
gene = { symbol = "GENE1" }
[[patient]]
id = "p1"
[[variant]]
id = "v1"
role = "target"
build = "GRCh38"
contig = "chr1"
position = 100
ref = "C"
alt = "T"
"""
LABS = "subject,day,parameter,value,unit,below_limit,source\n"
RESULT = """\
[source]
document = "d"
read_level = "P"
confidence = "high"
[[result]]
id = "r1"
kind = "editing.on_target"
statement = "s"
subject = { type = "sample", id = "s1" }
locator = "t1"
readout_definition = "alleles"
scope = { where = "w", how = "h" }
quantity.corrected_alleles = { successes = 4, trials = 10, unit = "fraction" }
"""


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "program"
    root.mkdir()

    def write(**files):
        for name, text in {"program.toml": PROGRAM, **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return root

    return write


def problems(root):
    return [str(p) for p in api.check(root).problems]


def told(root, *words):
    text = "\n".join(problems(root))
    assert text, "no problem found"
    for word in words:
        assert word in text, text
    for p in api.check(root).problems:
        assert p.file
        assert p.found
        assert p.expected
        assert p.remedy
    return text


def test_a_sound_folder_has_no_problems(folder):
    assert (
        problems(folder(**{"reported/r.toml": RESULT, "clinical/labs.csv": LABS + "p1,1,ammonia,20,umol/L,,chart\n"}))
        == []
    )


def test_missing_folder_and_missing_file(tmp_path):
    told(tmp_path / "none", "no such folder")
    (tmp_path / "empty").mkdir()
    told(tmp_path / "empty", "program.toml", "proband new")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("title =", "titel =", ["titel", "did you mean title?"]),
        ('stage = "treated"', 'stage = "cured"', ["stage", "'cured'", "design"]),
        ('modality = "base_editor"', 'modality = "base_edtor"', ["did you mean base_editor"]),
        ('id = "p1"', 'id = "<b>p1</b>"', ["patient.0.id"]),
        ('id = "p1"', 'id = "p1"\n[[patient]]\nid = "p1"', ["patient p1", "an id used twice"]),
        ("position = 100", 'position = "100"', ["position", "integer"]),
        ("position = 100", "position = 0", ["position"]),
        ('ref = "C"', 'ref = "Q"', ["ref"]),
        ('alt = "T"', 'alt = "C"', ["both C"]),
        ('contig = "chr1"\n', "", ["build, contig, position, ref and alt"]),
        ("format = 1", "format = 1\nformat = 1", ["valid TOML"]),
        ("format = 1", "format = 2", ["format"]),
    ],
)
def test_program_toml(folder, old, new, words):
    told(folder(**{"program.toml": PROGRAM.replace(old, new)}), "program.toml", *words)


def test_all_problems_come_at_once(folder):
    text = PROGRAM.replace("title =", "titel =").replace('alt = "T"', "alt = 5")
    labs = LABS + "p2,x,ammonia,12;5,umol/LL,maybe,chart\n"
    root = folder(
        **{"program.toml": text, "clinical/labs.csv": labs, "reported/r.toml": RESULT.replace("kind", "kimd")}
    )
    assert "titel" in told(root, "alt")
    root = folder(**{"clinical/labs.csv": labs, "reported/r.toml": RESULT.replace("kind", "kimd")})
    told(
        root,
        "column day",
        "column value",
        "column unit",
        "did you mean umol/L",
        "column below_limit",
        "kimd",
        "column subject",
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('unit = "fraction"', 'unit = "umol/L"', ["unit 'umol/L'", "unit 'fraction'"]),
        ("corrected_alleles", "coreccted_alleles", ["did you mean corrected_alleles"]),
        ("editing.on_target", "editing.of_target", ["did you mean editing.on_target"]),
        ("successes = 4", "successes = 14", ["between 0 and trials"]),
        ("successes = 4, trials = 10", "succeses = 4, trials = 10", ["not one of the forms"]),
        ("successes = 4, trials = 10", "value = nan", ["finite number"]),
        ('read_level = "P"', 'read_level = "Z"', ["read_level"]),
        ('readout_definition = "alleles"\n', "", ["readout_definition"]),
        ('kind = "editing.on_target"', 'kind = "safety.events"', ["corrected_alleles"]),
        ('locator = "t1"', 'locator = "t1"\nfact = { place = "moon" }', ["moon"]),
    ],
)
def test_reported_results(folder, old, new, words):
    told(folder(**{"reported/r.toml": RESULT.replace(old, new)}), "reported/r.toml", *words)


def test_a_search_without_a_scope_is_refused(folder):
    text = RESULT.replace("editing.on_target", "off_target.verification").replace("corrected_alleles", "net_conversion")
    told(folder(**{"reported/r.toml": text}), "denominator or detection limit")


TABLE = """
table = [ { name = "t", title = "T", file = "FILE", column = [ { name = "n", meaning = "m" } ] } ]
"""


@pytest.mark.parametrize("path", ["../../secret.csv", "/etc/passwd", "..\\x.csv", "sub/../../x.csv"])
def test_a_path_that_leaves_the_folder(folder, path):
    text = RESULT + TABLE.replace("FILE", path.replace("\\", "\\\\"))
    told(folder(**{"reported/r.toml": text}), "may not leave the program folder")


def test_units_that_convert_may_stand_in_one_table(folder):
    assert problems(folder(**{"clinical/labs.csv": LABS + "p1,1,nh3,20,umol/L,,c\np1,2,nh3,0.02,mmol/L,,c\n"})) == []


def test_one_parameter_has_one_unit_over_all_tables_of_measurements(folder):
    other = {"clinical/scales.csv": LABS + "p1,9,nh3,20,mg/L,,c\n"}
    told(folder(**{"clinical/labs.csv": LABS + "p1,1,nh3,20,umol/L,,c\n", **other}), "clinical/labs.csv row 2", "molar")
    doses = {"clinical/dosing.csv": LABS + "p1,1,nh3,20,mg,,c\n", "clinical/scales.csv": LABS}
    assert problems(folder(**doses)) == []


def test_links_out_of_the_folder_are_refused(folder, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("x")
    root = folder()
    (root / "clinical").mkdir()
    os.symlink(secret, root / "clinical" / "labs.csv")
    os.symlink(tmp_path, root / "text")
    told(root, "a link to a file outside", "a link to a folder")
    assert inside(root, "../secret.csv") is None


def test_a_pipe_does_not_hang(folder):
    root = folder()
    (root / "clinical").mkdir()
    os.mkfifo(root / "clinical" / "labs.csv")
    told(root, "not a regular file")


def test_counts_from_a_table_are_sums_of_its_rows(folder):
    text = RESULT.replace("successes = 4", 'successes = { table = "t", sum = "n", where = { kind = "a" } }')
    columns = '[ { name = "n", meaning = "m" }, { name = "kind", meaning = "k" } ]'
    text += TABLE.replace("FILE", "t.csv").replace('[ { name = "n", meaning = "m" } ]', columns)
    root = folder(**{"reported/r.toml": text, "reported/t.csv": "n,kind\n3,a\n2,a\n7,b\n"})
    assert problems(root) == []
    result = api.check(root).program.reported[0]
    assert result.quantities["corrected_alleles"].figures == {"successes": 5.0, "trials": 10.0}
    told(folder(**{"reported/t.csv": "n,kind\nx,a\n"}), "not a number")
    told(folder(**{"reported/t.csv": "n,kind\n3,c\n"}), "no row has kind = a")
    told(folder(**{"reported/t.csv": "n,other\n3,c\n"}), "column kind")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("p1,1,ammonia,=1+1,umol/L,,chart", ["row 2, column value", "formula"]),
        ("p1,1,ammonia,20,umol/L,,@SUM(A1)", ["row 2, column source", "formula"]),
        ("p1,1,ammonia,20,umol/L,,+cmd|x", ["formula"]),
        ("p9,1,ammonia,20,umol/L,,c", ["row 2, column subject", "a patient of program.toml"]),
        ("p1,one,ammonia,20,umol/L,,c", ["column day"]),
        ("p1,inf,ammonia,20,umol/L,,c", ["column day"]),
        ('p1,1,ammonia,"12,5",umol/L,,c', ["column value", "write 12.5"]),
        ("p1,1,ammonia,20,mcmol/L,,c", ["column unit", "a UCUM code"]),
        ("p1,1,ammonia,20", ["row 2", "4 cells"]),
        (
            "p1,1,ammonia,20,umol/L,,c\np1,2,ammonia,20,mg/L,,c",
            ["row 3, column unit", "umol/L, as in clinical/labs.csv row 2", "molar"],
        ),
        ("p1,1,dose,20,{vg}/kg,,c\np1,2,dose,20,{cells}/kg,,c", ["count different things"]),
        ("p1,1,bp,20,mmHg,,c", ["column unit", "write mm[Hg]"]),
        ("p1,1,ammonia,20,umol/L,,c\np1,1.0,ammonia,21,umol/L,,c", ["row 3", "a second value of ammonia on day 1"]),
        ("p1,1,ammonia,,umol/L,yes,c", ["column value", "the limit of the assay"]),
        ("p1,1,ammonia,20,umol/L,,c\np1,1,ammonia,20,umol/L,,c", ["the same row as row 2"]),
    ],
)
def test_clinical_tables(folder, row, words):
    told(folder(**{"clinical/labs.csv": LABS + row + "\n"}), "clinical/labs.csv", *words)


def test_not_utf8(folder):
    told(
        folder(**{"clinical/labs.csv": LABS.encode() + b"p1,1,\xff,20,umol/L,,c\n"}),
        "not UTF-8",
        "save the file as UTF-8",
    )
    told(folder(**{"program.toml": PROGRAM.encode() + b"# \xff\n"}), "program.toml", "not UTF-8")


def test_a_truncated_gzip(folder):
    whole = gzip.compress(os.urandom(5000))
    told(folder(**{"sequencing/a.fastq.gz": whole[:3000]}), "sequencing/a.fastq.gz", "cut short")
    told(folder(**{"sequencing/a.fastq.gz": b"plain text"}), "not gzip")


def test_a_huge_table_is_refused_before_it_is_read(folder):
    root = folder(**{"clinical/labs.csv": LABS})
    with open(root / "clinical" / "labs.csv", "r+b") as handle:
        handle.truncate(1_000_000_000)
    told(root, "clinical/labs.csv", "1,000 MB", "at most 32 MB")


def test_a_cell_of_an_exotic_csv(folder):
    told(folder(**{"clinical/labs.csv": b'a,"b\n'}), "clinical/labs.csv")
    told(folder(**{"clinical/labs.csv": "subject,subject\n1,2\n"}), "columns twice")
    told(folder(**{"clinical/labs.csv": LABS + "p1,1,a\x00b,20,umol/L,,c\n"}), "clinical/labs.csv")


def test_a_table_with_thousands_of_faults_lists_the_first(folder):
    rows = "".join(f"p1,{i},x,bad,nounit,,c{i}\n" for i in range(3000))
    assert len(problems(folder(**{"clinical/labs.csv": LABS + rows}))) == 21


def test_formulas():
    assert [is_formula(x) for x in ("=1", "+1.5", "-2", "-", "@a", "-x", " =1", "a=1", "\t=1")] == [
        True, False, False, False, True, True, True, False, True,
    ]  # fmt: skip


VCF = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tSAMPLE\n"


def vcf(call="0|1", ref="C", alt="T", sample="p1", pos=100):
    return (VCF + f"chr1\t{pos}\t.\t{ref}\t{alt}\t.\tPASS\t.\tGT:PS\t{call}:7\n").replace("SAMPLE", sample)


def test_vcf_gives_genotype_and_phase(folder):
    root = folder(**{"variants/a.vcf.gz": gzip.compress(vcf().encode())})
    assert problems(root) == []
    v = api.check(root).program.variants[0]
    assert (v.zygosity, v.genotype.phased, v.genotype.phase_set) == ("heterozygous", True, "7")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (vcf(ref="G"), ["C>T", "G>T"]),
        (vcf(pos=99), ["no record at this position"]),
        (vcf(call="./."), ["a called genotype"]),
        (vcf(call="0/0"), ["a genotype that carries the variant"]),
        (vcf(sample="other"), ["one sample named p1"]),
        ("nonsense", ["##fileformat=VCFv4"]),
        (VCF + "chr1\tx\n", ["8 tab-separated"]),
    ],
)
def test_vcf_that_disagrees(folder, text, words):
    told(folder(**{"variants/a.vcf": text}), "variants/a.vcf", *words)


def test_two_alleles_on_one_haplotype_are_not_in_trans(folder):
    second = PROGRAM[PROGRAM.index("[[variant]]") :].replace("v1", "v2").replace("= 100", "= 200")
    text = PROGRAM.replace('role = "target"', 'role = "target"\nin_trans_with = ["v2"]') + second
    both = vcf() + "chr1\t200\t.\tC\tT\t.\tPASS\t.\tGT:PS\t0|1:7\n"
    told(folder(**{"program.toml": text, "variants/a.vcf": both}), "on one haplotype")
    ok = vcf() + "chr1\t200\t.\tC\tT\t.\tPASS\t.\tGT:PS\t1|0:7\n"
    assert problems(folder(**{"program.toml": text, "variants/a.vcf": ok})) == []


PACKET = '{"id": "x", "metaData": {}, "subject": {"id": "%s", "sex": "FEMALE"}, "phenotypicFeatures": [%s]}'


def test_phenopacket(folder):
    feature = '{"type": {"id": "HP:0001987", "label": "Hyperammonemia"}}'
    root = folder(**{"phenotype.json": PACKET % ("p1", feature)})
    assert problems(root) == []
    patient = api.check(root).program.patients[0]
    assert (patient.sex, patient.phenotypes[0].id) == ("female", "HP:0001987")
    told(folder(**{"phenotype.json": PACKET % ("p9", feature)}), "phenotype.json", "p9")
    told(folder(**{"phenotype.json": PACKET % ("p1", '{"type": 5}')}), "phenotypicFeatures[0]")
    told(folder(**{"phenotype.json": "{"}), "valid JSON")
    told(folder(**{"phenotype.json": "[1]"}), "Phenopacket v2")
    told(folder(**{"phenotype.json": "[" * 100_000}), "valid JSON")


def test_unknown_files_are_named_and_templates_are_not_read(folder):
    root = folder(**{"notes.txt": "x", "reported/_template.toml": "not toml ="})
    assert problems(root) == []
    assert api.check(root).unknown_files == ("notes.txt",)


def test_a_judgement_with_faults(folder):
    told(
        folder(**{"statements/a.toml": 'criterion = "TE-05"\nverdict = "yes"\n'}),
        "statements/a.toml",
        "verdict",
        "criterion_stamp",
    )


@pytest.mark.parametrize(
    ("number", "told_of"),
    [
        ("exact = 61", "can not be known without error"),
        ("exact = 0.61", "can not be known without error"),
        ("exact = -3", "can not be known without error"),
        ("value = 61", "does not lie between 0 and 1"),
        ("value = -3", "does not lie"),
        ("events = 500, expected = 1", "gives a ratio"),
        ("events = 5, exposure = 1", "gives a rate"),
        ("replicates = [61, 62, 63]", "does not lie between 0 and 1"),
        ("replicates = [0.1, 0.1]", "all replicates are equal"),
        ("successes = 4.5, trials = 10", "whole number"),
        ("value = " + "9" * 400, "too large"),
        ("value = " + "9" * 5000, "reported/r.toml"),
        ("upper = 1.5, level = 0.95", "does not lie"),
        ("replicates = [0.5, 0.5000000000000001]", "all replicates are equal"),
        ("successes = 1e300, trials = 1e300", "not counts"),
        ("value = 0.5, n = -4", "n must be"),
        ("upper = 0.5, level = 0.99999999", "between 0.5 and 0.9999"),
        (
            'value = 0.5, low = 0.5, high = 0.5, level = 0.95, interval = "confidence", posterior_under = "normal"',
            "without width",
        ),
    ],
)
def test_numbers_that_can_not_be(folder, number, told_of):
    told(folder(**{"reported/r.toml": RESULT.replace("successes = 4, trials = 10", number)}), told_of)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ('value = 61, low = 50, high = 70, interval = "iqr"', {"value": 0.61, "low": 0.5, "high": 0.7}),
        ("upper = 1, level = 0.95", {"upper": 0.01, "level": 0.95}),
    ],
)
def test_percent_becomes_a_fraction_with_all_its_limits(folder, number, expected):
    text = RESULT.replace('successes = 4, trials = 10, unit = "fraction"', f'{number}, unit = "percent"')
    spec = api.check(folder(**{"reported/r.toml": text})).program.reported[0].quantities["corrected_alleles"]
    assert spec.figures == pytest.approx(expected)
    text = RESULT.replace('successes = 4, trials = 10, unit = "fraction"', 'replicates = [50, 60], unit = "percent"')
    spec = api.check(folder(**{"reported/r.toml": text})).program.reported[0].quantities["corrected_alleles"]
    assert spec.replicates == (0.5, 0.6)


THRESHOLD = """[[threshold]]
criterion = "TE-05"
quantity = "corrected_alleles"
value = 0.1
unit = "fraction"
set_on = 2025-01-01
because = "x"
"""


@pytest.mark.parametrize(
    ("old", "new", "told_of"),
    [
        ("0.1", "10", "a fraction from 0 to 1"),
        ("0.1", "nan", "threshold.0.value"),
        ("0.1", "9" * 400, "threshold.0.value"),
        ("TE-05", "CB-01", "leaves its number to the sponsor"),
        ("TE-05", "TE-99", "a criterion"),
        ("corrected_alleles", "any_conversion", "what it tests"),
    ],
)
def test_thresholds_that_no_rule_would_look_at(folder, old, new, told_of):
    assert problems(folder(**{"program.toml": PROGRAM + THRESHOLD})) == []
    told(folder(**{"program.toml": PROGRAM + THRESHOLD.replace(old, new)}), told_of)
    told(folder(**{"program.toml": PROGRAM + THRESHOLD + THRESHOLD}), "fixed twice")


def test_a_framework_that_is_not_there(folder):
    told(folder(**{"program.toml": PROGRAM.replace('title = "Demo"', 'framework = "fda"')}), "key framework", "fda")


@pytest.mark.parametrize(
    "text", ["\u202e", "\\u202E", "\x1b[31m".encode("unicode_escape").decode(), "\\u001b[31m", "\u2028", "\x7f"]
)
def test_hidden_characters_are_refused(folder, text):
    found = problems(folder(**{"program.toml": PROGRAM.replace("A condition", "A condition" + text)}))
    assert found
    assert all(c not in "".join(found) for c in "\u202e\x1b\u2028\x7f")


def test_hidden_characters_in_cells_headers_and_names(folder):
    told(folder(**{"clinical/labs.csv": LABS + "p1,1,amm\u202eonia,20,umol/L,,c\n"}), "row 2, column parameter")
    told(
        folder(**{"clinical/labs.csv": LABS.replace("source", "=source") + "p1,1,a,20,umol/L,,c\n"}),
        "plain column names",
    )
    root = folder(**{"clinical/labs.csv": LABS})
    (root / "text").mkdir()
    (root / "text" / "a\x1b[31m.md").write_text("x")
    os.close(os.open(os.fsencode(root / "text") + b"/\xff.md", os.O_CREAT))
    told(root, "hidden or broken characters")


def test_headers_with_spaces_are_the_same_columns_everywhere(folder):
    text = "subject, day,parameter,value,unit,below_limit,source\np1,5,drug,0.1,mg/kg,,c\n"
    root = folder(**{"clinical/dosing.csv": text})
    assert problems(root) == []
    assert not api.analyse(api.read_program(root)).failures


@pytest.mark.parametrize(
    ("row", "told_of"),
    [
        ("p1,1,drug,-5,mg/kg,,c", "a dose of 0 or more"),
        ("p1,1,drug,\uff15,mg/kg,,c", "a number"),
        ("p1,1,drug,1_0,mg/kg,,c", "a number"),
    ],
)
def test_doses(folder, row, told_of):
    told(folder(**{"clinical/dosing.csv": LABS + row + "\n"}), told_of)


def test_semicolons_are_named(folder):
    told(folder(**{"clinical/labs.csv": LABS.replace(",", ";")}), "commas")


def test_a_filtered_record_is_not_a_genotype(folder):
    told(folder(**{"variants/a.vcf": vcf().replace("PASS", "LowQual")}), "LowQual")
    told(folder(**{"variants/a.vcf": vcf(pos="\u00b2")}), "8 tab-separated")


STATEMENT = """criterion = "TE-05"
criterion_stamp = "%s"
framework = "fda-pmf-draft-2026-02"
verdict = "supported"
reasoning = "x"
name = "n"
role = "r"
date = %s
"""


@pytest.mark.parametrize("key", ["day_zero", "data_cut"])
def test_a_date_that_no_program_has(folder, key):
    held = PROGRAM.replace("[[patient]]", f"{key} = 0001-01-01\n[[patient]]", 1)
    told(folder(**{"program.toml": held}), "1900-01-01")


def test_judgements_from_the_future_or_on_nothing(folder):
    told(folder(**{"statements/a.toml": STATEMENT % ("0" * 64, "2999-01-01")}), "today or an earlier day")
    other = (STATEMENT % ("0" * 64, "2025-01-01")).replace("TE-05", "TE-99")
    told(folder(**{"statements/a.toml": other}), "a criterion of fda-pmf-draft-2026-02")


def test_empty_and_future_facts_and_strange_patients(folder):
    base = RESULT.replace("editing.on_target", "engagement.threshold").replace(
        "corrected_alleles = { successes = 4, trials = 10", "threshold = { exact = 0.1"
    )
    assert problems(folder(**{"reported/r.toml": base + 'fact.justification = "because"\n'})) == []
    for blank in ('""', '" "'):
        told(folder(**{"reported/r.toml": base + f"fact.justification = {blank}\n"}), "justification")
    told(folder(**{"reported/r.toml": base + "fact.set_on = 2999-01-01\n"}), "today or an earlier day")
    strange = base.replace('type = "sample", id = "s1"', 'type = "patient", id = "P9"')
    told(folder(**{"reported/r.toml": strange}), "a patient of program.toml")
    told(
        folder(**{"program.toml": PROGRAM.replace("[[patient]]", "data_cut = 2999-01-01\n[[patient]]", 1)}), "data_cut"
    )


def test_a_table_that_is_not_utf8_is_told_by_check_as_well(folder, proband):
    root = folder(**{"reported/x.csv": b"a,b\n\xe9,1\n"})
    assert "UTF-8" in proband("check", root, code=1).stdout


@pytest.mark.parametrize("text", ["\u200b", "\u061c", "\u00ad", "\u3164", "\U000e0041"])
def test_unseen_letters_are_refused(folder, text):
    told(folder(**{"program.toml": PROGRAM.replace("A condition", "A condition" + text)}), "hidden characters")
