"""Two-input gates of networks of LUTs, for comparison with networks of logic gates.

``python benchmarks/learnt.py --data cifar10_u4 --models FOLDER`` keeps the networks;
``python benchmarks/gates.py --models FOLDER`` counts the gates of their LUTs alone and
writes them into the rows: ``ands``, the ANDs of lutgen's and-inverter graph (inverters are
free), and ``abc``, any gates of two inputs after Yosys's ABC.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console
from rows import read_all

from lutgen.core import make_core
from lutgen.emit.aiger import make_aig
from lutgen.emit.blif import emit_blif
from lutgen.errors import ToolError
from lutgen.files import write_json
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_yosys
from lutgen.model import LutNetwork
from lutgen.model.head import Bits

TIMEOUT_SECONDS = 1800
_SCRIPT = (
    "read_blif core.blif",
    "techmap",
    "abc -g gates -script +strash;ifraig;dc2;strash;dch;map",
    "opt_clean",
    "tee -q -o stat.json stat -json",
)


def main() -> None:
    """Count the networks that are there and whose rows lack a count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--timeout", type=float, default=TIMEOUT_SECONDS)
    options = parser.parse_args()
    for row in read_all():
        for found in row.runs:
            path = options.models / f"{found.get('digest')}.npz"
            if "gates" in found or not path.exists():
                continue
            found["gates"] = count(LutNetwork.load(path), options.timeout)
            write_json(row.path, asdict(row))
            Console(stderr=True).print(row.data, row.features, row.parameters, found["gates"])


def count(network: LutNetwork, timeout: float = TIMEOUT_SECONDS) -> dict[str, int]:
    """Count the gates of the LUTs alone; without ``abc`` where that takes too long."""
    core = make_core(replace(network, head=Bits()))
    gates = {"ands": len(make_aig(core.logic).ands)}
    tool = find_yosys()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "core.blif").write_text(emit_blif(core.logic, model=core.module))
        (folder / "script.ys").write_text("\n".join(_SCRIPT) + "\n")
        try:
            run(
                [tool.path, "script.ys"],
                what="Yosys (gates)",
                cwd=folder,
                log=folder / "yosys.log",
                environment=subprocess_environment(tool.environment),
                timeout_seconds=timeout,
            )
        except ToolError:
            return gates
        modules = json.loads((folder / "stat.json").read_text())["modules"]
    cells: dict[str, int] = modules[f"\\{core.module}"]["num_cells_by_type"]
    return gates | {"abc": sum(n for kind, n in cells.items() if kind not in ("$_NOT_", "$_BUF_"))}


if __name__ == "__main__":
    main()
