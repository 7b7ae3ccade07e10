"""The families that lutgen can map onto, by name."""

from __future__ import annotations

from lutgen.errors import ConfigError
from lutgen.target.family import Family
from lutgen.target.generic import GENERIC
from lutgen.target.ice40 import ICE40

FAMILIES: dict[str, Family] = {family.name: family for family in (GENERIC, ICE40)}


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
