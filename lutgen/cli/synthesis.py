"""The command synth: what a model takes on each chip family, and whether it fits a chip."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lutgen.chips.family import Device
from lutgen.chips.registry import get_device, get_family
from lutgen.cli import output
from lutgen.cli.core import (
    DEFAULT_OUT,
    DEFAULTS,
    CoreOptions,
    Out,
    core_options,
)
from lutgen.cli.options import ModelFile
from lutgen.errors import ConfigError
from lutgen.flow.yosys import DIRECT, MODES, yosys_names
from lutgen.jobs.hardware import write_core
from lutgen.jobs.synthesise import DEFAULT_TIMEOUT_SECONDS, measure_area, require_fit
from lutgen.model.network import LutNetwork
from lutgen.records.reading import to_json
from lutgen.records.synthesis import AreaRecord, SynthesisRecord

ALL = "all"

AnyTarget = Annotated[
    str, typer.Option(help=f"Chip family: {', '.join(yosys_names())}; or all, side by side.")
]
Mode = Annotated[
    str,
    typer.Option(
        help="direct: our primitives as they are; optimised: Yosys and ABC decide, which takes "
        "long; both."
    ),
]
Timeout = Annotated[float, typer.Option(min=1, help="Seconds that Yosys may take, for each mode.")]
DeviceName = Annotated[
    str, typer.Option(help="Chip that it has to fit, e.g. hx1k; exit code 1 if it does not.")
]


@core_options
def synth(
    model: ModelFile,
    out: Out = DEFAULT_OUT,
    target: AnyTarget = "ice40",
    device: DeviceName = "",
    options: CoreOptions = DEFAULTS,
    mode: Mode = DIRECT,
    timeout: Timeout = DEFAULT_TIMEOUT_SECONDS,
    json: output.Json = False,
) -> None:
    """Synthesise with Yosys and count what it takes, against the size of the chips."""
    network = LutNetwork.load(model)
    modes = parse_modes(mode)
    chip = device_to_fit(target, device) if device else None
    areas = []
    for name, folder in target_folders(target, out).items():
        core, _ = write_core(network, options.config(name), folder)
        area = measure_area(core, modes, folder, timeout_seconds=timeout, progress=output.SHOWN)
        areas.append(area)
    if json:
        output.print_json({"digest": network.digest, "areas": to_json(areas)})
    elif target == ALL:
        print_areas(areas)
    else:
        print_synthesis(areas[0])
    if chip is not None:
        require_fit(areas[0], chip)


def target_folders(target: str, out: Path) -> dict[str, Path]:
    """Return the families that an option names, each with its folder."""
    if target == ALL:
        return {name: out / name for name in yosys_names()}
    return {target: out}


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


def device_to_fit(target: str, name: str) -> Device:
    """Return a chip of a family by its name.

    Raises
    ------
    ConfigError
        If the family has no such chip, or no one family is chosen.
    """
    if target == ALL:
        raise ConfigError(f"device {name!r} is of one family: choose it with --target")
    return get_device(target, name)


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
