"""A heterozygous patient: the normal allele is never a corrected one; allele balance flags a loss."""

import csv

import numpy as np
import pytest

from proband.core.errors import ProgramError
from proband.science.amplicon.allele_balance import allele_balance
from proband.science.amplicon.panel import run_panel
from proband.science.amplicon.sheet import read_sheet
from proband.science.stats.treated_control import CallRule

LEFT = "GTCATCAGTTACGATTGGCATTACCGGATCTGACTTGCAGTCAGGTTCAGC"
SPACER = "GCTTCAGGAGCTTCTGGTCT"
RIGHT = "TGGATTGCACCTGAATGCCGTTAGCATTGCAGGATCTAACGGTCTTGACA"
MUTANT = LEFT + SPACER + RIGHT
TARGET = len(LEFT) + 5
"""The A of position 6, which base editing turns into G; the normal allele has G there."""
MARKER = len(LEFT) + len(SPACER) + 20
RULE = CallRule(0.05, 0.05, "panel")


def changed(sequence, *changes):
    letters = list(sequence)
    for place, base in changes:
        letters[place] = base
    return "".join(letters)


OTHER = {"A": "T", "C": "A", "G": "T", "T": "A"}[MUTANT[MARKER]]
NORMAL = changed(MUTANT, (TARGET, "G"), (MARKER, OTHER))
CORRECTED = changed(MUTANT, (TARGET, "G"))
VARIANTS = f"{TARGET + 1}A>G+{MARKER + 1}{MUTANT[MARKER]}>{OTHER}"


def panel(tmp_path, treated, control, variants=VARIANTS, **site):
    """A panel of one on-target site; arms are lists of {sequence: reads}, a replicate each."""
    assert MUTANT[TARGET] == "A"
    rows = []
    for arm, files in (("treated", treated), ("control", control)):
        for n, reads in enumerate(files, start=1):
            name = f"{arm}{n}.fastq"
            every = [s for s, count in reads.items() for _ in range(count)]
            text = "".join(f"@r{i}\n{s}\n+\n{'I' * len(s)}\n" for i, s in enumerate(every))
            (tmp_path / name).write_text(text)
            rows.append({"sample": f"{arm}{n}", "arm": arm, "replicate": n, "reads": name})
    cells = {
        "site": "S", "amplicon": MUTANT, "spacer": SPACER, "editor": "ABE8e/SpCas9", "expected": "A6",
        "on_target": "yes", "variants": variants,
    } | site  # fmt: skip
    for name, table in (("samples.csv", rows), ("sites.csv", [cells])):
        with (tmp_path / name).open("w", newline="") as out:
            writer = csv.DictWriter(out, list(table[0]))
            writer.writeheader()
            writer.writerows(table)
    return run_panel(read_sheet(tmp_path / "samples.csv", tmp_path / "sites.csv"), RULE)


def test_the_normal_allele_is_not_counted_as_corrected(tmp_path):
    control = [{MUTANT: 500, NORMAL: 500}] * 2
    treated = [{MUTANT: 400, CORRECTED: 100, NORMAL: 500}, {MUTANT: 380, CORRECTED: 120, NORMAL: 500}]
    made = panel(tmp_path, treated, control)
    assert [t.name for t in made.sheet.targets] == ["S", "S.haplotype2"]
    assert [r[1].counts["intended_edit"] for r in made.rows_of("S", "treated")] == [(100, 500), (120, 500)]
    assert [r[1].counts["intended_edit"] for r in made.rows_of("S", "control")] == [(0, 500), (0, 500)]
    other = [r[1] for r in made.rows_of("S.haplotype2", "treated")]
    assert [o.reads for o in other] == [500, 500]
    assert all("intended_edit" not in o.counts and o.counts["any_conversion"][0] == 0 for o in other)
    call = next(r for r in made.panel.results if r.site == "S" and r.event == "intended_edit")
    assert call.call == "detected"
    assert call.difference == pytest.approx(0.22)
    rows = {r.outcome: r for r in made.rows_of("S", "treated")[0][1].outcomes.rows if not r.item or r.item == "A6"}
    assert (rows["intended_edit"].reads, rows["intended_edit"].of) == (100, 500)


def test_proteins_of_the_normal_haplotype_are_not_corrected(tmp_path):
    frame = {"coding": f"{TARGET - 5}-{TARGET + 12}", "wild_type": CORRECTED, "phase": "0"}
    made = panel(tmp_path, [{MUTANT: 400, CORRECTED: 100, NORMAL: 500}] * 2, [{MUTANT: 500, NORMAL: 500}] * 2, **frame)
    first = made.rows_of("S", "treated")[0][1].outcomes
    exact = next(r for r in first.rows if r.outcome == "exact_protein")
    assert (exact.reads, exact.of) == (100, 500)
    other = made.rows_of("S.haplotype2", "treated")[0][1].outcomes
    assert not [r for r in other.rows if r.outcome == "exact_protein"]
    assert any("without an edit" in m for m in other.missing)


def test_without_a_marker_only_indels_are_told(tmp_path):
    normal = changed(MUTANT, (TARGET, "G"))
    lost = MUTANT[: TARGET + 8] + MUTANT[TARGET + 12 :]
    made = panel(
        tmp_path, [{MUTANT: 300, normal: 600, lost: 100}] * 2, [{MUTANT: 500, normal: 500}] * 2, f"{TARGET + 1}A>G"
    )
    assert [t.name for t in made.sheet.targets] == ["S"]
    assert {r.event for r in made.panel.results} == {"indel"}
    held = made.rows_of("S", "treated")[0][1]
    assert held.counts == {"indel": (100, 1000)}
    assert {r.outcome for r in held.outcomes.rows} <= {"indel", "insertion", "deletion", "indel_size"}
    assert any(f.flag == "haplotypes_not_told_apart" for f in made.flags)
    assert made.balances == ()


