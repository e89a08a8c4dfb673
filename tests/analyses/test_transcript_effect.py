"""RNA and protein results from ``rna/``: what each rule says of them, what is refused, what stays open."""

import math
import statistics

import pysam
import pytest
import rna_files as files
from scipy import stats

from proband import api
from proband.core.errors import ProgramError
from proband.core.kinds import evidence_problems
from proband.core.quantity import QuantityKind

RULES = api.framework()
MINE = "transcript_effect"


def lines_of(folder):
    run = api.analyse(api.read_program(folder))
    assert run.failures == ()
    made = [e for e in run.evidence if e.provenance.analysis == MINE]
    for e in made:
        assert evidence_problems(e, "x", "y") == []
        assert e.scope.denominator
        assert e.statement.endswith(".")
    return made


@pytest.fixture
def made(tmp_path):
    """The lines of a folder with these files."""
    return lambda *parts, **changes: lines_of(files.write(tmp_path / "p", {**files.together(*parts), **changes}))


@pytest.fixture
def says(tmp_path):
    """What a rule says, by the software alone, of a folder with these files: verdict and reason."""

    def do(criterion, *parts):
        folder = api.read_program(files.write(tmp_path / "p", files.together(*parts), "gapmer"))
        run = api.analyse(folder)
        finding = api.assess_evidence(folder, run, RULES)[criterion]
        said = finding.machine or finding
        return f"{said.verdict}{': ' if said.reason else ''}{said.reason}"

    return do


FEW, NONE = [(3, 2, 4), (2, 3, 6), (4, 3, 5)], [(5, 4, 95), (4, 5, 96), (6, 4, 94)]


@pytest.mark.parametrize(
    ("criterion", "part", "expected"),
    [
        ("TE-01", files.splicing(files.TREATED, files.CONTROL), "supported"),
        ("TE-01", files.splicing([(500, 510, 9500)] * 3, [(500, 500, 9500)] * 3), "contradicted"),
        ("TE-01", files.splicing(files.TREATED, files.CONTROL, "patient_cells"), "insufficient: indirect"),
        ("TE-05", files.splicing(files.TREATED, files.CONTROL), "supported"),
        ("TE-05", files.splicing([(500, 510, 9500)] * 3, [(500, 500, 9500)] * 3), "contradicted"),
        ("TE-05", files.splicing(FEW, NONE), "insufficient: imprecise"),
        ("TE-05", files.knockdown(files.DOWN), "supported"),
        ("TE-05", files.knockdown(files.FLAT), "contradicted"),
        ("TE-01", files.knockdown(files.SOME), "insufficient: imprecise"),
        ("TE-07", files.protein(files.RISE), "supported"),
        ("TE-07", files.protein(files.RISE, expected="fall"), "contradicted"),
        ("TE-07", files.protein(files.plate([4.0, 6.0, 5.0], [4.0, 5.5, 4.4])), "insufficient: imprecise"),
        ("TG-09", files.allele([(60, 180), (50, 170), (66, 190)], [(150, 155), (120, 118), (130, 133)]), "supported"),
        ("TG-09", files.allele([(180, 60), (170, 50), (190, 66)], [(150, 155), (120, 118)]), "contradicted"),
        ("TG-09", files.allele([(60, 70), (50, 48), (66, 70)], [(50, 55), (40, 38)]), "insufficient: imprecise"),
        ("TG-09", files.allele([(60, 180)], [(150, 155)]), "insufficient: imprecise"),
    ],
)
def test_a_rule_end_to_end(criterion, part, expected, says):
    assert says(criterion, part) == expected


CELLS = files.knockdown(files.DOWN, "patient_cells")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((CELLS, files.protein(files.RISE)), "supported"),
        ((CELLS, files.protein(files.plate([4.0, 4.1, 3.9], [8.0, 8.4, 7.8]))), "contradicted"),
        ((CELLS,), "insufficient: incomplete"),
        ((CELLS, files.protein(files.RISE, functional="false")), "insufficient: incomplete"),
        ((CELLS, files.protein(files.plate([4.0, 6.0, 5.0], [4.0, 5.5, 4.4]))), "insufficient: incomplete"),
        ((CELLS, files.doses(files.CURVE, "function")), "supported"),
        ((files.knockdown(files.FLAT, "patient_cells"), files.protein(files.RISE)), "contradicted"),
        ((files.knockdown(files.SOME, "patient_cells"), files.protein(files.RISE)), "insufficient: incomplete"),
        ((files.knockdown(files.DOWN), files.protein(files.RISE, "patient_fluid")), "not_assessed: no_data"),
    ],
)
def test_a_proof_of_concept_in_cells(parts, expected, says):
    assert says("TG-05", *parts) == expected


