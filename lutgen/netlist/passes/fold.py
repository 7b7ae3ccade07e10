"""Constants, buffers and inverters: taken out, and absorbed by the tables that read them."""

from __future__ import annotations

from lutgen.netlist.ir import CONST0, CONST1, FIRST_INPUT, REGISTER, Netlist
from lutgen.netlist.passes.rewrite import Rewriter
from lutgen.netlist.passes.stats import PassStats, measure
from lutgen.netlist.tables import cofactor, literals, ones


def fold(netlist: Netlist) -> tuple[Netlist, PassStats]:
    """Remove LUTs that are constant, one of their inputs or its complement.

    Returns
    -------
    Netlist
        The same function.
    PassStats
        `changes` counts the cells removed and the cells whose table absorbed something.
    """
    rewriter = Rewriter(netlist)
    for cell in netlist.cells:
        if cell.keep or (cell.kind != REGISTER and cell.is_fixed):
            rewriter.carry_over(cell)
            continue
        if cell.kind == REGISTER:
            source = rewriter.read_plain(cell.inputs[0])
            if source < FIRST_INPUT:
                rewriter.replace(source)
            else:
                rewriter.keep(cell, 0, (source,))
            continue
        table, inputs = _absorb_constants(*rewriter.read_lut(cell))
        literal = literals(len(inputs)).get(table)
        if table == 0:
            rewriter.replace(CONST0)
        elif table == ones(len(inputs)):
            rewriter.replace(CONST1)
        elif literal is not None:
            rewriter.replace(inputs[literal[0]], inverted=literal[1])
        else:
            rewriter.keep(cell, table, inputs)
    folded = rewriter.finish()
    return folded, measure("fold", netlist, folded, rewriter.changes)


def _absorb_constants(table: int, inputs: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    if min(inputs) >= FIRST_INPUT:
        return table, inputs
    for j in range(len(inputs) - 1, -1, -1):
        if inputs[j] < FIRST_INPUT:
            table = cofactor(table, len(inputs), j, inputs[j])
            inputs = inputs[:j] + inputs[j + 1 :]
    return table, inputs
