from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lutgen.encode.encoder import MAX_THERMOMETER_BITS, Encoder, as_matrix, fit_encoder
from lutgen.errors import ConfigError, DataError

SPECS = ["threshold:3", "thermometer:1:quantile", "thermometer:5:quantile", "thermometer:4:uniform"]
MATRICES = hnp.arrays(
    st.sampled_from([np.uint8, np.int16, np.float32, np.float64]),
    st.tuples(st.integers(1, 70), st.integers(1, 5)),
    elements=st.integers(0, 9),
)


def fit(spec: str, X: np.ndarray) -> Encoder:
    """Fit, adding a row so that every column varies."""
    return fit_encoder(spec, np.vstack([X, X[:1] + 1]))


@given(MATRICES, st.sampled_from(SPECS))
def test_bit_j_is_feature_at_or_above_threshold_j(X: np.ndarray, spec: str) -> None:
    encoder = fit(spec, X)
    dense = encoder.encode(X).to_dense()
    assert dense.shape == (X.shape[0], encoder.n_bits)
    for j in range(encoder.n_bits):
        column = [float(value) for value in X[:, encoder.feature[j]]]
        assert dense[:, j].tolist() == [value >= encoder.threshold[j] for value in column]


@given(MATRICES, st.sampled_from(["quantile", "uniform"]), st.integers(1, 12))
def test_thermometer_thresholds_ascend_and_each_tells_training_samples_apart(
    X: np.ndarray, strategy: str, n_bits: int
) -> None:
    encoder = fit(f"thermometer:{n_bits}:{strategy}", X)
    dense = encoder.encode(np.vstack([X, X[:1] + 1])).to_dense()
    for feature in range(X.shape[1]):
        mine = encoder.feature == feature
        assert mine.sum() <= n_bits
        assert (np.diff(encoder.threshold[mine]) > 0).all()
        assert (np.diff(dense[:, mine].astype(int), axis=1) <= 0).all()
        assert mine.any()  # the added row makes every column vary
    assert (dense.min(axis=0) == 0).all() and (dense.max(axis=0) == 1).all()
    assert (np.diff(encoder.feature) >= 0).all()


