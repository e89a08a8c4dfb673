"""Items that are leaned on: what is complete, what is open and why, and what never carries over."""

from datetime import date

import pytest

from proband.core.program import PlatformLink
from proband.science.platform.folder_state import read_state
from proband.science.platform.knowledge import categories
from proband.science.platform.outputs import REUSE, reuse_rows, tsv
from proband.testing.platform_record import RECORD, record_of

ITEM = """\
format = 1
[exposure]
carrier = "lnp"
route = "Intravenous"
cargo = "editor mRNA"
dose = { low = 100.0, high = 3000.0, unit = "ug/kg", doses = 2 }

[[item]]
id = "biodistribution"
of = "rat-biodistribution"
use = "where the carrier goes"
argument = "the carrier decides where the cargo goes"
right = "letter-1"
[[item.difference]]
field = "component.guide.sequence"
matters = false
because = "twenty letters of one hundred do not change the particle"
"""


def rows(tmp_path, reuse=ITEM, record=RECORD, problems=None, on=date(2026, 1, 31)):
    (tmp_path / "reuse.toml").write_text(reuse, encoding="utf-8")
    record_of(tmp_path, record)
    files = {"../platform.toml": tmp_path / "platform.toml", "platform/reuse.toml": tmp_path / "reuse.toml"}
    found = [] if problems is None else problems
    state = read_state(files, PlatformLink("../platform.toml", "two"), "", "", found)
    assert problems is not None or not found, [str(p) for p in found]
    return state.rows(on) if state else ()


def test_an_item_with_everything_written_is_complete(tmp_path):
    (row,) = rows(tmp_path)
    assert (row.verdict, row.lacks) == ("complete", ())
    assert row.item.document == "Report 7"
    assert row.right_kind == "right of reference (letter)"
    assert "3e+03 ug/kg here" in row.exposure["dose"].because or "3000 ug/kg here" in row.exposure["dose"].because
    table = tsv(REUSE, reuse_rows([row])).splitlines()
    assert len(table) == 2
    assert table[1].split("\t")[REUSE.index("verdict")] == "complete"


NEVER = [c.id for c in categories().values() if c.nature == "product_specific"]


@pytest.mark.parametrize("category", NEVER)
def test_what_is_product_specific_is_never_carried_over_whatever_is_argued(tmp_path, category):
    (row,) = rows(tmp_path, ITEM, RECORD.replace('category = "biodistribution"', f'category = "{category}"'))
    assert row.verdict == "never"
    assert row.justified.answer == "not_there"


def test_the_list_of_what_is_product_specific_is_that_of_the_issue():
    assert {"identity", "potency", "stability_own_lots", "off_target_results", "genome_integrity"} <= set(NEVER)


LETTER = 'state = "in_force"'
CHANGES = {
    "no argument": ("argument = ", "# argument = ", "justification: no argument written"),
    "no document": ('document = "Report 7"\n', "", "source: no document stated"),
    "right not stated": ('right = "letter-1"\n', "", "right of use: no right of use stated"),
    "letter refused": (LETTER, 'state = "refused"', "right of use: letter-1 is refused"),
    "letter requested": (LETTER, 'state = "requested"', "right of use: letter-1: no state (requested)"),
    "letter ended": (LETTER, f"{LETTER}\nuntil = 2025-12-31", "ended on 2025-12-31"),
    "letter elsewhere": ('covers = ["rat-biodistribution"]', 'covers = ["lnp"]', "does not cover rat-biodistribution"),
    "letters": (ITEM[ITEM.index("[[item.difference]]") :], "", "whether the other letters matter to it is not written"),
    "higher dose": ("3000.0", "3000.1", "exposure, dose"),
    "more doses": ("doses = 2", "doses = 4", "4 doses here, 3 there"),
    "number of doses": (", doses = 2", "", "number of doses not stated"),
    "another route": ("Intravenous", "intrathecal", "exposure, route: intravenous there, intrathecal here"),
    "carrier not stated": ('carrier = "lnp"\n', "", "exposure, carrier: not stated of this product"),
}


@pytest.mark.parametrize(("old", "new", "told"), CHANGES.values(), ids=CHANGES)
def test_what_is_lacking_leaves_an_item_open_and_is_named(tmp_path, old, new, told):
    assert (old in ITEM) != (old in RECORD)
    (row,) = rows(tmp_path, ITEM.replace(old, new), RECORD.replace(old, new))
    assert row.verdict == "open"
    assert any(told in x for x in row.lacks), row.lacks
    assert len(row.lacks) == 1


def test_an_end_of_an_agreement_without_a_data_cut_stays_open(tmp_path):
    record = RECORD.replace('state = "in_force"', 'state = "in_force"\nuntil = 2030-12-31')
    assert rows(tmp_path, record=record)[0].verdict == "complete"
    assert rows(tmp_path, record=record, on=None)[0].right.answer == "not_known"


