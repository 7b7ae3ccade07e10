"""Fmax of a core alone, on chips of every family."""

from pathlib import Path

import numpy as np
import pytest
from strategies import voting_network

from lutgen.board.fmax import chip_names, find_chip, measure_fmax
from lutgen.emit.core import build_core
from lutgen.errors import ConfigError
from lutgen.model import LutNetwork


@pytest.fixture(scope="module")
def network() -> LutNetwork:
    return voting_network(np.random.default_rng(1), 24, [12, 12], 4, n_classes=4)


@pytest.mark.parametrize("name", ["ice40-up5k"])
def test_fmax_of_the_core_alone(tmp_path: Path, network: LutNetwork, name: str) -> None:
    chip = find_chip(name)
    flat = measure_fmax(build_core(network, target=chip.family), chip, tmp_path / "f", seeds=[1, 2])
    assert len(flat.routed) == 2 and flat.mhz[0] <= flat.mhz[1] <= flat.mhz[2]
    assert "layer 1 LUT" in flat.critical_path and "registers around" in flat.critical_path
    piped = build_core(network, target=chip.family, pipeline=1)
    fast = measure_fmax(piped, chip, tmp_path / "p", seeds=[1])
    assert fast.mhz[2] > 1.2 * flat.mhz[2]
    with pytest.raises(ConfigError, match="a core for ice40 cannot be placed on ecp5-25k"):
        measure_fmax(piped, find_chip("ecp5-25k"), tmp_path / "x")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ecp5-25k", "gowin-gw1nr-9"])
def test_fmax_on_the_other_families(tmp_path: Path, network: LutNetwork, name: str) -> None:
    chip = find_chip(name)
    result = measure_fmax(build_core(network, target=chip.family), chip, tmp_path, seeds=[1])
    assert result.mhz[0] > 20 and "layer 2 LUT" in result.critical_path


def test_chips_that_no_router_knows() -> None:
    assert {name.split("-")[0] for name in chip_names()} == {"ice40", "ecp5", "gowin"}
    for name in ("ice40", "ice40-hx2k", "xilinx7-xc7a35t", ""):
        with pytest.raises(ConfigError, match="choose one of: ice40-lp384"):
            find_chip(name)
