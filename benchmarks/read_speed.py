"""How long a large table takes to read, against pandas: turns of both, one after the other.

A table of 10,000 rows of 784 pixels and a label, as ``mnist.csv`` is, and the same of numbers with
fractions. lutgen's time is that of features and labels, ready to learn from; pandas' that of the
data frame. Times are of the wall and of the processors; the ratio of a turn is of times next to
each other, so that what else the machine does weighs on both.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lutgen.datasets.tables import load_samples

RESULTS = Path(__file__).parent / "results" / "read_speed.json"
N_ROWS, N_PIXELS = 10_000, 784
LIMIT = 2.0


def write_tables(folder: Path) -> dict[str, Path]:
    """Write both tables, a header above, the labels first."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (N_ROWS, N_PIXELS)) * (rng.random((N_ROWS, N_PIXELS)) < 0.2)
    labels = rng.integers(0, 10, N_ROWS)
    tables = {"pixels": pixels, "fractions": np.round(pixels / 255, 4)}
    names = ["label", *(f"p{i}" for i in range(N_PIXELS))]
    paths = {}
    for name, values in tables.items():
        paths[name] = folder / f"{name}.csv"
        frame = pd.DataFrame(np.column_stack([labels, values]), columns=names)
        frame["label"] = labels
        frame.to_csv(paths[name], index=False)
    return paths


def seconds(read: Callable[[Path], Any], path: Path) -> tuple[float, float]:
    """Return wall and processor time of reading."""
    wall, busy = time.perf_counter(), time.process_time()
    read(path)
    return time.perf_counter() - wall, time.process_time() - busy


def measure(path: Path, turns: int) -> dict[str, Any]:
    """Read a table in turns, after one of each that does not count, and relate the times."""
    readers: dict[str, Callable[[Path], Any]] = {"lutgen": load_samples, "pandas": pd.read_csv}
    for read in readers.values():
        read(path)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in readers}
    for turn in range(turns):
        for name in sorted(readers, reverse=turn % 2 == 1):
            times[name].append(seconds(readers[name], path))
    pairs = list(zip(times["lutgen"], times["pandas"], strict=True))
    return {
        "bytes": path.stat().st_size,
        "turns": turns,
        **{
            f"{name}_{kind}": round(statistics.median(row[place] for row in rows), 3)
            for name, rows in times.items()
            for place, kind in enumerate(("seconds", "cpu_seconds"))
        },
        "ratio": round(statistics.median(own[0] / other[0] for own, other in pairs), 2),
        "cpu_ratio": round(statistics.median(own[1] / other[1] for own, other in pairs), 2),
    }


def main() -> None:
    """Measure both tables, write the record, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = {
            name: measure(path, options.turns) for name, path in write_tables(Path(folder)).items()
        }
    record = {"rows": N_ROWS, "columns": N_PIXELS + 1, "pandas": pd.__version__, "limit": LIMIT}
    options.json.write_text(json.dumps({**record, "tables": results}, indent=1) + "\n")
    print(json.dumps(results, indent=1))
    if any(result["ratio"] > LIMIT for result in results.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