@pytest.mark.parametrize("n_samples", [1, 63, 64, 65, 4095, 4096, 4097, 8192])
def test_chunks_of_samples_join_without_seams(n_samples: int) -> None:
    X = np.random.default_rng(n_samples).integers(0, 256, (n_samples, 3), dtype=np.uint8)
    encoded = fit_encoder("threshold:100", X).encode(X)
    assert np.array_equal(encoded.to_dense(), X >= 100)
    assert encoded.words.shape == (3, -(-n_samples // 64))


def test_no_samples_encode_to_no_samples() -> None:
    assert fit_encoder("binary", [[0, 1]]).encode(np.empty((0, 2))).n_samples == 0


def test_quantile_thresholds_are_values_that_occur() -> None:
    X = np.array([[0], [10], [20], [30]])
    assert fit_encoder("thermometer:3", X).threshold.tolist() == [10, 20, 30]
    assert fit_encoder("thermometer:2:uniform", X).threshold.tolist() == [10, 20]


def test_a_feature_that_is_rarely_above_its_minimum_keeps_one_bit() -> None:
    X = np.array([[0, 5]] * 99 + [[7, 5]])
    encoder = fit_encoder("thermometer:4:quantile", X)
    assert (encoder.feature.tolist(), encoder.threshold.tolist()) == ([0], [7])


def test_auto_is_binary_for_bits_and_a_thermometer_otherwise() -> None:
    assert fit_encoder("auto", [[0, 1], [1, 1]]).kind == "binary"
    assert fit_encoder("auto", [[0, 2], [1, 1]]).kind == "thermometer"


def test_describe_names_the_threshold_and_the_widths() -> None:
    X = np.zeros((1, 784), np.uint8)
    assert fit_encoder("threshold:128", X).describe() == (
        "threshold at 128: 784 features -> 784 bits"
    )


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[0, 1], [np.nan, 0]], r"row 1, column 0 of the samples is nan"),
        ([[0, 1], [1, -np.inf]], r"row 1, column 1 of the samples is -inf"),
        ([["a", "b"]], r"must be real numbers, got dtype <U1"),
        (np.array([[1, 2], [3, "x"]], dtype=object), r"row 1, column 1 of the samples is 'x'"),
        (np.array([[1, None]], dtype=object), r"row 0, column 1 of the samples is"),
        ([[1j]], r"must be real numbers, got dtype complex128"),
        ([0, 1], r"got shape \(2,\); reshape a single sample with X.reshape\(1, -1\)"),
        ([[[0]]], r"got shape \(1, 1, 1\)"),
    ],
)
def test_what_is_no_matrix_of_finite_numbers_is_refused(X: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        as_matrix(X)


def test_a_matrix_is_not_copied() -> None:
    X = np.zeros((2, 2), np.uint8)
    assert as_matrix(X) is X


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[0, 1], [0, 2]], r"row 1, column 1 of the samples is 2, not 0 or 1; choose an encoder"),
        ([[0, 0.5]], r"row 0, column 1 of the samples is 0.5, not 0 or 1"),
        ([[0, 1, 1]], r"have 3 columns, the encoder was fitted on 2; give the same columns"),
    ],
)
def test_binary_encoder_refuses_other_values_and_widths(X: Any, message: str) -> None:
    encoder = fit_encoder("binary", [[0, 1]])
    with pytest.raises(DataError, match=message):
        encoder.encode(X)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("", "unknown encoder ''; known: auto, binary"),
        ("auto:3", "unknown encoder 'auto:3'"),
        ("onehot", "unknown encoder 'onehot'"),
        ("threshold", "the threshold must be a number, e.g. threshold:8"),
        ("threshold:nan", "the threshold must be a number"),
        ("threshold:x", "the threshold must be a number"),
        ("thermometer", f"bits per feature must be 1 to {MAX_THERMOMETER_BITS}"),
        ("thermometer:0", "bits per feature must be 1 to"),
        ("thermometer:257", "bits per feature must be 1 to"),
        ("thermometer:-1:uniform", "bits per feature must be 1 to"),
        ("thermometer:9999999999", "bits per feature must be 1 to"),
        ("thresholds", "the thresholds must be numbers, e.g. thresholds:64,160"),
        ("thresholds:1,,2", "the thresholds must be numbers"),
        ("thresholds:1,inf", "the thresholds must be numbers"),
        ("threshold:1,2", "the threshold must be a number"),
        ("gain", "bits in all must be 1 to 100000, e.g. gain:400"),
        ("gain:0", "bits in all must be 1 to"),
        ("gain:4:quantile", "must be a percentage below 100, e.g. gain:400:5%"),
        ("gain:4:5", "must be a percentage below 100"),
        ("gain:4:100%", "must be a percentage below 100"),
        ("gain:4:nan%", "must be a percentage below 100"),
        ("gain:0:5%", "bits in all must be 1 to"),
        ("thermometer:4:uniform:5", "must be a percentage below 100"),
        ("thermometer:4:gain:5%", "chosen by gain need the labels y"),
        ("gain:4", "'gain:4': thresholds chosen by gain need the labels y"),
        ("thermometer:4:gain", "chosen by gain need the labels y"),
        ("thermometer:4:random", "chosen by quantile, uniform or gain, got 'random'"),
    ],
)
def test_unknown_encoders_are_refused(spec: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        fit_encoder(spec, [[0, 1], [2, 3]])


@pytest.mark.parametrize(
    ("spec", "X", "message"),
    [
        ("auto", np.empty((0, 3)), "nothing to train on: 0 rows of 3 columns"),
        ("threshold:1", np.empty((3, 0)), "nothing to train on: 3 rows of 0 columns"),
        ("thermometer:4", [[5, 7], [5, 7]], "every column is constant"),
        ("binary", [[0, 3]], "row 0, column 1 of the samples is 3, not 0 or 1"),
    ],
)
def test_samples_that_cannot_be_encoded_are_refused(spec: str, X: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        fit_encoder(spec, X)


def test_the_same_thresholds_for_every_feature() -> None:
    encoder = fit_encoder("thresholds:160,64,64", np.zeros((1, 2)))
    assert encoder.feature.tolist() == [0, 0, 1, 1]
    assert encoder.threshold.tolist() == [64, 160, 64, 160]
    assert encoder.describe() == "threshold at 64, 160: 2 features -> 4 bits"


@pytest.mark.parametrize("label", [int, str])
def test_gain_spends_its_bits_where_they_tell_the_classes_apart(label: type) -> None:
    rng = np.random.default_rng(0)
    X = rng.integers(0, 200, (400, 3))
    y = [label(v) for v in (X[:, 1] >= 50).astype(int) + (X[:, 1] >= 120)]
    total = fit_encoder("gain:2", X, y)
    assert (total.kind, total.feature.tolist(), total.threshold.tolist()) == (
        "gain",
        [1, 1],
        [50, 120],
    )
    each = fit_encoder("thermometer:2:gain", X, y)
    assert each.kind == "thermometer"
    assert np.bincount(each.feature).tolist() == [2, 2, 2]
    assert each.threshold[each.feature == 1].tolist() == [50, 120]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0, 1], r"3 samples, but labels of shape \(2,\)"),
        ([1, 1, 1], "'gain:2': all labels are 1; two classes are needed"),
        ([0, 0, 1], "no threshold of a single feature tells the classes apart"),
    ],
)
def test_labels_that_gain_cannot_use_are_refused(y: list[int], message: str) -> None:
    with pytest.raises(DataError, match=message):
        fit_encoder("gain:2", [[3], [3], [3]], y)


