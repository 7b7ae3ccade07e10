"""Krueger et al., section 2.1: capacity and depth that noise needs, asked of LUT networks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from statistics import fmean
from typing import Any

from lutgen.learn.memorize import Parameters
from lutgen.studies.context import Context
from lutgen.studies.noise import (
    FRACTIONS,
    KINDS,
    NOISE_NOTE,
    QUICK_FRACTIONS,
    VALIDATION_NOTE,
    add_noise,
    all_of,
    clean_problem,
    name_noise,
    noises,
)
from lutgen.studies.plot import Curve, Panel, draw
from lutgen.studies.study import KRUEGER, Result, Row, Study, Verdict

N_TRAIN, N_TRAIN_QUICK = 10_000, 4_000
K, WIDTH, N_LAYERS = 8, 1024, 5
# what grows, and over which values; the other two stay as above
GRIDS = {
    "width": (16, 32, 64, 128, 256, 512, 1024, 2048),
    "k": (2, 4, 6, 8, 10, 12),
    "layers": (1, 2, 3, 4, 5, 8, 12),
}
QUICK_GRIDS = {"width": (16, 128, 1024), "k": (2, 6, 10), "layers": (1, 3, 5)}
CLOSE = 0.01  # of the best validation accuracy: "maximal" in their figure 1
REACHED, MAX_DEPTH = 0.99, 24
DEPTH_K = 12
DEPTH_WIDTHS = (64, 256, 1024)
DEPTH_SIZES = (1250, 5000, 10_000)
DEPTH_WIDTH, DEPTH_SIZE = 1024, 5000


def _parameters(what: str, value: int, seed: int) -> Parameters:
    k = value if what == "k" else K
    width = value if what == "width" else WIDTH
    n_layers = value if what == "layers" else N_LAYERS
    return Parameters(k=k, widths=(width,) * n_layers, seed=seed, cone_only=True)


def least_capacity(capacities: Sequence[int], accuracies: Sequence[float], close: float) -> int:
    """Return the least capacity whose accuracy is within `close` of the best one's."""
    best = max(accuracies)
    return next(c for c, a in zip(capacities, accuracies, strict=True) if a >= best - close)


def depth_to_reach(accuracies: Sequence[float], least: float) -> float | None:
    """Return the depth at which an accuracy is reached; None where no layer reaches it.

    Parameters
    ----------
    accuracies : sequence of float
        Mean accuracy of each layer, from layer 0: the input bits.
    least : float
        Between two layers, the depth is interpolated linearly.
    """
    for layer, accuracy in enumerate(accuracies):
        if accuracy >= least:
            before = accuracies[layer - 1] if layer else accuracy
            part = (least - before) / (accuracy - before) if layer else 1.0
            return max(0.0, layer - 1 + part)
    return None


def _run_capacity(context: Context) -> Result:
    grids = QUICK_GRIDS if context.quick else GRIDS
    fractions = QUICK_FRACTIONS if context.quick else FRACTIONS
    n_train = N_TRAIN_QUICK if context.quick else N_TRAIN

    def learn(kind: str, fraction: float, seed: int) -> dict[str, list[list[float]]]:
        problem = add_noise(clean_problem(context, n_train), kind, fraction, seed)
        found: dict[str, list[list[float]]] = {}
        for what, values in grids.items():
            for value in values:
                network = problem.learn(_parameters(what, value, seed))
                accuracies = [problem.validation_accuracy(network), problem.test_accuracy(network)]
                found.setdefault(what, []).append(accuracies)
        return found

    kinds = noises(fractions)
    found = context.compute(
        {
            f"{name_noise(*noise)} seed={seed}": partial(learn, *noise, seed)
            for noise in kinds
            for seed in context.seeds
        }
    )
    rows, curves = [], {}
    needed: dict[tuple[str, str, float], int] = {}
    for what, values in grids.items():
        for kind, fraction in kinds:
            runs = [
                found[f"{name_noise(kind, fraction)} seed={seed}"][what] for seed in context.seeds
            ]
            mean = [fmean(run[place][0] for run in runs) for place in range(len(values))]
            curves[f"{what}/{kind}/{fraction}"] = mean
            if fraction == 1:
                continue  # there is nothing to learn, and no accuracy to reach
            needed[what, kind, fraction] = least_capacity(values, mean, CLOSE)
            best = max(range(len(values)), key=lambda place: mean[place])
            rows.append(
                Row.of(
                    f"{name_noise(kind, fraction)}: best validation accuracy over {what}",
                    [run[best][0] for run in runs],
                    note=f"at {what} {values[best]}, whose test accuracy is "
                    f"{fmean(run[best][1] for run in runs):.4f}; within {CLOSE} from {what} "
                    f"{needed[what, kind, fraction]} on",
                )
            )
    verdicts = [_capacity_verdict(what, kind, needed) for what in grids for kind in KINDS]
    verdicts.insert(0, all_of("(1) more capacity is needed to fit noise", verdicts))
    return Result(
        tuple(rows),
        tuple(verdicts),
        (
            NOISE_NOTE,
            VALIDATION_NOTE,
            f"{n_train:,} training samples; {K}-LUTs, {N_LAYERS} hidden layers of {WIDTH}, but for "
            "what is varied. Noise in all samples is neither drawn nor asked for capacity: there "
            "is nothing to learn. Their figure has no numbers in the text that we have. "
            f"Within {CLOSE}: the seeds differ by as much (standard deviation at most "
            f"{max(row.std or 0.0 for row in rows):.3f}).",
        ),
        {"grids": {what: list(v) for what, v in grids.items()}, "curves": curves},
    )


