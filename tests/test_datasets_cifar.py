import io
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lutgen.datasets.cifar import (
    ARCHIVE,
    BITS_FILE,
    NIBBLES_FILE,
    PIXELS_FILE,
    read_cifar10,
)
from lutgen.datasets.load import load_dataset
from lutgen.errors import DataError

RNG = np.random.default_rng(0)
TRAIN = RNG.integers(0, 256, (10, 3, 32, 32), dtype=np.uint8)
TEST = RNG.integers(0, 256, (4, 3, 32, 32), dtype=np.uint8)
Y_TRAIN, Y_TEST = np.arange(10, dtype=np.uint8), np.arange(4, dtype=np.uint8)
VALID = np.array([True, False, True, True])


def write_archive(folder: Path, n_batches: int = 5, label: int = 0) -> None:
    """Write the published form: two training images a batch."""
    with tarfile.open(folder / ARCHIVE, "w:gz") as archive:
        batches = {
            f"data_batch_{i + 1}.bin": (TRAIN[2 * i : 2 * i + 2], Y_TRAIN[2 * i : 2 * i + 2])
            for i in range(n_batches)
        }
        batches["test_batch.bin"] = (TEST, Y_TEST + np.uint8(label))
        for name, (images, labels) in batches.items():
            content = np.column_stack([labels, images.reshape(len(images), -1)]).tobytes()
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def bits_arrays() -> dict[str, Any]:
    packed = [
        np.packbits((X >= 128).reshape(len(X), -1), axis=1, bitorder="little")
        for X in (TRAIN, TEST)
    ]
    return {
        "train_bits": packed[0],
        "train_labels": Y_TRAIN,
        "test_bits": packed[1],
        "test_labels": Y_TEST,
        "test_valid": VALID,
    }


def delta(images: np.ndarray) -> np.ndarray:
    """Difference-code images of shape (n, 3, 32, 32): the inverse of what the reader undoes."""
    planes = images.transpose(1, 0, 2, 3).copy()
    planes[0] -= planes[1]
    planes[2] -= planes[1]
    planes[:, :, :, 1:] -= planes[:, :, :, :-1].copy()
    planes[:, :, 1:] -= planes[:, :, :-1].copy()
    return planes


def predicted(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Code images of shape (n, 3, 32, 32) of 0 to 15: the inverse of what the reader undoes."""
    values = images.astype(np.int64)
    values[:, ::2] -= values[:, 1:2]
    around = np.pad(values, ((0, 0), (0, 0), (1, 0), (1, 0)))
    west, north = around[:, :, 1:, :-1], around[:, :, :-1, 1:]
    guess = np.median([west, north, west + north - around[:, :, :-1, :-1]], axis=0)
    error = ((values - guess.astype(np.int64)) & 15).astype(np.uint8)
    return error[:, 1, ::2] | error[:, 1, 1::2] << 4, error[:, 0] | error[:, 2] << 4


def test_the_published_archive_and_the_small_files_hold_the_same_images(tmp_path: Path) -> None:
    write_archive(tmp_path)
    pixels = read_cifar10(tmp_path, 8)
    assert np.array_equal(pixels[0].X, TRAIN.reshape(10, -1)) and pixels[2] == ""
    assert np.array_equal(pixels[1].X, TEST.reshape(4, -1))
    bits = read_cifar10(tmp_path, 1)
    assert np.array_equal(bits[1].X, TEST.reshape(4, -1) >= 128)
    np.savez(tmp_path / BITS_FILE, **bits_arrays())
    small = read_cifar10(tmp_path, 1)
    assert small[2] == "1 of 4 test images missing and left out"
    assert np.array_equal(small[0].X, bits[0].X) and np.array_equal(small[0].y, Y_TRAIN)
    assert np.array_equal(small[1].X, bits[1].X[VALID]) and small[1].y.tolist() == [0, 2, 3]
    nibbles = read_cifar10(tmp_path, 4)
    assert np.array_equal(nibbles[0].X, pixels[0].X >> 4)
    parts = {"train": (TRAIN, Y_TRAIN), "test": (TEST, Y_TEST)}
    coded = {}
    for part, (images, y) in parts.items():
        coded[f"{part}_g"], coded[f"{part}_rb"] = predicted(images >> 4)
        coded[f"{part}_labels"] = y
    np.savez(tmp_path / NIBBLES_FILE, **coded, test_valid=VALID)
    decoded = read_cifar10(tmp_path, 4)
    assert np.array_equal(decoded[0].X, nibbles[0].X)
    assert np.array_equal(decoded[1].X, nibbles[1].X[VALID]) and decoded[2] == small[2]
    arrays = {
        "train_delta": delta(TRAIN),
        "train_labels": Y_TRAIN,
        "test_delta": delta(TEST),
        "test_labels": Y_TEST,
        "test_valid": VALID,
    }
    np.savez(tmp_path / PIXELS_FILE, **arrays)
    part = read_cifar10(tmp_path, 8)
    assert np.array_equal(part[0].X, pixels[0].X)
    assert np.array_equal(part[1].X, pixels[1].X[VALID])


def test_the_set_says_what_is_missing(tmp_path: Path) -> None:
    np.savez(tmp_path / BITS_FILE, **bits_arrays())
    dataset = load_dataset("cifar10", data_dir=tmp_path)
    assert dataset.split == "official 10 / 3; 1 of 4 test images missing and left out"
    assert dataset.feature_shape == (3, 32, 32)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("train_bits", np.zeros((10, 383), np.uint8), r"must be uint8 of shape \(n, 384\)"),
        ("train_labels", np.full(10, 10, np.uint8), r"must be 10 labels 0 to 9"),
        ("test_labels", np.zeros(3, np.uint8), r"must be 4 labels 0 to 9"),
        ("test_valid", np.ones(4, np.uint8), r"must be 4 truth values"),
        ("test_valid", None, r"lacks the array\(s\) test_valid"),
    ],
)
def test_a_small_file_that_is_not_as_it_should_be_is_refused(
    tmp_path: Path, name: str, value: Any, message: str
) -> None:
    arrays = bits_arrays()
    arrays[name] = value
    np.savez(tmp_path / BITS_FILE, **{k: v for k, v in arrays.items() if v is not None})
    with pytest.raises(DataError, match=message):
        read_cifar10(tmp_path, 1)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    write_archive(tmp_path, n_batches=4)
    with pytest.raises(DataError, match=r"lacks data_batch_5\.bin"):
        read_cifar10(tmp_path, 1)
    write_archive(tmp_path, label=7)
    with pytest.raises(DataError, match=r"\(test_batch\.bin\): must be records of 3073 bytes"):
        read_cifar10(tmp_path, 1)
    whole = (tmp_path / ARCHIVE).read_bytes()
    (tmp_path / ARCHIVE).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="truncated or damaged"):
        read_cifar10(tmp_path, 1)
    (tmp_path / ARCHIVE).write_bytes(b"not a tar")
    with pytest.raises(DataError, match="truncated or damaged"):
        read_cifar10(tmp_path, 1)
