"""What a file holds, told by its first bytes and never by its name; unpacked where it is packed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import sys
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lutgen.errors import DataError

STDIN = "-"

_PACKED: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
_FREE_BYTES = 1 << 25  # that any packed file may hold
_MAX_RATIO = 30  # beyond these: reading takes some ten times what is unpacked
_MAX_RATIO_OF_ARRAYS = 100
_MAGIC = {
    b"\x93NUMPY": "npy",
    b"PAR1": "parquet",
    b"ARROW1": "arrow",
    b"FEA1": "arrow",
    b"\xff\xff\xff\xff": "arrow stream",
}
_ARFF = re.compile(rb"(?>\s++|%[^\n]*+\n)*+@relation\b", re.IGNORECASE)
_TS = re.compile(
    rb"(?>\s++|#[^\n]*+\n)*+@(problemname|timestamps|missing|univariate|dimensions|equallength)\b",
    re.IGNORECASE,
)
_FOREIGN = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"%PDF": "a PDF document",
    b"\x89HDF": "an HDF5 file",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"SQLite format 3": "an SQLite database",
    b"MATLAB 5.0": "a MATLAB file",
    b"\x80\x04": "a Python pickle",
    b"\x80\x05": "a Python pickle",
}
_UNPACKING = (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError, RuntimeError)


@dataclass(frozen=True)
class Content:
    """The bytes of a file, unpacked.

    Parameters
    ----------
    path : str
        For messages.
    kind : str
        ``text``, ``arff``, ``ts``, ``npy``, ``npz``, ``idx``, ``parquet``, ``arrow`` or
        ``arrow stream``.
    data : bytes
    """

    path: str
    kind: str
    data: bytes


def read_content(path: str | Path) -> Content:
    """Read a file, or stdin for ``-``, and tell what it holds.

    Raises
    ------
    DataError
        If it cannot be read or unpacked, or is of a kind that holds no table.
    """
    name = str(path)
    try:
        if name == STDIN:
            data = _read_stdin()
        else:
            is_stored = Path(path).is_file() or not Path(path).exists()
            data = Path(path).read_bytes() if is_stored else _read_stream(name)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    title = "stdin" if name == STDIN else name
    return Content(title, *_unpack(title, data, 4, _FREE_BYTES + _MAX_RATIO * len(data)))


@cache
def _read_stdin() -> bytes:
    return sys.stdin.buffer.read()  # once: it may be asked for again


@cache
def _read_stream(path: str) -> bytes:
    return Path(path).read_bytes()  # once, as well: a pipe, such as /dev/stdin


def _unpack(path: str, data: bytes, depth: int, max_bytes: int) -> tuple[str, bytes]:
    for magic, packed in _PACKED.items():
        if data.startswith(magic):
            try:
                with packed(io.BytesIO(data)) as stream:
                    inner = stream.read(max_bytes + 1)
            except _UNPACKING as error:
                raise DataError(
                    f"{path}: truncated or damaged ({error}); get the file again"
                ) from error
            if not depth:
                raise DataError(f"{path}: packed again and again; unpack it")
            _check_size(path, len(inner), max_bytes)
            return _unpack(path, inner, depth - 1, max_bytes)
    if data.startswith(b"PK\x03\x04") or data.startswith(b"PK\x05\x06"):
        return _unpack_zip(path, data, depth, max_bytes)
    for magic, what in _FOREIGN.items():
        if data.startswith(magic):
            raise DataError(f"{path}: {what}, which is not read; save the table as CSV")
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            return kind, data
    return _plain_kind(data), data


def kind_of_start(data: bytes) -> str:
    """Return what a file holds that begins so, where it is not packed; else nothing."""
    if any(data.startswith(magic) for magic in (*_PACKED, *_FOREIGN, b"PK")):
        return ""
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            return kind
    if data.count(0):
        return ""  # UTF-16, or no text at all
    return _plain_kind(data)


def _plain_kind(data: bytes) -> str:
    if len(data) > 4 and data[:2] == b"\0\0" and data[2] in range(8, 15) and 0 < data[3] < 8:
        return "idx"
    head = data[: 1 << 16]
    return "arff" if _ARFF.match(head) else "ts" if _TS.match(head) else "text"


def _check_size(path: str, n_bytes: int, max_bytes: int) -> None:
    """Refuse what only one who means harm packs so well."""
    if n_bytes > max_bytes:
        raise DataError(
            f"{path}: unpacked it would have more than {max_bytes >> 20} MB, far more than its "
            "size lets expect; if that is right, unpack it and name what comes out"
        )


def _unpack_zip(path: str, data: bytes, depth: int, max_bytes: int) -> tuple[str, bytes]:
    """Return a .npz as it is, and of another archive its only file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            n_bytes = sum(info.file_size for info in archive.infolist())
            if all(name.endswith(".npy") for name in names):
                _check_size(path, n_bytes, _FREE_BYTES + _MAX_RATIO_OF_ARRAYS * len(data))
                return "npz", data
            if "xl/workbook.xml" in names:
                raise DataError(
                    f"{path}: an Excel workbook, which is not read; save the table as CSV"
                )
            if len(names) != 1 or not depth:
                raise DataError(
                    f"{path}: an archive of {len(names)} files ({', '.join(names[:4])}); unpack "
                    "it and name one"
                )
            _check_size(path, n_bytes, max_bytes)
            return _unpack(path, archive.read(names[0]), depth - 1, max_bytes)
    except DataError:
        raise
    except (zipfile.BadZipFile, *_UNPACKING) as error:
        raise DataError(
            f"{path}: not a file of plain NumPy arrays, or damaged ({error}); get it again"
        ) from error
