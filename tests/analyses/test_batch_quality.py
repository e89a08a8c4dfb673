"""Lines of evidence on components, lots, genealogy, limits and dossier items; what is not told is no answer."""

import platform_files as files
import pytest

from proband import api
from proband.core.errors import ProgramError
from proband.core.evidence import ConcernWord
from proband.core.kinds import evidence_problems

PROGRAM = files.PROGRAM.replace('stage = "treated"', 'stage = "treated"\nmodality = "base_editor"')
SPEC = """format = 1
product = "p"
family = "lnp_rna"
[[specification]]
id = "size"
method = "DLS"
unit = "nm"
lower = 60
upper = 100
justification = "measured in animals"
[[specification]]
id = "sterility"
method = "S"
unit = "{text}"
accepted = ["no growth"]
justification = "parenteral"
"""
LOTS = "lot,attribute,value,unit,method\nL1,size,80,nm,DLS\nL1,sterility,no growth,{text},S\nL2,size,130,nm,DLS\n"
GENEALOGY = "lot,made_from,served,decision\nL1,,toxicology; clinic,released\nL2,,stability,released\n"
COMPONENTS = """format = 1
product = "p"
[[component]]
id = "guide"
kind = "guide_rna"
role = "directs"
source = "a maker"
grade = "GMP"
sequence = "ACGU"
length = 5
[[component]]
id = "lnp"
kind = "lipid_nanoparticle"
role = "carries"
"""


@pytest.fixture
def run(tmp_path):
    """A run over a folder of one invented program with these files."""

    def of(**tables):
        made = {f"quality/{n.replace('__', '.')}": t for n, t in tables.items()}
        done = api.analyse(api.read_program(files.write(tmp_path / "p", {"program.toml": PROGRAM, **made})))
        assert done.failures == ()
        for kind in (
            "product.components",
            "quality.attributes",
            "quality.genealogy",
            "quality.limits",
            "quality.trend",
        ):
            for e in done.of(kind):
                assert evidence_problems(e, "x", "y") == []
        return done

    return of


def test_no_files_no_lines(run):
    done = run()
    kinds = ("product.components", "quality.attributes", "quality.genealogy", "quality.limits", "quality.trend")
    assert all(done.of(k) == [] or done.of(k) == () for k in kinds)


def test_components(run):
    (line,) = run(components__toml=COMPONENTS).of("product.components")
    assert line.facts["described"].present == ("guide",)
    assert line.facts["described"].unknown == ("lnp",)
    assert line.facts["agreement"].absent == ("guide: length",)
    assert line.quantities["disagreement_count"].value == 1
    assert [c.word for c in line.concerns][:1] == [ConcernWord.INCONSISTENT]
    assert "typed 5 nt, computed 4 nt" in line.concerns[0].because


def test_lots(run):
    done = run(specifications__toml=SPEC, lots__csv=LOTS, genealogy__csv=GENEALOGY)
    first, second = sorted(done.of("quality.attributes"), key=lambda e: e.subject.id)
    assert first.facts["decision"] == "meets"
    assert first.facts["stated_decision"] == "agrees"
    assert first.facts["within_limits"].present == ("size", "sterility")
    assert "endotoxin" in first.facts["within_limits"].unknown
    assert first.quantities["particle_size"].value == 80
    assert second.facts["decision"] == "fails"
    assert second.facts["stated_decision"] == "disagrees"
    assert second.facts["within_limits"].absent == ("size",)
    assert "sterility" in second.facts["within_limits"].unknown
    assert second.concerns[0].because == "stated as released, but out of specification for size"


def test_genealogy_and_limits(run):
    done = run(specifications__toml=SPEC, lots__csv=LOTS, genealogy__csv=GENEALOGY)
    (line,) = done.of("quality.genealogy")
    assert line.facts["served"].present == ("toxicology", "clinic", "stability")
    assert line.facts["same_lot"] == "yes"
    (limits,) = done.of("quality.limits")
    assert limits.facts["limits"].present == ("justification",)
    assert limits.facts["limits"].unknown == ("stage", "set_on", "plan_to_tighten")


def test_one_lot_says_that_it_gives_no_interval(run):
    rows = "lot,attribute,value,unit,method\nL1,size,80,nm,DLS\n"
    (line,) = run(specifications__toml=SPEC, lots__csv=rows).of("quality.trend")
    assert line.facts["interval"] == "one_lot"
    assert "One lot gives no tolerance interval" in line.statement
    assert len(line.figures) == 1


def test_two_lots_give_a_wide_one(run):
    (line,) = run(specifications__toml=SPEC, lots__csv=LOTS).of("quality.trend")
    assert line.facts["interval"] == "given"
    assert "(k = 36.519)" in line.statement


