"""From the model to the netlist: every LUT of the network becomes one LUT cell."""

from __future__ import annotations

from collections.abc import Sequence

from lutgen.encode.formats import FeatureFormat
from lutgen.errors import ConfigError
from lutgen.model import ONE, ZERO, LutNetwork
from lutgen.netlist.compose import compose
from lutgen.netlist.ir import CONST0, CONST1, ENCODER, FIRST_INPUT, LUT, Cell, Netlist


def lower(network: LutNetwork, formats: Sequence[FeatureFormat] = ()) -> Netlist:
    """Return the netlist of a network: same LUTs, same order, same names and layers.

    Its outputs are those of the network, which the head reads.

    Parameters
    ----------
    formats : sequence of FeatureFormat
        Empty: the inputs are the bits that the encoder makes. Otherwise the inputs are the features
        in these formats, one after the other, bit 0 first, and a comparator for each bit of the
        encoder comes first.

    Raises
    ------
    ConfigError
        If there are not as many formats as features.
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
    constants = {ZERO: CONST0, ONE: CONST1}
    outputs = tuple(
        constants.get(signal, signal + FIRST_INPUT) for signal in network.outputs.tolist()
    )
    luts = Netlist(network.n_inputs, cells, outputs)
    return compose(lower_encoder(network, formats), luts) if formats else luts


def lower_encoder(network: LutNetwork, formats: Sequence[FeatureFormat]) -> Netlist:
    """Return the comparators of a network's encoder, ``feature >= threshold``, one LUT each.

    Raises
    ------
    ConfigError
        If there are not as many formats as features.
    """
    encoder = network.encoder
    if len(formats) != encoder.n_features:
        raise ConfigError(
            f"{len(formats)} formats for {encoder.n_features} features; give one each"
        )
    first = [FIRST_INPUT]
    for item in formats:
        first.append(first[-1] + item.width)
    n_inputs = first[-1] - FIRST_INPUT
    cells = []
    for bit, (feature, threshold) in enumerate(
        zip(encoder.feature.tolist(), encoder.threshold.tolist(), strict=True)
    ):
        item = formats[feature]
        least = min(max(item.threshold_code(threshold), item.least), item.largest + 1)
        cells.append(
            Cell(
                kind=LUT,
                inputs=tuple(range(first[feature], first[feature + 1])),
                init=item.comparator(threshold),
                name=f"e{bit}_f{feature}_ge{least}".replace("-", "m"),
                layer=0,
                part=ENCODER,
            )
        )
    first_cell = FIRST_INPUT + n_inputs
    return Netlist(n_inputs, tuple(cells), tuple(range(first_cell, first_cell + len(cells))))
