"""Options of the commands that make a core of a model, and what they do with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lutgen.cli import output
from lutgen.cli.records import core_record
from lutgen.emit.core import Core, build_core
from lutgen.files import write_files, write_json
from lutgen.model import LutNetwork
from lutgen.netlist.stats import count_cells
from lutgen.report.parse import CORE_FILE
from lutgen.target.registry import FAMILIES, get_family

Out = Annotated[Path, typer.Option("-o", "--output", help="Folder for what is written.")]
Target = Annotated[str, typer.Option(help=f"Chip family: {', '.join(FAMILIES)}.")]
Pipeline = Annotated[
    int, typer.Option(help="Registers after every N levels of LUTs; 0: purely combinational.")
]
FmaxTarget = Annotated[
    str,
    typer.Option(
        help="Registers as the delay model of the chip asks for to reach a clock, e.g. 200MHz; "
        "instead of --pipeline."
    ),
]
Grade = Annotated[
    str, typer.Option(help="Speed grade or device that --fmax-target is for, e.g. up or hx8k.")
]
Module = Annotated[str, typer.Option(help="Name of the Verilog module.")]
DEFAULT_OUT = Path("build")
DEFAULT_MODULE = "lutgen_core"


def write_core(
    network: LutNetwork, out: Path, *, module: str, **options: Any
) -> tuple[Core, dict[str, Any]]:
    """Make the hardware and write it with its record into an output folder.

    The options are those of :func:`lutgen.emit.core.build_core`.
    """
    core = build_core(network, module=module, **options)
    record = core_record(network, core)
    write_files(out, {f"{module}.v": core.verilog})
    write_json(out / CORE_FILE, record)
    return core, record


def core_files(core: Core, out: Path) -> list[str]:
    """Return the files that :func:`write_core` wrote."""
    return [str(out / f"{core.module}.v"), str(out / CORE_FILE)]


def print_core(core: Core) -> None:
    """Print what the passes did and what the netlist is made of."""
    table = output.table("Passes over the netlist", "pass", "LUTs before", "LUTs after", "changes")
    for stats in core.passes:
        table.add_row(stats.name, str(stats.luts_before), str(stats.luts_after), str(stats.changes))
    output.print_table(table)
    cells = count_cells(core.netlist).items()
    primitives = ", ".join(f"{count:,} {name}" for name, count in cells)
    output.print_text(f"netlist ({get_family(core.target).title}): {primitives}")
    output.print_text(
        f"depth {core.netlist.depth} LUTs between registers, latency {core.netlist.latency} cycles"
    )
    if core.timing:
        output.print_text(f"Fmax {core.timing}")
