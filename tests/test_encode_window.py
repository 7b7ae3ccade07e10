"""Windows of series: what is made of them, in Python and as adders, and as part of a model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.bits import Bits
from lutgen.core import CoreConfig, make_core
from lutgen.core.interface import Interface
from lutgen.core.window import lower_window
from lutgen.encode.encoder import Encoder, fit_encoder
from lutgen.encode.formats import FeatureFormat
from lutgen.encode.window import KINDS, Window, parse_window, sliding
from lutgen.errors import ConfigError, DataError, ModelError
from lutgen.infer import Engine
from lutgen.learn.estimators.boosting import BoostedLutClassifier
from lutgen.learn.estimators.regression import BoostedLutRegressor
from lutgen.model import LutNetwork
from lutgen.netlist.evaluate import evaluate

U2, S3 = FeatureFormat(2), FeatureFormat(3, signed=True)


def series_of(n_steps: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Two channels; the label says whether the sum of the last four of the first is above 0."""
    rng = np.random.default_rng(3)
    series = rng.normal(size=(n_steps, 2))
    label = sliding(series[:, :1], 4).sum(axis=1) > 0
    return series, label.astype(np.int64)


def test_what_is_made_of_a_window_is_said_by_hand() -> None:
    window = Window(5, KINDS, (U2,))
    rows = np.array([[0, 3, 1, 2, 2]])
    assert window.features(rows).tolist() == [[0, 3, 1, 2, 2, 3, -2, 1, 0, 4, 8, 8]]
    assert window.feature_names[5:] == (
        "x0[t-3]-x0[t-4]", "x0[t-2]-x0[t-3]", "x0[t-1]-x0[t-2]", "x0[t]-x0[t-1]",
        "sum x0[t-1..t]", "sum x0[t-3..t]", "sum x0[t-4..t]",
    )  # fmt: skip
    widths = {
        name: str(item)
        for name, item in zip(window.feature_names, window.feature_formats, strict=True)
    }
    assert widths["x0[t]"] == "u2" and widths["x0[t]-x0[t-1]"] == "s3"
    assert widths["sum x0[t-1..t]"] == "u3" and widths["sum x0[t-4..t]"] == "u4"
    both = Window(2, ("differences",), (U2, S3), ("a", "b"))
    assert both.column_names == ("a[t-1]", "b[t-1]", "a[t]", "b[t]")
    assert both.features(np.array([[3, -4, 0, 3]])).tolist() == [[-3, 7]]


def test_a_row_for_each_step_of_a_series() -> None:
    assert sliding([1, 2, 3, 4], 3).tolist() == [[1, 1, 1], [1, 1, 2], [1, 2, 3], [2, 3, 4]]
    assert sliding([[1, 5], [2, 6], [3, 7]], 2, full=True).tolist() == [[1, 5, 2, 6], [2, 6, 3, 7]]
    with pytest.raises(DataError, match="a window of 4 steps needs as many, the series has 3"):
        sliding([1, 2, 3], 4, full=True)
    with pytest.raises(DataError, match=r"a column for each channel, got shape \(1, 1, 1\)"):
        sliding([[[1]]], 2)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    widths = st.integers(1, 5)
    formats = st.builds(FeatureFormat, widths, st.booleans(), st.sampled_from([1.0, 0.25]))
    kinds = draw(st.sets(st.sampled_from(KINDS), min_size=1))
    return Window(
        draw(st.integers(2, 11)),
        tuple(kind for kind in KINDS if kind in kinds),
        tuple(draw(st.lists(formats, min_size=1, max_size=3))),
    )


