"""Samples a second from raw pixels to the class: compiled predictions beside others, in one run.

Every row predicts the same 10,000 test images of MNIST again and again, on one thread, in turn with
the others; the best of the turns counts. Rivals are trained to less than the accuracy of ours: more
rounds would make them slower. With a network of difflogic (``gates_300.npz`` of a folder of
fixtures), its compiled C and ours answer the same function of 400 bits a sample, random ones.
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
from lutgen.importers.parts import gate_tables
from lutgen.infer import Engine
from lutgen.infer.machine import machine
from lutgen.jobs.learn import boost
from lutgen.jobs.progress import SILENT
from lutgen.learn.boost import BoostParameters
from lutgen.model import Argmax, LutNetwork, Source

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


def compiled_trees(booster: Any, X: NDArray[np.uint8], folder: Path) -> dict[str, Predict]:
    """Return the same trees in compiled code: by lleaves (LLVM) and by treelite (C, gcc)."""
    found: dict[str, Predict] = {}
    text = folder / "lightgbm.txt"
    booster.save_model(str(text))
    try:
        import lleaves  # noqa: PLC0415

        leaves = lleaves.Model(model_file=str(text))
        leaves.compile()
        doubles = X.astype(np.float64)
        found["LightGBM by lleaves"] = lambda: leaves.predict(doubles, n_jobs=1).argmax(axis=1)
    except (ImportError, AttributeError) as error:  # 1.3 asks for what llvmlite has no longer
        print(f"lleaves does not run, its row is left out: {error}")
    try:
        import tl2cgen  # noqa: PLC0415
        import treelite  # noqa: PLC0415

        trees = treelite.frontend.load_lightgbm_model(str(text))
        library = folder / "trees.so"
        tl2cgen.export_lib(
            trees,
            toolchain="gcc",
            libpath=str(library),
            params={},
            options=["-O3", "-march=native"],
        )
        predictor = tl2cgen.Predictor(str(library), nthread=1)
        matrix = tl2cgen.DMatrix(X.astype(np.float64), dtype="float64")
        found["LightGBM by treelite"] = lambda: (
            predictor.predict(matrix).reshape(len(X), -1).argmax(axis=1)
        )
    except ImportError:
        print("treelite and tl2cgen are not installed: their row is left out")
    return found


def boosters(
    dataset: Dataset, X: NDArray[np.uint8], rounds: int, folder: Path
) -> dict[str, Predict]:
    """Return the predictions of gradient boosting, where the packages are installed."""
    found: dict[str, Predict] = {}
    try:
        import lightgbm  # noqa: PLC0415

        model = lightgbm.LGBMClassifier(
            n_estimators=rounds, num_leaves=15, n_jobs=2, verbose=-1, random_state=0
        ).fit(dataset.X_train, dataset.y_train)
        found |= compiled_trees(model.booster_, X, folder)
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


GATES = (
    *("0", "{a} & {b}", "{a} & ~{b}", "{a}", "{b} & ~{a}", "{b}", "{a} ^ {b}", "{a} | {b}"),
    *("~({a} | {b})", "~({a} ^ {b})", "~{b}", "~{b} | {a}", "~{a}", "~{a} | {b}", "~({a} & {b})"),
    "~0LL",
)
"""The gates of difflogic in the words of its generated C."""


def difflogic_c(arrays: dict[str, NDArray[Any]], n_classes: int) -> str:
    """Return the C that difflogic (``compiled_model.py``, 64 bits) generates for a network."""
    n_inputs, n_outputs = int(arrays["n_inputs"]), int(arrays["n_outputs"])
    gates = list(
        zip(arrays["op"].tolist(), arrays["a"].tolist(), arrays["b"].tolist(), strict=True)
    )
    names = [f"inp[{i}]" for i in range(n_inputs)] + [f"v{i}" for i in range(len(gates))]
    lines = []
    for place, (op, a, b) in enumerate(gates):
        left = place - (len(gates) - n_outputs)
        to = f"out[{left}]" if left >= 0 else f"const long long v{place}"
        lines.append(f"\t{to} = {GATES[op].format(a=names[max(a, 0)], b=names[max(b, 0)])};")
    size = n_outputs // n_classes
    depth = size.bit_length()
    body = "\n".join(lines)
    return f"""#include <stddef.h>
