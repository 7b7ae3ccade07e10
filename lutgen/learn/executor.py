"""Who runs a learner's tasks: threads of this process here; a cluster has the same two members.

A learner cuts its work into tasks that depend on nothing but their own item and brings the results
together in the order of the items, so that what it learns is the same for any number of workers.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import pairwise
from typing import Generic, Protocol, Self, TypeVar

from lutgen.processors import n_processors

_N_TRIALS = 3  # of each way that the choice goes by
_TRY_OTHER = 32  # rounds until the slower way gets another chance

Item = TypeVar("Item")
Result = TypeVar("Result")


class Executor(Protocol):
    """Runs tasks, perhaps several at once."""

    @property
    def n_workers(self) -> int:
        """How many tasks run at once; work is cut into as many parts or more."""
        ...

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Return the results of a task for each item, in the order of the items.

        What a task raises is raised here, of several faults that of the first item; by then no
        task is running any more, and those that had not begun never will.
        """
        ...


class Serial:
    """Runs one task after another, in the caller's thread."""

    n_workers = 1

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """See :class:`Executor`."""
        return [task(item) for item in items]


class Threads:
    """Threads of this process, the caller's among them: so a task may map tasks of its own.

    Parameters
    ----------
    n_workers : int
        Threads, the caller's included.
    """

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers
        self._pool = ThreadPoolExecutor(n_workers - 1) if n_workers > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """See :class:`Executor`."""
        items = list(items)
        if self._pool is None or len(items) < 2:
            return [task(item) for item in items]
        work = _Work(task, items)
        n_helpers = min(self.n_workers, len(items)) - 1
        helpers = [self._pool.submit(work.run) for _ in range(n_helpers)]
        try:
            work.run()
            _end(helpers)
        except BaseException:  # Ctrl-C between two items, or while waiting for the helpers
            work.stop()
            _end(helpers)
            raise
        return work.results()


class _Work(Generic[Item, Result]):
    """The items of one map, taken by whoever is free."""

    def __init__(self, task: Callable[[Item], Result], items: Sequence[Item]) -> None:
        self._task, self._items = task, items
        self._next, self._lock = 0, threading.Lock()
        self._done: dict[int, Result] = {}
        self._faults: dict[int, BaseException] = {}

    def run(self) -> None:
        """Do what is left, item by item; a fault ends it for all."""
        while (place := self._take()) is not None:
            try:
                self._done[place] = self._task(self._items[place])
            except BaseException as fault:  # raised again by results, in the caller's thread
                self._faults[place] = fault
                self.stop()

    def stop(self) -> None:
        """Let nothing more be begun."""
        with self._lock:
            self._next = len(self._items)

    def results(self) -> list[Result]:
        if self._faults:
            raise self._faults[min(self._faults)]
        return [self._done[place] for place in range(len(self._items))]

    def _take(self) -> int | None:
        with self._lock:
            if self._next == len(self._items):
                return None
            self._next += 1
            return self._next - 1


def _end(helpers: Sequence[Future[None]]) -> None:
    """Wait for the helpers that have begun; the others find nothing to do, and are called off."""
    wait([helper for helper in helpers if not helper.cancel()])


class Faster:
    """All workers or one alone for rounds of like work, whichever took less time of late.

    Where tasks take some ten microseconds, and other programs have the other processors, several
    workers are slower than one. What they do is the same, so time may decide.

    Parameters
    ----------
    executor : Executor
        All workers.
    clock : callable
        Returns seconds.
    """

    def __init__(self, executor: Executor, clock: Callable[[], float] = time.perf_counter) -> None:
        self._ways: tuple[Executor, Executor] = executor, Serial()
        self._clock = clock
        self._seconds: tuple[deque[float], ...] = tuple(deque(maxlen=_N_TRIALS) for _ in range(2))
        self._n_rounds, self._way, self._began = 0, 0, 0.0

    def begin(self) -> Executor:
        """End the round before this one, if there is one, and return who is to run this one."""
        now = self._clock()
        if self._n_rounds:
            self._seconds[self._way].append(now - self._began)
        if self._n_rounds < 2 * _N_TRIALS:
            self._way = self._n_rounds % 2
        else:
            together, alone = (statistics.median(seconds) for seconds in self._seconds)
            self._way = int(alone < together) ^ int(self._n_rounds % _TRY_OTHER == 0)
        self._n_rounds += 1
        self._began = now
        return self._ways[self._way]


@contextmanager
def executor_for(executor: Executor | None, n_threads: int | None) -> Iterator[Executor]:
    """Yield the given executor, or so many threads (None: all processors) for as long as needed."""
    if executor is not None:
        yield executor
        return
    with Threads(n_threads or n_processors()) as threads:
        yield threads


def ranges(n: int, n_parts: int, least: int = 1) -> list[range]:
    """Cut 0 … n-1 into at most `n_parts` ranges of about one size, each of `least` or the only one.

    Parameters
    ----------
    least : int
        What is worth a task of its own.
    """
    n_parts = max(1, min(n_parts, n // max(1, least)))
    edges = [n * part // n_parts for part in range(n_parts + 1)]
    return [range(a, b) for a, b in pairwise(edges) if a < b]
