"""lutgen prove and lutgen mutate, run as a user runs them, on a network trained on digits."""

import json
from pathlib import Path

import numpy as np
import pytest
from faults import visible_flip
from hexadecimal import from_hex
from typer.testing import CliRunner, Result

from lutgen.bits import Bits
from lutgen.chips.registry import families, get_family
from lutgen.cli.app import app
from lutgen.core import CoreConfig, make_core
from lutgen.emit.verilog import emit_verilog
from lutgen.model.network import LutNetwork
from lutgen.verify.mutate import drop_register
from lutgen.verify.mutation import CARRY_MOVE, KINDS


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "digits.npz"
    result = run("train", "--task", "ge5", "--k", 5, "--widths", "24x2", "-o", path)
    assert result.exit_code == 0, result.output
    return path


@pytest.mark.parametrize("target", ["generic", "ice40", "ecp5"])
def test_every_form_of_a_trained_network_is_proved(
    model: Path, tmp_path: Path, target: str
) -> None:
    modes = "both" if target == "ice40" else "none"
    result = run("prove", model, "--chip", target, "--pipeline", 1,
                 "--post-synthesis", modes, "-o", tmp_path)  # fmt: skip
    assert result.exit_code == 0, result.output
    names = ["before prune = after prune", "before pipeline = after pipeline",
             "before mapping = after mapping", "model = netlist", "model = mapped netlist",
             "model = Verilog"]  # fmt: skip
    if modes == "both":
        names += [f"model = netlist after synthesis ({m})" for m in ("direct", "optimised")]
    for name in names:
        assert f"{name}: 1 of 1 outputs proved, 0 open" in result.stdout
    record = json.loads((tmp_path / "proof.json").read_text())
    assert set(names) <= {proof["name"] for proof in record["proofs"]}
    assert record["n_proved"] == record["n_proofs"] == len(record["proofs"])
    assert record["replays"] == []


def test_a_planted_bit_is_refuted_and_replayed_in_the_simulator(
    model: Path, tmp_path: Path
) -> None:
    network = LutNetwork.load(model)
    core = make_core(network, CoreConfig(chip="ice40"))
    rng = np.random.default_rng(0)
    dense = rng.integers(0, 2, size=(2000, network.n_inputs), dtype=np.uint8)
    names = set(network.lut_names()[:-1])
    faulty, lut = visible_flip(core.netlist, Bits.from_dense(dense), names)
    text = emit_verilog(faulty, get_family("ice40"), module=core.module)
    (tmp_path / "faulty.v").write_text(text)
    result = run("prove", model, "--chip", "ice40", "--verilog", tmp_path / "faulty.v",
                 "-o", tmp_path)  # fmt: skip
    assert result.exit_code == 1
    record = json.loads((tmp_path / "proof.json").read_text())
    assert [p["name"] for p in record["proofs"] if not p["proved"]] == ["model = Verilog"]
    found = record["proofs"][-1]["counterexample"]
    assert f"for x = {found['x']}; first differing LUT {lut}" in result.stderr
    assert f"RTL simulation: 0 / 1 equal; sample 0: expected {found['expected']}" in result.stdout
    assert f"first differing LUT {lut}: " in record["replays"][0]
    model_says = network.output_bits(from_hex(found["x"], network.n_inputs)).to_dense()[0, 0]
    assert model_says == found["expected"] != found["seen"]


def test_a_dropped_register_is_refuted_by_a_sequence(model: Path, tmp_path: Path) -> None:
    core = make_core(LutNetwork.load(model), CoreConfig(chip="ice40", pipeline=1))
    last = core.netlist.outputs[0] - core.netlist.first_cell
    faulty = drop_register(core.netlist, last)
    path = tmp_path / "faulty.v"
    path.write_text(emit_verilog(faulty, get_family("ice40"), module=core.module))
    result = run("prove", model, "--chip", "ice40", "--pipeline", 1, "--verilog", path,
                 "-o", tmp_path)  # fmt: skip
    assert result.exit_code == 1
    assert "(this and 3 cycle(s) before, highest)" in result.stderr
    assert "replayed in the simulator: RTL simulation: " in result.stdout


