"""The booster: what each step of it brings, and recipes for a wanted accuracy.

``ablation``: one thing changed at a time; learnt from the training samples but the last 10,000,
measured on those (validation), never on the test samples. ``recipes``: parameters chosen that way,
learnt from all training samples, and measured on the test samples, once. ``combinations``: what
networks that vote together, and votes of any weight for any class, would be worth, on validation.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from paper import arguments
from sklearn.linear_model import LogisticRegression

from lutgen.bits import unpack
from lutgen.datasets.load import Dataset, load_dataset
from lutgen.encode.encoder import fit_encoder
from lutgen.learn.boost import BoostParameters, boost
from lutgen.model.network import LutNetwork

N_VALIDATION = 10_000
LUT6_A_VOTE, LUT6_ARGMAX = 0.55, 110  # about, of the head; see the section on heads
TWO_BITS = "thresholds:64,160"

BASE = BoostParameters(luts_per_class=70, temperature=6, shift=1, criterion="absolute")
CHANGES: dict[str, dict[str, Any]] = {
    "base": {},
    "another seed": {"seed": 1},
    "no refit": {"refits": 0},
    "two refits": {"refits": 2},
    "no shifts": {"shift": 0},
    "shifts of two": {"shift": 2},
    "wires drawn, none searched": {"random_wires": 6, "sweeps": 0},
    "three wires drawn, three chosen": {"sweeps": 0},
    "one sweep": {"sweeps": 1},
    "six sweeps": {"sweeps": 6},
    "no wire drawn": {"random_wires": 0},
    "five wires drawn": {"random_wires": 5},
    "search on 3,000 samples": {"search_samples": 3_000},
    "search on 50,000 samples": {"search_samples": 50_000},
    "interactions of two": {"interactions": 2},
    "two layers": {"layers": 2},
    "four layers": {"layers": 4},
    "temperature 4": {"temperature": 4},
    "temperature 9": {"temperature": 9},
    "k = 4": {"k": 4},
    "one bit a pixel (96)": {"encoder": "threshold:96"},
    "three bits a pixel (32, 96, 160)": {"encoder": "thresholds:32,96,160"},
}
RECIPES: dict[str, tuple[str, str, BoostParameters]] = {
    "MNIST, 300 LUTs": ("mnist", TWO_BITS, replace(BASE, luts_per_class=30, temperature=4)),
    "MNIST, 700 LUTs": ("mnist", TWO_BITS, replace(BASE, refits=2)),
    "MNIST, 1,500 LUTs": (
        "mnist",
        TWO_BITS,
        replace(BASE, luts_per_class=150, temperature=8, refits=2),
    ),
    "MNIST, 3,800 LUTs": (
        "mnist",
        TWO_BITS,
        replace(BASE, luts_per_class=380, temperature=12),
    ),
    "Fashion-MNIST, 2,200 LUTs": (
        "fashion_mnist",
        TWO_BITS,
        replace(BASE, luts_per_class=220, temperature=15),
    ),
    "UNSW-NB15, 250 LUTs": (
        "unsw_nb15",
        "thermometer:16:quantile",
        BoostParameters(luts_per_class=250, temperature=12, criterion="absolute"),
    ),
}


def learn(
    data: Dataset,
    encoder_spec: str,
    parameters: BoostParameters,
    train: tuple[NDArray[Any], NDArray[Any]],
    held_out: tuple[NDArray[Any], NDArray[Any]],
) -> tuple[int, float, float, float]:
    """Return LUTs, train and held-out accuracy, and seconds of learning."""
    classes, numbers = np.unique(train[1], return_inverse=True)
    encoder = fit_encoder(encoder_spec, *train)
    bits, other = encoder.encode(train[0]), encoder.encode(held_out[0])
    start = time.perf_counter()
    network = boost(
        bits,
        numbers,
        parameters,
        encoder=encoder,
        classes=classes,
        feature_shape=data.feature_shape,
    )
    seconds = time.perf_counter() - start
    accuracy = float((classes[network.class_numbers(other)] == held_out[1]).mean())
    return network.n_luts, network.provenance.train_accuracy or 0.0, accuracy, seconds


def combine(data: Dataset) -> None:
    """Print what bagging and free weights of the votes would bring."""
    kept, aside = np.split(np.arange(len(data.y_train)), [len(data.y_train) - N_VALIDATION])
    X, y, labels = data.X_train[kept], data.y_train[kept], data.y_train[aside]
    encoder = fit_encoder(TWO_BITS, X)
    held_out = encoder.encode(data.X_train[aside])

    def grow(luts: int, seed: int, rows: NDArray[np.int64]) -> LutNetwork:
        parameters = BoostParameters(luts_per_class=luts, shift=1, seed=seed, criterion="absolute")
        return boost(
            encoder.encode(X[rows]), y[rows], parameters, encoder=encoder, classes=np.arange(10),
            feature_shape=data.feature_shape,
        )  # fmt: skip

    def show(name: str, votes: int, scores: NDArray[Any]) -> None:
        right = np.mean(scores.argmax(axis=1) == labels)
        print(f"| {name} | {votes:,} | {right:.4f} |", flush=True)

    print("| network | votes | validation |\n|---|---|---|")
    everything, random = np.arange(len(X)), np.random.default_rng(0)
    small = [grow(35, seed, everything) for seed in (0, 1)]
    show("350 LUTs", 350, small[0].scores(held_out))
    show("700 LUTs", 700, grow(70, 0, everything).scores(held_out))
    show(
        "two of 350, two seeds",
        700,
        np.sum([network.scores(held_out) for network in small], axis=0),
    )
    draws = [np.sort(random.integers(0, len(X), len(X))) for _ in range(2)]
    bagged = [grow(35, seed, rows) for seed, rows in enumerate(draws, 1)]
    show(
        "two of 350, bootstrap samples",
        700,
        np.sum([net.scores(held_out) for net in bagged], axis=0),
    )
    outputs, ones = (
        unpack(bits.words, bits.n_samples)
        for bits in (small[0].output_bits(encoder.encode(X)), small[0].output_bits(held_out))
    )
    for C in (0.003, 0.03):
        fitted = LogisticRegression(C=C, max_iter=60).fit(outputs, y)
        unit = np.abs(fitted.coef_).max()
        show(f"350 LUTs, any weights (C={C})", fitted.coef_.size, fitted.decision_function(ones))
        for most in (2, 4, 8):
            weights, bias = (np.rint(x / unit * most) for x in (fitted.coef_, fitted.intercept_))
            votes = int(np.count_nonzero(weights))
            show(f"350 LUTs, weights -{most} to {most} (C={C})", votes, ones @ weights.T + bias)


def main() -> None:
    """Print one row of a Markdown table for each run, as it ends."""
    parser = arguments(__doc__ or "")
    parser.add_argument("what", choices=("ablation", "recipes", "combinations"))
    parser.add_argument("--only", default="", help="rows whose name holds this")
    options = parser.parse_args()
    if options.what == "combinations":
        combine(load_dataset("mnist", data_dir=options.data_dir))
        return
    if options.what == "ablation":
        data = load_dataset("mnist", data_dir=options.data_dir)
        kept, aside = np.split(np.arange(len(data.y_train)), [len(data.y_train) - N_VALIDATION])
        print("| change | LUTs | train | validation | seconds |\n|---|---|---|---|---|")
        for name, change in CHANGES.items():
            if options.only not in name:
                continue
            settings = dict(change)
            encoder = settings.pop("encoder", TWO_BITS)
            luts, train, held_out, seconds = learn(
                data,
                encoder,
                replace(BASE, **settings),
                (data.X_train[kept], data.y_train[kept]),
                (data.X_train[aside], data.y_train[aside]),
            )
            row = f"| {name} | {luts} | {train:.4f} | {held_out:.4f} | {seconds:.0f} |"
            print(row, flush=True)
        return
    print(
        "| recipe | LUTs | with head, about | train | test | seconds |\n|---|---|---|---|---|---|"
    )
    for name, (dataset, encoder, parameters) in RECIPES.items():
        if options.only not in name:
            continue
        data = load_dataset(dataset, data_dir=options.data_dir)
        luts, train, held_out, seconds = learn(
            data, encoder, parameters, (data.X_train, data.y_train), (data.X_test, data.y_test)
        )
        total = luts * (1 + LUT6_A_VOTE) + (LUT6_ARGMAX if np.unique(data.y_train).size > 2 else 0)
        print(
            f"| {name} | {luts} | {total:.0f} | {train:.4f} | {held_out:.4f} | {seconds:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
