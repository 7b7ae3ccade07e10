"""Patches of an image: the signals of one square of pixels, out of which a LUT's wires come.

What lies near each other belongs together in an image: a LUT whose wires come from a patch finds
less by chance, and its search is shorter by the signals outside.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lutgen.encode.encoder import Encoder
from lutgen.learn import randomness
from lutgen.learn.boost.views import check_image


class Patches:
    """All patches of some pixels a side.

    Parameters
    ----------
    encoder : Encoder
        What makes the signals.
    feature_shape : sequence of int
        (rows, columns) or (channels, rows, columns), features in C order.
    side : int
        Pixels a side; where the image has fewer, all of it.
    n_wires : int
        Signals that a patch has to hold at least. Patches of fewer, as at an edge that has no
        thresholds, are grown to all sides.

    Attributes
    ----------
    order : ndarray of shape (n_signals,), dtype=np.int32
        All signals, pixel after pixel.

    Raises
    ------
    ConfigError
        If the samples are no images.
    """

    def __init__(
        self, encoder: Encoder, feature_shape: Sequence[int], side: int, n_wires: int
    ) -> None:
        check_image(encoder, feature_shape, f"patch={side}")
        n_rows, n_columns = feature_shape[-2:]
        place = encoder.feature % (n_rows * n_columns)
        self.order = np.argsort(place, kind="stable").astype(np.int32)
        self._row, self._column = np.divmod(place[self.order], n_columns)
        self._shape, self._side, self._n_wires = (n_rows, n_columns), side, n_wires
        self._n_places = max(1, n_rows - side + 1), max(1, n_columns - side + 1)

    @property
    def n_signals(self) -> int:
        """Signals of a patch where all pixels have as many."""
        n_rows, n_columns = self._shape
        share = min(self._side, n_rows) * min(self._side, n_columns) / (n_rows * n_columns)
        return max(self._n_wires, round(self._row.size * share))

    def draw(self, key: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Return the signals of a patch, pixel after pixel, each patch as likely as any other."""
        bounds = np.array(self._n_places, dtype=np.uint64)
        row, column = randomness.below(randomness.words(key, 2)[0], bounds).astype(np.int64)
        margin = 0
        while True:
            inside = self._near(self._row, row, margin) & self._near(self._column, column, margin)
            if inside.sum() >= min(self._n_wires, inside.size):
                return self.order[inside]
            margin += 1

    def _near(self, place: NDArray[np.int64], first: int, margin: int) -> NDArray[np.bool_]:
        return (place >= first - margin) & (place < first + self._side + margin)