def test_a_different_route_may_be_bounded_with_a_reason(tmp_path):
    bounded = (
        ITEM.replace("Intravenous", "intrathecal")
        + '[[item.bounded]]\naspect = "route"\nbecause = "less reaches blood"\n'
    )
    (row,) = rows(tmp_path, bounded)
    assert row.verdict == "complete"
    assert "bounded: less reaches blood" in row.exposure["route"].because


PLANT = '[[version.override]]\nfield = "component.ionizable.name"\nvalue = "lipid B"\nbecause = "x"\n'


def planted(record=RECORD):
    at = record.index('[[version]]\nid = "three"')
    return record[:at] + PLANT + record[at:]


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("", "not_known"),
        ('matters = true\nbridging_state = "planned"', "not_known"),
        ('matters = true\nbridging_state = "none"', "not_there"),
        ('matters = true\nbridging = "Study 9"\nbridging_state = "there"', "there"),
        ("matters = false", "not_known"),
        ('matters = false\nbecause = "same class"', "there"),
    ],
)
def test_a_difference_beyond_targeting_has_to_be_bridged_or_argued_away(tmp_path, written, answer):
    more = f'[[item.difference]]\nfield = "component.ionizable"\n{written}\n' if written else ""
    (row,) = rows(tmp_path, ITEM + more, planted())
    assert row.bridging["component.ionizable.name"].answer == answer
    assert "component.ionizable (name)" in row.difference


def test_all_faults_of_the_items_at_once(tmp_path):
    wrong = ITEM + (
        '[[item]]\nid = "biodistribution"\ncategory = "toxicty"\nfrom_version = "nine"\nright = "letter-9"\n'
        'of = "rat"\n'
        '[[item]]\nid = "own"\ncategory = "toxicity"\nfrom_version = "two"\nargument = "a"\nnot_there = ["argument"]\n'
    )
    problems = []
    assert rows(tmp_path, wrong, problems=problems) == ()
    assert {(p.place, p.found) for p in problems} == {
        ("item biodistribution", "the id 2 times"),
        ("item biodistribution, key category", "toxicty"),
        ("item biodistribution, key of", "rat"),
        ("item biodistribution, key from_version", "nine"),
        ("item biodistribution, key right", "letter-9"),
        ("item own, key from_version", "two"),
        ("item own, key not_there", "argument, which is stated too"),
    }


def test_items_without_a_record_are_refused(tmp_path):
    (tmp_path / "reuse.toml").write_text(ITEM, encoding="utf-8")
    problems = []
    assert read_state({"platform/reuse.toml": tmp_path / "reuse.toml"}, None, "", "", problems) is None
    assert [p.found for p in problems] == ["no master record of a platform"]


def test_a_source_version_that_is_not_stated_is_compared_with_nothing(tmp_path):
    record = RECORD.replace('version = "one"\ndocument', "document")
    (row,) = rows(tmp_path, record=record)
    assert row.difference.startswith("not known")
    assert row.bridging["source version"].answer == "not_known"
    assert any("no source version written" in x for x in row.lacks)


@pytest.mark.parametrize("word", ["unknown", "TBD", "-", "n/a", "to be confirmed", "(not available)"])
@pytest.mark.parametrize(
    "text",
    [
        "the carrier decides where the cargo goes",
        "where the carrier goes",
        "twenty letters of one hundred do not change the particle",
        "editor mRNA",
    ],
)
def test_a_word_that_says_nothing_leaves_an_item_open(tmp_path, text, word):
    assert text in ITEM
    (row,) = rows(tmp_path, ITEM.replace(text, word))
    assert row.verdict == "open"
    assert row.lacks


def test_two_unknown_routes_are_not_one_route(tmp_path):
    record = RECORD.replace('route = "intravenous"', 'route = "unknown"')
    assert record != RECORD
    (row,) = rows(tmp_path, ITEM.replace("Intravenous", "unknown"), record)
    assert row.exposure["route"].answer == "not_known"


def test_a_bound_needs_words_that_say_why(tmp_path):
    here = ITEM.replace("Intravenous", "subcutaneous")
    bound = '[[item.bounded]]\naspect = "route"\nbecause = "{}"\n'
    (row,) = rows(tmp_path, here + bound.format("TBD"))
    assert row.exposure["route"].answer == "not_there"
    (row,) = rows(tmp_path, here + bound.format("bioavailability is complete"))
    assert row.exposure["route"].answer == "there"


def test_a_letter_covers_nothing_that_is_not_in_the_record(tmp_path):
    own = ITEM.replace(
        'of = "rat-biodistribution"',
        'category = "biodistribution"\nfrom_version = "one"\ndocument = "Report 9"\n'
        'locator = "p. 1"\ndated = 2025-01-01',
    )
    (row,) = rows(tmp_path, own)
    assert row.source.answer == "there"
    assert row.right.answer == "not_known"
    assert "would cover" in row.right.because
