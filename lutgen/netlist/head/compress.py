"""Adding up bits of many weights with LUTs: a tree of counters over columns of a heap.

Column j of a heap holds signals of weight 2^j. A counter takes some of them, and of the next
column, and gives their sum in binary; the tree takes columns from the lowest up and leaves one bit
in each. The best counter of a k-LUT reads k signals and gives three: each LUT then saves a signal
where k is 6. The odd ones that a column needs beside them are chosen together for all columns, by
dynamic programming over how many signals the columns hold, such that the LUTs are fewest.

Counters: L. Dadda, "Some schemes for parallel multipliers", Alta Frequenza 1965; with LUTs,
H. Parandeh-Afshar et al., "Compressor tree synthesis on commercial high-performance FPGAs",
ACM TRETS 2011.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement

from lutgen.netlist.head.logic import ONE, ZERO, Literal, Logic, Word, complement
from lutgen.netlist.ir import CONST1


@dataclass(frozen=True)
class Counter:
    """A claim: ``offset + sum(weight * net of inputs)`` equals the sum of the outputs.

    Both sums are modulo 2^width of the score that the counter works for.

    Parameters
    ----------
    inputs, outputs : tuple of (int, int)
        Nets and their weights, negative ones for complements.
    offset : int
    """

    inputs: tuple[tuple[int, int], ...]
    outputs: tuple[tuple[int, int], ...]
    offset: int


@dataclass
class Heap:
    """Signals by weight: ``columns[j]`` hold signals of weight 2^j; `constant` comes on top."""

    columns: list[list[Literal]]
    constant: int

    @property
    def width(self) -> int:
        """Number of columns; the sum is meant modulo 2^width."""
        return len(self.columns)


@dataclass(frozen=True, order=True)
class _Shape:
    """A counter of `low` signals of a column and `high` of the next, perhaps plus 1."""

    low: int
    high: int
    plus: int = 0

    @property
    def n_outputs(self) -> int:
        return (self.low + 2 * self.high + self.plus).bit_length()

    @property
    def saving(self) -> float:
        """Signals saved by each LUT."""
        return (self.low + self.high - self.n_outputs) / self.n_outputs


@cache
def _shapes(lut_inputs: int) -> tuple[_Shape, ...]:
    """Return the counters of at most three outputs, those that save most first."""
    shapes = [
        _Shape(low, high)
        for low in range(2, lut_inputs + 1)
        for high in range(lut_inputs - low + 1)
        if _Shape(low, high).n_outputs <= 3
    ]
    return tuple(sorted(shapes, key=lambda shape: (-shape.saving, -shape.low, -shape.high)))


Plan = tuple[tuple[_Shape, ...], ...]
"""The counters of each column, lowest column first."""


def compress(logic: Logic, heap: Heap, prefix: str) -> tuple[Word, list[Counter]]:
    """Add up a heap.

    Parameters
    ----------
    prefix : str
        Start of the names of the LUTs.

    Returns
    -------
    tuple of literals
        The sum modulo 2^width, bit 0 first.
    list of Counter
        What was made.
    """
    columns = [list(column) for column in heap.columns]
    counts = tuple(len(column) for column in columns)
    plan = _plan(counts, heap.constant % (1 << heap.width), logic.lut_inputs)
    tree = _Tree(logic, columns, heap.constant, prefix)
    return tuple(tree.column(j, shapes) for j, shapes in enumerate(plan)), tree.counters


class _Tree:
    """The heap while the counters are made, each column a queue by arrival."""

    def __init__(
        self, logic: Logic, columns: list[list[Literal]], constant: int, prefix: str
    ) -> None:
        self.counters: list[Counter] = []
        self._logic = logic
        self._constant = constant
        self._prefix = prefix
        self._queues: list[list[tuple[int, int, Literal]]] = [[] for _ in columns]
        self._n_pushed = 0
        for j, column in enumerate(columns):
            for literal in column:
                self._push(j, literal)

    def column(self, j: int, shapes: tuple[_Shape, ...]) -> Literal:
        """Make the counters of a column; return the signal that is left in it."""
        queue = self._queues[j]
        plus = self._constant >> j & 1
        if plus and not any(shape.plus for shape in shapes):
            if not queue:
                return ONE
            literal = self._pop(j)  # a + 1 = 2 a + (1 - a)
            self._push(j, complement(literal))
            self._push(j + 1, literal)
        for shape in shapes:
            self._count(j, shape)
        assert len(queue) <= 1
        return queue[0][2] if queue else ZERO

    def _count(self, j: int, shape: _Shape) -> None:
        literals = [self._pop(j) for _ in range(shape.low)]
        literals += [self._pop(j + 1) for _ in range(shape.high)]
        weights = (1,) * shape.low + (2,) * shape.high
        number = len(self.counters)
        outputs = []
        for bit in range(min(shape.n_outputs, len(self._queues) - j)):
            name = f"{self._prefix}_c{j}_{number}_s{bit}"
            literal = self._logic.sum_bit(literals, weights, shape.plus, bit, name)
            outputs.append(literal)
            self._push(j + bit, literal)
        self.counters.append(
            counter(
                [(literal, weight << j) for literal, weight in zip(literals, weights, strict=True)],
                [(literal, 1 << (j + bit)) for bit, literal in enumerate(outputs)],
                shape.plus << j,
            )
        )

    def _push(self, j: int, literal: Literal) -> None:
        if j < len(self._queues):
            entry = (self._logic.level(literal), self._n_pushed, literal)
            heapq.heappush(self._queues[j], entry)
            self._n_pushed += 1

    def _pop(self, j: int) -> Literal:
        return heapq.heappop(self._queues[j])[2]


def counter(
    inputs: list[tuple[Literal, int]], outputs: list[tuple[Literal, int]], offset: int
) -> Counter:
    """Return the claim that weighted signals plus an offset are other weighted signals."""
    sides = []
    for side, sign in ((inputs, 1), (outputs, -1)):
        weights: dict[int, int] = {}
        for (net, inverted), weight in side:
            if net <= CONST1 or inverted:
                offset += sign * weight * max(net == CONST1, inverted)
            if net > CONST1:
                weights[net] = weights.get(net, 0) + (-weight if inverted else weight)
        sides.append(tuple(weights.items()))
    return Counter(sides[0], sides[1], offset)


def _plan(counts: tuple[int, ...], constant: int, lut_inputs: int) -> Plan:
    """Return the counters that take the fewest LUTs for columns of so many signals."""
    width = len(counts)

    @cache
    def best(j: int, here: int, carried: int) -> tuple[int, Plan]:
        """Return LUTs and counters from column j on: `here` signals, `carried` to the next."""
        if j == width:
            return 0, ()
        last = j + 1 == width
        there = 0 if last else counts[j + 1] + carried
        plus = constant >> j & 1
        options: list[tuple[int, Plan]] = []
        for shapes in _choices(here, there, plus, lut_inputs):
            n_luts = sum(min(shape.n_outputs, width - j) for shape in shapes)
            absorbed = any(shape.plus for shape in shapes)
            after = there + len(shapes) - sum(shape.high for shape in shapes)
            after += bool(plus and not absorbed and here)
            beyond = sum(shape.n_outputs == 3 for shape in shapes) if j + 2 < width else 0
            if last:
                options.append((n_luts, (shapes,)))
                continue
            more, rest = best(j + 1, after, beyond)
            options.append((n_luts + more, (shapes, *rest)))
        return min(options)

    plan = best(0, counts[0], 0)[1] if counts else ()
    best.cache_clear()
    return plan


@cache
def _choices(here: int, there: int, plus: int, lut_inputs: int) -> list[tuple[_Shape, ...]]:
    """Return the sets of counters that leave one of `here` signals, taking up to `there` more.

    All but a few of the counters are the largest.
    """
    shapes = _shapes(lut_inputs)
    excess = max(0, here - 1)
    found = []
    for some in _few(shapes[1:], there):
        rest = excess - sum(shape.low - 1 for shape in some)
        if rest < 0 or rest % (shapes[0].low - 1):
            continue
        chosen = (shapes[0],) * (rest // (shapes[0].low - 1)) + some
        if sum(shape.high for shape in chosen) > there:
            continue
        found.append(chosen)
        if plus:
            found += list(_absorbed(chosen))
    return found


@cache
def _few(shapes: tuple[_Shape, ...], there: int) -> list[tuple[_Shape, ...]]:
    """Return up to two odd counters beside some of the best that reads the next column."""
    cross = max((shape for shape in shapes if shape.high), key=lambda shape: shape.low)
    return [
        (cross,) * n_cross + odd
        for n_cross in range(min(there, 4) + 1)
        for n_odd in range(3)
        for odd in combinations_with_replacement(shapes, n_odd)
        if cross not in odd
    ]


def _absorbed(shapes: tuple[_Shape, ...]) -> Iterator[tuple[_Shape, ...]]:
    """Return the counters with a constant 1 in one of them that takes no more outputs for it."""
    for place, shape in enumerate(shapes):
        larger = _Shape(shape.low, shape.high, 1)
        if larger.n_outputs == shape.n_outputs:
            yield (*shapes[:place], larger, *shapes[place + 1 :])
            return
