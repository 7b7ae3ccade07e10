"""The families that lutgen can map onto, by name."""

from __future__ import annotations

from lutgen.errors import ConfigError
from lutgen.target.ecp5 import ECP5
from lutgen.target.family import Family
from lutgen.target.generic import GENERIC
from lutgen.target.gowin import GOWIN
from lutgen.target.ice40 import ICE40
from lutgen.target.xcup import XCUP
from lutgen.target.xilinx7 import XILINX7

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
