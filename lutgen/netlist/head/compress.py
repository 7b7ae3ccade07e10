"""Adding up bits of many weights with LUTs: a tree of counters over columns of a heap.

Column j of a heap holds signals of weight 2^j. A counter takes some of them, and of the next
column, and gives their sum in binary; the tree takes columns from the lowest up and leaves one bit
in each. The best counter of a k-LUT reads k signals and gives three: each LUT then saves a signal
where k is 6. The odd ones that a column needs beside them are chosen together for all columns, by
dynamic programming over how many signals the columns hold, such that the LUTs are fewest. Where
there are carry chains, runs of counters come before the tree, as many as save LUTs; see `runs`.

Counters: L. Dadda, "Some schemes for parallel multipliers", Alta Frequenza 1965; with LUTs,
H. Parandeh-Afshar et al., "Compressor tree synthesis on commercial high-performance FPGAs",
ACM TRETS 2011.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import combinations_with_replacement
from typing import NamedTuple

from lutgen.netlist.head.chains import Part, add_parts
from lutgen.netlist.head.logic import ONE, ZERO, Literal, Logic, Word, complement
from lutgen.netlist.head.resources import Resources
from lutgen.netlist.head.runs import Run, runs_before
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


_FEW = 4
_THOROUGH = 64
"""Signals above the lowest column up to which all sets of counters are weighed against each other;
of more, which could save a LUT in a hundred, sets with one odd counter, the cheapest of them."""
_NARROW = 6
_STEPS = 16


@dataclass(frozen=True, order=True)
class _Shape:
    """A counter of `low` signals of a column and `high` of the next, perhaps plus 1.

    It is made of LUTs, one an output, or on a wide carry chain of two positions.
    """

    low: int
    high: int
    plus: int = 0
    wide: bool = False

    @cached_property
    def n_outputs(self) -> int:
        return (self.low + 2 * self.high + self.plus).bit_length()

    @property
    def is_possible(self) -> bool:
        """Whether the chain has room for all that is added; LUTs always have."""
        return self.n_outputs == 3 or (self.n_outputs < 3 and not self.wide)

    def merit(self, resources: Resources) -> float:
        """Return how many signals each LUT saves."""
        saved = self.low + self.high - self.n_outputs
        return saved / self.cost(self.n_outputs, resources)

    def cost(self, n_wanted: int, resources: Resources) -> int:
        """Return the LUTs it takes if so many outputs are wanted at most."""
        n_outputs = min(self.n_outputs, n_wanted)
        small = self.low + self.high < resources.lut_inputs
        if resources.pairs and small and not self.wide:
            return (n_outputs + 1) // 2
        return n_outputs


@cache
def _shapes(resources: Resources) -> tuple[_Shape, ...]:
    """Return the counters of at most three outputs, those that save most for their LUTs first."""
    k = resources.lut_inputs
    shapes = [_Shape(low, high) for low in range(2, k + 1) for high in range(k - low + 1)]
    if resources.chain:
        shapes += [_Shape(low, high, wide=True) for low in range(2, 8) for high in range(3)]

    return tuple(
        sorted(
            filter(lambda shape: shape.is_possible, shapes),
            key=lambda shape: (-shape.merit(resources), -shape.low, -shape.high),
        )
    )


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
    runs, plan = _plan(counts, heap.constant % (1 << heap.width), logic.resources)
    tree = _Tree(logic, columns, heap.constant, prefix)
    for run in runs:
        tree.run(run)
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

    def run(self, run: Run) -> None:
        """Make a run of counters."""
        columns = range(run.column, run.column + 2 * len(run.takes), 2)
        parts = [
            Part([self._pop(j) for _ in range(low)], [self._pop(j + 1) for _ in range(high)])
            for j, (low, high) in zip(columns, run.takes, strict=True)
        ]
        self._chain(run.column, parts)

    def _chain(self, first: int, parts: list[Part], plus: int = 0) -> None:
        """Add up on a chain; `plus` is added to the first column."""
        taken = [Part([*parts[0].low, *[ONE] * plus], parts[0].high), *parts[1:]]
        name = f"{self._prefix}_c{first}_{len(self.counters)}"
        sums, end = add_parts(self._logic, taken, len(self._queues) - first, name)
        carry: list[Literal] = []
        for i, (part, found) in enumerate(zip(parts, sums, strict=True)):
            j = first + 2 * i
            reads = [(literal, 1 << j) for literal in (*part.low, *carry)]
            reads += [(literal, 2 << j) for literal in part.high]
            carry = [found.carry] if found.carry else []
            outputs = list(found.bits)
            if i + 1 == len(parts) and end:
                outputs.append(end)
            for bit, literal in enumerate(outputs):
                self._push(j + bit, literal)
            outputs += carry if i + 1 < len(parts) else []
            gives = [(literal, 1 << (j + bit)) for bit, literal in enumerate(outputs)]
            self.counters.append(counter(reads, gives, plus << j if i == 0 else 0))

    def _count(self, j: int, shape: _Shape) -> None:
        literals = [self._pop(j) for _ in range(shape.low)]
        literals += [self._pop(j + 1) for _ in range(shape.high)]
        if shape.wide:
            self._chain(j, [Part(literals[: shape.low], literals[shape.low :])], shape.plus)
            return
        weights = (1,) * shape.low + (2,) * shape.high
        name = f"{self._prefix}_c{j}_{len(self.counters)}"
        n_outputs = min(shape.n_outputs, len(self._queues) - j)
        outputs = [
            self._logic.sum_bit(literals, weights, shape.plus, bit, f"{name}_s{bit}")
            for bit in range(n_outputs)
        ]
        for bit, literal in enumerate(outputs):
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


@cache
def _plan(
    counts: tuple[int, ...], constant: int, resources: Resources
) -> tuple[tuple[Run, ...], Plan]:
    """Return runs and then counters that take few LUTs for columns of so many signals."""
    runs: tuple[Run, ...] = ()
    if resources.chain:
        runs = runs_before(lambda left: _tree(left, constant, resources)[0], counts)
    for run in runs:
        counts = run.left_of(counts)
    return runs, _tree(counts, constant, resources)[1]


@cache
def _tree(counts: tuple[int, ...], constant: int, resources: Resources) -> tuple[int, Plan]:
    """Return LUTs and counters of the tree that takes the fewest."""
    width = len(counts)
    thorough = sum(counts[1:]) <= _THOROUGH

    @cache
    def best(j: int, here: int, carried: int) -> tuple[int, Plan]:
        """Return LUTs and counters from column j on: `here` signals, `carried` to the next."""
        if j == width:
            return 0, ()
        there = counts[j + 1] + carried if j + 1 < width else None
        plus = constant >> j & 1
        options: list[tuple[int, Plan]] = []
        n_wanted = min(3, width - j)
        for choice in _choices(here, there, plus, n_wanted, resources, thorough=thorough):
            more, rest = best(j + 1, choice.after, choice.beyond)
            options.append((choice.n_luts + more, (choice.shapes, *rest)))
        return min(options)

    return best(0, counts[0], 0) if counts else (0, ())


class _Choice(NamedTuple):
    """Counters of a column: LUTs, and signals that are then in the next, and new in the one after.

    Of choices with the same signals only the cheapest matters.
    """

    after: int
    beyond: int
    n_luts: int
    shapes: tuple[_Shape, ...]


@cache
def _choices(
    here: int,
    there: int | None,
    plus: int,
    n_wanted: int,
    resources: Resources,
    *,
    thorough: bool,
) -> list[_Choice]:
    """Return the sets of counters that leave one of `here` signals, taking up to `there` more.

    All but a few of the counters are the largest. `plus` is a constant 1 to be added; `n_wanted`
    are the columns that there are from this one on, up to three.
    """
    main = next(shape for shape in _shapes(resources) if not shape.high)
    step, main_luts = main.low - 1, main.cost(n_wanted, resources)
    excess = max(0, here - 1)
    found: dict[tuple[int, int], _Choice] = {}
    for odd in _few(resources, excess, n_wanted, n_odd=2 if thorough else 1):
        n_main, left = divmod(excess - odd.saved, step)
        if left or n_main < 0:
            continue
        if odd.crosses and (there is None or odd.least > there + n_main):
            continue  # the next column has not what they take of it
        n_luts = n_main * main_luts + odd.n_luts
        beyond = odd.beyond + n_main * (main.n_outputs == 3) if n_wanted == 3 else 0
        after = 0 if there is None else there + n_main + odd.taken
        keys = ((after, beyond), (after + (there is not None), beyond))[: 1 + bool(plus and here)]
        if all(key in found and found[key].n_luts < n_luts for key in keys):
            continue
        # those that take of the next column come last: then it has the carries of the others
        chosen = [main] * n_main + list(odd.shapes)
        chosen.sort(key=lambda shape: shape.high)
        for shapes in (tuple(chosen), *(_absorbed(tuple(chosen)) if plus else ())):
            carried = bool(plus and here and not any(shape.plus for shape in shapes))
            key = keys[carried]
            known = found.get(key)
            if known is None or (n_luts, shapes) < (known.n_luts, known.shapes):
                found[key] = _Choice(*key, n_luts, shapes)
    if thorough:
        return list(found.values())
    return sorted(found.values(), key=lambda choice: choice.n_luts)[:_NARROW]


class _Odd(NamedTuple):
    """Counters beside those that are the largest, and what they come to.

    Attributes
    ----------
    saved, taken : int
        Signals fewer in the column; more in the next.
    crosses : bool
        Whether some take of the next column.
    least : int
        Signals that this one has to hold before; the largest counters bring one each.
    beyond : int
        Signals for the column after that.
    """

    saved: int
    taken: int
    crosses: bool
    least: int
    n_luts: int
    beyond: int
    shapes: tuple[_Shape, ...]


@cache
def _few(resources: Resources, excess: int, n_wanted: int, n_odd: int) -> list[_Odd]:
    """Return up to so many odd counters beside some of the best that reads the next column."""
    shapes = _shapes(resources)
    main, cross = (
        next(shape for shape in shapes if bool(shape.high) == crossing)
        for crossing in (False, True)
    )
    most = excess // (cross.low - 1)
    if cross.merit(resources) < main.merit(resources):
        most = min(most, _FEW)
    step = 1 if n_odd > 1 else max(1, most // _STEPS)
    return [
        odd
        for n_cross in range(0, most + 1, step)
        for odd in _beside(cross, n_cross, n_wanted, n_odd if n_cross <= _FEW else 1, resources)
    ]


@cache
def _beside(
    cross: _Shape, n_cross: int, n_wanted: int, n_odd: int, resources: Resources
) -> list[_Odd]:
    """Return up to so many odd counters beside so many of one shape."""
    return [
        _sum_up((cross,) * n_cross + odd, n_wanted, resources)
        for n in range(n_odd + 1)
        for odd in combinations_with_replacement(_shapes(resources), n)
        if cross not in odd
    ]


def _sum_up(shapes: tuple[_Shape, ...], n_wanted: int, resources: Resources) -> _Odd:
    least = there = 0
    for high in sorted([shape.high for shape in shapes]):
        least = max(least, high - there)
        there += 1 - high
    return _Odd(
        saved=sum([shape.low - 1 for shape in shapes]),
        taken=len(shapes) - sum([shape.high for shape in shapes]),
        crosses=any(shape.high for shape in shapes),
        least=least,
        n_luts=sum([shape.cost(n_wanted, resources) for shape in shapes]),
        beyond=sum([shape.n_outputs == 3 for shape in shapes]),
        shapes=shapes,
    )


def _absorbed(shapes: tuple[_Shape, ...]) -> Iterator[tuple[_Shape, ...]]:
    """Return the counters with a constant 1 in one of them that takes no more outputs for it."""
    for shape in dict.fromkeys(shapes):
        larger = replace(shape, plus=1)
        place = shapes.index(shape)
        if larger.n_outputs == shape.n_outputs and larger.is_possible:
            yield (*shapes[:place], larger, *shapes[place + 1 :])
            return
