"""The search for bits for which a head's netlist gives a wrong class, once a claim has failed.

Few bits are tried one and all. Else samples are drawn where faults show: scores of two classes
next to each other, or at any two levels, with the others below. A claim that fails for some values
of its nets gives a clue: a solver finds bits that bring them about; while these stay, the others
move until the classes are so close that a wrong score decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import pack, unpack
from lutgen.netlist.evaluate import evaluate, evaluate_nets
from lutgen.netlist.head import ONE_HOT, SCORES, Head, Votes
from lutgen.netlist.ir import FIRST_INPUT, LUT
from lutgen.netlist.tables import BUFFER
from lutgen.verify.sat import Solver

Bits = NDArray[np.uint8]
_Cost = Callable[[NDArray[np.int64]], NDArray[np.int64]]

_EXHAUSTIVE = 16
_RANDOM = 1 << 14
_BATCH = 64
_CLUES = 16
_CONFLICTS = 20_000
_SEED = 1


@dataclass(frozen=True)
class Clue:
    """A claim that fails.

    Parameters
    ----------
    c : int
        Class whose score it is about.
    nets : tuple of int
        Nets that the claim reads.
    rows : tuple of int
        Their values for which it is wrong, bit j for net j; empty if that is not known.
    """

    c: int
    nets: tuple[int, ...]
    rows: tuple[int, ...]


def find_wrong_class(
    head: Head, votes: Votes, clues: list[Clue], seconds: float
) -> tuple[Bits | None, bool]:
    """Return bits for which the class is wrong, or None; and whether there are none at all."""
    if votes.n_bits <= _EXHAUSTIVE:
        every = np.arange(1 << votes.n_bits)[:, None] >> np.arange(votes.n_bits) & 1
        found = first_wrong(head, votes, every.astype(np.uint8))
        return found, found is None
    deadline = time.monotonic() + seconds
    for samples in _samples(head, votes, clues):
        found = first_wrong(head, votes, samples)
        if found is not None:
            return found, False
        if time.monotonic() > deadline:
            break
    return None, False


def first_wrong(head: Head, votes: Votes, samples: Bits) -> Bits | None:
    """Return the first sample, of shape (n_samples, n_bits), to which the answer is wrong."""
    answer = unpack(evaluate(head.netlist, pack(samples)), len(samples))
    wrong = (answer != wanted_bits(head, votes, samples)).any(axis=1)
    return samples[np.argmax(wrong)] if wrong.any() else None


def wanted_bits(head: Head, votes: Votes, samples: Bits) -> NDArray[np.bool_]:
    """Return what a head's outputs have to be, shape (n_samples, n_outputs)."""
    n_class = head.n_class_outputs
    classes = votes.classes(samples)[:, None]
    if head.answer == ONE_HOT:
        wanted = np.asarray(classes == np.arange(n_class))
    else:
        wanted = (classes >> np.arange(n_class) & 1).astype(bool)
    if not head.is_signed:
        return wanted
    width = (len(head.netlist.outputs) - n_class) // votes.n_classes
    bits = votes.scores(samples)[:, :, None] >> np.arange(width) & 1
    scores = bits.reshape(len(samples), votes.n_classes * width).astype(bool)
    return scores if head.answer == SCORES else np.concatenate([wanted, scores], axis=1)


def _samples(head: Head, votes: Votes, clues: list[Clue]) -> Iterator[Bits]:
    rng = np.random.default_rng(_SEED)
    density = rng.random((_RANDOM, 1)) + rng.normal(0, 0.05, (_RANDOM, votes.n_bits))
    yield (rng.random((_RANDOM, votes.n_bits)) < density).astype(np.uint8)
    yield (votes.weights > 0).astype(np.uint8)
    if head.is_signed:  # a wrong score shows wherever it comes about
        for clue in clues[:_CLUES]:
            yield from _bring_about(head, clue)
        while head.answer == SCORES:
            yield (rng.random((_RANDOM, votes.n_bits)) < rng.random((_RANDOM, 1))).astype(np.uint8)
    walk = _Walk(votes, rng)
    for clue in clues[:_CLUES]:
        yield from _follow(head, walk, clue)
    while True:
        yield np.stack([walk.levels() if i % 2 else walk.close() for i in range(_BATCH)])


def _bring_about(head: Head, clue: Clue) -> Iterator[Bits]:
    """Yield samples for which a claim fails."""
    justified = _Justification(head, clue)
    for row in clue.rows[:_CLUES]:
        found = justified.find(row)
        if found is not None:
            yield found[None]
    justified.close()


