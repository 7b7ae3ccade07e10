"""What LUTs are chosen by, and what their entries may add, beside gradient boosting on the bits.

``python benchmarks/criteria.py`` runs what `benchmarks/results/criteria.json` lacks, one thread;
``--table`` prints it as Markdown. An ablation: every row is scored on the test part, and no row was
chosen by it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from rows import RESULTS, SEEDS, TASKS, load
from sklearn.ensemble import HistGradientBoostingClassifier

from lutgen.bits import Bits
from lutgen.core import CoreConfig, make_core
from lutgen.encode.encoder import fit_encoder
from lutgen.files import write_json
from lutgen.learn.boost import BoostParameters, boost
from lutgen.model import LutNetwork
from lutgen.netlist.ir import CORE, HEAD
from lutgen.netlist.stats import netlist_stats

FILE = RESULTS / "criteria.json"
BOOSTING = "gradient boosting"
LUTS_PER_CLASS = {
    "uci:waveform_21": 60,
    "uci:spambase": 120,
    "uci:satimage": 40,
    "uci:magic": 120,
    "uci:adult": 120,
}
MAIN = (
    "absolute", "newton", "auto", "leaves of 2 bits", "leaves of 3 bits",
    "leaves of 3 bits, k = 4", "newton, LUTs twice",
)  # fmt: skip
NEWTON: dict[str, Any] = {"criterion": "newton"}
_MANY: dict[str, Any] = {**NEWTON, "random_wires": 0, "refits": 0}
_HALF: dict[str, Any] = {**NEWTON, "random_wires": 0, "wire_fraction": 0.5}
# what is changed, and how many times the LUTs of a class
ROWS: dict[str, tuple[int, dict[str, Any]]] = {
    "absolute": (1, {"criterion": "absolute"}),
    "absolute, temperature twice": (1, {"criterion": "absolute", "temperature": 2.0}),
    "newton": (1, NEWTON),
    "newton, temperature half": (1, {**NEWTON, "temperature": 0.5}),
    "newton, no refit": (1, {**NEWTON, "refits": 0}),
    "newton, regularization 1": (1, {**NEWTON, "l2_regularization": 1.0}),
    "newton, entries of weight 3": (1, {**NEWTON, "min_entry_weight": 3.0}),
    "newton, searched on half the samples": (1, {**NEWTON, "search_samples": -2}),
    "newton, no wire drawn (the default)": (1, {**NEWTON, "random_wires": 0}),
    "newton, k = 5": (1, {**NEWTON, "k": 5}),
    "auto": (1, {}),
    "leaves of 2 bits": (1, {"leaf_bits": 2}),
    "leaves of 2 bits, k = 5": (1, {"leaf_bits": 2, "k": 5}),
    "leaves of 3 bits": (1, {"leaf_bits": 3}),
    "leaves of 2 bits, no wire drawn": (1, {"leaf_bits": 2, "random_wires": 0}),
    "leaves of 3 bits, no wire drawn": (1, {"leaf_bits": 3, "random_wires": 0}),
    "leaves of 3 bits, no refit": (1, {"leaf_bits": 3, "refits": 0}),
    "leaves of 3 bits, weights to 8": (1, {"leaf_bits": 3, "max_weight": 8}),
    "leaves of 3 bits, k = 5": (1, {"leaf_bits": 3, "k": 5}),
    "leaves of 3 bits, k = 4": (1, {"leaf_bits": 3, "k": 4}),
    "newton, LUTs twice": (2, NEWTON),
    "newton, wires among half": (1, {**_HALF, "leaf_bits": 1}),
    "leaves of 3 bits, wires among half": (1, {**_HALF, "leaf_bits": 3}),
    "leaves of 2 bits, k = 5, LUTs 4 times, rate 0.1": (
        4,
        {**_MANY, "leaf_bits": 2, "k": 5, "learning_rate": 0.1},
    ),
    "the same, wires among half": (
        4,
        {**_HALF, **_MANY, "leaf_bits": 2, "k": 5, "learning_rate": 0.1},
    ),
    "newton, LUTs 4 times, wires among half": (4, {**_HALF, **_MANY, "leaf_bits": 1}),
}


@dataclass(frozen=True)
class Sample:
    """A data set, parted and encoded."""

    encoder: Any
    train: Bits
    y: Any
    test: Bits
    y_test: Any
    classes: Any

    @classmethod
    def of(cls, data: str, seed: int, data_dir: Path | None) -> Sample:
        """Load and encode; the seed parts a set without a test part of its own."""
        found = load(data, seed, data_dir)
        classes, y = np.unique(found.y_train, return_inverse=True)
        encoder = fit_encoder(TASKS[data][0], found.X_train, found.y_train)
        return cls(
            encoder,
            encoder.encode(found.X_train),
            y,
            encoder.encode(found.X_test),
            np.searchsorted(classes, found.y_test),
            classes,
        )


def main() -> None:
    """Run what is missing, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(LUTS_PER_CLASS), choices=LUTS_PER_CLASS)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    rows: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}
    if options.table:
        print("\n".join(table(rows)))
        return
    for names in ((BOOSTING, *MAIN), tuple(ROWS)):  # what matters most is run first
        for seed, data in product(SEEDS, options.data):
            _run(rows, data, seed, names, options.data_dir)


