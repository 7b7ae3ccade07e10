"""Drives a core as a custom function unit: commands with stalls on either side, and resets.

Runs inside the simulator, under cocotb 2. The top module has the ports ``cmd_*`` and ``rsp_*`` of
CFU Playground, ``clk`` and ``reset``. Settings come from the environment: ``LUTGEN_INPUTS`` and
``LUTGEN_EXPECTED`` as for the other benches, words of samples and of answers packed;
``LUTGEN_MAP``, a JSON object with the number of words of a sample and of an answer, and the words
of the identity.
"""

from __future__ import annotations

import json
import logging
import os
import random
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cocotb
from bench_core import read_mem
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, ReadOnly

PERIOD_NS = 10
WRITE, RUN, READ, INFO = range(4)
MAGIC = int.from_bytes(b"LUTG", "little")
WORD = 0xFFFFFFFF
LONG = 1000  # cycles

Command = tuple[int, int, int]


class Bench:
    """The design, and the vectors with the answers they should get."""

    def __init__(self, dut: Any) -> None:
        logging.getLogger("cocotb").setLevel(logging.WARNING)
        self.dut = dut
        self.rng = random.Random(int(os.environ.get("LUTGEN_SEED", "1")))
        self.map: dict[str, Any] = json.loads(os.environ["LUTGEN_MAP"])
        self.vectors = read_mem(Path(os.environ["LUTGEN_INPUTS"]))
        self.expected = read_mem(Path(os.environ["LUTGEN_EXPECTED"]))
        assert self.vectors and len(self.vectors) == len(self.expected)
        assert len(set(self.expected)) > 1, "one answer to all vectors shows nothing"

    async def start(self) -> None:
        """Start the clock and reset."""
        self.dut.cmd_valid.value = self.dut.rsp_ready.value = 0
        Clock(self.dut.clk, PERIOD_NS, unit="ns").start()
        await self.reset()

    async def reset(self) -> None:
        """Reset for some cycles."""
        self.dut.reset.value = 1
        self.dut.cmd_valid.value = 0
        await ClockCycles(self.dut.clk, 3)
        await FallingEdge(self.dut.clk)
        self.dut.reset.value = 0

    async def run(
        self, commands: Iterable[Command], offers: Callable[[], bool], takes: Callable[[], bool]
    ) -> list[int]:
        """Send commands as fast as they are taken, and return the response to each.

        A command that is offered stays until it is taken; a response must stay likewise. With each
        cycle `offers` says whether to offer the next command, `takes` whether to take a response.
        """
        dut, waiting = self.dut, deque(commands)
        n_commands, n_asked, n_idle = len(waiting), 0, 0
        found: list[int] = []
        offered, held = False, None
        while len(found) < n_commands:
            if not offered and waiting and offers():
                offered = True
                funct3, first, second = waiting[0]
                dut.cmd_payload_function_id.value = self.rng.getrandbits(7) << 3 | funct3
                dut.cmd_payload_inputs_0.value, dut.cmd_payload_inputs_1.value = first, second
            dut.cmd_valid.value = int(offered)
            taking = takes()
            dut.rsp_ready.value = int(taking)
            await ReadOnly()
            asked = offered and bool(int(dut.cmd_ready.value))
            valid = bool(int(dut.rsp_valid.value))
            value = int(dut.rsp_payload_outputs_0.value) if valid else None
            assert held is None or value == held, "a response that waits has changed"
            held = value if not taking else None
            if valid and taking:
                assert len(found) < n_asked, "a response that nobody asked for"
                found.append(int(dut.rsp_payload_outputs_0.value))
            n_idle = 0 if asked or (valid and taking) else n_idle + 1
            assert n_idle < LONG, "it stands still"
            await FallingEdge(dut.clk)
            if asked:
                waiting.popleft()
                n_asked += 1
                offered = False
        dut.cmd_valid.value = dut.rsp_ready.value = 0
        await ReadOnly()
        assert not int(dut.rsp_valid.value), "a response too many"
        await FallingEdge(dut.clk)
        return found

    async def at_once(self, commands: Iterable[Command]) -> list[int]:
        """Send commands where nothing stalls."""
        return await self.run(commands, lambda: True, lambda: True)

    def asking(self, number: int) -> list[Command]:
        """Return the commands that ask for the answer to a vector, and read all of it."""
        words = range(self.map["n_sample"])
        writes = [(WRITE, i, self.vectors[number] >> 32 * i & WORD) for i in words]
        return [*writes, (RUN, 0, 0), *((READ, i, 0) for i in range(self.map["n_answer"]))]

    def answering(self, number: int) -> list[int]:
        """Return the responses to :meth:`asking`."""
        n_answer = self.map["n_answer"]
        words = [self.expected[number] >> 32 * i & WORD for i in range(n_answer)]
        return [*[0] * self.map["n_sample"], words[0], *words]


