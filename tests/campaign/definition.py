"""What a network answers, straight from the definition: plain numbers, one sample at a time.

Nothing of it is taken from lutgen's own evaluation: comparisons are made of fractions, tables are
looked up entry by entry, scores are sums of integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from lutgen.encode.formats import FeatureFormat
from lutgen.model import Argmax, LutNetwork, Sum
from lutgen.model.network import ONE, ZERO


def answer(network: LutNetwork, values: Sequence[Fraction | float]) -> Any:
    """Return the answer to the values of a sample's features: a label, numbers or bits."""
    encoder = network.encoder
    signals = [
        int(Fraction(values[feature]) >= Fraction(threshold))
        for feature, threshold in zip(
            encoder.feature.tolist(), encoder.threshold.tolist(), strict=True
        )
    ]
    for lut in range(network.n_luts):
        wires = network.lut_wires(lut).tolist()
        address = sum(signals[wire] << place for place, wire in enumerate(wires))
        signals.append(network.lut_init(lut) >> address & 1)
    constants = {ZERO: 0, ONE: 1}
    bits = [
        constants[output] if output in constants else signals[output]
        for output in network.outputs.tolist()
    ]
    head = network.head
    if not isinstance(head, Argmax | Sum):
        return bits
    scores = [
        start + sum(weight * bit for weight, bit in zip(weights, bits, strict=True))
        for weights, start in zip(head.weights.tolist(), head.bias.tolist(), strict=True)
    ]
    if isinstance(head, Argmax):
        return head.classes.tolist()[scores.index(max(scores))]
    numbers = [score * head.scale + head.offset for score in scores]
    return numbers[0] if len(numbers) == 1 else numbers


def coded(item: FeatureFormat, number: float) -> Fraction:
    """Return the value of the code that a number becomes; NaN becomes the code of missing ones."""
    if number != number:  # noqa: PLR0124 - NaN
        assert item.missing is not None
        return item.value(item.missing)
    scale, offset = Fraction(item.scale), Fraction(item.offset)
    least, largest = item.least, item.largest
    if item.missing is not None:
        least, largest = least + (item.missing == least), largest - (item.missing == largest)
    code = (Fraction(number) - offset) / scale
    return scale * min(max(code.__floor__(), least), largest) + offset
