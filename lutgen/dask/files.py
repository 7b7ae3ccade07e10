"""Files of a table as blocks of rows on the workers of a cluster, which read them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import numpy as np
from dask.delayed import delayed
from distributed import Client

from lutgen.dask.cluster import Cluster
from lutgen.datasets.chunks import Chunks
from lutgen.encode.statistics import Block
from lutgen.errors import ToolError
from lutgen.learn.blocks import make_block
from lutgen.learn.parts import Parts

_PATIENCE_SECONDS = 10


def blocks_of_files(
    scheduler: str, chunks: Chunks, opened: ExitStack, *, missing: str
) -> Parts[Block]:
    """Return a block a file; each worker has to find the files under the same names.

    Parameters
    ----------
    opened : ExitStack
        Ends the connection.

    Raises
    ------
    ToolError
        If there is no scheduler at the address, or it has no workers.
    """
    try:
        client = opened.enter_context(
            Client(scheduler, timeout=_PATIENCE_SECONDS, set_as_default=False)
        )
    except (OSError, ValueError) as error:
        raise ToolError(f"there is no Dask scheduler at {scheduler} ({error})") from error
    if not client.scheduler_info()["workers"]:
        raise ToolError(f"the scheduler at {scheduler} has no workers; start some: dask worker")
    read = delayed(read_file, pure=False)
    return Cluster(
        client,
        [
            read(replace(chunks, paths=(path,), sizes=(size,)), place, missing, size)
            for place, (path, size) in enumerate(zip(chunks.paths, chunks.sizes, strict=True))
        ],
    )


def read_file(chunks: Chunks, place: int, missing: str, size: int) -> Block:
    """Return the rows of a file as a block."""
    found = next(chunks.read(max(1, size)), None)
    if found is None:
        empty = np.empty((0, chunks.n_features))
        return make_block(empty, np.empty(0, dtype=np.int64), None, place, missing=missing)
    return make_block(*found, None, place, missing=missing)
