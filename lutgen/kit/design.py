"""What a kit is of: a core, the shell around it, and the ports of its top module in one table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lutgen.assets import asset
from lutgen.board.shell import CorePorts
from lutgen.core import Core
from lutgen.core.config import require_module_name
from lutgen.errors import ConfigError
from lutgen.kit.answers import BYTE, WORD, Part, answer_parts
from lutgen.kit.registers import RegisterMap, register_map, require_words

PLAIN, STREAM, AXILITE, WISHBONE, CFU = "plain", "stream", "axilite", "wishbone", "cfu"
SHELLS = {
    PLAIN: "the core itself, x in and y out",
    STREAM: "AXI4-Stream in and out",
    AXILITE: "registers on AXI4-Lite",
    WISHBONE: "registers on Wishbone",
    CFU: "a custom function unit of a RISC-V processor",
}
"""Each shell, and what it is."""

VERILOG, VHDL = "verilog", "vhdl"
LANGUAGES = (VERILOG, VHDL)

DEFAULT_BEAT_WIDTH = 32
DEFAULT_CLOCK_MHZ = 100.0
MAX_BEAT_WIDTH = 1024

_VHDL_NAME = re.compile(r"[a-zA-Z](_?[a-zA-Z0-9])*")


@dataclass(frozen=True)
class Port:
    """A port of a top module.

    Parameters
    ----------
    name : str
    direction : str
        ``input`` or ``output``.
    width : int
        Bits; 0 for a port that is no vector.
    meaning : str
        What it is, for people.
    """

    name: str
    direction: str
    width: int
    meaning: str


@dataclass(frozen=True, eq=False)
class Design:
    """A core with its shell.

    Parameters
    ----------
    core : Core
    shell : str
        One of :data:`SHELLS`.
    ports : tuple of Port
        Of the top module.
    clock, reset : str
        Names of these ports; "" where there is none.
    support : tuple of str
        Hand-written modules that the top instantiates, the same for every core.
    beat_width : int
        Bits of a beat of the stream that comes in; 0 where there is no stream.
    registers : RegisterMap or None
        None where there is no bus.
    """

    core: Core
    shell: str
    ports: tuple[Port, ...]
    clock: str = ""
    reset: str = ""
    support: tuple[str, ...] = ()
    beat_width: int = 0
    registers: RegisterMap | None = None

    @property
    def top(self) -> str:
        """Name of the top module."""
        return self.core.module if self.shell == PLAIN else f"{self.core.module}_{self.shell}"

    @property
    def is_reset_low(self) -> bool:
        """Whether the reset is active low."""
        return self.reset.endswith("n")

    @property
    def answer_parts(self) -> list[Part]:
        """The lanes of an answer on a stream or in registers; none where it is ``y`` itself."""
        if self.shell == PLAIN:
            return []
        return answer_parts(self.core.interface, BYTE if self.shell == STREAM else WORD)

    @property
    def word_counts(self) -> tuple[int, int]:
        """Words of 32 bits of a sample and of an answer."""
        n_answer = sum(part.room for part in answer_parts(self.core.interface, WORD)) // WORD
        return -(-self.shape.n_stream_bits // WORD), n_answer

    @property
    def shape(self) -> CorePorts:
        """Widths and latency of the core."""
        return CorePorts.of(self.core)

    def support_sources(self) -> list[Path]:
        """Return the files of the hand-written modules."""
        return [asset(f"hdl/{name}.v") for name in self.support]


def make_design(
    core: Core,
    shell: str = PLAIN,
    *,
    language: str = VERILOG,
    beat_width: int = DEFAULT_BEAT_WIDTH,
) -> Design:
    """Return a core with a shell.

    Parameters
    ----------
    language : str
        One of :data:`LANGUAGES`; VHDL has rules of its own for names.
    beat_width : int
        Bits of ``s_axis_tdata``, of the shell `STREAM`.

    Raises
    ------
    ConfigError
        If there is no such shell or language, the module's name is none in it, or the beat is not
        as AXI4-Stream has it, or its samples or answers are too wide for registers.
    """
    if shell not in SHELLS:
        raise ConfigError(f"there is no shell {shell!r}; there are: {', '.join(SHELLS)}")
    if language not in LANGUAGES:
        raise ConfigError(f"there is no language {language!r}; there are: {', '.join(LANGUAGES)}")
    if core.interface.loading is not None and shell not in (AXILITE, WISHBONE):
        raise ConfigError(
            f"the shell {shell} has nothing that loads tables; take {AXILITE} or {WISHBONE}, or "
            "leave --reloadable out"
        )
    if shell != PLAIN and core.interface.copies > 1:
        raise ConfigError(
            f"shell {shell} carries one answer, not three copies of it; leave --tmr-outputs out, "
            f"or take shell {PLAIN}"
        )
    if shell == STREAM:
        design = _stream(core, beat_width)
    elif shell == PLAIN:
        design = _plain(core)
    elif shell == CFU:
        design = _cfu(core)
    else:
        design = _bus(core, shell)
    require_module_name(design.top)
    if language == VHDL and not _VHDL_NAME.fullmatch(design.top):
        raise ConfigError(
            f"{design.top!r} is no name in VHDL: it begins with a letter, does not end with _, and "
            "has no two of them in a row; choose another --module"
        )
    return design


def _plain(core: Core) -> Design:
    shape = CorePorts.of(core)
    x, y = core.interface.describe()
    controls = shape.controls
    told = controls.describe() if shape.has_clock else []
    ports = (
        *(Port(name, "input", 0, meaning) for name, meaning in told),
        Port("x", "input", shape.n_inputs, x),
        Port("y", "output", shape.answer_width, y),
    )
    if not shape.has_clock:
        return Design(core, PLAIN, ports)
    return Design(core, PLAIN, ports, clock=controls.clock, reset=controls.reset)


def _stream(core: Core, beat_width: int) -> Design:
    if beat_width % 8 or not 8 <= beat_width <= MAX_BEAT_WIDTH:
        raise ConfigError(
            f"a beat of AXI4-Stream has whole bytes, 8 to {MAX_BEAT_WIDTH} bits; got {beat_width}"
        )
    shape = CorePorts.of(core)
    parts = answer_parts(core.interface, BYTE)
    n_bytes = sum(part.room for part in parts) // BYTE
    n_beats = -(-shape.n_stream_bits // beat_width)
    ports = (
        Port("aclk", "input", 0, "clock, rising edge"),
        Port("aresetn", "input", 0, "reset, active low, synchronous"),
        Port("s_axis_tdata", "input", beat_width, f"samples: {n_beats} beat(s) each"),
        Port("s_axis_tvalid", "input", 0, "a beat is offered"),
        Port("s_axis_tready", "output", 0, "the beat is taken"),
        Port("s_axis_tlast", "input", 0, "the beat is the last of a packet of samples"),
        Port("m_axis_tdata", "output", 8 * n_bytes, "answers: one beat a sample"),
        Port("m_axis_tkeep", "output", n_bytes, "bytes of the answer: all"),
        Port("m_axis_tvalid", "output", 0, "an answer is offered"),
        Port("m_axis_tready", "input", 0, "the answer is taken"),
        Port("m_axis_tlast", "output", 0, "the answer is that of the packet's last sample"),
        Port("m_axis_tuser", "output", 0, "the sample was cut short: its answer means nothing"),
    )
    return Design(core, STREAM, ports, "aclk", "aresetn", ("lutgen_stream",), beat_width)


def _bus(core: Core, shell: str) -> Design:
    registers = register_map(core)
    bridge = f"lutgen_{shell}"
    clock, reset, ports = (_axilite if shell == AXILITE else _wishbone)(registers.address_width)
    irq = Port("irq", "output", 0, "interrupt: STATUS.DONE, where it is enabled; a level")
    return Design(
        core,
        shell,
        (*ports, irq),
        clock,
        reset,
        ("lutgen_registers", bridge, *(["lutgen_loader"] if core.interface.loading else [])),
        registers=registers,
    )


def _cfu(core: Core) -> Design:
    require_words(core.interface)
    ports = (
        Port("cmd_valid", "input", 0, "a command is offered"),
        Port("cmd_ready", "output", 0, "the command is taken"),
        Port("cmd_payload_function_id", "input", 10, "funct7 and, lowest, funct3: what to do"),
        Port("cmd_payload_inputs_0", "input", 32, "rs1: the number of a word"),
        Port("cmd_payload_inputs_1", "input", 32, "rs2: what to write"),
        Port("rsp_valid", "output", 0, "a response is offered"),
        Port("rsp_ready", "input", 0, "the response is taken"),
        Port("rsp_payload_outputs_0", "output", 32, "rd: what was read, or the class"),
        Port("reset", "input", 0, "reset, active high, synchronous"),
        Port("clk", "input", 0, "clock, rising edge"),
    )
    return Design(core, CFU, ports, "clk", "reset", ("lutgen_cfu",))


def _axilite(address_width: int) -> tuple[str, str, tuple[Port, ...]]:
    ports = (
        Port("aclk", "input", 0, "clock, rising edge"),
        Port("aresetn", "input", 0, "reset, active low, synchronous"),
        Port("s_axi_awaddr", "input", address_width, "address of a write, in bytes"),
        Port("s_axi_awprot", "input", 3, "ignored"),
        Port("s_axi_awvalid", "input", 0, "an address is offered"),
        Port("s_axi_awready", "output", 0, "the address is taken"),
        Port("s_axi_wdata", "input", 32, "what to write"),
        Port("s_axi_wstrb", "input", 4, "which bytes of it"),
        Port("s_axi_wvalid", "input", 0, "data is offered"),
        Port("s_axi_wready", "output", 0, "the data is taken"),
        Port("s_axi_bresp", "output", 2, "OKAY; SLVERR where no such word can be written"),
        Port("s_axi_bvalid", "output", 0, "a write is answered"),
        Port("s_axi_bready", "input", 0, "that is taken"),
        Port("s_axi_araddr", "input", address_width, "address of a read, in bytes"),
        Port("s_axi_arprot", "input", 3, "ignored"),
        Port("s_axi_arvalid", "input", 0, "an address is offered"),
        Port("s_axi_arready", "output", 0, "the address is taken"),
        Port("s_axi_rdata", "output", 32, "what was read"),
        Port("s_axi_rresp", "output", 2, "OKAY; SLVERR where there is no such word"),
        Port("s_axi_rvalid", "output", 0, "a read is answered"),
        Port("s_axi_rready", "input", 0, "that is taken"),
    )
    return "aclk", "aresetn", ports


def _wishbone(address_width: int) -> tuple[str, str, tuple[Port, ...]]:
    ports = (
        Port("wb_clk_i", "input", 0, "clock, rising edge"),
        Port("wb_rst_i", "input", 0, "reset, active high, synchronous"),
        Port("wb_cyc_i", "input", 0, "a cycle is under way"),
        Port("wb_stb_i", "input", 0, "an access, held until ack or err"),
        Port("wb_we_i", "input", 0, "it writes"),
        Port("wb_adr_i", "input", address_width, "its address, in bytes"),
        Port("wb_dat_i", "input", 32, "what to write"),
        Port("wb_sel_i", "input", 4, "which bytes of it"),
        Port("wb_dat_o", "output", 32, "what was read"),
        Port("wb_ack_o", "output", 0, "it is done"),
        Port("wb_err_o", "output", 0, "there is no such word, or it cannot be written"),
    )
    return "wb_clk_i", "wb_rst_i", ports
