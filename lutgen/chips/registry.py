"""The families that there are: found by their folders here, and others by entry point.

Each folder of :mod:`lutgen.chips` that offers ``FAMILIES``, a tuple, is there. A package of anyone
adds families by an entry point of the group ``lutgen.chips`` that names a
:class:`~lutgen.chips.family.Family` or a tuple of them::

    [project.entry-points."lutgen.chips"]
    toy = "lutgen_toy:TOY"

Such packages are looked for only when a name is none of the built-in ones, or all are asked for.
One that is broken is left out, and said where a family is not found.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

import lutgen.chips
from lutgen.chips.family import Device, Family
from lutgen.errors import ConfigError
from lutgen.plugins import Group

GROUP = "lutgen.chips"


@cache
def families() -> Mapping[str, Family]:
    """Return every family by its name: first those that are no chip, then by the alphabet."""
    found = {**_built_in(), **_plugins()[0]}
    ordered = sorted(found.values(), key=lambda family: (bool(family.devices), family.name))
    return MappingProxyType({family.name: family for family in ordered})


def plugin_faults() -> tuple[str, ...]:
    """Return what is wrong with families of other packages that were left out, in words."""
    return _plugins()[1]


def refresh() -> None:
    """Look for families of other packages anew, for those installed since they were asked for."""
    families.cache_clear()
    _plugins.cache_clear()


def get_family(name: str) -> Family:
    """Return a family by its name.

    Raises
    ------
    ConfigError
        If there is none of that name; the message lists those that exist, and what is wrong with
        packages that offer others.
    """
    family = _built_in().get(name) or families().get(name)
    if family is None:
        faults = "".join(f"; {fault}" for fault in plugin_faults())
        raise ConfigError(
            f"there is no chip family {name!r}; choose one of: {', '.join(families())}{faults}"
        )
    return family


def get_device(family: str, device: str) -> Device:
    """Return a device of a family.

    Raises
    ------
    ConfigError
        If there is none of that name; the message lists those that exist.
    """
    devices = get_family(family).devices
    if device not in devices:
        known = f"choose one of: {', '.join(devices)}" if devices else "it is no chip in particular"
        raise ConfigError(f"chip family {family!r} has no device {device!r}; {known}")
    return devices[device]


def families_with_cell(name: str) -> tuple[str, ...]:
    """Return the families that have a cell of that name, case aside for those of a mapping."""
    return tuple(
        family.name
        for family in families().values()
        if name in family.cell_names
        or any(name.lower() == part.module.lower() for part in family.primitives.values())
    )


@cache
def _built_in() -> Mapping[str, Family]:
    """Return the families of this package's folders."""
    folders = (item.name for item in pkgutil.iter_modules(lutgen.chips.__path__) if item.ispkg)
    modules = [import_module(f"{lutgen.chips.__name__}.{name}") for name in folders]
    return {family.name: family for part in modules for family in getattr(part, "FAMILIES", ())}


@cache
def _plugins() -> tuple[Mapping[str, Family], tuple[str, ...]]:
    """Return the families of other packages, and what is wrong with those left out."""
    offers, faults = Group(GROUP, Family, "family", "families").offers()
    taken = dict.fromkeys(_built_in(), "lutgen itself")
    found: dict[str, Family] = {}
    for who, family in offers:
        others = [other for other, same in offers if same.name == family.name and same != family]
        others += [taken[family.name]] if family.name in taken else []
        if others:
            faults.append(f"{who} offers a family {family.name!r}, which {others[0]} has, too")
        else:
            found[family.name] = family
    return found, tuple(faults)
