"""Printing: results to stdout, as tables or as JSON; progress to stderr."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lutgen.cli import streams

if TYPE_CHECKING:  # rich takes a tenth of a second to load
    from rich.console import Console
    from rich.table import Table

    from lutgen.jobs.progress import Count

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@cache
def progress_console() -> Console:
    """Return what shows progress, on stderr."""
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=True)


class _Remarks(logging.Handler):
    """Shows on stderr what the library remarks, such as a tool that it passed over."""

    def emit(self, record: logging.LogRecord) -> None:
        remark(record.getMessage())


def show_remarks() -> None:
    """Show from now on, on stderr, what lutgen logs as a warning."""
    logger = logging.getLogger("lutgen")
    if not any(isinstance(handler, _Remarks) for handler in logger.handlers):
        logger.addHandler(_Remarks(logging.WARNING))


def remark(text: str) -> None:
    """Print a line on stderr, as it is."""
    typer.echo(f"lutgen: {text}", err=True)


def print_json(record: Any) -> None:
    """Print a record as JSON on stdout."""
    plain = not streams.takes_unicode(sys.stdout)
    typer.echo(json.dumps(record, indent=2, ensure_ascii=plain))


def print_text(text: str = "") -> None:
    """Print a line on stdout as it is."""
    typer.echo(text)


def print_table(table: Table) -> None:
    """Print a table on stdout, as wide as it needs, and its text as it is, never as markup."""
    from rich.console import Console  # noqa: PLC0415

    console = Console(markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(markup=False, emoji=False, width=140)
    console.print(table.title, style="bold", soft_wrap=True)
    table.title = None  # rich would fold it to the width of the columns
    console.print(table)


def table(title: str, *columns: str, left: int = 1) -> Table:
    """Return an empty table whose first `left` columns are text and the others numbers."""
    from rich.table import Table  # noqa: PLC0415

    result = Table(title=title)
    for number, column in enumerate(columns):
        result.add_column(column, justify="left" if number < left else "right")
    return result


@contextmanager
def counting(what: str, unit: str) -> Iterator[Count]:
    """Show a progress bar on stderr; yields a function of (done, in all, remark)."""
    from rich import progress as bars  # noqa: PLC0415

    is_size = unit == "bytes"
    counts = (bars.DownloadColumn(),) if is_size else (bars.MofNCompleteColumn(),
                                                       bars.TextColumn(unit))  # fmt: skip
    bar = bars.Progress(
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(),
        *counts,
        bars.TimeElapsedColumn(),
        bars.TextColumn("{task.fields[remark]}", markup=False),
        console=progress_console(),
    )
    with bar:
        task = bar.add_task(what, total=None, remark="")
        yield lambda done, total, remark="": bar.update(
            task, completed=done, total=total or None, remark=remark
        )


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show on stderr what is going on while something of unknown length runs."""
    from rich.text import Text  # noqa: PLC0415

    with progress_console().status(Text(what)):
        yield


class _Shown:
    """Shows on stderr what a job is at; see :class:`lutgen.jobs.progress.Progress`."""

    working = staticmethod(working)
    count = staticmethod(counting)
    say = staticmethod(remark)


SHOWN = _Shown()
