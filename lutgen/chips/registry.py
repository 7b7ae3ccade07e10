"""The families that lutgen can map onto, by name."""

from __future__ import annotations

from lutgen.chips.ecp5.family import ECP5
from lutgen.chips.family import Family
from lutgen.chips.generic.family import GENERIC
from lutgen.chips.gowin.family import GOWIN
from lutgen.chips.ice40.family import ICE40
from lutgen.chips.xilinx.xcup import XCUP
from lutgen.chips.xilinx.xilinx7 import XILINX7
from lutgen.errors import ConfigError

FAMILIES: dict[str, Family] = {
    family.name: family for family in (GENERIC, ICE40, ECP5, GOWIN, XILINX7, XCUP)
}


def get_family(name: str) -> Family:
    """Return a family by its name.

    Raises
    ------
    ConfigError
        If there is none of that name; the message lists those that exist.
    """
    family = FAMILIES.get(name)
    if family is None:
        raise ConfigError(f"there is no target {name!r}; choose one of: {', '.join(FAMILIES)}")
    return family
