"""Streams test vectors through a core and compares every output with what the model says.

Runs inside the simulator, under cocotb 2. The core has ``x`` (input bits), ``y`` (output bits)
and, if it has registers, a clock, ``clk`` if no other is named; ports that are named besides are
held. One vector enters every cycle; its output must stand at ``y`` exactly the stated number of
cycles later, so a core of another latency fails. See README.md for the settings, which come from
the environment.
"""

from __future__ import annotations

import gc
import json
import os
from pathlib import Path
from typing import Any

import cocotb
from cocotb.triggers import Timer

MAX_REPORTED = 10
MAX_CYCLES = 16  # whose ports are reported


@cocotb.test()
async def stream_vectors(dut: Any) -> None:
    """Every vector's output equals the expected one."""
    inputs = read_mem(Path(os.environ.get("LUTGEN_INPUTS", "inputs.mem")))
    expected = read_mem(Path(os.environ.get("LUTGEN_EXPECTED", "expected.mem")))
    latency = int(os.environ.get("LUTGEN_LATENCY", "0"))
    n_filling = int(os.environ.get("LUTGEN_FILLING", "0"))
    clock_name = os.environ.get("LUTGEN_CLOCK", "clk")
    clock = getattr(dut, clock_name, None)
    for name, level in json.loads(os.environ.get("LUTGEN_HELD", "{}")).items():
        getattr(dut, name).value = level
    n_vectors = len(inputs) - n_filling
    assert n_vectors > 0, "there are no test vectors"
    assert len(inputs) == len(expected), f"{len(inputs)} inputs, but {len(expected)} outputs"
    assert clock is not None or not latency, (
        f"a latency of {latency} cycles needs a port {clock_name}"
    )

    gc.disable()  # nothing here is cyclic, and to look for that takes a tenth of the time
    cycles: list[dict[str, str]] = []
    n_equal, mismatches = await stream(dut, clock, inputs, expected, latency, n_filling, cycles)
    nets = {}
    if mismatches:
        await hold(dut, clock, inputs[mismatches[0]["sample"]], latency + 1)
        nets = read_nets(dut, os.environ.get("LUTGEN_NETS", ""))
    result = {
        "n_vectors": n_vectors,
        "n_equal": n_equal,
        "mismatches": mismatches,
        "nets": nets,
        "cycles": cycles,
    }
    write_result(Path(os.environ.get("LUTGEN_RESULT", "result.json")), result)
    assert n_equal == n_vectors, (
        f"{n_equal} / {n_vectors} vectors equal; the first that is not: {mismatches[0]}"
    )


async def stream(
    dut: Any,
    clock: Any,
    inputs: list[int],
    expected: list[int],
    latency: int,
    n_filling: int,
    cycles: list[dict[str, str]],
) -> tuple[int, list[dict[str, Any]]]:
    """Drive one vector a cycle; return how many outputs were right, and the first that were not.

    Within a cycle: the clock falls and x changes, y is read half a cycle later, the clock rises.
    So exactly `latency` rising edges lie between driving a vector and reading its output. Those of
    the first `n_filling` vectors, which fill a shift register, are not looked at. What stands at
    the ports in the first cycles, as it is read, is added to `cycles`.
    """
    x, y = dut.x, dut.y
    width = len(str(y.value))  # a netlist may have a scalar where the core has a vector of one
    n_vectors, n_equal = len(inputs), 0
    mismatches: list[dict[str, Any]] = []
    for cycle in range(n_vectors + latency):
        if cycle < n_vectors:
            x.value = inputs[cycle]
        if clock is not None:
            clock.value = 0
        await Timer(1)
        if cycle < MAX_CYCLES:
            driven = x.value
            shown = f"{int(driven):x}" if driven.is_resolvable else str(driven)
            cycles.append({"x": shown, "y": str(y.value)})
        sample = cycle - latency
        if sample >= n_filling:
            seen = y.value
            if seen.is_resolvable and int(seen) == expected[sample]:
                n_equal += 1
            elif len(mismatches) < MAX_REPORTED:
                wanted = f"{expected[sample]:0{width}b}"
                mismatches.append({"sample": sample, "expected": wanted, "seen": str(seen)})
        if clock is not None:
            clock.value = 1
            await Timer(1)
    return n_equal, mismatches


async def hold(dut: Any, clock: Any, vector: int, n_cycles: int) -> None:
    """Drive one vector until the registers hold what follows from it."""
    dut.x.value = vector
    for _ in range(n_cycles):
        if clock is not None:
            clock.value = 0
            await Timer(1)
            clock.value = 1
        await Timer(1)


def read_nets(dut: Any, names_file: str) -> dict[str, str]:
    """Return the value of each net named in a file, one a line, that the simulator knows."""
    if not names_file:
        return {}
    names = Path(names_file).read_text(encoding="utf-8").split()
    handles = {name: getattr(dut, name, None) for name in names}
    return {name: str(handle.value) for name, handle in handles.items() if handle is not None}


def read_mem(path: Path) -> list[int]:
    """Read a memory file as ``$readmemh`` would: one hexadecimal number a line, // comments."""
    lines = (line.partition("//")[0].strip() for line in path.read_text("utf-8").splitlines())
    return [int(line, 16) for line in lines if line]


def write_result(path: Path, result: dict[str, Any]) -> None:
    """Write the result whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(result), encoding="utf-8")
    part.replace(path)