def test_every_read_of_a_site_is_of_one_haplotype_or_undetermined(tmp_path):
    n_at_marker = changed(MUTANT, (MARKER, "N"))
    lost_marker = MUTANT[: MARKER - 3] + MUTANT[MARKER + 5 :]
    reads = {MUTANT: 200, NORMAL: 190, n_at_marker: 7, lost_marker: 5}
    made = panel(tmp_path, [reads] * 2, [{MUTANT: 500, NORMAL: 500}] * 2)
    first = made.rows_of("S", "treated")[0][1]
    assert first.haplotypes == (200, 190, 12)
    assert sum(first.haplotypes) == made.samples[0].reads["assigned"]
    assert first.ambiguous == 12
    row = next(r for r in first.outcomes.rows if r.outcome == "indel")
    assert row.bounds == pytest.approx((0, 12 / 212))


def test_lost_alleles_shift_the_balance_and_are_only_flagged(tmp_path):
    made = panel(
        tmp_path, [{MUTANT: 700, NORMAL: 1000}, {MUTANT: 690, NORMAL: 1000}], [{MUTANT: 1000, NORMAL: 1000}] * 2
    )
    (balance,) = made.balances
    assert balance.state == "shifted"
    assert "first haplotype" in balance.sentence
    assert "not told" in balance.sentence
    assert any(f.flag == "allele_balance_shifted" for f in made.flags)
    assert not any("large" in r.event for r in made.panel.results)


def test_undetermined_reads_make_a_shift_unclear():
    control = [(1000, 1000, 0), (1010, 1000, 0), (995, 1000, 0)]
    assert allele_balance("s", [(700, 1000, 300), (690, 1000, 310), (705, 1000, 290)], control).state == "unclear"
    assert allele_balance("s", [(700, 1000, 10), (690, 1000, 12), (705, 1000, 9)], control).state == "shifted"
    assert allele_balance("s", [(700, 1000, 10)], control).state == "unknown"
    assert allele_balance("s", [(0, 0, 10)] * 3, control).state == "unknown"


def test_equal_arms_are_rarely_flagged():
    """Beta-binomial replicates without a shift: flags within 5 % + 3 standard errors."""
    rng = np.random.default_rng(8)
    trials, flagged = 1000, 0
    for _ in range(trials):
        arms = []
        for _ in range(2):
            shares = rng.beta(200, 200, 3)
            arms.append([(int(k), 2000 - int(k), 0) for k in rng.binomial(2000, shares)])
        flagged += allele_balance("s", arms[0], arms[1]).state != "steady"
    assert flagged / trials <= 0.05 + 3 * (0.05 * 0.95 / trials) ** 0.5


@pytest.mark.parametrize(
    ("variants", "part"),
    [("1A>C", "base 1 of S is G"), (f"{TARGET + 1}AG>A", "one base"), ("nonsense", "is not a variant")],
)
def test_faults_of_variants(tmp_path, variants, part):
    with pytest.raises(ProgramError) as e:
        panel(tmp_path, [{MUTANT: 5}], [{MUTANT: 5}], variants)
    assert any(part in p.found for p in e.value.problems), [p.found for p in e.value.problems]


def test_nuclease_haplotypes(tmp_path):
    """Indels of each haplotype; the marker may lie in the window."""
    marker = len(LEFT) + 2
    other = {"A": "T", "C": "A", "G": "T", "T": "A"}[MUTANT[marker]]
    second = changed(MUTANT, (marker, other))
    cut = len(LEFT) + 17

    def lost(s):
        return s[: cut - 3] + s[cut + 3 :]

    made = panel(
        tmp_path, [{MUTANT: 300, lost(MUTANT): 200, second: 490, lost(second): 10}] * 2,
        [{MUTANT: 500, second: 500}] * 2, f"{marker + 1}{MUTANT[marker]}>{other}", editor="SpCas9", expected="",
    )  # fmt: skip
    assert made.rows_of("S", "treated")[0][1].counts == {"indel": (200, 500)}
    assert made.rows_of("S.haplotype2", "treated")[0][1].counts == {"indel": (10, 500)}


def test_a_bystander_of_the_editor_is_no_marker():
    """An A>G between the haplotypes in the protospacer is what the editor makes; A>C there, or A>G far away, is not."""
    from proband.science.amplicon.haplotypes import haplotypes_of
    from proband.science.amplicon.outcomes import amplicons_for
    from proband.science.amplicon.targets import Target
    from proband.science.design.editors import load_editors

    target = Target("S", MUTANT, (SPACER,), editor=load_editors()["ABE8e/SpCas9"])
    amplicons = amplicons_for(target)
    beside, far = len(LEFT) + 8, MUTANT.index("A", len(LEFT) + 40)
    assert MUTANT[beside] == MUTANT[far] == "A"
    assert haplotypes_of([(beside, "A", "G")], target, amplicons).blurred
    assert haplotypes_of([(beside, "A", "C")], target, amplicons).markers == ((beside, "A", "C"),)
    assert haplotypes_of([(far, "A", "G")], target, amplicons).markers == ((far, "A", "G"),)
