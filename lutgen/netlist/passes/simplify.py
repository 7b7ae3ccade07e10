"""All passes that make a netlist smaller, until none finds anything more."""

from __future__ import annotations

from collections.abc import Callable

from lutgen.netlist.ir import Netlist
from lutgen.netlist.passes.fold import fold
from lutgen.netlist.passes.prune import prune
from lutgen.netlist.passes.share import share
from lutgen.netlist.passes.stats import PassStats
from lutgen.netlist.passes.support import support


def simplify(
    netlist: Netlist, watch: Callable[[str, Netlist], None] | None = None
) -> tuple[Netlist, tuple[PassStats, ...]]:
    """Prune, fold, reduce the support and share until nothing changes.

    Parameters
    ----------
    watch : callable, optional
        Gets name and result of each run of a pass that changed something.

    Returns
    -------
    Netlist
        The same function.
    tuple of PassStats
        One entry a run of a pass that changed something, in order.
    """
    done: list[PassStats] = []
    changed = True
    while changed:
        changed = False
        for run in (prune, fold, support, share):
            netlist, stats = run(netlist)
            if stats.changes:
                changed = True
                done.append(stats)
                if watch:
                    watch(stats.name, netlist)
    return netlist, tuple(done)
