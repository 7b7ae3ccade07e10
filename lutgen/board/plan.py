"""What a board's tools are to do: files and commands, of pins alone or of Amaranth's platform."""

from __future__ import annotations

from dataclasses import dataclass

from lutgen.board.boards import TIMEOUT_SECONDS, Board, clks_per_bit
from lutgen.board.pins import pins_commands, pins_files
from lutgen.board.shell import UART_MODULE, CorePorts, uart_sources, uart_top
from lutgen.core import Core
from lutgen.emit.verilog import core_verilog
from lutgen.host.identity import Identity


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
    clock_hz = board.clock_hz
    divider = clock_divider or clks_per_bit(clock_hz, baud or board.baud)
    timeout = 50 * clock_divider or int(TIMEOUT_SECONDS * clock_hz)
    ports = CorePorts.of(core)
    shell = uart_top(
        ports,
        identity=Identity.of(core.interface),
        clks_per_bit=divider,
        timeout_clks=timeout,
    )
    sources = {path.name: path.read_text(encoding="utf-8") for path in uart_sources(ports)}
    sources |= {f"{core.module}.v": core_verilog(core), f"{UART_MODULE}.v": shell}
    if board.platform:
        from lutgen.board.top import platform_files  # noqa: PLC0415 - Amaranth is optional

        files, commands = platform_files(board, sources)
    else:
        files = {**sources, **pins_files(board, sorted(sources))}
        commands = pins_commands(board)
    return Plan(files, commands, clock_hz, divider, timeout)
