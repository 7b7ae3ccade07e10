"""One imported network of each kind proved, and two taken to a bitstream, pins to pins."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.core import CoreConfig, make_core
from lutgen.importers import import_file
from lutgen.jobs.build import build, simulate_pins
from lutgen.jobs.prove import prove
from lutgen.model import LutNetwork
from lutgen.netlist.ir import LUT

CHIP = "xilinx7"
BOARD = "hx8k-evn"
N_SAMPLES = 200
LEAVES: dict[str, Any] = {"score_bits": 8}
WHOLE = LEAVES | {"missing_values": "refuse"}
CLASSES: dict[str, Any] = {"classes": 10}

# kind: file, what the format is told, number format of the features in hardware ("": bits come in)
KINDS: dict[str, tuple[str, dict[str, Any], str]] = {
    "difflogic": ("difflogic/gates_300.npz", {}, ""),
    "torchlogix, raw": ("torchlogix/tl_raw.pt", CLASSES, ""),
    "torchlogix, WARP": ("torchlogix/tl_warp4.pt", CLASSES | {"parametrization": "warp"}, "u5"),
    "torchlogix, light": ("torchlogix/tl_light.pt", CLASSES | {"parametrization": "light"}, ""),
    "torchlogix, circuit": ("torchlogix/tl_raw_circuit.json", {}, ""),
    "torchlogix, AIGER": ("torchlogix/tl_raw_circuit.aig", {}, ""),
    "DWN": ("dwn/dwn_jsc_t4_distributive_300-100_lr_checkpoint.pt", {}, "q4.8"),
    "LogicNets, weights": (
        "logicnets/iiot_binary_sparse_lut_based_model.pth", {"bits": "1,2,2"}, ""
    ),
    "LLNN": ("llnn/llnn_small.npz", CLASSES, ""),
    "BTHOWeN": ("bthowen/iris.pickle.lzma", {}, ""),
    "green-tsetlin": ("tsetlin/green_tsetlin_digits.npz", {}, ""),
    "pytsetlin": ("tsetlin/pytsetlin_digits.npz", {}, ""),
    "XGBoost, JSON": ("trees/xgb_digits.json", WHOLE, "u5"),
    "XGBoost, UBJ": ("trees/xgb_bin.ubj", LEAVES, ""),
    "XGBoost, missing values": ("trees/xgb_missing.json", LEAVES, ""),
    "LightGBM": ("trees/lgb_multi.txt", LEAVES, ""),
    "ONNX trees": ("trees/onnx_rf.onnx", LEAVES, ""),
    "Conifer": ("trees/conifer_bc.json", LEAVES, ""),
    "ALIR": ("alkaid/alir_small.json", {}, "auto"),
    "EPFL, AIGER": ("epfl/cavlc.aig", {}, ""),
    "EPFL, BLIF": ("epfl/router.blif", {}, ""),
    "IWLS, AIGER": ("iwls/shubhamrai26_ex60.aig", {}, ""),
}  # fmt: skip


def prove_kind(fixtures: Path, kind: str) -> dict[str, Any]:
    """Import a network and prove its hardware, with time and peak memory of this process."""
    file, told, format_ = KINDS[kind]
    start = time.process_time()
    network = import_file(fixtures / file, **told).network
    imported = time.process_time()
    config = CoreConfig(chip=CHIP, input_format=format_, accept_rounding=True)
    core = make_core(network, config)
    made = time.process_time()
    record = prove(core)
    return {
        "kind": kind, "file": file, "options": told, "format": format_,
        "luts of the model": network.n_luts, "luts": core.netlist.count(LUT),
        "import_s": round(imported - start, 1), "make_s": round(made - imported, 1),
        "prove_s": round(time.process_time() - made, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
        "proofs": len(record.proofs),
        "outputs": sum(proof.n_outputs for proof in record.proofs),
        "outputs proved": sum(proof.n_proved for proof in record.proofs),
        "proved": record.proved,
    }  # fmt: skip


def bitstream(
    name: str, network: LutNetwork, X: NDArray[Any], config: CoreConfig, folder: Path
) -> dict[str, Any]:
    """Build a board of a network, and send samples through the pins of what was routed."""
    start = time.monotonic()
    built = build(network, BOARD, folder, config)
    pins = simulate_pins(network, BOARD, folder / BOARD, X, config, samples=name)
    record = built.record
    assert record.bitstream is not None
    return {
        "network": name, "board": BOARD, "format": str(config.input_format),
        "luts": make_core(network, config).netlist.count(LUT),
        "fmax_mhz": [run.fmax_mhz for run in record.seeds],
        "meets_clock": built.meets_clock,
        "bitstream": {"bytes": record.bitstream.bytes, "sha256": record.bitstream.sha256},
        "pins": [
            {"form": check.name, "equal": check.n_equal, "samples": check.n_samples,
             "tool": check.tool}
            for check in pins.checks
        ],
        "seconds": round(time.monotonic() - start),
    }  # fmt: skip


def bitstreams(fixtures: Path) -> Iterator[dict[str, Any]]:
    """Yield what came of the two networks that are taken to a board."""
    X = np.load(fixtures / "trees" / "inputs.npz")["digits"][:N_SAMPLES].astype(np.float64)
    trees = import_file(fixtures / "trees" / "xgb_digits.json", samples=X, **WHOLE).network
    circuit = fixtures / "torchlogix" / "tl_raw_circuit.json"
    bits = np.load(circuit.with_name("tl_raw_circuit_vectors.npz"))["bits"][:N_SAMPLES]
    for name, network, samples, format_ in (
        ("torchlogix circuit of digits", import_file(circuit).network, bits, ""),
        ("XGBoost trees of digits", trees, X, "auto"),
    ):
        with tempfile.TemporaryDirectory() as folder:
            config = CoreConfig(chip="ice40-hx8k", input_format=format_)
            yield bitstream(name, network, samples, config, Path(folder))


def proofs(fixtures: Path) -> Iterator[dict[str, Any]]:
    """Yield what came of each kind, each from a process of its own."""
    for kind in KINDS:
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("imported.py")),
             "--fixtures", str(fixtures), "--prove", kind],
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        yield json.loads(done.stdout or json.dumps({"kind": kind, "failed": done.stderr[-400:]}))
