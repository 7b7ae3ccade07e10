"""Pipelining: registers after so many levels of LUTs, or so much delay, alike on every path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lutgen.errors import NetlistError
from lutgen.netlist.ir import ENCODER, FIRST_INPUT, LUT, REGISTER, Cell, Netlist, NetlistBuilder
from lutgen.netlist.passes.stats import PassStats, measure

DelayOf = Callable[[Cell], float]
"""What a cell adds to a path, in nanoseconds."""

_BALANCING_STEPS = 12


def pipeline(netlist: Netlist, every: int) -> tuple[Netlist, PassStats]:
    """Put registers after every `every` levels of LUTs, and at the outputs.

    A signal that is read later than it is made waits in a chain of registers, one chain for all
    its readers. The latency is the depth divided by `every`, rounded up. Constants are not
    registered. What is packed together stays in one stage, see :func:`pipeline_to_delay`. A netlist
    that has registers and enough of them is returned as it is.

    Returns
    -------
    Netlist
        The same function, after its latency.
    PassStats
        `changes` counts the registers added.

    Raises
    ------
    NetlistError
        If there are registers already, but too few, or if more levels than that are packed
        together.
    """
    if netlist.count(REGISTER):
        if netlist.depth > every:
            raise NetlistError(
                f"the netlist has registers and {netlist.depth} LUT levels between them, more "
                f"than the {every} asked for; pipeline the netlist without registers"
            )
        return netlist, measure("pipeline", netlist, netlist, 0)
    stages = _place(netlist, lambda cell: float(not cell.hard), every)
    if stages is None:
        raise NetlistError(f"cells that are packed together have more than {every} LUT level(s)")
    return _insert(netlist, stages, latency=max(stages) + bool(netlist.depth))


def pipeline_to_delay(
    netlist: Netlist, delay_of: DelayOf, budget_ns: float, *, register: str = ""
) -> tuple[Netlist, PassStats]:
    """Put registers where paths would become longer than a budget, and at the outputs.

    Takes the fewest stages that keep the budget and makes the longest of them as short as this
    number allows. What drives an input by a wire of fixed course, as the data pins of a hard
    multiplexer or the carry, stays in one stage with the cell that reads it, and so do all cells
    of one site.

    Parameters
    ----------
    netlist : Netlist
        A netlist without registers, mapped or not.
    delay_of : callable
        What a cell adds to a path, in nanoseconds.
    budget_ns : float
        Longest path between two registers.
    register : str
        Primitive of the registers.

    Returns
    -------
    Netlist
        The same function, after its latency.
    PassStats
        `changes` counts the registers added.

    Raises
    ------
    NetlistError
        If there are registers already, or if one cell takes longer than the budget; see
        :func:`shortest_path_ns`.
    """
    if netlist.count(REGISTER):
        raise NetlistError("the netlist has registers; pipeline the netlist without registers")
    shortest = shortest_path_ns(netlist, delay_of)
    stages = _place(netlist, delay_of, budget_ns) if shortest <= budget_ns else None
    if stages is None:
        raise NetlistError(
            f"a cell and what cannot be parted from it take {shortest:.2f} ns, more than the "
            f"{budget_ns:.2f} ns between two registers"
            if shortest > budget_ns
            else f"cells of one site need each other's values, {budget_ns:.2f} ns are too little"
        )
    low, high = shortest, budget_ns
    for _ in range(_BALANCING_STEPS):
        middle = (low + high) / 2
        tighter = _place(netlist, delay_of, middle)
        if tighter is not None and max(tighter) == max(stages):
            stages, high = tighter, middle
        else:
            low = middle
    return _insert(netlist, stages, latency=max(stages) + bool(netlist.cells), register=register)


def arrivals(netlist: Netlist, delay_of: DelayOf) -> list[float]:
    """Return when each net is settled after the inputs or registers that it depends on."""
    times = [0.0] * netlist.n_nets
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        if cell.kind != REGISTER:
            times[net] = max(times[source] for source in cell.inputs) + delay_of(cell)
    return times


def shortest_path_ns(netlist: Netlist, delay_of: DelayOf) -> float:
    """Return the least that the longest path takes, however many registers there are."""
    times = [0.0] * netlist.n_nets
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        times[net] = max((times[i] for i in cell.local_inputs), default=0.0) + delay_of(cell)
    return max(times)


def _place(netlist: Netlist, delay_of: DelayOf, budget_ns: float) -> list[int] | None:
    """Return the earliest stage of every net such that no path in a stage exceeds the budget.

    None if there is no such stage, as cells that need each other's values may not be parted.
    """
    sites: dict[str, list[int]] = {}
    ranks = [0] * netlist.n_nets
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        ranks[net] = 1 + max(ranks[source] for source in cell.inputs)
        if cell.site:
            sites.setdefault(cell.site, []).append(net)
    delays = [delay_of(cell) for cell in netlist.cells]
    earliest = [0] * netlist.n_nets
    settled = False
    while not settled:
        settled = True
        stages, times = [0] * netlist.n_nets, [0.0] * netlist.n_nets
        for net, cell in enumerate(netlist.cells, netlist.first_cell):
            delay = delays[net - netlist.first_cell]
            stage = max(earliest[net], *[stages[source] for source in cell.inputs])
            behind = max([times[i] for i in cell.inputs if stages[i] == stage], default=0.0)
            if behind + delay > budget_ns:
                stage, behind = stage + 1, 0.0
            stages[net], times[net] = stage, behind + delay
            for source in cell.local_inputs:
                if stages[source] < stage and source >= netlist.first_cell:
                    earliest[source], settled = stage, False
        for nets in sites.values():
            last = max([stages[net] for net in nets])
            for net in nets:
                if stages[net] < last:
                    earliest[net], settled = last, False
        if max(stages) > max(ranks):
            return None
    return stages


def _insert(
    netlist: Netlist, stages: list[int], latency: int, register: str = ""
) -> tuple[Netlist, PassStats]:
    builder = _Stages(netlist, stages, register)
    for cell, stage in zip(netlist.cells, stages[netlist.first_cell :], strict=True):
        builder.add_lut(cell, stage)
    outputs = tuple(builder.read(net, latency) for net in netlist.outputs)
    piped = builder.builder.finish(outputs)
    return piped, measure("pipeline", netlist, piped, piped.count(REGISTER))


class _Stages:
    """The netlist under construction, with every old net in the stages where it is needed."""

    def __init__(self, netlist: Netlist, stages: list[int], register: str) -> None:
        self.builder = NetlistBuilder(netlist.n_inputs)
        self._old = netlist
        self._stages = stages
        self._register = register
        # delayed[old net][i]: the old net i cycles after it was made
        self._delayed = [[net] for net in range(netlist.first_cell)]

    def add_lut(self, cell: Cell, stage: int) -> None:
        assert cell.kind == LUT
        inputs = tuple([self.read(net, stage) for net in cell.inputs])
        self._delayed.append([self.builder.add(cell.but(inputs=inputs))])

    def read(self, net: int, stage: int) -> int:
        """Return the new net that carries an old one in a stage."""
        if net < FIRST_INPUT:
            return net
        chain = self._delayed[net]
        age = stage - self._stages[net]
        origin = self._origin(net)
        while len(chain) <= age:
            register = replace(origin, inputs=(chain[-1],), name=f"{origin.name}_r{len(chain)}")
            chain.append(self.builder.add(register))
        return chain[age]

    def _origin(self, net: int) -> Cell:
        """Return a register named like a net, of the same part and layer, and kept like it."""
        if net < self._old.first_cell:
            name = f"x{net - FIRST_INPUT}"
            return Cell(REGISTER, (), 0, name, 0, self._register, part=ENCODER)
        cell = self._old.cells[net - self._old.first_cell]
        return replace(
            cell, kind=REGISTER, init=0, primitive=self._register, hard=False, site="", local=0
        )
