"""What the formats of logic have in common: names, signals in any order, outputs as bits or votes.

A file of logic has inputs and outputs with names. The network's features are its inputs, each 0 or
1, and its answer the output bits; told how many classes there are, groups of output bits are
unsigned numbers, the lowest bit first, and the largest wins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ModelError
from lutgen.importers.format import Imported, Option, Request
from lutgen.importers.luts import LutBuilder
from lutgen.importers.parts import labels
from lutgen.model import Argmax, Bits, Head

_SHOWN = 6
_MAX_SCORE_BITS = 16


CLASSES = Option(
    "classes",
    "how many classes, or their labels separated by commas: the outputs are their scores, unsigned "
    "numbers of equal width, lowest bit first; without it the answer is the output bits",
    labels,
)


def finish(
    luts: LutBuilder,
    outputs: Sequence[int],
    input_names: Sequence[str],
    output_names: Sequence[str],
    request: Request,
    notes: Sequence[str] = (),
) -> Imported:
    """Return the network of some nets, with its names and the head that was asked for."""
    told = list(notes)
    for what, names in (("inputs", input_names), ("outputs", output_names)):
        if twice := [name for name, n in Counter(names).items() if n > 1]:
            told.append(f"{what} bear the same name, {shown(twice)}: their names are left out")
    is_plain = len(set(input_names)) == len(input_names)
    names = list(output_names) if len(set(output_names)) == len(output_names) else []
    head = _head(len(outputs), names, request.options.get(CLASSES.name))
    network = luts.network(outputs, head, feature_names=input_names if is_plain else ())
    return Imported(network, tuple(told))


def _head(n_outputs: int, names: list[str], classes: NDArray[Any] | None) -> Head:
    if not n_outputs:
        raise ModelError("it has no outputs")
    if classes is None:
        return Bits(tuple(names))
    width, rest = divmod(n_outputs, classes.size)
    if rest or classes.size < 2 or not 1 <= width <= _MAX_SCORE_BITS:
        raise ModelError(
            f"{n_outputs} outputs are no {classes.size} numbers, two or more, of 1 to "
            f"{_MAX_SCORE_BITS} bits each (--classes)"
        )
    weights = np.kron(np.eye(classes.size, dtype=np.int64), 1 << np.arange(width))
    return Argmax.votes(weights, classes=classes)


def shown(names: Iterable[str]) -> str:
    """Return a list of names for people, the first of them."""
    listed = list(names)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more


def build(
    input_names: Sequence[str],
    reads: Mapping[str, Sequence[str]],
    outputs: Sequence[str],
    add: Callable[[LutBuilder, str, list[int]], int],
) -> tuple[LutBuilder, list[int]]:
    """Build signals that stand in a file in any order, told apart by their names.

    What reaches no output is left out, whatever it lacks.

    Parameters
    ----------
    reads : mapping
        The names that each signal is made of, by its name.
    add : callable
        Adds a signal, of which it gets the name and the nets that it is made of.

    Returns
    -------
    (luts, outputs)
        The LUTs, and the nets of the outputs.

    Raises
    ------
    ModelError
        If a signal has two drivers or none, or depends on itself; it is named.
    """
    if twice := [name for name, n in Counter(input_names).items() if n > 1]:
        raise ModelError(f"two inputs are called {shown(twice)}")
    luts = LutBuilder(len(input_names))
    nets = dict(zip(input_names, luts.inputs, strict=True))
    if both := [name for name in reads if name in nets]:
        raise ModelError(f"{shown(both)} is an input, and driven in the file, too")
    reads, lacking = _needed(reads, outputs, nets)
    if lacking:
        raise ModelError(f"nothing drives {shown(lacking)}, which is read")
    for name in _order(reads, nets):
        nets[name] = add(luts, name, [nets[read] for read in reads[name]])
    return luts, [nets[name] for name in outputs]


def _needed(
    reads: Mapping[str, Sequence[str]], outputs: Sequence[str], known: Mapping[str, int]
) -> tuple[dict[str, Sequence[str]], list[str]]:
    """Return the signals that outputs depend on, as they stand, and those that nothing drives."""
    needed = dict.fromkeys(outputs)
    lacking = []
    waiting = list(needed)
    while waiting:
        name = waiting.pop()
        if name in known:
            continue
        if name not in reads:
            lacking.append(name)
            continue
        fresh = [read for read in reads[name] if read not in needed]
        needed.update(dict.fromkeys(fresh))
        waiting += dict.fromkeys(fresh)
    return {name: names for name, names in reads.items() if name in needed}, lacking


def _order(reads: Mapping[str, Sequence[str]], known: Mapping[str, int]) -> Iterable[str]:
    """Return the signals such that each reads only earlier ones: as they stand, if they do so."""
    done = set(known)
    for name, names in reads.items():
        if not done.issuperset(names):
            break
        done.add(name)
    else:
        return reads
    try:
        order = list(TopologicalSorter(reads).static_order())
    except CycleError as error:
        raise ModelError(f"signals depend on themselves: {' -> '.join(error.args[1])}") from error
    return [name for name in order if name in reads]
