"""The logic fabric of a family: its LUTs, the hard multiplexers behind them, its register."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lutgen.chips.primitive import Primitive
from lutgen.netlist.tables import tabulate

MUX = tabulate(3, lambda at0, at1, select: at1 if select else at0)
"""Table of a hard multiplexer: what it gives at 0, what it gives at 1, the select."""

MUX_LOCAL = 0b011
"""Its inputs that wires of fixed course lead to: the data."""


@dataclass(frozen=True)
class Fabric:
    """What a mapping may use.

    Parameters
    ----------
    luts : tuple of Primitive
        LUTs, the smallest first; one that is larger than needed has its idle pins at 0.
    register : Primitive
        D flip-flop on the rising edge.
    muxes : tuple of Primitive
        Hard multiplexers by level, their inputs in the order of `MUX`. Wires inside the slice
        lead to the two data pins: those of the first level are driven by one LUT each, those of a
        further level by one multiplexer each of the level before, and what drives them drives
        nothing else. A primitive may serve several levels.
    pair : tuple of Primitive
        The outputs of a LUT that may be two smaller ones of the same inputs; empty if there is
        none.
    nested : tuple of Primitive
        The outputs of a LUT of all its inputs, and before it, of its half where the last is 0.
    carry : tuple of Primitive
        The outputs of the carry logic.
    tree : Primitive, optional
        A cell of 2-LUTs, see :mod:`lutgen.chips.fabric.tree`, that takes the place of every LUT of
        three or four inputs, the largest.
    wider : tuple of Primitive
        Cells that no mapping makes, but synthesis does.
    """

    luts: tuple[Primitive, ...]
    register: Primitive
    muxes: tuple[Primitive, ...] = ()
    pair: tuple[Primitive, ...] = ()
    nested: tuple[Primitive, ...] = ()
    carry: tuple[Primitive, ...] = ()
    tree: Primitive | None = None
    wider: tuple[Primitive, ...] = ()

    @property
    def leaf(self) -> int:
        """Inputs of the largest LUT."""
        return len(self.luts[-1].inputs)

    @cached_property
    def smallest_luts(self) -> tuple[Primitive, ...]:
        """The smallest LUT of at least 0, 1, 2 … inputs, up to the largest that there is."""
        sizes = range(self.leaf + 1)
        return tuple(next(lut for lut in self.luts if len(lut.inputs) >= k) for k in sizes)

    def costs(self, k: int) -> list[list[float]]:
        """Return what LUTs of 0 to k inputs may be reckoned to cost: each is worth a try.

        Where a LUT can be two smaller ones, the cost may rise from half a LUT to a whole one.
        """
        whole = [0.0, 0.0, *[1.0] * (k - 1)]
        if not self.pair:
            return [whole]
        rising = [0.0, 0.0, *[0.5 + 0.5 * more / max(k - 2, 1) for more in range(k - 1)]]
        return [whole, rising]

    @property
    def primitives(self) -> dict[str, Primitive]:
        """All primitives by name."""
        parts = (*self.luts, *self.pair, *self.nested, *self.muxes, *self.carry, self.register)
        trees = (self.tree, *self.wider) if self.tree else self.wider
        return {part.name: part for part in (*parts, *trees)}
