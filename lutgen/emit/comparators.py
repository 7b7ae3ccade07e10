"""Comparators of the encoder found again in their tables: ``x[8 +: 12] >= 12'd100`` in Verilog."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from lutgen.netlist.ir import ENCODER, FIRST_INPUT, LUT, Cell, Netlist

LEAST_WIDTH = 2  # a bit by itself is no number


@dataclass(frozen=True)
class Comparison:
    """Whether bits of ``x``, as a number, are a number or more.

    Parameters
    ----------
    low, width : int
        The bits.
    rank : int
        The number, above the least that they can be.
    is_signed : bool
        Whether they are a two's complement number.
    """

    low: int
    width: int
    rank: int
    is_signed: bool = False

    @property
    def verilog(self) -> str:
        """The comparison in Verilog."""
        bits = f"x[{self.low} +: {self.width}]"
        if not self.is_signed:
            return f"{bits} >= {self.width}'d{self.rank}"
        value = self.rank - (1 << (self.width - 1))
        sign = "-" if value < 0 else ""
        return f"$signed({bits}) >= {sign}{self.width}'sd{abs(value)}"


def comparisons(netlist: Netlist) -> tuple[dict[int, Comparison], set[int]]:
    """Return the LUTs that are comparisons, by their nets, and those that nothing else reads.

    A LUT is one whose inputs are bits of ``x`` side by side and whose table is that of a
    comparison, or one that takes a comparison of the bits below along.
    """
    found: dict[int, Comparison] = {}
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        if cell.kind == LUT and cell.part == ENCODER and not cell.primitive:
            comparison = _comparison(netlist, cell, found)
            if comparison is not None:
                found[net] = comparison
    read = {
        source
        for net, cell in enumerate(netlist.cells, netlist.first_cell)
        if net not in found
        for source in cell.inputs
    }.union(netlist.outputs)
    return found, {net for net in found if net not in read}


def _comparison(netlist: Netlist, cell: Cell, found: dict[int, Comparison]) -> Comparison | None:
    below = found.get(cell.inputs[0]) if cell.inputs else None
    own = cell.inputs[1:] if below else cell.inputs
    if not own or len(cell.inputs) < LEAST_WIDTH or (below and below.is_signed):
        return None
    low = own[0] - FIRST_INPUT
    first = below.low + below.width if below else low
    side_by_side = own == tuple(range(own[0], own[0] + len(own))) and low == first >= 0
    if not side_by_side or own[-1] >= netlist.first_cell:
        return None
    place = _tables(len(own), with_below=below is not None).get(cell.init)
    if place is None:
        return None
    wanted, is_signed = place
    if below is None:
        return Comparison(low, len(own), wanted, is_signed)
    rank = wanted << below.width | below.rank
    return Comparison(below.low, below.width + len(own), rank, is_signed)


@cache
def _tables(width: int, *, with_below: bool) -> dict[int, tuple[int, bool]]:
    """Return the tables of all comparisons of so many bits: what with, and whether it is signed.

    With the comparison of the bits below, address bit 0: the own bits are above, or equal and it
    passed.
    """
    tables: dict[int, tuple[int, bool]] = {}
    for is_signed in (True, False):
        flip = is_signed << (width - 1)
        ranks = [address ^ flip for address in range(1 << width)]
        for wanted in range(0 if with_below else 1, 1 << width):
            table = 0
            for address, rank in enumerate(ranks):
                if with_below:
                    bits = 0b11 if rank > wanted else 0b10 if rank == wanted else 0
                    table |= bits << 2 * address
                else:
                    table |= (rank >= wanted) << address
            tables[table] = wanted, is_signed
    return tables
