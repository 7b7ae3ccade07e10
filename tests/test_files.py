import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from lutgen.errors import DataError, OutputError
from lutgen.files import (
    ensure_writable,
    move_apart,
    read_json,
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
