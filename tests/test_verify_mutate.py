"""Planting faults: exactly the change that was asked for, and only where it is possible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netlists import netlists

from lutgen.errors import NetlistError
from lutgen.netlist.check import check
from lutgen.netlist.ir import LUT, REGISTER, Cell, Netlist
from lutgen.verify.mutate import flip_init_bit, rewire, swap_wires

NETLIST = Netlist(
    2,
    (Cell(LUT, (2, 3), 0b1000, "l1_n0", 1), Cell(REGISTER, (4,), 0, "l1_n0_r1", 1)),
    (5,),
)


@given(netlists(), st.data())
def test_each_fault_changes_one_cell_and_undoes_itself(netlist: Netlist, data: st.DataObject):
    if not netlist.cells:
        return
    place = data.draw(st.integers(0, len(netlist.cells) - 1))
    n_inputs = len(netlist.cells[place].inputs)
    wires = st.integers(0, n_inputs - 1)
    first, second = data.draw(wires), data.draw(wires)
    entry = data.draw(st.integers(0, (1 << n_inputs) - 1))
    old, new = netlist.cells[place].inputs[first], data.draw(st.integers(0, place))

    flipped = flip_init_bit(netlist, place, entry)
    assert flipped.cells[place].init ^ netlist.cells[place].init == 1 << entry
    swapped = swap_wires(netlist, place, first, second)
    assert swapped.cells[place].inputs[first] == netlist.cells[place].inputs[second]
    rewired = rewire(netlist, place, first, new)
    assert rewired.cells[place].inputs[first] == new

    for faulty in (flipped, swapped, rewired):
        check(faulty)
        assert faulty.cells[:place] == netlist.cells[:place]
        assert faulty.cells[place + 1 :] == netlist.cells[place + 1 :]
    assert flip_init_bit(flipped, place, entry) == netlist
    assert swap_wires(swapped, place, first, second) == netlist
    assert rewire(rewired, place, first, old) == netlist


@pytest.mark.parametrize(
    ("plant", "message"),
    [
        (lambda: flip_init_bit(NETLIST, 0, 4), "l1_n0 has 4 entries, there is no entry 4"),
        (lambda: flip_init_bit(NETLIST, 1, 0), "l1_n0_r1 is a register, not a LUT"),
        (lambda: flip_init_bit(NETLIST, 2, 0), "has 2 cells, there is no cell 2"),
        (lambda: swap_wires(NETLIST, 0, 0, 2), "l1_n0 has 2 inputs, cannot swap 0 and 2"),
        (lambda: rewire(NETLIST, 0, 0, 4), "reads nets below 4, cannot connect input 0 to net 4"),
        (lambda: rewire(NETLIST, 0, 2, 2), "l1_n0 has 2 inputs"),
    ],
)
def test_impossible_faults_are_refused(plant, message: str) -> None:
    with pytest.raises(NetlistError, match=message):
        plant()
