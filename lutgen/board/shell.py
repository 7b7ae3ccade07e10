"""Modules that tie a core to its shell: the text of a Verilog top for each of them.

The shells themselves are hand-written, in ``hdl/``; what stands here only joins ports.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lutgen.assets import asset
from lutgen.bits import Bits
from lutgen.chips.tables import Loading
from lutgen.core import Core
from lutgen.core.controls import Controls
from lutgen.core.interface import BITS
from lutgen.errors import ConfigError
from lutgen.host.identity import Identity, info_words
from lutgen.host.protocol import MAX_ANSWER_WIDTH, MAX_INPUTS
from lutgen.netlist.head import SCORES

STREAM_MODULE = "lutgen_axis"
UART_MODULE = "lutgen_shell"
MIN_CLKS_PER_BIT = 4
SELF_TEST_CYCLES = 4096


@dataclass(frozen=True)
class CorePorts:
    """What a shell must know of a core.

    Parameters
    ----------
    module : str
        Name of the core's Verilog module, with the ports ``x``, ``y`` and, if it has registers,
        ``clk``.
    n_inputs, answer_width : int
        Widths of ``x`` and ``y`` in bits.
    latency : int
        Clock cycles from ``x`` to ``y``.
    has_clock : bool
        Whether it has a port ``clk``.
    widths : tuple of int
        Bits of each feature at ``x``, the first lowest; empty where encoded bits come in.
    controls : Controls
        Ports of its registers, if it has any.
    loading : Loading or None
        How its tables are loaded; None where they are fixed.
    contents : int
        CRC-32 of what they hold at first.
    """

    module: str
    n_inputs: int
    answer_width: int
    latency: int
    has_clock: bool
    widths: tuple[int, ...] = ()
    controls: Controls = field(default_factory=Controls)
    loading: Loading | None = None
    contents: int = 0

    @classmethod
    def of(cls, core: Core) -> CorePorts:
        """Return the ports of a core."""
        return cls(
            module=core.module,
            n_inputs=core.netlist.n_inputs,
            answer_width=len(core.netlist.outputs),
            latency=core.netlist.latency,
            has_clock=core.has_clock,
            widths=core.interface.widths,
            controls=core.config.controls
            if core.has_registers
            else Controls(core.config.controls.clock),
            loading=core.interface.loading,
            contents=core.interface.contents if core.interface.loading else 0,
        )

    def clocking(self, clock: str, reset: str) -> str:
        """Return the ports of its registers in an instance, each followed by a comma; "" for none.

        Parameters
        ----------
        clock, reset : str
            What drives them; the reset active high.
        """
        wires = self.controls.connections(clock, reset) if self.has_clock else ""
        if self.loading is None:
            return wires
        return wires + "".join(f".{name}({name}), " for name in self.load_wires)

    @property
    def load_wires(self) -> dict[str, int]:
        """The core's ports that load its tables, and their bits; none where they are fixed."""
        ports = self.loading.ports if self.loading else {}
        return {name: max(width, 1) for name, width in ports.items()}

    @property
    def lanes(self) -> tuple[int, ...]:
        """Bits that each feature has on a stream: whole bytes; empty where encoded bits come in."""
        return tuple(8 * -(-width // 8) for width in self.widths)

    @property
    def n_stream_bits(self) -> int:
        """Bits of a sample on a stream."""
        return sum(self.lanes) if self.widths else self.n_inputs

    def to_lanes(self, x: Bits) -> Bits:
        """Return samples as they stand at ``x`` as they go over a stream, idle bits 0."""
        if not self.widths:
            return x
        words = np.zeros((self.n_stream_bits, x.words.shape[1]), dtype=np.uint64)
        starts = np.cumsum([0, *self.lanes[:-1]])
        words[
            np.concatenate(
                [start + np.arange(w) for start, w in zip(starts, self.widths, strict=True)]
            )
        ] = x.words
        return Bits(words, x.n_samples)


def stream_sources() -> list[Path]:
    """Return the Verilog files that :func:`stream_top` instantiates."""
    return [asset("hdl/lutgen_stream.v")]


def uart_sources(core: CorePorts | None = None) -> list[Path]:
    """Return the Verilog files that :func:`uart_top` instantiates."""
    names = ["uart", "uart_rx", "uart_tx", *(["loader"] if core and core.loading else [])]
    return [asset(f"hdl/lutgen_{name}.v") for name in names]


def stream_top(core: CorePorts, *, beat_width: int = 8, module: str = STREAM_MODULE) -> str:
    """Return a Verilog module that is a core between two AXI4-Streams.

    Ports: ``clk``, ``rst``, ``s_axis_*`` and ``m_axis_*``; ``hdl/lutgen_stream.v`` says what they
    mean. A sample is the encoded bits, lowest first; or, where features come in, each of them in a
    lane of whole bytes, feature 0 lowest: its code in the low bits, the rest of the lane ignored.

    Parameters
    ----------
    beat_width : int
        Bits of ``s_axis_tdata``.

    Raises
    ------
    ConfigError
        If the beat has no bit, or the core's tables are to be loaded.
    """
    if beat_width < 1:
        raise ConfigError(f"a beat must have at least one bit, got {beat_width}")
    if core.loading is not None:
        raise ConfigError(
            "the AXI4-Stream shell has nothing that loads tables; take the serial shell or one on "
            "a bus, or leave --reloadable out"
        )
    data_width = 8 * -(-core.answer_width // 8)
    return "\n".join(
        [
            f"// {module}: {core.module} between two AXI4-Streams, see hdl/lutgen_stream.v",
            "`default_nettype none",
            "",
            f"module {module} (",
            "    input  wire clk,",
            "    input  wire rst,",
            f"    input  wire [{beat_width - 1}:0] s_axis_tdata,",
            "    input  wire s_axis_tvalid,",
            "    output wire s_axis_tready,",
            "    input  wire s_axis_tlast,",
            f"    output wire [{data_width - 1}:0] m_axis_tdata,",
            "    output wire m_axis_tvalid,",
            "    input  wire m_axis_tready,",
            "    output wire m_axis_tlast,",
            "    output wire m_axis_tuser",
            ");",
            *_core_lines(core),
            *_lane_lines(core),
            "  lutgen_stream #(",
            f"      .BEAT_WIDTH({beat_width}), .N_INPUTS({core.n_stream_bits}),",
            f"      .LATENCY({core.latency}), .ANSWER_WIDTH({core.answer_width})",
            "  ) stream (",
            "      .clk(clk), .rst(rst),",
            "      .s_axis_tdata(s_axis_tdata), .s_axis_tvalid(s_axis_tvalid),",
            "      .s_axis_tready(s_axis_tready), .s_axis_tlast(s_axis_tlast),",
            "      .m_axis_tdata(m_axis_tdata), .m_axis_tvalid(m_axis_tvalid),",
            "      .m_axis_tready(m_axis_tready), .m_axis_tlast(m_axis_tlast),",
            "      .m_axis_tuser(m_axis_tuser), .core_y(y),",
            f"      .core_x({'lanes' if core.widths else 'x'}));",
            *_END,
        ]
    )


def uart_top(
    core: CorePorts,
    *,
    identity: Identity,
    clks_per_bit: int,
    timeout_clks: int,
    module: str = UART_MODULE,
) -> str:
    """Return a Verilog module that is a core at the end of a serial line.

    Ports: ``clk``, ``rst``, ``rx``, ``tx`` and ``led``, which changes with every sample answered.

    Parameters
    ----------
    identity : Identity
        What it says of itself.
    clks_per_bit : int
        Clock cycles of a bit on the line.
    timeout_clks : int
        Clock cycles of a quiet line after which a frame counts as ended.

    Raises
    ------
    ConfigError
        If the core is too wide for the protocol, or too slow or the line too fast for the shell.
    """
    _check_uart(core, identity, clks_per_bit, timeout_clks)
    assert (identity.n_inputs, identity.answer_width) == (core.n_inputs, core.answer_width)
    words = info_words(identity)
    info = "".join(f"{word:08x}" for word in reversed(words))
    n_load_bytes = core.loading.n_bits // 8 if core.loading else 0
    whole, contents = ("tables_whole", "tables_contents") if core.loading else ("1'b1", "32'd0")
    return "\n".join(
        [
            f"// {module}: {core.module} at the end of a serial line, see docs/protocol.md",
            "`default_nettype none",
            "",
            f"module {module} (",
            "    input  wire clk,",
            "    input  wire rst,",
            "    input  wire rx,",
            "    output wire tx,",
            "    output wire led",
            ");",
            *_core_lines(core),
            "  /* verilator lint_off UNUSEDSIGNAL */  // where tables are fixed",
            "  wire load_commit;",
            "  /* verilator lint_on UNUSEDSIGNAL */",
            *loader_lines(core),
            "  lutgen_uart #(",
            f"      .CLKS_PER_BIT({clks_per_bit}), .TIMEOUT_CLKS({timeout_clks}),",
            f"      .N_INPUTS({core.n_inputs}), .LATENCY({core.latency}),",
            f"      .ANSWER_WIDTH({core.answer_width}), .SELF_TEST_CYCLES({SELF_TEST_CYCLES}),",
            f"      .N_LOAD_BYTES({n_load_bytes}), .N_INFO_WORDS({len(words)}),",
            f"      .INFO({32 * len(words)}'h{info})",
            "  ) uart (.clk(clk), .rst(rst), .rx(rx), .tx(tx), .led(led),",
            "      .core_x(x), .core_y(y),",
            "      .load_start(begin_load), .load_bit_valid(load_bit_valid), .load_bit(load_bit),",
            f"      .load_commit(load_commit), .tables_whole({whole}),",
            f"      .tables_contents({contents}));",
            *_END,
        ]
    )


def loader_lines(core: CorePorts, *, clock: str = "clk", commit: str = "load_commit") -> list[str]:
    """Return the wires of a core's loader, and its instance; only wires where tables are fixed.

    It is told what to do by ``begin_load``, ``load_bit_valid``, ``load_bit`` and what drives
    `commit`, and tells ``tables_whole``, ``tables_contents`` and ``load_full``.
    """
    loading = core.loading
    if loading is None:
        return [
            "  /* verilator lint_off UNUSEDSIGNAL */  // the tables are fixed",
            "  wire begin_load, load_bit_valid, load_bit;",
            "  /* verilator lint_on UNUSEDSIGNAL */",
        ]
    told = {"tables_whole": 1, "load_full": 1, "tables_contents": 32}
    asked = ("begin_load", "load_bit_valid", "load_bit")
    every = {"load": 1, "load_start": 1, "load_at": loading.address_bits}
    every |= {"load_data": loading.lanes}
    return [
        *(f"  wire {name};" for name in asked),
        "  /* verilator lint_off UNUSEDSIGNAL */  // not all of it is for every kind of tables",
        *(
            f"  wire [{width - 1}:0] {name};" if width > 1 else f"  wire {name};"
            for name, width in {**every, **told}.items()
        ),
        "  /* verilator lint_on UNUSEDSIGNAL */",
        "  lutgen_loader #(",
        f"      .N_BITS({loading.n_bits}), .LANES({loading.lanes}),",
        f"      .ADDRESS_BITS({loading.address_bits}), .CONTENTS(32'h{core.contents:08x})",
        "  ) loader (",
        f"      .clk({clock}), .start(begin_load), .bit_valid(load_bit_valid), .bit_in(load_bit),",
        f"      .commit({commit}), .whole(tables_whole), .is_full(load_full),",
        "      .contents(tables_contents), .load(load), .load_start(load_start),",
        "      .load_at(load_at), .load_data(load_data));",
    ]


MAX_LOAD_BYTES = 0xFFFF
_NARROWER = {SCORES: "answer fewer scores or give smaller weights", BITS: "answer fewer bits"}
_END = ("endmodule", "", "`default_nettype wire", "")


def _core_lines(core: CorePorts) -> list[str]:
    return [
        f"  wire [{core.n_inputs - 1}:0] x;",
        f"  wire [{core.answer_width - 1}:0] y;",
        f"  {core.module} core ({core.clocking('clk', 'rst')}.x(x), .y(y));",
    ]


def _lane_lines(core: CorePorts) -> list[str]:
    """Return how the features' codes come out of their lanes."""
    if not core.widths:
        return []
    lines = [f"  wire [{core.n_stream_bits - 1}:0] lanes;"]
    if core.n_stream_bits > core.n_inputs:
        lines = [
            "  /* verilator lint_off UNUSEDSIGNAL */  // lanes are whole bytes, codes need not be",
            *lines,
            "  /* verilator lint_on UNUSEDSIGNAL */",
        ]
    code = lane = 0
    for width, room in zip(core.widths, core.lanes, strict=True):
        lines.append(f"  assign x[{code} +: {width}] = lanes[{lane} +: {width}];")
        code, lane = code + width, lane + room
    return lines


def _check_uart(core: CorePorts, identity: Identity, clks_per_bit: int, timeout_clks: int) -> None:
    faults = []
    if not 1 <= core.n_inputs <= MAX_INPUTS:
        faults.append(f"a request carries at most {MAX_INPUTS:,} input bits, not {core.n_inputs:,}")
    if not 1 <= core.answer_width <= MAX_ANSWER_WIDTH:
        faults.append(
            f"an answer carries {MAX_ANSWER_WIDTH} bits, not {core.answer_width} "
            f"({identity.answer}); {_NARROWER.get(identity.answer, 'answer fewer')}, or take the "
            "AXI4-Stream shell, which carries any width"
        )
    if core.loading and core.loading.n_bits // 8 > MAX_LOAD_BYTES:
        faults.append(
            f"a request carries at most {8 * MAX_LOAD_BYTES:,} bits of tables, not "
            f"{core.loading.n_bits:,}; use fewer or smaller LUTs, or leave --reloadable out"
        )
    if clks_per_bit < MIN_CLKS_PER_BIT:
        faults.append(
            f"a bit must last at least {MIN_CLKS_PER_BIT} clock cycles, not {clks_per_bit}; "
            "choose a lower baud rate"
        )
    elif core.latency + 4 >= 10 * clks_per_bit:
        faults.append(
            f"a core of {core.latency} cycles takes longer than a byte on the line "
            f"({10 * clks_per_bit} cycles); choose a lower baud rate"
        )
    elif timeout_clks < 20 * clks_per_bit:
        faults.append(
            f"the timeout of {timeout_clks} clock cycles is shorter than two bytes "
            f"({20 * clks_per_bit})"
        )
    if faults:
        raise ConfigError("serial shell: " + "; ".join(faults))
