"""The host's device: against a board in software with faults, and against the real hardware."""

import contextlib
import os
import random
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from strategies import random_samples, voting_network

from lutgen.bits import Bits
from lutgen.board.boards import find_board
from lutgen.board.simulate import (
    BoardSimulation,
    bridged,
    build_board_simulation,
)
from lutgen.errors import MismatchError
from lutgen.host import Device, DeviceError
from lutgen.host.protocol import (
    DONE,
    IDENTITY,
    SELF_TEST,
    Answer,
    encode_answer,
    info_words,
    self_test_vectors,
    sign,
)
from lutgen.model.network import LutNetwork

N_SAMPLES = 400


@pytest.fixture(scope="module")
def network() -> LutNetwork:
    return voting_network(np.random.default_rng(5), 20, [12, 12], 4, n_classes=5)


@pytest.fixture(scope="module", name="X")
def samples() -> np.ndarray:
    return random_samples(np.random.default_rng(6), N_SAMPLES, 20)


class SoftwareBoard:
    """A board that answers as the protocol says, over a pseudo-terminal, and may go wrong."""

    def __init__(self, network: LutNetwork) -> None:
        self.network = network
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
                        answer = (answer[:-1], answer[:4] + b"\0" + answer[5:],
                                  encode_answer(Answer(0xE1, 0, 0)))[kind]  # fmt: skip
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
            value = info_words(self.network.digest, self.network.n_inputs)[payload[0]]
        elif command == SELF_TEST:
            vectors = Bits.from_dense(self_test_vectors(self.network.n_inputs, 4096))
            value = sign(self.network.class_numbers(vectors))
        else:
            self._n_predictions += 1
            bits = np.unpackbits(np.frombuffer(payload, np.uint8), bitorder="little")
            sample = Bits.from_dense(bits[None, : self.network.n_inputs])
            value = self.class_of(int(self.network.class_numbers(sample)[0]))
        return Answer(DONE | command, tag, value)


@contextmanager
def software_board(network: LutNetwork) -> Iterator[SoftwareBoard]:
    board = SoftwareBoard(network)
    board._thread.start()
    try:
        yield board
    finally:
        with contextlib.suppress(OSError):  # it is unplugged
            os.write(board._theirs, b"stop")
        board._thread.join(5)
        os.close(board._theirs)


def test_a_board_answers_as_the_model_does(network: LutNetwork, X: np.ndarray) -> None:
    with software_board(network) as board, Device(board.port, network) as device:
        seen: list[tuple[int, int]] = []
        labels = device.predict(X, lambda done, total: seen.append((done, total)))
        assert (labels == network.predict(X)).all() and device.self_test()
        assert seen[-1] == (N_SAMPLES, N_SAMPLES) and device.n_retries == 0
        assert device.predict(X[:0]).size == 0


def test_damaged_and_lost_answers_are_asked_for_again(network: LutNetwork, X: np.ndarray) -> None:
    with software_board(network) as board, \
            Device(board.port, network, timeout_seconds=0.2) as device:  # fmt: skip
        board.damage_every = 61
        assert (device.predict(X) == network.predict(X)).all()
        assert device.n_retries >= 4


def test_a_pulled_cable_keeps_what_was_answered(network: LutNetwork, X: np.ndarray) -> None:
    with software_board(network) as board, \
            Device(board.port, network, timeout_seconds=0.1) as device:  # fmt: skip
        board.unplug_after = 150
        with pytest.raises(DeviceError) as caught:
            device.predict(X)
    error = caught.value
    assert error.exit_code == 3 and 0 < error.answered.size <= 150
    expected = network.class_numbers(network.encoder.encode(X))[: error.answered.size]
    assert (error.answered == expected).all()


def test_another_model_is_refused(network: LutNetwork) -> None:
    other = replace(
        network,
        head=replace(
            network.head, bias=network.head.bias + np.array([0, 0, 1, 0, 0], dtype=np.int32)
        ),
    )
    with software_board(other) as board:
        with pytest.raises(MismatchError, match=f"the board holds model {other.digest[:16]}…, not"):
            Device(board.port, network)
        board.class_of = lambda number: 9
        with Device(board.port, other) as device, \
                pytest.raises(DeviceError, match="class number 9, the model has 5"):  # fmt: skip
            device.predict(np.zeros((1, 20)))


def test_ports_where_no_board_is(network: LutNetwork) -> None:
    with pytest.raises(DeviceError, match=r"cannot open /dev/nothing: .*serial ports here: "):
        Device("/dev/nothing", network)
    with software_board(network) as board:
        board.silent = True
        with pytest.raises(DeviceError, match=r"no lutgen board answers .*right port"):
            Device(board.port, network, timeout_seconds=0.02)


@pytest.fixture(scope="module")
def simulation(network: LutNetwork, tmp_path_factory: pytest.TempPathFactory) -> BoardSimulation:
    folder = tmp_path_factory.mktemp("board")
    return build_board_simulation(network, find_board("icebreaker"), folder)


def test_the_host_talks_to_the_simulated_board(
    simulation: BoardSimulation, network: LutNetwork, X: np.ndarray
) -> None:
    with bridged(simulation) as port, Device(port, network, timeout_seconds=30) as device:
        assert device.self_test()
        assert (device.predict(X[:60]) == network.predict(X[:60])).all()
        assert device.n_retries == 0
