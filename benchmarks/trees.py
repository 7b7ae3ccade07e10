"""LUTs that forests and boosted trees take: as lutgen imports them, and with a vote for each leaf.

Both are the same scores of whole numbers: leaves of so many bits, one scale. A vote a leaf is the
plain way: a LUT says whether a sample comes to it, the head adds up what it is worth to each class.
``--base`` names a checkout of the commit that the goal was set against (be4ea4e), which then builds
and maps the same votes; the share is of its LUTs where they are known.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier

from lutgen.core import CoreConfig, make_core
from lutgen.importers.trees.ensemble import Ensemble
from lutgen.importers.trees.importing import ScoreBits, imported
from lutgen.importers.trees.network import network_of
from lutgen.importers.trees.quantise import Whole, in_bits
from lutgen.importers.trees.sklearn import of_estimator
from lutgen.model import Argmax, LutNetwork
from lutgen.netlist.ir import HEAD, LUT
from lutgen.verify.prove import prove_model

RESULTS = Path(__file__).parent / "results" / "trees.json"
FAMILIES = ("xilinx7", "ecp5")

# what be4ea4e makes of a network, in its own words; it prints LUTs and those of the head
BASE = """
import json, sys
import numpy as np
from lutgen.data.encode import Encoder
from lutgen.emit.core import build_core
from lutgen.model import LutNetwork
from lutgen.netlist.ir import LUT
told = dict(np.load(sys.argv[1]))
encoder = Encoder("threshold", int(told["n_features"]), told["feature"], told["threshold"])
names = ("fan_in", "wires", "tables", "seen", "tied", "layer", "outputs", "classes", "weights",
         "bias")
network = LutNetwork(n_inputs=encoder.feature.size, encoder=encoder,
                     **{name: told[name] for name in names})
