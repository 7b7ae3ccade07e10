"""External don't-cares: a smaller network out of one whose free table entries take other values.

Filling free entries changes the function, so the result is a model of its own: its digest is
another, and its provenance says what was done to which model.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits, Words, pack
from lutgen.errors import ConfigError
from lutgen.learn.counts import reached
from lutgen.model import LutNetwork
from lutgen.model.provenance import LayerAccuracy, Optimised
from lutgen.netlist.isf import LEAF, Isf, complete, join
from lutgen.optimise.evidence import (
    CountEvidence,
    Entries,
    Evidence,
    Kept,
    MaskEvidence,
    pack_table,
)
from lutgen.optimise.policy import Policy
from lutgen.optimise.wires import choose_inputs, levels

Table = NDArray[np.uint8]


@dataclass(frozen=True)
class OptimiseStats:
    """What optimising did to the LUTs in the cone of the output.

    Parameters
    ----------
    luts_before, luts_after : int
        Number of LUTs.
    inputs_before, inputs_after : int
        Number of inputs of all LUTs together.
    """

    luts_before: int
    luts_after: int
    inputs_before: int
    inputs_after: int

    def to_json(self) -> dict[str, int]:
        """Return the numbers as plain JSON."""
        return asdict(self)


def optimise(
    network: LutNetwork,
    policy: Policy,
    bits: Bits | None = None,
    labels: NDArray[Any] | None = None,
) -> tuple[LutNetwork, OptimiseStats]:
    """Give free table entries the values that make the network small.

    First each LUT drops the inputs that it can do without, from the output backwards; then tables
    of equal inputs are made equal or complementary and the entries left are chosen for few
    different cofactors, from the inputs forwards.

    Parameters
    ----------
    network : LutNetwork
        The model.
    policy : Policy
        Which entries are free.
    bits : Bits, optional
        Encoded training samples. The policies that count need them, and count anew what each LUT
        reads after the LUTs before it have changed. ``unseen`` goes by the model's masks alone.
    labels : ndarray of shape (n_samples,), optional
        Class number of each sample.

    Returns
    -------
    LutNetwork
        The smaller network, only its cone; its masks are those of its own tables.
    OptimiseStats

    Raises
    ------
    ConfigError
        If the policy needs samples and there are none, or counts although the outputs vote:
        majorities are not what their tables were chosen by.
    """
    if policy.counts and not network.is_class_number:
        raise ConfigError(
            f"policy {policy} goes by majorities, which the LUTs of a network whose outputs vote "
            "do not store; use the policy unseen"
        )
    cone = network.restrict_to_cone()
    evidence: Evidence = MaskEvidence(cone)
    if policy.counts:
        if bits is None or labels is None:
            raise ConfigError(f"policy {policy} counts training samples; give bits and labels")
        evidence = CountEvidence(cone, bits, labels)
    kept, left = choose_inputs(cone, evidence, int(policy.tolerance * evidence.n_samples))
    tables, entries = _relearn(cone, evidence, kept, left)
    smaller = _assemble(cone, kept, tables, entries)
    measured = _measure(smaller, bits, labels) if bits is not None and labels is not None else {}
    # what was measured of the network is not true of this one
    fresh = {"train_accuracy": None, "validation_accuracy": None, "test_accuracy": None}
    provenance = replace(
        network.provenance,
        **{**fresh, "layers": (), "history": (), **measured},
        optimised=Optimised(network.digest, str(policy)),
    )
    return replace(smaller, provenance=provenance), OptimiseStats(
        luts_before=cone.n_luts,
        luts_after=smaller.n_luts,
        inputs_before=int(cone.fan_in.sum()),
        inputs_after=int(smaller.fan_in.sum()),
    )


def recount(network: LutNetwork, bits: Bits, labels: NDArray[Any]) -> LutNetwork:
    """Return the network with the tables that other training samples give it, wires as they are.

    Entries that they do not reach, or that tie, keep their values. Recounting with the samples that
    a network was learnt from changes nothing. Where the outputs vote, only the care masks are
    counted: the entries that these samples reach.
    """
    if not network.is_class_number:
        mask = _reached(network, bits)
        return replace(network, seen=network.seen & mask, tied=network.tied & mask)
    evidence = CountEvidence(network, bits, labels)
    parts: list[tuple[Words, Words, Words]] = []
    for lut in range(network.n_luts):
        wires = network.lut_wires(lut).tolist()
        found = evidence.entries(lut, wires, tuple(range(len(wires))))
        table = np.where(found.votes == 0, network.lut_table(lut), found.votes > 0)
        table = table.astype(np.uint8)
        evidence.settle(lut, wires, table)
        parts.append((pack_table(table), pack_table(found.seen), pack_table(found.tied)))
    tables, seen, tied = (np.concatenate(words) for words in zip(*parts, strict=True))
    return replace(network, tables=tables, seen=seen, tied=tied)


def _reached(network: LutNetwork, bits: Bits) -> Words:
    """Return the mask of the entries that a sample reaches, as `seen` of a network."""
    signals = network.signals(bits).words
    wires = [network.lut_wires(lut)[None, :] for lut in range(network.n_luts)]
    mask: Words = np.concatenate(
        [pack_table(reached(signals, lut, bits.n_samples)[0]) for lut in wires]
    )
    return mask


def _relearn(
    network: LutNetwork, evidence: Evidence, kept: dict[int, Kept], left: dict[int, int]
) -> tuple[dict[int, Table], dict[int, Entries]]:
    """Choose the tables of the LUTs that are kept, from the inputs forwards."""
    tables: dict[int, Table] = {}
    entries: dict[int, Entries] = {}
    for luts in levels(network):
        members = [lut for lut in luts if lut in kept]
        wires = {lut: network.lut_wires(lut)[list(kept[lut])].tolist() for lut in members}
        for lut in members:
            entries[lut] = evidence.entries(lut, wires[lut], kept[lut])
        wanted = {lut: _specify(entries[lut].votes, left[lut]) for lut in members}
        for lut, table in _choose_tables(wanted, wires).items():
            tables[lut] = table
            evidence.settle(lut, wires[lut], table)
    return tables, entries


def _specify(votes: NDArray[np.int64], budget: int) -> Isf:
    """Return what the votes demand, but for the weakest ones, as many as the budget allows.

    A table that fits one of the smallest LUTs has nothing to gain from them.
    """
    care = votes != 0
    k = votes.size.bit_length() - 1
    if k > LEAF:
        weakest = np.argsort(np.abs(votes), kind="stable")
        care[weakest[np.cumsum(np.abs(votes)[weakest]) <= budget]] = False
    return Isf(k, _as_int((votes > 0) & care), _as_int(care))


def _choose_tables(wanted: dict[int, Isf], wires: dict[int, list[int]]) -> dict[int, Table]:
    """Complete the tables; LUTs that read the same are made equal or complementary if they can.

    Those that are come out as one cell of the netlist, since its passes merge them.
    """
    groups: dict[tuple[int, ...], list[Isf]] = {}
    members: dict[tuple[tuple[int, ...], int], list[tuple[int, bool]]] = {}
    for lut, isf in wanted.items():
        reads = tuple(wires[lut])
        number, inverted = join(groups.setdefault(reads, []), isf)
        members.setdefault((reads, number), []).append((lut, inverted))
    tables = {}
    for (reads, number), luts in members.items():
        table = _as_table(complete(groups[reads][number]), len(reads))
        for lut, inverted in luts:
            tables[lut] = table ^ np.uint8(inverted)
    return tables


def _assemble(
    network: LutNetwork,
    kept: dict[int, Kept],
    tables: dict[int, Table],
    entries: dict[int, Entries],
) -> LutNetwork:
    """Return the network of the LUTs that are kept; a constant one reads the first input."""
    first = network.n_inputs
    renumbered = np.arange(network.n_signals, dtype=np.int32)
    renumbered[[first + lut for lut in kept]] = np.arange(first, first + len(kept))
    wires, parts = [], []
    for lut, inputs in kept.items():
        found = entries[lut]
        part: list[NDArray[Any]] = [tables[lut], found.seen, found.tied]
        wires.append(renumbered[network.lut_wires(lut)[list(inputs)]])
        if not inputs:
            wires[-1] = np.zeros(1, dtype=np.int32)
            part = [np.repeat(array, 2) for array in part]
        parts.append([pack_table(array) for array in part])
    made, seen, tied = (np.concatenate(words) for words in zip(*parts, strict=True))
    luts = list(kept)
    return replace(
        network,
        fan_in=np.array([wire.size for wire in wires], dtype=np.uint8),
        wires=np.concatenate(wires),
        tables=made,
        seen=seen,
        tied=tied,
        layer=network.layer[luts],
        outputs=renumbered[network.outputs],
    )


def _measure(network: LutNetwork, bits: Bits, labels: NDArray[Any]) -> dict[str, Any]:
    """Return the accuracies of the LUTs on the training samples, as a learner records them.

    Where the outputs vote, only the network's: a LUT does not answer for itself.
    """
    if not network.is_class_number:
        return {"train_accuracy": float(np.mean(network.class_numbers(bits) == labels))}
    outputs = network.signals(bits).words[network.n_inputs :]
    target = pack(labels.astype(np.uint8)[:, None])[0]
    wrong = np.bitwise_count(outputs ^ target).sum(axis=1, dtype=np.int64)
    accuracy = (bits.n_samples - wrong) / bits.n_samples
    layers = tuple(
        LayerAccuracy.of(layer, accuracy[network.layer == layer])
        for layer in np.unique(network.layer).tolist()
    )
    last = int(network.outputs[0]) - network.n_inputs
    return {"train_accuracy": float(accuracy[last]), "layers": layers}


def _as_int(table: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(table, bitorder="little").tobytes(), "little")


def _as_table(table: int, k: int) -> Table:
    octets = table.to_bytes(max(1, (1 << k) // 8), "little")
    return np.unpackbits(np.frombuffer(octets, np.uint8), count=1 << k, bitorder="little")
