"""Writing results so that an interrupted or failed run never damages what was there before.

What is being written lies beside its place under a name of its own, ``.<name>.<token>.part``, and
is held by a lock of the file system (``flock``) until it is moved there. A lock ends with its
process, however that ends: so a part that nobody holds was left behind, and the next who writes
there removes it. Systems without such locks (Windows) hold nothing and remove nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import glob
import json
import logging
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from lutgen.errors import DataError, LutgenError, OutputError

try:
    import fcntl

    HAS_LOCKS = True
except ImportError:
    HAS_LOCKS = False

_PROBE_BYTES = 1 << 16  # what has to fit where a result is to be written
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_log = logging.getLogger(__name__)


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
    with writing_atomic(path) as stream:
        stream.write(data)


@contextlib.contextmanager
def writing_atomic(path: Path) -> Iterator[BinaryIO]:
    """Yield a stream whose content becomes the file once all is written, or not at all.

    Raises
    ------
    OutputError
        As :func:`write_atomic`.
    """
    with _reporting(path):
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder")
        if path.exists() and not path.is_file():
            with path.open("wb") as stream:  # renaming onto a device or a pipe would remove it
                yield stream
        else:
            with _renamed(path) as stream:
                yield stream


@contextlib.contextmanager
def _renamed(path: Path) -> Iterator[BinaryIO]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(f"{path.parent} is not a folder") from error
    remove_left(path)
    with _held_part(path) as temporary:
        with temporary.open("wb") as stream:
            yield stream
        temporary.replace(path)


@contextlib.contextmanager
def _reporting(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into an :class:`OutputError`."""
    try:
        yield
    except LutgenError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(
            f"cannot write {path}: {reason}; choose a folder that is writable and has room (-o)"
        ) from error


@contextlib.contextmanager
def _held_part(path: Path, *, folder: bool = False) -> Iterator[Path]:
    """Make a part of a file or folder, hold it, and remove it if it is still there at the end."""
    while True:
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        if folder:
            part.mkdir()
        else:
            part.touch(exist_ok=False)
        try:
            held = _hold(part) if HAS_LOCKS else None
        except FileNotFoundError:  # it was taken for left behind before it was held
            continue
        break
    try:
        yield part
    finally:
        _remove(part)
        if held is not None:
            os.close(held)


def _hold(path: Path) -> int:
    """Hold a file or folder; return its open descriptor, which ends that when it is closed.

    Where the file system knows no locks, nothing is held, and nothing is found to be left behind.

    Raises
    ------
    FileNotFoundError
        If it is not there any more.
    """
    descriptor = os.open(path, os.O_RDONLY)
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    if not path.exists():
        os.close(descriptor)
        raise FileNotFoundError(path)
    return descriptor


def remove_left(path: Path) -> None:
    """Remove the parts of a file or folder that runs which were killed left behind."""
    if not HAS_LOCKS:
        return
    for part in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        with contextlib.suppress(OSError):
            descriptor = os.open(part, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(part)
            finally:
                os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def remove_folder(folder: Path) -> None:
    """Remove a folder, if there is one: first its name, so that no half of it is ever found there.

    Raises
    ------
    OutputError
        If it cannot be removed.
    """
    remove_left(folder)
    if folder.exists():
        part = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
        with _reporting(folder):
            folder.replace(part)
        _remove(part)


@contextlib.contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Yield a new folder beside one that it is to replace; :func:`replace_folder` does that.

    It is removed at the end if it is still there.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    with contextlib.ExitStack() as stack:
        with _reporting(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            remove_left(folder)
            part = stack.enter_context(_held_part(folder, folder=True))
        yield part


def replace_folder(part: Path, folder: Path) -> None:
    """Put a whole folder in the place of another, which goes.

    At every moment one of both stands there, where the system can exchange two names (Linux).

    Raises
    ------
    OutputError
        If it cannot be moved.
    """
    with _reporting(folder):
        if folder.exists() and _exchange(part, folder):
            _remove(part)
            return
        old = part.with_name(f"{part.name.removesuffix('.part')}.old.part")
        try:
            if folder.exists():
                folder.replace(old)
            part.replace(folder)
        finally:
            _remove(old)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names at once; return False where the system cannot."""
    call = HAS_LOCKS and getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if not call:
        return False
    names = os.fsencode(one), os.fsencode(other)
    if call(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
        return False
    raise OSError(code, os.strerror(code))


@contextlib.contextmanager
def folder_to_itself(folder: Path) -> Iterator[None]:
    """Have an output folder for this process alone; wait, and say so, while another one has it.

    A folder that had to be made for that and is empty at the end is removed.

    Raises
    ------
    OutputError
        If there is no such folder, and none can be made.
    """
    with _reporting(folder):
        descriptor, is_new = _lock_folder(folder)
    try:
        yield
    finally:
        if is_new:
            with contextlib.suppress(OSError):
                folder.rmdir()
        if descriptor is not None:
            os.close(descriptor)


def _lock_folder(folder: Path) -> tuple[int | None, bool]:
    """Return a folder's descriptor once nobody else holds it, and whether it had to be made.

    Without locks there is none.
    """
    while True:
        is_new = not folder.exists()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise NotADirectoryError(f"{folder} is not a folder") from error
        if not HAS_LOCKS:
            return None, is_new
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _log.warning("another lutgen is at work in %s; waiting for its end", folder)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            except OSError:
                return descriptor, is_new  # a file system without locks
            if folder.exists() and folder.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor, is_new
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # it was removed meanwhile, by the one that had made it


def ensure_writable(path: Path) -> None:
    """Find out before long work whether a file can be written; leaves what is there unchanged.

    There has to be room for 64 kB.

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
        try:
            with _renamed(probe) as stream:
                stream.write(bytes(_PROBE_BYTES))
        finally:
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
