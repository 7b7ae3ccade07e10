"""The functional front of learning on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
from distributed import Client
from numpy.typing import NDArray

from lutgen.dask.cluster import client_of
from lutgen.dask.collections import blocks_of, names_of
from lutgen.encode.encoder import REFUSE
from lutgen.encode.statistics import Block
from lutgen.errors import ConfigError, DataError
from lutgen.learn.blocks import boost_blocks, boost_blocks_of_numbers
from lutgen.learn.boost.numbers import LOSSES
from lutgen.learn.boost.parameters import BoostParameters, BoostProgress
from lutgen.learn.executor import executor_for
from lutgen.learn.parts import Parts
from lutgen.model import LutNetwork

CLASSES, NUMBERS = "classes", "numbers"
_MORE = {
    CLASSES: ("encoder", "missing", "class_weight", "feature_shape", "validation_fraction"),
    NUMBERS: ("encoder", "missing", "loss", "quantile", "validation_fraction"),
}


def train(
    client: Client | None,
    params: Mapping[str, Any],
    X: Any,
    y: Any,
    *,
    sample_weight: Any = None,
    eval_set: Any = None,
    n_threads: int | None = None,
    progress: Callable[[BoostProgress], None] | None = None,
) -> LutNetwork:
    """Learn a network by boosting from dask collections.

    Parameters
    ----------
    client : distributed.Client or None
        None takes the default one.
    params : mapping
        Fields of :class:`lutgen.learn.boost.BoostParameters`, and ``task`` ("classes" or
        "numbers"), ``encoder``, ``missing``, ``validation_fraction``; of classes ``class_weight``
        and ``feature_shape``; of numbers ``loss`` and ``quantile``.
    X : dask array of shape (n_samples, n_features), or dask dataframe
        Rows are in the order of the partitions. It is read several times: persist it where
        reading takes long and the workers have the memory.
    y : dask array or series
    sample_weight : dask array or series, optional
    eval_set : (X, y) or (X, y, sample_weight), or a list of one such, optional
        What is watched, and not learnt from. Without it, where `patience` is given,
        `validation_fraction` of the rows are set aside.
    n_threads : int, optional
        Threads of this process, which searches the wires; default: all processors.
    progress : callable, optional
        Called with a :class:`lutgen.learn.boost.BoostProgress` after each round.

    Raises
    ------
    DataError
        If the collections cannot be learnt from.
    ConfigError
        If a parameter is unknown or out of its range, or there is no client.
    ToolError
        If workers die at one task again and again.
    """
    return learn(
        client_of(client),
        params,
        X,
        y,
        sample_weight=sample_weight,
        eval_set=eval_set,
        n_threads=n_threads,
        progress=progress,
    )[0]


def learn(
    client: Client,
    params: Mapping[str, Any],
    X: Any,
    y: Any,
    *,
    sample_weight: Any,
    eval_set: Any,
    n_threads: int | None,
    progress: Callable[[BoostProgress], None] | None,
) -> tuple[LutNetwork, NDArray[Any]]:
    """Return the network, and the classes that it tells apart; see :func:`train`."""
    told = dict(params)
    task = told.pop("task", CLASSES)
    if task not in _MORE:
        raise ConfigError(f"task must be {CLASSES} or {NUMBERS}, got {task!r}")
    more = {name: told.pop(name) for name in _MORE[task] if name in told}
    unknown = told.keys() - {field.name for field in fields(BoostParameters)}
    if unknown:
        raise ConfigError(
            f"params: {', '.join(sorted(map(str, unknown)))} is no parameter of learning {task}"
        )
    if more.get("loss", LOSSES[0]) not in LOSSES:
        raise ConfigError(f"loss must be one of {', '.join(LOSSES)}, got {more['loss']!r}")
    parameters = BoostParameters(**told)
    missing = more.get("missing", REFUSE)
    held = _held(client, eval_set, missing)
    if held is not None:
        parameters = replace(parameters, refit_on_all=False)
    share = more.pop("validation_fraction", 0.1) if parameters.patience and held is None else 0.0
    more.pop("validation_fraction", None)
    blocks = blocks_of(client, X, y, sample_weight, missing=missing)
    with executor_for(None, n_threads) as executor:
        common: dict[str, Any] = {"held": held, "validation_fraction": share, "executor": executor,
                  "progress": progress}  # fmt: skip
        if task == NUMBERS:
            classes: NDArray[Any] = np.empty(0)
            network = boost_blocks_of_numbers(blocks, parameters, **common, **more)
        else:
            network, classes = boost_blocks(blocks, parameters, **common, **more)
    return replace(network, feature_names=names_of(X)), classes


def _held(client: Client, eval_set: Any, missing: str) -> Parts[Block] | None:
    if eval_set is None:
        return None
    if isinstance(eval_set, list):
        if len(eval_set) != 1:
            raise DataError(f"eval_set must be one pair (X, y), got a list of {len(eval_set)}")
        eval_set = eval_set[0]
    if not isinstance(eval_set, tuple) or len(eval_set) not in (2, 3):
        raise DataError("eval_set must be (X, y) or (X, y, sample_weight), dask collections")
    return blocks_of(client, *eval_set, missing=missing)
