"""What a chip family offers to a head: its LUTs, and its carry chains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from lutgen.netlist.ir import LUT, Netlist, NetlistBuilder


class Chain(Protocol):
    """A carry chain under construction, as a wide ``lutgen.chips.fabric.carry.CarryChain``.

    A position has ``sum = S ^ carry`` and ``next carry = S ? carry : DI``.
    """

    @property
    def carry(self) -> int:
        """Net of the carry out of the last position, which leads to the next position alone."""

    def add_tables(self, inputs: Sequence[int], s_table: int, di: int, *, table: bool) -> int:
        """Append S of a table, and DI of a table or a net; return the net of the sum."""

    def finish(self, *, sum_read: bool = True) -> int:
        """End the chain; return the net of the carry out.

        That takes a LUT unless nothing reads the last sum.
        """


@dataclass(frozen=True)
class Resources:
    """What a family offers to a head.

    Parameters
    ----------
    lut_inputs : int
        Inputs of the largest LUT, 4 to 6.
    pairs : bool
        Whether one LUT can be two smaller ones that together read one input less.
    chain : callable, optional
        Starts a carry chain whose S and DI are tables of a LUT's inputs, given a builder, a name
        and the net of the carry in. (Chains of full adders alone do not pay: the carry in
        and the carry out take a logic cell each.)
    map : callable, optional
        Maps a netlist onto the family; heads are compared by the LUTs that are left of them.
    """

    lut_inputs: int = 6
    pairs: bool = False
    chain: Callable[[NetlistBuilder, str, int], Chain] | None = None
    map: Callable[[Netlist], Netlist] | None = None

    def cost(self, netlist: Netlist) -> tuple[int, int]:
        """Return the LUTs and the levels of a netlist."""
        mapped = self.map(netlist) if self.map else netlist
        return mapped.count(LUT), mapped.depth
