"""Stand-ins for external programs."""

from __future__ import annotations

from pathlib import Path


def fake_program(folder: Path, name: str, body: str) -> Path:
    """Write a shell script that takes a program's place."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path
