"""The confirmation panel: primers by published numbers, products, pools, what is missing, the sheet read back."""

from __future__ import annotations

import csv
import json

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import bases, turned, with_sites

from proband.cli.offtarget_panel import command
from proband.core.errors import ProgramError
from proband.science.amplicon.sheet_rows import read_rows
from proband.science.amplicon.sheet_sites import COLUMNS, TWINS, read_sites
from proband.science.offtarget.panel import POOL_PAIR, PanelRules, plan_panel
from proband.science.offtarget.panel_sites import PanelSite, read_panel_sites
from proband.science.offtarget.primers import PrimerRules, end_matches, fault, hairpin, pairs, products
from proband.science.sequence.genome import genome_of

FOOT = "GTCACCTATCCTGTCACTAGTGG"
RULES = PanelRules()


def site(name, start, strand="+", contig="c", protospacer=""):
    return PanelSite(name, contig, start, start + 23, strand, protospacer)


def test_temperature_with_salts_as_stated():
    """SantaLucia 1998 by hand: CGTTGA with its complement, 1 M sodium, 0.4 mM in all: 35.05 C by dH -41.2 and dS."""
    rules = PrimerRules(primer_nanomolar=2e5, sodium_millimolar=1000.0, magnesium_millimolar=0.0)
    # stacks CG GT TT TG GA: dH -10.6-8.4-7.9-8.5-8.2, dS -27.2-22.4-22.2-22.7-22.2; ends C and A: +2.4, +1.3
    h, s = -43.6 + 2.4, -116.7 + 1.3
    import math

    assert rules.temperature("CGTTGA") == pytest.approx(1000 * h / (s + 1.987 * math.log(1e-4)) - 273.15, abs=0.01)
    assert PrimerRules().sodium == pytest.approx(50 + 120 * 0.7**0.5)


@pytest.mark.parametrize(
    ("primer", "why"),
    [
        ("ACGTNACGTACGTACGTACG", "N or other letters"),
        ("ATATATATTATTAATATATG", "GC content"),
        ("GGGCGGCCGCGGGCGCCCGC", "GC content"),
        ("AGTCCAAAAAAGTCCTGACC", "a run of one base"),
        ("GTAGGACATCGTCCAGGTTA", "an AT end"),
        ("GTAGGACATCGTCCAGCGCC", "a GC end"),
        ("TTCAGGTGTCATGATCCTGA", "pairs with itself"),
        ("GTAGGACATCGTCCAGGTTG", ""),
    ],
)
def test_faults_of_primers(primer, why):
    assert fault(primer, PrimerRules(pair=5)) == why


@given(st.text("ACGT", min_size=18, max_size=26), st.text("ACGT", min_size=18, max_size=26), st.integers(4, 8))
def test_pairs_and_hairpins_as_base_by_base(one, other, size):
    def complementary(a: str, b: str) -> bool:
        return all(
            (x, y) in (("A", "T"), ("T", "A"), ("C", "G"), ("G", "C")) for x, y in zip(a, reversed(b), strict=True)
        )

    end = one[-size:]
    assert pairs(one, other, size) == any(complementary(end, other[i : i + size]) for i in range(len(other) - size + 1))
    n = len(one)
    assert hairpin(one, size) == any(
        complementary(one[i : i + size], one[j : j + size])
        for i in range(n - size + 1) for j in range(i + size + 3, n - size + 1)
    )  # fmt: skip


def test_ends_are_found_on_both_strands_and_make_products():
    a, b = "ACGTTGCAAGCTTAC", "GGATCTTCAAGCGTA"
    text = "T" * 50 + a + bases(100, 2) + turned(b) + "T" * 50
    found = end_matches(genome_of({"c": text, "d": turned(text)}), ["GG" + a, "CC" + b], PrimerRules())
    assert [e.count for e in found.values()] == [2, 2]
    made = products(list(found.items()), 500)
    assert made == (("c", 64, 166), ("d", 64, 166))
    assert products(list(found.items()), 50) == ()


