"""Boosting of LUTs by counting: any number of classes, learned wires.

Each class has a group of LUTs; the score of a class is the number of its LUTs that give one. If
every sample counts with a *weight*, the majority rule of memorization is the best step of +-1
against a loss: with g = [y = c] - p_c, the residual of class c under the softmax of the scores,
the table that lowers the loss most is the sign of the sum of g at each entry, and the sum of the
absolute values says how good the wires are (Friedman, "Greedy function approximation", 2001, with
steps of a fixed size). LUTs are added a round at a time, one for each class; in the refits, each
is taken out, learnt anew with all others in place, and put back.

Scores are integers, so residuals come from a table and are integers, too: sums are exact, and the
model does not depend on the number of threads or the order of work.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.data.bits import Bits, Words, pack, unpack_rows
from lutgen.data.encode import Encoder
from lutgen.errors import ConfigError, DataError
from lutgen.learn import boost_kernels, boost_reference, randomness
from lutgen.learn.boost_step import WEIGHT_UNIT, BoostStep, CountedLut, Effort, Samples
from lutgen.learn.views import shift_views
from lutgen.model import MAX_FAN_IN, LutNetwork

BACKENDS: dict[str, BoostStep] = {
    "kernels": cast(BoostStep, boost_kernels),
    "reference": cast(BoostStep, boost_reference),
}
MAX_LUTS_PER_CLASS = 1 << 15

_DRAW_STREAM = 3
_START_STREAM = 4
_DECAY_UNIT = 1 << 20


@dataclass(frozen=True)
class BoostParameters:
    """What the booster may be told.

    Parameters
    ----------
    k : int
        Inputs of each LUT, 1 to 16. The search is exact for every k, and slow for large ones.
    luts_per_class : int
        LUTs of each class; with two classes, of class 1, class 0 having none.
    temperature : float
        What a score is divided by before the softmax, a vote counting +1 or -1. The larger, the
        longer samples that are right already go on counting, and the less is learnt by heart.
        0: 0.7 times the square root of `luts_per_class`.
    search_samples : int
        Samples drawn for the search of each LUT's wires, in proportion to their residuals; the
        tables are counted over all samples.
    random_wires : int
        Wires of each LUT that the search starts from, drawn at random; the others are chosen
        one by one. At most k.
    sweeps : int
        How often each wire is reconsidered, the others held fixed.
    refits : int
        How often every LUT is learnt anew, wires and table, with all others in place.
    shift : int
        Learn from images shifted by up to so many pixels, too.
    patience : int
        End the growth when the accuracy on the validation samples has not risen for so many
        rounds, and keep the network that was best on them. 0: do neither.
    seed : int
        Fixes what is drawn.

    Raises
    ------
    ConfigError
        If one of them is out of its range.
    """

    k: int = 6
    luts_per_class: int = 70
    temperature: float = 0.0
    search_samples: int = 12_000
    random_wires: int = 3
    sweeps: int = 2
    refits: int = 1
    shift: int = 0
    patience: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        ranges = {
            "k": (1, MAX_FAN_IN),
            "luts_per_class": (1, MAX_LUTS_PER_CLASS),
            "search_samples": (64, 1 << 24),
            "random_wires": (0, MAX_FAN_IN),
            "sweeps": (0, 100),
            "refits": (0, 1000),
            "patience": (0, 1 << 20),
        }
        faults = [
            f"{name} must be {least} to {most}, got {getattr(self, name)}"
            for name, (least, most) in ranges.items()
            if not least <= getattr(self, name) <= most
        ]
        if not (self.temperature == 0 or 0.1 <= self.temperature <= 10_000):
            faults.append(f"temperature must be 0.1 to 10000, or 0, got {self.temperature:g}")
        if not 0 <= self.seed < 1 << 64:
            faults.append(f"the seed must be 0 to 2^64 - 1, got {self.seed}")
        if faults:
            raise ConfigError("; ".join(faults))

    @property
    def effective_temperature(self) -> float:
        """The temperature itself, where it is left to the number of LUTs."""
        return self.temperature or max(1.0, 0.7 * math.sqrt(self.luts_per_class))


@dataclass(frozen=True)
class BoostProgress:
    """How far the learner is: after each round, LUTs learnt and to learn (refits counted)."""

    n_done: int
    n_total: int
    train_accuracy: float
    validation_accuracy: float | None


def boost(
    bits: Bits,
    labels: NDArray[np.integer],
    parameters: BoostParameters,
    *,
    encoder: Encoder,
    classes: NDArray[Any],
    sample_weight: ArrayLike | None = None,
    validation: tuple[Bits, NDArray[np.integer]] | None = None,
    feature_shape: Sequence[int] = (),
    start: LutNetwork | None = None,
    backend: str = "kernels",
    n_threads: int | None = None,
    progress: Callable[[BoostProgress], None] | None = None,
) -> LutNetwork:
    """Learn a network from encoded samples.

    A KeyboardInterrupt ends the learning, not the program: what has been learnt is returned, and
    marked ``interrupted`` in its training record; before the first round is over, it passes on.

    Parameters
    ----------
    bits : Bits
        Encoded training samples.
    labels : ndarray of shape (n_samples,)
        Class number of each sample, 0 to n_classes - 1.
    encoder : Encoder
        What made the bits; it is kept in the model.
    classes : ndarray of shape (n_classes,)
        The labels.
    sample_weight : array-like of shape (n_samples,), optional
        What each sample counts; finite, not negative. Default: all the same.
    validation : (Bits, ndarray), optional
        Samples and class numbers to watch the accuracy on, and for `patience`.
    feature_shape : sequence of int
        Shape of one sample where the features are an image; used by `shift`.
    start : LutNetwork, optional
        A network that :func:`boost` made, on the same bits and classes: it grows to
        `luts_per_class`, and the refits are of all of it.
    backend : {"kernels", "reference"}
        Fast or plain implementation; the model is the same.
    n_threads : int, optional
        Default: all processors that this process may use. The model is the same for any number.
    progress : callable, optional
        Called with a :class:`BoostProgress` after each round.

    Returns
    -------
    LutNetwork
        One layer; the LUTs of a class stand together, and each adds one to the score of its
        class. Two classes: the LUTs are those of class 1, and it wins with more than half.

    Raises
    ------
    DataError
        If there are no samples, a class has no sample of any weight, weights are negative or not
        finite, or there are fewer input bits than k.
    ConfigError
        If `shift` is asked for samples that are no images, `patience` without validation
        samples, or `start` is not a network that can be gone on with.
    """
    if parameters.patience and validation is None:
        raise ConfigError("patience needs validation samples: set some aside, or patience to 0")
    if bits.n_signals < parameters.k:
        raise DataError(
            f"the samples have {bits.n_signals} input bits, LUTs of k={parameters.k} need at "
            f"least {parameters.k}: use a smaller k, or an encoder with more bits a feature"
        )
    weights = _check_samples(labels, bits.n_samples, sample_weight, classes)
    views = shift_views(encoder, feature_shape, parameters.shift)
    n_classes = len(classes)
    threads = n_threads or len(os.sched_getaffinity(0))
    interrupted = False
    with ThreadPoolExecutor(threads) as pool:
        learner = _Learner(
            Samples.make(bits, labels, weights, views, BACKENDS[backend].transpose),
            bits.n_samples,
            n_classes,
            _Validation.make(*validation, n_classes) if validation else None,
            parameters,
            BACKENDS[backend],
            pool,
            threads,
            progress,
        )
        old = []
        if start is not None:
            old = _rounds_of(start, parameters.k, learner.groups, bits.n_signals, classes)
        try:
            learner.run(old)
        except KeyboardInterrupt:
            pool.shutdown(wait=True, cancel_futures=True)
            if not learner.best:
                raise
            interrupted = True
    training = {
        "learner": "boosting",
        **asdict(parameters),
        "temperature": parameters.effective_temperature,
        "n_samples": bits.n_samples,
        **learner.best_record,
        "interrupted": interrupted,
        "history": learner.history,
    }
    return _build(learner, encoder, classes, training)


def _check_samples(
    labels: NDArray[np.integer],
    n_samples: int,
    sample_weight: ArrayLike | None,
    classes: NDArray[Any],
) -> NDArray[np.int32]:
    """Return the weights as integers, all 1 where they are equal."""
    if labels.shape != (n_samples,):
        raise DataError(f"{n_samples} samples, but labels of shape {labels.shape}")
    if n_samples == 0:
        raise DataError("there are no training samples (0 rows)")
    if len(classes) < 2:
        raise DataError(f"all {n_samples} training samples are of one class; learning needs two")
    if labels.min() < 0 or labels.max() >= len(classes):
        raise DataError(
            f"class numbers must be 0 to {len(classes) - 1}, found {labels.min()} to {labels.max()}"
        )
    weights = np.ones(n_samples) if sample_weight is None else np.asarray(sample_weight, float)
    if weights.shape != (n_samples,):
        raise DataError(f"{n_samples} samples, but sample weights of shape {weights.shape}")
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if bad.any():
        raise DataError(
            f"sample weights must be finite and not negative: that of row {bad.argmax()} is "
            f"{weights[bad.argmax()]:g}, {int(bad.sum())} such weight(s)"
        )
    of_class = np.bincount(labels, weights=weights, minlength=len(classes))
    if (of_class == 0).any():
        empty = classes[int((of_class == 0).argmax())]
        raise DataError(
            f"class {empty} has no training samples, or all of weight zero: leave the class out, "
            "or give its samples a weight"
        )
    positive = weights[weights > 0]
    if (positive == positive[0]).all():
        return (weights > 0).astype(np.int32)
    scaled = np.rint(weights / weights.max() * WEIGHT_UNIT)
    return np.where(weights > 0, np.maximum(scaled, 1), 0).astype(np.int32)


_Round = list[CountedLut]
"""One LUT for each group."""


@dataclass(eq=False)
class _Validation:
    """Samples to watch the accuracy on, with their votes as LUTs come and go."""

    signals: Words
    views: NDArray[np.int32]
    labels: NDArray[np.integer]
    votes: NDArray[np.int32]

    @classmethod
    def make(cls, bits: Bits, labels: NDArray[np.integer], n_classes: int) -> _Validation:
        itself = np.arange(bits.n_signals, dtype=np.int32)[None, :]
        votes = np.zeros((n_classes, bits.words.shape[1] * 64), dtype=np.int32)
        return cls(bits.words, itself, labels, votes)


class _Learner:
    """The state of the learning: the LUTs, round by round, and every place's votes.

    A vote counts +1 or -1; with two classes, class 0 has no LUTs and no votes.
    """

    def __init__(
        self,
        samples: Samples,
        n_samples: int,
        n_classes: int,
        validation: _Validation | None,
        parameters: BoostParameters,
        step: BoostStep,
        pool: ThreadPoolExecutor,
        n_threads: int,
        progress: Callable[[BoostProgress], None] | None,
    ) -> None:
        n_places = samples.labels.size
        self.samples, self.n_samples, self.validation = samples, n_samples, validation
        self.parameters, self.step, self.progress = parameters, step, progress
        self.pool, self.n_threads = pool, n_threads
        self.groups = list(range(n_classes)) if n_classes > 2 else [1]
        self.votes = np.zeros((n_classes, n_places), dtype=np.int32)
        self.residual = np.empty((n_classes, n_places), dtype=np.int32)
        self.decay = _decay(parameters.effective_temperature)
        # no sample needs to be drawn more than a few times over
        n_drawn = min(parameters.search_samples, 16 * n_places)
        self.effort = Effort(parameters.k, n_drawn, parameters.sweeps)
        self.luts: list[_Round] = []
        self.best: list[_Round] = []
        self.best_accuracy = -1.0
        self.history: list[dict[str, Any]] = []
        self.n_done = self.n_total = 0

    def run(self, start: list[_Round]) -> None:
        """Take over what there is, grow, and refit."""
        for luts in start:
            self.luts.append(luts)
            self._vote(luts, 1)
        if start:
            self._end_round()
        n_rounds, refits = max(self.parameters.luts_per_class, len(start)), self.parameters.refits
        self.n_total = (n_rounds - len(start) + refits * n_rounds) * len(self.groups)
        self._grow(n_rounds)
        self.n_total = self.n_done + refits * len(self.luts) * len(self.groups)
        for stage in range(1, refits + 1):
            self._refit(stage)

    def _grow(self, n_rounds: int) -> None:
        """Add rounds; with patience, end in time and go back to the best."""
        patience = self.parameters.patience
        while len(self.luts) < n_rounds:
            luts = self._learn_round(0, len(self.luts), None)
            self._vote(luts, 1)
            self.luts.append(luts)
            self._end_round(len(self.groups))
            if patience and len(self.luts) - len(self.best) >= patience:
                break
        while len(self.luts) > len(self.best):
            self._vote(self.luts.pop(), -1)

    def _refit(self, stage: int) -> None:
        """Learn each LUT anew, in turn, with all others in place."""
        for place, old in enumerate(self.luts):
            self._vote(old, -1)
            luts = self._learn_round(stage, place, old)
            self._vote(luts, 1)
            self.luts[place] = luts
            self._end_round(len(self.groups))

    def _learn_round(self, stage: int, place: int, old: _Round | None) -> _Round:
        """Learn a LUT for each group against the present residuals; keep the better of it and the
        old wires, tables counted anew."""
        step, samples, parameters = self.step, self.samples, self.parameters
        self._update_residuals()

        def learn(g: int) -> CountedLut:
            residual = self.residual[self.groups[g]]
            draw_key = randomness.keys(parameters.seed, _DRAW_STREAM, stage, place, g)[0]
            start = _random_wires(
                randomness.keys(parameters.seed, _START_STREAM, stage, place, g),
                samples.n_signals,
                min(parameters.random_wires, parameters.k),
            )
            wires = step.search(samples, residual, draw_key, start, self.effort)
            lut = step.count(samples, residual, wires)
            if old is not None:
                again = step.count(samples, residual, old[g].wires)
                lut = again if again.gain >= lut.gain else lut
            return lut

        return list(self.pool.map(learn, range(len(self.groups))))

    def _update_residuals(self) -> None:
        n_places = self.samples.labels.size
        size = -(-n_places // self.n_threads)

        def update(first: int) -> None:
            part = slice(first, first + size)
            self.step.residuals(
                self.votes[:, part],
                self.samples.labels[part],
                self.samples.weights[part],
                self.decay,
                self.residual[:, part],
            )

        list(self.pool.map(update, range(0, n_places, size)))

    def _vote(self, luts: _Round, sign: int) -> None:
        """Add the votes of a round's LUTs, or (sign -1) take them back."""
        validation, vote = self.validation, self.step.vote

        def add(g: int) -> None:
            group, wires, table = self.groups[g], luts[g].wires, luts[g].table
            samples = self.samples
            vote(samples.signals, samples.views, wires, table, sign, self.votes[group])
            if validation is not None:
                votes = validation.votes[group]
                vote(validation.signals, validation.views, wires, table, sign, votes)

        list(self.pool.map(add, range(len(self.groups))))

    def _end_round(self, n_luts: int = 0) -> None:
        """Measure, report, and remember the best: with patience by validation, else the last."""
        self.n_done += n_luts
        n, valid = self.n_samples, self.validation
        train = _accuracy(self.votes, self.samples.labels[:n], self.samples.weights[:n])
        validated = None if valid is None else _accuracy(valid.votes, valid.labels, None)
        self.history.append(
            {
                "n_luts": len(self.luts) * len(self.groups),
                "train_accuracy": train,
                "validation_accuracy": validated,
            }
        )
        if validated is None or not self.parameters.patience or validated > self.best_accuracy:
            self.best = list(self.luts)
            self.best_accuracy = -1.0 if validated is None else validated
            self.best_record = self.history[-1]
        if self.progress is not None:
            self.progress(BoostProgress(self.n_done, self.n_total, train, validated))


