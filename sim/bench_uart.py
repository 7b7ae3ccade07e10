"""Drives a core at the end of a serial line with the drivers of cocotbext-uart.

Runs inside the simulator, under cocotb 2. The top module has ``clk``, ``rst``, ``rx``, ``tx`` and
``led``; hdl/lutgen_uart.v is the shell, docs/protocol.md the protocol, which is spoken here by
lutgen's own host code. Settings come from the environment, see README.md.
"""

from __future__ import annotations

import logging
import os
import random
from pathlib import Path
from typing import Any

import cocotb
from bench_core import read_mem
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, Timer
from cocotbext.uart import UartSink, UartSource

from lutgen.host.protocol import (
    ANSWER_BYTES,
    DONE,
    IDENTITY,
    PREDICT,
    SELF_TEST,
    Answer,
    encode_request,
    take_answers,
)

PERIOD_NS = 10
BAD_CRC, BAD_LENGTH, BAD_COMMAND, SHORT, BAD_BYTE, STRAY, OVERRUN = range(0xE1, 0xE8)


class Bench:
    """The design at the end of a line, and the vectors with the answers they should get."""

    def __init__(self, dut: Any, baud_error: float = 0.0) -> None:
        self.dut = dut
        self.rng = random.Random(int(os.environ.get("LUTGEN_SEED", "1")))
        self.n_inputs = int(os.environ["LUTGEN_WIDTH"])
        self.clks_per_bit = int(os.environ["LUTGEN_CLKS_PER_BIT"])
        self.timeout_clks = int(os.environ["LUTGEN_TIMEOUT_CLKS"])
        self.vectors = read_mem(Path(os.environ["LUTGEN_INPUTS"]))
        self.expected = read_mem(Path(os.environ["LUTGEN_EXPECTED"]))
        assert self.vectors and len(self.vectors) == len(self.expected)
        self.n_bytes = -(-self.n_inputs // 8)
        baud = 1e9 / (PERIOD_NS * self.clks_per_bit)
        self.bit_ns = int(1e9 / baud)
        self.source = UartSource(dut.rx, baud=baud * (1 + baud_error), bits=8)
        self.sink = UartSink(dut.tx, baud=baud * (1 + baud_error), bits=8)
        for driver in (self.source, self.sink):
            driver.log.setLevel(logging.WARNING)
        self.came = bytearray()

    async def start(self) -> None:
        """Start the clock and reset."""
        self.dut.rst.value = 1
        Clock(self.dut.clk, PERIOD_NS, unit="ns").start()
        await self.reset()

    async def reset(self) -> None:
        """Reset for a few cycles."""
        self.dut.rst.value = 1
        await ClockCycles(self.dut.clk, 4)
        self.dut.rst.value = 0
        await ClockCycles(self.dut.clk, 4)

    async def quiet(self, factor: float = 1.0) -> None:
        """Leave the line alone for so many timeouts, and as long as an answer takes."""
        await Timer(int(factor * self.timeout_clks) * PERIOD_NS, "ns")
        await Timer((10 * ANSWER_BYTES + 20) * self.bit_ns, "ns")

    def sample(self, number: int) -> bytes:
        """Return the payload of a vector; what is left over in the last byte is random."""
        spare = 8 * self.n_bytes - self.n_inputs
        vector = self.vectors[number]
        vector |= self.rng.getrandbits(spare) << self.n_inputs if spare else 0
        return vector.to_bytes(self.n_bytes, "little")

    def predict(self, number: int, sequence_number: int) -> bytes:
        """Return the request for the answer to a vector."""
        return encode_request(PREDICT, sequence_number, self.sample(number))

    async def send(self, data: bytes) -> None:
        """Send bytes without a gap, and wait until the last has gone."""
        await self.source.write(data)
        await self.source.wait()

    async def answers(self, n_answers: int) -> list[Answer]:
        """Return the next answers; they must come, whole and undamaged."""
        found: list[Answer] = []
        for _ in range(40 + 40 * n_answers):
            if not self.sink.empty():
                self.came += self.sink.read_nowait()
            n_bytes = len(self.came)
            new = list(take_answers(self.came))
            assert n_bytes - len(self.came) == ANSWER_BYTES * len(new), "bytes that are no answer"
            found += new
            if len(found) >= n_answers:
                break
            await Timer(10 * self.bit_ns, "ns")
        assert len(found) == n_answers, f"{len(found)} answers of {n_answers}: {found}"
        return found

    async def ask(self, requests: list[bytes]) -> list[Answer]:
        """Send requests of any length, two under way at most; return the answers."""
        found: list[Answer] = []
        for number, request in enumerate(requests):
            self.source.write_nowait(request)
            if number:
                found += await self.answers(1)
        return found + await self.answers(1)

    async def expect(self, status: int) -> None:
        """Expect one answer of a status, and none after it."""
        (answer,) = await self.answers(1)
        assert answer.status == status, f"{answer} instead of status {status:#x}"
        assert status & 0xF0 != 0xE0 or answer.value == 0
        await self.silence()

    async def silence(self) -> None:
        """Expect that nothing comes."""
        await Timer(20 * ANSWER_BYTES * self.bit_ns, "ns")
        assert self.sink.empty() and self.sink.idle() and not self.came, "an answer too many"

    async def works(self) -> None:
        """Expect that a good request gets the right answer."""
        number, tag = self.rng.randrange(len(self.vectors)), self.rng.randrange(256)
        await self.send(self.predict(number, tag))
        (answer,) = await self.answers(1)
        assert answer == Answer(DONE | PREDICT, tag, self.expected[number])


@cocotb.test()
async def requests_back_to_back(dut: Any) -> None:
    """Every vector, no gap between requests: the right answers in order, the LED changes."""
    bench = Bench(dut)
    await bench.start()
    assert dut.led.value == 0
    for number in range(len(bench.vectors)):
        bench.source.write_nowait(bench.predict(number, number))
    await bench.source.wait()
    answers = await bench.answers(len(bench.vectors))
    expected = [Answer(DONE | PREDICT, i % 256, c) for i, c in enumerate(bench.expected)]
    assert answers == expected
    assert dut.led.value == len(bench.vectors) % 2


@cocotb.test()
async def identity(dut: Any) -> None:
    """The words of the identity are those that the shell was given; there are no more."""
    bench = Bench(dut)
    await bench.start()
    words = [int(word) for word in os.environ["LUTGEN_INFO"].split(",")]
    indices = [*range(len(words) + 2), 128, 255]
    answers = await bench.ask([encode_request(IDENTITY, i, bytes([i])) for i in indices])
    expected = words + [0] * 4
    assert answers == [
        Answer(DONE | IDENTITY, index, word) for index, word in zip(indices, expected, strict=True)
    ]


@cocotb.test()
async def answers_that_had_to_wait(dut: Any) -> None:
    """Requests shorter than answers, back to back: an error for every two lost answers."""
    bench = Bench(dut)
    await bench.start()
    words = [int(word) for word in os.environ["LUTGEN_INFO"].split(",")]
    asked = [index % len(words) for index in range(60)]
    for tag, index in enumerate(asked):
        bench.source.write_nowait(encode_request(IDENTITY, tag, bytes([index])))
    await bench.source.wait()
    await Timer(40 * ANSWER_BYTES * bench.bit_ns, "ns")
    bench.came += bench.sink.read_nowait()
    answers = list(take_answers(bench.came))
    assert not bench.came
    lost = [answer for answer in answers if answer.status == OVERRUN]
    assert lost and len(answers) + len(lost) == len(asked), answers
    for answer in answers:
        word = 0 if answer in lost else words[asked[answer.sequence_number]]
        assert answer.value == word and answer.status in (OVERRUN, DONE | IDENTITY), answer
    await bench.works()


@cocotb.test()
async def self_test(dut: Any) -> None:
    """The self-test gives its signature, twice the same, and predictions work after it."""
    bench = Bench(dut)
    await bench.start()
    for tag in (7, 8):
        await bench.works()
        await bench.send(encode_request(SELF_TEST, tag))
        await Timer(8 * (bench.n_bytes + 1) * PERIOD_NS, "ns")
        (answer,) = await bench.answers(1)
        signature = int(os.environ["LUTGEN_SIGNATURE"])
        assert answer == Answer(DONE | SELF_TEST, tag, signature), answer
    await bench.works()


@cocotb.test()
async def bytes_during_the_self_test(dut: Any) -> None:
    """What comes in during a self-test is refused, once the line is quiet."""
    bench = Bench(dut)
    await bench.start()
    request = bench.predict(0, 9)
    await bench.send(encode_request(SELF_TEST, 1) + request + request)
    await bench.quiet(2)
    first, *others = await bench.answers(2)
    assert first == Answer(DONE | SELF_TEST, 1, int(os.environ["LUTGEN_SIGNATURE"]))
    assert [answer.status for answer in others] == [STRAY]
    await bench.works()


@cocotb.test()
async def bit_errors(dut: Any) -> None:
    """Any bit wrong, or two: an error answer and never a sample's; the next request works."""
    bench = Bench(dut)
    await bench.start()
    n_bits = 8 * len(bench.predict(0, 0))
    bits = [*range(72), *bench.rng.sample(range(72, n_bits), min(16, n_bits - 72))]
    for first in bits:
        data = bytearray(bench.predict(bench.rng.randrange(len(bench.vectors)), 3))
        data[first // 8] ^= 1 << first % 8
        if bench.rng.random() < 0.3:
            second = bench.rng.choice([b for b in range(n_bits) if b != first])
            data[second // 8] ^= 1 << second % 8
        await bench.send(bytes(data))
        await bench.quiet(1.2)
        (answer,) = await bench.answers(1)
        assert answer.status in (BAD_CRC, BAD_LENGTH, BAD_COMMAND, SHORT, STRAY), answer
        assert answer.value == 0
        await bench.works()


@cocotb.test()
async def broken_off(dut: Any) -> None:
    """A request that ends early, anywhere: an error answer after the timeout, not before."""
    bench = Bench(dut)
    await bench.start()
    request = bench.predict(1, 5)
    for n_bytes in range(1, len(request)):
        await bench.send(request[:n_bytes])
        await Timer(bench.timeout_clks * PERIOD_NS * 8 // 10, "ns")
        assert bench.sink.empty() and bench.sink.idle(), "answered before the timeout"
        await bench.quiet(0.3)
        await bench.expect(SHORT)
        await bench.works()


@cocotb.test()
async def gaps_within_a_request(dut: Any) -> None:
    """Pauses between bytes that are shorter than the timeout do no harm."""
    bench = Bench(dut)
    await bench.start()
    for number in range(4):
        for byte in bench.predict(number, number):
            await bench.send(bytes([byte]))
            await Timer(bench.rng.randint(1, bench.timeout_clks * 9 // 10) * PERIOD_NS, "ns")
        (answer,) = await bench.answers(1)
        assert answer == Answer(DONE | PREDICT, number, bench.expected[number])


@cocotb.test()
async def wrong_lengths(dut: Any) -> None:
    """A length that is not the command's: refused whole, with what is inside of it."""
    bench = Bench(dut)
    await bench.start()
    inside = bench.predict(2, 6)
    cases = [
        (PREDICT, bench.sample(0)[:-1]),
        (PREDICT, bench.sample(0) + b"\0"),
        (PREDICT, inside + inside),
        (PREDICT, b""),
        (IDENTITY, b""),
        (IDENTITY, inside),
        (SELF_TEST, inside),
    ]
    for command, payload in cases:
        if command == PREDICT and len(payload) == bench.n_bytes:
            continue
        await bench.send(encode_request(command, 4, payload))
        await bench.quiet(1.2)
        await bench.expect(BAD_LENGTH)
        await bench.works()
    for command in (0, 4, 0x80 | PREDICT, 255):
        await bench.send(encode_request(command, 4, inside))
        await bench.quiet(1.2)
        await bench.expect(BAD_COMMAND)
        await bench.works()


@cocotb.test()
async def stray_bytes(dut: Any) -> None:
    """Bytes outside of a request, and all up to the next pause, are refused."""
    bench = Bench(dut)
    await bench.start()
    await bench.send(bench.predict(0, 1) + b"\x00" + bench.predict(1, 2))
    await bench.quiet(1.2)
    first, second = await bench.answers(2)
    assert first == Answer(DONE | PREDICT, 1, bench.expected[0])
    assert second.status == STRAY
    await bench.works()
    for _ in range(10):
        noise = bench.rng.randbytes(bench.rng.randint(1, 40))
        await bench.send(b"\x11" + noise)
        await bench.quiet(1.2)
        await bench.expect(STRAY)
        await bench.works()


@cocotb.test()
async def missing_stop_bits(dut: Any) -> None:
    """A line that is held low, or drops within a request: one error answer, then all is well."""
    bench = Bench(dut)
    await bench.start()
    dut.rx.value = 0
    await Timer(40 * bench.bit_ns, "ns")
    dut.rx.value = 1
    await bench.quiet(1.2)
    await bench.expect(BAD_BYTE)
    await bench.works()
    request = bench.predict(0, 1)
    for n_bytes in (1, 4, len(request) - 1):
        await bench.send(request[:n_bytes])
        dut.rx.value = 0
        await Timer(12 * bench.bit_ns, "ns")
        dut.rx.value = 1
        await bench.quiet(1.2)
        await bench.expect(BAD_BYTE)
        await bench.works()


@cocotb.test()
async def glitches(dut: Any) -> None:
    """A low pulse of a third of a bit on the idle line is no byte."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(5):
        dut.rx.value = 0
        await Timer(max(1, bench.bit_ns // 3), "ns")
        dut.rx.value = 1
        await Timer(20 * bench.bit_ns, "ns")
    await bench.silence()
    await bench.works()


@cocotb.test()
async def reset_in_mid_request(dut: Any) -> None:
    """A reset while a request comes in, is worked on or answered: no answer, then all is well."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(10):
        n_bits = 10 * (len(bench.predict(0, 0)) + ANSWER_BYTES)
        sending = cocotb.start_soon(bench.send(bench.predict(0, 1)))
        await Timer(bench.rng.randint(1, n_bits) * bench.bit_ns, "ns")
        dut.rst.value = 1
        await sending
        await Timer(12 * bench.bit_ns, "ns")
        bench.sink.clear()
        bench.came.clear()
        await bench.reset()
        await bench.silence()
        await bench.works()


async def with_baud_error(dut: Any, error: float) -> None:
    """Send every vector, back to back, at a rate that is off."""
    bench = Bench(dut, baud_error=error)
    await bench.start()
    for number in range(len(bench.vectors)):
        bench.source.write_nowait(bench.predict(number, number))
    answers = await bench.answers(len(bench.vectors))
    assert [answer.value for answer in answers] == bench.expected
    assert {answer.status for answer in answers} == {DONE | PREDICT}


@cocotb.test()
async def host_two_percent_fast(dut: Any) -> None:
    """The host's clock is 2 % fast."""
    await with_baud_error(dut, 0.02)


@cocotb.test()
async def host_two_percent_slow(dut: Any) -> None:
    """The host's clock is 2 % slow."""
    await with_baud_error(dut, -0.02)


@cocotb.test()
async def random_traffic(dut: Any) -> None:
    """Whatever comes, a sample is answered only to a request, and only with what is right."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(12):
        asked: dict[int, int] = {}
        data = b""
        for tag in range(bench.rng.randint(1, 5)):
            asked[tag] = bench.rng.randrange(len(bench.vectors))
            data += bench.predict(asked[tag], tag)
        noisy = bytearray(data)
        for _ in range(bench.rng.randint(0, 3)):
            noisy[bench.rng.randrange(len(noisy))] ^= bench.rng.randrange(1, 256)
        if bench.rng.random() < 0.3:
            del noisy[bench.rng.randrange(len(noisy))]
        await bench.send(bytes(noisy))
        await bench.quiet(1.2)
        bench.came += bench.sink.read_nowait() if not bench.sink.empty() else b""
        answers = list(take_answers(bench.came))
        assert not bench.came
        for answer in answers:
            if answer.status == DONE | PREDICT:
                assert answer.value == bench.expected[asked[answer.sequence_number]]
            else:
                assert 0xE1 <= answer.status < OVERRUN and answer.value == 0
        if bytes(noisy) == data:
            assert len(answers) == len(asked)
        await bench.works()
