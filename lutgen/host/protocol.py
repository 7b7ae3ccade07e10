"""What goes over the serial line: requests to bytes, bytes to answers; see docs/protocol.md.

Numbers of more than one byte go lowest byte first, and bytes lowest bit first.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VERSION = 1
MAX_INPUTS = 8 * 65535
REQUEST, ANSWER = 0xA5, 0x5A
IDENTITY, PREDICT, SELF_TEST = 0x01, 0x02, 0x03
DONE = 0x80  # with the command
ERRORS = {
    0xE1: "the checksum of a request was wrong",
    0xE2: "the length of a request was not that of its command",
    0xE3: "there is no such command",
    0xE4: "a request broke off",
    0xE5: "a byte had no stop bit",
    0xE6: "a byte stood outside of any request",
    0xE7: "two requests were answered at once",
}
OVERHEAD_BYTES = 9  # of a request, beside its payload
ANSWER_BYTES = 9
DIGEST_BYTES = 32

_LFSR = 0xEDB88320
_SIGNATURE = 0x8408
_ONES = 0xFFFFFFFF


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
        16 bits: class number, word of the identity, or signature; 0 for an error.
    """

    status: int
    sequence_number: int
    value: int


def encode_request(command: int, sequence_number: int, payload: bytes = b"") -> bytes:
    """Return a request as it goes over the line."""
    length = len(payload)
    body = bytes([command, sequence_number & 0xFF, length & 0xFF, length >> 8]) + payload
    return bytes([REQUEST]) + body + zlib.crc32(body).to_bytes(4, "little")


def encode_answer(answer: Answer) -> bytes:
    """Return an answer as the device sends it."""
    body = bytes([answer.status, answer.sequence_number]) + answer.value.to_bytes(2, "little")
    return bytes([ANSWER]) + body + zlib.crc32(body).to_bytes(4, "little")


def decode_answer(data: bytes) -> Answer | None:
    """Return the answer that 9 bytes are, or None if they are none or damaged."""
    if len(data) != ANSWER_BYTES or data[0] != ANSWER:
        return None
    body, crc = data[1:5], int.from_bytes(data[5:], "little")
    if zlib.crc32(body) != crc:
        return None
    return Answer(body[0], body[1], int.from_bytes(body[2:], "little"))


def take_answers(buffer: bytearray) -> Iterator[Answer]:
    """Take whole answers from the front of what has come in; bytes that are none are dropped."""
    while len(buffer) >= ANSWER_BYTES:
        answer = decode_answer(bytes(buffer[:ANSWER_BYTES]))
        del buffer[: ANSWER_BYTES if answer else 1]
        if answer:
            yield answer


def info_words(digest: str, n_inputs: int, feature_bits: int = 0) -> list[int]:
    """Return the words that tell who a device is: version, input bits (2 words), model digest.

    `feature_bits` stands in the high half of the second of the two: how many bits a feature has
    where the encoder is in the hardware, else 0.
    """
    packed = bytes.fromhex(digest)
    assert len(packed) == DIGEST_BYTES
    words = np.frombuffer(packed, "<u2").tolist()
    return [VERSION, n_inputs & 0xFFFF, feature_bits << 8 | n_inputs >> 16, *words]


N_INFO_WORDS = len(info_words("00" * DIGEST_BYTES, 0))


@dataclass(frozen=True)
class Identity:
    """Who a device says it is; see :func:`info_words`."""

    version: int
    n_inputs: int
    feature_bits: int
    digest: str


def read_info(words: list[int]) -> Identity:
    """Return the identity that the words of :func:`info_words` tell."""
    digest = np.array(words[3:], dtype="<u2").tobytes().hex()
    return Identity(words[0], words[1] | (words[2] & 0xFF) << 16, words[2] >> 8, digest)


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


def sign(class_numbers: NDArray[np.integer]) -> int:
    """Return the 16-bit signature of the self-test's classes, in order."""
    signature = 0
    for number in class_numbers.tolist():
        signature = signature >> 1 ^ (_SIGNATURE if signature & 1 else 0) ^ number
    return signature