def _follow(head: Head, walk: _Walk, clue: Clue) -> Iterator[Bits]:
    """Yield samples that bring about what a claim fails for, with the scores close."""
    n_classes = walk.votes.n_classes
    justified = _Justification(head, clue)
    for row in walk.rng.permutation(np.array(clue.rows, dtype=np.int64))[:_CLUES].tolist():
        start = justified.find(row)
        if start is None:
            continue
        off = _score_seen(head, clue.c, start) - int(head.scored.scores(start[None])[0, clue.c])
        margins = {0, -1, 1, -off, 1 - off, -1 - off, -off // 2}
        yield np.stack(
            [
                walk.close(start, justified.moves, (clue.c, d), margin)
                for d in range(n_classes)
                if d != clue.c
                for margin in sorted(margins)
            ]
        )
    justified.close()


def _score_seen(head: Head, c: int, bits: Bits) -> int:
    """Return a class's score as the netlist has it."""
    nets = evaluate_nets(head.witness, pack(bits[None]))[:, 0] & np.uint64(1)
    return sum((int(nets[net]) ^ inverted) << j for j, (net, inverted) in enumerate(head.scores[c]))


class _Justification:
    """A solver for the cells behind the nets of a clue."""

    def __init__(self, head: Head, clue: Clue) -> None:
        netlist = head.witness
        self._nets = clue.nets
        self._n_bits = netlist.n_inputs
        self._solver = Solver()
        self._solver.add([-1])  # net n is variable n + 1
        self._solver.add([2])
        seen: set[int] = set()
        stack = list(clue.nets)
        while stack:
            net = stack.pop()
            if net in seen:
                continue
            seen.add(net)
            if net >= netlist.first_cell:
                cell = netlist.cells[net - netlist.first_cell]
                table = cell.init if cell.kind == LUT else BUFFER
                self._solver.add_table(table, net + 1, [source + 1 for source in cell.inputs])
                stack += cell.inputs
        self.moves = np.array(
            [net + FIRST_INPUT not in seen for net in range(self._n_bits)], dtype=bool
        )

    def find(self, row: int) -> Bits | None:
        """Return bits that give the nets these values, if the solver finds any."""
        wanted = [net + 1 if row >> j & 1 else -net - 1 for j, net in enumerate(self._nets)]
        if not self._solver.solve(wanted, _CONFLICTS):
            return None
        true = self._solver.model()
        values = [net + FIRST_INPUT + 1 in true for net in range(self._n_bits)]
        return np.array(values, dtype=np.uint8)

    def close(self) -> None:
        self._solver.close()


class _Walk:
    """Changes bits one by one until the scores are as wanted, or no change gets nearer."""

    def __init__(self, votes: Votes, rng: np.random.Generator) -> None:
        self.votes = votes
        self.rng = rng
        self._weights = votes.weights.T.astype(np.int64)
        self._limits = votes.limits()

    def close(
        self,
        start: Bits | None = None,
        moves: NDArray[np.bool_] | None = None,
        pair: tuple[int, int] | None = None,
        margin: int | None = None,
    ) -> Bits:
        """Return bits for which the scores of two classes differ by `margin`, others below."""
        c, d = pair or self._pair()
        wanted = int(self.rng.integers(-2, 3)) if margin is None else margin

        def cost(scores: NDArray[np.int64]) -> NDArray[np.int64]:
            away: NDArray[np.int64] = np.abs(scores[:, c] - scores[:, d] - wanted)
            return away + self._above(scores, c, d)

        return self._walk(start, moves, cost)

    def levels(self) -> Bits:
        """Return bits for which the scores of two classes are random ones, others below."""
        c, d = self._pair()
        least, largest = self._limits
        at_c, at_d = (int(self.rng.integers(least[i], largest[i] + 1)) for i in (c, d))

        def cost(scores: NDArray[np.int64]) -> NDArray[np.int64]:
            away: NDArray[np.int64] = np.abs(scores[:, c] - at_c) + np.abs(scores[:, d] - at_d)
            return away + self._above(scores, c, d)

        return self._walk(None, None, cost)

    def _pair(self) -> tuple[int, int]:
        c, d = self.rng.choice(self.votes.n_classes, 2, replace=False)
        return int(c), int(d)

    def _above(self, scores: NDArray[np.int64], c: int, d: int) -> NDArray[np.int64]:
        """Return by how much other classes are above the two."""
        ceiling = np.maximum(scores[:, c], scores[:, d])[:, None] - 1
        above = np.maximum(scores - ceiling, 0)
        above[:, [c, d]] = 0
        total: NDArray[np.int64] = above.sum(axis=1)
        return total

    def _walk(self, start: Bits | None, moves: NDArray[np.bool_] | None, cost: _Cost) -> Bits:
        if start is None:
            density = self.rng.random()
            start = (self.rng.random(self.votes.n_bits) < density).astype(np.uint8)
        bits = start.copy()
        scores = self.votes.scores(bits[None])[0]
        fixed = np.zeros(len(bits), dtype=bool) if moves is None else ~moves
        for _ in range(4 * self.votes.n_bits):
            here = int(cost(scores[None])[0])
            changes = self._weights * (1 - 2 * bits.astype(np.int64))[:, None]
            there = cost(scores + changes) + self.rng.random(len(bits)) / 2
            there[fixed] = np.inf
            best = int(np.argmin(there))
            if here == 0 or there[best] >= here:
                break
            bits[best] ^= 1
            scores = scores + changes[best]
        return bits
