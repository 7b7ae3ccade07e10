"""Every board with the same digits: what a bitstream takes, how fast it is, and how long it takes.

Ten classes of handwritten digits (scikit-learn's, 8 x 8 pixels) are learnt by boosting, the encoder
goes into the hardware, and each board is placed and routed with four seeds. A board too small for
the network gets a smaller one. Builds are kept in a folder, so that a second run goes on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from lutgen.board.boards import board_names, find_board
from lutgen.board.build import build_board
from lutgen.core import CoreConfig
from lutgen.errors import LutgenError, MismatchError
from lutgen.jobs.learn import boost
from lutgen.jobs.samples import load_source
from lutgen.learn.boost import BoostParameters
from lutgen.model import LutNetwork, Source

ENCODER = "thresholds:4,8,12"
# LUTs a class, and bits of a feature (0: the encoder stays with the host): the first that fits.
SIZES = ((20, 5), (20, 0), (5, 0), (2, 0))
COLUMNS = (
    "board", "chip", "LUTs a class", "test accuracy", "LUTs", "of chip", "registers", "of chip",
    "clock MHz", "Fmax MHz (min / median / max)", "cycles: latency", "bitstream bytes", "seconds",
)  # fmt: skip


def learn_digits(luts_per_class: int) -> LutNetwork:
    """Learn the digits with so many LUTs a class."""
    source = Source("digits")
    parameters = BoostParameters(luts_per_class=luts_per_class, criterion="absolute")
    return boost(load_source(source), source, parameters, encoder=ENCODER)


def build(name: str, n_seeds: int, out: Path) -> dict[str, Any]:
    """Build a board with the largest network that it holds; return the build's record."""
    for luts_per_class, input_bits in SIZES:
        network = learn_digits(luts_per_class)
        try:
            built = build_board(
                network,
                find_board(name),
                out,
                CoreConfig(input_bits=input_bits),
                seeds=range(1, n_seeds + 1),
            )
        except MismatchError as error:
            print(error)
            continue
        size = {"luts_per_class": luts_per_class, "input_bits": input_bits}
        record = {**built.record.to_json(), **size}
        return {key: record[key] for key in record if key not in ("key", "critical_path")}
    raise MismatchError(f"{name} holds none of the networks")


def row(record: dict[str, Any]) -> tuple[str, ...]:
    """Return a build as a row of the table."""
    resources, device, fmax = record["resources"], record["device"], record.get("fmax_mhz") or {}
    return (
        record["board"]["name"],
        device["title"],
        f"{record['luts_per_class']}" + ("" if record["input_bits"] else ", no encoder"),
        f"{record['model']['test_accuracy']:.4f}",
        f"{resources['luts']:,}",
        f"{100 * resources['luts'] / device['luts']:.1f} %",
        f"{resources['registers']:,}",
        f"{100 * resources['registers'] / device['registers']:.1f} %",
        f"{record['clock_mhz']:g}",
        " / ".join(f"{fmax[key]:.1f}" for key in ("min", "median", "max") if key in fmax)
        or "Vivado's to tell",
        f"{record['latency_cycles']}: {record['latency_ns']:g} ns",
        f"{record['bitstream']['bytes']:,}" if record.get("bitstream") else "",
        f"{record['seconds']['all']:.0f}" if record.get("seconds") else "",
    )


def main() -> None:
    """Build the boards one after the other and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boards", nargs="*", default=board_names(), help="only these")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--out", type=Path, default=Path("build/boards"))
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/boards.json"))
    options = parser.parse_args()
    records = json.loads(options.json.read_text()) if options.json.exists() else {}
    for name in options.boards:
        try:
            records[name] = build(name, options.seeds, options.out)
        except LutgenError as error:
            print(f"{name}: {error}")
            continue
        options.json.write_text(json.dumps(records, indent=1, sort_keys=True) + "\n")
    print("| " + " | ".join(COLUMNS) + " |")
    print("|" + "---|" * len(COLUMNS))
    for name in board_names():
        if name in records:
            print("| " + " | ".join(row(records[name])) + " |")


if __name__ == "__main__":
    main()
