"""Successive halving: all combinations a little, the better ones more, the best as the model.

A *shape* is a combination of parameters without the number of LUTs. Its network grows once, without
refits, and is measured on samples held out as it grows; so one growth tells of all sizes. Some
sizes are mapped onto the chip, for the first shape of its kind; between them LUTs go by a line. A
shape stays as long as it is among the best for some number of LUTs. What is left is learnt as the
model is to be, in cross-validation, and from all samples to count what that takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lutgen.errors import ConfigError, DataError
from lutgen.records.tune import Candidate, Trial
from lutgen.tune.trials import Parameters, Trials

N_BUDGETS = 10
_BUDGET_STEP = 2**0.5
_MAKE_HARDWARE = ("encoder", "k", "leaf_bits", "max_weight")
"""Shapes that agree in these are of a kind: they take about as many LUTs."""


@dataclass(frozen=True)
class Plan:
    """How a search goes.

    Parameters
    ----------
    sizes : tuple of int
        LUTs of a class or number that may be chosen, ascending.
    mapped : tuple of int
        Those that are mapped while networks grow.
    max_luts : int
        More is of no interest.
    factor : int
        One of so many shapes stays, from rung to rung, and learns from so many times the samples.
    n_finalists : int
        Candidates that are learnt in full.
    first_rows : int
        Samples that the first rung learns from, at most.
    """

    sizes: tuple[int, ...]
    mapped: tuple[int, ...]
    max_luts: int
    factor: int = 3
    n_finalists: int = 10
    first_rows: int = 8000

    def rungs(self, n_shapes: int) -> list[int]:
        """Return how many shapes each rung has."""
        rungs = [n_shapes]
        while rungs[-1] > self.n_finalists:
            rungs.append(max(self.n_finalists, -(-rungs[-1] // self.factor)))
        return rungs

    @property
    def budgets(self) -> list[float]:
        """Numbers of LUTs that shapes are compared at, the largest first."""
        return [self.max_luts / _BUDGET_STEP**i for i in range(N_BUDGETS)]


class Curve:
    """What is known of a shape by size, up to the largest that is of interest: scores and LUTs."""

    def __init__(self, shape: Parameters, sizes: Sequence[int]) -> None:
        self.shape, self._sizes = shape, sizes
        self.size = sizes[0]
        self.luts: dict[int, int] = {}
        self._scores: list[dict[int, float]] = []

    def add(self, trial: Trial) -> None:
        """Take what a growth tells."""
        points = [point for point in trial.points if point.size <= self.size]
        self._scores.append({p.size: p.score for p in points if p.score is not None})

    def points(self) -> list[tuple[float, float, int]]:
        """Return (LUTs, score, size) of each size that all growths reached, by size."""
        mapped = sorted(self.luts)
        known = [n for n in self._sizes if all(n in scores for scores in self._scores)]
        return [
            (self._estimate(n, mapped), float(np.mean([s[n] for s in self._scores])), n)
            for n in known
        ]

    def best_within(self, budget: float) -> tuple[float, int] | None:
        """Return the best score, and its size, of the sizes that take no more."""
        found = [(score, -n) for luts, score, n in self.points() if luts <= budget]
        return None if not found else (max(found)[0], -max(found)[1])

    def _estimate(self, size: int, mapped: list[int]) -> float:
        luts = [self.luts[n] for n in mapped]
        if len(mapped) == 1 or size > mapped[0]:
            return float(np.interp(size, mapped, luts))
        slope = (luts[1] - luts[0]) / (mapped[1] - mapped[0])
        return max(0.0, luts[0] - slope * (mapped[0] - size))


class Halving:
    """The search.

    Parameters
    ----------
    trials : Trials
        Makes the trials.
    plan : Plan
    progress : callable
        Called with trials done, trials in all, and a remark.
    """

    def __init__(
        self, trials: Trials, plan: Plan, progress: Callable[[int, int, str], None]
    ) -> None:
        self._trials, self._plan, self._progress = trials, plan, progress
        self._n_done = self._n_total = 0
        self._remark = ""
        self._n_shapes = 0
        self.left_out: list[tuple[dict[str, Any], str]] = []
        self._kinds: dict[tuple[Any, ...], tuple[int, dict[int, int]]] = {}

    def run(self, shapes: Sequence[Parameters]) -> tuple[list[Candidate], list[Curve]]:
        """Return the candidates that were learnt in full, and the curves of all shapes."""
        if not shapes:
            raise ConfigError("there is nothing to search: a list of parameters is empty")
        plan, trials = self._plan, self._trials
        n_folds = len(trials.splits)
        self._n_shapes = len(shapes)
        rungs = plan.rungs(len(shapes))
        self._n_total = sum(rungs) + plan.n_finalists * (n_folds + 1)
        curves = [Curve(shape, plan.sizes) for shape in shapes]
        kept = curves
        for rung, n_kept in enumerate(rungs):
            if rung:
                kept = self._best(kept, n_kept)
            kept = [curve for curve in kept if self._learnt(curve, self._grow, rung, n_folds)]
        return self._finals(kept, n_folds), curves

    def _learnt(self, curve: Curve, learn: Callable[..., None], *told: Any) -> bool:
        """Learn with a shape; leave out one that the samples do not go with, but not the last."""
        try:
            learn(curve, *told)
        except DataError as error:
            self.left_out.append((dict(curve.shape), str(error)))
            if len({str(shape) for shape, _ in self.left_out}) == self._n_shapes:
                raise
            return False
        return True

    def _grow(self, curve: Curve, rung: int, n_folds: int) -> None:
        """Let a shape's network grow to the first mapped size that takes too much of the chip.

        How far that is shows the first shape of its kind, which is mapped as it grows.
        """
        plan, trials = self._plan, self._trials
        rows = plan.first_rows * plan.factor**rung
        kind = tuple(curve.shape.get(name) for name in _MAKE_HARDWARE)
        if kind not in self._kinds:
            self._kinds[kind] = self._first_of_kind(curve, rows)
        curve.size, curve.luts = self._kinds[kind]
        curve.add(trials.grow(curve.shape, rung % n_folds, curve.size, plan.sizes, (), rows))
        self._told()

    def _first_of_kind(self, curve: Curve, rows: int) -> tuple[int, dict[int, int]]:
        """Return how far shapes of a kind are to grow, and what mapped sizes take."""
        plan, trials = self._plan, self._trials
        n_bits = int(curve.shape.get("leaf_bits", trials.estimator.get_params()["leaf_bits"]))
        # a LUT of a class takes one of the chip, and its share of the head; most take some more
        may = [n for n in plan.mapped if n * trials.n_groups * n_bits <= plan.max_luts]
        may = may or [plan.mapped[0]]
        for size in may[max(0, len(may) - 3) :]:
            trial = trials.grow(curve.shape, 0, size, plan.sizes, plan.mapped, rows)
            luts = {p.size: p.luts for p in trial.points if p.luts is not None and p.size <= size}
            if luts[size] > plan.max_luts:
                break
        return size, luts

    def _best(self, curves: list[Curve], n: int) -> list[Curve]:
        """Return n curves: the best at each number of LUTs, then the second best at each, …"""
        return list(dict.fromkeys(curve for curve, _ in self._ranked(curves)))[:n]

    def _ranked(self, curves: list[Curve]) -> list[tuple[Curve, int]]:
        """Return curves and sizes, the best at each number of LUTs first, then the second best."""
        places: list[tuple[int, int, Curve, int]] = []
        for number, budget in enumerate(self._plan.budgets):
            found = [(c, best) for c in curves if (best := c.best_within(budget)) is not None]
            found.sort(key=lambda item: -item[1][0])
            places += [(place, number, c, best[1]) for place, (c, best) in enumerate(found)]
        if not places:  # all take too much: the smallest of each
            return [(curve, curve.points()[0][2]) for curve in curves]
        places.sort(key=lambda item: item[:2])
        return [(curve, size) for _, _, curve, size in places]

    def _finals(self, curves: list[Curve], n_folds: int) -> list[Candidate]:
        """Learn the best in full: first from all samples, which tells what they take."""
        plan, trials = self._plan, self._trials
        found: dict[tuple[int, int], Candidate] = {}
        lost: set[int] = set()

        def learn(curve: Curve, size: int) -> None:
            luts, digest = trials.count(curve.shape, size)
            smaller = [n for n in plan.sizes if n < size]
            while luts > plan.max_luts and smaller:
                size = smaller.pop()
                luts, digest = trials.count(curve.shape, size)
            if (id(curve), size) in found:
                return
            self._told()
            scores = []
            for fold in range(n_folds):
                scores.append(trials.measure(curve.shape, size, fold))
                self._told()
            found[id(curve), size] = Candidate(
                parameters={**curve.shape, trials.size_name: size},
                scores=tuple(scores),
                luts=luts,
                digest=digest,
            )
            best = max(found.values(), key=lambda candidate: candidate.score)
            self._remark = f"best {best.score:.4f} with {best.luts:,} LUTs"

        for curve, size in self._ranked(curves):
            if len(found) == plan.n_finalists:
                break
            if id(curve) not in lost and not self._learnt(curve, learn, size):
                lost.add(id(curve))
        if not found:
            raise DataError(self.left_out[-1][1])
        self._n_total = self._n_done
        self._progress(self._n_done, self._n_total, self._remark)
        return list(found.values())

    def _told(self) -> None:
        self._n_done += 1
        self._progress(self._n_done, self._n_total, self._remark)
