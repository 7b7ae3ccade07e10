"""Proof that a head's netlist gives the class of the votes, or their scores, for every input.

No solver counts a hundred bits, but nobody has to: a head comes with claims about its nets
(:class:`lutgen.netlist.head.Head`), each about a few cells, which together say it all. Trusted are
the netlist and the votes only; a claim that is wrong, or does not hold in the netlist, is found.

1. The votes that are counted have the winner of the votes asked for: per bit and in the bias they
   differ by what is common to all classes. Their scores fit the words of the scores.
2. For each class, counters lead from its votes to the word of its score: summed up, their claims
   are the votes on one side and the word on the other, net by net, modulo 2^width.
3. Each counter's claim holds for all values of the nets that it reads, computed from the tables of
   the cells between.
4. So do the comparisons and selections of each node, and the answer as a function of comparisons;
   or the outputs, all or those behind the class, are the words of the scores, and the votes counted
   are those asked for.

What fails is followed by a search for an input on which the class is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lutgen.netlist.head import ONE_HOT, SCORES, Counter, Head, Votes
from lutgen.netlist.head.argmax import Bit, chosen
from lutgen.netlist.head.logic import Literal, Word
from lutgen.netlist.ir import CONST1
from lutgen.verify.head_cones import TABLE_INPUTS, Cones, EscapeError, Function, column
from lutgen.verify.head_search import Clue, find_wrong_class


@dataclass(frozen=True, eq=False)
class HeadProof:
    """What a proof of a head showed.

    Parameters
    ----------
    n_counters, n_counters_proved : int
        Counters.
    n_nodes, n_nodes_proved : int
        Nodes of the tree of comparisons, the last of them with the answer.
    failed : tuple of str
        Claims that do not hold, or of which the claimed nets say too little.
    exhausted : bool
        Whether claims failed, but every input was tried, and none gives a wrong class.
    counterexample : ndarray of shape (n_bits,), dtype=np.uint8, or None
        Bits for which the netlist gives a wrong class.
    """

    n_counters: int
    n_counters_proved: int
    n_nodes: int
    n_nodes_proved: int
    failed: tuple[str, ...] = ()
    exhausted: bool = False
    counterexample: NDArray[np.uint8] | None = None

    @property
    def proved(self) -> bool:
        """Whether the head is right for every input."""
        return self.exhausted or not self.failed

    @property
    def n_open(self) -> int:
        """Claims that are neither proved nor refuted by a wrong class."""
        return 0 if self.proved or self.counterexample is not None else len(self.failed)

    def __str__(self) -> str:
        text = (
            f"{self.n_counters_proved} of {self.n_counters} counters and "
            f"{self.n_nodes_proved} of {self.n_nodes} comparison nodes proved"
        )
        if self.failed:
            text += f"; {len(self.failed)} claim(s) do not hold: " + "; ".join(self.failed[:5])
        if self.exhausted:
            text += "; right all the same on every input, tried one by one"
        if self.counterexample is not None:
            text += "; WRONG CLASS for bits " + "".join(map(str, self.counterexample))
        return text


def prove_head(head: Head, votes: Votes, *, search_seconds: float = 20) -> HeadProof:
    """Prove that a head gives the class, or the scores, of some votes, or refute it.

    Parameters
    ----------
    head : Head
        Registers in its netlist are transparent.
    votes : Votes
        What the head has to compute.
    search_seconds : float
        How long to look for an input on which the class is wrong if a claim does not hold.
    """
    proof = _Proof(head)
    failed = list(_votes_fail(head, votes))
    failed += [f"score of class {c}" for c in range(votes.n_classes) if not _adds_up(head, c)]
    clues: list[Clue] = []
    n_proved = 0
    for c, counters in enumerate(head.counters):
        for i, counter in enumerate(counters):
            bad = proof.counter_fails(counter, c)
            if bad is None:
                n_proved += 1
            else:
                failed.append(f"counter {i} of class {c}")
                clues.append(bad)
    n_nodes_proved = 0
    for i, node_fails in enumerate(proof.nodes_fail()):
        n_nodes_proved += not node_fails
        failed += [f"node {i}: {what}" for what in node_fails]
    found, exhausted = None, False
    if head.is_signed:
        failed += proof.scores_fail()
    if head.answer != SCORES and not head.nodes:
        failed.append("no comparisons")
    if failed:
        found, exhausted = find_wrong_class(head, votes, clues, search_seconds)
    return HeadProof(
        n_counters=sum(len(counters) for counters in head.counters),
        n_counters_proved=n_proved,
        n_nodes=len(head.nodes),
        n_nodes_proved=n_nodes_proved,
        failed=tuple(failed),
        exhausted=exhausted,
        counterexample=found,
    )


def _votes_fail(head: Head, votes: Votes) -> Iterator[str]:
    """Check that counted votes have the same winner, and that their scores fit their words."""
    scored = head.scored
    if scored.weights.shape != votes.weights.shape:
        yield f"votes of shape {votes.weights.shape}, counted {scored.weights.shape}"
        return
    differs = scored.weights.astype(np.int64) - votes.weights
    shift = scored.bias.astype(np.int64) - votes.bias
    signed = head.is_signed
    common = (0, 0) if signed else (differs[0], shift[0])
    if (differs != common[0]).any() or (shift != common[1]).any():
        yield "the votes counted are others"
    least, largest = scored.limits()
    for c, score in enumerate(head.scores):
        low, high = (
            (-1 << len(score) >> 1, 1 << len(score) >> 1) if signed else (0, 1 << len(score))
        )
        if least[c] < low or largest[c] >= high:
            yield f"score of class {c}, {least[c]} to {largest[c]}, in {len(score)} bits"


def _adds_up(head: Head, c: int) -> bool:
    """Return whether the counters of a class lead from its votes to its score."""
    score, scored = head.scores[c], head.scored
    modulus = 1 << len(score)
    sums: dict[int, int] = {}
    constant = int(scored.bias[c])

    def add(terms: Iterable[tuple[int, int]], sign: int) -> None:
        for net, weight in terms:
            sums[net] = sums.get(net, 0) + sign * weight

    add(((i, int(weight)) for i, weight in enumerate(scored.weights[c], 2)), 1)
    for counter in head.counters[c]:
        add(counter.inputs, -1)
        add(counter.outputs, 1)
        constant -= counter.offset
    for j, (net, inverted) in enumerate(score):
        if net > CONST1:
            add([(net, -1 << j if inverted else 1 << j)], -1)
        constant -= (1 << j) * (inverted or net == CONST1)
    return constant % modulus == 0 and all(weight % modulus == 0 for weight in sums.values())


class _Proof:
    """The claims about single counters and nodes."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._cones = Cones(head.witness)

    def counter_fails(self, counter: Counter, c: int) -> Clue | None:
        """Return values of the nets read for which a counter's claim is wrong; None if none."""
        nets = [net for net, _ in counter.inputs]
        modulus = 1 << len(self._head.scores[c])
        if len(nets) > TABLE_INPUTS:
            return Clue(c, tuple(nets), ())
        try:
            tables = self._cones.tables([net for net, _ in counter.outputs], nets)
        except EscapeError:
            return Clue(c, tuple(nets), ())
        rows = 1 << len(nets)
        address = np.arange(rows)
        missing = np.full(rows, counter.offset, dtype=np.int64)
        for j, (_, weight) in enumerate(counter.inputs):
            missing += weight * (address >> j & 1)
        for (_, weight), table in zip(counter.outputs, tables, strict=True):
            missing -= weight * column(table, len(nets))
        wrong = missing % modulus != 0
        if not wrong.any():
            return None
        return Clue(c, tuple(nets), tuple(np.flatnonzero(wrong).tolist()))

    def nodes_fail(self) -> Iterator[list[str]]:
        """Yield for each node what of it does not hold; the answer is part of the last."""
        words = list(self._head.compared)
        for i, node in enumerate(self._head.nodes):
            children = [words[child] for child in node.children]
            failed = self._comparisons_fail(node.beats, children)
            root = i + 1 == len(self._head.nodes)
            if not root:
                failed += self._selection_fails(node.beats, children, node.word)
            words.append(node.word)
            yield [*failed, *self._answer_fails()] if root else failed

    def scores_fail(self) -> list[str]:
        """Return which outputs do not bear the words of the scores, class after class."""
        literals = [literal for word in self._head.scores for literal in word]
        first = max(self._head.n_class_outputs, 0)
        outputs = self._head.netlist.outputs[first:]
        if len(literals) != len(outputs):
            return [f"{len(outputs)} outputs for scores of {len(literals)} bits"]
        return [
            f"output y[{j}]"
            for j, (net, literal) in enumerate(zip(outputs, literals, strict=True), first)
            if self._read(net, [literal]) != literal
            and not self._cones.hold((net, False), [literal], lambda bits, _: bits[0])
        ]

    def _comparisons_fail(self, beats: Sequence[Literal], words: Sequence[Word]) -> list[str]:
        pairs = list(combinations(words, 2))
        if len(beats) != len(pairs):
            return ["comparisons missing"]
        return [
            f"comparison {number}"
            for number, (beat, (low, high)) in enumerate(zip(beats, pairs, strict=True))
            if not self._cones.hold(beat, [*low, *high], _greater_than(len(low)))
        ]

    def _selection_fails(
        self, beats: Sequence[Literal], words: Sequence[Word], selected: Word
    ) -> list[str]:
        n_beats = len(beats)

        def select(bits: Sequence[Bit], full: Bit) -> Bit:
            return chosen(bits[:n_beats], bits[n_beats:], full)

        width = max(len(word) for word in words)
        if len(selected) < width:
            return ["word too short"]
        return [
            f"bit {j} of the largest score"
            for j, literal in enumerate(selected)
            if not self._cones.hold(literal, [*beats, *(_bit(word, j) for word in words)], select)
        ]

    def _answer_fails(self) -> list[str]:
        head = self._head
        n_classes = head.scored.n_classes
        classes = range(n_classes)
        if head.answer == ONE_HOT:
            wanted = [[int(c == winner) for c in classes] for winner in classes]
        else:
            wanted = [[c >> j & 1 for c in classes] for j in range((n_classes - 1).bit_length())]
        if not self._is_tree():
            return ["the nodes are no tree of the classes in order"]
        if len(wanted) != head.n_class_outputs:
            return [f"{len(head.netlist.outputs)} outputs for {n_classes} classes"]
        beats = [beat for node in head.nodes for beat in node.beats]

        def along(leaves: Sequence[int]) -> Function:
            def compute(bits: Sequence[Bit], full: Bit) -> Bit:
                values = [full if leaf else full ^ full for leaf in leaves]
                rest = iter(bits)
                for node in head.nodes:
                    played = [next(rest) for _ in node.beats]
                    values.append(chosen(played, [values[i] for i in node.children], full))
                return values[-1]

            return compute

        return [
            f"output y[{j}]"
            for j, (net, leaves) in enumerate(zip(head.netlist.outputs, wanted, strict=False))
            if not self._cones.hold(self._read(net, beats), beats, along(leaves))
        ]

    def _read(self, net: int, beats: Sequence[Literal]) -> Literal:
        """Return a net as the complement of a comparison, if its LUT is that of one inverted."""
        for beat, _ in beats:
            if self._cones.are_complements(net, beat):
                return beat, True
        return net, False

    def _is_tree(self) -> bool:
        """Return whether the nodes read the classes in order, each child once, the root last."""
        behind = [[c] for c in range(self._head.scored.n_classes)]
        unread = set(range(len(behind)))
        for node in self._head.nodes:
            if len(node.children) not in (2, 3) or not set(node.children) <= unread:
                return False
            unread -= set(node.children)
            unread.add(len(behind))
            behind.append([c for child in node.children for c in behind[child]])
        return len(unread) == 1 and behind[-1] == list(range(self._head.scored.n_classes))


def _bit(word: Word, j: int) -> Literal:
    return word[j] if j < len(word) else (0, False)


def _greater_than(split: int) -> Function:
    """Return whether the second of two words is larger; the first has `split` bits."""

    def compute(bits: Sequence[Bit], full: Bit) -> Bit:
        low, high = list(bits[:split]), list(bits[split:])
        zero = full ^ full
        width = max(len(low), len(high))
        low += [zero] * (width - len(low))
        high += [zero] * (width - len(high))
        greater = zero
        for a, b in zip(low, high, strict=True):
            greater = b & (full ^ a) | (full ^ a ^ b) & greater
        return greater

    return compute
