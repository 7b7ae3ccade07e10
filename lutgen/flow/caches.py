"""Where tools keep what they compile: the user's cache or, without one, a folder of ours."""

from __future__ import annotations

import functools
import os
import shlex
import stat
import sys
import tempfile
from pathlib import Path


def object_cache() -> dict[str, str]:
    """Return what makes Verilator's makefiles use our object cache, unless the user has one."""
    if "OBJCACHE" in os.environ:
        return {}
    script = Path(__file__).with_name("objcache.py")
    folder = _cache_home(_user_cache() / "lutgen") / "objects"
    return {"OBJCACHE": shlex.join([sys.executable, "-I", "-S", str(script), str(folder)])}


def wasm_cache() -> dict[str, str]:
    """Return where YoWASP's tools may keep their compiled code, if not where they would."""
    if "YOWASP_CACHE_DIR" in os.environ:
        return {}
    usual = _user_cache() / "YoWASP"
    folder = _cache_home(usual)
    return {} if folder == usual else {"YOWASP_CACHE_DIR": str(folder / "YoWASP")}


def is_compiled(package: str) -> bool:
    """Whether a YoWASP tool has compiled itself before, as it does when it first runs."""
    named = os.environ.get("YOWASP_CACHE_DIR") or wasm_cache().get("YOWASP_CACHE_DIR")
    return (Path(named) if named else _user_cache() / "YoWASP").joinpath(package).is_dir()


def wasmtime_cache() -> dict[str, str]:
    """Return where Amaranth's own Yosys may keep its compiled code, if not where it would."""
    usual = _user_cache()
    folder = _cache_home(usual)
    return {} if folder == usual else {"XDG_CACHE_HOME": str(folder)}


def _user_cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME", "").strip()
    # without a home (a container's user that nobody knows), this stays "~", which nothing is below
    return Path(home or os.path.expanduser("~/.cache"))  # noqa: PTH111 - Path's raises instead


def _cache_home(usual: Path) -> Path:
    """Return the folder of a cache or, where that cannot be written, one of ours for a while."""
    if usual.is_absolute() and _can_write(usual):
        return usual
    return _own_folder(Path(tempfile.gettempdir()) / f"lutgen-{os.getuid()}")


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


@functools.cache
def _own_folder(folder: Path) -> Path:
    """Return a folder that nobody else can write to, as what lies in it is executed."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if (
            stat.S_ISDIR(found.st_mode)
            and found.st_uid == os.getuid()
            and not found.st_mode & 0o022
        ):
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="lutgen-"))
