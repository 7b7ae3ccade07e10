"""Krueger et al., section 2.3: what keeps a network from fitting noise, and what it costs."""

from __future__ import annotations

from functools import partial
from statistics import fmean
from typing import Any

from lutgen.studies.context import Context
from lutgen.studies.noise import VALIDATION_NOTE, clean_problem
from lutgen.studies.plot import Curve, Panel, draw
from lutgen.studies.regularisers import BASE_LAYERS, REGULARISERS, Learner
from lutgen.studies.study import KRUEGER, Result, Row, Study, Verdict

N_TRAIN, N_TRAIN_QUICK = 10_000, 2_000
BASE_KS, QUICK_BASE_KS = (6, 8, 10), (8,)  # without regularisation
WIDTH, WIDTH_QUICK = 512, 128
KEPT, DEGRADED = 0.005, 0.1  # validation accuracy that may be lost; training accuracy to lose
LOOSE = 0.02  # validation accuracy that a weaker claim lets be lost

Points = dict[str, list[list[Any]]]
"""By base k: value, fit to random labels, validation accuracy, test accuracy."""


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
