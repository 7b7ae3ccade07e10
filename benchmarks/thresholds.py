"""Thresholds that are cheaper to compare: LUTs of the encoder, accuracy, by what gain they lose.

``python benchmarks/thresholds.py`` runs what `benchmarks/results/thresholds.json` lacks, one
thread, and writes the table of `benchmarks/README.md`; ``--table`` does only that. Networks of 120
LUTs in all, scored on a validation fifth of the training part; LUTs are those of the encoder as
lutgen maps it to Xilinx 7, from the features in their smallest formats (``auto``).
"""

from __future__ import annotations

import argparse
import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from pages import renewed as with_tables
from pages import table
from rows import RESULTS, SEEDS, load

from lutgen.core import CoreConfig, make_core
from lutgen.datasets.split import split_rows
from lutgen.encode.encoder import fit_encoder
from lutgen.files import write_json
from lutgen.learn.boost import BoostParameters, boost
from lutgen.netlist.ir import ENCODER
from lutgen.netlist.stats import netlist_stats

RECORD, PAGE = RESULTS / "thresholds.json", RESULTS.parent / "README.md"
ENCODERS = {"jsc": 128, "uci:pendigits": 160, "uci:magic": 160, "uci:adult": 100}
TOLERANCES = ("", ":2%", ":5%", ":10%")
N_LUTS = 120
ASIDE = 0.2


def main() -> None:
    """Run what is missing, unless only the table is asked for, and write that into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    rows: dict[str, Any] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    cases = [] if options.table else product(SEEDS, ENCODERS, TOLERANCES)
    for seed, data, tolerance in cases:
        spec = f"gain:{ENCODERS[data]}{tolerance}"
        runs = rows.setdefault(data, {}).setdefault(spec, {})
        if str(seed) not in runs:
            runs[str(seed)] = measure(data, spec, seed, options.data_dir)
            write_json(RECORD, rows)
            print(data, spec, seed, runs[str(seed)], flush=True)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(renewed(page, rows), encoding="utf-8")


def measure(data: str, spec: str, seed: int, data_dir: Path | None) -> dict[str, Any]:
    """Learn from four fifths of the training part, drawn by the seed, and count."""
    dataset = load(data, 0, data_dir)
    kept, aside = split_rows(dataset.y_train, ASIDE, seed)
    X, y = dataset.X_train[kept], dataset.y_train[kept]
    encoder = fit_encoder(spec, X, y)
    classes, numbers = np.unique(y, return_inverse=True)
    network = boost(
        encoder.encode(X),
        numbers,
        BoostParameters(
            luts_per_class=N_LUTS // (1 if len(classes) == 2 else len(classes)),
            criterion="newton",
            refits=0,
            seed=seed,
        ),
        encoder=encoder,
        classes=classes,
        n_threads=1,
    )
    core = make_core(network, CoreConfig(chip="xilinx7", input_format="auto", accept_rounding=True))
    layers = netlist_stats(core.netlist).layers
    right = network.predict(dataset.X_train[aside]) == dataset.y_train[aside]
    return {
        "valid": float(np.mean(right)),
        "encoder": sum(layer.luts for layer in layers if layer.part == ENCODER),
        "all": sum(layer.luts for layer in layers),
    }


def renewed(page: str, rows: dict[str, Any]) -> str:
    """Return the page with the table: encoder LUTs of all, and accuracy on validation samples."""
    columns = ["gain lost, at most", *[name.removeprefix("uci:") for name in rows]]
    lines = []
    for tolerance in TOLERANCES:
        cells = [_cell(rows[data].get(f"gain:{ENCODERS[data]}{tolerance}", {})) for data in rows]
        lines.append([tolerance.lstrip(":") or "none", *cells])
    return with_tables(page, "thresholds", [table(columns, lines)])


def _cell(runs: dict[str, Any]) -> str:
    if not runs:
        return ""
    mean = {name: np.mean([run[name] for run in runs.values()]) for name in ("encoder", "all")}
    valid = [run["valid"] for run in runs.values()]
    spread = f" ± {np.std(valid, ddof=1):.4f}" if len(valid) > 1 else ""
    return f"{mean['encoder']:,.0f} of {mean['all']:,.0f}, {np.mean(valid):.4f}{spread}"


if __name__ == "__main__":
    main()
