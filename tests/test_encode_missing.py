"""Missing values: what an encoder makes of NaN, how it is fitted with it, and how it is kept."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.encode.encoder import BIT, Encoder, fit_encoder
from lutgen.encode.seen import SeenValues
from lutgen.errors import ConfigError, DataError, ModelError
from lutgen.model import LutNetwork
from lutgen.model.archive import read_archive, write_archive
from lutgen.model.file import FORMAT, FORMAT_VERSION

NAN = np.nan
SPECS = (
    "auto",
    "thresholds:1,2.5",
    "thermometer:3:quantile",
    "thermometer:3:uniform",
    "thermometer:3:gain",
    "gain:6",
)


def encoder_of(**changes: Any) -> Encoder:
    """Three thresholds of two features, the last one only for what is missing."""
    values: dict[str, Any] = {
        "kind": "threshold",
        "n_features": 2,
        "feature": np.array([0, 1, 1], dtype=np.int32),
        "threshold": np.array([1.5, -2.0, np.inf]),
        "missing": np.array([True, False, True]),
        **changes,
    }
    return Encoder(**values)


def network_of(encoder: Encoder) -> LutNetwork:
    bits = encoder.n_bits
    luts = [((bit,), 0b10) for bit in range(bits)]
    names = ("age", "height")[: encoder.n_features]
    return LutNetwork.from_luts(
        bits, luts, outputs=range(bits, 2 * bits), encoder=encoder, feature_names=names
    )


def test_nan_becomes_what_each_bit_says() -> None:
    X = np.array([[1.5, -2], [NAN, -2.1], [0, NAN], [NAN, NAN]])
    bits = [[1, 1, 0], [1, 0, 0], [0, 0, 1], [1, 0, 1]]
    assert encoder_of().encode(X).to_dense().tolist() == bits
    assert encoder_of().encode(X.astype(np.float32)).to_dense().tolist() == bits
    assert encoder_of().encode(np.array([[1, -3]])).to_dense().tolist() == [[0, 0, 0]]
    with pytest.raises(DataError, match="row 0, column 1 of the samples is inf: infinity has no"):
        encoder_of().encode([[0, np.inf]])
    plain = encoder_of(threshold=np.array([1.5, -2, 7]), missing=None)
    with pytest.raises(DataError, match="row 1, column 0 of the samples is nan: NaN and infinity"):
        plain.encode(X)


def test_features_that_may_not_be_missing_are_refused_by_name() -> None:
    encoder = encoder_of(nullable=np.array([False, True]))
    assert encoder.may_lack.tolist() == [False, True]
    assert encoder_of().may_lack.all() and not encoder_of(
        threshold=np.zeros(3), missing=None
    ).may_lack.any()  # fmt: skip
    assert encoder.encode([[1, NAN]]).to_dense().tolist() == [[0, 0, 1]]
    message = r"row 1, column 0 \(age\) of the samples is NaN, but no training sample lacked"
    with pytest.raises(DataError, match=message):
        network_of(encoder).predict([[1, NAN], [NAN, 2]])


def test_encoders_of_missing_values_tell_it() -> None:
    assert encoder_of().get_feature_names_out(["age", "height"]).tolist() == [
        "age>=1.5 or missing", "height>=-2", "height missing"
    ]  # fmt: skip
    assert encoder_of().describe() == (
        "threshold at -2, 1.5: 2 features -> 3 bits; 2 features may be missing"
    )
    one = encoder_of(nullable=np.array([False, True]))
    assert one.describe().endswith("; 1 feature may be missing")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"missing": None}, "thresholds must be finite"),
        ({"threshold": np.array([0, 1, -np.inf])}, r"thresholds must be finite, or \+inf"),
        ({"threshold": np.array([0, 1, NAN])}, r"thresholds must be finite, or \+inf"),
        ({"missing": np.array([1, 0, 1])}, "missing must be a vector of 3 truth values"),
        ({"missing": np.array([True])}, "missing must be a vector of 3 truth values"),
        ({"nullable": np.array([True])}, "nullable must be a vector of 2 truth values"),
        (
            {"threshold": np.zeros(3), "missing": None, "nullable": np.array([True, True])},
            "only where it is said what bits they become",
        ),
    ],
)
def test_inconsistent_encoders_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        encoder_of(**changes)


def table(seed: int, share: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """The first column has no NaN, the second some, the third nothing else."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 40, size=(60, 3)) / rng.choice([1, 8, 10], size=3)
    y = (X[:, 0] + X[:, 1] > np.median(X[:, 0] + X[:, 1])).astype(int)
    X[rng.random(60) < share, 1] = NAN
    X[:2, 1] = NAN, 1.0
    X[:, 2] = NAN
    return X, y