def _capacity_verdict(what: str, kind: str, needed: dict[tuple[str, str, float], int]) -> Verdict:
    by_fraction = {0.0: needed[what, KINDS[0], 0.0]}
    by_fraction |= {f: n for (w, k, f), n in needed.items() if (w, k) == (what, kind)}
    least = list(by_fraction.values())
    return Verdict(
        f"more {what} {'are' if what == 'layers' else 'is'} needed with noise in the {kind}",
        least[-1] > least[0],
        f"least {what} within {CLOSE} of the best: "
        + ", ".join(f"{n} at {f:.0%}" for f, n in by_fraction.items()),
    )


def _draw_capacity(result: Result) -> dict[str, str]:
    panels = []
    for kind in KINDS:
        for what, values in result.series["grids"].items():
            curves = []
            for name, mean in result.series["curves"].items():
                w, of, fraction = name.split("/")
                if w == what and (of == kind or float(fraction) == 0) and float(fraction) < 1:
                    curves.append(Curve(f"{float(fraction):.0%}", values, mean))
            title = f"Noise in the {kind}"
            label = "validation accuracy"
            panels.append(Panel(title, what, label, tuple(curves), "x" if what == "width" else ""))
    return {"capacity": draw(panels, n_columns=3)}


def _run_depth(context: Context) -> Result:
    widths = (DEPTH_WIDTHS[0], DEPTH_WIDTH) if context.quick else DEPTH_WIDTHS
    sizes = (DEPTH_SIZES[0], DEPTH_SIZE) if context.quick else DEPTH_SIZES
    settings = [(width, DEPTH_SIZE) for width in widths]
    settings += [(DEPTH_WIDTH, n) for n in sizes if n != DEPTH_SIZE]

    def learn(kind: str, fraction: float, seed: int) -> dict[str, list[float]]:
        found = {}
        for width, n_train in settings:
            problem = add_noise(clean_problem(context, n_train), kind, fraction, seed)
            widths = (width,) * MAX_DEPTH
            network = problem.learn(Parameters(k=DEPTH_K, widths=widths, seed=seed))
            # the last layer is the single LUT: the layers before it are what is asked about
            layers = network.training["layers"][:-1]
            found[f"{width}/{n_train}"] = [round(layer["mean"], 5) for layer in layers]
        return found

    kinds = noises(QUICK_FRACTIONS if context.quick else FRACTIONS)
    found = context.compute(
        {
            f"{name_noise(*noise)} seed={seed}": partial(learn, *noise, seed)
            for noise in kinds
            for seed in context.seeds
        }
    )
    rows, depths = [], {}
    for kind, fraction in kinds:
        for width, n_train in settings:
            runs = [
                found[f"{name_noise(kind, fraction)} seed={seed}"][f"{width}/{n_train}"]
                for seed in context.seeds
            ]
            row = _depth_row(f"{name_noise(kind, fraction)}, width {width}, n={n_train:,}", runs)
            rows.append(row)
            depths[f"{kind}/{fraction}/{width}/{n_train}"] = row.ours
    middle = f"{DEPTH_WIDTH}/{DEPTH_SIZE}"
    verdicts = _depth_verdicts(depths, middle, widths, sizes)
    return Result(
        tuple(rows),
        verdicts,
        (
            NOISE_NOTE,
            f"The layer whose {DEPTH_K}-LUTs answer on average {REACHED} of the training samples "
            f"right, interpolated between layers, of {MAX_DEPTH}: each layer is learnt once, so "
            f"depth stands for the epochs of their figure 2. Width {DEPTH_WIDTH} and "
            f"{DEPTH_SIZE:,} samples, but for what is varied. Where no layer gets there, "
            "the accuracy no longer grows with depth.",
        ),
        {"depths": depths, "widths": list(widths), "sizes": list(sizes)},
    )


