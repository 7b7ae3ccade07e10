"""Which number format each feature has: as asked for, or the smallest that loses nothing.

A format loses something where a threshold that the model uses lies outside its range, or a training
sample changes a bit of the encoder: by the law of :mod:`lutgen.encode.formats`, one that lies
between the threshold and the value of its code. Both are told from the values that the encoder
keeps (:class:`lutgen.encode.seen.SeenValues`), without the samples. A feature that the model takes
missing needs a code for that besides.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lutgen.core.codes import code_losses, smallest_of_codes
from lutgen.encode.encoder import CODE
from lutgen.encode.formats import GRAMMAR, MAX_WIDTH, FeatureFormat
from lutgen.encode.seen import SeenValues
from lutgen.errors import ConfigError
from lutgen.model import LutNetwork

AUTO = "auto"
REST = "*"
"""In a table of formats, the features that it does not name."""

Spec = str | FeatureFormat
InputFormat = Spec | Mapping[str, Spec] | Sequence[Spec]
"""One format for all features; one by the feature's name or number; or one after the other."""

_NAMED = 3
_FEWEST = FeatureFormat(1)


@dataclass(frozen=True)
class Threshold:
    """A comparator that the model uses, with the training values next to it; None: none.

    `is_known` tells whether anybody looked for these values, `missing` what the comparator makes of
    a missing value, None where the feature is never missing.
    """

    bit: int
    feature: int
    threshold: float
    below: float | None
    above: float | None
    beyond: float | None
    is_known: bool
    missing: bool | None = None


def used_bits(network: LutNetwork) -> NDArray[np.bool_]:
    """Return which bits of the encoder reach the answer; shape (n_inputs,)."""
    read = np.repeat(network.cone, network.fan_in)
    signals = np.concatenate([network.wires[read], network.outputs])
    used = np.zeros(network.n_inputs, dtype=bool)
    used[signals[(signals >= 0) & (signals < network.n_inputs)]] = True
    return used


def lacking_features(network: LutNetwork) -> NDArray[np.bool_]:
    """Return which features need a code for missing values: those that may lack and are used."""
    encoder = network.encoder
    if encoder.window is not None:
        return np.zeros(encoder.n_features, dtype=bool)
    is_read = np.bincount(encoder.feature[used_bits(network)], minlength=encoder.n_features) > 0
    return np.asarray(encoder.may_lack & is_read)


def feature_title(network: LutNetwork, feature: int) -> str:
    """Return for people which feature it is: its number, and its name if it has one."""
    names = network.feature_names
    return f"feature {feature}" + (f" ({names[feature]})" if names else "")


def choose_formats(
    network: LutNetwork, asked: InputFormat, *, accept_rounding: bool = False
) -> tuple[FeatureFormat, ...]:
    """Return the format of each feature.

    Parameters
    ----------
    asked : str, FeatureFormat, mapping or sequence
        ``auto``: the smallest that loses nothing, with a power of two as scale and no offset, and
        a code for missing values where the model takes them; or
        :data:`lutgen.encode.formats.GRAMMAR`; for all features, for each, or by name or number,
        ``*`` standing for the rest.
    accept_rounding : bool
        Take a format that loses something, too; but not one without the code of missing values.

    Raises
    ------
    ConfigError
        If it is no format, it loses something, or it lacks the code of missing values; the message
        says where, and what would do.
    """
    if network.encoder.window is not None:
        return _of_window(network, asked)
    specs = _by_feature(network, asked)
    known: dict[str, FeatureFormat] = {}
    formats: list[FeatureFormat | None] = []
    for spec in specs:
        if isinstance(spec, FeatureFormat):
            formats.append(spec)
        elif spec.strip().lower() == AUTO:
            formats.append(None)
        else:
            if spec not in known:
                known[spec] = FeatureFormat.parse(spec)
            formats.append(known[spec])
    if None in formats:
        smallest = _smallest_of_each(network, formats, accept_rounding=accept_rounding)
        formats = [item or small for item, small in zip(formats, smallest, strict=True)]
    chosen = tuple(item or _FEWEST for item in formats)
    _refuse_without_missing(network, chosen)
    if not accept_rounding:
        _refuse_losses(network, chosen)
    return chosen


def _of_window(network: LutNetwork, asked: InputFormat) -> tuple[FeatureFormat, ...]:
    """Return the formats of a window's values, which are part of the model; refuse others."""
    window = network.encoder.window
    assert window is not None
    own = window.column_formats
    for spec, item in zip(_by_feature(network, asked), own, strict=True):
        named = isinstance(spec, FeatureFormat) or spec.strip().lower() not in ("", AUTO)
        if named and (FeatureFormat.parse(spec) if isinstance(spec, str) else spec) != item:
            raise ConfigError(
                f"input format {spec}: the model is of windows of a series whose values come in as "
                f"{item}, which is part of it; leave the format out, or learn with "
                f"--window {window.length}:{','.join(window.kinds)}:{spec}"
            )
    return own


