"""Scores of off-target sites on the public half of CHANGE-seq and GUIDE-seq, guides held out.

    python benchmarks/offtarget_scores.py FOLDER [--write]

FOLDER holds changeseq_tcell_half.csv.gz, guideseq_tcell_half.csv.gz and crisporPaper_offtargets.tsv.gz. Prints the
recall ceilings, both baselines, the held-out figures of the empirical probability with intervals over guides, and its
calibration; with --write it writes the reference files that are shipped. Nothing here
fails, it only measures.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from proband.science.offtarget import empirical_fit as fit
from proband.science.offtarget.cfd import cfd
from proband.science.offtarget.empirical_score import FEATURES, EmpiricalModel, features
from proband.science.offtarget.paired_sites import PairedSites, paired, read_assay
from proband.science.offtarget.recall import measured

REFERENCE = Path(__file__).parents[1] / "src" / "proband" / "reference"
SEED = 20201
SUBSETS = {
    "count and PAM": ("mismatches", "pam_nag", "pam_nga", "pam_other"),
    "count, PAM, CFD": ("mismatches", "pam_nag", "pam_nga", "pam_other", "log_cfd"),
    "without CFD": tuple(f for f in FEATURES if f != "log_cfd"),
    "without places": tuple(f for f in FEATURES if not f.startswith("mismatch_at")),
}
RIDGES = (1.0, 3.0, 10.0, 30.0)
# The figures of all 1,702 GUIDE-seq and 67,476 CHANGE-seq rows, as read: sites and reads of each assay.
PUBLISHED = (
    ("NGG", 3, 0.268, 0.646, 0.022, 0.077), ("NGG", 4, 0.631, 0.914, 0.138, 0.266),
    ("NGG", 6, 0.862, 0.977, 0.858, 0.856), ("NRG", 4, 0.703, 0.933, 0.185, 0.330),
    ("NRG", 6, 0.941, 0.996, 0.955, 0.950),
)  # fmt: skip


RECALL_HEAD = """\
# Recall ceilings of search settings: which share of the off-target sites of an assay (and of their reads) lies
# within a PAM pattern and at most so many mismatches in the protospacer. Read by proband.science.offtarget.recall.
#
# data = "all": all rows of the published tables (1,702 GUIDE-seq and 67,476 CHANGE-seq site-by-run rows, hg38),
#               read as figures. data = "half": measured on the half of the guides that is at hand (343 and 55,799
#               rows), repeated by a test. "GUIDE-seq" and "CHANGE-seq" = [share of sites, share of reads].
# Both assays leave out sites with bulges and with more than 6 mismatches: true recall is at most the ceiling.

source = "Lazzarotto et al., Nature Biotechnology 2020;38:1317-1327, GUIDE-seq and CHANGE-seq in T cells, SpCas9"
read_as = "computed from the published tables"
counted = "site-by-run rows with at least one mismatch in the 20 bases of the protospacer, PAM excluded"
"""
MODEL_HEAD = """\
# Empirical probability that an off-target site found by CHANGE-seq is found by GUIDE-seq too, SpCas9 in T cells.
# Read by proband.science.offtarget.empirical_score. Log odds = intercept + sum of coefficient x feature.
# Made by benchmarks/offtarget_scores.py --write; a test fits it again.

