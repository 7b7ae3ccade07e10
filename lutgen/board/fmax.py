"""Fmax of a core alone: registers around it instead of pins, on any chip with an open router.

A shift register feeds the core's inputs and another one folds its outputs, so that a design with
hundreds of ports needs three pins; the wires between core and registers are real. The report of
place and route over several seeds tells what the core reaches, and how much that is luck.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lutgen.board.congestion import advise_window
from lutgen.board.parts import Owners, describe_path
from lutgen.board.shell import CorePorts
from lutgen.chips.chip import Chip, get_chip
from lutgen.chips.registry import families
from lutgen.core import Core
from lutgen.emit.verilog import core_verilog
from lutgen.errors import ConfigError, ToolError
from lutgen.files import remove_folder, write_files
from lutgen.flow.pnr import CongestionError, Routed, find_router, place_and_route
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_yosys
from lutgen.flow.yosys import yosys_family
from lutgen.netlist.ir import LUT

CLOCK_MHZ = 400.0  # beyond reach, so that place and route does its best
TOP = "around"


@dataclass(frozen=True)
class Fmax:
    """What a core reaches on a chip.

    Parameters
    ----------
    chip, tool : str
    routed : tuple of Routed
        One a seed that routed.
    n_seeds : int
        Seeds that were tried.
    critical_path : str
        That of the best seed, in words.
    """

    chip: str
    tool: str
    routed: tuple[Routed, ...]
    n_seeds: int
    critical_path: str

    @property
    def mhz(self) -> tuple[float, float, float]:
        """Fmax over the seeds: minimum, median, maximum."""
        every = [result.fmax_mhz for result in self.routed]
        return min(every), statistics.median(every), max(every)


def chip_names() -> list[str]:
    """Return the names of the chips that can be placed and routed without a board."""
    return [
        Chip(family, device).name
        for family in families().values()
        for device in family.devices.values()
        if device.router_options
    ]


def get_routable_chip(name: str) -> Chip:
    """Return a chip that can be placed and routed without a board, ``FAMILY-DEVICE``.

    Raises
    ------
    ConfigError
        If there is none; the message lists those that exist.
    """
    chip = get_chip(name)
    if tool := chip.family.vendor_tool:
        raise ConfigError(
            f"the Fmax of {name!r} is not to be had here: {chip.family.title} is placed and routed "
            f"by {tool} alone; lutgen build with a board of that family writes a project for it"
        )
    if chip.device is None or not chip.device.router_options:
        raise ConfigError(
            f"no open router knows a chip {name!r}; choose one of: {', '.join(chip_names())}"
        )
    return chip


def harness(core: CorePorts) -> str:
    """Return the Verilog of registers around a core: ``clk`` and one bit in, one bit out."""
    n, width = core.n_inputs, core.answer_width
    clock = core.clocking("clk", "1'b0")
    loads = core.load_wires
    n_loads = sum(loads.values())
    names = ", ".join(loads)
    load_wires = "".join(
        f"  wire {f'[{bits - 1}:0] ' if bits > 1 else ''}{name};\n" for name, bits in loads.items()
    )
    if loads:  # from registers as well
        load_wires += f"  reg [{n_loads - 1}:0] loads;\n  assign {{{names}}} = loads;\n"
        load_wires += f"  always @(posedge clk) loads <= {{loads[{n_loads - 2}:0], d}};\n"
    shifted = f"{{in[{n - 2}:0], d}}" if n > 1 else "d"
    moved = f"{{fold[{width - 2}:0], 1'b0}}" if width > 1 else "1'b0"
    return f"""module {TOP} (input wire clk, input wire d, output wire q);
  reg [{n - 1}:0] in;
  reg [{width - 1}:0] out, fold;
  wire [{width - 1}:0] y;
{load_wires}  {core.module} core ({clock}.x(in), .y(y));
  always @(posedge clk) begin
    in <= {shifted};
    out <= y;
    fold <= {moved} ^ out;
  end
  assign q = fold[{width - 1}];
endmodule
"""


def measure_fmax(
    core: Core,
    chip: Chip,
    folder: Path,
    *,
    seeds: Sequence[int] = (1, 2, 3),
    timeout_seconds: float | None = None,
    options: Sequence[str] = (),
) -> Fmax:
    """Place and route a core between registers, and return what it reaches.

    Parameters
    ----------
    core : Core
        A core of the chip's family.
    folder : Path
        Folder for the design, the logs and the reports; made anew.
    seeds : sequence of int
        A run each.
    timeout_seconds : float, optional
        Limit for each run.
    options : sequence of str
        More words for nextpnr.

    Raises
    ------
    ConfigError
        If the core is of another family.
    CongestionError
        If no seed routes in time.
    ToolError
        If a tool is missing or fails, or says no clock period.
    """
    family, device = chip.family, get_routable_chip(chip.name).device
    assert family.router is not None and device is not None
    if core.family is not family:
        raise ConfigError(f"a core for {core.family.name} cannot be placed on {chip.name}")
    remove_folder(folder)
    yosys = find_yosys()
    synth = yosys_family(family.name).synth_with_pins
    script = f"read_verilog {core.module}.v {TOP}.v\n{synth} -top {TOP}\nwrite_json {TOP}.json\n"
    top = harness(CorePorts.of(core))
    files = {f"{core.module}.v": core_verilog(core), f"{TOP}.v": top, "script.ys": script}
    command = [family.router.program, *device.router_options, *options]
    if device.pins and family.router.pin_file:
        pin_file = family.router.pin_file
        name = f"{TOP}.{pin_file.suffix}"
        files[name] = pin_file.text(dict(zip(("clk", "d", "q"), device.pins, strict=True)))
        command += pin_file.words(name)
    write_files(folder, files)
    run(
        [yosys.path, "script.ys"],
        what=f"Yosys ({chip.name})",
        cwd=folder,
        log=folder / "yosys.log",
        environment=subprocess_environment(yosys.environment),
    )
    try:
        routed = place_and_route(
            (*command, "--json", f"{TOP}.json"),
            family=family.name,
            folder=folder,
            seeds=seeds,
            clock_mhz=CLOCK_MHZ,
            timeout_seconds=timeout_seconds,
        )
    except CongestionError as error:
        n_luts = sum(cell.kind == LUT and not cell.hard for cell in core.netlist.cells)
        raise advise_window(error, family.name, device.name, n_luts) from error
    if not all(result.clocks for result in routed):
        why = f": {family.router.why_no_clock}" if family.router.why_no_clock else ""
        raise ToolError(f"{find_router(family.name)} says no clock period{why}; logs: {folder}")
    best = max(routed, key=lambda result: result.fmax_mhz)
    return Fmax(
        chip=chip.name,
        tool=str(find_router(family.name)),
        routed=tuple(routed),
        n_seeds=len(seeds),
        critical_path=describe_path(best.path, Owners.of(core.netlist), around="registers around"),
    )
