"""The boards: a TOML file each, or any platform of Amaranth.

A file of ``boards/`` says which platform of amaranth-boards knows the pins and the tools, which
chip of :mod:`lutgen.chips` it carries, and how fast its serial line is. The platform itself is
imported only where something is built.
"""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from lutgen.assets import asset
from lutgen.chips.family import Device
from lutgen.chips.registry import families, get_device, get_family
from lutgen.errors import ConfigError, ToolError

DEFAULT_BAUD = 1_000_000
MAX_BAUD = 12_000_000
MAX_BAUD_ERROR = 0.01  # of the clock's divider; two clocks may be off by 2 % in all
TIMEOUT_SECONDS = 0.01  # of a quiet line, until a request counts as ended

_INSTALL = "pip install 'lutgen[boards]'"
_PLATFORM = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@dataclass(frozen=True)
class Board:
    """A board.

    Parameters
    ----------
    name : str
        Name as on the command line.
    title : str
        Name for people.
    platform : str
        Amaranth's platform, ``module:Class``.
    family, device : str
        The chip, as :mod:`lutgen.chips` names it.
    clock : str
        Resource of the platform that is the clock; "" for the platform's default.
    baud : int
        Bits a second on the serial line.
    led : str
        Resource of a light, ``led`` or ``rgb_led.g``; "" for none.
    serial_pins : mapping of str to str
        Pins ``rx`` and ``tx`` and their attributes, for a platform without the resource ``uart``.
    tried_on_hardware : str
        "no", or when and by whom.
    notes : str
        What a user must know.
    """

    name: str
    title: str
    platform: str
    family: str
    device: str
    clock: str = ""
    baud: int = DEFAULT_BAUD
    led: str = ""
    serial_pins: Mapping[str, str] = field(default_factory=dict)
    tried_on_hardware: str = "no"
    notes: str = ""

    @property
    def chip(self) -> Device:
        """The chip, with its room."""
        return get_device(self.family, self.device)

    @property
    def is_vendor_project(self) -> bool:
        """Whether place and route is left to the vendor's tool."""
        return bool(get_family(self.family).vendor_tool)

    def make_platform(self) -> Any:
        """Return a new instance of Amaranth's platform, its clock chosen.

        Raises
        ------
        ConfigError
            If there is no such platform.
        ToolError
            If Amaranth or its boards are not installed.
        """
        platform = _import_platform(self.platform)()
        if self.clock:
            platform.default_clk = self.clock
        return platform


def clks_per_bit(clock_hz: float, baud: int) -> int:
    """Return the clock cycles of a bit on the serial line.

    Raises
    ------
    ConfigError
        If the clock cannot be divided to within 1 % of the baud rate.
    """
    whole = max(1, round(clock_hz / baud))
    error = abs(clock_hz / whole / baud - 1)
    if error > MAX_BAUD_ERROR or whole < 4:
        better = int(clock_hz / max(4, round(clock_hz / baud + 0.5)))
        raise ConfigError(
            f"a clock of {clock_hz / 1e6:g} MHz cannot make {baud:,} baud (it would be off by "
            f"{100 * error:.1f} %, or less than 4 cycles a bit); try --baud {better}"
        )
    return whole


def board_names() -> list[str]:
    """Return the names of the boards that come with lutgen."""
    return sorted(path.stem for path in asset("boards").glob("*.toml"))


def load_boards() -> list[Board]:
    """Return the boards that come with lutgen."""
    return [read_board(asset(f"boards/{name}.toml")) for name in board_names()]


def find_board(name: str) -> Board:
    """Return a board by its name, by its file, or by its Amaranth platform ``module:Class``.

    Raises
    ------
    ConfigError
        If there is none; the message lists those that exist.
    """
    if name in board_names():
        return read_board(asset(f"boards/{name}.toml"))
    if name.endswith(".toml"):
        return read_board(Path(name))
    if _PLATFORM.fullmatch(name):
        return board_of_platform(name)
    raise ConfigError(
        f"there is no board {name!r}; choose one of: {', '.join(board_names())}; or a TOML file, "
        "or an Amaranth platform as module:Class"
    )


def read_board(path: Path) -> Board:
    """Read a board's file, checked whole.

    Raises
    ------
    ConfigError
        If it cannot be read; the message names the file and all its faults.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not valid TOML ({error})") from error
    faults = board_faults(values)
    if faults:
        raise ConfigError(f"{path}: {'; '.join(faults)}")
    return Board(name=path.stem, **values)


def board_faults(values: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the values of a board's file, in words."""
    known = {item.name: item for item in fields(Board) if item.name != "name"}
    faults = [f"unknown field {key}" for key in values if key not in known]
    for key in ("title", "platform", "family", "device"):
        if key not in values:
            faults.append(f"{key} is missing")
    for key, value in values.items():
        if key == "baud":
            if not isinstance(value, int) or not 300 <= value <= MAX_BAUD:
                faults.append(f"baud must be an integer in [300, {MAX_BAUD}], got {value!r}")
        elif key == "serial_pins":
            if not _are_serial_pins(value):
                faults.append(
                    "serial_pins must be a table with rx and tx, one pin each, and texts as "
                    f"attributes, got {value!r}"
                )
        elif key in known and not isinstance(value, str):
            faults.append(f"{key} must be a text, got {value!r}")
    platform, family, device = (values.get(key) for key in ("platform", "family", "device"))
    if isinstance(platform, str) and not _PLATFORM.fullmatch(platform):
        faults.append(f"platform must be module:Class, got {platform!r}")
    if isinstance(family, str):
        chips_of = {name: found.devices for name, found in families().items() if found.devices}
        if family not in chips_of:
            faults.append(f"family must be one of {', '.join(chips_of)}, got {family!r}")
        elif isinstance(device, str) and device not in chips_of[family]:
            chips = ", ".join(chips_of[family])
            faults.append(f"device must be one of {chips}, got {device!r}")
    return faults


def _are_serial_pins(value: Any) -> bool:
    if not isinstance(value, dict) or not {"rx", "tx"} <= value.keys():
        return False
    is_text = all(isinstance(text, str) for text in value.values())
    return is_text and all(len(value[pin].split()) == 1 for pin in ("rx", "tx"))


def board_of_platform(platform: str) -> Board:
    """Return a board for any platform of Amaranth, its chip found by the platform's own name.

    Raises
    ------
    ConfigError
        If there is no such platform, or lutgen does not know its chip.
    """
    made = _import_platform(platform)()
    said = [str(getattr(made, name, "")) for name in ("device", "family")]
    for family in families().values():
        for device in family.devices.values():
            if any(map(device.is_called, said)):
                name = platform.partition(":")[2]
                return Board(name, name, platform, family.name, device.name)
    raise ConfigError(
        f"{platform}: its chip ({', '.join(filter(None, said)) or 'unnamed'}) is none that lutgen "
        "knows; describe the board in a TOML file with family and device"
    )


def _import_platform(name: str) -> Any:
    module, _, cls = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), cls)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in ("amaranth", "amaranth_boards"):
            raise ToolError(f"{error.name} is not installed; {_INSTALL}") from error
        raise ConfigError(f"platform {name}: there is no module {error.name}") from error
    except (AttributeError, ImportError) as error:
        raise ConfigError(f"platform {name}: {error}") from error
    return found
