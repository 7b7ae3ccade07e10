"""Disjoint parts of the samples, in order, wherever they lie: one in memory, chunks in files, or
partitions on the workers of a cluster.

A learner asks all parts one question and has the answers added up. Answers are integers, or what
else adds up exactly in any order; so it does not show how many parts there are, or where they are.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, Generic, Protocol, TypeVar

from lutgen.learn.executor import Executor, Serial

Item = TypeVar("Item")
Other = TypeVar("Other")
Answer = TypeVar("Answer")


class Parts(Protocol[Item]):
    """Items that each hold a part of the samples.

    Attributes
    ----------
    at_hand : bool
        Whether they are in this process's memory, so that asking costs nothing.
    """

    at_hand: bool

    def __len__(self) -> int: ...

    def total(
        self,
        task: Callable[[Item, Executor], Answer],
        add: Callable[[Answer, Answer], Answer],
        executor: Executor,
    ) -> Answer:
        """Return a task's answers of all parts, added up in their order, two and two.

        Parameters
        ----------
        task : callable
            Takes an item and who runs what the task cuts up further. Where parts are not at hand,
            it has to be picklable, and may change nothing but what the item can do without.
        add : callable
            Associative.
        """
        ...

    def derive(self, make: Callable[..., Other], each: Sequence[tuple[Any, ...]]) -> Parts[Other]:
        """Return new items, each made of an old one and its arguments, where that one lies."""
        ...

    def lazily(self, make: Callable[..., Other], each: Sequence[tuple[Any, ...]]) -> Parts[Other]:
        """Return new items that are made whenever they are asked, where keeping them costs much."""
        ...

    def followed_by(self, other: Any) -> Parts[Item]:
        """Return these parts and then others of the same kind."""
        ...


class Here(Generic[Item]):
    """Items in this process's memory."""

    at_hand = True

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = list(items)

    def __len__(self) -> int:
        return len(self.items)

    def total(
        self,
        task: Callable[[Item, Executor], Answer],
        add: Callable[[Answer, Answer], Answer],
        executor: Executor,
    ) -> Answer:
        """See :class:`Parts`: one part after another, each with all workers."""
        return added([task(item, executor) for item in self.items], add)

    def derive(self, make: Callable[..., Other], each: Sequence[tuple[Any, ...]]) -> Here[Other]:
        """See :class:`Parts`."""
        pairs = zip(self.items, each, strict=True)
        return Here([make(item, *arguments) for item, arguments in pairs])

    lazily = derive

    def followed_by(self, other: Here[Item]) -> Here[Item]:
        """See :class:`Parts`."""
        return Here([*self.items, *other.items])


def added(answers: Sequence[Answer], add: Callable[[Answer, Answer], Answer]) -> Answer:
    """Return answers added up: pairs, then pairs of pairs."""
    while len(answers) > 1:
        pairs = [add(a, b) for a, b in zip(answers[::2], answers[1::2], strict=False)]
        answers = [*pairs, *answers[2 * len(pairs) :]]
    return answers[0]


class Listed(Generic[Item, Answer]):
    """A task whose answer is a list of one, so that adding answers up keeps them apart."""

    def __init__(self, task: Callable[[Item], Answer]) -> None:
        self._task = task

    def __call__(self, item: Item, executor: Executor) -> list[Answer]:  # noqa: ARG002 - a task
        return [self._task(item)]


def answers(parts: Parts[Item], task: Callable[[Item], Answer]) -> list[Answer]:
    """Return the answer of each part, in order."""
    return parts.total(Listed(task), operator.add, Serial())


def firsts(sizes: Sequence[int]) -> list[int]:
    """Return the number of the first sample of each part, and of all that comes after."""
    return [0, *accumulate(sizes)]
