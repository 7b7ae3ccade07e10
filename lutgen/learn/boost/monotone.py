"""Scores that only rise, or only fall, with a feature: what entries add is made monotone.

A comparator rises with its feature, so a score is monotone where what each LUT adds is monotone in
the comparators of that feature. The wires are searched without regard to it; then what each entry
is wanted to add is projected onto what is monotone, before it is rounded to a level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import unpack_rows
from lutgen.encode.encoder import CODE, Encoder
from lutgen.errors import ConfigError
from lutgen.learn.boost.parameters import BoostParameters
from lutgen.model import Argmax, LutNetwork, Sum

Directions = NDArray[np.int8]
"""Of each feature, or of each signal: 1 where a score may only rise with it, -1 fall, 0 either."""

_MOST_SWEEPS = 32


def directions_of(asked: Any, n_features: int, names: Sequence[str] = ()) -> Directions:
    """Return the direction of each feature.

    Parameters
    ----------
    asked : mapping or sequence of int
        -1, 0 or 1 by a feature's name or number, or of each feature, as scikit-learn's
        ``monotonic_cst``.

    Raises
    ------
    ConfigError
        If there is no such feature, or a direction is none of -1, 0 and 1.
    """
    found = np.zeros(n_features, dtype=np.int8)
    if not isinstance(asked, Mapping):
        listed = list(asked)
        if len(listed) != n_features:
            raise ConfigError(f"{len(listed)} directions for {n_features} features; give one each")
        asked = dict(enumerate(listed))
    numbers = {name: number for number, name in enumerate(names)}
    for name, direction in asked.items():
        digits = str(name)
        number = numbers.get(digits, int(digits) if digits.isdecimal() else -1)
        if not 0 <= number < n_features:
            raise ConfigError(
                f"monotone: there is no feature {name!r}; there are {n_features}, "
                + (f"named {', '.join(names[:8])}" if numbers else "numbered from 0")
            )
        if direction not in (-1, 0, 1):
            raise ConfigError(
                f"monotone: the direction of feature {name!r} must be 1 (the score may only rise "
                f"with it), -1 (fall) or 0 (either), got {direction!r}"
            )
        found[number] = direction
    return found


def directions_of_signals(
    encoder: Encoder,
    directions: Directions | None,
    n_scores: int,
    parameters: BoostParameters,
    n_views: int,
) -> Directions | None:
    """Return the direction of each bit of an encoder; None if none is asked for.

    Raises
    ------
    ConfigError
        If the learner cannot keep to them: of several classes, in several layers, with images that
        are shifted, or where bits are no comparisons of the features.
    """
    if directions is None:
        return None
    faults = []
    if n_scores > 2:
        faults.append(f"{n_scores} classes have no common score: two have, and numbers")
    if parameters.layers > 1:
        faults.append("LUTs that read LUTs are not followed: layers must be 1")
    if n_views > 1:
        faults.append("pixels that are shifted, warped or mirrored have no direction")
    if parameters.popcount:
        faults.append("popcount counts all inputs alike")
    if encoder.kind == CODE or encoder.window is not None:
        faults.append("features have to be compared as they are, without a window")
    if faults:
        raise ConfigError("monotone: " + "; ".join(faults))
    is_number = np.isfinite(encoder.threshold)  # not the bit that says whether it is missing
    return np.where(is_number, directions[encoder.feature], 0).astype(np.int8)


def isotonic(
    wanted: NDArray[np.float64], trust: NDArray[np.float64], directions: Directions
) -> NDArray[np.float64]:
    """Return values near those wanted that are monotone in the address bits that have a direction.

    Of one such bit they are the nearest, by squares that count as they are trusted. Of more, pairs
    that are out of order are replaced by their mean, a bit after the other until none is left;
    where that takes long, by the larger.

    Parameters
    ----------
    wanted, trust : ndarray of shape (2^k,)
        What each entry is wanted to add; the trust above 0.
    directions : ndarray of shape (k,)
        Of each address bit, the lowest first.
    """
    k = directions.size
    values = wanted.astype(np.float64).reshape((2,) * k)
    weights = trust.reshape((2,) * k)
    pairs = []  # what the lower end of a bit reads, and the upper one
    for bit in np.flatnonzero(directions).tolist():
        ends = [(slice(None),) * (k - 1 - bit) + (end,) for end in (0, 1)]
        pairs.append(tuple(ends if directions[bit] > 0 else ends[::-1]))
    for _ in range(_MOST_SWEEPS):
        is_done = True
        for low, high in pairs:
            wrong = values[low] > values[high]
            if wrong.any():
                is_done = False
                total = weights[low] * values[low] + weights[high] * values[high]
                mean = total / (weights[low] + weights[high])
                for end in (low, high):
                    values[end] = np.where(wrong, mean, values[end])
        if is_done:
            break
    for low, high in pairs:
        values[high] = np.maximum(values[low], values[high])
    return values.reshape(-1)


def monotone_fault(network: LutNetwork, directions: Directions) -> str:
    """Return which LUTs break a direction, in words; "" if a look at every table finds none.

    LUTs on the same wires are looked at together: what they add is what counts.

    Parameters
    ----------
    network : LutNetwork
        Of one layer, each LUT reading bits of the encoder.
    directions : ndarray of shape (n_features,)
        Of each feature.
    """
    head, encoder = network.head, network.encoder
    assert isinstance(head, Argmax | Sum) and network.n_layers == 1
    weights = head.weights.astype(np.int64)
    if isinstance(head, Argmax):
        weights = weights[1:] - weights[:1]
    signals = np.where(np.isfinite(encoder.threshold), directions[encoder.feature], 0)
    added: dict[tuple[int, ...], NDArray[np.int64]] = {}
    for place, signal in enumerate(network.outputs.tolist()):
        lut = signal - network.n_inputs
        wires = tuple(network.lut_wires(lut).tolist())
        words = slice(network.table_offset[lut], network.table_offset[lut + 1])
        table = unpack_rows(network.tables[words][None], 1 << len(wires))[0].astype(np.int64)
        own = weights[:, place, None] * table
        added[wires] = added.get(wires, 0) + own
    for wires, values in added.items():
        for bit, wire in enumerate(wires):
            if not signals[wire]:
                continue
            pairs = values.reshape(len(values), -1, 2, 1 << bit)
            if ((pairs[:, :, 1] - pairs[:, :, 0]) * signals[wire] < 0).any():
                feature = int(encoder.feature[wire])
                return f"the LUTs on the signals {wires} break the direction of feature {feature}"
    return ""
