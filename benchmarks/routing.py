"""What a router takes: chip, share, window and placer against routed or not, and Fmax.

Networks of five layers of 4-LUTs with random tables, a register after each, fold into one output
and stand between registers on the chip (lutgen.board.fmax). For each chip and share the largest
window that routes is searched by halving. Every result is kept at once in results/routing.json;
a run that was broken off goes on where it was, and rows that are there are not measured again.

Run with: python benchmarks/routing.py [--limit 150] [chip ...]
routability.json of each family in lutgen/chips, which ``--wiring window:auto`` goes by, is written
from the rows.
"""

from __future__ import annotations

import argparse
import datetime
import re
import resource
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lutgen.board.fmax import Fmax, get_routable_chip, measure_fmax
from lutgen.chips.chip import Chip, get_chip
from lutgen.chips.family import Family
from lutgen.chips.routability import FILE
from lutgen.core import CoreConfig, make_core
from lutgen.encode.encoder import Encoder
from lutgen.files import read_json, write_json
from lutgen.flow.pnr import CongestionError, find_router
from lutgen.learn.memorize.wiring import Wiring, draw
from lutgen.model import Argmax, LutNetwork

ROWS = Path(__file__).parent / "results" / "routing.json"
CHIPS = ("ice40-hx8k", "gowin-gw1nr-9", "ecp5-25k", "ice40-hx1k")
SHARES = (0.125, 0.25, 0.5, 0.75)
WINDOWS = (16, 32, 64, 128, 256, 512, 0)  # 0: the whole layer
N_LAYERS, K, N_INPUTS, SEED = 5, 4, 256, 1
PARITY = 0x6996

Row = dict[str, Any]


def layer_width(n_luts: int) -> int:
    """Return the LUTs of each layer in a network of about so many."""
    return round(n_luts / (N_LAYERS + 1 / (K - 1)))


def chip_luts(chip: Chip, share: float) -> int:
    """Return how many LUTs a share of a chip is."""
    assert chip.device is not None
    return round(share * chip.device.luts)


def layered_network(n_luts: int, window: int, seed: int = SEED) -> LutNetwork:
    """Return a network of about so many 4-LUTs: five layers, and a tree that folds the last."""
    width = layer_width(n_luts)
    widths = [width] * N_LAYERS
    rng = np.random.default_rng(seed)
    layers = draw(Wiring(window), k=K, widths=widths, n_inputs=N_INPUTS, seed=seed)
    starts = [0, *(N_INPUTS + width * i for i in range(N_LAYERS))]
    wires = [(layer + start).tolist() for layer, start in zip(layers, starts, strict=False)]
    tables = [rng.integers(0, 1 << (1 << K), size=width).tolist() for _ in layers]
    last = list(range(starts[-1], starts[-1] + width))
    n_signals = starts[-1] + width
    while len(last) > 1:
        folds = [last[i : i + K] for i in range(0, len(last), K)]
        wires.append(folds)
        tables.append([PARITY & ((1 << (1 << len(fold))) - 1) for fold in folds])
        last = list(range(n_signals, n_signals + len(folds)))
        n_signals += len(folds)
    flat = [fold for layer in wires for fold in layer]
    words = np.array([table for layer in tables for table in layer], dtype=np.uint64)
    return LutNetwork(
        n_inputs=N_INPUTS,
        fan_in=np.array([len(fold) for fold in flat], dtype=np.uint8),
        wires=np.concatenate(flat).astype(np.int32),
        tables=words,
        seen=np.zeros_like(words),
        tied=np.zeros_like(words),
        layer=np.repeat(np.arange(1, len(wires) + 1), [len(x) for x in wires]).astype(np.int32),
        outputs=np.array([n_signals - 1], dtype=np.int32),
        head=Argmax.class_number(),
        encoder=Encoder("binary", N_INPUTS, np.arange(N_INPUTS, dtype=np.int32),
                        np.full(N_INPUTS, 0.5)),
    )  # fmt: skip


def measure(chip: Chip, share: float, window: int, placer: str, limit_seconds: float) -> Row:
    """Place and route one network and return what came of it."""
    network = layered_network(chip_luts(chip, share), window)
    core = make_core(network, CoreConfig(chip=chip.family.name, pipeline=1, dont_cares=False))
    row: Row = {"chip": chip.name, "share": share, "window": window, "placer": placer,
                "n_luts": network.n_luts, "n_layers": N_LAYERS,
                "width": int((network.layer == 1).sum()),
                "tool": str(find_router(chip.family.name)),
                "date": datetime.date.today().isoformat(),
                "limit_seconds": limit_seconds}  # fmt: skip
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    result: Fmax | None = None
    with tempfile.TemporaryDirectory() as folder:
        try:
            result = measure_fmax(core, chip, Path(folder), seeds=(SEED,),
                                  timeout_seconds=limit_seconds,
                                  options=("--placer", placer))  # fmt: skip
        except CongestionError as error:
            row["why"] = re.sub(r"; log: .*", "", str(error))
    row["routed"] = result is not None
    row["cpu_seconds"] = round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - used, 1)
    if result:
        row |= {"seconds": result.routed[0].seconds, "fmax_mhz": round(result.mhz[1], 1),
                "used": result.routed[0].used}  # fmt: skip
    return row


