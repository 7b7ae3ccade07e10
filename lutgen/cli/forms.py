"""The command that writes a model in other languages than Verilog."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from lutgen.cli import output
from lutgen.cli.core import (
    DEFAULT_OUT,
    DEFAULTS,
    CoreOptions,
    Out,
    Target,
    core_options,
)
from lutgen.cli.options import ModelFile
from lutgen.core import Core, make_core
from lutgen.emit.forms import FORMS, get_form
from lutgen.errors import ToolError
from lutgen.files import write_files
from lutgen.model.network import LutNetwork

AMARANTH = "amaranth"


@core_options
def emit(
    model: ModelFile,
    form: Annotated[
        list[str] | None,
        typer.Option(
            help="May be given several times; default: all but amaranth. "
            + "; ".join(f"{name}: {form.title}" for name, form in FORMS.items())
            + f"; {AMARANTH}: the component LutNetworkCore, a stream in and a stream out, as RTLIL."
        ),
    ] = None,
    out: Out = DEFAULT_OUT,
    target: Target = "generic",
    options: CoreOptions = DEFAULTS,
    json: output.Json = False,
) -> None:
    """Write a model as Verilog, BLIF, AIGER or a component for Amaranth."""
    network = LutNetwork.load(model)
    names = list(dict.fromkeys(form or FORMS))
    plain = {name: get_form(name) for name in names if name != AMARANTH}
    if AMARANTH in names:
        _require_amaranth()
    core = make_core(network, options.config(target))
    files: dict[str, tuple[str, str | bytes]] = {
        name: (f"{core.module}{form.suffix}", form.write(core)) for name, form in plain.items()
    }
    if AMARANTH in names:
        files[AMARANTH] = f"{core.module}.il", _rtlil(core)
    write_files(out, dict(files.values()))
    _report(files, out, core.netlist.latency, json=json)


def _report(
    files: dict[str, tuple[str, str | bytes]], out: Path, latency: int, *, json: bool
) -> None:
    sizes = {name: len(content) for name, (_, content) in files.items()}
    paths = {name: str(out / file) for name, (file, _) in files.items()}
    ands = {name: _count_ands(content) for name, (_, content) in files.items() if "aiger" in name}
    if json:
        record = {"files": paths, "bytes": sizes, "ands": ands, "latency_cycles": latency}
        output.print_json(record)
        return
    for name, path in paths.items():
        more = f", {ands[name]:,} ANDs" if name in ands else ""
        output.print_text(f"written: {path} ({name}, {sizes[name]:,} bytes{more})")


def _count_ands(content: str | bytes) -> int:
    """Return the last number of AIGER's first line."""
    text = content if isinstance(content, str) else content[:100].decode("ascii", "replace")
    return int(text.partition("\n")[0].split()[-1])


def _require_amaranth() -> None:
    if importlib.util.find_spec("amaranth") is None:
        raise ToolError("Amaranth is not installed; pip install 'lutgen[amaranth]'")


def _rtlil(core: Core) -> str:
    from lutgen.emit.amaranth import emit_rtlil  # noqa: PLC0415 - an optional library

    return emit_rtlil(core)
