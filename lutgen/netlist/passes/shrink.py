"""All that makes a netlist of k-LUTs smaller: simplify, and internal don't-cares in between."""

from __future__ import annotations

from collections.abc import Callable

from lutgen.netlist.ir import Netlist
from lutgen.netlist.passes.dontcare import dontcare
from lutgen.netlist.passes.simplify import simplify
from lutgen.netlist.passes.stats import PassStats


def shrink(
    netlist: Netlist,
    *,
    dont_cares: bool = True,
    watch: Callable[[str, Netlist], None] | None = None,
) -> tuple[Netlist, tuple[PassStats, ...]]:
    """Simplify, use the don't-cares of what is left, and so on until nothing changes.

    Parameters
    ----------
    dont_cares : bool
        Whether to look for internal don't-cares at all.
    watch : callable, optional
        Gets name and result of each run of a pass that changed something.

    Returns
    -------
    Netlist
        The same function.
    tuple of PassStats
        One entry a run of a pass that changed something, in order.
    """
    netlist, done = simplify(netlist, watch)
    while dont_cares:
        netlist, stats = dontcare(netlist)
        if not stats.changes:
            break
        if watch:
            watch(stats.name, netlist)
        netlist, more = simplify(netlist, watch)
        done = (*done, stats, *more)
    return netlist, done
