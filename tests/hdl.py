"""What the tests of the shells share: a core that is small and never gives one answer for all."""

from __future__ import annotations

import random
from pathlib import Path

from lutgen.board.shell import CorePorts

STREAM_PORTS = (
    "clk",
    "rst",
    *(f"s_axis_{name}" for name in ("tdata", "tvalid", "tready", "tlast")),
    *(f"m_axis_{name}" for name in ("tdata", "tvalid", "tready", "tlast", "tuser")),
)
UART_PORTS = ("clk", "rst", "rx", "tx", "led")


def answer(core: CorePorts, x: int) -> int:
    """Return the answer to a vector: its slices as wide as the answer, rotated and folded."""
    width, folded = core.answer_width, 0
    mask = (1 << width) - 1
    for i in range(0, core.n_inputs, width):
        folded = ((folded << 1 | folded >> (width - 1)) & mask) ^ (x >> i & mask)
    return folded


def fold_core(n_inputs: int, answer_width: int, latency: int) -> tuple[CorePorts, str]:
    """Return a core that computes :func:`answer`, and its Verilog."""
    n_slices = -(-n_inputs // answer_width)
    width = n_slices * answer_width
    padded = f"{{{width - n_inputs}'d0, x}}" if width > n_inputs else "x"
    rotated = (
        f"{{folded[{answer_width - 2}:0], folded[{answer_width - 1}]}}"
        if answer_width > 1
        else "folded"
    )
    lines = [
        "`default_nettype none",
        "module fold_core (",
        *(["    input wire clk,"] if latency else []),
        f"    input wire [{n_inputs - 1}:0] x,",
        f"    output wire [{answer_width - 1}:0] y",
        ");",
        f"  wire [{width - 1}:0] padded = {padded};",
        f"  reg [{answer_width - 1}:0] folded;",
        "  integer i;",
        "  always @* begin",
        "    folded = 0;",
        f"    for (i = 0; i < {n_slices}; i = i + 1)",
        f"      folded = {rotated} ^ padded[i*{answer_width} +: {answer_width}];",
        "  end",
    ]
    if latency:
        lines += [
            f"  reg [{answer_width - 1}:0] stage [0:{latency - 1}];",
            "  integer j;",
            "  always @(posedge clk) begin",
            "    stage[0] <= folded;",
            f"    for (j = 1; j < {latency}; j = j + 1) stage[j] <= stage[j-1];",
            "  end",
            f"  assign y = stage[{latency - 1}];",
        ]
    else:
        lines.append("  assign y = folded;")
    lines += ["endmodule", "`default_nettype wire", ""]
    return CorePorts("fold_core", n_inputs, answer_width, latency, latency > 0), "\n".join(lines)


def write_vectors(folder: Path, core: CorePorts, n_vectors: int, seed: int = 1) -> dict[str, str]:
    """Write random vectors and their answers, and return the settings of a bench for them."""
    rng = random.Random(seed)
    vectors = [rng.getrandbits(core.n_inputs) for _ in range(n_vectors)]
    inputs, expected = folder / "inputs.mem", folder / "expected.mem"
    inputs.write_text("".join(f"{x:x}\n" for x in vectors))
    expected.write_text("".join(f"{answer(core, x):x}\n" for x in vectors))
    return {
        "LUTGEN_INPUTS": str(inputs),
        "LUTGEN_EXPECTED": str(expected),
        "LUTGEN_WIDTH": str(core.n_inputs),
        "LUTGEN_LATENCY": str(core.latency),
    }


def faulty(source: Path, right: str, wrong: str) -> str:
    """Return a file's text with one fault planted."""
    text = source.read_text(encoding="utf-8")
    assert text.count(right) == 1, f"{right!r} stands {text.count(right)} times in {source.name}"
    return text.replace(right, wrong)
