"""What the choice of thresholds is worth: accuracy of two classifiers on the bits of each encoder.

All is measured on a validation fifth of the training part, and fitted on some 15,000 of the
other rows; the test part is not touched.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from rows import load
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from lutgen.datasets.split import split_rows
from lutgen.encode.encoder import fit_encoder

MOST_ROWS = 15_000
ASIDE = 0.2
ENCODERS = {
    "mnist": ("thresholds:128", "thresholds:64,160", "gain:784", "gain:1568"),
    "fashion_mnist": (
        "thresholds:64,160", "thresholds:32,96,160,208", "thermometer:3:quantile",
        "thermometer:3:gain", "gain:2352",
    ),
    "uci:letter": (
        "thermometer:8:quantile", "thermometer:8:uniform", "thermometer:8:gain", "gain:128",
    ),
    "uci:adult": ("thermometer:16:quantile", "thermometer:16:gain", "gain:100"),
    "uci:spambase": ("thermometer:4:quantile", "thermometer:4:gain", "gain:228"),
    "jsc": ("thermometer:8:quantile", "thermometer:8:gain", "gain:128"),
    "unsw_nb15": ("thermometer:8:quantile", "thermometer:8:gain", "gain:200", "gain:400"),
    "uci:magic": ("thermometer:16:quantile", "thermometer:16:gain", "gain:160"),
    "uci:satimage": ("thermometer:8:quantile", "thermometer:8:gain", "gain:288"),
}  # fmt: skip


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(ENCODERS), choices=ENCODERS)
    parser.add_argument("--data-dir", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    progress = Console(stderr=True)
    table = Table("data", "encoder", "bits", "forest", "regression")
    for data in options.data:
        for encoder in ENCODERS[data]:
            row = (data, encoder, *_measure(data, encoder, options.data_dir))
            table.add_row(*row)
            progress.print(*row)
    Console().print(table)


def _measure(data: str, encoder: str, data_dir: Path | None) -> tuple[str, str, str]:
    """Return bits and accuracies: of two forests, and of a regression of C = 0.1."""
    dataset = load(data, 0, data_dir)
    kept, aside = split_rows(dataset.y_train, ASIDE, 0)
    if len(kept) > 4 / 3 * MOST_ROWS:
        kept = kept[:: len(kept) // MOST_ROWS]
    y, y_aside = dataset.y_train[kept], dataset.y_train[aside]
    fitted = fit_encoder(encoder, dataset.X_train[kept], y)
    X, X_aside = (fitted.encode(dataset.X_train[rows]).to_dense() for rows in (kept, aside))
    forest = np.mean(
        [
            RandomForestClassifier(100, n_jobs=2, random_state=seed)
            .fit(X, y)
            .score(X_aside, y_aside)
            for seed in range(2)
        ]
    )
    regression = LogisticRegression(C=0.1, max_iter=60).fit(X.astype(np.float32), y)
    return str(fitted.n_bits), f"{forest:.4f}", f"{regression.score(X_aside, y_aside):.4f}"


if __name__ == "__main__":
    main()