def _depth_row(name: str, runs: list[list[float]]) -> Row:
    firsts = [depth_to_reach(run, REACHED) for run in runs]
    best = fmean(max(run) for run in runs)
    reached = [first for first in firsts if first is not None]
    if len(reached) < len(runs):
        return Row(name, None, n_runs=len(runs), note=f"never; the best layer has {best:.3f}")
    return Row.of(name, reached)


def _depth_verdicts(
    depths: dict[str, Any], middle: str, widths: tuple[int, ...], sizes: tuple[int, ...]
) -> tuple[Verdict, ...]:
    def at(kind: str, fraction: float, setting: str = middle) -> float | None:
        value = depths[f"{kind if fraction else KINDS[0]}/{fraction}/{setting}"]
        return None if value is None else float(value)

    def shown(value: float | None) -> str:
        return "never" if value is None else f"{value:.2f}"

    def beyond(value: float | None) -> float:
        return MAX_DEPTH + 1 if value is None else value

    real, labels, inputs = at("labels", 0.0), at("labels", 1.0), at("inputs", 1.0)
    figures = f"no noise {shown(real)}, labels {shown(labels)}, inputs {shown(inputs)} layers"
    verdicts = [
        Verdict("random labels take more layers", beyond(labels) > beyond(real), figures),
        Verdict("random inputs take fewer layers", beyond(inputs) < beyond(real), figures),
    ]
    less = [f"{width}/{DEPTH_SIZE}" for width in (widths[0], DEPTH_WIDTH)]
    more = [f"{DEPTH_WIDTH}/{n}" for n in (sizes[0], sizes[-1])]
    for what, (near, far) in (("less width", less[::-1]), ("more samples", more)):
        for kind in KINDS:
            grown = [beyond(at(kind, f, far)) - beyond(at(kind, f, near)) for f in (0.0, 1.0)]
            ends = [f"{shown(at(kind, f, near))} → {shown(at(kind, f, far))}" for f in (0.0, 1.0)]
            verdicts.append(
                Verdict(
                    f"{what}: noise in the {kind} is slowed down more than real data",
                    grown[1] > grown[0],
                    f"width/samples {near} → {far}: no noise {ends[0]}, all noise {ends[1]} layers",
                )
            )
    claim = "(2) convergence takes longer for random labels, and less long for random inputs"
    return (all_of(claim, verdicts[:2]), *verdicts)


def _draw_depth(result: Result) -> dict[str, str]:
    axes = {
        "width": [(n, f"{n}/{DEPTH_SIZE}") for n in result.series["widths"]],
        "training samples": [(n, f"{DEPTH_WIDTH}/{n}") for n in result.series["sizes"]],
    }
    panels = []
    for kind in KINDS:
        for label, points in axes.items():
            curves: dict[float, list[tuple[int, float]]] = {}
            for name, depth in result.series["depths"].items():
                of, fraction, setting = name.split("/", 2)
                if of != kind and float(fraction):
                    continue
                kept = curves.setdefault(float(fraction), [])
                kept += [(x, depth) for x, s in points if s == setting and depth is not None]
            drawn = tuple(
                Curve(f"{f:.0%}", [x for x, _ in sorted(p)], [y for _, y in sorted(p)])
                for f, p in curves.items()
            )
            title = f"Noise in the {kind}"
            panels.append(Panel(title, label, f"layers to {REACHED}", drawn, "x"))
    return {"depth": draw(panels)}


STUDIES = (
    Study(
        "noise-capacity",
        "the capacity that noise needs",
        f"{KRUEGER}, section 2.1, figure 1",
        _run_capacity,
        _draw_capacity,
        n_seeds=2,
    ),
    Study(
        "noise-depth",
        "the depth that noise needs to be fitted",
        f"{KRUEGER}, section 2.1, figure 2",
        _run_depth,
        _draw_depth,
        n_seeds=2,
    ),
)
