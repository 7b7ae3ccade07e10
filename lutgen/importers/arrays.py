"""Arrays that strangers saved with NumPy (``.npz``, ``.npy``), read without trust.

Nothing is unpickled, no size that a file states is believed, and what comes out of a packed file
is at most 100 times the file, or 64 MiB if that is more.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray

from lutgen.errors import DataError, ModelError
from lutgen.importers.content import MOST_BYTES, MOST_RATIO, Content
from lutgen.npy import MAGIC, parse_npy

_MOST_SMALL = 1 << 26
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)

Arrays = dict[str, NDArray[Any]]


def names(content: Content) -> frozenset[str]:
    """Return the names of the arrays of a ``.npz`` file; none if it is no such file."""
    if not all(name.endswith(".npy") for name in content.members):
        return frozenset()
    return frozenset(name.removesuffix(".npy") for name in content.members)


def read_arrays(content: Content, wanted: Iterable[str] | None = None) -> Arrays:
    """Read arrays of a ``.npz`` file, or the one of a ``.npy`` file under the name ``array``.

    Parameters
    ----------
    wanted : iterable of str, optional
        Names of those to read, as far as they are there; by default all.

    Raises
    ------
    ModelError
        If the file is damaged, or too large for what it is.
    """
    if content.head.startswith(MAGIC):
        return {"array": _parse(content, "it", content.data)}
    chosen = names(content) if wanted is None else names(content) & frozenset(wanted)
    try:
        with zipfile.ZipFile(io.BytesIO(content.data)) as archive:
            return _read(content, archive, sorted(chosen))
    except _UNREADABLE as error:
        raise content.fault(f"its arrays are damaged ({error})") from error


def _read(content: Content, archive: zipfile.ZipFile, chosen: list[str]) -> Arrays:
    budget = min(MOST_BYTES, max(_MOST_SMALL, MOST_RATIO * len(content.data)))
    found = {}
    for name in chosen:
        info = archive.getinfo(f"{name}.npy")
        if info.file_size > budget:
            raise content.fault(
                f"its arrays have more than {budget:,} bytes, many times what the file has; "
                "save them again with fewer or smaller ones"
            )
        budget -= info.file_size
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise content.fault(f"{name} is packed in a way that numpy.savez does not use")
        with archive.open(info) as stream:
            found[name] = _parse(content, name, stream.read(info.file_size + 1))
    return found


def _parse(content: Content, name: str, data: bytes) -> NDArray[Any]:
    try:
        return parse_npy(data)
    except DataError as error:
        raise ModelError(f"{content.path}: {name} {error}") from error
