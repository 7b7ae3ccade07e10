"""How a job tells what it is at: to whoever shows it, or to nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Count(Protocol):
    """Takes how much is done, of how much in all, and a remark on it."""

    def __call__(self, done: int, total: int, remark: str = "", /) -> None:
        """Note how far something is."""


class Progress(Protocol):
    """Shows what a job is at. Jobs say nothing by themselves; the default is :data:`SILENT`."""

    def working(self, what: str) -> AbstractContextManager[None]:
        """Show what is going on while something of unknown length runs."""

    def count(self, what: str, unit: str) -> AbstractContextManager[Count]:
        """Show how far something is whose parts can be counted; yields what takes the counts."""

    def say(self, text: str) -> None:
        """Show a line that is to stay, such as a guess that the user may want to know of."""


class Silent:
    """Shows nothing."""

    @contextmanager
    def working(self, what: str) -> Iterator[None]:  # noqa: ARG002 - as the protocol has it
        """Show nothing."""
        yield

    @contextmanager
    def count(self, what: str, unit: str) -> Iterator[Count]:  # noqa: ARG002
        """Show nothing."""
        yield lambda _done, _total, _remark="": None

    def say(self, text: str) -> None:
        """Show nothing."""


SILENT: Progress = Silent()
