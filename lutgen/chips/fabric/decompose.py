"""Functional decomposition: a wide function as one LUT that reads a few LUTs and inputs.

R. L. Ashenhurst ("The decomposition of switching functions", 1957) and H. A. Curtis: where the
values of some *bound* inputs leave few different functions of the others, the *late* ones, a few
LUTs that read the bound inputs tell which of these it is, and one last LUT, the root, does the
rest. Here the root may also read some bound inputs *again*, so that the inner LUTs have to tell
apart only what is left once these are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lutgen.netlist.tables import permute


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A function of k inputs as ``len(inner) + 1`` LUTs.

    Parameters
    ----------
    inner : tuple of int
        Tables of the inner LUTs; all read the inputs `bound`, in this order.
    bound : tuple of int
        Inputs other than `late`.
    root : int
        Table of the last LUT. It reads the inner LUTs, then the inputs `again`, then `late`.
    again, late : tuple of int
        Inputs that the root reads, `again` being some of `bound`.
    """

    inner: tuple[int, ...]
    bound: tuple[int, ...]
    root: int
    again: tuple[int, ...]
    late: tuple[int, ...]


def find_decomposition(table: int, k: int, leaf: int, max_luts: int) -> Decomposition | None:
    """Return a function of more than `leaf` inputs as at most `max_luts` LUTs of `leaf` inputs.

    Returns
    -------
    Decomposition or None
        One of the smallest, always the same for the same table; None if there is none.
    """
    n_late = k - leaf
    most_inner = min(max_luts - 1, leaf - n_late)
    if most_inner < 1 or ((k, leaf) == (6, 4) and not are_triples([table])[0]):
        return None
    found: Decomposition | None = None
    for late in combinations(range(k), n_late):
        bound = tuple(j for j in range(k) if j not in late)
        columns = _columns(permute(table, (*late, *bound)), n_late, leaf)
        for n_inner in range(1, most_inner + 1):
            again = _find_again(columns, leaf, leaf - n_late - n_inner, 1 << n_inner)
            if again is not None:
                found = _decomposition(columns, late, bound, again, n_inner)
                most_inner = n_inner - 1
                break
        if most_inner < 1:
            break
    return found


def are_triples(tables: Sequence[int]) -> NDArray[np.bool_]:
    """Return which functions of six inputs are three 4-LUTs, the root reading the other two.

    Tells in a fraction of the time which of them :func:`find_decomposition` will find one for.
    """
    octets = np.array(tables, dtype="<u8").view(np.uint8).reshape(-1, 8)
    bits = np.unpackbits(octets, axis=1, bitorder="little")[:, _COLUMNS.ravel()]
    columns = np.packbits(bits.ravel(), bitorder="little").reshape(len(tables), len(_COLUMNS), -1)
    kinds = np.bitwise_or.reduce(_KINDS[columns], axis=-1)
    found: NDArray[np.bool_] = (np.bitwise_count(kinds) <= 4).any(axis=1)
    return found


def _column_addresses() -> NDArray[np.intp]:
    """Return the addresses of the columns' bits, shape (pairs of late inputs, columns, bits)."""
    pairs = []
    for late in combinations(range(6), 2):
        free = sum(1 << j for j in late)
        pairs.append(
            [[p for p in range(64) if p & ~free == at] for at in range(64) if not at & free]
        )
    return np.array(pairs, dtype=np.intp)


_COLUMNS = _column_addresses()
_KINDS = np.array([1 << (two & 15) | 1 << (two >> 4) for two in range(256)], dtype=np.uint16)
"""Which functions of two inputs are in two columns, a byte together."""


def _columns(table: int, n_late: int, n_bound: int) -> list[int]:
    """Return the function of the late inputs, the low ones, at each value of the bound ones."""
    width = 1 << n_late
    mask = (1 << width) - 1
    return [table >> a * width & mask for a in range(1 << n_bound)]


@cache
def _groups(n_bound: int, again: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Return the values of the bound inputs by the value of those read again."""
    groups: list[list[int]] = [[] for _ in range(1 << len(again))]
    for a in range(1 << n_bound):
        groups[sum((a >> j & 1) << i for i, j in enumerate(again))].append(a)
    return tuple(map(tuple, groups))


def _find_again(
    columns: list[int], n_bound: int, n_again: int, most: int
) -> tuple[int, ...] | None:
    """Return which bound inputs leave at most so many different columns when they are known."""
    if len(set(columns)) > most << n_again:
        return None
    for again in combinations(range(n_bound), n_again):
        if all(len({columns[a] for a in group}) <= most for group in _groups(n_bound, again)):
            return again
    return None


def _decomposition(
    columns: list[int],
    late: tuple[int, ...],
    bound: tuple[int, ...],
    again: tuple[int, ...],
    n_inner: int,
) -> Decomposition:
    overall = sorted(set(columns))
    inner = [0] * n_inner
    root = 0
    for value, group in enumerate(_groups(len(bound), again)):
        # where so few do everywhere, the root need not read the inputs again
        few = len(overall) <= 1 << n_inner
        kinds = overall if few else sorted({columns[a] for a in group})
        for a in group:
            code = kinds.index(columns[a])
            for i in range(n_inner):
                inner[i] |= (code >> i & 1) << a
        for place in range(1 << n_inner):
            kind = kinds[min(place, len(kinds) - 1)]
            for late_value in range(1 << len(late)):
                address = place | value << n_inner | late_value << (n_inner + len(again))
                root |= (kind >> late_value & 1) << address
    return Decomposition(tuple(inner), bound, root, tuple(bound[j] for j in again), late)
