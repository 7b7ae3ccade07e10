"""The shells in simulation: a serial line and AXI4-Streams with all that can go wrong on them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import Any

from fuzz.rtl import CLKS_PER_BIT, TIMEOUT_CLKS, identity, play, stream_design, uart_design
from fuzz.target import Target
from lutgen.host.identity import info_words
from lutgen.host.protocol import (
    DONE,
    IDENTITY,
    PREDICT,
    REQUEST,
    Answer,
    encode_request,
    take_answers,
)

from hdl import answer, fold_core  # isort: skip

SHAPES = ((20, 3, 4), (64, 32, 0))
BAD_CRC, BAD_LENGTH, BAD_COMMAND, SHORT, BAD_BYTE, STRAY = range(0xE1, 0xE7)
QUIET_CLKS = TIMEOUT_CLKS + 30 * 11 * CLKS_PER_BIT

# -- the serial line ---------------------------------------------------------------------------


@dataclass
class _Traffic:
    """Bytes on the line, and what has to come back."""

    data: bytes
    bad_stop: int | None = None  # byte whose stop bit is missing
    speed: float = 1.0
    gap_clks: int = 0  # at most, between bytes
    low_clks: int = 0  # a pulse before all
    break_clks: int = 0  # low for longer than a byte, after all
    reset_at: int | None = None  # in cycles
    answers: list[Answer] = field(default_factory=list)


def make_line(rng: Random) -> dict[str, Any]:
    """Return the seed of many exchanges."""
    return {"shape": rng.randrange(len(SHAPES)), "seed": rng.getrandbits(64), "n": 400}


class _Line:
    """Makes traffic, and knows by docs/protocol.md what it is answered."""

    def __init__(self, shape: int, seed: int) -> None:
        self.core, _ = fold_core(*SHAPES[shape])
        self.rng = Random(seed)
        self.words = info_words(identity(self.core))
        self.n_bytes = -(-self.core.n_inputs // 8)

    def traffic(self) -> _Traffic:
        """Return something that comes over a line."""
        rng = self.rng
        kind = rng.randrange(13)
        data = self._request()
        if kind == 0:
            data = b"".join(self._predict() for _ in range(rng.randrange(2, 6)))
        made = _Traffic(data)
        if kind == 1:
            made = _Traffic(data, speed=rng.choice((0.98, 0.99, 1.01, 1.02)))
        elif kind == 2:
            made = _Traffic(data, gap_clks=TIMEOUT_CLKS * 9 // 10)
        elif kind == 3:
            made = _Traffic(data[: rng.randrange(len(data))])
        elif kind == 4:
            made = _Traffic(data + rng.randbytes(rng.randrange(1, 30)))
        elif kind == 5:
            made = _Traffic(rng.randbytes(rng.randrange(1, 40)))
        elif kind == 6:
            made = _Traffic(data, bad_stop=rng.randrange(len(data)))
        elif kind == 7:
            made = _Traffic(data, reset_at=rng.randrange(2000))
        elif kind == 8:
            made = _Traffic(data, low_clks=rng.randrange(1, CLKS_PER_BIT // 2 - 1))
        elif kind in (9, 10):
            made = _Traffic(self._damaged(data))
        elif kind == 11:
            sent = data[: rng.choice((0, 1, 4, len(data) - 1, len(data)))]
            made = _Traffic(sent, break_clks=CLKS_PER_BIT * rng.randrange(10, 60))
        made.answers = self._expected(made)
        return made

    def _request(self) -> bytes:
        if self.rng.random() < 0.2:
            index = self.rng.randrange(20)
            return encode_request(IDENTITY, self.rng.randrange(256), bytes([index]))
        return self._predict()

    def _predict(self) -> bytes:
        sample = self.rng.randbytes(self.n_bytes)
        return encode_request(PREDICT, self.rng.randrange(256), sample)

    def _damaged(self, data: bytes) -> bytes:
        """Return bytes with up to three wrong bits, or a wrong burst of up to 32 bits."""
        bits = int.from_bytes(data, "little")
        if self.rng.random() < 0.7:
            for place in self.rng.sample(range(8 * len(data)), self.rng.randrange(1, 4)):
                bits ^= 1 << place
        else:
            burst = self.rng.getrandbits(32) | 1
            bits ^= burst << self.rng.randrange(8 * len(data) - 31)
        return bits.to_bytes(len(data), "little")

    def _expected(self, traffic: _Traffic) -> list[Answer]:
        """Return the answers to bytes that come without a pause; see the protocol."""
        data, end = traffic.data, len(traffic.data)
        if traffic.bad_stop is not None:
            end = traffic.bad_stop
        found: list[Answer] = []
        at = 0
        while at < end:
            rest = data[at:end]
            tag = rest[2] if len(rest) > 2 else -1
            if rest[0] != REQUEST:
                return [*found, Answer(STRAY, -1, 0)]
            if len(rest) < 5:
                break
            length = {PREDICT: self.n_bytes, IDENTITY: 1, 3: 0}.get(rest[1])
            if length is None:
                return [*found, Answer(BAD_COMMAND, tag, 0)]
            if rest[3] + (rest[4] << 8) != length:
                return [*found, Answer(BAD_LENGTH, tag, 0)]
            if len(rest) < 9 + length:
                break
            request = rest[: 9 + length]
            at += len(request)
            if encode_request(request[1], tag, request[5:-4]) != request:
                found.append(Answer(BAD_CRC, tag, 0))
                continue
            found.append(Answer(DONE | request[1], tag, self._value(request[1], request[5:-4])))
        if traffic.bad_stop is not None or traffic.break_clks:
            return [*found, Answer(BAD_BYTE, -1, 0)]
        return [*found, Answer(SHORT, -1, 0)] if at < end else found

    def _value(self, command: int, payload: bytes) -> int:
        if command == IDENTITY:
            return self.words[payload[0]] if payload[0] < len(self.words) else 0
        sample = int.from_bytes(payload, "little") & ((1 << self.core.n_inputs) - 1)
        return answer(self.core, sample)

    def levels(self, traffic: _Traffic) -> list[str]:
        """Return what the player plays."""
        runs: list[list[int]] = [[1, CLKS_PER_BIT]]
        if traffic.low_clks:
            runs += [[0, traffic.low_clks], [1, 20 * CLKS_PER_BIT]]
        now = exact = 0.0
        for place, byte in enumerate(traffic.data):
            stop = 0 if place == traffic.bad_stop else 1
            for level in (0, *(byte >> i & 1 for i in range(8)), stop):
                exact += CLKS_PER_BIT / traffic.speed
                cycles = round(exact - now)
                now += cycles
                if runs[-1][0] == level:
                    runs[-1][1] += cycles
                else:
                    runs.append([level, cycles])
            pause = self.rng.randrange(traffic.gap_clks + 1) if traffic.gap_clks else 0
            if pause or not stop:
                runs.append([1, pause + CLKS_PER_BIT * (not stop)])
        if traffic.break_clks:
            runs.append([0, traffic.break_clks])
        runs.append([1, QUIET_CLKS])
        return _with_reset(runs, traffic.reset_at)


def _with_reset(runs: list[list[int]], at: int | None) -> list[str]:
    lines, now = [], 0
    for level, cycles in runs:
        if at is not None and now <= at < now + cycles:
            lines += [f"{level} {at - now}"] if at > now else []
            lines += [f"{level | 2} 3"]
            lines += [f"{level} {now + cycles - at}"]
        else:
            lines.append(f"{level} {cycles}")
        now += cycles
    return [*lines, "4 0"]


def check_line(value: dict[str, Any], fault: str = "") -> None:
    """Play exchanges; each is answered as the protocol says, bit for bit."""
    line = _Line(value["shape"], value["seed"])
    exchanges = [line.traffic() for _ in range(value["n"])]
    text = ["3 8", "1 80", "4 0"] + [row for made in exchanges for row in line.levels(made)]
    program = uart_design(*SHAPES[value["shape"]], fault)
    came: list[list[int]] = [[] for _ in range(len(exchanges) + 1)]
    for row in play(program, {"levels.txt": "\n".join(text) + "\n"}):
        part, byte = map(int, row.split())
        came[part].append(byte)
    assert came[0] == [], "it talks before it is asked"
    for made, data in zip(exchanges, came[1:], strict=True):
        told = f"{made}: {data}"
        if made.reset_at is not None:
            known = [Answer(a.status, a.sequence_number, a.value) for a in made.answers]
            whole = list(take_answers(bytearray(byte for byte in data if byte >= 0)))
            assert all(a in known or a.status & 0xF0 == 0xE0 for a in whole), told
            continue
        assert -1 not in data, f"no stop bit: {told}"
        rest = bytearray(data)
        found = list(take_answers(rest))
        assert not rest and len(data) == 11 * len(found), f"bytes that are no answer: {told}"
        assert len(found) == len(made.answers), told
        for a, b in zip(found, made.answers, strict=True):
            same_tag = b.sequence_number in (-1, a.sequence_number)
            assert (a.status, a.value) == (b.status, b.value) and same_tag, told


# -- AXI4-Streams ------------------------------------------------------------------------------

STREAMS = ((10, 1, 0, 16), (20, 3, 4, 8), (3, 9, 7, 1), (40, 75, 2, 16))


def make_stream(rng: Random) -> dict[str, Any]:
    """Return the seed of many samples."""
    return {"shape": rng.randrange(len(STREAMS)), "seed": rng.getrandbits(64), "n": 2000}


def check_stream(value: dict[str, Any], fault: str = "") -> None:
    """Play beats, stalls and resets; answers come in order, right, once, and marked if short."""
    shape = STREAMS[value["shape"]]
    rng = Random(value["seed"])
    n_beats = -(-shape[0] // shape[3])
    beats, n_cycles = _beats(rng, value["n"], n_beats, shape[3])
    resets = rng.random() < 0.5
    cycles = _cycles(rng, n_cycles, resets=resets)
    text = {"beats.txt": "\n".join(beats) + "\n", "cycles.txt": "\n".join(cycles) + "\n"}
    lines = play(stream_design(*shape, fault), text)
    core, _ = fold_core(*shape[:3])
    expected: deque[tuple[int, int, int]] = deque()
    sample: list[int] = []
    n_answers = 0
    for kind, *items in map(str.split, lines):
        if kind == "0":
            sample.append(int(items[0], 16))
            short = int(len(sample) < n_beats)
            if items[1] == "1" or not short:
                x = sum(beat << shape[3] * i for i, beat in enumerate(sample))
                y = answer(core, x & ((1 << shape[0]) - 1))
                expected.append((y, int(items[1]), short))
                sample = []
        elif kind == "1":
            n_answers += 1
            assert expected, f"answer {n_answers} is to nothing"
            y, last, short = expected.popleft()
            assert (int(items[1]), int(items[2])) == (last, short), f"flags of answer {n_answers}"
            assert short or int(items[0], 16) == y, f"answer {n_answers} is {items[0]}, not {y:x}"
        elif kind == "2":
            expected.clear()
            sample = []
        else:
            raise AssertionError("an answer was changed or taken back before it was taken")
    assert not expected, f"{len(expected)} answers never came"
    n_taken = sum(line.startswith("0") for line in lines)
    assert n_answers > value["n"] // 4 and (resets or n_taken == len(beats)), "hardly anything came"


def _beats(rng: Random, n_samples: int, n_beats: int, width: int) -> tuple[list[str], int]:
    """Return beats of packets, some cut short, and how many cycles they take without stalls."""
    lazy = rng.choice((0.0, 0.1, 0.5))
    beats, n_cycles = [], 0
    while len(beats) < n_samples * n_beats:
        length = n_beats * rng.randrange(1, 6)
        if rng.random() < 0.1:
            length = rng.randrange(1, length + 1)
        for place in range(length):
            gap = rng.randrange(1, 8) if rng.random() < lazy else 0
            beats.append(f"{rng.getrandbits(width):x} {int(place == length - 1)} {gap}")
            n_cycles += 1 + gap
    return beats, n_cycles


def _cycles(rng: Random, n_cycles: int, *, resets: bool) -> list[str]:
    """Return when the receiver is ready, and resets; at the end it is ready until all is done."""
    slow = rng.choice((0.0, 0.2, 0.8))
    cycles, played = [], 0
    while played < 2 * n_cycles:
        run = rng.randrange(1, 9)
        if resets and rng.random() < 0.03:
            cycles.append(f"{2 | rng.randrange(2)} {rng.randrange(1, 4)}")
        cycles.append(f"{int(rng.random() >= slow)} {run}")
        played += run
    return [*cycles, f"1 {8 * n_cycles + 1000}"]


def _n(value: dict[str, Any]) -> int:
    return int(value.get("n", 0))


TARGETS = [
    Target("rtl-line", make_line, check_line, (), count=_n, seconds=150, share=0.002),
    Target("rtl-stream", make_stream, check_stream, (), count=_n, seconds=150, share=0.0012),
]
