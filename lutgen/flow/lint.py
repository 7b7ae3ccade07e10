"""Linting Verilog with Verilator, all warnings on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from lutgen.errors import ToolError
from lutgen.flow.process import ask, reason, subprocess_environment, telling_lines
from lutgen.flow.tools import find_verilator

_WARNING = re.compile(r"%(Warning|Error)[-:]")
_SECONDS = 600


def lint(sources: Sequence[Path], *, top: str) -> list[str]:
    """Return what ``verilator --lint-only -Wall`` has to say, a line a warning or error.

    Parameters
    ----------
    sources : sequence of Path
        Verilog files. A file of simulation models is linted with the rest; vendors' models are
        seldom clean, so lint a core of the generic target.
    top : str
        Top module.

    Raises
    ------
    ToolError
        If Verilator is missing or does not end normally.
    """
    tool = find_verilator()
    words = ["--lint-only", "-Wall", "--top-module", top, *(str(path) for path in sources)]
    done = ask(
        [tool.path, *words],
        environment=subprocess_environment(tool.environment),
        timeout_seconds=_SECONDS,
    )
    said = (done.stderr + done.stdout).splitlines()
    found = [line for line in said if _WARNING.match(line) and "Exiting due to" not in line]
    if done.code and not found:
        raise ToolError(f"{tool} (lint) failed ({reason(done.code)}): {telling_lines(done.stderr)}")
    return found
