"""Options of the commands that make a core of a model, and how a core is printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from lutgen.cli import output
from lutgen.cli.options import option_group, parse_frequency_mhz
from lutgen.core import DEFAULT_MODULE, Core, CoreConfig, Interface
from lutgen.core.controls import NO_RESET, PORT_NAMES, RESETS
from lutgen.core.ports import Ports
from lutgen.encode.formats import GRAMMAR, MAX_WIDTH
from lutgen.files import folder_to_itself
from lutgen.jobs.formats import own_changes, read_input_format
from lutgen.netlist.passes.triplicate import KINDS, NONE
from lutgen.netlist.stats import count_cells
from lutgen.records.core import ChangeRecord, latency_text

Out = Annotated[Path, typer.Option("-o", "--output", help="Folder for what is written.")]
DEFAULT_OUT = Path("build")
_FORMATS = 4  # named in a line


InputFormatText = Annotated[
    str,
    typer.Option(
        help="Take features as numbers, with the encoder's comparators in hardware: auto (the "
        f"smallest that loses nothing), {GRAMMAR}; or a .json or .csv that has a format for each "
        "feature."
    ),
]
AcceptRounding = Annotated[
    bool,
    typer.Option(
        "--accept-rounding",
        help="Take a format in which thresholds or training samples lose something; what changes "
        "is counted.",
    ),
]


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
            max=MAX_WIDTH,
            help="Take features as unsigned numbers of N bits, with the encoder's comparators in "
            "hardware, as --input-format uN does; 0: take encoded bits.",
        ),
    ] = 0
    input_format: InputFormatText = ""
    accept_rounding: AcceptRounding = False
    one_hot: Annotated[
        bool, typer.Option("--one-hot", help="Answer with a bit a class, not the class number.")
    ] = False
    scores: Annotated[
        bool,
        typer.Option(
            "--scores", help="Answer with the score of each class, too: two's complement numbers."
        ),
    ] = False
    reset: Annotated[
        str,
        typer.Option(
            help="Reset of the registers: "
            + "; ".join(f"{name}: {title}" for name, title in RESETS.items())
            + "."
        ),
    ] = NO_RESET
    enable: Annotated[bool, typer.Option("--enable", help="Give the registers a clock enable.")] = (
        False
    )
    port_names: Annotated[
        str,
        typer.Option(
            help="Names of clock, reset and enable: "
            + "; ".join(f"{name}: {', '.join(ports)}" for name, ports in PORT_NAMES.items())
            + "."
        ),
    ] = "plain"
    reloadable: Annotated[
        bool,
        typer.Option(
            "--reloadable",
            help="Let the tables of the trained LUTs be loaded while the hardware runs, for "
            "another model of the same wiring.",
        ),
    ] = False
    tmr: Annotated[
        str,
        typer.Option(
            help="Three copies, and voters that outvote a fault in one: "
            + "; ".join(f"{name}: {title}" for name, title in KINDS.items())
            + "."
        ),
    ] = NONE
    tmr_outputs: Annotated[
        bool,
        typer.Option(
            "--tmr-outputs", help="With --tmr all: bring out three copies of the answer to vote on."
        ),
    ] = False
    dont_cares: Annotated[
        bool, typer.Option(help="Use table entries that no input reaches or no output shows.")
    ] = True
    module: Annotated[str, typer.Option(help="Name of the Verilog module.")] = DEFAULT_MODULE

    def config(self, chip: str) -> CoreConfig:
        """Return what the core is to be, for a chip."""
        options = {field.name: getattr(self, field.name) for field in fields(self)}
        options["input_format"] = read_input_format(options["input_format"])
        options["fmax_target_mhz"] = parse_frequency_mhz(options.pop("fmax_target"))
        return CoreConfig(chip=chip, **options)


DEFAULTS = CoreOptions()


def with_folder(command: Callable[..., None]) -> Callable[..., None]:
    """Have a command hold its output folder, `out`, while it runs; see :func:`folder_to_itself`."""

    @wraps(command)
    def wrapper(**values: Any) -> None:
        with folder_to_itself(values["out"]):
            command(**values)

    return wrapper


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
        f"depth: at most {core.netlist.depth} LUTs in a row between registers or ports; "
        f"latency: {latency_text(core.netlist.latency, core.timing)}"
    )
    for line in Ports.of(core.interface).class_lines():
        output.print_text(line)
    if core.timing:
        output.print_text(f"Fmax {core.timing}")


def print_input(interface: Interface, data_dir: Path | None = None) -> None:
    """Print as which numbers the features come in, and what that changes in the model's samples."""
    if interface.formats:
        print_changes(interface, *own_changes(interface, data_dir))


def print_changes(interface: Interface, changes: Sequence[ChangeRecord], unknown: str) -> None:
    """Print as which numbers the features come in, and what that changes."""
    if not interface.formats:
        return
    counts = Counter(map(str, interface.formats))
    formats = ", ".join(f"{name} ({n:,} of them)" for name, n in counts.most_common(_FORMATS))
    more = f" and {len(counts) - _FORMATS} more formats" if len(counts) > _FORMATS else ""
    said = next(iter(counts)) if len(counts) == 1 else formats + more
    output.print_text(f"features come in as numbers: {said}")
    for change in changes:
        output.print_text(str(change))
    if unknown:
        output.print_text(
            f"warning: the format loses something; what changes was not counted: {unknown}"
        )
