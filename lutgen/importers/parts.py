"""What networks of several formats are made of: gates, stages, groups that vote, thresholds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.bits import MAX_FAN_IN
from lutgen.encode.encoder import Encoder
from lutgen.errors import DataError, ModelError
from lutgen.importers.format import Option
from lutgen.model import Argmax, Head, LutNetwork, Sum
from lutgen.npy import parse_npy

MOST_LUTS = 1 << 24
"""LUTs of a network, at most."""


@dataclass(frozen=True, eq=False)
class Stage:
    """LUTs of one fan-in that read what the stage before put out.

    Parameters
    ----------
    wires : ndarray of shape (n_luts, k)
        Places in the stage before, address bit 0 first.
    tables : ndarray of shape (n_luts, 2^k)
        0 and 1.
    """

    wires: NDArray[np.integer]
    tables: NDArray[np.integer] | NDArray[np.bool_]


def gate_tables(operations: ArrayLike) -> NDArray[np.uint8]:
    """Return the tables of two-input gates by difflogic's numbers of them.

    Parameters
    ----------
    operations : array-like of shape (n_gates,)
        0 to 15: bit 3 - 2a - b of the number is the value where the operands are a and b.

    Returns
    -------
    ndarray of shape (n_gates, 4), dtype=np.uint8
        Entry a + 2b.
    """
    numbers = np.asarray(operations, dtype=np.int64)
    if numbers.size and not 0 <= numbers.min() <= numbers.max() <= 15:
        raise ModelError("gates are numbered 0 to 15")
    tables: NDArray[np.uint8] = (numbers[:, None] >> np.array([3, 1, 2, 0]) & 1).astype(np.uint8)
    return tables


def check_finite(name: str, values: NDArray[Any]) -> NDArray[Any]:
    """Return numbers, or raise ModelError if one of them is NaN: no comparison tells what it is."""
    if values.dtype.kind == "f" and np.isnan(values).any():
        raise ModelError(f"{name} holds NaN; the training went wrong, or the file is damaged")
    return values


def number_of(told: Mapping[str, NDArray[Any]], name: str) -> float | None:
    """Return a number that a file holds as an array; None if it does not hold it.

    Raises
    ------
    ModelError
        If it is no single, finite number.
    """
    if name not in told:
        return None
    array = told[name]
    if array.size != 1 or array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise ModelError(f"{name} is no number")
    return float(array.item())


def count_of(told: Mapping[str, NDArray[Any]], name: str) -> int | None:
    """Return a whole number above 0 that a file holds as an array; None if it does not hold it.

    Raises
    ------
    ModelError
        If it is none.
    """
    number = number_of(told, name)
    if number is not None and not (number.is_integer() and 1 <= number < MOST_LUTS):
        raise ModelError(f"{name} is no whole number above 0")
    return None if number is None else int(number)


def up_to_the_last(n_inputs: int) -> str:
    """Return the note on how many input bits there are where a file does not say it."""
    return f"there are {n_inputs} input bits, up to the last that is read (--n-inputs)"


def chained(
    n_inputs: int,
    stages: Sequence[Stage],
    head: Callable[[int], Head],
    encoder: Encoder | None = None,
    **rest: Any,
) -> LutNetwork:
    """Return the network of stages, each of which reads the one before.

    Parameters
    ----------
    head : callable
        Makes the head for so many outputs, those of the last stage.
    """
    if not stages:
        raise ModelError("it has no layer of LUTs")
    blocks: list[tuple[NDArray[Any], ...]] = []
    start, width = 0, n_inputs
    for number, stage in enumerate(stages):
        wires = np.asarray(stage.wires)
        if wires.ndim != 2 or not 1 <= wires.shape[1] <= MAX_FAN_IN or not len(wires):
            raise ModelError(
                f"layer {number + 1} has wires of shape {wires.shape}; LUTs of 1 to {MAX_FAN_IN} "
                "inputs are possible"
            )
        if wires.min() < 0 or wires.max() >= width:
            bad = wires.max() if wires.min() >= 0 else wires.min()
            raise ModelError(
                f"layer {number + 1} reads place {bad} of the {width} that the layer before has"
            )
        blocks.append((wires.astype(np.int64) + start, stage.tables))
        start, width = start + (n_inputs if number == 0 else width), len(wires)
    outputs = np.arange(start, start + width)
    return LutNetwork.from_arrays(
        n_inputs, blocks, outputs=outputs, head=head(width), encoder=encoder, **rest
    )


def group_sum(
    n_outputs: int,
    classes: NDArray[Any],
    tau: float = 1.0,
    beta: float = 0.0,
    *,
    padded: bool = False,
) -> Head:
    """Return the head that counts ones in equal groups: ``(count + beta) / tau`` a class.

    Parameters
    ----------
    classes : ndarray
        Labels; of one label alone, the head answers the number.
    padded : bool
        Whether the last groups may be short; else what cannot be parted is refused.
    """
    if not (np.isfinite(tau) and tau > 0 and np.isfinite(beta)):
        raise ModelError(f"tau must be above 0, and tau and beta finite; got {tau} and {beta}")
    n_classes = classes.size
    size = -(-n_outputs // n_classes)
    if n_outputs != size * n_classes and not padded:
        raise ModelError(
            f"{n_outputs} outputs cannot be parted into groups of equal size for {n_classes} "
            "classes"
        )
    weights = np.zeros((n_classes, n_outputs), np.int32)
    weights[np.arange(n_outputs) // size, np.arange(n_outputs)] = 1
    scale, offset = 1 / tau, beta / tau
    if n_classes == 1:
        return Sum.of(weights, scale=scale, offset=offset)
    return Argmax.votes(weights, classes=classes, scale=scale, offset=offset)


def just_above(thresholds: ArrayLike) -> NDArray[np.float64]:
    """Return for each threshold t the least number T so that ``x >= T`` is ``float32(x) > t``.

    Networks that torch trains compare numbers of 32 bits, strictly. Numbers that come in with more
    are rounded first, to nearest, as torch rounds them: so T lies half way between the largest
    float32 that does not pass and the least that does, or just above.

    Parameters
    ----------
    thresholds : array-like
        Numbers of float32 or float64.

    Raises
    ------
    ModelError
        If one is not finite, or no number of float32 is above it.
    """
    exact = np.asarray(thresholds, dtype=np.float64)
    if not np.isfinite(exact).all():
        raise ModelError("a threshold is NaN or infinite")
    with np.errstate(over="ignore"):
        below = exact.astype(np.float32)
        below = np.where(below > exact, np.nextafter(below, np.float32(-np.inf)), below)
        above = np.nextafter(below, np.float32(np.inf))
    if not np.isfinite(above).all():
        raise ModelError("a threshold is larger than any number of 32 bits")
    middle: NDArray[np.float64] = (below.astype(np.float64) + above) / 2
    rounds_up = middle.astype(np.float32) == above
    return np.where(rounds_up, middle, np.nextafter(middle, np.inf)) + 0.0


def strict_thermometer(thresholds: ArrayLike) -> Encoder:
    """Return the encoder of bits ``float32(x) > threshold``, feature after feature.

    Parameters
    ----------
    thresholds : array-like of shape (n_features, n_thresholds)
    """
    matrix = np.asarray(thresholds)
    if matrix.ndim != 2 or not matrix.size or matrix.dtype.kind not in "fiu":
        raise ModelError(
            f"thresholds must be a matrix, features by thresholds; got shape {matrix.shape}"
        )
    feature = np.repeat(np.arange(len(matrix), dtype=np.int32), matrix.shape[1])
    return Encoder("thermometer", len(matrix), feature, just_above(matrix.ravel()))


def flat_encoder(levels: ArrayLike | None, n_bits: int) -> tuple[Encoder | None, int]:
    """Return the encoder that makes so many bits or more, and how many; None: they come as such."""
    if levels is None:
        return None, n_bits
    matrix = np.asarray(levels)
    if matrix.ndim == 1:
        if n_bits % matrix.size:
            raise ModelError(f"{n_bits} input bits are no multiple of {matrix.size} thresholds")
        matrix = np.tile(matrix, (n_bits // matrix.size, 1))
    encoder = strict_thermometer(matrix)
    if encoder.n_bits < n_bits:
        raise ModelError(f"{encoder.n_bits} thresholds for {n_bits} input bits")
    return encoder, encoder.n_bits


# -- options -----------------------------------------------------------------------------------


def whole(value: Any, least: int = 1, most: int = 1 << 30) -> int:
    """Parse a whole number."""
    number = int(value)
    if isinstance(value, bool) or number != float(value) or not least <= number <= most:
        raise ValueError(f"a whole number from {least} was expected, got {value!r}")
    return number


def real(value: Any) -> float:
    """Parse a finite number."""
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(f"a finite number was expected, got {value!r}")
    return number


def reals(value: Any) -> NDArray[np.float64]:
    """Parse numbers separated by commas, or any array of them."""
    texts = value.split(",") if isinstance(value, str) else value
    numbers = np.array(texts, dtype=np.float64)
    if not numbers.size or not np.isfinite(numbers).all():
        raise ValueError(f"finite numbers, separated by commas, were expected, got {value!r}")
    return numbers


def thresholds(value: Any) -> NDArray[Any]:
    """Parse a file of NumPy's, numbers separated by commas, or an array of them."""
    if isinstance(value, Path) or (isinstance(value, str) and value.endswith(".npy")):
        try:
            return parse_npy(Path(value).read_bytes())
        except OSError as error:
            raise ValueError(f"{value} cannot be read: {error.strerror or error}") from error
        except DataError as error:
            raise ValueError(f"{value} {error}") from error
    return reals(value)


def labels(value: Any) -> NDArray[Any]:
    """Parse a number of classes, or labels separated by commas."""
    if isinstance(value, str) and "," in value:
        texts = [text.strip() for text in value.split(",")]
        try:
            found: NDArray[Any] = np.array([int(text) for text in texts])
        except ValueError:
            found = np.array(texts)
    elif isinstance(value, str | int | np.integer):
        found = np.arange(whole(value, most=1 << 16))
    else:
        found = np.asarray(value)
    if found.ndim != 1 or not found.size or len(set(found.tolist())) != found.size:
        raise ValueError(f"a number of classes, or different labels, were expected, got {value!r}")
    return found


CLASSES = Option(
    "classes", "how many classes, or their labels separated by commas; in equal groups", labels
)
TAU = Option("tau", "what the scores are divided by; 1 where it is not said", real)
BETA = Option("beta", "what is added to the sums before; 0 where it is not said", real)
THRESHOLDS = Option(
    "thresholds",
    "what features are compared with, strictly: numbers for all alike, separated by commas, or "
    "FILE.npy, features by thresholds; by default those of the file, or features are bits",
    thresholds,
)
N_INPUTS = Option(
    "n_inputs",
    "how many input bits there are; where it is not said, up to the last that is read",
    whole,
)
