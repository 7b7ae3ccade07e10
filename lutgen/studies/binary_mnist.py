"""Experiments 1 to 3 on Binary-MNIST: accuracy by layer; k on real and on random labels."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from itertools import pairwise
from statistics import fmean
from typing import Any

from lutgen.learn.memorize import Parameters
from lutgen.studies.context import Context
from lutgen.studies.plot import Curve, Panel, draw
from lutgen.studies.study import MEMORIZATION, Result, Row, Study, Verdict, within

WIDTHS = (1024,) * 5
STATISTICS = ("mean", "std", "min", "max")
# layer: mean, std, min, max of the training accuracy (layer 0: the input bits)
TABLE_1 = {
    0: (0.5072, 0.0340, 0.4042, 0.6572),
    1: (0.6055, 0.0403, 0.5120, 0.7299),
    2: (0.7431, 0.0191, 0.6721, 0.7877),
    3: (0.8297, 0.0068, 0.8038, 0.8526),
    4: (0.8655, 0.0033, 0.8562, 0.8751),
    5: (0.8808, 0.0015, 0.8759, 0.8853),
    6: (0.8898, 0.0000, 0.8898, 0.8898),
}
TRAIN, TEST = 0.89, 0.87  # experiment 1, in the text
# k: training and test accuracy on real labels, then on permuted ones
TABLE_2 = {
    2: (0.66, 0.66, 0.51, 0.53),
    4: (0.81, 0.81, 0.53, 0.54),
    6: (0.85, 0.86, 0.55, 0.52),
    8: (0.89, 0.87, 0.60, 0.51),
    10: (0.94, 0.89, 0.69, 0.50),
    12: (0.99, 0.90, 0.82, 0.51),
    14: (1.00, 0.83, 0.92, 0.51),
    16: (1.00, 0.66, 0.98, 0.52),
}
QUICK_KS = (2, 6, 10)
CHANCE, CHANCE_RANGE = 0.5, 0.05


def _run_table1(context: Context) -> Result:
    def learn(seed: int) -> dict[str, Any]:
        mnist = context.problem("mnist", "ge5")
        network = mnist.learn(Parameters(k=8, widths=WIDTHS, seed=seed))
        return {
            "layers": [asdict(row) for row in network.provenance.layers],
            "test": mnist.test_accuracy(network),
        }

    runs = list(context.compute({f"seed={s}": partial(learn, s) for s in context.seeds}).values())
    rows = [
        Row.of(f"layer {layer}, {name}", [run["layers"][layer][name] for run in runs], theirs)
        for layer, paper in TABLE_1.items()
        for name, theirs in zip(STATISTICS, paper, strict=True)
    ]
    whole = [
        Row.of("training accuracy", [run["layers"][-1]["mean"] for run in runs], TRAIN),
        Row.of("test accuracy", [run["test"] for run in runs], TEST),
    ]
    means = [row for row in rows if row.name.endswith("mean")]
    return Result(
        (*whole, *rows),
        (
            within(rows, 0.01, "mean, std, min and max of every layer within 0.01 of the paper's"),
            within(whole, 0.01, "training accuracy 0.89 and test accuracy 0.87, within 0.01"),
            Verdict(
                "depth helps: the mean rises with every layer",
                all((a.ours or 0) < (b.ours or 0) for a, b in pairwise(means)),
                " → ".join(f"{row.ours:.3f}" for row in means),
            ),
        ),
        series={"layers": [run["layers"] for run in runs]},
    )


def _draw_table1(result: Result) -> dict[str, str]:
    runs = result.series["layers"]
    x = list(range(len(TABLE_1)))
    curves = [Curve("ours, mean", x, [fmean(run[n]["mean"] for run in runs) for n in x])]
    curves += [
        Curve(f"ours, {name}", x, [fmean(run[n][name] for run in runs) for n in x], "--", 0)
        for name in ("min", "max")
    ]
    curves += [Curve("paper, mean", x, [TABLE_1[n][0] for n in x], "o", 1)]
    panel = Panel("Training accuracy, k = 8", "layer (0: the input bits)", "accuracy", (*curves,))
    return {"layers": draw([panel])}


def _run_table2(context: Context) -> Result:
    ks = QUICK_KS if context.quick else tuple(TABLE_2)

    def learn(k: int, seed: int, labels: str) -> list[float]:
        mnist = context.problem("mnist", "ge5")
        target = mnist.permuted_labels(seed) if labels == "random" else None
        parameters = Parameters(k=k, widths=WIDTHS, seed=seed, cone_only=True)
        network = mnist.learn(parameters, labels=target)
        return [mnist.train_accuracy(network), mnist.test_accuracy(network)]

    cells = {
        f"k={k} labels={labels} seed={seed}": partial(learn, k, seed, labels)
        for k in ks
        for labels in ("real", "random")
        for seed in context.seeds
    }
    values = context.compute(cells)
    rows, mean = [], {}
    for k in ks:
        for place, (labels, part) in enumerate(COLUMNS):
            runs = [values[f"k={k} labels={labels} seed={s}"][place % 2] for s in context.seeds]
            rows.append(Row.of(f"k={k}, {labels} labels, {part}", runs, TABLE_2[k][place]))
            mean[k, labels, part] = fmean(runs)
    chance = [row for row in rows if "random labels, test" in row.name]
    others = [row for row in rows if "random labels, test" not in row.name]
    off = max(abs((row.ours or 0) - CHANCE) for row in chance)
    lead = {k: mean[k, "real", "training"] - mean[k, "random", "training"] for k in ks}
    gap = [mean[k, "real", "training"] - mean[k, "real", "test"] for k in ks]
    return Result(
        tuple(rows),
        (
            within(
                others, 0.02, "training accuracies, and test accuracies on real labels, within 0.02"
            ),
            Verdict(
                "random labels: the test accuracy is chance ± 0.05",
                off <= CHANCE_RANGE,
                f"farthest from 0.5: {off:.4f}",
            ),
            Verdict(
                "memorizing random labels is harder at every k",
                min(lead.values()) > 0,
                "real less random, training: "
                + ", ".join(f"k={k} {value:+.3f}" for k, value in lead.items()),
            ),
            Verdict(
                "the generalization gap grows with k",
                all(a < b for a, b in pairwise(gap)),
                ", ".join(f"{value:+.3f}" for value in gap),
            ),
        ),
        series={"k": list(ks), "mean": [[mean[k, *column] for k in ks] for column in COLUMNS]},
    )


COLUMNS = (("real", "training"), ("real", "test"), ("random", "training"), ("random", "test"))


def _draw_table2(result: Result) -> dict[str, str]:
    ks = result.series["k"]
    panels = []
    for first, labels in ((0, "real"), (2, "permuted")):
        curves = []
        for place, part in ((first, "training"), (first + 1, "test")):
            curves += [
                Curve(f"ours, {part}", ks, result.series["mean"][place], "-", place % 2),
                Curve(f"paper, {part}", ks, [TABLE_2[k][place] for k in ks], "--", place % 2),
            ]
        title = f"Binary-MNIST, {labels} labels"
        panels.append(Panel(title, "k", "accuracy", tuple(curves), y_range=(0.45, 1.02)))
    return {"accuracy": draw(panels)}


STUDIES = (
    Study(
        "table1",
        "training accuracy layer by layer, 5 hidden layers of 1,024 8-LUTs",
        f"{MEMORIZATION}, experiment 1, table 1",
        _run_table1,
        _draw_table1,
        n_seeds=5,
    ),
    Study(
        "table2",
        "the effect of k on real and on permuted labels",
        f"{MEMORIZATION}, experiments 2 and 3, table 2",
        _run_table2,
        _draw_table2,
        n_seeds=3,
    ),
)
