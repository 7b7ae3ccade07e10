"""Trees as lookup tables: the leaf that a sample comes to as a short code, scores as tables of it.

Leaves of a tree exclude each other, so they need no vote each. A tree becomes a few code bits: the
first says in which half of the leaves a sample comes out, the next in which half of that half, and
so on; each is a multiplexer of decisions, chosen by the code bits before. The halves need not be
those of the root: any subtree will do, as whether a sample comes to its root is a function of few
decisions. Trees whose codes go into one LUT together are added up in its tables. Functions that are
equal, or each other's complement, are made once; constants go into the bias.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lutgen.netlist.tables import canonical, cofactor, flip, ones, reduce

LUT_INPUTS = 6
_WIDEST = 8  # inputs of a LUT of the network, multiplexers aside
_SELECTS = 3  # of a multiplexer that is one LUT of the network
_START_BITS = 8  # of what the numbers of a table are counted from, at most
_SUM_BITS = 15  # of what trees in one LUT add up to: the head's largest weight is 2^15

Literal = tuple[int, bool]
"""A signal of the network, and whether its complement is meant; or a constant."""

NEVER: Literal = (-1, False)
ALWAYS: Literal = (-1, True)


def complement(literal: Literal) -> Literal:
    """Return the complement of a literal."""
    return literal[0], not literal[1]


class Luts:
    """The LUTs of a network under construction, each function once."""

    def __init__(self, n_inputs: int) -> None:
        self.n_inputs = n_inputs
        self.luts: list[tuple[tuple[int, ...], int]] = []
        self._made: dict[tuple[int, tuple[int, ...]], int] = {}

    def function(
        self, table: int, literals: Sequence[Literal], *, widest: int = _WIDEST
    ) -> Literal:
        """Return a function of some literals, in LUTs of at most so many inputs."""
        nets = []  # as in a netlist: the constants, then the signals
        for j, (signal, inverted) in enumerate(literals):
            if signal < 0:
                nets.append(int(inverted))
                continue
            nets.append(signal + 2)
            if inverted:
                table = flip(table, len(literals), j)
        return self._made_of(table, nets, widest)

    def _made_of(self, table: int, nets: Sequence[int], widest: int) -> Literal:
        table, nets = canonical(*reduce(table, nets))
        if not nets:
            return ALWAYS if table else NEVER
        inverted = bool(table & 1)
        if len(nets) == 1:
            return nets[0] - 2, inverted
        normal = table ^ ones(len(nets)) if inverted else table
        reads = tuple(nets)
        if (normal, reads) not in self._made:
            self._made[normal, reads] = self._make(normal, reads, widest)
        return self._made[normal, reads], inverted

    def _make(self, table: int, nets: tuple[int, ...], widest: int) -> int:
        k = len(nets)
        if k <= widest:
            self.luts.append((tuple(net - 2 for net in nets), table))
            return self.n_inputs + len(self.luts) - 1
        quarters = (
            cofactor(cofactor(table, k, k - 1, a >> 1), k - 1, k - 2, a & 1) for a in range(4)
        )
        data = [self._made_of(part, nets[:-2], widest) for part in quarters]
        signal, inverted = self.select([(net - 2, False) for net in nets[-2:]], data)
        assert not inverted, "a function that is 0 at address 0 is a LUT as it is"
        return signal

    def select(self, selects: Sequence[Literal], data: Sequence[Literal]) -> Literal:
        """Return the one of 2^n literals that selects, the first as bit 0, give the number of."""
        if len(selects) > _SELECTS:
            half = len(data) // 2
            low, high = (self.select(selects[:-1], part) for part in (data[:half], data[half:]))
            return self.select(selects[-1:], (low, high))
        n = len(selects)
        return self.function(_multiplexer(n), [*selects, *data], widest=n + len(data))

    def all_of(self, literals: Sequence[Literal]) -> Literal:
        """Return whether all of some literals are 1."""
        found = ALWAYS
        for start in range(0, len(literals), LUT_INPUTS - 1):
            part = [found, *literals[start : start + LUT_INPUTS - 1]]
            found = self.function(1 << ((1 << len(part)) - 1), part)
        return found

    def odd(self, literals: Sequence[Literal]) -> Literal:
        """Return whether an odd number of some literals are 1."""
        found = NEVER
        for start in range(0, len(literals), LUT_INPUTS - 1):
            part = [found, *literals[start : start + LUT_INPUTS - 1]]
            table = sum((address.bit_count() & 1) << address for address in range(1 << len(part)))
            found = self.function(table, part)
        return found

    def cost(self, since: int) -> float:
        """Return about how many LUTs of a chip those made since some number of them take."""
        return sum(_cost(len(reads)) for reads, _ in self.luts[since:])

    def forget(self, since: int) -> None:
        """Undo all LUTs made since some number of them."""
        for reads, table in self.luts[since:]:
            self._made.pop((table, tuple(net + 2 for net in reads)), None)
        del self.luts[since:]
        first = self.n_inputs + since
        self._made = {key: signal for key, signal in self._made.items() if signal < first}


def _cost(n_inputs: int) -> float:
    if n_inputs > _WIDEST:  # a multiplexer
        return 2.0
    return 0.5 if n_inputs < LUT_INPUTS - 1 else float(1 << max(0, n_inputs - LUT_INPUTS))


@cache
def _multiplexer(n: int) -> int:
    """Return the table of a multiplexer of n selects, which come first, and 2^n data."""
    table = 0
    for address in range(1 << (n + (1 << n))):
        table |= (address >> n >> (address & ((1 << n) - 1)) & 1) << address
    return table


class Split(NamedTuple):
    """A tree of two leaves or more, each leaf a number; `size` counts its leaves."""

    literal: Literal
    left: Split | int
    right: Split | int
    size: int


Node = Split | int


def size_of(node: Node) -> int:
    """Return the number of leaves."""
    return 1 if isinstance(node, int) else node.size


def joined(literal: Literal, left: Node, right: Node) -> Node:
    """Return the tree that asks for a literal first."""
    if left == right if isinstance(left, int) and isinstance(right, int) else left is right:
        return left
    if literal[0] < 0:
        return right if literal[1] else left
    return Split(literal, left, right, size_of(left) + size_of(right))


class Code(NamedTuple):
    """Which leaf of a tree a sample comes to: the leaf of each value of some literals."""

    literals: tuple[Literal, ...]
    leaves: tuple[int, ...]


def encode(luts: Luts, tree: Node, n_bits: int) -> Code:
    """Return the cheapest code of a tree whose leaves are numbers of so many bits, all together."""
    asked = _asked(tree)
    since = len(luts.luts)
    code = _halved(luts, tree)
    if len(asked) > LUT_INPUTS:
        return code
    coded = luts.cost(since) + n_bits * _cost_of_bit(len(code.literals))
    if n_bits * _cost_of_bit(len(asked)) > coded:
        return code
    luts.forget(since)
    return _direct(tree, asked)


def _cost_of_bit(n_literals: int) -> float:
    """Return about what a bit of a number costs, with adding it up, as a table of so many bits."""
    if n_literals <= LUT_INPUTS:
        return 1.75 / (LUT_INPUTS // max(1, n_literals))
    return 0.75 + (1 << (n_literals - LUT_INPUTS))


def _asked(tree: Node) -> tuple[int, ...]:
    """Return the signals that a tree asks for."""
    found: dict[int, None] = {}
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Split):
            found[node.literal[0]] = None
            waiting += (node.right, node.left)
    return tuple(found)


def _direct(tree: Node, asked: tuple[int, ...]) -> Code:
    leaves = []
    for address in range(1 << len(asked)):
        values = {signal: bool(address >> j & 1) for j, signal in enumerate(asked)}
        node = tree
        while isinstance(node, Split):
            signal, inverted = node.literal
            node = node.right if values[signal] != inverted else node.left
        leaves.append(node)
    return Code(tuple((signal, False) for signal in asked), tuple(leaves))


def _halved(luts: Luts, tree: Node) -> Code:
    code: list[Literal] = []
    parts = [tree]
    while any(isinstance(part, Split) for part in parts):
        data: list[Literal | None] = [None] * len(parts)
        outside: list[Node] = []
        inside: list[Node] = []
        for j, part in enumerate(parts):
            if isinstance(part, Split):
                path, taken, rest = _half(part)
                data[j] = luts.all_of(path)
                outside.append(rest)
                inside.append(taken)
            else:
                outside.append(part)
                inside.append(part)
        code.append(luts.select(code, _filled(data)))
        parts = [*outside, *inside]
    assert all(isinstance(part, int) for part in parts)
    return Code(tuple(code), tuple(part for part in parts if isinstance(part, int)))


def _filled(data: Sequence[Literal | None]) -> list[Literal]:
    """Return literals with those that do not matter equal to others."""
    some = next(literal for literal in data if literal is not None)
    filled: list[Literal] = []
    for j, literal in enumerate(data):
        if literal is not None:
            filled.append(literal)
            continue
        near = (data[j ^ 1 << bit] for bit in reversed(range(len(data).bit_length() - 1)))
        filled.append(next((other for other in near if other is not None), some))
    return filled


def _half(tree: Split) -> tuple[list[Literal], Node, Node]:
    """Return a subtree of about half the leaves: what leads to it, it, and the tree without it."""
    most = 1 << ((tree.size - 1).bit_length() - 1)
    path: list[tuple[Split, bool]] = []
    node: Node = tree
    best: tuple[int, int] | None = None  # leaves of the larger part, length of the path
    while isinstance(node, Split):
        goes_right = size_of(node.right) >= size_of(node.left)
        path.append((node, goes_right))
        node = node.right if goes_right else node.left
        larger = max(size_of(node), tree.size - size_of(node))
        if best is None or larger < best[0]:
            best = larger, len(path)
        if larger <= most or size_of(node) < tree.size - size_of(node):
            break
    assert best is not None
    del path[best[1] :]
    last, goes_right = path[-1]
    taken, rest = (last.right, last.left) if goes_right else (last.left, last.right)
    for split, right in reversed(path[:-1]):
        sides = (split.left, rest) if right else (rest, split.right)
        rest = joined(split.literal, *sides)
    reach = [split.literal if right else complement(split.literal) for split, right in path]
    return reach, taken, rest


class Table(NamedTuple):
    """A number for each value of some literals."""

    literals: tuple[Literal, ...]
    numbers: tuple[int, ...]


def added(tables: Sequence[Table]) -> list[Table]:
    """Return fewer tables of the same sum: those that fit a LUT together are one."""
    bins: list[Table] = []
    for table in sorted(tables, key=lambda table: -len(table.literals)):
        for place, other in enumerate(bins):
            both = tuple(dict.fromkeys((*other.literals, *table.literals)))
            if len(both) <= LUT_INPUTS and max(other.numbers) + max(table.numbers) < 1 << _SUM_BITS:
                first, second = _spread(other, both), _spread(table, both)
                bins[place] = Table(both, tuple((first + second).tolist()))
                break
        else:
            bins.append(table)
    return bins


def _spread(table: Table, literals: tuple[Literal, ...]) -> NDArray[np.int64]:
    """Return the numbers for each value of more literals."""
    addresses = np.arange(1 << len(literals))
    own = np.zeros_like(addresses)
    for j, literal in enumerate(table.literals):
        own |= (addresses >> literals.index(literal) & 1) << j
    return np.array(table.numbers, dtype=np.int64)[own]


class Votes:
    """What literals add to scores, and what scores start from."""

    def __init__(self, n_scores: int) -> None:
        self.bias = [0] * n_scores
        self.weights: dict[int, dict[int, int]] = {}

    def add(self, score: int, literal: Literal, weight: int) -> None:
        """Let a literal that is 1 add to a score."""
        signal, inverted = literal
        if inverted:
            self.bias[score] += weight
            weight = -weight
        if signal >= 0:
            of_signal = self.weights.setdefault(signal, {})
            of_signal[score] = of_signal.get(score, 0) + weight

    def add_table(self, luts: Luts, score: int, table: Table) -> None:
        """Let a table add to a score: a LUT for each bit of its numbers."""
        numbers = np.array(table.numbers, dtype=np.int64)
        numbers -= numbers.min()
        start = _start(numbers)
        self.bias[score] += min(table.numbers) - start
        numbers += start
        for bit in range(int(numbers.max()).bit_length()):
            packed = np.packbits(numbers >> bit & 1, bitorder="little").tobytes()
            entries = int.from_bytes(packed, "little")
            self.add(score, luts.function(entries, table.literals), 1 << bit)


def _start(numbers: NDArray[np.int64]) -> int:
    """Return what to count numbers from, so that they have few bits, and few different ones.

    A number that all have in common changes nothing, as the bias takes it back, but does to their
    bits: 0, 1 and 256 differ in two bits, 3, 4 and 259 in four. Bits that are equal or each other's
    complement wherever they are looked up are one signal, of a weight that may have few digits.
    """
    width = int(numbers.max()).bit_length()
    starts = np.arange(1 << min(width, _START_BITS))
    shifted = numbers + starts[:, None]
    bits = np.stack([shifted >> bit & 1 for bit in range(width + 1)]).astype(np.uint8)
    weights = np.where(bits[..., 0], -1, 1) << np.arange(width + 1)[:, None]
    packed = np.packbits(bits ^ bits[..., :1], axis=-1)
    weights[~packed.any(axis=-1)] = 0
    for bit, other in combinations(range(width + 1), 2):
        equal = (packed[bit] == packed[other]).all(axis=-1)
        weights[other] += np.where(equal, weights[bit], 0)
        weights[bit][equal] = 0
    size = np.abs(weights)
    n_digits = np.bitwise_count(3 * size ^ size).sum(axis=0)  # of signed binary (H. Prodinger)
    n_signals = np.count_nonzero(weights, axis=0)
    return int(np.argmin(n_digits + n_signals))
