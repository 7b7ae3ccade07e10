"""A core behind its shift register: simulated step by step, and proved for every series.

What the register is to do is said by the model alone: with step s of a window being as many cycles
old, the inputs of the cycles before are the columns of a sample.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from lutgen.bits import Bits
from lutgen.core import Core
from lutgen.emit.series import series_module, series_verilog, step_bits
from lutgen.emit.vectors import EXPECTED, INPUTS, vectors
from lutgen.emit.verilog import core_verilog
from lutgen.files import write_files
from lutgen.flow.elaborate import elaborate
from lutgen.flow.simulate import simulate
from lutgen.flow.yosys import simulation_models, yosys_family
from lutgen.netlist.compose import compose
from lutgen.netlist.ir import FIRST_INPUT, Netlist
from lutgen.records.checks import Check, Difference
from lutgen.verify.prove import Proof, reference
from lutgen.verify.readback import read_netlist
from lutgen.verify.sweep import Effort, prove_equal
from lutgen.verify.unroll import unroll

SERIES_SIMULATION = "RTL simulation, a step a cycle"
_FOLDER = "series"


def steps_of(core: Core, samples: Bits) -> Bits:
    """Return the steps, one a cycle, that bring samples as they stand at ``x`` by a window.

    A sample that goes on where the one before ended takes one step more, any other all of its own.
    """
    n_bits = step_bits(core.interface)
    windows = samples.to_dense().reshape(samples.n_samples, -1, n_bits)
    goes_on = np.zeros(len(windows), dtype=bool)
    goes_on[1:] = (windows[1:, :-1] == windows[:-1, 1:]).all(axis=(1, 2))
    kept = np.repeat(~goes_on[:, None], windows.shape[1], axis=1)
    kept[:, -1] = True
    return Bits.from_dense(windows[kept])


def check_series(
    core: Core,
    steps: Bits,
    folder: Path,
    *,
    verilog: str | None = None,
    register: str | None = None,
    simulator: str = "verilator",
    timeout_seconds: float | None = None,
) -> Check:
    """Simulate a core behind its shift register, and compare each step's answer with the model.

    Parameters
    ----------
    steps : Bits
        What comes in, one step a cycle; the first answers come once the register is full.
    folder : Path
        Gets what it needs below ``series``.
    verilog, register : str, optional
        Texts to simulate in place of the core, and of the module with the shift register.
    """
    window = core.network.encoder.window
    n_bits, out = step_bits(core.interface), folder / _FOLDER
    assert window is not None and steps.n_signals == n_bits
    before = window.length - 1
    dense = steps.to_dense()
    rows = np.lib.stride_tricks.sliding_window_view(dense, window.length, axis=0)
    samples = rows.transpose(0, 2, 1).reshape(len(rows), -1)
    answers = core.interface.answers(Bits.from_dense(samples)).to_dense()
    expected = Bits.from_dense(np.pad(answers, ((before, 0), (0, 0))))
    top = series_module(core)
    texts = {
        f"{core.module}.v": core_verilog(core) if verilog is None else verilog,
        f"{top}.v": series_verilog(core) if register is None else register,
    }
    write_files(out, {**texts, **vectors(steps, expected, core.header[:3])})
    primitives = any(cell.primitive for cell in core.netlist.cells)
    family = core.family.name
    result = simulate(
        [*(out / name for name in texts), *([simulation_models(family)] if primitives else [])],
        top=top,
        inputs=out / INPUTS,
        expected=out / EXPECTED,
        latency=core.netlist.latency,
        n_filling=before,
        build_dir=out / "simulation",
        defines=yosys_family(family).defines if primitives else {},
        clock=core.config.controls.clock,
        held=core.config.controls.idle,
        simulator=simulator,
        timeout_seconds=timeout_seconds,
    )
    difference = None
    if result.mismatches:
        first = result.mismatches[0]
        difference = Difference(first.sample, first.expected, first.seen)
    return Check(
        SERIES_SIMULATION,
        result.n_equal,
        result.n_vectors,
        difference,
        f"{result.simulator} {result.version}",
        round(result.build_seconds, 3),
        round(result.run_seconds, 3),
    )


def prove_series(
    core: Core,
    folder: Path,
    effort: Effort | None = None,
    *,
    verilog: str | None = None,
    register: str | None = None,
) -> Proof:
    """Prove that a core behind its shift register answers each step as the model does its window.

    The module is read by Yosys and unrolled over as many cycles as it looks back: what came in
    then, and nothing else, decides.

    Parameters
    ----------
    folder : Path
        Gets Yosys's files.
    verilog : str, optional
        Text to prove in place of the core's own.
    register : str, optional
        Text to prove in place of the module with the shift register.
    """
    start = time.monotonic()
    controls = core.config.controls
    module = elaborate(
        (core_verilog(core) if verilog is None else verilog)
        + (series_verilog(core) if register is None else register),
        top=series_module(core),
        target=core.family.name if core.family.primitives else None,
        folder=folder,
        controls=not controls.is_plain,
        flatten=True,
    )
    window = core.network.encoder.window
    n_bits = step_bits(core.interface)
    assert window is not None
    latency = core.netlist.latency
    n_cycles = latency + window.length - 1
    column = [  # input of each bit of a sample: the oldest step came in the longest ago
        FIRST_INPUT + (n_cycles - step) * n_bits + bit
        for step in range(window.length)
        for bit in range(n_bits)
    ]
    series = Netlist(n_bits * (n_cycles + 1), (), tuple(column))
    unrolled = unroll(read_netlist(module, core.family, controls), n_cycles)
    result = prove_equal(compose(series, reference(core)), unrolled, None, effort)
    name = f"model = Verilog, a step a cycle, {n_cycles + 1} cycles"
    return Proof(name, result, time.monotonic() - start, n_cycles)
