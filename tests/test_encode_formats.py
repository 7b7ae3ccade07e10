from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.encode.formats import FeatureFormat
from lutgen.errors import ConfigError


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
    assert FeatureFormat(3).comparator(np.float64(2.5)) == 0b11111000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "1 to 16 bits, got 0"),
        ((17,), "1 to 16 bits, got 17"),
        ((8, False, 0.0), "scale of a feature must be above 0"),
        ((8, False, float("inf")), "finite"),
        ((8, False, 1.0, float("nan")), "finite; got 1 and nan"),
    ],
)
def test_formats_that_are_none(arguments: tuple[float, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        FeatureFormat(*arguments)  # type: ignore[arg-type]
