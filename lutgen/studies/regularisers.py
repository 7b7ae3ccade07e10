"""Ways to keep a network from fitting noise: each learns with one value of one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lutgen.bits import Bits
from lutgen.learn.counts import Counts, apply, count_classes
from lutgen.learn.fill import FILLS, Fill
from lutgen.learn.memorize import Parameters
from lutgen.learn.randomness import keys
from lutgen.model.network import LutNetwork
from lutgen.optimise.external import optimise
from lutgen.optimise.policy import Policy
from lutgen.studies.problem import Labels, Problem

BASE_LAYERS = 5  # without regularisation
_STREAM = 77  # of random numbers, apart from the learner's


def regularised_counts(
    network: LutNetwork,
    bits: Bits,
    labels: Labels,
    *,
    least_count: int = 1,
    drop: float = 0.0,
    seed: int = 0,
) -> LutNetwork:
    """Count a network's tables anew with regularised counts, layer after layer.

    Parameters
    ----------
    network : LutNetwork
        Brings the wires; one that memorization made.
    bits, labels
        Training samples.
    least_count : int
        Samples that must reach an entry for their majority to be trusted; the others are filled
        as entries never seen, at random.
    drop : float
        Share of the samples that an entry does not count, drawn for each sample and LUT anew: the
        counts of an entry are thinned, binomially.
    seed : int
        Of the fill and of what is dropped.

    Returns
    -------
    LutNetwork
        The same wires; with `least_count` 1 and `drop` 0 the same values of decided entries. An
        entry counts as seen if a sample that was counted reached it.
    """
    rng = np.random.default_rng((seed, _STREAM))
    fill = Fill("random", keys(seed, _STREAM, 0, np.arange(network.n_luts)), 0)
    signals = np.zeros((network.n_signals, bits.words.shape[1]), dtype=np.uint64)
    signals[: network.n_inputs] = bits.words
    luts = []
    for lut in range(network.n_luts):
        wires = network.lut_wires(lut)[None, :]
        counts = _regularise(count_classes(signals, wires, labels), least_count, drop, rng)
        luts.append(counts.decide(fill.of(slice(lut, lut + 1))))
        signals[network.n_inputs + lut] = apply(luts[-1].tables, signals, wires, bits.n_samples)
    return replace(
        network,
        tables=np.concatenate([part.tables[0] for part in luts]),
        seen=np.concatenate([part.seen[0] for part in luts]),
        tied=np.concatenate([part.tied[0] for part in luts]),
    )


def _regularise(
    counts: Counts, least_count: int, drop: float, random: np.random.Generator
) -> Counts:
    statistics = counts.statistics
    if drop:
        statistics = random.binomial(statistics, 1 - drop)
    enough = statistics.sum(axis=1, keepdims=True) >= least_count
    return replace(counts, statistics=np.where(enough, statistics, 0))


def flip_inputs(bits: Bits, share: float, seed: int) -> Bits:
    """Flip every bit of every sample with a probability of `share`."""
    dense = bits.to_dense()
    flips = np.random.default_rng((seed, _STREAM)).random(dense.shape) < share
    return Bits.from_dense(dense ^ flips)


@dataclass(frozen=True)
class Learner:
    """Learns a problem with some labels and one regulariser at one value."""

    problem: Problem
    width: int
    seed: int
    k: int

    def plain(
        self,
        labels: Labels,
        *,
        k: int | None = None,
        n_layers: int = BASE_LAYERS,
        fill: str = "random",
        bits: Bits | None = None,
    ) -> LutNetwork:
        widths = (self.width,) * n_layers
        parameters = Parameters(
            k=k or self.k, widths=widths, fill=fill, seed=self.seed, cone_only=True
        )
        return self.problem.learn(parameters, labels=labels, bits=bits)

    def fewer_inputs(self, labels: Labels, k: int) -> LutNetwork:
        return self.plain(labels, k=k)

    def fewer_layers(self, labels: Labels, n_layers: int) -> LutNetwork:
        return self.plain(labels, n_layers=n_layers)

    def trusted(self, labels: Labels, least_count: int) -> LutNetwork:
        return self._recount(labels, least_count=least_count)

    def dropped(self, labels: Labels, drop: float) -> LutNetwork:
        return self._recount(labels, drop=drop)

    def flipped(self, labels: Labels, share: float) -> LutNetwork:
        return self.plain(labels, bits=flip_inputs(self.problem.train, share, self.seed))

    def filled(self, labels: Labels, policy: str) -> LutNetwork:
        if policy in FILLS:
            return self.plain(labels, fill=policy)
        return optimise(self.plain(labels), Policy.parse(policy), self.problem.train, labels)[0]

    def _recount(self, labels: Labels, least_count: int = 1, drop: float = 0.0) -> LutNetwork:
        network = self.plain(labels)
        if least_count == 1 and not drop:
            return network
        return regularised_counts(
            network,
            self.problem.train,
            labels,
            least_count=least_count,
            drop=drop,
            seed=self.seed,
        )


Method = Callable[[Learner, Labels, Any], LutNetwork]
# name: method, and its values from the weakest; the first of each is no regularisation, of k the
# first that is no more than the base
REGULARISERS: dict[str, tuple[Method, tuple[float | str, ...]]] = {
    "smaller k": (Learner.fewer_inputs, (10, 9, 8, 7, 6, 5, 4, 3, 2)),
    "fewer layers": (Learner.fewer_layers, (5, 4, 3, 2, 1)),
    "minimum count": (Learner.trusted, (1, 2, 3, 4, 6, 8, 12, 16, 32)),
    "dropped counts": (Learner.dropped, (0, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98)),
    "input flips": (Learner.flipped, (0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)),
    "don't-care filling": (
        Learner.filled,
        ("random", "zero", "majority", "neighbour", "unseen", "tied", "weak:0.002", "weak:0.01"),
    ),
}
