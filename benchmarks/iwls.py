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
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rows import IWLS, IWLS_FUNCTIONS, SEEDS, Row, complete, load

from lutgen.data.encode import fit_encoder
from lutgen.data.load import Dataset
from lutgen.data.split import split_rows
from lutgen.emit.blif import emit_blif
from lutgen.emit.core import build_core
from lutgen.flow.tools import find_yosys, run, subprocess_environment
from lutgen.learn.boost import BoostParameters, boost
from lutgen.model import LutNetwork

SYSTEM = "lutgen"
ASIDE = 0.2
MAX_ANDS = 5_000
CONFIGURATIONS: tuple[dict[str, Any], ...] = (
    {"k": 6, "luts_per_class": 24, "refits": 2},
    {"k": 6, "luts_per_class": 100, "refits": 2},
    {"k": 4, "luts_per_class": 100, "refits": 2},
)
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
        for parameters in CONFIGURATIONS:
            row = Row(f"{IWLS}/{name}", SYSTEM, "binary", parameters)
            dataset = load(f"{IWLS}:{name}", 0, options.data_dir)

            def measure(
                seed: int, dataset: Dataset = dataset, parameters: Mapping[str, Any] = parameters
            ) -> dict[str, Any]:
                return _measure(dataset, parameters, seed)

            for result in complete(row, options.seeds, measure):
                progress.print(name, parameters, json.dumps(result))


def _measure(dataset: Dataset, parameters: Mapping[str, Any], seed: int) -> dict[str, Any]:
    kept, aside = split_rows(dataset.y_train, ASIDE, 0)
    scored = _learn(dataset, kept, parameters, seed)
    began = time.perf_counter()
    network = _learn(dataset, np.arange(len(dataset.y_train)), parameters, seed)
    return {
        "test": float(np.mean(network.predict(dataset.X_test) == dataset.y_test)),
        "valid": float(np.mean(scored.predict(dataset.X_train[aside]) == dataset.y_train[aside])),
        "seconds": round(time.perf_counter() - began, 2),
        "ands": count_ands(network),
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
        BoostParameters(**{**parameters, "k": k}, seed=seed),
        encoder=encoder,
        classes=np.arange(2),
        n_threads=2,
    )


def count_ands(network: LutNetwork) -> int:
    """Return the ANDs of two inputs of the whole network after ABC; inverters are free."""
    core = build_core(network)
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
    small = [row for row in rows if row.values("ands") and row.mean("ands") <= MAX_ANDS]
    summary: list[dict[str, float | str]] = []
    for title, figure in (("by validation", "test"), ("honest", "valid")):
        best = [
            max((row for row in small if row.data == name), key=lambda row: row.mean(figure))
            for name in functions
        ]
        if best:
            summary.append(
                {
                    "choice": title,
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
