"""Results against limits: rounding, bounds, replicates, methods, units, decisions, and faults told at once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.core.errors import Problem
from proband.science.quality.genealogy import ancestors, served
from proband.science.quality.lot_facts import judged_lots, limit_facts, panel, stated_against, within_limits
from proband.science.quality.lot_tables import Lot
from proband.science.quality.quality_folder import Lots, read_lots
from proband.science.quality.release import Decision, LotReport, Within, compare, report, rounded, significant
from proband.science.quality.specifications import Specification

HEAD = 'format = 1\nproduct = "p"\nfamily = "lnp_rna"\n'
SIZE = '[[specification]]\nid = "size"\nmethod = "DLS"\nunit = "nm"\nlower = 60\nupper = 100\njustification = "why"\n'
COLUMNS = "lot,attribute,value,unit,method,replicate,loq,left_out\n"


def write(folder: Path, spec: str = "", lots: str = "", genealogy: str = "") -> dict[str, Path]:
    files = {"quality/specifications.toml": spec, "quality/lots.csv": lots, "quality/genealogy.csv": genealogy}
    made = {}
    for name, text in files.items():
        if text:
            path = folder / Path(name).name
            path.write_text(text, encoding="utf-8")
            made[name] = path
    return made


def read(folder: Path, spec: str, lots: str, genealogy: str = "") -> Lots:
    problems: list[Problem] = []
    held = read_lots(write(folder, spec, lots, genealogy), problems)
    assert held is not None, problems
    return held


def faults(folder: Path, spec: str = "", lots: str = "", genealogy: str = "") -> list[Problem]:
    problems: list[Problem] = []
    assert read_lots(write(folder, spec, lots, genealogy), problems) is None
    return problems


def one(folder: Path, spec: str, rows: str, genealogy: str = "") -> LotReport:
    held = read(folder, HEAD + spec, COLUMNS + rows, genealogy)
    assert held.specifications is not None
    (made,) = report(held.specifications, held.results, held.by_id)
    return made


@pytest.mark.parametrize(
    ("value", "limit", "expect"),
    [
        # The table of a USP training text: at least 98.0 %, at most 101.5 %, at most 0.02 %.
        ("97.96", "98.0", "98.0"), ("97.92", "98.0", "97.9"), ("97.95", "98.0", "98.0"), ("101.55", "101.5", "101.6"),
        ("101.46", "101.5", "101.5"), ("101.45", "101.5", "101.5"), ("0.025", "0.02", "0.03"),
        ("0.015", "0.02", "0.02"),
        ("0.027", "0.02", "0.03"), ("-0.5", "0", "-1"), ("0.5", "0", "1"),
    ],
)  # fmt: skip
def test_rounding_of_usp(value: str, limit: str, expect: str) -> None:
    assert rounded(Fraction(value), Decimal(limit)) == Fraction(expect)


def test_significant_figures_of_the_other_pharmacopoeia() -> None:
    assert significant(Fraction("98.28568"), Decimal("100.0")) == Fraction("98.29")
    assert significant(Fraction("0.02549"), Decimal("0.020")) == Fraction("0.025")


@given(st.decimals(-1000, 1000, places=6), st.integers(0, 4))
def test_rounding_moves_by_half_a_digit_at_most(value: Decimal, places: int) -> None:
    limit = Decimal(1).scaleb(-places)
    made = rounded(Fraction(value), limit)
    assert abs(made - Fraction(value)) <= Fraction(1, 2 * 10**places)
    assert made * 10**places == int(made * 10**places)


@given(st.fractions(-100, 200), st.fractions(0, 50))
def test_a_bound_is_within_or_outside_only_where_every_value_of_it_is(value: Fraction, more: Fraction) -> None:
    s = Specification(id="a", method="m", unit="%", lower=10, upper=90)
    said = compare(value, value + more, s)
    ends = {compare(value, value, s), compare(value + more, value + more, s)}
    if said is Within.WITHIN:
        assert ends == {Within.WITHIN}
    if said is Within.OUTSIDE:
        assert Within.OUTSIDE in ends


@pytest.mark.parametrize(
    ("rows", "within"),
    [
        ("L,size,100.4,nm,DLS,,,\n", "within"),
        ("L,size,100.5,nm,DLS,,,\n", "outside"),
        ("L,size,0.0735,um,DLS,,,\n", "within"),
        ("L,size,,nm,DLS,,,\n", "unknown"),
        ("L,size,80,nm,NTA,,,\n", "unknown"),
        ("L,size,80,nm,DLS,,,spilled\n", "unknown"),
        ("L,size,<80,nm,DLS,,,\n", "unknown"),
        ("L,size,>120,nm,DLS,,,\n", "outside"),
        ("L,size,<60,nm,DLS,,,\n", "unknown"),
        ("L,size,<59,nm,DLS,,,\n", "outside"),
        ("L,size,98,nm,DLS,1,,\nL,size,104,nm,DLS,2,,\n", "outside"),
        ("L,size,98,nm,DLS,1,,\nL,size,101,nm,DLS,2,,\n", "unknown"),
        ("L,size,98,nm,DLS,1,,\nL,size,99,nm,DLS,2,,\n", "within"),
        ("L,particle_size,98,nm,dls,,,\n", "within"),
        ("L,other,98,nm,DLS,,,\n", "unknown"),
    ],
)
def test_one_attribute(rows: str, within: str, tmp_path: Path) -> None:
    made = one(tmp_path, SIZE, rows)
    assert made.judged[0].within == within, made.judged[0].why


def test_a_mean_counts_where_the_specification_says_so(tmp_path: Path) -> None:
    rows = "L,size,98,nm,DLS,1,,\nL,size,101,nm,DLS,2,,\n"
    assert one(tmp_path, SIZE + 'reportable = "mean"\n', rows).judged[0].within is Within.WITHIN
    assert one(tmp_path, SIZE + 'reportable = "each"\n', rows).judged[0].within is Within.OUTSIDE


@pytest.mark.parametrize(
    ("rows", "within"),
    [
        ("L,e,<0.05,[IU]/mL,LAL,,,\n", "within"),
        ("L,e,nd,[IU]/mL,LAL,,0.05,\n", "within"),
        ("L,e,nd,[IU]/mL,LAL,,0.6,\n", "unknown"),
        ("L,e,<0.05,[IU]/mL,LAL,1,,\nL,e,0.4,[IU]/mL,LAL,2,,\n", "within"),
        ("L,e,0.54,[IU]/mL,LAL,,,\n", "within"),
        ("L,e,0.55,[IU]/mL,LAL,,,\n", "outside"),
        ("L,e,550,[IU]/L,LAL,,,\n", "outside"),
    ],
)
def test_below_the_limit_of_quantitation_is_no_zero(rows: str, within: str, tmp_path: Path) -> None:
    spec = '[[specification]]\nid = "e"\nattribute = "endotoxin"\nmethod = "LAL"\nunit = "[IU]/mL"\nupper = 0.5\n'
    made = one(tmp_path, spec, rows)
    assert made.judged[0].within == within
    assert all(j.value is None or j.value > 0 for j in made.judged)


def test_words(tmp_path: Path) -> None:
    spec = '[[specification]]\nid = "sterility"\nmethod = "S"\nunit = "{text}"\naccepted = ["no growth"]\n'
    assert one(tmp_path, spec, "L,sterility,No Growth,{text},S,,,\n").decision is Decision.MEETS
    assert one(tmp_path, spec, "L,sterility,growth,{text},S,,,\n").decision is Decision.FAILS
    assert one(tmp_path, spec, "L,sterility,,{text},S,,,\n").decision is Decision.OPEN


@pytest.mark.parametrize(
    ("value", "decision", "stated", "words"),
    [
        ("80", "meets", "released", ""),
        ("80", "meets", "rejected", "stated as rejected, but every result lies within its limits"),
        ("120", "fails", "released", "stated as released, but out of specification for size"),
        ("", "open", "released", "stated as released, but not known to meet size"),
        ("120", "fails", "rejected", ""),
        ("120", "fails", "pending", ""),
        ("80", "meets", "", ""),
    ],
)
def test_stated_decision_beside_the_recomputed_one(
    value: str, decision: str, stated: str, words: str, tmp_path: Path
) -> None:
    made = one(tmp_path, SIZE, f"L,size,{value},nm,DLS,,,\n", f"lot,made_from,decision\nL,,{stated}\n")
    assert (made.decision, made.disagreement) == (decision, words)
    assert stated_against(made) == (
        "disagrees" if words else "agrees" if stated in ("released", "rejected") else "not_stated"
    )


def test_left_out_results_are_told(tmp_path: Path) -> None:
    made = one(tmp_path, SIZE, "L,size,130,nm,DLS,1,,air bubble\nL,size,80,nm,DLS,2,,\n")
    assert made.decision is Decision.MEETS
    assert made.left_out == ("row 2 (130) was left out: air bubble",)


def test_rounding_that_decides_is_told(tmp_path: Path) -> None:
    why = one(tmp_path, SIZE, "L,size,100.4,nm,DLS,,,\n").judged[0].why
    assert "without rounding it would be outside" in why


def test_limits_without_a_reason_and_attributes_without_a_limit_are_not_known(tmp_path: Path) -> None:
    held = read(
        tmp_path,
        HEAD + SIZE.replace('justification = "why"', 'justification = "TBD"'),
        COLUMNS + "L,size,80,nm,DLS,,,\n",
    )
    assert held.specifications is not None
    (made,) = report(held.specifications, held.results, {})
    found = within_limits(made, held.specifications)
    assert found.present == ()
    assert {"size", "sterility", "endotoxin", "potency"} <= set(found.unknown)
    assert found.absent == ()


BAD_SPEC = HEAD + (
    '[[specification]]\nid = "size"\nmethod = "DLS"\nlower = 60\n'
    '[[specification]]\nid = "pdi"\nunit = "1"\nupper = 0.2\n'
    '[[specification]]\nid = "e"\nmethod = "LAL"\nunit = "EU/mL"\nupper = 0.5\n'
    '[[specification]]\nid = "x"\nmethod = "M"\nunit = "%"\nlower = 5\nupper = 4\n'
    '[[specification]]\nid = "y"\nmethod = "M"\nunit = "nm"\nupper = 4\nunknown = 1\n'
)
BAD_LOTS = COLUMNS + (
    "L1,size,80,nm,,,,\n"
    "L1,pdi,0.1,xyz,M,,,\n"
    'L1,e,"0,5",[IU]/mL,LAL,,,\n'
    "L1,e,nd,[IU]/mL,LAL,2,,\n"
    "L 1,e,1,[IU]/mL,LAL,,,\n"
    "L1,x,inf,%,M,,,\n"
)
BAD_GENEALOGY = "lot,made_from,served,decision,made_on\nA,B,clinic,,\nB,C,,,\nC,A,party,,\nD,Q,,maybe,2025-13-01\n"


def test_all_faults_of_all_files_at_once(tmp_path: Path) -> None:
    told = {(p.file, p.place) for p in faults(tmp_path, BAD_SPEC, BAD_LOTS, BAD_GENEALOGY)}
    assert {
        ("quality/specifications.toml", "specification size, key unit"),
        ("quality/specifications.toml", "specification pdi, key method"),
        ("quality/specifications.toml", "specification e, key unit"),
        ("quality/specifications.toml", "specification x, key lower"),
        ("quality/specifications.toml", "specification y, key unknown"),
        ("quality/lots.csv", "row 2, column method"),
        ("quality/lots.csv", "row 3, column unit"),
        ("quality/lots.csv", "row 4, column value"),
        ("quality/lots.csv", "row 5, column value"),
        ("quality/lots.csv", "row 6, column lot"),
        ("quality/lots.csv", "row 7, column value"),
        ("quality/genealogy.csv", "row 4, column served"),
        ("quality/genealogy.csv", "row 5, column decision"),
        ("quality/genealogy.csv", "row 5, column made_on"),
        ("quality/genealogy.csv", "lot A, column made_from"),
        ("quality/genealogy.csv", "lot D, column made_from"),
    } == told


def test_circle_of_lots_is_named(tmp_path: Path) -> None:
    (problem,) = faults(tmp_path, genealogy="lot,made_from\nA,B\nB,C\nC,A; D\nD,\nE,C\n")
    assert problem.found == "a circle: A from B from C from A"
    (own,) = faults(tmp_path, genealogy="lot,made_from\nA,A\n")
    assert own.found == "a circle: A from A"


def test_lots_that_do_not_exist(tmp_path: Path) -> None:
    (parent,) = faults(tmp_path, genealogy="lot,made_from\nSYN-1,SYN-0\n")
    assert (parent.place, parent.found) == ("lot SYN-1, column made_from", "SYN-0")
    (tested,) = faults(tmp_path, HEAD + SIZE, COLUMNS + "L2,size,80,nm,DLS,,,\n", "lot,made_from\nL1,\n")
    assert "no lot L2" in tested.found


def test_a_lot_made_before_its_parent(tmp_path: Path) -> None:
    (p,) = faults(tmp_path, genealogy="lot,made_from,made_on\nA,B,2025-01-01\nB,,2025-02-01\n")
    assert p.place == "lot A, column made_on"


@pytest.mark.parametrize(
    ("unit", "words"),
    [("mg/mL", "different things"), ("{text}", "write the result in that unit"), ("EU/mL", "one endotoxin unit")],
)
def test_units_that_do_not_fit(unit: str, words: str, tmp_path: Path) -> None:
    (p,) = faults(tmp_path, HEAD + SIZE, COLUMNS + f"L,size,80,{unit},DLS,,,\n")
    assert words in p.remedy


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lot\n",
        COLUMNS,
        "a,b\n1,2\n",
        COLUMNS + "L,size,80,nm,DLS,,,,,,\n",
        COLUMNS * 2,
        "lot,lot,attribute,value,unit,method\n",
    ],
)
def test_tables_that_are_none(text: str, tmp_path: Path) -> None:
    path = tmp_path / "lots.csv"
    path.write_text(text, encoding="utf-8")
    problems: list[Problem] = []
    assert read_lots({"quality/lots.csv": path}, problems) is None
    assert problems


def test_the_same_result_twice(tmp_path: Path) -> None:
    (p,) = faults(tmp_path, HEAD + SIZE, COLUMNS + "L,size,80,nm,DLS,,,\nL,size,81,nm,DLS,,,\n")
    assert p.place == "row 3"


def test_limits_of_several_stages_need_the_one_in_force(tmp_path: Path) -> None:
    two = SIZE + 'stage = "clinical"\n' + SIZE.replace("60", "70") + 'stage = "application"\n'
    (p,) = faults(tmp_path, HEAD + two, COLUMNS + "L,size,80,nm,DLS,,,\n")
    assert p.place == "key stage, for specification size"
    held = read(tmp_path, HEAD + 'stage = "clinical"\n' + two, COLUMNS + "L,size,65,nm,DLS,,,\n")
    assert held.specifications is not None
    assert report(held.specifications, held.results, {})[0].decision is Decision.MEETS
    assert limit_facts(held.specifications).present == ("stage", "justification", "plan_to_tighten")


def test_plan_that_is_said_to_be_none(tmp_path: Path) -> None:
    held = read(tmp_path, HEAD + SIZE + 'stage = "clinical"\ntighten = "none"\n', "")
    assert held.specifications is not None
    found = limit_facts(held.specifications)
    assert (found.absent, found.unknown) == (("plan_to_tighten",), ("set_on",))


def test_panel_of_edited_cells(tmp_path: Path) -> None:
    head = HEAD.replace("lnp_rna", "ex_vivo_cells")
    row = '[[specification]]\nid = "{}"\nmethod = "M"\nunit = "%"\nupper = 1.0\n{}\n'
    spec = (
        head + row.format("editing_efficiency", 'justification = "x"') + row.format("off_target_frequency", "")
        + '[[not_tested]]\nattribute = "rearrangements"\nbecause = "no cut"\n'
    )  # fmt: skip
    held = read(tmp_path, spec, "")
    assert held.specifications is not None
    found = panel(held.specifications)
    assert (found.present, found.absent) == (("on_target_efficiency",), ("rearrangements",))
    assert found.unknown == ("off_target_frequency", "residual_components")


def test_what_lots_served() -> None:
    mine = Lot("a", served=("toxicology",), product="p")
    clinic = Lot("b", ("s",), served=("clinic",), product="p")
    other = Lot("c", served=("stability",), product="q")
    made = served([mine, clinic, other, Lot("s", product="p")], "p")
    assert made.members.present == ("toxicology", "clinic")
    assert made.members.unknown == ("stability",)
    assert made.same_lot == "no"
    assert made.of_others["stability"] == ("c",)
    shared = served([Lot("s"), Lot("a", ("s",), served=("toxicology",)), Lot("b", ("s",), served=("clinic",))], "p")
    assert (shared.same_lot, shared.shared_material) == ("no", ("s",))
    assert served([], "p").same_lot == "not_known"


@given(edges=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=30))
def test_every_circle_is_found(edges: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory) -> None:
    names = [f"L{i}" for i in range(13)]
    parents = {n: sorted({names[b] for a, b in edges if names[a] == n}) for n in names}
    text = "lot,made_from\n" + "".join(f"{n},{'; '.join(p)}\n" for n, p in parents.items())
    path = tmp_path_factory.mktemp("g") / "genealogy.csv"
    path.write_text(text, encoding="utf-8")
    problems: list[Problem] = []
    read_lots({"quality/genealogy.csv": path}, problems)
    lots = {n: Lot(n, tuple(p)) for n, p in parents.items()}

    def reach(n: str) -> set[str]:
        seen: set[str] = set()
        todo = list(parents[n])
        while todo:
            x = todo.pop()
            if x not in seen:
                seen.add(x)
                todo += parents[x]
        return seen

    assert bool(problems) == any(n in reach(n) for n in names)
    assert all(ancestors(lots, n) == reach(n) - {n} for n in names)


def test_lots_that_are_not_for_people_are_left_aside(tmp_path: Path) -> None:
    genealogy = (
        "lot,made_from,product,served,decision\nA,,p,clinic,released\nB,,q,clinic,\nC,,p,development,\nD,,p,,rejected\n"
        "E,,p,toxicology,rejected\n"
    )
    rows = "".join(f"{n},size,80,nm,DLS,,,\n" for n in "ABCDE")
    held = read(tmp_path, HEAD + SIZE, COLUMNS + rows, genealogy)
    assert held.specifications is not None
    reports = report(held.specifications, held.results, held.by_id)
    assert [r.lot for r in judged_lots(reports, held)] == ["A", "E"]


def test_templates_of_a_new_folder_read_without_a_fault(tmp_path: Path) -> None:
    from proband.folder.quality_template import QUALITY_FILES
    from proband.science.quality.components import read_components
    from proband.science.quality.dossier_items import read_dossier_items

    files = {}
    for name, text in QUALITY_FILES.items():
        path = tmp_path / Path(name).name.removeprefix("_")
        path.write_text(text, encoding="utf-8")
        files[f"quality/{path.name}"] = path
    problems: list[Problem] = []
    held = read_lots(files, problems)
    read_components(files["quality/components.toml"], problems)
    read_dossier_items(files["quality/dossier_items.toml"], problems)
    assert problems == []
    assert held is not None
    assert held.specifications is not None
    (made,) = report(held.specifications, held.results, held.by_id)
    assert made.decision is Decision.OPEN


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ("L,size,7\u0663,nm,DLS,,,\n", "row 2, column value"),
        ("L,size,1e99,nm,DLS,,,\n", "row 2, column value"),
        ("L,size,-5,nm,DLS,,,\n", "row 2, column value"),
        ('L,size,80,nm,"DLS\nx",,,\n', "row 2, column method"),
        ("L,size,80,nm,DLS,,,\nl,size,80,nm,DLS,,,\n", "lot l"),
        ("L,size,80,nm,DLS,,,\nL,particle_size,80,nm,DLS,,,\n", "row 3, column attribute"),
        ("L,size,=1+1,nm,DLS,,,\n", "row 2, column value"),
        ("L,size,80 nm,nm,DLS,,,\n", "row 2, column value"),
        ("L,size,80,nm,DLS,,,\u202e\n", "row 2, column left_out"),
    ],
)
def test_hostile_rows(rows: str, place: str, tmp_path: Path) -> None:
    assert [p.place for p in faults(tmp_path, HEAD + SIZE, COLUMNS + rows)] == [place]


def test_specifications_of_another_product_are_refused(tmp_path: Path) -> None:
    files = write(tmp_path, HEAD + SIZE)
    components = tmp_path / "components.toml"
    components.write_text(
        'format = 1\nproduct = "sibling"\n[[component]]\nid = "a"\nkind = "lipid"\n', encoding="utf-8"
    )
    problems: list[Problem] = []
    assert read_lots({**files, "quality/components.toml": components}, problems) is None
    assert [(p.place, p.found) for p in problems] == [("key product", "p")]


STERILE = """[[specification]]
id = "sterility"
method = "S"
unit = "{text}"
accepted = ["no growth"]
justification = "x"
"""


@pytest.mark.parametrize("word", ["NA", "-", "unknown", "TBD", "pending", "n/a"])
def test_a_text_that_says_nothing_is_neither_within_nor_outside(tmp_path: Path, word: str) -> None:
    (made,) = one(tmp_path, STERILE, f"L,sterility,{word},{{text}},S,,,\n").judged
    assert made.within is Within.UNKNOWN
    two = f"L,sterility,growth,{{text}},S,1,,\nL,sterility,{word},{{text}},S,2,,\n"
    assert one(tmp_path, STERILE, two).judged[0].within is Within.OUTSIDE
    two = f"L,sterility,no growth,{{text}},S,1,,\nL,sterility,{word},{{text}},S,2,,\n"
    assert one(tmp_path, STERILE, two).judged[0].within is Within.UNKNOWN


def test_a_result_that_is_not_known_is_no_accepted_one(tmp_path: Path) -> None:
    found = faults(tmp_path, HEAD + STERILE.replace("no growth", "not reported"))
    assert [p.place for p in found] == ["specification sterility, key accepted"]


@pytest.mark.parametrize("word", ["no", "N", "false", "0", "yes", "-", "unknown"])
def test_a_yes_or_no_is_no_reason_to_leave_out_a_row(tmp_path: Path, word: str) -> None:
    rows = f"L,size,80,nm,DLS,1,,\nL,size,140,nm,DLS,2,,{word}\n"
    (problem,) = faults(tmp_path, HEAD + SIZE, COLUMNS + rows)
    assert problem.place == "row 3, column left_out"


def test_a_number_below_its_own_limit_of_quantitation_is_a_bound(tmp_path: Path) -> None:
    spec = '[[specification]]\nid = "residual_dna"\nmethod = "PCR"\nunit = "ng/mL"\nupper = 0.04\njustification = "x"\n'
    (made,) = one(tmp_path, spec, "L,residual_dna,0.03,ng/mL,PCR,,0.05,\n").judged
    assert (made.within, made.value) == (Within.UNKNOWN, None)
    assert "<0.05 (0.03) ng/mL" in made.reported
    (made,) = one(tmp_path, spec.replace("0.04", "0.10"), "L,residual_dna,0.03,ng/mL,PCR,,0.05,\n").judged
    assert made.within is Within.WITHIN
    (made,) = one(tmp_path, spec, "L,residual_dna,0.03,ng/mL,PCR,,0.01,\n").judged
    assert made.within is Within.WITHIN


def test_a_lot_of_the_clinic_without_any_result_is_not_known(tmp_path: Path) -> None:
    genealogy = "lot,made_from,product,served\nL,,p,stability\nM,,p,clinic\nG,,p,\nQ,,q,clinic\n"
    held = read(tmp_path, HEAD + SIZE, COLUMNS + "L,size,80,nm,DLS,,,\n", genealogy)
    assert held.specifications is not None
    made = {r.lot: r for r in judged_lots(report(held.specifications, held.results, held.by_id), held)}
    assert list(made) == ["L", "M"]
    assert made["M"].decision is Decision.OPEN
    assert not within_limits(made["M"], held.specifications).present


def test_a_rejected_lot_whose_results_are_open_does_not_agree(tmp_path: Path) -> None:
    genealogy = "lot,made_from,decision\nL,,rejected\n"
    assert stated_against(one(tmp_path, SIZE, "L,size,,nm,DLS,,,\n", genealogy)) == "not_known"
    assert stated_against(one(tmp_path, SIZE, "L,size,120,nm,DLS,,,\n", genealogy)) == "agrees"


def test_a_lot_whose_product_is_not_told_beside_lots_of_others_is_nobodys() -> None:
    lots = [Lot("a", product="p", served=("clinic",)), Lot("b", served=("toxicology", "stability"))]
    assert served(lots, "p").members.present == ("toxicology", "clinic", "stability")
    made = served([*lots, Lot("c", product="q", served=("stability",))], "p")
    assert (made.members.present, made.same_lot) == (("clinic",), "not_known")
    assert made.of_others["toxicology"] == ()


@pytest.mark.parametrize(("later", "told"), [(95, True), (100, False), (120, False)])
def test_a_later_limit_is_a_plan_to_tighten_where_it_is_tighter(tmp_path: Path, later: int, told: bool) -> None:
    now = SIZE + 'stage = "first_in_human"\n'
    then = SIZE.replace("upper = 100", f"upper = {later}") + 'stage = "application"\n'
    head = HEAD + 'stage = "first_in_human"\n'
    held = read(tmp_path, head + now + then, COLUMNS + "L,size,80,nm,DLS,,,\n")
    assert held.specifications is not None
    assert ("plan_to_tighten" in limit_facts(held.specifications).present) is told
