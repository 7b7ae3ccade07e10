"""Netlists in Yosys's JSON, read back: as written, and changed by somebody."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from random import Random
from typing import Any

import numpy as np
from netlists import exhaustive

from fuzz.models import scratch
from fuzz.mutations import change_json, mutate
from fuzz.target import Target
from lutgen.chips.registry import families, get_family
from lutgen.errors import NetlistError, ToolError
from lutgen.flow.yosys import yosys_module
from lutgen.netlist.check import check as check_netlist
from lutgen.netlist.evaluate import evaluate
from lutgen.verify.readback import read_netlist

LUTS = {  # cell, inputs, output, parameter of the table
    "ice40": ("SB_LUT4", "I0 I1 I2 I3", "O", "LUT_INIT"),
    "ecp5": ("LUT4", "A B C D", "Z", "INIT"),
    "gowin": ("LUT4", "I0 I1 I2 I3", "F", "INIT"),
    "xilinx7": ("LUT6", "I0 I1 I2 I3 I4 I5", "O", "INIT"),
}
REGISTERS = {"ice40": ("SB_DFF", "D", "C", "Q"), "gowin": ("DFF", "D", "CLK", "Q")}
N_INPUTS = 5


def make(rng: Random) -> dict[str, Any]:
    """Return a module of a family's cells, mostly with something changed."""
    family = rng.choice(list(LUTS))
    module = _module(rng, family)
    if rng.random() < 0.8:
        if rng.random() < 0.5:
            _rewire(rng, module)
        else:
            module = change_json(rng, module, rng.choice((1, 1, 2)))
    return {"family": family, "module": module}


def _module(rng: Random, family: str) -> dict[str, Any]:
    name, inputs, output, init = LUTS[family]
    pins = inputs.split()
    nets: list[Any] = ["0", "1", *range(2, 2 + N_INPUTS)]
    cells: dict[str, Any] = {}
    net = 2 + N_INPUTS + 1  # the clock is before it
    has_clock = family in REGISTERS and rng.random() < 0.3
    for place in range(rng.randrange(1, 7)):
        table = rng.getrandbits(1 << len(pins))
        text = f"{table:0{1 << len(pins)}b}"
        reads = {pin: [rng.choice(nets)] for pin in pins}
        cells[f"U_l1_n{place}"] = {
            "hide_name": 0,
            "type": name,
            "parameters": {init: text},
            "attributes": {},
            "connections": {**reads, output: [net]},
        }
        nets.append(net)
        net += 1
        if has_clock and rng.random() < 0.3:
            kind, data, clock, out = REGISTERS[family]
            pins_of = {data: [net - 1], clock: [2 + N_INPUTS], out: [net]}
            cells[f"r{place}"] = {"type": kind, "parameters": {}, "connections": pins_of}
            nets.append(net)
            net += 1
    if rng.random() < 0.3:
        pins_of = {"A": [rng.choice(nets)], "Y": [net]}
        cells["inv"] = {"type": "$_NOT_", "parameters": {}, "connections": pins_of}
        nets.append(net)
    outputs = [rng.choice(nets) for _ in range(rng.randrange(1, 4))]
    ports = {
        "x": {"direction": "input", "bits": list(range(2, 2 + N_INPUTS))},
        "y": {"direction": "output", "bits": outputs},
    }
    if has_clock:
        ports["clk"] = {"direction": "input", "bits": [2 + N_INPUTS]}
    named = {f"l1_n{i}": {"hide_name": 0, "bits": [nets[-1 - i]]} for i in range(2)}
    return {"attributes": {}, "ports": ports, "cells": cells, "netnames": named}


def _rewire(rng: Random, module: dict[str, Any]) -> None:
    """Lead pins elsewhere, change tables and kinds of cells."""
    cells = list(module["cells"].values())
    bits = [2, 3, 8, 9, 10, 11, "0", "1", "x", "z"]
    for _ in range(rng.randrange(1, 4)):
        cell = rng.choice(cells)
        pins = cell["connections"]
        kind = rng.randrange(5)
        if not pins:
            continue
        if kind == 0:
            pins[rng.choice(list(pins))] = [rng.choice(bits)]
        elif kind == 1 and cell["parameters"]:
            key = next(iter(cell["parameters"]))
            text = list(cell["parameters"][key])
            text[rng.randrange(len(text))] = rng.choice("01x")
            cell["parameters"][key] = "".join(text)[: rng.choice((99, 99, 3))]
        elif kind == 2:
            cell["type"] = rng.choice([c["type"] for c in cells] + ["SB_CARRY", "$dff", "$shiftx"])
        elif kind == 3:
            module["ports"]["y"]["bits"][0] = rng.choice(bits)
        else:
            del pins[rng.choice(list(pins))]