def _decay(temperature: float) -> NDArray[np.int64]:
    """Return the table of exp(-d / temperature) as integers, down to 0."""
    reach = math.ceil(temperature * math.log(2 * _DECAY_UNIT)) + 1
    table = [round(_DECAY_UNIT * math.exp(-d / temperature)) for d in range(reach + 1)]
    return np.array(table, dtype=np.int64)


def _random_wires(key: NDArray[np.uint64], n_signals: int, n: int) -> NDArray[np.int32]:
    """Return n distinct signals (those of the smallest of n_signals random words), in order."""
    if n == 0:
        return np.empty(0, dtype=np.int32)
    return np.argsort(randomness.words(key, n_signals)[0], kind="stable")[:n].astype(np.int32)


def _accuracy(
    votes: NDArray[np.int32], labels: NDArray[np.integer], weights: NDArray[np.int32] | None
) -> float:
    """Return the (weighted) share of samples whose class has the most votes."""
    right = votes[:, : labels.size].argmax(axis=0) == labels
    return float(np.average(right, weights=weights))


def _build(
    learner: _Learner, encoder: Encoder, classes: NDArray[Any], training: dict[str, Any]
) -> LutNetwork:
    """Make the network: the LUTs of a group stand together, each adds one to its class."""
    rounds, groups, k = learner.best, learner.groups, learner.parameters.k
    luts = [luts[g] for g in range(len(groups)) for luts in rounds]
    n_luts = len(luts)
    weights = np.zeros((len(classes), n_luts), dtype=np.int32)
    weights[np.repeat(groups, len(rounds)), np.arange(n_luts)] = 1
    bias = np.zeros(len(classes), dtype=np.int32)
    if len(groups) == 1:
        bias[0] = len(rounds) // 2  # class 1 wins with more than half of the votes
    seen = np.array([lut.seen for lut in luts])
    tied = seen & np.array([lut.sums == 0 for lut in luts])
    return LutNetwork(
        n_inputs=learner.samples.n_signals,
        fan_in=np.full(n_luts, k, dtype=np.uint8),
        wires=np.concatenate([lut.wires for lut in luts]),
        tables=pack(np.array([lut.table for lut in luts]).T).reshape(-1),
        seen=pack(seen.T).reshape(-1),
        tied=pack(tied.T).reshape(-1),
        layer=np.ones(n_luts, dtype=np.int32),
        outputs=learner.samples.n_signals + np.arange(n_luts, dtype=np.int32),
        weights=weights,
        bias=bias,
        classes=classes,
        encoder=encoder,
        training=training,
    )


