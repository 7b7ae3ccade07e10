"""Krueger et al., section 2.1, figure 2: the depth that noise needs, asked of LUT networks."""

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
    add_noise,
    all_of,
    clean_problem,
    name_noise,
    noises,
)
from lutgen.studies.plot import Curve, Panel, draw
from lutgen.studies.study import KRUEGER, Result, Row, Study, Verdict

REACHED, MAX_DEPTH = 0.99, 24
K = 12
WIDTHS = (64, 128, 256, 512, 1024)
SIZES = (1250, 2500, 5000, 10_000)
WIDTH, SIZE = 1024, 5000


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


def _run(context: Context) -> Result:
    widths = (WIDTHS[0], WIDTH) if context.quick else WIDTHS
    sizes = (SIZES[0], SIZE) if context.quick else SIZES
    settings = [(width, SIZE) for width in widths]
    settings += [(WIDTH, n) for n in sizes if n != SIZE]

    def learn(width: int, n_train: int, kind: str, fraction: float, seed: int) -> list[float]:
        problem = add_noise(clean_problem(context, n_train), kind, fraction, seed)
        widths = (width,) * MAX_DEPTH
        network = problem.learn(Parameters(k=K, widths=widths, seed=seed))
        # the last layer is the single LUT: the layers before it are what is asked about
        return [round(layer.mean, 5) for layer in network.provenance.layers[:-1]]

    def name_of(width: int, n_train: int, kind: str, fraction: float) -> str:
        return f"{name_noise(kind, fraction)}, width {width}, n={n_train:,}"

    kinds = noises(QUICK_FRACTIONS if context.quick else FRACTIONS)
    found = context.compute(
        {
            f"{name_of(*setting, *noise)} seed={seed}": partial(learn, *setting, *noise, seed)
            for setting in settings
            for noise in kinds
            for seed in context.seeds
        }
    )
    rows, depths = [], {}
    for kind, fraction in kinds:
        for width, n_train in settings:
            name = name_of(width, n_train, kind, fraction)
            row = _row(name, [found[f"{name} seed={seed}"] for seed in context.seeds])
            rows.append(row)
            depths[f"{kind}/{fraction}/{width}/{n_train}"] = row.ours
    middle = f"{WIDTH}/{SIZE}"
    verdicts = _verdicts(depths, middle, widths, sizes)
    return Result(
        tuple(rows),
        verdicts,
        (
            NOISE_NOTE,
            f"The layer whose {K}-LUTs answer on average {REACHED} of the training samples "
            f"right, interpolated between layers, of {MAX_DEPTH}: each layer is learnt once, so "
            f"depth stands for the epochs of their figure 2. Width {WIDTH} and "
            f"{SIZE:,} samples, but for what is varied. Where no layer gets there, "
            "the accuracy no longer grows with depth.",
        ),
        {"depths": depths, "widths": list(widths), "sizes": list(sizes)},
    )


def _row(name: str, runs: list[list[float]]) -> Row:
    firsts = [depth_to_reach(run, REACHED) for run in runs]
    best = fmean(max(run) for run in runs)
    reached = [first for first in firsts if first is not None]
    if len(reached) < len(runs):
        note = f"{len(reached)} of {len(runs)} seeds get there; their best layers have {best:.3f}"
        return Row(name, None, n_runs=len(runs), note=note)
    return Row.of(name, reached)


def _verdicts(
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
    by_fraction = {
        kind: ", ".join(
            f"{shown(at(kind, fraction))} at {fraction:.0%}"
            for fraction in sorted({float(name.split("/")[1]) for name in depths})
        )
        for kind in KINDS
    }
    verdicts = [
        Verdict(
            "random labels take more layers",
            beyond(labels) > beyond(real),
            f"layers by the fraction of permuted labels: {by_fraction['labels']}",
        ),
        Verdict(
            "random inputs take fewer layers",
            beyond(inputs) < beyond(real),
            f"layers by the fraction of replaced inputs: {by_fraction['inputs']}",
        ),
    ]
    less = [f"{width}/{SIZE}" for width in (widths[0], WIDTH)]
    more = [f"{WIDTH}/{n}" for n in (sizes[0], sizes[-1])]
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


def _draw(result: Result) -> dict[str, str]:
    axes = {
        "width": [(n, f"{n}/{SIZE}") for n in result.series["widths"]],
        "training samples": [(n, f"{WIDTH}/{n}") for n in result.series["sizes"]],
    }
    panels = []
    for kind in KINDS:
        for label, points in axes.items():
            named = label != "width"  # where curves grow, the legend has a corner
            curves: dict[float, list[tuple[int, float]]] = {}
            for name, depth in result.series["depths"].items():
                of, fraction, setting = name.split("/", 2)
                if of != kind and float(fraction):
                    continue
                kept = curves.setdefault(float(fraction), [])
                kept += [(x, depth) for x, s in points if s == setting and depth is not None]
            drawn = tuple(
                Curve(f"{f:.0%}" * named, [x for x, _ in sorted(p)], [y for _, y in sorted(p)])
                for f, p in curves.items()
            )
            title = f"Noise in the {kind}"
            panels.append(Panel(title, label, f"layers to {REACHED}", drawn, "x"))
    return {"depth": draw(panels)}


STUDIES = (
    Study(
        "noise-depth",
        "the depth that noise needs to be fitted",
        f"{KRUEGER}, section 2.1, figure 2",
        _run,
        _draw,
        n_seeds=2,
    ),
)
