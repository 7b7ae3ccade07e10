"""Thermometers that files lack: their thresholds are told, and bits become comparisons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lutgen.encode.encoder import Encoder
from lutgen.errors import ModelError

FEATURE_MAJOR, THRESHOLD_MAJOR = "C", "F"
HELP = (
    "what the bits compare, x >= threshold: FILE.npy of shape (features, thresholds), or numbers "
    "separated by commas that hold for every feature; without it the features are the bits"
)


def comparing(told: NDArray[np.float64] | None, n_bits: int, order: str) -> Encoder | None:
    """Return the encoder whose bits are ``x >= threshold``; None where nothing is told.

    Parameters
    ----------
    order : {"C", "F"}
        Whether all thresholds of the first feature come first, or the first of all features.
    """
    if told is None:
        return None
    told = np.asarray(told, dtype=np.float64)
    if told.ndim == 1 and n_bits % told.size == 0:
        told = np.tile(told, (n_bits // told.size, 1))
    if told.ndim != 2 or told.size != n_bits:
        raise ModelError(
            f"thresholds of shape {told.shape} for {n_bits} bits: the network reads one bit each"
        )
    features = np.repeat(np.arange(len(told), dtype=np.int32), told.size // len(told))
    places = np.arange(n_bits).reshape(told.shape).ravel(order="C" if order == "C" else "F")
    return Encoder("thermometer", len(told), features[places], told.ravel()[places])


def voting(nets: list[int], weights: NDArray[np.integer]) -> tuple[list[int], NDArray[np.int64]]:
    """Return each net once with what it counts in all.

    Parameters
    ----------
    weights : ndarray of shape (n_classes, n_nets)

    Returns
    -------
    (nets, weights)
        Nets ascending, and the sums of the weights of each, shape (n_classes, n_different).
    """
    different, places = np.unique(np.array(nets), return_inverse=True)
    sums = np.zeros((weights.shape[0], different.size), dtype=np.int64)
    np.add.at(sums.T, places, weights.T.astype(np.int64))
    return different.tolist(), sums
