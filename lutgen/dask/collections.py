"""Dask arrays and dataframes as blocks of rows: a partition a block, in their order."""

from __future__ import annotations

from typing import Any

import numpy as np
from dask.delayed import Delayed, delayed
from distributed import Client

from lutgen.dask.cluster import Cluster, is_dask_collection
from lutgen.encode.encoder import REFUSE
from lutgen.encode.statistics import Block
from lutgen.errors import DataError
from lutgen.learn.blocks import make_block
from lutgen.learn.parts import Parts


def blocks_of(
    client: Client, X: Any, y: Any = None, weights: Any = None, *, missing: str = REFUSE
) -> Parts[Block]:
    """Return the partitions of collections as blocks, which are made whenever they are asked.

    Parameters
    ----------
    X : dask array of shape (n_samples, n_features), or dask dataframe
    y, weights : dask array, series or dataframe
        Parted as X is; arrays whose chunks are known are parted anew.

    Raises
    ------
    DataError
        If they are no dask collections, or not parted alike.
    """
    rows = partitions(X, "X", n_axes=2)
    others: list[list[Any]] = []
    for name, values in (("y", y), ("sample_weight", weights)):
        if values is None:
            others.append([None] * len(rows))
            continue
        own = partitions(_parted_as(X, values), name, n_axes=None)
        if len(own) != len(rows):
            raise DataError(
                f"X has {len(rows)} partitions, {name} has {len(own)}; give the same rows in the "
                "same partitions, e.g. two columns of one dataframe"
            )
        others.append(own)
    recipe = delayed(make_block, pure=False)
    items = [
        recipe(own, labels, weight, place, missing=missing)
        for place, (own, labels, weight) in enumerate(zip(rows, *others, strict=True))
    ]
    return Cluster(client, items)


def partitions(values: Any, name: str, *, n_axes: int | None) -> list[Delayed]:
    """Return the partitions of a collection, each as an array of all its columns."""
    if not is_dask_collection(values) or not hasattr(values, "to_delayed"):
        raise DataError(
            f"{name} must be a dask array or dataframe, got {type(values).__name__}; "
            "dask.array.from_array makes one of what fits into memory, and lutgen.learn.estimators "
            "learn from such as it is"
        )
    if not hasattr(values, "chunks"):
        return [delayed(np.asarray, pure=True)(own) for own in values.to_delayed()]
    if n_axes is not None and values.ndim != n_axes:
        raise DataError(f"{name} must be a matrix, (n_samples, n_features); got {values.ndim} axes")
    if values.ndim == 2 and values.numblocks[1] > 1:
        values = values.rechunk({1: -1})
    return list(values.to_delayed().reshape(-1))


def names_of(X: Any) -> tuple[str, ...]:
    """Return the names of the features of a dataframe, if all are texts."""
    columns = list(getattr(X, "columns", ()))
    if all(isinstance(name, str) for name in columns):
        return tuple(columns)
    return ()


def _parted_as(X: Any, values: Any) -> Any:
    """Return an array with the chunks of another one, where both are known."""
    if not (hasattr(X, "chunks") and hasattr(values, "chunks")) or X.ndim < 1 or values.ndim < 1:
        return values
    lengths, own = X.chunks[0], values.chunks[0]
    if np.isnan(lengths).any() or np.isnan(own).any() or lengths == own:
        return values
    if sum(lengths) != sum(own):
        raise DataError(f"X has {sum(lengths)} rows, but {sum(own)} labels or weights are given")
    return values.rechunk({0: lengths})
