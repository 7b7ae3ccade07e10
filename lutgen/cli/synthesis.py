"""The command synth: what a model takes on each chip family, and whether it fits a chip."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lutgen.chips.chip import get_chip
from lutgen.chips.family import Device
from lutgen.chips.registry import get_family
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
from lutgen.cli.options import CHIP_HELP, TIMEOUT_HELP, ModelFile
from lutgen.errors import ConfigError
from lutgen.flow.yosys import DIRECT, MODES, yosys_names
from lutgen.jobs.hardware import write_core
from lutgen.jobs.synthesise import DEFAULT_TIMEOUT_SECONDS, measure_area, require_fit
from lutgen.model.network import LutNetwork
from lutgen.records.reading import to_json
from lutgen.records.synthesis import AreaRecord, SynthesisRecord

ALL = "all"

AnyChip = Annotated[
    str,
    typer.Option(
        help=f"{CHIP_HELP} A device that is named has to be large enough; exit code 1 if it is "
        "not. all: the families side by side."
    ),
]
Mode = Annotated[
    str,
    typer.Option(
        help="direct: our primitives as they are; optimised: Yosys and ABC decide, which takes "
        "long; both."
    ),
]
Timeout = Annotated[float, typer.Option(min=1, help=f"{TIMEOUT_HELP}: Yosys, for each mode.")]


@core_options
@with_folder
def synth(
    model: ModelFile,
    out: Out = DEFAULT_OUT,
    chip: AnyChip = "",
    options: CoreOptions = DEFAULTS,
    mode: Mode = DIRECT,
    timeout: Timeout = DEFAULT_TIMEOUT_SECONDS,
    json: output.Json = False,
) -> None:
    """Synthesise with Yosys and count what it takes, against the size of the chips."""
    network = LutNetwork.load(model)
    modes = parse_modes(mode)
    if not chip:
        raise ConfigError(
            "name the chip to synthesise for: --chip ice40 or ecp5-25k, or all families, side by "
            "side: --chip all"
        )
    device = None if chip == ALL else get_chip(chip).device
    areas = []
    for name, folder in target_folders(chip, out).items():
        core, written = write_core(network, options.config(name), folder)
        if not json:
            print_changes(core.interface, written.changes, written.changes_unknown)
        area = measure_area(
            core, modes, folder, record=written, timeout_seconds=timeout, progress=output.SHOWN
        )
        areas.append(area)
    if json:
        output.print_json({"digest": network.digest, "areas": to_json(areas)})
    elif chip == ALL:
        print_areas(areas)
    else:
        print_synthesis(areas[0])
    if device is not None:
        require_fit(areas[0], device)


def target_folders(chip: str, out: Path) -> dict[str, Path]:
    """Return the chips that an option names, each with its folder."""
    if chip == ALL:
        return {name: out / name for name in yosys_names()}
    return {chip: out}


def parse_modes(text: str, *, none: bool = False) -> tuple[str, ...]:
    """Return the synthesis modes that an option names.

    Raises
    ------
    ConfigError
        If it names none that exists.
    """
    choices = {mode: (mode,) for mode in MODES} | {"both": MODES} | ({"none": ()} if none else {})
    if text not in choices:
        raise ConfigError(f"the mode must be one of {', '.join(choices)}; got {text!r}")
    return choices[text]


ROWS = {
    "LUTs": "n_luts",
    "hard multiplexers": "n_muxes",
    "registers": "n_registers",
    "levels of LUTs": "levels",
}


def print_synthesis(area: AreaRecord) -> None:
    """Print what one family takes and the share of each of its chips, one column a mode."""
    results = list(area.results.values())
    table = output.table(f"Synthesis ({results[0].tool})", "", *area.results)
    for title, name in ROWS.items():
        table.add_row(title, *(f"{getattr(result, name):,}" for result in results))
    for device in get_family(area.target).devices.values():
        table.add_row(f"LUTs of {device.name}", *(_share(result, device) for result in results))
    output.print_table(table)
    output.print_text(f"direct without don't-cares: {area.n_luts_plain:,} LUTs")


def print_areas(areas: list[AreaRecord]) -> None:
    """Print the families side by side, one column a family."""
    tool = next(iter(areas[0].results.values())).tool
    table = output.table(f"Synthesis ({tool})", "", *(area.target for area in areas))
    table.add_row("direct without don't-cares: LUTs", *(f"{a.n_luts_plain:,}" for a in areas))
    for mode in areas[0].results:
        for title, name in ROWS.items():
            values = (getattr(area.results[mode], name) for area in areas)
            table.add_row(f"{mode}: {title}", *(f"{value:,}" for value in values))
    output.print_table(table)


def _share(result: SynthesisRecord, device: Device) -> str:
    text = f"{result.n_luts:,} / {device.luts:,} = {100 * result.n_luts / device.luts:.1f} %"
    return text if result.n_luts <= device.luts else f"{text} too many"
