"""The booster at work: LUTs added round by round, and refitted, against the votes of all others."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits, Words, pack
from lutgen.learn import randomness
from lutgen.learn.boost.network import Round, groups_of
from lutgen.learn.boost.parameters import BoostParameters, BoostProgress
from lutgen.learn.boost.step import BoostStep, CountedLut, Effort, Samples
from lutgen.model.provenance import LearntAccuracy

_DRAW_STREAM = 3
_START_STREAM = 4
_DECAY_UNIT = 1 << 20
_FEW_SAMPLES = 512, 2048  # drawn to score all twos and threes of signals, at least and at most
_MOST_LOOKS = 1 << 34  # at so many samples of so many threes, in between


@dataclass(eq=False)
class Watched:
    """Samples to watch the accuracy on, with their votes as LUTs come and go."""

    signals: Words
    views: NDArray[np.int32]
    labels: NDArray[np.integer]
    votes: NDArray[np.int32]

    @classmethod
    def make(cls, bits: Bits, labels: NDArray[np.integer], n_classes: int) -> Watched:
        itself = np.arange(bits.n_signals, dtype=np.int32)[None, :]
        votes = np.zeros((n_classes, bits.words.shape[1] * 64), dtype=np.int32)
        return cls(bits.words, itself, labels, votes)

    def add_signals(self, more: Words) -> None:
        """Add signals after those there are."""
        self.signals = np.concatenate([self.signals, more])
        self.views = np.arange(len(self.signals), dtype=np.int32)[None, :]


class Learner:
    """The state of the learning: the LUTs, round by round, and every place's votes.

    A vote counts +1 or -1; with two classes, class 0 has no LUTs and no votes.
    """

    def __init__(
        self,
        samples: Samples,
        n_samples: int,
        n_classes: int,
        validation: Watched | None,
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
        self.groups = groups_of(n_classes)
        self.votes = np.zeros((n_classes, n_places), dtype=np.int32)
        self.residual = np.empty((n_classes, n_places), dtype=np.int32)
        self.decay = _decay(parameters.effective_temperature)
        # no sample needs to be drawn more than a few times over
        n_drawn = min(parameters.search_samples, 16 * n_places)
        self.effort = Effort(parameters.k, n_drawn, parameters.sweeps)
        self.layers: list[list[Round]] = []  # those that are done
        self.luts: list[Round] = []  # of the layer that is being learnt
        self.best: list[Round] = []
        self.best_accuracy = -1.0
        self.history: list[LearntAccuracy] = []
        self.n_done = self.n_total = 0

    @property
    def result(self) -> list[list[Round]]:
        """The best there is, layer by layer."""
        return [layer for layer in (*self.layers, self.best) if layer]

    def run(self, start: list[Round]) -> None:
        """Take over what there is; grow and refit one layer after another."""
        for luts in start:
            self.luts.append(luts)
            self._vote(luts, 1)
        if start:
            self._end_round()
        n_rounds, refits = max(self.parameters.luts_per_class, len(start)), self.parameters.refits
        self.n_total = (n_rounds - len(start) + refits * n_rounds) * len(self.groups)
        n_layers = self.parameters.layers
        for layer in range(n_layers):
            end = n_rounds * (layer + 1) // n_layers
            self._grow(end)
            if layer == n_layers - 1:
                self.n_total = self.n_done + refits * len(self.luts) * len(self.groups)
            for stage in range(1, refits + 1):
                self._refit(stage)
            if layer < n_layers - 1:
                self._close_layer()

    @property
    def _n_rounds_below(self) -> int:
        return sum(len(layer) for layer in self.layers)

    def _grow(self, n_rounds: int) -> None:
        """Add rounds until there are so many; with patience, end in time, back at the best."""
        patience, below = self.parameters.patience, self._n_rounds_below
        while below + len(self.luts) < n_rounds:
            luts = self._learn_round(0, below + len(self.luts), None)
            self._vote(luts, 1)
            self.luts.append(luts)
            self._end_round(len(self.groups))
            if patience and len(self.luts) - len(self.best) >= patience:
                break
        while len(self.luts) > len(self.best):
            self._vote(self.luts.pop(), -1)

    def _refit(self, stage: int) -> None:
        """Learn each LUT of the layer anew, in turn, with all others in place."""
        below = self._n_rounds_below
        for place, old in enumerate(self.luts):
            self._vote(old, -1)
            luts = self._learn_round(stage, below + place, old)
            self._vote(luts, 1)
            self.luts[place] = luts
            self._end_round(len(self.groups))

    def _close_layer(self) -> None:
        """Let the LUTs that come read those of this layer."""
        luts = [lut for round_ in self.luts for lut in round_]
        if luts:
            samples, valid = self.samples, self.validation
            outputs = self._outputs(samples.signals, samples.views, luts)
            self.samples = samples.with_signals(outputs, self.step.transpose)
            if valid is not None:
                valid.add_signals(self._outputs(valid.signals, valid.views, luts))
        self.layers.append(self.luts)
        self.luts, self.best = [], []

    def _outputs(self, signals: Words, views: NDArray[np.int32], luts: list[CountedLut]) -> Words:
        """Return the value of each LUT at every place, shape (n_luts, n_places / 64)."""
        n_places = len(views) * signals.shape[1] * 64

        def output(lut: CountedLut) -> Words:
            votes = np.zeros(n_places, dtype=np.int32)
            self.step.vote(signals, views, lut.wires, lut.table, 1, votes)
            return pack((votes > 0)[:, None])

        return np.concatenate(list(self.pool.map(output, luts)))

    def _learn_round(self, stage: int, place: int, old: Round | None) -> Round:
        """Learn a LUT for each group against the present residuals; keep the best of what was
        found and the old wires, tables counted anew, and the first of equals."""
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
            orders = range(2, min(parameters.interactions, parameters.k) + 1) if old is None else ()
            starts = [self._interaction(residual, draw_key, order) for order in orders]
            starts.append(start)
            wires = [step.search(samples, residual, draw_key, s, self.effort) for s in starts]
            if old is not None:
                wires.insert(0, old[g].wires)
            found = [step.count(samples, residual, w) for w in wires]
            return max(found, key=lambda lut: lut.gain)

        return list(self.pool.map(learn, range(len(self.groups))))

    def _interaction(
        self, residual: NDArray[np.int32], key: np.uint64, order: int
    ) -> NDArray[np.int32]:
        """Return the signals of largest interaction, on as many samples as time allows."""
        least, most = _FEW_SAMPLES
        n_looks = math.comb(self.samples.n_signals, order)
        n_drawn = min(max(_MOST_LOOKS // n_looks, least), most, self.effort.n_drawn)
        effort = replace(self.effort, n_drawn=n_drawn)
        return self.step.interaction(self.samples, residual, key, order, effort)

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

    def _vote(self, luts: Round, sign: int) -> None:
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
        n_luts_now = (self._n_rounds_below + len(self.luts)) * len(self.groups)
        self.history.append(LearntAccuracy(n_luts_now, train, validated))
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
