"""Counting in plain NumPy: the specification that :mod:`lutgen.learn.kernels` must equal.

The functions are those of :class:`lutgen.learn.counts.Backend`. Chatterjee 2018, section 2: a
k-LUT counts, for each of its 2^k patterns, the training samples of each class and stores the
majority.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Words, pack, unpack_rows
from lutgen.learn import randomness
from lutgen.learn.fill import Fill


def count_classes(
    signals: Words, wires: NDArray[np.int32], labels: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Count the samples of each class at each entry; shape (n_luts, 2, 2^k)."""
    n_luts, k = wires.shape
    dense, local = _unpack_read(signals, wires, labels.size)
    statistics = np.empty((n_luts, 2, 1 << k), dtype=np.int64)
    for lut in range(n_luts):
        joint = addresses(dense[local[lut]]).astype(np.intp)
        joint += labels.astype(np.intp) << k
        statistics[lut] = np.bincount(joint, minlength=2 << k).reshape(2, 1 << k)
    return statistics


def count_residuals(
    signals: Words,
    wires: NDArray[np.int32],
    residual: NDArray[np.int32],
    weights: NDArray[np.int32],
    words: range,
) -> NDArray[np.int64]:
    """Sum residuals, and count samples of some weight, at each entry; shape (n_luts, 2, 2^k)."""
    n_luts, k = wires.shape
    part = signals[:, words.start : words.stop]
    dense, local = _unpack_read(part, wires, residual.size)
    statistics = np.zeros((n_luts, 2, 1 << k), dtype=np.int64)
    for lut in range(n_luts):
        address = addresses(dense[local[lut]])
        np.add.at(statistics[lut, 0], address, residual)
        np.add.at(statistics[lut, 1], address, weights > 0)
    return statistics


def decide(
    votes: NDArray[np.int64], reached: NDArray[np.int64], fill: Fill
) -> tuple[Words, Words, Words]:
    """Return tables, seen and tied of entries, all arrays of shape (n_luts, 2^k), packed."""
    sign = np.sign(votes)
    tables = np.empty(votes.shape, dtype=np.uint8)
    for lut in range(len(votes)):
        tables[lut] = np.where(sign[lut] == 0, _fill_bits(sign[lut], fill, lut), sign[lut] > 0)
    seen = reached > 0
    return pack(tables.T), pack(seen.T), pack((seen & (sign == 0)).T)


def apply(tables: Words, signals: Words, wires: NDArray[np.int32], n_samples: int) -> Words:
    """Return what the LUTs give for the samples, shape (n_luts, n_words)."""
    dense, local = _unpack_read(signals, wires, n_samples)
    entries = unpack_rows(tables, 1 << wires.shape[1])
    outputs = np.empty((len(wires), n_samples), dtype=np.uint8)
    for lut, inputs in enumerate(local):
        outputs[lut] = entries[lut][addresses(dense[inputs])]
    return pack(outputs.T)


def addresses(inputs: NDArray[np.uint8]) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Return each sample's table address; inputs of shape (k, n_samples), row 0 is bit 0."""
    k, n_samples = inputs.shape
    address: NDArray[Any] = np.zeros(n_samples, dtype=np.uint8 if k <= 8 else np.uint16)
    for j in range(k):
        address |= inputs[j].astype(address.dtype) << address.dtype.type(j)
    return address


def _unpack_read(
    signals: Words, wires: NDArray[np.int32], n_samples: int
) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Return the signals that are read, unpacked, and the wires as rows of them."""
    read, local = np.unique(wires, return_inverse=True)
    return unpack_rows(signals[read], n_samples), local.reshape(wires.shape)


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
