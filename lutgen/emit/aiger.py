"""From the netlist to AIGER, the format of and-inverter graphs (ABC, model checkers, Yosys).

A. Biere, K. Heljanko, S. Wieringa, "AIGER 1.9 and beyond", Johannes Kepler University Linz, 2011.
Every truth table becomes two-input ANDs by Shannon expansion; ANDs of equal inputs are made once
in the whole netlist. Up to four inputs, the order of expansion with the fewest ANDs is taken.
Registers become latches without initial value.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lutgen.netlist.ir import FIRST_INPUT, LUT, REGISTER, Netlist
from lutgen.netlist.tables import depends_on, insert, ones, reduce, variable
from lutgen.text import in_comment

_LEAF = 4
_LEAF_ONES = ones(_LEAF)
_FALSE, _TRUE = 0, 1


@dataclass(frozen=True, eq=False)
class Aig:
    """An and-inverter graph; literal 2v is variable v, 2v + 1 its complement, variable 0 false.

    Variables are the inputs, then the latches, then the ANDs, each from 1 on without a gap.

    Parameters
    ----------
    n_inputs : int
    latches : tuple of int
        Literal of the next state of each latch.
    outputs : tuple of int
        Literals.
    ands : ndarray of shape (n_ands, 2), dtype=np.uint32
        Literals of the two inputs of each AND, the larger first, all of earlier variables.
    names : tuple of str
        Names of the inputs, the latches and the outputs, for the symbol table.
    """

    n_inputs: int
    latches: tuple[int, ...]
    outputs: tuple[int, ...]
    ands: NDArray[np.uint32]
    names: tuple[str, ...]

    def to_ascii(self, header: Sequence[str] = ()) -> str:
        """Return the graph in the ASCII form, ``.aag``; `header` goes into the comment."""
        lines = [self._counts("aag"), *(str(2 * v) for v in range(1, self.n_inputs + 1))]
        for literal, line in zip(self._latch_literals(), self._latch_lines(), strict=True):
            lines.append(f"{literal} {line}")
        lines += map(str, self.outputs)
        first = self.n_inputs + len(self.latches) + 1
        lines += [f"{2 * v} {a} {b}" for v, (a, b) in enumerate(self.ands.tolist(), first)]
        return "\n".join([*lines, *self._symbols(header), ""])

    def to_binary(self, header: Sequence[str] = ()) -> bytes:
        """Return the graph in the binary form, ``.aig``; `header` goes into the comment."""
        lines = [self._counts("aig"), *self._latch_lines(), *map(str, self.outputs), ""]
        first = self.n_inputs + len(self.latches) + 1
        own = 2 * np.arange(first, first + len(self.ands), dtype=np.int64)
        larger, smaller = self.ands.astype(np.int64).T
        steps = np.stack([own - larger, larger - smaller], axis=1)
        symbols = "\n".join([*self._symbols(header), ""])
        return "\n".join(lines).encode("ascii") + _variable_length(steps.ravel()) + symbols.encode()

    def _counts(self, form: str) -> str:
        n_latches, n_ands = len(self.latches), len(self.ands)
        n_variables = self.n_inputs + n_latches + n_ands
        return f"{form} {n_variables} {self.n_inputs} {n_latches} {len(self.outputs)} {n_ands}"

    def _latch_literals(self) -> range:
        return range(2 * self.n_inputs + 2, 2 * (self.n_inputs + len(self.latches)) + 2, 2)

    def _latch_lines(self) -> Iterator[str]:
        """Yield next state and initial value; a latch's own literal there means: unknown."""
        for literal, following in zip(self._latch_literals(), self.latches, strict=True):
            yield f"{following} {literal}"

    def _symbols(self, header: Sequence[str]) -> Iterator[str]:
        names = iter(self.names)
        counts = {"i": self.n_inputs, "l": len(self.latches), "o": len(self.outputs)}
        for kind, count in counts.items():
            yield from (f"{kind}{place} {next(names)}" for place in range(count))
        if header:
            yield from ("c", *map(in_comment, header))


def make_aig(netlist: Netlist) -> Aig:
    """Return the and-inverter graph of a netlist, mapped or not.

    Inputs are called ``x[i]``, outputs ``y[i]``, latches as the registers are.
    """
    registers = [cell for cell in netlist.cells if cell.kind == REGISTER]
    graph = _Graph(netlist.n_inputs + len(registers))
    literals = [_FALSE, _TRUE, *(2 * v for v in range(1, netlist.n_inputs + 1))]
    latches: list[int] = []
    for cell in netlist.cells:
        if cell.kind == LUT:
            table, nets = reduce(cell.init, cell.inputs)
            literals.append(graph.look_up(table, [literals[net] for net in nets]))
        else:
            latches.append(literals[cell.inputs[0]])
            literals.append(2 * (netlist.n_inputs + len(latches)))
    inputs = [netlist.net_name(net) for net in range(FIRST_INPUT, netlist.first_cell)]
    outputs = [f"y[{place}]" for place in range(len(netlist.outputs))]
    return Aig(
        n_inputs=netlist.n_inputs,
        latches=tuple(latches),
        outputs=tuple([literals[net] for net in netlist.outputs]),
        ands=np.frombuffer(graph.ands, dtype=np.uint32).reshape(-1, 2),
        names=(*inputs, *(cell.name for cell in registers), *outputs),
    )


