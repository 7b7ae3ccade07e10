"""Faults become one line on stderr and an exit code; a traceback is for faults of lutgen itself."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

import typer

from lutgen.cli import streams
from lutgen.errors import LutgenError

_P = ParamSpec("_P")

INTERRUPTED = 130


def reporting_faults(command: Callable[_P, None]) -> Callable[_P, None]:
    """Wrap a command: the user's faults end it with a message and their exit code."""

    @functools.wraps(command)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> None:
        with faults_reported():
            command(*args, **kwargs)
            sys.stdout.flush()

    return wrapped


@contextmanager
def faults_reported() -> Iterator[None]:
    """End the program with a message and an exit code where a fault of the user's is met."""
    try:
        yield
    except LutgenError as error:
        _say(str(error))
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as error:
        _say("interrupted; files that were already there are unchanged")
        raise typer.Exit(INTERRUPTED) from error
    except MemoryError as error:
        _say("out of memory; use fewer samples, a smaller k or narrower layers")
        raise typer.Exit(2) from error
    except BrokenPipeError as error:
        # whoever read our output has enough; leave nothing that could be flushed to it
        streams.drop_output()
        raise typer.Exit(0) from error
    except OSError as error:
        if not streams.is_full(error):
            raise
        raise typer.Exit(streams.told_full(error)) from error


def _say(message: str) -> None:
    typer.echo(f"lutgen: {message}", err=True)
