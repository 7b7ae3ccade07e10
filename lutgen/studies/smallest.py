"""The smallest LUT network that memorizes some points: bisection over the width, by depth."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits
from lutgen.encode.encoder import fit_encoder
from lutgen.learn.memorize import Parameters, memorize
from lutgen.model.network import LutNetwork

DEPTHS = (1, 2, 3, 4, 6, 8, 12)
MAX_WIDTH = 2048

Points = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Bits of shape (n_samples, n_inputs), and labels, 0 or 1."""


def least(is_enough: Callable[[int], bool], low: int, high: int) -> int | None:
    """Return a number from `low` to `high` that is enough where the one before it is not.

    Doubles, then bisects: the least such number if being enough is monotone. None if nothing that
    was tried up to `high` is enough.
    """
    number, below = low, low - 1
    while not is_enough(number):
        if number >= high:
            return None
        below, number = number, min(2 * number, high)
    while number - below > 1:
        middle = (number + below) // 2
        if is_enough(middle):
            number = middle
        else:
            below = middle
    return number


def wire_bits(network: LutNetwork) -> int:
    """Return the bits that name what each LUT reads, among the signals of the layer before."""
    n_before = {1: network.n_inputs}
    for layer in range(1, network.n_layers):
        n_before[layer + 1] = int((network.layer == layer).sum())
    return sum(
        int(k) * math.ceil(math.log2(max(2, n_before[layer])))
        for k, layer in zip(network.fan_in.tolist(), network.layer.tolist(), strict=True)
    )


def _is_right(network: LutNetwork) -> bool:
    """Return whether every training sample was memorized, as the learner counted."""
    return bool(network.provenance.train_accuracy == 1)


def smallest_lut_network(points: Points, k: int, seed: int) -> dict[str, int] | None:
    """Return the smallest network of k-LUTs, in bits of its tables, that memorizes the points.

    For each depth, the width is found by bisection; only LUTs that reach the output count.

    Returns
    -------
    dict or None
        Hidden `layers`, `width`, `luts`, `tables` (bits), `wires` (bits).
    """
    X, y = points
    encoder = fit_encoder("binary", X)
    bits = Bits.from_dense(X)
    best: dict[str, int] | None = None
    made: dict[int, LutNetwork] = {}

    def memorizes(width: int, n_layers: int) -> bool:
        parameters = Parameters(k=k, widths=(width,) * n_layers, seed=seed, cone_only=True)
        network = memorize(
            bits, y, parameters, encoder=encoder, classes=np.array([0, 1]), n_threads=1
        )
        made[width] = network
        too_large = best is not None and network.n_luts << k >= best["tables"]
        # a network larger than the best one needs no growing: tell the search to stop
        return _is_right(network) or too_large

    for n_layers in DEPTHS:
        width = least(partial(memorizes, n_layers=n_layers), k, MAX_WIDTH)
        if width is None:
            continue
        network = made[width]
        n_bits = network.n_luts << k
        if _is_right(network) and (best is None or n_bits < best["tables"]):
            best = {
                "layers": n_layers,
                "width": width,
                "luts": network.n_luts,
                "tables": n_bits,
                "wires": wire_bits(network),
            }
    return best
