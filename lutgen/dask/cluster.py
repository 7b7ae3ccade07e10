"""Parts on the workers of a Dask cluster.

Each item is a future, or a recipe (a delayed object) that is followed whenever it is asked. Tasks
run where their item lies; answers are added up by a tree of tasks, and only the sum comes here.
Dask makes items anew that were lost with a worker. There are no sockets, ports or state of our own.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from dask.base import is_dask_collection
from dask.delayed import Delayed, delayed
from distributed import Client, KilledWorker, get_client
from distributed.client import FutureCancelledError
from distributed.protocol import dask_deserialize, dask_serialize

from lutgen.errors import ConfigError, ToolError
from lutgen.learn.boost.part import Part
from lutgen.learn.executor import Executor, Serial
from lutgen.learn.parts import added

Item = TypeVar("Item")
Other = TypeVar("Other")
Answer = TypeVar("Answer")

_FAN_IN = 8  # answers that one task adds up


def _send(part: Part) -> tuple[dict[str, Any], list[bytes]]:
    """Send a part, to another worker or to the disk, without what a task may be changing in it."""
    return {}, [pickle.dumps(part.bare(), protocol=5)]


def _receive(header: dict[str, Any], frames: list[bytes]) -> Part:  # noqa: ARG001 - Dask's
    part: Part = pickle.loads(b"".join(frames))
    return part


dask_serialize.register(Part, _send)
dask_deserialize.register(Part, _receive)


class Cluster(Generic[Item]):
    """Items on workers.

    Parameters
    ----------
    client : distributed.Client
    items : sequence of Future or Delayed
    """

    at_hand = False

    def __init__(self, client: Client, items: Sequence[Any]) -> None:
        self.client, self.items = client, list(items)

    def __len__(self) -> int:
        return len(self.items)

    def total(
        self,
        task: Callable[[Item, Executor], Answer],
        add: Callable[[Answer, Answer], Answer],
        executor: Executor,  # noqa: ARG002 - a worker's thread runs a task by itself
    ) -> Answer:
        """See :class:`lutgen.learn.parts.Parts`."""
        found = self._run(_answer, [(task,)] * len(self.items))
        while len(found) > _FAN_IN:
            found = [
                self.client.submit(_add_up, add, *found[i : i + _FAN_IN], pure=False)
                for i in range(0, len(found), _FAN_IN)
            ]
        answers: list[Answer] = self._fetch(found)
        return added(answers, add)

    def derive(self, make: Callable[..., Other], each: Sequence[tuple[Any, ...]]) -> Cluster[Other]:
        """See :class:`lutgen.learn.parts.Parts`: the items stay in the workers' memory."""
        return Cluster(self.client, self._run(_Made(make), each))

    def lazily(self, make: Callable[..., Other], each: Sequence[tuple[Any, ...]]) -> Cluster[Other]:
        """See :class:`lutgen.learn.parts.Parts`."""
        recipe = delayed(_Made(make), pure=False)
        pairs = zip(self.items, each, strict=True)
        return Cluster(self.client, [recipe(item, *arguments) for item, arguments in pairs])

    def followed_by(self, other: Cluster[Item]) -> Cluster[Item]:
        """See :class:`lutgen.learn.parts.Parts`."""
        return Cluster(self.client, [*self.items, *other.items])

    def _run(self, call: Callable[..., Any], each: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Return futures of a call of each item and its arguments."""
        pairs = list(zip(self.items, each, strict=True))
        if any(isinstance(item, Delayed) for item in self.items):
            recipe = delayed(call, pure=False)
            futures: list[Any] = self.client.compute(
                [recipe(item, *arguments) for item, arguments in pairs]
            )
            return futures
        return [self.client.submit(call, item, *arguments, pure=False) for item, arguments in pairs]

    def _fetch(self, futures: list[Any]) -> list[Any]:
        try:
            found: list[Any] = self.client.gather(futures)
        except KilledWorker as error:
            raise ToolError(
                f"workers of the cluster died again and again at one task ({error}); most often "
                "their memory is too small: make partitions smaller, or give workers more"
            ) from error
        except FutureCancelledError as error:
            raise ToolError(
                f"the cluster lost what it was to work on ({error}): its scheduler ended, or data "
                "was scattered to a worker that died; give collections that can be made anew"
            ) from error
        return found


class _Made(Generic[Other]):
    """A call that is named by what it makes: so the dashboard tells."""

    def __init__(self, make: Callable[..., Other]) -> None:
        self._make = make
        self.__name__ = getattr(make, "__name__", "make")

    def __call__(self, item: Any, *arguments: Any) -> Other:
        return self._make(item, *arguments)


def _answer(item: Any, task: Callable[[Any, Executor], Answer]) -> Answer:
    return task(item, Serial())


def _add_up(add: Callable[[Answer, Answer], Answer], *answers: Answer) -> Answer:
    return added(answers, add)


def client_of(client: Client | None) -> Client:
    """Return a client, or the default one.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if client is not None:
        return client
    try:
        return get_client()
    except ValueError as error:
        raise ConfigError(
            "there is no Dask client: make one before, client = dask.distributed.Client(address), "
            "or of this machine alone, Client(); or name it, client=…"
        ) from error


__all__ = ["Cluster", "client_of", "is_dask_collection"]
