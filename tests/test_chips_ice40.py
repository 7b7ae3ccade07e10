"""Mapping onto the iCE40: what known functions take, and what the cells are called."""

from __future__ import annotations

import numpy as np
import pytest
from chips import assert_same_answers, one_lut
from netlists import assert_same_function

from lutgen.chips.fabric.split import Shape, are_pairs, worst_cost
from lutgen.chips.ice40.family import ICE40
from lutgen.chips.registry import get_family
from lutgen.errors import ConfigError
from lutgen.netlist.ir import LUT, REGISTER, Cell, Netlist
from lutgen.netlist.tables import insert, ones, tabulate


def test_worst_costs() -> None:
    # plain Shannon trees of 2:1 multiplexers take 2^(k-3) - 1: 3, 7, 15, 31, 63, 127
    assert [worst_cost(k, Shape(4)) for k in range(11)] == [0, 0, 1, 1, 1, 3, 6, 13, 26, 53, 106]


def test_random_8_luts_stay_well_below_a_plain_tree() -> None:
    rng = np.random.default_rng(0)
    n = 20
    inputs = [tuple(sorted((2 + rng.choice(40, 8, replace=False)).tolist())) for _ in range(n)]
    cells = [
        Cell(LUT, reads, int.from_bytes(rng.bytes(32), "little"), f"l1_n{i}", 1)
        for i, reads in enumerate(inputs)
    ]
    mapped = ICE40.map(Netlist(40, tuple(cells), tuple(range(42, 42 + n))))
    assert mapped.count(LUT) <= 26 * n


@pytest.mark.parametrize(
    ("name", "k", "function", "luts"),
    [
        ("parity of 16", 16, lambda *x: sum(x) % 2, 6),
        ("and of 16", 16, lambda *x: all(x), 6),
        ("2:1 multiplexer of ands", 5, lambda s, a, b, c, d: (a and b) if s else (c and d), 2),
        ("4:1 multiplexer", 6, lambda s, t, *d: d[s + 2 * t], 2),
        ("cofactors are complements", 5, lambda s, *x: (sum(x) > 1) ^ s, 2),
        ("a cofactor is constant", 5, lambda s, *x: s and sum(x) > 1, 2),
        ("majority of 5", 5, lambda *x: sum(x) > 2, 3),
        ("majority of 7", 7, lambda *x: sum(x) > 3, 9),
        ("one idle input", 5, lambda s, *x: sum(x) > 1, 1),
    ],
)
def test_known_functions(name: str, k: int, function: object, luts: int) -> None:
    netlist = one_lut(tabulate(k, function), k)
    mapped = ICE40.map(netlist)
    assert mapped.count(LUT) <= luts
    assert_same_answers(netlist, mapped)


def test_equal_and_complementary_cofactors_are_made_once() -> None:
    part = int.from_bytes(np.random.default_rng(4).bytes(4), "little")
    assert not are_pairs([part])[0]
    # each LUT is 0 where its own last input is 0, and else the part or its complement
    cells = (
        Cell(LUT, (2, 3, 4, 5, 6, 7), part << 32, "l1_n0", 1),
        Cell(LUT, (2, 3, 4, 5, 6, 8), (part ^ ones(5)) << 32, "l1_n1", 1),
    )
    both = ICE40.map(Netlist(7, cells, (9, 10)))
    alone = [ICE40.map(Netlist(7, (cell,), (9,))).count(LUT) for cell in cells]
    assert alone == [3, 3]
    # the two halves of the part are common, and each top takes in both choices
    assert both.count(LUT) == 4


def test_small_luts_move_into_their_only_reader() -> None:
    cells = (
        Cell(LUT, (2, 3), 6, "l1_n0", 1),
        Cell(LUT, (4, 5), 6, "l1_n1", 1),
        Cell(LUT, (6, 7), 6, "l2_n0", 2),
    )
    mapped = ICE40.map(Netlist(4, cells, (8,)))
    assert str(mapped).splitlines()[1:-1] == ["l2_n0 = SB_LUT4 6996 (x[0] x[1] x[2] x[3])"]


def test_names_layers_and_idle_pins() -> None:
    mux = tabulate(6, lambda s, t, *d: d[s + 2 * t])
    cells = (
        Cell(LUT, (2, 3, 4, 5, 6, 7), mux, "l3_n17", 3),
        Cell(REGISTER, (8,), 0, "l3_n17_r1", 3),
        Cell(LUT, (9,), 1, "l4_n0", 4),
    )
    mapped = ICE40.map(Netlist(6, cells, (10,)))
    assert [cell.name for cell in mapped.cells] == ["l3_n17_s0", "l3_n17", "l3_n17_r1", "l4_n0"]
    assert [cell.layer for cell in mapped.cells] == [3, 3, 3, 4]
    assert [cell.primitive for cell in mapped.cells] == ["SB_LUT4", "SB_LUT4", "SB_DFF", "SB_LUT4"]
    assert mapped.cells[3].inputs == (10, 0, 0, 0)
    assert mapped.cells[3].init == insert(insert(insert(1, 1, 1), 2, 2), 3, 3)


def test_a_lut_that_complements_a_part_of_another_is_still_itself() -> None:
    table = tabulate(4, lambda *x: sum(x) > 2)
    cells = (
        Cell(LUT, (2, 3, 4, 5), table, "l1_n0", 1),
        Cell(LUT, (2, 3, 4, 5), table ^ ones(4), "l1_n1", 1),
        Cell(LUT, (2,), 1, "l1_n2", 1),
        Cell(LUT, (2, 3), 0b1100, "l1_n3", 1),
        Cell(LUT, (2, 3), 0b1111, "l1_n4", 1),
    )
    netlist = Netlist(4, cells, (6, 7, 8, 9, 10))
    mapped = ICE40.map(netlist)
    assert_same_function(netlist, mapped)
    assert [cell.name for cell in mapped.cells] == ["l1_n0", "l1_n1", "l1_n2"]
    assert mapped.outputs == (6, 7, 8, 3, 1)


def test_devices_name_their_source() -> None:
    capacities = {name: device.luts for name, device in ICE40.devices.items()}
    assert capacities["hx8k"] == 7680 and capacities["up5k"] == 5280
    assert all("Lattice FPGA-DS" in device.source for device in ICE40.devices.values())


def test_unknown_family() -> None:
    with pytest.raises(
        ConfigError, match="no chip family 'stratix'; choose one of: generic, cyclonev"
    ):
        get_family("stratix")
    assert get_family("ice40") is ICE40
