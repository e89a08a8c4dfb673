"""The sheet of samples and the table of sites: what is read, and every fault at once with its row."""

import pytest
from amplicon_cases import AMPLICON, SPACER, START, changed, random_bases, with_bases, write_fastq
from hypothesis import given, settings
from hypothesis import strategies as st
from panel_cases import write_rows

from proband.core.errors import ProgramError
from proband.science.amplicon.sheet import read_sheet
from proband.science.sequence.alphabet import reverse_complement

SITE = {"site": "ON", "amplicon": AMPLICON, "spacer": SPACER, "editor": "SpCas9", "on_target": "yes"}


def samples(folder, **more):
    rows = []
    for arm in ("treated", "control"):
        name = f"{arm}.fastq"
        write_fastq(folder / name, [AMPLICON])
        rows.append({"sample": arm, "arm": arm, "replicate": "1", "reads": name} | more)
    return rows


def read(folder, rows, sites=None, **more):
    sheet = write_rows(folder / "s.csv", rows)
    return read_sheet(sheet, write_rows(folder / "t.csv", sites) if sites is not None else None, **more)


def faults(folder, rows, sites=None, **more):
    with pytest.raises(ProgramError) as caught:
        read(folder, rows, sites, **more)
    return caught.value.problems


def said(problems):
    return "\n".join(str(p) for p in problems)


def test_a_pooled_panel(tmp_path):
    other = random_bases(150, 3)
    sites = [
        SITE | {"contig": "chr2", "start": "101", "strand": "-"},
        {"site": "OT1", "amplicon": other.lower(), "cut": "80", "on_target": "no", "site_failed": "no product"},
    ]
    made = read(tmp_path, samples(tmp_path, dna_ng="33", day="28", donor="d1", umi="collapsed"), sites)
    assert [s.name for s in made.samples] == ["treated", "control"]
    one = made.samples[0]
    assert (one.sites, one.dna_ng, one.day, one.donor, one.collapsed) == (("ON", "OT1"), 33.0, 28.0, "d1", True)
    on, off = made.targets
    assert (on.contig, on.start, on.strand, on.on_target) == ("chr2", 100, "-", True)
    assert on.amplicons[0].cuts == (START + 17,)
    assert off.amplicons[0].cuts == (79,)
    assert off.amplicons[0].window == tuple(range(69, 89))
    assert off.failed == "no product"
    assert [name for name, digest in made.digests if len(digest) == 64] == ["samples", "sites"]


def test_one_site_in_each_file(tmp_path):
    rows = [r | {"guide": SPACER, "site": "ON", "amplicon": AMPLICON} for r in samples(tmp_path)]
    made = read(tmp_path, rows, editor="SpCas9")
    assert [t.name for t in made.targets] == ["ON"]
    assert made.targets[0].target.editor.name == "SpCas9"
    rows[1]["amplicon"] = changed(AMPLICON, 3)
    assert "row 2 says of this site" in said(faults(tmp_path, rows, editor="SpCas9"))


def test_a_cut_of_the_user_moves_the_window_of_a_spacer(tmp_path):
    for sequence, spacer in ((AMPLICON, SPACER), (reverse_complement(AMPLICON), SPACER)):
        sites = [SITE | {"amplicon": sequence, "spacer": spacer, "cut": "71"}]
        assert read(tmp_path, samples(tmp_path), sites).targets[0].amplicons[0].cuts == (70,)


def test_expected_alleles(tmp_path):
    base = SITE | {"editor": "ABE8e/SpCas9", "expected": "A4+A6"}
    wanted = with_bases(AMPLICON, {START + 3: "G", START + 5: "G"})
    made = read(tmp_path, samples(tmp_path), [base]).targets[0]
    assert made.target.expected == wanted
    assert len(made.amplicons) == 1
    assert read(tmp_path, samples(tmp_path), [base | {"expected": wanted}]).targets[0].target.expected == wanted
    donor = changed(AMPLICON, START + 14, START + 18)
    made = read(tmp_path, samples(tmp_path), [SITE | {"expected": donor}]).targets[0]
    assert [a.name for a in made.amplicons] == ["ON", "ON HDR"]


def test_a_coding_frame(tmp_path):
    wild = changed(AMPLICON, 70)
    made = read(tmp_path, samples(tmp_path), [SITE | {"coding": "46-105", "wild_type": wild, "first_residue": "12"}])
    frame = made.targets[0].frame
    assert (frame.intervals, frame.first_residue) == (((45, 105),), 12)
    assert frame.wanted != frame.present


