"""LUTs that networks take on each family: plain trees, what lutgen keeps, and Yosys.

The networks are those that `paper.py` learns (binary MNIST, five layers of 1,024 LUTs), the cone of
the output after `simplify`; with ``--random``, tables drawn at random.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from paper import BinaryMnist, arguments
from rich.console import Console
from rich.table import Table

from lutgen.chips.ecp5 import family as ecp5
from lutgen.chips.fabric.fabric import Fabric
from lutgen.chips.fabric.mapper import map_onto
from lutgen.chips.fabric.split import Shape, worst_cost
from lutgen.chips.gowin import family as gowin
from lutgen.chips.ice40 import family as ice40
from lutgen.chips.xilinx import xcup, xilinx7
from lutgen.core.lower import lower
from lutgen.emit.blif import emit_blif
from lutgen.errors import ToolError
from lutgen.flow.yosys import OPTIMISED, synthesise
from lutgen.learn.memorize import Parameters
from lutgen.netlist.ir import FIRST_INPUT, LUT, Cell, Netlist
from lutgen.netlist.passes.simplify import simplify

FABRICS = {
    "ice40": ice40.FABRIC,
    "ecp5": ecp5.FABRIC,
    "gowin": gowin.FABRIC,
    "xilinx7": xilinx7.FABRIC,
    "xcup": xcup.FABRIC,
}
RANDOM_LUTS = {4: 168, 6: 346, 8: 376}
COLUMNS = ("k", "k-LUTs", "levels", "family", "plain", "kept", "muxes", "levels", "seconds")


def main() -> None:
    """Map each network onto each family and print a table."""
    parser = arguments("LUTs on each family")
    parser.add_argument("--k", type=int, nargs="+", default=[4, 6, 8])
    parser.add_argument("--families", nargs="+", default=list(FABRICS), choices=FABRICS)
    parser.add_argument("--fill", default="random", help="policy for unseen entries")
    parser.add_argument("--random", action="store_true", help="random tables instead of MNIST")
    parser.add_argument("--yosys", type=float, metavar="SECONDS", help="Yosys, too, for so long")
    options = parser.parse_args()
    progress = Console(stderr=True)
    table = Table(*COLUMNS, *(("Yosys", "muxes", "levels") if options.yosys else ()))
    networks = _random(options.k) if options.random else _learnt(options)
    for k, netlist in networks:
        for family in options.families:
            row = _row(k, netlist, family, FABRICS[family])
            if options.yosys:
                row += _yosys(netlist, family, options.yosys)
            table.add_row(*map(str, row))
            progress.print(*row)
    Console().print(table)


def _learnt(options: argparse.Namespace) -> Iterator[tuple[int, Netlist]]:
    mnist = BinaryMnist.load(options.data_dir)
    for k in options.k:
        parameters = Parameters(k=k, widths=(1024,) * 5, fill=options.fill, cone_only=True)
        netlist, _ = simplify(lower(mnist.learn(parameters)))
        yield k, netlist


def _random(sizes: list[int]) -> Iterator[tuple[int, Netlist]]:
    for k in sizes:
        rng = np.random.default_rng(k)
        n_inputs, n_luts = 128, RANDOM_LUTS[k]
        cells = tuple(
            Cell(
                LUT,
                tuple((FIRST_INPUT + rng.choice(n_inputs, k, replace=False)).tolist()),
                int.from_bytes(rng.bytes((1 << k) // 8), "little"),
                f"l1_n{place}",
                1,
            )
            for place in range(n_luts)
        )
        first = FIRST_INPUT + n_inputs
        yield k, Netlist(n_inputs, cells, tuple(range(first, first + n_luts)))


def _row(k: int, netlist: Netlist, family: str, fabric: Fabric) -> list[object]:
    shape = Shape(fabric.leaf, len(fabric.muxes))
    plain = sum(max(1, worst_cost(len(cell.inputs), shape)) for cell in netlist.cells)
    start = time.perf_counter()
    mapped = map_onto(netlist, fabric)
    seconds = time.perf_counter() - start
    muxes = sum(cell.hard for cell in mapped.cells)
    head: list[object] = [k, netlist.count(LUT), netlist.depth, family]
    return [*head, plain, mapped.count(LUT), muxes, mapped.depth, f"{seconds:.1f}"]


def _yosys(netlist: Netlist, family: str, seconds: float) -> list[object]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            result = synthesise(
                emit_blif(netlist),
                language="blif",
                top="lutgen_core",
                target=family,
                mode=OPTIMISED,
                out_dir=Path(folder),
                timeout_seconds=seconds,
            )
        except ToolError:
            return ["-", "-", "-"]
    return [result.n_luts, result.n_muxes, result.levels]


if __name__ == "__main__":
    main()
