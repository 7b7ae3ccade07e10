"""A ReLU network of O(√N) parameters that memorizes N labelled points: compress, project, decode.

The three steps are those that Yu et al. (2024) name; how each is done is not in the summary of it
that was at hand, so this is a reconstruction in the manner of Vardi, Yehudai and Shamir, "On the
optimal memorization power of ReLU neural networks", 2022: (1) one neuron compresses a point to an
integer z; (2) a step function projects z to one large integer, which holds the codes of all points
of class 1 in the interval of the line where z lies; (3) that integer is taken apart bit by bit, and
the answer is 1 where z equals one of the codes. The width is constant, the depth O(√N log N).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import DataError
from lutgen.studies.baum import Integers, multiply

Expression = dict[int, int]
"""Weights by the neuron of the layer before."""

_SEARCHES = 8  # random directions tried for each number of bits
_DIRECTION_BITS = 40


@dataclass(frozen=True)
class Neuron:
    """relu(weights · the layer before + bias), all integers."""

    weights: Mapping[int, int]
    bias: int = 0

    @property
    def n_parameters(self) -> int:
        """Weights and biases that are not zero."""
        return sum(weight != 0 for weight in self.weights.values()) + (self.bias != 0)


@dataclass(frozen=True, eq=False)
class SqrtNetwork:
    """The network.

    Parameters
    ----------
    direction : ndarray of shape (n_inputs,), dtype=object
        Weights of the first neuron.
    offset : int
        Its bias.
    layers : sequence of sequence of Neuron
        The layers after it.
    output : mapping
        Weights of the output, which is linear.
    """

    direction: Integers
    offset: int
    layers: tuple[tuple[Neuron, ...], ...]
    output: Mapping[int, int]

    @property
    def depth(self) -> int:
        """Hidden layers."""
        return 1 + len(self.layers)

    @property
    def width(self) -> int:
        """Neurons of the widest hidden layer."""
        return max((len(layer) for layer in self.layers), default=1)

    @property
    def n_parameters(self) -> int:
        """Weights and biases that are not zero, the weights of the inputs left out."""
        inner = sum(neuron.n_parameters for layer in self.layers for neuron in layer)
        return inner + len(self.output) + (self.offset != 0)

    @property
    def n_input_weights(self) -> int:
        """Weights of the inputs: their number, whatever N is."""
        return int(self.direction.size)

    @property
    def weight_bits(self) -> int:
        """Bits of the largest weight or bias, without its sign."""
        values = [*self.direction.tolist(), self.offset, *self.output.values()]
        for layer in self.layers:
            for neuron in layer:
                values += [neuron.bias, *neuron.weights.values()]
        return max(int(abs(value)).bit_length() for value in values)

    def evaluate(self, X: NDArray[np.integer]) -> NDArray[Any]:
        """Return the output for each sample of X, shape (n_samples, n_inputs); integers, exact."""
        signals = [np.maximum(multiply(X, self.direction) + self.offset, 0)]
        for layer in self.layers:
            signals = [_sum(neuron.weights, neuron.bias, signals) for neuron in layer]
            signals = [np.maximum(signal, 0) for signal in signals]
        return _sum(self.output, 0, signals)


def _sum(weights: Mapping[int, int], bias: int, signals: Sequence[Integers]) -> Integers:
    total: Any = np.full(len(signals[0]), bias, dtype=object)
    for source, weight in weights.items():
        total = total + (signals[source] if weight == 1 else weight * signals[source])
    return total  # type: ignore[no-any-return]


def make_sqrt_network(X: NDArray[np.integer], y: NDArray[np.integer], seed: int) -> SqrtNetwork:
    """Construct the network that is 1 at the points of class 1 and 0 at those of class 0.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_inputs), dtype integer
        Points; |x| times the inputs below 2^13.
    y : ndarray of shape (n_samples,)
        Labels, 0 or 1.

    Raises
    ------
    DataError
        If points of different classes are equal, or a class has none.
    """
    direction, offset, code_bits = find_direction(X, y, seed)
    values = multiply(X, direction) + offset
    codes = sorted({int(value) for value in values[y == 1]})
    n_codes, n_intervals = part_codes(len(codes), code_bits)
    groups = [codes[start : start + n_codes] for start in range(0, len(codes), n_codes)]
    assert len(groups) == n_intervals
    no_code = (1 << code_bits) - 1  # larger than any z
    tables = [_join([*group, *[no_code] * (n_codes - len(group))], code_bits) for group in groups]
    layers: list[tuple[Neuron, ...]] = []
    table = _project(layers, [group[0] for group in groups], tables)
    output = _decode(layers, table, n_codes, code_bits)
    return SqrtNetwork(direction, offset, tuple(layers), output)


def find_direction(
    X: NDArray[np.integer], y: NDArray[np.integer], seed: int
) -> tuple[Integers, int, int]:
    """Compress the points to integers that tell the classes apart, of few bits.

    Returns
    -------
    direction : ndarray of shape (n_inputs,), dtype=object
    offset : int
        direction·x + offset is 0 or more at every point.
    code_bits : int
        Bits of the numbers; the largest number of so many bits is none of them.
    """
    if not (y == 1).any() or (y == 1).all():
        raise DataError("points of one class only; memorizing needs both")
    if {row.tobytes() for row in X[y == 1]} & {row.tobytes() for row in X[y == 0]}:
        raise DataError("two points of different classes are equal; no function has both labels")
    rng = np.random.default_rng(seed)
    for n_bits in range(2, _DIRECTION_BITS):
        for _ in range(_SEARCHES):
            direction = rng.integers(0, 1 << n_bits, X.shape[1])
            values = X.astype(np.float64) @ direction.astype(np.float64)  # below 2^53, exact
            if not np.intersect1d(values[y == 1], values[y == 0]).size:
                offset = -int(values.min())
                code_bits = (int(values.max()) + offset + 1).bit_length()
                return direction.astype(object), offset, code_bits
    raise DataError("no direction tells the classes apart; the points are too close")


def part_codes(n_codes: int, code_bits: int) -> tuple[int, int]:
    """Return how many codes one integer holds, and how many such integers, for few parameters.

    A step takes 8 parameters, a bit of a code 13: the sum 8·(n / m) + 13·bits·m is least for
    m = √(8 n / (13 bits)), and is O(√(n · bits)).
    """
    held = max(1, round(math.sqrt(8 * n_codes / (13 * code_bits))))
    return held, -(-n_codes // held)


def _join(codes: Sequence[int], code_bits: int) -> int:
    """Return one integer of all codes, the first in the highest bits."""
    joined = 0
    for code in codes:
        joined = joined << code_bits | code
    return joined


def _project(
    layers: list[tuple[Neuron, ...]], starts: Sequence[int], tables: Sequence[int]
) -> Neuron:
    """Add layers with z (neuron 0), and return the table of the interval of z, as a neuron.

    Each layer adds one step: relu(z - a + 1) - relu(z - a) is 0 below a and 1 from a on.
    """
    table = Neuron({}, tables[0])
    for before, start, following in zip(tables, starts[1:], tables[1:], strict=False):
        layers.append((Neuron({0: 1}), table, Neuron({0: 1}, 1 - start), Neuron({0: 1}, -start)))
        step = following - before
        table = Neuron({1: 1, 2: step, 3: -step})
    return table


def _decode(
    layers: list[tuple[Neuron, ...]], table: Neuron, n_codes: int, code_bits: int
) -> Expression:
    """Add layers that compare z with each code of the table; return the output's weights.

    With the code c in the highest bits of the table, t = c·S + rest: z = c where 0 ≤ t - S·z < S.
    Then the bits of c are taken off, each by a step at half of what is left.
    """
    answer: Expression = {}
    for place in range(n_codes):
        rest_bits = code_bits * (n_codes - place - 1)
        size = 1 << rest_bits
        difference = dict(table.weights) | {0: -size + table.weights.get(0, 0)}
        # steps at 0 and at S; a layer is: z, table, answer, two of a bit's step, four of equality
        equal = [Neuron(difference, table.bias + shift) for shift in (1, 0, 1 - size, -size)]
        last = place == n_codes - 1
        n_bits = 1 if last else code_bits
        for bit in range(n_bits):
            layer = [Neuron({0: 1}), table, Neuron(answer)]
            half = 1 << rest_bits + code_bits - 1 - bit
            if not last:
                layer += [Neuron(table.weights, table.bias + shift) for shift in (1 - half, -half)]
            first = len(layer)
            if bit == 0:
                layer += equal
            layers.append(tuple(layer))
            table = Neuron({1: 1, 3: -half, 4: half})
            answer = {2: 1}
            if bit == 0:
                signs = zip(range(first, first + 4), (1, -1, -1, 1), strict=True)
                answer |= dict(signs)
    return answer
