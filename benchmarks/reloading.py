"""What tables that can be loaded cost: docs/reloading.md and its record.

Run with: python benchmarks/reloading.py

Models of the digits of scikit-learn, 10 LUTs a class; the core alone, a register after every two
levels, fixed and reloadable, by Yosys: fixed as mapped, reloadable flattened and optimised.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pages import renewed as with_tables
from pages import table
from sklearn.datasets import load_digits

from lutgen.core import CoreConfig, make_core
from lutgen.flow.tools import find_yosys
from lutgen.flow.yosys import DIRECT, OPTIMISED
from lutgen.jobs.synthesise import synthesise
from lutgen.learn.estimators.boosting import BoostedLutClassifier

ROOT = Path(__file__).parents[1]
RECORD, PAGE = ROOT / "benchmarks" / "results" / "reloading.json", ROOT / "docs" / "reloading.md"
CHIPS = ("xilinx7", "ecp5", "gowin")
FAN_INS = (4, 6)


@dataclass(frozen=True)
class Row:
    """A core, fixed and reloadable.

    Parameters
    ----------
    k : int
        Inputs of a LUT of the model.
    n_tables : int
        LUTs of the model that reach an output.
    luts, registers : (int, int)
        Fixed, reloadable.
    n_bits : int
        Bits that are loaded.
    cells : dict
        Of the reloadable core.
    """

    chip: str
    k: int
    n_tables: int
    luts: tuple[int, int]
    registers: tuple[int, int]
    n_bits: int
    cells: dict[str, int]


def measure(chip: str, k: int) -> Row:
    """Learn a model, make both cores and count."""
    X, y = load_digits(return_X_y=True)
    encoder = "thresholds:4,8,12"
    model = BoostedLutClassifier(k=k, luts_per_class=10, encoder=encoder, random_state=1)
    network = model.fit(X, y).network_
    fixed, loaded = (
        make_core(network, CoreConfig(chip=chip, pipeline=2, reloadable=reloadable))
        for reloadable in (False, True)
    )
    plain, large = synthesise(fixed, DIRECT), synthesise(loaded, OPTIMISED)
    loading = loaded.interface.loading
    assert loading is not None
    return Row(
        chip,
        k,
        len(loading.fan_ins),
        (plain.n_luts, large.n_luts),
        (plain.n_registers, large.n_registers),
        loading.n_bits,
        large.cells,
    )


def main() -> None:
    """Measure every row, write the record, and its table into the page."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    rows = [measure(chip, k) for k in FAN_INS for chip in CHIPS]
    record = {"tool": str(find_yosys()), "rows": [asdict(row) for row in rows]}
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), record), encoding="utf-8")


def renewed(page: str, record: dict[str, Any]) -> str:
    """Return the page with the table of the record."""
    columns = ("model", "chip", "LUTs fixed", "LUTs reloadable", "registers", "bits loaded")
    rows = [
        [
            f"{row['n_tables']} LUTs of {row['k']} inputs",
            row["chip"],
            *[f"{n:,}" for n in row["luts"]],
            ", ".join(f"{n:,}" for n in row["registers"]),
            f"{row['n_bits']:,}",
        ]
        for row in record["rows"]
    ]
    return with_tables(page, "reloading", [table(columns, rows)])


if __name__ == "__main__":
    main()
