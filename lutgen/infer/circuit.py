"""Circuits of word operations: what a network computes, a bit of 64 samples and more at a time.

There are three operations on rows of bits: exclusive or, and choosing between two rows by a third,
as they are or one of them complemented. A signal is a row or its complement (`Literal`), so that
complements cost nothing; each operation is made once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

XOR, MUX, MUXN = 0, 1, 2
"""``a ^ b``; ``s ? a : b``; ``s ? ~a : b``."""

Literal = tuple[int, bool]
"""A row, and whether its complement is meant."""

ZERO: Literal = (0, False)
ONE: Literal = (0, True)

Word = tuple[Literal, ...]
"""A number in binary, bit 0 first."""

Operation = tuple[int, int, int, int]
"""Kind, s, a and b; an exclusive or has s = 0."""


def complement(literal: Literal) -> Literal:
    """Return the complement of a literal."""
    return literal[0], not literal[1]


class Circuit:
    """Operations in an order in which each reads only what is there.

    Row 0 is zero, then come the inputs, then the operations.

    Parameters
    ----------
    n_inputs : int
    """

    def __init__(self, n_inputs: int) -> None:
        self.n_inputs = n_inputs
        self.operations: list[Operation] = []
        self._made: dict[Operation, int] = {}

    def input(self, number: int) -> Literal:
        """Return an input."""
        return 1 + number, False

    def _add(self, operation: Operation) -> int:
        row = self._made.get(operation)
        if row is None:
            row = 1 + self.n_inputs + len(self.operations)
            self.operations.append(operation)
            self._made[operation] = row
        return row

    def xor(self, x: Literal, y: Literal) -> Literal:
        """Return whether one of two signals is one, and only one."""
        (a, a_inverted), (b, b_inverted) = (x, y) if x[0] > y[0] else (y, x)
        inverted = a_inverted != b_inverted
        if b == 0:
            return a, inverted
        if a == b:
            return 0, inverted
        return self._add((XOR, 0, a, b)), inverted

    def mux(self, s: Literal, a: Literal, b: Literal) -> Literal:
        """Return a where s is one, else b."""
        if s[1]:
            s, a, b = (s[0], False), b, a
        if a[0] == s[0]:
            a = (0, not a[1])
        if b[0] == s[0]:
            b = (0, b[1])
        if s[0] == 0 or a == b:
            return b
        if a[0] == b[0]:
            return self.xor(s, b)
        if (a, b) == (ONE, ZERO):
            return s
        if (a, b) == (ZERO, ONE):
            return complement(s)
        kind = MUXN if a[1] != b[1] else MUX
        return self._add((kind, s[0], a[0], b[0])), b[1]

    def both(self, x: Literal, y: Literal) -> Literal:
        """Return whether two signals are one."""
        return self.mux(x, y, ZERO)

    def either(self, x: Literal, y: Literal) -> Literal:
        """Return whether one of two signals is one."""
        return complement(self.both(complement(x), complement(y)))

    def table(self, table: int, reads: Sequence[Literal]) -> Literal:
        """Return a truth table of some signals: a decision diagram, read from the last one down."""
        made: dict[tuple[int, int], Literal] = {}

        def node(table: int, k: int) -> Literal:
            if not table:
                return ZERO
            n_entries = 1 << k
            if table & 1:  # of a function and its complement one is made
                table ^= (1 << n_entries) - 1
                return complement(node(table, k)) if table else ONE
            found = made.get((table, k))
            if found is None:
                half = n_entries >> 1
                low, high = table & ((1 << half) - 1), table >> half
                if low == high:
                    found = node(low, k - 1)
                else:
                    found = self.mux(reads[k - 1], node(high, k - 1), node(low, k - 1))
                made[table, k] = found
            return found

        return node(table, len(reads))

    # -- numbers -------------------------------------------------------------------------------

    def add_up(self, columns: list[list[Literal]]) -> Word:
        """Return the sum of bits of stated weights, modulo 2^len(columns); takes the columns.

        Parameters
        ----------
        columns : list of lists
            Column j holds the bits that count 2^j.
        """
        result = []
        for place, column in enumerate(columns):
            while len(column) > 1:
                x, y = column.pop(0), column.pop(0)
                z = column.pop(0) if column else ZERO
                differ = self.xor(x, y)
                column.append(self.xor(differ, z))
                if place + 1 < len(columns):
                    columns[place + 1].append(self.mux(differ, z, x))
            result.append(column[0] if column else ZERO)
        return tuple(result)

    def greater(self, x: Word, y: Word) -> Literal:
        """Return whether x is larger than y, numbers without sign of one width."""
        result = ZERO
        for a, b in zip(x, y, strict=True):
            result = self.mux(self.xor(a, b), a, result)
        return result


def dead_code_removed(
    circuit: Circuit, outputs: Sequence[Literal]
) -> tuple[list[Operation], NDArray[np.int64]]:
    """Return the operations that outputs depend on, and the new number of each row (-1: gone)."""
    first = 1 + circuit.n_inputs
    needed = np.zeros(first + len(circuit.operations), dtype=bool)
    needed[:first] = True
    for row, _ in outputs:
        needed[row] = True
    for row in range(needed.size - 1, first - 1, -1):
        if needed[row]:
            for read in circuit.operations[row - first][1:]:
                needed[read] = True
    rows = np.where(needed, np.cumsum(needed) - 1, -1)
    kept = [
        (kind, int(rows[s]), int(rows[a]), int(rows[b]))
        for row, (kind, s, a, b) in enumerate(circuit.operations, first)
        if needed[row]
    ]
    return kept, rows
