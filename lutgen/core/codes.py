"""Formats of features whose encoder gives the bits of a number (:data:`lutgen.encode.CODE`).

Such a bit is a wire of the feature's code where the code's steps are a power of two and begin at 0.
It is what the model says as long as the number lies in the range of the format: beyond it the code
stays at its end, where the model's bits go round.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from lutgen.encode.formats import MAX_WIDTH, FeatureFormat
from lutgen.errors import ConfigError
from lutgen.model import LutNetwork


def code_losses(
    network: LutNetwork, used: Sequence[int], formats: Sequence[FeatureFormat]
) -> Iterator[tuple[int, str]]:
    """Yield feature and words of each bit of a number that formats lose.

    Parameters
    ----------
    used : sequence of int
        Bits of the encoder that reach the answer.

    Raises
    ------
    ConfigError
        If the codes of a format have no such bits.
    """
    encoder = network.encoder
    told: set[int] = set()
    for bit in used:
        feature, weight = int(encoder.feature[bit]), float(encoder.threshold[bit])
        item = formats[feature]
        place = item.place(weight)
        if place < 0:
            yield feature, f"the bit of {weight:g} is finer than its steps of {item.scale:g}"
        elif encoder.seen is None and place >= item.width:
            yield feature, f"the bit of {weight:g} lies beyond its {item.width} bit(s)"
        elif encoder.seen is not None and feature not in told:
            low, high = float(encoder.seen.low[feature]), float(encoder.seen.high[feature])
            if not item.least <= low / item.scale <= high / item.scale < item.largest + 1:
                told.add(feature)
                reach = f"{float(item.value(item.least)):g} to {float(item.value(item.largest)):g}"
                yield feature, f"numbers from {low:g} to {high:g} lie outside its range, {reach}"


def smallest_of_codes(network: LutNetwork, used: Sequence[int]) -> list[FeatureFormat | None]:
    """Return the smallest format of each feature that loses no bit; None where it is too wide.

    Raises
    ------
    ConfigError
        If the model does not say what range its numbers have.
    """
    encoder = network.encoder
    if encoder.seen is None:
        raise ConfigError("input format auto: the model does not say what range its numbers have")
    weights: dict[int, float] = {}
    for bit in used:
        feature, weight = int(encoder.feature[bit]), float(encoder.threshold[bit])
        weights[feature] = min(weight, weights.get(feature, weight))
    formats: list[FeatureFormat | None] = []
    for feature in range(encoder.n_features):
        if feature not in weights:
            formats.append(FeatureFormat(1))
            continue
        scale = weights[feature]
        ends = [encoder.seen.low[feature], encoder.seen.high[feature]]
        first, last = (math.floor(float(end) / scale) if np.isfinite(end) else 0 for end in ends)
        signed = first < 0
        width = max(last, -1 - first if signed else 0).bit_length() + signed
        fits = width <= MAX_WIDTH
        formats.append(FeatureFormat(max(width, 1), signed, scale) if fits else None)
    return formats
