"""Whole boards in simulation, pins to pins: right ones pass, and a fault anywhere is found."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from strategies import random_network, random_samples, voting_network

from lutgen.board.boards import find_board
from lutgen.board.build import Build, build_board
from lutgen.board.routed import Cell, build_routed_simulation, close_netlist
from lutgen.board.simulate import bridged, build_board_simulation, run_board_simulation
from lutgen.board.stream import simulate_stream
from lutgen.chips.registry import get_family
from lutgen.core import CoreConfig, Interface
from lutgen.encode.encoder import fit_encoder
from lutgen.encode.formats import FeatureFormat
from lutgen.errors import ConfigError, DataError, MismatchError, ToolError
from lutgen.host import Device
from lutgen.model import ONE, ZERO, Bits, LutNetwork, Sum

N_SAMPLES = 200
ICEBREAKER = find_board("icebreaker")


@pytest.fixture(scope="module")
def network() -> LutNetwork:
    return voting_network(np.random.default_rng(5), 20, [12, 12], 4, n_classes=5)


@pytest.fixture(scope="module", name="X")
def samples() -> np.ndarray:
    return random_samples(np.random.default_rng(6), N_SAMPLES, 20)


@pytest.fixture(scope="module")
def built(network: LutNetwork, tmp_path_factory: pytest.TempPathFactory) -> Build:
    # 3 Mbaud: four clock cycles a bit, so that the simulation does not take long
    return build_board(network, ICEBREAKER, tmp_path_factory.mktemp("out"), baud=3_000_000)


def test_the_whole_board_pins_to_pins(tmp_path: Path, network: LutNetwork, X: np.ndarray) -> None:
    simulation = build_board_simulation(network, ICEBREAKER, tmp_path)
    result = run_board_simulation(simulation, X)
    assert result.passed and result.n_samples == N_SAMPLES, result.message
    # a board that answers another model's classes is found out
    other = replace(network, head=replace(network.head, weights=network.head.weights[::-1].copy()))
    wrong = run_board_simulation(replace(simulation, interface=Interface(other)), X[:40])
    assert not wrong.passed and wrong.n_equal < 40
    for name in ("LUTGEN_CORE_ID", "LUTGEN_SIGNATURE"):  # what it says and signs counts, too
        settings = {**simulation.settings, name: "7"}
        wrong = run_board_simulation(replace(simulation, settings=settings), X[:4])
        assert not wrong.passed and wrong.n_equal == 4
    with pytest.raises(DataError, match="no samples to simulate"):
        run_board_simulation(simulation, X[:0])


def other_table(files: dict[str, str]) -> dict[str, str]:
    """Invert the truth table of the head's last LUT."""
    name = "lutgen_core.v"
    tables = list(re.finditer(r"LUT_INIT\(16'h([0-9a-f]{4})\)", files[name]))
    last = tables[-1]
    inverted = f"{0xFFFF ^ int(last[1], 16):04x}"
    return {**files, name: files[name][: last.start(1)] + inverted + files[name][last.end(1) :]}


def shifted_sample(files: dict[str, str]) -> dict[str, str]:
    """Join the sample's bits to the core one place off."""
    name = "lutgen_shell.v"
    text = files[name].replace(".x(x)", ".x({x[0], x[19:1]})")
    assert text != files[name]
    return {**files, name: text}


@pytest.mark.parametrize("fault", [other_table, shifted_sample])
def test_a_fault_in_core_or_shell_is_found(
    tmp_path: Path, network: LutNetwork, X: np.ndarray, fault: object
) -> None:
    simulation = build_board_simulation(network, ICEBREAKER, tmp_path, faulty=fault)  # type: ignore[arg-type]
    result = run_board_simulation(simulation, X[:40])
    assert not result.passed and result.n_equal < 40


def test_the_netlist_after_place_and_route(
    tmp_path: Path, network: LutNetwork, X: np.ndarray, built: Build
) -> None:
    simulation = build_routed_simulation(Interface(network), ICEBREAKER, built.folder, tmp_path)
    result = run_board_simulation(simulation, X)
    assert result.passed and result.n_samples == N_SAMPLES, result.message


def test_a_fault_after_place_and_route_is_found(
    tmp_path: Path, network: LutNetwork, X: np.ndarray, built: Build
) -> None:
    def invert(cells: dict[str, Cell]) -> None:
        names = [name for name in cells if re.search(r"U_h_y0\w*_LC$", name)]
        table = cells[names[0]]["parameters"]["LUT_INIT"]
        cells[names[0]]["parameters"]["LUT_INIT"] = table.translate(str.maketrans("01", "10"))

    simulation = build_routed_simulation(
        Interface(network), ICEBREAKER, built.folder, tmp_path, faulty=invert
    )
    result = run_board_simulation(simulation, X[:40])
    assert not result.passed and result.n_equal < 40


def test_builds_that_cannot_be_simulated(tmp_path: Path, network: LutNetwork, built: Build) -> None:
    with pytest.raises(ConfigError, match="choose a board with one of: ecp5, ice40"):
        build_routed_simulation(
            Interface(network), find_board("tang-nano-9k"), built.folder, tmp_path
        )
    other = replace(
        network, head=replace(network.head, bias=network.head.bias + np.arange(5, dtype=np.int32))
    )
    with pytest.raises(MismatchError, match="is the build of another model"):
        build_routed_simulation(Interface(other), ICEBREAKER, built.folder, tmp_path)
    inputs = Interface(network, (FeatureFormat(1),) * 20)
    with pytest.raises(MismatchError, match=r"build of this model with another input .* same opti"):
        build_routed_simulation(inputs, ICEBREAKER, built.folder, tmp_path)
    with pytest.raises(ConfigError, match="have no simulation models here; choose a board with"):
        build_board_simulation(network, find_board("arty-a7-35"), tmp_path)
    netlist = built.folder / "seed1.placed.json"
    right = netlist.read_text()
    netlist.write_text('{"modules": {"top": {"cells": [1]}}}')
    with pytest.raises(ToolError, match="not a netlist of nextpnr"):
        build_routed_simulation(Interface(network), ICEBREAKER, built.folder, tmp_path)
    netlist.write_text(right)


