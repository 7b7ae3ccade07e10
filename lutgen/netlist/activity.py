"""How often the nets of a netlist change from one sample to the next.

Delays are left out: a net changes at most once a cycle, to what it is when all has settled. So
glitches, changes that a slower path takes back in the same cycle, are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits, Words, tail_mask
from lutgen.netlist.evaluate import Evaluator
from lutgen.netlist.ir import REGISTER, Netlist

_NET_BYTES = 1 << 27
_WORD = 64


@dataclass(frozen=True, eq=False)
class Activity:
    """What the nets did while the samples went through, one a clock cycle.

    Parameters
    ----------
    n_samples : int
    toggles : ndarray of shape (n_nets,), dtype=np.int64
        Samples whose value differs from that of the sample before, by net number.
    ones : ndarray of shape (n_nets,), dtype=np.int64
        Samples for which the net is 1.
    """

    n_samples: int
    toggles: NDArray[np.int64]
    ones: NDArray[np.int64]

    @property
    def per_cycle(self) -> NDArray[np.float64]:
        """Changes a clock cycle, by net number; 0 where there are fewer than two samples."""
        return self.toggles / max(1, self.n_samples - 1)


def activity(netlist: Netlist, samples: Bits) -> Activity:
    """Count the changes of every net over samples in their order.

    Registers pass on what they were given a cycle before, so that they change as often.

    Parameters
    ----------
    netlist : Netlist
        Any netlist that :func:`lutgen.netlist.check.check` accepts.
    samples : Bits
        What drives the inputs, one sample a clock cycle.

    Raises
    ------
    NetlistError
        If the samples have not as many signals as the netlist has inputs.
    """
    evaluator = Evaluator(netlist)
    toggles = np.zeros(netlist.n_nets, dtype=np.int64)
    ones = np.zeros(netlist.n_nets, dtype=np.int64)
    words, mask = samples.words, tail_mask(samples.n_samples)
    last = np.zeros((netlist.n_nets, 1), dtype=np.uint64)
    step = max(1, _NET_BYTES // (8 * netlist.n_nets))
    for start in range(0, words.shape[1], step):
        nets = evaluator.nets(words[:, start : start + step])
        valid = mask[start : start + step]
        ones += np.bitwise_count(nets & valid).sum(axis=1, dtype=np.int64)
        changed = (nets ^ _one_later(nets, last)) & valid
        if start == 0:
            changed[:, :1] &= ~np.uint64(1)  # nothing comes before the first sample
        toggles += np.bitwise_count(changed).sum(axis=1, dtype=np.int64)
        last = nets[:, -1:] >> np.uint64(_WORD - 1)
    return Activity(samples.n_samples, toggles, ones)


def stages(netlist: Netlist) -> list[int]:
    """Return how many clock cycles after its sample each net has its value, by net number."""
    found = [0] * netlist.n_nets
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        found[net] = max(found[source] for source in cell.inputs) + (cell.kind == REGISTER)
    return found


def _one_later(nets: Words, last: Words) -> Words:
    """Return each sample's values in the place of the next sample's."""
    before = np.concatenate([last, nets[:, :-1] >> np.uint64(_WORD - 1)], axis=1)
    shifted: Words = (nets << np.uint64(1)) | before
    return shifted