print(json.dumps(build_core(network, target=sys.argv[2]).netlist.count(LUT)))
"""


def models() -> dict[str, Any]:
    """Return the fitted estimators: three samples of four train."""
    X, y = load_digits(return_X_y=True)
    train = np.arange(len(X)) % 4 != 3
    return {
        "random forest, 20 x depth 4": RandomForestClassifier(
            n_estimators=20, max_depth=4, random_state=0
        ).fit(X[train], y[train]),
        "gradient boosting, 20 x depth 3": GradientBoostingClassifier(
            n_estimators=20, max_depth=3, random_state=0
        ).fit(X[train], y[train]),
    }


def leaf_votes(ensemble: Ensemble, whole: Whole, ours: LutNetwork) -> LutNetwork:
    """Return the network in which every leaf is a LUT that votes; of the comparators of `ours`."""
    encoder = ours.encoder
    places = {
        (feature, cut): place
        for place, (feature, cut) in enumerate(
            zip(encoder.feature.tolist(), encoder.threshold.tolist(), strict=True)
        )
    }
    luts: list[tuple[list[int], int]] = []
    columns = []
    for tree, leaves in zip(ensemble.trees, whole.leaves, strict=True):
        waiting: list[tuple[int, list[tuple[int, int]]]] = [(0, [])]
        while waiting:
            node, path = waiting.pop()
            question = int(tree.question[node])
            if question >= 0:
                asked = ensemble.questions[question]
                bit = places[asked.feature, asked.cuts[0]]
                waiting += [
                    (int(side[node]), [*path, (bit, answer)])
                    for answer, side in enumerate((tree.left, tree.right))
                ]
                continue
            address = sum(answer << place for place, (_, answer) in enumerate(path))
            luts.append(([bit for bit, _ in path], 1 << address))
            column = np.zeros(ensemble.n_scores, dtype=np.int64)
            column[list(tree.scores)] = leaves[node]
            columns.append(column)
    head = Argmax.votes(np.array(columns).T, whole.bias, classes=ensemble.classes)
    outputs = range(encoder.n_bits, encoder.n_bits + len(luts))
    return LutNetwork.from_luts(
        encoder.n_bits, luts, outputs=list(outputs), head=head, encoder=encoder
    )


def measured(network: LutNetwork, chip: str, *, prove: bool) -> dict[str, Any]:
    """Return what the core of a network takes."""
    start = time.process_time()
    core = make_core(network, CoreConfig(chip=chip))
    seconds = time.process_time() - start
    cells = core.netlist.cells
    sites = {cell.site or cell.name for cell in cells
             if cell.part == HEAD and cell.kind == LUT and not cell.hard}  # fmt: skip
    found = {
        "luts": core.netlist.count(LUT),
        "in_head": len(sites),
        "levels": core.netlist.depth,
        "cpu_s": round(seconds, 1),
    }
    if prove:
        found["proved"] = all(proof.record.proved for proof in prove_model(core))
    return found


def by_base(network: LutNetwork, chip: str, base: Path) -> int:
    """Return the LUTs that the other checkout makes of the same votes."""
    head = network.head
    assert isinstance(head, Argmax)
    arrays = {
        **{name: getattr(network, name) for name in
           ("fan_in", "wires", "tables", "seen", "tied", "layer", "outputs")},
        "classes": head.classes, "weights": head.weights, "bias": head.bias,
        "feature": network.encoder.feature, "threshold": network.encoder.threshold,
        "n_features": network.encoder.n_features,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "votes.npz"
        np.savez(path, **arrays)
        done = subprocess.run(
            [sys.executable, "-c", BASE, str(path), chip],
            env={**os.environ, "PYTHONPATH": str(base)},
            capture_output=True, text=True, check=True, cwd=folder,
        )  # fmt: skip
    return int(json.loads(done.stdout))


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bits", type=int, default=8, help="bits of a leaf")
    parser.add_argument("--base", type=Path, help="checkout of be4ea4e, to map the votes with")
    parser.add_argument("--prove", action="store_true", help="prove the imported ones, too")
    told = parser.parse_args()
    X, y = load_digits(return_X_y=True)
    test = np.arange(len(X)) % 4 == 3
    record = []
    for name, estimator in models().items():
        ensemble = of_estimator(estimator)
        whole = in_bits(ensemble, told.bits)
        ours = network_of(ensemble, whole, missing=False)
        votes = leaf_votes(ensemble, whole, ours)
        bits = ours.encode(X)
        assert np.array_equal(ours.scores(bits), votes.scores(bits))
        answers = ours.predict(X[test])
        row: dict[str, Any] = {
            "model": name,
            "bits": told.bits,
            "accuracy": round(float((answers == y[test]).mean()), 4),
            "accuracy_of_original": round(float(estimator.score(X[test], y[test])), 4),
            "disagreements": int((answers != estimator.predict(X[test])).sum()),
            "n_test": int(test.sum()),
            "chips": {},
        }
        for chip in FAMILIES:
            found = {
                "ours": measured(ours, chip, prove=told.prove),
                "leaf_votes": measured(votes, chip, prove=False),
            }
            if told.base and chip == FAMILIES[0]:
                found["leaf_votes"]["luts_of_be4ea4e"] = by_base(votes, chip, told.base)
            row["chips"][chip] = found
        few = ScoreBits(share=0.01)
        chosen = imported(ensemble, {"score_bits": few}, X[~test]).network
        row["chosen_by_training_samples"] = {
            "disagreements": int((chosen.predict(X[test]) != estimator.predict(X[test])).sum()),
            **{chip: measured(chosen, chip, prove=told.prove) for chip in FAMILIES},
        }
        record.append(row)
    RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    show(record)


def show(record: list[dict[str, Any]]) -> None:
    """Print the record."""
    table = Table("model", "chip", "ours", "in the head", "a vote a leaf", "share", "fewest bits")
    for row in record:
        for chip, found in row["chips"].items():
            ours, votes = found["ours"]["luts"], found["leaf_votes"]["luts"]
            base = found["leaf_votes"].get("luts_of_be4ea4e", votes)
            table.add_row(
                row["model"], chip, f"{ours:,}", f"{found['ours']['in_head']:,}", f"{votes:,}",
                f"{ours / base:.0%}", f"{row['chosen_by_training_samples'][chip]['luts']:,}",
            )  # fmt: skip
    Console().print(table)


if __name__ == "__main__":
    main()
