"""What is there of all that lutgen can use: tools, wheels and Python packages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

from lutgen.errors import ToolError
from lutgen.flow import pnr
from lutgen.flow.table import (
    COCOTB,
    ICARUS,
    PACKAGES,
    PYSAT,
    VERILATOR,
    VERILATOR_NEEDS,
    YOSYS,
    PackageSpec,
    ToolSpec,
)
from lutgen.flow.tools import look_for, require_package

_CORE = (YOSYS, VERILATOR, *VERILATOR_NEEDS, COCOTB, PYSAT)


@dataclass(frozen=True)
class ToolState:
    """What was found of a tool.

    Parameters
    ----------
    name : str
    path : str
        Where it is; for a Python package, its name; "" if nothing was found that can be used.
    version, minimum : str
        What was found, and the oldest that works; "" for unknown, and for any.
    is_usable : bool
        Whether it is there and new enough.
    is_required : bool
        Whether a core can only be simulated, proved or synthesised with it. The others serve
        boards, or are a second choice.
    needed_for : str
    variable : str
        Environment variable that names another program; "" if none does.
    note : str
        What was passed over and why; or what is wrong, and what to do.
    """

    name: str
    path: str
    version: str
    minimum: str
    is_usable: bool
    is_required: bool
    needed_for: str
    variable: str = ""
    note: str = ""


def examine_tools() -> tuple[ToolState, ...]:
    """Look for everything that lutgen can use; nothing is missing that would raise."""
    return tuple(
        _package_state(spec) if isinstance(spec, PackageSpec) else _tool_state(spec)
        for spec in _specs()
    )


def _specs() -> Iterator[ToolSpec | PackageSpec]:
    yield from _CORE
    yield ICARUS
    yield from pnr.specs()
    yield from (spec for spec in PACKAGES if spec not in _CORE)


def _tool_state(spec: ToolSpec) -> ToolState:
    try:
        tool = look_for(spec)
    except ToolError as error:
        found = shutil.which(spec.program) or ""
        return _state(spec, found, "", str(error), spec.variable, is_usable=False)
    return _state(spec, str(tool.path), tool.version, tool.note, spec.variable)


def _package_state(spec: PackageSpec) -> ToolState:
    try:
        return _state(spec, spec.package, require_package(spec), "")
    except ToolError as error:
        try:
            version = metadata.version(spec.package)
        except metadata.PackageNotFoundError:
            version = ""
        return _state(spec, "", version, str(error), is_usable=False)


def _state(
    spec: ToolSpec | PackageSpec,
    path: str,
    version: str,
    note: str,
    variable: str = "",
    *,
    is_usable: bool = True,
) -> ToolState:
    return ToolState(
        name=spec.name,
        path=path,
        version=version,
        minimum=spec.minimum,
        is_usable=is_usable,
        is_required=spec in _CORE,
        needed_for=spec.needed_for,
        variable=variable,
        note=note,
    )
