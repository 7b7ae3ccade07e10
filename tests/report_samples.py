"""Output folders for the tests of the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lutgen.version import __version__

DIGEST = "18da463cf110ffa6caf7f7245a09c330928b6b8e292c093b95d59fb374514c91"


def core_record() -> dict[str, Any]:
    """Return what core.json holds for a small network on the iCE40."""
    return {
        "lutgen": __version__,
        "module": "lutgen_core",
        "target": "ice40",
        "pipeline": 0,
        "latency_cycles": 0,
        "model": {
            "digest": DIGEST,
            "n_inputs": 64,
            "n_luts": 1025,
            "n_layers": 3,
            "n_cone": 43,
            "fan_in": [6],
            "classes": ["0", "1"],
            "encoder": "threshold at 8: 64 features -> 64 bits",
            "head": "bit",
            "care": {"entries": 65600, "seen": 48211, "tied": 1093},
            "training": {
                "data": "digits",
                "task": "ge5",
                "k": 6,
                "widths": [512, 512, 1],
                "wiring": "random",
                "fill": "random",
                "seed": 0,
                "n_samples": 1437,
                "train_accuracy": 0.9137,
                "test_accuracy": 0.8694,
                "layers": [
                    layer(0, 64, 0.5213, 0.0513, 0.4011, 0.6571),
                    layer(1, 512, 0.6488, 0.0402, 0.5301, 0.7432),
                    layer(2, 512, 0.7991, 0.0178, 0.7399, 0.8511),
                    layer(3, 1, 0.9137, 0.0, 0.9137, 0.9137),
                ],
            },
        },
        "logic": netlist(3, [cells(1, 34, "LUT6"), cells(2, 6, "LUT6"), cells(3, 1, "LUT6")]),
        "netlist": netlist(
            7, [cells(1, 830, "SB_LUT4"), cells(2, 165, "SB_LUT4"), cells(3, 29, "SB_LUT4")]
        ),
        "passes": [
            pass_run("prune", 1025, 43),
            pass_run("share", 43, 41),
        ],
        "devices": {
            "lp384": {"luts": 384, "title": "iCE40 LP384", "source": "Lattice FPGA-DS-02029"},
            "hx8k": {"luts": 7680, "title": "iCE40 HX8K", "source": "Lattice FPGA-DS-02029"},
            "up5k": {"luts": 5280, "title": "iCE40 UP5K", "source": "Lattice FPGA-DS-02008"},
            "lp1k": {"luts": 1280, "title": "iCE40 LP1K", "source": "Lattice FPGA-DS-02029"},
        },
    }


def layer(
    number: int, n_luts: int, mean: float, std: float, low: float, high: float
) -> dict[str, Any]:
    return {"layer": number, "n_luts": n_luts, "mean": mean, "std": std, "min": low, "max": high}


def netlist(depth: int, layers: list[dict[str, Any]]) -> dict[str, Any]:
    n_luts = sum(row["luts"] for row in layers)
    return {
        "n_inputs": 64,
        "n_outputs": 1,
        "n_inputs_read": 58,
        "luts": n_luts,
        "registers": 0,
        "depth": depth,
        "latency_cycles": 0,
        "cells": dict.fromkeys(layers[0]["cells"], n_luts),
        "layers": layers,
    }


def cells(number: int, n_luts: int, name: str) -> dict[str, Any]:
    return {
        "part": "core",
        "layer": number,
        "luts": n_luts,
        "registers": 0,
        "levels": 3,
        "cells": {name: n_luts},
    }


def pass_run(name: str, before: int, after: int) -> dict[str, Any]:
    return {
        "name": name,
        "luts_before": before,
        "luts_after": after,
        "registers_before": 0,
        "registers_after": 0,
        "changes": before - after,
    }


def simulation_record() -> dict[str, Any]:
    """Return what simulate.json holds when all is well."""
    return {
        "digest": DIGEST,
        "samples": "digits, test",
        "unit": "test images",
        "checks": [
            check("netlist", ""),
            check("RTL simulation", "Verilator 5.48"),
            check("post-synthesis simulation (direct)", "Verilator 5.48"),
            check("post-synthesis simulation (optimised)", "Verilator 5.48"),
        ],
    }


def proof_record() -> dict[str, Any]:
    """Return what proof.json holds when all is well."""
    names = ("model = mapped netlist", "model = Verilog")
    return {
        "digest": DIGEST,
        "target": "ice40",
        "top": "lutgen_core",
        "n_proved": len(names),
        "n_proofs": len(names),
        "proofs": [
            {
                "name": name,
                "proved": True,
                "n_open": 0,
                "seconds": 0.1,
                "n_outputs": 1,
                "n_proved": 1,
                "n_points": 293,
                "n_points_proved": 293,
                "counterexample": None,
            }
            for name in names
        ],
    }


def check(name: str, tool: str) -> dict[str, Any]:
    return {
        "name": name,
        "n_equal": 360,
        "n_samples": 360,
        "difference": None,
        "tool": tool,
        "build_seconds": 4.2,
        "run_seconds": 0.9,
    }


def planted_difference() -> dict[str, Any]:
    """Return what a check that failed says of its first sample."""
    lut = {"name": "l2_n17", "expected": "0", "seen": "1"}
    return {"sample": 41, "expected": "1", "seen": "X", "lut": lut}


def synthesis_record(mode: str, n_luts: int) -> dict[str, Any]:
    """Return what synth.json holds."""
    return {
        "mode": mode,
        "target": "ice40",
        "top": "lutgen_core",
        "digest": DIGEST,
        "tool": "Yosys 0.70",
        "command": "read_blif -wideports core.blif; synth_ice40 -top lutgen_core; check -assert; "
        "tee -q -o stat.json stat -json; write_json netlist.json; "
        "write_verilog -noattr -noexpr netlist.v",
        "cells": {"SB_LUT4": n_luts},
        "n_luts": n_luts,
        "n_registers": 0,
        "levels": 7,
        "seconds": 12.3,
    }


def files() -> dict[str, Any]:
    """Return a whole output folder, record by file name."""
    return {
        "core.json": core_record(),
        "simulate.json": simulation_record(),
        "proof.json": proof_record(),
        "synth/direct/synth.json": synthesis_record("direct", 1024),
        "synth/optimised/synth.json": synthesis_record("optimised", 397),
    }


def write_folder(folder: Path, records: dict[str, Any]) -> Path:
    """Write records as an output folder."""
    for name, record in records.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record))
    return folder
