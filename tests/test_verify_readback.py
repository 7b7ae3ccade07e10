"""Netlists read back from Yosys: right for every family, checked against Yosys's own models."""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chips import models_for
from netlists import exhaustive

from lutgen.chips.family import Family
from lutgen.chips.primitive import Primitive
from lutgen.chips.registry import families, get_family
from lutgen.chips.tools import AddedCell
from lutgen.core import CoreConfig, make_core
from lutgen.emit.verilog import core_verilog
from lutgen.errors import NetlistError, ToolError
from lutgen.flow.elaborate import elaborate
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_yosys
from lutgen.flow.yosys import simulation_models, yosys_module, yosys_names
from lutgen.netlist.check import check
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import Cell, Netlist
from lutgen.netlist.tables import ones
from lutgen.verify.readback import read_netlist

from strategies import random_network  # isort: skip


@pytest.mark.parametrize("target", families())
def test_what_was_written_is_read_back_cell_by_cell(target: str, tmp_path: Path) -> None:
    network = random_network(np.random.default_rng(3), 12, [6, 4, 1], (3, 8))
    core = make_core(network, CoreConfig(chip=target, pipeline=1))
    library = target if core.netlist.cells[0].primitive else None
    module = elaborate(core_verilog(core), top=core.module, target=library, folder=tmp_path)
    netlist = read_netlist(module, get_family(target))
    check(netlist)
    assert netlist.latency == core.netlist.latency
    assert by_name(netlist) == by_name(core.netlist)


def by_name(netlist: Netlist) -> dict[str, tuple[object, ...]]:
    """Return the cells of a netlist with their inputs by name."""
    return {
        cell.name: (cell.kind, cell.init, cell.primitive, tuple(map(netlist.net_name, cell.inputs)))
        for cell in netlist.cells
    }


def instance(primitive: Primitive, init: int, place: int) -> str:
    pins = [f".{port}(x[{j}])" for j, port in enumerate(primitive.inputs)]
    pins += [f".{port}(1'b{value})" for port, value in primitive.ties]
    setting = f"#(.{primitive.init}({primitive.setting(init)}))" if primitive.init else ""
    return (
        f"{primitive.name} {setting} U{place} (.{primitive.output}(y[{place}]), {','.join(pins)});"
    )


@pytest.mark.parametrize("target", yosys_names())
def test_primitives_compute_what_yosys_models_say(target: str, tmp_path: Path) -> None:
    """Read each primitive as lutgen does, and as gates made of Yosys's simulation model."""
    family = get_family(target)
    rng = np.random.default_rng(0)
    parts = []
    for primitive in family.primitives.values():
        # parts: test_chips_carry and _pair; multiplexers with LUTs inside: test_chips_conformance
        if not (primitive.clock or primitive.is_part or primitive.holds):
            k = len(primitive.inputs)
            inits = [int.from_bytes(rng.bytes(16), "little") & ones(k) for _ in range(3)]
            parts += [(primitive, init) for init in (inits if primitive.init else [0])]
    text = f"module top(input [7:0] x, output [{len(parts) - 1}:0] y);\n"
    text += "\n".join(instance(part, init, i) for i, (part, init) in enumerate(parts))
    text += "\nendmodule\n"
    module = elaborate(text, top="top", target=target, folder=tmp_path)
    netlist = read_netlist(module, family)
    gates = yosys_gates(text, target, tmp_path)
    samples = exhaustive(8)
    np.testing.assert_array_equal(evaluate(netlist, samples), evaluate(gates, samples))


def yosys_gates(text: str, target: str, folder: Path) -> Netlist:
    """Let Yosys flatten its models of the primitives, and make LUTs of the gates by its own."""
    tool = find_yosys()
    (folder / "gates.v").write_text(models_for(target, text) + text)
    script = (
        "read_verilog gates.v; hierarchy -top top; proc; flatten -noscopeinfo; opt_expr; "
        "simplemap; techmap; aigmap; opt_clean; write_json gates.json"
    )
    environment = subprocess_environment(tool.environment)
    run([tool.path, "-q", "-p", script], what="Yosys", cwd=folder, log=folder / "gates.log",
        environment=environment)  # fmt: skip
    module = json.loads((folder / "gates.json").read_text())["modules"]["top"]
    and_gate = AddedCell("$_AND_", ("A", "B"), "Y", 0b1000)
    return read_netlist(module, Family("gates", "gates", added_cells=(and_gate,)))


