import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lutgen.datasets.columns import Known
from lutgen.datasets.content import _read_stdin
from lutgen.datasets.table import TableOptions
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


@pytest.mark.parametrize(
    "header",
    [
        *("[" * 9000, "-" * 9000 + "1", "__import__('os').abort()", "{}"),
        "{b'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': ((1, 2), 3), }",
        "{'descr': [], 'fortran_order': False, 'shape': (99999999999999999999, 2), }",
    ],
)
def test_headers_that_are_no_headers_are_refused(tmp_path: Path, header: str) -> None:
    text = header.encode() + b"\n"
    path = tmp_path / "t.npy"
    path.write_bytes(b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text)
    with pytest.raises(DataError, match=r"t\.npy: "):
        load_features(path, Known((), 6))


def test_a_member_without_a_header_is_no_array(tmp_path: Path) -> None:
    path = npz(tmp_path, X=X)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("y.npy", b"no array")
    with pytest.raises(DataError, match=r"t\.npz: not a file of plain NumPy arrays"):
        load_samples(path)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_labels_are_compared_whatever_their_width(tmp_path: Path, dtype: str) -> None:
    samples, _ = load_samples(npz(tmp_path, X=X, y=Y.astype(dtype)))
    assert samples.y.tolist() == Y.tolist() and samples.y.dtype.kind == "i"
    with pytest.raises(DataError, match="label of row 0 is inf"):
        load_samples(npz(tmp_path, X=X, y=np.full(4, np.inf, dtype)))
    np.save(tmp_path / "t.npy", np.column_stack([X.reshape(4, 6), Y]).astype(dtype))
    samples, _ = load_samples(tmp_path / "t.npy")
    assert samples.y.tolist() == Y.tolist() and samples.y.dtype.kind == "i"


@pytest.mark.parametrize("point", [0x110000, 0xD800, 0xFFFFFFFF])
def test_texts_of_no_characters_are_refused(tmp_path: Path, point: int) -> None:
    labels = np.array([65, 66, 65, point], "<u4").view("<U1")
    with pytest.raises(DataError, match=r"t\.npz: .*texts that are none"):
        load_samples(npz(tmp_path, X=X, y=labels))
    record = np.zeros(2, dtype=[("a", "<f8"), ("y", "<U1")])
    record["y"] = labels[2:]
    np.save(tmp_path / "t.npy", record)
    with pytest.raises(DataError, match="texts that are none"):
        load_samples(tmp_path / "t.npy")


def test_zero_bytes_are_no_labels(tmp_path: Path) -> None:
    path = tmp_path / "t"
    header = b"@relation r\n@attribute a numeric\n@attribute y {?\0,b}\n"
    path.write_bytes(header + b"@data\n{0 1}\n1,b\n")
    with pytest.raises(DataError, match="a zero byte"):
        load_samples(path)


