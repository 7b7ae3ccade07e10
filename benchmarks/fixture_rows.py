"""Formats by fixtures: rows whose answers are those that the fixtures' authors recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.importers import import_file
from lutgen.jobs.importing import compare

Array = NDArray[Any]
WIDTH_OF_LOGICNETS = 512
PIXELS = {"input_shape": "2,8,8", "classes": "bits"}

# file, options, file of vectors, its inputs and its answers, what these are
GIVEN: tuple[tuple[str, dict[str, Any], str, str, str, str], ...] = (
    *(
        (f"difflogic/gates_{n}.npz", {}, f"difflogic/vectors_{n}.npz", "x", "scores", "scores")
        for n in (200, 300)
    ),
    *(
        (f"torchlogix/tl_{name}.pt", {"classes": 10, "tau": 8, "parametrization": name.strip("4")},
         f"torchlogix/tl_{name}_vectors.npz", "x", "scores", "scores")
        for name in ("raw", "warp4", "light")
    ),
    ("torchlogix/tl_raw_circuit.json", {}, "torchlogix/tl_raw_circuit_vectors.npz", "bits",
     "scores", "scores"),
    ("torchlogix/tl_raw_circuit.aig", {"classes": 10}, "torchlogix/tl_raw_circuit_vectors.npz",
     "bits", "scores", "scores"),
    ("torchlogix/tl_conv2.pt", PIXELS | {"padding": 1, "pooling": "2:2:0"},
     "torchlogix/tl_conv2_vectors.npz", "x", "y", "bits"),
    ("torchlogix/tl_conv4.pt", PIXELS | {"padding": 0, "parametrization": "warp"},
     "torchlogix/tl_conv4_vectors.npz", "x", "y", "bits"),
    ("dwn/dwn_jsc_t4_distributive_300-100_lr_checkpoint.pt", {},
     "dwn/dwn_jsc_t4_distributive_300-100_lr_testvectors.npz", "x_raw", "pred", "classes"),
    *(
        (f"logicnets/iiot_{name}_lut_based_model.pth", {"bits": "1,2,2"},
         f"logicnets/iiot_{name}_vectors.npz", "M0", "Mout", "bits")
        for name in ("binary_sparse_big", "binary_sparse")
    ),
    ("llnn/llnn_small.npz", {"classes": 10}, "llnn/llnn_small.npz", "x", "scores", "scores"),
    *(
        (f"bthowen/{name}.pickle.lzma", {}, f"bthowen/{name}_vectors.npz", "bits", "responses",
         "scores")
        for name in ("ecoli", "iris", "wine")
    ),
    ("tsetlin/pytsetlin_digits.npz", {}, "tsetlin/digits_vectors.npz", "x", "pytsetlin_pred",
     "classes"),
    ("alkaid/alir_hgqdense.json", {}, "alkaid/alir_hgqdense_vectors.npz", "x", "out",
     "numbers"),
    ("alkaid/alir_hgqlut.json.gz", {}, "alkaid/alir_hgqlut_vectors.npz", "x", "out",
     "numbers"),
)  # fmt: skip

# file of trees: its inputs
TREES = {
    "xgb_digits.json": "digits",
    "xgb_bc.json": "breast_cancer",
    "xgb_bin.json": "breast_cancer",
    "xgb_bin.ubj": "breast_cancer",
    "xgb_rf.json": "breast_cancer",
    "xgb_reg.json": "diabetes",
    "xgb_missing.json": "breast_cancer_missing",
    "xgb_cat.json": "cat2",
    "lgb_bin.txt": "breast_cancer",
    "lgb_multi.txt": "digits",
    "lgb_dart.txt": "breast_cancer",
    "lgb_missing.txt": "breast_cancer_missing",
    "lgb_cat.txt": "cat2",
}
LEAF_BITS = 12


def fixture_rows(fixtures: Path) -> Iterator[dict[str, Any]]:
    """Yield of each file how many rows are equal."""
    for file, options, vectors, x, y, what in GIVEN:
        told = np.load(fixtures / vectors)
        network = import_file(fixtures / file, **options).network
        X, wanted = (_whole(told, name, network.encoder.n_features) for name in (x, y))
        if what == "scores":
            found: Array = network.margins(X)
        elif what == "classes":
            found = network.class_numbers(network.encode(X))
        else:
            found = np.asarray(network.predict(X))
        yield row(file, what, found, wanted)
    for name, inputs in TREES.items():
        X = np.load(fixtures / "trees" / "inputs.npz")[inputs]
        wanted = np.load(fixtures / "trees" / "margins.npz")[name.split(".", maxsplit=1)[0]]
        imported = import_file(fixtures / "trees" / name, score_bits=LEAF_BITS)
        assert imported.reference is not None
        margins = imported.reference(X)
        if wanted.ndim == 1:
            margins = margins[:, -1]
        changed = compare(imported, X)
        assert changed is not None
        yield {
            **row(f"trees/{name}", "margins", margins, wanted),
            "answers changed": changed.disagreements,
        }


def _whole(told: Any, name: str, n_features: int) -> Array:
    """Return rows; bits that are packed are unpacked."""
    values: Array = told[name]
    if name == "M0" or (name == "x" and values.shape[1] * 8 == n_features):
        values = np.unpackbits(values, axis=1, bitorder="little")
    elif name == "Mout":
        values = np.unpackbits(values, axis=1, bitorder="little", count=int(told["n_out"]))
    return values.reshape(len(values), -1) if values.ndim > 2 else values


def row(file: str, what: str, found: Array, wanted: Array) -> dict[str, Any]:
    """Return a row of the table."""
    same = found.reshape(len(wanted), -1) == wanted.reshape(len(wanted), -1)
    return {"file": file, "what": what, "rows equal": [int(same.all(axis=1).sum()), len(wanted)]}
