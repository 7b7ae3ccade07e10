"""The file of a model: a ``.npz`` of plain vectors and JSON metadata, read without trust.

It is an ordinary NumPy archive that ``numpy.load`` opens, too. Reading never unpickles, never
evaluates, and never allocates more than the file can hold.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import DataError, ModelError
from lutgen.files import write_atomic
from lutgen.npy import parse_npy

_FREE_BYTES = 1 << 28  # that any file may hold, and so many times its own size
_MAX_RATIO = 200
# What zipfile, zlib and NumPy raise on files that are damaged or made to harm.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    TypeError,
)


def write_archive(
    path: Path,
    file_format: str,
    version: int,
    meta: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
) -> None:
    """Write vectors and metadata, whole or not at all; the same contents give the same bytes.

    Raises
    ------
    OutputError
        If the file cannot be written; one that was there before is untouched.
    ModelError
        If the metadata is not plain JSON.
    """
    try:
        text = json.dumps({"format": file_format, "version": version, **meta}, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ModelError(f"its metadata cannot be written as JSON: {error}") from error
    members = {**arrays, "meta": np.frombuffer(text.encode(), dtype=np.uint8)}
    stream = io.BytesIO()
    np.savez_compressed(stream, **members)  # type: ignore[arg-type]
    write_atomic(path, stream.getvalue())


def read_archive(
    path: Path, file_format: str, versions: tuple[int, int], names: Collection[str]
) -> tuple[int, dict[str, Any], dict[str, NDArray[Any]]]:
    """Read version, metadata and vectors without trusting any size that the file states.

    Parameters
    ----------
    versions : (int, int)
        The oldest and the newest version that the caller understands.
    names : collection of str
        Vectors to read where they are there; others are passed over.

    Raises
    ------
    ModelError
        If the file is damaged, foreign, or of another version.
    OSError
        If it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: info for info in archive.infolist()}
            if "meta.npy" not in members:
                raise ModelError("not a lutgen model (there is no member 'meta')")
            wanted = ("meta.npy", *(f"{name}.npy" for name in names))
            n_bytes = sum(members[name].file_size for name in wanted if name in members)
            if n_bytes > _FREE_BYTES + _MAX_RATIO * path.stat().st_size:
                raise ModelError(f"its members claim {n_bytes} bytes; copy or train it again")
            meta = _read_meta(_read_member(archive, members["meta.npy"]))
            version = _check_version(meta, file_format, versions)
            arrays = {
                name: _read_member(archive, members[f"{name}.npy"])
                for name in names
                if f"{name}.npy" in members
            }
            return version, meta, arrays
    except ModelError:
        raise
    except _UNREADABLE as error:
        raise ModelError(
            f"damaged, or not a lutgen model ({error}); copy or train it again"
        ) from error


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[Any]:
    size = info.file_size
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ModelError(f"{info.filename} is packed as lutgen does not")
    with archive.open(info) as stream:
        data = stream.read(size + 1)
    try:
        vector = parse_npy(data)
    except DataError as error:
        raise ModelError(f"{info.filename} {error}") from error
    if vector.ndim != 1 or vector.dtype.byteorder == ">":
        raise ModelError(f"{info.filename} is not a plain vector")
    return vector.copy()


def _read_meta(content: NDArray[Any]) -> dict[str, Any]:
    try:
        meta = json.loads(content.tobytes(), parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"its metadata is not JSON ({error})") from error
    if not isinstance(meta, dict):
        raise ModelError("not a lutgen model (foreign metadata)")
    return meta


def _finite(text: str) -> float:
    """Return a number; JSON has no others, and none could be written again."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no number")
    return value


def _check_version(meta: dict[str, Any], file_format: str, known: tuple[int, int]) -> int:
    if meta.get("format") != file_format:
        raise ModelError("not a lutgen model (foreign metadata)")
    version = meta.get("version")
    if not isinstance(version, int) or version < 1:
        raise ModelError(f"its format version is {version!r}, which no lutgen ever wrote")
    oldest, newest = known
    if version > newest:
        raise ModelError(
            f"written by a newer lutgen (file format {version}, this one reads {newest}); "
            "upgrade with: pip install --upgrade lutgen"
        )
    if version < oldest:
        raise ModelError(
            f"written by an older lutgen (file format {version}, this one reads {oldest} to "
            f"{newest}); train it again"
        )
    return version
