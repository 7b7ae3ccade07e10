"""Accuracy references: usual classifiers on the columns and on the bits of each data set.

None of these is a design for an FPGA; they say what the data allow. Forests and boosting have fixed
parameters, the regression's penalty is chosen on a validation part, and all are fitted on the whole
training part, tested once. Of images, forests see the bits, the others the pixels.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rows import COLUMNS, IWLS, IWLS_FUNCTIONS, SEEDS, TASKS, Row, complete, load
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lutgen.datasets.load import Dataset
from lutgen.datasets.split import split_rows
from lutgen.encode.encoder import fit_encoder

_Array = NDArray[Any]
_Predictor = Callable[[_Array], _Array]

FOREST = "random forest"
REGRESSION = "logistic regression"
BOOSTING = "gradient boosting"
XGBOOST = "XGBoost"
PENALTIES = (0.01, 0.1, 1.0)
VALIDATION = 1 / 6
IMAGES = ("mnist", "fashion_mnist", "cifar10_u4")
ONLY_BITS = ("cifar10", IWLS)
PARAMETERS: dict[str, dict[str, Any]] = {
    FOREST: {"trees": 100},
    REGRESSION: {"C": "by validation", "iterations": 200},
    BOOSTING: {"iterations": 100},
    XGBOOST: {"rounds": 100, "max_depth": 6},
}
# what does not depend on a seed, on data that do not either, is run once
SEEDLESS = (REGRESSION, BOOSTING, XGBOOST)


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=[*TASKS, IWLS], choices=[*TASKS, IWLS])
    parser.add_argument("--systems", nargs="+", default=list(FITTERS), choices=FITTERS)
    parser.add_argument("--data-dir", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    progress = Console(stderr=True)
    for system in options.systems:
        for data in options.data:
            for features in _features(data, system):
                _run(data, system, features, options.data_dir, progress)


def _features(data: str, system: str) -> tuple[str, ...]:
    encoders = TASKS.get(data, ("binary",))
    if data in ONLY_BITS or (data in IMAGES and system == FOREST):
        return encoders
    return (COLUMNS,) if data in IMAGES else (*encoders, COLUMNS)


def _run(data: str, system: str, features: str, data_dir: Path | None, progress: Console) -> None:
    row = Row(data, system, features, PARAMETERS[system])

    def measure(seed: int) -> dict[str, Any]:
        if data == IWLS:
            return _measure_functions(system, seed, data_dir)
        return _measure(load(data, seed, data_dir), system, features, seed)

    parted = data.startswith("uci:") and "official" not in load(data, 0, data_dir).split
    seeds = SEEDS if parted or system not in SEEDLESS else SEEDS[:1]
    for run in complete(row, seeds, measure):
        progress.print(data, system, row.features, run["seed"], f"{run['test']:.4f}",
                       f"{run['seconds']:.1f} s")  # fmt: skip


def _measure(dataset: Dataset, system: str, features: str, seed: int) -> dict[str, Any]:
    """Fit on the training part, test once; seconds are those of fitting alone."""
    X_train, X_test = dataset.X_train, dataset.X_test
    if features != COLUMNS:
        fitted = fit_encoder(features, X_train, dataset.y_train)
        X_train, X_test = (fitted.encode(X).to_dense() for X in (X_train, X_test))
    began = time.perf_counter()
    predict = FITTERS[system](X_train, dataset.y_train, features != COLUMNS, seed)
    seconds = time.perf_counter() - began
    return {
        "test": float(np.mean(predict(X_test) == dataset.y_test)),
        "seconds": round(seconds, 2),
        "n_features": int(X_train.shape[1]),
        "split": dataset.split,
    }


def _measure_functions(system: str, seed: int, data_dir: Path | None) -> dict[str, Any]:
    """Fit each Boolean function on its sample `train`, test on `valid`; the mean is the score."""
    runs = {
        name: _measure(load(f"{IWLS}:{name}", seed, data_dir), system, "binary", seed)
        for name in IWLS_FUNCTIONS
    }
    return {
        "test": float(np.mean([run["test"] for run in runs.values()])),
        "seconds": round(sum(run["seconds"] for run in runs.values()), 2),
        "functions": {name: round(run["test"], 5) for name, run in runs.items()},
    }


def _fit_forest(X: _Array, y: _Array, _is_bits: bool, seed: int) -> _Predictor:
    forest = RandomForestClassifier(100, random_state=seed, n_jobs=2)
    predict: _Predictor = forest.fit(X, y).predict
    return predict


def _fit_regression(X: _Array, y: _Array, is_bits: bool, _seed: int) -> _Predictor:
    """Fit with the penalty that is best on a validation part, then on all rows."""
    kept, aside = split_rows(y, VALIDATION, 0)
    X = X.astype(np.float32)

    def fit(penalty: float, rows: _Array | slice) -> Any:
        regression = LogisticRegression(C=penalty, max_iter=200)
        return (regression if is_bits else make_pipeline(StandardScaler(), regression)).fit(
            X[rows], y[rows]
        )

    # the first of equals, so the strongest penalty
    best = max(PENALTIES, key=lambda penalty: fit(penalty, kept).score(X[aside], y[aside]))
    model = fit(best, slice(None))
    return lambda X: model.predict(X.astype(np.float32))


def _fit_boosting(X: _Array, y: _Array, _is_bits: bool, seed: int) -> _Predictor:
    boosting = HistGradientBoostingClassifier(max_iter=100, early_stopping=False, random_state=seed)
    predict: _Predictor = boosting.fit(X, y).predict
    return predict


def _fit_xgboost(X: _Array, y: _Array, _is_bits: bool, seed: int) -> _Predictor:
    import xgboost  # noqa: PLC0415 - of this row alone

    classes, numbers = np.unique(y, return_inverse=True)
    rounds, depth = PARAMETERS[XGBOOST]["rounds"], PARAMETERS[XGBOOST]["max_depth"]
    model = xgboost.XGBClassifier(
        n_estimators=rounds, max_depth=depth, tree_method="hist", random_state=seed, n_jobs=2
    ).fit(X, numbers)
    return lambda X: classes[model.predict(X)]


FITTERS: dict[str, Callable[[_Array, _Array, bool, int], _Predictor]] = {
    FOREST: _fit_forest,
    REGRESSION: _fit_regression,
    BOOSTING: _fit_boosting,
    XGBOOST: _fit_xgboost,
}

if __name__ == "__main__":
    main()
