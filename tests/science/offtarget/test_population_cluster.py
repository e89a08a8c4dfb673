"""A population search in pieces: here, in processes, and on a Dask cluster give the same files, byte for byte."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from naive_copies import Call, PlainGenome
from test_populations import panel_text

from proband.engine.executor import executor
from proband.science.offtarget.guide import Limits, guide_of
from proband.science.offtarget.population_outputs import write_population
from proband.science.offtarget.population_panel import Panel, read_groups
from proband.science.offtarget.populations import search_population

GUIDES = [guide_of("GACCATGCATTGCAACGTCA", "NRG", name="one"), guide_of("TTGACCAATAGCCTTGACAG", "NGG", name="two")]
LIMITS = Limits(4, 1, 1)
SAMPLES = 6


@pytest.fixture
def scene(tmp_path: Path) -> tuple[Path, PlainGenome]:
    """Sixty variants, some of them under planted near copies of the guides, in six phased samples of two groups."""
    rng = random.Random(7)
    text = rng.choices("ACGT", k=12_000)
    for n in range(30):
        site = list(GUIDES[n % 2].spacer + "AGG")
        site[rng.randrange(20)] = rng.choice("ACGT")
        text[400 * n + 50 : 400 * n + 73] = site
    letters, calls, genotypes = "".join(text), [], []
    for n in range(60):
        at = 200 * n + (rng.randrange(50, 73) if n % 2 == 0 else 150)
        alt = rng.choice([x for x in "ACGT" if x != letters[at]]) if n % 5 else letters[at] + "AC"
        calls.append(Call(at + 1, letters[at], (alt,), ""))
        genotypes.append([f"{rng.randrange(2)}|{rng.randrange(2)}" for _ in range(SAMPLES)])
    (tmp_path / "p.vcf").write_text(panel_text(calls, genotypes))
    (tmp_path / "groups.csv").write_text("sample,group\n" + "".join(f"S{n},{'ab'[n % 2]}\n" for n in range(SAMPLES)))
    return tmp_path, PlainGenome({"c": letters})


def files(scene: tuple[Path, PlainGenome], where: str, name: str) -> dict[str, bytes]:
    """Every file of the search, made in pieces of about four edits."""
    folder, genome = scene
    out = folder / name
    out.mkdir()
    panel = Panel(folder / "p.vcf", genome)
    groups = read_groups(folder / "groups.csv", panel.file.samples)
    with executor(where) as here:
        found = search_population(panel, groups, genome, GUIDES, LIMITS, here, size=4)
    write_population(found, folder / "p.vcf", "digest", "", out / "sites.tsv")
    return {p.name: p.read_bytes() for p in out.iterdir()}


def test_in_processes_as_here(scene: tuple[Path, PlainGenome]) -> None:
    here = files(scene, "serial", "here")
    rows = here["sites.tsv"].splitlines()[2:]
    assert len(rows) > 20
    assert {"altered", "lost"} <= {row.split(b"\t")[16].decode() for row in rows}
    assert files(scene, "processes:2", "pool") == here


@pytest.mark.parametrize("processes", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_on_a_cluster_as_here(scene: tuple[Path, PlainGenome], processes: bool) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2 if processes else 1, threads_per_worker=1, processes=processes, dashboard_address=None,
        silence_logs=50,
    ) as cluster:  # fmt: skip
        assert files(scene, f"dask:{cluster.scheduler_address}", "cluster") == files(scene, "serial", "here")