def _variable_length(values: NDArray[np.int64]) -> bytes:
    """Return numbers in groups of seven bits, the lowest first, each but the last with bit 7."""
    groups = np.ones_like(values)
    for shift in (7, 14, 21, 28):
        groups += values >> shift > 0
    ends = np.cumsum(groups)
    octets = np.empty(int(ends[-1]) if ends.size else 0, dtype=np.uint8)
    for place in range(int(groups.max(initial=0))):
        there = groups > place
        more = (groups[there] > place + 1).astype(np.int64) << 7
        at = ends[there] - groups[there] + place
        octets[at] = (values[there] >> (7 * place)) & 0x7F | more
    return octets.tobytes()


class _Graph:
    """ANDs under construction; each pair of literals has one AND at most."""

    def __init__(self, n_sources: int) -> None:
        self.ands = array("I")
        self._next = 2 * (n_sources + 1)
        self._made: dict[int, int] = {}  # both literals as one number: a third of the memory

    def look_up(self, table: int, literals: Sequence[int]) -> int:
        """Return the literal of a function of some literals, all different and all mattering."""
        return self._split(table, len(literals), literals, {})

    def _split(self, table: int, k: int, literals: Sequence[int], made: dict[int, int]) -> int:
        """Expand on the last inputs first; equal cofactors are expanded once."""
        while k > _LEAF and table == (table & ones(k - 1)) * ((1 << (1 << (k - 1))) + 1):
            k, table = k - 1, table & ones(k - 1)
        if table & 1:
            return self._split(table ^ ones(k), k, literals, made) ^ 1
        if k <= _LEAF:
            for j in range(k, _LEAF):
                table = insert(table, j, j)
            return self._leaf(table, literals)
        key = 1 << (1 << k) | table  # the leading bit tells k
        if key not in made:
            low, high = table & ones(k - 1), table >> (1 << (k - 1))
            made[key] = self._choose(
                literals[k - 1],
                (high, self._split(high, k - 1, literals, made)),
                (low, self._split(low, k - 1, literals, made)),
            )
        return made[key]

    def _leaf(self, table: int, literals: Sequence[int]) -> int:
        if table & 1:
            return self._leaf(table ^ _LEAF_ONES, literals) ^ 1
        if not table:
            return _FALSE
        j, low, high = _plan(table)[1:]
        if high == _LEAF_ONES and not low:
            return literals[j]
        return self._choose(
            literals[j], (high, self._leaf(high, literals)), (low, self._leaf(low, literals))
        )

    def _choose(self, select: int, high: tuple[int, int], low: tuple[int, int]) -> int:
        """Return ``select ? high : low``, each a table and the literal that carries it."""
        if not low[0] & ~high[0]:  # low implies high
            return self._or(low[1], self._and(select, high[1]))
        if not high[0] & ~low[0]:
            return self._or(high[1], self._and(select ^ 1, low[1]))
        return self._or(self._and(select, high[1]), self._and(select ^ 1, low[1]))

    def _or(self, a: int, b: int) -> int:
        return self._and(a ^ 1, b ^ 1) ^ 1

    def _and(self, a: int, b: int) -> int:
        if a < b:
            a, b = b, a
        if b == _FALSE or a == b ^ 1:
            return _FALSE
        if b in (_TRUE, a):
            return a
        key = a << 32 | b
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._next
            self._next += 2
            self.ands.append(a)
            self.ands.append(b)
        return made


@cache
def _plan(table: int) -> tuple[int, int, int, int]:
    """Return how to expand a function of four inputs that is not constant.

    Returns
    -------
    tuple
        The number of ANDs, the input to expand on, and the two cofactors as functions of four
        inputs. There are 65,534 functions at most, so the cache is bounded.
    """
    plans = []
    for j in range(_LEAF):
        if depends_on(table, _LEAF, j):
            high, low = table & variable(_LEAF, j), table & ~variable(_LEAF, j)
            high, low = high | high >> (1 << j), low | low << (1 << j)
            parts = {min(part, part ^ _LEAF_ONES) for part in (low, high)} - {0}
            n_ands = sum(_plan(part)[0] for part in parts) + _gate_cost(low, high)
            plans.append((n_ands, j, low, high))
    return min(plans)


def _gate_cost(low: int, high: int) -> int:
    """Return the ANDs that join two cofactors: none for the input itself or its complement."""
    constants = (low in (0, _LEAF_ONES)) + (high in (0, _LEAF_ONES))
    if constants:
        return 2 - constants
    return 3 if low & ~high and high & ~low else 2
