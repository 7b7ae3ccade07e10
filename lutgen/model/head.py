"""Heads: what turns the output bits of a LUT graph into the network's answer.

:class:`Argmax` answers a class, :class:`Sum` numbers, :class:`Bits` the output bits themselves. A
head is a value: it says what is computed; :mod:`lutgen.netlist.head` makes hardware of it.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.errors import ModelError
from lutgen.weights import score_limits

MAX_WEIGHT = 1 << 15

Answers = NDArray[Any]


class Head(ABC):
    """What turns output bits into an answer.

    Attributes
    ----------
    kind : str
        Name of the kind in model files and digests.
    """

    kind: ClassVar[str]

    @abstractmethod
    def faults(self, n_outputs: int) -> list[str]:
        """Return what is wrong with the head for so many output bits, in words."""

    @abstractmethod
    def describe(self, n_outputs: int) -> str:
        """Return one line for people on how the outputs become the answer."""

    @abstractmethod
    def answers(self, bits: NDArray[np.uint8]) -> Answers:
        """Return the answer to each sample.

        Parameters
        ----------
        bits : ndarray of shape (n_samples, n_outputs), dtype=np.uint8
            Output bits, 0 and 1.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n)
            Labels (Argmax), numbers (Sum) or bits (Bits).
        """

    @abstractmethod
    def members(self) -> dict[str, NDArray[Any]]:
        """Return all that it computes with, as vectors and matrices by name, for the digest."""


def _scores(
    bits: NDArray[np.uint8], weights: NDArray[np.int32], bias: NDArray[np.int32]
) -> NDArray[np.int64]:
    votes = bits.astype(np.float64)  # BLAS; sums stay exact
    return (votes @ weights.T.astype(np.float64)).astype(np.int64) + bias


def _weight_faults(weights: Any, bias: Any, n_outputs: int, what: str) -> list[str]:
    for name, array, n_dim in (("weights", weights, 2), ("bias", bias, 1)):
        if not isinstance(array, np.ndarray) or array.dtype != np.int32 or array.ndim != n_dim:
            found = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else repr(array)
            return [f"{name} must be an array of int32 of {n_dim} dimension(s), got {found}"]
    if weights.shape != (bias.size, n_outputs):
        return [
            f"{bias.size} {what} and {n_outputs} outputs, but weights of shape {weights.shape} "
            f"and a bias of shape {bias.shape}"
        ]
    if weights.size and np.abs(weights.astype(np.int64)).max() > MAX_WEIGHT:
        return [f"weights must lie within {-MAX_WEIGHT} and {MAX_WEIGHT}"]
    return []


def _as_int32(values: ArrayLike) -> NDArray[np.int32]:
    """Return whole numbers as int32; refuse others."""
    array = np.asarray(values)
    whole = array.dtype.kind in "biu" or (
        array.dtype.kind == "f" and bool((array == np.rint(array)).all())
    )
    if not whole:
        raise ModelError(f"weights and biases must be whole numbers, got {array.dtype}")
    if array.size and np.abs(array.astype(np.float64)).max() > np.iinfo(np.int32).max:
        raise ModelError("weights and biases must fit 32 bits")
    return array.astype(np.int32)


@dataclass(frozen=True, eq=False)
class Argmax(Head):
    """The class of the largest score; the lowest class number among equals.

    Parameters
    ----------
    weights : ndarray of shape (n_classes, n_outputs), dtype=np.int32
        What each output bit that is one adds to the score of each class.
    bias : ndarray of shape (n_classes,), dtype=np.int32
        What the score of each class starts from.
    classes : ndarray of shape (n_classes,)
        Labels in the order of the class numbers: two or more different numbers or strings.
    scale, offset : float
        The margin meant by a score is ``score * scale + offset``, e.g. in the units of who trained
        the network; it changes no answer, so the scale is above zero.

    Notes
    -----
    Weights of [[0], [1]] and no bias make the one output bit the class number itself.
    """

    kind: ClassVar[str] = "argmax"

    weights: NDArray[np.int32]
    bias: NDArray[np.int32]
    classes: NDArray[Any]
    scale: float = 1.0
    offset: float = 0.0

    @classmethod
    def class_number(cls, classes: ArrayLike = (0, 1)) -> Argmax:
        """Return the head of one output bit that is the class number, of two classes."""
        return cls(np.array([[0], [1]], np.int32), np.zeros(2, np.int32), np.asarray(classes))

    @classmethod
    def groups(cls, n_classes: int, n_outputs: int, *, classes: ArrayLike | None = None) -> Argmax:
        """Return the head that counts votes: outputs in equal groups, class after class.

        Parameters
        ----------
        n_outputs : int
            A multiple of `n_classes`; outputs [c * n, (c + 1) * n) vote for class c.
        classes : array-like of shape (n_classes,), optional
            Labels; by default the class numbers.

        Raises
        ------
        ModelError
            If the outputs cannot be divided so.
        """
        if n_classes < 2 or n_outputs < n_classes or n_outputs % n_classes:
            raise ModelError(
                f"{n_outputs} outputs cannot be parted into groups of equal size for {n_classes} "
                "classes; give two classes or more, and a multiple of them as outputs"
            )
        size = n_outputs // n_classes
        weights: NDArray[np.int32] = np.repeat(np.eye(n_classes, dtype=np.int32), size, axis=1)
        labels = np.arange(n_classes) if classes is None else np.asarray(classes)
        return cls(weights, np.zeros(n_classes, np.int32), labels)

    @classmethod
    def votes(
        cls,
        weights: ArrayLike,
        bias: ArrayLike | None = None,
        *,
        classes: ArrayLike | None = None,
        scale: float = 1.0,
        offset: float = 0.0,
    ) -> Argmax:
        """Return the head of any whole weights and biases, given as lists or arrays.

        Raises
        ------
        ModelError
            If they are not whole numbers.
        """
        matrix = _as_int32(weights)
        n_classes = len(matrix) if matrix.ndim else 0
        labels = np.arange(n_classes) if classes is None else np.asarray(classes)
        start = np.zeros(n_classes, np.int32) if bias is None else _as_int32(bias)
        return cls(matrix, start, labels, float(scale), float(offset))

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return int(self.classes.size)

    @property
    def is_class_number(self) -> bool:
        """Whether the one output bit is the class number itself."""
        return self.weights.tolist() == [[0], [1]] and not self.bias.any()

    def faults(self, n_outputs: int) -> list[str]:
        """See :meth:`Head.faults`."""
        if not isinstance(self.classes, np.ndarray) or not _are_labels(self.classes):
            return ["classes must be two or more different labels, numbers or strings"]
        found = _weight_faults(self.weights, self.bias, n_outputs, "classes")
        if not found and self.bias.size != self.n_classes:
            found.append(
                f"{self.n_classes} classes and {n_outputs} outputs, but weights of shape "
                f"{self.weights.shape} and a bias of shape {self.bias.shape}"
            )
        if not (0 < self.scale < np.inf and np.isfinite(self.offset)):
            found.append(
                f"scale and offset must be finite, and the scale above 0; got {self.scale:g} and "
                f"{self.offset:g}"
            )
        return found

    def describe(self, n_outputs: int) -> str:
        """See :meth:`Head.describe`."""
        if self.is_class_number:
            return "the output is the class number"
        n_votes = int(np.count_nonzero(self.weights))
        return (
            f"{n_outputs} outputs, {n_votes} votes for {self.n_classes} classes, "
            "the largest score wins"
        )

    def scores(self, bits: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return the score of each class for each sample, shape (n_samples, n_classes)."""
        return _scores(bits, self.weights, self.bias)

    def meant(self, scores: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return scores in the units that are meant."""
        return scores.astype(np.float64) * self.scale + self.offset

    def class_numbers(self, bits: NDArray[np.uint8]) -> NDArray[np.intp]:
        """Return the class number of each sample, shape (n_samples,)."""
        numbers: NDArray[np.intp] = self.scores(bits).argmax(axis=1)
        return numbers

    def answers(self, bits: NDArray[np.uint8]) -> Answers:
        """Return the label of each sample, shape (n_samples,)."""
        return self.classes[self.class_numbers(bits)]

    def members(self) -> dict[str, NDArray[Any]]:
        """See :meth:`Head.members`; the labels in their canonical spelling."""
        labels = json.dumps([canonical_label(label) for label in self.classes.tolist()])
        members: dict[str, NDArray[Any]] = {
            "weights": self.weights.astype("<i4"),
            "bias": self.bias.astype("<i4"),
            "classes": np.frombuffer(labels.encode("utf-8"), dtype=np.uint8),
        }
        if (self.scale, self.offset) != (1.0, 0.0):
            members["scale"] = np.array([self.scale, self.offset], dtype="<f8")
        return members


@dataclass(frozen=True, eq=False)
class Sum(Head):
    """Numbers: sums of weights, times a scale, plus an offset.

    Parameters
    ----------
    weights : ndarray of shape (n_scores, n_outputs), dtype=np.int32
        What each output bit that is one adds to each score.
    bias : ndarray of shape (n_scores,), dtype=np.int32
        What each score starts from. Hardware answers these scores, as two's complement numbers.
    scale, offset : float
        The number meant is ``score * scale + offset``.
    """

    kind: ClassVar[str] = "sum"

    weights: NDArray[np.int32]
    bias: NDArray[np.int32]
    scale: float = 1.0
    offset: float = 0.0

    @classmethod
    def of(
        cls,
        weights: ArrayLike,
        bias: ArrayLike | None = None,
        *,
        scale: float = 1.0,
        offset: float = 0.0,
    ) -> Sum:
        """Return the head of any whole weights, of shape (n_scores, n_outputs) or (n_outputs,).

        Raises
        ------
        ModelError
            If they are not whole numbers.
        """
        matrix = np.atleast_2d(_as_int32(weights))
        start = np.zeros(len(matrix), np.int32) if bias is None else np.atleast_1d(_as_int32(bias))
        return cls(matrix, start, float(scale), float(offset))

    @property
    def n_scores(self) -> int:
        """Number of scores."""
        return int(self.bias.size)

    def limits(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the least and the largest value that each score can have."""
        return score_limits(self.weights, self.bias)

    def faults(self, n_outputs: int) -> list[str]:
        """See :meth:`Head.faults`."""
        found = _weight_faults(self.weights, self.bias, n_outputs, "scores")
        if not found and not self.bias.size:
            found.append("a sum needs one score or more")
        if not (np.isfinite(self.scale) and self.scale and np.isfinite(self.offset)):
            found.append(
                f"scale and offset must be finite, and the scale not 0; got {self.scale:g} and "
                f"{self.offset:g}"
            )
        return found

    def describe(self, n_outputs: int) -> str:
        """See :meth:`Head.describe`."""
        least, largest = self.limits()
        times = "" if (self.scale, self.offset) == (1, 0) else f", * {self.scale:g}"
        plus = f" + {self.offset:g}" if self.offset else ""
        return (
            f"{n_outputs} outputs, {self.n_scores} sum(s) of weights from {least.min()} to "
            f"{largest.max()}{times}{plus}"
        )

    def scores(self, bits: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return the scores of each sample as hardware answers them, (n_samples, n_scores)."""
        return _scores(bits, self.weights, self.bias)

    def meant(self, scores: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the numbers that scores mean."""
        return scores.astype(np.float64) * self.scale + self.offset

    def answers(self, bits: NDArray[np.uint8]) -> Answers:
        """Return the numbers, dtype float64: (n_samples,), or (n_samples, n_scores) of several."""
        numbers = self.meant(self.scores(bits))
        return numbers[:, 0] if self.n_scores == 1 else numbers

    def members(self) -> dict[str, NDArray[Any]]:
        """See :meth:`Head.members`."""
        return {
            "weights": self.weights.astype("<i4"),
            "bias": self.bias.astype("<i4"),
            "scale": np.array([self.scale, self.offset], dtype="<f8"),
        }


@dataclass(frozen=True, eq=False)
class Bits(Head):
    """The output bits themselves; each may be a LUT, an input or a constant.

    Parameters
    ----------
    names : tuple of str
        A name for each output bit, bit 0 first; empty for none.
    """

    kind: ClassVar[str] = "bits"

    names: tuple[str, ...] = field(default=())

    def faults(self, n_outputs: int) -> list[str]:
        """See :meth:`Head.faults`."""
        if self.names and len(self.names) != n_outputs:
            return [f"{len(self.names)} names for {n_outputs} output bits"]
        return []

    def describe(self, n_outputs: int) -> str:
        """See :meth:`Head.describe`."""
        return f"{n_outputs} output bit(s)"

    def answers(self, bits: NDArray[np.uint8]) -> Answers:
        """Return the bits as they are, shape (n_samples, n_outputs), dtype=np.uint8."""
        return bits

    def members(self) -> dict[str, NDArray[Any]]:
        """See :meth:`Head.members`; names are no part of the function."""
        return {}


KINDS: dict[str, type[Head]] = {head.kind: head for head in (Argmax, Sum, Bits)}


def canonical_label(label: Any) -> str:
    """Return the one spelling of a label: 1 and 1.0 are equal, ``"1"`` and ``True`` are others."""
    if isinstance(label, bool | np.bool_):
        return f"b:{str(bool(label)).lower()}"
    if isinstance(label, int | np.integer):
        return f"n:{int(label)}"
    if isinstance(label, float | np.floating):
        value = float(label)
        return f"n:{int(value)}" if value.is_integer() else f"n:{value!r}"
    return f"s:{label}"


def _are_labels(classes: NDArray[Any]) -> bool:
    if classes.ndim != 1 or classes.size < 2 or classes.dtype.kind not in "biufU":
        return False
    if classes.dtype.kind == "U":  # a file can hold code points that break Python's strings
        points = np.frombuffer(classes.astype(classes.dtype.newbyteorder("<")).tobytes(), "<u4")
        if ((points > 0x10FFFF) | (points >> 11 == 0xD800 >> 11)).any():
            return False
    return np.unique(classes).size == classes.size


def check_names(names: Sequence[str], n: int, what: str) -> list[str]:
    """Return what is wrong with names that may be left out, in words."""
    if names and (len(names) != n or not all(isinstance(name, str) for name in names)):
        return [f"{len(names)} name(s) for {n} {what}; give a text for each, or none"]
    return []
