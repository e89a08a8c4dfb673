"""A child of a platform from its folder: what is inherited, what is refused, and that a sibling never decides."""

import pytest

from proband import api
from proband.core.finding import Verdict
from proband.testing.platform_record import RECORD, SPACERS, with_override

PROGRAM = """\
format = 1
id = "child"
gene = { symbol = "CPS1" }
modality = "base_editor"
stage = "follow_up"
design = "umbrella"
claims = ["prior_knowledge"]
data_cut = 2026-01-31
[platform]
file = "../platform.toml"
version = "two"
[candidate]
id = "c"
spacer = "ACCGTCTAAGCAGTAATGCC"
"""

REUSE = """\
format = 1
[exposure]
carrier = "LNP"
route = "intravenous"
cargo = "editor mRNA"
dose = { low = 0.1, high = 3.0, unit = "mg/kg", doses = 2 }
[[item]]
id = "biodistribution"
of = "rat-biodistribution"
use = "where the carrier goes"
argument = "the carrier decides"
right = "letter-1"
[[item.difference]]
field = "component.guide.sequence"
matters = false
because = "the particle does not see its letters"
"""


@pytest.fixture
def child(tmp_path):
    """Writes a platform and its child; the files of the child by relative path."""

    def make(record=RECORD, program=PROGRAM, **files):
        (tmp_path / "platform.toml").write_text(record, encoding="utf-8")
        folder = tmp_path / "child"
        folder.mkdir(exist_ok=True)
        for name, text in {"program.toml": program, **files}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    return make


def outcomes(folder, *criteria):
    read = api.read_program(folder)
    run = api.analyse(read)
    assert not run.failures, run.failures
    findings = api.assess_evidence(read, run, api.framework_of(read))
    return [findings[c].outcome for c in criteria]


def test_a_child_that_differs_in_letters_alone_and_argues_its_item(child):
    folder = child(**{"platform/reuse.toml": REUSE})
    assert outcomes(folder, "PR-01", "PR-02", "PR-05") == ["supported", "not_assessed: needs_person", "supported"]
    assert outcomes(folder, "PR-04", "PR-06", "PR-09") == ["not_assessed: needs_person"] * 3


def test_a_planted_lipid_is_against_it_and_has_to_be_bridged(child):
    record = with_override("component.ionizable.name", 'value = "lipid B"')
    folder = child(record, **{"platform/reuse.toml": REUSE})
    assert outcomes(folder, "PR-01", "PR-06") == ["contradicted", "insufficient: incomplete"]


def test_an_off_target_result_of_a_sibling_is_never_justified(child):
    record = RECORD + '[[study]]\nid = "sibling-sites"\ncategory = "off_target_results"\nversion = "one"\n'
    item = (
        '[[item]]\nid = "sites"\nof = "sibling-sites"\nuse = "safety"\nargument = "the spacers are alike"\n'
        'right = "own"\ndocument = "Report 8"\nlocator = "all"\ndated = 2025-01-01\n'
    )
    assert outcomes(child(record, **{"platform/reuse.toml": REUSE + item}), "PR-04") == ["contradicted"]


RESULT = """\
[source]
document = "Report 8"
read_level = "P"
confidence = "high"
[[result]]
id = "sites"
kind = "off_target.verification"
statement = "Sites were tested."
{subject}
locator = "table 1"
readout_definition = "Sites with a result over all."
scope = {{ where = "cells", how = "panel", denominator = "2 sites", detection_limit = "0.1 %" }}
{version}
[result.members.tested_sites]
present = ["site 1", "site 2"]
"""
PROGRAM_SUBJECT = 'subject = { type = "program", id = "child" }'


def result(version="", subject=PROGRAM_SUBJECT):
    return RESULT.format(subject=subject, version=version)


SF06 = "SF-06"


def test_a_result_of_this_version_supports_it(child):
    for version in ("", 'version = "two"'):
        assert outcomes(child(**{"reported/sites.toml": result(version)}), SF06) == ["supported"]


