"""Which signals each LUT reads: drawn once from the seed, before anything is learnt.

``random`` is the paper's (section 3): k distinct signals of the layer before. ``window:W`` draws
them from the W nearest ones, LUTs and signals laid out in order, so that a router can keep wires
short; where the inputs lie on an image, the first layer's window is a square of pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ConfigError, DataError
from lutgen.learn import randomness

Candidates = tuple[NDArray[np.int64], NDArray[np.int64]]

AUTO = "window:auto"  # for commands that know a chip: see lutgen.cli.windows

_STREAM = 1


@dataclass(frozen=True)
class Wiring:
    """How wires are drawn: ``window`` is 0 for the whole layer, else the number of candidates."""

    window: int = 0

    @classmethod
    def parse(cls, spec: str) -> Wiring:
        """Parse ``random`` or ``window:W``."""
        if spec == "random":
            return cls()
        kind, _, width = spec.partition(":")
        if kind == "window" and width.isdecimal() and int(width) >= 1:
            return cls(int(width))
        if spec == AUTO:
            raise ConfigError(
                "wiring 'window:auto' goes by what a chip's router takes: name the chip, with "
                "--board or --chip, or give the number of signals, e.g. window:128"
            )
        raise ConfigError(
            f"wiring must be 'random' or 'window:W' with W the number of signals to choose from, "
            f"e.g. window:256; got {spec!r}"
        )


def draw(
    wiring: Wiring,
    *,
    k: int,
    widths: Sequence[int],
    n_inputs: int,
    seed: int,
    positions: NDArray[np.int64] | None = None,
) -> list[NDArray[np.int32]]:
    """Draw the wires of every layer.

    Parameters
    ----------
    widths : sequence of int
        LUTs in each layer.
    positions : ndarray of shape (n_inputs, 2), optional
        Row and column of each input bit on an image.

    Returns
    -------
    list of ndarray of shape (n_luts, k), dtype=np.int32
        For each layer, the signals that its LUTs read, numbered within the layer before (the
        inputs for the first), ascending and distinct.

    Raises
    ------
    DataError, ConfigError
        If a layer has fewer than k signals to read, or the window holds fewer than k.
    """
    if wiring.window and wiring.window < k:
        raise ConfigError(f"a window of {wiring.window} signals cannot feed LUTs of k={k}")
    layers = []
    n_before = n_inputs
    for layer, n_luts in enumerate(widths, start=1):
        if n_before < k:
            _too_narrow(layer, n_before, k)
        if wiring.window == 0 or wiring.window >= n_before:
            candidates = np.arange(n_before), np.zeros(n_luts, np.int64)
            counts = np.full(n_luts, n_before)
        elif layer == 1 and positions is not None:
            candidates, counts = _square_windows(wiring.window, k, n_luts, positions)
        else:
            candidates, counts = _line_windows(wiring.window, n_luts, n_before)
        layers.append(_draw_distinct(k, candidates, counts, seed, layer))
        n_before = n_luts
    return layers


def cones(layers: Sequence[NDArray[np.int32]]) -> list[NDArray[np.intp]]:
    """Return, for each layer, which of its LUTs can reach one of the last layer, ascending.

    Parameters
    ----------
    layers : sequence of ndarray of shape (n_luts, k)
        Wires, as :func:`draw` returns them.
    """
    kept: list[NDArray[np.intp]] = [np.arange(len(layers[-1]))]
    for layer in range(len(layers) - 1, 0, -1):
        kept.insert(0, np.unique(layers[layer][kept[0]]).astype(np.intp))
    return kept


def image_positions(
    feature_shape: Sequence[int], feature: NDArray[np.integer]
) -> NDArray[np.int64] | None:
    """Return row and column of each input bit, or None where the features are not an image.

    Parameters
    ----------
    feature_shape : sequence of int
        (rows, columns) or (channels, rows, columns), features in C order.
    feature : ndarray of shape (n_bits,)
        Feature that each bit is made of.
    """
    if len(feature_shape) not in (2, 3):
        return None
    place = np.asarray(feature, dtype=np.int64) % math.prod(feature_shape[-2:])
    return np.stack(np.divmod(place, feature_shape[-1]), axis=1)


def _too_narrow(layer: int, n_before: int, k: int) -> None:
    if layer == 1:
        raise DataError(
            f"the samples have {n_before} input bits, LUTs of k={k} need at least {k}: "
            "use a smaller k, or an encoder with more bits a feature"
        )
    raise ConfigError(
        f"layer {layer - 1} has {n_before} LUTs, but each LUT of layer {layer} reads k={k} "
        "distinct ones: make it wider or k smaller"
    )


def _line_windows(window: int, n_luts: int, n_before: int) -> tuple[Candidates, NDArray[np.int64]]:
    """Windows of consecutive signals, centred on the LUT's place in its own layer."""
    centre = (2 * np.arange(n_luts) + 1) * n_before // (2 * n_luts)
    start = np.clip(centre - window // 2, 0, n_before - window)
    return (np.arange(n_before), start), np.full(n_luts, window)


def _square_windows(
    window: int, k: int, n_luts: int, positions: NDArray[np.int64]
) -> tuple[Candidates, NDArray[np.int64]]:
    """Squares of pixels around each LUT's place on the image, LUTs in raster order.

    The side is chosen so that a square holds about `window` bits, at least k.
    """
    n_rows, n_columns = (positions.max(axis=0) + 1).tolist()
    bits_per_pixel = max(1, round(len(positions) / (n_rows * n_columns)))
    pixel = (2 * np.arange(n_luts) + 1) * (n_rows * n_columns) // (2 * n_luts)
    row, column = np.divmod(pixel, n_columns)
    for side in range(math.isqrt(max(1, window // bits_per_pixel) - 1) + 1, n_rows + n_columns):
        height, width = min(side, n_rows), min(side, n_columns)
        top = np.clip(row - height // 2, 0, n_rows - height)
        left = np.clip(column - width // 2, 0, n_columns - width)
        down = positions[None, :, 0] - top[:, None]
        right = positions[None, :, 1] - left[:, None]
        inside = (down >= 0) & (down < height) & (right >= 0) & (right < width)
        counts = inside.sum(axis=1)
        if counts.min() >= k:
            break
    flat = np.nonzero(inside)[1]
    return (flat, np.concatenate([[0], np.cumsum(counts)[:-1]])), counts


def _draw_distinct(
    k: int, candidates: Candidates, counts: NDArray[np.int64], seed: int, layer: int
) -> NDArray[np.int32]:
    """Draw k distinct candidates for each LUT (Floyd's algorithm, Bentley 1987), sorted.

    `candidates` holds a list of signals and, for each LUT, where its own ones start in it.
    """
    signals, start = candidates
    n_luts = counts.size
    key = randomness.keys(seed, _STREAM, layer, np.arange(n_luts))
    random = randomness.words(key, k)
    chosen = np.empty((n_luts, k), dtype=np.int64)
    for step in range(k):
        last = counts - k + step
        pick = randomness.below(random[:, step], (last + 1).astype(np.uint64)).astype(np.int64)
        taken = (chosen[:, :step] == pick[:, None]).any(axis=1)
        chosen[:, step] = np.where(taken, last, pick)
    wires: NDArray[np.int32] = signals[start[:, None] + chosen].astype(np.int32)
    wires.sort(axis=1)
    return wires
