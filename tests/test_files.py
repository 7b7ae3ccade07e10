import contextlib
import errno
import fcntl
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lutgen import files
from lutgen.errors import DataError, OutputError
from lutgen.files import (
    ensure_writable,
    folder_to_itself,
    move_apart,
    read_json,
    remove_folder,
    replace_folder,
    replacing_folder,
    write_atomic,
    write_files,
    write_json,
)


def test_files_are_written_into_folders_that_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.txt"
    write_atomic(path, "größer\n")
    assert path.read_bytes() == "größer\n".encode()
    write_atomic(path, b"\0\xff")
    assert path.read_bytes() == b"\0\xff"
    assert [p.name for p in path.parent.iterdir()] == ["c.txt"]


def test_several_files_come_back_as_paths(tmp_path: Path) -> None:
    paths = write_files(tmp_path / "out", {"a.v": "module", "b.bin": b"\1"})
    assert paths == [tmp_path / "out" / "a.v", tmp_path / "out" / "b.bin"]
    assert [path.read_bytes() for path in paths] == [b"module", b"\1"]


def test_json_is_indented_in_the_order_given_and_read_back(tmp_path: Path) -> None:
    record = {"z": [1, 2.5], "a": {"ä": None}}
    write_json(tmp_path / "r.json", record)
    assert (tmp_path / "r.json").read_text().startswith('{\n  "z": [')
    assert list(read_json(tmp_path / "r.json")) == ["z", "a"]
    assert read_json(tmp_path / "r.json") == record


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[" * 100_000 + b"]" * 100_000], ids=range(4)
)
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "r.json").write_bytes(content)
    with pytest.raises(DataError, match=r"r\.json: not valid JSON"):
        read_json(tmp_path / "r.json")


def test_a_missing_json_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read .*r\.json: No such file"):
        read_json(tmp_path / "r.json")