def check(value: dict[str, Any]) -> None:
    """Read a module; what is read computes what the cells say, by a plain evaluation of them."""
    family = get_family(value["family"])
    netlist = read_netlist(value["module"], family)
    module = value["module"]
    x, y = module["ports"]["x"]["bits"], module["ports"]["y"]["bits"]
    assert netlist.n_inputs == len(x) and len(netlist.outputs) == len(y)
    if len(x) > 8:
        return
    try:
        check_netlist(netlist)
    except NetlistError:
        return  # such as paths of several latencies, which its reader tells later
    samples = exhaustive(len(x)) if x else np.zeros((0, 1), np.uint64)
    found = evaluate(netlist, samples)
    drivers = dict(_drivers(module, value["family"]))
    for place in range(min(64, 1 << len(x))):
        known: dict[Any, int] = {"0": 0, "1": 1}
        known |= {bit: int(samples[i, 0]) >> place & 1 for i, bit in enumerate(x)}
        for row, bit in enumerate(y):
            expected = _value(bit, drivers, known)
            assert int(found[row, 0]) >> place & 1 == expected, f"y[{row}] at input {place}"


def _drivers(module: dict[str, Any], family: str) -> Iterator[tuple[Any, tuple[int, list[Any]]]]:
    """Yield each net that a cell drives, with the cell's table and the nets that it reads."""
    name, inputs, output, init = LUTS[family]
    for cell in module["cells"].values():
        pins, parameters = cell["connections"], cell["parameters"]
        if cell["type"] == name:
            reads = [(pins.get(pin) or ["x"])[0] for pin in inputs.split()]
            yield pins[output][0], (int(str(parameters.get(init, "0")), 2), reads)
        elif cell["type"] in ("$_NOT_", "$not"):
            yield pins["Y"][0], (0b01, [pins["A"][0]])
        elif cell["type"] in ("$dff", *(kind for kind, *_ in REGISTERS.values())):
            data, out = ("D", "Q")
            yield pins[out][0], (0b10, [pins[data][0]])
        elif cell["type"] == "SB_CARRY":
            reads = [(pins.get(pin) or ["x"])[0] for pin in ("I0", "I1", "CI")]
            yield pins["CO"][0], (0b11101000, reads)


def _value(bit: Any, drivers: dict[Any, tuple[int, list[Any]]], known: dict[Any, int]) -> int:
    if bit not in known:
        if bit not in drivers:
            return 0  # open, and then no table depends on it
        table, reads = drivers[bit]
        address = sum(_value(read, drivers, known) << j for j, read in enumerate(reads))
        known[bit] = table >> address & 1
    return known[bit]


# -- the file ----------------------------------------------------------------------------------


@functools.cache
def netlist_files() -> list[bytes]:
    """Return netlists' files as Yosys writes them."""
    rng = Random(3)
    return [
        json.dumps({"creator": "Yosys 0.70", "modules": {"top": _module(rng, family)}}).encode()
        for family in LUTS
    ]


def make_file(rng: Random) -> bytes:
    """Return a file with bytes or values changed."""
    data = rng.choice(netlist_files())
    if rng.random() < 0.5:
        return mutate(rng, data, netlist_files(), (b'"bits"', b'"x"', b"[", b"{", b"null", b"-1"))
    return json.dumps(change_json(rng, json.loads(data), rng.choice((1, 2)))).encode()


def check_file(data: bytes) -> None:
    """Read a netlist's file, and the module in it for every family."""
    path = scratch() / "netlist.json"
    path.write_bytes(data)
    module = yosys_module(path, "top")
    n_read = 0
    for family in families():
        try:
            read_netlist(module, get_family(family))
            n_read += 1
        except NetlistError:
            continue
    if not n_read:
        raise NetlistError("of no family")


REFUSALS = (NetlistError, ToolError)
TARGETS = [
    Target("netlists", make, check, (NetlistError,), share=4),
    Target("netlists-file", make_file, check_file, REFUSALS, seeds=netlist_files, share=2),
]
