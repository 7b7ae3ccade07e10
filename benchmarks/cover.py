"""LUTs of networks of small gates: the cover, the mapping without it, and Yosys's ABC.

Run with: python benchmarks/cover.py --fixtures FOLDER
          python benchmarks/cover.py --gates 32000 [--gates 100000]

The folder holds ``difflogic/gates_*.npz`` (arrays op, a, b of a gate each, n_inputs, n_outputs),
``torchlogix/*_circuit.json`` and ``*/*.aig``. What came of it is kept in ``results/cover.json``.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from lutgen.chips.registry import get_family
from lutgen.core import CoreConfig, make_core
from lutgen.core.lower import lower
from lutgen.emit.aiger import make_aig
from lutgen.emit.blif import emit_blif
from lutgen.emit.verilog import core_verilog
from lutgen.files import read_json, write_json
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_yosys
from lutgen.importers.reading import import_file
from lutgen.model import Argmax, LutNetwork
from lutgen.netlist.ir import LUT, Netlist
from lutgen.netlist.passes.absorb import absorb
from lutgen.netlist.passes.cover import cover
from lutgen.netlist.passes.shrink import shrink
from lutgen.netlist.passes.simplify import simplify
from lutgen.verify.prove import prove_model, prove_steps
from lutgen.verify.sweep import prove_equal

RECORD = Path(__file__).parent / "results" / "cover.json"
N_CLASSES, N_INPUTS = 10, 784

# difflogic's operators 0 to 15 as tables: input a is address bit 0
TABLES = tuple(
    sum((op >> (3 - 2 * a - b) & 1) << (a + 2 * b) for a in (0, 1) for b in (0, 1))
    for op in range(16)
)
Result = TypeVar("Result")


def difflogic(path: Path) -> Netlist:
    """Return the gates of a difflogic network; the last ones vote."""
    arrays = np.load(path)
    n_inputs, n_outputs = int(arrays["n_inputs"]), int(arrays["n_outputs"])
    gates = zip(arrays["op"].tolist(), arrays["a"].tolist(), arrays["b"].tolist(), strict=True)
    luts = [((max(a, 0), max(b, 0)), TABLES[op]) for op, a, b in gates]
    last = n_inputs + len(luts)
    return lower(LutNetwork.from_luts(n_inputs, luts, outputs=list(range(last - n_outputs, last))))


def circuits(folder: Path) -> Iterator[tuple[str, Netlist]]:
    """Yield name and netlist of each file."""
    for path in sorted(folder.glob("difflogic/gates_*.npz")):
        yield f"difflogic/{path.stem}", difflogic(path)
    for pattern in ("torchlogix/*_circuit.json", "epfl/*.aig", "iwls/*.aig"):
        for path in sorted(folder.glob(pattern)):
            network = import_file(path).network
            yield f"{path.parent.name}/{path.stem}", lower(network)


def by_abc(netlist: Netlist) -> dict[int, int]:
    """Return the LUTs of up to 6 and of up to 4 inputs that Yosys's ``abc -lut`` makes."""
    tool = find_yosys()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "core.blif").write_text(emit_blif(netlist), encoding="ascii")
        script = ["read_blif -wideports core.blif", "techmap", "opt", "design -save gates"]
        for k in (6, 4):
            script += ["design -load gates", f"abc -lut {k}", "opt_clean -purge"]
            script += [f"tee -q -o stat{k}.json stat -json"]
        (folder / "script.ys").write_text("\n".join(script) + "\n", encoding="ascii")
        run([tool.path, "script.ys"], what="Yosys", cwd=folder, log=folder / "yosys.log",
            environment=subprocess_environment(tool.environment))  # fmt: skip
        found = {}
        for k in (6, 4):
            modules = json.loads((folder / f"stat{k}.json").read_text())["modules"]
            counts = next(iter(modules.values()))["num_cells_by_type"]
            found[k] = sum(n for kind, n in counts.items() if kind == "$lut")
    return found


