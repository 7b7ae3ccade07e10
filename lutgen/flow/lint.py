"""Linting Verilog with Verilator, all warnings on."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from lutgen.errors import ToolError
from lutgen.flow.tools import find_verilator, subprocess_environment

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
    try:
        done = subprocess.run(
            [str(tool.path), *words],
            env=subprocess_environment(tool.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"{tool} (lint): {error}") from error
    said = (done.stderr + done.stdout).splitlines()
    found = [line for line in said if _WARNING.match(line) and "Exiting due to" not in line]
    if done.returncode and not found:
        raise ToolError(f"{tool} (lint) failed: {' | '.join(said[-3:]) or 'it said nothing'}")
    return found
