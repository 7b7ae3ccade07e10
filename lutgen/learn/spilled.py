"""Parts larger than memory: chunks of a stream of rows, kept as packed bits in mapped files.

One part is in memory at a time. What it becomes goes to a file of its arrays, which is mapped when
the part is asked again: its votes are changed in place there, and pages go back to the disk as the
system sees fit.
"""

from __future__ import annotations

import mmap
import pickle
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import uuid4

import numpy as np

from lutgen.errors import OutputError
from lutgen.learn.executor import Executor

Item = TypeVar("Item")
Other = TypeVar("Other")
Answer = TypeVar("Answer")

_ALIGNED = 64


class Spilled(Generic[Item]):
    """Items that come one after another, from files or from a stream that can be read again.

    Parameters
    ----------
    folder : Path
        Where files are written; it has to be there as long as the parts are, and files go with
        their parts.
    sources : sequence of callable
        Each begins a pass over some of the items.
    n_items : int
        Of all sources together.
    """

    at_hand = False

    def __init__(
        self, folder: Path, sources: Sequence[Callable[[], Iterator[Item]]], n_items: int
    ) -> None:
        self._folder, self._sources, self._n_items = folder, sources, n_items

    def __len__(self) -> int:
        return self._n_items

    def _items(self) -> Iterator[Item]:
        for source in self._sources:
            yield from source()

    def total(
        self,
        task: Callable[[Item, Executor], Answer],
        add: Callable[[Answer, Answer], Answer],
        executor: Executor,
    ) -> Answer:
        """See :class:`lutgen.learn.parts.Parts`: one part after another."""
        found: list[Answer] = []
        for item in self._items():
            answer = task(item, executor)
            found = [add(found[0], answer)] if found else [answer]
        return found[0]

    def derive(self, make: Callable[..., Other], each: Sequence[tuple[Any, ...]]) -> Spilled[Other]:
        """See :class:`lutgen.learn.parts.Parts`: the new items are written to files."""
        stored = []
        for item, arguments in zip(self._items(), each, strict=True):
            stored.append(_Stored(self._folder / f"{uuid4().hex}.part", make(item, *arguments)))
            del item
        return Spilled(self._folder, [file.items for file in stored], len(stored))

    def lazily(self, make: Callable[..., Other], each: Sequence[tuple[Any, ...]]) -> Spilled[Other]:
        """See :class:`lutgen.learn.parts.Parts`."""

        def items() -> Iterator[Other]:
            for item, arguments in zip(self._items(), each, strict=True):
                yield make(item, *arguments)

        return Spilled(self._folder, [items], self._n_items)

    def followed_by(self, other: Spilled[Item]) -> Spilled[Item]:
        """See :class:`lutgen.learn.parts.Parts`."""
        sources = [*self._sources, *other._sources]
        return Spilled(self._folder, sources, self._n_items + other._n_items)


class _Stored(Generic[Item]):
    """A value whose arrays lie in a file; all else is small and stays here."""

    _rest: bytes
    _places: list[tuple[int, int]]

    def __init__(self, path: Path, value: Item) -> None:
        self._path = path
        weakref.finalize(self, _remove, path)
        self._write(value)

    def items(self) -> Iterator[Item]:
        """Map the value, let it be worked on, and keep what has changed."""
        with self._path.open("r+b") as file:
            mapped = memoryview(mmap.mmap(file.fileno(), 0))
        views = [mapped[start:stop] for start, stop in self._places]
        value = pickle.loads(self._rest, buffers=views)
        before = [_where(view) for view in views]
        yield value
        rest, buffers = _apart(value)
        if [_where(buffer) for buffer in buffers] == before:
            self._rest = rest  # the arrays are those of the file, changed in place
        else:
            self._write(value)

    def _write(self, value: Item) -> None:
        self._rest, buffers = _apart(value)
        fresh = self._path.with_suffix(".new")
        self._places, at = [], _ALIGNED
        try:
            with fresh.open("wb") as file:
                for buffer in buffers:
                    self._places.append((at, at + buffer.nbytes))
                    file.seek(at)
                    file.write(buffer)
                    at += -(-buffer.nbytes // _ALIGNED) * _ALIGNED
                file.truncate(at)
            fresh.replace(self._path)
        except OSError as error:
            raise OutputError(
                f"cannot keep the samples' bits in {self._path.parent}: {error.strerror or error}; "
                "name a folder with room by TMPDIR"
            ) from error


def _apart(value: Any) -> tuple[bytes, list[memoryview]]:
    """Return a value without its arrays, and the arrays' bytes."""
    buffers: list[pickle.PickleBuffer] = []
    rest = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return rest, [buffer.raw() for buffer in buffers]


def _where(view: memoryview) -> tuple[int, int]:
    """Return where bytes lie, and how many; no bytes lie nowhere."""
    if not view.nbytes:
        return 0, 0
    return np.frombuffer(view, dtype=np.uint8).ctypes.data, view.nbytes


def _remove(path: Path) -> None:
    for each in (path, path.with_suffix(".new")):
        each.unlink(missing_ok=True)
