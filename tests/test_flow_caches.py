"""Where tools keep what they compile, with and without a home that can be written."""

import os
from pathlib import Path

from lutgen.flow import caches
from lutgen.flow.tools import find_verilator, find_yosys


def test_without_a_home_caches_go_to_a_folder_of_ones_own(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.delenv("YOWASP_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("OBJCACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_yosys().environment == caches.wasmtime_cache() == {}
    assert str(tmp_path / ".cache" / "lutgen") in find_verilator().environment["OBJCACHE"]
    monkeypatch.setattr(caches.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv("HOME", "/proc/none")
    folder = Path(find_yosys().environment["YOWASP_CACHE_DIR"])
    assert folder == tmp_path / f"lutgen-{os.getuid()}" / "YoWASP"
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    assert str(folder.parent) in find_verilator().environment["OBJCACHE"]
    assert caches.wasmtime_cache() == {"XDG_CACHE_HOME": str(folder.parent)}
    monkeypatch.setenv("YOWASP_CACHE_DIR", "/mine")
    assert find_yosys().environment == {}


def test_a_folder_that_others_can_write_to_is_no_cache(monkeypatch, tmp_path: Path) -> None:
    taken = tmp_path / f"lutgen-{os.getuid()}"
    taken.mkdir()
    taken.chmod(0o777)
    caches._own_folder.cache_clear()
    monkeypatch.setattr(caches.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(caches.tempfile, "mkdtemp", lambda prefix: str(tmp_path / "own"))
    monkeypatch.setenv("HOME", "/proc/none")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("YOWASP_CACHE_DIR", raising=False)
    assert find_yosys().environment == {"YOWASP_CACHE_DIR": str(tmp_path / "own" / "YoWASP")}
    caches._own_folder.cache_clear()
