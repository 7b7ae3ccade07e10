"""Numbers that come in: models of four tables with their encoder in hardware, in fixed point.

Each model is learnt from the features as they are. Then its hardware takes them as codes: in the
smallest format of each feature, and in one that is named. On the codes hardware and model must be
equal; where the model answers codes otherwise than the numbers themselves, the rows are counted.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from lutgen.core import CoreConfig, make_core
from lutgen.core.inputs import losses
from lutgen.datasets.load import Dataset, load_dataset
from lutgen.jobs.formats import count_changes
from lutgen.jobs.learn import boost
from lutgen.jobs.progress import SILENT
from lutgen.jobs.prove import prove
from lutgen.learn.boost import BoostParameters
from lutgen.model import LutNetwork, Source
from lutgen.netlist.ir import ENCODER, LUT
from lutgen.verify.compare import check_netlist, check_rtl
from lutgen.verify.prove import prove_encoder, prove_model

CHIP = "xilinx7"
# data set: the encoder, and formats beside auto
TABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "uci:magic": ("gain:60", ("s16:scale=2^-5", "s12:scale=0.25")),
    "jsc": ("gain:60", ("q5.11", "q4.4")),
    "uci:adult": ("gain:60", ("u20",)),
    "uci:shuttle": ("gain:40", ("s16",)),
}
PARAMETERS = BoostParameters(luts_per_class=20, criterion="absolute")
RESULTS = Path(__file__).parent / "results" / "formats.json"


def learn(name: str, data_dir: Path | None, parameters: BoostParameters) -> tuple[LutNetwork, Any]:
    """Return a model of a table, and the table."""
    dataset = load_dataset(name, data_dir=data_dir, download=False)
    encoder = TABLES[name][0]
    return boost(dataset, Source(name), parameters, encoder=encoder, progress=SILENT), dataset


def measure(
    network: LutNetwork, dataset: Dataset, text: str, folder: Path | None = None
) -> dict[str, Any]:
    """Make hardware that takes a format, compare it with the model on all test rows, and prove it.

    Parameters
    ----------
    folder : Path, optional
        Simulate and prove the Verilog, too; gets the tools' files.
    """
    config = CoreConfig(chip=CHIP, input_format=text, accept_rounding=True)
    core = make_core(network, config)
    interface = core.interface
    changes = {
        part: asdict(count_changes(interface, part, X, y))
        for part, X, y in (
            ("train", dataset.X_train, dataset.y_train),
            ("test", dataset.X_test, dataset.y_test),
        )
    }
    bits = interface.samples(dataset.X_test)
    checks = [check_netlist(interface, core.netlist, bits)]
    start = time.monotonic()
    if folder is None:
        proved = all(
            proof.record.proved for way in (prove_encoder, prove_model) for proof in way(core)
        )
    else:
        checks.append(check_rtl(core, bits, folder))
        proved = prove(core, folder=folder).proved
    luts = Counter(c.part for c in core.netlist.cells if c.kind == LUT and not c.hard)
    return {
        "format": text,
        "formats": sorted(Counter(map(str, interface.formats)).items()),
        "bits": interface.n_inputs,
        "widest": max(interface.widths),
        "lost_thresholds": sum(1 for _ in losses(network, interface.formats)),
        "changes": changes,
        "equal": [check.n_equal for check in checks],
        "n_test": int(bits.n_samples),
        "proved": proved,
        "proof_seconds": round(time.monotonic() - start, 1),
        "luts": {part: luts[part] for part in sorted(luts)},
        "encoder_luts": luts[ENCODER],
    }


COLUMNS = (
    "data", "range", "format", "bits of x", "thresholds that lose", "training rows: bits, answers",
    "test rows: bits, answers", "accuracy of floats, of codes", "equal on codes", "proved",
    "LUT6: encoder, core, head",
)  # fmt: skip


def row(name: str, record: dict[str, Any], result: dict[str, Any]) -> tuple[str, ...]:
    """Return a result as a row of the table."""
    test, luts = result["changes"]["test"], result["luts"]
    low, high = record["range"]
    return (
        name,
        f"{low:g} to {high:g}",
        f"`{result['format']}`" + f" (≤ {result['widest']})" * (result["format"] == "auto"),
        f"{result['bits']}",
        f"{result['lost_thresholds']}",
        *(
            f"{change['bits_changed']:,}, {change['answers_changed']:,} of {change['n_samples']:,}"
            for change in result["changes"].values()
        ),
        f"{test['accuracy']:.4f}, {test['accuracy_of_codes']:.4f}",
        f"{min(result['equal']):,} / {result['n_test']:,}",
        "yes" if result["proved"] else "NO",
        f"{luts.get('encoder', 0)}, {luts.get('core', 0)}, {luts.get('head', 0)}",
    )


def main() -> None:
    """Measure the tables one after the other and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--tables", nargs="*", default=list(TABLES), help="only these")
    parser.add_argument("--out", type=Path, default=Path("build/formats"))
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args()
    records = json.loads(options.json.read_text()) if options.json.exists() else {}
    for name in options.tables:
        network, dataset = learn(name, options.data_dir, PARAMETERS)
        X = np.concatenate([dataset.X_train, dataset.X_test])
        results = []
        for number, text in enumerate(("auto", *TABLES[name][1])):
            folder = options.out / name.replace(":", "_") / str(number)
            results.append(measure(network, dataset, text, folder))
        records[name] = {
            "range": [float(X.min()), float(X.max())],
            "encoder": network.encoder.describe(),
            "parameters": asdict(PARAMETERS),
            "digest": network.digest,
            "results": results,
        }
        options.json.write_text(json.dumps(records, indent=1, sort_keys=True) + "\n")
    print("| " + " | ".join(COLUMNS) + " |")
    print("|" + "---|" * len(COLUMNS))
    for name in TABLES:
        for result in records.get(name, {}).get("results", ()):
            print("| " + " | ".join(row(name, records[name], result)) + " |")


if __name__ == "__main__":
    main()
