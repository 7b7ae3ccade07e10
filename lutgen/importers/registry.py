"""The formats that there are: those of this package's modules, and others by entry point.

Each module of :mod:`lutgen.importers` that offers ``FORMATS``, a tuple, is there. A package of
anyone adds formats by an entry point of the group ``lutgen.importers`` that names a
:class:`~lutgen.importers.format.Format` or a tuple of them::

    [project.entry-points."lutgen.importers"]
    mine = "my_package:FORMAT"

One that is broken is left out, and said where a format is not found.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

import lutgen.importers
from lutgen.errors import ConfigError, DataError, ModelError
from lutgen.importers.content import Content
from lutgen.importers.format import Format
from lutgen.plugins import Group

GROUP = "lutgen.importers"


@cache
def formats() -> Mapping[str, Format]:
    """Return every format by its name, in the order of the alphabet."""
    found = {**_plugins()[0], **_built_in()}
    return MappingProxyType(dict(sorted(found.items())))


def plugin_faults() -> tuple[str, ...]:
    """Return what is wrong with formats of other packages that were left out, in words."""
    return _plugins()[1]


def refresh() -> None:
    """Look for formats of other packages anew, for those installed since they were asked for."""
    formats.cache_clear()
    _plugins.cache_clear()


def get_format(name: str) -> Format:
    """Return a format by its name.

    Raises
    ------
    ConfigError
        If there is none of that name; the message lists those that exist.
    """
    if name not in formats():
        raise ConfigError(
            f"there is no format {name!r}; choose one of: {', '.join(formats())}{_left_out()}"
        )
    return formats()[name]


def recognise(content: Content) -> Format:
    """Return the one format that a file is of.

    Raises
    ------
    ModelError
        If it is of none that is known, or of several.
    DataError
        If it is a folder, and of no format whose networks are folders.
    """
    found = [item for item in formats().values() if item.recognises(content)]
    found = [item for item in found if not item.general] or found
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(item.name for item in found)
        raise content.fault(f"it may be any of {names}; say which (--format)")
    if content.is_folder:
        raise DataError(
            f"{content.path} is a folder that no format knows; name the file of the network in it"
        )
    titles = "; ".join(f"{item.name}: {item.title}" for item in formats().values())
    raise ModelError(
        f"{content.path}: it is of no format that lutgen recognises; say which it is (--format). "
        f"Known are {titles}{_left_out()}"
    )


def _left_out() -> str:
    return "".join(f"; {fault}" for fault in plugin_faults())


@cache
def _built_in() -> Mapping[str, Format]:
    """Return the formats of this package's modules."""
    package = lutgen.importers
    names = [item.name for item in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
    modules = [import_module(name) for name in names if name != __name__]
    return {item.name: item for module in modules for item in getattr(module, "FORMATS", ())}


@cache
def _plugins() -> tuple[Mapping[str, Format], tuple[str, ...]]:
    """Return the formats of other packages, and what is wrong with those left out."""
    offers, faults = Group(GROUP, Format, "format", "formats", "-_").offers()
    found: dict[str, Format] = {}
    owners = dict.fromkeys(_built_in(), "lutgen itself")
    for who, item in offers:
        if owner := owners.get(item.name):
            faults.append(f"{who} offers a format {item.name!r}, which {owner} has, too")
        else:
            owners[item.name], found[item.name] = who, item
    return found, tuple(faults)
