"""From the model to the netlist: every LUT of the network becomes one LUT cell."""

from __future__ import annotations

from collections.abc import Sequence

from lutgen.core.window import lower_window
from lutgen.encode.encoder import CODE, Encoder
from lutgen.encode.formats import FeatureFormat
from lutgen.errors import ConfigError
from lutgen.model import ONE, ZERO, LutNetwork
from lutgen.netlist.compose import compose
from lutgen.netlist.ir import (
    CONST0,
    CONST1,
    ENCODER,
    FIRST_INPUT,
    LUT,
    Cell,
    Netlist,
    NetlistBuilder,
)
from lutgen.netlist.loadable import as_tables
from lutgen.netlist.tables import BUFFER

WHOLE_WIDTH = 8
"""Bits of a feature up to which a comparator is one LUT; a wider one is a chain of LUTs."""

CHAIN_INPUTS = 6


def lower(
    network: LutNetwork, formats: Sequence[FeatureFormat] = (), *, loadable: bool = False
) -> Netlist:
    """Return the netlist of a network: same LUTs, same order, same names and layers.

    Its outputs are those of the network, which the head reads.

    Parameters
    ----------
    formats : sequence of FeatureFormat
        Empty: the inputs are the bits that the encoder makes. Otherwise the inputs are the features
        in these formats, one after the other, bit 0 first, and a comparator for each bit of the
        encoder comes first.
    loadable : bool
        Whether the tables of LUTs that reach an output are loaded while the hardware runs.

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
    if loadable:
        names = network.lut_names()
        luts = as_tables(luts, frozenset(names[lut] for lut in network.cone.nonzero()[0]))
    return compose(lower_encoder(network, formats), luts) if formats else luts


def lower_encoder(network: LutNetwork, formats: Sequence[FeatureFormat]) -> Netlist:
    """Return the encoder of a network: comparators ``feature >= threshold``, or wires of codes.

    In front of comparators of a window stand its adders, see :func:`lower_window`.

    The last LUT of comparator j, the only one where the feature is narrow, is named ``e<j>_f…``. It
    gives what the encoder says of missing values where the code is the one reserved for these.

    Raises
    ------
    ConfigError
        If there are not as many formats as features, or their codes have not the bits that the
        encoder gives.
    """
    encoder = network.encoder
    if len(formats) != encoder.n_features:
        raise ConfigError(
            f"{len(formats)} formats for {encoder.n_features} features; give one each"
        )
    if (window := encoder.window) is None:
        return _lower_comparators(encoder, formats)
    return compose(lower_window(window), _lower_comparators(encoder, window.feature_formats))


def _lower_comparators(encoder: Encoder, formats: Sequence[FeatureFormat]) -> Netlist:
    first = [FIRST_INPUT]
    for item in formats:
        first.append(first[-1] + item.width)
    n_inputs = first[-1] - FIRST_INPUT
    builder, outputs = NetlistBuilder(n_inputs), []
    lacking: dict[int, int] = {}  # by wide feature, the net that says whether it is missing
    of_missing = [None] * encoder.n_bits if encoder.missing is None else encoder.missing.tolist()
    for bit, (feature, threshold, missing) in enumerate(
        zip(encoder.feature.tolist(), encoder.threshold.tolist(), of_missing, strict=True)
    ):
        item = formats[feature]
        if encoder.kind == CODE:
            nets = range(first[feature], first[feature + 1])
            outputs.append(_add_wire(builder, f"e{bit}_f{feature}", nets, item, threshold))
            continue
        least = min(max(item.threshold_code(threshold), item.least), item.largest + 1)
        name = f"e{bit}_f{feature}_ge{least}".replace("-", "m")
        nets = range(first[feature], first[feature + 1])
        if item.width <= WHOLE_WIDTH:
            table = item.comparator(threshold, missing)
            outputs.append(builder.add(_cell(name, tuple(nets), table)))
            continue
        as_number = item.missing is not None and item.missing >= least
        if item.missing is None or missing in (None, as_number):
            outputs.append(_add_chain(builder, name, nets, item, item.rank(threshold)))
            continue
        if feature not in lacking:
            code = item.missing & ((1 << item.width) - 1)
            lacking[feature] = _add_equal(builder, f"m{feature}", nets, code)
        if not item.least < least <= item.largest:  # all other codes give the same
            outputs.append(builder.add(_cell(name, (lacking[feature],), 0b10 if missing else 0b01)))
            continue
        own = _add_chain(builder, f"{name}_number", nets, item, item.rank(threshold))
        table = 0b1110 if missing else 0b0010  # of the number, and then of whether it is missing
        outputs.append(builder.add(_cell(name, (own, lacking[feature]), table)))
    return builder.finish(tuple(outputs))


def _cell(name: str, inputs: tuple[int, ...], init: int) -> Cell:
    return Cell(kind=LUT, inputs=inputs, init=init, name=name, layer=0, part=ENCODER)


def _add_wire(
    builder: NetlistBuilder, name: str, nets: Sequence[int], item: FeatureFormat, weight: float
) -> int:
    """Add the bit of a code that counts a weight; above all bits stands the sign, below zero."""
    place = item.place(weight)
    is_there = place >= 0 and (item.signed or place < item.width)
    net = nets[min(max(place, 0), item.width - 1)]
    return builder.add(_cell(f"{name}_bit{max(place, 0)}", (net,), BUFFER if is_there else 0))


def _add_equal(builder: NetlistBuilder, name: str, nets: Sequence[int], code: int) -> int:
    """Add LUTs one after the other that say whether the nets are a code."""
    below: tuple[int, ...] = ()
    place = 0
    while place < len(nets):
        own = nets[place : place + CHAIN_INPUTS - len(below)]
        end = place + len(own)
        wanted = (code >> place & ((1 << len(own)) - 1)) << len(below) | len(below)
        part = name if end == len(nets) else f"{name}_b{end}"
        below, place = (builder.add(_cell(part, (*below, *own), 1 << wanted)),), end
    return below[0]


def _add_chain(
    builder: NetlistBuilder, name: str, nets: Sequence[int], item: FeatureFormat, rank: int
) -> int:
    """Add the comparator of a wide code as LUTs one after the other, from the lowest bits up.

    Each says whether the bits so far, as a number, are those of the rank or more: its own bits are
    above, or equal and the bits below passed. A rank is a code less the least one: the sign bit is
    inverted, all others are the code's. Bits below the lowest one of the rank decide nothing.
    """
    if not 0 < rank < 1 << item.width:
        table = int(rank == 0)
        return builder.add(_cell(name, (nets[0],), table * 0b11))
    place = (rank & -rank).bit_length() - 1
    below: tuple[int, ...] = ()
    net = 0
    while place < item.width:
        own = nets[place : min(place + CHAIN_INPUTS - len(below), item.width)]
        end = place + len(own)
        wanted = rank >> place & ((1 << len(own)) - 1)
        flip = 1 << (len(own) - 1) if item.signed and end == item.width else 0
        table = 0
        for address in range(1 << (len(own) + len(below))):
            value = address >> len(below) ^ flip
            passed = address & 1 if below else 1
            table |= (value > wanted or (value == wanted and passed)) << address
        part = name if end == item.width else f"{name}_b{end}"
        net = builder.add(_cell(part, (*below, *own), table))
        below, place = (net,), end
    return net
