"""What a network takes of a chip, counted on its hardware: encoder, core and head."""

from __future__ import annotations

from lutgen.chips.fabric.site import count_instances
from lutgen.chips.family import Family
from lutgen.core import CoreConfig, make_core
from lutgen.model import LutNetwork
from lutgen.netlist.ir import Netlist


class Cost:
    """Counts LUTs, each function once.

    Parameters
    ----------
    config : CoreConfig
        What the hardware is to be.
    """

    def __init__(self, config: CoreConfig) -> None:
        self.config = config
        self._known: dict[str, int] = {}

    def __call__(self, network: LutNetwork) -> int:
        """Return the LUTs of a network's hardware, as ``lutgen synth`` counts them (direct)."""
        if network.digest not in self._known:
            core = make_core(network, self.config)
            self._known[network.digest] = count_luts(core.netlist, core.family)
        return self._known[network.digest]


def count_luts(netlist: Netlist, family: Family) -> int:
    """Return the LUTs that a mapped netlist fills: of ``generic`` its truth tables."""
    counts = count_instances(netlist, family.primitives)
    if family.yosys is None:
        return sum(n for name, n in counts.items() if name.startswith("LUT"))
    weights = family.yosys.luts
    return sum(weights.get(name, 0) * n for name, n in counts.items())
