"""Functions of up to four inputs on trees of 2-LUTs: a chip's cell is two of them before a third.

Such a cell makes ``root(left(a, b), right(c, d))``, where an input may come twice; not every
function of four inputs is one. Here are all 65,536 as chains of cells, the right 2-LUT of each
reading an input and the cell before: 1,528 take one cell, 42,760 two, 21,232 three and 16 four.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lutgen.chips.fabric.fabric import Fabric
from lutgen.chips.primitive import tree_table
from lutgen.netlist.ir import CONST0, LUT, Cell, Netlist, NetlistBuilder
from lutgen.netlist.tables import insert, variable

N = 4
MOST_CELLS = 4
"""Cells that a function of four inputs takes at most."""

_ALL = (1 << (1 << N)) - 1
_VARIABLES = tuple(variable(N, j) for j in range(N))
Functions = int | NDArray[np.int64]
"""A function of four inputs, or many: tables of 16 bits."""


@dataclass(frozen=True)
class _Pair:
    """A 2-LUT of two inputs of the function; `BEFORE` stands for the cell before."""

    inputs: tuple[int, int]
    table: int


@dataclass(frozen=True)
class Way:
    """How a function is made: one cell of 2-LUTs, behind the cells of the function `before`."""

    left: _Pair
    right: _Pair
    root: int
    before: int = 0


BEFORE = N
_AND_LIKE = tuple((0b1111 * flip) ^ (1 << address) for address in range(4) for flip in (0, 1))
_TWO = (*_AND_LIKE, 0b0110, 0b1001)
"""The functions of two inputs that depend on both."""


def _apply(table: int, a: Functions, b: Functions) -> NDArray[np.int64]:
    """Return a function of two functions of four inputs, each one or many."""
    first, second = np.asarray(a, dtype=np.int64), np.asarray(b, dtype=np.int64)
    found = np.zeros(np.broadcast_shapes(first.shape, second.shape), dtype=np.int64)
    for address in range(4):
        if table >> address & 1:
            found |= (first if address & 1 else ~first) & (second if address >> 1 else ~second)
    return found & _ALL


@cache
def _pairs() -> dict[int, _Pair]:
    """Return all functions of at most two inputs."""
    found = {0: _Pair((0, 0), 0), _ALL: _Pair((0, 0), 15)}
    for j, own in enumerate(_VARIABLES):
        found[own] = _Pair((j, j), 0b1010)
        found[own ^ _ALL] = _Pair((j, j), 0b0101)
    for i, j in combinations(range(N), 2):
        for table in _TWO:
            found[int(_apply(table, _VARIABLES[i], _VARIABLES[j]))] = _Pair((i, j), table)
    return found


class _Catalogue:
    """How many cells every function of four inputs takes, and how its last one is made.

    Each function is met from what takes fewer cells, always in the same order; the first way stays.
    """

    def __init__(self) -> None:
        size = _ALL + 1
        self.n_cells = np.zeros(size, dtype=np.int8)
        self._left, self._right, self._before = (np.zeros(size, dtype=np.int64) for _ in "lrb")
        self._root, self._input = (np.zeros(size, dtype=np.int8) for _ in "ri")
        pairs = np.array(sorted(_pairs()), dtype=np.int64)
        self._meet(pairs, pairs, np.full(len(pairs), -1), np.zeros(len(pairs), dtype=np.int64), 1)
        most = 1
        while (self.n_cells == 0).any():
            self._meet(pairs, *self._behind(np.flatnonzero(self.n_cells == most)), most + 1)
            most += 1

    def _meet(
        self,
        lefts: NDArray[np.int64],
        rights: NDArray[np.int64],
        inputs: NDArray[np.int64],
        before: NDArray[np.int64],
        n_cells: int,
    ) -> None:
        for left in lefts.tolist():
            for root in _TWO:
                made = _apply(root, left, rights)
                new = np.flatnonzero(self.n_cells[made] == 0)
                functions, first = np.unique(made[new], return_index=True)
                places = new[first]
                self.n_cells[functions] = n_cells
                self._left[functions], self._root[functions] = left, root
                self._right[functions] = rights[places]
                self._input[functions], self._before[functions] = inputs[places], before[places]

    @staticmethod
    def _behind(
        layer: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return the functions of a cell's output and an input: table and input, and the cell."""
        made, kinds, sources = [], [], []
        for j, own in enumerate(_VARIABLES):
            for table in _TWO:
                made.append(_apply(table, own, layer))
                kinds.append(np.full(len(layer), j << 4 | table))
                sources.append(layer)
        functions, first = np.unique(np.concatenate(made), return_index=True)
        return functions, np.concatenate(kinds)[first], np.concatenate(sources)[first]

    def way(self, function: int) -> Way:
        """Return how a function is made."""
        pairs = _pairs()
        left, root = pairs[int(self._left[function])], int(self._root[function])
        kind = int(self._input[function])
        if kind < 0:
            return Way(left, pairs[int(self._right[function])], root)
        right = _Pair((kind >> 4, BEFORE), kind & 15)
        return Way(left, right, root, int(self._before[function]))


@cache
def catalogue() -> _Catalogue:
    """Return the catalogue, made once."""
    return _Catalogue()


def grow_trees(netlist: Netlist, fabric: Fabric) -> Netlist:
    """Return the netlist with each LUT of three or four inputs made of trees of 2-LUTs.

    Cells that name a primitive already stay. The last cell of a LUT bears its name, others have a
    suffix (``l3_n17_t0``). A function that several LUTs have inside is made once for all.
    """
    assert fabric.tree is not None
    builder = NetlistBuilder(netlist.n_inputs)
    net_of = list(range(netlist.first_cell))
    made: dict[tuple[int, tuple[int, ...]], int] = {}
    for cell in netlist.cells:
        inputs = tuple([net_of[net] for net in cell.inputs])
        cell = cell.but(inputs=inputs)  # noqa: PLW2901 - the same cell at its new nets
        if cell.primitive or cell.kind != LUT or len(inputs) < 3:
            net_of.append(builder.add(cell))
        else:
            net_of.append(_grow(cell, fabric.tree.name, builder, made))
    return builder.finish(tuple(net_of[net] for net in netlist.outputs))


def _grow(
    cell: Cell,
    primitive: str,
    builder: NetlistBuilder,
    made: dict[tuple[int, tuple[int, ...]], int],
) -> int:
    table, pins = cell.init, [*cell.inputs]
    while len(pins) < N:
        table = insert(table, len(pins), len(pins))
        pins.append(CONST0)
    n_parts = 0

    def grow(function: int, name: str) -> int:
        nonlocal n_parts
        key = function, tuple(pins)
        if name != cell.name and not cell.keep and key in made:
            return made[key]
        way = catalogue().way(function)
        nets = [*pins, CONST0]
        if BEFORE in way.right.inputs:
            n_parts += 1
            nets[BEFORE] = grow(way.before, f"{cell.name}_t{n_parts - 1}")
        inputs = tuple([nets[j] for j in (*way.left.inputs, *way.right.inputs)])
        init = tree_table(way.left.table, way.right.table, way.root)
        part = cell.but(inputs=inputs, init=init, name=name, primitive=primitive)
        net = builder.add(part)
        if not cell.keep:
            made.setdefault(key, net)
        return net

    return grow(table, cell.name)
