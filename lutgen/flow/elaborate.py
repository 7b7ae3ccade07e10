"""Reading Verilog with Yosys as it stands: names and connections resolved, nothing optimised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lutgen.files import write_files
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_yosys
from lutgen.flow.yosys import library_command, library_files, yosys_module

_SOURCE = "core.v"
_SCRIPT = "script.ys"
_LOG = "yosys.log"
_RESULT = "netlist.json"


def elaborate(
    verilog: str,
    *,
    top: str,
    target: str | None,
    folder: Path,
    controls: bool = False,
    flatten: bool = False,
    opaque: str = "",
    timeout_seconds: float | None = None,
) -> dict[str, Any]:
    """Return a module as Yosys understands its Verilog, in the form of Yosys's JSON netlist.

    Parameters
    ----------
    target : str or None
        The family whose primitives the text instantiates; None if it has none.
    folder : Path
        Gets the source, the script, the log and ``netlist.json``.
    controls : bool
        Whether registers have a reset or an enable: then each is one cell that has them, too.
    flatten : bool
        Put the modules that it has inside into it.

    opaque : str
        A module of the text to leave as it is called, nothing known of its inside.

    Raises
    ------
    ToolError
        If Yosys is missing or cannot read the text.
    """
    tool = find_yosys()
    library = [library_command(target)] if target else []
    script = [
        *library,
        f"read_verilog {_SOURCE}",
        *([f"blackbox {opaque}"] if opaque else []),
        f"hierarchy -check -top {top}",
        "proc",
        *(["opt_dff", "opt_clean"] if controls else []),
        "blackbox =A:whitebox",  # the primitives are known by name, not by how they are modelled
        *(["flatten", "delete t:$scopeinfo"] if flatten else []),
        f"write_json {_RESULT}",
    ]
    (folder / _RESULT).unlink(missing_ok=True)
    files = {_SOURCE: verilog, _SCRIPT: "\n".join(script) + "\n"}
    write_files(folder, {**files, **(library_files(target) if target else {})})
    run(
        [tool.path, _SCRIPT],
        what="Yosys (reading Verilog)",
        cwd=folder,
        log=folder / _LOG,
        environment=subprocess_environment(tool.environment),
        timeout_seconds=timeout_seconds,
    )
    return yosys_module(folder / _RESULT, top)
