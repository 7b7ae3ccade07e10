"""The class with the largest score, the lowest of them on ties: a tree of comparisons.

A node takes the words of two or three children, in the order of their classes, compares each two
of them and passes the largest word on. Of three children the first two play, and the winner plays
the third; as all comparisons are made at once, three children are no deeper than two. The root
passes nothing on. Which class it is follows from the comparisons alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol, TypeVar

from lutgen.netlist.head.chains import chained_greater, greater
from lutgen.netlist.head.logic import ZERO, Literal, Logic, Word, table_of, variables
from lutgen.netlist.tables import expand, ones, reduce


@dataclass(frozen=True)
class Node:
    """A claim: which of some words are larger than which, and what the largest is.

    Parameters
    ----------
    children : tuple of int
        Two or three: c for class c, ``n_classes + i`` for node i; the classes behind each have
        lower numbers than those behind the next.
    beats : tuple of literals
        Whether child j's word is larger than child i's, for (i, j) = (0, 1) of two children, and
        for (0, 1), (0, 2), (1, 2) of three.
    word : tuple of literals
        The largest word, bit 0 first; nothing at the root.
    """

    children: tuple[int, ...]
    beats: tuple[Literal, ...]
    word: Word


Bit = TypeVar("Bit", bound="Boolean")


class Boolean(Protocol):
    """What one can compute with as with truth tables."""

    def __and__(self: Bit, other: Bit, /) -> Bit: ...
    def __or__(self: Bit, other: Bit, /) -> Bit: ...
    def __xor__(self: Bit, other: Bit, /) -> Bit: ...


def chosen(beats: Sequence[Bit], values: Sequence[Bit], full: Bit) -> Bit:
    """Return the winner's value, all of them tables or the like; `full` is the table of 1.

    This is the meaning of a node: child 1 plays child 0, and the third the winner of these.
    """
    first = beats[0] & values[1] | (full ^ beats[0]) & values[0]
    if len(values) == 2:
        return first
    third = beats[0] & beats[2] | (full ^ beats[0]) & beats[1]
    return third & values[2] | (full ^ third) & first


def build_nodes(
    logic: Logic, scores: Sequence[Word], arity: int, *, by_chain: bool = False
) -> list[Node]:
    """Build the tree; the last node is the root.

    Parameters
    ----------
    arity : {2, 3}
        Children of most nodes. Three need LUTs of six inputs.
    by_chain : bool
        Whether to compare by carry chains.
    """
    words = list(scores)
    nodes: list[Node] = []
    level = list(range(len(scores)))
    while len(level) > 1:
        groups = _grouped(level, arity)
        level = []
        for group in groups:
            if len(group) == 1:
                level += group
                continue
            name = f"h_n{len(nodes)}"
            beats = tuple(
                _greater(
                    logic, words[group[i]], words[group[j]], f"{name}_gt{i}{j}", by_chain=by_chain
                )
                for i, j in combinations(range(len(group)), 2)
            )
            at_root = len(groups) == 1
            candidates = [words[child] for child in group]
            word = () if at_root else _select(logic, beats, candidates, name)
            level.append(len(words))
            words.append(word)
            nodes.append(Node(tuple(group), beats, word))
    return nodes


def _grouped(level: list[int], arity: int) -> list[list[int]]:
    """Return children side by side in groups of at most `arity`."""
    return [level[i : i + arity] for i in range(0, len(level), arity)]


def _greater(logic: Logic, low: Word, high: Word, name: str, *, by_chain: bool) -> Literal:
    """Return whether the second number is larger than the first: LUTs from the lowest bit on."""
    width = max(len(low), len(high))
    low += (ZERO,) * (width - len(low))
    high += (ZERO,) * (width - len(high))
    if by_chain and len(variables([*low, *high])) > logic.lut_inputs:
        return chained_greater(logic, low, high, name)
    result = ZERO
    start = 0
    while start < width:
        end = start + 1
        while end < width and _n_nets(low, high, start, end + 1, result) <= logic.lut_inputs:
            end += 1
        literals = [result, *low[start:end], *high[start:end]]
        result = logic.function(literals, greater, f"{name}_b{end - 1}")
        start = end
    return result


def _n_nets(low: Word, high: Word, start: int, end: int, carry: Literal) -> int:
    return len(variables([carry, *low[start:end], *high[start:end]]))


def _select(logic: Logic, beats: tuple[Literal, ...], words: Sequence[Word], name: str) -> Word:
    width = max(len(word) for word in words)
    bits = [[*word, *(ZERO,) * (width - len(word))] for word in words]
    return tuple(
        logic.function(
            [*beats, *(word[j] for word in bits)],
            lambda *tables: chosen(tables[: len(beats)], tables[len(beats) :], -1),
            f"{name}_max_s{j}",
        )
        for j in range(width)
    )


def number(logic: Logic, nodes: Sequence[Node], n_classes: int) -> list[Literal]:
    """Return the number of the class that wins in binary, bit 0 first."""
    width = (n_classes - 1).bit_length()
    return [
        _along(logic, nodes, [c >> bit & 1 for c in range(n_classes)], f"h_y{bit}")
        for bit in range(width)
    ]


def one_hot(logic: Logic, nodes: Sequence[Node], n_classes: int) -> list[Literal]:
    """Return for each class whether it wins."""
    return [
        _along(logic, nodes, [int(c == winner) for c in range(n_classes)], f"h_y{winner}")
        for winner in range(n_classes)
    ]


Function = tuple[int, tuple[int, ...]]
"""A table and the nets that it is of."""


def _along(logic: Logic, nodes: Sequence[Node], leaves: Sequence[int], name: str) -> Literal:
    """Return the constant of the class that wins, chosen along the tree."""
    values: list[Function] = [(leaf, ()) for leaf in leaves]
    n_made = 0
    for node in nodes:
        parts = [values[child] for child in node.children]
        while len(_support(node.beats, parts)) > logic.lut_inputs:
            largest = max(range(len(parts)), key=lambda i: len(parts[i][1]))
            literal = logic.lut(*parts[largest], f"{name}_p{n_made}")
            parts[largest] = as_function(literal)
            n_made += 1
        nets = _support(node.beats, parts)
        full = ones(len(nets))
        beats = [table_of(literal, nets) for literal in node.beats]
        tables = [expand(table, reads, nets) for table, reads in parts]
        values.append(reduce(chosen(beats, tables, full), nets))
    return logic.lut(*values[-1], name)


def _support(beats: Sequence[Literal], parts: Sequence[Function]) -> tuple[int, ...]:
    return tuple(dict.fromkeys((*variables(beats), *(net for _, nets in parts for net in nets))))


def as_function(literal: Literal) -> Function:
    """Return a signal as a table."""
    nets = variables([literal])
    return table_of(literal, nets), nets
