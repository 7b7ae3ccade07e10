"""Boosted networks of LUTs on each data set: accuracy, and the LUTs of encoder, core and head.

Every configuration is learnt without a validation part first, which it is scored on, then on all
training rows, and that network is tested and synthesised. Configurations are chosen by the score on
the validation part; the test part is only ever reported.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rows import SEEDS, Row, complete, load, read

from lutgen.core import Core, CoreConfig, make_core
from lutgen.core.inputs import AUTO
from lutgen.datasets.load import Dataset
from lutgen.datasets.split import split_rows
from lutgen.emit.blif import emit_blif
from lutgen.emit.verilog import core_verilog
from lutgen.encode.encoder import fit_encoder
from lutgen.errors import ConfigError, ToolError
from lutgen.files import write_json
from lutgen.flow.yosys import DIRECT, OPTIMISED, synthesise, yosys_family
from lutgen.learn.boost import BoostParameters, boost
from lutgen.model.network import LutNetwork
from lutgen.netlist.ir import CORE, ENCODER, HEAD
from lutgen.netlist.stats import netlist_stats

SYSTEM = "lutgen"
TARGET = "xilinx7"
VALIDATION = 1 / 12
MAX_INPUT_BITS = 16
MOST_ASSERTED = 4000
TIMEOUT_SECONDS = 120  # ABC takes far longer on some heads of many classes

# data set: encoder, LUTs per class, other parameters of the booster
_SMALL = {"refits": 2}
_IMAGES = {"refits": 2, "shift": 1}
_MIRRORED = {"shift": 1, "mirror": True, "patch": 16, "views_a_round": 4}
_PHOTOS = {"shift": 2, "mirror": True, "patch": 10}
_WARPED = {"refits": 2, "shift": 1, "warp": 1.0, "random_wires": 2, "sweeps": 3}
_SMALL_IMAGES = {"refits": 10, "shift": 1, "random_wires": 2, "sweeps": 4}
# two bits of five inputs are one LUT6_2; many small steps, each among half of the signals
_PAIRS = {"criterion": "newton", "k": 5, "leaf_bits": 2, "wire_fraction": 0.5, "refits": 0}
CONFIGURATIONS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "mnist": [
        ("threshold:128", {"luts_per_class": 70}),
        ("threshold:128", {"luts_per_class": 70, **_IMAGES}),
        *(
            ("thresholds:64,160", {"luts_per_class": n, "temperature": t, **_IMAGES})
            for n, t in ((30, 4), (70, 6), (150, 8), (380, 12))
        ),
        ("threshold:128", {"luts_per_class": 31, "temperature": 3.2, **_SMALL_IMAGES}),
        (
            "thresholds:64,128",
            {"luts_per_class": 60, "temperature": 5.5, **_SMALL_IMAGES, "refits": 4},
        ),
        (
            "threshold:128",
            {"luts_per_class": 31, "temperature": 3.2, **_SMALL_IMAGES, "refits": 30},
        ),
        (
            "threshold:64",
            {"luts_per_class": 61, "temperature": 5.5, **_SMALL_IMAGES, "refits": 12},
        ),
        ("threshold:32", {"luts_per_class": 200, "temperature": 11, **_WARPED}),
        (
            "thresholds:32,96,160",
            {
                "luts_per_class": 1300,
                "temperature": 40,
                "refits": 1,
                "shift": 2,
                "patch": 16,
                "views_a_round": 4,
            },
        ),
    ],
    "fashion_mnist": [
        *(
            ("thresholds:64,160", {"luts_per_class": n, "temperature": t, **_IMAGES})
            for n, t in ((70, 9), (150, 12))
        ),
        ("gain:2352", {"luts_per_class": 130, "temperature": 14, "refits": 2, **_MIRRORED}),
        # the bits of these four are functions of the three upper ones: two LUTs a pixel at most
        *(
            (
                "thresholds:32,64,128,192",
                {"luts_per_class": n, "temperature": t, "refits": refits, **_MIRRORED},
            )
            for n, t, refits in ((110, 12, 4), (330, 26, 2), (950, 50, 1))
        ),
    ],
    "unsw_nb15": [
        (encoder, {"luts_per_class": n, **_SMALL})
        for encoder in ("gain:200", "gain:400")
        for n in (20, 60, 200)
    ],
    "cifar10": [("binary", {"luts_per_class": 100, "shift": 1})],
    "cifar10_u4": [
        (
            "thresholds:3,6,9,12",
            {"luts_per_class": 600, "temperature": 34, "refits": 1, **_PHOTOS, "views_a_round": 9},
        ),
        *(
            (
                "thresholds:2,4,6,8,10,12",
                {
                    "luts_per_class": n,
                    "temperature": t,
                    "refits": 0,
                    **_PHOTOS,
                    "views_a_round": 4,
                    "search_samples": 6000,
                },
            )
            for n, t in ((1600, 60), (5000, 110))
        ),
    ],
    "jsc": [
        *(("gain:128", {"luts_per_class": n, **_SMALL}) for n in (10, 40)),
        ("gain:128", {"luts_per_class": 96, **_PAIRS, "learning_rate": 0.1}),
    ],
    "uci:letter": [
        *(("gain:128", {"luts_per_class": n, **_SMALL}) for n in (20, 60)),
        ("thermometer:15:uniform", {"luts_per_class": 76, "temperature": 9, "refits": 1}),
    ],
    "uci:satimage": [
        *(("thermometer:8:quantile", {"luts_per_class": n, **_SMALL}) for n in (20, 60)),
        ("thermometer:24:uniform", {"luts_per_class": 80, **_PAIRS}),
        ("thermometer:16:quantile:50%", {"luts_per_class": 80, **_PAIRS, "k": 6, "leaf_bits": 1}),
    ],
    "uci:shuttle": [("gain:100", {"luts_per_class": n, **_SMALL}) for n in (10, 30)],
    "uci:pendigits": [("gain:160", {"luts_per_class": n, **_SMALL}) for n in (20, 60)],
    "uci:optdigits": [("gain:160", {"luts_per_class": n, **_SMALL}) for n in (20, 60)],
    "uci:adult": [
        *(("gain:100", {"luts_per_class": n, **_SMALL}) for n in (30, 120)),
        ("gain:100", {"luts_per_class": 120, "criterion": "newton"}),
        ("gain:100:5%", {"luts_per_class": 120, "criterion": "newton"}),
        ("gain:100", {"luts_per_class": 480, **_PAIRS, "learning_rate": 0.1}),
    ],
    "uci:magic": [
        *(("thermometer:16:quantile", {"luts_per_class": n, **_SMALL}) for n in (30, 120)),
        ("thermometer:32:quantile", {"luts_per_class": 480, **_PAIRS, "learning_rate": 0.1}),
        ("thermometer:32:quantile:50%", {"luts_per_class": 480, **_PAIRS, "learning_rate": 0.1}),
    ],
    "uci:connect_4": [
        ("thermometer:2:uniform", {"luts_per_class": n, **_SMALL}) for n in (60, 240)
    ],
    "uci:spambase": [
        *(("gain:228", {"luts_per_class": n, **_SMALL}) for n in (30, 120)),
        ("gain:228", {"luts_per_class": 480, **_PAIRS, "learning_rate": 0.1}),
    ],
    "uci:waveform_21": [
        *(("thermometer:8:quantile", {"luts_per_class": n, **_SMALL}) for n in (20, 60)),
        ("thermometer:8:quantile", {"luts_per_class": 60, **_PAIRS, "k": 4, "leaf_bits": 3}),
    ],
}


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(CONFIGURATIONS), choices=CONFIGURATIONS)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--most-luts", type=int, help="leave out configurations of more LUTs")
    parser.add_argument("--quick", action="store_true", help="leave out Yosys's own mapping")
    parser.add_argument(
        "--recount", action="store_true", help="learn what records hold again, and count it anew"
    )
    parser.add_argument("--models", type=Path, help="keep the networks in this folder")
    parser.add_argument("--data-dir", type=Path)
    options = parser.parse_args()
    progress = Console(stderr=True)
    for data in options.data:
        for encoder, parameters in CONFIGURATIONS[data]:
            row = Row(data, SYSTEM, encoder, parameters)
            for run in _run(row, options):
                luts = run["luts"]
                progress.print(
                    data, encoder, parameters, run["seed"], f"{run['test']:.4f}",
                    f"{run['seconds']:.1f} s", f"{luts['core']} + {luts['head']} LUTs",
                )  # fmt: skip


def _run(row: Row, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    def measure(seed: int) -> dict[str, Any]:
        dataset = load(row.data, seed, options.data_dir)
        return _measure(dataset, row, seed, options.quick, options.models)

    n_groups = len(np.unique(load(row.data, 0, options.data_dir).y_train))
    n_luts = row.parameters["luts_per_class"] * (1 if n_groups == 2 else n_groups)
    if options.most_luts is not None and n_luts > options.most_luts:
        return
    if options.recount:
        yield from _recount(row, options)
    else:
        yield from complete(row, options.seeds, measure)


def _recount(row: Row, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Count the LUTs of networks anew, and write the file after each.

    Raises
    ------
    ValueError
        If what is learnt today is another network than the record's.
    """
    if not row.path.exists():
        return
    row.runs[:] = read(row.path).runs
    for run in row.runs:
        if run["seed"] not in options.seeds:
            continue
        dataset = load(row.data, run["seed"], options.data_dir)
        network, _ = _learn(dataset, np.arange(len(dataset.y_train)), row, run["seed"])
        test = float(np.mean(network.predict(dataset.X_test) == dataset.y_test))
        if test != run["test"]:  # digests of older records are of an older definition
            found = f"test accuracy {test}, not {run['test']}"
            raise ValueError(f"{row.path}, seed {run['seed']}: another network today: {found}")
        _keep(network, options.models)
        run["digest"] = network.digest
        run["luts"] |= _count(network, dataset, asserted=run["seed"] == 0)
        write_json(row.path, asdict(row))
        yield run