def test_engineered_cells_without_the_variant_are_no_proof(made):
    part = files.knockdown(files.DOWN, "engineered_cells", carries_variant="false")
    proof = next(e for e in made(part) if e.kind == "proof_of_concept.cells")
    assert proof.facts["elements"].absent == ("patient_variant",)


def test_cells_in_one_culture_lack_replicates(made):
    lines = made(CELLS, files.protein(files.plate([8.0], [4.0])))
    proof = next(e for e in lines if e.kind == "proof_of_concept.cells")
    assert proof.facts["elements"].absent == ("biological_replicates",)
    assert proof.facts["elements"].unknown == ("functional_readout",)
    assert proof.quantities["replicates"].value == 1


def test_an_effect_below_the_least_is_not_there_and_a_wide_one_is_open(made):
    def elements(table):
        lines = made(files.knockdown(table, "patient_cells"))
        return next(e for e in lines if e.kind == "proof_of_concept.cells").facts["elements"]

    worse = files.ct([(23.0, 20.0), (23.1, 20.1), (22.9, 20.0)], [(24.0, 20.0), (24.1, 20.1), (23.9, 20.0)])
    assert "edit_or_knockdown" in elements(worse).absent
    assert "edit_or_knockdown" in elements(files.SOME).unknown
    assert "edit_or_knockdown" in elements(files.DOWN).present


# ---- splicing


def test_what_was_right_without_treatment_is_no_effect(made):
    (e,) = made(files.splicing([(500, 500, 500)] * 3, [(500, 500, 500)] * 3))
    assert e.quantities["wanted_form_share"].value == pytest.approx(0.5)
    assert e.quantities["corrected_transcripts"].value == pytest.approx(0, abs=1e-9)
    assert "make" in e.statement


def test_forms_without_a_read_are_below_a_limit_and_retention_was_not_looked_at(made):
    (e,) = made(files.splicing(files.TREATED, files.CONTROL))
    assert "cryptic in treated samples: no read, below 0.0" in e.scope.detection_limit
    assert e.scope.not_covered == "retained introns: junction tables hold none"
    (table,) = e.tables
    cryptic = next(r for r in table.rows if r[:2] == ("treated", "cryptic"))
    assert cryptic[2:4] == ("0", "0")
    assert 0 < float(cryptic[6]) < 0.1
    psi = next(r for r in table.rows if r[:2] == ("treated", "PSI"))
    shown = {r[1]: float(r[3]) for r in table.rows if r[0] == "treated"}
    assert float(psi[3]) == pytest.approx(shown["inclusion"] / (shown["inclusion"] + shown["skipping"]), abs=2e-3)


def test_cryptic_reads_lower_the_share_that_psi_does_not_see(made):
    (e,) = made(files.splicing([(60, 58, 40, 100)] * 3, files.CONTROL))
    assert e.quantities["wanted_form_share"].value == pytest.approx(59 / 199, abs=1e-3)
    assert e.quantities["corrected_transcripts"].value == pytest.approx(1 - (140.5 / 200) / 0.95, abs=0.01)


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (files.splicing(files.TREATED, []), "no read across the event in control samples"),
        (files.splicing([], files.CONTROL), "no read across the event in treated samples"),
        (files.splicing(files.TREATED, [(50, 50, 0), (60, 60, 0)]), "no transcript of another form in the control"),
        (files.knockdown(files.DOWN.split("G,control")[0]), "no control sample"),
        (files.knockdown(files.ct([(26.0, 20.0)], [(24.0, 20.0)])), "fewer than two biological replicates"),
        (files.knockdown(files.DOWN, biological="false"), "fewer than two biological replicates"),
        (files.knockdown(files.ct([(26.0, 20), (26.1, 20)], [("undetermined", 20), (24, 20)])), "never crossed"),
        (files.allele([(60, 180), (50, 170)], []), "no control sample"),
        (files.allele([(60, 180), (50, 170)], [(150, 0), (120, 0)]), "no read of the normal allele in the control"),
        (files.protein(files.plate([8.0], [4.0])), "fewer than two biological replicates"),
        (files.doses(files.CURVE[:6]), "3 distinct doses"),
    ],
)
def test_what_can_not_be_told_has_its_reason_and_no_number(part, reason, made):
    lines = made(part)
    assert any(reason in e.statement + e.scope.not_covered for e in lines)
    for e in lines:
        assert not {"corrected_transcripts", "knockdown", "selectivity_ratio", "oriented_ratio"} & set(e.quantities)


