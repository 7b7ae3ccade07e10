"""Commands killed at random points: nothing lost, nothing half-written, and the next run is right.

A folder holds an earlier good result. A command is run in a copy of it and killed (SIGKILL), either
after a random time or before one of its changes of the file system. Then every file has to be
whole, and the old or the new one; and after the same command again, the folder has to be the very
one that an undisturbed run leaves. ``python tests/campaign/interrupted.py`` runs a campaign.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lutgen.files import read_json, write_json
from lutgen.model import LutNetwork
from lutgen.version import __version__

STOPPING = Path(__file__).with_name("stopping.py")
_BOOST = "--data digits --k 4 --luts-per-class 3 --search-samples 100 --threads 1 -o model.npz"
_TRAIN = "--data digits --task ge5 --k 4 --widths 48x2 --threads 1 -o model.npz"
_BUILD = "--board icebreaker --seeds 1 -o out"
_TIMES = ("seconds", "build_seconds", "run_seconds")
# what tools write for themselves, with dates, times and paths; the bitstream and the records that
# are made of it are compared
_OF_TOOLS = (".log", ".rpt", ".tim", ".asc", ".il")
_OF_TOOLS_JSON = ("top.json", "seed1.placed.json", "seed1.report.json")


@dataclass(frozen=True)
class Command:
    """A command of lutgen to interrupt.

    Parameters
    ----------
    name : str
    earlier : tuple of str
        Arguments of runs that leave the earlier results.
    arguments : str
        The command to kill.
    n_points : int
        How often a campaign kills it: the longer it takes, the less often.
    """

    name: str
    earlier: tuple[str, ...]
    arguments: str
    n_points: int


COMMANDS = (
    Command("verilog", ("verilog a.npz -o hw",), "verilog b.npz -o hw", 12),
    Command("boost", (f"boost {_BOOST} --seed 1",), f"boost {_BOOST} --seed 2", 40),
    Command("train", (f"train {_TRAIN} --seed 1",), f"train {_TRAIN} --seed 2", 36),
    Command("build", (f"build a.npz {_BUILD}",), f"build b.npz {_BUILD}", 12),
    Command("reproduce", (), "reproduce fig4 --quick --threads 1 -o studies", 4),
    Command(
        "reproduce, anew",
        ("reproduce fig4 --quick --threads 1 -o studies",),
        "reproduce fig4 --quick --threads 1 -o studies --force",
        4,
    ),
)


@dataclass(frozen=True)
class Undisturbed:
    """What a command does when nothing happens to it.

    Parameters
    ----------
    before, after : Path
        The folder before and after.
    seconds : float
        Time that it took.
    n_changes : int
        Changes of the file system.
    """

    before: Path
    after: Path
    seconds: float
    n_changes: int


def run_lutgen(folder: Path, arguments: str, *, stop_at: int = 0, kill_after: float = 0) -> int:
    """Run lutgen in a folder, perhaps killed; return its exit code."""
    count = folder.with_name(f"{folder.name}.count")
    command = [sys.executable, str(STOPPING), str(stop_at), str(count), *arguments.split()]
    with (folder.with_name(f"{folder.name}.log")).open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
        try:
            return process.wait(kill_after or None)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return process.wait()


def prepare(command: Command, folder: Path, fill: Callable[[Path], None]) -> Undisturbed:
    """Make the earlier results, and run a command undisturbed on a copy of them."""
    before, after = folder / "before", folder / "after"
    before.mkdir(parents=True)
    fill(before)
    for arguments in command.earlier:
        _require_good(before, arguments)
    shutil.copytree(before, after)
    start = time.monotonic()
    _require_good(after, command.arguments)
    seconds = time.monotonic() - start
    n_changes = int((folder / "after.count").read_text())
    if faults := list(broken(after)):
        raise AssertionError(f"{command.name}, undisturbed: {faults}")
    return Undisturbed(before, after, seconds, n_changes)


def _require_good(folder: Path, arguments: str) -> None:
    code = run_lutgen(folder, arguments)
    assert code == 0, f"lutgen {arguments}: exit code {code}: {said(folder)}"


def tiny_models(folder: Path) -> None:
    """Write two models that are small to build, and a file of the user's own."""
    from lutgen.model import Argmax

    for name, table in (("a", 0b0110), ("b", 0b1001)):
        luts = [((0, 1), table), ((2, 3), 0b1000), ((4, 5), 0b0110)]
        LutNetwork.from_luts(4, luts, head=Argmax.class_number()).save(folder / f"{name}.npz")
    (folder / "notes.txt").write_text("mine\n")


# -- what has to be true -----------------------------------------------------------------------


def broken(folder: Path) -> Iterator[str]:
    """Yield the files that are not whole, in words; what is being written has a name of its own."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or _is_part(path, folder):
            continue
        name = str(path.relative_to(folder))
        try:
            if path.suffix == ".npz":
                LutNetwork.load(path)
            elif path.suffix == ".json":
                json.loads(path.read_text())
            elif path.suffix == ".csv":
                rows = list(csv.reader(io.StringIO(path.read_text())))
                assert path.read_text().endswith("\n") and len(set(map(len, rows))) == 1
            elif path.suffix in (".svg", ".html"):
                end = f"</{path.suffix[1:]}>"
                assert path.read_text().rstrip().endswith(end)
            elif path.name == "notes.txt":
                assert path.read_text() == "mine\n"
        except Exception as error:  # whatever a damaged file makes of its reader
            yield f"{name}: {type(error).__name__}: {error}"


def contents(folder: Path, *, parts: bool = False) -> dict[str, Any]:
    """Return what the files of a folder hold, by name, without what may differ from run to run."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (parts or not _is_part(path, folder)):
            found[str(path.relative_to(folder))] = _content(path)
    return found


