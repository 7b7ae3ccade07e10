"""Carry chains of heads: adders and positions of tables, on logic that a chip has beside LUTs.

A chain is built position by position, the lowest first, into the netlist of a given family. The
cells name their primitives and sites, so that every pass and mapping leaves them as they are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from lutgen.chips.primitive import Primitive
from lutgen.netlist.ir import CONST0, HEAD, LUT, Cell, NetlistBuilder

XOR2 = 0b0110
MAJORITY3 = 0b11101000


class CarryChain(ABC):
    """A carry chain under construction.

    Position i computes from S, DI and the carry that comes in::

        sum = S ^ carry        next carry = S ? carry : DI

    With S = a ^ b and DI = a that is a full adder.

    Parameters
    ----------
    builder : NetlistBuilder
        Gets the cells.
    name : str
        Names of the cells begin with it; it has to be unique in the netlist.
    carry_in : int
        Net of the carry into the first position.

    Attributes
    ----------
    wide : bool
        Whether :meth:`add_tables` is there: positions of any S and DI, not full adders alone.
    max_fan_in : (int, int)
        Inputs that S may have, and, where DI is a table, S and DI together may have.
    luts_at_end : int
        LUTs that :meth:`finish` takes where the last sum is read, too.
    """

    wide: ClassVar[bool] = False
    max_fan_in: ClassVar[tuple[int, int]] = (2, 2)
    luts_at_end: ClassVar[int] = 0

    def __init__(self, builder: NetlistBuilder, name: str, carry_in: int = CONST0) -> None:
        self._builder = builder
        self._name = name
        self._carry = carry_in
        self._n = 0

    @property
    def carry(self) -> int:
        """Net of the carry out of the last position, which leads to the next position alone."""
        return self._carry

    @abstractmethod
    def add(self, a: int, b: int) -> int:
        """Append a full adder of two nets and the carry, for one LUT; return the net of its sum."""

    def add_tables(self, inputs: Sequence[int], s_table: int, di: int, *, table: bool) -> int:
        """Append a position of any function S; return the net of its sum.

        Parameters
        ----------
        inputs : sequence of int
            Nets that S reads, all different; input j is address bit j.
        s_table : int
            Truth table of S, 2^len(inputs) bits.
        di : int
            The truth table of DI over the same inputs, or the net that is DI.
        table : bool
            Whether `di` is a table. S and DI then take one LUT of two outputs.
        """
        raise NotImplementedError("the family has full adders alone")

    @abstractmethod
    def finish(self, *, sum_read: bool = True) -> int:
        """End the chain and return the net of the carry out, for any cell to read.

        Parameters
        ----------
        sum_read : bool
            Whether any cell reads the sum of the last position.
        """

    def _cell(
        self,
        part: str,
        primitive: Primitive,
        inputs: Sequence[int],
        table: int | None = None,
        *,
        site: str = "",
        local: int = 0,
    ) -> int:
        """Append a cell of the current position: a LUT, or without a table a hard one."""
        hard = table is None
        return self._builder.add(
            Cell(
                LUT,
                tuple(inputs),
                primitive.table if table is None else table,
                f"{self._name}_{part}{self._n}",
                0,
                primitive.name,
                hard,
                site,
                local or primitive.local,
                part=HEAD,
            )
        )
