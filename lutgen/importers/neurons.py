"""Neurons that put out codes of several bits, each a table: networks of the LogicNets family.

Bit b of the code of neuron n is bit ``n * bits + b`` of what its layer puts out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import MAX_FAN_IN
from lutgen.errors import ConfigError, ModelError
from lutgen.importers.format import Option
from lutgen.importers.parts import labels, whole
from lutgen.model import Argmax, Bits, Head, LutNetwork

Array = NDArray[Any]
MOST_CODE_BITS = 16


@dataclass(frozen=True, eq=False)
class Neuron:
    """A neuron.

    Parameters
    ----------
    name : str
        For messages.
    wires : ndarray of shape (k,)
        Bits of the layer before, address bit 0 first.
    codes : ndarray of shape (2^k,)
        What it puts out at each address.
    given : ndarray of shape (2^k,), dtype=bool
        Whether that was said; the other entries do not matter, as no input leads there.
    """

    name: str
    wires: Array
    codes: Array
    given: NDArray[np.bool_]


def check_fan_in(name: str, n_bits: int) -> None:
    """Raise ModelError, naming the neuron, if it reads more bits than a table may."""
    if not 1 <= n_bits <= MAX_FAN_IN:
        raise ModelError(
            f"neuron {name} reads {n_bits} bits; a table has {MAX_FAN_IN} at most, and one at least"
        )


def neuron_network(
    n_inputs: int,
    layers: Sequence[tuple[int, Sequence[Neuron]]],
    options: Mapping[str, Any],
) -> LutNetwork:
    """Return the network of layers, each the bits of a code and neurons.

    Parameters
    ----------
    n_inputs : int
        Bits that come in.
    options : mapping
        Of :data:`OPTIONS`, as the user gave them.
    """
    blocks: list[tuple[Array, Array, Array]] = []
    numbers: list[int] = []
    below = np.arange(n_inputs)  # signals of the bits of the layer before
    n_signals = n_inputs
    for layer, (bits, neurons) in enumerate(layers):
        if not neurons or not 1 <= bits <= MOST_CODE_BITS:
            raise ModelError(f"layer {layer} has {len(neurons)} neurons of {bits} bits")
        outputs = np.zeros((len(neurons), bits), np.int64)
        order = sorted(range(len(neurons)), key=lambda place: neurons[place].wires.size)
        for k, group in groupby(order, key=lambda place: int(neurons[place].wires.size)):
            places = list(group)
            wires = np.stack([neurons[place].wires for place in places])
            codes = np.stack([neurons[place].codes for place in places])
            given = np.stack([neurons[place].given for place in places])
            if wires.min(initial=0) < 0 or wires.max(initial=0) >= below.size:
                raise ModelError(
                    f"layer {layer} reads bit {wires.max()} of the {below.size} before it"
                )
            tables = codes[:, None, :] >> np.arange(bits)[:, None] & 1
            blocks.append(
                (
                    np.repeat(below[wires], bits, axis=0),
                    (tables & given[:, None, :]).reshape(-1, 1 << k),
                    np.repeat(given, bits, axis=0),
                )
            )
            numbers.append(layer + 1)
            outputs[places] = n_signals + np.arange(len(places) * bits).reshape(-1, bits)
            n_signals += len(places) * bits
        below = outputs.ravel()
    bits, neurons = layers[-1]
    return LutNetwork.from_arrays(
        n_inputs, blocks, outputs=below, head=_head(len(neurons), bits, options), layers=numbers
    )


def _head(n_neurons: int, bits: int, options: Mapping[str, Any]) -> Head:
    """Return the head: the bits of the codes, or the class of the largest code."""
    classes, first = options.get("classes"), options.get("positive_from")
    if classes is None:
        if first is not None:
            raise ConfigError("positive_from goes with two classes (--classes)")
        return Bits()
    worth = 1 << np.arange(bits)
    if n_neurons == 1 and classes.size == 2:
        if first is None:
            raise ConfigError(
                f"one neuron of {bits} bits tells two classes apart: say from which code on it is "
                "the second (--positive-from)"
            )
        return Argmax.votes([0 * worth, 2 * worth], [2 * first - 1, 0], classes=classes)
    if classes.size != n_neurons or first is not None:
        raise ConfigError(f"{classes.size} classes for {n_neurons} neurons in the last layer")
    return code_head(bits, classes)


def code_head(bits: int, classes: NDArray[Any]) -> Argmax:
    """Return the head of the largest code: so many bits a class, the lowest first.

    Also that of networks which put out scores as numbers, such as AIGER of torchlogix's.
    """
    worth = 1 << np.arange(bits)
    return Argmax.votes(np.kron(np.eye(classes.size, dtype=np.int32), worth), classes=classes)


OPTIONS = (
    Option(
        "classes",
        "how many classes, or their labels separated by commas: the neuron of the largest code "
        "wins; by default the codes of the last layer are the answer, bit by bit",
        labels,
    ),
    Option(
        "positive_from",
        "where one neuron tells two classes apart, the least code that is the second",
        lambda value: whole(value, 0, 1 << MOST_CODE_BITS),
    ),
)
