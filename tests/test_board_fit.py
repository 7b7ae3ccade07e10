"""What does not fit, or is too slow: the message says by how much, and what it names would do."""

import re

import numpy as np
import pytest
from strategies import random_network, voting_network

from lutgen.board.boards import find_board
from lutgen.board.build import board_core
from lutgen.board.fit import SHELL_CELLS, clock_advice, no_place, require_fit, require_room
from lutgen.core import CoreConfig, make_core
from lutgen.errors import MismatchError
from lutgen.model.network import LutNetwork
from lutgen.records.build import PartCount

N_INPUTS = 64
ICESTICK = find_board("icestick")


def network(width: int, k: int) -> LutNetwork:
    return voting_network(np.random.default_rng(2), N_INPUTS, [width, width], k, n_classes=10)


def luts_on_board(width: int, k: int) -> int:
    core = make_core(network(width, k), CoreConfig(chip="ice40"))
    return core.netlist.count("lut") + SHELL_CELLS + N_INPUTS


def test_the_width_and_the_k_that_are_named_do_fit() -> None:
    large, room = network(100, 6), ICESTICK.chip.luts
    with pytest.raises(MismatchError) as caught:
        require_room(ICESTICK, make_core(large, CoreConfig(chip="ice40")))
    message = str(caught.value)
    found = re.search(
        r"Lattice iCEstick: the design takes about ([\d,]+) LUTs, iCE40 HX1K has 1,280: ([\d,]+) "
        r"too many \(\d+ % of the chip\); about (\d+) of the 200 LUTs would \(\d+ %\); "
        r"k = (\d) instead of 6 would; (.*) would hold it",
        message,
    )
    assert found, message
    used, excess = (int(found[i].replace(",", "")) for i in (1, 2))
    assert used - room == excess and used == luts_on_board(100, 6)
    assert 0.75 * room < luts_on_board(int(found[3]) // 2, 6) <= 1.05 * room
    assert luts_on_board(100, int(found[4])) <= room < luts_on_board(100, int(found[4]) + 1)
    for name in found[5].split(" or "):
        require_room(find_board(name), make_core(large, CoreConfig(chip="ice40")))


def test_what_fits_passes_and_the_shell_counts() -> None:
    small = network(12, 4)
    core = make_core(small, CoreConfig(chip="ice40"))
    require_room(ICESTICK, core)
    part = PartCount(luts=300, registers=100)
    parts = dict.fromkeys(("encoder", "core", "head", "shell"), part)
    require_fit(ICESTICK, core, parts)
    parts["shell"] = PartCount(luts=300, registers=1280)
    with pytest.raises(MismatchError, match=r"takes 1,580 registers, .*: 300 too many"):
        require_fit(ICESTICK, core, parts)
    parts["shell"] = PartCount(luts=2000, registers=0)
    with pytest.raises(MismatchError, match=r"1,620 too many .*; hx8k-evn or icebreaker or ices"):
        require_fit(ICESTICK, core, parts)


def test_cells_that_find_no_place() -> None:
    large = network(100, 4)
    core = make_core(large, CoreConfig(chip="ice40"))
    part = PartCount(luts=300, registers=200)
    parts = dict.fromkeys(("encoder", "core", "head", "shell"), part)
    text = no_place(ICESTICK, core, parts, "no BELs remaining; log: x")
    assert "1,200 LUTs and 800 registers find no place on iCE40 HX1K (1,280 LUTs)" in text
    assert "about 104 of the 200 LUTs would (52 %)" in text and text.endswith("log: x")


def test_a_missed_clock_says_by_how_much_and_what_would_meet_it() -> None:
    board = find_board("ecpix-5")
    deep = random_network(np.random.default_rng(3), 16, [24] * 10 + [1], 4)
    flat = make_core(deep, CoreConfig(chip="ecp5"))
    advice = clock_advice(board, flat, 100.0, 60.0)
    assert "the clock of 100 MHz is missed by 40.0 MHz (60.0 MHz reached): " in advice
    found = re.search(r"LUTs stand between two registers, at most (\d) would meet it", advice)
    assert found and "--fmax-target 125MHz" in advice
    piped = board_core(deep, board, CoreConfig(), 100e6)
    assert piped.timing is not None and piped.timing.estimated_mhz >= 125.0
    assert piped.netlist.depth <= int(found[1])
    assert "more seeds" in clock_advice(board, piped, 100.0, 99.0)
