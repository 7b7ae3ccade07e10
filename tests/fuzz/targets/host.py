"""The host's end of a serial line: noise, damage, lost and doubled bytes, boards that lie."""

from __future__ import annotations

import functools
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
from strategies import voting_network

from fuzz.target import Target
from lutgen.core import Interface
from lutgen.encode.encoder import fit_encoder
from lutgen.encode.formats import FeatureFormat
from lutgen.errors import DataError, LutgenError, MismatchError, ToolError
from lutgen.host import device as device_module
from lutgen.host.device import Device
from lutgen.host.identity import Identity, info_words, read_info
from lutgen.host.protocol import (
    DIALECTS,
    DONE,
    ERRORS,
    IDENTITY,
    PREDICT,
    Answer,
    encode_answer,
    take_answers,
)
from lutgen.model import LutNetwork, Sum

# -- answers out of bytes ----------------------------------------------------------------------


def make_stream(rng: Random) -> dict[str, Any]:
    """Return answers, and what a bad line makes of their bytes."""
    answers = [
        [
            rng.choice((DONE | IDENTITY, DONE | PREDICT, *ERRORS)),
            rng.randrange(256),
            rng.choice((0, 1, 0x5B, 0x5A, 0xFFFF, rng.getrandbits(16))),
            version,
        ]
        for version in [rng.choice((1, 2))]
        for _ in range(rng.randrange(1, 8))
    ]
    data = bytearray(b"".join(encode_answer(Answer(*answer)) for answer in answers))
    for _ in range(rng.choice((0, 1, 1, 2, 5))):
        _damage(rng, data)
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randrange(4)))
    return {"answers": answers, "data": data.hex(), "cuts": cuts}


def _damage(rng: Random, data: bytearray) -> None:
    """Flip bits, up to three or in a burst; lose, double or add bytes."""
    at, kind = rng.randrange(len(data) + 1), rng.randrange(6)
    if kind == 0 and data:
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == 1:
        for i in range(at, min(len(data), at + 4)):
            data[i] ^= rng.randrange(256)
    elif kind == 2:
        del data[at : at + rng.randrange(1, 6)]
    elif kind == 3:
        data[at:at] = data[at : at + rng.randrange(1, 12)]
    elif kind == 4:
        data[at:at] = rng.choice((b"\x5b", b"\x5a", b"\0", rng.randbytes(rng.randrange(1, 20))))
    else:
        del data[at:]


def check_stream(value: dict[str, Any]) -> None:
    """Take answers out of bytes that come in pieces: all are ones that were sent."""
    sent = [Answer(*answer) for answer in value["answers"]]
    data, buffer, found = bytes.fromhex(value["data"]), bytearray(), []
    ends = [*value["cuts"], len(data)]
    for start, end in zip([0, *ends], ends, strict=False):
        buffer += data[start:end]
        found += take_answers(buffer)
    assert len(buffer) < max(dialect.answer_bytes for dialect in DIALECTS.values())
    assert all(answer in sent for answer in found), "an answer that nobody sent"
    whole = b"".join(map(encode_answer, sent))
    if data == whole:
        assert found == sent, "an undamaged answer was lost"
    elif data.endswith(encode_answer(sent[-1])) and len(data) > len(whole) + 40:
        assert found and found[-1] == sent[-1]


# -- a device ----------------------------------------------------------------------------------


@functools.cache
def networks() -> list[tuple[LutNetwork, Interface, np.ndarray]]:
    """Return models with their interfaces and samples."""
    found = []
    for seed, text in enumerate(("", "u8", "s12:scale=0.25:offset=-3")):
        rng = np.random.default_rng(seed)
        X = np.round(rng.normal(size=(40, 3)) * 40)
        encoder = fit_encoder("thermometer:3:quantile", X)
        network = voting_network(rng, encoder.n_bits, [6, 5], 4, 3, encoder=encoder)
        if seed == 2:
            network = replace(network, head=Sum.of(rng.integers(-5, 5, (2, 5))))
        formats = (FeatureFormat.parse(text),) * 3 if text else ()
        found.append((network, Interface(network, formats), X))
    return found


