"""Running external programs: one to its end, several at once, or one that is only asked something.

Every program gets a process group of its own, an environment without the options of a surrounding
``make``, and nothing to read; what it says goes to a log. Whatever ends a call early (Ctrl-C, a
time limit, a watcher) ends the whole group. If lutgen itself is killed, the system ends the program
(Linux), so that none goes on writing into a folder that the next run works in.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from lutgen.errors import OutputError, ToolError

_TELLING = re.compile(r"error|fatal|exception|abort|killed|no space", re.IGNORECASE)
_TELLING_LINES = 5
_LINE_CHARACTERS = 300
_GRACE_SECONDS = 3.0  # between asking a program to stop and stopping it
_POLL_SECONDS = (0.001, 0.05)  # between looks at what runs: at first, and at most
_WATCH_SECONDS = 2.0  # between looks at a log
_ENDING = Path(__file__).with_name("ending.py")


class LateError(ToolError):
    """A tool that was stopped, as it took longer than it was given."""


@dataclass(frozen=True)
class Job:
    """A command to run.

    Parameters
    ----------
    what : str
        What it does, for messages: ``Yosys (optimised)``.
    command : tuple of str
    cwd : Path
        The folder that it runs in.
    log : Path
        The file that takes what it says.
    environment : mapping of str to str, optional
        Its environment; by default that of :func:`subprocess_environment` without changes.
    """

    what: str
    command: tuple[str, ...]
    cwd: Path
    log: Path
    environment: Mapping[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Ended:
    """How a job ended: its exit code, None if it was stopped; if so, why, or "" for the time."""

    code: int | None
    seconds: float
    why: str = ""
    limit_seconds: float | None = None


@dataclass(frozen=True)
class Answer:
    """What a program said to a short question: its exit code, and all that it wrote."""

    code: int
    stdout: str
    stderr: str

    @property
    def last_line(self) -> str:
        """The last line that says something, of stderr if there is one; or that there is none."""
        lines = (self.stderr.strip() or self.stdout.strip()).splitlines()
        return lines[-1].strip()[:_LINE_CHARACTERS] if lines else "it said nothing"


Watch = Callable[[Job, float], str]


def subprocess_environment(
    changes: Mapping[str, str], *, without: Sequence[str] = ()
) -> dict[str, str]:
    """Return the environment for a subprocess: this process's, with changes.

    A surrounding ``make`` leaves its options in the environment; they are dropped, as they would
    reach the makefiles that a tool runs.

    Parameters
    ----------
    without : sequence of str
        Prefixes of variables to drop.
    """
    prefixes = ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", *without)
    kept = {name: text for name, text in os.environ.items() if not name.startswith(prefixes)}
    return {**kept, **changes}


def run(
    command: Sequence[str | Path],
    *,
    what: str,
    cwd: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    timeout_seconds: float | None = None,
) -> float:
    """Run a program to its end, its output going to a log file; return the seconds it took.

    Parameters
    ----------
    what : str
        What the program does, for the message: ``Yosys (optimised)``.
    environment : mapping of str to str, optional
        Its environment; by default that of :func:`subprocess_environment` without changes.

    Raises
    ------
    LateError
        If it takes too long.
    ToolError
        If it cannot be started or fails; the message holds the telling lines of the log and the
        log's path.
    OutputError
        If the log cannot be written.
    """
    job = Job(what, tuple(str(word) for word in command), cwd, log, environment)
    (ended,) = run_together([job], at_once=1, timeout_seconds=timeout_seconds)
    require_success(job, ended)
    return ended.seconds


def require_success(job: Job, ended: Ended) -> None:
    """Raise, as :func:`run` does, if a job took too long or failed."""
    if ended.code is None:
        raise LateError(f"{job.what} was stopped after {ended.limit_seconds:g} s; log: {job.log}")
    if ended.code:
        said = telling_lines(job.log.read_text(errors="replace"))
        raise ToolError(f"{job.what} failed ({reason(ended.code)}): {said}; log: {job.log}")


def run_together(
    jobs: Sequence[Job],
    *,
    at_once: int,
    timeout_seconds: float | None = None,
    watch: Watch | None = None,
) -> list[Ended]:
    """Run commands, so many at once, and return how each ended.

    Parameters
    ----------
    timeout_seconds : float, optional
        Limit for each.
    watch : callable, optional
        Called now and then with a job and the seconds that it has run; a job for which it gives a
        reason is stopped.

    Raises
    ------
    ToolError
        If one cannot be started; the others are stopped.
    OutputError
        If a log cannot be written, or the disk is full when one has ended.
    """
    ended: dict[int, Ended] = {}
    running: dict[int, tuple[subprocess.Popen[bytes], float]] = {}
    waiting = list(range(len(jobs)))
    looked, pause = time.monotonic(), _POLL_SECONDS[0]
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                number = waiting.pop(0)
                running[number] = (_start(jobs[number]), time.monotonic())
            time.sleep(pause)
            pause = min(2 * pause, _POLL_SECONDS[1])
            look = watch is not None and time.monotonic() - looked > _WATCH_SECONDS
            for number, (process, start) in list(running.items()):
                seconds = time.monotonic() - start
                code = process.poll()
                why = watch(jobs[number], seconds) if look and watch and code is None else ""
                late = timeout_seconds is not None and seconds > timeout_seconds
                if code is None and not late and not why:
                    continue
                if code is None:
                    stop_group(process)
                del running[number]
                ended[number] = Ended(code, seconds, why, timeout_seconds)
                _require_room(jobs[number])
            looked = time.monotonic() if look else looked
    finally:
        for process, _ in running.values():
            stop_group(process)
    return [ended[number] for number in range(len(jobs))]


def _require_room(job: Job) -> None:
    """Refuse what was written on a disk that is full by now.

    There are tools that cut short what they write, say nothing and end well, Yosys one of them.
    """
    try:
        is_full = os.statvfs(job.cwd).f_bavail == 0
    except OSError:
        return
    if is_full:
        raise OutputError(
            f"cannot write {job.cwd}: No space left on device, and what {job.what} wrote there may "
            "be cut short; make room, or choose another folder (-o)"
        )


def ask(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    timeout_seconds: float = 60.0,
) -> Answer:
    """Run a program that answers soon, and return what it says.

    Raises
    ------
    ToolError
        If it cannot be started or gives no answer in time.
    """
    words = [str(word) for word in command]
    process = _popen(words, None, environment, words[0], subprocess.PIPE, subprocess.PIPE)
    try:
        stdout, stderr = process.communicate(timeout=timeout_seconds)
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{words[0]} gave no answer in {timeout_seconds:g} s") from error
    finally:
        if process.poll() is None:
            stop_group(process)
    return Answer(process.returncode, stdout.decode(errors="replace"),
                  stderr.decode(errors="replace"))  # fmt: skip


def stop_group(process: subprocess.Popen[bytes]) -> None:
    """Ask the process group of a program to stop, as Ctrl-C would; then make it stop."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def reason(code: int) -> str:
    """Return an exit code in words."""
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"ended by {signal.Signals(-code).name}"
    return f"ended by signal {-code}"