def _by_feature(network: LutNetwork, asked: InputFormat) -> list[Spec]:
    n_features = network.encoder.n_features
    if isinstance(asked, Spec):
        return [asked] * n_features
    if isinstance(asked, Mapping):
        numbers = {name: number for number, name in enumerate(network.feature_names)}
        specs: list[Spec | None] = [asked.get(REST)] * n_features
        for name, spec in asked.items():
            if name == REST:
                continue
            digits = str(name)
            number = numbers.get(digits, int(digits) if digits.isdecimal() else -1)
            if not 0 <= number < n_features:
                raise ConfigError(
                    f"input format: there is no feature {name!r}; the model has {n_features}, "
                    + (
                        f"named {', '.join(network.feature_names)}"
                        if numbers
                        else "numbered from 0"
                    )
                )
            specs[number] = spec
        given = [spec for spec in specs if spec is not None]
        if len(given) < n_features:
            lacking = [feature_title(network, i) for i, spec in enumerate(specs) if spec is None]
            raise ConfigError(
                f"input format: {_listed(lacking)} has none; give each feature one, or one for "
                f"the rest under {REST!r}"
            )
        return given
    listed = list(asked)
    if len(listed) != n_features:
        raise ConfigError(f"{len(listed)} formats for {n_features} features; give one each")
    return listed


# -- what a format loses -----------------------------------------------------------------------


def used_thresholds(network: LutNetwork) -> list[Threshold]:
    """Return the comparators that the model uses, with the training values next to them.

    Those that ask whether a value is missing have no threshold and are left out.
    """
    encoder = network.encoder
    may_lack = encoder.may_lack
    seen = _seen(network)
    below, above, beyond = (
        [None if math.isnan(value) else value for value in side.tolist()]
        for side in (
            (seen.below, seen.above, seen.beyond)
            if seen
            else (np.full(encoder.n_bits, np.nan),) * 3
        )
    )
    return [
        Threshold(
            bit=bit,
            feature=int(encoder.feature[bit]),
            threshold=float(encoder.threshold[bit]),
            below=below[bit],
            above=above[bit],
            beyond=beyond[bit],
            is_known=seen is not None,
            missing=(
                bool(encoder.missing[bit])
                if encoder.missing is not None and may_lack[encoder.feature[bit]]
                else None
            ),
        )
        for bit in np.flatnonzero(used_bits(network) & np.isfinite(encoder.threshold)).tolist()
    ]


def _seen(network: LutNetwork) -> SeenValues | None:
    encoder = network.encoder
    if encoder.seen is not None or encoder.kind != "binary":
        return encoder.seen
    bits = np.array([[0.0], [1.0]]) * np.ones(encoder.n_features)  # all that it accepts
    return SeenValues.of(bits, encoder.feature, encoder.threshold)


def loss(item: FeatureFormat, cut: Threshold) -> str:
    """Return what a format loses at a threshold, in words; "" if nothing."""
    low, high = item.limits
    code = item.threshold_code(cut.threshold)
    text = f"threshold {cut.threshold:.12g}"
    reach = f"its range, {float(item.value(low)):g} to {float(item.value(high)):g}"
    if code > high:
        return f"{text} lies outside {reach}: no code passes it"
    if code < low or (code == low and (cut.below is not None or not cut.is_known)):
        return f"{text} lies outside {reach}: every code passes it"
    value = item.value(code)
    if not cut.is_known:
        if value == cut.threshold:
            return ""
        return (
            f"{text} becomes {float(value):.12g}, and the model does not say what its training "
            "samples have in between (train it again, then it does)"
        )
    if cut.above is not None and cut.above < value:
        return (
            f"{text} becomes {float(value):.12g}, which training samples of {cut.above:.12g} no "
            "longer pass"
        )
    return ""


def losses(network: LutNetwork, formats: Sequence[FeatureFormat]) -> Iterator[tuple[int, str]]:
    """Yield feature and words of each threshold at which the formats lose something."""
    if network.encoder.window is not None:
        return  # the formats are the model's own
    if network.encoder.kind == CODE:
        yield from code_losses(network, _used(network), formats)
        return
    for cut in used_thresholds(network):
        if words := loss(formats[cut.feature], cut):
            yield cut.feature, words


