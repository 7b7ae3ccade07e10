"""Random networks of every kind that there is, each with what its core is to be and samples.

A case is made of its number alone. Over 192 numbers in a row, every chip family meets every head
and every way in which samples come in; the rest is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.chips.delay import delay_models
from lutgen.chips.registry import families
from lutgen.core import CoreConfig
from lutgen.encode.encoder import Encoder
from lutgen.encode.formats import FeatureFormat
from lutgen.model import Argmax, Bits, LutNetwork, Sum
from lutgen.model.head import MAX_WEIGHT, Head
from lutgen.model.network import ONE, ZERO

HEADS = (
    *("class number", "groups", "signed votes", "one bit a class"),
    *("one sum", "several sums", "bits", "bits with constants"),
)
FORMATS = ("encoded bits", "one format", "a format each", "auto")

_N_SAMPLES = 48
_MOST_LUTS = 60
_MOST_INPUTS = 16
_TRIES = 5


@dataclass(frozen=True)
class Case:
    """A network, the core that is made of it, and samples.

    Parameters
    ----------
    number : int
        What all of it was drawn by.
    family, head, format : str
        What it stands for: a chip family, one of `HEADS`, one of `FORMATS`.
    X : ndarray of shape (n_samples, n_features)
        Samples; NaN only where the feature's format has a code for it.
    """

    number: int
    family: str
    head: str
    format: str
    network: LutNetwork
    config: CoreConfig
    X: NDArray[np.float64]


def make_case(number: int) -> Case:
    """Return the case of a number."""
    rng = np.random.default_rng([12, number])
    names = list(families())
    family = names[number % len(names)]
    head = HEADS[number // len(names) % len(HEADS)]
    way = FORMATS[number // (len(names) * len(HEADS)) % len(FORMATS)]
    encoder, formats = _features(rng, way)
    X = _samples(rng, encoder, formats, way)
    network = _network(rng, head, encoder)
    for _ in range(_TRIES if rng.random() < 0.9 else 0):  # some may answer always the same
        if _answers_differ(network, X):
            break
        network = _network(rng, head, encoder)
    asked: Any = {"one format": formats[:1], "a format each": formats, "auto": "auto"}.get(way, "")
    asked = asked[0] if way == "one format" else asked
    clocks = [0, 0, 0, 1, 1, 2, 3]
    pipeline, fmax_mhz = int(rng.choice(clocks)), 0.0
    if delay_models(families()[family]) and rng.random() < 0.2:
        pipeline, fmax_mhz = 0, 40.0
    config = CoreConfig(
        chip=family,
        pipeline=pipeline,
        fmax_target_mhz=fmax_mhz,
        input_format=asked,
        accept_rounding=True,
        one_hot=head == "one bit a class",
        dont_cares=bool(rng.random() < 0.7),
        module=f"core{number}",
    )
    return Case(number, family, head, way, network, config, X)


# -- features ----------------------------------------------------------------------------------


def _features(rng: np.random.Generator, way: str) -> tuple[Encoder, tuple[FeatureFormat, ...]]:
    """Return an encoder of comparators in any order, and a format for each feature."""
    if way == "encoded bits" and rng.random() < 0.5:
        n_inputs = int(rng.integers(1, _MOST_INPUTS, endpoint=True))
        places = np.arange(n_inputs, dtype=np.int32)
        return Encoder("binary", n_inputs, places, np.full(n_inputs, 0.5)), ()
    n_features = int(rng.integers(1, 5, endpoint=True))
    common = _format(rng)
    formats = tuple(common if way == "one format" else _format(rng) for _ in range(n_features))
    n_bits = int(rng.integers(n_features, _MOST_INPUTS, endpoint=True))
    feature = rng.integers(0, n_features, n_bits).astype(np.int32)
    threshold = np.array([_number(rng, formats[place]) for place in feature])
    encoder = Encoder("gain", n_features, feature, threshold)
    if way == "auto":
        seen = [[_number(rng, item) for item in formats] for _ in range(30)]
        encoder = encoder.seeing(np.array(seen))
    return encoder, formats


def _format(rng: np.random.Generator) -> FeatureFormat:
    """Return a format of any kind: width, sign, scale, offset, a code for missing values."""
    width = int(rng.choice([1, 2, 3, 4, 5, 6, 8, 8, 9, 12, 17, 24]))
    signed = bool(rng.integers(2))
    scale = float(rng.choice([1.0, 1.0, 0.5, 2.0**-4, 8.0, 0.1, 1 / 3]))
    offset = float(rng.choice([0.0, 0.0, -64.0, 0.25, 1e3, 0.7]))
    plain = FeatureFormat(width, signed, scale, offset)
    missing = int(rng.choice([plain.least, plain.largest]))
    has_missing = width > 1 and rng.random() < 0.3
    return FeatureFormat(width, signed, scale, offset, missing if has_missing else None)


def _number(rng: np.random.Generator, item: FeatureFormat) -> float:
    """Return a number in or a little outside of the range of a format, often the value of a code.

    Some are the next number above or below: there the floor of a code is decided.
    """
    span = item.largest - item.least
    code = int(rng.integers(item.least - span // 16 - 1, item.largest + span // 16 + 2))
    value = float(item.value(code))
    kind = rng.random()
    if kind < 0.3:
        return value + item.scale * float(rng.random())
    return float(np.nextafter(value, rng.choice([-np.inf, np.inf]))) if kind < 0.5 else value


def _samples(
    rng: np.random.Generator, encoder: Encoder, formats: Sequence[FeatureFormat], way: str
) -> NDArray[np.float64]:
    """Return samples: half of them lie on thresholds, some are missing."""
    n_features = encoder.n_features
    if encoder.kind == "binary":
        return rng.integers(0, 2, (_N_SAMPLES, n_features)).astype(np.float64)
    X = np.empty((_N_SAMPLES, n_features))
    for feature, item in enumerate(formats):
        column = np.array([_number(rng, item) for _ in range(_N_SAMPLES)])
        own = encoder.threshold[encoder.feature == feature]
        if own.size:
            column = np.where(rng.random(_N_SAMPLES) < 0.5, column, rng.choice(own, _N_SAMPLES))
        if item.missing is not None and way in ("one format", "a format each"):
            column[rng.random(_N_SAMPLES) < 0.1] = np.nan
        X[:, feature] = column
    return X


# -- networks ----------------------------------------------------------------------------------


def _network(rng: np.random.Generator, head: str, encoder: Encoder) -> LutNetwork:
    """Return a network of LUTs that read any signals before them, some of them twice."""
    n_inputs = encoder.n_bits
    n_luts = int(rng.integers(5, _MOST_LUTS, endpoint=True))
    widest = int(rng.choice([3, 4, 6, 6, 10]))
    luts = [_lut(rng, n_inputs + place, widest) for place in range(n_luts)]
    n_signals = n_inputs + n_luts
    n_outputs, made = _head(rng, head)
    late = rng.integers(max(0, n_signals - 2 * n_outputs), n_signals, n_outputs)
    anywhere = rng.integers(0, n_signals, n_outputs)
    outputs = np.where(rng.random(n_outputs) < 0.8, late, anywhere)
    if head in ("bits with constants", "signed votes"):
        constant = rng.random(n_outputs) < 0.2
        outputs = np.where(constant, rng.choice([ZERO, ONE], n_outputs), outputs)
    return LutNetwork.from_luts(
        n_inputs, luts, outputs=outputs.astype(int).tolist(), head=made, encoder=encoder
    )


def _answers_differ(network: LutNetwork, X: NDArray[np.float64]) -> bool:
    answers = network.predict(np.where(np.isnan(X), 0, X))
    return bool((answers != answers[0]).any())


def _lut(rng: np.random.Generator, n_signals: int, widest: int) -> tuple[list[int], int]:
    """Return wires and table of a LUT; now and then the table is a constant or copies a wire."""
    k = int(rng.integers(1, widest, endpoint=True)) if rng.random() < 0.3 else widest
    first = 0 if rng.random() < 0.5 else max(0, n_signals - 16)
    wires = rng.integers(first, n_signals, k).tolist()  # a wire may be read twice
    table = int.from_bytes(rng.bytes(max(1, (1 << k) // 8)), "little") & ((1 << (1 << k)) - 1)
    kind = rng.random()
    if kind < 0.05:
        table = 0 if kind < 0.025 else (1 << (1 << k)) - 1
    elif kind < 0.1:
        wire = int(rng.integers(k))
        table = sum(1 << entry for entry in range(1 << k) if entry >> wire & 1)
    return wires, table


def _head(rng: np.random.Generator, head: str) -> tuple[int, Head]:
    """Return how many outputs a head reads, and the head."""
    if head == "class number":
        return 1, Argmax.class_number(["no", "yes"])
    if head.startswith("bits"):
        n_outputs = int(rng.integers(1, 12, endpoint=True))
        return n_outputs, Bits(tuple(f"bit{i}" for i in range(n_outputs)))
    n_scores = int(rng.integers(2, 6, endpoint=True))
    if head == "groups":
        n_outputs = n_scores * int(rng.integers(1, 5, endpoint=True))
        return n_outputs, Argmax.groups(n_scores, n_outputs)
    n_outputs = int(rng.integers(1, 16, endpoint=True))
    if head == "one sum":
        n_scores = 1
    largest = int(rng.choice([1, 3, 20, MAX_WEIGHT]))
    weights = rng.integers(-largest, largest + 1, (n_scores, n_outputs))
    weights[rng.random(weights.shape) < 0.3] = 0
    bias = rng.integers(-largest, largest + 1, n_scores)
    if head.endswith(("sum", "sums")):
        return n_outputs, Sum.of(weights, bias, scale=0.25, offset=-3.0)
    return n_outputs, Argmax.votes(weights, bias, classes=rng.permutation(n_scores) - 2)
