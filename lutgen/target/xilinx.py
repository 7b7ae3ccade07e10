"""What AMD's 7 series and UltraScale+ have in common: LUT1 to LUT6, LUT6_2, MUXF7, MUXF8, FDRE.

And the carry chain, which is ``CARRY4`` and ``CARRY8``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lutgen.netlist.ir import CONST0
from lutgen.netlist.tables import insert
from lutgen.target.carry import XOR2, CarryChain
from lutgen.target.fabric import MUX, MUX_LOCAL
from lutgen.target.family import Primitive

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
    """A chain of ``CARRY4`` or ``CARRY8``: S from the O6 of a LUT, DI from its O5 or by a net."""

    wide = True
    max_fan_in = (6, 5)
    parts: ClassVar[Sequence[Primitive]]
    length: ClassVar[int]

    def add(self, a: int, b: int) -> int:
        """See :meth:`CarryChain.add`."""
        return self.add_tables((a, b), XOR2, a, table=False)

    def add_tables(self, inputs: Sequence[int], s_table: int, di: int, *, table: bool) -> int:
        """See :meth:`CarryChain.add_tables`; at most 6 inputs, or 5 where DI is a table."""
        assert len(inputs) <= self.max_fan_in[table], f"{len(inputs)} inputs, DI a table: {table}"
        if table:
            k, pins = len(inputs), [*inputs]
            while len(pins) < 5:
                s_table, di = insert(s_table, k, k), insert(di, k, k)
                pins.append(CONST0)
                k += 1
            site = f"{self._name}_l{self._n}"
            low, high = LUT6_2
            di = self._cell("di", low, pins, di, site=site)
            s = self._cell("s", high, pins, s_table, site=site)
        else:
            s = self._cell("s", LUTS[len(inputs) - 1], inputs, s_table)
        return self._position(s, di)

    def _position(self, s: int, di: int) -> int:
        link, place = divmod(self._n, self.length)
        site = f"{self._name}_c{link}"
        module = self.parts[0].module
        linked = "CI." if link and not place else ""
        by_name = {part.name: part for part in self.parts}
        kind = linked if f"{module}.{linked}O[{place}]" in by_name else ""
        sums, carries = (by_name[f"{module}.{kind}{pin}[{place}]"] for pin in ("O", "CO"))
        carry = self._carry
        total = self._cell("o", sums, (s, carry), site=site)
        self._carry = self._cell("co", carries, (di, carry, s), site=site)
        self._n += 1
        return total

    def finish(self) -> int:
        """See :meth:`CarryChain.finish`; free here."""
        return self._carry


class Carry4Chain(XilinxChain):
    """A chain of the 7 series."""

    parts = CARRY4
    length = 4


class Carry8Chain(XilinxChain):
    """A chain of UltraScale+."""

    parts = CARRY8
    length = 8