#include <stdlib.h>
#include <stdbool.h>
void logic_gate_net(long long const *inp, long long *out) {{
{body}
}}
void apply_logic_gate_net (bool const *inp, int *out, size_t len) {{
    long long *inp_temp = malloc({n_inputs}*sizeof(long long));
    long long *out_temp = malloc({n_outputs}*sizeof(long long));
    long long *out_temp_o = malloc({depth}*sizeof(long long));
    for(size_t i = 0; i < len; ++i) {{
        for(size_t d = 0; d < {n_inputs}; ++d) {{
            long long res = 0LL;
            for(size_t b = 0; b < 64; ++b) {{
                res <<= 1;
                res += !!(inp[i * {n_inputs} * 64 + (64 - b - 1) * {n_inputs} + d]);
            }}
            inp_temp[d] = res;
        }}
        logic_gate_net(inp_temp, out_temp);
        for(size_t c = 0; c < {n_classes}; ++c) {{
            for(size_t d = 0; d < {depth}; ++d) {{ out_temp_o[d] = 0LL; }}
            for(size_t a = 0; a < {size}; ++a) {{
                long long carry = out_temp[c * {size} + a];
                long long out_temp_d;
                for(int d = {depth} - 1; d >= 0; --d) {{
                    out_temp_d = out_temp_o[d];
                    out_temp_o[d] = carry ^ out_temp_d;
                    carry = carry & out_temp_d;
                }}
            }}
            for(size_t b = 0; b < 64; ++b) {{
                const long long bit_mask = 1LL << b;
                int res = 0;
                for(size_t d = 0; d < {depth}; ++d) {{
                    res <<= 1;
                    res += !!(out_temp_o[d] & bit_mask);
                }}
                out[(i * 64 + b) * {n_classes} + c] = res;
            }}
        }}
    }}
    free(inp_temp); free(out_temp); free(out_temp_o);
}}
"""


def against_difflogic(path: Path, turns: int) -> dict[str, Any]:
    """Return samples a second of difflogic's C and of the engine, for the same network."""
    arrays = dict(np.load(path))
    n_inputs, n_outputs = int(arrays["n_inputs"]), int(arrays["n_outputs"])
    ops, a, b = (np.maximum(arrays[name], 0).tolist() for name in ("op", "a", "b"))
    luts = [
        ((i, j), int(gate_tables([op])[0] @ (1, 2, 4, 8)))
        for op, i, j in zip(ops, a, b, strict=True)
    ]
    last = n_inputs + len(luts)
    network = LutNetwork.from_luts(
        n_inputs, luts, outputs=range(last - n_outputs, last), head=Argmax.groups(10, n_outputs)
    )
    X = np.random.default_rng(0).integers(0, 2, (9984, n_inputs), dtype=np.uint8)
    engine = Engine(network, 1)
    found: dict[str, Any] = {"network": path.stem, "gates": len(luts)}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "net.c").write_text(difflogic_c(arrays, 10))
        library = Path(folder) / "net.so"
        words = ["gcc", "-O3", "-march=native", "-shared", "-fPIC", "net.c", "-o", str(library)]
        subprocess.run(words, check=True, cwd=folder)
        function = ctypes.CDLL(str(library)).apply_logic_gate_net
        function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
        scores = np.empty((len(X), 10), dtype=np.int32)
        rows: dict[str, Predict] = {
            "difflogic's C": lambda: function(X.ctypes.data, scores.ctypes.data, len(X) // 64),
            "lutgen, compiled": lambda: engine.class_numbers(X),
        }
        best = dict.fromkeys(rows, 0.0)
        for _ in range(turns):
            for name, call in rows.items():
                start = time.perf_counter()
                call()
                best[name] = max(best[name], len(X) / (time.perf_counter() - start))
    found["every_answer_equal"] = bool((scores.argmax(axis=1) == engine.class_numbers(X)).all())
    found["samples_per_second"] = {name: round(value) for name, value in best.items()}
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
        rows |= {
            name: (call, len(X))
            for name, call in boosters(dataset, X, rounds, Path(folder)).items()
        }
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
    parser.add_argument("--fixtures", type=Path, help="folder with difflogic/gates_300.npz")
    parser.add_argument("--rounds", type=int, default=12, help="of the rivals' boosting")
    words = parser.parse_args()
    dataset = load_dataset("mnist", data_dir=words.data_dir)
    record = measure(dataset, words.turns, words.rounds)
    if words.fixtures:
        path = words.fixtures / "difflogic" / "gates_300.npz"
        record["difflogic"] = against_difflogic(path, 5 * words.turns)
        print(record["difflogic"])
    write_json(RESULTS, record)
    for name, value in record["images_per_second"].items():
        told = record["accuracy"].get(name, "")
        print(f"{name:24} {value / 1e6:8.3f} M/s  {record['ratio_to_numpy'][name]:8.2f}  {told}")
    print(f"equal: {record['every_answer_equal']}; written: {RESULTS}")


if __name__ == "__main__":
    main()
