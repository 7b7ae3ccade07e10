"""The IWLS 2020 contest: Boolean functions learnt from 6,400 samples each, at most 5,000 ANDs.

For each function some configurations are learnt on four fifths of `train`, with the first seed,
and scored on the fifth set aside; the best is learnt on all of `train`, with each seed, and scored
on `valid`, which chose nothing. (The contest's rule is to choose on `valid` and to be scored on a
third sample, which was never part of what is at hand.) ANDs are those of the whole network of the
first seed, votes counted, as Yosys's ABC leaves them; a configuration of more than 5,000 is passed
over.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rows import IWLS, IWLS_FUNCTIONS, SEEDS, Row, load, read

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
FIRST = SEEDS[0]
MAX_ANDS = 5_000
CONFIGURATIONS: tuple[dict[str, Any], ...] = (
    {"k": 6, "luts_per_class": 100, "layers": 1, "interactions": 3, "refits": 2},
    {"k": 6, "luts_per_class": 100, "layers": 2, "interactions": 3, "refits": 2},
    {"k": 6, "luts_per_class": 100, "layers": 5, "interactions": 3, "refits": 2},
    {"k": 6, "luts_per_class": 100, "layers": 10, "interactions": 2, "refits": 1},
    {"k": 6, "luts_per_class": 100, "layers": 2, "popcount": True, "refits": 1},
    {"criterion": "newton", "k": 6, "luts_per_class": 100, "wire_fraction": 0.5, "refits": 0},
    {"k": 5, "luts_per_class": 200, "layers": 10, "interactions": 2, "refits": 1},
    {"k": 5, "luts_per_class": 200, "layers": 7, "interactions": 2, "refits": 2, "sweeps": 4},
)
ENOUGH = 0.995  # right of what was set aside: no further configuration is tried
MOST_INPUTS = 512  # of functions that all threes of inputs are scored for
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
        for told in _run(name, dataset, options.seeds):
            progress.print(name, told)


def _run(name: str, dataset: Dataset, seeds: Sequence[int]) -> Iterator[str]:
    """Score the configurations of a function, then learn the one that is best, with each seed."""
    few = dataset.X_train.shape[1] <= MOST_INPUTS
    rows = [
        _read(Row(f"{IWLS}/{name}", SYSTEM, "binary", item))
        for item in CONFIGURATIONS
        if few or item.get("interactions", 0) < 3
    ]
    kept, aside = split_rows(dataset.y_train, ASIDE, 0)
    X_aside, y_aside = dataset.X_train[aside], dataset.y_train[aside]
    for row in rows:
        if max((row.mean("valid") for row in rows if row.values("valid")), default=0) >= ENOUGH:
            break
        if not row.values("valid"):
            network = _learn(dataset, kept, row.parameters, FIRST)
            valid = float(np.mean(network.predict(X_aside) == y_aside))
            row.runs.insert(0, {"seed": FIRST, "valid": valid})
            yield _write(row, row.runs[0])
    while True:
        row = choose(rows)
        for seed in (FIRST, *(seed for seed in seeds if seed != FIRST)):
            known = [run for run in row.runs if run["seed"] == seed]
            run: dict[str, Any] = known[0] if known else {"seed": seed}
            if "test" in run and (seed != FIRST or "ands" in run):
                continue
            began = time.perf_counter()
            network = _learn(dataset, np.arange(len(dataset.y_train)), row.parameters, seed)
            run["seconds"] = round(time.perf_counter() - began, 2)
            run["test"] = float(np.mean(network.predict(dataset.X_test) == dataset.y_test))
            if seed == FIRST:
                run["ands"] = count_ands(network)
            if run not in row.runs:
                row.runs.append(run)
            yield _write(row, run)
            if row.mean("ands") > MAX_ANDS:
                break
        if choose(rows) is row:
            return


def _read(row: Row) -> Row:
    """Return the row with the runs that its file has."""
    return read(row.path) if row.path.exists() else row


def _write(row: Row, run: dict[str, Any]) -> str:
    row.path.parent.mkdir(parents=True, exist_ok=True)
    write_json(row.path, asdict(row))
    return f"{row.parameters} {json.dumps(run)}"


def choose(rows: Sequence[Row]) -> Row:
    """Return the row that has most right of what was set aside, none of too many ANDs.

    The first of equals, in the order of `CONFIGURATIONS`.
    """
    scored = [row for row in rows if row.values("valid")]
    small = [row for row in scored if not row.values("ands") or row.mean("ands") <= MAX_ANDS]
    small.sort(key=lambda row: CONFIGURATIONS.index(row.parameters))
    return max(small, key=lambda row: row.mean("valid"))


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
        n_threads=1,
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


def chosen(rows: Sequence[Row]) -> list[Row]:
    """Return the configuration of each function that was chosen and learnt, by name."""
    functions = sorted({row.data for row in rows if row.data.startswith(f"{IWLS}/")})
    best = [choose([row for row in rows if row.data == name]) for name in functions]
    return [row for row in best if row.values("test")]


def summarise(rows: Sequence[Row], first: str, last: str) -> dict[str, float]:
    """Return the means over functions `first` to `last` (as ``ex00``) that were learnt.

    Accuracy and its deviation are over the seeds that all of them have.
    """
    best = [row for row in chosen(rows) if first <= row.data.rpartition("/")[2] <= last]
    by_seed = [{run["seed"]: run["test"] for run in row.runs if "test" in run} for row in best]
    seeds = sorted(set.intersection(*map(set, by_seed))) if best else []
    means = [float(np.mean([runs[seed] for runs in by_seed])) for seed in seeds]
    return {
        "functions": len(best),
        "runs": len(seeds),
        "accuracy": float(np.mean(means)),
        "deviation": float(np.std(means, ddof=1)) if len(means) > 1 else 0.0,
        "ands": float(np.mean([row.mean("ands") for row in best])),
        "most_ands": max(row.mean("ands") for row in best),
    }


if __name__ == "__main__":
    main()