source = "Lazzarotto et al., Nature Biotechnology 2020;38:1317-1327; half of the guides (ardiab/SysEvalOffTarget)"
method = "logistic regression, ridge 10 on standardised features, coefficients bounded by sign"
"""


def compared(sites: PairedSites, scores: dict[str, np.ndarray]) -> dict[str, tuple[fit.Interval, ...]]:
    """AUROC and average precision of each score, and their differences to minus the mismatch count."""
    base, made = scores["minus mismatches"], {}
    for name, score in scores.items():
        figures = []
        for statistic in (fit.auroc, fit.average_precision):
            figures.append(fit.by_guides(lambda i, s=score, f=statistic: f(sites.found[i], s[i]), sites.guides, SEED))
            figures.append(
                fit.by_guides(
                    lambda i, s=score, f=statistic: f(sites.found[i], s[i]) - f(sites.found[i], base[i]),
                    sites.guides, SEED,
                )
            )  # fmt: skip
        made[name] = tuple(figures)
    return made


def ranks(path: Path, model: EmpiricalModel) -> None:
    """Spearman correlation with read fractions by guide, on guides of other studies."""
    from scipy.stats import spearmanr

    groups: dict[str, list[tuple[str, float, str]]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as text:
        for r in csv.DictReader(text, delimiter="\t"):
            if r["type"] == "on-target" or r["score"] != "NA":
                reads = float(r["score"]) if r["score"] != "NA" else 0.0
                groups.setdefault(r["name"], []).append((r["seq"], reads, r["type"]))
    made: dict[str, list[float]] = {"empirical": [], "cfd": [], "minus mismatches": []}
    for rows in groups.values():
        on = [s for s, _, t in rows if t == "on-target"]
        off = [(s, x) for s, x, t in rows if t == "off-target" and len(s) == 23 and set(s) <= set("ACGT")]
        if len(on) != 1 or len(on[0]) != 23 or len(off) < 10:
            continue
        spacer, reads = on[0][:20], [x for _, x in off]
        values = {
            "empirical": [model.log_odds(features(spacer, s[:20], s[20:])) for s, _ in off],
            "cfd": [cfd(spacer, s[:20], s[20:]).score for s, _ in off],
            "minus mismatches": [-sum(a != b for a, b in zip(spacer, s, strict=False)) for s, _ in off],
        }
        for name, v in values.items():
            made[name].append(float(spearmanr(v, reads).statistic))
    for name, v in made.items():
        print(f"  {name:18s} median Spearman {np.median(v):.3f} over {len(v)} guides with 10 sites or more")


def write_recall(half: dict[tuple[str, int], tuple[float, ...]]) -> None:
    """The recall table that is shipped."""
    lines = RECALL_HEAD.splitlines()
    rows = [("all", p, m, *f) for p, m, *f in PUBLISHED] + [("half", p, m, *f) for (p, m), f in half.items()]
    for data, pam, mm, gs, gr, cs, cr in rows:
        lines += ["", "[[ceiling]]", f'data = "{data}"', f'pam = "{pam}"', f"mismatches = {mm}"]
        lines += [f"GUIDE-seq = [{gs:.3f}, {gr:.3f}]", f"CHANGE-seq = [{cs:.3f}, {cr:.3f}]"]
    (REFERENCE / "offtarget_recall.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_model(model: EmpiricalModel, sites: PairedSites, told: dict[str, tuple[fit.Interval, ...]]) -> None:
    """The coefficients that are shipped, with what they were learnt from and how well they did on held-out guides."""
    area, _, precision, _ = told["empirical, held out"]
    count_area, _, count_precision, _ = told["minus mismatches"]
    lines = [
        *MODEL_HEAD.splitlines(),
        f"sites = {len(sites)}", f"found = {int(sites.found.sum())}", f"guides = {len(np.unique(sites.guides))}",
        "# Guides held out one by one; [value, 2.5 %, 97.5 %] over resampled guides.",
        *(
            f"{name} = [{x.value:.3f}, {x.low:.3f}, {x.high:.3f}]"
            for name, x in (
                ("auroc", area), ("average_precision", precision), ("auroc_minus_mismatches", count_area),
                ("average_precision_minus_mismatches", count_precision),
            )
        ),
        f"intercept = {model.intercept:.4f}", "", "[coefficient]",
        *(f"{n} = {model.coefficients[n] + 0.0:.4f}" for n in FEATURES),
    ]  # fmt: skip
    text = "\n".join(lines).replace(" -0.0000", " 0.0") + "\n"
    (REFERENCE / "offtarget_empirical.toml").write_text(text, encoding="utf-8")


def main(folder: Path, write: bool) -> None:
    """Measure and print."""
    change = read_assay(folder / "changeseq_tcell_half.csv.gz", "CHANGEseq_reads")
    guide = read_assay(folder / "guideseq_tcell_half.csv.gz", "GUIDEseq_reads")
    half = {}
    for pam in ("NGG", "NRG", "NNG", "NNN"):
        for mm in range(1, 7):
            half[pam, mm] = (*measured(guide, pam, mm), *measured(change, pam, mm))
            print(f"{pam} <= {mm}: GUIDE-seq {half[pam, mm][0]:.3f} ({half[pam, mm][1]:.3f}), "
                  f"CHANGE-seq {half[pam, mm][2]:.3f} ({half[pam, mm][3]:.3f})")  # fmt: skip
    sites = paired(change, guide)
    print(f"{len(sites)} sites, {sites.found.sum()} found, {len(np.unique(sites.guides))} guides")
    scores = {
        "minus mismatches": -sites.mismatches,
        "CFD": sites.cfd,
        "empirical, held out": fit.held_out(sites.features, sites.found, sites.guides),
        **{
            f"{n}, held out": fit.held_out(sites.features, sites.found, sites.guides, fit.Candidate(names))
            for n, names in SUBSETS.items()
        },
    }
    candidates = [fit.Candidate(names, ridge) for names in (FEATURES, *SUBSETS.values()) for ridge in RIDGES]
    scores["chosen inside, held out"], chosen = fit.nested(sites.features, sites.found, sites.guides, candidates)
    named = {FEATURES: "all features"} | {names: n for n, names in SUBSETS.items()}
    for candidate, times in Counter(chosen).most_common():
        print(f"chosen for {times} guides: {named[candidate.names]}, ridge {candidate.ridge:g}")
    told = compared(sites, scores)
    for name, (a, da, p, dp) in told.items():
        print(
            f"{name:26s} AUROC {a.value:.3f} [{a.low:.3f}, {a.high:.3f}]"
            f" ({da.value:+.3f} [{da.low:+.3f}, {da.high:+.3f}])"
            f"  AP {p.value:.3f} [{p.low:.3f}, {p.high:.3f}] ({dp.value:+.3f} [{dp.low:+.3f}, {dp.high:+.3f}])"
        )
    odds = scores["empirical, held out"]
    biggest = max(np.unique(sites.guides), key=lambda g: (sites.guides == g).sum())
    rest = sites.guides != biggest
    print(f"without the largest guide ({(~rest).sum()} sites):")
    for name in ("minus mismatches", "CFD", "empirical, held out"):
        print(f"  {name:20s} AUROC {fit.auroc(sites.found[rest], scores[name][rest]):.3f} "
              f"AP {fit.average_precision(sites.found[rest], scores[name][rest]):.3f}")  # fmt: skip
    for b in fit.calibration(sites.found, odds):
        print(f"  predicted {b.predicted:.3f}, found {b.found} of {b.sites} = {b.found / b.sites:.3f}")
    print("calibration intercept and slope: {:.2f} {:.2f}".format(*fit.calibration_line(sites.found, odds)))
    p = 1 / (1 + np.exp(-odds))
    for g in np.unique(sites.guides):
        at = sites.guides == g
        print(f"  {g}: {at.sum()} sites, expected {p[at].sum():.1f}, found {sites.found[at].sum()}")
    model = fit.fit(sites.features, sites.found)
    ranks(folder / "crisporPaper_offtargets.tsv.gz", model)
    if write:
        write_recall(half)
        write_model(model, sites, told)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--write" in sys.argv)
