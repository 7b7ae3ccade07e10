"""Synthesis: what is kept, what is counted, what is written, and what a failure says."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from strategies import random_network

from lutgen.core import Core, CoreConfig, make_core
from lutgen.emit.blif import emit_blif
from lutgen.emit.verilog import core_verilog
from lutgen.errors import ConfigError, OutputError, ToolError
from lutgen.flow import yosys
from lutgen.flow.yosys import (
    DIRECT,
    OPTIMISED,
    count_levels,
    simulation_models,
    synthesise,
    yosys_family,
)
from lutgen.netlist.ir import LUT, Cell, Netlist
from lutgen.records.synthesis import SYNTHESIS_FILE, SynthesisRecord

ICE40 = yosys_family("ice40")


@pytest.fixture(scope="module")
def core() -> Core:
    network = random_network(np.random.default_rng(3), 10, [6, 4, 1], 5)
    return make_core(network, CoreConfig(chip="ice40", pipeline=1))


def run_direct(core: Core, folder: Path) -> SynthesisRecord:
    return synthesise(
        core_verilog(core),
        language="verilog",
        top=core.module,
        target="ice40",
        mode=DIRECT,
        out_dir=folder,
        digest=core.network.digest,
    )


def test_direct_keeps_every_primitive_and_is_deterministic(core: Core, tmp_path: Path) -> None:
    results = [run_direct(core, tmp_path / name) for name in ("one", "another one")]
    kept = {"SB_DFF": core.netlist.count("register"), "SB_LUT4": core.netlist.count("lut")}
    assert results[0].cells == kept
    assert (results[0].n_registers, results[0].n_luts) == tuple(kept.values())
    assert results[0].levels == core.netlist.depth
    assert results[0].digest == core.network.digest and results[0].tool.startswith("Yosys ")

    folder = tmp_path / "one" / DIRECT
    record = json.loads((folder / SYNTHESIS_FILE).read_text())
    assert record["cells"] == kept and record["command"] == results[0].command
    assert json.loads((folder / "stat.json").read_text())["modules"]
    netlist = json.loads((folder / "netlist.json").read_text())["modules"][core.module]["cells"]
    assert {
        cell["parameters"]["LUT_INIT"] for cell in netlist.values() if cell["type"] == "SB_LUT4"
    } == {f"{cell.init:016b}" for cell in core.netlist.cells if cell.kind == "lut"}
    for name in ("script.ys", "netlist.v", "netlist.json"):
        text = (folder / name).read_text()
        assert text == (tmp_path / "another one" / DIRECT / name).read_text()
        assert str(tmp_path) not in text


def test_a_failing_script_quotes_yosys_and_leaves_no_result(core: Core, tmp_path: Path) -> None:
    run_direct(core, tmp_path)
    folder = tmp_path / DIRECT
    assert (folder / SYNTHESIS_FILE).exists()
    broken = core_verilog(core).replace(".I0(", ".I9(", 1)
    with pytest.raises(ToolError) as caught:
        synthesise(
            broken, language="verilog", top=core.module, target="ice40", mode=DIRECT,
            out_dir=tmp_path,
        )  # fmt: skip
    message = str(caught.value)
    assert message.startswith("Yosys (direct) failed (exit code 1): ")
    assert "ERROR: " in message and "I9" in message
    assert message.endswith(f"log: {folder / 'yosys.log'}")
    left = {path.name for path in folder.iterdir()}
    assert left == {"core.v", "script.ys", "yosys.log"}


def test_a_table_of_zeros_is_zero_and_not_unknown(tmp_path: Path) -> None:
    cells = (Cell(LUT, (0,), 0b00, "l1_n0", 1), Cell(LUT, (5, 3, 4), 0b10010110, "l1_n1", 1))
    result = synthesise(
        emit_blif(Netlist(3, cells, (6,)), model="m"), language="blif", top="m", target="ice40",
        mode=OPTIMISED, out_dir=tmp_path,
    )  # fmt: skip
    assert result.n_luts == 1  # unknown, it would make the exclusive or unknown, and that anything


def test_where_the_synthesis_breaks_down_the_second_one_is_tried(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = replace(ICE40, synth="synth_ice40 -no-such-option")
    monkeypatch.setattr(yosys, "yosys_family", lambda _: broken)
    settings = {"language": "verilog", "top": core.module, "target": "ice40", "mode": OPTIMISED}
    result = synthesise(core_verilog(core), **settings, out_dir=tmp_path / "a")
    assert f"{ICE40.second_synth} -top" in result.command
    assert result.n_luts > 0
    only = replace(broken, second_synth="")
    monkeypatch.setattr(yosys, "yosys_family", lambda _: only)
    with pytest.raises(ToolError, match="Unknown option"):
        synthesise(core_verilog(core), **settings, out_dir=tmp_path / "b")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"target": "generic"},
            "cannot synthesise for chip family 'generic'; choose one of: cyclonev, ecp5",
        ),
        ({"mode": "fast"}, "mode 'fast' and language 'verilog': must be one of direct, optimised"),
        ({"language": "vhdl"}, "language 'vhdl': must be .* one of verilog, blif"),
    ],
)
def test_unknown_choices_are_refused(tmp_path: Path, changes, message: str) -> None:
    choice = {"target": "ice40", "mode": OPTIMISED, "language": "verilog"}
    with pytest.raises(ConfigError, match=message):
        synthesise("", top="top", out_dir=tmp_path, **choice | changes)
    assert not list(tmp_path.iterdir())


def test_simulation_models_are_those_of_yosys() -> None:
    text = simulation_models("ice40").read_text()
    assert "module SB_LUT4" in text and "module SB_DFF" in text


def module(*cells: tuple[str, str, list[int], int]) -> dict[str, object]:
    """Return a module of Yosys's JSON netlist; a cell is name, type, bits read, bit driven."""
    return {
        "cells": {
            name: {
                "type": kind,
                "port_directions": {"I": "input", "O": "output"},
                "connections": {"I": [*reads, "0"], "O": [drives]},
            }
            for name, kind, reads, drives in cells
        }
    }


def test_levels_are_luts_between_registers() -> None:
    assert count_levels(module(), ICE40) == 0
    chain = module(
        ("c", "SB_LUT4", [12, 2], 13),
        ("a", "SB_LUT4", [2, 3], 11),
        ("b", "SB_LUT4", [11], 12),
        ("carry", "SB_CARRY", [13], 14),
        ("ff", "SB_DFF", [14], 15),
        ("d", "SB_LUT4", [15, 3], 16),
    )
    assert count_levels(chain, ICE40) == 3


def test_a_register_may_close_a_loop_and_nothing_else() -> None:
    counter = module(("a", "SB_LUT4", [12], 11), ("ff", "SB_DFFE", [11], 12))
    assert count_levels(counter, ICE40) == 1
    loop = module(("a", "SB_LUT4", [12], 11), ("b", "SB_LUT4", [11], 12))
    with pytest.raises(ToolError, match=r"loop without a register: (a -> b -> a|b -> a -> b)$"):
        count_levels(loop, ICE40)


def test_a_synthesis_on_a_full_disk_leaves_nothing_half_made(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        f_bavail = 0

    monkeypatch.setattr(os, "statvfs", lambda _: Full)
    with pytest.raises(OutputError, match="No space left on device"):
        run_direct(core, tmp_path)
    left = {path.name for path in (tmp_path / DIRECT).iterdir()}
    assert left == {"core.v", "script.ys", "yosys.log"}
