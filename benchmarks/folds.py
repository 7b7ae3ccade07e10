"""Steps, leaves, signals and thresholds of boosted tables, on three folds of the training parts.

``python benchmarks/folds.py`` runs what `benchmarks/results/folds.json` lacks, one thread;
``--table`` prints it as Markdown. The configurations of `learnt.py` were chosen by these figures;
the test parts were not looked at.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rows import RESULTS, load

from lutgen.encode.encoder import fit_encoder
from lutgen.files import write_json
from lutgen.learn.boost import BoostParameters, boost

FILE = RESULTS / "folds.json"
N_FOLDS = 3
# data set: encoders, the usual one first, and groups of LUTs
DATA: dict[str, tuple[tuple[str, ...], int]] = {
    "uci:adult": (("gain:100",), 1),
    "uci:magic": (("thermometer:16:quantile", "thermometer:32:quantile", "gain:320"), 1),
    "uci:spambase": (("gain:228",), 1),
    "uci:satimage": (
        ("thermometer:8:quantile", "thermometer:16:quantile", "thermometer:24:uniform"),
        6,
    ),
    "uci:waveform_21": (("thermometer:8:quantile",), 3),
}
_PAIRS = {"leaf_bits": 2, "k": 5}
_THREES = {"leaf_bits": 3, "k": 4}
# leaves in all, and what is told to the booster
ROWS: dict[str, tuple[int, dict[str, Any]]] = {
    "leaves of 3 bits, k = 6, 160 in all": (160, {"leaf_bits": 3}),
    "the same, one refit": (160, {"leaf_bits": 3, "refits": 1}),
    "leaves of 2 bits, k = 5, 480": (480, _PAIRS),
    "the same, rate 0.1": (480, {**_PAIRS, "learning_rate": 0.1}),
    "the same, rate 0.1, wires among half": (
        480,
        {**_PAIRS, "learning_rate": 0.1, "wire_fraction": 0.5},
    ),
    "the same, rate 0.1, wires among a quarter": (
        480,
        {**_PAIRS, "learning_rate": 0.1, "wire_fraction": 0.25},
    ),
    "the same, rate 0.2, wires among half": (480, {**_PAIRS, "wire_fraction": 0.5}),
    "leaves of 3 bits, k = 4, 360": (360, _THREES),
    "the same, rate 0.1 (k = 4)": (360, {**_THREES, "learning_rate": 0.1}),
    "the same, wires among half (k = 4)": (360, {**_THREES, "wire_fraction": 0.5}),
    "the same, wires among a quarter (k = 4)": (360, {**_THREES, "wire_fraction": 0.25}),
    "votes, k = 6, 480, wires among half": (480, {"wire_fraction": 0.5}),
    "votes, absolute, k = 6, 480": (480, {"criterion": "absolute", "refits": 1}),
}


def main() -> None:
    """Run what is missing, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(DATA), choices=DATA)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    rows: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}
    if options.table:
        print("\n".join(table(rows)))
        return
    for data in options.data:
        encoders, n_groups = DATA[data]
        for spec in encoders:
            known = rows.setdefault(data, {}).setdefault(spec, {})
            for name, (n_leaves, told) in ROWS.items():
                if name not in known:
                    parameters = {"criterion": "newton", "refits": 0, **told}
                    known[name] = measure(
                        data, spec, n_leaves // n_groups, parameters, options.data_dir
                    )
                    write_json(FILE, rows)
                    print(data, spec, name, known[name], flush=True)


def measure(
    data: str, spec: str, luts_per_class: int, told: dict[str, Any], data_dir: Path | None
) -> dict[str, float]:
    """Learn from two folds, in turn, and return what is right of the third, and of those two."""
    dataset = load(data, 0, data_dir)
    classes, y = np.unique(dataset.y_train, return_inverse=True)
    fold = np.random.default_rng(0).integers(0, N_FOLDS, len(y))
    valid, train = [], []
    for own in range(N_FOLDS):
        kept, aside = fold != own, fold == own
        encoder = fit_encoder(spec, dataset.X_train[kept], y[kept])
        network = boost(
            encoder.encode(dataset.X_train[kept]),
            y[kept],
            BoostParameters(luts_per_class=luts_per_class, **told),
            encoder=encoder,
            classes=classes,
            n_threads=1,
        )
        found = network.class_numbers(encoder.encode(dataset.X_train[aside]))
        valid.append(float(np.mean(found == y[aside])))
        train.append(network.provenance.train_accuracy or 0.0)
    return {"valid": float(np.mean(valid)), "train": float(np.mean(train))}


def table(rows: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the table: right of the folds held out, and of those learnt from."""
    columns = [(data, spec) for data, (specs, _) in DATA.items() for spec in specs]
    names = [f"{data.removeprefix('uci:')}, {spec}" for data, spec in columns]
    yield f"| | {' | '.join(names)} |"
    yield "|---" * (len(names) + 1) + "|"
    for name in ROWS:
        runs = [rows.get(data, {}).get(spec, {}).get(name) for data, spec in columns]
        cells = ["" if run is None else f"{run['valid']:.4f} ({run['train']:.3f})" for run in runs]
        yield f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
