"""Fields of files that nobody has checked: numbers, lists, texts, or an error that names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ModelError

_MISSING = object()


def field(record: Any, *path: str) -> Any:
    """Return what stands at a path of names in nested objects.

    Raises
    ------
    ModelError
        If there is nothing.
    """
    for name in path:
        record = record.get(name, _MISSING) if isinstance(record, Mapping) else _MISSING
        if record is _MISSING:
            raise ModelError(f"it has no {'.'.join(path)}")
    return record


def reals(values: Any, what: str) -> NDArray[np.float64]:
    """Return a list of numbers."""
    try:
        with np.errstate(invalid="ignore"):  # numbers of other widths that are none
            array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ModelError(f"{what} must be numbers ({error})") from error
    if array.ndim != 1:
        raise ModelError(f"{what} must be a list of numbers")
    return array


def wholes(values: Any, what: str) -> NDArray[np.int64]:
    """Return a list of whole numbers of at most 53 bits."""
    array = reals(values, what)
    with np.errstate(invalid="ignore"):
        if not (np.abs(array) < 1 << 53).all() or (array != np.rint(array)).any():
            raise ModelError(f"{what} must be whole numbers")
    return array.astype(np.int64)


def real(value: Any, what: str) -> float:
    """Return a number, which may be written as a text."""
    return float(reals([value], what)[0])


def whole(value: Any, what: str) -> int:
    """Return a whole number, which may be written as a text."""
    return int(wholes([value], what)[0])


def items(value: Any, what: str) -> list[Any]:
    """Return a list."""
    if not isinstance(value, list | tuple):
        raise ModelError(f"{what} must be a list")
    return list(value)


def texts(value: Any) -> tuple[str, ...]:
    """Return a list of texts, or none where it is something else."""
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return ()
