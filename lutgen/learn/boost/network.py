"""From boosted LUTs to a network, and back for going on with one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import pack, unpack_rows
from lutgen.encode.encoder import Encoder
from lutgen.errors import ConfigError
from lutgen.learn.boost.leaves import Leaf, Lut
from lutgen.learn.boost.popcount import Counter
from lutgen.model import Argmax, Head, LutNetwork, Provenance, Sum

Round = list[Lut]
"""One LUT for each group."""


def groups_of(n_classes: int) -> list[int]:
    """Return the classes that have LUTs: all, but of two only class 1."""
    return list(range(n_classes)) if n_classes > 2 else [1]


def build_network(
    layers: Sequence[Sequence[Round]],
    counter: Counter,
    encoder: Encoder,
    head: Callable[[NDArray[np.int32], NDArray[np.int64]], Head],
    provenance: Provenance,
    groups: Sequence[int],
) -> LutNetwork:
    """Make the network: in each layer, the LUTs of a group stand together, and the bits of each.

    The signals that LUTs read are the inputs, the digits of their counter, whose adders are a layer
    of their own, and the bits that were learnt, round by round.

    Parameters
    ----------
    head : callable
        Makes the head of weights, shape (n_scores, n_outputs), and of what all LUTs together add
        to each score where they give zeros, in halves: see :func:`classes_head`.
    groups : sequence of int
        The score that each LUT of a round adds to.
    """
    n_bits = layers[0][0][0].leaf.bits
    sizes = [len(rounds) * len(groups) * n_bits for rounds in layers]
    luts = [luts[g] for rounds in layers for g in range(len(groups)) for luts in rounds]
    place = np.concatenate([_places(len(rounds), len(groups), n_bits) for rounds in layers])
    place += np.repeat(np.cumsum([0, *sizes[:-1]]), sizes)
    read = np.repeat([lut.wires for lut in luts], n_bits, axis=0).reshape(-1)
    front = counter.front(read)
    moved = np.concatenate([front.sources, front.n_signals + place]).astype(np.int32)
    n_scores = max(groups) + 1
    weights = np.zeros((n_scores, len(luts), n_bits), dtype=np.int32)
    least = np.zeros(n_scores, dtype=np.int64)
    owner = [group for rounds in layers for group in groups for _ in rounds]
    for i, (lut, group) in enumerate(zip(luts, owner, strict=True)):
        weights[group, i] = lut.weight << np.arange(n_bits)
        least[group] -= lut.weight * lut.leaf.centre
    seen, tied = (
        np.repeat([getattr(lut, mask) for lut in luts], n_bits, axis=0) for mask in ("seen", "tied")
    )
    n_outputs = len(luts) * n_bits
    tables = pack(np.concatenate([lut.tables for lut in luts]).T).reshape(-1)
    sizes = [front.fan_in.size, *sizes]
    layer = np.repeat(np.arange(len(sizes)), sizes) + (front.fan_in.size > 0)
    return LutNetwork(
        n_inputs=counter.n_inputs,
        fan_in=np.concatenate(
            [front.fan_in, np.repeat([lut.wires.size for lut in luts], n_bits)]
        ).astype(np.uint8),
        wires=np.concatenate([front.wires, moved[read]]),
        tables=np.concatenate([front.tables, tables]),
        seen=np.concatenate([front.seen, pack(seen.T).reshape(-1)]),
        tied=np.concatenate([np.zeros_like(front.seen), pack(tied.T).reshape(-1)]),
        layer=layer.astype(np.int32),
        outputs=front.n_signals + np.arange(n_outputs, dtype=np.int32),
        head=head(weights.reshape(n_scores, n_outputs), least),
        encoder=encoder,
        provenance=provenance,
    )


def classes_head(
    prior: NDArray[np.int32], classes: NDArray[Any]
) -> Callable[[NDArray[np.int32], NDArray[np.int64]], Head]:
    """Return what makes the head of classes, whose scores start from a prior, in halves.

    A score is twice the sum of weights, plus prior and `least`; half of that decides the same.
    Where it is no whole number it is rounded up: of two classes, class 1 wins above zero alone.
    """

    def head(weights: NDArray[np.int32], least: NDArray[np.int64]) -> Head:
        bias = -((-(least + prior)) // 2)
        return Argmax(weights, (bias - bias.min()).astype(np.int32), classes)

    return head


def feature_gain(
    layers: Sequence[Sequence[Round]], encoder: Encoder, n_digits: int
) -> tuple[float, ...]:
    """Return each feature's share of what the wires gain, rounded; all 0 if none is known.

    Of a window it is the share of each number that is made of it. What a LUT gains of LUTs of
    layers below is passed on to these, by the shares of their wires; what it gains of the digits
    of the inputs' counter, to all inputs alike.
    """
    n_inputs = encoder.n_bits + n_digits
    luts = [lut for rounds in layers for luts in rounds for lut in luts]
    n_bits = luts[0].leaf.bits
    gains = np.zeros(n_inputs + len(luts) * n_bits)
    for i, lut in reversed(list(enumerate(luts))):
        own = lut.wire_gain
        passed = gains[n_inputs + i * n_bits : n_inputs + (i + 1) * n_bits].sum()
        if own.sum() > 0:
            own = own * (1 + passed / own.sum())
        np.add.at(gains, lut.wires, own)
    by_bit = gains[: encoder.n_bits] + gains[encoder.n_bits : n_inputs].sum() / encoder.n_bits
    by_feature = np.bincount(encoder.feature, by_bit, encoder.n_compared)
    total = by_feature.sum()
    shares = by_feature / total if total > 0 else by_feature
    return tuple(round(share, 6) for share in shares.tolist())


def rounds_of(network: LutNetwork) -> int:
    """Return how many rounds of LUTs a boosted network has: LUTs of each class or number."""
    head = network.head
    assert isinstance(head, Argmax | Sum)
    n_groups = len(groups_of(head.n_classes)) if isinstance(head, Argmax) else head.n_scores
    return network.n_luts // (n_groups * int(network.provenance.parameters["leaf_bits"]))


def score_temperature(network: LutNetwork) -> float:
    """Return the temperature of the softmax of a boosted network's scores; a vote counts 0 or 1.

    The learner's votes count -1 or 1: twice as much.
    """
    return float(network.provenance.parameters["temperature"]) / 2


def numbers_head(
    multiples: NDArray[np.int64], start: NDArray[np.int64], scale: float, offset: float
) -> Callable[[NDArray[np.int32], NDArray[np.int64]], Head]:
    """Return what makes the head of numbers.

    Parameters
    ----------
    multiples : ndarray of shape (n_scores,)
        What a vote is of each score, in halves of the scale.
    start : ndarray of shape (n_scores,)
        What each score starts from, in scales.
    """

    def head(weights: NDArray[np.int32], least: NDArray[np.int64]) -> Head:
        bias = start + multiples * (least // 2)  # of two bits or more: a whole number
        scaled = weights * multiples[:, None]
        return Sum(scaled.astype(np.int32), bias.astype(np.int32), scale, offset)

    return head


def _places(n_rounds: int, n_groups: int, n_bits: int) -> NDArray[np.int64]:
    """Return where the LUTs of a layer stand, in the order they were learnt: round by round."""
    places = np.arange(n_groups * n_rounds * n_bits).reshape(n_groups, n_rounds, n_bits)
    return places.transpose(1, 0, 2).reshape(-1)


def take_apart(
    network: LutNetwork, k: int, leaf: Leaf, n_inputs: int, classes: NDArray[Any]
) -> tuple[list[Round], NDArray[np.int32]]:
    """Return the rounds of a network that :func:`build_network` made, and its prior, in halves.

    Raises
    ------
    ConfigError
        If it is of another form, or of other inputs, classes, k or bits of a leaf.
    """
    faults = []
    if network.n_inputs != n_inputs:
        faults.append(f"it reads {network.n_inputs} input bits, the samples have {n_inputs}")
    head, groups = network.head, groups_of(len(classes))
    if not isinstance(head, Argmax) or head.classes.tolist() != classes.tolist():
        faults.append("its classes are others")
    elif network.n_layers > 1 or not _is_boosted(network, head.weights, groups, leaf):
        faults.append(
            "it is not one layer of LUTs that each vote for one class, as many for each, with "
            f"leaves of {leaf.bits} bit(s)"
        )
    if (network.fan_in != k).any():
        faults.append(f"its LUTs have {network.fan_in.max()} inputs, k is {k}")
    if faults:
        raise ConfigError("cannot go on with the network to start from: " + "; ".join(faults))
    assert isinstance(head, Argmax)
    luts = []
    n_words = int(network.table_offset[1])
    for first in range(0, network.n_luts, leaf.bits):
        words = slice(first * n_words, (first + leaf.bits) * n_words)
        tables, seen, tied = (
            unpack_rows(mask[words].reshape(leaf.bits, -1), 1 << k)
            for mask in (network.tables, network.seen, network.tied)
        )
        levels = (tables << np.arange(leaf.bits, dtype=np.uint8)[:, None]).sum(axis=0)
        weight = int(head.weights[:, first].max())
        wires = network.lut_wires(first)
        masks = seen[0] != 0, tied[0] != 0
        luts.append(Lut(wires, levels.astype(np.uint8), weight, leaf, *masks, np.zeros(k)))
    total = head.weights[:, :: leaf.bits].sum(axis=1, dtype=np.int64) * leaf.centre
    prior = 2 * head.bias.astype(np.int64) + total - (total & 1)
    n_rounds = network.n_luts // (len(groups) * leaf.bits)
    rounds = [luts[r::n_rounds] for r in range(n_rounds)]
    return rounds, (prior - prior[0]).astype(np.int32)


def first_rounds(network: LutNetwork, n_rounds: int) -> LutNetwork:
    """Return the network that growth had after so many rounds: it grew in one layer, unrefitted.

    With the same temperature it is what learning so many LUTs a class or number gives.
    """
    told = network.provenance.parameters
    k, leaf = int(told["k"]), Leaf(int(told["leaf_bits"]), int(told["max_weight"]))
    head = network.head
    if isinstance(head, Argmax):
        rounds, prior = take_apart(network, k, leaf, network.n_inputs, head.classes)
        return build_network(
            [rounds[:n_rounds]],
            Counter.of(network.n_inputs, False),
            network.encoder,
            classes_head(prior, head.classes),
            network.provenance,
            groups_of(len(head.classes)),
        )
    assert isinstance(head, Sum)
    n_scores = len(head.weights)
    place = np.arange(network.n_luts).reshape(n_scores, -1, leaf.bits)
    kept, gone = (part.reshape(-1) for part in (place[:, :n_rounds], place[:, n_rounds:]))
    added = head.weights[:, gone[:: leaf.bits]].sum(axis=1, dtype=np.int64) * leaf.centre // 2

    def rows(of_luts: NDArray[Any]) -> NDArray[Any]:
        return of_luts.reshape(network.n_luts, -1)[kept].reshape(-1)

    return replace(
        network,
        fan_in=network.fan_in[kept],
        wires=rows(network.wires),
        tables=rows(network.tables),
        seen=rows(network.seen),
        tied=rows(network.tied),
        layer=network.layer[kept],
        outputs=network.n_inputs + np.arange(kept.size, dtype=np.int32),
        head=replace(
            head,
            weights=head.weights[:, kept],
            bias=(head.bias + added).astype(np.int32),
        ),
    )


def _is_boosted(
    network: LutNetwork, weights: NDArray[np.int32], groups: Sequence[int], leaf: Leaf
) -> bool:
    """Whether each group has as many leaves, of so many bits on the same wires."""
    n_outputs = weights.shape[1]
    n_of_group = n_outputs // len(groups)
    if n_outputs != network.n_luts or n_outputs % (len(groups) * leaf.bits):
        return False
    expected = np.zeros_like(weights)
    for place, group in enumerate(groups):
        own = weights[group, place * n_of_group : (place + 1) * n_of_group].reshape(-1, leaf.bits)
        lowest = own[:, :1]
        if not np.isin(lowest, leaf.weights).all() or (own != lowest << np.arange(leaf.bits)).any():
            return False
        expected[group, place * n_of_group : (place + 1) * n_of_group] = own.reshape(-1)
    if not np.array_equal(weights, expected) or not (network.fan_in == network.fan_in[0]).all():
        return False
    wires = network.wires.reshape(-1, leaf.bits, int(network.fan_in[0]))
    return bool((wires == wires[:, :1]).all())