def module_of(cells: dict[str, object]) -> dict[str, object]:
    ports = {"x": {"bits": [2, 3]}, "y": {"bits": [4]}, "clk": {"bits": [9]}}
    return {"ports": ports, "cells": cells, "netnames": {}}


def lut(**changes: object) -> dict[str, object]:
    connections = {"I0": [2], "I1": [3], "I2": ["0"], "I3": ["x"], "O": [4]}
    cell = {
        "type": "SB_LUT4",
        "parameters": {"LUT_INIT": "0110" * 4},
        "connections": connections | changes.pop("connections", {}),  # type: ignore[operator]
    }
    return cell | changes


def test_an_open_pin_that_does_not_matter_is_fine() -> None:
    netlist = read_netlist(module_of({"a": lut()}), get_family("ice40"))
    assert netlist.cells == (Cell("lut", (2, 3, 0, 0), 0x6666, "bit_4", 0, "SB_LUT4"),)


DFF = {"type": "SB_DFF", "parameters": {}, "connections": {"D": [2], "C": [3], "Q": [4]}}


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"a": lut(type="SB_MAC16")}, "cell a is a SB_MAC16, whose function is not known"),
        ({"a": lut(connections={"I0": ["x"]})}, r"input 0 \(x\) is driven by nothing"),
        ({"a": lut(connections={"I0": [4]})}, "loop through nets"),
        ({"a": lut(), "b": lut()}, "the net that b drives has another driver, too"),
        ({"a": lut(parameters={"LUT_INIT": "x" * 16})}, "undefined bits in LUT_INIT"),
        ({"a": lut(connections={"ODD": [2]})}, "SB_LUT4 a: port ODD is not modelled"),
        ({}, r"output y\[0\] is driven by nothing"),
        ({"r": DFF}, "SB_DFF r: not clocked by clk"),
    ],
)  # fmt: skip
def test_what_is_not_modelled_is_refused(cells: dict[str, object], message: str) -> None:
    with pytest.raises(NetlistError, match=message):
        read_netlist(module_of(cells), get_family("ice40"))


@pytest.mark.parametrize(
    ("ports", "message"),
    [
        ({"x": [2, 2]}, "have a net in common, or x has one twice"),
        ({"x": [2, 9]}, "have a net in common"),
        ({"x": [2, "1"]}, "the ports x and clk must be nets"),
        ({"clk": []}, "must be nets, clk one alone"),
        ({"clk": ["0"]}, "must be nets"),
        ({"y": ["x"]}, r"output y\[0\] is driven by nothing"),
    ],
)
def test_ports_that_are_none_are_refused(ports: dict[str, list[object]], message: str) -> None:
    module = module_of({"a": lut()})
    for name, bits in ports.items():
        module["ports"][name] = {"bits": bits}  # type: ignore[index]
    with pytest.raises(NetlistError, match=message):
        read_netlist(module, get_family("ice40"))


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"a": lut(connections={"O": []})}, "SB_LUT4 a: port O drives x, which is no net"),
        ({"a": lut(connections={"O": ["1"]})}, "port O drives 1, which is no net"),
        ({"a": lut(connections={"O": [4, 5]})}, "port O is 2 bits wide; expected 1"),
        ({"a": lut(connections={"I0": [2, 3]})}, "port I0 is 2 bits wide; expected 1"),
        ({"a": lut(connections={"O": [9]})}, "has another driver"),
        ({"a": lut(parameters={"LUT_INIT": ""})}, "undefined bits in LUT_INIT"),
        ({"n": {"type": "$_NOT_", "parameters": {}, "connections": {"A": [2]}}},
         "_NOT_ n: port Y is not connected"),
        ({"n": {"type": "$_NOT_", "parameters": {}, "connections": {"A": [2], "Y": ["0"]}}},
         "port Y drives 0"),
    ],
)  # fmt: skip
def test_pins_that_are_none_are_refused(cells: dict[str, object], message: str) -> None:
    with pytest.raises(NetlistError, match=message):
        read_netlist(module_of(cells), get_family("ice40"))


def test_constants_have_one_driver() -> None:
    ground = {"type": "GND", "parameters": {}, "connections": {"G": [4]}}
    module = module_of({"a": ground, "b": ground})
    with pytest.raises(NetlistError, match="the net that b drives has another driver, too"):
        read_netlist(module, get_family("gowin"))


