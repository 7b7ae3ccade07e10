"""Work that goes on beside other work: tools run for it, while this process goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def meanwhile(work: Callable[[], T]) -> Callable[[], T]:
    """Start some work; return what waits for its result, or raises what it raised.

    Nobody waits for it otherwise: when this process ends, by Ctrl-C, too, so does the work, and the
    tools that it runs (see :mod:`lutgen.flow.process`).
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # it belongs to who waits
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future.result
