"""The text of BLIF; that Yosys reads it as the same function is in test_emit_verilog.py."""

from __future__ import annotations

from lutgen.emit.blif import emit_blif
from lutgen.netlist.ir import LUT, REGISTER, Cell, Netlist


def test_every_construct() -> None:
    cells = (
        Cell(LUT, (2, 3), 0b1000, "both", 1),
        Cell(LUT, (2, 4), 0b1101, "l1_n0", 1),  # three ones: the off-set is smaller
        Cell(REGISTER, (5,), 0, "l1_n0_r1", 1),
        Cell(LUT, (6,), 0b00, "never", 1),
        Cell(LUT, (6,), 0b11, "always", 1),
        Cell(LUT, (6, 1), 0b0110, "pin", 1),
    )
    text = emit_blif(Netlist(2, cells, (6, 0, 9)), model="m", header=["what it is"])
    assert text.splitlines() == [
        "# what it is",
        ".model m",
        ".inputs clk x[0] x[1]",
        ".outputs y[0] y[1] y[2]",
        ".names CONST0",
        ".names CONST1",
        "1",
        ".names x[0] x[1] both",
        "11 1",
        ".names x[0] both l1_n0",
        "10 0",
        ".latch l1_n0 l1_n0_r1 re clk 3",
        ".names l1_n0_r1 never",
        "- 0",
        ".names l1_n0_r1 always",
        "- 1",
        ".names l1_n0_r1 CONST1 pin",
        "10 1",
        "01 1",
        ".names l1_n0_r1 y[0]",
        "1 1",
        ".names CONST0 y[1]",
        "1 1",
        ".names pin y[2]",
        "1 1",
        ".end",
    ]


def test_long_lists_are_wrapped() -> None:
    text = emit_blif(Netlist(40, (), (2,)))
    lists = text.partition(".outputs")[0].splitlines()[1:]
    assert [line.count("x[") for line in lists] == [16, 16, 8]
    assert [line.endswith("\\") for line in lists] == [True, True, False]
    assert "clk" not in text
