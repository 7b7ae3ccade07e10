"""Foreign text (labels, names, paths, what tools say) made harmless where it is written."""

from __future__ import annotations

import re

_MARKS = re.compile(r"\*/|/\*|\\$")


def printable(text: str) -> str:
    """Return a text with its control characters and line ends written as escapes."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def in_comment(text: str) -> str:
    """Return a text that stays inside of a comment of any language: a line of it, or between marks.

    Beside control characters and line ends, what would close or open a comment of C, and a
    backslash at the end, which would go on with the next line, become escapes.
    """
    return _MARKS.sub(lambda found: found[0][:-1] + f"\\x{ord(found[0][-1]):02x}", printable(text))
