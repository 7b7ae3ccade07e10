"""The host's device: against a board in software with faults, and against the real hardware."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reloading import other
from sklearn.datasets import load_breast_cancer, load_digits
from software_board import software_board
from strategies import random_network, random_samples, voting_network

from lutgen.board.boards import find_board
from lutgen.board.simulate import (
    BoardSimulation,
    bridged,
    build_board_simulation,
)
from lutgen.core import Interface
from lutgen.encode.encoder import Encoder
from lutgen.encode.formats import FeatureFormat
from lutgen.errors import ConfigError, MismatchError, ModelError
from lutgen.host import Device, DeviceError
from lutgen.model import Argmax, LutNetwork, Sum
from lutgen.model import Bits as BitsHead

N_SAMPLES = 400
GOLDEN = Path(__file__).parent / "golden"
OLD = json.loads((GOLDEN / "format2.json").read_text())
DATA = {"digits": load_digits, "breast_cancer": load_breast_cancer}


@pytest.fixture(scope="module")
def network() -> LutNetwork:
    return voting_network(np.random.default_rng(5), 20, [12, 12], 4, n_classes=5)


@pytest.fixture(scope="module", name="X")
def samples() -> np.ndarray:
    return random_samples(np.random.default_rng(6), N_SAMPLES, 20)


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


def test_tables_are_loaded_where_the_structure_is_the_models(
    network: LutNetwork, X: np.ndarray
) -> None:
    new = other(network)
    before, after = (Interface(item, tables="write") for item in (network, new))
    with software_board(before) as board:
        board.loads = [before, after]
        with pytest.raises(MismatchError, match=rf"holds tables {before.contents:08x}.*--load"):
            Device(board.port, new)
        with Device(board.port, new, load=True) as device:
            assert device.was_loaded and (device.predict(X) == new.predict(X)).all()
            assert device.self_test() and (new.predict(X) != network.predict(X)).any()
        with Device(board.port, new, load=True) as device:
            assert not device.was_loaded, "loaded again"
        board.is_whole = False
        with pytest.raises(MismatchError, match="tables that are not whole"):
            Device(board.port, new)
        with Device(board.port, network, load=True) as device:
            assert (device.predict(X) == network.predict(X)).all()


def test_tables_of_another_structure_are_refused_with_both_digests(network: LutNetwork) -> None:
    strange = voting_network(np.random.default_rng(8), 20, [12, 12], 4, n_classes=5)
    ids = [Interface(item, tables="shift").core_id[:16] for item in (network, strange)]
    told = f"another structure, {ids[0]}.*{ids[1]}"
    board = software_board(Interface(network, tables="shift"))
    with board as opened, pytest.raises(MismatchError, match=told):
        Device(opened.port, strange, load=True)
    with software_board(network) as board, pytest.raises(ConfigError, match="are fixed"):
        Device(board.port, network, load=True)


def test_another_model_is_refused(network: LutNetwork) -> None:
    other = replace(
        network,
        head=replace(
            network.head, bias=network.head.bias + np.array([0, 0, 1, 0, 0], dtype=np.int32)
        ),
    )
    with software_board(other) as board:
        theirs, ours = Interface(other).core_id, Interface(network).core_id
        message = (
            rf"the board holds core {theirs[:16]}… \(input: 20 bits, encoded bits; answer: 3 bits, "
            rf"class number\), not {ours[:16]}… \(.*\); load the bitstream that was built of this"
        )
        with pytest.raises(MismatchError, match=message):
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


def test_another_version_is_refused(network: LutNetwork) -> None:
    with software_board(network) as board:
        board.words[0] = 3
        with pytest.raises(
            MismatchError, match=r"speaks version 3 .* this lutgen versions 1 and 2;"
        ):
            Device(board.port, network)


def sums(scale: float = 1.0, offset: float = 0.0) -> LutNetwork:
    rng = np.random.default_rng(8)
    network = random_network(rng, 20, [12, 8], 4)
    weights = rng.integers(-90, 60, (3, 8))
    head = Sum.of(weights, [-5, 0, 7], scale=scale, offset=offset)
    return replace(network, outputs=np.arange(32, 40, dtype=np.int32), head=head)


def all_bits() -> LutNetwork:
    network = random_network(np.random.default_rng(8), 20, [20, 31], 4)
    return replace(network, outputs=np.arange(39, 71, dtype=np.int32), head=BitsHead())


@pytest.mark.parametrize("answering", [sums(), sums(0.25, -3.0), all_bits()])
def test_numbers_and_bits_come_back(answering: LutNetwork, X: np.ndarray) -> None:
    with (
        software_board(answering) as board,
        Device(board.port, answering, timeout_seconds=0.2) as device,
    ):
        assert device.self_test()
        answers = device.predict(X)
        assert answers.dtype == answering.predict(X).dtype
        assert np.array_equal(answers, answering.predict(X))
        assert device.predict(X[:0]).shape[1:] == answers.shape[1:]
        with pytest.raises(ModelError, match="answers no classes"):
            device.class_numbers(X)
        board.damage_every = 61
        assert np.array_equal(device.predict(X[:150]), answers[:150])
        assert isinstance(answering.head, BitsHead) or (device.numbers(X) < 0).any()
        if isinstance(answering.head, Sum):
            board.class_of = lambda number: number | 1 << 31
            with pytest.raises(
                DeviceError, match=r"no answer of 30 bit\(s\); build the board anew"
            ) as caught:
                device.predict(X[:1])
            assert device.interface.meant(caught.value.answered).shape == (0, 3)


def pixels(network: LutNetwork, formats: tuple[FeatureFormat, ...]) -> Interface:
    """Return an interface of four features, five thresholds each."""
    features = np.repeat(np.arange(4, dtype=np.int32), 5)
    encoder = Encoder("thermometer", 4, features, np.tile(np.arange(-1.5, 3.5), 4))
    return Interface(replace(network, encoder=encoder), formats)


def test_features_of_any_format(network: LutNetwork) -> None:
    common = pixels(network, (FeatureFormat(5, signed=True, scale=0.25, offset=0.5),) * 4)
    X = np.random.default_rng(3).integers(-12, 14, (90, 4)) / 4
    with software_board(common) as board, Device(board.port, common.network) as device:
        assert device.interface.formats == common.formats and device.self_test()
        assert np.array_equal(device.predict(X), common.network.predict(X))
    several = pixels(network, (*common.formats[1:], FeatureFormat(6, signed=True, scale=0.25)))
    with software_board(several) as board:
        with pytest.raises(MismatchError, match=r"several formats.*interface=core.interface"):
            Device(board.port, several.network)
        with pytest.raises(MismatchError, match="the board holds core "):
            Device(board.port, several.network, interface=common)
        with pytest.raises(MismatchError, match="interface given is that of another model"):
            Device(board.port, network, interface=several)
        with Device(board.port, several.network, interface=several) as device:
            assert np.array_equal(device.predict(X), several.network.predict(X))


@pytest.mark.parametrize("name", OLD)
@pytest.mark.parametrize("saved_anew", [False, True])
def test_a_bitstream_of_version_1_is_recognised(
    tmp_path: Path, name: str, saved_anew: bool
) -> None:
    network = LutNetwork.load(GOLDEN / f"format2_{name}.npz")
    if saved_anew:
        network.save(tmp_path / "model.npz")
        network = LutNetwork.load(tmp_path / "model.npz")
    interface, digest = Interface(network), OLD[name]["digest"]
    X = DATA[OLD[name]["data"]]().data[:80]
    with software_board(interface, digest) as board:
        for model in (network, replace(network, aliases=())):  # as if learnt again
            with Device(board.port, model) as device:
                assert device.identity.version == 1 and device.self_test()
                assert list(map(str, device.predict(X))) == OLD[name]["labels"][:80]
        assert isinstance(network.head, Argmax)
        bias = network.head.bias + np.arange(network.n_classes, dtype=np.int32)
        other = replace(network, aliases=(), head=replace(network.head, bias=bias))
        with pytest.raises(MismatchError, match=f"the board holds model {digest[:16]}…, not"):
            Device(board.port, other)


def test_a_host_that_reads_late_gets_on_between_damaged_answers(
    network: LutNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Device._take

    def late(self: Device, *words: Any) -> str:
        time.sleep(0.1)  # until all answers are there
        return take(self, *words)

    monkeypatch.setattr(Device, "_take", late)
    X = np.random.default_rng(3).integers(0, 2, (300, network.encoder.n_features))
    with software_board(network) as board, Device(board.port, network) as device:
        board.damage_every = 31
        assert np.array_equal(device.predict(X), network.predict(X))
        assert device.n_retries > 5


def test_version_1_with_features(network: LutNetwork) -> None:
    interface = pixels(network, (FeatureFormat(3),) * 4)
    X = np.random.default_rng(3).integers(0, 8, (90, 4))
    with software_board(interface, interface.network.digest) as board:
        with Device(board.port, interface.network, timeout_seconds=0.2) as device:
            board.damage_every = 31
            assert device.interface.formats == interface.formats
            assert np.array_equal(device.predict(X), interface.network.predict(X))
            assert device.n_retries
        board.damage_every = 0
        with pytest.raises(MismatchError, match=r"\(input: 12 bits, features u3; .*, not .* u4"):
            Device(board.port, interface.network,
                   interface=pixels(network, (FeatureFormat(4),) * 4))  # fmt: skip
        with pytest.raises(MismatchError, match=r"version 1 .* class numbers alone; the model "):
            Device(board.port, sums())


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
