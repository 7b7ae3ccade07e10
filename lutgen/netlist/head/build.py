"""From votes to a netlist: all sensible heads are built, and the smallest is kept.

A head answers the class of the largest score, as a number or a bit a class, and the scores beside
it if they are asked for; or the scores alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from lutgen.errors import NetlistError
from lutgen.netlist.head.argmax import Node, build_nodes, number, one_hot
from lutgen.netlist.head.compress import Counter, Heap, compress
from lutgen.netlist.head.logic import Literal, Logic, Word, complement
from lutgen.netlist.head.resources import Resources
from lutgen.netlist.head.votes import Votes, digits, n_digits, shifted
from lutgen.netlist.ir import FIRST_INPUT, LUT, Cell, Netlist

NUMBER, ONE_HOT, SCORES = "class number", "one bit a class", "scores"

_FEW_BITS = 32  # of so few, plain LUTs may be as good a count as carry chains
_MANY_DIGITS = 1024  # of more, the comparisons are chosen by themselves, without the sums


@dataclass(frozen=True, eq=False)
class Head:
    """A head, and why it is right: claims about its nets, for :mod:`lutgen.verify.head` to prove.

    Claims are about the nets of `witness`: some of them are about sums of which no one asks for all
    bits, and those that nothing reads are not in `netlist`.

    Parameters
    ----------
    netlist : Netlist
        Input i is bit i of the votes; the outputs are the class number, bit 0 first, in
        ceil(log2 n_classes) bits, or one bit a class, or the score of each class as a two's
        complement number, class after class, bit 0 first; or the class, and then the scores.
    answer : {"class number", "one bit a class", "scores"}
        Which of these.
    scored : Votes
        Votes with the same winner, whose scores are never negative: what is counted. Where the
        scores are answered, the votes themselves.
    counters : tuple of tuples of Counter
        For each class, sums that lead from its votes to its score.
    scores : tuple of words
        Score of each class, bit 0 first.
    nodes : tuple of Node
        The tree of comparisons, root last; none where the scores are the answer.
    unread : tuple of Cell
        Cells that no output depends on; they would follow those of the netlist.
    with_scores : bool
        Whether the scores stand beside the class.
    """

    netlist: Netlist
    answer: str
    scored: Votes
    counters: tuple[tuple[Counter, ...], ...]
    scores: tuple[Word, ...]
    nodes: tuple[Node, ...]
    unread: tuple[Cell, ...] = ()
    with_scores: bool = False

    @property
    def is_signed(self) -> bool:
        """Whether the words of the scores are two's complement numbers, and answered."""
        return self.with_scores or self.answer == SCORES

    @property
    def compared(self) -> tuple[Word, ...]:
        """The words that the comparisons take for the scores: numbers that are never negative."""
        return tuple(map(_from_least, self.scores)) if self.with_scores else self.scores

    @property
    def n_class_outputs(self) -> int:
        """Outputs that tell the class; scores follow."""
        n_scores = sum(map(len, self.scores)) if self.is_signed else 0
        return len(self.netlist.outputs) - n_scores

    @property
    def witness(self) -> Netlist:
        """The netlist with the cells that the claims need beside it."""
        return replace(self.netlist, cells=self.netlist.cells + self.unread)


def build_head(
    votes: Votes,
    resources: Resources | None = None,
    *,
    answer: str = NUMBER,
    with_scores: bool = False,
) -> Head:
    """Build the hardware of votes in the fewest LUTs, then the fewest levels.

    Parameters
    ----------
    votes : Votes
    resources : Resources
        What the LUTs are; by default six inputs.
    answer : {"class number", "one bit a class", "scores"}
        See :class:`Head`.
    with_scores : bool
        Whether the scores are to stand beside the class.

    Returns
    -------
    Head
        Its cells are of the part ``HEAD`` and have names that begin with ``h_``.

    Raises
    ------
    NetlistError
        If scores do not fit 31 bits, or a class is to be found among fewer than two.
    """
    resources = resources or Resources()
    if answer != SCORES and votes.n_classes < 2:
        raise NetlistError(f"the {answer} needs two classes or more, got {votes.n_classes}")
    if answer == SCORES:
        heads = _sums(votes, resources)
    else:
        heads = _variants(votes, resources, answer, with_scores=with_scores)
    if n_digits(votes.weights.astype(np.int64)) > _MANY_DIGITS:
        return min(heads, key=lambda head: (head.netlist.count(LUT), head.netlist.depth))
    return min(heads, key=lambda head: resources.cost(head.netlist))


def _variants(
    votes: Votes, resources: Resources, answer: str, *, with_scores: bool
) -> Iterator[Head]:
    """Yield heads that may be the smallest."""
    arities = (2, 3) if resources.lut_inputs >= 6 and votes.n_classes > 2 else (2,)
    counted = [votes] if with_scores else shifted(votes)
    for scored, family in product(counted, _families(votes, resources)):
        signed = [scored.signed_width()] * scored.n_classes
        widths = signed if with_scores else scored.widths()
        kinds = list(product(arities, (False, True) if family.chain else (False,)))
        if n_digits(scored.weights.astype(np.int64)) > _MANY_DIGITS:
            kinds = [_smallest(widths, family, answer, kinds)]
        for arity, by_chain in kinds:
            logic = Logic(scored.n_bits, family)
            counters, scores = _add_up(logic, scored, widths)
            compared = [_from_least(word) for word in scores] if with_scores else scores
            nodes = build_nodes(logic, compared, arity, by_chain=by_chain)
            bits = (one_hot if answer == ONE_HOT else number)(logic, nodes, scored.n_classes)
            if with_scores:
                bits += [literal for score in scores for literal in score]
            head = _finish(logic, bits, answer, scored, counters, scores, nodes)
            yield replace(head, with_scores=with_scores)