def test_every_fault_of_the_samples_at_once(tmp_path):
    rows = samples(tmp_path)
    rows += [
        {"sample": "treated", "arm": "treted", "replicate": "2", "reads": "nowhere.fastq"},
        {"sample": "b", "arm": "treated", "replicate": "1", "reads": "treated.fastq"},
        {"sample": "=cmd", "arm": "control", "replicate": "", "reads": "", "dna_ng": "-3", "day": "x", "umi": "yes"},
        {"sample": "c", "arm": "control", "replicate": "2", "reads": "", "reads2": "control.fastq", "dna_ng": "0"},
    ]
    text = said(faults(tmp_path, rows, [SITE]))
    for part in (
        "row 4, column sample", "did you mean treated?", "row 4, column reads", "row 5, column replicate",
        "row 5, column reads", "row 6, column sample", "row 6, column replicate", "column failed why",
        "row 6, column dna_ng", "row 6, column day", "row 6, column umi", "the file of read 1 too",
        "row 7, column dna_ng",
    ):  # fmt: skip
        assert part in text, part


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amplicon": AMPLICON[:50] + "X" + AMPLICON[51:]}, "the letters X"),
        ({"amplicon": "ACGT"}, "30 to 4000 bases"),
        ({"spacer": SPACER[:-2] + "GT"}, f"this site reads {SPACER} at base 61"),
        ({"spacer": random_bases(20, 77)}, "on neither strand"),
        ({"spacer": "", "cut": ""}, "the protospacer in this amplicon, or a cut"),
        ({"cut": "900"}, "count bases of the amplicon from 1"),
        ({"cut": "7.5"}, "a whole number"),
        ({"spacer": "", "cut": "5"}, "where primers are"),
        ({"editor": "SpCas99"}, "did you mean SpCas9"),
        ({"on_target": "maybe"}, "column on_target"),
        ({"contig": "chr1"}, "contig and start together"),
        ({"strand": "x"}, "column strand"),
        ({"editor": "ABE8e/SpCas9", "spacer": "", "cut": "71"}, "from which positions count"),
        ({"editor": "ABE8e/SpCas9", "expected": "A5"}, "position 5 of the protospacer is no A"),
        ({"editor": "ABE8e/SpCas9", "expected": "G5"}, "positions such as A8"),
        ({"editor": "ABE8e/SpCas9", "expected": changed(AMPLICON, 5)}, "outside of the protospacer"),
        ({"expected": reverse_complement(changed(AMPLICON, 70))}, "reverse complement"),
        ({"expected": "ACGT"}, "whole sequence"),
        ({"expected": AMPLICON}, "the amplicon itself"),
        ({"coding": "12 to 40"}, "ranges of bases"),
        ({"coding": "40-12"}, "coding intervals"),
        ({"extension": "ACGTACGTACGTACGT"}, "primer binding site"),
        ({"site": "on target"}, "column site"),
    ],
)
def test_faults_of_a_site(tmp_path, change, words):
    problems = faults(tmp_path, samples(tmp_path), [SITE | change])
    assert words in said(problems)
    assert all(p.file == "t.csv" and "row 2" in p.place for p in problems)


def test_amplicons_that_are_one_another(tmp_path):
    twice = [SITE, SITE | {"site": "B"}, SITE | {"site": "C", "amplicon": reverse_complement(AMPLICON)}]
    problems = said(faults(tmp_path, samples(tmp_path), [*twice, SITE]))
    assert "the amplicon of ON" in problems
    assert "the reverse complement of the amplicon of ON" in problems
    assert "name each site once" in problems


def test_a_sheet_without_controls(tmp_path):
    assert "no control sample" in said(faults(tmp_path, samples(tmp_path)[:1], [SITE]))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no header"),
        ("sample;arm;replicate;reads\n", "commas"),
        ("sample,arm,replicate\na,treated,1\n", "column reads"),
        ("sample,arm,replicate,reads,reads\n", "twice"),
        ("sample,arm,replicate,reads,dna\n", "did you mean"),
        ("sample,arm,replicate,reads\n", "no row below"),
        ("sample,arm,replicate,reads\na,treated\n", "2 cells"),
        ("sample,arm,replicate,reads\na\u202e,treated,1,x\n", "hidden characters"),
        ('sample,arm,replicate,reads\n"a,treated,1,x\n', "CSV"),
    ],
)
def test_tables_that_are_none(tmp_path, text, words):
    (tmp_path / "s.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ProgramError, match=words):
        read_sheet(tmp_path / "s.csv", write_rows(tmp_path / "t.csv", [SITE]))


def test_missing_files_of_the_panel_itself(tmp_path):
    with pytest.raises(ProgramError) as caught:
        read_sheet(tmp_path / "none.csv", tmp_path / "neither.csv")
    assert {p.file for p in caught.value.problems} == {"none.csv", "neither.csv"}


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=30)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from([*SITE, "cut", "start", "contig", "expected", "coding"]), CELLS))
def test_no_text_of_a_site_breaks_the_reader(tmp_path_factory, cells):
    folder = tmp_path_factory.mktemp("s")
    problems = []
    try:
        assert len(read(folder, samples(folder), [SITE | cells]).targets) == 1
    except ProgramError as e:
        problems = list(e.problems)
    assert all(p.found and p.expected and p.remedy for p in problems)
