"""Short thresholds: the same bits of all training samples, in formats that lose nothing."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import lutgen.encode.encoder as fitting
from lutgen.core import Interface
from lutgen.core.inputs import losses
from lutgen.encode.encoder import Encoder, fit_encoder
from lutgen.encode.formats import MAX_WIDTH
from lutgen.encode.shortest import shortest
from lutgen.encode.statistics import Dense
from lutgen.model import LutNetwork

FINITE = st.floats(allow_nan=False, allow_infinity=False, width=64)


def exponent_of(number: float) -> float:
    """Return the largest power of two that a number is a multiple of."""
    if number == 0:
        return math.inf
    fraction = Fraction(number)
    numerator = abs(fraction.numerator)
    return (numerator & -numerator).bit_length() - fraction.denominator.bit_length()


@given(FINITE, FINITE)
def test_it_is_the_shortest_number_there(one: float, other: float) -> None:
    assume(one != other)
    below, above = sorted((one, other))
    found = shortest(below, above)
    assert below < found <= above
    exponent = exponent_of(found)
    if exponent < 2000:  # no multiple of the next power lies there
        scale = Fraction(2) ** (int(exponent) + 1)
        assert math.floor(Fraction(above) / scale) * scale <= Fraction(below)


@pytest.mark.parametrize(
    ("below", "above", "found"),
    [
        (0.1, 0.2, 0.125),
        (-0.3, -0.1, -0.25),
        (-1, 0, 0),
        (-1, 3, 0),
        (3, 4, 4),
        (4, 9.5, 8),
        (0, 5e-324, 5e-324),
        (-5e-324, 5e-324, 0),
        (-1.7e308, -5e-324, -(2.0**1023)),
        (1.7e308, 1.79e308, 31 * 2.0**1019),
    ],
)
def test_examples(below: float, above: float, found: float) -> None:
    assert below < found <= above
    assert shortest(below, above) == found


def network_with(encoder: Encoder) -> LutNetwork:
    bits = encoder.n_bits
    return LutNetwork.from_luts(
        bits, [((bit,), 2) for bit in range(bits)], outputs=range(bits, 2 * bits), encoder=encoder
    )


@given(
    st.integers(0, 1 << 30),
    st.sampled_from(["thermometer:4:quantile", "thermometer:4:uniform", "gain:9"]),
    st.sampled_from([np.float32, np.float64]),
)
@settings(max_examples=60)
def test_no_bit_of_a_training_sample_changes(seed: int, spec: str, dtype: type) -> None:
    rng = np.random.default_rng(seed)
    X = (rng.normal(size=(30, 3)) * 10.0 ** rng.integers(-3, 4, size=3)).astype(dtype)
    X[:, 2] = np.rint(X[:, 2])
    y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
    short = fit_encoder(spec, X, y)
    long = fitting._fit(spec, Dense(X, y), True)
    bits, before = ({
        (int(feature), *column.tolist())
        for feature, column in zip(item.feature, item.encode(X).to_dense().T, strict=True)
    } for item in (short, long))  # fmt: skip
    assert bits == before
    assert short.n_bits == len(bits) or spec.endswith("uniform")  # whole numbers stay as they are
    whole = short.feature == 2
    assert np.array_equal(short.threshold[whole], long.threshold[long.feature == 2])
    fractions = zip(short.feature[~whole], short.threshold[~whole], strict=True)
    longer = {
        (feature, threshold)
        for feature, threshold in zip(long.feature, long.threshold, strict=True)
        if threshold not in X[:, feature]
    }
    for feature, threshold in fractions:
        values = np.sort(X[:, feature].astype(float))
        place = int(np.searchsorted(values, threshold))
        assert threshold == shortest(values[place - 1], values[place]) or longer


@given(st.integers(0, 1 << 30), st.booleans())
@settings(max_examples=60)
def test_auto_refuses_nothing_that_24_bits_tell_apart(seed: int, decimal: bool) -> None:
    rng = np.random.default_rng(seed)
    low, high = sorted(rng.integers(-(1 << 22), 1 << 22, size=2).tolist())
    codes = rng.integers(low, high + 2, size=(40, 2))
    if decimal:  # a thousandth apart, as tables have them
        X = rng.integers(-4_000, 4_000, size=(40, 2)) / 1000
    else:  # one code of 24 bits apart
        X = codes * 2.0 ** rng.integers(-30, 10)
    assume((np.ptp(X, axis=0) > 0).all())
    for spec in ("thermometer:5:quantile", "thermometer:5:uniform"):
        network = network_with(fit_encoder(spec, X))
        interface = Interface.taking(network, "auto")
        assert max(interface.widths) <= MAX_WIDTH
        assert not list(losses(network, interface.formats))
        assert not interface.changed(X)[0].any()


def test_named_thresholds_are_kept() -> None:
    X = np.array([[0.1], [0.2], [0.7]])
    assert fit_encoder("thresholds:0.2,0.61", X).threshold.tolist() == [0.2, 0.61]
    assert fit_encoder("thermometer:2", X).threshold.tolist() == [0.125, 0.5]
