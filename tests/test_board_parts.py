"""Whose a cell is, after the tools have renamed it."""

from lutgen.board.parts import SHELL, Owners, Placed, count_parts, describe_path, read_placement
from lutgen.flow.pnr import Step
from lutgen.flow.yosys import yosys_family
from lutgen.netlist.ir import CORE, ENCODER, HEAD, LUT, REGISTER, Cell, Netlist

NETLIST = Netlist(
    1,
    (
        Cell(LUT, (2,), 1, "c0_t1", 0, part=ENCODER),
        Cell(LUT, (3,), 1, "l1_n46_s0", 1),
        Cell(LUT, (4,), 1, "l1_n46", 1),
        Cell(LUT, (5,), 1, "h_y0", 0, part=HEAD),
        Cell(REGISTER, (6,), 0, "h_y0_r1", 0, part=HEAD),
    ),
    (7,),
)
OWNERS = Owners.of(NETLIST)


def test_renamed_cells_are_recognised() -> None:
    for cell, name, part in [
        ("shell.core.U_l1_n46_s0_LC", "l1_n46_s0", "core"),
        ("shell.core.U_l1_n46", "l1_n46", "core"),
        ("shell.core.U_h_y0_r1_DFFLC", "h_y0_r1", "head"),
        ("core.U_h_y0$nextpnr", "h_y0", "head"),
        ("U_c0_t1_LC", "c0_t1", "encoder"),
        ("shell.core.x_SB_DFFE_Q_19_DFFLC", None, "shell"),
        ("shell.core.U_l9_n9_LC", None, "shell"),
        ("cd_sync.ready", None, "shell"),
    ]:
        assert (OWNERS.name(cell), OWNERS.part(cell)) == (name, part), cell


def test_cells_are_counted_by_part() -> None:
    cells = {
        "core.U_c0_t1": {"type": "SB_LUT4"},
        "core.U_l1_n46": {"type": "SB_LUT4"},
        "core.U_l1_n46_s0": {"type": "SB_LUT4"},
        "core.U_h_y0_r1": {"type": "SB_DFF"},
        "uart.count_q": {"type": "SB_DFFSR"},
        "uart.pin": {"type": "SB_IO"},
    }
    counts = count_parts({"cells": cells}, yosys_family("ice40"), OWNERS)
    assert {part: (n.luts, n.registers) for part, n in counts.items()} == {
        "encoder": (1, 0), "core": (2, 0), "head": (0, 1), "shell": (0, 1),
    }  # fmt: skip


def test_a_critical_path_in_words() -> None:
    cells = ["core.x_DFF", "core.U_l1_n46_s0_LC", "core.U_l1_n46_s0_LC", "core.U_l1_n46_LC",
             "core.U_h_y0_LC", "core.U_h_y0_r1_DFFLC"]  # fmt: skip
    kinds = ["clk-to-q", "routing", "logic", "logic", "logic", "setup"]
    path = [Step(kind, 1.25, cell) for kind, cell in zip(kinds, cells, strict=True)]
    words = "serial shell, layer 1 LUT 46, head (7.5 ns, 3 cells)"
    assert describe_path(path, OWNERS) == words
    encoder = describe_path([Step("logic", 1.0, "U_c0_t1_LC")], OWNERS, around="registers")
    assert encoder == "encoder (1.0 ns, 1 cells)"


def test_the_placement_tells_tile_and_layer() -> None:
    cells = {
        "core.U_l1_n46_LC": {"attributes": {"NEXTPNR_BEL": "X12/Y3/lc4"}},
        "core.U_h_y0_LC": {"attributes": {"NEXTPNR_BEL": "X7Y10/LUT3"}},
        "uart.x": {"attributes": {"NEXTPNR_BEL": "X1/Y2/lc0"}},
        "not placed": {"attributes": {}},
    }
    assert read_placement({"cells": cells}, OWNERS) == [
        Placed(12, 3, CORE, 1), Placed(7, 10, HEAD), Placed(1, 2, SHELL),
    ]  # fmt: skip
