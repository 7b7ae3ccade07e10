"""Experiment 9: inside or outside a circle, from two 10-bit numbers; the decision regions."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.encode.encoder import fit_encoder
from lutgen.learn.memorize import Parameters
from lutgen.studies.context import Context
from lutgen.studies.plot import Image, draw
from lutgen.studies.problem import Problem
from lutgen.studies.study import MEMORIZATION, Result, Row, Study, Verdict

SIDE, HALF_WIDTH, RADIUS, N_BITS = 100, 2.0, 1.6, 10
KS = (2, 6, 10)
SPLIT_SEED = 0


def circle_bits() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the points of the grid as bits, and which lie inside.

    Returns
    -------
    bits : ndarray of shape (10000, 20), dtype=np.uint8
        Two fixed-point numbers of 10 bits, round((v + 2) / 4 · 1023), the lowest bit of x first,
        then y; points row by row.
    inside : ndarray of shape (10000,), dtype=np.uint8
    """
    line = np.linspace(-HALF_WIDTH, HALF_WIDTH, SIDE)
    y, x = (axis.ravel() for axis in np.meshgrid(line, line, indexing="ij"))
    scale = ((1 << N_BITS) - 1) / (2 * HALF_WIDTH)
    codes = np.rint((np.stack([x, y], axis=1) + HALF_WIDTH) * scale).astype(np.int64)
    bits = codes[:, :, None] >> np.arange(N_BITS) & 1
    inside = (x * x + y * y <= RADIUS**2).astype(np.uint8)
    return bits.reshape(len(codes), 2 * N_BITS).astype(np.uint8), inside


def circle_problem(n_threads: int | None = None) -> tuple[Problem, NDArray[np.bool_]]:
    """Return the grid parted at random into two halves, and which points are for training."""
    bits, inside = circle_bits()
    train = np.zeros(len(bits), dtype=np.bool_)
    train[np.random.default_rng(SPLIT_SEED).permutation(len(bits))[: len(bits) // 2]] = True
    encoder = fit_encoder("binary", bits)
    problem = Problem(
        encoder,
        encoder.encode(bits[train]),
        inside[train],
        encoder.encode(bits[~train]),
        inside[~train],
        n_threads=n_threads,
    )
    return problem, train


def _run(context: Context) -> Result:
    widths = (512,) * 16 if context.quick else (2048,) * 32
    bits, inside = circle_bits()

    def learn(k: int, seed: int) -> dict[str, Any]:
        problem, _ = circle_problem(context.settings.n_threads)
        network = problem.learn(Parameters(k=k, widths=widths, seed=seed, cone_only=True))
        regions = network.class_numbers(network.encoder.encode(bits)).astype(np.uint8)
        return {
            "train": problem.train_accuracy(network),
            "test": problem.test_accuracy(network),
            "regions": np.packbits(regions).tobytes().hex(),
        }

    cells = {f"k={k} seed={s}": partial(learn, k, s) for k in KS for s in context.seeds}
    values = context.compute(cells)
    rows, mean = [], {}
    for k in KS:
        for part in ("train", "test"):
            runs = [values[f"k={k} seed={s}"][part] for s in context.seeds]
            rows.append(Row.of(f"k={k}, {part}ing accuracy".replace("testing", "test"), runs))
            mean[k, part] = float(np.mean(runs))
    return Result(
        tuple(rows),
        (
            Verdict(
                "k = 10 memorizes the training set perfectly, and does not learn the concept",
                mean[10, "train"] > 0.999 and mean[10, "test"] < 0.9,
                f"training {mean[10, 'train']:.4f}, test {mean[10, 'test']:.4f}",
            ),
            Verdict(
                "k = 2 generalizes almost perfectly",
                mean[2, "train"] - mean[2, "test"] < 0.01 and mean[2, "test"] > 0.9,
                f"training {mean[2, 'train']:.4f}, test {mean[2, 'test']:.4f}",
            ),
            Verdict(
                "k = 6 is a compromise: it fits more than k = 2, and generalizes more than k = 10",
                mean[6, "train"] > mean[2, "train"] and mean[6, "test"] > mean[10, "test"],
                f"training {mean[6, 'train']:.4f}, test {mean[6, 'test']:.4f}",
            ),
        ),
        (f"{len(widths)} hidden layers of {widths[0]} LUTs. The paper shows pictures without "
         "numbers, and does not say how the grid was parted: a random half, seed "
         f"{SPLIT_SEED}.",),
        {
            "regions": {str(k): values[f"k={k} seed=0"]["regions"] for k in KS},
            "inside": np.packbits(inside).tobytes().hex(),
        },
    )  # fmt: skip


def _draw(result: Result) -> dict[str, str]:
    _, train = circle_problem()
    inside = _unpack(result.series["inside"])
    panels = []
    for title, part in (("training set", train), ("test set", ~train)):
        panels.append(Image(f"the concept, {title}", _image(inside, part)))
        for k, text in result.series["regions"].items():
            panels.append(Image(f"k = {k}, {title}", _image(_unpack(text), part)))
    return {"regions": draw(panels, n_columns=4, scale=0.8)}


def _unpack(text: str) -> NDArray[np.uint8]:
    return np.unpackbits(np.frombuffer(bytes.fromhex(text), dtype=np.uint8), count=SIDE * SIDE)


def _image(classes: NDArray[np.uint8], part: NDArray[np.bool_]) -> list[list[float | None]]:
    points = [float(c) if p else None for c, p in zip(classes, part, strict=True)]
    return [points[row * SIDE : (row + 1) * SIDE] for row in range(SIDE)][::-1]


STUDIES = (
    Study(
        "fig4",
        "the circle: decision regions for k = 2, 6 and 10",
        f"{MEMORIZATION}, experiment 9, figure 4",
        _run,
        _draw,
    ),
)
