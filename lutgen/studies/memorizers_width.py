"""Yu et al. (2024): memorizers against their width, and on pairs of MNIST and CIFAR-10 classes."""

from __future__ import annotations

from functools import partial
from statistics import fmean
from typing import Any

import numpy as np

from lutgen.studies.context import Context
from lutgen.studies.convex import ConvexMemorizer, Floats
from lutgen.studies.memorizers import (
    CHOSEN_K,
    HARD_PAIR,
    LUT_KS,
    LUT_WIDTHS,
    N_VALIDATION,
    PAIRS,
    QUICK_PAIRS,
    RECONSTRUCTED,
    as_floats,
    fit_lut,
    name_task,
)
from lutgen.studies.plot import Curve, Panel, draw
from lutgen.studies.problem import Problem
from lutgen.studies.study import YU, Result, Row, Study, Verdict

WIDTHS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 784, 1568)
N_INPUTS = 784
N_TRAIN, N_TRAIN_QUICK = 2048, 1024
N_CIFAR, N_CIFAR_QUICK = 2000, 1000
CLOSE = 0.01


def project(X: Floats, width: int, seed: int) -> Floats:
    """Return X through a layer of `width` linear neurons with random weights of -1 and 1."""
    rng = np.random.default_rng((seed, width))
    weights = rng.choice(np.array([-1, 1], dtype=np.float32), (X.shape[1], width))
    projected: Floats = X @ weights
    return projected


def _convex(problem: Problem, width: int, seed: int) -> dict[str, float]:
    """Return the accuracies of convex sets behind a layer of a width; 0: without one."""
    parts = {
        "train": (problem.train, problem.y_train),
        "validation": (problem.validation, problem.y_validation),
        "test": (problem.test, problem.y_test),
    }
    points = {name: as_floats(bits) for name, (bits, _) in parts.items() if bits is not None}
    if width:
        points = {name: project(X, width, seed) for name, X in points.items()}
    memorizer = ConvexMemorizer(points["train"], problem.y_train)
    return {
        name: float((memorizer.predict(X) == parts[name][1]).mean()) for name, X in points.items()
    }


def _run_width(context: Context) -> Result:
    widths = (1, 8, 64, 784) if context.quick else WIDTHS
    n_train = N_TRAIN_QUICK if context.quick else N_TRAIN

    def measure(width: int, seed: int) -> dict[str, Any]:
        problem = context.problem("mnist", name_task(HARD_PAIR), n_train, N_VALIDATION)
        lut = fit_lut(problem, (width,) * len(LUT_WIDTHS), [seed]) if width >= LUT_KS[0] else None
        return {"convex": _convex(problem, width, seed), "lut": lut}

    found = context.compute(
        {f"width={w} seed={s}": partial(measure, w, s) for w in widths for s in context.seeds}
    )
    rows = []
    curves: dict[str, list[list[Any]]] = {}
    for name, words in (("convex", "convex sets behind it"), ("lut", "LUT network")):
        for width in widths:
            runs = [found[f"width={width} seed={s}"][name] for s in context.seeds]
            if None in runs:
                continue
            rows.append(
                Row.of(
                    f"width {width} ({width / N_INPUTS:.3g} of the dimension), {words}: test",
                    [run["test"] for run in runs],
                    note=f"training accuracy {fmean(run['train'] for run in runs):.4f}"
                    + ("; k=" + ", ".join(str(run["k"]) for run in runs) if "k" in runs[0] else ""),
                )
            )
            validation = fmean(run["validation"] for run in runs)
            curves.setdefault(name, []).append([width, rows[-1].ours, validation])
    enough = {name: _enough(points) for name, points in curves.items()}
    return Result(
        tuple(rows),
        (
            Verdict(
                "digits: a width of at least the dimension is needed to generalize",
                enough["convex"] >= N_INPUTS,
                f"validation accuracy within {CLOSE} of the best from width {enough['convex']} on "
                f"(convex sets) and {enough['lut']} (LUT network) of {N_INPUTS} dimensions; theirs "
                "is a worst case: some distribution needs the width, digits do not",
            ),
            Verdict(
                "much narrower than the dimension, memorizers do not generalize",
                curves["convex"][0][1] < 0.75,
                f"width {widths[0]}: test accuracy {curves['convex'][0][1]:.4f}",
            ),
        ),
        (
            RECONSTRUCTED + f"Digits {HARD_PAIR[0]} against {HARD_PAIR[1]}, {n_train:,} training "
            f"samples of {N_INPUTS} bits. A first layer of random linear neurons, and convex sets "
            "behind it; they memorize unless two samples of different classes fall on one point. "
            f"The LUT network has {len(LUT_WIDTHS)} hidden layers of that many LUTs. " + CHOSEN_K,
        ),
        {"curves": curves},
    )


def _enough(points: list[Any]) -> int:
    """Return the first width that is close to the best one, by validation accuracy."""
    best = max(validation for _, _, validation in points)
    return int(next(width for width, _, validation in points if validation >= best - CLOSE))