@pytest.mark.parametrize(
    "planted",
    [
        result('version = "one"'),
        result(subject='subject = { type = "version", id = "one" }'),
        result(subject='subject = { type = "program", id = "one" }'),
    ],
    ids=["made with a sibling", "about a sibling", "about the program of a sibling"],
)
def test_a_result_of_a_sibling_never_supports_this_version(child, planted):
    folder = child(**{"reported/sites.toml": planted})
    read = api.read_program(folder)
    run = api.analyse(read)
    findings = api.assess_evidence(read, run, api.framework_of(read))
    assert findings[SF06].outcome == "insufficient: indirect"
    assert "made with another version (one)" in findings[SF06].detail
    assert findings[SF06].flags
    for f in findings:
        assert not set(f.evidence_for) & {e.id for e in run.of("off_target.verification")}, f.id


def test_a_result_of_a_sibling_beside_an_own_one_changes_nothing(child):
    own = result().replace('present = ["site 1", "site 2"]', 'present = ["site 1"]\nunknown = ["site 2"]')
    folder = child(**{"reported/own.toml": own})
    alone = outcomes(folder, SF06)
    planted = result('version = "one"').replace('id = "sites"', 'id = "of-sibling"')
    assert outcomes(child(**{"reported/own.toml": own, "reported/s.toml": planted}), SF06) == alone
    assert alone == ["insufficient: incomplete"]


def test_a_program_that_does_not_say_which_version_it_is_takes_no_named_one_for_its_own(child):
    program = PROGRAM.replace('version = "two"\n', "")
    folder = child(program=program, **{"reported/sites.toml": result('version = "two"')})
    assert outcomes(folder, SF06) == ["insufficient: indirect"]


POTENCY = """\
[source]
document = "Report 9"
read_level = "P"
confidence = "high"
[[result]]
id = "potency"
kind = "quality.potency"
statement = "Editing and its effect were measured."
subject = { type = "lot", id = "lot 1" }
locator = "table 1"
readout_definition = "Assays by level."
scope = { where = "lot 1", how = "two assays" }
fact = { product = "own" }
VERSION
[result.members.levels]
present = ["sequence_change", "downstream_effect"]
[result.members.versions]
present = ["two"]
"""


@pytest.mark.parametrize(("version", "made"), [
    ("", ["not_assessed: needs_person", "supported"]),
    ('version = "two"', ["not_assessed: needs_person", "supported"]),
    ('version = "one"', ["insufficient: indirect", "insufficient: indirect"]),
])  # fmt: skip
def test_potency_of_a_sibling_never_supports_this_version_even_where_it_says_own(child, version, made):
    folder = child(**{"reported/potency.toml": POTENCY.replace("VERSION", version)})
    assert outcomes(folder, "PQ-02", "PQ-03") == made


ASSAYS = """\
format = 1
[[assay]]
name = "CHANGE-seq-BE"
method_class = "biochemical"
cells = "same_as_edited_in_patient"
replicates = 3
donors = 3
spacer = "{spacer}"
whole_genome = true
source = "Report 8"
"""


def test_an_assay_with_the_spacer_of_a_sibling_decides_nothing(child):
    own = outcomes(child(**{"offtarget/assays.toml": ASSAYS.format(spacer=SPACERS["two"])}), "PR-07")
    assert own == ["supported"]
    folder = child(**{"offtarget/assays.toml": ASSAYS.format(spacer=SPACERS["one"])})
    read = api.read_program(folder)
    run = api.analyse(read)
    findings = api.assess_evidence(read, run, api.framework_of(read))
    assert findings["PR-07"].outcome == "contradicted"
    lines = {e.id for e in run.of("off_target.assay")}
    assert lines
    for f in findings:
        assert not (f.verdict is Verdict.SUPPORTED and set(f.evidence_for) & lines), f.id