def compare(name: str, netlist: Netlist) -> dict[str, Any]:
    """Return the figures of one circuit."""
    small, _ = shrink(netlist)
    row: dict[str, Any] = {"circuit": name, "gates": netlist.count(LUT)}
    abc = by_abc(netlist)
    for k in (6, 4):
        plain, _ = absorb(small, k)
        covered, _ = simplify(cover(small, k, max_depth=plain.depth)[0])
        row[f"lut{k}"] = {
            "absorb": plain.count(LUT),
            "cover": covered.count(LUT),
            "abc": abc[k],
            "levels of absorb": plain.depth,
            "levels of cover": covered.depth,
            "proved": prove_equal(netlist, covered).proved,
        }
    family = get_family("xilinx7")
    assert family.fabric is not None
    mapped = family.map(small)
    tried = [
        family.map(simplify(cover(small, 6, max_depth=mapped.depth, costs=costs)[0])[0])
        for costs in family.fabric.costs(6)
    ]
    row["xilinx7"] = {"before": mapped.count(LUT), "after": min(net.count(LUT) for net in tried)}
    return row


def generated(n_gates: int, n_layers: int, seed: int = 0) -> LutNetwork:
    """Return layers of random gates, each signal read about as often, that vote on ten classes."""
    rng = np.random.default_rng(seed)
    width = n_gates // n_layers // N_CLASSES * N_CLASSES
    luts: list[tuple[tuple[int, int], int]] = []
    first, n_before = 0, N_INPUTS
    for layer in range(n_layers):
        reads = [rng.permutation(n_before) for _ in range(-(-2 * width // n_before))]
        wires = rng.permutation(np.concatenate(reads)[: 2 * width]).reshape(2, width)
        wires[1] = np.where(wires[0] == wires[1], (wires[1] + 1) % n_before, wires[1])
        ops = rng.integers(1, 15, width).tolist()
        pairs = (wires + first).T.tolist()
        luts += [((a, b), TABLES[op]) for (a, b), op in zip(pairs, ops, strict=True)]
        first, n_before = N_INPUTS + layer * width, width
    last = N_INPUTS + len(luts)
    return LutNetwork.from_luts(
        N_INPUTS, luts, outputs=range(last - width, last), head=Argmax.groups(N_CLASSES, width),
        layers=np.repeat(np.arange(1, n_layers + 1), width).tolist(),
    )  # fmt: skip


def timed(row: dict[str, Any], what: str, work: Callable[[], Result]) -> Result:
    """Do some work and note its seconds of processor time: machines are shared."""
    start = time.process_time()
    result = work()
    row[what] = round(time.process_time() - start, 1)
    print(f"  {what:12} {row[what]:8.1f} s", flush=True)
    return result


def speed(n_gates: int) -> dict[str, Any]:
    """Return the seconds of each step from a generated network to its proof."""
    row: dict[str, Any] = {"gates": n_gates, "chip": "xilinx7"}
    print(f"{n_gates} gates")
    network = timed(row, "from_luts", lambda: generated(n_gates, 4 if n_gates < 50_000 else 6))
    core = timed(row, "make_core", lambda: make_core(network, CoreConfig(chip="xilinx7")))
    timed(row, "verilog", lambda: core_verilog(core))
    timed(row, "aiger", lambda: make_aig(core.logic).to_binary())
    samples = np.random.default_rng(1).integers(0, 2, (2000, N_INPUTS), dtype=np.uint8)
    timed(row, "predict 2000", lambda: network.predict(samples))
    proofs = timed(row, "prove", lambda: [*prove_steps(core), *prove_model(core)])
    row["proved"] = all(proof.result.proved for proof in proofs)
    row["luts"] = core.netlist.count(LUT)
    row["peak_gb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)
    return row


def main() -> None:
    """Measure what is asked for and put it into the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fixtures", type=Path)
    parser.add_argument("--gates", type=int, action="append", default=[])
    options = parser.parse_args()
    record: dict[str, Any] = read_json(RECORD) if RECORD.exists() else {"speed": [], "luts": []}
    if options.fixtures:
        record["luts"] = []
        for name, netlist in circuits(options.fixtures):
            record["luts"].append(compare(name, netlist))
            print(json.dumps(record["luts"][-1]), flush=True)
    for n_gates in options.gates:
        row = speed(n_gates)
        others = [old for old in record["speed"] if old["gates"] != n_gates]
        record["speed"] = sorted([*others, row], key=lambda item: int(item["gates"]))
    write_json(RECORD, record)


if __name__ == "__main__":
    main()
