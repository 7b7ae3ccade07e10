"""Truth tables as Python integers, and the operations the passes and mappings need on them.

A table over k inputs has 2^k bits; bit p is the output at address p, and input j is bit j of the
address. All operations are a handful of shifts and masks on whole tables, for k up to 16.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache

from lutgen.netlist.ir import CONST0, CONST1

BUFFER = 0b10
INVERTER = 0b01

_SMALL = 6  # inputs of tables of which some facts are kept


@cache
def ones(k: int) -> int:
    """Return the table over k inputs that is 1 everywhere."""
    return (1 << (1 << k)) - 1


@cache
def low_half(k: int, j: int) -> int:
    """Return the table over k inputs that is 1 where input j is 0."""
    return ones(k) // ((1 << (1 << j)) + 1)


@cache
def variable(k: int, j: int) -> int:
    """Return the table over k inputs that equals input j."""
    return low_half(k, j) << (1 << j)


@cache
def literals(k: int) -> dict[int, tuple[int, bool]]:
    """Return the tables over k inputs that are one input or its complement: (input, inverted)."""
    straight = {variable(k, j): (j, False) for j in range(k)}
    return straight | {ones(k) ^ table: (j, True) for table, (j, _) in straight.items()}


def cofactor(table: int, k: int, j: int, value: int) -> int:
    """Return the table over the other k - 1 inputs when input j is `value`."""
    table = (table >> (value << j)) & low_half(k, j)
    for i in range(j, k - 1):
        table = (table | table >> (1 << i)) & low_half(k, i + 1)
    return table


def insert(table: int, k: int, j: int) -> int:
    """Return the table over k + 1 inputs that ignores its new input j: undoes `cofactor`."""
    for i in range(k - 1, j - 1, -1):
        table = (table | table << (1 << i)) & low_half(k + 1, i)
    return table | table << (1 << j)


def depends_on(table: int, k: int, j: int) -> bool:
    """Return whether input j matters anywhere."""
    return (table ^ table >> (1 << j)) & low_half(k, j) != 0


def flip(table: int, k: int, j: int) -> int:
    """Return the table with input j complemented."""
    low = low_half(k, j)
    return (table & low) << (1 << j) | table >> (1 << j) & low


def merge(table: int, k: int, i: int, j: int) -> int:
    """Return the table over k - 1 inputs when input j always equals input i (i < j)."""
    low = low_half(k - 1, i)
    return cofactor(table, k, j, 0) & low | cofactor(table, k, j, 1) & (low << (1 << i))


def swap(table: int, k: int, i: int, j: int) -> int:
    """Return the table with inputs i and j exchanged."""
    i, j = min(i, j), max(i, j)
    distance = (1 << j) - (1 << i)
    differs = (table ^ table >> distance) & variable(k, i) & low_half(k, j)
    return table ^ differs ^ differs << distance


def permute(table: int, order: Sequence[int]) -> int:
    """Return the table whose input j is what was input ``order[j]``."""
    k = len(order)
    place = list(range(k))
    for j in range(k):
        i = place.index(order[j])
        if i != j:
            table = swap(table, k, j, i)
            place[i], place[j] = place[j], place[i]
    return table


def reduce(table: int, inputs: Sequence[int]) -> tuple[int, tuple[int, ...]]:
    """Return table and inputs with constants absorbed, duplicates merged, idle inputs dropped.

    A table that turns out constant has no inputs left and is 0 or 1.
    """
    nets = list(inputs)
    if CONST0 in nets or CONST1 in nets or len(set(nets)) < len(nets):
        for j in range(len(nets) - 1, -1, -1):
            if nets[j] in (CONST0, CONST1):
                table = cofactor(table, len(nets), j, nets[j])
            elif (first := nets.index(nets[j])) < j:
                table = merge(table, len(nets), first, j)
            else:
                continue
            del nets[j]
    # only now: merging two inputs can take away the influence of a third
    for j in idle_inputs(table, len(nets)) if nets else ():
        table = cofactor(table, len(nets), j, 0)
        del nets[j]
    return table, tuple(nets)


def idle_inputs(table: int, k: int) -> tuple[int, ...]:
    """Return the inputs that do not matter, the last first."""
    return _idle_inputs(table, k) if k <= _SMALL else _find_idle_inputs(table, k)


def _find_idle_inputs(table: int, k: int) -> tuple[int, ...]:
    return tuple([j for j, low in _low_halves(k) if not (table ^ table >> (1 << j)) & low])


@cache
def _low_halves(k: int) -> tuple[tuple[int, int], ...]:
    return tuple((j, low_half(k, j)) for j in range(k - 1, -1, -1))


_idle_inputs = lru_cache(maxsize=1 << 16)(_find_idle_inputs)


def tabulate(k: int, function: Callable[..., int | bool]) -> int:
    """Return the table of a Python function of k bits, input 0 first."""
    return sum(bool(function(*(p >> j & 1 for j in range(k)))) << p for p in range(1 << k))


def expand(table: int, inputs: Sequence[int], wanted: Sequence[int]) -> int:
    """Return the table over `wanted`, which holds all of `inputs` and perhaps more."""
    reads = list(inputs)
    for net in wanted:
        if net not in inputs:
            table = insert(table, len(reads), len(reads))
            reads.append(net)
    return permute(table, [reads.index(net) for net in wanted])


def compose(table: int, k: int, j: int, inner: int) -> int:
    """Return the table over the same k inputs with input j replaced by the table `inner`."""
    low = low_half(k, j)
    where0, where1 = table & low, table >> (1 << j) & low
    where0, where1 = where0 | where0 << (1 << j), where1 | where1 << (1 << j)
    return where0 ^ (where0 ^ where1) & inner


def canonical(table: int, inputs: Sequence[int]) -> tuple[int, tuple[int, ...]]:
    """Return table and inputs with the inputs in ascending order."""
    ascending = sorted(inputs)
    if ascending == list(inputs):
        return table, tuple(ascending)
    order = sorted(range(len(inputs)), key=inputs.__getitem__)
    permuted = _permute(table, tuple(order)) if len(order) <= _SMALL else permute(table, order)
    return permuted, tuple([inputs[j] for j in order])


_permute = lru_cache(maxsize=1 << 16)(permute)
