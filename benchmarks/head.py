"""LUTs that heads take on each family: what lutgen builds, and sums and comparisons left to Yosys.

Each head is proved, too. With ``--yosys``, Yosys reads lutgen's Verilog of primitives and counts
them (``direct``), and makes its own head of Verilog with ``+`` and ``>`` (``plain``).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from lutgen.chips.registry import get_family
from lutgen.core.build import head_resources
from lutgen.emit.verilog import emit_verilog
from lutgen.errors import ToolError
from lutgen.flow.yosys import DIRECT, OPTIMISED, synthesise
from lutgen.netlist.head import Votes, build_head
from lutgen.verify.head import prove_head

FAMILIES = ("xilinx7", "xcup", "ice40", "ecp5", "gowin")
COLUMNS = ("votes", "family", "LUTs", "levels", "hard", "build s", "proved", "proof s")


def groups(n_classes: int, n_bits: int) -> Votes:
    """Return votes of so many bits for each class, each bit for one class."""
    weights = np.repeat(np.eye(n_classes, dtype=np.int32), n_bits, axis=1)
    return Votes(weights, np.zeros(n_classes, np.int32))


def threshold(n_bits: int) -> Votes:
    """Return votes of two classes: class 1 if more than half of the bits are 1."""
    weights = np.stack([np.zeros(n_bits, np.int32), np.full(n_bits, 2, np.int32)])
    return Votes(weights, np.array([n_bits, 0], np.int32))


def codes(n_classes: int, n_bits: int) -> Votes:
    """Return votes by a random code of -1 and 1."""
    weights = np.random.default_rng(0).choice([-1, 1], (n_classes, n_bits)).astype(np.int32)
    return Votes(weights, np.zeros(n_classes, np.int32))


HEADS = {
    "10 x 30": groups(10, 30),
    "10 x 60": groups(10, 60),
    "10 x 100": groups(10, 100),
    "10 x 300": groups(10, 300),
    "2 x 100": groups(2, 100),
    "majority of 100": threshold(100),
    "code 10 x 60": codes(10, 60),
}


def main() -> None:
    """Build and prove each head on each family and print a table."""
    parser = argparse.ArgumentParser(description="LUTs of heads")
    parser.add_argument("--families", nargs="+", default=list(FAMILIES), choices=FAMILIES)
    parser.add_argument("--votes", nargs="+", default=list(HEADS), choices=HEADS)
    parser.add_argument("--yosys", type=float, metavar="SECONDS", help="Yosys, too, for so long")
    options = parser.parse_args()
    progress = Console(stderr=True)
    table = Table(*COLUMNS, *(("direct", "plain") if options.yosys else ()))
    for name in options.votes:
        for family in options.families:
            row = [name, family, *_row(HEADS[name], family, options.yosys)]
            table.add_row(*row)
            progress.print(*row)
    Console().print(table)


def _row(votes: Votes, name: str, yosys_seconds: float | None) -> list[str]:
    family = get_family(name)
    start = time.perf_counter()
    head = build_head(votes, head_resources(family))
    built = time.perf_counter()
    proof = prove_head(head, votes)
    proved = time.perf_counter()
    mapped = family.map(head.netlist)
    counts = [mapped.count("lut"), mapped.depth, sum(cell.hard for cell in mapped.cells)]
    row = [*map(str, counts), f"{built - start:.1f}", "yes" if proof.proved else "NO"]
    row.append(f"{proved - built:.2f}")
    if yosys_seconds:
        verilog = emit_verilog(mapped, family, module="head", header=["head"])
        row.append(_yosys(verilog, name, DIRECT, yosys_seconds))
        row.append(_yosys(plain_verilog(votes), name, OPTIMISED, yosys_seconds))
    return row


def plain_verilog(votes: Votes) -> str:
    """Return Verilog of the votes as one would write it: sums, and a chain of comparisons."""
    n_classes, n_bits = votes.n_classes, votes.n_bits
    width = int(np.abs(votes.limits()).max()).bit_length() + 1
    lines = [f"module head (input [{n_bits - 1}:0] x, output reg [{n_classes - 1}:0] y);"]
    for c in range(n_classes):
        total = str(votes.bias[c])
        for i, weight in enumerate(votes.weights[c].tolist()):
            factor = f"{abs(weight)} * " if abs(weight) > 1 else ""
            if weight:
                sign = "-" if weight < 0 else "+"
                total += f" {sign} {factor}$signed({{{width - 1}'d0, x[{i}]}})"
        lines.append(f"  wire signed [{width - 1}:0] s{c} = {total};")
    lines += [f"  reg signed [{width - 1}:0] best;", "  always @* begin"]
    lines.append("    best = s0; y = 0;")
    lines += [f"    if (s{c} > best) begin best = s{c}; y = {c}; end" for c in range(1, n_classes)]
    return "\n".join([*lines, "  end", "endmodule", ""])


def _yosys(source: str, target: str, mode: str, seconds: float) -> str:
    with tempfile.TemporaryDirectory() as folder:
        try:
            result = synthesise(
                source,
                language="verilog",
                top="head",
                target=target,
                mode=mode,
                out_dir=Path(folder),
                timeout_seconds=seconds,
            )
        except ToolError as error:
            return f"- ({str(error)[:30]})"
    return str(result.n_luts)


if __name__ == "__main__":
    main()
