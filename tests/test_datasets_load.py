import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.datasets import load
from lutgen.datasets.columns import Known
from lutgen.datasets.load import list_datasets, load_dataset, split_samples
from lutgen.datasets.registry import IDX_FILES, REGISTRY
from lutgen.datasets.tables import Samples
from lutgen.datasets.tasks import apply_task
from lutgen.encode.encoder import fit_encoder
from lutgen.errors import ConfigError, DataError


def write_idx(folder: Path, n_train: int = 5, n_test: int = 3, *, zipped: bool = True) -> None:
    """Write the four files of a small set of 28x28 images."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for name in IDX_FILES:
        n = n_train if name.startswith("train") else n_test
        shape = (n, 28, 28) if "images" in name else (n,)
        header = bytes([0, 0, 8, len(shape)]) + np.array(shape, ">u4").tobytes()
        content = header + rng.integers(0, 10, shape, dtype=np.uint8).tobytes()
        if zipped:
            (folder / name).write_bytes(gzip.compress(content, mtime=0))
        else:
            (folder / name.removesuffix(".gz")).write_bytes(content)


def test_digits_are_the_same_on_every_machine() -> None:
    digits = load_dataset("digits")
    assert (digits.X_train.shape, digits.X_test.shape) == ((1438, 64), (359, 64))
    assert (digits.feature_shape, digits.encoder) == ((8, 8), "threshold:8")
    assert digits.split == "seeded random split, 20 % test, seed 0"
    assert hashlib.sha256(digits.X_test.tobytes()).hexdigest().startswith("11b00c7eba4e9139")
    assert digits.y_test[:10].tolist() == [2, 3, 1, 3, 5, 0, 1, 5, 0, 8]
    assert not np.array_equal(load_dataset("digits", split_seed=1).y_test, digits.y_test)


@pytest.mark.parametrize("info", list_datasets(), ids=lambda info: info.name)
def test_the_registry_is_consistent(info: load.DatasetInfo) -> None:
    assert REGISTRY[info.name] is info
    assert bool(info.sha256) == bool(info.base_url) == bool(info.size_bytes)
    assert bool(info.sha256) == (info.source == "folder or download")
    assert bool(info.how_to_get) == (info.source == "folder")
    assert bool(info.npz) or not info.how_to_get
    assert all(len(bytes.fromhex(value)) == 32 for value in info.sha256.values())
    fit_encoder(
        info.encoder, np.repeat([[0], [1]], 4, axis=1)
    )  # raises if there is no such encoder


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("uci:leter", r"unknown data set 'uci:leter'; the tables are adult, breast_cancer"),
        ("iwls2020:ex100", "unknown data set 'iwls2020:ex100'; it is iwls2020:ex00 to"),
        ("uci", r"unknown data set 'uci'; give one of digits, .*uci:NAME \(33 tables\)"),
    ],
)
def test_unknown_members_of_a_family_are_refused(name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_dataset(name)


@pytest.mark.parametrize("name", ["uci:letter", "unsw_nb15", "jsc", "iwls2020:ex07"])
def test_what_cannot_be_downloaded_is_told_how_to_come_by(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"\.npz is missing, and it cannot be downloaded; .* hold"):
        load_dataset(name, data_dir=tmp_path)
    with pytest.raises(DataError, match=r"lacks cifar-10-bin.* or cifar10_bits128\.npz"):
        load_dataset("cifar10", data_dir=tmp_path)


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=60),
    st.floats(0.05, 0.95),
    st.integers(0, 2**32),
)
def test_a_split_parts_every_class_by_the_share(
    labels: list[int], fraction: float, seed: int
) -> None:
    X = np.arange(len(labels))[:, None]
    samples = Samples(X, np.array(labels), (1,))
    sizes = [labels.count(label) for label in set(labels)]
    if not any(min(round(fraction * n), n - 1) for n in sizes):
        with pytest.raises(DataError, match="too few to set"):
            split_samples(samples, fraction, seed)
        return
    train, test = split_samples(samples, fraction, seed)
    assert sorted([*train.X[:, 0], *test.X[:, 0]]) == list(range(len(labels)))
    for part in (train, test):
        assert (np.diff(part.X[:, 0]) > 0).all()
        assert part.y.tolist() == [labels[i] for i in part.X[:, 0]]
    for label in set(labels):
        n = labels.count(label)
        assert (test.y == label).sum() == min(round(fraction * n), n - 1)
    again = split_samples(samples, fraction, seed)
    assert np.array_equal(again[1].X, test.X)


@pytest.mark.parametrize("inside", ["", "mnist"])
@pytest.mark.parametrize("zipped", [True, False])
def test_idx_files_are_found_in_a_folder(tmp_path: Path, inside: str, zipped: bool) -> None:
    write_idx(tmp_path / inside, zipped=zipped)
    mnist = load_dataset("mnist", data_dir=tmp_path)
    assert (mnist.X_train.shape, mnist.X_test.shape) == ((5, 784), (3, 784))
    assert (mnist.feature_shape, mnist.split) == ((28, 28), "official 5 / 3")


def test_a_folder_without_the_files_is_told_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"lacks train-images-idx3-ubyte\.gz; mnist is train-im"):
        load_dataset("mnist", data_dir=tmp_path)
    write_idx(tmp_path)
    (tmp_path / IDX_FILES[3]).unlink()
    with pytest.raises(DataError, match=r"cannot read .*t10k-labels-idx1-ubyte\.gz: No such"):
        load_dataset("mnist", data_dir=tmp_path)


def test_images_without_their_labels_are_refused(tmp_path: Path) -> None:
    write_idx(tmp_path / "a", 5)
    write_idx(tmp_path / "b", 6)
    (tmp_path / "b" / IDX_FILES[1]).replace(tmp_path / "a" / IDX_FILES[1])
    with pytest.raises(DataError, match=r"5 images in train-.* 6 labels in train-"):
        load_dataset("mnist", data_dir=tmp_path / "a")


def test_the_cache_serves_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUTGEN_DATA", str(tmp_path))
    with pytest.raises(
        DataError, match=r"mnist is not in .*; allow the download, or name a folder"
    ):
        load_dataset("mnist", download=False)
    write_idx(tmp_path / "mnist")
    assert load_dataset("mnist", download=False).n_features == 784
    sha256 = {
        name: hashlib.sha256((tmp_path / "mnist" / name).read_bytes()).hexdigest()
        for name in IDX_FILES
    }
    offline = replace(REGISTRY["mnist"], sha256=sha256, base_url="http://127.0.0.1:1/")
    monkeypatch.setattr(load, "find_dataset", lambda _: offline)
    assert load_dataset("mnist").n_features == 784


@pytest.mark.parametrize("inside", ["", "mnist"])
@pytest.mark.parametrize("zipped", [True, False])
def test_the_folder_of_the_environment_is_read_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str, zipped: bool
) -> None:
    def write(*_: object) -> None:
        raise AssertionError("a folder that may not be writable was to be written")

    monkeypatch.setenv("LUTGEN_DATA", str(tmp_path))
    monkeypatch.setattr(load, "fetch_files", write)
    write_idx(tmp_path / inside, zipped=zipped)
    assert load_dataset("mnist").X_train.shape == (5, 784)


def test_no_network_says_how_to_give_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUTGEN_DATA", str(tmp_path))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    offline = replace(REGISTRY["mnist"], base_url="http://127.0.0.1:1/")
    monkeypatch.setattr(load, "find_dataset", lambda _: offline)
    with pytest.raises(
        DataError,
        match=r"no connection, .*; try again, or name a folder \(\$LUTGEN_DATA, --data-dir, data_d",
    ):
        load_dataset("mnist")


def test_files_of_the_users_are_split_or_come_split(tmp_path: Path) -> None:
    X, y = np.arange(40).reshape(10, 2, 2), np.arange(10) % 2
    np.savez(tmp_path / "mine.npz", X=X, y=y)
    mine = load_dataset(str(tmp_path / "mine.npz"), test_fraction=0.4, split_seed=3)
    assert (mine.name, mine.encoder, mine.feature_shape) == ("mine", "auto", (2, 2))
    assert mine.split == "seeded random split, 40 % test, seed 3"
    assert sorted(mine.y_test.tolist()) == [0, 0, 1, 1]
    np.savez(tmp_path / "two.npz", X_train=X, y_train=y, X_test=X[:1], y_test=y[:1])
    assert load_dataset(str(tmp_path / "two.npz")).split == "parted by the file"
    (tmp_path / "t.csv").write_text("kind,a\n" + "no,1\nyes,2\n" * 5)
    table = load_dataset(str(tmp_path / "t.csv"), label="kind")
    assert sorted(table.y_test.tolist()) == ["no", "yes"]


def test_a_test_part_comes_from_another_file_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("kind,a,b\n" + "0,1,5\n1,2,6\n" * 5)
    (tmp_path / "test.csv").write_text("b,extra,a,kind\n6,0,2,1.0\n5,0,1,0.0\n")
    train, test = (str(tmp_path / name) for name in ("train.csv", "test.csv"))
    both = load_dataset(train, label="kind", test_data=test)
    assert (len(both.y_train), both.y_test.tolist()) == (10, [1, 0])
    assert both.X_test.tolist() == [[2, 6], [1, 5]] and both.feature_names == ("a", "b")
    assert both.split == f"test part is {test}, 2 samples" and both.parted_by_file
    none = load_dataset(train, label="kind", test_fraction=0)
    assert (len(none.y_train), none.X_test.shape, none.split) == (10, (0, 2), "no test part")
    (tmp_path / "test.csv").write_text("a,b,kind\n2,6,0\n1,5,7\n")
    said: list[str] = []
    load_dataset(train, label="kind", test_data=test, say=said.append)
    assert "1 of 2 test samples have labels that no training sample has (7)" in said[-1]
    (tmp_path / "test.csv").write_text("a,b,kind\n2,6,no\n")
    with pytest.raises(DataError, match="have a label 'no' which the training samples have not"):
        load_dataset(train, label="kind", test_data=test)


def test_the_digest_is_of_the_samples_whatever_file_holds_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,y\n1,2,0\n3,4,1\n5,6,1\n")
    (tmp_path / "b.data").write_text("y b a\r\n0.0 2 1\r\n1 4.0 3\r\n1 6 5\r\n")
    (tmp_path / "c.csv").write_text("a,b,y\n1,2,0\n3,4,1\n5,7,1\n")
    np.savez(tmp_path / "d.npz", X=np.array([[1, 2], [3, 4], [5, 6]], np.uint8), y=[0, 1, 1])
    known = Known(("a", "b"), 2, "y", 3)
    found = [
        load_dataset(str(tmp_path / name), test_fraction=0, known=known).sha256
        for name in ("a.csv", "b.data", "c.csv", "d.npz")
    ]
    assert found[0] == found[1] == found[3] != found[2] and len(found[0]) == 64
    assert load_dataset("digits").sha256 == ""


def test_numbers_that_are_no_classes_are_split_and_then_need_a_task(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,quality\n" + "".join(f"{i % 7},{i / 7:.3f}\n" for i in range(50)))
    dataset = load_dataset(str(path))
    assert (len(dataset.y_train), len(dataset.y_test)) == (40, 10)
    with pytest.raises(
        DataError, match=r"labels of 40 samples are 40 different ones, .*--task geN"
    ):
        apply_task(dataset, None)
    assert set(apply_task(dataset, "ge3").y_train.tolist()) == {0, 1}


def test_train_and_test_of_two_shapes_are_refused(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "t.npz",
        X_train=np.zeros((2, 3)),
        y_train=[0, 1],
        X_test=np.zeros((2, 4)),
        y_test=[0, 1],
    )
    with pytest.raises(DataError, match=r"shape \(3,\), test samples \(4,\); they must agree"):
        load_dataset(str(tmp_path / "t.npz"))


def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"unknown data set 'mnits'; give one of digits, mnist"):
        load_dataset("mnits")
    with pytest.raises(ConfigError, match="test_fraction must lie between 0 and 1, got 1"):
        load_dataset("digits", test_fraction=1)
    with pytest.raises(ConfigError, match="test_fraction must lie between 0 and 1, got nan"):
        load_dataset("digits", test_fraction=float("nan"))
    with pytest.raises(ConfigError, match="split_seed must not be negative, got -1"):
        load_dataset("digits", split_seed=-1)
    with pytest.raises(ConfigError, match="digits has labels of its own"):
        load_dataset("digits", label="y")