def _used(network: LutNetwork) -> list[int]:
    used: list[int] = np.flatnonzero(used_bits(network)).tolist()
    return used


def _refuse_losses(network: LutNetwork, formats: tuple[FeatureFormat, ...]) -> None:
    found = list(losses(network, formats))
    if not found:
        return
    feature, words = found[0]
    more = f" (and {len(found) - 1} more thresholds)" if len(found) > 1 else ""
    raise ConfigError(
        f"input format {formats[feature]}, {feature_title(network, feature)}: {words}{more}; "
        f"{_would_do(network, formats, feature)}; accept_rounding (--accept-rounding) takes it as "
        "it is and counts what changes"
    )


def _refuse_without_missing(network: LutNetwork, formats: tuple[FeatureFormat, ...]) -> None:
    needed = np.flatnonzero(lacking_features(network)).tolist()
    lacking = [feature for feature in needed if formats[feature].missing is None]
    if lacking:
        feature = lacking[0]
        more = f" (and {len(lacking) - 1} more features)" if len(lacking) > 1 else ""
        raise ConfigError(
            f"input format {formats[feature]}, {feature_title(network, feature)}: the model takes "
            f"missing values here, and the format has no code for them{more}; "
            f"{_would_do(network, formats, feature)}"
        )


def _would_do(network: LutNetwork, formats: tuple[FeatureFormat, ...], feature: int) -> str:
    """Return which format would lose nothing: the asked one wider, else another scale."""
    asked = formats[feature]
    if network.encoder.kind == CODE:
        small = smallest_of_codes(network, _used(network))[feature] if _seen(network) else None
        return f"{small} would do" if small else "its range and its steps must hold the numbers"
    is_common = all(item == asked for item in formats)
    cuts = [cut for cut in used_thresholds(network) if is_common or cut.feature == feature]
    whose = "" if is_common else f" for {feature_title(network, feature)}"
    needed = lacking_features(network)
    needs_code = bool((needed if is_common else needed[feature : feature + 1]).any())
    has_code = needs_code or asked.missing is not None
    for signed in sorted({asked.signed, True}):
        at_least = signed if asked.missing is None else asked.missing == asked.least
        for width in range(max(asked.width, 1 + has_code), MAX_WIDTH + 1):
            item = FeatureFormat(width, signed, asked.scale, asked.offset)
            if has_code:
                item = replace(item, missing=item.least if at_least else item.largest)
            if not any(loss(item, cut) for cut in cuts):
                return f"{item} would do{whose}"
    lossless = f"no format of at most {MAX_WIDTH} bits and a power of two as scale loses nothing"
    seen = _seen(network)
    if seen is None:
        return f"scale and offset must make the thresholds values of codes{whose}"
    every = slice(None) if is_common else slice(feature, feature + 1)
    span = _span(seen, every)
    if small := smallest(*span, cuts, missing=needs_code):
        own = ", or auto, which gives each feature its own" if is_common else ""
        return f"{small} would do{whose}{own}"
    if near := smallest(*span, cuts, is_strict=False, missing=needs_code):
        return f"{lossless}{whose}; {near} changes only training values that equal a threshold"
    return f"{lossless}{whose}; {_rounded(*span, cuts, missing=needs_code)} is the finest"


def _span(seen: SeenValues, features: slice) -> tuple[float, float]:
    """Return the range of the training values of features; zeros where there are none."""
    low = np.fmin.reduce(seen.low[features])
    high = np.fmax.reduce(seen.high[features])
    return (0.0, 0.0) if np.isnan(low) else (float(low), float(high))


# -- the smallest format -----------------------------------------------------------------------


def smallest(
    low: float,
    high: float,
    cuts: Iterable[Threshold],
    *,
    is_strict: bool = True,
    missing: bool = False,
) -> FeatureFormat | None:
    """Return the smallest format that separates thresholds as the training samples do.

    Its scale is the largest power of two at which a multiple of it lies between each threshold and
    the least training value that passes, and its width the least that holds thresholds and range.

    Parameters
    ----------
    low, high : float
        Range of the training samples.
    is_strict : bool
        False: training values equal to the threshold need not pass.
    missing : bool
        Whether a code is to be reserved for missing values. Of the two ends it is the one that
        takes fewer bits, or else answers more comparators by itself.

    Returns
    -------
    FeatureFormat or None
        None if it needs more than 24 bits.
    """
    cuts = list(cuts)
    ends = [abs(low), abs(high), *(abs(cut.threshold) for cut in cuts)]
    largest = math.frexp(max(ends))[1] if any(ends) else 0
    exponent = largest if low < 0 else largest - 1
    least = exponent - MAX_WIDTH - 1
    for cut in cuts:
        top = cut.above if is_strict else cut.beyond
        if top is not None:
            exponent = _exponent(cut.threshold, top, exponent, least)
        if exponent < least:
            return None
    return _holding(low, high, cuts, exponent, missing=missing)


