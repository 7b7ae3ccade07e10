"""What AMD's 7 series and UltraScale+ have in common: LUT1 to LUT6, LUT6_2, MUXF7, MUXF8, FDRE.

And the carry chain, which is ``CARRY4`` and ``CARRY8``; and what tools know of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lutgen.chips.fabric.carry import XOR2, CarryChain
from lutgen.chips.fabric.fabric import MUX, MUX_LOCAL
from lutgen.chips.family import Device
from lutgen.chips.primitive import Primitive
from lutgen.chips.tables import SHIFT_32, LoadableTables
from lutgen.chips.tools import AddedCell, YosysFacts, inverter
from lutgen.netlist.ir import CONST0, CONST1
from lutgen.netlist.tables import expand, insert, ones, variable

# INIT: I0 is bit 0 of the address
LUTS = tuple(
    Primitive(f"LUT{k}", inputs=tuple(f"I{j}" for j in range(k)), output="O", init="INIT")
    for k in range(1, 7)
)
# O5 = INIT[I4..I0]; O6 = INIT[I5..I0], where I5 = 1 leaves the upper half of INIT
_FIVE = tuple(f"I{j}" for j in range(5))
LUT6_2 = (
    Primitive("LUT6_2.O5", _FIVE, "O5", init="INIT", ties=(("I5", 1),)),
    Primitive("LUT6_2.O6", _FIVE, "O6", init="INIT", ties=(("I5", 1),), init_at=32),
)
# the same with a net at I5: O5 is O6 where I5 = 0
LUT6_2_NESTED = (
    Primitive("LUT6_2.I5.O5", _FIVE, "O5", init="INIT"),
    Primitive("LUT6_2.I5.O6", (*_FIVE, "I5"), "O6", init="INIT"),
)
# S = 1 selects I1
MUXF7, MUXF8, MUXF9 = (
    Primitive(f"MUXF{k}", inputs=("I0", "I1", "S"), output="O", table=MUX, local=MUX_LOCAL)
    for k in (7, 8, 9)
)
# enabled always, never reset
FDRE = Primitive("FDRE", inputs=("D",), output="Q", clock="C", ties=(("CE", 1), ("R", 0)))


def _position(module: str, i: int, carry: str, tie: str, kind: str = "") -> list[Primitive]:
    """Return the two outputs of a position: O = S ^ carry and CO = S ? carry : DI.

    S comes from O6 of the LUT beside it, DI from O5 of the same LUT or from anywhere.
    """
    fixed = carry != "CYINIT" and (i > 0 or bool(kind))  # the wire that the carry comes by
    ties = ((tie, 0),) if tie else ()
    return [
        Primitive(f"{module}.{kind}O[{i}]", (f"S[{i}]", carry), f"O[{i}]",
                  ties=ties, table=XOR2, local=0b01 | fixed << 1),
        Primitive(f"{module}.{kind}CO[{i}]", (f"DI[{i}]", carry, f"S[{i}]"), f"CO[{i}]",
                  ties=ties, table=MUX, local=0b100 | fixed << 1),
    ]  # fmt: skip


# A net or a constant comes in at CYINIT; CI is wired to CO[3] of the slice below.
CARRY4 = (
    *_position("CARRY4", 0, "CYINIT", "CI"),
    *_position("CARRY4", 0, "CI", "CYINIT", "CI."),
    *(part for i in (1, 2, 3) for part in _position("CARRY4", i, f"CO[{i - 1}]", "")),
)
# CI takes either. CI_TOP is for two chains of four.
CARRY8 = (
    *_position("CARRY8", 0, "CI", "CI_TOP"),
    *(part for i in range(1, 8) for part in _position("CARRY8", i, f"CO[{i - 1}]", "CI_TOP")),
)


class XilinxChain(CarryChain):
    """A chain of ``CARRY4`` or ``CARRY8``: S from the O6 of a LUT, DI from its O5 or by a net.

    A slice has one pin a position for nets (AX, BX …), and the carry comes in by the first one's:
    DI of that position is the O5 of the LUT, then. It has one wire a position (AMUX, BMUX …) for
    its sum and its carry: a carry that leaves the chain where the sum is read, too, takes a further
    position. (AMD UG474, 7 Series CLB, and UG574, UltraScale Architecture CLB: carry logic.)
    """

    wide = True
    max_fan_in = (6, 5)
    luts_at_end = 1
    parts: ClassVar[Sequence[Primitive]]
    length: ClassVar[int]

    def add(self, a: int, b: int) -> int:
        """See :meth:`CarryChain.add`."""
        return self.add_tables((a, b), XOR2, a, table=False)

    def add_tables(self, inputs: Sequence[int], s_table: int, di: int, *, table: bool) -> int:
        """See :meth:`CarryChain.add_tables`; at most 6 inputs, or 5 where DI is a table."""
        assert len(inputs) <= self.max_fan_in[table], f"{len(inputs)} inputs, DI a table: {table}"
        if not table and not self._n and self._carry not in (CONST0, CONST1):
            return self._first(inputs, s_table, di)
        if table:
            k, pins = len(inputs), [*inputs]
            while len(pins) < 5:
                s_table, di = insert(s_table, k, k), insert(di, k, k)
                pins.append(CONST0)
                k += 1
            return self._position(*self._two(LUT6_2, pins, s_table, di))
        return self._position(self._cell("s", LUTS[len(inputs) - 1], inputs, s_table), di)

    def _first(self, inputs: Sequence[int], s_table: int, di: int) -> int:
        """Append the first position, DI a net beside a carry in: DI from the LUT that makes S."""
        nets = [net for net in inputs if net != di]
        nets += [di] if di not in (CONST0, CONST1) else []
        k = len(nets)
        if k <= len(LUTS):
            both = expand(s_table, inputs, nets)
            if k < len(LUTS):
                table = variable(k, k - 1) if nets[-1] == di else di * ones(k)
                return self.add_tables(nets, both, table, table=True)
            half, other = both & ones(k - 1), both >> (1 << (k - 1))
            if nets[-1] == di and half | other == ones(k - 1):  # DI = half wherever S = 0
                return self._position(*self._two(LUT6_2_NESTED, nets, both, half))
        carry, self._carry = self._carry, CONST0  # it comes in as DI of a position before
        self._position(self._zero(), carry)
        return self.add_tables(inputs, s_table, di, table=False)

    def _two(
        self, parts: Sequence[Primitive], inputs: Sequence[int], s_table: int, di_table: int
    ) -> tuple[int, int]:
        """Return S and DI, of one LUT."""
        site = f"{self._name}_l{self._n}"
        low, high = parts
        di = self._cell("di", low, inputs[: len(low.inputs)], di_table, site=site)
        return self._cell("s", high, inputs, s_table, site=site), di

    def _zero(self) -> int:
        """Return an S that is 0."""
        return self._cell("s", LUTS[0], (CONST0,), 0)

    def _position(self, s: int, di: int, *, last: bool = False) -> int:
        """Append O and, unless it is the last, CO."""
        link, place = divmod(self._n, self.length)
        site = f"{self._name}_c{link}"
        module = self.parts[0].module
        linked = "CI." if link and not place else ""
        by_name = {part.name: part for part in self.parts}
        kind = linked if f"{module}.{linked}O[{place}]" in by_name else ""
        sums, carries = (by_name[f"{module}.{kind}{pin}[{place}]"] for pin in ("O", "CO"))
        carry = self._carry
        # CI of a CARRY8 takes a net, too: that it is the wire from below, the cell says
        fixed = 0b10 if link and not place else 0
        total = self._cell("o", sums, (s, carry), site=site, local=sums.local | fixed)
        if not last:
            local = carries.local | fixed
            self._carry = self._cell("co", carries, (di, carry, s), site=site, local=local)
        self._n += 1
        return total

    def finish(self, *, sum_read: bool = True) -> int:
        """See :meth:`CarryChain.finish`; the carry leaves as the sum of a position with S = 0."""
        if not (sum_read and self._n):
            return self._carry
        return self._position(self._zero(), CONST0, last=True)


class Carry4Chain(XilinxChain):
    """A chain of the 7 series."""

    parts = CARRY4
    length = 4


class Carry8Chain(XilinxChain):
    """A chain of UltraScale+."""

    parts = CARRY8
    length = 8


ADDED_CELLS = (
    inverter("INV", "I", "O"),
    AddedCell("GND", (), "G", 0),
    AddedCell("VCC", (), "P", 1),
)
VENDOR_TOOL = "Vivado"
TABLES = LoadableTables(SHIFT_32, "table.v", ("CFGLUT5", "MUXF7", "MUXF8"))


def yosys_facts(family: str, muxes: tuple[Primitive, ...]) -> YosysFacts:
    """Return Yosys's facts of a family, which it calls so."""
    return YosysFacts(
        library="xilinx/cells_sim.v",
        synth=f"synth_xilinx -family {family} -noiopad -noclkbuf",
        # carry chains lie beside the LUTs of their slice and take none by themselves
        luts={"INV": 1, "LUT6_2": 1, "CFGLUT5": 1} | {lut.name: 1 for lut in LUTS},
        registers=("FD",),
        muxes=tuple(mux.name for mux in muxes),
        memories={"CFGLUT5": ("I0", "I1", "I2", "I3", "I4", "O5", "O6")},
    )


def device(name: str, title: str, luts: int, source: str) -> Device:
    """Return a device: a slice has two registers for each LUT6."""
    return Device(name, title, luts=luts, registers=2 * luts, source=source)
