"""From boosted LUTs to a network, and back for going on with one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import pack, unpack_rows
from lutgen.encode.encoder import Encoder
from lutgen.errors import ConfigError
from lutgen.learn.boost.step import Lut
from lutgen.model import Argmax, LutNetwork, Provenance

Round = list[Lut]
"""One LUT for each group."""


def groups_of(n_classes: int) -> list[int]:
    """Return the classes that have LUTs: all, but of two only class 1."""
    return list(range(n_classes)) if n_classes > 2 else [1]


def build_network(
    layers: Sequence[Sequence[Round]],
    n_inputs: int,
    encoder: Encoder,
    classes: NDArray[Any],
    provenance: Provenance,
) -> LutNetwork:
    """Make the network: in each layer, the LUTs of a group stand together; each adds one to its
    class.

    A wire of n_inputs + i comes from the i-th LUT that was learnt, round by round.
    """
    groups = groups_of(len(classes))
    sizes = [len(rounds) * len(groups) for rounds in layers]
    luts = [luts[g] for rounds in layers for g in range(len(groups)) for luts in rounds]
    place = np.concatenate([_places(len(rounds), len(groups)) for rounds in layers])
    place += np.repeat(np.cumsum([0, *sizes[:-1]]), sizes)
    moved = np.concatenate([np.arange(n_inputs), n_inputs + place]).astype(np.int32)
    bias = np.zeros(len(classes), dtype=np.int32)
    if len(groups) == 1:
        bias[0] = len(luts) // 2  # class 1 wins with more than half of the votes
    seen = np.array([lut.seen for lut in luts])
    tied = np.array([lut.tied for lut in luts])
    return LutNetwork(
        n_inputs=n_inputs,
        fan_in=np.array([lut.wires.size for lut in luts], dtype=np.uint8),
        wires=moved[np.concatenate([lut.wires for lut in luts])],
        tables=pack(np.array([lut.table for lut in luts]).T).reshape(-1),
        seen=pack(seen.T).reshape(-1),
        tied=pack(tied.T).reshape(-1),
        layer=np.repeat(np.arange(1, len(layers) + 1, dtype=np.int32), sizes),
        outputs=n_inputs + np.arange(len(luts), dtype=np.int32),
        head=Argmax(
            np.concatenate([_weights(len(classes), size) for size in sizes], axis=1), bias, classes
        ),
        encoder=encoder,
        provenance=provenance,
    )


def _places(n_rounds: int, n_groups: int) -> NDArray[np.int64]:
    """Return where the LUTs of a layer stand, in the order they were learnt: round by round."""
    return np.arange(n_groups * n_rounds).reshape(n_groups, n_rounds).T.reshape(-1)


def take_apart(network: LutNetwork, k: int, n_inputs: int, classes: NDArray[Any]) -> list[Round]:
    """Return the rounds of a network that :func:`build_network` made.

    Raises
    ------
    ConfigError
        If it is of another form, or of other inputs, classes or k.
    """
    faults = []
    if network.n_inputs != n_inputs:
        faults.append(f"it reads {network.n_inputs} input bits, the samples have {n_inputs}")
    head = network.head
    if not isinstance(head, Argmax) or head.classes.tolist() != classes.tolist():
        faults.append("its classes are others")
    elif network.n_layers > 1 or not np.array_equal(
        head.weights, _weights(len(classes), network.n_luts)
    ):
        faults.append("it is not one layer of LUTs that each vote for one class, as many for each")
    if (network.fan_in != k).any():
        faults.append(f"its LUTs have {network.fan_in.max()} inputs, k is {k}")
    if faults:
        raise ConfigError("cannot go on with the network to start from: " + "; ".join(faults))
    luts = []
    for lut in range(network.n_luts):
        words = slice(*network.table_offset[lut : lut + 2])
        table, seen, tied = (
            unpack_rows(mask[None, words], 1 << k)[0] != 0
            for mask in (network.tables, network.seen, network.tied)
        )
        luts.append(Lut(network.lut_wires(lut), table, seen, tied))
    n_rounds = network.n_luts // len(groups_of(len(classes)))
    return [luts[r::n_rounds] for r in range(n_rounds)]


def _weights(n_classes: int, n_luts: int) -> NDArray[np.int32]:
    """Return the weights of as many LUTs for each group, group after group."""
    groups = groups_of(n_classes)
    weights = np.zeros((n_classes, n_luts), dtype=np.int32)
    group = np.array(groups)[np.arange(n_luts) * len(groups) // max(1, n_luts)]
    weights[group, np.arange(n_luts)] = 1
    return weights
