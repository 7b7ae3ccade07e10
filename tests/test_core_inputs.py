from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.core import CoreConfig, Interface, make_core
from lutgen.core.inputs import losses, smallest, used_bits, used_thresholds
from lutgen.encode.encoder import Encoder, fit_encoder
from lutgen.encode.formats import FeatureFormat
from lutgen.errors import ConfigError
from lutgen.model import LutNetwork


def network_of(
    X: np.ndarray, encoder: str = "thermometer:3:quantile", **changes: Any
) -> LutNetwork:
    return network_with(fit_encoder(encoder, X), **changes)


def network_with(encoder: Encoder, **changes: Any) -> LutNetwork:
    """Every bit of the encoder reaches an output."""
    bits = encoder.n_bits
    luts = [((bit,), 0b10) for bit in range(bits)]
    outputs = range(bits, 2 * bits)
    return LutNetwork.from_luts(bits, luts, outputs=outputs, encoder=encoder, **changes)


def network_at_values(X: np.ndarray) -> LutNetwork:
    """Thresholds are training values, as other learners have them."""
    fitted = fit_encoder("thermometer:3:quantile", X)
    assert fitted.seen
    values = replace(fitted, threshold=fitted.seen.above, seen=None)
    return network_with(values.seeing(X))


WHOLE = np.arange(17)[:, None] * np.ones(3)