@given(windows(), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_adders_make_what_the_window_says_in_the_bits_that_it_says(
    window: Window, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    formats = window.column_formats
    low = [item.least for item in formats]
    high = [item.largest for item in formats]
    codes = rng.integers(low, np.array(high) + 1, size=(61, len(formats)))
    codes = np.concatenate([codes, [low, high, low[:1] + high[1:]]])  # what no adder may overflow
    dense = [codes[:, [i]] >> np.arange(item.width) & 1 for i, item in enumerate(formats)]
    bits = Bits.from_dense(np.concatenate(dense, axis=1).astype(np.uint8))
    made = Bits(evaluate(lower_window(window), bits.words), 64).to_dense().astype(np.int64)
    place = 0
    for item, wanted in zip(window.feature_formats, window.combine(codes).T, strict=True):
        own = made[:, place : place + item.width] @ (1 << np.arange(item.width))
        place += item.width
        np.testing.assert_array_equal(own - (own > item.largest) * (1 << item.width), wanted)


def test_formats_are_fitted_and_named() -> None:
    assert parse_window("8") == (8, KINDS, None)
    assert parse_window("3:sums,lags:s8:scale=0.5")[1:] == (
        ("lags", "sums"),
        FeatureFormat.parse("s8:scale=0.5"),
    )
    rows = np.array([[3.0, 0.5, -100, -3.7], [7, 0.25, 900, 0]])
    window = Window.fit("2", rows)
    assert [str(item) for item in window.formats] == ["s11", "s8:scale=0.03125"]
    values = window.column_formats[1].value(int(window.codes(rows)[0, 3]))
    assert abs(float(values) + 3.7) < 1 / 32
    for spec, message in (
        ("1", "2 to 4096 steps"),
        ("8:means", "'means' is unknown"),
        ("8:lags:x3", "'x3' says no width"),
        ("12:sums:u24", "a sum would have 28 bits, at most 24 go"),
        ("8:lags:u3:missing=7", "a sum knows no missing values"),
    ):
        with pytest.raises(ConfigError, match=message):
            Window.fit(spec, np.ones((2, 24)))
    with pytest.raises(DataError, match="a sample has 5 steps of as many values each"):
        Window.fit("5", rows)
    with pytest.raises(DataError, match="channel 1 of the series holds NaN"):
        Window.fit("2", np.array([[1, np.nan, 2, 2]]))


def test_an_encoder_of_windows_keeps_what_it_is_in_a_file(tmp_path: Path) -> None:
    series, y = series_of()
    rows = sliding(series, 4)
    window = Window.fit("4:lags,sums", rows, ("a", "b"))
    encoder = fit_encoder("gain:24", rows, y, window=window)
    assert encoder.n_features == 8 and encoder.n_compared == 8 + 4
    assert "sum a[t-3..t]>=" in "".join(encoder.get_feature_names_out(window.column_names))
    assert encoder.describe().startswith("lags, sums of 4 steps of 2 channel(s) as s8:scale=0.0")
    n = encoder.n_bits
    network = LutNetwork.from_luts(n, [((i,), 2) for i in range(n)], encoder=encoder)
    path = tmp_path / "m.npz"
    network.save(path)
    loaded = LutNetwork.load(path)
    assert loaded.encoder.window == window and loaded.digest == network.digest
    np.testing.assert_array_equal(loaded.encode(rows).words, network.encode(rows).words)
    of_series = window.features(rows).astype(float)
    plain = replace(encoder, window=None, n_features=12)
    np.testing.assert_array_equal(plain.encode(of_series).words, network.encode(rows).words)
    others = [
        replace(window, kinds=KINDS),
        replace(window, formats=(window.formats[0], FeatureFormat(7, signed=True))),
    ]
    digests = {
        replace(network, encoder=replace(encoder, window=w, seen=None)).digest for w in others
    }
    assert len(digests | {network.digest}) == 3
    assert replace(
        network, encoder=replace(encoder, window=replace(window, channels=()))
    ).digest == (network.digest)
    with pytest.raises(DataError, match=r"4 steps of 2 value\(s\), 8 columns, got .*400, 2"):
        network.predict(series)
    with pytest.raises(DataError, match=r"row 0, column 7 .*NaN and infinity have no code"):
        network.predict(np.where(np.arange(8) == 7, np.nan, rows[:1]))
    with pytest.raises(ConfigError, match="2 features, but a window of 8 values"):
        replace(encoder, n_features=2, seen=None)
    with pytest.raises(ConfigError, match="is compared, and never missing"):
        Encoder("code", 8, np.zeros(1, np.int32), np.ones(1), window=window)


@pytest.mark.parametrize(
    "change",
    [{"length": True}, {"length": "4"}, {"kinds": ["lags", 3]}, {"formats": ["u3", "nonsense"]},
     {"formats": []}, {"kinds": ["means"]}, {"length": 5}],
)  # fmt: skip
def test_a_damaged_window_in_a_file_is_refused(change: dict, tmp_path: Path, monkeypatch) -> None:
    from lutgen.model import file

    window = Window(4, ("lags",), (U2,))
    encoder = Encoder("threshold", 4, np.zeros(1, np.int32), np.ones(1), window=window)
    network = LutNetwork.from_luts(1, [((0,), 2)], encoder=encoder)
    write = file.write_archive

    def damaged(path, form, version, meta, arrays):
        meta["encoder"]["window"] |= change
        write(path, form, version, meta, arrays)

    monkeypatch.setattr(file, "write_archive", damaged)
    network.save(tmp_path / "m.npz")
    with pytest.raises(ModelError):
        LutNetwork.load(tmp_path / "m.npz")


def test_estimators_learn_from_windows_and_the_engine_agrees() -> None:
    series, y = series_of()
    rows = sliding(series, 4)
    learner = BoostedLutClassifier(
        4, 12, window="4:sums", encoder="gain:30", criterion="newton", random_state=0
    ).fit(rows[:300], y[:300])
    assert learner.score(rows[300:], y[300:]) > 0.93
    assert learner.feature_importances_.size == 4 and learner.feature_importances_.argmax() == 2
    without = BoostedLutClassifier(
        4, 12, encoder="gain:30", criterion="newton", random_state=0
    ).fit(rows[:300], y[:300])
    assert without.score(rows[300:], y[300:]) < learner.score(rows[300:], y[300:])
    network = learner.network_
    np.testing.assert_array_equal(
        Engine(network).class_numbers(rows), network.class_numbers(network.encode(rows))
    )
    numbers = sliding(series[:, :1], 4).sum(axis=1)
    regressor = BoostedLutRegressor(luts_per_output=40, window="4:sums", encoder="gain:60")
    assert regressor.fit(rows[:300], numbers[:300]).score(rows[300:], numbers[300:]) > 0.9
    with pytest.raises(ConfigError, match="shift, warp and mirror are of images"):
        BoostedLutClassifier(4, 4, window="4:sums", shift=1, feature_shape=(4, 2)).fit(rows, y)
    with pytest.raises(ConfigError, match="an encoder that is fitted says itself"):
        BoostedLutClassifier(4, 4, window="4:sums", encoder=network.encoder).fit(rows, y)
    with pytest.raises(ConfigError, match="missing values have no place in a window"):
        BoostedLutClassifier(4, 4, window="4:sums", missing="bit").fit(rows, y)


def test_ports_take_the_values_of_the_window_in_the_models_own_formats() -> None:
    series, y = series_of()
    rows = sliding(series, 4)
    network = BoostedLutClassifier(4, 8, window="4:lags,sums:s5:scale=0.25").fit(rows, y).network_
    for config in (CoreConfig(), CoreConfig(input_format="auto")):
        core = make_core(network, config)
        assert core.interface.widths == (5,) * 8 and core.netlist.n_inputs == 40
        assert "4 steps of 2 channel(s), the oldest first" in core.header[3]
        np.testing.assert_array_equal(core.interface.predict(rows), network.predict(rows))
        assert not core.interface.changed(rows * 9)[0].any()  # what saturates does so in both
    with pytest.raises(ConfigError, match=r"come in as s5:scale=0.25, .* --window 4:lags,sums:u8"):
        Interface.of(network, CoreConfig(input_bits=8))
    from lutgen.emit.c import emit_c

    with pytest.raises(ConfigError, match="are not written as C"):
        emit_c(make_core(network))
