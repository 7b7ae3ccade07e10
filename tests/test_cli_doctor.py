"""The command doctor: what it lists, what it says of what is too old, and its exit code."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from programs import fake_program
from strategies import random_network
from typer.testing import CliRunner

from lutgen.cli import doctor as command
from lutgen.cli.app import app
from lutgen.flow.doctor import examine_tools


def test_it_lists_every_tool_with_its_place_and_version() -> None:
    result = CliRunner().invoke(app, ["doctor", "--json"])
    assert result.exit_code == 0, result.output
    tools = {tool["name"]: tool for tool in json.loads(result.stdout)["tools"]}
    assert {"Yosys", "Verilator", "Icarus Verilog", "nextpnr-ice40", "nextpnr-ecp5", "icepack",
            "gowin_pack", "cocotb", "PySAT", "Amaranth", "C++ compiler"} <= set(tools)  # fmt: skip
    verilator = tools["Verilator"]
    assert Path(verilator["path"]).is_file() and verilator["version"]
    assert verilator["minimum"] == "5.036" and verilator["variable"] == "LUTGEN_VERILATOR"
    assert verilator["is_usable"] and verilator["is_required"]
    assert not tools["Icarus Verilog"]["is_required"]
    assert all(tool["needed_for"] for tool in tools.values())
    text = CliRunner().invoke(app, ["doctor"]).stdout
    assert all(name in text for name in tools) and "LUTGEN_NEXTPNR_ICE40" in text


def test_it_says_what_was_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LUTGEN_YOSYS", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    fake_program(tmp_path, "yosys", "echo 'Yosys 0.23 (git sha1 7ce5011c24b)'")
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 0
    assert (
        f"Yosys 0.23 at {tmp_path / 'yosys'} is too old, 0.60 or newer is needed" in result.stdout
    )


def test_a_named_tool_that_is_too_old_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = fake_program(tmp_path, "verilator", "echo 'Verilator 5.006 2023-01-22'")
    monkeypatch.setenv("LUTGEN_VERILATOR", str(named))
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 3
    assert f"LUTGEN_VERILATOR={named}: Verilator 5.006" in result.stdout
    assert "missing or too old: Verilator" in result.stderr


def test_only_what_a_core_needs_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    found = examine_tools()
    lacking = [
        replace(state, is_usable=state.is_required and state.is_usable, path="") for state in found
    ]
    monkeypatch.setattr(command, "examine_tools", lambda: tuple(lacking))
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 0


def test_a_command_that_uses_a_tool_says_on_stderr_what_it_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LUTGEN_YOSYS", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    old = fake_program(tmp_path, "yosys", "echo 'Yosys 0.23 (git sha1 7ce5011c24b)'")
    model = tmp_path / "m.npz"
    random_network(np.random.default_rng(0), 6, [3, 1], 4).save(model)
    words = [
        "synth",
        str(model),
        "--chip",
        "ice40",
        "--mode",
        "direct",
        "-o",
        str(tmp_path / "out"),
        "--json",
    ]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    json.loads(result.stdout)
    lines = [line for line in result.stderr.splitlines() if "too old" in line]
    assert len(lines) == 1 and lines[0].startswith(f"lutgen: Yosys 0.23 at {old} is too old, ")
    assert "passed over, taken: Yosys" in lines[0]