def _measure(
    dataset: Dataset, row: Row, seed: int, quick: bool, models: Path | None
) -> dict[str, Any]:
    kept, aside = split_rows(dataset.y_train, VALIDATION, 0)
    scored, _ = _learn(dataset, kept, row, seed)
    valid = float(np.mean(scored.predict(dataset.X_train[aside]) == dataset.y_train[aside]))
    began = time.process_time()
    network, seconds = _learn(dataset, np.arange(len(dataset.y_train)), row, seed)
    cpu_seconds = time.process_time() - began
    _keep(network, models)
    # Yosys takes hours over some ten thousand LUTs
    asserted = seed == 0 and network.n_luts <= MOST_ASSERTED
    luts = _count(network, dataset, asserted=asserted)
    if asserted and not quick:
        luts |= _count_anew(network)
    return {
        "test": float(np.mean(network.predict(dataset.X_test) == dataset.y_test)),
        "valid": valid,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "n_bits": network.encoder.n_bits,
        "n_luts_learnt": network.n_luts,
        "luts": luts,
        "split": dataset.split,
        "digest": network.digest,
    }


def _keep(network: LutNetwork, models: Path | None) -> None:
    if models:
        models.mkdir(parents=True, exist_ok=True)
        network.save(models / f"{network.digest}.npz")


