"""Input formats in text, their codes, and what they do to thresholds."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st
from strategies import random_network

from fuzz.mutations import mutate
from fuzz.target import Target
from lutgen.core import Interface
from lutgen.core.inputs import choose_formats
from lutgen.encode.encoder import fit_encoder
from lutgen.encode.formats import FeatureFormat
from lutgen.errors import ConfigError
from lutgen.model import LutNetwork

HEADS = [
    *("u8", "s12", "q4.8", "uq4.8", "u1", "s1", "u24", "s24", "q1.0", "uq0.8", "u0", "u25"),
    *("q0.4", "uq30.1"),
]
NUMBERS = [
    *("1", "0.5", "0.1", "3", "2^-5", "2^10", "-1", "1e-3", "1e300", "5e-324", "0", "nan"),
    *("inf", "2^-1074", "2^1023", "2^9999", "1_0", "٣", "0x1", " 1", "1e400"),
]
SEEDS = [
    *(b"u8", b"s12:scale=0.25:offset=-3", b"q4.8:missing=-2048", b"uq4.8", b"S3: SCALE=1"),
    b"u8:scale=2^-3:offset=1e3:missing=255",
]
WORDS = [word.encode() for word in (*HEADS, *NUMBERS, ":scale=", ":offset=", ":missing=", ":", "=")]


def make(rng: Random) -> dict[str, Any]:
    """Return a text, and numbers to take codes of."""
    if rng.random() < 0.4:
        text = mutate(rng, rng.choice(SEEDS), SEEDS, WORDS).decode("utf-8", "replace")
    else:
        text = rng.choice(HEADS)
        if rng.random() < 0.7:
            text = f"{rng.choice(('u', 's'))}{rng.randrange(1, 25)}"
        for name, likely in (("scale", 0.6), ("offset", 0.5)):
            if rng.random() < likely:
                number = rng.choice(NUMBERS) if rng.random() < 0.4 else repr(_number(rng))
                text += f":{name}={number}"
        if rng.random() < 0.2:
            text += f":missing={rng.choice((0, 1, 255, -128, -2, 3, rng.randrange(-300, 300)))}"
    return {"text": text, "values": [_number(rng) for _ in range(4)]}


def _number(rng: Random) -> float:
    kind = rng.randrange(6)
    if kind == 0:
        return rng.uniform(-1000, 1000)
    if kind == 1:
        return float(rng.randrange(-(2**20), 2**20)) / 2 ** rng.randrange(12)
    if kind == 2:
        return rng.choice(
            (0.0, -0.0, 1.0, 0.1, 0.30000000000000004, 1e308, -1e308, 5e-324, 2.0**53)
        )
    if kind == 3:
        return math.nextafter(float(rng.randrange(-300, 300)), rng.choice((-math.inf, math.inf)))
    return rng.choice((1, -1)) * math.ldexp(rng.random(), rng.randrange(-1100, 1024))


def strategy() -> st.SearchStrategy[dict[str, Any]]:
    """Return texts and numbers by Hypothesis's own taste."""
    number = st.floats().map(repr) | st.sampled_from(NUMBERS) | st.integers().map(str)
    option = st.tuples(st.sampled_from(("scale", "offset", "missing", "x")), number).map("=".join)
    head = st.sampled_from(HEADS) | st.from_regex(
        r"[us]\d{1,2}|u?q\d{1,2}\.\d{1,2}", fullmatch=True
    )
    text = st.tuples(head, st.lists(option, max_size=3)).map(lambda p: ":".join([p[0], *p[1]]))
    values = st.lists(st.floats(allow_infinity=False, allow_nan=False), max_size=4)
    return st.fixed_dictionaries({"text": text | st.text(), "values": values})


def check(value: dict[str, Any]) -> None:
    """Hold a format and its codes against exact fractions."""
    item = FeatureFormat.parse(value["text"])
    assert FeatureFormat.parse(str(item)) == item, "str() is read back as another format"
    low, high = item.limits
    scale, offset = Fraction(item.scale), Fraction(item.offset)
    numbers = [number for number in value["values"] if math.isfinite(number)]
    numbers += [float(end) for end in map(item.value, (low, high)) if abs(end) < 2**1023]
    exact = [min(max(math.floor((Fraction(x) - offset) / scale), low), high) for x in numbers]
    assert item.codes(numbers).tolist() == exact, "a code is not the exact floor"
    for x, code in zip(numbers, exact, strict=True):
        for threshold in numbers[:3]:
            passes = code >= item.threshold_code(threshold)
            assert passes == (item.value(code) >= Fraction(threshold)), "not as the code's value"
            value_of_x = offset + scale * math.floor((Fraction(x) - offset) / scale)
            if low * scale + offset <= Fraction(x) and value_of_x <= item.value(high):
                assert passes == (value_of_x >= Fraction(threshold))
    if item.missing is not None:
        assert item.codes([math.nan]).tolist() == [item.missing]
    if item.width <= 8 and numbers:
        table = item.comparator(numbers[0])
        codes = np.arange(item.least, item.largest + 1)
        passed = [bool(table >> (int(c) & ((1 << item.width) - 1)) & 1) for c in codes]
        wanted = [item.value(int(c)) >= Fraction(numbers[0]) for c in codes]
        assert passed == wanted, "the comparator's table is not the comparison"
        assert passed.count(False) == item.rank(numbers[0])


@cache
def _networks() -> list[LutNetwork]:
    """Return models with few thresholds, of values as tables have them."""
    found = []
    for seed, factor in enumerate((1.0, 1000.0, 1e-6, 1e300)):
        rng = np.random.default_rng(seed)
        X = np.round(rng.normal(size=(30, 2)), 3) * factor
        encoder = fit_encoder("thermometer:2:quantile", X)
        network = random_network(rng, encoder.n_bits, [4, 1], 3, encoder=encoder)
        found.append(replace(network, feature_names=("a", "b")))
    return found


def make_choice(rng: Random) -> dict[str, Any]:
    """Return a model's number and formats for its features."""
    text = make(rng)["text"]
    asked: Any = text
    if rng.random() < 0.4:
        keys = ("a", "b", "0", "1", "*", "2", "c", "²", "-1")
        asked = {rng.choice(keys): rng.choice((make(rng)["text"], "auto")) for _ in range(2)}
    elif rng.random() < 0.2:
        asked = [rng.choice((make(rng)["text"], "auto")) for _ in range(rng.randrange(1, 4))]
    elif rng.random() < 0.1:
        asked = "auto"
    return {"model": rng.randrange(4), "asked": asked, "rounding": rng.random() < 0.5}


def check_choice(value: dict[str, Any]) -> None:
    """Hold the hardware's input against the encoder on values that the model has seen."""
    network = _networks()[value["model"]]
    formats = choose_formats(network, value["asked"], accept_rounding=value["rounding"])
    assert len(formats) == 2
    interface = Interface(network, formats)
    seen = network.encoder.seen
    assert seen is not None
    X = np.array(
        [seen.low, seen.high, np.nan_to_num(seen.above[:2]), np.nan_to_num(seen.below[:2])]
    )
    bits, _ = interface.changed(X)
    if not value["rounding"]:
        assert not bits[:2].any(), "a training value changes bits, and nobody said so"
    codes = interface.codes(X)
    for f, item in enumerate(formats):
        low, high = item.limits
        assert ((codes[:, f] >= low) & (codes[:, f] <= high)).all()


TARGETS = [
    Target("formats-codes", make, check, (ConfigError,), strategy=strategy, share=8),
    Target("formats-model", make_choice, check_choice, (ConfigError,), share=1.5),
]
