"""The booster at work: LUTs added round by round, and refitted, against the votes of all others."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits, Words, pack
from lutgen.learn import randomness
from lutgen.learn.boost import places
from lutgen.learn.boost.backends import BACKENDS
from lutgen.learn.boost.leaves import Leaf, Lut, decide_by_sign, decide_by_step
from lutgen.learn.boost.losses import Loss
from lutgen.learn.boost.network import Round
from lutgen.learn.boost.parameters import ABSOLUTE, BoostParameters, BoostProgress
from lutgen.learn.boost.step import UNIT, NewtonGain, Samples
from lutgen.learn.counts import Counts
from lutgen.learn.executor import Executor, Faster, Serial
from lutgen.model.provenance import LearntAccuracy

_DRAW_STREAM = 3
_START_STREAM = 4
_WEIGH_STREAM = 5
_FEW_SAMPLES = 512, 2048  # drawn to score all twos and threes of signals, at least and at most
FEW_DRAWN = 12_000  # by default
_MOST_WEIGHED = 1 << 23  # by default, times signals
_MOST_LOOKS = 1 << 34  # at so many samples of so many threes, in between


@dataclass(eq=False)
class Watched:
    """Samples to watch the accuracy on, with their votes as LUTs come and go."""

    signals: Words
    views: NDArray[np.int32]
    n_samples: int
    labels: NDArray[np.int32]
    weights: NDArray[np.int32]
    votes: NDArray[np.int32]

    @classmethod
    def make(
        cls, bits: Bits, labels: NDArray[np.integer], weights: NDArray[np.int32], n_scores: int
    ) -> Watched:
        itself = np.arange(bits.n_signals, dtype=np.int32)[None, :]
        votes = np.zeros((n_scores, bits.words.shape[1] * 64), dtype=np.int32)
        numbers = labels.astype(np.int32)
        return cls(bits.words, itself, bits.n_samples, numbers, weights, votes)

    def add_signals(self, more: Words) -> None:
        """Add signals after those there are."""
        self.signals = np.concatenate([self.signals, more])
        self.views = np.arange(len(self.signals), dtype=np.int32)[None, :]


class Learner:
    """The state of the learning: the LUTs, round by round, and every place's votes."""

    def __init__(
        self,
        samples: Samples,
        n_samples: int,
        loss: Loss,
        validation: Watched | None,
        parameters: BoostParameters,
        backend: str,
        executor: Executor,
        progress: Callable[[BoostProgress], None] | None,
    ) -> None:
        n_places = samples.weights.size
        self.samples, self.n_samples, self.validation = samples, n_samples, validation
        self.parameters, self.executor, self.progress = parameters, executor, progress
        self.backend, self.step = backend, BACKENDS[backend]()
        self.loss, self.groups = loss, loss.groups
        self.leaf = Leaf(parameters.leaf_bits, parameters.max_weight)
        # where a round is one LUT: sharing its search among workers may be worth it, or not
        self.faster = Faster(executor) if len(self.groups) == 1 < executor.n_workers else None
        self.votes = np.repeat(loss.prior[:, None], n_places, axis=1)
        if validation is not None:
            validation.votes += loss.prior[:, None]
        self.residual = np.empty_like(self.votes)
        weights = samples.weights[samples.weights > 0]
        self.unit = UNIT * float(weights.mean())  # what a sample of mean weight counts
        self.gain = NewtonGain(parameters.l2_regularization, parameters.min_entry_weight)
        # no sample needs to be drawn more than a few times over
        self.n_drawn = min(parameters.search_samples or FEW_DRAWN, 16 * n_places)
        self.n_weighed = parameters.search_samples or max(
            FEW_DRAWN, _MOST_WEIGHED // samples.n_signals
        )
        self.layers: list[list[Round]] = []  # those that are done
        self.luts: list[Round] = []  # of the layer that is being learnt
        self.best: list[Round] = []
        self.best_accuracy = -math.inf
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

    def _outputs(self, signals: Words, views: NDArray[np.int32], luts: list[Lut]) -> Words:
        """Return the value of each LUT at every place, shape (n_luts, n_places / 64)."""
        n_places = len(views) * signals.shape[1] * 64

        def output(lut: Lut) -> Words:
            votes = np.zeros(n_places, dtype=np.int32)
            places.vote(self.step, signals, views, [(lut, votes)], 1, Serial())
            levels = (votes // lut.weight + lut.leaf.centre) // 2
            return pack((levels[:, None] >> np.arange(self.leaf.bits)) & 1 == 1)

        return np.concatenate(self.executor.map(output, luts))

    def _learn_round(self, stage: int, place: int, old: Round | None) -> Round:
        """Learn a LUT for each group against the present residuals.

        Groups are shared out to the workers; a single one that is left over in the end, as with
        two classes, is learnt by all workers together.
        """
        if self.faster is not None:
            self.executor = self.faster.begin()
        self.loss.find_residuals(self.step, self.samples, self.votes, self.residual, self.executor)
        learn = partial(self._learn_lut, stage, place, old)
        n_groups = len(self.groups)
        n_apart = n_groups - (n_groups % self.executor.n_workers == 1)
        apart = self.executor.map(partial(learn, Serial()), range(n_apart))
        return [*apart, *(learn(self.executor, g) for g in range(n_apart, n_groups))]

    def _learn_lut(
        self, stage: int, place: int, old: Round | None, executor: Executor, g: int
    ) -> Lut:
        """Keep the best of what was found and the old wires, tables counted anew, and the first
        of equals."""
        samples, parameters = self.samples, self.parameters
        residual = self.residual[self.groups[g]]
        draw_key = randomness.keys(parameters.seed, _DRAW_STREAM, stage, place, g)[0]
        draw = partial(places.draw, self.step, samples, residual, draw_key, executor=executor)
        start = _random_wires(
            randomness.keys(parameters.seed, _START_STREAM, stage, place, g),
            samples.n_signals,
            parameters.effective_random_wires,
        )
        orders = range(2, min(parameters.interactions, parameters.k) + 1) if old is None else ()
        starts = [
            self.step.interaction(draw(n_drawn=self._n_drawn_for(order)), order, executor)
            for order in orders
        ]
        starts.append(start)
        olds = [] if old is None else [old[g].wires]
        if parameters.criterion == ABSOLUTE:
            drawn = draw(n_drawn=self.n_drawn)
            wires = [
                self.step.search(drawn, given, parameters.k, parameters.sweeps, executor)
                for given in starts
            ]
            counts = self._count(residual, [*olds, *wires], executor)
            best = int(counts.gain.argmax())
            return decide_by_sign([*olds, *wires][best], counts, best, self.leaf, self.backend)
        curvature = np.empty_like(residual)
        self.loss.find_curvature(residual, samples.weights, curvature)
        key = randomness.keys(parameters.seed, _WEIGH_STREAM, stage, place, g)[0]
        weighed = places.weigh(samples, residual, curvature, key, self.n_weighed, self.unit)
        gain = self.gain.scaled(weighed.unit)
        wires = [
            self.step.search_newton(weighed, given, parameters.k, parameters.sweeps, gain, executor)
            for given in starts
        ]
        return self._decide(self.groups[g], [*olds, *wires], residual, curvature, executor)

    def _decide(
        self,
        score: int,
        wires: list[NDArray[np.int32]],
        residual: NDArray[np.int32],
        curvature: NDArray[np.int32],
        executor: Executor,
    ) -> Lut:
        """Return the LUT of the wires that gain most, over all samples, by Newton's criterion."""
        counts = self._count(residual, wires, executor)
        curved = self._count(curvature, wires, executor).votes
        gain = self.gain.scaled(self.unit)
        scores = np.add.accumulate(gain(counts.votes, curved), axis=1)[:, -1]
        best = int(scores.argmax())
        step = self.loss.steps(self.samples, self.votes, score, wires[best], gain)
        if step is None:
            step = counts.votes[best] / (curved[best] + gain.regularization)
        wanted = self.parameters.learning_rate * self.loss.votes_a_step * step
        return decide_by_step(wires[best], counts, curved, best, self.leaf, gain, wanted)

    def _count(
        self, values: NDArray[np.int32], wires: list[NDArray[np.int32]], executor: Executor
    ) -> Counts:
        return places.count(self.samples, values, np.array(wires), executor, self.backend)

    def _n_drawn_for(self, order: int) -> int:
        """Return how many samples to score all twos or threes of signals on, as time allows."""
        least, most = _FEW_SAMPLES
        n_looks = math.comb(self.samples.n_signals, order)
        return min(max(_MOST_LOOKS // n_looks, least), most, self.n_drawn)

    def _vote(self, luts: Round, sign: int) -> None:
        """Add the votes of a round's LUTs, or (sign -1) take them back."""
        samples, valid = self.samples, self.validation
        seen = [(samples.signals, samples.views, self.votes)]
        if valid is not None:
            seen.append((valid.signals, valid.views, valid.votes))
        for signals, views, votes in seen:
            pairs = [(lut, votes[c]) for lut, c in zip(luts, self.groups, strict=True)]
            places.vote(self.step, signals, views, pairs, sign, self.executor)

    def _end_round(self, n_luts: int = 0) -> None:
        """Measure, report, and remember the best: with patience by validation, else the last."""
        self.n_done += n_luts
        samples, valid = self.samples, self.validation
        train = self._accuracy(self.votes, samples.labels, samples.weights, self.n_samples)
        validated = None
        if valid is not None:
            validated = self._accuracy(valid.votes, valid.labels, valid.weights, valid.n_samples)
        n_luts_now = (self._n_rounds_below + len(self.luts)) * len(self.groups)
        self.history.append(LearntAccuracy(n_luts_now, train, validated))
        if validated is None or not self.parameters.patience or validated > self.best_accuracy:
            self.best = list(self.luts)
            self.best_accuracy = -math.inf if validated is None else validated
            self.best_record = self.history[-1]
        if self.progress is not None:
            self.progress(BoostProgress(self.n_done, self.n_total, train, validated))

    def _accuracy(
        self,
        votes: NDArray[np.int32],
        labels: NDArray[np.int32],
        weights: NDArray[np.int32],
        n_samples: int,
    ) -> float:
        return self.loss.measure(self.step, votes, labels, weights, n_samples, self.executor)


def _random_wires(key: NDArray[np.uint64], n_signals: int, n: int) -> NDArray[np.int32]:
    """Return n distinct signals (those of the smallest of n_signals random words), in order."""
    if n == 0:
        return np.empty(0, dtype=np.int32)
    return np.argsort(randomness.words(key, n_signals)[0], kind="stable")[:n].astype(np.int32)
