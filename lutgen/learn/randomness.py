"""Counter-based random words: a draw depends on the seed and on its place, not on what came before.

So the wires and the fill bits of a LUT are the same whichever LUTs are learnt, in whatever order,
by however many threads, and with any version of NumPy. The generator is SplitMix64 (Steele, Lea
and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX1 = np.uint64(0xBF58476D1CE4E5B9)
MIX2 = np.uint64(0x94D049BB133111EB)

_ONE = np.uint64(1)


def mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return SplitMix64's output for each state."""
    state = (state ^ (state >> np.uint64(30))) * MIX1
    state = (state ^ (state >> np.uint64(27))) * MIX2
    return state ^ (state >> np.uint64(31))


def keys(seed: int, *path: ArrayLike) -> NDArray[np.uint64]:
    """Return a key for each place named by a path of numbers, e.g. (stream, layer, LUT).

    The numbers broadcast against each other as arrays do.
    """
    key = np.array([seed % (1 << 64)], dtype=np.uint64)
    for step in path:
        number = np.atleast_1d(np.asarray(step, dtype=np.uint64))
        key = mix(key + (number + _ONE) * GOLDEN)
    return key


def words(key: NDArray[np.uint64], n: int) -> NDArray[np.uint64]:
    """Return n random words for each key; shape (n_keys, n)."""
    counter = (np.arange(n, dtype=np.uint64) + _ONE) * GOLDEN
    return mix(key[:, None] + counter[None, :])


def words_at(key: np.uint64, places: NDArray[np.integer]) -> NDArray[np.uint64]:
    """Return the random words of one key at some places: of :func:`words`, these."""
    return mix(key + (places.astype(np.uint64) + _ONE) * GOLDEN)


def below(random: NDArray[np.uint64], bound: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return integers in [0, bound) made of random words; bounds up to 2^32."""
    return ((random >> np.uint64(32)) * bound) >> np.uint64(32)
