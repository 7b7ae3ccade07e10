"""The board's top module in Amaranth: the platform's pins, the serial shell and its core."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from amaranth.back.verilog import YosysError
from amaranth.build import Attrs, Pins, Resource, ResourceError, Subsignal
from amaranth.hdl import ClockSignal, Elaboratable, Instance, Module, ResetSignal, Signal
from amaranth.lib import io

from lutgen.board.boards import TIMEOUT_SECONDS, Board, clks_per_bit
from lutgen.board.shell import UART_MODULE, CorePorts, uart_sources, uart_top
from lutgen.core import Core
from lutgen.emit.verilog import core_verilog
from lutgen.errors import ConfigError, ToolError
from lutgen.flow.caches import wasmtime_cache
from lutgen.flow.process import telling_lines
from lutgen.host.identity import Identity

TOP = "top"
RESET_CYCLES = 15


@dataclass(frozen=True)
class Plan:
    """What a board's tools are to do.

    Parameters
    ----------
    files : mapping of str to str
        The design, its constraints and its scripts, by name.
    commands : tuple of tuple of str
        The vendor's or the open tools, in order, with their arguments.
    clock_hz : float
        The board's clock.
    clks_per_bit, timeout_clks : int
        See :func:`lutgen.board.shell.uart_top`.
    """

    files: dict[str, str]
    commands: tuple[tuple[str, ...], ...]
    clock_hz: float
    clks_per_bit: int
    timeout_clks: int

    @property
    def baud(self) -> float:
        """Bits a second on the line as they come out."""
        return self.clock_hz / self.clks_per_bit


class BoardTop(Elaboratable):
    """Pins to pins: clock, serial line and a light around :func:`lutgen.board.shell.uart_top`.

    The shell is held in reset for the first cycles after configuration, also where the platform
    has no reset of its own.
    """

    def __init__(self, board: Board) -> None:
        self._board = board

    def elaborate(self, platform: Any) -> Module:
        """Return the top module."""
        uart = _request_ports(platform, "uart")
        m = Module()
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        led = Signal()
        if self._board.led:
            m.submodules.light = light = io.Buffer("o", self._light(platform))
            m.d.comb += light.o.eq(led)
        started = Signal(range(RESET_CYCLES + 1))
        with m.If(started != RESET_CYCLES):
            m.d.sync += started.eq(started + 1)
        m.submodules.shell = Instance(
            UART_MODULE,
            i_clk=ClockSignal(),
            i_rst=ResetSignal(allow_reset_less=True) | (started != RESET_CYCLES),
            i_rx=rx.i,
            o_tx=tx.o,
            o_led=led,
        )
        return m

    def _light(self, platform: Any) -> Any:
        name, _, part = self._board.led.partition(".")
        if part:  # one of several colours
            return getattr(_request_ports(platform, name), part)
        return platform.request(name, dir="-")


def _request_ports(platform: Any, name: str) -> Any:
    """Return a resource that has parts, as bare ports."""
    parts = platform.lookup(name).ios
    return platform.request(name, dir={part.name: "-" for part in parts})


def plan_board(board: Board, core: Core, *, baud: int = 0, clock_divider: int = 0) -> Plan:
    """Return the files and commands that make a board's bitstream.

    Parameters
    ----------
    baud : int
        Bits a second on the line; 0 for the board's own.
    clock_divider : int
        Clock cycles of a bit, instead: for a simulation, which need not take as long.

    Raises
    ------
    ConfigError
        If the board has no serial port, or the core, the clock and the line do not go together;
        an answer of more than 32 bits, or of one bit a class, does not go over the line.
    ToolError
        If Amaranth cannot prepare the design.
    """
    platform = board.make_platform()
    _add_serial_port(board, platform)
    clock_hz = float(platform.default_clk_frequency)
    divider = clock_divider or clks_per_bit(clock_hz, baud or board.baud)
    timeout = 50 * clock_divider or int(TIMEOUT_SECONDS * clock_hz)
    shell = uart_top(
        CorePorts.of(core),
        identity=Identity.of(core.interface),
        clks_per_bit=divider,
        timeout_clks=timeout,
    )
    sources = {
        path.name: path.read_text(encoding="utf-8") for path in uart_sources(CorePorts.of(core))
    }
    sources |= {f"{core.module}.v": core_verilog(core), f"{UART_MODULE}.v": shell}
    for name, text in sources.items():
        platform.add_file(name, text)
    try:
        with _environment(wasmtime_cache()):
            plan = platform.build(
                BoardTop(board), name=TOP, do_build=False, debug_verilog=False, emit_src=False
            )
    except YosysError as error:
        raise ToolError(
            f"Amaranth's Yosys failed on board {board.name}: {telling_lines(str(error))}"
        ) from error
    except ResourceError as error:
        raise ConfigError(
            f"board {board.name}: {error}; a board needs the resource uart, or serial_pins"
        ) from error
    files = {
        name: text if isinstance(text, str) else text.decode("utf-8")
        for name, text in plan.files.items()
        if not name.endswith((".bat", ".debug.v"))
    }
    script = files.get(f"build_{TOP}.json")
    if script is None:
        raise ToolError(f"the platform {board.platform} does not say which tools it needs")
    commands = tuple(tuple(command) for command in json.loads(script)["commands"])
    return Plan(files, commands, clock_hz, divider, timeout)


@contextlib.contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    """Change the environment for a while: Amaranth runs its Yosys in that of this process."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, text in before.items():
            if text is None:
                del os.environ[name]
            else:
                os.environ[name] = text


def _add_serial_port(board: Board, platform: Any) -> None:
    if not board.serial_pins:
        return
    pins = {key: board.serial_pins[key] for key in ("rx", "tx")}
    attributes = {k: v for k, v in board.serial_pins.items() if k not in pins}
    parts: list[Any] = [
        Subsignal("rx", Pins(pins["rx"], dir="i")),
        Subsignal("tx", Pins(pins["tx"], dir="o")),
    ]
    platform.add_resources([Resource("uart", 0, *parts, Attrs(**attributes))])
