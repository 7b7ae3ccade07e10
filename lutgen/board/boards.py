"""The boards: a TOML file each, or any platform of Amaranth.

A file of ``boards/`` says which platform of amaranth-boards knows the pins and the tools, which
chip of :mod:`lutgen.chips` it carries, and how fast its serial line is. The platform itself is
imported only where something is built. Or it says the pins itself, and needs no platform.
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
_PIN = re.compile(r"\w+", re.ASCII)
_WORD = re.compile(r"[\w./-]*", re.ASCII)
MAX_CLOCK_MHZ = 1000
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
    family, device : str
        The chip, as :mod:`lutgen.chips` names it.
    platform : str
        Amaranth's platform, ``module:Class``; "" for a board of pins alone.
    pins : mapping of str to str
        Of a board without a platform: the pins ``clock``, ``rx``, ``tx`` and, if there is one,
        ``led``, as place and route names them.
    clock_mhz : float
        Of a board without a platform: the frequency at its pin `clock`.
    package : str
        Of a board without a platform: the chip's package, or its whole name, as place and route
        names it; "" for the device's usual one.
    standard : str
        Of a board without a platform: the pins' electrical standard; "" for the family's usual one.
    led_active_low : bool
        Of a board without a platform: whether the light is on at 0.
    source : str
        Of a board without a platform: where its pins are from.
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
    family: str
    device: str
    platform: str = ""
    pins: Mapping[str, str] = field(default_factory=dict)
    clock_mhz: float = 0.0
    package: str = ""
    standard: str = ""
    led_active_low: bool = False
    source: str = ""
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

    @property
    def clock_hz(self) -> float:
        """The clock, in Hz; a platform is asked for it.

        Raises
        ------
        ConfigError, ToolError
            See :meth:`make_platform`.
        """
        if not self.platform:
            return self.clock_mhz * 1e6
        return float(self.make_platform().default_clk_frequency)

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
    for key in ("title", "family", "device"):
        if key not in values:
            faults.append(f"{key} is missing")
    faults += _pin_faults(values)
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
        elif key in known and key not in _PINS_ONLY and not isinstance(value, str):
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


_PINS_ONLY = ("pins", "clock_mhz", "package", "standard", "led_active_low", "source")
_WITH_PLATFORM = ("clock", "led", "serial_pins")
_PINS = ("clock", "rx", "tx", "led")


def _pin_faults(values: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a board's pins, or with what a board with a platform has."""
    if "platform" in values:
        return [f"{key} is for boards without a platform" for key in _PINS_ONLY if key in values]
    if "pins" not in values:
        return ["platform is missing, or pins with clock_mhz"]
    faults = [f"{key} is for boards with a platform" for key in _WITH_PLATFORM if key in values]
    pins, mhz = values["pins"], values.get("clock_mhz")
    if not isinstance(pins, dict) or not {"clock", "rx", "tx"} <= pins.keys() <= {*_PINS}:
        faults.append(f"pins must be a table with clock, rx, tx and perhaps led, got {pins!r}")
    elif not all(isinstance(pin, str) and _PIN.fullmatch(pin) for pin in pins.values()):
        faults.append(f"pins must be texts of letters, digits and _, one pin each, got {pins!r}")
    elif len({*pins.values()}) < len(pins):
        faults.append(f"pins must differ, got {pins!r}")
    if isinstance(mhz, bool) or not isinstance(mhz, int | float) or not 0 < mhz <= MAX_CLOCK_MHZ:
        faults.append(f"clock_mhz must be a number in (0, {MAX_CLOCK_MHZ}], got {mhz!r}")
    for key, kind, what in (
        ("source", str, "a text"),
        ("package", _WORD, "a word of letters, digits and ./-"),
        ("standard", _WORD, "a word of letters, digits and ./-"),
        ("led_active_low", bool, "true or false"),
    ):
        value = values.get(key, kind() if isinstance(kind, type) else "")
        fits = isinstance(value, kind if isinstance(kind, type) else str)
        if not fits or (kind is _WORD and not _WORD.fullmatch(value)):
            faults.append(f"{key} must be {what}, got {value!r}")
    return faults + _tool_faults(values)


def _tool_faults(values: Mapping[str, Any]) -> list[str]:
    """Return why no tools would take a board of pins alone."""
    family, device = values.get("family"), values.get("device")
    found = families().get(family) if isinstance(family, str) else None
    chip = found.devices.get(device) if found and isinstance(device, str) else None
    if not found or not chip:
        return []
    router = found.router if chip.router_options else None
    if not (router and router.pin_file and found.packer and found.packer.words):
        return [f"a board of {device} needs a platform: no open tools are known for it"]
    if values.get("package") and router.package_option not in chip.router_options:
        return [f"{device} has no package to choose"]
    return []


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
                return Board(name, name, family.name, device.name, platform)
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
