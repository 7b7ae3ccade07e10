"""Runs: counters on one carry chain, whose carry goes on into the columns above.

A counter of two positions takes up to six signals of a column, or fewer and some of the next, and
the carry that comes in; it leaves a signal in each of the two. Only the last carry of a run takes a
LUT to leave by. So the longer a run, the more its LUTs save: 4 signals of 3 LUTs with one counter,
8 of 5 with two, near 2 a LUT with many. All that a run takes in is there before it begins: a sum
of its own that came back further up would leave no place for a register between.

Runs are taken one by one, and after each a tree of counters is asked what it takes for the rest: as
many are kept as give the fewest LUTs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

Counts = tuple[int, ...]
"""Signals in each column, lowest column first."""

_PRICE = 1.5
"""Signals that each LUT has to save, about, for a run to be so long."""
_FEW = 80
"""Signals up to which the tree for the rest is looked at."""


@dataclass(frozen=True)
class Run:
    """A run.

    Parameters
    ----------
    column : int
        Lowest column.
    takes : tuple of (int, int)
        Signals that each counter takes of its column and of the next one, the first counter's
        carry in among them; each begins two columns above the one before.
    n_columns : int
        Columns of the heap.
    """

    column: int
    takes: tuple[tuple[int, int], ...]
    n_columns: int

    @property
    def end(self) -> int:
        """Column of the last carry; there is none beyond the heap."""
        return self.column + 2 * len(self.takes)

    @property
    def n_luts(self) -> int:
        """LUTs: one a column, and one for the carry to leave by."""
        return min(self.end + 1, self.n_columns) - self.column

    def left_of(self, counts: Counts) -> Counts:
        """Return the signals that are in each column after it."""
        left = list(counts)
        for i, (low, high) in enumerate(self.takes):
            left[self.column + 2 * i] -= low
            if high:
                left[self.column + 2 * i + 1] -= high
        for j in range(self.column, self.column + self.n_luts):
            left[j] += 1
        return tuple(left)


def runs_before(n_luts: Callable[[Counts], int], counts: Counts) -> tuple[Run, ...]:
    """Return the runs to make before a tree, of which `n_luts` tells what LUTs it takes."""
    runs: list[Run] = []
    n_kept, fewest = 0, n_luts(counts)
    spent = 0
    while run := _best_run(counts):
        left = run.left_of(counts)
        if sum(left) >= sum(counts):
            break
        runs.append(run)
        spent += run.n_luts
        counts = left
        if sum(counts) <= _FEW and (found := spent + n_luts(counts)) < fewest:
            n_kept, fewest = len(runs), found
    return tuple(runs[:n_kept])


class _Way(NamedTuple):
    """What a run may do from some column on: signals saved less the price, and what it takes."""

    worth: float
    takes: tuple[tuple[int, int], ...]


def _best_run(counts: Counts) -> Run | None:
    """Return the run that is worth most; None if no column has two signals."""
    n_columns = len(counts)
    ways = [_Way(0.0, ())] * (n_columns + 2)  # of a carry that comes into each column

    def counter(j: int, room: int) -> _Way:
        """Return the best way that begins with a counter of so much room."""
        if j + 1 == n_columns:
            low = min(room, counts[j])
            return _Way(low - 1 - _PRICE, ((low, 0),))
        found = []
        for high in range(min(2, counts[j + 1]) + 1):
            low = min(room - 2 * high, counts[j])
            worth = low + high - 2 - 2 * _PRICE + ways[j + 2].worth
            found.append(_Way(worth, ((low, high), *ways[j + 2].takes)))
        return max(found, key=lambda way: way.worth)

    best: tuple[float, Run] | None = None
    for j in range(n_columns - 1, -1, -1):
        way = counter(j, 7)
        if counts[j] > 1 and (best is None or way.worth >= best[0]):
            best = way.worth, Run(j, way.takes, n_columns)
        ends = _Way(-1 - _PRICE, ())
        ways[j] = max(ends, counter(j, 6), key=lambda way: way.worth)
    return best[1] if best else None
