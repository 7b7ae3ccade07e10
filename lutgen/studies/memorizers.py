"""Yu et al. (2024): what memorizers of few parameters, and of many, learn from more samples.

Three memorizers side by side: the O(√N) network (`sqrt_network`), convex sets (`convex`), and a
network of LUTs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial
from itertools import combinations
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits
from lutgen.learn.memorize import Parameters
from lutgen.studies.context import Context
from lutgen.studies.convex import (
    ConvexMemorizer,
    Floats,
    consistent_subset,
    nearby_set,
    smallest_gap,
)
from lutgen.studies.interpolation import random_points
from lutgen.studies.plot import Curve, Panel, draw
from lutgen.studies.problem import Problem
from lutgen.studies.sqrt_network import make_sqrt_network
from lutgen.studies.study import YU, Result, Row, Study, Verdict

# of the 45 pairs, those of classes that are one or five apart: three pairs a class
PAIRS = tuple((a, b) for a, b in combinations(range(10), 2) if b - a in (1, 5, 9))
QUICK_PAIRS = ((0, 1), (3, 8), (4, 9))
HARD_PAIR = (4, 9)
N_PAIR, N_PAIR_QUICK = 1024, 256  # training samples of a pair, for the O(√N) network
N_TEST = 1000  # it is evaluated with large integers
SIZES, QUICK_SIZES = tuple(1 << e for e in range(4, 13)), (16, 64, 256, 1024)
SAMPLES, QUICK_SAMPLES = tuple(1 << e for e in range(6, 13)), (64, 256, 1024)
LUT_KS, LUT_WIDTHS = (4, 6, 8, 10), (1024,) * 5
N_VALIDATION = 1000  # training samples of a pair that k is chosen on
NO_BETTER = 0.51  # below it, their summary says, a network does not generalize
CHOSEN_K = (
    f"k of the LUT network is chosen among {', '.join(map(str, LUT_KS))} on the last "
    f"{N_VALIDATION:,} training samples of the pair, which nothing learns from; the test samples "
    "take no part in any choice."
)
RECONSTRUCTED = (
    "The summary of the paper names the steps of its constructions, not how they are done; these "
    "are the nearest that it supports. "
)


def as_floats(bits: Bits) -> Floats:
    """Return samples as 0.0 and 1.0, shape (n_samples, n_signals)."""
    return bits.to_dense().astype(np.float32)


def fit_lut(problem: Problem, widths: tuple[int, ...], seeds: Iterable[int]) -> dict[str, float]:
    """Memorize with each k that the widths allow, and choose k on the validation samples.

    Returns
    -------
    dict
        The chosen `k`, and means over the seeds: `train`, `validation` and `test` accuracy.
    """
    best: dict[str, float] = {}
    for k in LUT_KS:
        if k > min(widths):
            continue
        runs = []
        for seed in seeds:
            network = problem.learn(Parameters(k=k, widths=widths, seed=seed, cone_only=True))
            accuracies = (problem.validation_accuracy(network), problem.test_accuracy(network))
            runs.append((problem.train_accuracy(network), *accuracies))
        train, validation, test = (fmean(part) for part in zip(*runs, strict=True))
        if not best or validation > best["validation"]:
            best = {"k": k, "train": train, "validation": validation, "test": test}
    return best


def name_task(pair: tuple[int, int]) -> str:
    """Return the task of a pair of classes."""
    return f"pair:{pair[0]}-{pair[1]}"


def _sqrt_shape(X: NDArray[np.uint8], y: NDArray[np.uint8], seed: int) -> dict[str, Any]:
    network = make_sqrt_network(X, y, seed)
    return {
        "right": int((network.evaluate(X) == y).sum()),
        "parameters": network.n_parameters,
        "inputs": network.n_input_weights,
        "depth": network.depth,
        "width": network.width,
        "bits": network.weight_bits,
    }


def _sqrt_accuracy(problem: Problem, seed: int) -> dict[str, Any]:
    """Memorize a pair with the O(√N) network; check it, and test it."""
    network = make_sqrt_network(problem.train.to_dense(), problem.y_train, seed)
    X, y = problem.test.to_dense()[:N_TEST], problem.y_test[:N_TEST]
    right = (network.evaluate(problem.train.to_dense()) == problem.y_train).sum()
    return {
        "right": int(right),
        "parameters": network.n_parameters,
        "test": float((network.evaluate(X) == y).mean()),
    }


def _run_parameters(context: Context) -> Result:
    sizes = QUICK_SIZES if context.quick else SIZES
    pairs = QUICK_PAIRS if context.quick else PAIRS
    n_pair = N_PAIR_QUICK if context.quick else N_PAIR

    def random(n: int, seed: int) -> dict[str, Any]:
        return _sqrt_shape(*random_points(n, seed), seed)

    def digits(pair: tuple[int, int]) -> dict[str, Any]:
        return _sqrt_accuracy(context.problem("mnist", name_task(pair), n_pair), 0)

    on_random = context.compute(
        {f"random n={n} seed={s}": partial(random, n, s) for n in sizes for s in context.seeds}
    )
    on_digits = context.compute(
        {f"digits {a}-{b} n={n_pair}": partial(digits, (a, b)) for a, b in pairs}
    )
    parameters = []
    rows = []
    for n in sizes:
        runs = [on_random[f"random n={n} seed={s}"] for s in context.seeds]
        rows.append(
            Row.of(
                f"{n:,} random points: parameters",
                [run["parameters"] for run in runs],
                note=f"{runs[0]['depth']} layers, {runs[0]['width']} wide, weights up to "
                f"{runs[0]['bits']} bits; exact at {min(run['right'] for run in runs):,} points",
            )
        )
        parameters.append(rows[-1].ours or 0.0)
    test = [value["test"] for value in on_digits.values()]
    rows.append(
        Row.of(f"{len(pairs)} pairs of digits, n={n_pair:,}: test accuracy", test, NO_BETTER,
               "theirs: such a network is below it")
    )  # fmt: skip
    exact = sum(run["right"] for run in on_random.values())
    n_points = sum(sizes) * len(context.seeds)
    exact_digits = sum(value["right"] for value in on_digits.values())
    half = len(sizes) // 2
    slope = math.log(parameters[-1] / parameters[half]) / math.log(sizes[-1] / sizes[half])
    last = sizes[-1]
    return Result(
        tuple(rows),
        (
            Verdict(
                "the network memorizes every sample exactly",
                exact == n_points and exact_digits == n_pair * len(pairs),
                f"random points {exact:,} of {n_points:,}, digits {exact_digits:,} of "
                f"{n_pair * len(pairs):,}",
            ),
            Verdict(
                "its parameters grow as √N, up to logarithms",
                slope < 0.75,
                f"exponent {slope:.2f} from {sizes[half]:,} to {last:,} points; "
                f"{parameters[-1]:,.0f} parameters for {last:,} points",
            ),
            Verdict(
                "memorizing with O(√N) parameters does not generalize",
                fmean(test) < NO_BETTER + 0.01,
                f"mean test accuracy of {len(pairs)} pairs: {fmean(test):.4f}",
            ),
        ),
        (
            RECONSTRUCTED + "The O(√N) network: one neuron compresses, steps project to integers "
            "that hold the codes of the points of class 1, and decoding compares code after code; "
            "all weights are integers, and the outputs are computed without rounding. The weights "
            f"of the inputs (one a dimension) are not counted. Test accuracy on {N_TEST:,} samples "
            "a pair.",
        ),
        {"n": list(sizes), "parameters": parameters},
    )


def _draw_parameters(result: Result) -> dict[str, str]:
    n, parameters = result.series["n"], result.series["parameters"]
    root = [parameters[-1] * math.sqrt(size / n[-1]) for size in n]
    curves = (
        Curve("O(√N) network", n, parameters),
        Curve("√N through the last", n, root, "--", 5),
        Curve("N", n, n, "--", 1),
    )
    panel = Panel("Parameters that memorize N random points", "N", "parameters", curves, "xy")
    return {"parameters": draw([panel], scale=1.2)}


def _run_samples(context: Context) -> Result:
    sizes = QUICK_SAMPLES if context.quick else SAMPLES

    def measure(n: int) -> dict[str, Any]:
        problem = context.problem("mnist", name_task(HARD_PAIR), n, N_VALIDATION)
        X, y = as_floats(problem.train), problem.y_train
        memorizer = ConvexMemorizer(X, y)
        lut = fit_lut(problem, LUT_WIDTHS, context.seeds)
        gap = smallest_gap(X, y)
        return {
            "sqrt": _sqrt_accuracy(problem, 0)["test"],
            "convex": float((memorizer.predict(as_floats(problem.test)) == problem.y_test).mean()),
            "convex train": float((memorizer.predict(X) == y).mean()),
            "lut": lut["test"],
            "lut train": lut["train"],
            "lut k": lut["k"],
            "gap": gap,
            "nearby": int(nearby_set(X, gap / 3).size),
            "consistent": int(consistent_subset(X, y).size),
        }

    found = context.compute({f"n={n}": partial(measure, n) for n in sizes})
    values = [found[f"n={n}"] for n in sizes]
    rows = []
    for n, value in zip(sizes, values, strict=True):
        rows += [
            Row(f"n={n:,}: test accuracy, O(√N) network", value["sqrt"]),
            Row(f"n={n:,}: test accuracy, convex sets", value["convex"],
                note=f"training accuracy {value['convex train']:.4f}"),
            Row(f"n={n:,}: test accuracy, LUT network", value["lut"],
                note=f"training accuracy {value['lut train']:.4f}; k={value['lut k']}"),
            Row(f"n={n:,}: points of a nearby set", value["nearby"],
                note=f"within a third of the gap between the classes, {value['gap']:.3g}"),
            Row(f"n={n:,}: points whose convex sets memorize all", value["consistent"]),
        ]  # fmt: skip
    last = values[-1]
    return Result(
        tuple(rows),
        (
            Verdict(
                "with more samples, the memorizer of convex sets generalizes",
                last["convex"] > 0.9 and last["convex"] > values[0]["convex"],
                f"{values[0]['convex']:.4f} → {last['convex']:.4f} from {sizes[0]:,} to "
                f"{sizes[-1]:,} samples; LUT network {values[0]['lut']:.4f} → {last['lut']:.4f}",
            ),
            Verdict(
                "with more samples, the O(√N) network does not",
                max(value["sqrt"] for value in values) < NO_BETTER + 0.02,
                f"at most {max(value['sqrt'] for value in values):.4f}",
            ),
            Verdict(
                "the theorem's premise is met: more samples than a nearby set has points",
                last["nearby"] < sizes[-1] / 2,
                f"{last['nearby']:,} of {sizes[-1]:,} samples are no nearer to each other than a "
                "third of the gap: more samples still find new places, and yet the convex sets "
                "generalize",
            ),
        ),
        (
            RECONSTRUCTED + f"Digits {HARD_PAIR[0]} against {HARD_PAIR[1]}, the pixels as bits; "
            "the first samples of the training set. Convex sets: half-spaces half-way to each "
            "point of the other class. Nearby set: chosen greedily, radius a third of the least "
            "distance of two samples of different classes. LUT network: "
            f"{len(LUT_WIDTHS)} hidden layers of {LUT_WIDTHS[0]}. " + CHOSEN_K,
        ),
        {"n": list(sizes), "values": values},
    )


def _draw_samples(result: Result) -> dict[str, str]:
    n, values = result.series["n"], result.series["values"]
    names = {"sqrt": "O(√N) network", "convex": "convex sets", "lut": "LUT network"}
    accuracy = tuple(
        Curve(words, n, [value[name] for value in values]) for name, words in names.items()
    )
    sizes = (
        Curve("nearby set", n, [value["nearby"] for value in values]),
        Curve("set that memorizes all", n, [value["consistent"] for value in values]),
        Curve("N", n, n, "--", 5),
    )
    title = f"{HARD_PAIR[0]} against {HARD_PAIR[1]}"
    panels = [
        Panel(title, "training samples N", "test accuracy", accuracy, "x"),
        Panel(title, "training samples N", "points", sizes, "xy"),
    ]
    return {"samples": draw(panels, scale=1.1)}


STUDIES = (
    Study(
        "memorizers-parameters",
        "O(√N) parameters that memorize N points exactly",
        f"{YU}, optimal memorization",
        _run_parameters,
        _draw_parameters,
    ),
    Study(
        "memorizers-samples",
        "what memorizers learn from more samples",
        f"{YU}, sample complexity",
        _run_samples,
        _draw_samples,
        n_seeds=3,
    ),
)
