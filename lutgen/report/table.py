"""What a report is made of: headlines, and sections of facts, tables and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lutgen.records.core import CORE_FILE

_MOST_ROWS = 64


@dataclass(frozen=True)
class Table:
    """A table of finished strings.

    Parameters
    ----------
    columns : tuple of str
        Headings; a leading ``>`` sets the column flush right, for numbers.
    note : str
        What a reader must know of the numbers; "" for nothing.
    bad : tuple of int
        Rows that tell of a fault.
    shades : tuple of tuple of float
        How dark each cell is, 0 to 1, row by row, the first column left out: it names the rows.
        Empty for none.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    bad: tuple[int, ...] = ()
    shades: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True)
class Section:
    """One part of the report.

    Parameters
    ----------
    key : str
        Short name.
    facts : tuple of (str, str)
        Names and values.
    lines : tuple of str
        Sentences.
    commands : tuple of (str, str)
        What a tool was called for, and the command.
    """

    key: str
    title: str
    facts: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    lines: tuple[str, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Headline:
    """One of the few numbers that a report opens with."""

    name: str
    value: str
    remark: str
    bad: bool = False


def some_of(rows: Sequence[tuple[str, ...]]) -> tuple[tuple[tuple[str, ...], ...], str]:
    """Return the rows that a report shows of a long table, and a note on the others."""
    if len(rows) <= _MOST_ROWS:
        return tuple(rows), ""
    note = f"The first {_MOST_ROWS} of {grouped(len(rows))}; {CORE_FILE} has them all."
    return tuple(rows[:_MOST_ROWS]), note


def grouped(number: int) -> str:
    """Return a whole number in groups of three digits: ``1 024``."""
    return f"{number:,}".replace(",", " ")


def share(part: int, whole: int) -> str:
    """Return a part of a whole in per cent; "" for a part of nothing."""
    return f"{100 * part / whole:,.1f} %".replace(",", " ") if whole else ""


def accuracy_text(value: float) -> str:
    """Return a share of samples as it is told everywhere."""
    return f"{value:.4f}"
