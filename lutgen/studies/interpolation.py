"""The size of what memorizes n random points: Baum's network, LUT networks, gradient descent."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from lutgen.studies.baum import least_weight_bits, make_baum_network, make_rounded_network
from lutgen.studies.context import Context
from lutgen.studies.descent import fit_relu
from lutgen.studies.plot import Curve, Panel, draw
from lutgen.studies.smallest import DEPTHS, MAX_WIDTH, Points, least, smallest_lut_network
from lutgen.studies.study import POST, Result, Row, Study, Verdict

N_INPUTS = 64
SIZES = tuple(1 << e for e in range(6, 15))
QUICK_SIZES = (64, 256, 1024, 4096)
KS, QUICK_KS = (4, 6, 8, 10, 12, 14), (6, 8, 10, 12)
DESCENT_SIZES = (64, 128, 256, 512, 1024)
N_STEPS, MAX_NEURONS = 3000, 4  # neurons: times Baum's
EXPONENT_BITS = 8  # of a rounded weight, beside its sign and significand


def random_points(n: int, seed: int) -> Points:
    """Return n different random points of 64 bits, and random labels of both classes."""
    rng = np.random.default_rng((seed, n))
    X = rng.integers(0, 2, (n, N_INPUTS)).astype(np.uint8)
    assert len(np.unique(X, axis=0)) == n  # equal ones are as rare as n² / 2^65
    return X, rng.permutation(np.arange(n) % 2).astype(np.uint8)


def _measure_baum(n: int, seed: int) -> dict[str, Any]:
    X, y = random_points(n, seed)
    network = make_baum_network(X, y)
    rounded = least_weight_bits(make_rounded_network(network, X), X, y)
    return {
        "neurons": network.n_neurons,
        "parameters": network.n_parameters,
        "weight_bits": network.weight_bits,
        "exact": sum(a == b for a, b in zip(network.evaluate(X), y.tolist(), strict=True)),
        "rounded_bits": rounded,
    }


def _measure_descent(n: int, seed: int) -> dict[str, Any]:
    X, y = random_points(n, seed)
    n_baum = 4 * -(-n // N_INPUTS)
    runs: dict[int, tuple[float, int]] = {}

    def memorizes(n_neurons: int) -> bool:
        runs[n_neurons] = fit_relu(X, y, n_neurons, n_steps=N_STEPS, seed=seed)
        return runs[n_neurons][0] == 1

    smallest = least(memorizes, 1, MAX_NEURONS * n_baum)
    if n_baum not in runs:
        memorizes(n_baum)
    accuracy, steps = runs[n_baum]
    return {"neurons": smallest, "accuracy": accuracy, "steps": steps, "baum": n_baum}


def _run(context: Context) -> Result:
    sizes = QUICK_SIZES if context.quick else SIZES
    ks = QUICK_KS if context.quick else KS
    descent_sizes = QUICK_SIZES[:2] if context.quick else DESCENT_SIZES
    seeds = context.seeds
    found: dict[str, Any] = {}
    failed: dict[int, int] = {}  # by k, the first n that no seed's network memorizes
    for n in sizes:
        # exact arithmetic takes long and depends little on the points: one seed
        cells: dict[str, Callable[[], Any]] = {f"baum n={n}": partial(_measure_baum, n, 0)}
        for s in seeds:
            for k in ks:
                if k not in failed:
                    cells[f"lut n={n} k={k} seed={s}"] = partial(
                        smallest_lut_network, random_points(n, s), k, s
                    )
            if n in descent_sizes:
                cells[f"descent n={n} seed={s}"] = partial(_measure_descent, n, s)
        found |= context.compute(cells)
        for k in ks:
            if k not in failed and all(found[f"lut n={n} k={k} seed={s}"] is None for s in seeds):
                failed[k] = n
    baum = {n: found[f"baum n={n}"] for n in sizes}
    tables: dict[int, dict[int, float]] = {k: {} for k in ks}
    rows: list[Row] = []
    for n in sizes:
        rows += _baum_rows(n, baum[n])
        for k in ks:
            if failed.get(k, n) < n:
                continue
            row = _lut_row(n, k, [found[f"lut n={n} k={k} seed={s}"] for s in seeds])
            rows.append(row)
            if row.ours is not None:
                tables[k][n] = row.ours
        if n in descent_sizes:
            rows += _descent_rows(n, [found[f"descent n={n} seed={s}"] for s in seeds])
    series = {
        "n": list(sizes),
        "exact": [b["parameters"] * b["weight_bits"] for b in baum.values()],
        "rounded": [_rounded_size(b) for b in baum.values()],
        "tables": {str(k): [tables[k].get(n) for n in sizes] for k in ks},
        "descent": {
            str(n): [found[f"descent n={n} seed={s}"] for s in seeds] for n in descent_sizes
        },
    }
    return Result(
        tuple(rows),
        _verdicts(sizes, baum, tables, series),
        (
            f"Random points of {N_INPUTS} bits with random labels, as many of each class. Baum's "
            "network is checked in integers and fractions, without rounding, on every point; its "
            "size is the number of weights times the bits of the largest integer. Rounded: the "
            "least significand with which every output is still nearest to its label, and "
            f"{EXPONENT_BITS + 1} bits of sign and exponent. LUT networks: least bits of tables "
            f"over {', '.join(map(str, DEPTHS))} hidden layers, width by bisection; the wires are "
            "drawn from a seed before the points are seen, so they need no bits of their own; "
            "how many they would take is noted. Where no network of a k memorizes n points, "
            "it is not asked for more.",
            f"Gradient descent: full batches, Adam, {N_STEPS:,} steps, in NumPy.",
        ),
        series,
    )


def _rounded_size(baum: dict[str, Any]) -> int | None:
    n_bits = baum["rounded_bits"]
    return None if n_bits is None else baum["parameters"] * (n_bits + EXPONENT_BITS + 1)


def _baum_rows(n: int, baum: dict[str, Any]) -> list[Row]:
    neurons = math.ceil(4 * n / N_INPUTS)
    note = f"{baum['parameters']:,} weights; exact at {baum['exact']:,} of {n:,} points"
    rows = [
        Row(f"n={n:,}, Baum: neurons", baum["neurons"], neurons, note=note),
        Row(f"n={n:,}, Baum, exact: bits a point", baum["parameters"] * baum["weight_bits"] / n,
            note=f"integers of {baum['weight_bits']} bits"),
    ]  # fmt: skip
    size = _rounded_size(baum)
    note = f"significands of {baum['rounded_bits']} bits" if size else "53 bits are too few"
    rows.append(Row(f"n={n:,}, Baum, rounded: bits a point", size and size / n, note=note))
    return rows


def _lut_row(n: int, k: int, runs: list[dict[str, int] | None]) -> Row:
    name = f"n={n:,}, k={k}: bits of tables a point"
    made = [run for run in runs if run is not None]
    if len(made) < len(runs):
        note = (
            f"{len(made)} of {len(runs)} seeds memorize, up to {DEPTHS[-1]} layers of {MAX_WIDTH:,}"
        )
        return Row(name, None, n_runs=len(runs), note=note)
    shape = made[0]
    note = (
        f"seed 0: {shape['layers']} hidden of {shape['width']}, {shape['luts']:,} LUTs; "
        f"wires {shape['wires'] / n:.3g} bits a point"
    )
    return Row.of(name, [run["tables"] / n for run in made], 1.0, note)


def _descent_rows(n: int, runs: list[dict[str, Any]]) -> list[Row]:
    accuracy = Row.of(
        f"n={n:,}, gradient descent, {runs[0]['baum']} neurons: training accuracy",
        [run["accuracy"] for run in runs],
        1.0,
        f"after {max(run['steps'] for run in runs):,} steps",
    )
    name = f"n={n:,}, gradient descent: least neurons that memorize"
    least_ones = [run["neurons"] for run in runs if run["neurons"] is not None]
    if len(least_ones) < len(runs):
        return [accuracy, Row(name, None, runs[0]["baum"], note="not all seeds do")]
    return [accuracy, Row.of(name, least_ones, runs[0]["baum"])]


def _verdicts(
    sizes: tuple[int, ...],
    baum: dict[int, Any],
    tables: dict[int, dict[int, float]],
    series: dict[str, Any],
) -> tuple[Verdict, ...]:
    exact = sum(b["exact"] for b in baum.values())
    as_many = all(b["neurons"] == math.ceil(4 * n / N_INPUTS) for n, b in baum.items())
    best = {n: min(by_n[n] for by_n in tables.values() if n in by_n) for n in sizes}
    rounded = {n: (size or 0) / n for n, size in zip(sizes, series["rounded"], strict=True)}
    ratio = {n: rounded[n] / best[n] for n in sizes}
    reached = [run["accuracy"] for runs in series["descent"].values() for run in runs]
    neurons = [
        (run["neurons"] or math.inf) / run["baum"]
        for runs in series["descent"].values()
        for run in runs
    ]
    last = sizes[-1]
    return (
        Verdict(
            "⌈4n/d⌉ ReLUs interpolate n points in general position, exactly",
            exact == sum(sizes) and as_many,
            f"{exact:,} of {sum(sizes):,} outputs equal their label without rounding",
        ),
        Verdict(
            "counting finds LUT networks of fewer bits than Baum's construction by hand",
            all(value > 1 for value in ratio.values()),
            f"rounded weights take {min(ratio.values()):.1f} to {max(ratio.values()):.1f} times "
            f"the bits of the smallest LUT network",
        ),
        Verdict(
            "LUT networks come within a factor of 10 of the n bits that labels hold",
            all(value <= 10 for value in best.values()),
            f"{min(best.values()):.1f} to {max(best.values()):.1f} bits of tables a point; "
            f"{best[last]:.1f} at n = {last:,} (Baum, rounded: {rounded[last]:.0f})",
        ),
        Verdict(
            "gradient descent memorizes random points at Baum's width: no gap",
            all(accuracy == 1 for accuracy in reached),
            f"training accuracy {min(reached):.4f} or more; the least width that memorizes is "
            f"{min(neurons):.2f} to {max(neurons):.2f} of Baum's",
        ),
    )


def _draw(result: Result) -> dict[str, str]:
    n = result.series["n"]
    curves = [
        _curve("Baum, exact integers", n, result.series["exact"], 5),
        _curve("Baum, rounded", n, result.series["rounded"], 1),
    ]
    colours = (0, 2, 3, 4, 6, 7)[: len(result.series["tables"])]
    for (k, values), colour in zip(result.series["tables"].items(), colours, strict=True):
        sizes = [None if value is None else value * x for x, value in zip(n, values, strict=True)]
        curves.append(_curve(f"LUTs, k={k}", n, sizes, colour))
    curves.append(Curve("n bits", n, n, "--", 5))
    per_point = [
        Curve("", c.x, [y / x for x, y in zip(c.x, c.y, strict=True)], c.style, c.colour)
        for c in curves
    ]
    top = max(y for curve in curves for y in curve.y)
    panels = [
        Panel(
            "Size of what memorizes n points", "n", "bits", tuple(curves), "xy", (30, 1000 * top)
        ),
        Panel("The same, a point", "n", "bits a point", tuple(per_point), "xy"),
    ]
    return {"size": draw(panels, scale=1.4)}


def _curve(label: str, n: list[int], values: list[float | None], colour: int) -> Curve:
    kept = [(x, y) for x, y in zip(n, values, strict=True) if y is not None]
    return Curve(label, [x for x, _ in kept], [y for _, y in kept], colour=colour)


STUDIES = (
    Study(
        "baum",
        "bits that memorize n random points: Baum's ReLU network, LUT networks, n bits",
        f"{POST}, section 2 (Baum 1988; Bubeck et al. 2020)",
        _run,
        _draw,
        n_seeds=2,
    ),
)
