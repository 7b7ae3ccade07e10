"""Krueger et al., section 2.3: what keeps a network from fitting noise, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean
from typing import Any

import numpy as np

from lutgen.data.bits import Bits, pack, unpack_rows
from lutgen.learn.layer import FILLS, Fill
from lutgen.learn.memorize import Parameters
from lutgen.learn.randomness import keys
from lutgen.learn.reference import addresses, count, decide
from lutgen.model import LutNetwork
from lutgen.optimise.external import optimise
from lutgen.optimise.policy import Policy
from lutgen.studies.context import Context
from lutgen.studies.noise import VALIDATION_NOTE, clean_problem
from lutgen.studies.plot import Curve, Panel, draw
from lutgen.studies.problem import Labels, Problem
from lutgen.studies.study import KRUEGER, Result, Row, Study, Verdict

N_TRAIN, N_TRAIN_QUICK = 10_000, 2_000
BASE_KS, QUICK_BASE_KS = (6, 8, 10), (8,)  # without regularisation
BASE_LAYERS, WIDTH, WIDTH_QUICK = 5, 512, 128
KEPT, DEGRADED = 0.005, 0.1  # validation accuracy that may be lost; training accuracy to lose
LOOSE = 0.02  # validation accuracy that a weaker claim lets be lost
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
    signals = np.zeros((network.n_signals, bits.n_samples), dtype=np.uint8)
    signals[: network.n_inputs] = unpack_rows(bits.words, bits.n_samples)
    tables, seen, tied = [], [], []
    for lut in range(network.n_luts):
        address = addresses(signals[network.lut_wires(lut)])
        counts = count(address, labels, int(network.fan_in[lut]))
        if drop:
            counts = rng.binomial(counts, 1 - drop)
        counts[:, counts.sum(axis=0) < least_count] = 0
        tables.append(decide(counts, fill, lut))
        seen.append((counts.sum(axis=0) > 0).astype(np.uint8))
        tied.append((seen[-1] & (counts[0] == counts[1])).astype(np.uint8))
        signals[network.n_inputs + lut] = tables[-1][address]
    words = [pack(np.array(part).T).ravel() for part in (tables, seen, tied)]
    return replace(network, tables=words[0], seen=words[1], tied=words[2])


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
Points = dict[str, list[list[Any]]]  # by base k: value, random fit, validation, test
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


def plan_of(base_k: int, *, quick: bool) -> list[tuple[str, float | str]]:
    """Return each regulariser and value to measure, the first of each without an effect."""
    plan: list[tuple[str, float | str]] = []
    for name, (method, values) in REGULARISERS.items():
        by_k = method is Learner.fewer_inputs
        allowed = [value for value in values if not by_k or float(value) <= base_k]
        plan += [(name, value) for value in (allowed[::2] if quick else allowed)]
    return plan


def _run(context: Context) -> Result:
    n_train, width = (N_TRAIN_QUICK, WIDTH_QUICK) if context.quick else (N_TRAIN, WIDTH)
    base_ks = QUICK_BASE_KS if context.quick else BASE_KS

    def measure(base_k: int, name: str, value: float | str, seed: int) -> list[float]:
        problem = clean_problem(context, n_train)
        learner = Learner(problem, width, seed, base_k)
        method = REGULARISERS[name][0]
        real = method(learner, problem.y_train, value)
        labels = problem.permuted_labels(seed)
        random = method(learner, labels, value)
        return [
            float((random.class_numbers(problem.train) == labels).mean()),
            problem.validation_accuracy(real),
            float((real.class_numbers(problem.train) == problem.y_train).mean()),
            problem.test_accuracy(real),
        ]

    plan = [(k, *what) for k in base_ks for what in plan_of(k, quick=context.quick)]
    cells = {
        f"k={k}, {name} {value} seed={seed}": partial(measure, k, name, value, seed)
        for k, name, value in plan
        for seed in context.seeds
    }
    found = context.compute(cells)
    rows = []
    points: dict[str, Points] = {}
    for k, name, value in plan:
        runs = [found[f"k={k}, {name} {value} seed={seed}"] for seed in context.seeds]
        random, real, fitted, test = (fmean(run[place] for run in runs) for place in range(4))
        points.setdefault(name, {}).setdefault(str(k), []).append([value, random, real, test])
        note = f"training accuracy: random labels {random:.3f}, real labels {fitted:.3f}"
        rows.append(
            Row.of(f"k={k}, {name} {value}: validation accuracy", [r[1] for r in runs], note=note)
        )
    verdicts = tuple(_verdict(name, points[name]) for name in REGULARISERS)
    return Result(
        tuple(rows),
        (*_summary(points), *verdicts),
        (
            f"Binary-MNIST, {n_train:,} training samples; without regularisation, {BASE_LAYERS} "
            f"hidden layers of {width}, k = {', '.join(map(str, base_ks))}: a claim holds if it "
            "does from each of these. Theirs is a small convolutional network on "
            "CIFAR-10, its figure without numbers. A minimum count fills what fewer samples reach "
            "as if it were unseen; dropped counts thin the counts of every LUT; flips are of the "
            "training inputs, and training accuracy is of the inputs as they were. What is "
            f"lost and kept is ours to set: {DEGRADED} and {KEPT}, or {LOOSE}.",
            VALIDATION_NOTE,
        ),
        {"points": points},
    )


def strongest(points: list[list[Any]], cost: float) -> list[Any]:
    """Return what fits random labels least, among what costs at most so much validation accuracy.

    Parameters
    ----------
    points : list of [value, fit to random labels, validation accuracy, test accuracy]
        The first is without regularisation.
    """
    kept = [point for point in points if point[2] >= points[0][2] - cost]
    return min(kept, key=lambda point: float(point[1]))


def _lost(points: list[list[Any]], cost: float) -> float:
    """Return how much less random labels are fitted at most, at such a cost."""
    return float(points[0][1] - strongest(points, cost)[1])


def _verdict(name: str, by_k: Points) -> Verdict:
    """Judge the strongest degradation among the values that keep the validation accuracy."""
    figures = []
    for k, points in by_k.items():
        plain, (value, random, real, test) = points[0], strongest(points, KEPT)
        loose = strongest(points, LOOSE)
        figures.append(
            f"from k={k}, {value}: random labels {plain[1]:.3f} → {random:.3f}, validation "
            f"{plain[2]:.3f} → {real:.3f}, test {plain[3]:.3f} → {test:.3f}; at a cost of {LOOSE}, "
            f"{loose[0]}: {loose[1]:.3f}"
        )
    return Verdict(
        f"{name}: less fit to random labels (by {DEGRADED} or more) at no cost (of more than "
        f"{KEPT}) on real ones",
        all(_lost(points, KEPT) >= DEGRADED for points in by_k.values()),
        ". ".join(figures),
    )


def _summary(points: dict[str, Points]) -> list[Verdict]:
    base_ks = list(next(iter(points.values())))
    good = {
        k: [name for name, by_k in points.items() if _lost(by_k[k], KEPT) >= DEGRADED]
        for k in base_ks
    }
    hindered = {k: {name: _lost(by_k[k], LOOSE) for name, by_k in points.items()} for k in base_ks}
    most = {max(lost, key=lambda name: lost[name]) for lost in hindered.values()}
    return [
        Verdict(
            "regularisation can degrade training on noise without compromising generalization",
            all(good.values()),
            f"of {len(points)} regularisers, from "
            + "; from ".join(f"k={k} {', '.join(names) or 'none'}" for k, names in good.items()),
        ),
        Verdict(
            "dropping (there: units, here: counts) hinders memorization most without reducing "
            "the ability to learn",
            most == {"dropped counts"},
            f"at a validation cost of {LOOSE}, fit to random labels lost, from "
            + "; from ".join(
                f"k={k} " + ", ".join(f"{name} {lost:.3f}" for name, lost in of.items())
                for k, of in hindered.items()
            ),
        ),
    ]


def _draw(result: Result) -> dict[str, str]:
    points: dict[str, Points] = result.series["points"]
    panels = []
    for place, k in enumerate(next(iter(points.values()))):
        curves = []
        for name, by_k in points.items():
            style, colour = ("o", 6) if name.startswith("don't") else ("-", None)
            _, x, y, _ = zip(*by_k[k], strict=True)
            curves.append(Curve("" if place else name, x, y, style, colour))
        panels.append(
            Panel(
                f"Regularisers, from k={k}",
                "training accuracy, random labels",
                "validation accuracy, real labels",
                tuple(curves),
            )
        )
    return {"regularisers": draw(panels, n_columns=3, scale=1.1)}


STUDIES = (
    Study(
        "noise-regularisers",
        "regularisers: random labels fitted against real ones learnt",
        f"{KRUEGER}, section 2.3, figure 3 (right)",
        _run,
        _draw,
        n_seeds=2,
    ),
)