def _exponent(threshold: float, top: float, exponent: int, least: int) -> int:
    """Return the largest exponent, of this or less, with a multiple of 2^it from one to other."""
    while exponent >= least and _ceil(threshold, exponent) > math.ldexp(top, -exponent):
        exponent -= 1
    return exponent


def _ceil(threshold: float, exponent: int) -> int:
    return math.ceil(math.ldexp(threshold, -exponent))


def _holding(
    low: float, high: float, cuts: list[Threshold], exponent: int, *, missing: bool
) -> FeatureFormat | None:
    """Return the narrowest format of a scale that holds a range and its thresholds."""
    codes = [math.floor(math.ldexp(value, -exponent)) for value in (low, high)]
    for cut in cuts:
        code = _ceil(cut.threshold, exponent)
        codes += [code, code - 1] if cut.below is not None else [code]
    first, last = min(codes), max(codes)
    if not missing:
        signed = first < 0
        width = max(_width(first, last, signed=signed), 1)
        return FeatureFormat(width, signed, 2.0**exponent) if width <= MAX_WIDTH else None
    n_passed = sum(bool(cut.missing) for cut in cuts)
    at_least = 2 * n_passed <= len(cuts)
    widths = []
    for signed in (False, True):
        for is_least in (at_least, not at_least):
            ends = (first - 1, last) if is_least else (first, last + 1)
            if signed or ends[0] >= 0:
                width = max(_width(*ends, signed=signed), 2)
                widths.append((width, is_least != at_least, signed))
    width, is_other, signed = min(widths)
    if width > MAX_WIDTH:
        return None
    item = FeatureFormat(width, signed, 2.0**exponent)
    return replace(item, missing=item.least if is_other != at_least else item.largest)


def _width(first: int, last: int, *, signed: bool) -> int:
    """Return the bits that two codes need."""
    return max(last, -1 - first if signed else 0).bit_length() + signed


def _smallest_of_each(
    network: LutNetwork, formats: Sequence[FeatureFormat | None], *, accept_rounding: bool
) -> list[FeatureFormat]:
    """Return the smallest format of each feature that has none yet."""
    if network.encoder.kind == CODE:
        of_codes = smallest_of_codes(network, _used(network))
        if None in of_codes:
            title = feature_title(network, of_codes.index(None))
            raise ConfigError(f"input format auto, {title}: it needs more than {MAX_WIDTH} bits")
        return [item or _FEWEST for item in of_codes]
    seen = _seen(network)
    if seen is None:
        raise ConfigError(
            "input format auto: the model does not say what ranges its training samples had "
            "(an older lutgen wrote it, or no learner did); train it again, or name a format: "
            + GRAMMAR
        )
    needed = lacking_features(network).tolist()
    cuts: dict[int, list[Threshold]] = {}
    for cut in used_thresholds(network):
        cuts.setdefault(cut.feature, []).append(cut)
    chosen, refused = [], []
    for feature, given in enumerate(formats):
        low, high = _span(seen, slice(feature, feature + 1))
        own, missing = cuts.get(feature, []), needed[feature]
        item = given or smallest(low, high, own, missing=missing)
        if item is None:
            item = _rounded(low, high, own, missing=missing)
            refused.append((feature, item))
        chosen.append(item)
    if refused and not accept_rounding:
        feature, item = refused[0]
        cut = next(cut for cut in cuts[feature] if loss(item, cut))
        more = f" (and {len(refused) - 1} more features)" if len(refused) > 1 else ""
        raise ConfigError(
            f"input format auto, {feature_title(network, feature)}: no format of at most "
            f"{MAX_WIDTH} bits and a power of two as scale loses nothing{more}; in {item}, the "
            f"nearest, {loss(item, cut)}; accept_rounding (--accept-rounding) takes it and counts "
            "what changes, or name scale and offset such that the thresholds are values of codes"
        )
    return chosen


def _rounded(low: float, high: float, cuts: list[Threshold], *, missing: bool) -> FeatureFormat:
    """Return a format that tells thresholds and training values apart, but for equal ones."""
    if found := smallest(low, high, cuts, is_strict=False, missing=missing):
        return found
    ends = [abs(low), abs(high), *(abs(cut.threshold) for cut in cuts)]
    exponent = math.frexp(max(ends))[1] - MAX_WIDTH
    while (item := _holding(low, high, cuts, exponent, missing=missing)) is None:
        exponent += 1
    return item


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