def search(rows: list[Row], chip: Chip, share: float, placer: str, limit: float) -> None:
    """Find the largest window that routes, by halving; a larger one is taken to be harder."""
    here = (chip.name, share, placer)
    known = {row["window"]: row["routed"] for row in rows
             if (row["chip"], row["share"], row["placer"]) == here}  # fmt: skip
    windows = [window for window in WINDOWS if window < layer_width(chip_luts(chip, share))]
    low = max((at for at, window in enumerate(windows) if known.get(window)), default=-1)
    high = next((at for at in range(low + 1, len(windows)) if windows[at] in known), len(windows))
    while high - low > 1:
        at = (low + high) // 2 if known else len(windows) - 1  # random wires are tried first
        known[windows[at]] = add(rows, chip, share, windows[at], placer, limit)
        low, high = (at, high) if known[windows[at]] else (low, at)


def add(rows: list[Row], chip: Chip, share: float, window: int, placer: str, limit: float) -> bool:
    """Measure a row and keep it; return whether it routed."""
    row = measure(chip, share, window, placer, limit)
    rows.append(row)
    save(rows)
    print({name: row[name] for name in row if name not in ("tool", "date")}, flush=True)
    return bool(row["routed"])


def save(rows: Sequence[Row]) -> None:
    """Keep the rows, and the tables that lutgen goes by."""
    ordered = sorted(rows, key=lambda row: (row["chip"], row["placer"], row["share"],
                                            row["window"] or 1 << 20))  # fmt: skip
    write_json(ROWS, ordered)
    for family, measured in tables(ordered).items():
        assert family.folder is not None
        write_json(family.folder / FILE, measured)


def tables(rows: Sequence[Row]) -> dict[Family, dict[str, Any]]:
    """Return, for each chip, the largest window that routed at each share, with its source."""
    found: dict[Family, dict[str, Any]] = {}
    for name in sorted({row["chip"] for row in rows}):
        mine = [row for row in rows if row["chip"] == name]
        best = {}
        for share in sorted({row["share"] for row in mine}):
            routed = [row for row in mine if row["share"] == share and row["routed"]]
            if not routed:
                if any(row["share"] == share and row["window"] == WINDOWS[0] for row in mine):
                    best[f"{share:g}"] = {"window": 1}  # not even the smallest one
                continue
            row = max(routed, key=lambda row: (row["window"] or 1 << 20, row["fmax_mhz"]))
            best[f"{share:g}"] = {"window": row["window"], "fmax_mhz": row["fmax_mhz"]}
        if not best:  # nothing is known yet
            continue
        chip = get_chip(name)
        assert chip.device is not None
        found.setdefault(chip.family, {})[chip.device.name] = {
            "tool": mine[-1]["tool"],
            "options": f"{N_LAYERS} layers of {K}-LUTs with random tables, a register after each, "
            f"one seed, {max(row['limit_seconds'] for row in mine):g} s at most",
            "date": max(row["date"] for row in mine),
            "source": "python benchmarks/routing.py",
            "largest_window": best,
        }
    return found


def print_table(rows: Sequence[Row]) -> None:
    """Print the rows as a table in Markdown."""
    print("| chip | share | LUTs | placer | window | routed | CPU s | Fmax MHz |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        print(f"| {row['chip']} | {row['share']:.1%} | {row['n_luts']:,} | {row['placer']} | "
              f"{row['window'] or 'random'} | {'yes' if row['routed'] else 'no'} | "
              f"{row['cpu_seconds']} | {row.get('fmax_mhz', '')} |")  # fmt: skip


def main() -> None:
    """Measure what is missing, or print what there is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chips", nargs="*", default=CHIPS)
    parser.add_argument("--limit", type=float, default=150, help="seconds for each place and route")
    parser.add_argument("--placers", default="static,heap", help="with commas")
    parser.add_argument("--shares", default=",".join(map(str, SHARES)), help="with commas")
    parser.add_argument("--window", type=int, help="only this one, instead of a search")
    parser.add_argument("--print", action="store_true", help="only print the table")
    options = parser.parse_args()
    rows: list[Row] = read_json(ROWS) if ROWS.exists() else []
    if not options.print:
        for placer in options.placers.split(","):
            for share in map(float, options.shares.split(",")):
                for chip in map(get_routable_chip, options.chips):
                    if options.window is None:
                        search(rows, chip, share, placer, options.limit)
                    else:
                        add(rows, chip, share, options.window, placer, options.limit)
    print_table(rows)


if __name__ == "__main__":
    main()
