"""From the model to the netlist: every LUT of the network becomes one LUT cell."""

from __future__ import annotations

import math

from lutgen.bits import MAX_FAN_IN
from lutgen.errors import ConfigError
from lutgen.model.network import LutNetwork
from lutgen.netlist.compose import compose
from lutgen.netlist.ir import ENCODER, FIRST_INPUT, LUT, Cell, Netlist


def lower(network: LutNetwork, input_bits: int = 0) -> Netlist:
    """Return the netlist of a network: same LUTs, same order, same names and layers.

    Its outputs are those of the network, which the head reads.

    Parameters
    ----------
    input_bits : int
        0: the inputs are the bits that the encoder makes. Otherwise the inputs are the features
        as unsigned numbers of so many bits, 1 to 16, bit b of feature f at input
        ``f * input_bits + b``, and a comparator for each bit of the encoder comes first.

    Raises
    ------
    ConfigError
        If `input_bits` is out of its range.
    """
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
    luts = Netlist(network.n_inputs, cells, tuple((network.outputs + FIRST_INPUT).tolist()))
    return compose(lower_encoder(network, input_bits), luts) if input_bits else luts


def lower_encoder(network: LutNetwork, input_bits: int) -> Netlist:
    """Return the comparators of a network's encoder, ``feature >= threshold``, one LUT each.

    Parameters
    ----------
    input_bits : int
        Bits of each feature, an unsigned number.

    Raises
    ------
    ConfigError
        If `input_bits` is out of its range.
    """
    if not 1 <= input_bits <= MAX_FAN_IN:
        raise ConfigError(
            f"input bits must be 0 (encoded bits come in) or 1 to {MAX_FAN_IN}, got {input_bits}"
        )
    encoder = network.encoder
    n_values = 1 << input_bits
    cells = []
    for bit, (feature, threshold) in enumerate(
        zip(encoder.feature.tolist(), encoder.threshold.tolist(), strict=True)
    ):
        least = min(max(math.ceil(threshold), 0), n_values)
        first = FIRST_INPUT + feature * input_bits
        cells.append(
            Cell(
                kind=LUT,
                inputs=tuple(range(first, first + input_bits)),
                init=((1 << n_values) - 1) >> least << least,
                name=f"e{bit}_f{feature}_ge{least}",
                layer=0,
                part=ENCODER,
            )
        )
    first_cell = FIRST_INPUT + encoder.n_features * input_bits
    return Netlist(
        encoder.n_features * input_bits,
        tuple(cells),
        tuple(range(first_cell, first_cell + len(cells))),
    )
