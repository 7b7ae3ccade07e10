"""The number of fewest binary digits between two others: a threshold that is cheap to compare.

Any threshold above one training value and at most the next tells the training samples apart alike.
The one that is a multiple of the largest power of two needs the fewest bits in hardware, and a
fixed-point format that has it loses nothing.
"""

from __future__ import annotations

import math


def shortest(below: float, above: float) -> float:
    """Return the multiple of the largest power of two in (below, above].

    There is one only: of two neighbours one is a multiple of twice the power.

    Parameters
    ----------
    below, above : float
        Finite, and below less than above.
    """
    assert below < above
    if below < 0 <= above:
        return 0.0
    exponent = max(math.frexp(below)[1], math.frexp(above)[1])
    while True:  # ends at the last bit of the larger one; scaling it is exact
        exponent -= 1
        low, high = math.ldexp(below, -exponent), math.ldexp(above, -exponent)
        if below >= 0 and (multiple := math.floor(high)) > low:
            return math.ldexp(multiple, exponent)
        if below < 0 and (multiple := math.floor(low) + 1) < 0 and multiple <= high:
            return math.ldexp(multiple, exponent)
