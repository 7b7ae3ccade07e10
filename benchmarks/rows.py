"""Rows of the accuracy and area benchmark: what was run, each kept in a file of its own.

A row is a system with its parameters on a data set, run with several seeds. Its file is written
after every run, so that a benchmark that was broken off goes on where it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lutgen.datasets.load import Dataset, load_dataset
from lutgen.files import write_json

RESULTS = Path(__file__).parent / "results"
SEEDS = (0, 1, 2)
COLUMNS = "columns"  # the features as they are

# data set: encoders of the bits that the references are given
TASKS: dict[str, tuple[str, ...]] = {
    "mnist": ("thresholds:64,160", "gain:784"),
    "fashion_mnist": ("gain:2352",),
    "cifar10": ("binary",),
    "cifar10_u4": (),
    "unsw_nb15": ("gain:400",),
    "jsc": ("gain:128",),
    "uci:letter": ("gain:128", "thermometer:15:uniform"),
    "uci:satimage": ("thermometer:8:quantile", "thermometer:24:uniform"),
    "uci:shuttle": ("gain:100",),
    "uci:pendigits": ("gain:160",),
    "uci:optdigits": ("gain:160",),
    "uci:adult": ("gain:100",),
    "uci:magic": ("thermometer:16:quantile", "thermometer:32:quantile"),
    "uci:connect_4": ("thermometer:2:uniform",),
    "uci:spambase": ("gain:228",),
    "uci:waveform_21": ("thermometer:8:quantile",),
    "unsw_nb15_attack": ("gain:800",),
}
IWLS = "iwls2020"
IWLS_FUNCTIONS = tuple(f"ex{i:02d}" for i in range(100))


@dataclass
class Row:
    """A system with its parameters on one data set.

    Parameters
    ----------
    data, system : str
    features : str
        The encoder that makes bits of the features, or `COLUMNS`.
    parameters : dict
        All that the result depends on besides data, features and seed.
    runs : list of dict
        By seed: ``seed``, ``test`` (accuracy), ``seconds`` of learning, and what else is known.
    """

    data: str
    system: str
    features: str
    parameters: dict[str, Any]
    runs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """File of the row, below `RESULTS`."""
        values = "-".join(f"{name}={value}" for name, value in self.parameters.items())
        name = "-".join(part for part in (self.system, self.features, values) if part)
        plain = re.sub(r"[^A-Za-z0-9=.]+", "_", name)
        return RESULTS / self.data.replace(":", "_") / f"{plain}.json"

    def values(self, name: str) -> list[float]:
        """Return a figure of every run that has it; names may be nested, as ``luts.core``."""
        found: list[Any] = list(self.runs)
        for part in name.split("."):
            found = [item[part] for item in found if isinstance(item, dict) and part in item]
        return [float(value) for value in found]

    def mean(self, name: str) -> float:
        """Return the mean over the runs; NaN where none has the figure."""
        values = self.values(name)
        return float(np.mean(values)) if values else float("nan")

    def spread(self, name: str) -> float:
        """Return the standard deviation over the runs (n - 1); 0 for one run."""
        values = self.values(name)
        return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def complete(
    row: Row, seeds: Iterable[int], measure: Callable[[int], dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Run the seeds that the row's file lacks, and write the file after each; yield new runs."""
    if row.path.exists():
        row.runs[:] = read(row.path).runs
    for seed in seeds:
        if any(run["seed"] == seed for run in row.runs):
            continue
        run = {"seed": seed, **measure(seed)}
        row.runs.append(run)
        row.path.parent.mkdir(parents=True, exist_ok=True)
        write_json(row.path, asdict(row))
        yield run


def read(path: Path) -> Row:
    """Read the file of a row."""
    return Row(**json.loads(path.read_text(encoding="utf-8")))


def read_all() -> list[Row]:
    """Return all rows there are, by file name: each data set has a folder."""
    return [read(path) for path in sorted(RESULTS.glob("*/**/*.json"))]


def load(name: str, seed: int, data_dir: Path | None) -> Dataset:
    """Load a data set; the seed parts it where it has no test part of its own."""
    return load_dataset(name, data_dir=data_dir, split_seed=seed)
