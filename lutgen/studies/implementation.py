"""Section 3, implementation: time is linear in the samples, and counts of disjoint parts add up."""

from __future__ import annotations

import time
from functools import partial
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits
from lutgen.learn.counts import apply, count_classes, total
from lutgen.learn.fill import Fill
from lutgen.learn.memorize import Parameters
from lutgen.model.network import LutNetwork
from lutgen.studies.context import Context
from lutgen.studies.plot import Curve, Panel, draw
from lutgen.studies.problem import Labels
from lutgen.studies.study import MEMORIZATION, Result, Row, Study, Verdict

WIDTHS = (1024,) * 5
K = 8
N_PARTS = 8
SIZES = (1875, 3750, 7500, 15_000, 30_000, 60_000)
N_REPEATS = 5


def merged_tables(
    network: LutNetwork, bits: Bits, labels: Labels, n_parts: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Learn a network's tables anew from counts made on disjoint parts of the samples and added.

    Parameters
    ----------
    network : LutNetwork
        Brings the wires; all LUTs of one k, filled with the policy ``zero``.

    Returns
    -------
    tables, seen : ndarray like those of the network
    """
    edges = np.linspace(0, bits.n_samples, n_parts + 1).astype(int)
    rows = [np.arange(a, b) for a, b in pairwise(edges)]
    parts = [bits.take(part).words for part in rows]
    targets = [labels[part] for part in rows]
    tables, seen = [], []
    for layer in np.unique(network.layer):
        luts = np.flatnonzero(network.layer == layer).tolist()
        wires = np.array([network.lut_wires(lut) for lut in luts])
        # each part is counted by itself: only the counts come together
        counts = total([count_classes(p, wires, y) for p, y in zip(parts, targets, strict=True)])
        decided = counts.decide(Fill.zeros(len(luts)))
        tables.append(decided.tables)
        seen.append(decided.seen)
        parts = [
            np.concatenate([part, apply(decided.tables, part, wires, target.size)])
            for part, target in zip(parts, targets, strict=True)
        ]
    return np.concatenate(tables).ravel(), np.concatenate(seen).ravel()


def _run(context: Context) -> Result:
    sizes = SIZES[:4] if context.quick else SIZES
    widths = (256,) * 3 if context.quick else WIDTHS

    def seconds(n_train: int) -> list[float]:
        mnist = context.problem("mnist", "ge5", n_train)
        times = []
        for _ in range(N_REPEATS + 1):
            began = time.process_time()
            mnist.learn(Parameters(k=K, widths=widths), n_threads=1)
            times.append(time.process_time() - began)
        return times[1:]

    def merge() -> dict[str, Any]:
        mnist = context.problem("mnist", "ge5", sizes[-1])
        network = mnist.learn(Parameters(k=K, widths=widths, fill="zero"))
        tables, seen = merged_tables(network, mnist.train, mnist.y_train, N_PARTS)
        return {
            "entries": int(network.n_luts << K),
            "differ": int(np.bitwise_count(tables ^ network.tables).sum())
            + int(np.bitwise_count(seen ^ network.seen).sum()),
        }

    def plain() -> float:
        mnist = context.problem("mnist", "ge5", sizes[-1])
        began = time.process_time()
        mnist.learn(Parameters(k=K, widths=widths), backend="reference", n_threads=1)
        return time.process_time() - began

    times = context.compute({f"{n} samples": partial(seconds, n) for n in sizes})
    numpy_seconds = context.compute({"NumPy": plain})["NumPy"]
    merged = context.compute({f"{N_PARTS} parts": merge})[f"{N_PARTS} parts"]
    least = [min(value) for value in times.values()]
    slope = float(np.polyfit(np.log(sizes), np.log(least), 1)[0])
    # a fixed cost (drawing wires, building the model) bends the line where there are few samples
    per_sample, fixed = np.polyfit(sizes, least, 1)
    line = [float(fixed + per_sample * n) for n in sizes]
    off = max(abs(a / b - 1) for a, b in zip(least, line, strict=True))
    top = float(np.log(least[-1] / least[-2]) / np.log(sizes[-1] / sizes[-2]))
    rows = [
        Row(f"{n:,} samples, seconds", value, note=f"median of {N_REPEATS}: {median(runs):.4f}")
        for n, value, runs in zip(sizes, least, times.values(), strict=True)
    ]
    if not context.quick:
        note = "theirs: less than 30 s, Python with NumPy"
        rows.append(Row("experiment 1, seconds on one thread", least[-1], 30.0, note=note))
    rows += [
        Row(f"plain NumPy, {sizes[-1]:,} samples, seconds", numpy_seconds, note="one run"),
        Row("times as long as the kernels", numpy_seconds / least[-1]),
        Row("exponent of n, all sizes", slope, 1.0),
        Row("exponent of n, the two largest sizes", top, 1.0),
        Row("fixed cost, seconds", float(fixed)),
        Row("microseconds a sample", float(per_sample) * 1e6),
    ]
    return Result(
        tuple(rows),
        (
            Verdict(
                "time grows no faster than in proportion to the samples",
                slope <= 1.1 and top <= 1.2,
                f"exponent {slope:.3f} over all sizes, {top:.3f} between the two largest",
            ),
            Verdict(
                "time is linear: a fixed cost and so much a sample, within 15 %",
                off <= 0.15,
                f"{fixed:.3f} s and {per_sample * 1e6:.2f} µs a sample: off by {off:.1%} at most",
            ),
            Verdict(
                f"counts merged over {N_PARTS} disjoint parts give the model of the whole",
                merged["differ"] == 0,
                f"{merged['differ']} of {merged['entries']:,} table entries differ",
            ),
        ),
        (f"Processor seconds, least of {N_REPEATS} runs of the numba kernels on one thread, "
         f"{len(widths)} hidden layers of {widths[0]} LUTs, k = {K}, from packed bits to the "
         "finished model.",),
        {"n": list(sizes), "seconds": least, "line": line},
    )  # fmt: skip


def _draw(result: Result) -> dict[str, str]:
    n, seconds = result.series["n"], result.series["seconds"]
    line = result.series["line"]
    curves = (
        Curve("measured", n, seconds),
        Curve("fixed cost + so much a sample", n, line, "--"),
    )
    panel = Panel("Learning time", "training samples", "seconds", curves, "xy")
    return {"time": draw([panel])}


STUDIES = (
    Study(
        "implementation",
        "linear time, and counts of disjoint parts",
        f"{MEMORIZATION}, section 3, implementation",
        _run,
        _draw,
    ),
)
