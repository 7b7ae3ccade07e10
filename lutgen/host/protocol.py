"""What goes over the serial line: requests to bytes, bytes to answers; see docs/protocol.md.

Requests are those of both versions of the protocol; answers tell by their first byte which it is.

Numbers of more than one byte go lowest byte first, and bytes lowest bit first.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VERSION = 2
MAX_INPUTS = 8 * 65535
MAX_ANSWER_WIDTH = 32
REQUEST = 0xA5
IDENTITY, PREDICT, SELF_TEST, LOAD = 0x01, 0x02, 0x03, 0x04
DONE = 0x80  # with the command
NOT_WHOLE = 0xE8
ERRORS = {
    0xE1: "the checksum of a request was wrong",
    0xE2: "the length of a request was not that of its command",
    0xE3: "there is no such command",
    0xE4: "a request broke off",
    0xE5: "a byte had no stop bit",
    0xE6: "a byte stood outside of any request",
    0xE7: "two requests were answered at once",
    NOT_WHOLE: "the tables are not whole, as a load of them broke off",
}
OVERHEAD_BYTES = 9  # of a request, beside its payload

_LFSR = 0xEDB88320
_ONES = 0xFFFFFFFF


@dataclass(frozen=True)
class Dialect:
    """What the versions of the protocol do not have in common.

    Parameters
    ----------
    start : int
        First byte of an answer.
    value_bytes : int
        Bytes of its value.
    signature : int
        Feedback of the self-test's signature, which is as wide as a value.
    """

    start: int
    value_bytes: int
    signature: int

    @property
    def answer_bytes(self) -> int:
        """Bytes of an answer: start, status, sequence number, value, CRC."""
        return 3 + self.value_bytes + 4


DIALECTS = {1: Dialect(0x5A, 2, 0x8408), VERSION: Dialect(0x5B, 4, 0x82F63B78)}
"""The versions that are spoken here; the start of an answer tells which."""

ANSWER_BYTES = DIALECTS[VERSION].answer_bytes

_VERSION_OF_START = {dialect.start: version for version, dialect in DIALECTS.items()}


@dataclass(frozen=True)
class Answer:
    """An answer of the device.

    Parameters
    ----------
    status : int
        `DONE` with the command, or one of `ERRORS`.
    sequence_number : int
        That of the request, 0 to 255; without meaning for some errors.
    value : int
        What the core answered, word of the identity, or signature, without sign: 32 bits, or 16 in
        version 1; 0 for an error.
    version : int
        Version of the protocol that it came in.
    """

    status: int
    sequence_number: int
    value: int
    version: int = VERSION


def encode_request(command: int, sequence_number: int, payload: bytes = b"") -> bytes:
    """Return a request as it goes over the line."""
    length = len(payload)
    body = bytes([command, sequence_number & 0xFF, length & 0xFF, length >> 8]) + payload
    return bytes([REQUEST]) + body + zlib.crc32(body).to_bytes(4, "little")


def encode_answer(answer: Answer) -> bytes:
    """Return an answer as the device sends it."""
    dialect = DIALECTS[answer.version]
    value = answer.value.to_bytes(dialect.value_bytes, "little")
    body = bytes([answer.status, answer.sequence_number]) + value
    return bytes([dialect.start]) + body + zlib.crc32(body).to_bytes(4, "little")


def decode_answer(data: bytes) -> Answer | None:
    """Return the answer that bytes are, or None if they are none, or it is damaged."""
    version = _VERSION_OF_START.get(data[0]) if data else None
    if version is None or len(data) != DIALECTS[version].answer_bytes:
        return None
    body, crc = data[1:-4], int.from_bytes(data[-4:], "little")
    if zlib.crc32(body) != crc:
        return None
    return Answer(body[0], body[1], int.from_bytes(body[2:], "little"), version)


def take_answers(buffer: bytearray) -> Iterator[Answer]:
    """Take whole answers from the front of what has come in; bytes that are none are dropped."""
    while buffer:
        version = _VERSION_OF_START.get(buffer[0])
        n_bytes = DIALECTS[version].answer_bytes if version else 1
        if len(buffer) < n_bytes:
            return
        answer = decode_answer(bytes(buffer[:n_bytes]))
        del buffer[: n_bytes if answer else 1]
        if answer:
            yield answer


def self_test_vectors(n_inputs: int, n_vectors: int) -> NDArray[np.uint8]:
    """Return the vectors of the self-test as 0 and 1, shape (n_vectors, n_inputs).

    A 32-bit shift register with the feedback of CRC-32, all ones at first, gives a bit a cycle.
    It enters the sample at the top (of whole bytes) and moves down a place a cycle; a vector is
    what the sample is once it is filled, and every cycle after.
    """
    n_bits = 8 * -(-n_inputs // 8)
    state, stream = _ONES, np.empty(n_bits + n_vectors, dtype=np.uint8)
    for i in range(stream.size):
        stream[i] = state & 1
        state = state >> 1 ^ (_LFSR if state & 1 else 0)
    windows = np.lib.stride_tricks.sliding_window_view(stream, n_bits)
    return windows[:n_vectors, :n_inputs]


def sign(values: NDArray[np.integer], version: int = VERSION) -> int:
    """Return the signature of the self-test's answers, in order.

    Parameters
    ----------
    values : ndarray of shape (n_vectors,)
        What the core answers, as it goes over the line.
    version : int
        Version of the protocol.
    """
    feedback, signature = DIALECTS[version].signature, 0
    for value in values.tolist():
        signature = signature >> 1 ^ (feedback if signature & 1 else 0) ^ value
    return signature
