"""Forecasts from logs of nextpnr: of one that routed, and of some that got nowhere."""

import math

import pytest

from lutgen.flow.congestion import forecast, read_progress, standing

# Five layers of 576 4-LUTs on an HX8K, nextpnr-ice40 0.11.1: (arcs that remain, seconds)
ROUTED = [
    *((11873, 2.2), (9415, 9.6), (7809, 19.63), (6619, 29.2), (5408, 37.95), (4543, 46.09)),
    *((3488, 53.61), (2794, 64.08), (2178, 73.39), (1644, 81.2), (1142, 90.25), (865, 98.95)),
]  # windows of 64; routed after 108.8 s
STUCK = [
    *((11801, 7.54), (10617, 28.63), (10354, 58.18), (10149, 83.01), (10040, 104.57)),
    *((9884, 127.55), (9796, 156.82), (9627, 196.17), (9434, 246.9), (9352, 298.48)),
    *((9330, 357.91), (9219, 406.15)),
]  # random wires; stopped
# overused wires of router2, in the first iterations: windows of 64 (routed), random wires (stuck)
NEGOTIATED = [4115, 2531, 1605, 1191, 877, 718, 593, 521, 443]
OVERUSED = [8343, 7859, 7383, 7022, 7140, 7099, 7061, 7050]


def router1(rows: list[tuple[int, float]], total: int = 12721) -> str:
    table = [
        f"Info: {1000 * i:10d} | {0:8d} {0:10d} | {0:4d} {0:5d} |{left:10d}|{1.0:11.2f}{at:11.2f}|"
        for i, (left, at) in enumerate(rows, start=1)
    ]
    return "\n".join(["Info: Routing..", f"Info: Routing {total} arcs.", *table, ""])


def router2(overused: list[int]) -> str:
    return "Info: Running router2...\n" + "\n".join(
        f"Info:     iter={i} wires=57382 overused={n} overuse={n} archfail=NA"
        for i, n in enumerate(overused, start=1)
    )


@pytest.mark.parametrize("n_rows", range(8, len(ROUTED) + 1))
def test_what_routes_is_not_given_up(n_rows: int) -> None:
    needed = forecast(router1(ROUTED[:n_rows]), seconds=999.0)
    assert needed is None or needed < 70.0  # it took 108.8 s, and 64 s of them are gone


def test_what_gets_nowhere_is_told_from_it() -> None:
    told = [forecast(router1(STUCK[:n]), seconds=999.0) for n in range(8, len(STUCK) + 1)]
    assert all(needed is not None and needed > 1000 for needed in told)
    assert forecast(router1([*STUCK, *((9500 + i, 500.0 + i) for i in range(12))]), 9.0) == math.inf


def test_the_other_router_negotiates() -> None:
    needed = forecast(router2(NEGOTIATED), seconds=20.0)
    assert needed is None  # few wires are left: they take the time that they take
    needed = forecast(router2([4 * n for n in NEGOTIATED]), seconds=20.0)
    assert needed is not None and 0 < needed < 200
    needed = forecast(router2(OVERUSED), seconds=80.0)
    assert needed is not None and needed > 10_000


@pytest.mark.parametrize(
    "log", ["", "Info: Routing..\n", router1(STUCK[:7]), router2(OVERUSED[:5]),
            router1([(500, float(i)) for i in range(20)])]
)  # fmt: skip
def test_too_early_or_too_late_to_say(log: str) -> None:
    assert forecast(log, seconds=100.0) is None


def test_where_it_stands() -> None:
    assert standing(router1(STUCK)) == ", 9,219 of 12,721 connections were still to be routed"
    assert standing(router2(OVERUSED)) == ", 7,050 of 57,382 wires still carried two signals"
    assert standing("Info: placing") == ""
    # a line that the router is still writing does not count
    cut = router1(STUCK)[:-10]
    progress = read_progress(cut)
    assert progress is not None and progress.left[-1] == STUCK[-2][0]
