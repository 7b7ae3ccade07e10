"""The whole design of a board in simulation, pins to pins, and samples through its serial line.

What is simulated is what the board's tools get: Amaranth's top module with the platform's pin
buffers and clock, the shell, and the core as primitives; only a bit on the line lasts fewer
clock cycles. Yosys turns it into Verilog, and its simulation models stand for the primitives.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from numpy.typing import ArrayLike

from lutgen.bits import Bits
from lutgen.board.boards import Board
from lutgen.board.build import board_core
from lutgen.board.pins import TOP
from lutgen.board.plan import plan_board
from lutgen.board.shell import SELF_TEST_CYCLES, UART_MODULE, CorePorts, uart_sources
from lutgen.chips.registry import families, get_family
from lutgen.chips.tools import DesignModels
from lutgen.core import Core, CoreConfig, Interface
from lutgen.emit.vectors import EXPECTED, INPUTS, vectors
from lutgen.errors import ConfigError, DataError, ToolError
from lutgen.files import read_json, write_files
from lutgen.flow.cocotb import Bench, Design, build_bench
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_yosys
from lutgen.flow.yosys import library_command, library_files, simulation_models, yosys_family
from lutgen.host.protocol import self_test_vectors, sign
from lutgen.model.network import LutNetwork

CLKS_PER_BIT = 4
BENCH_TOP = "board_bench"
BENCH_PORTS = ("clk", "rx", "tx")
BRIDGE_TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True)
class BoardSimulation:
    """A board's design, built for the simulator.

    Parameters
    ----------
    bench : Bench
        What runs it.
    interface : Interface
        What a request carries, and what it is answered.
    settings : mapping of str to str
        Settings of the bench, the vectors left out.
    """

    bench: Bench
    interface: Interface
    settings: dict[str, str]


@dataclass(frozen=True)
class LineResult:
    """What came back over a line: samples sent, answers, and those that were as expected."""

    n_samples: int
    n_equal: int
    message: str = ""

    @property
    def passed(self) -> bool:
        """Whether every answer was right, and the bench had nothing else to say."""
        return self.n_equal == self.n_samples and not self.message


def signature(interface: Interface) -> int:
    """Return the signature that a self-test has to give, computed by the model."""
    stimulus = self_test_vectors(interface.n_inputs, SELF_TEST_CYCLES)
    return sign(interface.values(interface.answers(Bits.from_dense(stimulus))))


def build_board_simulation(
    network: LutNetwork,
    board: Board,
    folder: Path,
    config: CoreConfig | None = None,
    *,
    faulty: Callable[[dict[str, str]], dict[str, str]] | None = None,
) -> BoardSimulation:
    """Build the design of a board for the simulator.

    Parameters
    ----------
    config : CoreConfig, optional
        What the core is to be; see :func:`lutgen.board.build.board_core`.
    faulty : callable, optional
        Gets the design's files and returns them with a fault planted.

    Raises
    ------
    ConfigError
        If the primitives of the board's pins have no simulation model here.
    ToolError
        If a tool is missing or fails.
    """
    pins = get_family(board.family).pins if board.platform else DesignModels((), ())
    if pins is None:
        known = ", ".join(name for name, family in families().items() if family.pins)
        raise ConfigError(
            f"the pins of {board.title} have no simulation models here; choose a board with one "
            f"of: {known}"
        )
    core = board_core(network, board, config or CoreConfig(), board.clock_hz)
    plan = plan_board(board, core, clock_divider=CLKS_PER_BIT)
    files = faulty(plan.files) if faulty else plan.files
    write_files(folder / "design", files)
    return build_pins_simulation(
        core.interface,
        board,
        _read_design(core, board),
        folder,
        models=pins,
        clks_per_bit=CLKS_PER_BIT,
    )


def build_pins_simulation(
    interface: Interface,
    board: Board,
    script: Sequence[str],
    folder: Path,
    *,
    models: DesignModels,
    clks_per_bit: int,
) -> BoardSimulation:
    """Build for the simulator what a Yosys script reads in the folder ``design``.

    Parameters
    ----------
    script : sequence of str
        Commands that read the design, whose top module is ``top``.
    models : DesignModels
        Models of the cells beside the core's primitives.
    clks_per_bit : int
        Clock cycles of a bit on the line.

    Raises
    ------
    ToolError
        If a tool is missing or fails, or the top module has no serial pins.
    """
    sources = _to_verilog([*script, *_WRITE], board, folder / "design", models.cells)
    bench = build_bench(
        "bench_board",
        Design(
            (*sources, *get_family(board.family).model_files(models)),
            BENCH_TOP,
            BENCH_PORTS,
            defines=yosys_family(board.family).defines,
        ),
        folder=folder / "bench",
    )
    settings = {
        "LUTGEN_CLKS_PER_BIT": str(clks_per_bit),
        "LUTGEN_CORE_ID": interface.core_id,
        "LUTGEN_SIGNATURE": str(signature(interface)),
    }
    return BoardSimulation(bench, interface, settings)


def run_board_simulation(simulation: BoardSimulation, X: ArrayLike) -> LineResult:
    """Send samples through the serial pins of a board in simulation; compare with the model.

    The board has to say the core's identity and to pass its self-test, too.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)

    Raises
    ------
    ToolError
        If the simulator fails.
    """
    folder = simulation.bench.folder
    interface = simulation.interface
    bits = interface.samples(X)
    write_vectors(folder, bits, interface.answers(bits))
    settings = {**simulation.settings, **vector_settings(folder)}
    return run_line(simulation.bench, settings, "every_vector", bits.n_samples)


@contextmanager
def bridged(
    simulation: BoardSimulation, timeout_seconds: float = BRIDGE_TIMEOUT_SECONDS
) -> Iterator[str]:
    """Run a board in simulation behind a pseudo-terminal; yields the terminal's path.

    A host program opens it as it would the board's serial port.

    Raises
    ------
    ToolError
        If the simulator fails, or is not ready in time.
    """
    folder = simulation.bench.folder
    ready, stop = folder / "terminal", folder / "stop"
    for path in (ready, stop):
        path.unlink(missing_ok=True)
    settings = {**simulation.settings, "LUTGEN_READY": str(ready), "LUTGEN_STOP": str(stop)}
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(
            simulation.bench.run, settings, tests=["bridge"], timeout_seconds=timeout_seconds
        )
        try:
            until = time.monotonic() + timeout_seconds
            while not ready.exists() and not running.done() and time.monotonic() < until:
                time.sleep(0.02)
            if not ready.exists():
                raise ToolError(f"the simulated board did not start; log: {folder / 'run.log'}")
            yield ready.read_text(encoding="utf-8")
        finally:
            stop.touch()
    if faults := [outcome.message for outcome in running.result() if not outcome.passed]:
        raise ToolError(f"the simulated board failed: {faults[0]}; log: {folder / 'run.log'}")


def write_vectors(folder: Path, bits: Bits, answers: Bits) -> None:
    """Write what a bench sends, and the answers that have to come back, of any width.

    Raises
    ------
    DataError
        If there are no samples.
    """
    if not bits.n_samples:
        raise DataError("there are no samples to simulate")
    write_files(folder, vectors(bits, answers))


def vector_settings(folder: Path) -> dict[str, str]:
    """Return the settings of a bench that say where its vectors are."""
    return {
        "LUTGEN_INPUTS": str(folder / INPUTS),
        "LUTGEN_EXPECTED": str(folder / EXPECTED),
        "LUTGEN_RESULT": str(folder / "result.json"),
    }


def run_line(bench: Bench, settings: dict[str, str], test: str, n_samples: int) -> LineResult:
    """Run a test that sends vectors and counts right answers.

    Raises
    ------
    ToolError
        If the bench leaves no record.
    """
    (bench.folder / "result.json").unlink(missing_ok=True)
    (outcome,) = bench.run(settings, tests=[test])
    if not (bench.folder / "result.json").exists():
        raise ToolError(f"the bench {bench.module} ended early: {outcome.message}")
    record = read_json(bench.folder / "result.json")
    return LineResult(n_samples, int(record["n_equal"]), outcome.message)


_WRITE = ("proc", "blackbox =A:whitebox")


def _read_design(core: Core, board: Board) -> list[str]:
    own = [f"{core.module}.v", f"{UART_MODULE}.v"]
    own += [path.name for path in uart_sources(CorePorts.of(core))]
    return [
        library_command(board.family),
        f"read_verilog {' '.join(own)}",
        f"read_rtlil {TOP}.il" if board.platform else f"read_verilog {TOP}.v",
        f"hierarchy -top {TOP}",
    ]


def _to_verilog(
    script: Sequence[str], board: Board, folder: Path, pin_cells: Sequence[str]
) -> list[Path]:
    """Write the design as Verilog that a simulator reads; return all that it takes."""
    lines = [
        *script,
        *(f"chtype -set PIN_{cell} t:{cell}" for cell in pin_cells),
        "write_verilog -noattr simulate.v",
    ]
    files = {"simulate.ys": "\n".join(lines) + "\n"}
    write_files(folder, {**files, **library_files(board.family)})
    tool = find_yosys()
    run(
        [tool.path, "simulate.ys"],
        what="Yosys (board to Verilog)",
        cwd=folder,
        log=folder / "yosys.log",
        environment=subprocess_environment(tool.environment),
    )
    names = _pin_names((folder / "simulate.v").read_text(encoding="utf-8"))
    (bench,) = write_files(folder, {f"{BENCH_TOP}.v": _bench_top(names)})
    return [folder / "simulate.v", simulation_models(board.family), bench]


def _pin_names(verilog: str) -> tuple[str, str, str]:
    """Return the names of the top module's pins: clock, receiver, transmitter."""
    header = re.search(rf"module {TOP}\((.*?)\);", verilog, re.DOTALL)
    ports = re.findall(r"\w+", header[1]) if header else []
    clock = [port for port in ports if re.match(r"(clk|.*osc)", port, re.IGNORECASE)]
    rx = [port for port in ports if "uart" in port and "rx" in port]
    tx = [port for port in ports if "uart" in port and "tx" in port]
    if not (clock and rx and tx):
        raise ToolError(f"the board's top module has the pins {', '.join(ports) or 'none'}")
    return clock[0], rx[0], tx[0]


def _bench_top(pins: tuple[str, str, str]) -> str:
    clock, rx, tx = pins
    # a pin of the chip may be an inout, which an input cannot be joined to
    return f"""module {BENCH_TOP} (input wire clk, input wire rx, output wire tx);
  wire clk_pin, rx_pin;
  assign clk_pin = clk;
  assign rx_pin = rx;
  {TOP} {TOP} (.{clock}(clk_pin), .{rx}(rx_pin), .{tx}(tx));
endmodule
"""
