"""Bit flips in cores of digits and MNIST, and what three copies cost.

Run with: python benchmarks/faults.py MODEL CHIP PIPELINE
          python benchmarks/faults.py --tmr MODEL
          python benchmarks/faults.py --table

MODEL is a file that ``lutgen boost`` wrote; features come in as numbers, the encoder is in
hardware. The first form flips every bit; the second makes the core with three copies of registers
and of all, on several chips, and proves that single flips do not show. What came of it is kept in
``results/faults.json``, which the third form prints as the tables of ``docs/faults.md``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from lutgen.core import CoreConfig, make_core
from lutgen.datasets.labels import match_labels
from lutgen.files import read_json, write_json
from lutgen.jobs.faults import faults
from lutgen.jobs.progress import SILENT
from lutgen.jobs.samples import samples_for
from lutgen.model import LutNetwork
from lutgen.netlist.ir import CORE, LUT, REGISTER
from lutgen.netlist.passes.triplicate import ALL, NONE, REGISTERS
from lutgen.records.faults import FaultsRecord
from lutgen.report.faults import curve_table, faults_lines, parts_table
from lutgen.report.table import Table
from lutgen.verify.masking import prove_masking
from lutgen.verify.upsets import Point, Upsets, sites, wanted_classes

RECORD = Path(__file__).parent / "results" / "faults.json"
SHARES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
N_DRAWS = 20
CHIPS = (("ice40", 2), ("xilinx7", 2))
VARIANTS = ((NONE, False), (REGISTERS, False), (ALL, False), (ALL, True))


def flip(path: Path, chip: str, pipeline: int, data_dir: Path | None, proof_seconds: float) -> None:
    """Flip every bit of a core, and shares of the bits of its trained LUTs alone."""
    network = LutNetwork.load(path)
    chosen = samples_for(network, data_dir=data_dir)
    core = make_core(network, CoreConfig(chip, pipeline=pipeline, input_format="auto"))
    start = time.process_time()
    record = faults(
        core,
        chosen.X,
        chosen.y,
        budget_seconds=3600,
        proof_seconds=proof_seconds,
        n_draws=N_DRAWS,
        max_flips=4096,
        samples=f"{chosen.name}, {chosen.part}",
        progress=SILENT,
    )
    seconds = time.process_time() - start
    wanted = wanted_classes(core, match_labels(chosen.y, network.classes))
    upsets = Upsets(core, core.interface.samples(chosen.X), *wanted)
    cells = core.netlist.cells
    trained = [
        site
        for site in sites(core.netlist)[0]
        if cells[site.net - core.netlist.first_cell].part == CORE
    ]
    write(
        f"{chosen.name} {chip}",
        {
            "pipeline": pipeline,
            "seconds": round(seconds, 1),
            "proof_seconds": proof_seconds,
            "record": record.to_json(),
            "trained": [shares_flipped(upsets, trained, share) for share in SHARES],
        },
    )


def shares_flipped(upsets: Upsets, trained: list[Any], share: float) -> dict[str, float]:
    """Flip a share of the bits of the trained LUTs at once."""
    bits = [(site, entry) for site in trained for entry in site.entries]
    rng = np.random.default_rng(0)
    n_flips = max(1, round(share * len(bits)))
    right = []
    for _ in range(N_DRAWS):
        chosen = rng.choice(len(bits), size=n_flips, replace=False).tolist()
        right.append(upsets.right_after([bits[i] for i in chosen]) / upsets.n_samples)
    point = Point(n_flips, tuple(right))
    return {
        "share": share,
        "n_flips": n_flips,
        "mean": point.mean,
        "half_width": point.half_width,
        "least": min(right),
    }


def copies(path: Path) -> None:
    """Make the core with three copies on several chips, and prove it."""
    network = LutNetwork.load(path)
    rows = []
    for chip, pipeline in CHIPS:
        for kind, outputs in VARIANTS:
            core = make_core(
                network,
                CoreConfig(
                    chip, pipeline=pipeline, input_format="auto", tmr=kind, tmr_outputs=outputs
                ),
            )
            found = prove_masking(core)
            assert found is None or found.proved
            rows.append(
                {
                    "chip": chip,
                    "pipeline": pipeline,
                    "tmr": kind + " with three outputs" * outputs,
                    "luts": core.netlist.count(LUT),
                    "registers": core.netlist.count(REGISTER),
                    "levels": core.netlist.depth,
                    "voters_left": len(found.voters) if found else 0,
                    "proof_seconds": round(found.seconds, 1) if found else 0.0,
                    "estimated_mhz": core.timing.estimated_mhz if core.timing else 0.0,
                }
            )
            print(rows[-1], flush=True)
    source = network.provenance.source
    write(f"tmr {source.data if source else path.stem}", {"rows": rows})


def write(name: str, found: dict[str, Any]) -> None:
    """Keep a result."""
    known = read_json(RECORD) if RECORD.exists() else {}
    write_json(RECORD, dict(sorted({**known, name: found}.items())))


def markdown(table: Table) -> str:
    """Return a table as Markdown."""
    names = [column.removeprefix(">") for column in table.columns]
    rule = ["---:" if column.startswith(">") else "---" for column in table.columns]
    return "\n".join("| " + " | ".join(row) + " |" for row in (names, rule, *table.rows))


def print_tables() -> None:
    """Print what is known as Markdown."""
    for name, found in read_json(RECORD).items():
        print(f"\n### {name}\n")
        if "rows" in found:
            columns = tuple(f">{c}" if c not in ("chip", "tmr") else c for c in found["rows"][0])
            rows = tuple(tuple(map(str, row.values())) for row in found["rows"])
            print(markdown(Table("", columns, rows)))
            continue
        record = FaultsRecord.from_json(found["record"], name)
        print(f"pipeline {found['pipeline']}, {found['seconds']} s\n")
        for table in (parts_table(record), curve_table(record)):
            print(markdown(table) + "\n")
        print("\n".join(faults_lines(record)) + "\n")
        columns = tuple(f">{column}" for column in found["trained"][0])
        rows = tuple(
            tuple(
                f"{value:.4f}" if isinstance(value, float) else str(value)
                for value in item.values()
            )
            for item in found["trained"]
        )
        print(markdown(Table("", columns, rows)))


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, nargs="?")
    parser.add_argument("chip", nargs="?", default="ice40")
    parser.add_argument("pipeline", type=int, nargs="?", default=2)
    parser.add_argument("--tmr", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--proof-seconds", type=float, default=600)
    given = parser.parse_args()
    if given.table:
        print_tables()
    elif given.tmr:
        copies(given.model)
    else:
        flip(given.model, given.chip, given.pipeline, given.data_dir, given.proof_seconds)


if __name__ == "__main__":
    main()
