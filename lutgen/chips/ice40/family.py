"""Lattice iCE40: k-LUTs on SB_LUT4, carry chains on SB_CARRY, registers on SB_DFF.

There are no hard multiplexers for LUTs of more than four inputs: these become trees of SB_LUT4.
A logic cell is an SB_LUT4, an SB_CARRY and an SB_DFF; the carry reads the same nets as I1 and I2 of
the LUT, whose I3 is wired to the carry that comes in.
"""

from __future__ import annotations

from lutgen.chips.fabric.carry import MAJORITY3, CarryChain
from lutgen.chips.fabric.fabric import Fabric
from lutgen.chips.fabric.mapper import map_onto
from lutgen.chips.family import Device, Family, Primitive
from lutgen.netlist.ir import CONST0, Netlist
from lutgen.netlist.tables import tabulate, variable

_LIBRARY = "Lattice FPGA-TN-02026, iCE Technology Library: SB_LUT4, SB_CARRY, SB_DFF"
_LP_HX = "Lattice FPGA-DS-02029 (DS1040), iCE40 LP/HX Family Data Sheet, selection guide"
_ULTRA_PLUS = "Lattice FPGA-DS-02008, iCE40 UltraPlus Family Data Sheet, selection guide"

SB_LUT4 = Primitive("SB_LUT4", inputs=("I0", "I1", "I2", "I3"), output="O", init="LUT_INIT")
SB_CARRY = Primitive("SB_CARRY", inputs=("I0", "I1", "CI"), output="CO", table=MAJORITY3)
SB_DFF = Primitive("SB_DFF", inputs=("D",), output="Q", clock="C")


FABRIC = Fabric(luts=(SB_LUT4,), register=SB_DFF, carry=(SB_CARRY,))

_SUM = tabulate(4, lambda _, a, b, carry: (a + b + carry) % 2)


def map_ice40(netlist: Netlist) -> Netlist:
    """Return the netlist as SB_LUT4 and SB_DFF."""
    return map_onto(netlist, FABRIC)


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


def _device(name: str, title: str, logic_cells: int, source: str) -> Device:
    # a logic cell is one SB_LUT4 and one SB_DFF
    return Device(name, title, luts=logic_cells, registers=logic_cells, source=source)


_DEVICES = (
    _device("lp384", "iCE40 LP384", 384, _LP_HX),
    _device("lp1k", "iCE40 LP1K", 1280, _LP_HX),
    _device("lp8k", "iCE40 LP8K", 7680, _LP_HX),
    _device("hx1k", "iCE40 HX1K", 1280, _LP_HX),
    _device("hx4k", "iCE40 HX4K", 3520, _LP_HX),
    _device("hx8k", "iCE40 HX8K", 7680, _LP_HX),
    _device("up5k", "iCE40 UltraPlus UP5K", 5280, _ULTRA_PLUS),
)

ICE40 = Family(
    name="ice40",
    title="Lattice iCE40",
    max_fan_in=16,
    primitives=FABRIC.primitives,
    devices={device.name: device for device in _DEVICES},
    map=map_ice40,
    source=_LIBRARY,
    carry=Ice40Chain,
)
