"""Random networks and samples for the tests, and the plainest possible evaluation of a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from lutgen.encode.encoder import Encoder
from lutgen.model import Argmax, LutNetwork, Provenance
from lutgen.model.graph import used_bits

FanIn = int | tuple[int, int]


def binary_encoder(n_inputs: int) -> Encoder:
    """Return the encoder that takes 0 and 1 and passes them on."""
    return Encoder("binary", n_inputs, np.arange(n_inputs, dtype=np.int32), np.full(n_inputs, 0.5))


def random_network(
    rng: np.random.Generator,
    n_inputs: int,
    layers: Sequence[int],
    k: FanIn = 4,
    *,
    skip: bool = False,
    encoder: Encoder | None = None,
    classes: Sequence[Any] = (0, 1),
) -> LutNetwork:
    """Return a network of random wires and tables whose output is its last LUT.

    Parameters
    ----------
    layers : sequence of int
        LUTs in each layer; the last is usually 1.
    k : int or (int, int)
        Fan-in of every LUT, or the range (both ends included) from which each LUT's is drawn.
    skip : bool
        Read any earlier layer and the inputs, not only the layer before. Wires of one LUT are
        distinct as long as there are enough signals to read.
    encoder : Encoder, optional
        By default the binary one.
    """
    low, high = (k, k) if isinstance(k, int) else k
    layer = np.repeat(np.arange(1, len(layers) + 1), layers).astype(np.int32)
    fan_in = rng.integers(low, high, size=layer.size, endpoint=True).astype(np.uint8)
    starts = np.concatenate([[0], n_inputs + np.cumsum([0, *layers])])
    wires = []
    for lut_k, lut_layer in zip(fan_in.tolist(), layer.tolist(), strict=True):
        first, stop = (0 if skip else starts[lut_layer - 1]), starts[lut_layer]
        wires.append(first + rng.choice(stop - first, lut_k, replace=bool(stop - first < lut_k)))
    used = used_bits(fan_in)
    seen = rng.integers(0, 1 << 64, size=used.size, dtype=np.uint64) & used
    return LutNetwork(
        n_inputs=n_inputs,
        fan_in=fan_in,
        wires=np.concatenate(wires).astype(np.int32),
        tables=rng.integers(0, 1 << 64, size=used.size, dtype=np.uint64) & used,
        seen=seen,
        tied=rng.integers(0, 1 << 64, size=used.size, dtype=np.uint64) & seen,
        layer=layer,
        outputs=np.array([n_inputs + layer.size - 1], dtype=np.int32),
        head=Argmax.class_number(classes),
        encoder=encoder or binary_encoder(n_inputs),
        provenance=Provenance(learner="made at random"),
    )


def voting_network(
    rng: np.random.Generator,
    n_inputs: int,
    layers: Sequence[int],
    k: int | tuple[int, int],
    n_classes: int,
    *,
    weights: Sequence[int] = (0, 0, 1),
    encoder: Encoder | None = None,
) -> LutNetwork:
    """Make a random network whose last layer votes, each LUT for any of the classes.

    Parameters
    ----------
    weights : sequence of int
        What a LUT may add to the score of a class, drawn for each pair.
    """
    network = random_network(rng, n_inputs, layers, k, encoder=encoder)
    n_outputs = layers[-1]
    return replace(
        network,
        outputs=np.arange(network.n_signals - n_outputs, network.n_signals, dtype=np.int32),
        head=Argmax(
            rng.choice(weights, size=(n_classes, n_outputs)).astype(np.int32),
            rng.integers(-2, 3, size=n_classes).astype(np.int32),
            np.arange(n_classes),
        ),
    )


@st.composite
def networks(
    draw: st.DrawFn, max_inputs: int = 12, max_width: int = 6, max_k: int = 8
) -> LutNetwork:
    """Small random networks with mixed fan-in and skip connections."""
    n_inputs = draw(st.integers(1, max_inputs))
    layers = draw(st.lists(st.integers(1, max_width), max_size=3))
    low = draw(st.integers(1, max_k))
    high = draw(st.integers(low, max_k))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return random_network(rng, n_inputs, [*layers, 1], (low, high), skip=draw(st.booleans()))


def random_samples(rng: np.random.Generator, n_samples: int, n_inputs: int) -> NDArray[np.uint8]:
    """Return 0 and 1 of shape (n_samples, n_inputs)."""
    return rng.integers(0, 2, size=(n_samples, n_inputs), dtype=np.uint8)


def evaluate_sample(network: LutNetwork, sample: NDArray[np.uint8]) -> list[int]:
    """Return every signal of a network for one sample, straight from the definition."""
    values = [int(bit) for bit in sample]
    for lut in range(network.n_luts):
        address = sum(values[wire] << j for j, wire in enumerate(network.lut_wires(lut).tolist()))
        word = int(network.tables[int(network.table_offset[lut]) + address // 64])
        values.append(word >> address % 64 & 1)
    return values