def test_one_sample_in_an_arm_is_a_value_with_a_bracket_and_a_concern(made):
    (e,) = made(files.splicing([(600, 580, 400)], [(50, 40, 950)]))
    for q in e.quantities.values():
        assert q.kind is QuantityKind.POINT
        assert q.low < q.value < q.high
    assert [c.word for c in e.concerns] == ["imprecise"]
    assert "no interval" in e.statement


def test_technical_repeats_count_as_one_sample(made):
    (e,) = made(files.splicing(files.TREATED, files.CONTROL, biological="false"))
    assert e.quantities["corrected_transcripts"].kind is QuantityKind.POINT
    assert "technical" in e.concerns[0].because


def bam(path, counts):
    """Alignments: (start, cigar, how often), sorted, with an index."""
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "c1", "LN": 10_000}]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for start, cigar, n in sorted(counts):
            for i in range(n):
                a = pysam.AlignedSegment(out.header)
                a.query_name, a.flag, a.reference_id, a.reference_start = f"r{start}-{cigar}-{i}", 0, 0, start
                a.mapping_quality, a.cigarstring = 50, cigar
                a.query_sequence = "A" * a.infer_query_length()
                a.set_tag("XS", "+")
                out.write(a)
    pysam.index(str(path))


UP, DOWN, SKIP, RETAINED = (80, "20M100N30M"), (230, "20M150N30M"), (80, "20M300N30M"), (85, "40M")


def alignments(tmp_path, treated, control):
    part = files.splicing([x[:3] for x in treated], [x[:3] for x in control], library='"XS"')
    sheet = part["rna/assays.toml"].replace(".tab", ".bam").replace('"star"', '"bam"')
    folder = files.write(tmp_path / "bam", {"rna/assays.toml": sheet})
    for arm, members in (("treated", treated), ("control", control)):
        for i, (up, down, skip, retained) in enumerate(members, start=1):
            reads = [(*UP, up), (*DOWN, down), (*SKIP, skip), (*RETAINED, retained)]
            bam(folder / "rna" / f"{arm}{i}.bam", reads)
    return folder


def test_alignments_give_the_same_correction_as_junction_tables_and_retained_introns(tmp_path, made):
    treated, control = [(30, 28, 20, 0), (27, 25, 22, 0)], [(3, 2, 47, 0), (2, 3, 48, 0)]
    (e,) = lines_of(alignments(tmp_path, treated, control))
    (other,) = made(files.splicing([x[:3] for x in treated], [x[:3] for x in control]))
    q, r = (x.quantities["corrected_transcripts"] for x in (e, other))
    assert q.quantiles == pytest.approx(r.quantiles)
    assert (e.scope.not_covered, e.scope.settings["library"]) == ("", "XS")
    assert "retained in treated samples: no read" in e.scope.detection_limit
    (e,) = lines_of(alignments(tmp_path / "b", [(30, 28, 20, 40), (27, 25, 22, 44)], control))
    forms = {r[1]: r for r in e.tables[0].rows if r[0] == "treated"}
    assert forms["retained"][2] == "84"


# ---- knock-down and protein


def test_wells_that_never_crossed_give_a_lower_limit(made):
    lost = files.ct([("undetermined", 20.0), ("undetermined", 20.1)], [(24.0, 20.0), (24.2, 20.1), (23.9, 20.0)])
    (e,) = made(files.knockdown(lost))
    q = e.quantities["knockdown"]
    assert (q.kind, q.side) == (QuantityKind.BOUND, "lower")
    assert 0.99 < q.limit < 1
    assert "last cycle (40)" in e.scope.detection_limit


def test_pairs_of_donors_use_their_own_difference(made):
    table = files.ct([(26.0, 20.0), (28.1, 20.0), (24.05, 20.0)], [(25.0, 20.0), (27.0, 20.0), (23.0, 20.0)])
    (wide,) = made(files.knockdown(table))
    (close,) = made(files.knockdown(table, paired="true"))
    spans = [e.quantities["knockdown"].interval(0.95) for e in (wide, close)]
    assert spans[1][1] - spans[1][0] < 0.2 * (spans[0][1] - spans[0][0])


DIGITAL = "gene,arm,replicate,well,positive,total\n" + "".join(
    f"{g},{arm},r{i},{g}{arm}{i},{k + 10 * i},20000\n"
    for arm, hits in (("treated", 800), ("control", 3000))
    for g, k in (("G", hits), ("R", 9000))
    for i in (1, 2, 3)
)
LIBRARY = "gene,arm,replicate,reads,library_size\n" + "".join(
    f"G,{arm},r{i},{n + 9 * i},{1_000_000 + 1000 * i}\n"
    for arm, n in (("treated", 90), ("control", 400))
    for i in (1, 2, 3)
)


