"""Views of an image: the same signals seen as if the image were shifted, or mirrored.

The learner sees every training sample in every view (augmentation). A view is a renumbering of
signals, so no sample is copied or encoded anew.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lutgen.encode.encoder import Encoder
from lutgen.errors import ConfigError

MAX_SHIFT = 4


def image_views(
    encoder: Encoder, feature_shape: Sequence[int], distance: int, mirror: bool = False
) -> NDArray[np.int32]:
    """Return the views of an image that is shifted by up to `distance` pixels, and mirrored.

    Parameters
    ----------
    encoder : Encoder
        What makes the signals.
    feature_shape : sequence of int
        (rows, columns) or (channels, rows, columns), features in C order; may be empty where
        `distance` is 0 and nothing is mirrored.
    distance : int
        Largest number of pixels, rows and columns together; 0 leaves the image as it is alone.
    mirror : bool
        After these, the same of the image with left and right exchanged.

    Returns
    -------
    ndarray of shape (n_views, n_signals), dtype=np.int32
        The signal that stands where signal s was, or -1 (zero) where the image ends or the other
        pixel has no signal; view 0 is the image itself. Where two pixels have different
        thresholds, the nearest one is taken.

    Raises
    ------
    ConfigError
        If the samples are no images, or `distance` is out of its range.
    """
    if not 0 <= distance <= MAX_SHIFT:
        raise ConfigError(f"shift must be 0 to {MAX_SHIFT} pixels, got {distance}")
    itself = np.arange(encoder.n_bits, dtype=np.int32)
    if distance == 0 and not mirror:
        return itself[None, :]
    if encoder.window is not None:
        raise ConfigError("shift and mirror are of images; the samples are windows of a series")
    check_image(encoder, feature_shape, f"shift={distance}" if distance else "mirror")
    steps = range(-distance, distance + 1)
    shifts = [(dy, dx) for dy in steps for dx in steps if abs(dy) + abs(dx) <= distance]
    shifts.sort(key=lambda shift: (abs(shift[0]) + abs(shift[1]), shift))
    return np.stack(
        [
            _view(encoder, feature_shape, dy, dx, mirrored)
            for mirrored in ((False, True) if mirror else (False,))
            for dy, dx in shifts
        ]
    )


def check_image(encoder: Encoder, feature_shape: Sequence[int], what: str) -> None:
    """Refuse what needs images where the samples are none."""
    if len(feature_shape) not in (2, 3) or math.prod(feature_shape) != encoder.n_features:
        raise ConfigError(
            f"{what} needs images: a feature shape (rows, columns) or (channels, rows, columns) "
            f"of {encoder.n_features} features, got {tuple(feature_shape)}"
        )


def _view(
    encoder: Encoder, shape: Sequence[int], dy: int, dx: int, mirrored: bool
) -> NDArray[np.int32]:
    n_rows, n_columns = shape[-2:]
    channel, place = np.divmod(encoder.feature, n_rows * n_columns)
    row, column = np.divmod(place, n_columns)
    row, column = row - dy, column - dx
    inside = (row >= 0) & (row < n_rows) & (column >= 0) & (column < n_columns)
    if mirrored:
        column = n_columns - 1 - column
    source = (channel * n_rows + row) * n_columns + column
    order = np.argsort(encoder.feature, kind="stable")
    first = np.searchsorted(encoder.feature[order], np.arange(encoder.n_features + 1))
    view = np.full(encoder.n_bits, -1, dtype=np.int32)
    nearest = np.full(encoder.n_bits, np.inf)
    wanted = encoder.threshold
    is_missing = wanted == np.inf  # what tells whether the pixel is missing
    inside_source = np.where(inside, source, 0)
    start, stop = first[inside_source], first[inside_source + 1]
    for i in range(int((stop - start).max(initial=0))):  # the first of the nearest
        candidate = order[np.minimum(start + i, order.size - 1)]
        fits = inside & (start + i < stop) & (is_missing[candidate] == is_missing)
        with np.errstate(invalid="ignore"):
            distance = np.where(is_missing, 0.0, np.abs(wanted[candidate] - wanted))
        better = fits & ((view < 0) | (distance < nearest))
        view[better], nearest[better] = candidate[better], distance[better]
    return view