@pytest.mark.parametrize(
    ("kind", "n_features", "feature", "threshold", "message"),
    [
        ("magic", 1, [0], [0.5], "kind must be one of binary, threshold, thermometer, gain"),
        ("threshold", 2, [0, 2], [0.5, 0.5], r"feature numbers must lie in \[0, 2\)"),
        ("threshold", 2, [-1], [0.5], r"feature numbers must lie in \[0, 2\)"),
        ("threshold", 2, [0, 1], [0.5], "vectors of one length"),
        ("threshold", 2, [0], [np.inf], "thresholds must be finite"),
    ],
)
def test_inconsistent_encoders_are_refused(
    kind: str, n_features: int, feature: list[int], threshold: list[float], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        Encoder(kind, n_features, np.array(feature, np.int32), np.array(threshold))


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_rows_encode_one_by_one_as_they_do_together(seed: int) -> None:
    X = np.random.default_rng(seed).normal(size=(20, 3))
    encoder = fit("thermometer:6:quantile", X)
    together = encoder.encode(X).to_dense()
    assert all(
        np.array_equal(encoder.encode(X[i : i + 1]).to_dense()[0], together[i]) for i in range(20)
    )


def test_bits_have_names_by_features_and_thresholds() -> None:
    encoder = fit_encoder("thresholds:0.5,2", np.array([[0, 1], [3, 2]]))
    assert encoder.get_feature_names_out(["a", "b"]).tolist() == [
        "a>=0.5",
        "a>=2",
        "b>=0.5",
        "b>=2",
    ]
    assert encoder.get_feature_names_out()[-1] == "x1>=2"
    binary = fit_encoder("binary", np.eye(2))
    assert binary.get_feature_names_out(["a", "b"]).tolist() == ["a", "b"]
    with pytest.raises(ConfigError, match="1 names for the 2 features"):
        binary.get_feature_names_out(["a"])


@pytest.mark.parametrize("strategy", ["quantile", "uniform", "gain"])
def test_thresholds_of_fewer_digits_lie_near_the_others(strategy: str) -> None:
    rng = np.random.default_rng(0)
    X, n_bits = rng.normal(size=(2000, 2)), 15
    y = rng.random(2000) < 1 / (1 + np.exp(-X.sum(axis=1)))

    def fitted(tolerance: str) -> Encoder:
        return fit_encoder(f"thermometer:{n_bits}:{strategy}{tolerance}", X, y)

    exact, near = fitted(""), fitted(":50%")
    assert near.n_bits == exact.n_bits == 2 * n_bits
    assert _digits(near) < _digits(exact) / 1.5
    assert _digits(fitted(":0%")) == _digits(exact)
    if strategy != "gain":
        scale = np.sort(X[:, 0]) if strategy == "quantile" else np.linspace(*_range(X[:, 0]), 2000)
        ranks = [np.searchsorted(scale, e.threshold[:n_bits]) / 2000 for e in (exact, near)]
        assert 0 < np.abs(ranks[1] - ranks[0]).max() <= 0.25 / (n_bits + 1) + 1e-3


def _digits(encoder: Encoder) -> int:
    return sum(value.as_integer_ratio()[0].bit_length() for value in encoder.threshold.tolist())


def _range(values: np.ndarray) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def test_whole_numbers_get_multiples_of_powers_of_two() -> None:
    X = np.arange(200)[:, None]
    near = fit_encoder("thermometer:7:quantile:90%", X)
    assert near.threshold.tolist() == [32.0, 48.0, 80.0, 96.0, 128.0, 160.0, 176.0]
