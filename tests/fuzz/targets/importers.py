"""Files of others' networks: what is taken saves, loads and predicts, compiled as by definition."""

from __future__ import annotations

import base64
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from fuzz.models import scratch
from fuzz.mutations import mutate
from fuzz.target import Target
from lutgen.errors import ConfigError, DataError, ModelError, ToolError
from lutgen.importers import import_file
from lutgen.infer import Engine
from lutgen.infer.program import is_small
from lutgen.model import LutNetwork

GOLDEN = Path(__file__).parents[2] / "golden"
MOST_FEATURES, MOST_LUTS = 2000, 20_000

LOGIC = {
    "blif": b".model m\n.inputs a b c\n.outputs f g\n.names a b t\n1- 1\n01 1\n"
    b".names t \\\nc f\n11 1\n.names g\n1\n.end\n",
    "aag": b"aag 5 3 0 2 2\n2\n4\n6\n8\n11\n8 2 5\n10 8 7\ni0 a\no1 g\nc\nhello\n",
    "pla": b".i 4\n.o 2\n.ilb a b c d\n.type fd\n.p 3\n1-01 1-\n-110 01\n0000 -1\n.e\n",
    "bench": b"INPUT(a)\nINPUT(b)\nOUTPUT(f)\nt = NAND(a, b)\nf = LUT 0x6 ( t, a )\n",
}
OPTIONS: dict[str, dict[str, Any]] = {
    "torchlogix.pt": {"classes": 4, "tau": 3, "parametrization": "warp"},
    "logicnets.pth": {"bits": "1,2,2", "classes": 3},
}
ROWS = 70  # more than a word of samples


def files() -> dict[str, bytes]:
    """Return a file of each format, by its name."""
    folders = (GOLDEN / "imported", GOLDEN / "trees")
    found = {
        path.name: path.read_bytes()
        for folder in folders
        for path in sorted(folder.iterdir())
        if path.name not in ("digests.json", "expected.npz")
    }
    return found | {f"logic.{suffix}": text for suffix, text in LOGIC.items()}


FILES = files()


def make(rng: Random) -> dict[str, str]:
    """Return a file of some format that somebody changed, in base64, and its name."""
    name = rng.choice(sorted(FILES))
    data = FILES[name]
    if rng.random() < 0.9:
        data = mutate(rng, data, [data, FILES[rng.choice(sorted(FILES))]])
    return {"name": name, "data": base64.b64encode(data).decode()}


def check(value: dict[str, str]) -> None:
    """Import a file; what is taken is the same after it was saved, and compiled."""
    path = scratch() / value["name"]
    path.write_bytes(base64.b64decode(value["data"]))
    network = import_file(path, **OPTIONS.get(path.name, {})).network
    again = scratch() / "imported.npz"
    network.save(again)
    assert LutNetwork.load(again).digest == network.digest
    encoder = network.encoder
    if encoder.n_features > MOST_FEATURES or network.n_luts > MOST_LUTS:
        return
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, size=(ROWS, encoder.n_features)).astype(np.float64)
    ends = encoder.threshold[np.isfinite(encoder.threshold)]
    if encoder.kind not in ("binary", "code") and ends.size:
        X = rng.choice(np.concatenate([ends, np.nextafter(ends, -np.inf)]), size=X.shape)
    if is_small(network):
        expected = network.answers(network.encode(X))
        np.testing.assert_array_equal(Engine(network, 1).answers(X), expected)


# ToolError: what is Verilog after all goes through Yosys, which has little room here
TARGETS = [Target("importers", make, check, (ModelError, ConfigError, DataError, ToolError))]
