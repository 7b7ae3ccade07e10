"""Seconds of ``lutgen simulate``, beside those of an earlier version.

Run with: python benchmarks/simulation.py MODEL [--before FOLDER] [--turns N] [--data-dir FOLDER]

MODEL is ``mnist.npz`` of ``lutgen train --data mnist --task ge5 --k 8 --widths 1024x5 --seed 0 -o
mnist.npz``; its 10,000 test images go through its Verilog. FOLDER is a checkout of an earlier
version: then both run in turn. The record is ``results/simulation.json``, its table in
``benchmarks/README.md``. All seconds but those of the processors are of the clock.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pages import renewed as with_tables
from pages import table

from lutgen.files import read_json, write_json

HERE = Path(__file__).parent
RECORD, PAGE = HERE / "results" / "simulation.json", HERE / "README.md"
FIELDS = ("seconds", "cpu_seconds", "build_seconds", "run_seconds")


def once(model: Path, tree: Path, data_dir: str) -> dict[str, float]:
    """Return what one run of the command takes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-P",
            "-m",
            "lutgen",
            "simulate",
            str(model),
            "-o",
            folder,
            "--json",
        ]
        environment = {**os.environ, "PYTHONPATH": str(tree)}
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            [*command, "--data-dir", data_dir], env=environment, capture_output=True, check=True
        )
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        record = read_json(Path(folder) / "simulate.json")
    assert done.stdout
    check = next(check for check in record["checks"] if check["name"] == "RTL simulation")
    if check["n_equal"] != check["n_samples"]:
        raise ValueError(f"{model}: the simulation differs from the model")
    return {
        "seconds": seconds,
        "cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "build_seconds": check["build_seconds"],
        "run_seconds": check["run_seconds"],
        "n_samples": check["n_samples"],
    }


def renewed(page: str, record: dict[str, Any]) -> str:
    """Return the page with the table of the record."""
    columns = ("", ">whole command", ">build", ">run", ">processors")
    rows = []
    for tree in ("before", "now"):
        if tree in record:
            found = record[tree]
            seconds = [f"{found[field]:.1f} s" for field in FIELDS]
            rows.append([tree, seconds[0], *seconds[2:], seconds[1]])
    if "ratio" in record:
        rows.append(["ratio", *[f"{record['ratio'][field]:.2f}" for field in
                                (FIELDS[0], *FIELDS[2:], FIELDS[1])]])  # fmt: skip
    return with_tables(page, "simulation", [table(columns, rows)])


def main() -> None:
    """Measure, write the record, and its table into the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--before", type=Path, help="a checkout of an earlier version")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--data-dir", default=os.environ.get("LUTGEN_DATA", ""))
    options = parser.parse_args()
    trees = {"before": options.before} if options.before else {}
    trees["now"] = HERE.parent
    found: dict[str, list[dict[str, float]]] = {tree: [] for tree in trees}
    for turn in range(options.turns + 1):
        for tree, folder in trees.items():
            taken = once(options.model, folder, options.data_dir)
            if turn:  # the first compiles what is kept
                found[tree].append(taken)
                print(tree, taken, flush=True)
    record: dict[str, Any] = {"turns": options.turns, "load": round(os.getloadavg()[0], 1)}
    for tree, runs in found.items():
        record[tree] = {
            field: round(statistics.median(run[field] for run in runs), 2)
            for field in (*FIELDS, "n_samples")
        }
    if options.before:
        record["ratio"] = {
            field: round(
                statistics.median(
                    now[field] / earlier[field]
                    for now, earlier in zip(found["now"], found["before"], strict=True)
                ),
                2,
            )
            for field in FIELDS
        }
    write_json(RECORD, record)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(renewed(page, record), encoding="utf-8")


if __name__ == "__main__":
    main()