@given(st.integers(0, 1 << 30), st.sampled_from(SPECS))
@settings(max_examples=40)
def test_fitted_with_missing_values_nan_passes_no_threshold_and_has_a_bit(
    seed: int, spec: str
) -> None:
    X, y = table(seed)
    encoder = fit_encoder(spec, X, y, missing=BIT)
    assert encoder.nullable is not None and encoder.nullable.tolist() == [False, True, True]
    bits, nan = encoder.encode(X).to_dense(), np.isnan(X)
    is_number = np.isfinite(encoder.threshold)
    for bit, feature in enumerate(encoder.feature.tolist()):
        with np.errstate(invalid="ignore"):
            passed = X[:, feature] >= encoder.threshold[bit]
        assert bits[:, bit].tolist() == (passed if is_number[bit] else nan[:, feature]).tolist()
    assert encoder.feature[~is_number].tolist() == [1]  # an all-missing one has nothing to tell
    if spec.startswith("thermometer"):  # thresholds are those of the rows that are there
        rows = ~nan[:, 1]
        alone = fit_encoder(spec, X[rows][:, 1:2], y[rows])
        assert np.array_equal(
            encoder.threshold[(encoder.feature == 1) & is_number], alone.threshold
        )
    seen = encoder.seen
    assert seen is not None
    assert seen.low[1] == np.nanmin(X[:, 1]) and seen.high[1] == np.nanmax(X[:, 1])
    assert np.isnan(seen.low[2]) and np.isnan(seen.high[2])


def test_without_missing_values_the_encoder_is_the_usual_one() -> None:
    X, y = table(0)
    full = X[:, :1]
    usual, other = (fit_encoder("thermometer:4", full, y, missing=m) for m in ("refuse", BIT))
    assert other.missing is None and other.nullable is None
    assert np.array_equal(usual.threshold, other.threshold)
    with pytest.raises(DataError, match="row 0, column 1 of the samples is nan"):
        fit_encoder("thermometer:4", X, y)
    with pytest.raises(ConfigError, match="missing must be refuse or bit, got 'drop'"):
        fit_encoder("thermometer:4", X, y, missing="drop")


def test_bits_and_constants_with_missing_values() -> None:
    X = np.array([[0, 1], [1, 1], [NAN, 1]])
    encoder = fit_encoder("auto", X, missing=BIT)
    assert encoder.kind == "binary"
    assert encoder.encode(X).to_dense().tolist() == [[0, 1, 0], [1, 1, 0], [0, 1, 1]]
    assert encoder.get_feature_names_out().tolist() == ["x0", "x1", "x0 missing"]
    with pytest.raises(DataError, match=r"is 2\.0, not 0 or 1"):
        encoder.encode([[2.0, 1.0]])
    only = fit_encoder("thermometer:4", [[7.0], [NAN]], missing=BIT)
    assert only.encode([[7.0], [NAN]]).to_dense().tolist() == [[0], [1]]
    for spec in ("thermometer:4", "gain:4"):
        with pytest.raises(DataError, match="no threshold"):
            fit_encoder(spec, [[NAN], [NAN]], [0, 1], missing=BIT)


def test_what_was_seen_merges_without_nan() -> None:
    feature, threshold = np.array([0, 1], dtype=np.int32), np.array([2.0, np.inf])
    parts = [np.array([[1, NAN], [NAN, NAN]]), np.array([[3, NAN], [NAN, 5]])]
    merged = SeenValues.of(parts[0], feature, threshold).merge(
        SeenValues.of(parts[1], feature, threshold)
    )
    whole = SeenValues.of(np.concatenate(parts), feature, threshold)
    for name in ("low", "high", "below", "above", "beyond"):
        assert np.array_equal(getattr(merged, name), getattr(whole, name), equal_nan=True)
    assert whole.low.tolist() == [1, 5] and not whole.faults(2, threshold)
    assert replace(whole, high=np.array([NAN, 5])).faults(2, threshold)


def test_it_is_part_of_the_function_only_where_it_is_set(tmp_path: Path) -> None:
    network = network_of(encoder_of())
    other = network_of(encoder_of(missing=np.array([False, False, True])))
    plain = network_of(encoder_of(threshold=np.array([1.5, -2, 7]), missing=None))
    never = network_of(encoder_of(threshold=np.array([1.5, -2, 7]), missing=np.zeros(3, bool)))
    assert len({item.digest for item in (network, other, plain, never)}) == 4
    assert len({item.structure_digest for item in (network, other, plain, never)}) == 4
    narrow = network_of(encoder_of(nullable=np.array([False, True])))
    assert narrow.digest == network.digest
    for item in (network, narrow, plain):
        item.save(tmp_path / "m.npz")
        again = LutNetwork.load(tmp_path / "m.npz").encoder
        for name in ("missing", "nullable"):
            before, after = getattr(item.encoder, name), getattr(again, name)
            assert after is None if before is None else np.array_equal(before, after)


def test_files_with_other_bits_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    network_of(encoder_of(nullable=np.array([False, True]))).save(path)
    with np.load(path) as file:
        names = [name for name in file.files if name != "meta"]
    assert {"encoder_missing", "encoder_nullable"} < set(names)
    _, meta, arrays = read_archive(path, FORMAT, (FORMAT_VERSION, FORMAT_VERSION), names)
    rest = {key: value for key, value in meta.items() if key not in ("format", "version")}
    for change, message in (
        ({"encoder_missing": None}, "thresholds must be finite"),
        ({"encoder_missing": np.array([False, False, True])}, "do not match its digest"),
        ({"encoder_missing": np.array([1, 0, 1])}, "encoder_missing must hold truth values"),
        ({"encoder_nullable": np.array([True])}, "nullable must be a vector of 2 truth"),
    ):
        members = {k: v for k, v in {**arrays, **change}.items() if v is not None}
        write_archive(path, FORMAT, FORMAT_VERSION, rest, members)
        with pytest.raises(ModelError, match=message):
            LutNetwork.load(path)
