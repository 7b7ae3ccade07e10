"""A whole board, pins to pins: its clock pin and its serial pins, with cocotbext-uart at the line.

Runs inside the simulator, under cocotb 2. The top module has ``clk``, ``rx`` and ``tx``; there is
no reset pin, the board resets itself. One test asks for the answer to every vector; the other
bridges the line to a pseudo-terminal, for a host program to talk to. Settings come from the
environment, see README.md.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tty
from pathlib import Path
from typing import Any

import cocotb
from bench_core import read_mem, write_result
from cocotb.clock import Clock
from cocotb.triggers import Timer
from cocotbext.uart import UartSink, UartSource

from lutgen.host.identity import N_WORDS, read_info
from lutgen.host.protocol import (
    ANSWER_BYTES,
    DONE,
    IDENTITY,
    OVERHEAD_BYTES,
    PREDICT,
    SELF_TEST,
    VERSION,
    Answer,
    encode_request,
    take_answers,
)

PERIOD_NS = 10
START_BITS = 100  # the board resets itself; a bit is 8 clock cycles or more
TIMEOUT_BITS = 2000


class Board:
    """The board with its clock running, and the drivers at its line."""

    def __init__(self, dut: Any) -> None:
        clks_per_bit = int(os.environ["LUTGEN_CLKS_PER_BIT"])
        self.dut = dut
        self.bit_ns = PERIOD_NS * clks_per_bit
        baud = 1e9 / self.bit_ns
        self.source = UartSource(dut.rx, baud=baud, bits=8)
        self.sink = UartSink(dut.tx, baud=baud, bits=8)
        for driver in (self.source, self.sink):
            driver.log.setLevel(logging.WARNING)
        self.came = bytearray()
        Clock(dut.clk, PERIOD_NS, unit="ns").start()

    async def start(self) -> None:
        """Let the board reset itself, and forget what its line did meanwhile."""
        await Timer(START_BITS * self.bit_ns, "ns")
        self.sink.clear()

    async def ask(self, requests: list[bytes], *, ahead: int) -> list[Answer]:
        """Send requests, so many before their answers have come; return the answers."""
        answers: list[Answer] = []
        n_sent, quiet_bits = 0, 0
        while len(answers) < len(requests) and quiet_bits < TIMEOUT_BITS:
            while n_sent < len(requests) and n_sent < len(answers) + ahead:
                self.source.write_nowait(requests[n_sent])
                n_sent += 1
                quiet_bits = 0
            await Timer(10 * self.bit_ns, "ns")
            quiet_bits += 10 if self.source.idle() else 0
            if not self.sink.empty():
                self.came += self.sink.read_nowait()
                answers += take_answers(self.came)
                quiet_bits = 0
        return answers


@cocotb.test()
async def every_vector(dut: Any) -> None:
    """The board says who it is, passes its self-test and answers every vector."""
    board = Board(dut)
    await board.start()
    info = [encode_request(IDENTITY, i, bytes([i])) for i in range(N_WORDS[VERSION])]
    identity = read_info([answer.value for answer in await board.ask(info, ahead=2)])
    (tested,) = await board.ask([encode_request(SELF_TEST, 0)], ahead=1)
    vectors = read_mem(Path(os.environ["LUTGEN_INPUTS"]))
    expected = read_mem(Path(os.environ["LUTGEN_EXPECTED"]))
    n_bytes = -(-identity.n_inputs // 8)
    requests = [
        encode_request(PREDICT, i, vector.to_bytes(n_bytes, "little"))
        for i, vector in enumerate(vectors)
    ]
    is_longer = OVERHEAD_BYTES + n_bytes > ANSWER_BYTES
    answers = await board.ask(requests, ahead=8 if is_longer else 2)
    right = [
        answer == Answer(DONE | PREDICT, i % 256, value)
        for i, (answer, value) in enumerate(zip(answers, expected, strict=False))
    ]
    signature = int(os.environ["LUTGEN_SIGNATURE"])
    result = {
        "n_samples": len(vectors),
        "n_answers": len(answers),
        "n_equal": sum(right),
        "core_id": identity.core_id,
        "self_test_passed": tested == Answer(DONE | SELF_TEST, 0, signature),
    }
    write_result(Path(os.environ["LUTGEN_RESULT"]), result)
    assert vectors and len(vectors) == len(expected)
    assert identity.core_id == os.environ["LUTGEN_CORE_ID"]
    assert result["self_test_passed"], f"{tested}, not signature {signature}"
    assert sum(right) == len(vectors), f"{result}"


@cocotb.test()
async def bridge(dut: Any) -> None:
    """What comes in at a terminal goes over the line, and the other way, until told to stop."""
    board = Board(dut)
    await board.start()
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    stop, ready = Path(os.environ["LUTGEN_STOP"]), Path(os.environ["LUTGEN_READY"])
    ready.with_suffix(".part").write_text(os.ttyname(theirs), encoding="utf-8")
    ready.with_suffix(".part").rename(ready)
    while not stop.exists():
        with contextlib.suppress(BlockingIOError):
            board.source.write_nowait(os.read(ours, 4096))
        await Timer(20 * board.bit_ns, "ns")
        if not board.sink.empty():
            os.write(ours, bytes(board.sink.read_nowait()))
