from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lutgen.datasets.tables import load_features, load_samples
from lutgen.errors import ConfigError, DataError

X = np.arange(24).reshape(4, 2, 3)
Y = np.array([0, 1, 0, 1])


def npz(folder: Path, **arrays: Any) -> Path:
    path = folder / "t.npz"
    np.savez(path, **arrays)
    return path


def test_samples_are_flattened_and_their_shape_is_kept(tmp_path: Path) -> None:
    samples, test = load_samples(npz(tmp_path, X=X, y=Y))
    assert test is None and samples.feature_shape == (2, 3)
    assert np.array_equal(samples.X, X.reshape(4, 6)) and np.array_equal(samples.y, Y)


def test_train_and_test_come_as_the_file_parts_them(tmp_path: Path) -> None:
    path = npz(tmp_path, X_train=X, y_train=Y, X_test=X[:1], y_test=Y[:1])
    train, test = load_samples(path)
    assert test is not None and (len(train.y), len(test.y)) == (4, 1)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("u1", "u1"), ("?", "u1"), (">i2", "f8"), ("f4", "f8"), ("f8", "f8"), ("u8", "f8")],
)
def test_features_are_octets_or_doubles(tmp_path: Path, dtype: str, expected: str) -> None:
    features = np.array([[0, 1], [1, 0]], dtype=dtype)
    samples, _ = load_samples(npz(tmp_path, X=features, y=[0, 1]))
    assert samples.X.dtype == np.dtype(expected) and np.array_equal(samples.X, features)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (np.array([[3], [8], [3], [8]]), [3, 8, 3, 8]),
        (np.array([3.0, 8.0, 3.0, 8.0]), [3, 8, 3, 8]),
        (np.array(["no", "yes", "no", "yes"]), ["no", "yes", "no", "yes"]),
        (np.array([False, True, False, True]), [False, True, False, True]),
    ],
)
def test_labels_are_whole_numbers_or_strings(
    tmp_path: Path, labels: np.ndarray, expected: list[Any]
) -> None:
    samples, _ = load_samples(npz(tmp_path, X=X, y=labels))
    assert samples.y.tolist() == expected and samples.y.dtype.kind in "biU"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, r"needs the arrays X and y, .*; found none"),
        ({"X": X, "labels": Y}, "found X, labels"),
        ({"X": X, "y": Y[:3]}, "4 samples in X, 3 in y"),
        ({"X": X, "y": np.eye(4)}, r"\(y\): labels must be a vector .* got float64 of shape"),
        ({"X": X, "y": Y + 0.5}, r"\(y\): the label of row 0 is 0.5; labels are whole"),
        ({"X": X, "y": [0, np.nan, 0, 1]}, r"\(y\): the label of row 1 is nan"),
        ({"X": [[0, np.nan]], "y": [0]}, r"\(X\): row 0, column 1 of the samples is nan"),
        ({"X": [["a"]], "y": [0]}, r"\(X\): the samples must be real numbers"),
        ({"X": [1, 2], "y": [0, 1]}, r"\(X\): the samples must be a matrix"),
        ({"X": np.array([[{}]]), "y": [0]}, "not a file of plain NumPy arrays"),
    ],
)
def test_faulty_arrays_are_named(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=rf"t\.npz.*{message}"):
        load_samples(npz(tmp_path, **arrays))


def test_damaged_and_missing_files_are_named(tmp_path: Path) -> None:
    path = npz(tmp_path, X=X, y=Y)
    whole = path.read_bytes()
    for n_bytes in range(0, len(whole), 7):
        path.write_bytes(whole[:n_bytes])
        with pytest.raises(DataError, match=r"t\.npz"):
            load_samples(path)
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :])
        try:
            samples, _ = load_samples(path)
        except DataError as error:
            assert "t.npz" in str(error)
        else:
            assert np.array_equal(samples.X, X.reshape(4, 6)) and np.array_equal(samples.y, Y)
    with pytest.raises(DataError, match=r"cannot read .*none\.npz: No such file"):
        load_samples(tmp_path / "none.npz")


@pytest.mark.parametrize("header", ["[" * 9000, "-" * 9000 + "1", "__import__('os').abort()", "{}"])
def test_headers_that_are_no_headers_are_refused(tmp_path: Path, header: str) -> None:
    text = header.encode() + b"\n"
    path = tmp_path / "t.npy"
    path.write_bytes(b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text)
    with pytest.raises(DataError, match=r"t\.npy: "):
        load_features(path, 6)


def test_a_label_column_is_for_csv_only(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"for \.csv files only"):
        load_samples(npz(tmp_path, X=X, y=Y), label="y")


def test_other_kinds_of_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"read from \.npz or \.csv files"):
        load_samples(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match=r"read from \.npz, \.npy or \.csv files"):
        load_features(tmp_path / "t.xlsx", 6)


def test_features_alone_come_from_npz_npy_and_csv(tmp_path: Path) -> None:
    flat = X.reshape(4, 6)
    np.save(tmp_path / "t.npy", X)
    np.savetxt(tmp_path / "t.csv", flat, delimiter=",")
    for path in (tmp_path / "t.npy", tmp_path / "t.csv", npz(tmp_path, X=X, other=Y)):
        assert np.array_equal(load_features(path, 6), flat)
    assert np.array_equal(load_features(str(npz(tmp_path, only=X)), 6), flat)


def test_features_of_another_width_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("1,2,0\n3,4,1\n")
    with pytest.raises(DataError, match="3 columns, but the model takes 2 features; is the last"):
        load_features(path, 2)
    with pytest.raises(DataError, match=r"6 columns, but the model takes 784 features$"):
        load_features(npz(tmp_path, X=X), 784)
    with pytest.raises(DataError, match="needs an array X, or one array only; found a, b"):
        load_features(npz(tmp_path, a=X, b=X), 6)
