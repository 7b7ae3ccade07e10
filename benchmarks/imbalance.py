"""One positive in a hundred: average precision beside gradient boosting's on the same bits.

``python benchmarks/imbalance.py`` runs what `benchmarks/results/imbalance.json` lacks, one thread;
``--table`` prints it as Markdown. Of each set so many samples of the positive class are left out,
in both parts, that one in a hundred is positive; the seed draws which.
"""

from __future__ import annotations

import argparse
import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from rows import RESULTS, SEEDS, load
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score

from lutgen.files import write_json
from lutgen.learn.estimators.boosting import BoostedLutClassifier

FILE = RESULTS / "imbalance.json"
SHARE = 0.01
SETS = {  # encoders; the smallest class is the positive one
    "uci:letter": "gain:128",
    "uci:magic": "thermometer:16:quantile",
}
ROWS: dict[str, dict[str, Any]] = {
    "absolute": {"criterion": "absolute"},
    "newton": {"criterion": "newton"},
    "leaves of 3 bits": {"leaf_bits": 3},
    "gradient boosting": {},
}
LUTS = 60


def main() -> None:
    """Run what is missing, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    record: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}
    if options.table:
        print("\n".join(table(record)))
        return
    for seed, name in product(SEEDS, SETS):
        lacking = [
            (row, weight)
            for row, weight in product(ROWS, (None, "balanced"))
            if str(seed) not in record.get(name, {}).get(_key(row, weight), {})
        ]
        if not lacking:
            continue
        parts = samples(name, seed, options.data_dir)
        for row, weight in lacking:
            found = precision(parts, row, weight, SETS[name], seed)
            record.setdefault(name, {}).setdefault(_key(row, weight), {})[str(seed)] = found
            write_json(FILE, record)
            print(name, _key(row, weight), seed, found, flush=True)


def samples(name: str, seed: int, data_dir: Path | None) -> tuple[Any, Any, Any, Any]:
    """Return X and y of both parts, one sample in a hundred positive."""
    data = load(name, seed, data_dir)
    labels, counts = np.unique(data.y_train, return_counts=True)
    positive = labels[counts.argmin()]
    rng = np.random.default_rng(seed)
    parts: list[Any] = []
    for X, y in ((data.X_train, data.y_train), (data.X_test, data.y_test)):
        is_positive = np.asarray(y == positive)
        others = np.flatnonzero(~is_positive)
        wanted = round(SHARE / (1 - SHARE) * others.size)
        kept = rng.permutation(np.flatnonzero(is_positive))[:wanted]
        rows = np.sort(np.concatenate([others, kept]))
        parts += [X[rows], is_positive[rows].astype(np.int64)]
    return parts[0], parts[1], parts[2], parts[3]


def precision(
    parts: tuple[Any, Any, Any, Any], row: str, weight: str | None, encoder: str, seed: int
) -> float:
    """Return the average precision on the test part."""
    X, y, X_test, y_test = parts
    ours = BoostedLutClassifier(
        luts_per_class=LUTS, class_weight=weight, encoder=encoder, random_state=seed, n_jobs=1
    )
    if row != "gradient boosting":
        return _score(y_test, ours.set_params(**ROWS[row]).fit(X, y).decision_function(X_test))
    network = ours.set_params(luts_per_class=1, criterion="newton", refits=0).fit(X, y).network_
    other = HistGradientBoostingClassifier(class_weight=weight, random_state=seed)
    other.fit(network.encode(X).to_dense(), y)
    return _score(y_test, other.decision_function(network.encode(X_test).to_dense()))


def _score(y: Any, scores: Any) -> float:
    return float(average_precision_score(y, scores))


def _key(row: str, weight: str | None) -> str:
    return f"{row}, balanced" if weight else row


def table(record: dict[str, Any]) -> list[str]:
    """Return the record as Markdown."""
    lines = [
        f"| one positive in a hundred | {' | '.join(record)} |",
        "|---" * (len(record) + 1) + "|",
    ]
    for row, weight in product(ROWS, (None, "balanced")):
        runs = [list(of_set.get(_key(row, weight), {}).values()) for of_set in record.values()]
        cells = [f"{np.mean(own):.3f} ± {np.std(own):.3f}" if own else "-" for own in runs]
        lines.append(f"| {_key(row, weight)} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    main()
