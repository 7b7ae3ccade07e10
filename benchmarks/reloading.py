"""What tables that can be loaded cost: docs/reloading.md and its record.

Run with: python benchmarks/reloading.py [-o benchmarks/results/reloading.json]

Models of the digits of scikit-learn, 10 LUTs a class; the core alone, a register after every two
levels, fixed and reloadable, by Yosys: fixed as mapped, reloadable flattened and optimised.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from sklearn.datasets import load_digits

from lutgen.core import CoreConfig, make_core
from lutgen.flow.tools import find_yosys
from lutgen.flow.yosys import DIRECT, OPTIMISED
from lutgen.jobs.synthesise import synthesise
from lutgen.learn.estimators.boosting import BoostedLutClassifier

RECORD = Path(__file__).parent / "results/reloading.json"
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
    """Measure every row, write the record and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=RECORD)
    output = parser.parse_args().output
    rows = [measure(chip, k) for k in FAN_INS for chip in CHIPS]
    record = {"tool": str(find_yosys()), "rows": [asdict(row) for row in rows]}
    output.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print("| model | chip | LUTs fixed | LUTs reloadable | registers | bits loaded |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.n_tables} LUTs of {row.k} inputs | {row.chip} | {row.luts[0]:,} | "
            f"{row.luts[1]:,} | {row.registers[0]:,}, {row.registers[1]:,} | {row.n_bits:,} |"
        )


if __name__ == "__main__":
    main()