def test_every_fault_of_the_inheritance_is_told_at_once_by_check(child):
    program = PROGRAM + (
        '[[platform.override]]\nfield = "component.mrna.grade"\nvalue = "research"\nbecause = " "\n'
        '[[platform.override]]\nfield = "component.lipd.grade"\nvalue = "GMP"\nbecause = "why"\n'
    )
    record = RECORD.replace('id = "two"\n', 'id = "two"\nlike = "three"\n')
    record = record.replace('id = "three"\n', 'id = "three"\nlike = "two"\n')
    folder = child(record, program, **{"reported/s.toml": result('version = "nine"')})
    told = [(p.file, p.place) for p in api.check(folder).problems]
    assert ("program.toml", "platform.override component.mrna.grade, key because") in told
    assert ("reported/s.toml", "result sites, version") in told
    folder = child(
        record, PROGRAM, **{"reported/s.toml": result(), "platform/reuse.toml": REUSE.replace("rat-", "cat-")}
    )
    told = [(p.file, p.place) for p in api.check(folder).problems]
    assert ("../platform.toml", "version two, key like") in told
    folder = child(RECORD, program.replace('" "', '"why"'), **{"platform/reuse.toml": REUSE.replace("rat-", "cat-")})
    told = [(p.file, p.place) for p in api.check(folder).problems]
    assert ("platform/reuse.toml", "item biodistribution, key of") in told
    assert ("program.toml", "platform, override component.lipd.grade") in told


def test_an_inherited_field_overridden_without_a_reason_in_own_components(child):
    own = 'format = 1\nproduct = "p"\n[[component]]\nid = "mrna"\nkind = "mrna"\npart_of = "lnp"\ngrade = "research"\n'
    own += '[[component]]\nid = "lnp"\nkind = "lipid_nanoparticle"\n'
    folder = child(**{"quality/components.toml": own})
    (told,) = api.check(folder).problems
    assert (told.file, told.place) == ("quality/components.toml", "component mrna, key grade")
    reason = '[[platform.override]]\nfield = "component.mrna.grade"\nvalue = "research"\nbecause = "first lot"\n'
    folder = child(program=PROGRAM + reason, **{"quality/components.toml": own})
    assert not api.check(folder).problems
    read = api.read_program(folder)
    (line,) = api.analyse(read).of("platform.difference")
    assert "component.mrna" in line.facts["parts"].absent
    assert "component.mrna.grade: first lot" in line.statement


def test_a_change_of_the_record_makes_the_line_anew(child):
    first = api.analyse(api.read_program(child()))
    again = api.analyse(api.read_program(child()))
    changed = api.analyse(api.read_program(child(with_override("component.lnp.grade", 'value = "research"'))))
    ids = [run.of("platform.difference")[0].id for run in (first, again, changed)]
    assert ids[0] == ids[1] != ids[2]
    (line,) = first.of("platform.difference")
    assert "../platform.toml" in {i.path for i in line.provenance.inputs}


def test_failed_siblings_are_in_the_statement_or_their_absence_is(child):
    def statement(record):
        return api.analyse(api.read_program(child(record))).of("platform.difference")[0].statement

    assert "three (failed: no editing in cells)" in statement(RECORD)
    record = RECORD.replace('state = "failed"', 'state = "designed"').replace("A. Sponsor", "")
    assert "No failed or withdrawn version is in it; nobody states that it is whole." in statement(record)


def test_a_protocol_without_an_umbrella_part_makes_no_line(child):
    folder = child(**{"plan/protocol.toml": "final_on = 2025-03-11\n"})
    assert not api.analyse(api.read_program(folder)).of("trial.master_protocol")
    folder = child(**{"plan/protocol.toml": "final_on = 2025-03-11\n[umbrella]\n"})
    (line,) = api.analyse(api.read_program(folder)).of("trial.master_protocol")
    assert len(line.facts["written"].unknown) == 4
    assert outcomes(folder, "TD-05") == ["insufficient: incomplete"]


def test_a_version_without_a_sibling_shows_nothing_beside_the_record_it_inherits_from(child):
    one = RECORD.index('[[version]]\nid = "one"')
    two, three = (RECORD.index(f'[[version]]\nid = "{v}"') for v in ("two", "three"))
    record = RECORD[:one] + RECORD[two:three]
    record = "\n".join(x for x in record.splitlines() if not x.startswith('version = "one"'))
    folder = child(record)
    assert outcomes(folder, "PR-01") == ["insufficient: incomplete"]
    (line,) = api.analyse(api.read_program(folder)).of("platform.difference")
    assert line.facts["parts"].unknown == ("another version",)
    assert "0 siblings" in line.scope.denominator
