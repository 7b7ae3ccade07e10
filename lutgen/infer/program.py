"""From a network to a program: the rows that comparators fill, the operations, the rows to read.

The program of the answers counts votes and compares scores bit by bit, so that what comes out is
the number of the class; that of the scores ends with their sums, as two's complement numbers.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lutgen.infer.circuit import ONE, ZERO, Circuit, Literal, Operation, Word, dead_code_removed
from lutgen.model import ONE as ONE_OUTPUT
from lutgen.model import ZERO as ZERO_OUTPUT
from lutgen.model import Argmax, LutNetwork, Sum
from lutgen.weights import score_limits

MOST_ENTRIES = 1 << 22
"""Table entries of a network's cone up to which a program is made; larger ones are interpreted."""

_ROW_BYTES = (1024, 512, 256, 128, 64)
_CACHE_BYTES = 1 << 19  # of rows, half of a usual second-level cache


@dataclass(frozen=True, eq=False)
class Program:
    """A network as operations on rows; row 0 is zero, rows are reused.

    Parameters
    ----------
    inputs : ndarray of shape (n, 2), dtype=np.int64
        The input bits that are read: number, and the row that it is expected in.
    code : ndarray of shape (n_operations, 5), dtype=np.int64
        Kind, and where the rows of result, s, a and b begin, in bytes.
    outputs : ndarray of shape (n_outputs, 2), dtype=np.int64
        The row of each output, and -1 where its complement is meant, else 0.
    n_rows, row_bytes : int
        Rows, and how long each is.
    """

    inputs: NDArray[np.int64]
    code: NDArray[np.int64]
    outputs: NDArray[np.int64]
    n_rows: int
    row_bytes: int

    @property
    def block(self) -> int:
        """Samples that a row holds."""
        return 8 * self.row_bytes


def is_small(network: LutNetwork) -> bool:
    """Return whether a program can be made of a network in reasonable time."""
    return int(np.left_shift(1, network.fan_in[network.cone].astype(np.int64)).sum()) <= (
        MOST_ENTRIES
    )


def answer_program(network: LutNetwork) -> Program:
    """Return the program of the class number, bit 0 first, or of the scores or bits."""
    return _program(network, _answer)


def score_program(network: LutNetwork) -> Program:
    """Return the program whose outputs are the scores, score after score, bit 0 first."""
    return _program(network, _scores)


def score_width(head: Argmax | Sum) -> int:
    """Return the bits of two's complement that hold each score."""
    lows, highs = score_limits(head.weights, head.bias)
    least, largest = int(lows.min()), int(highs.max())
    return 1 + max(max(largest, 0).bit_length(), (-min(least, 0) - 1).bit_length() if least else 0)


def _program(
    network: LutNetwork, finish: Callable[[LutNetwork, Circuit, list[Literal]], list[Literal]]
) -> Program:
    circuit = Circuit(network.n_inputs)
    signals: list[Literal] = [circuit.input(number) for number in range(network.n_inputs)]
    starts, wires = network.wire_offset.tolist(), network.wires.tolist()
    for lut, is_read in enumerate(network.cone.tolist()):
        reads = [signals[wire] for wire in wires[starts[lut] : starts[lut + 1]]] if is_read else []
        signals.append(circuit.table(network.lut_init(lut), reads) if is_read else ZERO)
    constants = {ZERO_OUTPUT: ZERO, ONE_OUTPUT: ONE}
    bits = [
        constants[signal] if signal < 0 else signals[signal] for signal in network.outputs.tolist()
    ]
    return _allocate(circuit, finish(network, circuit, bits))


