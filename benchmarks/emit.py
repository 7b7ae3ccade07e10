"""Seconds and memory from a netlist to each form of text, beside those of an earlier version.

Run with: python benchmarks/emit.py [--before FOLDER] [--turns N] [--only TEXT]

Each case runs in a process of its own, so that the peak of memory is its own. FOLDER is a checkout
of an earlier version: then both run in turn, and what they make is compared. Results are kept in
``results/emit.json``, whose table is written into ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pages import renewed as with_tables
from pages import table

from lutgen.bits import Bits
from lutgen.chips.registry import families, get_family
from lutgen.core import CoreConfig, make_core
from lutgen.emit.aiger import make_aig
from lutgen.emit.amaranth import NetlistFunction
from lutgen.emit.blif import emit_blif
from lutgen.emit.vectors import vectors
from lutgen.emit.verilog import core_verilog, emit_verilog
from lutgen.files import read_json, write_json
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import FIRST_INPUT, LUT, Cell, Netlist, NetlistBuilder
from lutgen.netlist.passes.pipeline import pipeline

HERE = Path(__file__).parent
RECORD, PAGE = HERE / "results" / "emit.json", HERE / "README.md"
N_INPUTS, N_LAYERS, N_SAMPLES = 784, 5, 10_000
N_LUTS, N_MAPPED, N_GATES = 100_000, 300, 32_000

Case = Callable[[], Callable[[], Any]]
"""Prepares something, and returns what is to be measured."""


def random_netlist(n_luts: int, k: int, n_layers: int = N_LAYERS) -> Netlist:
    """Return layers of k-LUTs, each reading the layer before, all of the last layer outputs."""
    rng = np.random.default_rng(0)
    builder = NetlistBuilder(N_INPUTS)
    previous = range(FIRST_INPUT, builder.n_nets)
    for layer in range(1, n_layers + 1):
        first = builder.n_nets
        width = n_luts // n_layers
        wires = rng.integers(previous.start, previous.stop, size=(width, k)).tolist()
        for place, inputs in enumerate(wires):
            init = int.from_bytes(rng.bytes(max(1, (1 << k) // 8)), "little")
            builder.add(Cell(LUT, tuple(inputs), init, f"l{layer}_n{place}", layer))
        previous = range(first, builder.n_nets)
    return builder.finish(tuple(previous))


def mapped(name: str) -> Case:
    """Return the mapping of random 8-LUTs onto a family."""

    def prepare() -> Callable[[], Any]:
        family, netlist = get_family(name), random_netlist(N_MAPPED, 8, n_layers=1)
        family.map(random_netlist(10, 8, n_layers=1))  # tables that are made once
        return lambda: str(family.map(netlist))

    return prepare


def of_gates(chip: str) -> Case:
    """Return the Verilog of a network of two-input gates, from the model on."""

    def prepare() -> Callable[[], Any]:
        from cover import generated  # noqa: PLC0415 - loads all that imports need

        network = generated(N_GATES, 4)
        return lambda: core_verilog(make_core(network, CoreConfig(chip=chip)))

    return prepare


def written(k: int, write: Callable[[Netlist], str | bytes]) -> Case:
    """Return the writing of a netlist of k-LUTs, a register after each."""

    def prepare() -> Callable[[], Any]:
        netlist, _ = pipeline(random_netlist(N_LUTS, k), 1)
        return lambda: write(netlist)

    return prepare


def to_amaranth() -> Callable[[], Any]:
    """Return the way of mapped LUTs through Amaranth to RTLIL."""
    from amaranth.back import rtlil  # noqa: PLC0415

    from lutgen.emit import amaranth  # noqa: PLC0415

    family = get_family("ice40")
    netlist = family.map(random_netlist(N_LUTS, 4))
    function = NetlistFunction(netlist, family, primitives=True)
    convert = getattr(amaranth, "without_collecting", lambda: lambda work: work)()(rtlil.convert)
    return lambda: convert(function, emit_src=False)


def to_vectors() -> Callable[[], Any]:
    """Return the writing of test vectors."""
    rng = np.random.default_rng(1)
    samples = Bits.from_dense(rng.integers(0, 2, size=(N_SAMPLES, N_INPUTS), dtype=np.uint8))
    outputs = evaluate(random_netlist(1000, 4), samples.words)
    return lambda: str(vectors(samples, Bits(outputs[:1], samples.n_samples)))


def aiger(netlist: Netlist) -> bytes:
    """Decompose a netlist and write it, binary."""
    return make_aig(netlist).to_binary()


GENERIC = get_family("generic")
CASES: dict[str, Case] = {
    f"{N_MAPPED} 8-LUTs onto {name}": mapped(name) for name in families() if name != "generic"
}
CASES |= {
    f"{N_GATES:,} gates to Verilog, {chip}": of_gates(chip) for chip in ("generic", "xilinx7")
}
CASES |= {
    f"{N_LUTS:,} {k}-LUTs to {form}": written(k, write)
    for k in (4, 8)
    for form, write in (
        ("Verilog", lambda netlist: emit_verilog(netlist, GENERIC)),
        ("BLIF", emit_blif),
        ("AIGER", aiger),
    )
}
CASES[f"{N_LUTS:,} 4-LUTs by Amaranth to RTLIL, iCE40"] = to_amaranth
CASES[f"{N_SAMPLES:,} test vectors"] = to_vectors


def one(name: str) -> dict[str, Any]:
    """Return what a case takes in this process."""
    work = CASES[name]()
    wall, busy = time.perf_counter(), time.process_time()
    made = work()
    wall, busy = time.perf_counter() - wall, time.process_time() - busy
    octets = made if isinstance(made, bytes) else str(made).encode()
    return {
        "seconds": wall,
        "cpu_seconds": busy,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
        "output_mb": len(octets) / 1e6,
        "digest": hashlib.sha256(octets).hexdigest(),
    }


def measured(name: str, before: Path | None, turns: int) -> dict[str, Any]:
    """Return the medians of a case, of now and, if asked for, of an earlier version in turn."""
    trees = {"now": HERE.parent} | ({"before": before} if before else {})
    found: dict[str, list[dict[str, Any]]] = {tree: [] for tree in trees}
    for turn in range(turns):
        for tree in sorted(trees, reverse=turn % 2 == 0):
            environment = {**os.environ, "PYTHONPATH": str(trees[tree])}
            command = [sys.executable, str(Path(__file__).resolve()), "--one", name]
            done = subprocess.run(command, env=environment, capture_output=True, check=True)
            found[tree].append(json.loads(done.stdout))
    row: dict[str, Any] = {"case": name, "turns": turns}
    for tree, runs in found.items():
        for key, digits in (("seconds", 2), ("cpu_seconds", 2), ("peak_mb", 0), ("output_mb", 1)):
            median = statistics.median(run[key] for run in runs)
            row[key if tree == "now" else f"{key}_before"] = round(median, digits)
    if before:
        row["ratio"] = round(
            statistics.median(
                now["cpu_seconds"] / earlier["cpu_seconds"]
                for now, earlier in zip(found["now"], found["before"], strict=True)
            ),
            2,
        )
        row["equal"] = len({run["digest"] for runs in found.values() for run in runs}) == 1
    return row


def renewed(page: str, record: dict[str, Any]) -> str:
    """Return the page with the table of the record."""
    columns = ("case", ">before", ">now", ">ratio", ">peak of memory", ">output", "")
    same = {True: "the same", False: "differs", None: ""}
    rows = [
        [
            row["case"],
            f"{row['cpu_seconds_before']:.2f} s" if "ratio" in row else "",
            f"{row['cpu_seconds']:.2f} s",
            row.get("ratio", ""),
            f"{row['peak_mb']:,.0f} MB",
            f"{row['output_mb']:.1f} MB",
            same[row.get("equal")],
        ]
        for row in record["cases"]
    ]
    return with_tables(page, "emit", [table(columns, rows)])


def main() -> None:
    """Measure the cases, write the record, and its table into the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, help="a checkout of an earlier version")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--only", default="", help="cases whose names have this text")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.one)))
        return
    record: dict[str, Any] = read_json(RECORD) if RECORD.exists() else {"cases": []}
    known = {row["case"]: row for row in record["cases"]}
    for name in CASES:
        if options.only in name:
            known[name] = measured(name, options.before, options.turns)
            print(json.dumps(known[name]), flush=True)
            record = {"cases": [known[case] for case in CASES if case in known]}
            write_json(RECORD, record)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(renewed(page, record), encoding="utf-8")


if __name__ == "__main__":
    main()
