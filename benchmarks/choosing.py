"""What each parameter of the booster does, measured: the pictures of ``docs/choosing.md``.

``python benchmarks/choosing.py`` learns what ``benchmarks/results/choosing.json`` lacks and draws
``docs/choosing/*.svg``. Networks grow without refits on two thirds of the training rows and are
measured on the other third. Test parts are not looked at.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rows import RESULTS, load

from lutgen.core import CoreConfig, make_core
from lutgen.files import write_atomic, write_json
from lutgen.learn.boost.network import first_rounds
from lutgen.learn.estimators.boosting import BoostedLutClassifier
from lutgen.netlist.stats import netlist_stats
from lutgen.studies.plot import Curve, Panel, draw
from lutgen.tune.cost import Cost
from lutgen.tune.search import shuffled_folds
from lutgen.tune.trials import Trials

SIZES = (5, 10, 20, 40, 80)
BASE: dict[str, Any] = {
    "encoder": "thermometer:8:quantile", "k": 4, "criterion": "newton", "leaf_bits": 1,
    "temperature": 8.0,
}  # fmt: skip
SATIMAGE, WAVEFORM = "uci:satimage", "uci:waveform_21"
ICE40, XILINX = "ice40", "xilinx7"
RECORD = RESULTS / "choosing.json"
DOCS = Path(__file__).parents[1] / "docs" / "choosing"

SWEEPS: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "encoder": [
        (WAVEFORM, ICE40, {"encoder": encoder})
        for encoder in ("thermometer:2:quantile", "thermometer:4:quantile",
                        "thermometer:8:quantile", "gain:42", "gain:84")
    ],
    "k": [(WAVEFORM, chip, {"k": k}) for chip in (ICE40, XILINX) for k in (3, 4, 5, 6)],
    "temperature": [(WAVEFORM, "", {"temperature": float(2**e)}) for e in range(7)],
    "criterion": [
        (data, "", {"criterion": criterion, "temperature": temperature})
        for data in (SATIMAGE, WAVEFORM)
        for criterion, temperature in (("absolute", 4.0), ("newton", 8.0))
    ],
    "leaf_bits": [
        (WAVEFORM, XILINX, {"k": 5, "leaf_bits": bits, "temperature": 4.0 * 2**bits})
        for bits in (1, 2, 3)
    ],
    "search_samples": [(WAVEFORM, "", {"search_samples": n}) for n in (64, 256, 1024, 0)],
}  # fmt: skip


def main() -> None:
    """Learn what is missing, and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path)
    options = parser.parse_args()
    found: dict[str, Any] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    progress = Console(stderr=True)
    work: dict[str, Callable[[], Any]] = {}
    for name, items in SWEEPS.items():
        for data, chip, told in items:
            work[_key(name, data, chip, told)] = _grown(data, chip, told, options.data_dir)
    work["refits"] = lambda: _refitted(options.data_dir)
    work["parts"] = lambda: {chip: _parts(chip, options.data_dir) for chip in (ICE40, XILINX)}
    for key, measure in work.items():
        if key not in found:
            found[key] = measure()
            write_json(RECORD, found)
            progress.print(key, markup=False)
    for name, svg in pictures(found).items():
        write_atomic(DOCS / f"{name}.svg", svg)


def _key(name: str, data: str, chip: str, told: Mapping[str, Any]) -> str:
    return " ".join([name, data, chip or "-", json.dumps(dict(told))])


def _trials(data: str, chip: str, told: Mapping[str, Any], data_dir: Path | None) -> Trials:
    dataset = load(data, 0, data_dir)
    X, y = dataset.X_train, dataset.y_train
    splits = list(shuffled_folds(3, 0, stratified=True).split(X, y))[:1]
    cost = Cost(CoreConfig(chip=chip or ICE40, input_format="auto"))
    return Trials(BoostedLutClassifier(random_state=0, n_jobs=1, **told), X, y, None, splits, cost)


def _grown(
    data: str, chip: str, told: Mapping[str, Any], data_dir: Path | None
) -> Callable[[], Any]:
    def measure() -> dict[str, Any]:
        trials, shape = _trials(data, chip, {}, data_dir), {**BASE, **told}
        mapped = SIZES if chip else ()
        began = time.process_time()
        trial = trials.grow(shape, 0, SIZES[-1], SIZES, mapped, 1 << 30)
        seconds = time.process_time() - began
        return {
            "scores": [round(point.score or 0.0, 5) for point in trial.points],
            "luts": [point.luts for point in trial.points],
            "seconds": round(seconds, 2),
        }

    return measure