def _content(path: Path) -> Any:
    if path.suffix in _OF_TOOLS or path.name in _OF_TOOLS_JSON or "simulation" in path.parts:
        return "of a tool"
    if path.name in ("report.html", "report.txt", "studies.md"):
        return "with times"
    if path.suffix == ".json":
        with contextlib.suppress(ValueError):
            return _without_times(json.loads(path.read_text()))
    return path.read_bytes()


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_times(item) for key, item in value.items() if key not in _TIMES}
    return [_without_times(item) for item in value] if isinstance(value, list) else value


def _is_part(path: Path, folder: Path) -> bool:
    names = path.relative_to(folder).parts
    return any(name.startswith(".") and name.endswith((".part", ".probe")) for name in names)


def neither_old_nor_new(folder: Path, whole: Undisturbed) -> Iterator[str]:
    """Yield the files of a killed run that are neither, and the old ones that are lost.

    Where a build is, is decided by its record: another model's build is kept apart under another
    name, and then every file of it has to be there.
    """
    old, new, now = contents(whole.before), contents(whole.after), contents(folder)
    values = {"old": list(old.values()), "new": list(new.values())}
    for name, value in now.items():
        if name.endswith("cells.json"):
            continue  # as many as are finished
        if value not in values["old"] and value not in values["new"]:
            yield f"{name}: neither old nor new"
    for name, value in old.items():
        kept = value in now.values() or now.get(name) == new.get(name, object())
        if not kept and not name.endswith("cells.json"):
            yield f"{name}: the old one is lost, and there is no new one"


# -- the campaign ------------------------------------------------------------------------------


def interrupt(
    command: Command, whole: Undisturbed, folder: Path, rng: random.Random
) -> tuple[str, list[str]]:
    """Kill a command once and run it again; return where it was killed, and what is wrong."""
    shutil.copytree(whole.before, folder)
    if rng.random() < 0.5:
        change = rng.randint(1, whole.n_changes)
        where = f"before change {change} of {whole.n_changes}"
        code = run_lutgen(folder, command.arguments, stop_at=change)
    else:
        seconds = rng.uniform(0.05, 1) * whole.seconds
        where = f"after {seconds:.2f} of {whole.seconds:.2f} s"
        code = run_lutgen(folder, command.arguments, kill_after=seconds)
    if code == 0:
        where += ", at its end by then"
    faults = [*broken(folder), *neither_old_nor_new(folder, whole)]
    faults += again(command, whole, folder)
    shutil.rmtree(folder)
    return where, faults


def again(command: Command, whole: Undisturbed, folder: Path) -> Iterator[str]:
    """Run a command once more; yield how the folder is not what an undisturbed run leaves."""
    if code := run_lutgen(folder, command.arguments):
        yield f"again: exit code {code}: {said(folder)[-300:]}"
    yield from unlike(folder, whole)


def unlike(folder: Path, whole: Undisturbed) -> Iterator[str]:
    """Yield how a folder is not what an undisturbed run leaves."""
    new, now = contents(whole.after, parts=True), contents(folder, parts=True)
    yield from (f"again: {name} is left behind" for name in now.keys() - new.keys())
    yield from (f"again: {name} is missing" for name in new.keys() - now.keys())
    both = now.keys() & new.keys()
    yield from (f"again: {name} differs" for name in sorted(both) if now[name] != new[name])


def said(folder: Path) -> str:
    """Return what lutgen said when it ran in a folder the last time."""
    return folder.with_name(f"{folder.name}.log").read_text(errors="replace")


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)


def run(command: Command, n_points: int, seed: int) -> dict[str, Any]:
    """Interrupt a command at so many points; return what is to be known of it."""
    rng = random.Random(f"{command.name} {seed}")
    with tempfile.TemporaryDirectory(prefix="lutgen-kill-") as name:
        folder = Path(name)
        whole = prepare(command, folder, tiny_models)
        say(f"{command.name}: {whole.seconds:.1f} s, {whole.n_changes} changes, {n_points} points")
        finished, faults = 0, []
        for point in range(n_points):
            where, wrong = interrupt(command, whole, folder / f"point{point}", rng)
            finished += "at its end" in where
            if wrong:
                faults.append({"point": where, "faults": wrong})
            say(f"  {where}: {wrong or 'good'}")
    return {
        "lutgen": __version__,
        "seed": seed,
        "command": command.arguments,
        "points": n_points,
        "changes": whole.n_changes,
        "finished_before": finished,
        "faults": faults,
    }


def main() -> None:
    """Run a campaign from the command line."""
    names = [command.name for command in COMMANDS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=0, help="of each command; default: its own")
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--only", action="append", choices=names, help="one command, or several")
    parser.add_argument("--out", type=Path, help="record; what it has of other commands stays")
    given = parser.parse_args()
    record = read_json(given.out) if given.out and given.out.exists() else {}
    for command in COMMANDS:
        if given.only and command.name not in given.only:
            continue
        n_points = given.points or command.n_points
        record[command.name] = run(command, n_points, given.seed)
        if given.out:
            write_json(given.out, record)
    sys.exit(any(row["faults"] for row in record.values()))


if __name__ == "__main__":
    main()
