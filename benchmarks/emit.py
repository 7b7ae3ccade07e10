"""Seconds from a netlist of 100,000 LUTs to each form of text, and through the passes.

Run with: python benchmarks/emit.py [number of LUTs [fan-in ...]]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from amaranth.back import rtlil

from lutgen.bits import Bits
from lutgen.chips.registry import get_family
from lutgen.emit.aiger import make_aig
from lutgen.emit.amaranth import NetlistFunction
from lutgen.emit.blif import emit_blif
from lutgen.emit.vectors import vectors
from lutgen.emit.verilog import emit_verilog
from lutgen.netlist.check import check
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import FIRST_INPUT, LUT, Cell, Netlist, NetlistBuilder
from lutgen.netlist.passes.pipeline import pipeline
from lutgen.netlist.passes.simplify import simplify

N_INPUTS, N_LAYERS, N_SAMPLES = 784, 5, 10_000

Result = TypeVar("Result")


def random_netlist(n_luts: int, k: int, seed: int = 0) -> Netlist:
    """Return layers of k-LUTs, each reading the layer before, all of the last layer outputs."""
    rng = np.random.default_rng(seed)
    builder = NetlistBuilder(N_INPUTS)
    previous = range(FIRST_INPUT, builder.n_nets)
    for layer in range(1, N_LAYERS + 1):
        first = builder.n_nets
        width = n_luts // N_LAYERS
        wires = rng.integers(previous.start, previous.stop, size=(width, k)).tolist()
        for place, inputs in enumerate(wires):
            init = int.from_bytes(rng.bytes(max(1, (1 << k) // 8)), "little")
            builder.add(Cell(LUT, tuple(inputs), init, f"l{layer}_n{place}", layer))
        previous = range(first, builder.n_nets)
    return builder.finish(tuple(previous))


def timed(what: str, work: Callable[..., Result], *arguments: Any, **options: Any) -> Result:
    """Run some work, print how long it took and how much text came of it, and return the result."""
    start = time.perf_counter()
    result = work(*arguments, **options)
    size = f"{len(result) / 1e6:8.1f} MB" if isinstance(result, str | bytes) else ""
    print(f"  {what:34} {time.perf_counter() - start:7.2f} s {size}", flush=True)
    return result


def main() -> None:
    """Print one block for each fan-in."""
    n_luts = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    generic, ice40 = get_family("generic"), get_family("ice40")
    rng = np.random.default_rng(1)
    samples = Bits.from_dense(rng.integers(0, 2, size=(N_SAMPLES, N_INPUTS), dtype=np.uint8))
    for k in map(int, sys.argv[2:] or (4, 6, 8)):
        netlist = random_netlist(n_luts, k)
        print(f"{n_luts} LUTs of {k} inputs, {N_SAMPLES} samples of {N_INPUTS} bits")
        timed("check", check, netlist)
        outputs = timed("evaluate", evaluate, netlist, samples.words)
        simple, _ = timed("simplify", simplify, netlist)
        piped, _ = timed("pipeline 1", pipeline, simple, 1)
        timed("Verilog, truth tables", emit_verilog, piped, generic)
        timed("BLIF", emit_blif, piped)
        timed("AIGER, binary", write_aiger, piped, binary=True)
        if k == 4:
            mapped = timed("map onto iCE40", ice40.map, piped)
            timed("Verilog, SB_LUT4", emit_verilog, mapped, ice40)
            timed("AIGER, ASCII", write_aiger, piped, binary=False)
            function = NetlistFunction(mapped, ice40, primitives=True)
            timed("Amaranth to RTLIL, SB_LUT4", rtlil.convert, function)
            timed("test vectors", vectors, samples, Bits(outputs[:1], samples.n_samples))


def write_aiger(netlist: Netlist, *, binary: bool) -> str | bytes:
    """Decompose a netlist and write it."""
    aig = make_aig(netlist)
    return aig.to_binary() if binary else aig.to_ascii()


if __name__ == "__main__":
    main()