def _run(
    rows: dict[str, Any], data: str, seed: int, names: tuple[str, ...], data_dir: Path | None
) -> None:
    """Run what the rows of a data set and a seed lack, and write the file after each."""
    lacking = [name for name in names if str(seed) not in rows.get(data, {}).get(name, {})]
    if not lacking:
        return
    sample = Sample.of(data, seed, data_dir)
    for name in lacking:
        run = fit(sample, data, name, seed)
        rows.setdefault(data, {}).setdefault(name, {})[str(seed)] = run
        write_json(FILE, rows)
        print(data, name, seed, run, flush=True)


def fit(sample: Sample, data: str, name: str, seed: int) -> dict[str, Any]:
    """Learn once; return test accuracy, processor seconds and, of the first seed, LUTs."""
    began = time.process_time()
    if name == BOOSTING:
        model = HistGradientBoostingClassifier(random_state=seed)
        model.fit(sample.train.to_dense(), sample.y)
        found = model.predict(sample.test.to_dense())
        return {"test": float((found == sample.y_test).mean()), "seconds": _since(began)}
    times, change = ROWS[name]
    network = boost(
        sample.train,
        sample.y,
        _parameters(data, times, change, len(sample.y), seed),
        encoder=sample.encoder,
        classes=sample.classes,
        n_threads=1,
    )
    seconds = _since(began)
    found = network.class_numbers(sample.test)
    told = network.provenance
    return {
        "test": float((found == sample.y_test).mean()),
        "train": told.train_accuracy,
        "seconds": seconds,
        "n_luts": network.n_luts,
        **({"chosen": told.criterion_chosen} if name == "auto" else {}),
        **({"luts": _luts_of_parts(network)} if seed == SEEDS[0] else {}),
    }


def _luts_of_parts(network: LutNetwork) -> dict[str, int]:
    """Return the LUTs (xc7) of core and head as lutgen maps them."""
    core = make_core(network, CoreConfig(chip="xilinx7"))
    parts = {CORE: 0, HEAD: 0}
    for layer in netlist_stats(core.netlist).layers:
        parts[layer.part] += layer.luts
    return parts


def _parameters(
    data: str, times: int, change: dict[str, Any], n_samples: int, seed: int
) -> BoostParameters:
    """Return parameters; a temperature is a factor, fewer than 0 samples a fraction."""
    told = {"random_wires": 3, **change}
    factor = told.pop("temperature", None)
    if told.get("search_samples", 0) < 0:
        told["search_samples"] = n_samples // -told["search_samples"]
    parameters = BoostParameters(luts_per_class=LUTS_PER_CLASS[data] * times, seed=seed, **told)
    if factor is None:
        return parameters
    own = BoostParameters(**{**_fields(parameters), "temperature": 0.0}).effective_temperature
    return BoostParameters(**{**_fields(parameters), "temperature": own * factor})


def _fields(parameters: BoostParameters) -> dict[str, Any]:
    return dict(vars(parameters))


def _since(began: float) -> float:
    return round(time.process_time() - began, 2)


def table(rows: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the table: mean of the seeds ± standard deviation, core + head LUTs."""
    names = [data.removeprefix("uci:") for data in rows]
    yield f"| | {' | '.join(names)} |"
    yield "|---" * (len(names) + 1) + "|"
    for name in (BOOSTING, *ROWS):
        cells = [_cell(rows[data].get(name, {})) for data in rows]
        yield f"| {name} | {' | '.join(cells)} |"


def _cell(runs: dict[str, Any]) -> str:
    if not runs:
        return ""
    tests = [run["test"] for run in runs.values()]
    spread = f" ± {np.std(tests, ddof=1):.4f}" if len(tests) > 1 else ""
    luts = runs.get(str(SEEDS[0]), {}).get("luts")
    size = f", {luts['core']} + {luts['head']}" if luts else ""
    return f"{np.mean(tests):.4f}{spread}{size}"


if __name__ == "__main__":
    main()