def test_bombs_are_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    zeros = bytes(40 << 20)
    for pack in (gzip.compress, bz2.compress, lzma.compress):
        for content in (pack(zeros), pack(pack(zeros))):
            path.write_bytes(content)
            with pytest.raises(DataError, match=r"unpacked it would have more than 3\d MB"):
                load_samples(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", zeros)
    with pytest.raises(DataError, match=r"unpacked it would have more than 3\d MB"):
        load_samples(path)
    np.savez_compressed(tmp_path / "t.npz", X=np.zeros((4, 10 << 20), np.uint8), y=Y)
    with pytest.raises(DataError, match=r"unpacked it would have more than 3\d MB"):
        load_samples(tmp_path / "t.npz")


def test_what_takes_long_or_much_for_its_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t"
    for content, message in [
        (b"0," * 200_000 + b"1\n", "line 1: 200,001 columns, 100,000 is the most"),
        (b'"a" ' * 200_000, "line 1: 200,000 columns"),
        (b" \n" * 200_000 + b"\t" * 2000 + b"@", "no samples, only a header"),
        (
            b"@relation r\n" + b"@attribute a {0}\n" * 9000 + b"@data\n" + b"{}\n" * 1000,
            "line 93..: more than 3,[0-9,]* values, most of them left out; save the table in full",
        ),
    ]:
        path.write_bytes(content)
        with pytest.raises(DataError, match=message):
            load_samples(path)


def test_a_label_column_is_for_tables_only(tmp_path: Path) -> None:
    for options in (TableOptions(label="y"), TableOptions(label_index=1)):
        with pytest.raises(ConfigError, match="for tables only"):
            load_samples(npz(tmp_path, X=X, y=Y), options)


def test_other_kinds_of_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    for load in (load_samples, lambda path: load_features(path, Known((), 6))):
        with pytest.raises(DataError, match=r"t\.csv: a PNG image, which is not read; save"):
            load(path)


def test_features_alone_come_from_npz_npy_and_text(tmp_path: Path) -> None:
    flat = X.reshape(4, 6)
    np.save(tmp_path / "t.npy", X)
    np.savetxt(tmp_path / "t.csv", flat, delimiter=",")
    for path in (tmp_path / "t.npy", tmp_path / "t.csv", npz(tmp_path, X=X, other=Y)):
        assert np.array_equal(load_features(path, Known((), 6)), flat)
    assert np.array_equal(load_features(str(npz(tmp_path, only=X)), Known((), 6)), flat)


def test_features_of_another_width_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("1,2,0\n3,4,1\n")
    with pytest.raises(DataError, match="3 columns, but the model takes 2 features; if one is"):
        load_features(path, Known((), 2))
    with pytest.raises(DataError, match=r"column 1 \(kind\) held the labels: --label kind leaves"):
        load_features(path, Known((), 2, "kind", 1))
    assert load_features(path, Known((), 2), TableOptions(label="3")).tolist() == [[1, 2], [3, 4]]
    with pytest.raises(DataError, match=r"6 columns, but the model takes 784 features$"):
        load_features(npz(tmp_path, X=X), Known((), 784))
    with pytest.raises(DataError, match="needs an array X, or one array only; found a, b"):
        load_features(npz(tmp_path, a=X, b=X), Known((), 6))


TABLE = b"a,b,class\n1,2,no\n3,4,yes\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.data", TABLE),
        ("t.npz", TABLE),
        ("t", gzip.compress(TABLE, mtime=0)),
        ("t.csv", bz2.compress(TABLE)),
        ("t.csv", lzma.compress(TABLE)),
        ("t.tsv", TABLE.replace(b",", b"\t").decode().encode("utf-16")),
        ("t.txt", b"% Iris\n@RELATION t\n@attribute a numeric\n@attribute 'b' real\n"
                  b"@Attribute class {no, yes}\n\n@DATA\n1,2,no\n% that was one\n3, 4,'yes'\n"),
        ("t.arff", b"@relation t\n@attribute a numeric\n@attribute b real\n"
                   b"@attribute class {no,yes}\n@data\n{0 1,1 2}\n{0 3, 1 4, 2 yes}\n"),
    ],
    ids=["csv", "csv named npz", "gzip", "bzip2", "xz", "tabs in UTF-16", "ARFF", "sparse ARFF"],
)  # fmt: skip
def test_files_are_read_by_what_they_hold(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    samples, test = load_samples(path)
    assert test is None and samples.X.tolist() == [[1, 2], [3, 4]]
    assert samples.y.tolist() == ["no", "yes"]
    assert (samples.names, samples.label, samples.label_index) == (("a", "b"), "class", 3)


def test_archives_of_one_file_are_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "t.zip"
    for n in (1, 2):
        with zipfile.ZipFile(path, "w") as archive:
            for i in range(n):
                archive.writestr(f"t{i}.csv", TABLE)
        if n == 1:
            assert load_samples(path)[0].X.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(DataError, match=r"an archive of 2 files \(t0\.csv, t1\.csv\); unpack"):
        load_samples(path)


def test_stdin_is_read_once_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TABLE)))
    _read_stdin.cache_clear()
    for _ in range(2):
        assert load_samples("-")[0].X.tolist() == [[1, 2], [3, 4]]
    _read_stdin.cache_clear()


