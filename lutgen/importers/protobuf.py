"""Protocol Buffers' wire format: the fields of a message by their number.

Protocol Buffers Documentation, "Encoding". A message says nothing of what its fields are; who reads
one knows. Nothing is copied before it is asked for, and every length is checked against the bytes
that are there.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ModelError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

_FIXED_BYTES = {FIXED64: 8, FIXED32: 4}
_MOST_NUMBER = 1 << 12
_VARINT_BYTES = 10


class Message:
    """A message as it stands in a buffer.

    Parameters
    ----------
    data : memoryview
        Its bytes.

    Raises
    ------
    ModelError
        If they are no message. Fields of numbers from 4096 on are passed over.
    """

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self._places: dict[tuple[int, int], array[int]] = {}
        place = 0
        while place < len(data):
            tag, place = _varint(data, place)
            number, wire = tag >> 3, tag & 7
            if number and number < _MOST_NUMBER:
                key = number, wire
                if key not in self._places:
                    self._places[key] = array("Q")
                self._places[key].append(place)
            place = _end(data, place, wire)

    @classmethod
    def whole(cls, data: bytes) -> Message:
        """Return the message that a file is."""
        return cls(memoryview(data))

    def has(self, number: int) -> bool:
        """Return whether a field is there."""
        return any(key[0] == number for key in self._places)

    def parts(self, number: int) -> Iterator[memoryview]:
        """Yield the bytes of each field of a number that has a length."""
        for place in self._places.get((number, BYTES), ()):
            n_bytes, start = _varint(self.data, place)
            yield self.data[start : start + n_bytes]

    def count(self, number: int) -> int:
        """Return how many fields of a number have a length."""
        return len(self._places.get((number, BYTES), ()))

    def messages(self, number: int) -> Iterator[Message]:
        """Yield the messages of a number."""
        return map(Message, self.parts(number))

    def message(self, number: int) -> Message | None:
        """Return the last message of a number; None if there is none."""
        last = None
        for last in self.parts(number):  # noqa: B007 - the last one counts
            pass
        return None if last is None else Message(last)

    def raw(self, number: int) -> bytes:
        """Return the bytes of the last field of a number; none if it is not there."""
        last = b""
        for part in self.parts(number):
            last = bytes(part)
        return last

    def texts(self, number: int) -> list[str]:
        """Return the texts of a number.

        Raises
        ------
        ModelError
            If one is no UTF-8.
        """
        try:
            return [str(part, "utf-8") for part in self.parts(number)]
        except UnicodeDecodeError as error:
            raise ModelError(f"field {number} holds a text that is no UTF-8") from error

    def text(self, number: int) -> str:
        """Return the text of a number; the empty one if it is not there."""
        return next(reversed(self.texts(number)), "")

    def integers(self, number: int) -> list[int]:
        """Return the whole numbers of a number, as 64 bits with a sign, packed or not."""
        single = self._places.get((number, VARINT), ())
        found = [_signed(_varint(self.data, place)[0]) for place in single]
        for part in self.parts(number):
            place = 0
            while place < len(part):
                value, place = _varint(part, place)
                found.append(_signed(value))
        return found

    def integer(self, number: int, default: int = 0) -> int:
        """Return the last whole number of a number."""
        return next(reversed(self.integers(number)), default)

    def floats(self, number: int, dtype: str = "<f4") -> NDArray[np.floating]:
        """Return the numbers of ``<f4`` or ``<f8`` of a number, packed or not.

        Raises
        ------
        ModelError
            If packed ones end within a number.
        """
        item = np.dtype(dtype)
        wire = FIXED32 if item.itemsize == 4 else FIXED64
        single = b"".join(
            bytes(self.data[at : at + item.itemsize]) for at in self._places.get((number, wire), ())
        )
        packed = b"".join(map(bytes, self.parts(number)))
        if len(packed) % item.itemsize:
            raise ModelError(f"field {number} ends within a number")
        return np.frombuffer(single + packed, item)

    def float(self, number: int, default: float = 0.0) -> float:
        """Return the last float of 32 bits of a number."""
        places = self._places.get((number, FIXED32), ())
        if not places:
            return default
        value: float = struct.unpack_from("<f", self.data, places[-1])[0]
        return value


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    """Return the number at a place, and the place behind it."""
    value = shift = 0
    for at in range(place, min(place + _VARINT_BYTES, len(data))):
        octet = data[at]
        value |= (octet & 0x7F) << shift
        if octet < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at + 1
        shift += 7
    raise ModelError(f"byte {place} of a message of {len(data)}: a number that does not end")


def _end(data: memoryview, place: int, wire: int) -> int:
    """Return the place behind the field whose value stands at a place."""
    if wire == VARINT:
        return _varint(data, place)[1]
    if wire == BYTES:
        n_bytes, place = _varint(data, place)
    elif wire in _FIXED_BYTES:
        n_bytes = _FIXED_BYTES[wire]
    else:
        raise ModelError(f"byte {place} of a message of {len(data)}: no kind {wire} of field")
    if n_bytes > len(data) - place:
        raise ModelError(
            f"byte {place} of a message of {len(data)}: a field of {n_bytes:,} bytes, which are "
            "not there"
        )
    return place + n_bytes


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value
