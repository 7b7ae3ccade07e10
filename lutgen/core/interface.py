"""What the ports of a core carry: samples at ``x``, answers at ``y``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.bits import Bits
from lutgen.encode.encoder import as_matrix
from lutgen.errors import DataError
from lutgen.model.network import LutNetwork


@dataclass(frozen=True)
class Ports:
    """The two choices there are.

    Parameters
    ----------
    input_bits : int
        0: ``x[i]`` is bit i of the encoder. Otherwise ``x`` is the features as unsigned numbers
        of so many bits, bit b of feature f at ``x[f * input_bits + b]``.
    one_hot : bool
        Whether ``y[c]`` is one for class c alone; else ``y`` is the class number in binary.
    """

    input_bits: int = 0
    one_hot: bool = False

    def n_inputs(self, network: LutNetwork) -> int:
        """Return the width of ``x``."""
        features = network.encoder.n_features
        return features * self.input_bits if self.input_bits else network.n_inputs

    def n_outputs(self, network: LutNetwork) -> int:
        """Return the width of ``y``."""
        return network.n_classes if self.one_hot else (network.n_classes - 1).bit_length()

    def samples(self, network: LutNetwork, X: ArrayLike) -> Bits:
        """Return samples of shape (n_samples, n_features) as they come in at ``x``.

        Raises
        ------
        DataError
            If the encoder cannot encode them, or the core cannot take a feature: it is negative,
            no whole number, or too large.
        """
        encoded = network.encoder.encode(X)
        if not self.input_bits:
            return encoded
        codes = _unsigned(as_matrix(X), self.input_bits)
        places = np.arange(self.input_bits, dtype=np.uint16)
        dense = codes[:, :, None] >> places & np.uint16(1)
        return Bits.from_dense(dense.reshape(codes.shape[0], -1).astype(np.uint8))

    def encoded(self, network: LutNetwork, x: Bits) -> Bits:
        """Return the bits that the encoder makes of what comes in at ``x``."""
        if not self.input_bits:
            return x
        dense = x.to_dense().reshape(x.n_samples, -1, self.input_bits).astype(np.uint16)
        features = (dense << np.arange(self.input_bits, dtype=np.uint16)).sum(axis=2)
        encoder = network.encoder
        bits = features[:, encoder.feature] >= encoder.threshold
        return Bits.from_dense(bits.astype(np.uint8))

    def answers(self, network: LutNetwork, x: Bits) -> Bits:
        """Return what has to stand at ``y`` for what comes in at ``x``."""
        numbers = network.class_numbers(self.encoded(network, x))
        if self.one_hot:
            dense = numbers[:, None] == np.arange(network.n_classes)
        else:
            dense = (numbers[:, None] >> np.arange(self.n_outputs(network)) & 1) == 1
        return Bits.from_dense(dense.astype(np.uint8))

    def describe(self, network: LutNetwork) -> tuple[str, str]:
        """Return for people what ``x`` is, and what ``y`` is."""
        width, answer = self.n_inputs(network), self.n_outputs(network)
        x = f"x[{width - 1}:0]: x[i] is bit i of the encoder"
        if self.input_bits:
            x = (
                f"x[{width - 1}:0]: {network.encoder.n_features} features of {self.input_bits} "
                f"bit(s), unsigned, feature f at x[{self.input_bits}*f +: {self.input_bits}]"
            )
        y = f"y[{answer - 1}:0]: class number in binary, y[0] the lowest bit"
        if self.one_hot:
            y = f"y[{answer - 1}:0]: y[c] is one for class c alone"
        return x, y


def _unsigned(matrix: NDArray[np.generic], n_bits: int) -> NDArray[np.uint16]:
    """Return features as whole numbers that fit `n_bits` bits; refuse others."""
    values = matrix.astype(np.float64)
    bad = (values != np.floor(values)) | (values < 0) | (values >= 1 << n_bits)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            f"row {row}, column {column} of the samples is {matrix[row, column]}, which is no "
            f"unsigned number of {n_bits} bits (0 to {(1 << n_bits) - 1}); scale the features, "
            "choose other input bits, or leave the encoder out of the hardware (input bits 0)"
        )
    return values.astype(np.uint16)
