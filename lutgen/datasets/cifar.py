"""CIFAR-10: its binary archive as published, and three smaller files made of it.

Images come out channels first, 32x32 each, flattened to 3,072 columns.
"""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.datasets.tables import Samples, read_arrays
from lutgen.errors import DataError

ARCHIVE = "cifar-10-binary.tar.gz"
BITS_FILE = "cifar10_bits128.npz"
PIXELS_FILE = "cifar10_u8_part.npz"
NIBBLES_FILE = "cifar10_u4.npz"
SHAPE = (3, 32, 32)

_N_PIXELS = 3 * 32 * 32
_RECORD = 1 + _N_PIXELS  # a label, then the image


def read_cifar10(folder: Path, n_bits: int) -> tuple[Samples, Samples, str]:
    """Read CIFAR-10 from one of its files in a folder; the smaller file goes first.

    Parameters
    ----------
    folder : Path
        Holds `BITS_FILE` (for one bit), `NIBBLES_FILE` (for four), `PIXELS_FILE` (for eight, a part
        of the set) or `ARCHIVE`.
    n_bits : {1, 4, 8}
        The most significant bits of a channel value that are kept.

    Returns
    -------
    train, test : Samples
        uint8 of shape (n_samples, 3072); labels 0 to 9.
    note : str
        What is missing of the published set; "" if nothing.

    Raises
    ------
    DataError
        If the file cannot be read or is not as it should be.
    """
    name, read = {
        1: (BITS_FILE, _read_bits),
        4: (NIBBLES_FILE, _read_nibbles),
        8: (PIXELS_FILE, _read_pixels),
    }[n_bits]
    if (folder / name).exists():
        return read(folder / name)
    train = _read_archive(folder / ARCHIVE, [f"data_batch_{i}.bin" for i in range(1, 6)])
    test = _read_archive(folder / ARCHIVE, ["test_batch.bin"])
    train, test = (Samples(part.X >> (8 - n_bits), part.y, SHAPE) for part in (train, test))
    return train, test, ""


