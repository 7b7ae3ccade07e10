"""One input under its limits: accepted, refused, or what is wrong.

A limit of time is an alarm that breaks in wherever Python runs, one of memory the highest resident
size that the process had. What neither stops, such as a loop in compiled code, the supervisor
kills (:mod:`fuzz.campaign`).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import resource
import signal
import time
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lutgen
from fuzz.target import Target, Value

ACCEPTED, REFUSED = "accepted", "refused"
EXCEPTION, WRONG, HANG, MEMORY, DIED = "exception", "wrong", "hang", "memory", "died"
MAX_MEMORY_BYTES = 1 << 30
_TESTS = str(Path(__file__).resolve().parents[1])
_OURS = (_TESTS, str(Path(lutgen.__file__).resolve().parent))


class _TimeoutError(BaseException):
    """The alarm; no Exception, so that no handler of those takes it for its own."""


class _Alarm:
    """Whether an alarm is meant: it may come just after what it was for has ended."""

    armed = False

    @classmethod
    def ring(cls, *_: object) -> None:
        """Break in."""
        if cls.armed:
            raise _TimeoutError


@dataclass(frozen=True)
class Finding:
    """What is wrong with an input.

    Parameters
    ----------
    kind : str
        ``exception`` (that nobody caught), ``wrong`` (answer), ``hang``, ``memory`` or ``died``.
    what : str
        In words.
    where : str
        The innermost place in lutgen, or in the target; findings of one kind and place are one.
    value : bytes or plain JSON
        The input.
    """

    target: str
    kind: str
    what: str
    where: str
    value: Value
    trace: str = ""

    @property
    def key(self) -> str:
        """Return what findings of one cause have in common, as a part of a file's name."""
        text = f"{self.kind} {self.where} {self.what.partition(':')[0]}"
        return f"{self.target}-{self.kind}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    def write(self, folder: Path) -> Path:
        """Write it as a file that ``--replay`` takes, unless there is one of its cause."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.key}.json"
        if not path.exists():
            record = asdict(self) | {"value": to_plain(self.value)}
            path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        return path

    @classmethod
    def read(cls, path: Path) -> Finding:
        """Read what :meth:`write` wrote."""
        record = json.loads(path.read_text(encoding="utf-8"))
        return cls(**record | {"value": of_plain(record["value"])})


def to_plain(value: Value) -> Any:
    """Return an input as plain JSON."""
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def of_plain(value: Any) -> Value:
    """Undo :func:`to_plain`."""
    is_bytes = isinstance(value, dict) and value.keys() == {"base64"}
    return base64.b64decode(value["base64"]) if is_bytes else value


@contextlib.contextmanager
def limits() -> Iterator[None]:
    """Have alarms break in, and warnings, which a user would see, be errors."""

    before = signal.signal(signal.SIGALRM, _Alarm.ring)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def judge(target: Target, value: Value) -> str | Finding:
    """Return ``accepted`` or ``refused``, or what is wrong; within :func:`limits`."""
    before = _resident_bytes()
    verdict = _within_time(target, value)
    used = _peak_bytes() - before
    if used > MAX_MEMORY_BYTES:
        _forget_peak()
        return Finding(target.name, MEMORY, f"{used >> 20} MB were taken", "", value)
    return verdict


def _within_time(target: Target, value: Value) -> str | Finding:
    for is_last in (False, True):
        used = time.process_time()
        try:
            try:
                _Alarm.armed = True
                signal.setitimer(signal.ITIMER_REAL, target.seconds)
                return _judge(target, value)
            finally:
                _Alarm.armed = False
                signal.setitimer(signal.ITIMER_REAL, 0)
        except _TimeoutError as error:
            busy = time.process_time() - used
            if is_last or busy > target.seconds / 2:
                trace = "".join(traceback.format_exception(error))
                return Finding(
                    target.name, HANG, f"{target.seconds:g} s", _place(error), value, trace
                )
    raise AssertionError("the last turn returns")  # a machine that stands still gets a second turn


def _judge(target: Target, value: Value) -> str | Finding:
    try:
        target.check(value)
    except target.refusals as error:
        if not str(error).strip():
            return Finding(target.name, WRONG, "a refusal without words", _place(error), value)
        return REFUSED
    except (Exception, SystemExit) as error:  # whatever it is, it is what is looked for
        kind = WRONG if isinstance(error, AssertionError) and _is_ours(error) else EXCEPTION
        trace = "".join(traceback.format_exception(error, limit=-12))
        what = f"{type(error).__name__}: {str(error)[:300]}"
        return Finding(target.name, kind, what, _place(error), value, trace[-6000:])
    return ACCEPTED


def _place(error: BaseException) -> str:
    frames = [
        f"{Path(frame.filename).name}:{frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(_OURS) and frame.filename != __file__
    ]
    return frames[-1] if frames else ""


def _is_ours(error: BaseException) -> bool:
    """Whether a target raised it, not an assertion of lutgen's own."""
    inner = traceback.extract_tb(error.__traceback__)[-1].filename
    return inner.startswith(_TESTS) or "/numpy/testing/" in inner


def _resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as stream:  # noqa: PTH123 - the fastest way
        return int(stream.read().split()[1]) * resource.getpagesize()


def _peak_bytes() -> int:
    """Return the peak of this program; getrusage tells that of the one that started it, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
