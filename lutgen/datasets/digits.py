"""The 8x8 digits that scikit-learn bundles: real images that need no download."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def read_digits() -> tuple[NDArray[np.uint8], NDArray[Any]]:
    """Return the images, shape (1797, 8, 8), values 0 to 16, and the digits, shape (1797,)."""
    # Importing scikit-learn takes most of a second, which only users of this set should wait for.
    from sklearn.datasets import load_digits  # noqa: PLC0415

    digits = load_digits()
    return digits.images.astype(np.uint8), digits.target.astype(np.uint8)
