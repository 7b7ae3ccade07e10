"""Every rule of the netlist, broken once."""

from __future__ import annotations

import pytest
from hypothesis import given
from netlists import netlists

from lutgen.errors import NetlistError
from lutgen.netlist.check import check
from lutgen.netlist.ir import LUT, REGISTER, Cell, Netlist
from lutgen.netlist.names import is_module_name, is_net_name, module_fault

AND = 0b1000


def lut(name: str, *inputs: int, init: int = AND) -> Cell:
    return Cell(LUT, inputs, init, name, 1)


def register(name: str, *inputs: int) -> Cell:
    return Cell(REGISTER, inputs, 0, name, 1)


@given(netlists())
def test_random_netlists_are_sound(netlist: Netlist) -> None:
    check(netlist)


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ([lut("a", 2, 4)], "cell a: reads net 4, which is not earlier than its own"),
        ([lut("a", 2, 5), lut("b", 2, 3)], "cell a: reads net 5"),
        ([lut("a", 2, -1)], "cell a: reads net -1"),
        ([lut("a", 2, 3), lut("a", 2, 3)], "cell a: the name is given twice"),
        ([lut("A", 2, 3)], "cell 'A': not a legal name"),
        ([lut("wire", 2, 3)], "cell 'wire': not a legal name"),
        ([lut("x", 2, 3)], "cell 'x': not a legal name"),
        ([lut("a b", 2, 3)], "cell 'a b': not a legal name"),
        ([lut("a", 2, 3, init=16)], "cell a: its table does not fit the 4 bits of its inputs"),
        ([lut("a", 2, 3, init=-1)], "cell a: its table does not fit"),
        ([lut("a", init=0)], "cell a: a LUT reads 1 to 16 nets, this one 0"),
        ([lut("a", *[2] * 17)], "cell a: a LUT reads 1 to 16 nets, this one 17"),
        ([register("r", 2, 3)], "cell r: a register reads one net, this one 2"),
        ([Cell(REGISTER, (2,), 1, "r", 1)], "cell r: a register has no truth table"),
        ([Cell("latch", (2,), 0, "q", 1)], "cell q: unknown kind 'latch'"),
        ([Cell(LUT, (2,), 1, "a", -1)], "cell a: layer -1 is negative"),
        ([register("r", 2), lut("a", 4, 3)], "cell a: its inputs are 0 and 1 cycles old"),
    ],
)
def test_fault_is_named(cells: list[Cell], fault: str) -> None:
    with pytest.raises(NetlistError) as caught:
        check(Netlist(2, tuple(cells), (2,)))
    assert f"netlist with 1 fault(s): {fault}" in str(caught.value)


def test_outputs_are_checked() -> None:
    with pytest.raises(NetlistError, match=r"output y\[1\]: reads net 9 of 4"):
        check(Netlist(2, (), (2, 9)))
    with pytest.raises(NetlistError, match="2 inputs and 0 outputs"):
        check(Netlist(2, (), ()))
    with pytest.raises(NetlistError, match="the outputs are 0 and 1 cycles old, not of one age"):
        check(Netlist(2, (register("r", 2),), (3, 4)))


def test_constants_are_of_any_age() -> None:
    cells = (register("r", 2), lut("a", 3, 0), register("s", 1), lut("b", 3, 5))
    check(Netlist(1, cells, (4, 6, 1)))


def test_all_faults_are_gathered_and_the_message_stays_readable() -> None:
    cells = tuple(lut(f"N{i}", 2, 3) for i in range(25))
    with pytest.raises(NetlistError) as caught:
        check(Netlist(2, cells, (2,)))
    message = str(caught.value)
    assert message.startswith("netlist with 25 fault(s): cell 'N0'")
    assert message.count("not a legal name") == 20
    assert message.endswith("and 5 more")


@pytest.mark.parametrize("name", ["lutgen_core", "Top", "_a1"])
def test_module_names(name: str) -> None:
    assert is_module_name(name)


@pytest.mark.parametrize("name", ["", "1a", "a-b", "a$", "module", "logic", "a\n", "é"])
def test_what_is_no_module_name(name: str) -> None:
    assert not is_module_name(name)
    assert not is_net_name(name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x", "x is a port"),
        ("CLK", "clk is a port"),
        ("entity", "keyword of VHDL"),
        ("Signal", "keyword of VHDL"),
        ("std", "Verilator has a package"),
        ("TOP", "Verilator's own top module"),
        ("wreal", "keyword of Icarus"),
        ("top", "around a core"),
        ("lutgen_uart", "around a core"),
    ],
)
def test_what_else_is_called_so_is_said(name: str, reason: str) -> None:
    assert reason in module_fault(name)
    assert not is_module_name(name)