def trend_of(run, rows, days=("2025-01-01", "2025-02-01", "2025-03-01")):
    lots = "lot,attribute,value,unit,method\n" + "".join(f"L{i},size,{v},nm,DLS\n" for i, v in enumerate(rows))
    genealogy = "lot,made_from,made_on\n" + "".join(f"L{i},,{days[i]}\n" for i in range(len(rows)))
    (made,) = run(specifications__toml=SPEC, lots__csv=lots, genealogy__csv=genealogy).of("quality.trend")
    return made


def test_lots_of_one_value_give_no_interval_for_rounding_may_hide_their_spread(run):
    made = trend_of(run, ["80", "80.0"])
    assert made.facts["interval"] == "not_given"
    assert "rounding may hide their spread" in made.statement
    assert "tolerance interval for" not in made.statement


def test_lots_exactly_on_a_line_give_no_slope(run):
    assert "From lot to lot" not in trend_of(run, ["80", "81", "82"]).statement


def test_the_order_of_making_is_not_guessed(run):
    made = trend_of(run, ["80", "84", "82"], ("2025-01-01", "", "2025-03-01"))
    assert "From lot to lot" not in made.statement
    assert "whether they drift is not told" in made.statement


def test_panel_of_edited_cells(run):
    spec = (
        SPEC.replace("lnp_rna", "ex_vivo_cells")
        .replace('id = "size"', 'id = "off_target_frequency"')
        .replace("nm", "%")
    )
    (line,) = run(specifications__toml=spec).of("quality.release")
    assert line.facts["panel"].present == ("off_target_frequency",)
    assert set(line.facts["panel"].unknown) == {"on_target_efficiency", "rearrangements", "residual_components"}


def test_dossier_items(run):
    text = (
        'format = 1\n[[item]]\nitem = "label"\nlevel = "drug_product"\nstate = "not_there"\nbecause = "not drawn yet"\n'
    )
    text += '[[item]]\nitem = "description"\nlevel = "drug_substance"\nstate = "written"\ndocument = "3.2.S.1"\n'
    text += '[[item]]\nitem = "maker"\nlevel = "drug_substance"\nstate = "written"\ndocument = "3.2.S.2.1"\n'
    (line,) = run(dossier_items__toml=text).of("quality.dossier_items")
    found = line.facts["items"]
    assert (found.present, found.absent) == (("description",), ("label",))
    assert "maker" in found.unknown


def test_faults_of_all_quality_files_are_told_by_check_at_once(tmp_path):
    tables = {
        "program.toml": PROGRAM,
        "quality/components.toml": COMPONENTS + 'part_of = "lnp"\n',
        "quality/specifications.toml": SPEC.replace('unit = "nm"\n', ""),
        "quality/lots.csv": LOTS.replace("L2,size,130,nm,DLS", "L2,size,130,furlong,"),
        "quality/genealogy.csv": "lot,made_from\nL1,L2\nL2,L1\n",
        "quality/dossier_items.toml": 'format = 1\n[[item]]\nitem = "lable"\nlevel = "drug_product"\nstate = "x"\n',
    }
    folder = files.write(tmp_path / "p", tables)
    told = {(p.file, p.found) for p in api.check(folder).problems}
    assert {
        ("quality/components.toml", "a circle: lnp in lnp"),
        ("quality/specifications.toml", "the limit 60 to 100 without a unit"),
        ("quality/lots.csv", "furlong"),
        ("quality/lots.csv", "nothing"),
        ("quality/genealogy.csv", "a circle: L1 from L2 from L1"),
        ("quality/dossier_items.toml", "'lable'"),
    } <= told
    with pytest.raises(ProgramError):
        api.analyse(api.read_program(folder))


def test_a_workbook_gives_the_lines_of_the_table(run, tmp_path):
    import zipfile

    done = run(specifications__toml=SPEC, lots__csv=LOTS)
    wanted = sorted((e.subject.id, e.facts["decision"]) for e in done.of("quality.attributes"))
    folder = tmp_path / "p"
    (folder / "quality" / "lots.csv").unlink()
    rows = [line.split(",") for line in LOTS.splitlines()]
    cells = "".join(
        f'<row r="{n}">' + "".join(f'<c t="inlineStr"><is><t>{c}</t></is></c>' for c in row) + "</row>"
        for n, row in enumerate(rows, start=1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    links = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    with zipfile.ZipFile(folder / "quality" / "lots.xlsx", "w") as book:
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{links}"><sheets><sheet name="a" r:id="r1"/></sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="r1" Target="worksheets/s.xml"/></Relationships>',
        )
        book.writestr("xl/worksheets/s.xml", f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>')
    again = api.analyse(api.read_program(folder))
    assert again.failures == ()
    assert sorted((e.subject.id, e.facts["decision"]) for e in again.of("quality.attributes")) == wanted


def test_results_without_any_specification_are_not_known(run):
    (line,) = run(lots__csv="lot,attribute,value,unit,method\nL1,size,80,nm,DLS\nL1,odd,1,1,M\n").of(
        "quality.attributes"
    )
    found = line.facts["within_limits"]
    assert (found.present, found.absent, found.unknown) == ((), (), ("size",))
    assert line.facts["decision"] == "open"