def test_each_site_has_an_amplicon_within_the_rules_or_a_reason():
    text = bases(20_000, 7)
    sites = [site(f"s{i}", p, "+-"[i % 2]) for i, p in enumerate((900, 1500, 5000, 5040, 10, 19_990, 12_000))]
    sites.append(site("elsewhere", 100, contig="x"))
    made = plan_panel(sites, genome_of({"c": text}), RULES)
    assert [a.site.name for a in made.amplicons] == ["s0", "s1", "s2", "s3", "s6"]
    assert {m.site.name: m.reason.split(":")[0] for m in made.missing} == {
        "s4": "too near to the end of the contig", "s5": "too near to the end of the contig",
        "elsewhere": "not in the genome",
    }  # fmt: skip
    for a in made.amplicons:
        assert RULES.least <= a.end - a.start <= RULES.most
        assert a.sequence == text[a.start : a.end]
        assert a.sequence.startswith(a.forward.sequence)
        assert a.sequence.endswith(turned(a.reverse.sequence))
        assert a.forward.end + RULES.flank <= a.site.start
        assert a.site.end + RULES.flank <= a.reverse.start
        assert abs(a.forward.temperature - a.reverse.temperature) <= RULES.primer.apart
        assert not fault(a.forward.sequence, RULES.primer)
    pools = {a.site.name: a.pool for a in made.amplicons}
    assert pools["s2"] != pools["s3"]


def test_what_can_not_be_amplified_and_why():
    flat = bases(400, 9)
    repeat, element = bases(600, 10), bases(300, 12)
    contigs = {
        "n": flat[:180] + "N" * 10 + flat[190:],
        "at": "AT" * 200,
        "twice": bases(50, 1) + repeat + bases(500, 3) + repeat + bases(50, 2),
        "many": "".join(bases(70, 40 + i) + element for i in range(40)),
        "other": flat,
    }
    sites = [
        PanelSite("n", "n", 195, 218, "+"), PanelSite("at", "at", 180, 203, "+"),
        PanelSite("twice", "twice", 350, 373, "+"), PanelSite("many", "many", 210, 233, "+"),
        PanelSite("other", "other", 190, 213, "+", FOOT[:20]),
    ]  # fmt: skip
    made = plan_panel(sites, genome_of(contigs), RULES)
    reasons = {m.site.name: m.reason for m in made.missing}
    assert made.amplicons == ()
    assert "N or other letters" in reasons["n"]
    assert "GC content" in reasons["at"]
    assert "makes other products" in reasons["twice"]
    assert "repeats" in reasons["many"]
    assert "the genome reads" in reasons["other"]


def conflict(a, b):
    """Overlap, or a 3' end that pairs, looked at pair by pair."""
    if a.site.contig == b.site.contig and a.start < b.end and b.start < a.end:
        return True
    one, other = ((p.forward.sequence, p.reverse.sequence) for p in (a, b))
    return any(pairs(x, y, POOL_PAIR) or pairs(y, x, POOL_PAIR) for x in one for y in other)


@settings(max_examples=4)
@given(st.integers(0, 10_000), st.integers(0, 4))
def test_no_pool_holds_a_conflict(seed, most):
    text = bases(10_000, seed)
    sites = [site(f"s{i}", 400 + 410 * i + (i % 3) * 130) for i in range(20)]
    made = plan_panel(sites, genome_of({"c": text}), PanelRules(most_in_pool=most))
    assert len(made.amplicons) > 12
    for i, a in enumerate(made.amplicons):
        for b in made.amplicons[:i]:
            assert a.pool != b.pool or not conflict(a, b)
    if most:
        counts = [sum(a.pool == p for a in made.amplicons) for p in range(1, made.pools + 1)]
        assert max(counts) <= most
    assert {a.pool for a in made.amplicons} == set(range(1, made.pools + 1))


@pytest.fixture
def folder(tmp_path):
    """A genome with three planted sites, and the table that names them."""
    planted = [(800, "+", FOOT), (3000, "-", FOOT.replace("CCTA", "CGTA")), (6000, "+", FOOT.replace("TGG", "AAG"))]
    (tmp_path / "g.fa").write_text(f">chr1\n{with_sites(9000, 21, planted)}\n")
    rows = ["site\tcontig\tstart\tend\tstrand\tpam_start\taligned_protospacer\tpam\tkept"]
    for start, strand, foot in planted:
        pam = start + 21 if strand == "+" else start + 1
        rows.append(
            f"chr1:{pam}:{strand}\tchr1\t{start + 1}\t{start + 23}\t{strand}\t{pam}\t"
            f"{foot[:20].lower()}\t{foot[20:]}\tyes"
        )
    rows.append("chr1:9:+\tchr1\t9\t31\t+\t29\t\t\tno")
    (tmp_path / "merged.tsv").write_text("# coordinates count from 1\n" + "\n".join(rows) + "\n")
    return tmp_path