def test_open_inputs_are_tied_as_the_chip_ties_them() -> None:
    ff: Cell = {
        "type": "TRELLIS_FF",
        "parameters": {"SD": "0 ", "CEMUX": "CE"},
        "port_directions": {"M": "input", "CE": "input", "LSR": "input", "Q": "output"},
        "connections": {"M": [7], "CE": [], "LSR": [], "Q": []},
    }
    models = get_family("ecp5").routed
    assert models is not None
    close_netlist({"ports": {}, "cells": {"a": ff}}, models)
    assert ff["connections"] == {"M": [7], "DI": [7], "CE": ["1"], "LSR": ["0"]}
    assert ff["parameters"] == {"CEMUX": "CE"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tang-nano-9k"])
def test_boards_of_the_other_families(
    tmp_path: Path, network: LutNetwork, X: np.ndarray, name: str
) -> None:
    simulation = build_board_simulation(network, find_board(name), tmp_path)
    result = run_board_simulation(simulation, X)
    assert result.passed, result.message


@pytest.mark.slow
def test_the_netlist_after_place_and_route_on_ecp5(
    tmp_path: Path, network: LutNetwork, X: np.ndarray
) -> None:
    board = find_board("ulx3s-12f")
    built = build_board(network, board, tmp_path)
    assert built.record.bitstream is not None and built.meets_clock
    assert built.record.bitstream.file == "top.bit"
    simulation = build_routed_simulation(
        Interface(network), board, built.folder, tmp_path / "simulation"
    )
    result = run_board_simulation(simulation, X[:40])
    assert result.passed, result.message


def test_samples_through_the_stream(tmp_path: Path, network: LutNetwork, X: np.ndarray) -> None:
    assert simulate_stream(network, X, tmp_path, beat_width=8).passed


def sums(n_scores: int) -> LutNetwork:
    """Return a network that answers scores, below zero too."""
    network = random_network(np.random.default_rng(7), 14, [10, 8], 4)
    head = Sum.of(np.random.default_rng(7).integers(-9, 7, (n_scores, 8)), scale=0.5)
    return replace(network, outputs=np.arange(24, 32, dtype=np.int32), head=head)


def bits_of_all_kinds() -> LutNetwork:
    """Return a network that answers LUTs, inputs and constants, 26 bits."""
    network = random_network(np.random.default_rng(9), 20, [10, 22], 4)
    outputs = np.array([*range(30, 52), 3, 3, ONE, ZERO], dtype=np.int32)
    return replace(network, outputs=outputs, head=Bits())


@pytest.mark.parametrize("answering", [sums(3), bits_of_all_kinds()], ids=["scores", "bits"])
def test_scores_and_bits_pins_to_pins(tmp_path: Path, answering: LutNetwork) -> None:
    samples = random_samples(np.random.default_rng(6), 60, answering.n_inputs)
    simulation = build_board_simulation(answering, ICEBREAKER, tmp_path)
    result = run_board_simulation(simulation, samples)
    assert result.passed and result.n_samples == 60, result.message
    if isinstance(answering.head, Bits):
        flipped = replace(answering, outputs=answering.outputs[::-1].copy())
    else:  # the sign of the last score alone
        weights = answering.head.weights * np.array([[1], [1], [-1]], dtype=np.int32)
        flipped = replace(answering, head=replace(answering.head, weights=weights))
    wrong = run_board_simulation(replace(simulation, interface=Interface(flipped)), samples)
    assert not wrong.passed and wrong.n_equal < 30
    with bridged(simulation) as port, Device(port, answering, timeout_seconds=30) as device:
        assert device.self_test()
        answers = device.predict(samples[:20])
    assert np.array_equal(answers, answering.predict(samples[:20]))


def test_codes_wider_than_a_byte_go_over_the_line(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    X = rng.normal(size=(60, 5)) * 3
    encoder = fit_encoder("thermometer:4:quantile", X)
    network = voting_network(rng, encoder.n_bits, [12, 12], 4, n_classes=5, encoder=encoder)
    config = CoreConfig(input_format="q5.8", accept_rounding=True)
    simulation = build_board_simulation(network, ICEBREAKER, tmp_path, config)
    result = run_board_simulation(simulation, X)
    assert result.passed and result.n_samples == 60, result.message
    with bridged(simulation) as port, Device(port, network, timeout_seconds=30) as device:
        assert str(device.interface.formats[0]) == "s13:scale=2^-8"
        assert np.array_equal(device.predict(X[:20]), device.interface.predict(X[:20]))


def test_answers_that_no_line_carries(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"carries 32 bits, not 36 \(scores\); answer fewer scores"
    ):
        build_board_simulation(sums(6), ICEBREAKER, tmp_path)
    samples = random_samples(np.random.default_rng(6), 60, 14)
    assert simulate_stream(sums(6), samples, tmp_path, beat_width=14).passed
