"""Printing: results to stdout, as tables or as JSON; progress to stderr."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

progress_console = Console(stderr=True)


class _Remarks(logging.Handler):
    """Shows on stderr what the library remarks, such as a tool that it passed over."""

    def emit(self, record: logging.LogRecord) -> None:
        typer.echo(f"lutgen: {record.getMessage()}", err=True)


def show_remarks() -> None:
    """Show from now on, on stderr, what lutgen logs as a warning."""
    logger = logging.getLogger("lutgen")
    if not any(isinstance(handler, _Remarks) for handler in logger.handlers):
        logger.addHandler(_Remarks(logging.WARNING))


def print_json(record: Any) -> None:
    """Print a record as JSON on stdout."""
    typer.echo(json.dumps(record, indent=2, ensure_ascii=False))


def print_text(text: str = "") -> None:
    """Print a line on stdout as it is."""
    typer.echo(text)


def print_table(table: Table) -> None:
    """Print a table on stdout, as wide as it needs."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=140)
    console.print(table.title, style="bold", soft_wrap=True)
    table.title = None  # rich would fold it to the width of the columns
    console.print(table)


def table(title: str, *columns: str, left: int = 1) -> Table:
    """Return an empty table whose first `left` columns are text and the others numbers."""
    result = Table(title=title)
    for number, column in enumerate(columns):
        result.add_column(column, justify="left" if number < left else "right")
    return result


@contextmanager
def counting(what: str, unit: str) -> Iterator[Callable[..., None]]:
    """Show a progress bar on stderr; yields a function of (done, in all, remark)."""
    bar = Progress(
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("{task.fields[remark]}"),
        console=progress_console,
    )
    with bar:
        task = bar.add_task(what, total=None, remark="")
        yield lambda done, total, remark="": bar.update(
            task, completed=done, total=total, remark=remark
        )


@contextmanager
def downloading() -> Iterator[Callable[[str, int, int], None]]:
    """Show a progress bar for each file that is downloaded; none if none is."""
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), console=progress_console
    )
    tasks: dict[str, Any] = {}

    def update(name: str, done: int, total: int) -> None:
        bar.start()
        if name not in tasks:
            tasks[name] = bar.add_task(name, total=total or None)
        bar.update(tasks[name], completed=done)

    try:
        yield update
    finally:
        bar.stop()


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show on stderr what is going on while something of unknown length runs."""
    with progress_console.status(what):
        yield


class _Shown:
    """Shows on stderr what a job is at; see :class:`lutgen.jobs.progress.Progress`."""

    working = staticmethod(working)
    count = staticmethod(counting)

    @staticmethod
    def say(text: str) -> None:
        """Print a line on stderr, as it is."""
        typer.echo(f"lutgen: {text}", err=True)


SHOWN = _Shown()
