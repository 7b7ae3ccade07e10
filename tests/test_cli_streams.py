"""Output in any encoding, on a full disk, into a closed stream."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lutgen.cli import streams
from lutgen.files import read_json, write_json

FULL = Path("/dev/full")


def run(
    *words: str, stdout: int = subprocess.PIPE, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "lutgen", *words],
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
@pytest.mark.parametrize("command", ["boost", "emit"])
def test_help_is_printed_in_any_encoding(command: str, encoding: str) -> None:
    result = run(
        command, "--help", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING=encoding, COLUMNS="200"
    )
    assert result.returncode == 0, result.stderr
    text = result.stdout.decode(encoding)
    assert "Usage" in text
    assert "\\u" not in text


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("words", [("--help",), ("--version",), ("datasets",), ("emit", "--help")])
def test_a_full_disk_is_one_line(words: tuple[str, ...]) -> None:
    with FULL.open("wb") as stream:
        result = run(*words, stdout=stream.fileno())
    assert result.returncode == 2
    (line,) = result.stderr.decode().splitlines()
    assert line == "lutgen: cannot write the output: No space left on device; make room"


def test_signs_have_a_plain_spelling_and_bytes_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="latin-1"))
    monkeypatch.setattr(sys, "stderr", None)
    streams.prepare()
    print("a … ü € \udcc3\udca4", file=sys.stderr)
    sys.stdout.write("a … ü € \udcc3\udca4")
    sys.stdout.flush()
    assert raw.getvalue() == b"a ... \xfc \\u20ac \xc3\xa4"
    assert not streams.takes_unicode(sys.stdout)


def test_names_that_are_no_text_are_escaped_in_records(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"data": "d\udcc3"})
    assert read_json(tmp_path / "a.json") == {"data": "d\udcc3"}
