"""Views of an image: the same signals seen as if the image were shifted, warped, or mirrored.

The learner sees every training sample in every view (augmentation). A view is a renumbering of
signals, so no sample is copied or encoded anew: each pixel of a warped image is the nearest of the
image.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lutgen.encode.encoder import Encoder
from lutgen.errors import ConfigError

MAX_SHIFT, MAX_WARP = 4, 4.0
_TURN, _ZOOM, _SLANT = math.radians(7), 0.08, 0.15

Places = NDArray[np.int64]
_Map = tuple[tuple[float, float], tuple[float, float]]
_ITSELF: _Map = (1.0, 0.0), (0.0, 1.0)


def image_views(
    encoder: Encoder,
    feature_shape: Sequence[int],
    distance: int,
    mirror: bool = False,
    warp: float = 0.0,
) -> NDArray[np.int32]:
    """Return the views of an image that is shifted by up to `distance` pixels, warped, mirrored.

    Parameters
    ----------
    encoder : Encoder
        What makes the signals.
    feature_shape : sequence of int
        (rows, columns) or (channels, rows, columns), features in C order; may be empty where
        `distance` and `warp` are 0 and nothing is mirrored.
    distance : int
        Largest number of pixels, rows and columns together; 0 leaves the image as it is alone.
    mirror : bool
        After all others, the same of the image with left and right exchanged.
    warp : float
        After the shifted views, six in place: turned by 7 degrees, larger and smaller by 8 %, and
        slanted by 0.15 pixels a row, both ways, each times this; 0: none.

    Returns
    -------
    ndarray of shape (n_views, n_signals), dtype=np.int32
        The signal that stands where signal s was, or -1 (zero) where the image ends or the other
        pixel has no signal; view 0 is the image itself. Where two pixels have different
        thresholds, the nearest one is taken.

    Raises
    ------
    ConfigError
        If the samples are no images, or `distance` or `warp` is out of its range.
    """
    if not 0 <= distance <= MAX_SHIFT:
        raise ConfigError(f"shift must be 0 to {MAX_SHIFT} pixels, got {distance}")
    if not 0 <= warp <= MAX_WARP:
        raise ConfigError(f"warp must be 0 to {MAX_WARP:g}, got {warp:g}")
    itself = np.arange(encoder.n_bits, dtype=np.int32)
    asked = {f"shift={distance}": distance, f"warp={warp:g}": warp, "mirror": mirror}
    if not any(asked.values()):
        return itself[None, :]
    if encoder.window is not None:
        raise ConfigError(
            "shift, warp and mirror are of images; the samples are windows of a series"
        )
    check_image(encoder, feature_shape, next(name for name, value in asked.items() if value))
    steps = range(-distance, distance + 1)
    shifts = [(dy, dx) for dy in steps for dx in steps if abs(dy) + abs(dx) <= distance]
    shifts.sort(key=lambda shift: (abs(shift[0]) + abs(shift[1]), shift))
    moves = [*((_ITSELF, shift) for shift in shifts), *((of, (0, 0)) for of in _warps(warp))]
    return np.stack(
        [
            _view(encoder, feature_shape, *move, mirrored)
            for mirrored in ((False, True) if mirror else (False,))
            for move in moves
        ]
    )


def _warps(warp: float) -> list[_Map]:
    """Return where pixels of warped images come from: maps of (row, column) about the middle."""
    maps: list[_Map] = []
    for way in (warp, -warp) if warp else ():
        turn, larger, slant = way * _TURN, (1 + _ZOOM) ** way, way * _SLANT
        maps += [
            ((math.cos(turn), -math.sin(turn)), (math.sin(turn), math.cos(turn))),
            ((1 / larger, 0.0), (0.0, 1 / larger)),
            ((1.0, 0.0), (slant, 1.0)),
        ]
    return maps


def _moved(row: Places, column: Places, shape: Sequence[int], of: _Map) -> tuple[Places, Places]:
    """Return the nearest pixels of what a map makes of pixels; halves go up."""
    middle = [(n - 1) / 2 for n in shape[-2:]]
    y, x = row - middle[0], column - middle[1]
    places = [a * y + b * x + at for (a, b), at in zip(of, middle, strict=True)]
    # rounded first, so that the last digits of a cosine, which are the machine's own, tell nothing
    rows, columns = (np.floor(np.round(place, 6) + 0.5).astype(np.int64) for place in places)
    return rows, columns


def check_image(encoder: Encoder, feature_shape: Sequence[int], what: str) -> None:
    """Refuse what needs images where the samples are none."""
    if len(feature_shape) not in (2, 3) or math.prod(feature_shape) != encoder.n_features:
        raise ConfigError(
            f"{what} needs images: a feature shape (rows, columns) or (channels, rows, columns) "
            f"of {encoder.n_features} features, got {tuple(feature_shape)}"
        )


def _view(
    encoder: Encoder, shape: Sequence[int], of: _Map, shift: tuple[int, int], mirrored: bool
) -> NDArray[np.int32]:
    n_rows, n_columns = shape[-2:]
    channel, place = np.divmod(encoder.feature, n_rows * n_columns)
    row, column = np.divmod(place, n_columns)
    row, column = _moved(row - shift[0], column - shift[1], shape, of)
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