def _answer(network: LutNetwork, circuit: Circuit, bits: list[Literal]) -> list[Literal]:
    head = network.head
    if isinstance(head, Sum):
        return _scores(network, circuit, bits)
    if not isinstance(head, Argmax):
        return bits
    if head.is_class_number:
        return bits
    # what is added to all scores alike changes no answer
    weights = head.weights.astype(np.int64) - head.weights.min(axis=0)
    bias = head.bias.astype(np.int64) - head.bias.min()
    width = int((weights.sum(axis=1) + bias).max()).bit_length()
    n_planes = (head.n_classes - 1).bit_length()
    scores = [
        _sum(circuit, bits, row, start, width)
        for row, start in zip(weights.tolist(), bias.tolist(), strict=True)
    ]
    best, number = scores[0], [ZERO] * n_planes
    for c, score in enumerate(scores[1:], 1):
        wins = circuit.greater(score, best)
        best = tuple(circuit.mux(wins, a, b) for a, b in zip(score, best, strict=True))
        number = [
            circuit.mux(wins, ONE if c >> j & 1 else ZERO, bit) for j, bit in enumerate(number)
        ]
    return number


def _scores(network: LutNetwork, circuit: Circuit, bits: list[Literal]) -> list[Literal]:
    head = network.head
    assert isinstance(head, Argmax | Sum)
    width = score_width(head)
    return [
        literal
        for row, start in zip(head.weights.tolist(), head.bias.tolist(), strict=True)
        for literal in _sum(circuit, bits, row, start, width)
    ]


def _sum(
    circuit: Circuit, bits: Sequence[Literal], weights: Sequence[int], start: int, width: int
) -> Word:
    """Return ``start + sum_i weights[i] * bits[i]`` modulo 2^width."""
    columns: list[list[Literal]] = [[] for _ in range(width)]
    for bit, weight in zip(bits, weights, strict=True):
        size, literal = abs(weight), bit
        if weight < 0:  # -b is ~b - 1
            literal, start = (bit[0], not bit[1]), start - size
        for place in range(min(size.bit_length(), width)):
            if size >> place & 1:
                columns[place].append(literal)
    for place in range(width):
        if start >> place & 1:
            columns[place].append(ONE)
    return circuit.add_up(columns)


def _allocate(circuit: Circuit, outputs: list[Literal]) -> Program:
    """Remove what is not needed, and let rows that nothing reads any more be used again."""
    operations, numbers = dead_code_removed(circuit, outputs)
    n_first = 1 + circuit.n_inputs
    last = _last_reads(operations, n_first)
    ends = [(int(numbers[row]), inverted) for row, inverted in outputs]
    for row, _ in ends:
        last[row] = len(operations)
    read_inputs = [row for row in range(1, n_first) if last[row] >= 0]
    place = [0] * (n_first + len(operations))
    for number, row in enumerate(read_inputs, 1):
        place[row] = number
    n_rows = 1 + len(read_inputs)
    free: list[int] = []
    code = np.empty((len(operations), 5), dtype=np.int64)
    for step, (kind, s, a, b) in enumerate(operations):
        reads = place[s], place[a], place[b]
        for row in {s, a, b}:
            if last[row] == step and row:
                heapq.heappush(free, place[row])
        if free:
            result = heapq.heappop(free)
        else:
            result, n_rows = n_rows, n_rows + 1
        place[n_first + step] = result
        code[step] = (kind, result, *reads)
    row_bytes = next((n for n in _ROW_BYTES if n * n_rows <= _CACHE_BYTES), _ROW_BYTES[-1])
    code[:, 1:] *= row_bytes
    inputs = [(row - 1, place[row]) for row in read_inputs]
    return Program(
        inputs=np.array(inputs, dtype=np.int64).reshape(-1, 2),
        code=code,
        outputs=np.array([(place[row], -inverted) for row, inverted in ends], dtype=np.int64),
        n_rows=n_rows,
        row_bytes=row_bytes,
    )


def _last_reads(operations: list[Operation], n_first: int) -> list[int]:
    """Return the last operation that reads each row; -1 where none does."""
    last = [-1] * (n_first + len(operations))
    for step, (_, s, a, b) in enumerate(operations):
        last[s] = last[a] = last[b] = step
    return last
