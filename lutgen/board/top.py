"""The board's top module in Amaranth: the platform's pins, the serial shell and its core."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from amaranth.back.verilog import YosysError
from amaranth.build import Attrs, Pins, Resource, ResourceError, Subsignal
from amaranth.hdl import ClockSignal, Elaboratable, Instance, Module, ResetSignal, Signal
from amaranth.lib import io

from lutgen.board.boards import Board
from lutgen.board.pins import RESET_CYCLES, TOP
from lutgen.board.shell import UART_MODULE
from lutgen.errors import ConfigError, ToolError
from lutgen.flow.caches import wasmtime_cache
from lutgen.flow.process import telling_lines


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


def platform_files(
    board: Board, sources: Mapping[str, str]
) -> tuple[dict[str, str], tuple[tuple[str, ...], ...]]:
    """Return what Amaranth's platform makes of the design: all files by name, and the commands.

    Parameters
    ----------
    sources : mapping of str to str
        Verilog of the shell and the core, by name.

    Raises
    ------
    ConfigError
        If the board has no serial port.
    ToolError
        If Amaranth cannot prepare the design.
    """
    platform = board.make_platform()
    _add_serial_port(board, platform)
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
    return files, tuple(tuple(command) for command in json.loads(script)["commands"])


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
