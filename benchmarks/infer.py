"""Samples a second from raw pixels to the class: compiled predictions beside others, in one run.

Every row predicts the same 10,000 test images of MNIST again and again, on one thread, in turn with
the others; the best of the turns counts. Rivals are trained to about the accuracy of ours.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.core import CoreConfig, make_core
from lutgen.datasets.load import Dataset, load_dataset
from lutgen.emit.c import emit_c
from lutgen.files import write_json
from lutgen.infer import Engine
from lutgen.infer.machine import machine
from lutgen.jobs.learn import boost
from lutgen.jobs.progress import SILENT
from lutgen.learn.boost import BoostParameters
from lutgen.model import LutNetwork, Source

RESULTS = Path(__file__).parent / "results" / "infer.json"
PARAMETERS = BoostParameters(luts_per_class=30)
ENCODER = "gain:600"
NUMPY_SHARE = 10  # the definition is slow: it gets a tenth of the images

Predict = Callable[[], Any]


def c_batch(network: LutNetwork, folder: Path, X: NDArray[np.uint8]) -> Predict:
    """Return what predicts by the batch form in C, compiled for this processor."""
    core = make_core(network, CoreConfig(input_bits=8))
    (folder / "core.c").write_text(emit_c(core))
    library = folder / "core.so"
    words = ["gcc", "-std=c99", "-O3", "-march=native", "-shared", "-fPIC"]
    subprocess.run([*words, str(folder / "core.c"), "-o", str(library)], check=True)
    function = ctypes.CDLL(str(library)).lutgen_core_classify_batch
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
    out = np.empty(len(X), dtype=np.uint16)

    def predict() -> NDArray[np.uint16]:
        function(X.ctypes.data, len(X), out.ctypes.data)
        return out

    return predict


def boosters(dataset: Dataset, X: NDArray[np.uint8], rounds: int) -> dict[str, Predict]:
    """Return the predictions of gradient boosting, where the packages are installed."""
    found: dict[str, Predict] = {}
    try:
        import lightgbm  # noqa: PLC0415

        model = lightgbm.LGBMClassifier(
            n_estimators=rounds, num_leaves=15, n_jobs=2, verbose=-1, random_state=0
        ).fit(dataset.X_train, dataset.y_train)
        found["LightGBM"] = lambda: np.argmax(
            np.asarray(model.booster_.predict(X, num_threads=1)), axis=1
        )
    except ImportError:
        print("LightGBM is not installed: its row is left out")
    try:
        import xgboost  # noqa: PLC0415

        other = xgboost.XGBClassifier(
            n_estimators=rounds, max_depth=4, tree_method="hist", n_jobs=2, random_state=0
        ).fit(dataset.X_train, dataset.y_train)
        booster = other.get_booster()
        booster.set_param({"nthread": 1})
        found["XGBoost"] = lambda: booster.inplace_predict(X).argmax(axis=1)
    except ImportError:
        print("XGBoost is not installed: its row is left out")
    return found


def measure(dataset: Dataset, turns: int, rounds: int) -> dict[str, Any]:
    """Return images a second of each row, with accuracies, and the bound by memory."""
    network = boost(dataset, Source("mnist"), PARAMETERS, encoder=ENCODER, progress=SILENT)
    X = np.ascontiguousarray(dataset.X_test)
    few = X[: len(X) // NUMPY_SHARE]
    start = time.perf_counter()
    machine()
    compiled = time.perf_counter() - start
    engine = Engine(network, 1)
    start = time.perf_counter()
    engine.class_numbers(X[:1])
    built = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        rows: dict[str, tuple[Predict, int]] = {
            "lutgen, compiled": (lambda: engine.class_numbers(X), len(X)),
            "lutgen, NumPy": (lambda: network.class_numbers(network.encode(few)), len(few)),
            "lutgen, C, batch form": (c_batch(network, Path(folder), X), len(X)),
            "reading the pixels": (lambda: X.view(np.uint64).sum(), len(X)),
        }
        rows |= {name: (call, len(X)) for name, call in boosters(dataset, X, rounds).items()}
        best = dict.fromkeys(rows, 0.0)
        for _ in range(turns):
            for name, (call, n) in rows.items():
                start = time.perf_counter()
                call()
                best[name] = max(best[name], n / (time.perf_counter() - start))
        accuracy = {
            name: round(float(np.mean(np.asarray(call()) == dataset.y_test[:n])), 4)
            for name, (call, n) in rows.items()
            if name != "reading the pixels"
        }
        same = np.array_equal(engine.class_numbers(X), network.class_numbers(network.encode(X)))
    return {
        "data": "mnist",
        "luts": int(network.cone.sum()),
        "encoder": ENCODER,
        "parameters": "BoostParameters(luts_per_class=30)",
        "every_answer_equal": bool(same),
        "images_per_second": {name: round(value) for name, value in best.items()},
        "ratio_to_numpy": {
            name: round(value / best["lutgen, NumPy"], 2) for name, value in best.items()
        },
        "accuracy": accuracy,
        "seconds_to_compile_the_machine": round(compiled, 3),
        "seconds_to_make_the_program": round(built, 3),
        "turns": turns,
        "load_before": round(os.getloadavg()[0], 2),
    }


def main() -> None:
    """Run it and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=None)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=12, help="of the rivals' boosting")
    words = parser.parse_args()
    dataset = load_dataset("mnist", data_dir=words.data_dir)
    record = measure(dataset, words.turns, words.rounds)
    write_json(RESULTS, record)
    for name, value in record["images_per_second"].items():
        told = record["accuracy"].get(name, "")
        print(f"{name:24} {value / 1e6:8.3f} M/s  {record['ratio_to_numpy'][name]:8.2f}  {told}")
    print(f"equal: {record['every_answer_equal']}; written: {RESULTS}")


if __name__ == "__main__":
    main()
