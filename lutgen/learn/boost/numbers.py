"""Boosting of LUTs towards numbers: as :mod:`lutgen.learn.boost.training`, with sums as answers.

Every number has a group of LUTs whose levels add up to it. A vote is a part of the number's
standard deviation, and a LUT's weight the power of two that suits its entries: early LUTs add much,
late ones little.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.bits import Bits
from lutgen.encode.encoder import REFUSE, Encoder, fit_encoder
from lutgen.encode.tally import ExactSum, Tally, Wanted, ordered, select, unordered
from lutgen.encode.window import Window
from lutgen.errors import ConfigError, DataError
from lutgen.learn.boost.learner import Learner
from lutgen.learn.boost.losses import MOST_LACKING, Distance
from lutgen.learn.boost.monotone import Directions, directions_of_signals
from lutgen.learn.boost.network import build_network, numbers_head
from lutgen.learn.boost.parameters import ABSOLUTE, NEWTON, BoostParameters, BoostProgress
from lutgen.learn.boost.part import Layout
from lutgen.learn.boost.popcount import Counter
from lutgen.learn.boost.step import UNIT
from lutgen.learn.boost.training import (
    Held,
    again,
    check_monotone,
    check_request,
    provenance_of,
    run,
    samples_here,
    watched_team,
    with_growth,
)
from lutgen.learn.executor import Executor, executor_for
from lutgen.learn.labelled import Labelled, SampleSet, Weighing
from lutgen.learn.parts import added
from lutgen.model import LutNetwork
from lutgen.model.head import MAX_WEIGHT

LOSSES = ("squared_error", "absolute_error", "quantile")
_WEIGHT_UNIT = 1 << 10  # of the heaviest sample: times 60 deviations it fits 32 bits
_PARTS = 16  # of the numbers, for thresholds
_MOST_START = 1 << 28  # of a score, in scales
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Scale:
    """Numbers as integers: a vote of score t is ``multiples[t]`` halves of the scale.

    Parameters
    ----------
    start : ndarray of shape (n_scores,), dtype=np.int64
        Where each score starts, in scales above the offset.
    """

    scale: float
    offset: float
    start: NDArray[np.int64]
    multiples: NDArray[np.int64]
    votes_a_deviation: int

    @classmethod
    def of(cls, samples: SampleSet, quantile: float | None, votes: int, most: int) -> _Scale:
        """Return the scale that suits the numbers of some samples."""
        weighing = samples.weighing()
        if quantile is None:
            start = _means(samples)
            deviation = _deviations(samples, start)
        else:
            start, low, high = _quantiles(samples, weighing, (quantile, 0.25, 0.75)).T
            deviation = (high - low) / 1.349
            if (deviation <= 0).any():
                spread = _deviations(samples, _means(samples))
                deviation = np.where(deviation > 0, deviation, spread)
        deviation[deviation == 0] = deviation.max(initial=0) or 1.0
        half = float(deviation.min()) / votes
        multiples = np.maximum(1, np.rint(deviation / votes / half)).astype(np.int64)
        if multiples.max() * most > MAX_WEIGHT:
            raise ConfigError(
                f"the numbers to learn differ too much in size: their deviations are "
                f"{deviation.min():g} to {deviation.max():g}, a factor of {MAX_WEIGHT // most} is "
                "the most that sums of whole weights hold; scale them, or learn them apart"
            )
        scaled = np.rint((start - start[0]) / (2 * half))
        if np.abs(scaled).max() > _MOST_START:
            raise ConfigError(
                f"the numbers to learn lie too far apart, at {start.min():g} to {start.max():g} "
                f"with deviations of {deviation.min():g}; shift them, or learn them apart"
            )
        return cls(2 * half, float(start[0]), scaled.astype(np.int64), multiples, votes)

    def encode(self, y: Floats) -> NDArray[np.int32]:
        """Return numbers of shape (n_scores, n_samples) as the loss wants them."""
        start = self.offset + self.start * self.scale
        deviation = self.multiples * (self.scale / 2 * self.votes_a_deviation)
        far = (y - start[:, None]) / deviation[:, None]
        most = MOST_LACKING / UNIT
        encoded: NDArray[np.int32] = np.rint(np.clip(far, -most, most) * UNIT).astype(np.int32)
        return encoded


def boost_numbers(
    bits: Bits,
    targets: NDArray[Any],
    parameters: BoostParameters,
    *,
    encoder: Encoder,
    loss: str = "squared_error",
    quantile: float = 0.5,
    sample_weight: ArrayLike | None = None,
    validation: Held | None = None,
    monotone: Directions | None = None,
    backend: str = "kernels",
    n_threads: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[BoostProgress], None] | None = None,
) -> LutNetwork:
    """Learn a network that answers numbers, from encoded samples.

    Parameters
    ----------
    bits : Bits
        Encoded training samples.
    targets : ndarray of shape (n_samples,) or (n_samples, n_scores)
        The numbers to answer, finite.
    parameters : BoostParameters
        `luts_per_class` is of each number, and `temperature` the votes that are a standard
        deviation, rounded to a power of two (0: 256). The criterion is Newton's, and a leaf has two
        bits or more.
    encoder : Encoder
        What made the bits; it is kept in the model.
    loss : {"squared_error", "absolute_error", "quantile"}
        What is to be small: so the answer is the mean, the median or a quantile.
    quantile : float
        Which one; of the loss "quantile".
    sample_weight, backend, n_threads, executor, progress
        See :func:`lutgen.learn.boost.training.boost`.
    validation : (Bits, ndarray) or (Bits, ndarray, ndarray), optional
        Samples, numbers and weights to watch, and for `patience`.
    monotone : ndarray of shape (n_features,), optional
        As there; of every number.

    Returns
    -------
    LutNetwork
        Its head is a :class:`~lutgen.model.head.Sum`. Accuracies of its provenance are R², or of
        other losses D²: the share of the loss of the best constant that is gone.

    Raises
    ------
    DataError
        If there are no samples, numbers or weights are not finite, or bits are fewer than k.
    ConfigError
        If parameters do not go with numbers, or numbers differ too much in size.
    Interrupted
        On Ctrl-C, with what has been learnt; before the first round is over, a KeyboardInterrupt.
    """
    y = _checked(targets, bits.n_samples)
    held = None
    if validation is not None:
        own, numbers, weights = (*validation, None)[:3]
        held = samples_here(own, _checked(numbers, own.n_samples), weights)
    with executor_for(executor, n_threads) as running:
        return boost_numbers_of_parts(
            samples_here(bits, y, sample_weight),
            parameters,
            encoder=encoder,
            loss=loss,
            quantile=quantile,
            validation=held,
            monotone=monotone,
            backend=backend,
            executor=running,
            progress=progress,
        )


def boost_numbers_of_parts(
    samples: SampleSet,
    parameters: BoostParameters,
    *,
    encoder: Encoder,
    loss: str = "squared_error",
    quantile: float = 0.5,
    validation: SampleSet | None = None,
    monotone: Directions | None = None,
    backend: str = "kernels",
    executor: Executor,
    progress: Callable[[BoostProgress], None] | None = None,
) -> LutNetwork:
    """Learn a network from samples that lie in parts, wherever these are.

    See :func:`boost_numbers`. The network is the same for any parts that have the same samples in
    the same order.
    """
    told = _told(parameters, loss, quantile)
    check_request(samples.n_signals, told, validation is not None)
    weighing = samples.weighing()
    if weighing.is_nothing:
        raise DataError("all training samples are of weight zero")
    level = {"squared_error": None, "absolute_error": 0.5}.get(loss, quantile)
    votes = 1 << max(0, round(np.log2(told.temperature)))
    scale = _Scale.of(samples, level, votes, told.max_weight << (told.leaf_bits - 1))
    n_scores = scale.start.size
    counter = Counter.of(samples.n_signals, told.popcount)
    counted = counter.counted(samples)
    watched = None if validation is None else counter.counted(validation)
    views = np.arange(counted.n_signals, dtype=np.int32)[None, :]
    directions = directions_of_signals(encoder, monotone, 1, told, len(views))
    learner = Learner(
        Layout(views, weighing, _WEIGHT_UNIT, backend, scale.encode).team(counted),
        counted.n_samples,
        1,
        counted.n_signals,
        Distance(n_scores, votes, level),
        None if watched is None else watched_team(watched, backend, scale.encode),
        told,
        backend,
        executor,
        progress,
        directions,
    )
    head = numbers_head(scale.multiples, scale.start, scale.scale, scale.offset)

    def network(interrupted: bool) -> LutNetwork:
        provenance = provenance_of(learner, encoder, len(counter.digits), told, interrupted)
        more = {"loss": loss} | ({"quantile": quantile} if loss == "quantile" else {})
        provenance = replace(
            provenance,
            parameters={**provenance.parameters, **more},
            metric="R²" if level is None else "D²",
        )
        return build_network(learner.result, counter, encoder, head, provenance, learner.groups)

    found = run(learner, [], network)
    check_monotone(found, monotone)
    if not (told.patience and told.refit_on_all and validation):
        return found
    fewer = again(told, found, n_scores * told.leaf_bits)
    together = samples.followed_by(validation)

    def learn() -> LutNetwork:
        return boost_numbers_of_parts(
            together,
            fewer,
            encoder=encoder,
            loss=loss,
            quantile=quantile,
            monotone=monotone,
            backend=backend,
            executor=executor,
            progress=progress,
        )

    return with_growth(learn, found, fewer.luts_per_class)


def encoder_of_numbers(
    spec: str,
    X: ArrayLike,
    y: NDArray[Any],
    *,
    missing: str = REFUSE,
    window: Window | None = None,
) -> Encoder:
    """Fit an encoder on samples with numbers; thresholds by gain tell sixteenths of them apart.

    Where there are several numbers, those are of the mean of their ranks.
    """
    columns = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
    ranks = columns.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    if columns.shape[1] == 1:  # equal numbers are of one part
        edges = np.quantile(columns[:, 0], np.arange(1, _PARTS) / _PARTS)
        parts = np.searchsorted(edges, columns[:, 0], side="right")
        return fit_encoder(spec, X, parts, missing=missing, window=window)
    place = ranks.mean(axis=1).argsort(kind="stable").argsort(kind="stable")
    parts = place * _PARTS // max(1, len(y))
    return fit_encoder(spec, X, parts, missing=missing, window=window)


def _told(parameters: BoostParameters, loss: str, quantile: float) -> BoostParameters:
    """Return the parameters with what is left open, checked."""
    faults = []
    if loss not in LOSSES:
        faults.append(f"loss must be one of {', '.join(LOSSES)}, got {loss}")
    if not 0 < quantile < 1:
        faults.append(f"quantile must lie between 0 and 1, got {quantile:g}")
    if parameters.criterion == ABSOLUTE:
        faults.append("numbers are learnt by the criterion newton alone")
    if parameters.leaf_bits == 1:
        faults.append("numbers need leaf_bits of 2 or 3, got 1")
    if parameters.temperature > UNIT:
        faults.append(
            f"temperature, votes in a deviation, must be {UNIT} at most, got "
            f"{parameters.temperature:g}"
        )
    if parameters.shift or parameters.warp or parameters.mirror or parameters.patch:
        faults.append("shift, warp, mirror and patch are for classes alone")
    if faults:
        raise ConfigError("; ".join(faults))
    return replace(parameters, criterion=NEWTON, temperature=parameters.temperature or 256.0)


def _checked(targets: NDArray[Any], n_samples: int) -> Floats:
    """Return numbers as shape (n_scores, n_samples); refuse what is none."""
    y = np.asarray(targets, dtype=np.float64)
    if y.ndim not in (1, 2) or y.shape[0] != n_samples or y.shape[1:] == (0,):
        raise DataError(f"{n_samples} samples, but numbers to learn of shape {y.shape}")
    if n_samples == 0:
        raise DataError("there are no training samples (0 rows)")
    bad = ~np.isfinite(y.reshape(n_samples, -1)).all(axis=1)
    if bad.any():
        raise DataError(
            f"the number to learn of row {bad.argmax()} is {y[bad.argmax()]}; all must be finite"
        )
    return np.ascontiguousarray(y.reshape(n_samples, -1).T)


def _means(samples: SampleSet) -> Floats:
    """Return the mean of each score, rounded once."""
    zero = samples.total(partial(_sums, about=None))
    *sums, weight = (own.value for own in zero)
    return np.array([float(total / weight) for total in sums])


def _deviations(samples: SampleSet, means: Floats) -> Floats:
    """Return the standard deviation of each score."""
    found = samples.total(partial(_sums, about=means))
    *sums, weight = (own.value for own in found)
    return np.sqrt([float(total / weight) for total in sums])


def _sums(part: Labelled, about: Floats | None) -> list[ExactSum]:
    """Return sums of weighted numbers, or of their squares about others, and of the weights."""
    weights = part.filled
    away = part.labels if about is None else (part.labels - about[:, None]) ** 2
    return [*(ExactSum.of(row * weights) for row in away), ExactSum.of(weights)]


def _quantiles(samples: SampleSet, weighing: Weighing, shares: Sequence[float]) -> Floats:
    """Return numbers that such shares of the weight do not exceed, (n_scores, n_shares)."""
    weight = sum(samples.ask(partial(_weight, weighing=weighing)))
    ranks = np.array([max(1, math.ceil(share * weight)) for share in shares])
    n_scores = max(samples.ask(_n_scores))

    def count(wanted: Wanted) -> Tally:
        tallies: list[Tally] = samples.ask(
            partial(_count_numbers, wanted=wanted, weighing=weighing)
        )
        return added(tallies, Tally.add)

    return np.array([unordered(keys) for keys in select(count, [ranks] * n_scores)])


def _weight(part: Labelled, weighing: Weighing) -> int:
    return int(weighing.whole(part, _WEIGHT_UNIT).sum(dtype=np.int64))


def _n_scores(part: Labelled) -> int:
    return len(part.labels)


def _count_numbers(part: Labelled, wanted: Wanted, weighing: Weighing) -> Tally:
    weights = weighing.whole(part, _WEIGHT_UNIT)
    kept = weights > 0
    tallies = [
        wanted.count(score, ordered(row[kept]), weights[kept])
        for score, row in enumerate(part.labels)
    ]
    return added(tallies, Tally.add)
