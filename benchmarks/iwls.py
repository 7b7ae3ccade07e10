"""The IWLS 2020 contest: 90 Boolean functions learnt from 6,400 samples each, at most 5,000 ANDs.

For each function some configurations are learnt on `train`. The contest's rule is to choose on
`valid` and to be scored on a third sample, which was never part of what is at hand; so two figures
are given, both on `valid`: of the configuration chosen there ("by validation", a little too good,
as the choice saw the samples), and of the one chosen on a part of `train` set aside ("honest").
ANDs are those of the whole network, votes counted, as Yosys's ABC leaves them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rows import IWLS, IWLS_FUNCTIONS, SEEDS, Row, complete, load

from lutgen.core import make_core
from lutgen.datasets.load import Dataset
from lutgen.datasets.split import split_rows
from lutgen.emit.blif import emit_blif
from lutgen.encode.encoder import fit_encoder
from lutgen.files import write_json
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_yosys
from lutgen.learn.boost import BoostParameters, boost
from lutgen.model.network import LutNetwork

SYSTEM = "lutgen"
ASIDE = 0.2
MAX_ANDS = 5_000
CONFIGURATIONS: tuple[dict[str, Any], ...] = (
    {"k": 6, "luts_per_class": 100, "layers": 1, "interactions": 3, "refits": 2},
    {"k": 6, "luts_per_class": 100, "layers": 2, "interactions": 3, "refits": 2},
    {"k": 6, "luts_per_class": 100, "layers": 5, "interactions": 3, "refits": 2},
)
CHOICES = {"by validation": "test", "honest": "valid"}
_SCRIPT = (
    "read_blif core.blif",
    "techmap",
    "abc -g AND -script +strash;ifraig;dc2;dc2;dc2;strash;ifraig;dch;map",
    "opt_clean",
    "aigmap",
    "opt_clean",
    "tee -q -o stat.json stat -json",
)


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--functions", nargs="+", default=list(IWLS_FUNCTIONS))
    parser.add_argument("--data-dir", type=Path)
    options = parser.parse_args()
    progress = Console(stderr=True)
    for name in options.functions:
        dataset = load(f"{IWLS}:{name}", 0, options.data_dir)
        rows = [Row(f"{IWLS}/{name}", SYSTEM, "binary", item) for item in CONFIGURATIONS]
        for row in rows:

            def measure(seed: int, row: Row = row, dataset: Dataset = dataset) -> dict[str, Any]:
                return _measure(dataset, row.parameters, seed)

            for result in complete(row, options.seeds, measure):
                progress.print(name, row.parameters, json.dumps(result))
        _count_chosen(rows, dataset)


def _count_chosen(rows: Sequence[Row], dataset: Dataset) -> None:
    """Count the ANDs of the configurations that are chosen, by the first of their runs."""
    while missing := [row for row in _choose(rows).values() if not row.values("ands")]:
        row = missing[0]
        network = _learn(
            dataset, np.arange(len(dataset.y_train)), row.parameters, row.runs[0]["seed"]
        )
        row.runs[0]["ands"] = count_ands(network)
        write_json(row.path, asdict(row))


def _choose(rows: Sequence[Row]) -> dict[str, Row]:
    """Return the best row of a function for each way to choose, none of too many ANDs."""
    small = [row for row in rows if not row.values("ands") or row.mean("ands") <= MAX_ANDS]
    return {
        choice: max(small, key=lambda row: row.mean(figure)) for choice, figure in CHOICES.items()
    }


def _measure(dataset: Dataset, parameters: Mapping[str, Any], seed: int) -> dict[str, Any]:
    kept, aside = split_rows(dataset.y_train, ASIDE, 0)
    scored = _learn(dataset, kept, parameters, seed)
    began = time.perf_counter()
    network = _learn(dataset, np.arange(len(dataset.y_train)), parameters, seed)
    seconds = time.perf_counter() - began
    return {
        "test": float(np.mean(network.predict(dataset.X_test) == dataset.y_test)),
        "valid": float(np.mean(scored.predict(dataset.X_train[aside]) == dataset.y_train[aside])),
        "seconds": round(seconds, 2),
    }


def _learn(
    dataset: Dataset, rows: NDArray[np.int64], parameters: Mapping[str, Any], seed: int
) -> LutNetwork:
    X, y = dataset.X_train[rows], dataset.y_train[rows]
    encoder = fit_encoder("binary", X)
    k = min(int(parameters["k"]), X.shape[1])
    return boost(
        encoder.encode(X),
        y,
        BoostParameters(**{"criterion": "absolute", **parameters, "k": k}, seed=seed),
        encoder=encoder,
        classes=np.arange(2),
        n_threads=2,
    )


def count_ands(network: LutNetwork) -> int:
    """Return the ANDs of two inputs of the whole network after ABC; inverters are free."""
    core = make_core(network)
    tool = find_yosys()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "core.blif").write_text(emit_blif(core.logic, model=core.module))
        (folder / "script.ys").write_text("\n".join(_SCRIPT) + "\n")
        run(
            [tool.path, "script.ys"],
            what="Yosys (ANDs)",
            cwd=folder,
            log=folder / "yosys.log",
            environment=subprocess_environment(tool.environment),
            timeout_seconds=600,
        )
        modules = json.loads((folder / "stat.json").read_text())["modules"]
    cells: dict[str, int] = modules[f"\\{core.module}"]["num_cells_by_type"]
    assert set(cells) <= {"$_AND_", "$_NOT_"}, cells
    return cells.get("$_AND_", 0)


def summarise(rows: Sequence[Row]) -> list[dict[str, float | str]]:
    """Return the means over the functions that are there, for both ways to choose."""
    functions = sorted({row.data for row in rows if row.data.startswith(f"{IWLS}/")})
    chosen = [_choose([row for row in rows if row.data == name]) for name in functions]
    summary: list[dict[str, float | str]] = []
    for choice in CHOICES if chosen else ():
        best = [item[choice] for item in chosen]
        summary.append(
            {
                "choice": choice,
                "functions": len(best),
                "accuracy": float(np.mean([row.mean("test") for row in best])),
                "ands": float(np.mean([row.mean("ands") for row in best])),
                "most_ands": max(row.mean("ands") for row in best),
                "runs": min(len(row.runs) for row in best),
                "seconds": sum(row.mean("seconds") for row in best),
            }
        )
    return summary


if __name__ == "__main__":
    main()
