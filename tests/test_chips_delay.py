"""The delay models: that the data are whole, and what is done with them."""

from __future__ import annotations

import numpy as np
import pytest
from strategies import random_network

from lutgen.chips.delay import DelayModel, delay_models, get_delay_model, has_delays
from lutgen.chips.fabric.fabric import MUX
from lutgen.chips.registry import families, get_family
from lutgen.core import CoreConfig, make_core
from lutgen.errors import ConfigError
from lutgen.netlist.ir import LUT, REGISTER, Cell, Netlist
from lutgen.netlist.passes.pipeline import arrivals

MODEL = DelayModel("ice40", "hx", ("hx8k",), 1.0, 0.5, 1.5, 0.25, "a test", 0.1)


def test_every_model_stands_for_devices_that_exist() -> None:
    assert delay_models(get_family("ice40"))
    for family in families().values():
        models = delay_models(family)
        named = [device for model in models for device in model.devices]
        assert len(named) == len(set(named))
        assert set(named) <= set(family.devices)
        assert bool(models) != bool(family.why_no_delays)
        for model in models:
            assert 0 < model.logic_ns < model.logic_ns + model.routing_ns < 10
            assert 0 < model.overhead_ns < 10 and 0 <= model.mux_ns < 5
            assert (model.behind_mux_ns > 0) == (family.name == "gowin")
            assert (model.carry_ns > 0) == (family.carry is not None)
            assert ("nextpnr" in model.source) != ("public figures" in model.source)
            assert 0 < model.error_percent < 50
            assert (model.max_mhz > 0) == ("public figures" in model.source)


def test_period_is_overhead_and_levels() -> None:
    lut = Cell(LUT, (2, 3), 8, "a", 1, "SB_LUT4")
    mux = Cell(LUT, (4, 5, 2), 0xCA, "m", 1, "PFUMX", True)
    carry = Cell(LUT, (4, 5, 2), 0xE8, "c", 1, "SB_CARRY", True, "site")
    register = Cell(REGISTER, (4,), 0, "r", 1, "SB_DFF")
    assert [MODEL.cell_ns(cell) for cell in (lut, mux, carry, register)] == [2.0, 0.25, 0.1, 0.0]
    assert MODEL.budget_ns(200) == pytest.approx(4.0)  # 5 ns less the overhead
    assert MODEL.fmax_mhz(4.0) == pytest.approx(200)


def test_a_register_behind_a_multiplexer_comes_later_on_gowin() -> None:
    model = get_delay_model("gowin", "gw1nr-9")
    luts = [Cell(LUT, (2, 3, 4, 5), 0x8000 >> i, f"l1_n0_{i}", 1, "LUT4") for i in range(2)]
    mux = Cell(LUT, (7, 8, 6), MUX, "l1_n0", 1, "MUX2_LUT5", True, local=0b011)
    plain, muxed = Netlist(5, tuple(luts), (7, 8)), Netlist(5, (*luts, mux), (9,))
    assert model.of(plain) == model
    with_mux = model.of(muxed)
    assert with_mux.overhead_ns == model.overhead_ns + model.behind_mux_ns
    assert with_mux.of(muxed) == with_mux
    assert with_mux.fmax_mhz(5.0) < model.fmax_mhz(5.0)
    # nextpnr-himbaechel-gowin 0.11.1, GW1NR-9, one 6-LUT between registers: 9.46 ns
    level = sum(map(model.cell_ns, (luts[0], mux, mux)))
    assert with_mux.fmax_mhz(level) == pytest.approx(1000 / 9.462, rel=0.04)


@pytest.mark.parametrize("mhz", [60.0, 100.0])
def test_an_fmax_can_be_aimed_at_on_gowin(mhz: float) -> None:
    network = random_network(np.random.default_rng(1), 40, [30, 20, 1], 6)
    core = make_core(network, CoreConfig(chip="gowin-gw1nr-9", fmax_target_mhz=mhz))
    assert core.timing is not None and core.timing.grade == "c6/i5"
    assert "nextpnr-himbaechel-gowin" in core.timing.source
    model = get_delay_model("gowin")
    path_ns = max(arrivals(core.netlist, model.cell_ns))
    assert path_ns + model.overhead_ns + model.behind_mux_ns <= 1000 / mhz
    assert core.netlist.latency > 1
    with pytest.raises(ConfigError, match="an Fmax of 250 MHz is out of reach on gowin c6/i5"):
        make_core(network, CoreConfig(chip="gowin", fmax_target_mhz=250))


def test_a_grade_is_found_by_itself_and_by_its_devices() -> None:
    assert get_delay_model("ice40").grade == "hx"
    assert get_delay_model("ice40", "up") == get_delay_model("ice40", "up5k")
    assert get_delay_model("ice40", "lp384").grade == "lp"


def test_what_has_no_model_is_told() -> None:
    with pytest.raises(
        ConfigError, match=r"no delay model for chip family 'generic'.* one of: ecp5"
    ):
        get_delay_model("generic")
    with pytest.raises(ConfigError, match=r"no speed grade 'u4k'; choose one of: hx \(hx1k, hx4k"):
        get_delay_model("ice40", "u4k")


def test_a_device_without_delays_in_a_family_with_some() -> None:
    assert has_delays("gowin") and has_delays("gowin", "gw1nr-9")
    assert not has_delays("gowin", "gw2ar-18") and not has_delays("gatemate")
    network = random_network(np.random.default_rng(3), 8, [6, 1], 4)
    assert make_core(network, CoreConfig(chip="gowin-gw2ar-18", pipeline=1)).timing is None
    assert make_core(network, CoreConfig(chip="gowin-gw1nr-9", pipeline=1)).timing is not None
