"""Typed reading of JSON records that may be damaged or foreign: all faults are gathered."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lutgen.errors import DataError
from lutgen.files import read_json

_COUNT_BITS = 53  # what every reader of JSON takes for a whole number
_QUOTED_CHARACTERS = 40
_TOLD_FAULTS = 8


class Record:
    """A JSON object being read field by field.

    A field that is missing or wrong adds a fault to the file's list and reads as an empty value,
    so that one run finds them all; :meth:`finish` then stops with one error.

    Parameters
    ----------
    values : dict or None
        The object; None for one that is itself missing or wrong, whose fields are no news.
    path : str
        Name of the file, for messages.
    field : str
        Where in the file this object stands, e.g. ``model.training``; "" for the file's own.
    faults : list of str
        The file's list of faults.
    """

    def __init__(
        self, values: dict[str, Any] | None, path: str, field: str, faults: list[str]
    ) -> None:
        self._values = values
        self._path = path
        self._field = field
        self._faults = faults

    @classmethod
    def read(cls, path: Path) -> Record:
        """Open a JSON file.

        Raises
        ------
        DataError
            If it cannot be read, is not JSON or holds no object.
        """
        value = read_json(path)
        if not isinstance(value, dict):
            raise DataError(f"{path}: must hold a JSON object, found {_quote(value)}")
        return cls(value, str(path), "", [])

    def finish(self, mend: str) -> None:
        """Raise :class:`DataError` with the faults found in the file, and how to mend them."""
        if self._faults:
            told = self._faults[:_TOLD_FAULTS]
            if len(self._faults) > len(told):
                told.append(f"and {len(self._faults) - len(told)} more faults")
            raise DataError(f"{self._path}: {'; '.join(told)}; {mend}")

    def has(self, name: str) -> bool:
        """Whether a field is there and not null."""
        return self._values is not None and self._values.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """Read a string; characters that could steer a terminal come back as escapes."""
        if default is not None and not self.has(name):
            return default
        value = self._get(name)
        if isinstance(value, str):
            return printable(value)
        self._wrong(name, "a text")
        return ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Read a list of strings; a missing one is empty."""
        return tuple(
            printable(item)
            for item in self._list(name, lambda item: isinstance(item, str), "a list of texts")
        )

    def texts_by_name(self, name: str) -> dict[str, str]:
        """Read an object of strings; a missing one is empty."""
        if not self.has(name):
            return {}
        record = self.child(name)
        return {printable(key): record.text(key) for key in record._values or ()}

    def count(self, name: str, n_bits: int = _COUNT_BITS) -> int:
        """Read a whole number of 0 or more."""
        value = self._get(name)
        if _is_count(value, n_bits):
            return int(value)
        self._wrong(name, f"a whole number of 0 or more, below 2^{n_bits}")
        return 0

    def optional_count(self, name: str, n_bits: int = _COUNT_BITS) -> int | None:
        """Read a whole number, or None where the field is missing or null."""
        return self.count(name, n_bits) if self.has(name) else None

    def counts(self, name: str) -> dict[str, int]:
        """Read an object of whole numbers; a missing one is empty."""
        if not self.has(name):
            return {}
        record = self.child(name)
        return {printable(key): record.count(key) for key in record._values or ()}

    def count_list(self, name: str) -> tuple[int, ...]:
        """Read a list of whole numbers; a missing one is empty."""
        return tuple(
            self._list(name, _is_count, f"a list of whole numbers, each below 2^{_COUNT_BITS}")
        )

    def pairs(self, name: str) -> tuple[tuple[int, int], ...]:
        """Read a list of pairs of whole numbers; a missing one is empty."""
        items = self._list(name, _is_pair, "a list of pairs of whole numbers")
        return tuple((x, y) for x, y in items)

    def fraction(self, name: str) -> float:
        """Read a number from 0 to 1."""
        value = self._get(name)
        if _is_fraction(value):
            return float(value)
        self._wrong(name, "a number from 0 to 1")
        return 0.0

    def optional_fraction(self, name: str) -> float | None:
        """Read a number from 0 to 1, or None where the field is missing or null."""
        return self.fraction(name) if self.has(name) else None

    def positive(self, name: str) -> float:
        """Read a finite number above 0."""
        value = self._get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf:
            return float(value)
        self._wrong(name, "a number above 0")
        return 1.0

    def not_negative(self, name: str) -> float:
        """Read a finite number of 0 or above."""
        value = self._get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf:
            return float(value)
        self._wrong(name, "a number of 0 or above")
        return 0.0

    def child(self, name: str) -> Record:
        """Read an object."""
        value = self._get(name)
        if not isinstance(value, dict):
            self._wrong(name, "an object")
            value = None
        return Record(value, self._path, self._where(name), self._faults)

    def children(self, name: str) -> Iterator[Record]:
        """Read a list of objects; a missing one is empty."""
        items = self._list(name, lambda item: isinstance(item, dict), "a list of objects")
        for i, item in enumerate(items):
            yield Record(item, self._path, f"{self._where(name)}[{i}]", self._faults)

    def named_children(self, name: str) -> Iterator[tuple[str, Record]]:
        """Read an object of objects; a missing one is empty."""
        if self.has(name):
            record = self.child(name)
            for key in record._values or ():
                yield printable(key), record.child(key)

    def fault(self, name: str, problem: str) -> None:
        """Note a fault of a field that its type does not tell."""
        if self._values is not None:
            self._faults.append(f"{self._where(name)} {problem}")

    def _get(self, name: str) -> Any:
        return None if self._values is None else self._values.get(name)

    def _list(self, name: str, fits: Callable[[Any], bool], expected: str) -> list[Any]:
        if not self.has(name):
            return []
        value = self._get(name)
        if isinstance(value, list) and all(fits(item) for item in value):
            return value
        self._wrong(name, expected)
        return []

    def _where(self, name: str) -> str:
        return printable(f"{self._field}.{name}" if self._field else name)

    def _wrong(self, name: str, expected: str) -> None:
        if self._values is None:
            return
        if name in self._values:
            self.fault(name, f"must be {expected}, found {_quote(self._values[name])}")
        else:
            self.fault(name, "is missing")


def printable(text: str) -> str:
    """Return a text with its control characters and line ends written as escapes."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _is_count(value: Any, n_bits: int = _COUNT_BITS) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << n_bits


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_count, value))


def _is_fraction(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= 1


def _quote(value: Any) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = json.dumps(value)
    return text if len(text) <= _QUOTED_CHARACTERS else text[:_QUOTED_CHARACTERS] + "…"
