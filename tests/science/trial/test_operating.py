"""The job: the same bytes however it is cut, stopped and resumed; damaged pieces are made anew."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from trial_cases import Z, plan, raw_plan

from proband.cli import simulate, simulate_files
from proband.core.errors import ProgramError
from proband.core.provenance import digest
from proband.engine.executor import Serial, executor
from proband.science.trial.measures import Tally
from proband.science.trial.operating import BLOCK, Piece, collect, pieces, run_piece
from proband.science.trial.plan_file import ReadPlan
from proband.science.trial.trial_tables import document, table

SMALL = {"patients": [2, 3], "effect": [0, 1], "rho": [0], "drift": [0], "worst_case": {}}


def small(**simulation):
    changes = {"simulation": {**SMALL, **simulation}}
    return ReadPlan(plan("multiple_baseline", **changes), digest(raw_plan("multiple_baseline", **changes)))


class Stops(Serial):
    """An executor that is killed after some pieces."""

    def __init__(self, after):
        self.after = after

    def map(self, function, pieces):
        for n, piece in enumerate(pieces):
            if n == self.after:
                raise KeyboardInterrupt
            yield function(piece)


def written(out, read, replicates, run):
    """All files of a finished run but the stored pieces."""
    out.mkdir(exist_ok=True)
    work = pieces(read.plan, replicates)
    store = simulate_files.Store.opened(out, read)
    simulate.finish(store, work, read, run)
    simulate_files.write_results(out, b"the plan\n", read, collect(read.plan, replicates, store.all(work)))
    return {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()}


def test_stopped_and_resumed_gives_the_bytes_of_a_whole_run(tmp_path):
    read = small()
    whole = written(tmp_path / "whole", read, 600, Serial())
    with pytest.raises(KeyboardInterrupt):
        written(tmp_path / "cut", read, 600, Stops(2))
    assert not (tmp_path / "cut" / "rerun.toml").exists()
    assert len(list((tmp_path / "cut" / ".pieces").glob("*-0-600.json"))) == 2
    assert written(tmp_path / "cut", read, 600, Stops(2)) == whole
    assert written(tmp_path / "cut", read, 600, Stops(0)) == whole


KILLED = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_operating as t

class Dies(t.Serial):
    def map(self, function, pieces):
        yield function(pieces[0])
        os._exit(9)

t.written(Path(sys.argv[2]), t.small(), 600, Dies())
"""


def test_a_killed_process_leaves_what_it_had_finished(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(tmp_path / "cut")],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 9, done.stderr.decode()
    assert len(list((tmp_path / "cut" / ".pieces").glob("*-0-600.json"))) == 1
    assert not list((tmp_path / "cut" / ".pieces").glob(".writing-*"))
    assert written(tmp_path / "cut", small(), 600, Serial()) == written(tmp_path / "whole", small(), 600, Serial())


def test_a_damaged_piece_is_made_anew(tmp_path):
    read = small()
    whole = written(tmp_path / "o", read, 300, Serial())
    stored = sorted((tmp_path / "o" / ".pieces").glob("*-0-300.json"))
    for path, text in zip(
        stored, (b"", b'{"blocks": 3}', b"{", stored[3].read_bytes().replace(b"250", b"251")), strict=True
    ):
        path.write_bytes(text)
    assert written(tmp_path / "o", read, 300, Serial()) == whole
    stored[0].write_bytes(b"")
    with pytest.raises(KeyboardInterrupt):
        written(tmp_path / "o", read, 300, Stops(0))


@pytest.mark.parametrize("change", [{"effect": [0, 2]}, {"patients": [3]}])
def test_pieces_of_another_plan_are_refused(tmp_path, change):
    written(tmp_path / "o", small(), 300, Serial())
    with pytest.raises(ProgramError, match="another plan"):
        written(tmp_path / "o", small(**change), 300, Serial())


def test_processes_give_the_bytes_of_one_process(tmp_path):
    read = small()
    with executor("processes:2") as run:
        assert written(tmp_path / "two", read, 600, run) == written(tmp_path / "one", read, 600, Serial())


def test_results_do_not_depend_on_the_cut():
    read = small()
    scenario = pieces(read.plan, 1)[0].scenario
    whole = run_piece(Piece(scenario, 0, 3, 3 * BLOCK), read)
    parts = [t for k in range(3) for t in run_piece(Piece(scenario, k, k + 1, 3 * BLOCK), read)]
    assert whole == parts
    assert Tally.total(whole) == Tally.total(reversed(parts))
    assert whole[0] != whole[1]


def test_another_seed_or_plan_is_another_draw():
    read = small()
    piece = pieces(read.plan, BLOCK)[0]
    seeded = ReadPlan(read.plan.model_copy(update={"seed": 2}), read.digest)
    assert run_piece(piece, seeded) != run_piece(piece, read) != run_piece(piece, ReadPlan(read.plan, "0" * 64))


@pytest.mark.parametrize("replicates", [0, -1, 10**9])
def test_replicates_out_of_range(replicates):
    with pytest.raises(ValueError, match="replicates"):
        pieces(small().plan, replicates)


def test_closed_forms_need_no_pieces():
    changes = {**Z, "simulation": {**Z["simulation"], "patients": [3], "worst_case": {}}}
    made = plan("external_control", **changes)
    assert pieces(made, 100) == []
    rows = collect(made, 100, ()).rows
    assert rows
    assert all(r.exact and r.measure.mc_se == 0 for r in rows)


def test_nothing_simulated_gives_no_number():
    made = collect(small().plan, 100, ())
    assert made.rows == made.worst == ()


def test_benefit_and_harm_are_both_needed():
    rule = {"kind": "benefit_risk", "alpha": None, "threshold": 0.975, "harm_limit": 0.5, "harm_threshold": 0.6,
            "harm_prior": [1.0, 1.0]}  # fmt: skip
    axes = {"harm_rate": [0.0, 1.0], "patients": [10], "effect": [0, 0.4], "control_rate": [0.25], "worst_case": {}}
    made = collect(plan("single_arm_binary", success=rule, simulation=axes), 1, ())
    by = {r.scenario["harm_rate"]: r.measure.value for r in made.rows if r.measure.metric == "power"}
    assert by[0.0] > 0.2
    assert by[1.0] == 0.0


def test_table_and_document_hold_the_same_numbers():
    read = small()
    work = pieces(read.plan, 300)
    oc = collect(read.plan, 300, [(p, run_piece(p, read)) for p in work])
    lines = [line.split("\t") for line in table(oc).splitlines()]
    assert len(lines) == 1 + len(oc.rows) + len(oc.worst)
    assert {len(line) for line in lines} == {len(lines[0])}
    made = json.loads(json.dumps(document(read, oc, {})))
    assert sum(len(s["measures"]) for s in made["scenarios"]) == len(oc.rows)
    assert made["planned"]["type_i_error"]["replicates"] == 300
    assert "coverage" not in table(oc)
    assert any("worst case over the declared set" in s for s in made["sentences"])
