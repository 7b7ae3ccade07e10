"""A core of windows behind a shift register: one step of a series a clock comes in, as Verilog."""

from __future__ import annotations

from lutgen.core import Core
from lutgen.core.interface import Interface
from lutgen.core.ports import spelt
from lutgen.emit.verilog import register_lines
from lutgen.errors import ConfigError
from lutgen.text import in_comment

SERIES_SUFFIX = "_series"


def series_module(core: Core) -> str:
    """Return the name of the module that has the shift register."""
    return f"{core.module}{SERIES_SUFFIX}"


def step_bits(interface: Interface) -> int:
    """Return the bits of a step: its channels' numbers, one after the other.

    Raises
    ------
    ConfigError
        If the model is not of windows of a series.
    """
    window = interface.network.encoder.window
    if window is None:
        raise ConfigError(
            "only a model of windows of a series (boost --window) takes a step at a time"
        )
    return interface.n_inputs // window.length


def series_verilog(core: Core) -> str:
    """Return the module around a core that keeps the last steps, as Verilog-2005.

    Ports: ``clk``, and reset and enable as the core has them; ``x``, the numbers of one step,
    another every (enabled) clock; ``y``, the answer to the window that ends with it, as many of
    these cycles later as the core takes.

    Raises
    ------
    ConfigError
        See :func:`step_bits`.
    """
    n_bits = step_bits(core.interface)
    window = core.network.encoder.window
    assert window is not None
    module, before = series_module(core), window.length - 1
    names = window.channels or tuple(f"x{channel}" for channel in range(window.n_channels))
    channels, low = [], 0
    for name, item in zip(names, window.formats, strict=True):
        channels.append(f"  x[{low} +: {item.width}] = {spelt(name)} {item}")
        low += item.width
    latency = core.netlist.latency
    header = [
        f"{module}: {core.module} behind a shift register, a step of the series every cycle of clk",
        *core.header[1:3],
        *channels,
        f"window   {window.describe()}",
        f"answer   to the step at x, {latency} cycle(s) later, once {before} step(s) came before; "
        "until then y tells nothing",
        f"cells    {before * n_bits} registers, and {core.module}",
    ]
    controls = core.config.controls
    wires = "".join(f".{name}({name}), " for name in controls.names if core.has_registers)
    lines = [
        *(f"// {in_comment(line)}" for line in header),
        "",
        "`default_nettype none",
        "",
        f"module {module} (",
        *(f"    input  wire {name}," for name in controls.names),
        f"    input  wire [{n_bits - 1}:0] x,",
        f"    output wire [{core.interface.n_outputs - 1}:0] y",
        ");",
        f"  wire [{before * n_bits - 1}:0] past;  // the oldest step lowest",
        f"  wire [{window.length * n_bits - 1}:0] window = {{x, past}};",
        "  genvar i;",
        "  generate",
        f"    for (i = 0; i < {before * n_bits}; i = i + 1) begin : kept",
        *(f"    {line}" for line in register_lines("held", f"window[i + {n_bits}]", controls)),
        "      assign past[i] = held;",
        "    end",
        "  endgenerate",
        f"  {core.module} core ({wires}.x(window), .y(y));",
        "endmodule",
        "",
        "`default_nettype wire",
        "",
    ]
    return "\n".join(lines)