def test_a_record_that_is_no_json_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write_json(tmp_path / "r.json", {"a": object()})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("step", ["open", "replace"])
def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: int, step: str
) -> None:
    path = tmp_path / "model.npz"
    path.write_text("old")

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError(fault, os.strerror(fault))

    with monkeypatch.context() as patched:
        patched.setattr(Path, step, fail)
        with pytest.raises(OutputError, match=rf"cannot write .*: {os.strerror(fault)}; choose"):
            write_atomic(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left")])
def test_a_write_that_stops_in_the_middle_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    path = tmp_path / "model.npz"
    path.write_text("old")
    really_open = Path.open

    class Half:
        """A file that takes one byte, then stops."""

        def __init__(self, *args: Any) -> None:
            self.file = really_open(*args)

        def __enter__(self) -> "Half":
            return self

        def __exit__(self, *exception: object) -> None:
            self.file.close()

        def write(self, data: bytes) -> None:
            self.file.write(data[:1])
            self.file.flush()
            assert len(list(tmp_path.iterdir())) == 2
            raise fault

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", Half)
        with pytest.raises((KeyboardInterrupt, OutputError)):
            write_atomic(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]


def test_places_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "folder").mkdir()
    for path, reason in [
        (tmp_path / "file" / "model.npz", "file is not a folder"),
        (tmp_path / "folder", "is a folder"),
        (tmp_path / ("n" * 300), "name too long"),
        (tmp_path / "nul\0", "null"),
        (Path(), "is a folder"),
    ]:
        with pytest.raises(OutputError, match=rf"cannot write .*({reason}).*; choose a folder"):
            write_atomic(path, "new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_full_device_is_an_error(tmp_path: Path) -> None:
    link = tmp_path / "full"  # a link, so that no mistake here can replace the device itself
    link.symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"cannot write .*full: No space left on device"):
        write_atomic(link, "new")
    assert link.is_char_device()


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_json(pipe, {"a": 1})
        assert json.loads(os.read(reader, 100)) == {"a": 1}
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_ensure_writable_finds_out_without_a_trace(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine")
    ensure_writable(kept)
    ensure_writable(tmp_path / "new" / "file")
    ensure_writable(Path("/dev/null"))
    assert kept.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["kept", "new"]
    for bad in (tmp_path, Path(), kept / "below", tmp_path / ("n" * 300)):
        with pytest.raises(OutputError, match="cannot write"):
            ensure_writable(bad)


def test_a_folder_of_another_model_is_kept_apart(tmp_path: Path) -> None:
    folder, digest = tmp_path / "fmax", "0123456789abcdef" * 4
    for content in ("one", "two"):  # the second takes the place of the first
        folder.mkdir()
        (folder / "f").write_text(content)
        assert move_apart(folder, digest) == tmp_path / "fmax-01234567"
        assert not folder.exists()
        assert (tmp_path / "fmax-01234567" / "f").read_text() == content
    folder.mkdir()
    assert move_apart(folder, "../" * 20) is None and folder.is_dir()


def left_behind(path: Path) -> Path:
    """Return what a run that was killed in the middle of writing a file leaves."""
    part = path.with_name(f".{path.name}.0123abcd.part")
    part.write_text("ha")
    return part


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "a[1].npz"  # a name that is no pattern
    path.write_text("old")
    file, folder = left_behind(path), tmp_path / ".a[1].npz.77.part"
    (folder / "deep").mkdir(parents=True)
    other = left_behind(tmp_path / "b.npz")
    write_atomic(path, "new")
    assert path.read_text() == "new"
    assert not file.exists() and not folder.exists()
    assert other.exists()  # that of another file


def test_what_another_process_writes_is_left_alone(tmp_path: Path) -> None:
    part = left_behind(tmp_path / "model.npz")
    with part.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        write_atomic(tmp_path / "model.npz", "new")
        assert part.exists()
    write_atomic(tmp_path / "model.npz", "newer")
    assert not part.exists()


def test_a_part_that_is_removed_before_it_is_held_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_open, removed = os.open, []

    def remove_once(path: Any, *args: Any, **kwargs: Any) -> int:
        if str(path).endswith(".part") and args == (os.O_RDONLY,) and not removed:
            removed.append(Path(path))
            Path(path).unlink()
        return really_open(path, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", remove_once)
        write_atomic(tmp_path / "model.npz", "new")
    assert len(removed) == 1 and [p.name for p in tmp_path.iterdir()] == ["model.npz"]


def test_room_is_looked_for_before_the_work(tmp_path: Path) -> None:
    with small_disk(tmp_path, kilobytes=40) as disk, pytest.raises(OutputError, match="No space"):
        ensure_writable(disk / "model.npz")


@pytest.mark.parametrize("room_kilobytes", [0, 4, 20, 36])
def test_a_full_disk_keeps_what_was_there(tmp_path: Path, room_kilobytes: int) -> None:
    with small_disk(tmp_path, kilobytes=80) as disk:
        path = disk / "model.npz"
        write_atomic(path, bytes(40_000))
        (disk / "filler").write_bytes(bytes(1024 * (40 - room_kilobytes)))
        with pytest.raises(OutputError, match="No space left on device"):
            write_atomic(path, b"1" * 40_000)
        assert path.read_bytes() == bytes(40_000)
        assert sorted(p.name for p in disk.iterdir()) == ["filler", "model.npz"]
        (disk / "filler").unlink()
        write_atomic(path, b"1" * 40_000)
        assert path.read_bytes() == b"1" * 40_000


def test_a_read_only_disk_keeps_what_was_there(tmp_path: Path) -> None:
    with small_disk(tmp_path, kilobytes=80) as disk:
        write_atomic(disk / "model.npz", "old")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        for attempt in (write_atomic, lambda path, _: ensure_writable(path)):
            with pytest.raises(OutputError, match="Read-only file system"):
                attempt(disk / "model.npz", "new")
        assert (disk / "model.npz").read_text() == "old"


def test_a_folder_is_replaced_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "build"
    for content in ("one", "two"):
        with replacing_folder(folder) as part:
            (part / "f").write_text(content)
            replace_folder(part, folder)
        assert (folder / "f").read_text() == content
        assert [path.name for path in tmp_path.iterdir()] == ["build"]


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_folder_that_cannot_be_replaced_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool
) -> None:
    folder = tmp_path / "build"
    folder.mkdir()
    (folder / "f").write_text("old")
    with replacing_folder(folder) as part:
        (part / "f").write_text("new")
        monkeypatch.setattr(files, "_exchange", lambda one, other: False)
        if can_exchange:
            monkeypatch.undo()
        replace_folder(part, folder)
    assert (folder / "f").read_text() == "new"
    with pytest.raises(RuntimeError), replacing_folder(folder):
        raise RuntimeError("in the middle")
    assert [path.name for path in tmp_path.iterdir()] == ["build"]
    assert (folder / "f").read_text() == "new"


def test_a_folder_is_never_found_half_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "simulation"
    folder.mkdir()
    (folder / "f").write_text("old")

    def killed(path: Path, **_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            remove_folder(folder)
    assert not folder.exists()
    remove_folder(folder)  # what was left
    assert list(tmp_path.iterdir()) == []


def test_a_second_process_waits_for_the_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        inside.wait()
        with folder_to_itself(tmp_path / "out"):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with folder_to_itself(tmp_path / "out"):
        inside.set()
        while "another lutgen is at work" not in caplog.text:
            time.sleep(0.01)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert not (tmp_path / "out").exists()  # nothing was written there


def test_a_folder_to_itself_has_to_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(OutputError, match="cannot write"), folder_to_itself(path):
            raise AssertionError("it was let in")
    with folder_to_itself(tmp_path / "out"):
        (tmp_path / "out" / "f").write_text("kept")
    assert (tmp_path / "out" / "f").read_text() == "kept"


@contextlib.contextmanager
def small_disk(tmp_path: Path, *, kilobytes: int) -> Iterator[Path]:
    """Mount a file system of so many kilobytes; skip where one may not."""
    disk = tmp_path / "disk"
    disk.mkdir()
    options = f"size={kilobytes}k"
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no file system can be mounted here: {made.stderr.decode().strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)
