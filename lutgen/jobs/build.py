"""Build a board's bitstream of a model, and simulate what was built, pins to pins."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lutgen.board.boards import Board, find_board
from lutgen.chips.registry import get_family
from lutgen.core import CoreConfig, Interface
from lutgen.errors import ConfigError, DataError, MismatchError
from lutgen.flow.tools import find_verilator, find_yosys
from lutgen.jobs.progress import SILENT, Progress
from lutgen.model import LutNetwork
from lutgen.records.build import BUILD_FILE, PINS_FILE, BuildRecord, PinsCheck, PinsRecord
from lutgen.version import __version__

if TYPE_CHECKING:
    from lutgen.board.build import Build
    from lutgen.board.simulate import BoardSimulation


def build(
    network: LutNetwork,
    board: Board | str,
    out: Path | str,
    config: CoreConfig | None = None,
    *,
    seeds: Sequence[int] = (1,),
    baud: int = 0,
    timeout_seconds: float = 900.0,
    rebuild: bool = False,
    progress: Progress = SILENT,
) -> Build:
    """Build a board's bitstream of a model: synthesis, place and route, timing, packing.

    The folder ``out/<board>`` gets it, with its record. The board's own chip is taken, and unless
    `config` says otherwise registers for its clock.

    Parameters
    ----------
    board : Board or str
        A board, its name, a TOML file, or ``module:Class``.
    config : CoreConfig, optional
        What the core is to be, but for the chip.
    seeds : sequence of int
        Place and route runs once for each; the fastest is kept.
    baud : int
        Bits a second on the serial line; 0 for the board's own.
    timeout_seconds : float
        Limit for each place and route.
    rebuild : bool
        Build even if nothing has changed.

    Returns
    -------
    Build
        Its `meets_clock` tells whether the clock is reached.

    Raises
    ------
    ConfigError
        If there is no such board, or options do not go together.
    MismatchError
        If the design does not fit the chip; the message says by how much.
    ToolError
        If a tool is missing or fails, or no seed routes in time.
    """
    from lutgen.board.build import build_board  # noqa: PLC0415 - Amaranth is optional

    if config is not None and config.one_hot:
        raise ConfigError("a board answers class numbers over its line; leave --one-hot out")
    chosen = find_board(board) if isinstance(board, str) else board
    with progress.working(f"building for {chosen.title}"):
        return build_board(
            network,
            chosen,
            Path(out),
            config,
            seeds=seeds,
            baud=baud,
            timeout_seconds=timeout_seconds,
            rebuild=rebuild,
        )


def simulate_pins(
    network: LutNetwork,
    board: Board | str,
    folder: Path,
    X: NDArray[Any],
    config: CoreConfig | None = None,
    *,
    samples: str = "",
    again: bool = False,
    progress: Progress = SILENT,
) -> PinsRecord:
    """Send samples through the serial pins of the design, and of what place and route made of it.

    The latter where there are models of what the router writes. The folder gets a record. What it
    has one of already, of the same build, samples and simulator, and passed, is not simulated
    again.

    Parameters
    ----------
    folder : Path
        That of the build.
    X : ndarray of shape (n_samples, n_features)
    samples : str
        What they are, for the record.
    again : bool
        Simulate even what is known.
    """
    from lutgen.board import routed, simulate  # noqa: PLC0415 - Amaranth is optional

    chosen = find_board(board) if isinstance(board, str) else board
    config = replace(config or CoreConfig(), chip=f"{chosen.family}-{chosen.device}")

    def design(to: Path) -> BoardSimulation:
        return simulate.build_board_simulation(network, chosen, to, config)

    def after_routing(to: Path) -> BoardSimulation:
        interface = Interface.of(network, config)
        return routed.build_routed_simulation(interface, chosen, folder, to)

    key = _pins_key(Interface.of(network, config), folder, X)
    if not again and (known := _known_pins(folder, key)) is not None:
        return known
    forms = {"board design": design}
    if get_family(chosen.family).routed:
        forms["netlist after place and route"] = after_routing
    checks = []
    for form, build_simulation in forms.items():
        with progress.working(f"simulating the {form}, pins to pins"):
            simulation = build_simulation(folder / "simulation" / form.split()[0])
            result = simulate.run_board_simulation(simulation, X)
        checks.append(
            PinsCheck(
                name=f"{form}, pins to pins",
                n_equal=result.n_equal,
                n_samples=result.n_samples,
                tool=str(simulation.bench.tool),
                difference=result.message,
            )
        )
    bits, answers = Interface.of(network, config).changed(X)
    record = PinsRecord(
        digest=network.digest,
        key=key,
        samples=samples,
        bits_changed=int(bits.sum()),
        answers_changed=int(answers.sum()),
        checks=tuple(checks),
    )
    record.write(folder / PINS_FILE)
    return record


def _pins_key(interface: Interface, folder: Path, X: NDArray[Any]) -> str:
    """Return the digest of all that a simulation of a build depends on."""
    values = np.ascontiguousarray(X)
    parts = [
        __version__,
        BuildRecord.read(folder / BUILD_FILE).key,
        interface.core_id,
        str(find_verilator()),
        str(find_yosys()),
        str(values.dtype),
        str(values.shape),
    ]
    known = hashlib.sha256("\n".join(parts).encode())
    known.update(values.tobytes())
    return known.hexdigest()


def _known_pins(folder: Path, key: str) -> PinsRecord | None:
    """Return the record of a simulation that passed, if it is there and of that key."""
    try:
        record = PinsRecord.read(folder / PINS_FILE)
    except DataError:
        return None
    passed = all(check.passed for check in record.checks)
    return record if record.key == key and passed and record.checks else None


def require_pins(record: PinsRecord) -> None:
    """Raise :class:`MismatchError` if a simulated board differs from the model, saying where."""
    for check in record.checks:
        if not check.passed:
            raise MismatchError(f"{check.name} differs from the model: {check.difference}")


def require_clock(built: Build, board: str) -> None:
    """Raise :class:`MismatchError` if the board's clock is missed, with what would help."""
    if not built.meets_clock:
        raise MismatchError(f"{board}: {built.record.advice}")
