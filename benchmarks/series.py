"""Series of the UEA & UCR archive: windows of lags, differences and sums beside gradient boosting.

``python benchmarks/series.py --folder FOLDER`` runs what `benchmarks/results/series.json` lacks,
one thread; the folder is ``datasets/data`` of an unpacked wheel of aeon, which bundles these sets.
``--table`` prints the record as Markdown. An ablation: each row is scored on the official test
part, and none was chosen by it. Nothing is drawn: another seed gives the same figures.
"""

from __future__ import annotations

import argparse
import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from rows import RESULTS
from sklearn.ensemble import HistGradientBoostingClassifier

from lutgen.core import CoreConfig, make_core
from lutgen.datasets.load import load_dataset
from lutgen.encode.window import Window
from lutgen.files import write_json
from lutgen.learn.estimators.boosting import BoostedLutClassifier
from lutgen.netlist.ir import LUT

FILE = RESULTS / "series.json"
BOOSTING = "gradient boosting on the same bits"
SETS = {  # steps of the windows that slide
    "ItalyPowerDemand": 12,
    "GunPoint": 24,
    "ArrowHead": 24,
    "BasicMotions": 16,
    "JapaneseVowels_eq": 8,
}
ROWS = {  # whole series, or windows that slide and whose scores are added up
    "whole: lags": (False, "lags"),
    "whole: lags, differences, sums": (False, "lags,differences,sums"),
    "sliding: lags, differences, sums": (True, "lags,differences,sums"),
}
ENCODER, LUTS_PER_CLASS = "gain:160", 40


def main() -> None:
    """Run what is missing, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    record: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}
    if options.table:
        print("\n".join(table(record)))
        return
    for name, row in product(SETS, ROWS):
        if row not in record.setdefault(name, {}):
            record[name][row] = run(options.folder, name, *ROWS[row])
            write_json(FILE, record)
            print(name, row, record[name][row], flush=True)


def run(folder: Path, name: str, slides: bool, kinds: str) -> dict[str, float]:
    """Learn, and return accuracies of series and what the hardware is made of."""
    base = name.removesuffix("_eq")
    train, test = (str(folder / base / f"{name}_{part}.ts") for part in ("TRAIN", "TEST"))
    n_steps = load_dataset(train, test_data=test).feature_shape[0]
    length = SETS[name] if slides else n_steps
    data = load_dataset(train, test_data=test, window=length)
    model = BoostedLutClassifier(
        luts_per_class=LUTS_PER_CLASS,
        criterion="newton",
        window=f"{length}:{kinds}",
        encoder=ENCODER,
        random_state=0,
        n_jobs=1,
    ).fit(data.X_train, data.y_train)
    core = make_core(model.network_, CoreConfig(chip="xilinx7"))
    window = model.network_.encoder.window
    assert isinstance(window, Window)
    found = {
        "test": _right(model.decision_function(data.X_test), data, model.classes_),
        "luts": core.netlist.count(LUT),
        "registers": (length - 1) * core.netlist.n_inputs // length,
    }
    bits = (model.network_.encode(X).to_dense() for X in (data.X_train, data.X_test))
    known, asked = bits
    other = HistGradientBoostingClassifier(random_state=0).fit(known, data.y_train)
    found["boosting"] = _right(other.decision_function(asked), data, other.classes_)
    return found


def _right(scores: np.ndarray[Any, Any], data: Any, classes: np.ndarray[Any, Any]) -> float:
    """Return the share of series whose windows' scores, added up, are largest for their class."""
    each = data.windows_each
    if scores.ndim == 1:
        scores = np.stack([np.zeros(len(scores)), scores], axis=1)
    of_series = scores.reshape(-1, each, scores.shape[1]).sum(axis=1)
    return float((classes[of_series.argmax(axis=1)] == data.y_test[::each]).mean())


def table(record: dict[str, Any]) -> list[str]:
    """Return the record as Markdown."""
    lines = [f"| set | row | LUTs: test | {BOOSTING} | LUT6, registers |", "|---|---|---|---|---|"]
    for name, rows in record.items():
        for row, own in rows.items():
            lines.append(
                f"| {name} | {row} | {own['test']:.3f} | {own['boosting']:.3f} | {own['luts']:,}, "
                f"{own['registers']:,} |"
            )
    return lines


if __name__ == "__main__":
    main()
