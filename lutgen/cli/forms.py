"""The command that writes a model in other languages than Verilog."""

from __future__ import annotations

from typing import Annotated

import typer

from lutgen.cli import output
from lutgen.cli.core import (
    DEFAULT_OUT,
    DEFAULTS,
    CoreOptions,
    Out,
    core_options,
    print_changes,
    with_folder,
)
from lutgen.cli.options import ChipName, ModelFile
from lutgen.core import make_core
from lutgen.emit.forms import FORMS
from lutgen.jobs.emit import AMARANTH, require_forms
from lutgen.jobs.emit import emit as emit_core
from lutgen.model.network import LutNetwork
from lutgen.records.core import CORE_FILE, CoreRecord


@core_options
@with_folder
def emit(
    model: ModelFile,
    form: Annotated[
        list[str] | None,
        typer.Option(
            help="May be given several times; default: all that the core has, but amaranth. "
            + "; ".join(f"{name}: {form.title}" for name, form in FORMS.items())
            + f"; {AMARANTH}: the component LutNetworkCore, a stream in and a stream out, as RTLIL."
        ),
    ] = None,
    out: Out = DEFAULT_OUT,
    chip: ChipName = "generic",
    options: CoreOptions = DEFAULTS,
    json: output.Json = False,
) -> None:
    """Write a model as Verilog, BLIF, AIGER or a component for Amaranth."""
    names = tuple(form) if form else None
    require_forms(names or ())
    core = make_core(LutNetwork.load(model), options.config(chip))
    record = emit_core(core, names, folder=out)
    if json:
        output.print_json(record.to_json())
        return
    written = CoreRecord.read(out / CORE_FILE)
    print_changes(core.interface, written.changes, written.changes_unknown)
    for name, path in record.files.items():
        more = f", {record.ands[name]:,} ANDs" if name in record.ands else ""
        output.print_text(f"written: {path} ({name}, {record.bytes[name]:,} bytes{more})")
