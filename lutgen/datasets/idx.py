"""The IDX format of MNIST and its kin: a big-endian header, then the raw bytes; often gzipped."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import DataError

_UINT8 = 0x08
_GZIP_MAGIC = b"\x1f\x8b"
_MAX_RATIO = 1100  # deflate cannot do better than about 1032 to 1


def read_idx(path: Path, n_dims: int) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, gzipped or not.

    Parameters
    ----------
    n_dims : int
        Number of dimensions that the file must have: 1 for labels, 3 for images.

    Raises
    ------
    DataError
        If the file is missing, truncated, damaged, or not such a file.
    """
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            if not zipped:
                return _read_array(raw, n_dims, path.stat().st_size)
            with gzip.GzipFile(fileobj=raw) as stream:
                return _read_array(stream, n_dims, _MAX_RATIO * path.stat().st_size)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: truncated or damaged ({error}); get the file again") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _read_array(
    stream: IO[bytes] | gzip.GzipFile, n_dims: int, max_bytes: int
) -> NDArray[np.uint8]:
    magic = stream.read(4)
    if magic != bytes([0, 0, _UINT8, n_dims]):
        raise DataError(
            f"not an IDX file of unsigned bytes in {n_dims} dimension(s): it starts with "
            f"{magic.hex(' ') or 'nothing'} instead of 00 00 08 {n_dims:02x}"
        )
    header = stream.read(4 * n_dims)
    shape = tuple(np.frombuffer(header[: len(header) // 4 * 4], dtype=">u4").tolist())
    n_bytes = math.prod(shape)
    if len(shape) != n_dims or n_bytes > max_bytes:
        raise DataError(f"truncated: its header says {shape}; get the file again")
    data = stream.read(n_bytes)
    if len(data) != n_bytes or stream.read(1):
        what = f"only {len(data)}" if len(data) < n_bytes else "more"
        raise DataError(f"its header says {n_bytes} bytes, there are {what}; get the file again")
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)


_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def parse_idx(path: str, data: bytes) -> NDArray[Any]:
    """Return the array of an IDX file of any type and number of dimensions.

    Parameters
    ----------
    path : str
        For messages.
    data : bytes
        The file, unpacked.

    Raises
    ------
    DataError
        If it is truncated, or holds more than its header says.
    """
    dtype = np.dtype(_TYPES.get(data[2], "V1"))
    n_dims = data[3]
    header = np.frombuffer(data[4 : 4 + 4 * n_dims], dtype="u1")
    if dtype.kind == "V" or header.size != 4 * n_dims:
        raise DataError(f"{path}: an IDX file of an unknown type, or truncated; get it again")
    shape = tuple(header.view(">u4").tolist())
    expected = math.prod(shape) * dtype.itemsize
    found = len(data) - 4 - header.size
    if expected != found:
        raise DataError(
            f"{path}: its header says {expected} bytes, there are {found}; get the file again"
        )
    array = np.frombuffer(data, dtype=dtype, offset=4 + header.size).reshape(shape)
    return array.astype(dtype.newbyteorder("="))
