"""The command that writes the other forms: each is read by Yosys, and all are one function."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from needed import need_module
from strategies import random_network
from typer.testing import CliRunner, Result

from lutgen.cli.app import app
from lutgen.core import CoreConfig, make_core
from lutgen.emit.forms import FORMS, forms_of
from lutgen.flow.tools import find_yosys
from lutgen.flow.yosys import simulation_models
from lutgen.jobs import emit
from lutgen.model.network import LutNetwork
from lutgen.netlist.ir import LUT


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "random.npz"
    random_network(np.random.default_rng(0), 12, [9, 6, 1], (2, 6)).save(path)
    return path


def yosys(folder: Path, script: str) -> str:
    (folder / "script.ys").write_text(script)
    done = subprocess.run(
        [str(find_yosys().path), "-s", "script.ys"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_form_is_the_same_function_to_yosys(model: Path, tmp_path: Path) -> None:
    result = run("emit", model, "--chip", "ice40", "--fmax-target", "250MHz", "--module", "core",
                 "-o", tmp_path, "--json")  # fmt: skip
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert list(record["files"]) == [name for name in FORMS if name != "tables"]
    assert record["ands"]["aiger"] == record["ands"]["aiger-ascii"] > 50
    latency = record["latency_cycles"]
    assert latency > 1
    models = simulation_models("ice40").read_text()
    modules = re.findall(r"^module (?:SB_LUT4|SB_DFF) .*?^endmodule", models, re.M | re.S)
    macros = models.partition("\nmodule ")[0]
    (tmp_path / "models.v").write_text("\n".join([macros, *modules, ""]))
    reading = {
        "verilog": "read_verilog -D NO_ICE40_DEFAULT_ASSIGNMENTS=1 models.v core.v\n"
        "hierarchy -top core\nproc\nflatten",
        "behavioural": "read_verilog core_behavioural.v\nproc",
        "blif": "read_blif core.blif",
        "aiger": "read_aiger -clk_name clk -module_name core core.aig",
        "aiger-ascii": "read_aiger -clk_name clk -module_name core core.aag",
    }
    # Yosys reads no C; see test_emit_c
    assert set(reading) == set(FORMS) - {"c", "tables"}
    script = []
    for name, read in reading.items():
        tidy = "opt_clean\nsplitnets -ports"
        script += [read, tidy, f"rename core {name}", f"design -stash {name}"]
    for name in reading.keys() - {"behavioural"}:
        script += [
            "design -copy-from behavioural -as gold behavioural",
            f"design -copy-from {name} -as gate {name}",
            "miter -equiv -make_assert -flatten gold gate miter",
            f"sat -verify -prove-asserts -seq {latency + 1} -prove-skip {latency} "
            "-set-init-undef -set-def-inputs miter",
            "design -reset",
        ]
    log = yosys(tmp_path, "\n".join(script))
    assert log.count("SAT proof finished - no model found: SUCCESS!") == len(reading) - 1


def test_amaranth_writes_rtlil_of_primitives(model: Path, tmp_path: Path) -> None:
    need_module("amaranth", "pip install 'lutgen[amaranth]'")
    words = ["emit", model, "--form", "amaranth", "--chip", "ice40", "--pipeline", 1]
    texts = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        result = run(*words, "-o", folder)
        assert result.exit_code == 0, result.output
        assert sorted(path.name for path in folder.iterdir()) == [
            "core.json",
            "lutgen_core.il",
            "network.npz",
        ]
        texts.append((folder / "lutgen_core.il").read_text())
    assert texts[0] == texts[1]
    log = yosys(
        tmp_path / "a",
        "read_rtlil lutgen_core.il\nhierarchy -top lutgen_core\n"
        "select -assert-count 1 lutgen_core/i:o__ready\nflatten\nopt_clean\nstat",
    )
    netlist = make_core(LutNetwork.load(model), CoreConfig(chip="ice40", pipeline=1)).netlist
    assert f"{netlist.count(LUT)}   SB_LUT4" in log


def test_all_forms_are_the_same_again(model: Path) -> None:
    cores = [
        make_core(LutNetwork.load(model), CoreConfig(chip="ice40", pipeline=1)) for _ in range(2)
    ]
    for name in forms_of(cores[0]):
        first, second = (FORMS[name].write(core) for core in cores)
        assert first == second


def test_what_was_written_is_told(model: Path, tmp_path: Path) -> None:
    result = run("emit", model, "--form", "blif", "--form", "aiger", "-o", tmp_path)
    assert result.exit_code == 0, result.output
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert set(sizes) == {"lutgen_core.blif", "lutgen_core.aig", "core.json", "network.npz"}
    assert f"lutgen_core.blif (blif, {sizes['lutgen_core.blif']:,} bytes)" in result.stdout
    assert f"(aiger, {sizes['lutgen_core.aig']:,} bytes, " in result.stdout


def test_bad_input(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("emit", model, "--form", "edif", "-o", tmp_path)
    assert result.exit_code == 2
    assert "there is no form 'edif'; choose one of: verilog, behavioural, blif" in result.stderr
    monkeypatch.setattr(emit.importlib.util, "find_spec", lambda name: None)
    result = run("emit", model, "--form", "amaranth", "-o", tmp_path)
    assert result.exit_code == 3
    assert "pip install 'lutgen[amaranth]'" in result.stderr
    assert not list(tmp_path.iterdir())