def _smallest(
    widths: Sequence[int], family: Resources, answer: str, kinds: Sequence[tuple[int, bool]]
) -> tuple[int, bool]:
    """Return the comparisons that take the fewest LUTs for scores that come as inputs.

    One LUT in a hundred more is as good where it takes fewer levels.
    """

    def cost(kind: tuple[int, bool]) -> tuple[int, int]:
        arity, by_chain = kind
        logic = Logic(sum(widths), family)
        first = [FIRST_INPUT + sum(widths[:c]) for c in range(len(widths))]
        scores = [
            tuple((net, False) for net in range(start, start + width))
            for start, width in zip(first, widths, strict=True)
        ]
        nodes = build_nodes(logic, scores, arity, by_chain=by_chain)
        bits = (one_hot if answer == ONE_HOT else number)(logic, nodes, len(widths))
        outputs = tuple(logic.net(literal, f"h_out{j}") for j, literal in enumerate(bits))
        return family.cost(logic.builder.finish(outputs))

    costs = {kind: cost(kind) for kind in kinds}
    most = min(n_luts for n_luts, _ in costs.values()) * 101 // 100
    near = [kind for kind in kinds if costs[kind][0] <= most]
    return min(near, key=lambda kind: costs[kind][::-1])


def _from_least(score: Word) -> Word:
    """Return a two's complement number less the least one, in the same order: its sign inverted."""
    return (*score[:-1], complement(score[-1]))


def _sums(votes: Votes, resources: Resources) -> Iterator[Head]:
    """Yield heads of scores: sums modulo 2^width are two's complement numbers."""
    widths = [votes.signed_width()] * votes.n_classes
    for family in _families(votes, resources):
        logic = Logic(votes.n_bits, family)
        counters, scores = _add_up(logic, votes, widths)
        bits = tuple(literal for score in scores for literal in score)
        yield _finish(logic, bits, SCORES, votes, counters, scores, [])


def _families(votes: Votes, resources: Resources) -> list[Resources]:
    if resources.chain and votes.n_bits <= _FEW_BITS:
        return [resources, replace(resources, chain=None, pairs=False)]
    return [resources]


def _add_up(
    logic: Logic, scored: Votes, widths: Sequence[int]
) -> tuple[list[tuple[Counter, ...]], list[Word]]:
    """Return the counters and the score of each class, in words of so many bits."""
    counters, scores = [], []
    for c, width in enumerate(widths):
        score, made = compress(logic, _heap(scored, c, width), f"h_c{c}")
        counters.append(tuple(made))
        scores.append(score)
    return counters, scores


def _finish(
    logic: Logic,
    bits: Sequence[Literal],
    answer: str,
    scored: Votes,
    counters: Sequence[tuple[Counter, ...]],
    scores: Sequence[Word],
    nodes: Sequence[Node],
) -> Head:
    outputs = tuple(logic.net(literal, f"h_out{j}") for j, literal in enumerate(bits))
    netlist = logic.builder.finish(outputs)
    return _pruned(Head(netlist, answer, scored, tuple(counters), tuple(scores), tuple(nodes)))


def _heap(scored: Votes, c: int, width: int) -> Heap:
    """Return the digits of a class's weights by column, and what they add up to beside them."""
    columns: list[list[Literal]] = [[] for _ in range(width)]
    constant = int(scored.bias[c])
    for i, weight in enumerate(scored.weights[c].tolist()):
        for column, sign in digits(weight):
            if column < width:
                columns[column].append((FIRST_INPUT + i, sign < 0))
                constant -= (sign < 0) << column
    return Heap(columns, constant % (1 << width))


def _pruned(head: Head) -> Head:
    """Return the head with the cells that no output depends on set aside."""
    old = head.netlist
    reached = bytearray(old.n_nets)
    for net in old.outputs:
        reached[net] = True
    for net in range(old.n_nets - 1, old.first_cell - 1, -1):
        if reached[net]:
            for source in old.cells[net - old.first_cell].inputs:
                reached[source] = True
    places = sorted(range(len(old.cells)), key=lambda place: not reached[old.first_cell + place])
    nets = list(range(old.first_cell)) + [0] * len(places)
    for net, place in enumerate(places, old.first_cell):
        nets[old.first_cell + place] = net
    cells = [
        cell.but(inputs=tuple(nets[source] for source in cell.inputs))
        for cell in (old.cells[place] for place in places)
    ]
    n_kept = sum(reached[old.first_cell :])

    def word(literals: Word) -> Word:
        return tuple((nets[net], inverted) for net, inverted in literals)

    def terms(side: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        return tuple((nets[net], weight) for net, weight in side)

    outputs = tuple(nets[net] for net in old.outputs)
    return replace(
        head,
        netlist=Netlist(old.n_inputs, tuple(cells[:n_kept]), outputs),
        counters=tuple(
            tuple(Counter(terms(c.inputs), terms(c.outputs), c.offset) for c in made)
            for made in head.counters
        ),
        scores=tuple(word(score) for score in head.scores),
        nodes=tuple(Node(n.children, word(n.beats), word(n.word)) for n in head.nodes),
        unread=tuple(cells[n_kept:]),
    )
