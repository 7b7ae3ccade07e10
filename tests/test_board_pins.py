"""Boards of pins alone: built, simulated pins to pins, and not simulated twice."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from strategies import random_samples, voting_network

from lutgen.board.boards import find_board
from lutgen.board.build import Build, build_board
from lutgen.board.routed import Cell, build_routed_simulation
from lutgen.board.simulate import build_board_simulation, run_board_simulation
from lutgen.core import Interface
from lutgen.errors import MismatchError, ToolError
from lutgen.jobs.build import require_pins, simulate_pins
from lutgen.model import LutNetwork

BOARD = find_board("icesugar")
BAUD = 3_000_000  # four clock cycles a bit, so that the simulation does not take long


@pytest.fixture(scope="module")
def network() -> LutNetwork:
    return voting_network(np.random.default_rng(5), 20, [12, 12], 4, n_classes=5)


@pytest.fixture(scope="module", name="X")
def samples() -> np.ndarray:
    return random_samples(np.random.default_rng(6), 60, 20)


@pytest.fixture(scope="module")
def built(network: LutNetwork, tmp_path_factory: pytest.TempPathFactory) -> Build:
    return build_board(network, BOARD, tmp_path_factory.mktemp("out"), baud=BAUD)


def test_a_board_of_pins_is_built_and_simulated_once(
    built: Build, network: LutNetwork, X: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert built.meets_clock and built.record.bitstream is not None
    assert (built.folder / "top.bin").is_file()
    pins = (built.folder / "top.pcf").read_text()
    assert "set_io clk 35\n" in pins and "set_io uart_rx 4\n" in pins
    record = simulate_pins(network, BOARD, built.folder, X)
    require_pins(record)
    assert [(check.n_equal, check.n_samples) for check in record.checks] == [(60, 60)] * 2
    assert build_board(network, BOARD, built.folder.parent, baud=BAUD).was_cached

    def stop(*_: object, **__: object) -> None:
        raise ToolError("simulated anew")

    monkeypatch.setattr("lutgen.board.simulate.build_board_simulation", stop)
    assert simulate_pins(network, BOARD, built.folder, X) == record
    with pytest.raises(ToolError, match="simulated anew"):
        simulate_pins(network, BOARD, built.folder, X[:50])
    with pytest.raises(ToolError, match="simulated anew"):
        simulate_pins(network, BOARD, built.folder, X, again=True)


def test_a_fault_in_the_top_is_found(tmp_path: Path, network: LutNetwork, X: np.ndarray) -> None:
    def crossed(files: dict[str, str]) -> dict[str, str]:
        return {**files, "top.v": files["top.v"].replace(".rx(uart_rx)", ".rx(!uart_rx)")}

    simulation = build_board_simulation(network, BOARD, tmp_path, faulty=crossed)
    with pytest.raises(ToolError, match="ended early"):
        run_board_simulation(simulation, X[:4])


def test_a_fault_after_place_and_route_is_found(
    tmp_path: Path, built: Build, network: LutNetwork, X: np.ndarray
) -> None:
    def invert(cells: dict[str, Cell]) -> None:
        names = [name for name in cells if re.search(r"U_h_y0\w*_LC$", name)]
        table = cells[names[0]]["parameters"]["LUT_INIT"]
        cells[names[0]]["parameters"]["LUT_INIT"] = table.translate(str.maketrans("01", "10"))

    simulation = build_routed_simulation(
        Interface(network), BOARD, built.folder, tmp_path, faulty=invert
    )
    assert not run_board_simulation(simulation, X[:40]).passed


def test_the_log_of_a_design_without_room_is_there(
    tmp_path: Path, network: LutNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, folder: Path, **__: object) -> None:
        log = folder / "seed1.nextpnr.log"
        log.write_text("no BELs remaining")
        raise ToolError(f"nextpnr failed: no BELs remaining; log: {log}")

    monkeypatch.setattr("lutgen.board.build.place_and_route", full)
    with pytest.raises(MismatchError, match="find no place") as caught:
        build_board(network, BOARD, tmp_path)
    (log,) = re.findall(r"log: (\S+)", str(caught.value))
    assert Path(log).read_text() == "no BELs remaining"
    assert [path.name for path in tmp_path.iterdir()] == ["icesugar.failed"]
