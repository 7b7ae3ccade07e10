"""A table as a file holds it: columns, their names where it has any, and where a row stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ConfigError

REFUSE, DROP, BIT = "refuse", "drop", "bit"
MISSING = (REFUSE, DROP, BIT)
"""What becomes of missing values: refused, their rows left out, or kept, for bits that tell so."""

NOT_THERE = frozenset({"", "?", "nan", "na", "n/a", "#n/a", "<na>", "null"})
"""What stands for a value that is not there, in lower case."""

MAX_COLUMNS = 100_000

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class TableOptions:
    """How a table is to be read; what is "auto" or None is found by what the file holds.

    Parameters
    ----------
    label : str or None
        Column of labels: its name, or its place, counted from 1.
    label_index : int or None
        Its place alone.
    header : str
        ``yes``, ``no`` or ``auto``: whether the first line names the columns.
    keep : tuple of str
        Columns that are kept although they seem to count the rows only.
    missing : {"refuse", "drop", "bit"}
        What becomes of missing values: they are refused; rows in which one, or the label, is
        missing are left out; or missing features are NaN, and a column of texts has a value ``?``
        more.
    encoding : str
        Encoding of the text, as Python names it.
    delimiter : str
        What parts the columns: a character, ``tab``, ``space`` or ``auto``.
    decimal : str
        ``point``, ``comma`` or ``auto``.
    """

    label: str | None = None
    label_index: int | None = None
    header: str = "auto"
    keep: tuple[str, ...] = ()
    missing: str = REFUSE
    encoding: str = "auto"
    delimiter: str = "auto"
    decimal: str = "auto"

    def __post_init__(self) -> None:
        if self.missing not in MISSING:
            raise ConfigError(f"missing must be one of {', '.join(MISSING)}, got {self.missing!r}")


AS_FOUND = TableOptions()


class Column(Protocol):
    """The cells of a column."""

    @property
    def texts(self) -> list[str]:
        """The cells as they are written, without spaces around."""

    @property
    def numbers(self) -> NDArray[np.float64]:
        """The cells as numbers; NaN where a cell is none."""


class TextColumn:
    """Cells of a text.

    Parameters
    ----------
    cells : sequence of str
    decimal_comma : bool
        Whether 1,5 is one and a half.
    """

    def __init__(self, cells: Sequence[str], *, decimal_comma: bool = False) -> None:
        comma = decimal_comma
        self.texts = [_with_point(cell.strip()) if comma else cell.strip() for cell in cells]

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """See :attr:`Column.numbers`."""
        return np.array([to_number(text) for text in self.texts], dtype=np.float64)


class ArrayColumn:
    """Numbers, truth values or texts of a file that has types.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Numbers or booleans; or objects, None where a value is missing.
    """

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values

    @cached_property
    def texts(self) -> list[str]:
        """See :attr:`Column.texts`."""
        return ["" if value is None else str(value).strip() for value in self.values.tolist()]

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """See :attr:`Column.numbers`."""
        if self.values.dtype.kind in "biuf":
            return self.values.astype(np.float64)
        return np.array([to_number(text) for text in self.texts], dtype=np.float64)


def to_number(text: str) -> float:
    """Return the number that a text is, or NaN; True and False are 1 and 0."""
    if NUMBER.fullmatch(text):
        return float(text)
    return {"true": 1.0, "false": 0.0}.get(text.lower(), np.nan)


def _with_point(text: str) -> str:
    changed = text.replace(",", ".", 1)
    return changed if NUMBER.fullmatch(changed) else text


def is_missing(text: str) -> bool:
    """Whether a text stands for a value that is not there."""
    return text.lower() in NOT_THERE


@dataclass(frozen=True, eq=False)
class Table:
    """What a file holds.

    Parameters
    ----------
    path : str
        For messages.
    names : tuple of str
        A name for each column; empty if the file has none.
    columns : tuple of Column
    place : callable
        Returns where a row (from 0) stands, such as "line 7".
    numbered : bool
        Whether the names only count the columns, as 0,1,2.
    """

    path: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    place: Callable[[int], str]
    numbered: bool = False

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.columns[0].texts if self._is_text else self.columns[0].numbers)

    @property
    def _is_text(self) -> bool:
        return isinstance(self.columns[0], TextColumn)

    def title(self, column: int) -> str:
        """Return a column's place, from 1, and its name."""
        name = self.names[column] if self.names else ""
        return f"column {column + 1}" + (f" ({name})" if name else "")


def number_names(names: Sequence[str]) -> bool:
    """Whether names only count: 0,1,2,… or 1,2,3,…, each in its place."""
    places = range(len(names))
    return bool(names) and any(
        all(name == str(place + first) for name, place in zip(names, places, strict=True))
        for first in (0, 1)
    )
