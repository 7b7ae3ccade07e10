"""Footnote 3: the PAC bound of a finite set of hypotheses, for networks of k-LUTs."""

from __future__ import annotations

import math
from itertools import pairwise

from lutgen.learn.memorize import wiring
from lutgen.studies.context import Context
from lutgen.studies.plot import Curve, Panel, draw
from lutgen.studies.study import MEMORIZATION, Result, Row, Study, Verdict

WIDTHS = (1024,) * 5 + (1,)
N_INPUTS, N_SAMPLES, DELTA = 784, 60_000, 0.01
KS = (2, 4, 6, 8, 10, 12, 14, 16)
AT_2 = 0.34


def pac_bound(n_luts: int, k: int, n_samples: int, delta: float) -> float:
    """Return the bound of the generalization gap of networks of `n_luts` LUTs of k inputs.

    sqrt((ln |H| + ln(2 / delta)) / (2 m)) with |H| = 2^(n 2^k): Mohri, Rostamizadeh and
    Talwalkar, "Foundations of Machine Learning", 2012, theorem 2.2. The wires are drawn before the
    samples are seen, so they are not counted.
    """
    hypotheses = n_luts * 2**k * math.log(2)
    return math.sqrt((hypotheses + math.log(2 / delta)) / (2 * n_samples))


def cone_size(k: int, seed: int) -> int:
    """Return how many LUTs of the network of experiment 1 can reach its output."""
    layers = wiring.draw(wiring.Wiring(), k=k, widths=WIDTHS, n_inputs=N_INPUTS, seed=seed)
    return sum(map(len, wiring.cones(layers)))


def _run(_: Context) -> Result:
    n_luts = sum(WIDTHS)
    whole = {k: pac_bound(n_luts, k, N_SAMPLES, DELTA) for k in KS}
    cones = {k: cone_size(k, 0) for k in KS}
    cone = {k: pac_bound(cones[k], k, N_SAMPLES, DELTA) for k in KS}
    rows = [Row(f"k={k}, all {n_luts:,} LUTs", whole[k], AT_2 * 2 ** ((k - 2) // 2)) for k in KS]
    rows += [Row(f"k={k}, the {cones[k]:,} LUTs that reach the output", cone[k]) for k in KS]
    steps = [whole[b] / whole[a] for a, b in pairwise(KS)]
    telling = [k for k in KS if cone[k] < 0.5]
    return Result(
        tuple(rows),
        (
            Verdict("0.34 at k = 2, δ = 0.01", round(whole[2], 2) == AT_2, f"{whole[2]:.4f}"),
            Verdict(
                "the bound doubles as k grows by 2",
                all(abs(step - 2) < 0.001 for step in steps),
                ", ".join(f"{step:.4f}" for step in steps),
            ),
            Verdict(
                "the bound says something (below 0.5) only for small k, "
                "also when only LUTs are counted that reach the output",
                max(telling, default=0) < 8,
                f"all LUTs: k = 2; those that reach it: k = {', '.join(map(str, telling))} "
                f"({', '.join(f'{cone[k]:.3f}' for k in telling)})",
            ),
        ),
        ("Theirs beyond k = 2 is 0.34 doubled, as the footnote says. The second set of rows is "
         "ours: LUTs that cannot reach the output add no hypotheses (wires of seed 0).",),
        {"k": list(KS), "whole": list(whole.values()), "cone": list(cone.values())},
    )  # fmt: skip


def _draw(result: Result) -> dict[str, str]:
    ks = result.series["k"]
    curves = (
        Curve("all LUTs", ks, result.series["whole"]),
        Curve("LUTs that reach the output", ks, result.series["cone"]),
        Curve("no worse than chance", ks, [0.5] * len(ks), "--", 5),
    )
    panel = Panel("Bound of the generalization gap", "k", "gap", curves, "y")
    return {"bound": draw([panel])}


STUDIES = (
    Study(
        "bound",
        "the PAC bound of the generalization gap",
        f"{MEMORIZATION}, section 6, footnote 3",
        _run,
        _draw,
    ),
)