def telling_lines(text: str) -> str:
    """Return the lines of a log that say what went wrong, as one line."""
    filled = [line for line in map(str.strip, text.splitlines()) if line]
    telling = [line for line in filled if _TELLING.search(line)] or filled
    chosen = [line[:_LINE_CHARACTERS] for line in telling[-_TELLING_LINES:]]
    return " | ".join(chosen) or "it said nothing"


def _start(job: Job) -> subprocess.Popen[bytes]:
    try:
        job.log.parent.mkdir(parents=True, exist_ok=True)
        stream = job.log.open("wb")
    except OSError as error:
        raise OutputError(
            f"cannot write {job.log}: {error.strerror or error}; "
            "choose a folder that is writable (-o)"
        ) from error
    with stream:
        words = _ending_with_us(job.command)
        return _popen(words, job.cwd, job.environment, job.what, stream, subprocess.STDOUT)


def _ending_with_us(command: Sequence[str]) -> Sequence[str]:
    """Return a command that ends with this process; see :mod:`lutgen.flow.ending`."""
    if shutil.which(command[0]) is None:
        return command  # it cannot be started, which the system says best
    return [sys.executable, "-I", "-S", str(_ENDING), str(os.getpid()), *command]


def _popen(
    words: Sequence[str],
    cwd: Path | None,
    environment: Mapping[str, str] | None,
    what: str,
    stdout: IO[bytes] | int,
    stderr: int,
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            words,
            cwd=cwd,
            env=subprocess_environment({}) if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    except OSError as error:
        raise ToolError(f"{what}: cannot start {words[0]}: {error.strerror or error}") from error
