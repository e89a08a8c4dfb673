"""Motif flags: published sequences, hand-made ones, naive twins, and faults of the file."""

import oligo_cases as cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.science.design.oligo_chemistry import load_chemistry
from proband.science.design.oligo_motifs import dna_letters, load_motifs, motif_flags, parse_motifs
from proband.science.sequence.alphabet import reverse_complement

CLASSES = load_chemistry().classes
MOTIFS = load_motifs()
LNA, MOE, PMO = CLASSES["lna_ps_gapmer"], CLASSES["moe_mixed_gapmer"], CLASSES["pmo_steric"]
MOTIF = """
[motif.m]
says = "s"
kind = "run"
bases = "G"
at_least_nt = 3
sugars = []
eased_by = []
cite = { paper = "p" }
"""


def found(sequence, chemistry=None):
    return {f.name: f.places for f in motif_flags(sequence, chemistry, MOTIFS)}


def test_every_motif_has_its_source():
    for m in MOTIFS:
        assert m.paper
        assert m.read_as in ("recalled", "secondary", "read")
    assert {m.name: m.read_as for m in MOTIFS}["g_run_4"] == "recalled"
    for f in motif_flags("GGGGCGTCC", None, MOTIFS):
        assert f.text.endswith(("; recalled]", "; secondary]"))


def test_kif1a_gapmer():
    """nL-KIF1-001: no CpG, no G-run; a palindrome ATGTACAT at its 5' end and a TGC that was seen in LNA alone."""
    sequence = dna_letters(cases.KIF1A)
    assert sequence == "ATGTACATTTTCTTTGTTGC"
    assert found(sequence) == {"tgc": ((17, "TGC"),), "palindrome": ((0, "ATGTACAT"),)}
    flags = {f.name: f for f in motif_flags(sequence, MOE, MOTIFS)}
    assert not flags["tgc"].counts
    assert "not known for 2'-MOE" in flags["tgc"].text
    assert flags["palindrome"].counts
    assert {f.name: f.counts for f in motif_flags(sequence, LNA, MOTIFS)}["tgc"]
    unstated = {f.name: f for f in motif_flags(sequence, None, MOTIFS)}["tgc"]
    assert unstated.counts
    assert "chemistry is not stated" in unstated.text


def test_approved_oligonucleotides():
    """Letters from the table named in oligo_cases; flags read off by eye."""
    assert found(cases.FOMIVIRSEN)["cpg"] == ((1, "CG"), (19, "CG"))
    assert "cpg_flanked" not in found(cases.FOMIVIRSEN)
    assert found(cases.MIPOMERSEN)["cpg"] == ((14, "CG"),)
    assert found(cases.MIPOMERSEN)["tgc"] == ((9, "TGC"),)
    assert "tcc" not in found(cases.MIPOMERSEN)
    assert "cpg" not in found(cases.INOTERSEN)
    assert found(cases.INOTERSEN)["tcc"] == ((16, "TCC"),)
    assert found(cases.GOLODIRSEN)["cpg"] == ((8, "CG"),)
    assert found(cases.VILTOLARSEN)["cpg"] == ((4, "CG"),)
    assert found(cases.ETEPLIRSEN)["tcc"] == ((1, "TCC"),)
    assert not {"g_run_4", "g_run_3", "homopolymer"} & set(found(cases.ETEPLIRSEN))


def test_cpg_is_eased_by_methylation():
    flag = motif_flags(cases.MIPOMERSEN, MOE, MOTIFS)[0]
    assert (flag.name, flag.counts) == ("cpg", True)
    assert "5-methylcytosine" in flag.text
    assert "5-methylcytosine" not in motif_flags(cases.MIPOMERSEN, PMO, MOTIFS)[0].text


@pytest.mark.parametrize(
    ("sequence", "names"),
    [
        ("AACGTT", {"cpg", "cpg_flanked", "palindrome"}),
        ("GACGTC", {"cpg", "cpg_flanked", "palindrome"}),
        ("CACGTA", {"cpg"}),
        ("AGGGA", {"g_run_3"}),
        ("AGGGGA", {"g_run_4"}),
        ("AGGA", set()),
        ("ACCCCCA", {"homopolymer"}),
        ("GGGGGT", {"g_run_4"}),
        ("ACTTTTA", set()),
        ("ACATCTTTGATGT", {"self_complementary"}),
        ("ACATCTTTGTTGT", set()),
        ("", set()),
    ],
)
def test_single_motifs(sequence, names):
    assert set(found(sequence)) == names


def test_a_longer_palindrome_swallows_those_inside():
    assert found("TGAATTCA")["palindrome"] == ((0, "TGAATTCA"),)
    assert found("GAATTCCGAATTC")["palindrome"] == ((0, "GAATTC"), (7, "GAATTC"))


@settings(max_examples=150, deadline=None)
@given(st.text("ACGT", min_size=6, max_size=24))
def test_naive_twins(sequence):
    flags = found(sequence)
    n = len(sequence)
    stretches = [(i, sequence[i:j]) for i in range(n) for j in range(i + 1, n + 1)]
    palindromes = {s for _, s in stretches if len(s) >= 6 and s == reverse_complement(s)}
    assert bool(palindromes) == ("palindrome" in flags)
    if palindromes:
        assert max(palindromes, key=len) in [s for _, s in flags["palindrome"]]
    doubles = [len(s) for i, s in stretches if len(s) >= 5 and reverse_complement(s) in sequence[i + len(s) :]]
    assert bool(doubles) == ("self_complementary" in flags)
    if doubles:
        assert len(flags["self_complementary"][0][1]) == max(doubles)
    assert len(flags.get("cpg", ())) == sum(sequence[i : i + 2] == "CG" for i in range(n))
    assert ("g_run_4" in flags) == ("GGGG" in sequence)
    for places in flags.values():
        assert all(sequence[at : at + len(s)] == s for at, s in places)


def test_letters():
    assert dna_letters(" auG\n") == "ATG"
    for bad in ("", "ACGN", "5'-ACG", "AoC"):
        with pytest.raises(ProgramError, match="A, C, G, T or U"):
            dna_letters(bad)
    with pytest.raises(ValueError, match="A, C, G, T"):
        motif_flags("ACGU")


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(MOTIF, encoding="utf-8")
    assert [f.name for f in motif_flags("GGGTCC", None, load_motifs(path))] == ["m"]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('says = "s"', 'says = ""', "motif.m.says"),
        ('says = "s"', 'says = "s"\nweight = 1', "unknown key"),
        ('bases = "G"', 'bases = "GX"', "motif.m.bases"),
        ('bases = "G"', "", "motif.m.bases"),
        ('bases = "G"', 'bases = "G"\npattern = "CG"', "motif.m.pattern"),
        ("at_least_nt = 3", "", "motif.m.at_least_nt"),
        ("at_least_nt = 3", "at_least = 3", "unknown key"),
        ("at_least_nt = 3", "at_least_nt = 3\nat_most_nt = 2", "motif.m.at_most_nt"),
        ('kind = "run"', 'kind = "word"', "motif.m.pattern"),
        ('kind = "run"', 'kind = "walk"', "motif.m"),
        ('paper = "p"', 'paper = ""', "motif.m"),
    ],
)
def test_faults_of_a_file(old, new, place):
    with pytest.raises(ProgramError) as caught:
        parse_motifs(MOTIF.replace(old, new), "own.toml")
    assert place in str(caught.value)
