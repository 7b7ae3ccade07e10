"""The boosters and the memorizer as estimators of dask collections."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Self

import numpy as np
from distributed import Client

from lutgen.dask.cluster import client_of, is_dask_collection
from lutgen.dask.collections import blocks_of, names_of
from lutgen.dask.training import CLASSES, NUMBERS, learn
from lutgen.errors import ConfigError, DataError
from lutgen.learn.blocks import memorize_blocks
from lutgen.learn.boost import BoostProgress, Interrupted
from lutgen.learn.estimators import boosting, memorization, regression
from lutgen.learn.estimators.boosted import seed_of
from lutgen.learn.estimators.shared import n_threads
from lutgen.learn.executor import executor_for
from lutgen.learn.memorize import Parameters
from lutgen.model import LutNetwork, Sum

_OWN = ("random_state", "n_jobs", "warm_start", "luts_per_output", "resolution")
_ONE_MACHINE = ("monotonic_cst", "window")


class _OnCluster:
    """What the boosters share: parameters are those of the local estimators.

    Attributes
    ----------
    client : distributed.Client or None
        Set it before `fit`; None takes the default client.
    """

    client: Client | None = None
    network_: LutNetwork
    _task = CLASSES

    def __getstate__(self) -> Any:
        state: Any = super().__getstate__()
        return {name: value for name, value in state.items() if name != "client"}

    def _learn(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        eval_set: Any,
        progress: Callable[[BoostProgress], None] | None,
        **more: Any,
    ) -> None:
        given = self.get_params(deep=False)  # type: ignore[attr-defined]
        for name in _ONE_MACHINE:
            if given[name] is not None:
                raise ConfigError(f"{name} is for the estimator of one machine; leave it out")
        params = {
            name: value
            for name, value in given.items()
            if name not in _OWN and name not in _ONE_MACHINE
        }
        params |= {"task": self._task, "seed": seed_of(given["random_state"]), **more}
        try:
            self.network_, self._classes = learn(
                client_of(self.client),
                params,
                X,
                y,
                sample_weight=sample_weight,
                eval_set=eval_set,
                n_threads=n_threads(given["n_jobs"]),
                progress=progress,
            )
        except Interrupted as stop:
            self.network_ = stop.network
            self._classes = np.asarray(stop.network.classes if self._task == CLASSES else [])
            warnings.warn(f"{stop}; the network of that moment is kept", stacklevel=3)
        self.n_features_in_ = self.network_.encoder.n_features
        if self.network_.feature_names:
            self.feature_names_in_ = np.array(self.network_.feature_names, dtype=object)

    def _lazily(self, X: Any, method: Callable[[Any], Any], example: Any) -> Any:
        """Apply a method of the local estimator to each partition, when it is asked for."""
        if not hasattr(self, "network_"):
            raise ConfigError("this estimator has learnt nothing yet: call fit before")
        if not is_dask_collection(X):
            return method(X)
        width = X.shape[1]
        if width != self.n_features_in_:
            raise DataError(
                f"X has {width} columns, the network was learnt from {self.n_features_in_}"
            )
        if hasattr(X, "chunks"):
            X = X.rechunk({1: -1}) if X.numblocks[1] > 1 else X
            call = _Filled(method, example)
            if example.ndim == 1:
                return X.map_blocks(call, dtype=example.dtype, drop_axis=1, meta=example[:0])
            chunks = (X.chunks[0], (example.shape[1],))
            return X.map_blocks(call, dtype=example.dtype, chunks=chunks, meta=example[:0])
        import dask.dataframe as dd  # noqa: PLC0415 - where X is one
        import pandas as pd  # noqa: PLC0415

        kind = pd.Series if example.ndim == 1 else pd.DataFrame
        return dd.map_partitions(_Framed(method, example, kind), X, meta=kind(example[:0]))


class _Filled:
    """A method that is asked about rows, and answers none where there are none."""

    def __init__(self, method: Callable[[Any], Any], example: Any) -> None:
        self._method, self._example = method, example

    def __call__(self, rows: Any) -> Any:
        return self._method(rows) if len(rows) else self._example[:0]


class _Framed(_Filled):
    """The same of frames."""

    def __init__(self, method: Callable[[Any], Any], example: Any, kind: Any) -> None:
        super().__init__(method, example)
        self._kind = kind

    def __call__(self, rows: Any) -> Any:
        return self._kind(super().__call__(rows), index=rows.index)


class BoostedLutClassifier(_OnCluster, boosting.BoostedLutClassifier):
    """:class:`lutgen.learn.estimators.boosting.BoostedLutClassifier` for dask collections.

    The parameters are the same, but `warm_start`, which is for one machine. What `fit` learns is,
    to the last bit, what the local estimator learns of the same rows.
    """

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        eval_set: Any = None,
        *,
        progress: Callable[[BoostProgress], None] | None = None,
    ) -> Self:
        """Learn from a dask array or dataframe and labels; see :func:`lutgen.dask.train`."""
        if self.warm_start:
            raise ConfigError("warm_start is for the estimator of one machine; leave it out")
        self._learn(X, y, sample_weight, eval_set, progress)
        self.classes_ = self._classes
        return self

    def predict(self, X: Any) -> Any:
        """Return the label of each sample, lazily of a dask collection."""
        return self._lazily(X, super().predict, self.classes_[:1])

    def predict_proba(self, X: Any) -> Any:
        """Return a probability for each class, lazily of a dask collection."""
        return self._lazily(X, super().predict_proba, np.zeros((1, self.classes_.size)))

    def decision_function(self, X: Any) -> Any:
        """Return the scores, lazily of a dask collection."""
        n_classes = self.classes_.size
        example = np.zeros(1) if n_classes == 2 else np.zeros((1, n_classes))
        return self._lazily(X, super().decision_function, example)


class BoostedLutRegressor(_OnCluster, regression.BoostedLutRegressor):
    """:class:`lutgen.learn.estimators.regression.BoostedLutRegressor` for dask collections."""

    _task = NUMBERS

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        eval_set: Any = None,
        *,
        progress: Callable[[BoostProgress], None] | None = None,
    ) -> Self:
        """Learn from a dask array or dataframe and numbers; see :func:`lutgen.dask.train`."""
        self._learn(
            X,
            y,
            sample_weight,
            eval_set,
            progress,
            luts_per_class=self.luts_per_output,
            temperature=self.resolution,
        )
        self._is_column = y.ndim == 2
        return self

    def predict(self, X: Any) -> Any:
        """Return the number of each sample, lazily of a dask collection."""
        head = self.network_.head
        assert isinstance(head, Sum)
        n_numbers = head.n_scores
        example = np.zeros((1, n_numbers)) if self._is_column or n_numbers > 1 else np.zeros(1)
        return self._lazily(X, super().predict, example)


class MemorizationClassifier(_OnCluster, memorization.MemorizationClassifier):
    """:class:`lutgen.learn.estimators.memorization.MemorizationClassifier` for dask collections.

    It takes neither weights nor samples to watch.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None, eval_set: Any = None) -> Self:
        """Learn from a dask array or dataframe and labels."""
        if sample_weight is not None or eval_set is not None:
            raise ConfigError(
                "memorization on a cluster takes neither sample_weight nor eval_set: repeat rows, "
                "and measure afterwards"
            )
        blocks = blocks_of(client_of(self.client), X, y, missing=self.missing)
        with executor_for(None, n_threads(self.n_jobs)) as executor:
            network, self.classes_, samples = memorize_blocks(
                blocks,
                Parameters(
                    k=self.k,
                    widths=tuple(self.widths),
                    wiring=self.wiring,
                    fill=self.fill,
                    seed=seed_of(self.random_state),
                    cone_only=self.cone_only,
                ),
                code=self.code,
                encoder=self.encoder,
                missing=self.missing,
                feature_shape=self.feature_shape,
                executor=executor,
            )
        names = names_of(X)
        self.network_ = replace(network, feature_names=names)
        self.margins_ = np.empty(0)
        if self.classes_.size == 2:
            counts = samples.ask(partial(memorization.last_counts, network=network))
            self.margins_ = memorization.margins_of(sum(counts), network)
        self.n_features_in_ = network.encoder.n_features
        if names:
            self.feature_names_in_ = np.array(names, dtype=object)
        return self

    def predict(self, X: Any) -> Any:
        """Return the label of each sample, lazily of a dask collection."""
        return self._lazily(X, super().predict, self.classes_[:1])

    def predict_proba(self, X: Any) -> Any:
        """Return a probability for each class, lazily of a dask collection."""
        return self._lazily(X, super().predict_proba, np.zeros((1, self.classes_.size)))

    def decision_function(self, X: Any) -> Any:
        """Return the scores, lazily of a dask collection."""
        n_classes = self.classes_.size
        example = np.zeros(1) if n_classes == 2 else np.zeros((1, n_classes))
        return self._lazily(X, super().decision_function, example)
