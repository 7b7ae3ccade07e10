"""What routers take: that the data are whole, and what is done with them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lutgen.chips import routability
from lutgen.chips.family import Family
from lutgen.chips.registry import families, get_device, get_family
from lutgen.chips.routability import (
    RANDOM,
    Point,
    Routability,
    get_routability,
    routabilities,
)
from lutgen.errors import ConfigError

HX8K = Routability("ice40", "hx8k", (Point(0.25, 128), Point(0.5, 64), Point(0.75, 1)), "a test")
HX1K = Routability("ice40", "hx1k", (Point(0.5, RANDOM),), "a test")


def ice40_only(*measured: Routability) -> Callable[[Family], tuple[Routability, ...]]:
    return lambda family: measured if family.name == "ice40" else ()


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routability, "routabilities", ice40_only(HX1K, HX8K))


def test_the_data_are_of_chips_that_exist_and_grow_with_room() -> None:
    assert len(routabilities(get_family("ice40"))) == 2
    for family in families().values():
        for known in routabilities(family):
            assert known.device in family.devices
            assert "nextpnr" in known.source and ", 20" in known.source
            shares = [point.share for point in known.points]
            assert shares == sorted(shares) and shares[0] > 0 and shares[-1] <= 1
            for denser, point in zip(known.points[1:], known.points, strict=False):
                assert point.takes(denser.window) or denser.window <= 1
            assert all((point.fmax_mhz > 10) == (point.window != 1) for point in known.points)


def test_the_next_share_above_counts() -> None:
    chip = get_device("ice40", "hx8k")  # 7,680 LUTs
    assert [HX8K.at(n_luts, chip) for n_luts in (0, 1920, 1921, 5760)] == [
        HX8K.points[0], HX8K.points[0], HX8K.points[1], HX8K.points[2]
    ]  # fmt: skip
    assert HX8K.at(5761, chip) is None


def test_a_larger_chip_goes_by_the_number_of_luts() -> None:
    assert HX8K.at(320, get_device("ice40", "hx1k")) == HX8K.points[0]  # a quarter of a small one
    assert HX8K.at(321, get_device("ice40", "hx1k")) == HX8K.points[1]
    assert HX1K.at(640, get_device("ice40", "hx8k")) == HX1K.points[0]  # half of the small one
    assert HX1K.at(641, get_device("ice40", "hx8k")) is None


@pytest.mark.parametrize(
    ("largest", "window", "takes"),
    [(64, 64, True), (64, 65, False), (64, RANDOM, False), (RANDOM, 4096, True),
     (RANDOM, RANDOM, True), (1, 16, False)],
)  # fmt: skip
def test_a_point_takes_what_is_no_larger(largest: int, window: int, takes: bool) -> None:
    assert Point(0.5, largest).takes(window) is takes


def test_a_chip_goes_by_itself_or_by_a_larger_one(table: None) -> None:
    assert get_routability("ice40", "hx8k") is HX8K
    assert get_routability("ice40", "lp1k") is HX1K
    assert get_routability("ice40", "up5k") is HX8K  # between the two
    assert get_routability("ice40", "lp384") is HX1K


def test_what_is_not_known_is_told(table: None) -> None:
    with pytest.raises(ConfigError, match=r"no open router was measured for chip family 'xilinx7'"):
        get_routability("xilinx7", next(iter(get_family("xilinx7").devices)))
    with pytest.raises(ConfigError, match=r"'ice40' has no device 'hx2k'; choose one of: lp384"):
        get_routability("ice40", "hx2k")
    with pytest.raises(ConfigError, match=r"there is no chip family 'ecp6'"):
        get_routability("ecp6", "25k")
