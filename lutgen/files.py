"""Writing results so that an interrupted or failed run never damages what was there before."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lutgen.errors import DataError, OutputError


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all: to a temporary file beside it, then rename.

    Missing parent folders are made. What is no regular file, e.g. ``/dev/stdout``, is written to
    as it stands.

    Raises
    ------
    OutputError
        If the folder or the file cannot be written; what stood at `path` is untouched.
    """
    # bytes of file names that are no text are escaped, see os.fsdecode
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    with _reporting(path):
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder")
        if path.exists() and not path.is_file():
            path.write_bytes(data)  # renaming onto a device or a pipe would remove it
        else:
            _write_and_rename(path, data)


@contextlib.contextmanager
def _reporting(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into an :class:`OutputError`."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(
            f"cannot write {path}: {reason}; choose a folder that is writable and has room (-o)"
        ) from error


def _write_and_rename(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(f"{path.parent} is not a folder") from error
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def ensure_writable(path: Path) -> None:
    """Find out before long work whether a file can be written; leaves what is there unchanged.

    Raises
    ------
    OutputError
        If it cannot.
    """
    with _reporting(path):
        if path.is_dir():
            raise IsADirectoryError("it is a folder, not a file")
        if path.exists() and not path.is_file():
            return  # a device or a pipe: nothing can be tried without writing to it
        probe = path.with_name(f".{path.name}.probe")
        _write_and_rename(probe, b"")
        probe.unlink(missing_ok=True)


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> list[Path]:
    """Write several named files into a folder, each whole or not at all."""
    paths = []
    for name, content in files.items():
        path = folder / name
        write_atomic(path, content)
        paths.append(path)
    return paths


def move_files(folder: Path, to: Path, names: Iterable[str]) -> None:
    """Move files and folders, as far as they are there, replacing those of the same names.

    Raises
    ------
    OutputError
        If one cannot be moved.
    """
    with _reporting(to):
        to.mkdir(parents=True, exist_ok=True)
        for name in names:
            if not (folder / name).exists():
                continue
            if (to / name).is_dir():
                shutil.rmtree(to / name)
            (folder / name).replace(to / name)


def move_apart(folder: Path, digest: str) -> Path | None:
    """Give a folder the name ``<folder>-<digest>``, cut short, replacing what is there.

    Returns
    -------
    Path or None
        Where it is now; None, and nothing is moved, if that is no SHA-256 in hexadecimal.

    Raises
    ------
    OutputError
        If it cannot be moved.
    """
    if not is_digest(digest):
        return None
    apart = folder.with_name(f"{folder.name}-{digest[:8]}")
    with _reporting(apart):
        if apart.exists():
            shutil.rmtree(apart)
        folder.replace(apart)
    return apart


def is_digest(text: str) -> bool:
    """Return whether a text is a SHA-256 in hexadecimal, so that it may be part of a path."""
    return re.fullmatch("[0-9a-f]{64}", text) is not None


def write_json(path: Path, record: Any) -> None:
    """Write a record as indented JSON, keys in the order given."""
    write_atomic(path, json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    DataError
        If the file cannot be read or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not valid JSON ({error}); write it anew") from error
