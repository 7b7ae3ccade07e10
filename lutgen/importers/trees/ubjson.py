"""UBJSON, draft 12, as XGBoost writes it: big endian, with typed and counted containers."""

from __future__ import annotations

from typing import Any

import numpy as np

from lutgen.errors import ModelError

_NUMBERS: dict[str, np.dtype[Any]] = {
    "i": np.dtype(">i1"),
    "U": np.dtype(">u1"),
    "I": np.dtype(">i2"),
    "l": np.dtype(">i4"),
    "L": np.dtype(">i8"),
    "d": np.dtype(">f4"),
    "D": np.dtype(">f8"),
}
_CONSTANTS = {"T": True, "F": False, "Z": None}
_DEEPEST = 64


def read(data: bytes) -> Any:
    """Return what the bytes say; typed lists of numbers come as arrays.

    Raises
    ------
    ModelError
        If they are damaged.
    """
    reader = _Reader(data)
    value = reader.value(reader.marker(), 0)
    if data[reader.place :].strip(b"N"):
        raise ModelError("there is more behind the end of the UBJSON")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def take(self, size: int) -> bytes:
        part = self.data[self.place : self.place + size]
        if size < 0 or len(part) < size:
            raise ModelError(f"the UBJSON ends at byte {len(self.data)}, where more must follow")
        self.place += size
        return part

    def marker(self) -> str:
        marker = "N"
        while marker == "N":  # says nothing
            marker = self.take(1).decode("latin-1")
        return marker

    def value(self, marker: str, depth: int) -> Any:
        if marker in _NUMBERS:
            dtype = _NUMBERS[marker]
            return np.frombuffer(self.take(dtype.itemsize), dtype)[0].item()
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        if marker == "C":
            return self.take(1).decode("latin-1")
        if marker in ("S", "H"):
            return self.text()
        if depth >= _DEEPEST:
            raise ModelError(f"the UBJSON is nested more than {_DEEPEST} deep")
        if marker == "[":
            return self.array(depth)
        if marker == "{":
            return self.object(depth)
        raise ModelError(f"byte {self.place - 1} of the UBJSON is {marker!r}, which is no type")

    def text(self) -> str:
        return self.take(self.length()).decode("utf-8", "replace")

    def length(self) -> int:
        marker = self.marker()
        if marker not in _NUMBERS or marker in "dD":
            raise ModelError(f"byte {self.place - 1} of the UBJSON must be the type of a length")
        return int(self.value(marker, 0))

    def opening(self) -> tuple[str | None, int | None]:
        """Return the type of all values and their number, where they are said."""
        kind: str | None = None
        count: int | None = None
        if self.data[self.place : self.place + 1] == b"$":
            self.place += 1
            kind = self.marker()
        if self.data[self.place : self.place + 1] == b"#":
            self.place += 1
            count = self.length()
            if not 0 <= count <= len(self.data):
                raise ModelError(f"a list of the UBJSON claims {count} values")
        elif kind:
            raise ModelError("a list of the UBJSON has a type, but no count")
        return kind, count

    def array(self, depth: int) -> Any:
        kind, count = self.opening()
        if kind is not None and kind in _NUMBERS and count is not None:
            dtype = _NUMBERS[kind]
            return np.frombuffer(self.take(count * dtype.itemsize), dtype)
        values: list[Any] = []
        while count is None or len(values) < count:
            marker = kind or self.marker()
            if count is None and marker == "]":
                break
            values.append(self.value(marker, depth + 1))
        return values

    def object(self, depth: int) -> dict[str, Any]:
        kind, count = self.opening()
        values: dict[str, Any] = {}
        n_read = 0
        while count is None or n_read < count:
            if count is None and self.data[self.place : self.place + 1] == b"}":
                self.place += 1
                break
            name = self.text()
            values[name] = self.value(kind or self.marker(), depth + 1)
            n_read += 1
        return values
