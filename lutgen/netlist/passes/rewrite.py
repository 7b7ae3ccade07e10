"""Copying a netlist cell by cell while some nets are replaced by others or by their complements."""

from __future__ import annotations

from lutgen.netlist.ir import CONST0, CONST1, LUT, REGISTER, Cell, Netlist, NetlistBuilder
from lutgen.netlist.tables import INVERTER, flip, ones


class Rewriter:
    """Builds a new netlist from the cells of an old one, taken in order.

    For each old cell, call :meth:`keep`, :meth:`carry_over` or :meth:`replace` once. A cell that is
    replaced by the complement of a net costs nothing in the LUTs that read it, whose tables change
    instead; only where an output, a register or a cell that is fixed reads it, the complement is
    made after all, in its place.

    As long as nothing changes, nothing is copied: where nothing does at all, the result is the old
    netlist itself.

    Attributes
    ----------
    changes : int
        Old cells that are gone, and those kept with another table or other inputs.
    """

    def __init__(self, netlist: Netlist) -> None:
        self.changes = 0
        self._old = netlist
        self._n_same = netlist.first_cell  # nets at the beginning that stay as they are
        self._is_same = True
        self._builder = NetlistBuilder(netlist.n_inputs)
        # old net -> new net; whether to read its complement; the new net that is the complement
        self._net = list(range(netlist.first_cell))
        self._inverted = bytearray(netlist.first_cell)
        self._some_inverted = False
        self._complement: dict[int, int] = {CONST0: CONST1, CONST1: CONST0}
        packed = [cell for cell in netlist.cells if cell.kind == REGISTER or cell.is_fixed]
        self._plain = {net for cell in packed for net in cell.inputs}
        self._plain.update(netlist.outputs)

    def read_lut(self, cell: Cell) -> tuple[int, tuple[int, ...]]:
        """Return table and inputs of an old LUT in terms of the new nets."""
        if self._is_same:
            return cell.init, cell.inputs
        table = cell.init
        if self._some_inverted:
            for j, net in enumerate(cell.inputs):
                if self._inverted[net]:
                    table = flip(table, len(cell.inputs), j)
        return table, tuple(map(self._net.__getitem__, cell.inputs))

    def read_plain(self, net: int) -> int:
        """Return the new net that carries an old one, for a reader that takes no complement."""
        if self._is_same:
            return net
        source = self._net[net]
        return self._complement[source] if self._inverted[net] else source

    def carry_over(self, cell: Cell) -> int:
        """Add a cell that is fixed, as it is; return the net it drives."""
        if self._is_same:
            return self._keep_same()
        inputs = tuple([self.read_plain(net) for net in cell.inputs])
        self._net.append(self._add(cell, cell.init, inputs))
        self._inverted.append(False)
        return self._net[-1]

    def keep(self, cell: Cell, table: int, inputs: tuple[int, ...]) -> int:
        """Add the cell with this table and these new nets; return the net it drives."""
        if self._is_same:
            if inputs == cell.inputs and table == cell.init:
                return self._keep_same()
            self._copy_same()
        net = self._add(cell, table, inputs)
        altered = table != cell.init or len(inputs) != len(cell.inputs)
        if self._some_inverted and not altered and cell.kind == LUT:
            altered = any(map(self._inverted.__getitem__, cell.inputs))
        self.changes += altered
        self._net.append(net)
        self._inverted.append(False)
        return net

    def replace(self, net: int, *, inverted: bool = False) -> None:
        """Let readers of the cell read a new net instead, or its complement."""
        self.changes += 1
        if self._is_same:
            self._copy_same()
        old = len(self._net)
        self._net.append(net)
        self._inverted.append(inverted)
        self._some_inverted |= inverted
        if inverted and old in self._plain and net not in self._complement:
            self._make_complement(net, self._old.cells[old - self._old.first_cell])

    def finish(self) -> Netlist:
        """Return the new netlist with the outputs of the old one."""
        if self._is_same:
            return self._old
        outputs = tuple([self.read_plain(net) for net in self._old.outputs])
        return self._builder.finish(outputs)

    def _keep_same(self) -> int:
        self._n_same += 1
        return self._n_same - 1

    def _copy_same(self) -> None:
        """Copy the cells so far, as the next one changes."""
        self._is_same = False
        first_cell = self._old.first_cell
        for cell in self._old.cells[: self._n_same - first_cell]:
            self._net.append(self._builder.add(cell))
        self._inverted.extend(bytes(self._n_same - first_cell))

    def _make_complement(self, net: int, cell: Cell) -> None:
        """Add the complement of a new net in the place of the old cell.

        Where a LUT drives the net, its own complemented copy is one level shallower than an
        inverter behind it, and is all that remains if nothing else reads the LUT.
        """
        driver = self._builder.cell(net)
        inputs: tuple[int, ...] = (net,)
        table = INVERTER
        if driver is not None and driver.kind == LUT:
            inputs, table = driver.inputs, driver.init ^ ones(len(driver.inputs))
        self._complement[net] = self._add(cell, table, inputs)
        if table == cell.init and len(inputs) == len(cell.inputs):
            self.changes -= 1  # it is the old cell after all

    def _add(self, cell: Cell, table: int, inputs: tuple[int, ...]) -> int:
        if inputs == cell.inputs and table == cell.init:
            return self._builder.add(cell)
        return self._builder.add(cell.but(inputs=inputs, init=table))
