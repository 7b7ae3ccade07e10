"""From the model to the netlist: every LUT of the network becomes one LUT cell."""

from __future__ import annotations

from lutgen.model import LutNetwork
from lutgen.netlist.ir import FIRST_INPUT, LUT, Cell, Netlist


def lower(network: LutNetwork) -> Netlist:
    """Return the netlist of a network: same LUTs, same order, same names and layers."""
    nets = (network.wires + FIRST_INPUT).tolist()
    start = network.wire_offset.tolist()
    layers = network.layer.tolist()
    cells = tuple(
        Cell(
            kind=LUT,
            inputs=tuple(nets[start[lut] : start[lut + 1]]),
            init=network.lut_init(lut),
            name=name,
            layer=layers[lut],
        )
        for lut, name in enumerate(network.lut_names())
    )
    return Netlist(network.n_inputs, cells, tuple((network.outputs + FIRST_INPUT).tolist()))
