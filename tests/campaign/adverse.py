"""Commands where the surroundings are against them: nothing lost, a plain word, and later all good.

A disk that is full at several points, or read-only; the same command twice at once, and two that
write the same; files with times of the future and of long ago, as after a clock that was set back.
``python tests/campaign/adverse.py`` runs all of it (it mounts small file systems: as root).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from campaign.interrupted import (
    COMMANDS,
    Command,
    Undisturbed,
    again,
    broken,
    neither_old_nor_new,
    prepare,
    run_lutgen,
    said,
    say,
    tiny_models,
    unlike,
)

from lutgen.files import read_json, write_json
from lutgen.version import __version__

_DATA = "--data digits --samples 20"
_LEARN = "boost --data digits --k 4 --luts-per-class 1 --search-samples 50 --threads 1"
MORE = (
    Command("synth", ("synth a.npz --chip ice40 -o hw",), "synth b.npz --chip ice40 -o hw", 0),
    Command(
        "simulate",
        (
            *(f"{_LEARN} --seed {seed} -o m{seed}.npz" for seed in (1, 2)),
            f"simulate m1.npz {_DATA} -o hw",
        ),
        f"simulate m2.npz {_DATA} -o hw",
        0,
    ),
)
ROOMS = (0, 4, 16, 64, 200, 800, 2000)
"""Kilobytes that are left on a disk."""

_YEARS = {"the future": 4e9, "long ago": 1.0}


@contextmanager
def disk(at: Path) -> Iterator[Path]:
    """Mount a small file system."""
    at.mkdir()
    _mount("-t", "tmpfs", "-o", "size=32m", "tmpfs", str(at))
    try:
        yield at
    finally:
        subprocess.run(["umount", at], check=True)
        at.rmdir()


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def _log_elsewhere(folder: Path) -> None:
    """Have what the harness itself writes beside a folder go to another disk."""
    for suffix in ("log", "count"):
        link = folder.with_name(f"{folder.name}.{suffix}")
        link.symlink_to(folder.parents[1] / link.name)


def full_disk(command: Command, whole: Undisturbed, folder: Path) -> Iterator[tuple[str, Any]]:
    """Run a command with little room, and again with enough."""
    for room in ROOMS:
        with disk(folder.parent / "disk") as mounted:
            now = mounted / "now"
            shutil.copytree(whole.before, now)
            _log_elsewhere(now)
            free = shutil.disk_usage(mounted).free
            (mounted / "filler").write_bytes(bytes(max(0, free - 1024 * room)))
            code = run_lutgen(now, command.arguments)
            faults = [*broken(now), *neither_old_nor_new(now, whole)]
            word = "good" if code == 0 else "refused"
            if code and "No space left on device" not in said(now):
                faults.append(f"exit code {code}, and no word of the disk: {said(now)[-300:]}")
            if "Traceback" in said(now):
                faults.append("a traceback")
            (mounted / "filler").unlink()
            yield f"{room} kB left: {word}", faults + list(again(command, whole, now))


def read_only(command: Command, whole: Undisturbed, folder: Path) -> Iterator[tuple[str, Any]]:
    """Run a command where nothing may be written, and again where it may."""
    with disk(folder.parent / "disk") as mounted:
        now = mounted / "now"
        shutil.copytree(whole.before, now)
        _log_elsewhere(now)
        _mount("-o", "remount,ro", str(mounted))
        code = run_lutgen(now, command.arguments)
        faults = [*broken(now), *neither_old_nor_new(now, whole)]
        if code != 2 or "Read-only file system" not in said(now):
            faults.append(f"exit code {code}: {said(now)[-300:]}")
        _mount("-o", "remount,rw", str(mounted))
        yield "read-only", faults + list(again(command, whole, now))


def at_once(command: Command, whole: Undisturbed, folder: Path) -> Iterator[tuple[str, Any]]:
    """Run a command twice at the same time; then it together with the one before it."""
    arguments = {"the same twice": command.arguments}
    if command.earlier:
        arguments["two that write the same"] = command.earlier[-1]
    for what, other in arguments.items():
        shutil.copytree(whole.before, folder)
        log = folder.with_name("other")
        log.mkdir()

        def run_other(other: str = other) -> int:
            words = [sys.executable, "-m", "lutgen", *other.split()]
            return subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode

        with ThreadPoolExecutor() as pool:
            first = pool.submit(run_lutgen, folder, command.arguments)
            second = pool.submit(run_other)
            codes = first.result(), second.result()
        faults = list(broken(folder))
        if codes != (0, 0):
            faults.append(f"exit codes {codes}: {said(folder)[-300:]}")
        if other == command.arguments:
            faults += unlike(folder, whole)
        else:
            faults += neither_old_nor_new(folder, whole)
        shutil.rmtree(folder)
        log.rmdir()
        yield what, faults


def clock(command: Command, whole: Undisturbed, folder: Path) -> Iterator[tuple[str, Any]]:
    """Run a command among files of other times."""
    for what, seconds in _YEARS.items():
        shutil.copytree(whole.before, folder)
        for path in folder.rglob("*"):
            os.utime(path, (seconds, seconds))
        yield f"files of {what}", list(again(command, whole, folder))
        shutil.rmtree(folder)


WAYS = {"full disk": full_disk, "read-only": read_only, "at once": at_once, "clock": clock}
_WANTED = {
    "verilog": tuple(WAYS),
    "boost": tuple(WAYS),
    "train": ("full disk", "at once"),
    "synth": ("full disk", "at once", "clock"),
    "simulate": ("at once", "clock"),
    "build": tuple(WAYS),
}


def main() -> None:
    """Run all, or some, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=_WANTED, help="a command, or several")
    parser.add_argument("--out", type=Path, help="record; what it has of other commands stays")
    given = parser.parse_args()
    commands = {command.name: command for command in (*COMMANDS, *MORE)}
    record = read_json(given.out) if given.out and given.out.exists() else {}
    for name in given.only or _WANTED:
        command, rows = commands[name], []
        with tempfile.TemporaryDirectory(prefix="lutgen-adverse-") as temporary:
            whole = prepare(command, Path(temporary), tiny_models)
            for way in _WANTED[name]:
                for what, faults in WAYS[way](command, whole, Path(temporary) / "now"):
                    rows.append({"way": way, "what": what, "faults": faults})
                    say(f"{name}: {way}, {what}: {faults or 'good'}")
        record[name] = {"lutgen": __version__, "command": command.arguments, "runs": rows}
        if given.out:
            write_json(given.out, record)
    sys.exit(any(run["faults"] for row in record.values() for run in row["runs"]))


if __name__ == "__main__":
    main()
