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
from lutgen.board.pins import pins_commands, pins_files
from lutgen.errors import ConfigError

PINS_ONLY = (
    *("crosslink-nx-evn", "gatemate-a1-evb", "icesugar", "orangecrab", "tang-nano-20k"),
    "tinyfpga-bx",
)

PINS = """
title = "Mine"
family = "ecp5"
device = "25k"
package = "CABGA256"
clock_mhz = 25
led_active_low = true

[pins]
clock = "P3"
rx = "H13"
tx = "J13"
led = "U16"
"""

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
        *PINS_ONLY,
    } <= set(board_names())
    for board in load_boards():
        assert board.chip.luts > 1000 and board.title and board.notes
        assert board.tried_on_hardware == "no", "say when and by whom in notes, and here"


@pytest.mark.parametrize("name", board_names())
def test_each_board_has_a_platform_and_a_clock_that_makes_its_baud_rate(name: str) -> None:
    board = find_board(name)
    assert clks_per_bit(board.clock_hz, board.baud) >= 4
    assert bool(board.platform) == (name not in PINS_ONLY)
    if not board.platform:
        assert {"clock", "rx", "tx", "led"} == board.pins.keys() and board.source
        return
    platform = board.make_platform()
    assert float(platform.default_clk_frequency) == board.clock_hz
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
        (('"ice40"', '"ice4O"'), "family must be one of .*ecp5, .*, got 'ice4O'"),
        (('"Mine"', '"Mine"\npackage = "sg48"'), "package is for boards without a platform"),
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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[pins]", "[pin]"), "unknown field pin; platform is missing, or pins with clock_mhz"),
        (('rx = "H13"\n', ""), "pins must be a table with clock, rx, tx and perhaps led"),
        (('"H13"', '"H13 H14"'), "one pin each"),
        (('"H13"', '"H13]; exec {"'), "one pin each"),
        (('"H13"', '"J13"'), "pins must differ"),
        (("clock_mhz = 25", 'clock_mhz = "25"'), r"clock_mhz must be a number in \(0, 1000\]"),
        (("clock_mhz = 25", "clock_mhz = inf"), "clock_mhz must be a number"),
        (("clock_mhz = 25\n", ""), "clock_mhz must be a number .*, got None"),
        (('"CABGA256"', '"CABGA 256"'), "package must be a word"),
        (("= true", "= 1"), "led_active_low must be true or false, got 1"),
        (("clock_mhz", 'clock = "clk"\nclock_mhz'), "clock is for boards with a platform"),
        (('"ecp5"\ndevice = "25k"', '"xilinx7"\ndevice = "xc7a35t"'), "needs a platform: no open"),
        (('"25k"', '"26k"'), "device must be one of 12k"),
    ],
)
def test_wrong_pins_tell_their_faults(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(PINS)
    assert read_board(path).clock_hz == 25e6
    path.write_text(PINS.replace(*change))
    with pytest.raises(ConfigError, match=f"{path}: .*{message}"):
        read_board(path)


def test_what_the_tools_get_of_pins(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(PINS)
    board = read_board(path)
    files = pins_files(board, ["core.v"])
    assert set(files) == {"top.v", "top.lpf", "top.ys"}
    for line in (
        'LOCATE COMP "clk" SITE "P3";',
        'IOBUF PORT "uart_rx" IO_TYPE=LVCMOS33;',
        'FREQUENCY PORT "clk" 25 MHZ;',
    ):
        assert line in files["top.lpf"].splitlines()
    assert "assign led = !light;" in files["top.v"] and "read_verilog core.v" in files["top.ys"]
    synthesis, routing, packing = pins_commands(board)
    assert synthesis == ("yosys", "-q", "top.ys")
    assert routing[routing.index("--package") + 1] == "CABGA256"
    assert packing == ("ecppack", "--compress", "top.config", "top.bit")
    path.write_text(PINS.replace('led = "U16"\n', ""))
    assert "output wire led" not in pins_files(read_board(path), [])["top.v"]


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
