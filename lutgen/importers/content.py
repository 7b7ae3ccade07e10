"""A file that a stranger wrote: what it holds, as far as a format must know to recognise it.

Nothing of it is run and no file that it names is opened. It is read once; what is compressed
becomes at most :data:`MOST_BYTES`.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from lutgen.errors import DataError, ModelError

MOST_BYTES = 1 << 30
"""Bytes that a file, or what it becomes when it is decompressed, may have."""

MOST_FILES = 1 << 16
"""Files that a folder may have."""

MOST_RATIO = 100
"""What files of an archive may become, in sizes of the archive."""

_T = TypeVar("_T")
_HEAD = 1 << 16
_MAGIC: dict[bytes, Callable[[io.BytesIO], io.BufferedIOBase]] = {
    b"\x1f\x8b": lambda stream: gzip.GzipFile(fileobj=stream),
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    b"\x5d\x00\x00": lzma.LZMAFile,
}
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


class Content:
    """The bytes of a file, and views of them that are made when somebody asks.

    Parameters
    ----------
    path : Path
        Where it is; formats may look at its suffix to tell two of one text apart. Of a folder,
        :attr:`files` are all there is; its folders are not looked into.

    Raises
    ------
    DataError
        If it cannot be read, is empty or too large.
    ModelError
        If it is compressed and damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._views: dict[Callable[[Content], Any], Any] = {}
        self._in_folder: dict[str, bytes] | None = None
        try:
            if path.is_dir():
                self._in_folder = _read_folder(path)
                stored = b"".join(self._in_folder.values())
            else:
                _check_size(path, path.stat().st_size)
                stored = path.read_bytes()
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror or error}") from error
        if self._in_folder is not None:
            named = "\0".join(self._in_folder).encode("utf-8", "surrogateescape")
            self.sha256 = hashlib.sha256(named + b"\0" + stored).hexdigest()
            self.data = b""
            return
        if not stored:
            raise DataError(f"{path} is empty")
        self.sha256 = hashlib.sha256(stored).hexdigest()
        self.data = self._decompressed(stored)

    def _decompressed(self, stored: bytes) -> bytes:
        opener = next((open_ for magic, open_ in _MAGIC.items() if stored.startswith(magic)), None)
        if opener is None:
            return stored
        try:
            with opener(io.BytesIO(stored)) as stream:
                data = bytes(stream.read(MOST_BYTES + 1))
        except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
            raise ModelError(f"{self.path} is compressed and damaged: {error}") from error
        if len(data) > MOST_BYTES:
            raise ModelError(
                f"{self.path} becomes more than {MOST_BYTES:,} bytes when it is decompressed"
            )
        return data

    @property
    def head(self) -> bytes:
        """The first 64 KiB."""
        return self.data[:_HEAD]

    @property
    def suffix(self) -> str:
        """The last suffix of its name in lower case, one that says how it is compressed aside."""
        suffixes = [suffix.lower() for suffix in self.path.suffixes]
        while suffixes and suffixes[-1] in (".gz", ".xz", ".lzma"):
            suffixes.pop()
        return suffixes[-1] if suffixes else ""

    @cached_property
    def text(self) -> str | None:
        """The whole as text, line ends as ``\\n``; None if it is none."""
        if self.is_folder or b"\0" in self.head:
            return None
        try:
            return self.data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            return None

    @cached_property
    def json(self) -> Any:
        """The whole as JSON; None if it is none."""
        if self.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
            return None
        try:
            return json.loads(self.data)
        except (ValueError, RecursionError):
            return None

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self._in_folder is not None

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        """The files of a folder or of a zip archive by their names; else the file itself.

        Raises
        ------
        ModelError
            If the archive is damaged, or becomes more than :data:`MOST_BYTES`.
        """
        if self._in_folder is not None:
            return self._in_folder
        if not self.members:
            return {self.path.name: self.data}
        if len(self.members) > MOST_FILES:
            raise self.fault(f"an archive of more than {MOST_FILES:,} files")
        left = min(MOST_BYTES, MOST_RATIO * len(self.data))
        found = {}
        try:
            with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
                for info in archive.infolist():
                    left -= info.file_size
                    if left < 0:
                        raise self.fault("its files become many times what the archive has")
                    if info.filename and not info.is_dir():
                        with archive.open(info) as stream:
                            found[info.filename] = stream.read(info.file_size)
        except _UNREADABLE as error:
            raise self.fault(f"the archive is damaged ({error})") from error
        return found

    @cached_property
    def members(self) -> tuple[str, ...]:
        """Names of the members, if it is a zip archive (also ``.npz`` and ``.pt``); else none."""
        if not self.data.startswith(b"PK"):
            return ()
        try:
            with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
                return tuple(archive.namelist())
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return ()

    def once(self, make: Callable[[Content], _T]) -> _T:
        """Return what a function makes of the file; it is called once, whoever asks."""
        if make not in self._views:
            self._views[make] = make(self)
        return self._views[make]  # type: ignore[no-any-return]

    def fault(self, text: str) -> ModelError:
        """Return the error that says what is wrong with the file."""
        return ModelError(f"{self.path}: {text}")


def _check_size(path: Path, size: int) -> None:
    if size > MOST_BYTES:
        raise DataError(f"{path} has {size:,} bytes; {MOST_BYTES:,} is the most")


def _read_folder(folder: Path) -> dict[str, bytes]:
    """Return the plain files of a folder by their names, in the order of the names."""
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    if len(paths) > MOST_FILES:
        raise DataError(f"{folder} has {len(paths):,} files; {MOST_FILES:,} is the most")
    _check_size(folder, sum(path.stat().st_size for path in paths))
    return {path.name: path.read_bytes() for path in paths}
