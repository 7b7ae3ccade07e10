from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.encode.formats import FeatureFormat
from lutgen.errors import ConfigError, DataError


@given(
    st.integers(1, 10),
    st.booleans(),
    st.sampled_from([1.0, 0.5, 0.25, 3.0, 0.1, 2.0**-7]),
    st.floats(-100, 100),
    st.floats(-300, 300),
)
def test_comparing_codes_is_comparing_their_values(
    width: int, signed: bool, scale: float, offset: float, threshold: float
) -> None:
    item = FeatureFormat(width, signed, scale, offset)
    least = item.threshold_code(threshold)
    table = item.comparator(threshold)
    for code in range(item.least, item.largest + 1):
        value = Fraction(scale) * code + Fraction(offset)
        passes = value >= Fraction(threshold)
        assert (code >= least) == passes
        assert table >> (code % (1 << width)) & 1 == passes


def test_ranges_and_words() -> None:
    assert (FeatureFormat(8).least, FeatureFormat(8).largest) == (0, 255)
    assert (FeatureFormat(4, True).least, FeatureFormat(4, True).largest) == (-8, 7)
    assert (FeatureFormat(1, True).least, FeatureFormat(1, True).largest) == (-1, 0)
    assert str(FeatureFormat(12, True, 0.5, -64)) == "s12:scale=0.5:offset=-64"
    assert str(FeatureFormat(8)) == "u8"
    assert str(FeatureFormat(12, False, 2.0**-6)) == "u12:scale=0.015625"
    assert str(FeatureFormat(12, False, 2.0**-7)) == "u12:scale=2^-7"
    assert str(FeatureFormat(12, False, 0.1, 1 / 3)) == "u12:scale=0.1:offset=0.3333333333333333"
    assert FeatureFormat(3).comparator(np.float64(2.5)) == 0b11111000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "1 to 24 bits, got 0"),
        ((25,), "1 to 24 bits, got 25"),
        ((8, False, 0.0), "scale of a feature must be above 0"),
        ((8, False, float("inf")), "finite"),
        ((8, False, 1.0, float("nan")), "finite; got 1 and nan"),
        ((8, False, 1e307), "8 bits reach beyond all float64 with a scale of 1e.307"),
        ((24, True, 1e301, -1e308), "beyond all float64 .* an offset of -1e.308; give smaller"),
        ((8, False, 1.0, 0.0, 7), "must be the least or the largest, 0 or 255"),
        ((1, False, 1.0, 0.0, 1), "of 2 bits or more"),
    ],
)
def test_formats_that_are_none(arguments: tuple[float, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        FeatureFormat(*arguments)  # type: ignore[arg-type]


SCALES = st.one_of(
    st.integers(-30, 30).map(lambda exponent: 2.0**exponent),
    st.sampled_from([0.1, 3.0, 1 / 3, 1e-3, 7.25]),
)
OFFSETS = st.one_of(st.just(0.0), st.sampled_from([-64.0, 0.1, 1e-300]), st.floats(-1e6, 1e6))


@st.composite
def formats(draw: st.DrawFn, most: int = 24) -> FeatureFormat:
    width, signed = draw(st.integers(1, most)), draw(st.booleans())
    item = FeatureFormat(width, signed, draw(SCALES), draw(OFFSETS))
    if width == 1:
        return item
    missing = draw(st.sampled_from([None, item.least, item.largest]))
    return FeatureFormat(width, signed, item.scale, item.offset, missing)


@given(formats())
def test_a_format_is_read_back_as_it_is_written(item: FeatureFormat) -> None:
    assert FeatureFormat.parse(str(item)) == item


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("u8", FeatureFormat(8)),
        ("s12", FeatureFormat(12, True)),
        ("q4.8", FeatureFormat(12, True, 2.0**-8)),
        ("uq4.8", FeatureFormat(12, False, 2.0**-8)),
        ("uq0.6", FeatureFormat(6, False, 2.0**-6)),
        ("q1.0", FeatureFormat(1, True)),
        ("Q10.2:offset=1", FeatureFormat(12, True, 0.25, 1.0)),
        ("u8:scale=0.5:offset=-64", FeatureFormat(8, False, 0.5, -64.0)),
        ("s24:scale=2^-20", FeatureFormat(24, True, 2.0**-20)),
        ("u8:missing=255", FeatureFormat(8, missing=255)),
        ("s4:missing=-8", FeatureFormat(4, True, missing=-8)),
    ],
)
def test_the_grammar(text: str, item: FeatureFormat) -> None:
    assert FeatureFormat.parse(text) == item


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("8", "'8' says no width; a format is u8 or s12"),
        ("", "says no width"),
        ("q8", "says no width"),
        ("u25", "input format 'u25': a feature must have 1 to 24 bits, got 25"),
        ("uq0.0", "1 to 24 bits, got 0"),
        ("q0.8", "the sign takes one bit"),
        ("q4.8:scale=2", "the point says the scale already"),
        ("u8:scale=x", "'x' is no number"),
        ("u8:scale=0", "must be above 0"),
        ("u8:scale=nan", "must be above 0"),
        ("u8:scale=2^1024", "must be above 0, and scale and offset finite; got inf"),
        ("u8:scale=1:scale=2", "once each"),
        ("u8:sclae=1", "none of scale, offset, missing"),
        ("u8:missing=3", "must be the least or the largest"),
        ("u8:missing=x", "no whole number"),
    ],
)
def test_texts_that_are_no_format(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        FeatureFormat.parse(text)


@given(formats(8), st.floats(-1e7, 1e7), st.data())
def test_codes_are_exact_floors_that_saturate(
    item: FeatureFormat, number: float, data: st.DataObject
) -> None:
    near = data.draw(st.integers(item.least - 2, item.largest + 2))
    value = float(item.value(near))
    numbers = [number, value, np.nextafter(value, -np.inf), np.nextafter(value, np.inf)]
    low, high = item.limits
    for x, code in zip(numbers, item.codes(numbers).tolist(), strict=True):
        exact = (Fraction(float(x)) - Fraction(item.offset)) / Fraction(item.scale)
        assert code == min(max(exact.__floor__(), low), high)
        # bits as of the float, unless it lies between the threshold and the next code's value
        threshold = data.draw(st.sampled_from([float(v) for v in numbers]))
        least = item.threshold_code(threshold)
        if low < least <= high:
            assert (code >= least) == (Fraction(float(x)) >= item.value(least))


@given(formats(), st.floats(allow_nan=False))
def test_any_number_has_a_code(item: FeatureFormat, number: float) -> None:
    low, high = item.limits
    (code,) = item.codes([number]).tolist()
    if abs(number) == float("inf"):
        assert code == (high if number > 0 else low)
    else:
        exact = (Fraction(number) - Fraction(item.offset)) / Fraction(item.scale)
        assert code == min(max(exact.__floor__(), low), high)


def test_missing_values_have_the_code_that_no_number_has() -> None:
    item = FeatureFormat.parse("u4:missing=15")
    assert item.codes([float("nan"), 14, 15, 99, -3]).tolist() == [15, 14, 14, 14, 0]
    with pytest.raises(DataError, match=r"NaN has no code in the format u4; .*:missing=CODE"):
        FeatureFormat(4).codes([1.0, float("nan")])