def run(folder, *more, code=0):
    done = CliRunner().invoke(
        command, [str(folder / "merged.tsv"), "--genome", str(folder / "g.fa"), "--out", str(folder / "o"), *more]
    )
    if code == 0:
        assert done.exit_code == 0, (done.output, done.exception)
    return done


def test_the_sheet_is_read_by_quantify_panel(folder):
    run(folder, "--editor", "ABE8e/SpCas9", "--on-target", "chr1:821:+")
    problems = []
    rows, _ = read_rows(folder / "o" / "sites.csv", COLUMNS, ("site", "amplicon"), problems, TWINS)
    targets = read_sites(rows, "", problems)
    assert problems == []
    assert [t.name for t in targets] == ["chr1:821:+", "chr1:3001:-", "chr1:6021:+"]
    assert [t.on_target for t in targets] == [True, False, False]
    assert all(t.contig == "chr1" for t in targets)
    text = (folder / "g.fa").read_text().split()[1]
    assert all(text[t.start :].startswith(t.target.sequence) for t in targets)


def test_orders_carry_tails_and_equal_inputs_give_equal_bytes(folder):
    tails = ("--forward-tail", "acactctttcc", "--reverse-tail", "GACTGGAGTTC")
    run(folder, *tails)
    first = {p.name: p.read_bytes() for p in (folder / "o").iterdir()}
    run(folder, *tails)
    assert first == {p.name: p.read_bytes() for p in (folder / "o").iterdir()}
    order = list(csv.DictReader(first["primers.csv"].decode().splitlines()))
    assert [r["name"] for r in order][:2] == ["chr1:821:+_F", "chr1:821:+_R"]
    for r in order:
        assert r["sequence"] == ("ACACTCTTTCC" if r["direction"] == "forward" else "GACTGGAGTTC") + r["binds"]
    told = json.loads(first["panel_plan.json"])
    assert (told["sites"], told["amplicons"], told["dropped_in_table"]) == (3, 3, 1)
    assert str(folder) not in first["panel_plan.json"].decode()


def test_a_site_whose_protospacer_is_not_known_gets_a_cut(folder):
    text = (folder / "merged.tsv").read_text().replace(FOOT[:20].lower(), "", 1)
    (folder / "merged.tsv").write_text(text)
    run(folder)
    row = next(csv.DictReader((folder / "o" / "sites.csv").read_text().splitlines()))
    assert (row["spacer"], row["editor"]) == ("", "")
    assert int(row["start"]) - 1 + int(row["cut"]) - 1 == 800 + 11


def test_the_genome_of_another_build_is_refused(folder):
    (folder / "g.fa").write_text(f">chr1\n{bases(9000, 99)}\n")
    done = run(folder, code=1)
    assert isinstance(done.exception, ProgramError)
    assert "of the same build" in str(done.exception)
    assert not (folder / "o").exists()


@pytest.mark.parametrize(
    "more",
    [
        ("--editor", "ABE99"), ("--on-target", "chr9:1:+"), ("--least", "250", "--most", "200"),
        ("--coolest", "64", "--warmest", "60"), ("--forward-tail", "ACGU="),
    ],
)  # fmt: skip
def test_options_that_can_not_be_followed(folder, more):
    assert isinstance(run(folder, *more, code=1).exception, ProgramError)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "no site"),
        ("a\tb\n1\t2\n", "no contig, start, end"),
        ("contig\tstart\tend\nc\t5\t4\n", "start before end"),
        ("contig\tstart\tend\nc\t0\t4\n", "start before end"),
        ("contig\tstart\tend\n=c\t1\t4\n", "contig, whole start"),
        ("contig\tstart\tend\nc\t1\t4\nc\t1\t5\n", "each site once"),
        ("contig\tstart\tend\tkept\nc\t1\t4\tno\n", "no site"),
    ],
)
def test_tables_that_are_no_sites(tmp_path, text, found):
    (tmp_path / "t.tsv").write_text(text)
    with pytest.raises(ProgramError) as told:
        read_panel_sites(tmp_path / "t.tsv")
    assert found in str(told.value)
