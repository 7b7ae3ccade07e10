"""The command synth: what a model takes on each chip family, and whether it fits a chip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
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
    write_core,
)
from lutgen.cli.options import ModelFile
from lutgen.cli.records import core_record
from lutgen.core import Core, make_core
from lutgen.emit.blif import emit_blif
from lutgen.emit.verilog import core_verilog
from lutgen.errors import ConfigError, MismatchError
from lutgen.files import write_json
from lutgen.flow.yosys import DIRECT, MODES, SynthResult, synthesise, yosys_names
from lutgen.model.network import LutNetwork
from lutgen.netlist.ir import LUT
from lutgen.netlist.passes.dontcare import NAME as DONTCARE
from lutgen.report.parse import CORE_FILE

ALL = "all"

AnyTarget = Annotated[
    str, typer.Option(help=f"Chip family: {', '.join(yosys_names())}; or all, side by side.")
]
Mode = Annotated[
    str, typer.Option(help="direct: our primitives as they are; optimised: Yosys decides; both.")
]
DeviceName = Annotated[
    str, typer.Option(help="Chip that it has to fit, e.g. hx1k; exit code 1 if it does not.")
]


@dataclass(frozen=True)
class Area:
    """What a model takes on one family.

    Parameters
    ----------
    target : str
    n_luts_plain : int
        LUTs of the direct mapping when no don't-care is used.
    results : mapping of str to SynthResult
        By mode.
    """

    target: str
    n_luts_plain: int
    results: Mapping[str, SynthResult]


@core_options
def synth(
    model: ModelFile,
    out: Out = DEFAULT_OUT,
    target: AnyTarget = "ice40",
    device: DeviceName = "",
    options: CoreOptions = DEFAULTS,
    mode: Mode = "both",
    json: output.Json = False,
) -> None:
    """Synthesise with Yosys and count what it takes, against the size of the chips."""
    network = LutNetwork.load(model)
    modes = parse_modes(mode)
    chip = device_to_fit(target, device) if device else None
    areas = []
    for name, folder in target_folders(target, out).items():
        core, _ = write_core(network, folder, name, options)
        areas.append(measure_area(core, modes, folder))
    if json:
        output.print_json({"digest": network.digest, "areas": [asdict(area) for area in areas]})
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


def measure_area(core: Core, modes: Sequence[str], out: Path) -> Area:
    """Synthesise a core in each mode, and count it without don't-cares for comparison.

    The folder's record of the core gets that count.
    """
    plain = core.netlist.count(LUT)
    if any(stats.name == DONTCARE and stats.changes for stats in core.passes):
        without = make_core(core.network, replace(core.config, dont_cares=False))
        plain = without.netlist.count(LUT)
    record = {**core_record(core), "luts_without_dont_cares": plain}
    write_json(out / CORE_FILE, record)
    return Area(core.family.name, plain, {mode: run_synthesis(core, mode, out) for mode in modes})


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


def require_fit(area: Area, device: Device) -> None:
    """Raise :class:`MismatchError` if the core takes more than the chip has, saying by how much."""
    for mode, result in area.results.items():
        for what, used, room in (
            ("LUTs", result.n_luts, device.luts),
            ("registers", result.n_registers, device.registers),
        ):
            if used > room:
                raise MismatchError(
                    f"the core ({mode}) takes {used:,} {what}, {device.title} has {room:,}: "
                    f"{used - room:,} too many ({100 * used / room:.1f} % of the chip); "
                    "use a larger device, a smaller k, narrower layers or lutgen optimise"
                )


def run_synthesis(core: Core, mode: str, out: Path) -> SynthResult:
    """Synthesise a core: the mapped netlist as it is, or its k-LUTs for Yosys to map."""
    with output.working(f"Yosys ({mode})"):
        return synthesise(
            core_verilog(core) if mode == DIRECT else emit_blif(core.logic, model=core.module),
            language="verilog" if mode == DIRECT else "blif",
            top=core.module,
            target=core.family.name,
            mode=mode,
            out_dir=out / "synth",
            digest=core.network.digest,
        )


ROWS = {
    "LUTs": "n_luts",
    "hard multiplexers": "n_muxes",
    "registers": "n_registers",
    "levels of LUTs": "levels",
}


def print_synthesis(area: Area) -> None:
    """Print what one family takes and the share of each of its chips, one column a mode."""
    results = list(area.results.values())
    table = output.table(f"Synthesis ({results[0].tool})", "", *area.results)
    for title, name in ROWS.items():
        table.add_row(title, *(f"{getattr(result, name):,}" for result in results))
    for device in get_family(area.target).devices.values():
        table.add_row(f"LUTs of {device.name}", *(_share(result, device) for result in results))
    output.print_table(table)
    output.print_text(f"direct without don't-cares: {area.n_luts_plain:,} LUTs")


def print_areas(areas: list[Area]) -> None:
    """Print the families side by side, one column a family."""
    tool = next(iter(areas[0].results.values())).tool
    table = output.table(f"Synthesis ({tool})", "", *(area.target for area in areas))
    table.add_row("direct without don't-cares: LUTs", *(f"{a.n_luts_plain:,}" for a in areas))
    for mode in areas[0].results:
        for title, name in ROWS.items():
            values = (getattr(area.results[mode], name) for area in areas)
            table.add_row(f"{mode}: {title}", *(f"{value:,}" for value in values))
    output.print_table(table)


def _share(result: SynthResult, device: Device) -> str:
    text = f"{result.n_luts:,} / {device.luts:,} = {100 * result.n_luts / device.luts:.1f} %"
    return text if result.n_luts <= device.luts else f"{text} too many"