def _refitted(data_dir: Path | None) -> dict[str, Any]:
    """Return scores of networks of each size that are refitted."""
    trials = _trials(WAVEFORM, ICE40, {"refits": 1}, data_dir)
    return {"scores": [round(trials.measure(BASE, n, 0), 5) for n in SIZES]}


def _parts(chip: str, data_dir: Path | None) -> dict[str, list[int]]:
    """Return LUTs of encoder, core and head by size."""
    dataset = load(WAVEFORM, 0, data_dir)
    model = BoostedLutClassifier(
        **BASE, luts_per_class=SIZES[-1], refits=0, random_state=0, n_jobs=1
    ).fit(dataset.X_train, dataset.y_train)
    if model.network_.provenance.interrupted:
        raise KeyboardInterrupt
    found: dict[str, list[int]] = {"encoder": [], "core": [], "head": []}
    for n in SIZES:
        config = CoreConfig(chip=chip, input_format="auto")
        layers = netlist_stats(make_core(first_rounds(model.network_, n), config).netlist).layers
        for part, counts in found.items():
            counts.append(sum(layer.luts for layer in layers if layer.part == part))
    return found


def pictures(found: Mapping[str, Any]) -> dict[str, str]:
    """Return each picture by its name."""

    def against_luts(name: str, chip: str, label: str, title: str) -> Panel:
        curves = [
            Curve(
                f"{label}{next(iter(told.values()))}" if name != "leaf_bits"
                else f"{told['leaf_bits']} bit(s)",
                found[_key(name, data, of, told)]["luts"],
                found[_key(name, data, of, told)]["scores"],
            )
            for data, of, told in SWEEPS[name]
            if of == chip
        ]  # fmt: skip
        return Panel(title, "LUTs of encoder, core and head", "accuracy held out", tuple(curves),
                     "x")  # fmt: skip

    def by_size(data: str) -> Panel:
        curves = [
            Curve(told["criterion"], SIZES, found[_key("criterion", of, "", told)]["scores"])
            for of, _, told in SWEEPS["criterion"]
            if of == data
        ]
        return Panel(data, "LUTs of a class", "accuracy held out", tuple(curves), "x")

    def of_all(name: str) -> list[tuple[float, dict[str, Any]]]:
        return [
            (told[name], found[_key(name, data, chip, told)]) for data, chip, told in SWEEPS[name]
        ]

    temperatures = of_all("temperature")
    searched = [(n or 2666, row) for n, row in of_all("search_samples")]
    grown = found[_key("temperature", WAVEFORM, "", {"temperature": 8.0})]["scores"]
    parts = found["parts"]
    panels: dict[str, list[Panel]] = {
        "encoder": [against_luts("encoder", ICE40, "", "waveform on iCE40, k = 4")],
        "k": [
            against_luts("k", chip, "k = ", f"waveform on {title}")
            for chip, title in ((ICE40, "iCE40 (LUT4)"), (XILINX, "7 series (LUT6)"))
        ],
        "luts": [
            Panel(
                "waveform, k = 4", "LUTs of a class", "accuracy held out",
                (Curve("grown", SIZES, grown),
                 Curve("refitted once", SIZES, found["refits"]["scores"])), "x",
            )
        ],
        "temperature": [
            Panel(
                "waveform, newton, k = 4", "temperature", "accuracy held out",
                tuple(
                    Curve(f"{n} LUTs a class", [t for t, _ in temperatures],
                          [row["scores"][place] for _, row in temperatures])
                    for place, n in enumerate(SIZES) if n in (5, 20, 80)
                ), "x",
            )
        ],
        "criterion": [by_size(SATIMAGE), by_size(WAVEFORM)],
        "leaf_bits": [against_luts("leaf_bits", XILINX, "", "waveform on 7 series, k = 5")],
        "search_samples": [
            Panel("waveform, 80 LUTs a class", "samples searched on", label, (
                Curve("", [n for n, _ in searched], values),), "x")
            for label, values in (
                ("accuracy held out", [row["scores"][-1] for _, row in searched]),
                ("seconds of learning", [row["seconds"] for _, row in searched]),
            )
        ],
        "head": [
            Panel(title, "LUTs of a class, learnt", "LUTs of the chip", tuple(
                Curve(part, SIZES, counts) for part, counts in parts[chip].items()), "x")
            for chip, title in ((ICE40, "iCE40 (LUT4)"), (XILINX, "7 series (LUT6)"))
        ],
    }  # fmt: skip
    return {name: draw(items) for name, items in panels.items()}


if __name__ == "__main__":
    main()
