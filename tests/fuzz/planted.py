"""Targets with a bug each, which the harness has to find: else it could find none."""

from __future__ import annotations

import ctypes
from random import Random

from fuzz.target import Target
from lutgen.errors import DataError


def make(rng: Random) -> bytes:
    """Return a byte."""
    return bytes([rng.randrange(6)])


def crash(data: bytes) -> None:
    """Fail as code that was not written for such an input does."""
    if data == b"\3":
        {}[data]


def answer(data: bytes) -> None:
    """Give a wrong answer."""
    assert data != b"\3", "three is wrong"


def loop(data: bytes) -> None:
    """Go on for ever, in Python, catching all that it can."""
    while data == b"\3":
        try:
            sum(range(1000))
        except Exception:
            continue


def loop_in_c(data: bytes) -> None:
    """Go on for long where no alarm breaks in."""
    if data == b"\3":
        3 ** (1 << 27)


def hog(data: bytes) -> None:
    """Take more memory than an input is worth."""
    if data == b"\3":
        bytearray(b"x") * (1200 << 20)


def die(data: bytes) -> None:
    """Read at address 0."""
    if data == b"\3":
        ctypes.string_at(0)


def refuse(data: bytes) -> None:
    """Refuse all, once in other ways than said."""
    if data == b"\3":
        raise ValueError("not one of lutgen's errors")
    raise DataError("none is good enough")


TARGETS = [
    Target(check.__name__, make, check, (DataError,), seconds=5 if check is hog else 0.3)
    for check in (crash, answer, loop, loop_in_c, hog, die, refuse)
]