@pytest.mark.parametrize(
    ("method", "table", "references", "value"),
    [("dpcr", DIGITAL, '["R"]', 0.747), ("rna_seq", LIBRARY, "[]", 0.74)],
)
def test_partitions_and_libraries_are_counted(method, table, references, value, made):
    (e,) = made(files.counted(method, table, references))
    q = e.quantities["knockdown"]
    assert q.kind is QuantityKind.POSTERIOR
    assert q.value == pytest.approx(value, abs=0.01)
    (e,) = made(
        files.counted(method, "\n".join(x for x in table.split("\n") if ",r2" not in x and ",r3" not in x), references)
    )
    assert method == "rna_seq" or e.quantities["knockdown"].kind is QuantityKind.POINT


def test_controls_below_the_limit_of_quantification_give_a_lower_limit(made):
    (e,) = [
        x
        for x in made(files.protein(files.plate([8.0, 7.4, 9.1], [0.1, 0.2, 0.1])))
        if x.kind != "proof_of_concept.cells"
    ]
    q = e.quantities["oriented_ratio"]
    assert (q.kind, q.side) == (QuantityKind.BOUND, "lower")
    # The controls stand at the limit, 1 U/L, and are taken to scatter as the treated do.
    treated = [math.log(x) for x in (8.0, 7.4, 9.1)]
    error = math.sqrt(2 * statistics.variance(treated) / 3)
    assert q.limit == pytest.approx(math.exp(statistics.mean(treated) - stats.t.ppf(0.95, 4) * error), rel=1e-3)
    assert "3 of 6 replicates lie beyond and are censored" in e.scope.detection_limit
    lines = made(files.protein(files.plate([0.1, 0.2, 0.1], [8.0, 7.4, 9.1])))
    q = next(x for x in lines if x.kind == "engagement.downstream").quantities["oriented_ratio"]
    assert (q.kind, q.side) == (QuantityKind.BOUND, "upper")
    assert q.limit < 0.3
    lines = made(files.protein(files.plate([0.1, 0.2, 0.1], [8.0, 7.4, 9.1]), expected="fall"))
    q = next(x for x in lines if x.kind == "engagement.downstream").quantities["oriented_ratio"]
    assert q.side == "lower"
    lines = made(files.protein(files.plate([0.1, 0.2, 0.1], [0.1, 0.1, 0.2])))
    assert not next(x for x in lines if x.kind == "engagement.downstream").quantities


def test_a_dose_response_tells_emax_and_what_its_doses_leave_open(made):
    (e,) = made(files.doses(files.CURVE))
    assert e.quantities["maximum_effect"].value == pytest.approx(0.73, abs=0.01)
    assert "half of the greatest effect at 2.43 nmol/L" in e.facts["dose_response"]
    assert len(e.figures[0].rows) == 10
    (e,) = made(
        files.doses(
            [
                (d / 1000, y)
                for d, y in [(0, 0.0), (0, 0.02), (1, 0.02), (1, 0.05), (3, 0.05), (3, 0.08), (9, 0.2), (9, 0.24)]
            ]
        )
    )
    assert "not identified" in e.facts["dose_response"]


# ---- promises


def test_each_assay_gives_its_line_and_no_folder_gives_none(tmp_path):
    both = files.together(files.splicing(files.TREATED, files.CONTROL), files.knockdown(files.DOWN))
    assert {e.name for e in lines_of(files.write(tmp_path / "p", both))} == {"exon", "fall"}
    assert lines_of(files.write(tmp_path / "empty", {})) == []


def test_a_table_that_is_gone_is_a_problem_not_a_line(tmp_path):
    folder = files.write(tmp_path / "p", files.splicing(files.TREATED, files.CONTROL))
    (folder / "rna" / "treated1.tab").unlink()
    with pytest.raises(ProgramError, match="no such file in rna/"):
        api.read_program(folder)
    (folder / "rna" / "assays.toml").unlink()
    assert [p.file for p in api.check(folder).problems] == ["rna/assays.toml"]


def test_two_runs_and_two_folders_agree(tmp_path):
    part = files.together(
        files.splicing(files.TREATED, files.CONTROL), files.protein(files.RISE), files.doses(files.CURVE)
    )
    one, other = (lines_of(files.write(tmp_path / x, part)) for x in ("a", "b"))
    assert [e.id for e in one] == [e.id for e in other]
    assert len(one) == 3


def test_the_template_lacks_nothing_but_its_tables(tmp_path):
    from proband.folder.scaffold import write_skeleton

    write_skeleton(tmp_path / "p", "gapmer")
    template = tmp_path / "p" / "rna" / "_assays.toml"
    assert api.check(tmp_path / "p").problems == ()
    template.rename(template.with_name("assays.toml"))
    assert {p.found for p in api.check(tmp_path / "p").problems} == {"no such file in rna/"}
