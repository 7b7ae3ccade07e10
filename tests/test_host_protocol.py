"""The serial protocol in Python: requests, answers, identity, self-test."""

import zlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lutgen.host.protocol import (
    ANSWER_BYTES,
    N_INFO_WORDS,
    OVERHEAD_BYTES,
    PREDICT,
    Answer,
    Identity,
    decode_answer,
    encode_answer,
    encode_request,
    info_words,
    read_info,
    self_test_vectors,
    sign,
    take_answers,
)

ANSWERS = st.builds(Answer, st.integers(0, 255), st.integers(0, 255), st.integers(0, (1 << 16) - 1))


def test_a_request_is_laid_out_as_documented() -> None:
    request = encode_request(PREDICT, 0x1FE, b"\x01\x02\x03")
    assert request[:8] == bytes([0xA5, 0x02, 0xFE, 0x03, 0x00, 1, 2, 3])
    assert request[8:] == zlib.crc32(request[1:8]).to_bytes(4, "little")
    assert len(request) == OVERHEAD_BYTES + 3


@given(ANSWERS)
def test_answers_come_back_as_they_were(answer: Answer) -> None:
    data = encode_answer(answer)
    assert len(data) == ANSWER_BYTES and decode_answer(data) == answer


@given(ANSWERS, st.integers(0, 8 * ANSWER_BYTES - 1), st.integers(0, 8 * ANSWER_BYTES - 1))
def test_one_or_two_wrong_bits_make_no_answer(answer: Answer, first: int, second: int) -> None:
    data = bytearray(encode_answer(answer))
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
    buffer += bytes(byte for byte in noise if byte != 0x5A) + line
    assert list(take_answers(buffer)) == answers


@given(st.binary(min_size=32, max_size=32), st.integers(1, 8 * 65535), st.integers(0, 16))
def test_the_identity_comes_back_as_it_was(digest: bytes, n_inputs: int, bits: int) -> None:
    words = info_words(digest.hex(), n_inputs, bits)
    assert len(words) == N_INFO_WORDS and all(0 <= word < 1 << 16 for word in words)
    assert read_info(words) == Identity(1, n_inputs, bits, digest.hex())


def test_the_vectors_of_the_self_test_move_down_a_place_each() -> None:
    vectors = self_test_vectors(20, 100)
    assert vectors.shape == (100, 20) and vectors.dtype == np.uint8
    assert (vectors[1:, :-1] == vectors[:-1, 1:]).all()
    state, stream = 0xFFFFFFFF, []
    for _ in range(24):
        stream.append(state & 1)
        state = state >> 1 ^ (0xEDB88320 if state & 1 else 0)
    assert vectors[0].tolist() == stream[:20]


def test_the_signature_tells_any_single_wrong_class() -> None:
    classes = np.random.default_rng(1).integers(0, 10, 200)
    for place in range(200):
        wrong = classes.copy()
        wrong[place] ^= 1
        assert sign(wrong) != sign(classes)
