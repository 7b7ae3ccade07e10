"""Proof that two netlists compute the same, by sweeping both for equal nodes.

Both netlists go into one graph of truth tables in which equal nodes are one, registers transparent.
Random and given samples say which nodes may be equal; going from the inputs to the outputs, each
such pair is proved over cut points that are proved already: by comparing truth tables where the cut
has few inputs, else by a SAT solver on the whole cones. What the solver refutes becomes a sample.
(A. Kuehlmann et al., "Robust Boolean reasoning for equivalence checking and functional property
verification", IEEE TCAD 21(12), 2002.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Words
from lutgen.errors import NetlistError
from lutgen.netlist.evaluate import Evaluator, evaluate, evaluate_nets
from lutgen.netlist.ir import FIRST_INPUT, LUT, Cell, Netlist
from lutgen.netlist.tables import canonical, flip, ones, reduce, variable
from lutgen.records.proof import CounterexampleRecord
from lutgen.verify.sat import Solver

STRUCTURE, TABLE, SAT = "structure", "table", "SAT"
WAYS = (STRUCTURE, TABLE, SAT)

_RANDOM_WORDS = 32
_CUT = 16  # inputs of a cut whose tables are compared
_CONE = 400  # nodes of a cone whose table is made
_CANDIDATES = 4
_BATCH = 8  # refuted pairs before their samples are used
_CONST = 0


@dataclass(frozen=True)
class Effort:
    """How long the solver may think: conflicts for a pair of inner nodes, and for an output."""

    point_conflicts: int = 1_000
    output_conflicts: int = 2_000_000


@dataclass(frozen=True, eq=False)
class Counterexample:
    """An input on which two netlists differ, found by proof or by simulation, and replayed.

    Parameters
    ----------
    inputs : ndarray of shape (n_inputs,), dtype=np.uint8
    output : int
        First output that differs.
    expected, seen : int
        Its value in the first netlist and in the second.
    point : str
        First cell, in the order of the first netlist, that both have and that differs; or "".
    """

    inputs: NDArray[np.uint8]
    output: int
    expected: int
    seen: int
    point: str

    @property
    def hex(self) -> str:
        """The inputs in hexadecimal, input 0 as the lowest bit."""
        value = int.from_bytes(np.packbits(self.inputs, bitorder="little").tobytes(), "little")
        return f"{value:0{-(-self.inputs.size // 4)}x}"

    @property
    def record(self) -> CounterexampleRecord:
        """What it says, for a file."""
        return CounterexampleRecord(
            x=self.hex,
            output=self.output,
            expected=self.expected,
            seen=self.seen,
            lut=self.point,
        )


@dataclass(frozen=True)
class Equivalence:
    """What a proof showed.

    Parameters
    ----------
    n_outputs, n_proved : int
        Outputs, and those that are proved equal for every input.
    n_points, n_points_proved : int
        Cells that both netlists have by name, and those proved equal.
    ways : mapping of str to int
        How nodes of the second netlist were proved equal to nodes of the first.
    counterexample : Counterexample or None
        Then the netlists differ; outputs that are neither proved nor refuted are open.
    """

    n_outputs: int
    n_proved: int
    n_points: int
    n_points_proved: int
    ways: dict[str, int]
    counterexample: Counterexample | None = None

    @property
    def proved(self) -> bool:
        """Whether the netlists are equal on every input."""
        return self.n_proved == self.n_outputs

    @property
    def n_open(self) -> int:
        """Outputs of which nothing is known; 0 if there is a counterexample."""
        return 0 if self.counterexample else self.n_outputs - self.n_proved


def prove_equal(
    first: Netlist, second: Netlist, samples: Words | None = None, effort: Effort | None = None
) -> Equivalence:
    """Prove that two netlists compute the same from the same inputs, registers transparent.

    Parameters
    ----------
    samples : ndarray of shape (n_inputs, n_words), dtype=np.uint64, optional
        Inputs that say more than random ones on which nodes may be equal.

    Raises
    ------
    NetlistError
        If the netlists differ in inputs or outputs.
    """
    shapes = [(netlist.n_inputs, len(netlist.outputs)) for netlist in (first, second)]
    if shapes[0] != shapes[1]:
        raise NetlistError(
            "netlists of {} inputs and {} outputs, and of {} and {}, cannot be compared".format(
                *shapes[0], *shapes[1]
            )
        )
    sweep = _Sweep(first, second, effort or Effort())
    try:
        return sweep.run(_patterns(first.n_inputs, samples))
    finally:
        sweep.close()


def find_difference(first: Netlist, second: Netlist, samples: Words) -> Counterexample | None:
    """Evaluate two netlists and return the first sample on which an output differs."""
    return _first_difference(
        first, second, samples, evaluate(first, samples) ^ evaluate(second, samples)
    )


def _first_difference(
    first: Netlist, second: Netlist, samples: Words, differ: Words
) -> Counterexample | None:
    """Return the first sample at which a bit of `differ` is set, a row an output."""
    words = np.flatnonzero(differ.any(axis=0))
    if not words.size:
        return None
    word = int(words[0])
    union = int(np.bitwise_or.reduce(differ[:, word]))
    bit = (union & -union).bit_length() - 1
    column = (samples[:, word] >> np.uint64(bit) & np.uint64(1)).astype(np.uint8)
    return counterexample(first, second, column)


def counterexample(
    first: Netlist, second: Netlist, inputs: NDArray[np.uint8]
) -> Counterexample | None:
    """Replay an input in both netlists; return it if an output differs."""
    column = inputs.astype(np.uint64)[:, None]
    values = [evaluate_nets(netlist, column)[:, 0] & np.uint64(1) for netlist in (first, second)]
    outputs = [value[list(net.outputs)] for value, net in zip(values, (first, second), strict=True)]
    wrong = np.flatnonzero(outputs[0] != outputs[1])
    if not wrong.size:
        return None
    place = int(wrong[0])
    point = ""
    for name, net, other in _points(first, second):
        if values[0][net] != values[1][other]:
            point = name
            break
    return Counterexample(inputs, place, int(outputs[0][place]), int(outputs[1][place]), point)


def _points(first: Netlist, second: Netlist) -> list[tuple[str, int, int]]:
    """Return the LUTs that both netlists have by name, with their nets."""
    nets = {cell.name: net for net, cell in enumerate(second.cells, second.first_cell)}
    return [
        (cell.name, net, nets[cell.name])
        for net, cell in enumerate(first.cells, first.first_cell)
        if cell.kind == LUT and cell.name in nets
    ]


def _patterns(n_inputs: int, samples: Words | None) -> Words:
    """Return random samples of several densities, then the given ones."""
    rng = np.random.default_rng(0)
    shape = (n_inputs, _RANDOM_WORDS)
    words = rng.integers(0, 1 << 64, size=shape, dtype=np.uint64)
    extra = rng.integers(0, 1 << 64, size=shape, dtype=np.uint64)
    quarter = _RANDOM_WORDS // 4
    words[:, quarter : 2 * quarter] &= extra[:, quarter : 2 * quarter]
    words[:, 2 * quarter : 3 * quarter] |= extra[:, 2 * quarter : 3 * quarter]
    return words if samples is None else np.concatenate([words, samples], axis=1)


class _Sweep:
    """The graph of both netlists.

    Node 0 is the constant 0; then the inputs, then truth tables that are 0 at address 0. An edge
    (literal) is twice a node, plus one if its complement is meant.
    """

    def __init__(self, first: Netlist, second: Netlist, effort: Effort) -> None:
        self._netlists = (first, second)
        self._evaluators = (Evaluator(first), Evaluator(second))
        self._effort = effort
        self._n_inputs = first.n_inputs
        self._tables = [0] * (1 + first.n_inputs)
        self._reads: list[tuple[int, ...]] = [()] * (1 + first.n_inputs)
        self._made: dict[tuple[int, tuple[int, ...]], int] = {}
        self._matched = set(range(1 + first.n_inputs))
        self._ways: Counter[str] = Counter()
        self._refuted: list[NDArray[np.uint8]] = []
        self._solver: Solver | None = None
        self._encoded: set[int] = set()
        # where a node's values are seen: netlist, net, and whether that is the complement
        self._seen_at = [(0, 0, 0)] + [(0, FIRST_INPUT + i, 0) for i in range(first.n_inputs)]
        self._candidates = np.zeros(0, dtype=np.intp)  # nets of the first netlist's nodes
        # of each net of both netlists: its first bit, and a number that its values make
        self._first_bits: list[list[int]] = []
        self._numbers: list[Words] = []
        self._rng = np.random.default_rng(0)

    def run(self, patterns: Words) -> Equivalence:
        """Sweep; where samples tell a difference, only count what is equal all the same."""
        first, second = self._netlists
        values = [evaluator.nets(patterns) for evaluator in self._evaluators]
        answers = [
            nets[list(netlist.outputs)]
            for nets, netlist in zip(values, self._netlists, strict=True)
        ]
        found = _first_difference(first, second, patterns, answers[0] ^ answers[1])
        self._first_bits = [(nets[:, 0] & np.uint64(1)).tolist() for nets in values]
        self._numbers = [np.zeros(len(nets), dtype=np.uint64) for nets in values]
        self._note(values)
        edges = self._add_netlist(0)
        n_first = len(self._tables)
        self._candidates = np.array([net for _, net, _ in self._seen_at])
        self._classify()
        others = self._add_netlist(1, n_first)
        points = _points(first, second)
        equal = [edges[a] == others[b] for a, b in zip(first.outputs, second.outputs, strict=True)]
        if found is None:
            for place, (a, b) in enumerate(zip(first.outputs, second.outputs, strict=True)):
                if equal[place]:
                    continue
                refuted, answer = self._ask(edges[a], others[b], self._effort.output_conflicts)
                equal[place] = answer is False
                if refuted is not None:
                    found = counterexample(first, second, refuted)
                    assert found is not None, "the solver's answer does not replay"
                    break
        return Equivalence(
            n_outputs=len(equal),
            n_proved=sum(equal),
            n_points=len(points),
            n_points_proved=sum(edges[a] == others[b] for _, a, b in points),
            ways={way: self._ways[way] for way in WAYS},
            counterexample=found,
        )

    def close(self) -> None:
        if self._solver is not None:
            self._solver.close()

    def _add_netlist(self, side: int, n_first: int | None = None) -> list[int]:
        netlist = self._netlists[side]
        edges = [0, 1] + [2 * (1 + i) for i in range(netlist.n_inputs)]
        for net, cell in enumerate(netlist.cells, netlist.first_cell):
            reads = [edges[source] for source in cell.inputs]
            edge = reads[0] if cell.kind != LUT else self._add(cell, reads, side, net, n_first)
            edges.append(edge)
        return edges

    def _add(self, cell: Cell, reads: list[int], side: int, net: int, n_first: int | None) -> int:
        """Return the edge of a LUT that reads some edges."""
        table, nodes = _normal(cell.init, reads)
        if not nodes:
            return table & 1
        if len(nodes) == 1:
            return self._record(2 * nodes[0] + (table & 1), STRUCTURE, n_first)
        inverted = table & 1
        if inverted:
            table ^= ones(len(nodes))
        known = self._made.get((table, nodes))
        if known is not None:
            return self._record(known ^ inverted, STRUCTURE, n_first)
        node = len(self._tables)
        self._tables.append(table)
        self._reads.append(nodes)
        self._seen_at.append((side, net, inverted))
        edge = 2 * node if n_first is None else self._match(node)
        self._made[table, nodes] = edge
        return edge ^ inverted

    def _record(self, edge: int, way: str, n_first: int | None) -> int:
        if n_first is not None and edge >> 1 < n_first and edge >> 1 > self._n_inputs:
            self._ways[way] += 1
            self._matched.add(edge >> 1)
        return edge

    # -- candidates ----------------------------------------------------------------------------

    def _note(self, values: Sequence[Words]) -> None:
        """Let the numbers of all nets tell more values apart, equal ones up to complement not."""
        factors = self._rng.integers(0, 1 << 64, values[0].shape[1], dtype=np.uint64) | np.uint64(1)
        for side, nets in enumerate(values):
            inverted = np.array(self._first_bits[side], dtype=np.uint64)[:, None]
            words = (nets ^ -inverted) * factors
            self._numbers[side] += (words ^ words >> np.uint64(29)).sum(axis=1, dtype=np.uint64)

    def _signature(self, node: int) -> tuple[int, int]:
        """Return a number of a node's values up to complement, and its value on the first sample.

        Equal values have equal numbers; others, with luck, different ones.
        """
        side, net, complement = self._seen_at[node]
        return int(self._numbers[side][net]), self._first_bits[side][net] ^ complement

    def _classify(self) -> None:
        """Sort the nodes of the first netlist by the numbers of their values."""
        numbers = self._numbers[0][self._candidates]
        self._order = np.argsort(numbers, kind="stable")
        self._sorted = numbers[self._order]

    def _match(self, node: int) -> int:
        """Return an edge of the first netlist that is proved equal to a new node, or the node's."""
        key, value = self._signature(node)
        place = int(np.searchsorted(self._sorted, np.uint64(key)))
        alike = self._sorted[place : place + _CANDIDATES] == np.uint64(key)
        for candidate in self._order[place : place + _CANDIDATES][alike].tolist():
            edge = 2 * candidate + (self._signature(candidate)[1] ^ value)
            way = self._prove(node, edge)
            if way:
                return self._record(edge, way, len(self._candidates))
        return 2 * node

    def _prove(self, node: int, edge: int) -> str:
        """Return how a node is proved equal to an edge; "" if it is not."""
        cut = self._cut(edge >> 1)
        if cut:
            table, other = self._table(node, cut), self._table(edge >> 1, cut)
            complement = (edge & 1) * ones(len(cut))
            if table is not None and other is not None and table == other ^ complement:
                return TABLE
        refuted, answer = self._ask(2 * node, edge, self._effort.point_conflicts)
        if refuted is not None:
            self._refuted.append(refuted)
            if len(self._refuted) >= _BATCH:
                self._refine()
        return SAT if answer is False else ""

    def _refine(self) -> None:
        """Make samples of what the solver refuted, and of inputs near it."""
        near = np.repeat(np.array(self._refuted), 64 // len(self._refuted), axis=0)
        flips = self._rng.random(near.shape) < 0.02
        flips[:: 64 // len(self._refuted)] = False
        octets = np.packbits((near ^ flips).T.astype(np.uint8), axis=1, bitorder="little")
        words = np.ascontiguousarray(octets).view("<u8").astype(np.uint64)
        self._note([evaluator.nets(words) for evaluator in self._evaluators])
        self._refuted = []
        self._classify()

    # -- proof over a cut ----------------------------------------------------------------------

    def _cut(self, node: int) -> tuple[int, ...]:
        """Return proved nodes that a node of the first netlist depends on; () if too many."""
        cut: list[int] = []
        work = list(self._reads[node])
        while work:
            item = work.pop()
            if item in self._matched:
                if item not in cut:
                    cut.append(item)
            else:
                work += self._reads[item]
            if len(cut) > _CUT or len(work) > _CONE:
                return ()
        return tuple(cut)

    def _table(self, node: int, cut: tuple[int, ...]) -> int | None:
        """Return a node's table over a cut; None if the cut does not decide it."""
        k = len(cut)
        known = {item: variable(k, j) for j, item in enumerate(cut)}
        known[_CONST] = 0
        order = self._cone(node, known, _CONE)
        if order is None:
            return None
        for item in order:
            if not self._reads[item]:
                return None
            inputs = [known[read] for read in self._reads[item]]
            known[item] = _compose(self._tables[item], inputs, ones(k))
        return known[node]

    def _cone(self, node: int, known: dict[int, int] | set[int], limit: int) -> list[int] | None:
        """Return what a node depends on beyond `known`, inputs first; None beyond a limit."""
        order: list[int] = []
        visited: set[int] = set()
        work = [node]
        while work:
            item = work.pop()
            if item < 0:
                order.append(~item)
            elif item not in known and item not in visited:
                visited.add(item)
                work.append(~item)
                work += self._reads[item]
                if len(visited) > limit:
                    return None
        return order

    # -- proof by the solver -------------------------------------------------------------------

    def _ask(
        self, one: int, other: int, max_conflicts: int
    ) -> tuple[NDArray[np.uint8] | None, bool | None]:
        """Ask whether two edges can differ; return an input on which they do, and the answer."""
        if self._solver is None:
            self._solver = Solver()
            self._solver.add([-(_CONST + 1)])
            self._encoded.add(_CONST)
        solver = self._solver
        for edge in (one, other):
            for node in self._cone(edge >> 1, self._encoded, len(self._tables)) or ():
                self._encoded.add(node)
                if self._reads[node]:
                    reads = [_variable(read) for read in self._reads[node]]
                    solver.add_table(self._tables[node], _variable(node), reads)
        a, b = _literal(one), _literal(other)
        answer: bool | None = False
        for assumptions in ((a, -b), (-a, b)):
            result = solver.solve(assumptions, max_conflicts)
            if result:
                true = solver.model()
                inputs = [_variable(1 + i) in true for i in range(self._n_inputs)]
                return np.array(inputs, dtype=np.uint8), True
            if result is None:
                answer = None
        if answer is False:
            solver.add([a, -b])
            solver.add([-a, b])
        return None, answer


def _variable(node: int) -> int:
    return node + 1


def _literal(edge: int) -> int:
    return -_variable(edge >> 1) if edge & 1 else _variable(edge >> 1)


def _normal(table: int, reads: Sequence[int]) -> tuple[int, tuple[int, ...]]:
    """Return table and nodes of a LUT that reads edges: no constants, no idle or equal inputs.

    A literal has one node left and table 0 or 1 for its complement; a constant none.
    """
    k = len(reads)
    for j, edge in enumerate(reads):
        if edge & 1:
            table = flip(table, k, j)
    # the constant is a node here and net 0 there; nodes from 1 on are nets from 2 on
    table, nets = canonical(*reduce(table, [edge // 2 + (edge > 1) for edge in reads]))
    nodes = tuple(net - 1 for net in nets)
    return (table & 1 if len(nodes) == 1 else table), nodes


def _compose(table: int, inputs: Iterable[int], full: int) -> int:
    """Return a table of tables: multiplexers on whole words."""
    inputs = list(inputs)
    level = [full if table >> p & 1 else 0 for p in range(1 << len(inputs))]
    for select in inputs:
        level = [
            low if low == high else low ^ (low ^ high) & select
            for low, high in zip(level[0::2], level[1::2], strict=True)
        ]
    return level[0]
