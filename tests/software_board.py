"""A board in software, at a pseudo-terminal."""

from __future__ import annotations

import contextlib
import os
import random
import threading
import tty
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from lutgen.bits import Bits
from lutgen.core import Interface
from lutgen.host.identity import CONTENTS_WORD, WHOLE_WORD, Identity, info_words
from lutgen.host.protocol import (
    DONE,
    IDENTITY,
    LOAD,
    NOT_WHOLE,
    SELF_TEST,
    Answer,
    encode_answer,
    self_test_vectors,
    sign,
)
from lutgen.model import LutNetwork


class SoftwareBoard:
    """A board that answers as the protocol says, over a pseudo-terminal, and may go wrong.

    With the digest of a file of format 2 it speaks version 1 of the protocol.
    """

    def __init__(self, interface: Interface, old_digest: str = "") -> None:
        self.interface = interface
        self.version = 1 if old_digest else 2
        self.words = old_words(old_digest, interface) if old_digest else \
            info_words(Identity.of(interface))  # fmt: skip
        self.loads: list[Interface] = []  # of the models whose tables it may be given
        self.is_whole = True
        self.damage_every = 0  # answers
        self.class_of = lambda number: number
        self.unplug_after = 0  # predictions
        self.silent = False
        self._n_predictions = 0
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self.port = os.ttyname(self._theirs)
        self._thread = threading.Thread(target=self._serve)
        self._rng = random.Random(1)

    def _serve(self) -> None:
        came = bytearray()
        n_answers = 0
        try:
            while data := os.read(self._ours, 4096):
                if data == b"stop":
                    return
                came += data
                while len(came) >= 9 and len(came) >= (size := 9 + came[3] + (came[4] << 8)):
                    answer = encode_answer(self._answer(bytes(came[:size])))
                    del came[:size]
                    n_answers += 1
                    if self.damage_every and n_answers % self.damage_every == 0:
                        kind = self._rng.randrange(3)
                        flipped = bytes([answer[4] ^ 0x81])
                        refused = encode_answer(Answer(0xE1, 0, 0, self.version))
                        answer = (answer[:-1], answer[:4] + flipped + answer[5:], refused)[kind]
                    if self.unplug_after and self._n_predictions > self.unplug_after:
                        os.close(self._ours)
                        return
                    if not self.silent:
                        os.write(self._ours, answer)
        except OSError:
            return

    def _answer(self, request: bytes) -> Answer:
        command, tag, payload = request[1], request[2], request[5:-4]
        if command == IDENTITY:
            words = {CONTENTS_WORD: self.interface.contents, WHOLE_WORD: int(self.is_whole)}
            is_there = self.interface.tables and payload[0] in words
            value = (words if is_there else self.words)[payload[0]]
        elif command == LOAD:
            value = zlib.crc32(payload)
            found = [item for item in self.loads if item.contents == value]
            self.interface, self.is_whole = (found or [self.interface])[0], bool(found)
        elif not self.is_whole:
            return Answer(NOT_WHOLE, tag, 0, self.version)
        elif command == SELF_TEST:
            vectors = self_test_vectors(self.interface.n_inputs, 4096)
            value = sign(self._values(vectors), self.version)
        else:
            self._n_predictions += 1
            bits = np.unpackbits(np.frombuffer(payload, np.uint8), bitorder="little")
            value = self.class_of(int(self._values(bits[None, : self.interface.n_inputs])[0]))
        return Answer(DONE | command, tag, value, self.version)

    def _values(self, x: np.ndarray) -> np.ndarray:
        return self.interface.values(self.interface.answers(Bits.from_dense(x)))


def old_words(digest: str, interface: Interface) -> list[int]:
    """Return the words of the identity in version 1, as its documentation had them."""
    n_inputs, width = interface.n_inputs, interface.feature_bits
    packed = bytes.fromhex(digest)
    halves = [packed[i] | packed[i + 1] << 8 for i in range(0, 32, 2)]
    return [1, n_inputs & 0xFFFF, width << 8 | n_inputs >> 16, *halves]


@contextmanager
def software_board(what: LutNetwork | Interface, old_digest: str = "") -> Iterator[SoftwareBoard]:
    interface = Interface(what) if isinstance(what, LutNetwork) else what
    board = SoftwareBoard(interface, old_digest)
    board._thread.start()
    try:
        yield board
    finally:
        with contextlib.suppress(OSError):  # it is unplugged
            os.write(board._theirs, b"stop")
        board._thread.join(5)
        os.close(board._theirs)
