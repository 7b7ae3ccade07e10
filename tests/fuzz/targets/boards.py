"""Boards' files: TOML that somebody wrote by hand."""

from __future__ import annotations

import functools
import json
from random import Random
from typing import Any

from fuzz.models import scratch
from fuzz.mutations import VALUES, change_json, mutate
from fuzz.target import Target
from lutgen.assets import asset
from lutgen.board.boards import board_names, clks_per_bit, read_board
from lutgen.errors import ConfigError

WORDS = [
    *(b'title = "', b"baud = ", b"1_000_000", b"true", b"[serial_pins]\n", b'rx = "1"\n', b'"""'),
    *(b"= 0x", b"inf", b"nan", b"1979-05-27", b"[[a]]\n", b"'''", b"\\u0000", b"\r\n", b"{}", b"#"),
    *(b'family = "ecp5"', b'device = "25k"', b"\xff\xfe", b"\xef\xbb\xbf"),
]
FIELDS: dict[str, Any] = {
    "title": "Mine",
    "platform": "amaranth_boards.icebreaker:ICEBreakerPlatform",
    "family": "ice40",
    "device": "up5k",
    "baud": 1_000_000,
    "clock": "clk12",
    "led": "led",
    "notes": "",
    "tried_on_hardware": "no",
    "serial_pins": {"rx": "6", "tx": "9", "IO_STANDARD": "SB_LVCMOS"},
}


@functools.cache
def board_files() -> list[bytes]:
    """Return the files of the boards that come along, and one with all fields."""
    files = [asset(f"boards/{name}.toml").read_bytes() for name in board_names()]
    return [*files, _toml(FIELDS).encode()]


def make(rng: Random) -> bytes:
    """Return a file with bytes or with values changed."""
    if rng.random() < 0.5:
        return mutate(rng, rng.choice(board_files()), board_files(), WORDS)
    fields = {key: value for key, value in FIELDS.items() if rng.random() < 0.9}
    fields = change_json(rng, fields, rng.choice((0, 1, 1, 2)))
    if not isinstance(fields, dict):
        fields = {"title": rng.choice(VALUES)}
    return _toml(fields).encode("utf-8", "surrogatepass")


def _toml(fields: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(str(key))} = {_spell(value)}\n" for key, value in fields.items())


def _spell(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{json.dumps(str(k))} = {_spell(v)}" for k, v in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(_spell, value)) + "]"
    if isinstance(value, float) or value is None:
        return str(value).replace("None", '""')
    return json.dumps(value, ensure_ascii=False)


def check(data: bytes) -> None:
    """Read a board; what is read has a chip and texts where texts belong."""
    path = scratch() / "mine.toml"
    path.write_bytes(data)
    board = read_board(path)
    assert board.name == "mine" and board.chip.luts > 0
    assert isinstance(board.is_vendor_project, bool)
    for name in ("title", "platform", "clock", "led", "notes", "tried_on_hardware"):
        assert isinstance(getattr(board, name), str), name
    assert all(isinstance(x, str) for pair in board.serial_pins.items() for x in pair), "pins"
    assert board.platform.count(":") == 1
    for clock_hz in (12e6, 100e6):
        try:
            assert clks_per_bit(clock_hz, board.baud) >= 4
        except ConfigError:
            continue


TARGETS = [Target("boards", make, check, (ConfigError,), seeds=board_files, share=8)]
