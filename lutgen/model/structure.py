"""What a network's structure shows: which features LUTs read, and how layers read one another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lutgen.model.head import Argmax
from lutgen.model.network import LutNetwork

_MOST_PARTS = 16


def feature_reads(network: LutNetwork, luts: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """Return how many wires read each feature, shape (n_compared,) of its encoder.

    Parameters
    ----------
    luts : ndarray of shape (n_luts,), dtype=bool, optional
        The LUTs whose wires are counted; by default those that can reach an output.
    """
    luts = network.cone if luts is None else luts
    wires = network.wires[np.repeat(luts, network.fan_in)]
    features = network.encoder.feature[wires[wires < network.n_inputs]]
    counts: NDArray[np.int64] = np.bincount(features, minlength=network.encoder.n_compared)
    return counts


def parts_of(network: LutNetwork) -> dict[str, NDArray[np.bool_]]:
    """Return the LUTs that speak for each class, by label; none where they are the same for all.

    Those are the LUTs that an output with a weight for the class depends on. Networks of two
    classes, and of more than 16, have no parts.
    """
    head = network.head
    if not isinstance(head, Argmax) or not 2 < head.n_classes <= _MOST_PARTS:
        return {}
    reached = []
    for weights in head.weights:
        outputs = network.outputs[weights != 0]
        reached.append(network.reach(outputs[outputs >= 0]))
    if all((luts == reached[0]).all() for luts in reached):
        return {}
    return dict(zip(map(str, head.classes.tolist()), reached, strict=True))


def wires_between_layers(network: LutNetwork) -> NDArray[np.int64]:
    """Return how many wires of each layer's LUTs read inputs (column 0) and layers.

    Only LUTs that can reach an output are counted; layers that have none have no wires.

    Returns
    -------
    ndarray of shape (n_layers + 1, n_layers + 1), dtype=np.int64
        Row a, column b: wires of layer a that read layer b; row 0 is empty.
    """
    size = network.n_layers + 1
    of_signal = np.concatenate([np.zeros(network.n_inputs, np.int32), network.layer])
    taken = np.repeat(network.cone, network.fan_in)
    reader = np.repeat(network.layer, network.fan_in)[taken].astype(np.int64)
    found = np.bincount(reader * size + of_signal[network.wires[taken]], minlength=size * size)
    counts: NDArray[np.int64] = found.reshape(size, size)
    return counts


def levels(network: LutNetwork) -> NDArray[np.int64]:
    """Return how many LUTs in a row lead to each LUT, itself counted, shape (n_luts,)."""
    depth = [0] * network.n_signals
    wires, start = network.wires.tolist(), network.wire_offset.tolist()
    for lut in range(network.n_luts):
        read = wires[start[lut] : start[lut + 1]]
        depth[network.n_inputs + lut] = 1 + max(depth[wire] for wire in read)
    return np.array(depth[network.n_inputs :], dtype=np.int64)
