from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import voting_network

from lutgen.encode.encoder import fit_encoder
from lutgen.encode.seen import SeenValues
from lutgen.errors import ConfigError
from lutgen.model import LutNetwork
from lutgen.model.archive import read_archive, write_archive
from lutgen.model.file import FORMAT, FORMAT_VERSION

NAMES = ("low", "high", "below", "above", "beyond")


@given(st.integers(0, 1 << 30))
def test_what_is_seen_is_what_stands_next_to_each_threshold(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = rng.integers(-3, 4, size=(9, 3)) / 2
    feature = rng.integers(0, 3, size=7).astype(np.int32)
    threshold = rng.integers(-9, 9, size=7) / 4
    seen = SeenValues.of(X, feature, threshold)
    for bit, (f, t) in enumerate(zip(feature, threshold, strict=True)):
        column = X[:, f]
        for name, side in (("below", column < t), ("above", column >= t), ("beyond", column > t)):
            found = getattr(seen, name)[bit]
            if not side.any():
                assert np.isnan(found)
            else:
                assert found == (column[side].max() if name == "below" else column[side].min())
    assert np.array_equal(seen.low, X.min(axis=0)) and np.array_equal(seen.high, X.max(axis=0))
    parts = [SeenValues.of(part, feature, threshold) for part in (X[:4], X[4:])]
    merged = parts[0].merge(parts[1])
    for name in NAMES:
        assert np.array_equal(getattr(merged, name), getattr(seen, name), equal_nan=True)


def network() -> LutNetwork:
    rng = np.random.default_rng(0)
    encoder = fit_encoder("thermometer:3:quantile", rng.normal(size=(50, 4)))
    return voting_network(rng, encoder.n_bits, [5], 3, 2, encoder=encoder)


def test_the_model_keeps_it_and_its_function_is_the_same(tmp_path: Path) -> None:
    made = network()
    made.save(tmp_path / "m.npz")
    again = LutNetwork.load(tmp_path / "m.npz")
    assert made.encoder.seen and again.encoder.seen
    for name in NAMES:
        assert np.array_equal(
            getattr(made.encoder.seen, name), getattr(again.encoder.seen, name), equal_nan=True
        )
    blind = replace(made, encoder=replace(made.encoder, seen=None))
    assert blind.digest == made.digest == again.digest
    blind.save(tmp_path / "blind.npz")
    assert LutNetwork.load(tmp_path / "blind.npz").encoder.seen is None


def test_files_with_other_values_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    made = network()
    made.save(path)
    with np.load(path) as file:
        names = [name for name in file.files if name != "meta"]
    _, meta, arrays = read_archive(path, FORMAT, (FORMAT_VERSION, FORMAT_VERSION), names)
    rest = {key: value for key, value in meta.items() if key not in ("format", "version")}
    for change, message in (
        ({"seen_low": None}, "seen_low.npy missing"),
        ({"seen_above": arrays["encoder_threshold"] - 1}, "wrong side of a threshold"),
        ({"seen_high": arrays["seen_high"][:2]}, "'high' must be 4 numbers"),
        ({"seen_low": arrays["seen_low"].astype("<f4")}, "must have dtype float64"),
    ):
        members = {k: v for k, v in {**arrays, **change}.items() if v is not None}
        write_archive(path, FORMAT, FORMAT_VERSION, rest, members)
        with pytest.raises(Exception, match=message):
            LutNetwork.load(path)
    with pytest.raises(ConfigError, match="wrong side"):
        seen = made.encoder.seen
        assert seen
        replace(made.encoder, seen=replace(seen, below=made.encoder.threshold + 1))
