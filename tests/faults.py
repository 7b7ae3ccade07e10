"""Faults that show: planted where they change an output on the samples of a test."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import combinations

import numpy as np

from lutgen.bits import Bits, tail_mask
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import LUT, Netlist
from lutgen.verify.mutate import flip_init_bit, swap_wires


def visible_flip(netlist: Netlist, bits: Bits, names: Collection[str]) -> tuple[Netlist, str]:
    """Return the netlist with one INIT bit inverted, and the name of the LUT: one of `names`."""
    for place in _places(netlist, names):
        for entry in range(1 << len(netlist.cells[place].inputs)):
            faulty = flip_init_bit(netlist, place, entry)
            if _differ(netlist, faulty, bits):
                return faulty, netlist.cells[place].name
    raise AssertionError("no INIT bit shows on these samples")


def visible_swap(netlist: Netlist, bits: Bits, names: Collection[str]) -> tuple[Netlist, str]:
    """Return the netlist with two wires of one LUT swapped, and the LUT's name."""
    for place in _places(netlist, names):
        for first, second in combinations(range(len(netlist.cells[place].inputs)), 2):
            faulty = swap_wires(netlist, place, first, second)
            if _differ(netlist, faulty, bits):
                return faulty, netlist.cells[place].name
    raise AssertionError("no swapped wire shows on these samples")


def _places(netlist: Netlist, names: Collection[str]) -> Iterator[int]:
    for place, cell in enumerate(netlist.cells):
        if cell.kind == LUT and cell.name in names:
            yield place


def _differ(one: Netlist, other: Netlist, bits: Bits) -> bool:
    difference = evaluate(one, bits.words) ^ evaluate(other, bits.words)
    return bool(np.any(difference & tail_mask(bits.n_samples)))
