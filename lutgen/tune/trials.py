"""Trials: networks learnt on parts of the samples, measured on others, mapped onto the chip.

What is known of an earlier search is not done again.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone, is_regressor

from lutgen.datasets.split import split_rows
from lutgen.encode.encoder import Encoder, fit_encoder
from lutgen.learn.boost.network import first_rounds
from lutgen.learn.boost.numbers import encoder_of_numbers
from lutgen.learn.estimators.boosted import Boosted
from lutgen.learn.estimators.shared import window_of
from lutgen.model import LutNetwork
from lutgen.records.tune import Point, Trial
from lutgen.tune.cost import Cost

Rows = NDArray[np.intp]
Parameters = Mapping[str, Any]


class Trials:
    """Makes trials, and remembers them.

    Parameters
    ----------
    estimator : Boosted
        What learns; its parameters hold where a trial says nothing else.
    X, y : ndarray
        The samples.
    weights : ndarray or None
        What each counts.
    splits : sequence of (ndarray, ndarray)
        Rows to learn from and rows held out, fold by fold.
    cost : Cost
        Counts LUTs.
    known : iterable of Trial
        Of an earlier search that was told the same.
    keep : callable
        Called with each new trial.
    """

    def __init__(
        self,
        estimator: Boosted,
        X: NDArray[Any],
        y: NDArray[Any],
        weights: NDArray[np.float64] | None,
        splits: Sequence[tuple[Rows, Rows]],
        cost: Callable[[LutNetwork], int] | Cost,
        known: Iterable[Trial] = (),
        keep: Callable[[Trial], None] = lambda _: None,
    ) -> None:
        self.estimator, self.splits, self.cost = estimator, splits, cost
        self._X, self._y, self._weights = X, y, weights
        self._keep = keep
        self._known = {_key(trial): trial for trial in known}
        self._encoders: dict[tuple[str, int | None, int], Encoder] = {}
        self.is_regression = is_regressor(estimator)
        self.size_name = "luts_per_output" if self.is_regression else "luts_per_class"

    @property
    def n_groups(self) -> int:
        """Scores that have LUTs of their own: of two classes, one has."""
        if self.is_regression:
            return 1 if self._y.ndim == 1 else self._y.shape[1]
        n_classes = np.unique(self._y).size
        return n_classes if n_classes > 2 else 1

    @property
    def all(self) -> list[Trial]:
        """All trials, those known before as well."""
        return list(self._known.values())

    def grow(
        self,
        parameters: Parameters,
        fold: int,
        size: int,
        sizes: Sequence[int],
        mapped: Sequence[int],
        most_rows: int,
    ) -> Trial:
        """Learn a network without refits, and measure it and those that it was on the way.

        Parameters
        ----------
        size : int
            LUTs of each class or number.
        sizes, mapped : sequence of int
            Sizes to measure, and sizes to map onto the chip.
        most_rows : int
            Learn from so many of the samples.
        """
        rows = self._rows(fold, most_rows)
        points = tuple(n for n in sizes if n <= size)
        mapped = [n for n in mapped if n <= size]
        told = {**parameters, "refits": 0}
        known = self._known.get(_key_of(parameters, fold, False, len(rows)))
        if known is not None and {*points} <= {point.size for point in known.points}:
            counted = {point.size for point in known.points if point.luts is not None}
            if {*mapped} <= counted:
                return known
        network = self._learn(told, size, fold, rows)
        history = network.provenance.history
        luts = {n: self.cost(first_rounds(network, n)) for n in mapped}
        found = tuple(
            Point(size=n, score=history[n - 1].validation_accuracy, luts=luts.get(n))
            for n in points
        )
        return self._note(parameters, fold, False, len(rows), found, network)

    def measure(self, parameters: Parameters, size: int, fold: int) -> float:
        """Return the score of a network that is learnt as the model is to be."""
        rows = self.splits[fold][0]
        known = self._known.get(_key_of(parameters, fold, True, len(rows), size))
        if known is None:
            network = self._learn(parameters, size, fold, rows)
            score = network.provenance.history[-1].validation_accuracy
            points = (Point(size=size, score=score),)
            known = self._note(parameters, fold, True, len(rows), points, network)
        score = known.points[-1].score
        assert score is not None
        return score

    def count(self, parameters: Parameters, size: int) -> tuple[int, str]:
        """Return the LUTs of a network learnt from all samples, and its digest."""
        rows = np.arange(len(self._X))
        known = self._known.get(_key_of(parameters, None, True, len(rows), size))
        if known is None:
            network = self._learn(parameters, size, None, rows)
            points = (Point(size=size, luts=self.cost(network)),)
            known = self._note(parameters, None, True, len(rows), points, network)
        luts = known.points[-1].luts
        assert luts is not None
        return luts, known.digest

    def configured(self, parameters: Parameters, size: int) -> Any:
        """Return the estimator with parameters, unfitted."""
        return clone(self.estimator).set_params(**parameters, **{self.size_name: size})

    def _learn(self, parameters: Parameters, size: int, fold: int | None, rows: Rows) -> LutNetwork:
        X, y, weights = self._X, self._y, self._weights
        model = self.configured(parameters, size)
        model.set_params(encoder=self._encoder(model, fold, rows), window=None, patience=0)
        held = None
        if fold is not None:
            aside = self.splits[fold][1]
            held = (X[aside], y[aside]) + (() if weights is None else (weights[aside],))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of Ctrl-C, which ends the search
            model.fit(X[rows], y[rows], None if weights is None else weights[rows], eval_set=held)
        network: LutNetwork = model.network_
        if network.provenance.interrupted:
            raise KeyboardInterrupt
        return network

    def _encoder(self, model: Any, fold: int | None, rows: Rows) -> Encoder:
        """Return the encoder of some rows, fitted once."""
        if isinstance(model.encoder, Encoder):
            return model.encoder
        key = (model.encoder, fold, len(rows))
        if key not in self._encoders:
            fit = encoder_of_numbers if self.is_regression else fit_encoder
            X, y = self._X[rows], self._y[rows]
            window = window_of(model, X)
            self._encoders[key] = fit(model.encoder, X, y, missing=model.missing, window=window)
        return self._encoders[key]

    def _rows(self, fold: int, most: int) -> Rows:
        """Return rows to learn from, so many, drawn from the fold's by their class."""
        rows = self.splits[fold][0]
        if len(rows) <= most:
            return rows
        labels = rows if self.is_regression else self._y[rows]
        kept, _ = split_rows(labels, 1 - most / len(rows), fold, stratified=not self.is_regression)
        return rows[kept]

    def _note(
        self,
        parameters: Parameters,
        fold: int | None,
        refitted: bool,
        n_samples: int,
        points: tuple[Point, ...],
        network: LutNetwork,
    ) -> Trial:
        trial = Trial(
            parameters=dict(parameters),
            fold=fold,
            refitted=refitted,
            n_samples=n_samples,
            points=points,
            digest=network.digest,
        )
        self._known[_key(trial)] = trial
        self._keep(trial)
        return trial


def _key(trial: Trial) -> str:
    return _key_of(
        trial.parameters,
        trial.fold,
        trial.refitted,
        trial.n_samples,
        trial.size if trial.refitted else 0,
    )


def _key_of(
    parameters: Parameters, fold: int | None, refitted: bool, n_samples: int, size: int = 0
) -> str:
    """Return what tells trials apart; of a growth not the size, as it has the smaller ones, too."""
    return json.dumps([dict(parameters), fold, refitted, n_samples, size], sort_keys=True)
