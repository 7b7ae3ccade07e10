"""The delay models: that the data are whole, and what is done with them."""

from __future__ import annotations

import pytest

from lutgen.errors import ConfigError
from lutgen.netlist.ir import LUT, REGISTER, Cell
from lutgen.target.delay import DelayModel, delay_models, get_delay_model
from lutgen.target.registry import FAMILIES

MODEL = DelayModel("ice40", "hx", ("hx8k",), 1.0, 0.5, 1.5, 0.25, "a test", 0.1)


def test_every_model_stands_for_devices_that_exist() -> None:
    assert "ice40" in delay_models()
    for family, models in delay_models().items():
        named = [device for model in models for device in model.devices]
        assert len(named) == len(set(named))
        if family in FAMILIES:
            assert set(named) <= set(FAMILIES[family].devices)
        for model in models:
            assert 0 < model.logic_ns < model.logic_ns + model.routing_ns < 10
            assert 0 < model.overhead_ns < 10 and 0 <= model.mux_ns < 5
            assert (model.carry_ns > 0) == (FAMILIES[family].carry is not None)
            assert "nextpnr" in model.source and ", 20" in model.source


def test_period_is_overhead_and_levels() -> None:
    lut = Cell(LUT, (2, 3), 8, "a", 1, "SB_LUT4")
    mux = Cell(LUT, (4, 5, 2), 0xCA, "m", 1, "PFUMX", True)
    carry = Cell(LUT, (4, 5, 2), 0xE8, "c", 1, "SB_CARRY", True, "site")
    register = Cell(REGISTER, (4,), 0, "r", 1, "SB_DFF")
    assert [MODEL.cell_ns(cell) for cell in (lut, mux, carry, register)] == [2.0, 0.25, 0.1, 0.0]
    assert MODEL.budget_ns(200) == pytest.approx(4.0)  # 5 ns less the overhead
    assert MODEL.fmax_mhz(4.0) == pytest.approx(200)


def test_a_grade_is_found_by_itself_and_by_its_devices() -> None:
    assert get_delay_model("ice40").grade == "hx"
    assert get_delay_model("ice40", "up") == get_delay_model("ice40", "up5k")
    assert get_delay_model("ice40", "lp384").grade == "lp"


def test_what_has_no_model_is_told() -> None:
    with pytest.raises(ConfigError, match=r"no delay model for target 'generic'.* one of: ice40"):
        get_delay_model("generic")
    for target in ("xilinx7", "xcup"):
        with pytest.raises(ConfigError, match="no open place and route measures AMD's chips"):
            get_delay_model(target)
    with pytest.raises(ConfigError, match=r"no speed grade 'u4k'; choose one of: hx \(hx1k, hx4k"):
        get_delay_model("ice40", "u4k")