FOREIGN = (None, True, 3, -1, 2.5, "", "x" * 9, [], [[]], [None], ["q"], [-1], {}, {"bits": 3})


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of plain JSON, as what holds it and where."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


def test_whatever_stands_in_a_netlist_is_read_or_refused(tmp_path: Path) -> None:
    """Put foreign values in every place of a module and of its file, and take each away."""
    family = get_family("ice40")
    for cell in (
        lut(),
        DFF,
        {"type": "$_NOT_", "parameters": {}, "connections": {"A": [2], "Y": [4]}},
    ):
        module = module_of({"a": cell, "b": lut(connections={"O": [7]})})
        module = json.loads(json.dumps(module)) | {"netnames": {"n": {"bits": [4]}}}
        for holder, key in [*places(module)]:
            before = holder[key]
            for foreign in FOREIGN:
                holder[key] = foreign
                with contextlib.suppress(NetlistError):
                    check(read_netlist(module, family))
            holder[key] = before
            if isinstance(holder, dict):
                del holder[key]
                with contextlib.suppress(NetlistError):
                    check(read_netlist(module, family))
                holder[key] = before
    path = tmp_path / "netlist.json"
    for foreign in (
        *FOREIGN,
        {"modules": 3},
        {"modules": {"top": []}},
        {"modules": {"top": module}},
    ):
        path.write_text(json.dumps(foreign))
        if foreign == {"modules": {"top": module}}:
            assert yosys_module(path, "top") == module
            continue
        with pytest.raises(ToolError, match=r"netlist\.json"):
            yosys_module(path, "top")


def test_unreadable_verilog_and_missing_netlists_are_tool_errors(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="reading Verilog"):
        elaborate("module top(; endmodule", top="top", target=None, folder=tmp_path)
    with pytest.raises(ToolError, match="left no netlist of top"):
        yosys_module(tmp_path / "missing.json", "top")


@pytest.mark.parametrize(
    ("target", "kind", "ports", "expected"),
    [
        ("ice40", "SB_DFFSR", ("C", "D", "R"), 0b0010),
        ("ice40", "SB_DFFSS", ("C", "D", "S"), 0b1110),
        ("gowin", "DFFR", ("CLK", "D", "RESET"), 0b0010),
        ("gowin", "DFFS", ("CLK", "D", "SET"), 0b1110),
    ],
)
def test_a_register_with_reset_is_a_table_and_a_register(
    target: str, kind: str, ports: tuple[str, ...], expected: int
) -> None:
    clock, data, reset = ports
    cell = {
        "type": kind,
        "parameters": {},
        "connections": {clock: [2], data: [3], reset: [4], "Q": [5]},
    }
    module = {
        "ports": {"clk": {"bits": [2]}, "x": {"bits": [3, 4]}, "y": {"bits": [5]}},
        "cells": {"q": cell},
        "netnames": {},
    }
    netlist = read_netlist(module, get_family(target))
    check(netlist)
    table, register = netlist.cells
    assert (table.kind, table.init, table.inputs) == ("lut", expected, (2, 3))
    assert register.kind == "register" and netlist.latency == 1
    cell["connections"][clock] = [3]
    with pytest.raises(NetlistError, match=f"{kind} q: not clocked by clk"):
        read_netlist(module, get_family(target))


@pytest.mark.parametrize(
    ("target", "kind", "pin", "value"),
    [
        ("gowin", "GND", "G", 0), ("gowin", "VCC", "V", 1),
        ("xilinx7", "GND", "G", 0), ("xcup", "VCC", "P", 1),
        ("ecp5", "VLO", "Z", 0), ("ecp5", "VHI", "Z", 1),
    ],
)  # fmt: skip
def test_a_constant_has_the_familys_own_cell(target: str, kind: str, pin: str, value: int) -> None:
    model = simulation_models(target).read_text()
    assert re.search(rf"module {kind}\(output {pin}\);", model)
    module = {
        "ports": {"x": {"bits": [2]}, "y": {"bits": [3]}},
        "cells": {"a": {"type": kind, "parameters": {}, "connections": {pin: [3]}}},
        "netnames": {},
    }
    assert read_netlist(module, get_family(target)).outputs == (value,)
    with pytest.raises(NetlistError, match=f"a {kind}, whose function is not known"):
        read_netlist(module, get_family("generic"))