def _read_bits(path: Path) -> tuple[Samples, Samples, str]:
    names = ("train_bits", "train_labels", "test_bits", "test_labels", "test_valid")
    arrays = read_arrays(path, names)
    for part in ("train", "test"):
        _check(path, arrays, f"{part}_bits", f"{part}_labels", (_N_PIXELS // 8,), axis=0)
    train, test = (
        np.unpackbits(arrays[name], axis=1, bitorder="little")
        for name in ("train_bits", "test_bits")
    )
    return _mask(path, arrays, train, test)


def _read_pixels(path: Path) -> tuple[Samples, Samples, str]:
    names = ("train_delta", "train_labels", "test_delta", "test_labels", "test_valid")
    arrays = read_arrays(path, names)
    for part in ("train", "test"):
        _check(path, arrays, f"{part}_delta", f"{part}_labels", (3, 32, 32), axis=1)
    train, test = (_undo_delta(arrays[name]) for name in ("train_delta", "test_delta"))
    samples, tested, note = _mask(path, arrays, train, test)
    part = f"a part of the published 50,000 / 10,000{'; ' if note else ''}{note}"
    return samples, tested, part


def _read_nibbles(path: Path) -> tuple[Samples, Samples, str]:
    """Read values of four bits: two rows of green a byte, a pixel less its green a byte."""
    names = ("train_g", "train_rb", "train_labels", "test_g", "test_rb", "test_labels")
    arrays = read_arrays(path, (*names, "test_valid"))
    images = []
    for part in ("train", "test"):
        _check(path, arrays, f"{part}_g", f"{part}_labels", (16, 32), axis=0)
        _check(path, arrays, f"{part}_rb", f"{part}_labels", (32, 32), axis=0)
        images.append(_undo_median(arrays[f"{part}_g"], arrays[f"{part}_rb"]))
    return _mask(path, arrays, images[0], images[1])


def _undo_median(green: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Undo the prediction coding: (n, 16, 32) and (n, 32, 32) to pixels (n, 3072) of 0 to 15.

    A value of a plane was predicted by the median of its neighbours W (west), N (north) and
    W + N - NW, zero outside the image; the error is kept modulo 16.
    """
    n_images = len(green)
    error = np.empty((3, 32, 32, n_images), dtype=np.int8)
    error[1, 0::2], error[1, 1::2] = (part.transpose(1, 2, 0) for part in (green & 15, green >> 4))
    error[0], error[2] = (part.transpose(1, 2, 0) for part in (others & 15, others >> 4))
    planes = np.zeros((3, 33, 33, n_images), dtype=np.int8)  # a zero row above, a column left
    for row in range(32):
        for column in range(32):
            west, north = planes[:, row + 1, column], planes[:, row, column + 1]
            least, most = np.minimum(west, north), np.maximum(west, north)
            value = np.clip(west + north - planes[:, row, column], least, most)
            value += error[:, row, column]
            value[1] &= 15
            value[::2] = ((value[::2] + value[1]) & 15) - value[1]
            planes[:, row + 1, column + 1] = value
    planes[::2] += planes[1]
    pixels = planes[:, 1:, 1:].transpose(3, 0, 1, 2).astype(np.uint8, order="C")
    return pixels.reshape(-1, _N_PIXELS)


def _undo_delta(delta: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Undo the difference coding: (3, n, 32, 32) to pixels (n, 3072), modulo 256.

    Red and blue were stored minus green, then every value minus its neighbours.
    """
    planes: NDArray[np.uint8] = delta.cumsum(2, dtype=np.uint8).cumsum(3, dtype=np.uint8)
    planes[0] += planes[1]
    planes[2] += planes[1]
    return np.ascontiguousarray(planes.transpose(1, 0, 2, 3)).reshape(-1, _N_PIXELS)


def _check(
    path: Path,
    arrays: dict[str, NDArray[Any]],
    name: str,
    labels: str,
    shape: tuple[int, ...],
    axis: int,
) -> None:
    """Check images, with samples along `axis` and the other axes of `shape`, and their labels."""
    found = arrays[name]
    wanted = "(" + ", ".join([*map(str, shape[:axis]), "n", *map(str, shape[axis:])]) + ")"
    rest = tuple(size for i, size in enumerate(found.shape) if i != axis)
    if found.dtype != np.uint8 or rest != shape:
        raise DataError(
            f"{path} ({name}): must be uint8 of shape {wanted}, got {found.dtype} of "
            f"shape {found.shape}"
        )
    y = arrays[labels]
    if y.shape != (found.shape[axis],) or y.dtype != np.uint8 or (y.size and y.max() > 9):
        raise DataError(
            f"{path} ({labels}): must be {found.shape[axis]} labels 0 to 9 as uint8, got "
            f"{y.dtype} of shape {y.shape}"
        )


def _mask(
    path: Path, arrays: dict[str, NDArray[Any]], train: NDArray[np.uint8], test: NDArray[np.uint8]
) -> tuple[Samples, Samples, str]:
    """Leave out the test images that the file marks as missing."""
    valid = arrays["test_valid"]
    if valid.dtype != np.bool_ or valid.shape != (len(test),):
        raise DataError(
            f"{path} (test_valid): must be {len(test)} truth values, got {valid.dtype} of shape "
            f"{valid.shape}"
        )
    missing = int((~valid).sum())
    note = f"{missing} of {len(valid):,} test images missing and left out" if missing else ""
    return (
        Samples(train, arrays["train_labels"], SHAPE),
        Samples(test[valid], arrays["test_labels"][valid], SHAPE),
        note,
    )


def _read_archive(path: Path, names: list[str]) -> Samples:
    """Read batches of records: one byte of label, then 3,072 of red, green and blue."""
    batches = []
    try:
        with tarfile.open(path, "r:gz") as archive:
            members = {Path(member.name).name: member for member in archive.getmembers()}
            for name in names:
                stream = archive.extractfile(members[name]) if name in members else None
                if stream is None:
                    raise DataError(f"{path}: lacks {name}; get the file again")
                batches.append(np.frombuffer(stream.read(), dtype=np.uint8))
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: truncated or damaged ({error}); get the file again") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    for name, batch in zip(names, batches, strict=True):
        if batch.size % _RECORD or (batch[::_RECORD] > 9).any():
            raise DataError(
                f"{path} ({name}): must be records of {_RECORD} bytes that start with a label 0 "
                f"to 9, got {batch.size} bytes; get the file again"
            )
    records = np.concatenate(batches).reshape(-1, _RECORD)
    return Samples(np.ascontiguousarray(records[:, 1:]), records[:, 0].copy(), SHAPE)
