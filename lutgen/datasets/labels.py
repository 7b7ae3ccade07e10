"""Labels: numbers, truth values or words, compared by what they mean and not by how they look."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.datasets.table import ArrayColumn, Column

# 01 is no plain number: what is written so is a code, of which the zero is a part.
_PLAIN = re.compile(r"[+-]?(0|[1-9]\d*)?(?(1)(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_TRUTH = {"true": True, "false": False}


def labels_of(column: Column) -> NDArray[Any]:
    """Return the labels of a column, none of them missing; see :func:`parse_labels`."""
    if isinstance(column, ArrayColumn) and column.values.dtype.kind in "biuf":
        return plain_numbers(column.values)
    return parse_labels(column.texts)


def parse_labels(texts: Sequence[str]) -> NDArray[Any]:
    """Return labels as what all of them are: truth values, whole numbers, numbers, or texts.

    Examples
    --------
    >>> parse_labels(["1", "1.0", "2"]).tolist(), parse_labels(["01", "2"]).tolist()
    ([1, 1, 2], ['01', '2'])
    """
    truths = [_TRUTH.get(text.lower()) for text in texts]
    if all(truth is not None for truth in truths):
        return np.array(truths, dtype=np.bool_)
    known = {text: to_label_number(text) for text in set(texts)}
    numbers = [known[text] for text in texts]
    if None not in numbers:
        wide = any(isinstance(n, int) and not -(2**53) <= n <= 2**53 for n in numbers)
        whole = all(isinstance(n, int) for n in numbers)
        if not wide:
            return np.array(numbers, dtype=np.int64 if whole else np.float64)
        if whole and all(isinstance(n, int) and -(2**63) <= n < 2**63 for n in numbers):
            return np.array(numbers, dtype=np.int64)
    pairs = zip(texts, truths, strict=True)
    return np.array([text if truth is None else str(truth) for text, truth in pairs])


def plain_numbers(values: NDArray[Any]) -> NDArray[Any]:
    """Return numbers as int64 where all are whole, else as they are."""
    if values.dtype.kind != "f":
        return values
    wide = values.astype(np.float64, copy=False)  # a float16 cannot be compared with 2^53
    whole = bool((np.isfinite(wide) & (wide == np.rint(wide))).all())
    if whole and (not wide.size or np.abs(wide).max() <= 2**53):
        return values.astype(np.int64)
    return values


def to_label_number(text: str) -> int | float | None:
    """Return the number that a label is; None if it is a text."""
    if not _PLAIN.fullmatch(text):
        return None
    if text.lstrip("+-").isdecimal() and len(text) < 25:
        return int(text)
    value = float(text)
    if not np.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) <= 2**53 else value


def match_labels(labels: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.intp]:
    """Return the class number of each label, -1 where it is none of the classes.

    Numbers are equal by value, texts by their letters; a number and a text are equal where the text
    is that number's and no other class is. A truth value is no number.
    """
    distinct, places = np.unique(labels, return_inverse=True)
    known: dict[tuple[str, Any], int] = {
        _key(label): number for number, label in reversed(list(enumerate(classes.tolist())))
    }
    by_text: dict[str, int] = {}
    by_value: dict[float, list[int]] = {}
    for number, label in enumerate(classes.tolist()):
        by_text[str(label)] = number
        value = label if not isinstance(label, str | bool) else _value(label)
        if value is not None:
            by_value.setdefault(value, []).append(number)

    def find(label: Any) -> int:
        if (exact := known.get(_key(label))) is not None:
            return exact
        if isinstance(label, bool):
            return by_text.get(str(label), -1) if classes.dtype.kind == "U" else -1
        if classes.dtype.kind == "b":
            return known.get(_key(_TRUTH.get(str(label).lower(), label)), -1)
        if classes.dtype.kind == "U" and (same := by_text.get(str(label))) is not None:
            return same
        value = label if not isinstance(label, str) else _value(label)
        equal = by_value.get(value, []) if value is not None else []
        return equal[0] if len(equal) == 1 else -1

    numbers = np.array([find(label) for label in distinct.tolist()], dtype=np.intp)
    found: NDArray[np.intp] = numbers[places.reshape(-1)]
    return found


def _value(label: Any) -> int | float | None:
    return to_label_number(label) if isinstance(label, str) else None


def _key(label: Any) -> tuple[str, Any]:
    if isinstance(label, bool):
        return "b", label
    return ("s", label) if isinstance(label, str) else ("n", label)
