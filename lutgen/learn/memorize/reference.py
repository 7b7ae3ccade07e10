"""Learning a layer in plain NumPy: the specification that the fast kernels must equal.

Chatterjee 2018, section 2: a k-LUT counts, for each of its 2^k patterns, the training samples of
each class and stores the majority.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Words, pack, unpack_rows
from lutgen.learn import randomness
from lutgen.learn.memorize.layer import Fill, LearntLayer


def learn_layer(
    signals: Words,
    labels: NDArray[np.uint8],
    wires: NDArray[np.int32],
    fill: Fill,
    n_threads: int = 1,  # noqa: ARG001 - the kernels' signature
) -> LearntLayer:
    """Learn the LUTs of one layer; see :class:`lutgen.learn.memorize.layer.LearnLayer`."""
    n_luts, k = wires.shape
    dense = unpack_rows(signals, labels.size)
    tables = np.empty((n_luts, 1 << k), dtype=np.uint8)
    seen, tied = np.empty_like(tables), np.empty_like(tables)
    outputs = np.empty((n_luts, labels.size), dtype=np.uint8)
    for lut in range(n_luts):
        address = addresses(dense[wires[lut]])
        counts = count(address, labels, k)
        tables[lut] = decide(counts, fill, lut)
        seen[lut] = counts.sum(axis=0) > 0
        tied[lut] = seen[lut] & (counts[0] == counts[1])
        outputs[lut] = tables[lut][address]
    n_correct = (outputs == labels).sum(axis=1)
    return LearntLayer(_pack(tables), _pack(seen), _pack(tied), _pack(outputs), n_correct)


def addresses(inputs: NDArray[np.uint8]) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Return each sample's table address; inputs of shape (k, n_samples), row 0 is bit 0."""
    address: NDArray[Any] = inputs[0].astype(np.uint8 if len(inputs) <= 8 else np.uint16)
    for j in range(1, len(inputs)):
        address |= inputs[j].astype(address.dtype) << address.dtype.type(j)
    return address


def count(
    address: NDArray[np.uint8] | NDArray[np.uint16], labels: NDArray[np.uint8], k: int
) -> NDArray[np.int64]:
    """Count the samples of each class at each address; shape (2, 2^k)."""
    joint = address.astype(np.intp)
    joint += labels.astype(np.intp) << k
    return np.bincount(joint, minlength=2 << k).reshape(2, 1 << k)


def decide(counts: NDArray[np.int64], fill: Fill, lut: int) -> NDArray[np.uint8]:
    """Return the truth table: the larger class of each entry, and the fill where they are equal."""
    sign = np.sign(counts[1] - counts[0])
    return np.where(sign == 0, _fill_bits(sign, fill, lut), sign > 0).astype(np.uint8)


def _fill_bits(sign: NDArray[np.int64], fill: Fill, lut: int) -> NDArray[np.uint8]:
    n_entries = sign.size
    if fill.policy == "zero":
        return np.zeros(n_entries, dtype=np.uint8)
    if fill.policy == "majority":
        return np.full(n_entries, fill.prior, dtype=np.uint8)
    words = randomness.words(fill.keys[lut : lut + 1], max(1, n_entries // 64))
    random: NDArray[np.uint8] = unpack_rows(words, n_entries)[0]
    if fill.policy == "random":
        return random
    entry = np.arange(n_entries)
    votes = np.zeros(n_entries, dtype=np.int64)
    for j in range(n_entries.bit_length() - 1):
        votes += sign[entry ^ (1 << j)]
    return np.where(votes == 0, random, votes > 0).astype(np.uint8)


def _pack(rows: NDArray[np.uint8]) -> Words:
    return pack(rows.T)
