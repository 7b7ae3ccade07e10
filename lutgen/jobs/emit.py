"""A core in other languages than Verilog."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from lutgen.core import Core
from lutgen.emit.forms import forms_of, get_form
from lutgen.errors import ToolError
from lutgen.files import write_files
from lutgen.jobs.hardware import core_record, set_aside, write_records
from lutgen.records.forms import FormsRecord

AMARANTH = "amaranth"


def require_forms(forms: Sequence[str]) -> None:
    """Find out before long work whether a core can be written in some forms.

    Raises
    ------
    ConfigError
        If there is no such form; the message lists those that exist.
    ToolError
        If Amaranth is asked for and not installed.
    """
    for name in forms:
        if name != AMARANTH:
            get_form(name)
        elif importlib.util.find_spec("amaranth") is None:
            raise ToolError("Amaranth is not installed; pip install 'lutgen[amaranth]'")


def emit(core: Core, forms: Sequence[str] | None = None, *, folder: Path) -> FormsRecord:
    """Write a core in several forms, and ``core.json`` that says what it is.

    Parameters
    ----------
    forms : sequence of str, optional
        Of :data:`lutgen.emit.forms.FORMS`, or ``amaranth``: the component ``LutNetworkCore``, a
        stream in and a stream out, as RTLIL. By default all but that, of those that the core has.

    Raises
    ------
    ConfigError, ToolError
        See :func:`require_forms`.
    OutputError
        If the folder cannot be written.
    """
    forms = forms_of(core) if forms is None else forms
    require_forms(forms)
    set_aside(core, folder)
    files = {name: _write(core, name) for name in forms}
    write_files(folder, dict(files.values()))
    write_records(core, core_record(core), folder)
    return FormsRecord(
        files={name: str(folder / file) for name, (file, _) in files.items()},
        bytes={name: len(content) for name, (_, content) in files.items()},
        ands={name: _count_ands(made) for name, (_, made) in files.items() if "aiger" in name},
        latency_cycles=core.netlist.latency,
    )


def _write(core: Core, name: str) -> tuple[str, str | bytes]:
    """Return a form's file name and content."""
    if name != AMARANTH:
        form = get_form(name)
        return f"{core.module}{form.suffix}", form.write(core)
    from lutgen.emit.amaranth import emit_rtlil  # noqa: PLC0415 - an optional library

    return f"{core.module}.il", emit_rtlil(core)


def _count_ands(content: str | bytes) -> int:
    """Return the last number of AIGER's first line."""
    text = content if isinstance(content, str) else content[:100].decode("ascii", "replace")
    return int(text.partition("\n")[0].split()[-1])
