"""Fixed-point formats: how a feature comes in as a number of a few bits, its code.

``code = floor((x - offset) / scale)``. A comparison ``x >= threshold`` becomes ``code >= T`` with
``T = ceil((threshold - offset) / scale)``, in exact arithmetic: for a whole number n,
``(x - offset) / scale >= n`` where and only where ``floor((x - offset) / scale) >= n``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from lutgen.bits import MAX_FAN_IN
from lutgen.errors import ConfigError

MAX_WIDTH = MAX_FAN_IN


@dataclass(frozen=True)
class FeatureFormat:
    """A feature as a number of a few bits.

    Parameters
    ----------
    width : int
        Bits, 1 to 16.
    signed : bool
        Two's complement; else unsigned.
    scale, offset : float
        The value of a code is ``scale * code + offset``; the scale is above zero.

    Raises
    ------
    ConfigError
        If one of them is out of its range.
    """

    width: int
    signed: bool = False
    scale: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.width <= MAX_WIDTH:
            raise ConfigError(f"a feature must have 1 to {MAX_WIDTH} bits, got {self.width}")
        if not (0 < self.scale < math.inf and math.isfinite(self.offset)):
            raise ConfigError(
                f"the scale of a feature must be above 0, and scale and offset finite; got "
                f"{self.scale:g} and {self.offset:g}"
            )

    @property
    def least(self) -> int:
        """The least code."""
        return -(1 << self.width >> 1) if self.signed else 0

    @property
    def largest(self) -> int:
        """The largest code."""
        return self.least + (1 << self.width) - 1

    def threshold_code(self, threshold: float) -> int:
        """Return T such that a code passes the threshold if it is T or more; see the module."""
        return math.ceil((Fraction(threshold) - Fraction(self.offset)) / Fraction(self.scale))

    def comparator(self, threshold: float) -> int:
        """Return the truth table of ``code >= T`` over the bits of a code, bit 0 first."""
        n_codes = 1 << self.width
        rank = min(max(self.threshold_code(threshold) - self.least, 0), n_codes)
        table = ((1 << n_codes) - 1) >> rank << rank
        if not self.signed:
            return table
        half = n_codes // 2  # the codes below zero come first by rank, but last by bits
        return table >> half | (table & ((1 << half) - 1)) << half

    def __str__(self) -> str:
        text = f"{'s' if self.signed else 'u'}{self.width}"
        text += f":scale={self.scale:g}" if self.scale != 1 else ""
        return text + (f":offset={self.offset:g}" if self.offset else "")