class _Line:
    """A serial line with a board at its end, which damages what it carries."""

    def __init__(self, interface: Interface, rng: Random, faults: float, lies: bool) -> None:
        self.interface, self.rng, self.faults = interface, rng, faults
        self.words = info_words(Identity.of(interface))
        if lies:
            place = rng.randrange(len(self.words))
            self.words[place] = rng.choice((0, 1, 2, 0xFFFFFFFF, rng.getrandbits(32)))
        self.came, self.out = bytearray(), bytearray()
        self.now = 0.0

    # what pyserial has
    def write(self, data: bytes) -> None:
        self.came += self._carried(data)
        self._serve()

    def read(self, n_bytes: int) -> bytes:
        self.now += 0.005
        data = bytes(self.out[:n_bytes])
        del self.out[:n_bytes]
        if not self.out:
            self.came.clear()  # the board's timeout for what broke off
        return data

    @property
    def in_waiting(self) -> int:
        return len(self.out)

    def close(self) -> None:
        pass

    # what time has
    def monotonic(self) -> float:
        self.now += 1e-4
        return self.now

    def _carried(self, data: bytes) -> bytes:
        if self.rng.random() >= self.faults:
            return data
        changed = bytearray(data)
        _damage(self.rng, changed)
        return bytes(changed)

    def _serve(self) -> None:
        import zlib

        while len(self.came) >= 9:
            if self.came[0] != 0xA5:
                self._refuse(0xE6, 0)
                return
            size = 9 + self.came[3] + (self.came[4] << 8)
            command, tag = self.came[1], self.came[2]
            n_bytes = -(-self.interface.n_inputs // 8)
            if command not in (1, 2) or size - 9 != (1 if command == 1 else n_bytes):
                self._refuse(0xE2 if command in (1, 2) else 0xE3, tag)
                return
            if len(self.came) < size:
                return
            body, crc = bytes(self.came[1 : size - 4]), bytes(self.came[size - 4 : size])
            del self.came[:size]
            if zlib.crc32(body).to_bytes(4, "little") != crc:
                self._answer(Answer(0xE1, tag, 0))
            elif command == IDENTITY:
                word = self.words[body[4]] if body[4] < len(self.words) else 0
                self._answer(Answer(DONE | command, tag, word))
            else:
                self._answer(Answer(DONE | command, tag, self._value(body[4:])))

    def _refuse(self, status: int, tag: int) -> None:
        self.came.clear()
        self._answer(Answer(status, tag, 0))

    def _answer(self, answer: Answer) -> None:
        self.out += self._carried(encode_answer(answer))

    def _value(self, payload: bytes) -> int:
        from lutgen.bits import Bits

        bits = np.unpackbits(np.frombuffer(payload, np.uint8), bitorder="little")
        x = Bits.from_dense(bits[None, : self.interface.n_inputs])
        return int(self.interface.values(self.interface.answers(x))[0])


def make_line(rng: Random) -> dict[str, Any]:
    """Return which model, how bad the line is and what the board says of itself."""
    faults = rng.choice((0.0, 0.01, 0.05, 0.3, 1.0))
    lies = rng.random() < 0.2
    return {"model": rng.randrange(3), "seed": rng.getrandbits(64), "faults": faults, "lies": lies}


def check_line(value: dict[str, Any]) -> None:
    """Predict over a bad line: the model's answers, or an error that keeps the first of them."""
    network, interface, X = networks()[value["model"]]
    rng = Random(value["seed"])
    line = _Line(interface, rng, value["faults"], value["lies"])
    own_open, own_time = device_module._open, device_module.time
    device_module._open = lambda *_: line  # type: ignore[assignment]
    device_module.time = line  # type: ignore[assignment]
    samples = X[: rng.randrange(1, len(X))]
    expected = interface.numbers(interface.answers(interface.samples(samples)))
    try:
        with Device("a line", network) as device:
            found = device.numbers(samples)
    except device_module.DeviceError as error:
        given = error.answered
        assert not len(given) or np.array_equal(given, expected[: len(given)]), (
            "a wrong answer was kept"
        )
        assert value["faults"] or value["lies"], f"a good line failed: {error}"
        raise
    except MismatchError:
        assert value["lies"], "a board that holds the model was refused"
        raise
    finally:
        device_module._open, device_module.time = own_open, own_time
    assert np.array_equal(found, expected), "a wrong answer was taken for a good one"


# -- who a board says it is --------------------------------------------------------------------


def make_words(rng: Random) -> list[int]:
    """Return words of an identity, of any version, with some of them changed."""
    _, interface, _ = networks()[rng.randrange(3)]
    words = info_words(Identity.of(interface))
    if rng.random() < 0.2:
        words = [1, *(rng.getrandbits(16) for _ in range(18))]
    for _ in range(rng.choice((0, 1, 1, 2, 6))):
        place = rng.randrange(1, len(words))
        bits = 16 if words[0] == 1 else 32
        flipped = words[place] ^ 1 << rng.randrange(bits)
        words[place] = rng.choice((0, (1 << bits) - 1, rng.getrandbits(bits), flipped))
    return words


def check_words(words: list[int]) -> None:
    """Read who a board is; only one that holds a model's core is taken for it."""
    identity = read_info(words)
    assert identity.describe()
    if identity.version == 2 and identity.form != "features of several formats":
        assert read_info(info_words(identity)) == identity
    for network, interface, _ in networks():
        try:
            found = device_module._find_interface(identity, network, None)
        except (MismatchError, LutgenError):
            continue
        assert found.core_id == identity.core_id == interface.core_id


REFUSALS = (ToolError, MismatchError, DataError)
TARGETS = [
    Target("host-frames", make_stream, check_stream, (), share=60),
    Target("host-line", make_line, check_line, REFUSALS, share=0.15),
    Target("host-identity", make_words, check_words, (MismatchError,), share=12),
]
