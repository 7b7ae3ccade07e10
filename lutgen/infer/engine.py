"""The engine: a network's answers to many samples, hundreds of them an instruction.

It says what :class:`lutgen.model.LutNetwork` says by definition, bit for bit. Samples are taken in
blocks that fit the cache: comparators fill rows of bits, a program runs over the rows
(:mod:`lutgen.infer.program`), and the answers are read from them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.encode.encoder import CODE, Encoder, bits_of_numbers
from lutgen.errors import ModelError
from lutgen.infer.machine import TILE, VECTOR_BITS, Machine, machine
from lutgen.infer.program import Program, answer_program, is_small, score_program, score_width
from lutgen.model import Argmax, LutNetwork, Sum
from lutgen.model.head import Answers
from lutgen.processors import n_processors

_logger = logging.getLogger("lutgen")
_GROUP = 64  # samples of a word
_WORK = 1 << 21  # LUTs times samples from which on making a program pays
_SPAN = 1 << 14  # samples that a thread takes at least
_ALIGNMENT = 64
_MOST_BYTE_CLASSES = 256

_engines: WeakKeyDictionary[LutNetwork, Engine] = WeakKeyDictionary()
_faults: list[str] = []


def engine_for(network: LutNetwork, n_samples: int) -> Engine | None:
    """Return the engine of a network if there is one, or if it pays for so many samples.

    None: so few samples are answered sooner without; or the network is too large for a program; or
    LLVM makes no code for this processor, which is logged once.
    """
    engine = _engines.get(network)
    if engine is not None or _faults:
        return engine
    if n_samples < _GROUP or n_samples * max(network.n_luts, 1) < _WORK or not is_small(network):
        return None
    try:
        engine = Engine(network)
    except (ImportError, OSError, RuntimeError) as error:
        _faults.append(str(error))
        _logger.warning("predictions run without compiled code, more slowly: %s", error)
        return None
    _engines[network] = engine
    return engine


class Engine:
    """Answers of one network, in compiled code.

    Parameters
    ----------
    network : LutNetwork
        Any, but see :func:`lutgen.infer.program.is_small`.
    n_threads : int, optional
        Threads for many samples; by default as many as the process may use processors.

    Raises
    ------
    ImportError, OSError, RuntimeError
        See :func:`lutgen.infer.machine.machine`.
    """

    def __init__(self, network: LutNetwork, n_threads: int | None = None) -> None:
        self._network = replace(network)  # a copy: whoever drops the network drops its engine
        self._machine = machine()
        self.n_threads = n_threads or n_processors()

    @cached_property
    def _answer(self) -> Program:
        return answer_program(self._network)

    @cached_property
    def _score(self) -> Program:
        return score_program(self._network)

    def answers(self, X: ArrayLike) -> Answers:
        """Return what :meth:`LutNetwork.predict` does, of a matrix of features."""
        head = self._network.head
        if isinstance(head, Argmax):
            return head.classes[self.class_numbers(X)]
        if isinstance(head, Sum):
            numbers = head.meant(self.scores(X))
            return numbers[:, 0] if head.n_scores == 1 else numbers
        return self._planes(self._answer, X)

    def class_numbers(self, X: ArrayLike) -> NDArray[np.intp]:
        """Return the class number of each sample, shape (n_samples,).

        Raises
        ------
        ModelError
            If the network answers no classes.
        """
        if self._network.n_classes > _MOST_BYTE_CLASSES:
            planes = self._planes(self._answer, X)
            return _as_numbers(planes.T, is_signed=False).astype(np.intp)
        samples = self._samples(X)
        numbers = np.empty(samples.n + _GROUP, dtype=np.uint8)

        def read(rows: _Rows, start: int, n: int) -> None:
            n_groups = -(-n // _GROUP)
            out = numbers[start : start + n_groups * _GROUP]
            if out.size < n_groups * _GROUP:  # another thread's, or past the end
                out = np.empty(n_groups * _GROUP, dtype=np.uint8)
            rows.classes(out, n_groups)
            numbers[start : start + n] = out[:n]

        self._walk(self._answer, samples, read)
        return numbers[: samples.n].astype(np.intp)

    def scores(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the scores of each sample, shape (n_samples, n_scores); see LutNetwork.scores."""
        head = self._network.head
        if not isinstance(head, Argmax | Sum):
            raise ModelError("the network answers bits, which have no scores")
        planes = self._planes(self._score, X)
        width = score_width(head)
        scores = [
            _as_numbers(planes[:, start : start + width].T, is_signed=True)
            for start in range(0, planes.shape[1], width)
        ]
        return np.stack(scores, axis=1)

    # -- walking over the samples --------------------------------------------------------------

    def _planes(self, program: Program, X: ArrayLike) -> NDArray[np.uint8]:
        """Return the outputs of a program as 0 and 1, shape (n_samples, n_outputs)."""
        samples = self._samples(X)
        planes = np.empty((samples.n, len(program.outputs)), dtype=np.uint8)

        def read(rows: _Rows, start: int, n: int) -> None:
            for j, (row, flip) in enumerate(program.outputs.tolist()):
                octets = rows.matrix[row, : -(-n // 8)] ^ np.uint8(flip & 0xFF)
                planes[start : start + n, j] = np.unpackbits(octets, count=n, bitorder="little")

        self._walk(program, samples, read)
        return planes

    def _samples(self, X: ArrayLike) -> _Samples:
        encoder = self._network.encoder
        matrix = encoder.compared(encoder.checked(X, names=self._network.feature_names))
        return _Samples(matrix, encoder)

    def _walk(
        self, program: Program, samples: _Samples, read: Callable[[_Rows, int, int], None]
    ) -> None:
        """Run a program over all samples, a block at a time, in as many threads as pay."""
        filling = samples.filling(program)
        span = max(-(-samples.n // self.n_threads), _SPAN)
        span = -(-span // program.block) * program.block
        starts = range(0, samples.n, span)

        def work(first: int) -> None:
            rows = _Rows(program, self._machine)
            for start in range(first, min(first + span, samples.n), program.block):
                n = min(program.block, samples.n - start)
                filling(rows, start, n)
                rows.run(n)
                read(rows, start, n)

        if len(starts) < 2:
            for first in starts:
                work(first)
            return
        with ThreadPoolExecutor(self.n_threads) as pool:
            list(pool.map(work, starts))


class _Rows:
    """Rows of bits for one thread, and what the machine does with them."""

    def __init__(self, program: Program, machine: Machine) -> None:
        size = program.n_rows * program.row_bytes
        buffer = np.zeros(size + _ALIGNMENT, dtype=np.uint8)
        first = -buffer.ctypes.data % _ALIGNMENT
        self.matrix = buffer[first : first + size].reshape(program.n_rows, program.row_bytes)
        self.address = self.matrix.ctypes.data
        self.machine = machine
        self._program = program

    def run(self, n_samples: int) -> None:
        """Run the program on the first samples."""
        code = self._program.code
        used = -(-n_samples // VECTOR_BITS) * VECTOR_BITS // 8
        self.machine.run(code.ctypes.data, len(code), self.address, used)

    def classes(self, out: NDArray[np.uint8], n_groups: int) -> None:
        """Write the number that the outputs spell, a byte a sample."""
        planes = self._program.outputs
        self.machine.classes(
            self.address,
            self._program.row_bytes,
            planes.ctypes.data,
            len(planes),
            n_groups,
            out.ctypes.data,
        )


Filling = Callable[[_Rows, int, int], None]
"""Fills the input rows of a program with the samples from a place on, so many."""


@dataclass(frozen=True, eq=False)
class _Samples:
    """Features of samples, and the comparators that look at them."""

    matrix: NDArray[Any]
    encoder: Encoder

    @property
    def n(self) -> int:
        """Number of samples."""
        return int(self.matrix.shape[0])

    def filling(self, program: Program) -> Filling:
        """Return what fills the input rows of a program."""
        bits, rows = program.inputs[:, 0], program.inputs[:, 1]
        feature, threshold = self.encoder.feature[bits], self.encoder.threshold[bits]
        if self.encoder.kind == CODE:
            return _filling_of_codes(self.matrix, feature, threshold, rows)
        if self.matrix.dtype in (np.uint8, np.bool_):
            return _filling_of_bytes(self.matrix.view(np.uint8), feature, threshold, rows)
        missing = np.zeros(bits.size, np.uint8)
        if self.encoder.missing is not None:
            missing[self.encoder.missing[bits]] = 0xFF
        return _filling_of_doubles(self.matrix, feature, threshold, missing, rows)


def _filling_of_codes(
    matrix: NDArray[Any],
    feature: NDArray[np.int32],
    weight: NDArray[np.float64],
    rows: NDArray[np.int64],
) -> Filling:
    """Take bits of numbers, those that count so much."""

    def fill(into: _Rows, first: int, n: int) -> None:
        bits = bits_of_numbers(matrix[first : first + n, feature], weight)
        octets = np.packbits(bits.T, axis=1, bitorder="little")
        into.matrix[rows, : octets.shape[1]] = octets

    return fill


def _filling_of_bytes(
    matrix: NDArray[np.uint8],
    feature: NDArray[np.int32],
    threshold: NDArray[np.float64],
    rows: NDArray[np.int64],
) -> Filling:
    """Compare bytes: 64 samples of 16 columns are transposed, then compared a column at a time."""
    if matrix.shape[1] < TILE:
        matrix = np.pad(matrix, ((0, 0), (0, TILE - matrix.shape[1])))
    if matrix.strides[1] != 1 or matrix.strides[0] < matrix.shape[1]:
        matrix = np.ascontiguousarray(matrix)
    least = np.ceil(np.clip(threshold, 0, 256)).astype(np.int64)
    always, never = rows[least == 0], rows[least == 256]
    asked = np.flatnonzero((least > 0) & (least < 256))
    start = np.minimum(feature[asked] // TILE * TILE, matrix.shape[1] - TILE).astype(np.int64)
    order = np.argsort(start, kind="stable")
    start, asked = start[order], asked[order]
    bits = np.stack([feature[asked] - start, least[asked], rows[asked]], axis=1).astype(np.int64)
    firsts, counts = np.unique(start, return_counts=True)
    tiles = np.stack([firsts, counts], axis=1).astype(np.int64)

    def fill(into: _Rows, first: int, n: int) -> None:
        part = matrix[first : first + n]
        n_groups, left = divmod(n, _GROUP)
        parts = [(part, n_groups, 0)]
        if left:
            last = np.zeros((_GROUP, matrix.shape[1]), dtype=np.uint8)
            last[:left] = part[n - left :]
            parts.append((last, 1, n_groups))
        for some, count, start in parts:
            into.machine.encode_bytes(
                some.ctypes.data,
                some.strides[0],
                count,
                tiles.ctypes.data,
                len(tiles),
                bits.ctypes.data,
                into.address + _GROUP // 8 * start,
                into.matrix.shape[1],
            )
        into.matrix[always] = 0xFF
        into.matrix[never] = 0

    return fill


def _filling_of_doubles(
    matrix: NDArray[Any],
    feature: NDArray[np.int32],
    threshold: NDArray[np.float64],
    missing: NDArray[np.uint8],
    rows: NDArray[np.int64],
) -> Filling:
    """Compare doubles: a block's columns are made contiguous, then compared one by one."""
    used, place = np.unique(feature, return_inverse=True)
    bits = np.stack([place, rows], axis=1).astype(np.int64)
    values = np.ascontiguousarray(threshold)

    def fill(into: _Rows, first: int, n: int) -> None:
        n_eighths = -(-n // 8)
        columns = np.zeros((len(used), 8 * n_eighths))
        columns[:, :n] = matrix[first : first + n, used].T
        into.machine.encode_doubles(
            columns.ctypes.data,
            n_eighths,
            bits.ctypes.data,
            values.ctypes.data,
            missing.ctypes.data,
            len(bits),
            columns.strides[0],
            into.address,
            into.matrix.shape[1],
        )

    return fill


def _as_numbers(planes: NDArray[np.uint8], *, is_signed: bool) -> NDArray[np.int64]:
    """Return numbers of their bits, bit 0 first, shape (width, n); two's complement if signed."""
    numbers = np.zeros(planes.shape[1], dtype=np.int64)
    for place, plane in enumerate(planes):
        is_sign = is_signed and place == len(planes) - 1
        numbers += (-(1 << place) if is_sign else 1 << place) * plane.astype(np.int64)
    return numbers
