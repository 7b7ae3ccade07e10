"""Fixed-point formats: how a feature comes in as a number of a few bits, its code.

``code = floor((x - offset) / scale)``, saturating at both ends. A comparison ``x >= threshold``
becomes ``code >= T`` with ``T = ceil((threshold - offset) / scale)``, all in exact arithmetic: for
a whole number n, ``(x - offset) / scale >= n`` where and only where
``floor((x - offset) / scale) >= n``. So a code passes where its value ``scale * code + offset``
does, and only numbers between the threshold and the value of T are told otherwise than before.
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.bits import MAX_FAN_IN
from lutgen.errors import ConfigError, DataError

MAX_WIDTH = 24
GRAMMAR = (
    "u8 or s12 (unsigned, two's complement), q4.8 or uq4.8 (bits before and after the point; the "
    "sign is one of the 4), each with :scale=NUMBER (not after q), :offset=NUMBER and "
    ":missing=CODE, e.g. u8:scale=0.5:offset=-64"
)

_WHOLE = re.compile(r"([us])(\d{1,3})")
_POINT = re.compile(r"(u?q)(\d{1,3})\.(\d{1,3})")
_POWER = re.compile(r"2\^(-?\d{1,4})")
_OPTIONS = ("scale", "offset", "missing")
_LONG = 8  # characters
_NEAR, _TINY = 2.0**-50, 2.0**-900  # more than what two roundings lose


@dataclass(frozen=True)
class FeatureFormat:
    """A feature as a number of a few bits.

    Parameters
    ----------
    width : int
        Bits, 1 to 24.
    signed : bool
        Two's complement; else unsigned.
    scale, offset : float
        The value of a code is ``scale * code + offset``; the scale is above zero.
    missing : int or None
        Code of NaN, the least or the largest; no number has it. What it becomes is the encoder's to
        say; where that says nothing, it compares as its value does. None: NaN has no code.

    Raises
    ------
    ConfigError
        If one of them is out of its range.
    """

    width: int
    signed: bool = False
    scale: float = 1.0
    offset: float = 0.0
    missing: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.width <= MAX_WIDTH:
            raise ConfigError(f"a feature must have 1 to {MAX_WIDTH} bits, got {self.width}")
        if not (0 < self.scale < math.inf and math.isfinite(self.offset)):
            raise ConfigError(
                f"the scale of a feature must be above 0, and scale and offset finite; got "
                f"{self.scale:g} and {self.offset:g}"
            )
        if max(abs(self.value(self.least)), abs(self.value(self.largest))) > sys.float_info.max:
            raise ConfigError(
                f"codes of {self.width} bits reach beyond all float64 with a scale of "
                f"{self.scale:g} and an offset of {self.offset:g}; give smaller ones"
            )
        object.__setattr__(self, "scale", float(self.scale))  # 1 and 1.0 have one spelling
        object.__setattr__(self, "offset", self.offset + 0.0)  # as 0.0 and -0.0 have
        if self.missing is None:
            return
        if self.width < 2 or self.missing not in (self.least, self.largest):
            raise ConfigError(
                f"the code of missing values must be the least or the largest, {self.least} or "
                f"{self.largest}, of 2 bits or more, such that no number has it; got "
                f"{self.missing} of {self.width} bit(s)"
            )

    @classmethod
    def parse(cls, text: str) -> FeatureFormat:
        """Read a format as :data:`GRAMMAR` has it; ``str`` of a format is read back as the same.

        Raises
        ------
        ConfigError
            If it is not of that form, or a number is out of its range.
        """
        head, *pairs = text.strip().lower().split(":")
        whole, point = _WHOLE.fullmatch(head), _POINT.fullmatch(head)
        options: dict[str, str] = {}
        for pair in pairs:
            name, sign, value = pair.partition("=")
            if not sign or name not in _OPTIONS or name in options:
                raise _unreadable(text, f"{pair!r} is none of {', '.join(_OPTIONS)}, once each")
            options[name] = value
        if whole:
            width, signed, scale = int(whole[2]), whole[1] == "s", 1.0
        elif point:
            if "scale" in options:
                raise _unreadable(text, "the point says the scale already")
            signed, before, after = point[1] == "q", int(point[2]), int(point[3])
            if signed and not before:
                raise _unreadable(text, "the sign takes one bit before the point")
            width, scale = before + after, 2.0**-after
        else:
            raise _unreadable(text, f"{head!r} says no width")
        missing = options.get("missing")
        if missing is not None and not re.fullmatch(r"-?\d{1,9}", missing):
            raise _unreadable(text, f"the code {missing!r} is no whole number")
        try:
            return cls(
                width,
                signed,
                _number(text, options["scale"]) if "scale" in options else scale,
                _number(text, options.get("offset", "0")),
                None if missing is None else int(missing),
            )
        except ConfigError as error:
            raise ConfigError(f"input format {text!r}: {error}") from error

    @property
    def least(self) -> int:
        """The least code."""
        return -(1 << self.width >> 1) if self.signed else 0

    @property
    def largest(self) -> int:
        """The largest code."""
        return self.least + (1 << self.width) - 1

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the largest code that a number can have."""
        return self.least + (self.missing == self.least), self.largest - (
            self.missing == self.largest
        )

    def value(self, code: int) -> Fraction:
        """Return the value of a code, exactly."""
        return Fraction(self.scale) * code + Fraction(self.offset)

    def threshold_code(self, threshold: float) -> int:
        """Return T such that a code passes the threshold if it is T or more; see the module.

        No code passes infinity: then it is one past the largest.
        """
        if threshold == math.inf:
            return self.largest + 1
        return math.ceil((Fraction(threshold) - Fraction(self.offset)) / Fraction(self.scale))

    def place(self, weight: float) -> int:
        """Return which bit of a code counts a power of two; below 0, and from `width` on, none.

        Raises
        ------
        ConfigError
            If the codes have no such bits: their steps are no power of two, do not begin at 0, or
            one stands for missing values.
        """
        if self.offset or self.missing is not None or math.frexp(self.scale)[0] != 0.5:
            raise ConfigError(
                f"input format {self}: the model reads bits of numbers, so the scale must be a "
                "power of two, without offset and without a code for missing values, e.g. q2.6"
            )
        return math.frexp(weight)[1] - math.frexp(self.scale)[1]

    def rank(self, threshold: float) -> int:
        """Return how many codes do not pass a threshold, 0 to 2^width."""
        return min(max(self.threshold_code(threshold) - self.least, 0), 1 << self.width)

    def comparator(self, threshold: float, missing: bool | None = None) -> int:
        """Return the truth table of ``code >= T`` over the bits of a code, bit 0 first.

        The format may have 16 bits, as a LUT does.

        Parameters
        ----------
        missing : bool, optional
            Value at the code of missing values, where the format has one.
        """
        assert self.width <= MAX_FAN_IN
        n_codes = 1 << self.width
        rank = self.rank(threshold)
        table = ((1 << n_codes) - 1) >> rank << rank
        if self.signed:
            half = n_codes // 2  # the codes below zero come first by rank, but last by bits
            table = table >> half | (table & ((1 << half) - 1)) << half
        if self.missing is not None and missing is not None:
            place = self.missing & (n_codes - 1)
            table = table & ~(1 << place) | missing << place
        return table

    def codes(self, values: ArrayLike) -> NDArray[np.int64]:
        """Return the code of each number, of any shape; the floor is exact.

        Raises
        ------
        DataError
            If one is NaN and the format has no code for it.
        """
        numbers = np.asarray(values, dtype=np.float64)
        nan = np.isnan(numbers)
        if nan.any() and self.missing is None:
            raise DataError(
                f"NaN has no code in the format {self}; replace it, or reserve a code with "
                ":missing=CODE"
            )
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            shifted = numbers - self.offset
            quotient = shifted / self.scale
            near = np.abs(quotient - np.rint(quotient)) <= _NEAR * np.abs(quotient) + _TINY
            near &= np.abs(quotient) <= float(1 << (MAX_WIDTH + 2))
            near &= ~self._is_exact(numbers, shifted, quotient)
            low, high = self.limits
            codes = np.clip(np.floor(quotient), low, high)
        codes = np.where(nan, low if self.missing is None else self.missing, codes)
        result: NDArray[np.int64] = codes.astype(np.int64)
        if near.any():
            distinct, places = np.unique(numbers[near], return_inverse=True)
            exact = [min(max(self._floor(number), low), high) for number in distinct.tolist()]
            result[near] = np.array(exact, dtype=np.int64)[places]
        return result

    def _is_exact(
        self,
        numbers: NDArray[np.float64],
        shifted: NDArray[np.float64],
        quotient: NDArray[np.float64],
    ) -> NDArray[np.bool_]:
        """Return where nothing was rounded: the error of the difference is 0 (Knuth's TwoSum)."""
        if math.frexp(self.scale)[0] != 0.5:  # no power of two
            return np.zeros(numbers.shape, dtype=bool)
        back = shifted - numbers
        error = (numbers - (shifted - back)) + (-self.offset - back)
        is_small = (np.abs(quotient) <= _TINY) & (shifted != 0)
        return np.asarray((error == 0) & ~is_small)

    def _floor(self, number: float) -> int:
        return math.floor((Fraction(number) - Fraction(self.offset)) / Fraction(self.scale))

    def __str__(self) -> str:
        text = f"{'s' if self.signed else 'u'}{self.width}"
        text += f":scale={_spell(self.scale)}" if self.scale != 1 else ""
        text += f":offset={_spell(self.offset)}" if self.offset else ""
        return text + (f":missing={self.missing}" if self.missing is not None else "")


def _spell(number: float) -> str:
    """Return a short spelling that is read back as the same number: 64, 0.25, 2^-20, 0.1."""
    whole = number.is_integer() and abs(number) < 1e15
    text = str(int(number)) if whole else repr(float(number))
    half, exponent = math.frexp(number)
    return f"2^{exponent - 1}" if half == 0.5 and len(text) > _LONG else text


def _number(text: str, value: str) -> float:
    if power := _POWER.fullmatch(value):
        return math.ldexp(1.0, int(power[1])) if int(power[1]) < 1024 else math.inf
    try:
        return float(value)
    except ValueError as error:
        raise _unreadable(text, f"{value!r} is no number") from error


def _unreadable(text: str, why: str) -> ConfigError:
    return ConfigError(f"input format {text!r}: {why}; a format is {GRAMMAR}")
