"""Standard output and error as they come: in any encoding, on a disk that is full, or closed."""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import TextIO

from lutgen.errors import OutputError

_HANDLER = "lutgen"
_PLAIN = {
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{PLUS-MINUS SIGN}": "+-",
    "\N{MICRO SIGN}": "u",
    "\N{BULLET}": "*",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{NO-BREAK SPACE}": " ",
}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def prepare() -> None:
    """Have both streams write what their encoding lacks in other words, and never fail of it.

    Signs that lutgen writes have a plain spelling, others become escapes; the bytes of file names
    that are no text stay as they are. A stream that is closed is written to nowhere.
    """
    codecs.register_error(_HANDLER, _plainly)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            stream = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - to the end
            setattr(sys, name, stream)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_HANDLER)


def _plainly(error: UnicodeError) -> tuple[str | bytes, int]:
    assert isinstance(error, UnicodeEncodeError)
    sign = error.object[error.start]
    place = error.start + 1
    if "\udc80" <= sign <= "\udcff":  # a byte of a file name, see os.fsdecode
        return bytes([ord(sign) - 0xDC00]), place
    return _PLAIN.get(sign) or sign.encode("ascii", "backslashreplace").decode("ascii"), place


def takes_unicode(stream: TextIO) -> bool:
    """Return whether a stream can write every sign."""
    return (getattr(stream, "encoding", None) or "utf-8").lower().startswith("utf")


def is_full(error: OSError) -> bool:
    """Return whether a fault says that there is no room to write to."""
    return error.errno in _FULL


def told_full(error: OSError) -> int:
    """Say in one line that there is no room, have nothing more written; return the exit code."""
    where = f" {error.filename}" if error.filename else " the output"
    with contextlib.suppress(OSError):
        print(f"lutgen: cannot write{where}: {error.strerror}; make room", file=sys.stderr)
    drop_output()
    return OutputError.exit_code


def drop_output() -> None:
    """Write standard output to nowhere from now on, what is still to be flushed included."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
