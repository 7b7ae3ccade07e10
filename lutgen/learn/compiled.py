"""Compiling kernels once: numba's cache, in a folder that is named by what the kernels are made of.

Left to itself, numba looks at the file of a kernel alone to tell whether what it compiled before
still holds. Kernels here take in functions and constants of other files, so that a new version of
those would go unnoticed.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numba

_HERE = Path(__file__).parent
_FILES = (
    "kernels.py",
    "parities.py",
    "vectors.py",
    "byclass.py",
    "fill.py",
    "randomness.py",
    "boost/kernels.py",
    "boost/newton.py",
    "boost/searching.py",
    "boost/step.py",
)
SOURCES = tuple(_HERE / name for name in _FILES)
"""Files with kernels, or with what kernels take in."""

_config: Any = numba.config
_lock = threading.Lock()


def njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return `numba.njit` of some options, what it compiles kept as long as no source changes.

    Where nothing can be written, each process compiles for itself.
    """
    folder = _folder()
    options["cache"] = options.get("cache", False) and folder is not None

    def decorate(function: Callable[..., Any]) -> Any:
        with _lock:  # numba takes the folder from its configuration when a function is decorated
            usual = _config.CACHE_DIR
            _config.CACHE_DIR = str(folder or usual)
            try:
                return numba.njit(**options)(function)
            finally:
                _config.CACHE_DIR = usual

    return decorate


@cache
def _folder() -> Path | None:
    """Return the folder of what is compiled; None if there is none that can be written."""
    usual = os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.expanduser("~/.cache")  # noqa: PTH111 - Path's raises without a home
    places = [_HERE / "__pycache__", Path(usual) / "lutgen"]
    for place in [Path(_config.CACHE_DIR).absolute()] if _config.CACHE_DIR else places:
        folder = place / f"kernels-{sources_digest(SOURCES)}"
        if folder.is_absolute() and _can_write(folder):
            return folder
    return None


def is_kept() -> bool:
    """Whether kernels were compiled before; if not, their first use takes some ten seconds."""
    folder = _folder()
    return folder is not None and any(folder.rglob("*.nbc"))


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def sources_digest(paths: Iterable[Path]) -> str:
    """Return a short digest of the text of some files."""
    digest = hashlib.sha256()
    for path in paths:
        text = path.read_bytes()
        digest.update(len(text).to_bytes(8, "little") + text)
    return digest.hexdigest()[:16]
