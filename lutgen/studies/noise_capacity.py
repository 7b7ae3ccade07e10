"""Krueger et al., section 2.1, figure 1: the capacity that noise needs, asked of LUT networks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from statistics import fmean

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


def _parameters(what: str, value: int, seed: int) -> Parameters:
    k = value if what == "k" else K
    width = value if what == "width" else WIDTH
    n_layers = value if what == "layers" else N_LAYERS
    return Parameters(k=k, widths=(width,) * n_layers, seed=seed, cone_only=True)


def least_capacity(capacities: Sequence[int], accuracies: Sequence[float], close: float) -> int:
    """Return the least capacity whose accuracy is within `close` of the best one's."""
    best = max(accuracies)
    return next(c for c, a in zip(capacities, accuracies, strict=True) if a >= best - close)


def _run(context: Context) -> Result:
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
    verdicts = [_verdict(what, kind, needed) for what in grids for kind in KINDS]
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


def _verdict(what: str, kind: str, needed: dict[tuple[str, str, float], int]) -> Verdict:
    by_fraction = {0.0: needed[what, KINDS[0], 0.0]}
    by_fraction |= {f: n for (w, k, f), n in needed.items() if (w, k) == (what, kind)}
    least = list(by_fraction.values())
    return Verdict(
        f"more {what} {'are' if what == 'layers' else 'is'} needed with noise in the {kind}",
        least[-1] > least[0],
        f"least {what} within {CLOSE} of the best: "
        + ", ".join(f"{n} at {f:.0%}" for f, n in by_fraction.items()),
    )


def _draw(result: Result) -> dict[str, str]:
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


STUDIES = (
    Study(
        "noise-capacity",
        "the capacity that noise needs",
        f"{KRUEGER}, section 2.1, figure 1",
        _run,
        _draw,
        n_seeds=2,
    ),
)