def _draw_width(result: Result) -> dict[str, str]:
    names = {"convex": "convex sets", "lut": "LUT network"}
    curves = [
        Curve(names[name], [x for x, _, _ in points], [y for _, y, _ in points])
        for name, points in result.series["curves"].items()
    ]
    ends = [f(y for curve in curves for y in curve.y) for f in (min, max)]
    curves.append(Curve("the dimension", [N_INPUTS] * 2, ends, "--", 5))
    title = f"{HARD_PAIR[0]} against {HARD_PAIR[1]}"
    panel = Panel(title, "width", "test accuracy", tuple(curves), "x")
    return {"width": draw([panel], scale=1.2)}


def _run_pairs(context: Context) -> Result:
    pairs = QUICK_PAIRS if context.quick else PAIRS
    samples = {
        "mnist": N_TRAIN_QUICK if context.quick else N_TRAIN,
        "cifar10": N_CIFAR_QUICK if context.quick else N_CIFAR,
    }

    def measure(data: str, pair: tuple[int, int]) -> dict[str, Any]:
        problem = context.problem(data, name_task(pair), samples[data], N_VALIDATION)
        return {
            "convex": _convex(problem, 0, 0),
            "lut": fit_lut(problem, LUT_WIDTHS, context.seeds),
            "parameters": ConvexMemorizer(as_floats(problem.train), problem.y_train).n_parameters,
        }

    found = context.compute(
        {
            f"{data} {a}-{b} n={n}": partial(measure, data, (a, b))
            for data, n in samples.items()
            for a, b in pairs
        }
    )
    rows: list[Row] = []
    series: dict[str, Any] = {}
    for data, n in samples.items():
        values = [found[f"{data} {a}-{b} n={n}"] for a, b in pairs]
        parameters = fmean(value["parameters"] for value in values)
        notes = {
            "convex": f"training {fmean(v['convex']['train'] for v in values):.4f}; "
            f"{parameters:.3g} parameters",
            "lut": f"training {fmean(v['lut']['train'] for v in values):.4f}",
        }
        words = {"convex": "convex sets", "lut": "LUT network"}
        series[data] = {name: [value[name]["test"] for value in values] for name in words}
        rows += [
            Row.of(f"{data}: mean test accuracy, {words[name]}", series[data][name], note=note)
            for name, note in notes.items()
        ]
    for data in samples:
        for place, (a, b) in enumerate(pairs):
            convex, lut = (series[data][name][place] for name in ("convex", "lut"))
            name = f"{data} {a} against {b}, convex sets; LUT network"
            k = found[f"{data} {a}-{b} n={samples[data]}"]["lut"]["k"]
            rows.append(Row(name, convex, None, note=f"LUT network {lut:.4f}, k={k}"))
    n_memorized = sum(value["convex"]["train"] == 1 for value in found.values())
    mean = {data: {n: fmean(v) for n, v in of.items()} for data, of in series.items()}
    better = {
        data: sum(c > t for c, t in zip(of["convex"], of["lut"], strict=True))
        for data, of in series.items()
    }
    return Result(
        tuple(rows),
        (
            Verdict(
                "the efficient memorizer memorizes every sample",
                n_memorized == len(found),
                f"{n_memorized} of {len(found)} pairs",
            ),
            Verdict(
                "the efficient memorizer generalizes on pairs of digits",
                mean["mnist"]["convex"] > 0.95,
                f"mean test accuracy {mean['mnist']['convex']:.4f}; LUT network "
                f"{mean['mnist']['lut']:.4f}; better on {better['mnist']} of {len(pairs)} pairs",
            ),
            Verdict(
                "it falls short on pairs of CIFAR-10 (theirs: it does not reach trained networks)",
                mean["cifar10"]["convex"] < 0.9,
                f"mean test accuracy {mean['cifar10']['convex']:.4f}; LUT network "
                f"{mean['cifar10']['lut']:.4f}; better on {better['cifar10']} of {len(pairs)} "
                "pairs",
            ),
        ),
        (
            RECONSTRUCTED + f"The first {samples['mnist']:,} training samples of each pair of "
            f"digits and {samples['cifar10']:,} of CIFAR-10, as the bits that the LUT network "
            "reads. Convex sets with planes half-way answer as the nearest neighbour does. "
            + f"{CHOSEN_K} CIFAR-10: {context.dataset('cifar10').split}.",
        ),
        series,
    )


def _draw_pairs(result: Result) -> dict[str, str]:
    panels = []
    for data, title in (("mnist", "Pairs of digits"), ("cifar10", "Pairs of CIFAR-10 classes")):
        values = result.series[data]
        convex, lut = values["convex"], values["lut"]
        ends = [min(*convex, *lut), max(*convex, *lut)]
        curves = (Curve("a pair", convex, lut, "o"), Curve("equal", ends, ends, "--", 5))
        panels.append(
            Panel(title, "test accuracy, convex sets", "test accuracy, LUT network", curves)
        )
    return {"pairs": draw(panels)}


STUDIES = (
    Study(
        "memorizers-width",
        "memorizers against width, relative to the dimension of the data",
        f"{YU}, the necessary condition",
        _run_width,
        _draw_width,
        n_seeds=3,
    ),
    Study(
        "memorizers-pairs",
        "the efficient memorizer and LUT networks on pairs of classes",
        f"{YU}, the efficient algorithm",
        _run_pairs,
        _draw_pairs,
        n_seeds=2,
    ),
)