def _rounds_of(
    network: LutNetwork, k: int, groups: list[int], n_inputs: int, classes: NDArray[Any]
) -> list[_Round]:
    """Take a network that :func:`boost` made apart again."""
    n_rounds = network.n_luts // len(groups)
    weights = np.zeros((len(classes), network.n_luts), dtype=np.int32)
    weights[np.repeat(groups, n_rounds)[: network.n_luts], np.arange(network.n_luts)] = 1
    faults = []
    if network.n_inputs != n_inputs:
        faults.append(f"it reads {network.n_inputs} input bits, the samples have {n_inputs}")
    if network.classes.tolist() != classes.tolist():
        faults.append("its classes are others")
    elif not np.array_equal(network.weights, weights) or network.n_layers > 1:
        faults.append("it is not one layer of LUTs that each vote for one class, as many for each")
    if (network.fan_in != k).any():
        faults.append(f"its LUTs have {network.fan_in.max()} inputs, k is {k}")
    if faults:
        raise ConfigError("cannot go on with the network to start from: " + "; ".join(faults))
    luts = []
    for lut in range(network.n_luts):
        table = network.lut_table(lut) != 0
        words = slice(*network.table_offset[lut : lut + 2])
        seen, tied = (
            unpack_rows(mask[None, words], 1 << k)[0] != 0 for mask in (network.seen, network.tied)
        )
        sums = np.where(table, 1, np.where(tied, 0, -1))
        luts.append(CountedLut(network.lut_wires(lut), sums, seen))
    return [luts[r::n_rounds] for r in range(n_rounds)]
