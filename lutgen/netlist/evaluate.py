"""The meaning of a netlist: a bit-parallel interpreter.

It shares no code with :meth:`LutNetwork.signals`, so that the two check each other.
Small LUTs are trees of multiplexers on whole words, all LUTs of one rank and fan-in at a time;
wide ones look up an address per sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Words
from lutgen.errors import NetlistError
from lutgen.netlist.ir import CONST1, FIRST_INPUT, REGISTER, Netlist
from lutgen.netlist.tables import BUFFER

_MUX_FAN_IN = 7  # from 8 inputs on, looking up is as fast as 2^k - 1 multiplexers
_MUX_WORDS = 1 << 15  # words in flight: half of a usual second-level cache
_NET_BYTES = 1 << 28
_ALL = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


def evaluate(netlist: Netlist, inputs: Words) -> Words:
    """Evaluate a netlist on bit-packed samples, registers transparent (the steady state).

    Parameters
    ----------
    netlist : Netlist
        Any netlist that :func:`lutgen.netlist.check.check` accepts.
    inputs : ndarray of shape (n_inputs, n_words), dtype=np.uint64
        Bit b of word w is sample 64*w + b; row i drives input i.

    Returns
    -------
    ndarray of shape (n_outputs, n_words), dtype=np.uint64
        Bits past the last sample say what the netlist answers to the bits past it in `inputs`.

    Raises
    ------
    NetlistError
        If there are not as many rows as inputs.
    """
    _check_width(netlist, inputs)
    evaluator = Evaluator(netlist)
    outputs = np.empty((len(netlist.outputs), inputs.shape[1]), dtype=np.uint64)
    step = max(1, _NET_BYTES // (8 * netlist.n_nets))
    for start in range(0, inputs.shape[1], step):
        part = slice(start, start + step)
        outputs[:, part] = evaluator.nets(inputs[:, part])[list(netlist.outputs)]
    return outputs


def evaluate_nets(netlist: Netlist, inputs: Words) -> Words:
    """Like :func:`evaluate`, but return every net, shape (n_nets, n_words), by net number."""
    return Evaluator(netlist).nets(inputs)


class Evaluator:
    """A netlist prepared to be evaluated several times."""

    def __init__(self, netlist: Netlist) -> None:
        self._netlist = netlist
        self._groups = _groups(netlist)

    def nets(self, inputs: Words) -> Words:
        """Return every net, as :func:`evaluate_nets`."""
        _check_width(self._netlist, inputs)
        return _evaluate_groups(self._netlist, self._groups, inputs)


def _check_width(netlist: Netlist, inputs: Words) -> None:
    if inputs.ndim != 2 or inputs.shape[0] != netlist.n_inputs:
        raise NetlistError(
            f"the netlist has {netlist.n_inputs} inputs, the samples have shape {inputs.shape}; "
            "give one row of words an input"
        )


@dataclass(frozen=True, eq=False)
class _Group:
    """LUTs of one fan-in that read only nets of earlier groups.

    `nets` of shape (n,), `reads` of shape (n, k), `tables` of shape (n, 2^k) holding 0 and 1.
    """

    nets: NDArray[np.intp]
    reads: NDArray[np.intp]
    tables: NDArray[np.uint8]


def _groups(netlist: Netlist) -> list[_Group]:
    rank = [0] * netlist.n_nets
    members: dict[tuple[int, int], list[int]] = {}
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        rank[net] = 1 + max([rank[source] for source in cell.inputs])
        members.setdefault((rank[net], len(cell.inputs)), []).append(net)
    groups = []
    for (_, fan_in), nets in sorted(members.items()):
        cells = [netlist.cells[net - netlist.first_cell] for net in nets]
        inits = [BUFFER if cell.kind == REGISTER else cell.init for cell in cells]
        groups.append(
            _Group(
                np.array(nets, dtype=np.intp),
                np.array([cell.inputs for cell in cells], dtype=np.intp),
                _dense_tables(inits, fan_in),
            )
        )
    return groups


def _dense_tables(inits: list[int], fan_in: int) -> NDArray[np.uint8]:
    n_bytes = max(1, (1 << fan_in) // 8)
    octets = np.frombuffer(b"".join(i.to_bytes(n_bytes, "little") for i in inits), dtype=np.uint8)
    return np.unpackbits(
        octets.reshape(len(inits), n_bytes), axis=1, count=1 << fan_in, bitorder="little"
    )


def _evaluate_groups(netlist: Netlist, groups: list[_Group], inputs: Words) -> Words:
    nets = np.zeros((netlist.n_nets, inputs.shape[1]), dtype=np.uint64)
    nets[CONST1] = _ALL
    nets[FIRST_INPUT : netlist.first_cell] = inputs
    for group in groups:
        if group.reads.shape[1] <= _MUX_FAN_IN:
            _multiplex(nets, group)
        else:
            _look_up(nets, group)
    return nets


def _multiplex(nets: Words, group: _Group) -> None:
    n_luts, fan_in = group.reads.shape
    step = max(1, _MUX_WORDS // (max(1, nets.shape[1]) << fan_in))
    for start in range(0, n_luts, step):
        part = slice(start, start + step)
        select = nets[group.reads[part]]
        value = (group.tables[part].astype(np.uint64) * _ALL)[:, :, None]
        for j in range(fan_in):
            low, high = value[:, 0::2], value[:, 1::2]
            value = low ^ ((low ^ high) & select[:, j, None, :])
        nets[group.nets[part]] = value[:, 0]


def _look_up(nets: Words, group: _Group) -> None:
    for net, reads, table in zip(group.nets, group.reads, group.tables, strict=True):
        octets = nets[reads].astype("<u8", copy=False).view(np.uint8)
        bits = np.unpackbits(octets, axis=1, bitorder="little").astype(np.uint16)
        address = bits[0]
        for j in range(1, reads.size):
            address |= bits[j] << np.uint16(j)
        nets[net] = np.packbits(table[address], bitorder="little").view("<u8")
