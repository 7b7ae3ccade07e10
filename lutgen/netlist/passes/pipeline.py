"""Pipelining: registers after every so many levels of LUTs, the same number on every path."""

from __future__ import annotations

from lutgen.errors import NetlistError
from lutgen.netlist.ir import FIRST_INPUT, LUT, REGISTER, Cell, Netlist, NetlistBuilder
from lutgen.netlist.passes.stats import PassStats, measure


def pipeline(netlist: Netlist, every: int) -> tuple[Netlist, PassStats]:
    """Put registers after every `every` levels of LUTs, and at the outputs.

    A signal that is read later than it is made waits in a chain of registers, one chain for all
    its readers. The latency is the depth divided by `every`, rounded up. Constants are not
    registered. A netlist that has registers and enough of them is returned as it is.

    Returns
    -------
    Netlist
        The same function, after its latency.
    PassStats
        `changes` counts the registers added.

    Raises
    ------
    NetlistError
        If there are registers already, but too few.
    """
    if netlist.count(REGISTER):
        if netlist.depth > every:
            raise NetlistError(
                f"the netlist has registers and {netlist.depth} LUT levels between them, more "
                f"than the {every} asked for; pipeline the netlist without registers"
            )
        return netlist, measure("pipeline", netlist, netlist, 0)
    builder = _Stages(netlist, every)
    for cell, level in zip(netlist.cells, netlist.levels[netlist.first_cell :], strict=True):
        builder.add_lut(cell, stage=(level - 1) // every)
    latency = -(-netlist.depth // every)
    outputs = tuple(builder.read(net, latency) for net in netlist.outputs)
    piped = builder.builder.finish(outputs)
    return piped, measure("pipeline", netlist, piped, piped.count(REGISTER))


class _Stages:
    """The netlist under construction, with every old net in the stages where it is needed."""

    def __init__(self, netlist: Netlist, every: int) -> None:
        self.builder = NetlistBuilder(netlist.n_inputs)
        self._old = netlist
        self._every = every
        # delayed[old net][i]: the old net i cycles after it was made
        self._delayed = [[net] for net in range(netlist.first_cell)]

    def add_lut(self, cell: Cell, stage: int) -> None:
        assert cell.kind == LUT
        inputs = tuple([self.read(net, stage) for net in cell.inputs])
        self._delayed.append(
            [self.builder.add(Cell(LUT, inputs, cell.init, cell.name, cell.layer, cell.primitive))]
        )

    def read(self, net: int, stage: int) -> int:
        """Return the new net that carries an old one in a stage."""
        if net < FIRST_INPUT:
            return net
        chain = self._delayed[net]
        made_in = max(0, self._old.levels[net] - 1) // self._every
        name, layer = self._origin(net)
        while len(chain) <= stage - made_in:
            register = Cell(REGISTER, (chain[-1],), 0, f"{name}_r{len(chain)}", layer)
            chain.append(self.builder.add(register))
        return chain[stage - made_in]

    def _origin(self, net: int) -> tuple[str, int]:
        if net < self._old.first_cell:
            return f"x{net - FIRST_INPUT}", 0
        cell = self._old.cells[net - self._old.first_cell]
        return cell.name, cell.layer