def test_open_is_not_proved(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lutgen.verify import sat, sweep

    monkeypatch.setattr(sweep, "_CONE", 0)  # no tables, and a solver that gives up
    monkeypatch.setattr(sat.Solver, "solve", lambda self, assumptions, max_conflicts: None)
    words = ["prove", model, "--chip", "ice40", "-o", tmp_path, "--conflicts", 1]
    refused = run(*words)
    assert refused.exit_code == 1
    assert "model = Verilog: 0 of 1 outputs proved, 1 open" in refused.stderr
    allowed = run(*words, "--allow-open")
    assert allowed.exit_code == 0
    record = json.loads((tmp_path / "proof.json").read_text())
    assert record["n_proved"] < record["n_proofs"]


def test_mutation_score(model: Path, tmp_path: Path) -> None:
    words = ["mutate", model, "--chip", "ecp5", "--pipeline", 1, "--n", 40, "--simulate-faults", 0]
    result = run(*words, "-o", tmp_path)
    assert result.exit_code == 0, result.output
    record = json.loads((tmp_path / "mutation.json").read_text())
    total = record["total"]
    assert total["planted"] == 40 == len(record["faults"])
    assert total["open"] == 0 and total["proof"] + total["harmless"] == 40
    assert 0 < total["samples"] <= total["proof"] and total["random"] <= total["proof"]
    assert {fault["kind"] for fault in record["faults"]} == set(KINDS) - {CARRY_MOVE}
    assert all(fault["x"] for fault in record["faults"] if fault["proof"] == "refuted")
    for name in total:
        assert total[name] == sum(counts[name] for counts in record["by_kind"].values())
    again = json.loads(run(*words, "-o", tmp_path, "--json").stdout)
    for one in (*record["faults"], *again["faults"]):
        del one["seconds"]
    assert again["faults"] == record["faults"]


def test_the_simulator_agrees_with_the_interpreter(model: Path, tmp_path: Path) -> None:
    result = run(
        "mutate", model, "--chip", "ice40", "--n", 8, "--simulate-faults", 1, "-o", tmp_path
    )
    assert result.exit_code == 0, result.output
    assert "1 of the faults also through Verilog and the simulator, which agrees on 1" in (
        result.stdout
    )


def test_undecided_faults_are_a_failure(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lutgen.verify import sat, sweep

    monkeypatch.setattr(sweep, "_patterns", lambda n, _: np.zeros((n, 1), dtype=np.uint64))
    monkeypatch.setattr(sat.Solver, "solve", lambda self, assumptions, max_conflicts: None)
    result = run(
        "mutate", model, "--chip", "ice40", "--n", 10, "--simulate-faults", 0, "-o", tmp_path
    )
    assert result.exit_code == 1
    assert "are neither caught by the proof nor proved harmless, the first: " in result.stderr


def test_bad_input(model: Path, tmp_path: Path) -> None:
    missing = run("prove", model, "--verilog", tmp_path / "none.v", "-o", tmp_path)
    assert missing.exit_code == 2 and "cannot read" in missing.stderr
    target = run("prove", model, "--chip", "ice41", "-o", tmp_path)
    assert target.exit_code == 2 and "there is no chip family 'ice41'" in target.stderr


def test_all_families_at_once_and_no_dont_cares(model: Path, tmp_path: Path) -> None:
    result = run("prove", model, "--chip", "all", "--no-dont-cares", "-o", tmp_path, "--json")
    assert result.exit_code == 0, result.output
    records = json.loads(result.stdout)
    targets = [record["target"] for record in records]
    assert targets == sorted(set(families()) - {"generic"})
    for record in records:
        assert record["n_proved"] == record["n_proofs"] == len(record["proofs"])
        assert not any("dontcare" in proof["name"] for proof in record["proofs"])
        assert json.loads((tmp_path / record["target"] / "proof.json").read_text()) == record
