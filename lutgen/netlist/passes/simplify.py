"""All passes that make a netlist smaller, until none finds anything more."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

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
    passes = (prune, fold, support, share)
    n_idle = 0  # passes in a row that found nothing; each alone finds all at once
    for run in cycle(passes):
        netlist, stats = run(netlist)
        n_idle = 0 if stats.changes else n_idle + 1
        if stats.changes:
            done.append(stats)
            if watch:
                watch(stats.name, netlist)
        if n_idle == len(passes) or (done and n_idle == len(passes) - 1):
            break
    return netlist, tuple(done)