@cocotb.test()
async def every_sample(dut: Any) -> None:
    """Who it is, and the answers to all vectors."""
    bench = Bench(dut)
    await bench.start()
    n_sample, n_answer = bench.map["n_sample"], bench.map["n_answer"]
    told = await bench.at_once([(INFO, i, 0) for i in range(16)])
    assert told == [MAGIC, n_answer << 16 | n_sample, *[0] * 6, *bench.map["core_id"]]
    for number in range(len(bench.vectors)):
        assert await bench.at_once(bench.asking(number)) == bench.answering(number)


@cocotb.test()
async def random_stalls(dut: Any) -> None:
    """Both sides hesitate; no command and no response is lost, doubled or mixed up."""
    bench = Bench(dut)
    await bench.start()
    for likely in (0.1, 0.5, 0.9):
        for number in bench.rng.sample(range(len(bench.vectors)), 8):
            found = await bench.run(
                bench.asking(number),
                lambda: bench.rng.random() < 1 - likely,  # noqa: B023 - used at once
                lambda: bench.rng.random() < likely,  # noqa: B023
            )
            assert found == bench.answering(number)


@cocotb.test()
async def words_that_are_not_there(dut: Any) -> None:
    """They are written to no effect and read as 0, as all functions that are not there."""
    bench = Bench(dut)
    await bench.start()
    n_sample, n_answer = bench.map["n_sample"], bench.map["n_answer"]
    await bench.at_once(bench.asking(0))
    odd = [(WRITE, at, WORD) for at in (n_sample, n_sample + 1, 1 << 20, WORD)]
    odd += [(READ, at, WORD) for at in (n_answer, 1 << 20, WORD)]
    odd += [(INFO, at, WORD) for at in (2, 7, 16, 1 << 20)]
    odd += [(funct3, 0, WORD) for funct3 in range(4, 8)]
    assert await bench.at_once(odd) == [0] * len(odd)
    again = bench.asking(0)[n_sample:]
    assert await bench.at_once(again) == bench.answering(0)[n_sample:]


@cocotb.test()
async def reset_in_the_middle(dut: Any) -> None:
    """A reset at any time: no response is on the way, and what follows is right."""
    bench = Bench(dut)
    await bench.start()
    for n_cycles in range(2 * int(os.environ["LUTGEN_LATENCY"]) + 6):
        dut.rsp_ready.value = 0
        dut.cmd_payload_function_id.value, dut.cmd_valid.value = RUN, 1
        await ClockCycles(dut.clk, n_cycles)
        await FallingEdge(dut.clk)
        await bench.reset()
        await ReadOnly()
        assert not int(dut.rsp_valid.value)
        await ClockCycles(dut.clk, int(os.environ["LUTGEN_LATENCY"]) + 3)
        assert not int(dut.rsp_valid.value), "a response to what came before the reset"
        await FallingEdge(dut.clk)
        number = bench.rng.randrange(len(bench.vectors))
        assert await bench.at_once(bench.asking(number)) == bench.answering(number)
