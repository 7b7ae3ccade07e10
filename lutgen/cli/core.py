"""Options of the commands that make a core of a model, and how a core is printed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import typer

from lutgen.bits import MAX_FAN_IN
from lutgen.cli import output
from lutgen.cli.options import option_group, parse_frequency_mhz
from lutgen.core import DEFAULT_MODULE, Core, CoreConfig
from lutgen.core.ports import Ports
from lutgen.netlist.stats import count_cells

Out = Annotated[Path, typer.Option("-o", "--output", help="Folder for what is written.")]
DEFAULT_OUT = Path("build")


@dataclass(frozen=True)
class CoreOptions:
    """Options of every command that makes a core, beside the chip."""

    pipeline: Annotated[
        int, typer.Option(help="Registers after every N levels of LUTs; 0: purely combinational.")
    ] = 0
    fmax_target: Annotated[
        str,
        typer.Option(
            help="Registers as the delay model of the chip asks for to reach a clock, e.g. 200MHz; "
            "instead of --pipeline."
        ),
    ] = ""
    input_bits: Annotated[
        int,
        typer.Option(
            min=0,
            max=MAX_FAN_IN,
            help="Take features as unsigned numbers of N bits, with the encoder's comparators in "
            "hardware; 0: take encoded bits.",
        ),
    ] = 0
    one_hot: Annotated[
        bool, typer.Option("--one-hot", help="Answer with a bit a class, not the class number.")
    ] = False
    dont_cares: Annotated[
        bool, typer.Option(help="Use table entries that no input reaches or no output shows.")
    ] = True
    module: Annotated[str, typer.Option(help="Name of the Verilog module.")] = DEFAULT_MODULE

    def config(self, chip: str) -> CoreConfig:
        """Return what the core is to be, for a chip."""
        options = {field.name: getattr(self, field.name) for field in fields(self)}
        options["fmax_target_mhz"] = parse_frequency_mhz(options.pop("fmax_target"))
        return CoreConfig(chip=chip, **options)


DEFAULTS = CoreOptions()


core_options = option_group("options", CoreOptions)
"""Gives a command an option for each field of its parameter `options`."""


def print_core(core: Core) -> None:
    """Print what the passes did and what the netlist is made of."""
    table = output.table("Passes over the netlist", "pass", "LUTs before", "LUTs after", "changes")
    for stats in core.passes:
        table.add_row(stats.name, str(stats.luts_before), str(stats.luts_after), str(stats.changes))
    output.print_table(table)
    cells = count_cells(core.netlist).items()
    primitives = ", ".join(f"{count:,} {name}" for name, count in cells)
    output.print_text(f"netlist ({core.family.title}): {primitives}")
    output.print_text(
        f"depth {core.netlist.depth} LUTs between registers, latency {core.netlist.latency} cycles"
    )
    for line in Ports.of(core.interface).class_lines():
        output.print_text(line)
    if core.timing:
        output.print_text(f"Fmax {core.timing}")
