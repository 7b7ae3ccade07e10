"""Krueger et al., section 2.2: is the function that fits noise more complex? Measured as hardware.

Their sharpness of the loss has no meaning for tables. A circuit has honest measures: its size
after optimisation, and how often the answer changes when one input bit does.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from lutgen.bits import Bits
from lutgen.chips.registry import get_family
from lutgen.core.lower import lower
from lutgen.emit.aiger import make_aig
from lutgen.learn.memorize import Parameters
from lutgen.model.network import LutNetwork
from lutgen.netlist.ir import LUT, Netlist
from lutgen.netlist.passes.shrink import shrink
from lutgen.optimise.external import optimise
from lutgen.optimise.policy import Policy
from lutgen.studies.context import Context
from lutgen.studies.noise import (
    FRACTIONS,
    KINDS,
    NOISE_NOTE,
    QUICK_FRACTIONS,
    TASK,
    add_noise,
    all_of,
    name_noise,
    noises,
)
from lutgen.studies.plot import Curve, Panel, draw
from lutgen.studies.study import KRUEGER, Result, Row, Study, Verdict

N_TRAIN = 10_000
SHAPES = {4: (256,) * 5, 6: (256,) * 4}
FAMILY = "ice40"
N_POINTS = 128  # at which the sensitivity is taken
MEASURES = {
    "luts": "4-input LUTs",
    "free luts": "4-input LUTs, free entries optimised",
    "ands": "AND nodes",
    "free ands": "AND nodes, free entries optimised",
    "at data": "average sensitivity at test samples",
    "at random": "average sensitivity at uniform inputs",
}
JUDGED = ("free luts", "free ands", "at data", "at random")
_FLIPS = 1 << 16  # flipped samples evaluated at a time


def average_sensitivity(network: LutNetwork, bits: Bits) -> float:
    """Return the mean number of input bits of a sample whose flip alone changes its class.

    Over all inputs, this is the average sensitivity (total influence) of a Boolean function
    (O'Donnell, "Analysis of Boolean Functions", 2014, definition 2.27).

    Parameters
    ----------
    bits : Bits of n_inputs signals
        Samples, to take the mean over.
    """
    network = network.restrict_to_cone()
    read = np.unique(network.wires[network.wires < network.n_inputs])
    dense = bits.to_dense()
    before = network.class_numbers(bits)
    n_changes = 0
    step = max(1, _FLIPS // len(dense))
    for start in range(0, read.size, step):
        inputs = read[start : start + step]
        flipped = np.repeat(dense[None], inputs.size, axis=0)
        flipped[np.arange(inputs.size), :, inputs] ^= 1
        after = network.class_numbers(Bits.from_dense(flipped.reshape(-1, dense.shape[1])))
        n_changes += int((after.reshape(inputs.size, -1) != before).sum())
    return n_changes / len(dense)


def circuit_size(network: LutNetwork) -> tuple[int, int]:
    """Return the 4-input LUTs and the AND nodes of a network after all passes of the netlist."""
    netlist: Netlist = shrink(lower(network))[0]
    return get_family(FAMILY).map(netlist).count(LUT), len(make_aig(netlist).ands)


def _run(context: Context) -> Result:
    fractions = QUICK_FRACTIONS if context.quick else FRACTIONS
    ks = tuple(SHAPES)
    n_train = 2000 if context.quick else N_TRAIN

    def measure(kind: str, fraction: float, k: int, seed: int) -> dict[str, float]:
        problem = add_noise(context.problem("mnist", TASK, n_train), kind, fraction, seed)
        network = problem.learn(Parameters(k=k, widths=SHAPES[k], seed=seed, cone_only=True))
        free, _ = optimise(network, Policy("tied"), problem.train, problem.y_train)
        rng = np.random.default_rng(seed)
        points = problem.test.take(rng.permutation(problem.test.n_samples)[:N_POINTS])
        uniform = Bits.from_dense(rng.integers(0, 2, (N_POINTS, network.n_inputs), dtype=np.uint8))
        luts, ands = circuit_size(network)
        free_luts, free_ands = circuit_size(free)
        return {
            "train": problem.train_accuracy(network),
            "test": problem.test_accuracy(network),
            "luts": luts,
            "free luts": free_luts,
            "ands": ands,
            "free ands": free_ands,
            "at data": average_sensitivity(network, points),
            "at random": average_sensitivity(network, uniform),
        }

    plan = [(*noise, k) for k in ks for noise in noises(fractions)]
    cells = {
        f"{name_noise(kind, f)} k={k} seed={seed}": partial(measure, kind, f, k, seed)
        for kind, f, k in plan
        for seed in context.seeds
    }
    found = context.compute(cells)
    rows = []
    mean: dict[str, dict[str, float]] = {}
    for kind, fraction, k in plan:
        runs = [found[f"{name_noise(kind, fraction)} k={k} seed={s}"] for s in context.seeds]
        note = ", ".join(
            f"{part} accuracy {np.mean([run[part] for run in runs]):.3f}"
            for part in ("train", "test")
        )
        values = mean.setdefault(f"{k}/{kind}/{fraction}", {})
        for measure_name, words in MEASURES.items():
            row = Row.of(
                f"k={k}, {name_noise(kind, fraction)}: {words}",
                [run[measure_name] for run in runs],
                note=note,
            )
            rows.append(row)
            values[measure_name] = row.ours or 0.0
    parts = [_verdict(name, kind, ks, mean) for kind in KINDS for name in JUDGED]
    return Result(
        tuple(rows),
        (
            all_of("(3) fitting noise takes a more complex function, by every measure", parts),
            *parts,
        ),
        (
            NOISE_NOTE,
            f"{n_train:,} training samples; hidden layers "
            + ", ".join(f"k={k}: {len(SHAPES[k])} of {SHAPES[k][0]}" for k in ks)
            + ". 4-input LUTs after all passes and the mapping to iCE40; AND nodes of the "
            "and-inverter graph before it. Free entries: those that no training sample reaches or "
            "that tie, given the values that make the circuit small (policy tied). The "
            "test samples have no noise; nothing is chosen on them.",
        ),
        {"mean": mean},
    )


def _verdict(
    name: str, kind: str, ks: tuple[int, ...], mean: dict[str, dict[str, float]]
) -> Verdict:
    ratios = [mean[f"{k}/{kind}/1.0"][name] / mean[f"{k}/{KINDS[0]}/0.0"][name] for k in ks]
    return Verdict(
        f"noise in the {kind} makes the function more complex: {MEASURES[name]}",
        all(ratio > 1 for ratio in ratios),
        "all noise over no noise, times: "
        + ", ".join(f"{ratio:.2f} (k={k})" for k, ratio in zip(ks, ratios, strict=True)),
    )


def _draw(result: Result) -> dict[str, str]:
    panels = []
    mean: dict[str, dict[str, Any]] = result.series["mean"]
    ks = sorted({int(name.split("/")[0]) for name in mean})
    for name in JUDGED:
        curves = []
        for kind, style in zip(KINDS, ("-", "--"), strict=True):
            for colour, k in enumerate(ks):
                start = mean[f"{k}/{KINDS[0]}/0.0"][name]
                points = [(0.0, 1.0)]
                for place, values in mean.items():
                    of_k, of_kind, fraction = place.split("/")
                    if (int(of_k), of_kind) == (k, kind) and float(fraction):
                        points.append((float(fraction), values[name] / start))
                x, y = zip(*points, strict=True)
                curves.append(Curve(f"k={k}, {kind}", x, y, style, colour))
        title = MEASURES[name].capitalize() if name.startswith("at") else MEASURES[name]
        panels.append(Panel(title, "fraction of noise", "relative to no noise", tuple(curves)))
    return {"complexity": draw(panels)}


STUDIES = (
    Study(
        "noise-complexity",
        "the complexity of the function that fits noise",
        f"{KRUEGER}, section 2.2, figure 3 (left)",
        _run,
        _draw,
        n_seeds=2,
    ),
)