def _learn(
    dataset: Dataset, rows: NDArray[np.int64], row: Row, seed: int
) -> tuple[LutNetwork, float]:
    """Fit encoder and network; the seconds are of both."""
    began = time.perf_counter()
    X, y = dataset.X_train[rows], dataset.y_train[rows]
    encoder = fit_encoder(row.features, X, y)
    classes, labels = np.unique(y, return_inverse=True)
    network = boost(
        encoder.encode(X),
        labels,
        BoostParameters(**{"criterion": "absolute", **row.parameters}, seed=seed),
        encoder=encoder,
        classes=classes,
        feature_shape=dataset.feature_shape,
        n_threads=2,
    )
    return network, time.perf_counter() - began


def _count(network: LutNetwork, dataset: Dataset, *, asserted: bool) -> dict[str, Any]:
    return count_luts(network, asserted=asserted) | _count_encoder(
        network, dataset, asserted=asserted
    )


def count_luts(
    network: LutNetwork, input_format: str = "", *, asserted: bool = True
) -> dict[str, int]:
    """Count LUTs (xc7): encoder, core and head, which add up to ``yosys_direct``.

    Features come in as numbers of a format; encoded bits where none is named. Where it is not
    asserted, Yosys is spared: what lutgen maps it leaves as it is.
    """
    core = make_core(network, CoreConfig(chip=TARGET, input_format=input_format))
    of_family = yosys_family(TARGET).luts
    parts = {ENCODER: 0, CORE: 0, HEAD: 0}
    for layer in netlist_stats(core.netlist).layers:
        parts[layer.part] += sum(n * layer.cells.get(name, 0) for name, n in of_family.items())
    direct = sum(parts.values())
    if asserted:
        found = _synthesise(core, DIRECT)
        assert direct == found, (parts, found)
    return {**parts, "yosys_direct": direct}


def _count_anew(network: LutNetwork) -> dict[str, int]:
    """Count what Yosys makes of core and head by itself, if it does so in some minutes."""
    try:
        return {
            "yosys_optimised": _synthesise(make_core(network, CoreConfig(chip=TARGET)), OPTIMISED)
        }
    except ToolError:
        return {}


def _count_encoder(network: LutNetwork, dataset: Dataset, *, asserted: bool) -> dict[str, Any]:
    """Count the comparators; whole numbers of few bits are of one width, all else is ``auto``."""
    most = dataset.X_train.max()
    whole = bool((dataset.X_train == np.floor(dataset.X_train)).all())
    if whole and dataset.X_train.min() >= 0 and most <= 1:
        return {"encoder": 0}
    few = whole and dataset.X_train.min() >= 0 and most < 1 << MAX_INPUT_BITS
    input_format = f"u{int(most).bit_length()}" if few else AUTO
    try:
        counts = count_luts(network, input_format, asserted=asserted)
    except ConfigError:  # no format loses nothing: its encoder is not counted
        return {}
    return {
        "encoder": counts["encoder"],
        "input_format": input_format,
        "with_encoder_direct": counts["yosys_direct"],
    }


def _synthesise(core: Core, mode: str) -> int:
    source = core_verilog(core) if mode == DIRECT else emit_blif(core.logic, model=core.module)
    with tempfile.TemporaryDirectory() as folder:
        return synthesise(
            source,
            language="verilog" if mode == DIRECT else "blif",
            top=core.module,
            target=TARGET,
            mode=mode,
            out_dir=Path(folder),
            timeout_seconds=TIMEOUT_SECONDS,
        ).n_luts


if __name__ == "__main__":
    main()
