"""The serial protocol in Python: requests, answers, identity, self-test."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.host.protocol import (
    ANSWER_BYTES,
    DIALECTS,
    OVERHEAD_BYTES,
    PREDICT,
    Answer,
    decode_answer,
    encode_answer,
    encode_request,
    self_test_vectors,
    sign,
    take_answers,
)

BYTES = st.integers(0, 255)
ANSWERS = st.one_of(
    *(
        st.builds(Answer, BYTES, BYTES, st.integers(0, 256**dialect.value_bytes - 1),
                  st.just(version))
        for version, dialect in DIALECTS.items()
    )
)  # fmt: skip


def test_a_request_is_laid_out_as_documented() -> None:
    request = encode_request(PREDICT, 0x1FE, b"\x01\x02\x03")
    assert request[:8] == bytes([0xA5, 0x02, 0xFE, 0x03, 0x00, 1, 2, 3])
    assert request[8:] == zlib.crc32(request[1:8]).to_bytes(4, "little")
    assert len(request) == OVERHEAD_BYTES + 3


def test_answers_are_laid_out_as_documented() -> None:
    answer = encode_answer(Answer(0x82, 7, 0x89ABCDEF))
    assert answer[:7] == bytes([0x5B, 0x82, 7, 0xEF, 0xCD, 0xAB, 0x89])
    assert answer[7:] == zlib.crc32(answer[1:7]).to_bytes(4, "little")
    assert len(answer) == ANSWER_BYTES == 11
    old = encode_answer(Answer(0x82, 7, 0xCDEF, version=1))
    assert old[:5] == bytes([0x5A, 0x82, 7, 0xEF, 0xCD]) and len(old) == 9
    assert old[5:] == zlib.crc32(old[1:5]).to_bytes(4, "little")


@given(ANSWERS)
def test_answers_come_back_as_they_were(answer: Answer) -> None:
    data = encode_answer(answer)
    assert len(data) == DIALECTS[answer.version].answer_bytes and decode_answer(data) == answer


@given(ANSWERS, st.integers(0, 8 * ANSWER_BYTES - 1), st.integers(0, 8 * ANSWER_BYTES - 1))
def test_one_or_two_wrong_bits_make_no_answer(answer: Answer, first: int, second: int) -> None:
    data = bytearray(encode_answer(answer))
    first, second = first % (8 * len(data)), second % (8 * len(data))
    data[first // 8] ^= 1 << first % 8
    if second != first:
        data[second // 8] ^= 1 << second % 8
    assert decode_answer(bytes(data)) is None


@given(st.lists(ANSWERS, max_size=4), st.integers(0, 8), st.binary(max_size=8))
def test_answers_are_taken_as_they_come(answers: list[Answer], cut: int, noise: bytes) -> None:
    line = b"".join(map(encode_answer, answers))
    buffer = bytearray(line[: len(line) - cut])
    found = list(take_answers(buffer))
    buffer += line[len(line) - cut :]
    found += take_answers(buffer)
    assert found == answers and not buffer
    buffer += bytes(byte for byte in noise if byte not in (0x5A, 0x5B)) + line
    assert list(take_answers(buffer)) == answers


def test_the_vectors_of_the_self_test_move_down_a_place_each() -> None:
    vectors = self_test_vectors(20, 100)
    assert vectors.shape == (100, 20) and vectors.dtype == np.uint8
    assert (vectors[1:, :-1] == vectors[:-1, 1:]).all()
    state, stream = 0xFFFFFFFF, []
    for _ in range(24):
        stream.append(state & 1)
        state = state >> 1 ^ (0xEDB88320 if state & 1 else 0)
    assert vectors[0].tolist() == stream[:20]


@pytest.mark.parametrize(("version", "n_bits"), [(1, 4), (1, 16), (2, 1), (2, 32)])
def test_the_signature_tells_any_single_wrong_bit(version: int, n_bits: int) -> None:
    values = np.random.default_rng(1).integers(0, 1 << n_bits, 200)
    assert sign(values, version) < 256 ** DIALECTS[version].value_bytes
    for place in range(200):
        wrong = values.copy()
        wrong[place] ^= 1 << place % n_bits
        assert sign(wrong, version) != sign(values, version)


def test_signatures_are_what_the_protocol_says() -> None:
    def plain(values: list[int], feedback: int) -> int:
        s = 0
        for value in values:
            s = s >> 1 ^ (feedback if s & 1 else 0) ^ value
        return s

    values = list(range(0, 60_000, 77))
    assert sign(np.array(values), 1) == plain(values, 0x8408)
    assert sign(np.array(values)) == plain(values, 0x82F63B78)
