"""Area times delay of learnt networks on UltraScale+, beside what others print for xcvu9p-2.

Each network that ``python benchmarks/learnt.py --models FOLDER`` kept is mapped onto the family
once without registers and once with as many as a clock asks for. The clock is that of the delay
model of public figures: estimated, not routed, see ``amd_delays.py``.

Run with: python benchmarks/adp.py FOLDER   (adds to results/adp.json)
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from rows import read_all

from lutgen.core import Core, CoreConfig, make_core
from lutgen.files import read_json, write_json
from lutgen.model import LutNetwork
from lutgen.netlist.ir import LUT, REGISTER

RECORD = Path(__file__).parent / "results" / "adp.json"
CHIP = "xcup-xcvu9p"
TARGET_MHZ = 700.0


def measure(network: LutNetwork, input_format: str) -> dict[str, Any]:
    """Return LUTs and delay of a network with its head, without and with its encoder."""
    row: dict[str, Any] = {}
    for name, told in (("encoded", ""), ("features", input_format)):
        if name == "features" and not told:
            continue
        for clock, mhz in (("combinational", 0.0), ("clocked", TARGET_MHZ)):
            config = CoreConfig(chip=CHIP, fmax_target_mhz=mhz, input_format=told)
            row[f"{name}_{clock}"] = size_of(make_core(network, config))
    return row


def size_of(core: Core) -> dict[str, Any]:
    """Return what a core takes; LUTs that share a LUT6 are one."""
    sites = {
        cell.site or cell.name: cell.part
        for cell in core.netlist.cells
        if cell.kind == LUT and not cell.hard
    }
    assert core.timing is not None
    return {
        "luts": len(sites), "parts": dict(Counter(sites.values())),
        "registers": core.netlist.count(REGISTER), "cycles": core.netlist.latency,
        "ns": core.timing.latency_ns, "mhz": core.timing.estimated_mhz,
    }  # fmt: skip


def main() -> None:
    """Measure the networks that have a row, and keep what comes of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="networks, named after their digests")
    folder = parser.parse_args().folder
    record: dict[str, Any] = read_json(RECORD) if RECORD.exists() else {}
    for row in read_all():
        for run in row.runs:
            digest = run.get("digest", "")
            path = folder / f"{digest}.npz"
            if run["seed"] or not digest or digest in record or not path.exists():
                continue
            told = run["luts"].get("input_format") or ""
            found = measure(LutNetwork.load(path), told)
            print(row.data, row.parameters, found, flush=True)
            record[digest] = {"data": row.data, "chip": CHIP, "target_mhz": TARGET_MHZ, **found}
            write_json(RECORD, record)


if __name__ == "__main__":
    main()
