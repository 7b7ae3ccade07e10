"""Boards: those that come with lutgen, a user's own, and what a wrong file says."""

from pathlib import Path

import pytest

from lutgen.board.boards import (
    board_faults,
    board_names,
    board_of_platform,
    clks_per_bit,
    find_board,
    load_boards,
    read_board,
)
from lutgen.errors import ConfigError

GOOD = """
title = "Mine"
platform = "amaranth_boards.icebreaker:ICEBreakerPlatform"
family = "ice40"
device = "up5k"
"""


def test_the_boards_that_come_along() -> None:
    assert {
        *("icebreaker", "icestick", "hx8k-evn", "upduino-v3", "ulx3s-12f", "ulx3s-85f"),
        *("ecpix-5", "tang-nano-9k", "arty-a7-35"),
    } <= set(board_names())
    for board in load_boards():
        assert board.chip.luts > 1000 and board.title and board.notes
        assert board.tried_on_hardware == "no", "say when and by whom in notes, and here"


@pytest.mark.parametrize("name", board_names())
def test_each_board_has_a_platform_and_a_clock_that_makes_its_baud_rate(name: str) -> None:
    board = find_board(name)
    platform = board.make_platform()
    assert clks_per_bit(float(platform.default_clk_frequency), board.baud) >= 4
    # the platform's own name of its chip leads to the chip of the file
    found = board_of_platform(board.platform)
    assert (found.family, found.device) == (board.family, board.device)


def test_a_board_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD)
    board = find_board(str(tmp_path / "mine.toml"))
    assert (board.name, board.title, board.baud) == ("mine", "Mine", 1_000_000)
    other = find_board("amaranth_boards.icestick:ICEStickPlatform")
    assert (other.name, other.device) == ("ICEStickPlatform", "hx1k")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("title", "titel"), "unknown field titel; title is missing"),
        (('"ice40"', '"ice4O"'), "family must be one of ecp5, gowin, .*, got 'ice4O'"),
        (('"up5k"', '"up6k"'), "device must be one of lp384, .*up5k, got 'up6k'"),
        (("amaranth_boards.icebreaker:", ""), "platform must be module:Class"),
        (('"Mine"', '"Mine'), "not valid TOML"),
        (('"Mine"', '"Mine"\nbaud = "fast"'), r"baud must be an integer in \[300, 12000000\]"),
        (('"Mine"', '"Mine"\nserial_pins = 3'), "serial_pins must be a table with rx and tx"),
        (('"Mine"', '"Mine"\nserial_pins = {rx = 6, tx = "9"}'), "rx and tx, one pin each"),
        (('"Mine"', '"Mine"\nserial_pins = {rx = "6 7", tx = "9"}'), "rx and tx, one pin each"),
        (('"Mine"', '"Mine"\nserial_pins = {rx = "6", tx = "9", A = 1}'), "texts as attributes"),
    ],
)
def test_a_wrong_file_tells_all_its_faults(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace(*change))
    with pytest.raises(ConfigError, match=f"{path}: .*{message}"):
        read_board(path)


def test_boards_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no board 'icebraker'; choose one of: arty-a7-35"):
        find_board("icebraker")
    with pytest.raises(ConfigError, match=r"cannot read .*nowhere\.toml"):
        find_board(str(tmp_path / "nowhere.toml"))
    with pytest.raises(ConfigError, match="there is no module nowhere"):
        find_board("nowhere:Platform")
    with pytest.raises(ConfigError, match=r"its chip .* is none that lutgen knows"):
        board_of_platform("amaranth_boards.de0:DE0Platform")
    assert board_faults({"title": 1})[-1] == "title must be a text, got 1"


def test_a_clock_that_cannot_make_the_baud_rate() -> None:
    assert clks_per_bit(12e6, 1_000_000) == 12
    assert clks_per_bit(12e6, 115_200) == 104
    for clock_hz, baud in ((12e6, 921_600 * 2), (12e6, 4_000_000), (27e6, 4_100_000)):
        with pytest.raises(ConfigError, match=rf"cannot make {baud:,} baud .*try --baud (.*)"):
            clks_per_bit(clock_hz, baud)
