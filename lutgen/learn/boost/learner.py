"""The booster at work: LUTs added round by round, and refitted, against the votes of all others."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import MAX_FAN_IN, n_words
from lutgen.encode.tally import Keys, Tally, select
from lutgen.learn import randomness
from lutgen.learn.boost import places
from lutgen.learn.boost.backends import BACKENDS
from lutgen.learn.boost.leaves import Leaf, Lut, decide_by_sign, decide_by_step
from lutgen.learn.boost.losses import KEY_BITS, Distance, Loss
from lutgen.learn.boost.monotone import Directions
from lutgen.learn.boost.network import Round
from lutgen.learn.boost.parameters import ABSOLUTE, BoostParameters, BoostProgress
from lutgen.learn.boost.part import Asked, Begin, Close, Likely, Part, Show, Team, Vote
from lutgen.learn.boost.patches import Patches
from lutgen.learn.boost.step import UNIT, Drawn, NewtonGain, Weighed
from lutgen.learn.counts import Counts
from lutgen.learn.executor import Executor, Faster, Serial
from lutgen.model.provenance import LearntAccuracy

_DRAW_STREAM = 3
_START_STREAM = 4
_WEIGH_STREAM = 5
_SIGNAL_STREAM = 6
_PATCH_STREAM = 7
_FEW_SAMPLES = 512, 2048  # drawn to score all twos and threes of signals, at least and at most
FEW_DRAWN = 12_000  # by default
_MOST_WEIGHED = 1 << 23  # by default, times signals
_MOST_LOOKS = 1 << 34  # at so many samples of so many threes, in between


class Learner:
    """The state of the learning: the LUTs, round by round; the parts know every place's votes.

    Parameters
    ----------
    team : Team
        The training samples.
    n_samples, n_views, n_signals : int
        Of all parts.
    validation : Team or None
        Samples to watch.
    """

    def __init__(
        self,
        team: Team,
        n_samples: int,
        n_views: int,
        n_signals: int,
        loss: Loss,
        validation: Team | None,
        parameters: BoostParameters,
        backend: str,
        executor: Executor,
        progress: Callable[[BoostProgress], None] | None,
        directions: Directions | None = None,
        patches: Patches | None = None,
    ) -> None:
        self.patches = patches
        n_a_round = parameters.views_a_round
        self.n_shares = -(-n_views // n_a_round) if n_a_round else 1
        self.team, self.n_samples, self.validation = team, n_samples, validation
        self.n_signals = n_signals
        self.parameters, self.executor, self.progress = parameters, executor, progress
        self.directions = directions  # of the signals
        self.backend, self.step = backend, BACKENDS[backend]()
        self.loss, self.groups = loss, loss.groups
        self.leaf = Leaf(parameters.leaf_bits, parameters.max_weight)
        # where a round is one LUT: sharing its search among workers may be worth it, or not
        self.faster = Faster(executor) if len(self.groups) == 1 < executor.n_workers else None
        self._teams = [team, *([] if validation is None else [validation])]
        for own in self._teams:
            own.tell(Begin(loss))
        self._wholes = [_losses_of_constants(loss, own, executor) for own in self._teams]
        weight, self.n_weighty = team.ask(Part.weight, executor).tolist()
        self.unit = UNIT * (weight / self.n_weighty)  # what a sample of mean weight counts
        self.gain = NewtonGain(parameters.l2_regularization, parameters.min_entry_weight)
        # no sample needs to be drawn more than a few times over
        n_places = n_views * 64 * n_words(n_samples)
        self.n_drawn = min(parameters.search_samples or FEW_DRAWN, 16 * n_places)
        self.n_weighty //= self.n_shares
        n_shown = patches.n_signals if patches else n_signals
        self.n_weighed = parameters.search_samples or max(FEW_DRAWN, _MOST_WEIGHED // n_shown)
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
        for team in self._teams:
            team.tell(Close(luts))
        self.n_signals += len(luts) * self.leaf.bits
        self.layers.append(self.luts)
        self.luts, self.best = [], []

    def _learn_round(self, stage: int, place: int, old: Round | None) -> Round:
        """Learn a LUT for each group against the present residuals.

        Groups are shared out to the workers; a single one that is left over in the end, as with
        two classes, is learnt by all workers together. Where asking the parts takes time, they are
        asked about all groups at once.
        """
        if self.faster is not None:
            self.executor = self.faster.begin()
        if self.n_shares > 1:
            self.team.tell(Show(self.n_shares, stage + place))
        executor, n_groups = self.executor, len(self.groups)
        sizes: Sequence[int] = []
        if self.team.at_hand or self.parameters.criterion == ABSOLUTE:
            sizes = self.team.ask(Part.sizes, executor).tolist()
        learn = partial(self._learn_luts, stage, place, old, sizes)
        if not self.team.at_hand:
            return learn(executor, range(n_groups))
        n_apart = n_groups - (n_groups % executor.n_workers == 1)
        apart = executor.map(lambda g: learn(Serial(), range(g, g + 1)), range(n_apart))
        rest = [learn(executor, range(g, g + 1)) for g in range(n_apart, n_groups)]
        return [lut for luts in (*apart, *rest) for lut in luts]

    def _learn_luts(
        self,
        stage: int,
        place: int,
        old: Round | None,
        sizes: Sequence[int],
        executor: Executor,
        groups: range,
    ) -> list[Lut]:
        """Learn the LUTs of some groups; of each, keep the best of what was found and the old
        wires, tables counted anew, and the first of equals."""
        found = self._search(stage, place, old, sizes, executor, groups)
        wires = [
            np.array([*([] if old is None else [old[g].wires]), *own])
            for g, own in zip(groups, found, strict=True)
        ]
        is_newton = self.parameters.criterion != ABSOLUTE
        asked = [
            Asked(self.groups[g], own, is_newton) for g, own in zip(groups, wires, strict=True)
        ]
        sums = self.team.ask(Part.count, executor, asked=asked).items
        luts = []
        for i, g in enumerate(groups):
            counts, curved = sums[2 * i], sums[2 * i + 1]
            assert counts is not None
            if curved is None:
                best = int(counts.gain.argmax())
                own = wires[i][best]
                directions = self._directions_of(own)
                luts.append(decide_by_sign(own, counts, best, self.leaf, self.backend, directions))
            else:
                luts.append(self._decide(self.groups[g], wires[i], counts, curved.votes, executor))
        return luts

    def _search(
        self,
        stage: int,
        place: int,
        old: Round | None,
        sizes: Sequence[int],
        executor: Executor,
        groups: range,
    ) -> list[list[NDArray[np.int32]]]:
        """Return the wires that are found for a LUT of each group, from each start."""
        parameters = self.parameters
        orders = range(2, min(parameters.interactions, parameters.k) + 1) if old is None else ()
        is_newton = parameters.criterion != ABSOLUTE
        n_drawn = [self._n_drawn_for(order) for order in orders]
        if not is_newton:
            n_drawn.append(self.n_drawn)
        shown = [self._signals(stage, place, g) for g in groups]
        drawn = self._draw(stage, place, n_drawn, sizes, executor, groups, shown)
        weighed = self._weigh(stage, place, executor, groups, shown) if is_newton else []
        gain = self.gain

        def search(i: int) -> list[NDArray[np.int32]]:
            found, signals = search_shown(i), shown[i]
            return found if signals is None else [signals[wires] for wires in found]

        def search_shown(i: int) -> list[NDArray[np.int32]]:
            g, signals = groups[i], shown[i]
            own = executor if len(groups) == 1 else Serial()
            start = _random_wires(
                randomness.keys(parameters.seed, _START_STREAM, stage, place, g),
                self.n_signals if signals is None else signals.size,
                parameters.effective_random_wires,
            )
            starts = [
                self.step.interaction(drawn[i][j], order, own) for j, order in enumerate(orders)
            ]
            k, n_sweeps = parameters.k, parameters.sweeps
            if is_newton:
                scaled = gain.scaled(weighed[i].unit)
                return [
                    self.step.search_newton(weighed[i], given, k, n_sweeps, scaled, own)
                    for given in (*starts, start)
                ]
            return [
                self.step.search(drawn[i][-1], given, k, n_sweeps, own)
                for given in (*starts, start)
            ]

        return executor.map(search, range(len(groups)))

    def _signals(self, stage: int, place: int, g: int) -> NDArray[np.int32] | None:
        """Return the signals that the wires of a LUT are chosen among; None: all."""
        if self.patches is None:
            return None
        return self.patches.draw(
            randomness.keys(self.parameters.seed, _PATCH_STREAM, stage, place, g)
        )

    def _draw(
        self,
        stage: int,
        place: int,
        n_drawn: Sequence[int],
        sizes: Sequence[int],
        executor: Executor,
        groups: range,
        shown: Sequence[NDArray[np.int32] | None],
    ) -> list[list[Drawn]]:
        """Return samples drawn by the residuals of each group, so many and so many."""
        if not n_drawn:
            return [[] for _ in groups]
        if not sizes:
            sizes = self.team.ask(Part.sizes, executor).tolist()
        draws = []
        for g, signals in zip(groups, shown, strict=True):
            key = int(randomness.keys(self.parameters.seed, _DRAW_STREAM, stage, place, g)[0])
            score = self.groups[g]
            draws += [places.Draw.about(n, score, key, sizes[score], signals) for n in n_drawn]
        parts = self.team.ask(Part.draw, executor, draws=draws)
        found = [
            places.together([part[i] for part in parts], request.most)
            for i, request in enumerate(draws)
        ]
        return [found[i : i + len(n_drawn)] for i in range(0, len(found), len(n_drawn))]

    def _weigh(
        self,
        stage: int,
        place: int,
        executor: Executor,
        groups: range,
        shown: Sequence[NDArray[np.int32] | None],
    ) -> list[Weighed]:
        """Return the samples that a search by Newton's gain looks at, for each group."""
        bound = None
        if self.n_weighed < self.n_weighty:
            bound = (self.n_weighed << 32) // self.n_weighty
        draws = []
        for g, signals in zip(groups, shown, strict=True):
            key = int(randomness.keys(self.parameters.seed, _WEIGH_STREAM, stage, place, g)[0])
            draws.append(Likely(self.groups[g], key, bound, signals))
        is_all = self.team.at_hand and len(self.team) == 1
        parts = self.team.ask(Part.weigh, executor, draws=draws, is_all=is_all)
        found = [
            places.weighed_together([part[i] for part in parts], self.unit)
            for i in range(len(draws))
        ]
        if self.parameters.wire_fraction == 1:
            return found
        wanted = math.ceil(self.parameters.wire_fraction * self.n_signals)
        n_shown = max(self.parameters.k, wanted)
        keys = [
            randomness.keys(self.parameters.seed, _SIGNAL_STREAM, stage, place, g) for g in groups
        ]
        return [
            weighed.among(_random_wires(key, self.n_signals, n_shown))
            for weighed, key in zip(found, keys, strict=True)
        ]

    def _decide(
        self,
        score: int,
        wires: NDArray[np.int32],
        counts: Counts,
        curved: NDArray[np.int64],
        executor: Executor,
    ) -> Lut:
        """Return the LUT of the wires that gain most, over all samples, by Newton's criterion."""
        gain = self.gain.scaled(self.unit)
        scores = np.add.accumulate(gain(counts.votes, curved), axis=1)[:, -1]
        best = int(scores.argmax())

        def pick(ranks: NDArray[np.int64]) -> Keys:
            ask = partial(
                self.team.ask, Part.entry_keys, executor, Tally.add, score=score, wires=wires[best]
            )
            n_bits = KEY_BITS - MAX_FAN_IN + wires.shape[1]
            return select(lambda wanted: ask(wanted=wanted), [ranks], n_bits)[0]

        one = replace(counts, statistics=counts.statistics[best : best + 1])
        step = self.loss.steps(pick, one, curved[best], gain)
        wanted = self.parameters.learning_rate * self.loss.votes_a_step * step
        directions = self._directions_of(wires[best])
        return decide_by_step(
            wires[best], counts, curved, best, self.leaf, gain, wanted, directions
        )

    def _directions_of(self, wires: NDArray[np.int32]) -> Directions | None:
        """Return in which directions what a LUT on these wires adds may change, if in none else."""
        own = None if self.directions is None else self.directions[wires]
        return own if own is not None and own.any() else None

    def _n_drawn_for(self, order: int) -> int:
        """Return how many samples to score all twos or threes of signals on, as time allows."""
        least, most = _FEW_SAMPLES
        n_looks = math.comb(self.n_signals, order)
        return min(max(_MOST_LOOKS // n_looks, least), most, self.n_drawn)

    def _vote(self, luts: Round, sign: int) -> None:
        """Add the votes of a round's LUTs, or (sign -1) take them back."""
        for team in self._teams:
            team.tell(Vote(luts, sign))

    def _end_round(self, n_luts: int = 0) -> None:
        """Measure, report, and remember the best: with patience by validation, else the last."""
        self.n_done += n_luts
        train, validated = [
            self.loss.measure(team.ask(Part.tally, self.executor), wholes)
            for team, wholes in zip(self._teams, self._wholes, strict=True)
        ] + [None] * (self.validation is None)
        assert train is not None
        n_luts_now = (self._n_rounds_below + len(self.luts)) * len(self.groups)
        self.history.append(LearntAccuracy(n_luts_now, train, validated))
        if validated is None or not self.parameters.patience or validated > self.best_accuracy:
            self.best = list(self.luts)
            self.best_accuracy = -math.inf if validated is None else validated
            self.best_record = self.history[-1]
        if self.progress is not None:
            self.progress(BoostProgress(self.n_done, self.n_total, train, validated))


def _losses_of_constants(loss: Loss, team: Team, executor: Executor) -> list[Fraction]:
    """Return the loss of the best constant of each score, where that is a quantile."""
    if loss.quantile is None:
        return []
    assert isinstance(loss, Distance)
    weight = int(team.ask(Part.weight, executor)[0])
    rank = np.array([max(1, math.ceil(loss.quantile * weight))])
    found = select(
        lambda wanted: team.ask(Part.label_keys, executor, Tally.add, wanted=wanted),
        [rank] * len(loss.groups),
        KEY_BITS,
    )
    away = team.ask(Part.constants, executor, values=np.concatenate(found))
    return [loss.quantile_loss(*row) for row in away]


def _random_wires(key: NDArray[np.uint64], n_signals: int, n: int) -> NDArray[np.int32]:
    """Return n distinct signals (those of the smallest of n_signals random words), in order."""
    if n == 0:
        return np.empty(0, dtype=np.int32)
    return np.argsort(randomness.words(key, n_signals)[0], kind="stable")[:n].astype(np.int32)