def test_too_few_bits_are_refused_with_the_format_that_would_do() -> None:
    network = network_of(WHOLE, "thresholds:4,8,12", feature_names=("a", "b", "c"))
    with pytest.raises(
        ConfigError,
        match=r"input format u2, feature 0 \(a\): threshold 4 lies outside its range, 0 to 3: no "
        r"code passes it \(and 8 more thresholds\); u4 would do; accept_rounding",
    ):
        make_core(network, CoreConfig(input_bits=2))
    make_core(network, CoreConfig(input_bits=4))
    for spec, message in (
        ("u3", "threshold 8 lies outside its range, 0 to 7"),
        ("s4", r"threshold 8 lies outside its range, -8 to 7.*; s5 would do"),
        ("u4:offset=4", r"threshold 4 lies outside its range, 4 to 19: every code passes it"),
        ("u3:scale=3", r"threshold 4 becomes 6, which training samples of 4 no longer pass.*"
                       r"; u3:scale=4 would do, or auto"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=message):
            Interface.taking(network, spec)
    make_core(network, CoreConfig(input_format="u3", accept_rounding=True))


def test_fractions_are_refused_with_the_format_that_would_do() -> None:
    X = np.array([[0.125, 1], [0.375, 2], [0.5, 3], [0.875, 4]])
    network = network_at_values(X)
    with pytest.raises(
        ConfigError,
        match=r"input format u8, feature 0: threshold 0\.375 becomes 1, which training samples of "
        r"0\.375 no longer pass \(and 2 more thresholds\); u6:scale=0\.125 would do, or auto",
    ):
        make_core(network, CoreConfig(input_bits=8))
    with pytest.raises(ConfigError, match=r"u3:scale=0\.125 would do for feature 0; "):
        Interface.taking(network, ["u8", "u9"])
    assert Interface.taking(network, "auto").formats == (
        FeatureFormat(3, scale=0.125),
        FeatureFormat(3),
    )
    decimals = network_at_values(X * 0.1)
    with pytest.raises(ConfigError, match=r"no format of at most 24 bits .* changes only training"):
        Interface.taking(decimals, "u8")
    with pytest.raises(ConfigError, match=r"input format auto, feature 0: no format .* loses noth"):
        Interface.taking(decimals, "auto")
    lossy = Interface.taking(decimals, "auto", accept_rounding=True)
    bits, answers = lossy.changed(X * 0.1)
    assert bits.tolist() == answers.tolist() == [False, True, True, True]
    # a decimal scale has the same thresholds exactly, but for the roundings of the floats
    scaled = network_of(np.array([[0.1], [0.2], [0.4]]), "thresholds:0.2,0.4")
    assert Interface.taking(scaled, "u4:scale=0.1").formats


def test_thresholds_between_whole_numbers_lose_nothing() -> None:
    network = network_of(WHOLE, "thresholds:3.7,8.01")
    assert Interface.taking(network, "auto").formats == (FeatureFormat(5),) * 3
    assert not any(part.any() for part in Interface.taking(network, "u5").changed(WHOLE))
    bits, _ = Interface.taking(network, "u5").changed(WHOLE + 0.8)
    assert bits.tolist() == [row in (3, 8) for row in range(17)]  # 3.8 and 8.8


def test_models_that_kept_no_training_values_take_exact_formats_alone() -> None:
    network = network_of(WHOLE, "thresholds:4,8")
    old = replace(network, encoder=replace(network.encoder, seen=None))
    assert Interface.taking(old, "u4").formats == (FeatureFormat(4),) * 3
    with pytest.raises(ConfigError, match="does not say what ranges its training samples had"):
        Interface.taking(old, "auto")
    between = network_of(WHOLE, "threshold:3.5")
    old = replace(between, encoder=replace(between.encoder, seen=None))
    with pytest.raises(ConfigError, match=r"threshold 3\.5 becomes 4, and the model does not say"):
        Interface.taking(old, "u8")
    binary = LutNetwork.from_luts(2, [((0, 1), 6)])
    assert Interface.taking(binary, "auto").formats == (FeatureFormat(1),) * 2


def test_thresholds_that_nobody_reads_may_lose() -> None:
    encoder = fit_encoder("thresholds:4,12", WHOLE)
    network = LutNetwork.from_luts(6, [((0, 2), 6), ((5,), 2)], outputs=(6,), encoder=encoder)
    assert used_bits(network).tolist() == [True, False, True, False, False, False]
    assert [cut.threshold for cut in used_thresholds(network)] == [4, 4]
    assert Interface.taking(network, "u3").formats
    assert Interface.taking(network, "auto").formats[2] == FeatureFormat(1, scale=16.0)


def test_formats_by_name_number_and_order() -> None:
    network = network_of(WHOLE, "threshold:4", feature_names=("a", "b", "c"))
    u5, s8, u6 = FeatureFormat(5), FeatureFormat(8, True), FeatureFormat(6)
    for asked in ({"a": "u5", "1": "s8", "*": "u6"}, ["u5", s8, "u6"], {"a": u5, 1: s8, "c": u6}):
        assert Interface.taking(network, asked).formats == (u5, s8, u6)
    for direct in ("auto", {"*": "u5"}, ["u5", u5, "u5"], u5):
        interface = Interface(network, direct)  # type: ignore[arg-type]
        assert interface.formats == Interface.taking(network, direct).formats
    with pytest.raises(ConfigError, match="lies outside its range"):
        Interface(network, "u1")  # type: ignore[arg-type]
    mixed = Interface.taking(network, {"b": "auto", "*": "u5"})
    assert mixed.formats == (u5, FeatureFormat(3, scale=4.0), u5)
    for asked, message in (
        ({"d": "u5", "*": "u6"}, "there is no feature 'd'; the model has 3, named a, b, c"),
        ({"a": "u5"}, r"feature 1 \(b\), feature 2 \(c\) has none; .* under '\*'"),
        (["u5"], "1 formats for 3 features"),
    ):
        with pytest.raises(ConfigError, match=message):
            Interface.taking(network, asked)


@given(st.integers(0, 1 << 30), st.booleans())
@settings(max_examples=60)
def test_auto_changes_no_training_sample_and_is_the_smallest(seed: int, signed: bool) -> None:
    rng = np.random.default_rng(seed)
    scale = 2.0 ** rng.integers(-9, 5)
    X = rng.integers(-300 if signed else 0, 300, size=(12, 2)) * scale
    network = network_of(X, f"thermometer:{rng.integers(1, 5)}:uniform")
    interface = Interface.taking(network, "auto")
    assert not list(losses(network, interface.formats))
    assert not interface.changed(X)[0].any()
    for feature, item in enumerate(interface.formats):
        cuts = [cut for cut in used_thresholds(network) if cut.feature == feature]
        low, high = X[:, feature].min(), X[:, feature].max()
        assert smallest(low, high, cuts) == item
        assert item.offset == 0 and item.codes([low, high]).tolist() == [
            np.floor(low / item.scale), np.floor(high / item.scale)
        ]  # fmt: skip
        coarser = replace(item, scale=2 * item.scale, width=max(1, item.width - 1))
        formats = [*interface.formats]
        formats[feature] = coarser
        clipped = coarser.codes([low, high]).tolist() != [
            np.floor(low / coarser.scale), np.floor(high / coarser.scale)
        ]  # fmt: skip
        assert item.width == 1 or clipped or list(losses(network, formats))


@given(st.integers(0, 1 << 30), st.sampled_from(["u8", "s9", "q4.3", "u6:scale=3:offset=-20"]))
@settings(max_examples=60)
def test_what_is_refused_is_what_changes_a_training_sample(seed: int, spec: str) -> None:
    rng = np.random.default_rng(seed)
    X = rng.integers(-20, 60, size=(10, 2)) / rng.choice([1, 2, 8])
    network = network_of(X, "thermometer:3:uniform")
    interface = Interface.taking(network, spec, accept_rounding=True)
    changed = interface.changed(X)[0].any()
    lost = list(losses(network, interface.formats))
    assert not changed or lost
    if lost and not changed:  # a threshold out of range that no training sample tells of
        assert any("lies outside" in words for _, words in lost)


def test_changed_answers_are_counted() -> None:
    X = np.random.default_rng(5).normal(size=(200, 4))
    encoder = fit_encoder("thermometer:4:quantile", X)
    network = LutNetwork.from_luts(16, [(range(16), int("6996" * 4096, 16))], encoder=encoder)
    interface = Interface.taking(network, "s5:scale=0.25", accept_rounding=True)
    bits, answers = interface.changed(X)
    assert np.array_equal(answers, (interface.predict(X) != network.predict(X)).any(axis=1))
    assert 0 < answers.sum() < bits.sum() < 200
