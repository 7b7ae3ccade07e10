"""Windows over series: the last steps of some channels as numbers, and whole numbers out of them.

A sample of a model with a window is a row of `length` steps of all channels, the oldest first:
column ``step * n_channels + channel``. Each value is taken as the code of its channel's number
format, and what the encoder compares are sums and differences of codes. So nothing is rounded but
there, and a shift register with adders in front of the comparators computes the very same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.encode.formats import GRAMMAR, MAX_WIDTH, FeatureFormat
from lutgen.errors import ConfigError, DataError

LAGS, DIFFERENCES, SUMS = "lags", "differences", "sums"
KINDS = (LAGS, DIFFERENCES, SUMS)
SPECS = (
    f"STEPS[:KINDS[:FORMAT]], KINDS of {', '.join(KINDS)} (default: all), FORMAT the number that "
    "each value comes in as, e.g. 8 or 16:lags,sums:s10"
)
MAX_LENGTH = 4096
_EXACT_BITS = 12  # whole numbers of so many bits come in as they are
_BITS = 8  # of all others


@dataclass(frozen=True)
class Term:
    """A number made of a window: the sum of some columns' codes, less that of others."""

    name: str
    plus: tuple[int, ...]
    minus: tuple[int, ...] = ()


@dataclass(frozen=True)
class Window:
    """What is made of the last steps of a series.

    Parameters
    ----------
    length : int
        Steps, the present one among them; 2 or more.
    kinds : tuple of {"lags", "differences", "sums"}
        Lags: the value of each step. Differences: each step less the one before it. Sums: over the
        newest 2, 4, 8 … steps, and over all.
    formats : tuple of FeatureFormat
        The number that a value of each channel comes in as.
    channels : tuple of str
        A name for each channel; empty where nobody gave any. No part of the function.

    Raises
    ------
    ConfigError
        If one of them is out of its range, or a sum has more bits than a feature may have.
    """

    length: int
    kinds: tuple[str, ...]
    formats: tuple[FeatureFormat, ...]
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        faults = []
        if not 2 <= self.length <= MAX_LENGTH:
            faults.append(f"it must have 2 to {MAX_LENGTH} steps, got {self.length}")
        if not self.kinds or tuple(kind for kind in KINDS if kind in self.kinds) != self.kinds:
            faults.append(
                f"what is made of it must be some of {', '.join(KINDS)}, in this order, once each; "
                f"got {', '.join(self.kinds)}"
            )
        if not self.formats:
            faults.append("it needs a channel")
        elif len(self.channels) not in (0, len(self.formats)):
            faults.append(f"{len(self.channels)} names for {len(self.formats)} channels")
        if any(item.missing is not None for item in self.formats):
            faults.append("a sum knows no missing values: formats cannot have a code for them")
        if not faults and (widest := max(self._width(term) for term in self.terms)) > MAX_WIDTH:
            faults.append(
                f"a sum would have {widest} bits, at most {MAX_WIDTH} go; take a shorter window or "
                "a narrower format"
            )
        if faults:
            raise ConfigError("window: " + "; ".join(faults))

    @classmethod
    def fit(cls, spec: str, X: ArrayLike, channels: Sequence[str] = ()) -> Window:
        """Return the window that a text asks for, its formats fitted on training samples.

        Parameters
        ----------
        spec : str
            See :data:`SPECS`. Without a format, whole numbers of up to 12 bits come in as they are;
            of other values 8 bits span what the samples of the channel have.
        X : array-like of shape (n_samples, length * n_channels)
            Samples, see the module.
        channels : sequence of str
            Names of the channels.

        Raises
        ------
        ConfigError
            If `spec` is not of that form.
        DataError
            If the samples are no windows of that length.
        """
        length, kinds, form = parse_window(spec)
        rows = np.asarray(X)
        if rows.ndim != 2 or not rows.size or rows.shape[1] % length:
            raise DataError(
                f"window {spec!r}: a sample has {length} steps of as many values each, the oldest "
                f"first, got samples of shape {rows.shape}"
            )
        columns = rows.reshape(-1, rows.shape[1] // length)
        formats = tuple(
            form or _format_of(columns[:, channel], channel) for channel in range(columns.shape[1])
        )
        return cls(length, kinds, formats, tuple(channels))

    @property
    def spelling(self) -> str:
        """The function in one line: what :meth:`fit` takes, a format for each channel."""
        return ":".join([str(self.length), ",".join(self.kinds), " ".join(map(str, self.formats))])

    @property
    def n_channels(self) -> int:
        """Values of a step."""
        return len(self.formats)

    @property
    def n_columns(self) -> int:
        """Values of a sample."""
        return self.length * self.n_channels

    @property
    def column_formats(self) -> tuple[FeatureFormat, ...]:
        """The format of each column of a sample."""
        return self.formats * self.length

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """A name for each column of a sample: ``x0[t-1]`` is channel x0 a step ago."""
        names = self.channels or tuple(f"x{channel}" for channel in range(self.n_channels))
        return column_names(names, self.length)

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """The numbers that are made of a sample, which the encoder compares."""
        found, n = [], self.n_channels
        if LAGS in self.kinds:
            found += [Term(name, (place,)) for place, name in enumerate(self.column_names)]
        if DIFFERENCES in self.kinds:
            found += [
                Term(f"{self.column_names[place]}-{self.column_names[place - n]}", (place,),
                     (place - n,))
                for place in range(n, self.n_columns)
            ]  # fmt: skip
        if SUMS in self.kinds:
            names = self.channels or tuple(f"x{channel}" for channel in range(n))
            found += [
                Term(f"sum {names[channel]}[t{1 - steps}..t]",
                     tuple(range(self.n_columns - steps * n + channel, self.n_columns, n)))
                for steps in _spans(self.length)
                for channel in range(n)
            ]  # fmt: skip
        return tuple(found)

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """A name for each number that the encoder compares."""
        return tuple(term.name for term in self.terms)

    @cached_property
    def feature_formats(self) -> tuple[FeatureFormat, ...]:
        """The numbers that the encoder compares: whole, of the bits that their range needs."""
        return tuple(
            FeatureFormat(max(self._width(term), 1), self.range_of(term)[0] < 0)
            for term in self.terms
        )

    def range_of(self, term: Term) -> tuple[int, int]:
        """Return the least and the largest value of a number."""
        formats = self.column_formats
        low = sum(formats[place].least for place in term.plus)
        low -= sum(formats[place].largest for place in term.minus)
        high = sum(formats[place].largest for place in term.plus)
        high -= sum(formats[place].least for place in term.minus)
        return low, high

    def _width(self, term: Term) -> int:
        low, high = self.range_of(term)
        return max(high, -1 - low if low < 0 else 0).bit_length() + (low < 0)

    def rows(self, series: ArrayLike, *, full: bool = False) -> NDArray[Any]:
        """Return a sample for each step of a series; see :func:`sliding`."""
        return sliding(series, self.length, full=full)

    def codes(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return samples of shape (n_samples, n_columns) as codes.

        Raises
        ------
        DataError
            If they are of another width, or a value is NaN.
        """
        matrix = np.asarray(X)
        if matrix.ndim != 2 or matrix.shape[1] != self.n_columns:
            raise DataError(self.other_width(matrix))
        codes = np.empty(matrix.shape, dtype=np.int64)
        for channel, item in enumerate(self.formats):
            own = slice(channel, None, self.n_channels)
            try:
                codes[:, own] = item.codes(matrix[:, own])
            except DataError as error:
                title = self.channels[channel] if self.channels else f"channel {channel}"
                raise DataError(f"{title}: {error}") from error
        return codes

    def other_width(self, matrix: NDArray[Any]) -> str:
        """Return in words what is wrong with samples of another width."""
        return (
            f"a sample is a window of {self.length} steps of {self.n_channels} value(s), "
            f"{self.n_columns} columns, got samples of shape {matrix.shape}; Window.rows makes "
            "them of a series"
        )

    def combine(self, codes: NDArray[Any]) -> NDArray[np.int32]:
        """Return the numbers that are made of codes, shape (n_samples, n_terms)."""
        made = np.empty((len(codes), len(self.terms)), dtype=np.int32)
        for place, term in enumerate(self.terms):
            plus, minus = codes[:, list(term.plus)], codes[:, list(term.minus)]
            made[:, place] = plus.sum(axis=1) - minus.sum(axis=1)
        return made

    def features(self, X: ArrayLike) -> NDArray[np.int32]:
        """Return what the encoder compares, of samples as :meth:`codes` takes them."""
        return self.combine(self.codes(X))

    def describe(self) -> str:
        """Return in words what it makes of what."""
        formats = list(dict.fromkeys(map(str, self.formats)))
        shown = ", ".join(formats[:3]) + (" …" if len(formats) > 3 else "")
        return (
            f"{', '.join(self.kinds)} of {self.length} steps of {self.n_channels} channel(s) as "
            f"{shown}"
        )


def parse_window(spec: str) -> tuple[int, tuple[str, ...], FeatureFormat | None]:
    """Read the steps, what is made of them, and the format if there is one; see :data:`SPECS`.

    Raises
    ------
    ConfigError
        If the text is not of that form.
    """
    steps, _, rest = spec.strip().lower().partition(":")
    asked, _, form = rest.partition(":")
    if not re.fullmatch(r"\d{1,9}", steps) or not 2 <= int(steps) <= MAX_LENGTH:
        raise ConfigError(f"window {spec!r}: 2 to {MAX_LENGTH} steps; a window is {SPECS}")
    given = [kind.strip() for kind in asked.split(",")] if asked else [*KINDS]
    if unknown := [kind for kind in given if kind not in KINDS]:
        raise ConfigError(f"window {spec!r}: {unknown[0]!r} is unknown; a window is {SPECS}")
    kinds = tuple(kind for kind in KINDS if kind in given)
    try:
        return int(steps), kinds, FeatureFormat.parse(form) if form else None
    except ConfigError as error:
        raise ConfigError(f"window {spec!r}: {error}") from error


def column_names(channels: Sequence[str], length: int) -> tuple[str, ...]:
    """Return a name for each column of a sample: ``x0[t-1]`` is channel x0 a step ago."""
    return tuple(
        f"{name}[t{-age if age else ''}]" for age in range(length - 1, -1, -1) for name in channels
    )


def sliding(series: ArrayLike, length: int, *, full: bool = False) -> NDArray[Any]:
    """Return a row for each step of a series: the last `length` steps up to it, the oldest first.

    Before the first step, its values are taken to have stood for ever: so the first ``length - 1``
    rows repeat them, as a shift register holds them that was fed them for as long.

    Parameters
    ----------
    series : array-like of shape (n_steps,) or (n_steps, n_channels)
    full : bool
        Leave these rows out.

    Returns
    -------
    ndarray of shape (n_steps, length * n_channels), or of ``length - 1`` rows less
    """
    steps = np.asarray(series)
    if steps.ndim == 1:
        steps = steps[:, None]
    if steps.ndim != 2 or not steps.size:
        raise DataError(
            "a series has a row for each step and a column for each channel, got shape "
            f"{steps.shape}"
        )
    if not full:
        steps = np.concatenate([np.repeat(steps[:1], length - 1, axis=0), steps])
    if len(steps) < length:
        raise DataError(f"a window of {length} steps needs as many, the series has {len(steps)}")
    view = np.lib.stride_tricks.sliding_window_view(steps, length, axis=0)  # step, channel, age
    return np.ascontiguousarray(view.transpose(0, 2, 1)).reshape(len(view), -1)


def _spans(length: int) -> list[int]:
    """Return over how many of the newest steps sums go."""
    return [*(1 << i for i in range(1, length.bit_length()) if 1 << i < length), length]


def _format_of(values: NDArray[Any], channel: int) -> FeatureFormat:
    """Return the format of a channel that holds the training values."""
    if values.dtype.kind not in "biuf" or not np.isfinite(values).all():
        raise DataError(
            f"channel {channel} of the series holds NaN, infinity or what is no number; replace or "
            f"drop it, and name a format with {GRAMMAR} if you like"
        )
    low, high = float(values.min()), float(values.max())
    signed = low < 0
    if bool((values == np.rint(values)).all()):
        n_bits = int(max(high, -1 - low if signed else 0)).bit_length() + signed
        if n_bits <= _EXACT_BITS:
            return FeatureFormat(max(n_bits, 1), signed)
    exponent = int(np.frexp(max(abs(low), abs(high)))[1])
    return FeatureFormat(_BITS, signed, 2.0 ** (exponent - _BITS + signed))
