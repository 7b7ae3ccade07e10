"""Which inputs LUTs can do without: chosen from the output backwards, so that whole cones go.

A LUT whose readers can all do without it need not be made, nor what only it reads. So the LUTs of
one level decide together: a signal that all its readers can spare goes first, the cheapest ones
before the others; then each LUT drops what else it can.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from lutgen.model.network import LutNetwork
from lutgen.optimise.evidence import Evidence, Kept


def choose_inputs(
    network: LutNetwork, evidence: Evidence, budget: int
) -> tuple[dict[int, Kept], dict[int, int]]:
    """Choose the inputs that each LUT goes on reading.

    Parameters
    ----------
    budget : int
        Votes that a LUT may lose: training samples answered wrong that were answered right.

    Returns
    -------
    dict of int to tuple of int
        For each LUT that is still needed, ascending, the inputs kept; none for a constant.
    dict of int to int
        What is left of each LUT's budget.
    """
    needed = np.zeros(network.n_signals, dtype=np.bool_)
    needed[network.outputs] = True
    kept: dict[int, Kept] = {}
    left: dict[int, int] = {}
    for luts in reversed(levels(network)):
        members = [lut for lut in luts if needed[network.n_inputs + lut]]
        reductions = {lut: _Reduction(network, evidence, lut, budget) for lut in members}
        _drop_together(reductions, needed)
        for lut, reduction in reductions.items():
            reduction.drop_alone()
            kept[lut], left[lut] = tuple(reduction.kept), reduction.budget
            needed[reduction.wires] = True
    return {lut: kept[lut] for lut in sorted(kept)}, left


def levels(network: LutNetwork) -> list[list[int]]:
    """Return the LUTs by their level: one above the highest level that they read."""
    level = [0] * network.n_signals
    members: list[list[int]] = []
    for lut in range(network.n_luts):
        height = max(level[wire] for wire in network.lut_wires(lut).tolist())
        level[network.n_inputs + lut] = height + 1
        if height == len(members):
            members.append([])
        members[height].append(lut)
    return members


def loss(votes: NDArray[np.int64], j: int) -> int:
    """Return how many samples are newly answered wrong without input j."""
    pairs = votes.reshape(-1, 2, 1 << j)
    low, high = pairs[:, 0], pairs[:, 1]
    return int((np.abs(low) + np.abs(high) - np.abs(low + high)).sum()) // 2


class _Reduction:
    """A LUT on its way to fewer inputs."""

    def __init__(self, network: LutNetwork, evidence: Evidence, lut: int, budget: int) -> None:
        self.wires: list[int] = network.lut_wires(lut).tolist()
        self.kept = list(range(len(self.wires)))
        self.budget = budget
        self._votes = evidence.entries(lut, self.wires, tuple(self.kept)).votes

    def loss_without(self, signal: int) -> int:
        return loss(self._votes, self.wires.index(signal))

    def drop(self, j: int) -> None:
        self.budget -= loss(self._votes, j)
        self._votes = self._votes.reshape(-1, 2, 1 << j).sum(axis=1).reshape(-1)
        del self.wires[j], self.kept[j]

    def drop_alone(self) -> None:
        """Drop the cheapest input as long as the budget allows."""
        while self.wires:
            cost, j = min((loss(self._votes, j), j) for j in range(len(self.wires)))
            if cost > self.budget:
                break
            self.drop(j)


def _drop_together(reductions: dict[int, _Reduction], needed: NDArray[np.bool_]) -> None:
    """Drop signals that nobody else needs from all their readers, the cheapest first."""
    readers: dict[int, list[_Reduction]] = {}
    for reduction in reductions.values():
        for wire in dict.fromkeys(reduction.wires):
            if not needed[wire]:
                readers.setdefault(wire, []).append(reduction)
    queue = [(_total_loss(users, wire), wire) for wire, users in readers.items()]
    heapq.heapify(queue)
    while queue:
        cost, wire = heapq.heappop(queue)
        users = readers[wire]
        now = _total_loss(users, wire)
        if now > cost:  # other inputs went since: a LUT's inputs grow dearer as they get fewer
            heapq.heappush(queue, (now, wire))
        elif all(user.loss_without(wire) <= user.budget for user in users):
            for user in users:
                user.drop(user.wires.index(wire))


def _total_loss(users: list[_Reduction], wire: int) -> int:
    return sum(user.loss_without(wire) for user in users)
