"""Fmax of a core alone, on chips of every family."""

from pathlib import Path

import numpy as np
import pytest
from strategies import voting_network

from lutgen.board.fmax import chip_names, get_routable_chip, harness, measure_fmax
from lutgen.board.shell import CorePorts
from lutgen.core import CoreConfig, make_core
from lutgen.errors import ConfigError, ToolError
from lutgen.flow.pnr import CongestionError, Routed
from lutgen.model.network import LutNetwork
from lutgen.netlist.ir import LUT


@pytest.fixture(scope="module")
def network() -> LutNetwork:
    return voting_network(np.random.default_rng(1), 24, [12, 12], 4, n_classes=4)


@pytest.mark.parametrize("name", ["ice40-up5k"])
def test_fmax_of_the_core_alone(tmp_path: Path, network: LutNetwork, name: str) -> None:
    chip = get_routable_chip(name)
    flat = measure_fmax(
        make_core(network, CoreConfig(chip=chip.family.name)), chip, tmp_path / "f", seeds=[1, 2]
    )
    assert len(flat.routed) == 2 and flat.mhz[0] <= flat.mhz[1] <= flat.mhz[2]
    # nothing was thrown away: the core's LUTs, a register for each input, two for each output
    core = make_core(network, CoreConfig(chip=chip.family.name))
    n_luts = sum(cell.kind == LUT and "CARRY" not in cell.primitive for cell in core.netlist.cells)
    assert flat.routed[0].used["ICESTORM_LC"] >= n_luts + 24
    assert "layer 1 LUT" in flat.critical_path and "registers around" in flat.critical_path
    piped = make_core(network, CoreConfig(chip=chip.family.name, pipeline=1))
    fast = measure_fmax(piped, chip, tmp_path / "p", seeds=[1])
    assert fast.mhz[2] > 1.2 * flat.mhz[2]
    with pytest.raises(ConfigError, match="a core for ice40 cannot be placed on ecp5-25k"):
        measure_fmax(piped, get_routable_chip("ecp5-25k"), tmp_path / "x")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "pipeline"), [("ecp5-25k", 0), ("gowin-gw1nr-9", 2)])
def test_fmax_on_the_other_families(
    tmp_path: Path, network: LutNetwork, name: str, pipeline: int
) -> None:
    chip = get_routable_chip(name)
    core = make_core(network, CoreConfig(chip=chip.family.name, pipeline=pipeline))
    result = measure_fmax(core, chip, tmp_path, seeds=[1])
    assert result.mhz[0] > 20 and "layer 2 LUT" in result.critical_path


def test_the_registers_around_shift_in_and_fold_out() -> None:
    ports = CorePorts("core", n_inputs=3, answer_width=2, latency=1, has_clock=True)
    text = harness(ports)
    assert "core core (.clk(clk), .x(in), .y(y));" in text
    assert "in <= {in[1:0], d};" in text and "fold <= {fold[0:0], 1'b0} ^ out;" in text
    single = harness(CorePorts("core", n_inputs=1, answer_width=1, latency=0, has_clock=False))
    assert "core core (.x(in), .y(y));" in single and "in <= d;" in single


@pytest.mark.parametrize(("name", "fault", "message"), [
    ("ice40-hx1k", "congested", r"wires are congested; \d+ LUTs are \d+ % of iCE40 HX1K"),
    ("ice40-hx1k", "silent", "nextpnr-ice40 .* says no clock period; logs: "),
    ("gowin-gw1nr-9", "silent", "says no clock period: .* behind a multiplexer, try --pipeline"),
])  # fmt: skip
def test_no_figure_is_made_up(
    tmp_path: Path, network: LutNetwork, monkeypatch: pytest.MonkeyPatch, name: str, fault: str,
    message: str,
) -> None:  # fmt: skip
    def place_and_route(*_: object, **__: object) -> list[Routed]:
        if fault == "congested":
            raise CongestionError("the chip's wires are congested")
        return [Routed(seed=1, seconds=1.0, used={}, room={}, clocks=(), path=())]

    monkeypatch.setattr("lutgen.board.fmax.run", lambda *_, **__: 0.0)
    monkeypatch.setattr("lutgen.board.fmax.place_and_route", place_and_route)
    chip = get_routable_chip(name)
    with pytest.raises(ToolError, match=message):
        measure_fmax(make_core(network, CoreConfig(chip=chip.family.name)), chip, tmp_path / "f")


def test_amds_chips_are_vivados() -> None:
    with pytest.raises(ConfigError, match="placed and routed by Vivado alone; lutgen build"):
        get_routable_chip("xilinx7-xc7a35t")


def test_chips_that_no_router_knows() -> None:
    known = {"ice40", "ecp5", "gowin", "gatemate", "machxo2", "nexus"}
    assert {name.split("-")[0] for name in chip_names()} == known
    for name, message in (
        ("ice40", "no open router knows a chip 'ice40'; choose one of: ecp5-12k"),
        ("ice40-hx2k", "has no device 'hx2k'; choose one of: lp384"),
        ("generic-1", "has no device '1'; it is no chip in particular"),
        ("", "no chip family ''; choose one of: generic, cyclonev"),
    ):
        with pytest.raises(ConfigError, match=message):
            get_routable_chip(name)
