"""Bit flips in cores of digits and MNIST, and what three copies cost.

Run with: python benchmarks/faults.py MODEL CHIP PIPELINE
          python benchmarks/faults.py --tmr MODEL
          python benchmarks/faults.py --table

MODEL is a file that ``lutgen boost`` wrote; features come in as numbers, the encoder is in
hardware. The first form flips every bit; the second makes the core with three copies of registers
and of all, on several chips, and proves that single flips do not show. What came of it is kept in
``results/faults.json``, of which the tables of ``docs/faults.md`` are made; the third form makes
them, and no more.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from pages import renewed as with_tables
from pages import table

from lutgen.core import CoreConfig, make_core
from lutgen.datasets.labels import match_labels
from lutgen.files import read_json, write_json
from lutgen.jobs.faults import faults
from lutgen.jobs.progress import SILENT
from lutgen.jobs.samples import samples_for
from lutgen.model import LutNetwork
from lutgen.netlist.ir import CORE, LUT, REGISTER
from lutgen.netlist.passes.triplicate import ALL, NONE, REGISTERS
from lutgen.records.faults import CONFIGURATION, FaultsRecord, Kind
from lutgen.verify.masking import prove_masking
from lutgen.verify.upsets import Point, Upsets, sites, wanted_classes

ROOT = Path(__file__).parents[1]
RECORD, PAGE = ROOT / "benchmarks" / "results" / "faults.json", ROOT / "docs" / "faults.md"
CORES = {
    "digits ice40": "digits, boosted, iCE40",
    "mnist xilinx7": "MNIST, boosted, 7 series",
    "mnist ice40": "MNIST ≥ 5, six layers memorized, iCE40",
}
COPIES = "tmr digits"
IN_TABLES, IN_REGISTERS = (1, 16, 64, 256, 1024), (1, 4, 16)
PARTS = (
    *("core", "part", "bits", ">flips", ">samples show it", ">random inputs", ">solver"),
    *(">proved never", ">not seen", ">mean accuracy lost", ">most lost"),
)
MANY = (
    *("core", ">right without a flip", ">flips of tables that never show in the samples"),
    *(">proved for every input", ">1 flip", *[f">{n:,}" for n in IN_TABLES[1:]]),
    *(">1 register", *[f">{n}" for n in IN_REGISTERS[1:]]),
)
COPIED = (
    *("chip", "`--tmr`", ">LUTs", ">", ">registers", ">levels", ">last voters", ">clock, MHz"),
)
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


def renewed(page: str, records: dict[str, Any]) -> str:
    """Return the page with the tables of the record."""
    cores = [
        (name, FaultsRecord.from_json(records[key]["record"], key), records[key]["trained"])
        for key, name in CORES.items()
    ]
    copied = records[COPIES]["rows"]
    tables = [
        table(PARTS, [row for name, record, _ in cores for row in part_rows(name, record)]),
        table(MANY, [flips_row(name, record) for name, record, _ in cores]),
        table(
            ("core", ">bits", *[f">{100 * share:g} %" for share in SHARES]),
            [trained_row(name, record, points) for name, record, points in cores],
        ),
        table(COPIED, [copies_row(row, copied) for row in copied]),
    ]
    return with_tables(page, "faults", tables)


def part_rows(name: str, record: FaultsRecord) -> list[list[str]]:
    """Return what flips in each part of a core do."""
    rows: list[list[str]] = []
    for part in record.parts:
        found = (part.samples, part.random, part.solver, part.proved, part.not_seen)
        lost = part.mean_lost
        rows.append(
            [
                "" if rows else name,
                f"core {part.layer}" if part.part == CORE else part.part,
                "tables" if part.kind == CONFIGURATION else part.kind,
                f"{part.n_bits:,}",
                *[f"{100 * n / part.n_tried:.1f} %" for n in found],
                f"{lost:.4f}" if lost >= 5e-5 else f"{lost:.0e}",
                f"{part.most_lost:.4f}",
            ]
        )
    return rows


def flips_row(name: str, record: FaultsRecord) -> list[str]:
    """Return what is right after one flip, exactly, and after several at once."""
    in_tables = [part for part in record.parts if part.kind == CONFIGURATION]
    n_tried = sum(part.n_tried for part in in_tables)
    shares = [
        1 - sum(part.samples for part in in_tables) / n_tried,
        sum(part.proved for part in in_tables) / n_tried,
    ]
    points = {(point.kind, point.n_flips): point for point in record.points}
    row = [name, f"{record.right:.4f}", *[f"{100 * share:.1f} %" for share in shares]]
    kinds: tuple[tuple[Kind, tuple[int, ...], int], ...] = (
        (CONFIGURATION, IN_TABLES, 4),
        ("registers", IN_REGISTERS, 3),
    )
    for kind, numbers, digits in kinds:
        parts = [part for part in record.parts if part.kind == kind]
        lost = sum(part.n_tried * part.mean_lost for part in parts)
        exact = record.right - lost / sum(part.n_tried for part in parts)
        row.append(f"{exact:.{digits}f}")
        several = [points[kind, n] for n in numbers[1:]]
        row += [f"{point.mean:.3f} ± {point.half_width:.3f}" for point in several]
    return row


def trained_row(name: str, record: FaultsRecord, points: list[dict[str, float]]) -> list[str]:
    """Return what is right after shares of the bits of the trained LUTs were flipped."""
    parts = [part for part in record.parts if part.kind == CONFIGURATION and part.part == CORE]
    shown = [f"{point['mean']:.3f} ± {point['half_width']:.3f}" for point in points]
    return [name, f"{sum(part.n_bits for part in parts):,}", *shown]


def copies_row(row: dict[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    """Return what three copies cost, beside the core of the same chip without."""
    plain = next(other for other in rows if (other["chip"], other["tmr"]) == (row["chip"], NONE))
    return [
        row["chip"],
        row["tmr"].replace(" with three outputs", ", `--tmr-outputs`"),
        f"{row['luts']:,}",
        f"\N{MULTIPLICATION SIGN} {row['luts'] / plain['luts']:.2f}",
        f"{row['registers']:,}",
        str(row["levels"]),
        str(row["voters_left"]),
        f"{row['estimated_mhz']:.1f}",
    ]


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
    if given.tmr:
        copies(given.model)
    elif not given.table:
        flip(given.model, given.chip, given.pipeline, given.data_dir, given.proof_seconds)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(renewed(page, read_json(RECORD)), encoding="utf-8")


if __name__ == "__main__":
    main()
