"""Projects for vendors' tools, written by Edalize: what it is told, and how it is asked."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lutgen.chips.registry import families
from lutgen.errors import ConfigError, ToolError
from lutgen.kit.design import Design

FOLDER = "project"


@dataclass(frozen=True)
class ProjectTool:
    """A vendor's tool.

    Parameters
    ----------
    title : str
    needed : tuple of str
        Options of Edalize that say which part it is for.
    constraints : tuple of (str, str)
        Suffixes of constraints that it reads, the best first, and what Edalize calls them.
    is_flow : bool
        Whether Edalize has it as a flow, not as a tool of its older interface.
    """

    title: str
    needed: tuple[str, ...]
    constraints: tuple[tuple[str, str], ...] = (("sdc", "SDC"),)
    is_flow: bool = False


TOOLS = {
    "vivado": ProjectTool("AMD Vivado", ("part",), (("xdc", "xdc"),), True),
    "quartus": ProjectTool("Altera Quartus", ("family", "device")),
    "diamond": ProjectTool("Lattice Diamond", ("part",), (("lpf", "LPF"), ("sdc", "SDC"))),
    "radiant": ProjectTool("Lattice Radiant", ("part",)),
    "libero": ProjectTool("Microchip Libero", ("family", "die", "package")),
    "efinity": ProjectTool("Efinix Efinity", ("family", "part", "timing"), is_flow=True),
    "gowin": ProjectTool("Gowin EDA", ("part",), is_flow=True),
}
"""By Edalize's name."""


def require_project(design: Design, tool: str, options: Mapping[str, str]) -> None:
    """Find out before work whether a project can be written.

    Raises
    ------
    ConfigError
        If Edalize has no such tool here, it builds for no such chip, or options are missing or not
        Edalize's.
    ToolError
        If Edalize is not installed, or Efinity is to be where it is not named.
    """
    known = TOOLS.get(tool)
    if known is None:
        raise ConfigError(f"there is no project {tool!r}; there are: {', '.join(TOOLS)}")
    family = design.core.family
    fitting = [item.name for item in families().values() if tool in item.projects]
    if family.name not in fitting:
        raise ConfigError(
            f"{known.title} does not build for {family.title}; export with "
            f"{' or '.join(f'--chip {name}' for name in fitting)}"
        )
    if missing := [name for name in known.needed if not options.get(name)]:
        raise ConfigError(
            f"a project for {known.title} needs "
            + ", ".join(f"--project-option {name}=…" for name in missing)
        )
    if importlib.util.find_spec("edalize") is None:
        raise ToolError("Edalize is not installed; pip install 'lutgen[kit]'")
    if unknown := set(options) - (names := _option_names(tool)):
        raise ConfigError(
            f"Edalize has no option {min(unknown)!r} for {known.title}; it has: "
            + ", ".join(sorted(names))
        )
    if tool == "efinity" and not os.environ.get("EFINITY_HOME"):
        raise ToolError(
            "Edalize writes where Efinity is into its project; set EFINITY_HOME to that folder"
        )


def write_project(
    design: Design, tool: str, options: Mapping[str, str], files: Sequence[str], folder: Path
) -> list[str]:
    """Have Edalize write a project beside the files of a kit, and return what it wrote.

    Parameters
    ----------
    options : mapping of str to str
        Of Edalize, for the tool.
    files : sequence of str
        Paths below `folder` that the kit has.

    Raises
    ------
    ConfigError, ToolError
        See :func:`require_project`; ConfigError, too, if Edalize refuses what it is told.
    """
    require_project(design, tool, options)
    root = folder / FOLDER / tool
    root.mkdir(parents=True, exist_ok=True)
    listed = [
        {"name": f"../../{name}", "file_type": kind} for name, kind in _files(tool, files, design)
    ]
    edam: dict[str, Any] = {"name": design.top, "toplevel": design.top, "files": listed}
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # what it says of versions that it does not find
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            _backend(tool, edam, dict(options), root).configure()
    except (RuntimeError, ValueError, KeyError, SystemExit) as error:
        raise ConfigError(f"Edalize writes no project for {TOOLS[tool].title}: {error}") from error
    finally:
        logging.disable(before)
    return sorted(str(path.relative_to(folder)) for path in root.rglob("*") if path.is_file())


def _class(tool: str) -> Any:
    if TOOLS[tool].is_flow:
        return getattr(importlib.import_module(f"edalize.flows.{tool}"), tool.capitalize())
    from edalize.edatool import get_edatool  # noqa: PLC0415 - an optional library

    return get_edatool(tool)


def _option_names(tool: str) -> set[str]:
    """Return the options that Edalize has for a tool."""
    chosen = _class(tool)
    if TOOLS[tool].is_flow:
        return {*chosen.get_flow_options(), *chosen.get_tool_options({})}
    told = chosen.get_doc(0)
    return {item["name"] for kind in ("members", "lists") for item in told.get(kind, ())}


def _backend(tool: str, edam: dict[str, Any], options: dict[str, Any], root: Path) -> Any:
    told = {"flow_options": options} if TOOLS[tool].is_flow else {"tool_options": {tool: options}}
    return _class(tool)(edam={**edam, **told}, work_root=str(root))


def _files(tool: str, files: Sequence[str], design: Design) -> list[tuple[str, str]]:
    sources = [(name, "verilogSource") for name in files if name.startswith("rtl/")]
    sources += [(name, "vhdlSource") for name in files if name.startswith("vhdl/")]
    for suffix, kind in TOOLS[tool].constraints:
        name = f"constraints/{design.top}.{suffix}"
        if name in files:
            return [*sources, (name, kind)]
    return sources
