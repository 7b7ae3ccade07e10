"""Activity of a core for tools that estimate power: SAIF, and VCD of the first samples.

Names are those of the Verilog that :mod:`lutgen.emit.verilog` writes, below the module's own name.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from vcd import VCDWriter

from lutgen.bits import Bits, unpack
from lutgen.core import Core
from lutgen.netlist.activity import Activity, stages
from lutgen.netlist.evaluate import evaluate_nets
from lutgen.netlist.ir import FIRST_INPUT, REGISTER
from lutgen.version import __version__

SAIF, VCD = "activity.saif", "activity.vcd"
CLOCK = "clk"


def saif(core: Core, found: Activity, cycle_ps: int) -> str:
    """Return the activity in the Switching Activity Interchange Format, backward, version 2.0.

    Parameters
    ----------
    core : Core
    found : Activity
        Of the core's netlist.
    cycle_ps : int
        Length of a clock cycle, in picoseconds.
    """
    return "\n".join(_saif_lines(core, found, cycle_ps)) + "\n"


def _saif_lines(core: Core, found: Activity, cycle_ps: int) -> Iterator[str]:
    netlist = core.netlist
    yield "(SAIFILE"
    yield '(SAIFVERSION "2.0")'
    yield '(DIRECTION "backward")'
    yield f'(DESIGN "{core.module}")'
    yield '(VENDOR "lutgen")'
    yield '(PROGRAM_NAME "lutgen")'
    yield f'(VERSION "{__version__}")'
    yield "(DIVIDER / )"
    yield "(TIMESCALE 1 ps)"
    yield f"(DURATION {found.n_samples * cycle_ps})"
    yield f"(INSTANCE {core.module}"
    yield "  (NET"
    if netlist.count(REGISTER):
        half = found.n_samples * cycle_ps // 2
        high = found.n_samples * cycle_ps - half
        yield _net(CLOCK, half, high, 2 * found.n_samples)
    ones, toggles = found.ones.tolist(), found.toggles.tolist()
    for net in range(FIRST_INPUT, netlist.n_nets):
        name = netlist.net_name(net).replace("[", "\\[").replace("]", "\\]")
        low = (found.n_samples - ones[net]) * cycle_ps
        yield _net(name, low, ones[net] * cycle_ps, toggles[net])
    yield "  )"
    yield ")"
    yield ")"


def _net(name: str, low: int, high: int, changes: int) -> str:
    return f"    ({name} (T0 {low}) (T1 {high}) (TX 0) (TC {changes}) (IG 0))"


def value_changes(core: Core, samples: Bits, cycle_ps: int) -> str:
    """Return every net's values as a simulation without delays has them, in IEEE 1364's VCD.

    Sample i comes in at the start of cycle i; a net behind n registers is unknown for n cycles.

    Parameters
    ----------
    core : Core
    samples : Bits
        What drives port ``x``, one sample a clock cycle.
    cycle_ps : int
        Length of a clock cycle, in picoseconds.
    """
    netlist = core.netlist
    later = stages(netlist)
    values = unpack(evaluate_nets(netlist, samples.words), samples.n_samples)
    nets = range(FIRST_INPUT, netlist.n_nets)
    file = io.StringIO()
    with VCDWriter(file, timescale="1 ps", date="", version=f"lutgen {__version__}") as writer:
        clocked = netlist.count(REGISTER) > 0
        clock = writer.register_var(core.module, CLOCK, "wire", 1, init=0) if clocked else None
        variables = {
            net: writer.register_var(core.module, netlist.net_name(net), "wire", 1, init="x")
            for net in nets
        }
        before = np.full(netlist.n_nets, -1, dtype=np.int8)
        for cycle in range(samples.n_samples):
            time = cycle * cycle_ps
            if clock:
                writer.change(clock, time, 1)
            now = np.array(
                [values[cycle - later[net], net] if cycle >= later[net] else -1 for net in nets],
                dtype=np.int8,
            )
            for net in (np.flatnonzero(now != before[FIRST_INPUT:]) + FIRST_INPUT).tolist():
                writer.change(variables[net], time, int(now[net - FIRST_INPUT]))
            before[FIRST_INPUT:] = now
            if clock:
                writer.change(clock, time + cycle_ps // 2, 0)
        writer.close(samples.n_samples * cycle_ps)
    return file.getvalue()
