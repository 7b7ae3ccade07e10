"""Stand-ins for external programs, and waiting for what a program says."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path
from typing import Any


def fake_program(folder: Path, name: str, body: str) -> Path:
    """Write a shell script that takes a program's place."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


SHOWS_PROGRESS = {"TTY_COMPATIBLE": "1", "NO_COLOR": "1"}
"""Environment in which lutgen's progress bars appear on a stderr that is a file."""


def wait_for(path: Path, pattern: str, process: subprocess.Popen[Any], seconds: float = 120) -> str:
    """Wait until a file that a process writes holds a text, and return what stood there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        text = path.read_text(errors="replace") if path.exists() else ""
        if found := re.search(pattern, text):
            return found[0]
        assert process.poll() is None, f"ended, {pattern!r} not being in {path}: {text[-2000:]}"
        time.sleep(0.02)
    process.kill()
    raise AssertionError(f"{pattern!r} did not appear in {path}")