def test_matrices_and_records_of_numpy_are_tables(tmp_path: Path) -> None:
    path = tmp_path / "t.npy"
    np.save(path, np.array([[1, 2, 0], [3, 4, 1]]))
    samples, _ = load_samples(path)
    assert (samples.X.tolist(), samples.y.tolist()) == ([[1, 2], [3, 4]], [0, 1])
    records = np.array([("no", 1, 2.5), ("yes", 3, 4)], [("class", "U3"), ("a", "i4"), ("b", "f4")])
    np.save(path, records)
    samples, _ = load_samples(path)
    assert (samples.names, samples.y.tolist()) == (("a", "b"), ["no", "yes"])
    assert samples.X.tolist() == [[1, 2.5], [3, 4]]
    np.save(path, np.zeros((2, 2, 2)))
    with pytest.raises(DataError, match="is a matrix of numbers or texts, got float64 of shape"):
        load_samples(path)


def test_arrays_are_named_in_either_case(tmp_path: Path) -> None:
    train, test = load_samples(npz(tmp_path, x_train=X, y_train=Y, x_test=X[:1], y_test=Y[:1]))
    assert test is not None and (len(train.y), len(test.y)) == (4, 1)
    assert load_features(npz(tmp_path, x=X, y=Y), Known((), 6)).shape == (4, 6)


def idx(array: np.ndarray, code: int) -> bytes:
    big = array.astype(array.dtype.newbyteorder(">"))
    return bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">u4").tobytes() + big.tobytes()


def test_idx_is_told_by_its_magic_and_its_labels_lie_beside(tmp_path: Path) -> None:
    images = tmp_path / "t10k-images-idx3-ubyte"
    images.write_bytes(idx(X.astype(np.uint8), 8))
    with pytest.raises(DataError, match="samples without labels; there is no t10k-labels-idx1"):
        load_samples(images)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(Y.astype("u1"), 8)))
    samples, _ = load_samples(images)
    assert (samples.feature_shape, samples.y.tolist()) == ((2, 3), Y.tolist())
    other = tmp_path / "other"
    other.write_bytes(idx(X.astype(np.float32), 0x0D))
    assert np.array_equal(load_features(other, Known((), 6)), X.reshape(4, 6))
    other.write_bytes(idx(X.astype(np.float32), 0x0D)[:-1])
    with pytest.raises(DataError, match="its header says 96 bytes, there are 95"):
        load_features(other, Known((), 6))


@pytest.mark.parametrize("kind", ["parquet", "feather", "stream"])
def test_arrow_files_have_names_and_types(tmp_path: Path, kind: str) -> None:
    pa = pytest.importorskip("pyarrow", reason="these files are read with pyarrow")
    from pyarrow import feather, ipc, parquet

    table = pa.table(
        {"y": ["no", "yes", None], "a": [1, 3, 5], "b": [True, False, True], "c": [0.5, None, 2]}
    )
    path = tmp_path / "t"
    if kind == "stream":
        with ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table)
    else:
        (parquet.write_table if kind == "parquet" else feather.write_feather)(table, path)
    with pytest.raises(DataError, match=r"row 3, column 1 \(y\): no label"):
        load_samples(path)
    said: list[str] = []
    samples, _ = load_samples(path, TableOptions(missing="drop"), say=said.append)
    assert samples.X.tolist() == [[1, 1, 0.5]] and samples.y.tolist() == ["no"]
    assert "2 of 3 rows left out (--missing drop): 1 without a label, 1 without" in said[-1]
    path.write_bytes(path.read_bytes()[:-9])
    if kind != "stream":
        with pytest.raises(DataError, match="not a whole"):
            load_samples(path)


def test_offsets_of_arrow_that_lead_anywhere_are_refused(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="these files are read with pyarrow")
    from pyarrow import feather

    texts = ["no", "yes", "no", "yes"]
    feather.write_feather(
        pa.table({"a": [1, 2, 3, 4], "y": texts}), tmp_path / "t", compression="uncompressed"
    )
    whole = (tmp_path / "t").read_bytes()
    offsets = np.array([0, 2, 5, 7, 10], "<i4").tobytes()
    assert whole.count(offsets) == 1
    for wrong in ([0, 2, 5, 7, 1 << 30], [0, -5, 5, 7, 10], [0, 1 << 30, 5, 7, 10]):
        (tmp_path / "t").write_bytes(whole.replace(offsets, np.array(wrong, "<i4").tobytes()))
        with pytest.raises(DataError, match="not a whole arrow file"):
            load_samples(tmp_path / "t")
