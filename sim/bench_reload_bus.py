"""Loads other tables into a core behind registers, over its bus, amid a stream of samples.

Runs inside the simulator, under cocotb 2, beside bench_registers.py, whose drivers and settings it
takes; LUTGEN_EXPECTED_AFTER has what the core answers once the tables of LUTGEN_LOADED are in it,
LUTGEN_LOADED_FIRST has those that it has at first.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any

import cocotb
from bench_core import read_mem
from bench_registers import BUSY, DONE, ENABLE, START, Bench

LOAD, SHIFTING, WHOLE = 1, 2, 4


class Reload(Bench):
    """The bench, with tables to load."""

    def __init__(self, dut: Any) -> None:
        super().__init__(dut)
        self.before, self.after = (
            Path(os.environ[name]).read_bytes() for name in ("LUTGEN_LOADED_FIRST", "LUTGEN_LOADED")
        )
        self.new = read_mem(Path(os.environ["LUTGEN_EXPECTED_AFTER"]))
        differ = sum(a != b for a, b in zip(self.expected, self.new, strict=True))
        assert differ > len(self.new) // 10, "the models hardly differ: nothing would be seen"

    async def word(self, value: int) -> None:
        """Write a word of tables, as soon as there is room."""
        for _ in range(40):
            if not await self.read("LOAD") & SHIFTING:
                break
        await self.write("TABLES", value)

    async def load(self, image: bytes) -> None:
        """Load tables whole."""
        await self.write("LOAD", LOAD)
        for start in range(0, len(image), 4):
            await self.word(int.from_bytes(image[start : start + 4], "little"))
        for _ in range(40):
            if await self.read("LOAD") == WHOLE:
                break
        assert await self.read("LOAD") == WHOLE
        assert await self.read("CONTENTS") == zlib.crc32(image)

    async def answers(self, expected: list[int]) -> None:
        """Expect the answers to all vectors."""
        for vector, answer in zip(self.vectors, expected, strict=True):
            assert await self.ask(vector) == answer

    async def refuses_to_start(self) -> None:
        """Expect that no sample is answered, and that the interrupt's enable stays."""
        enabled = await self.read("CONTROL")
        await self.refuses(self.write("CONTROL", START | (enabled ^ ENABLE)))
        for _ in range(self.latency + 8):
            assert await self.read("STATUS") == 0, "something is done with half-loaded tables"
        assert await self.read("CONTROL") == enabled and not int(self.dut.irq.value)


@cocotb.test()
async def tables_are_loaded_amid_a_stream(dut: Any) -> None:
    """Old answers before, new ones after; what was under way when the load began ends unseen."""
    bench = Reload(dut)
    await bench.start()
    assert await bench.read("LOAD") == WHOLE
    assert await bench.read("LOAD_WORDS") == len(bench.before) // 4
    assert await bench.read("CONTENTS") == zlib.crc32(bench.before)
    await bench.answers(bench.expected)
    assert await bench.read("STATUS") == DONE
    for image, expected in ((bench.after, bench.new), (bench.before, bench.expected)):
        await bench.write("SAMPLE", bench.vectors[0], bench.n_bytes)
        await bench.write("CONTROL", START)
        await bench.load(image)
        assert not await bench.read("STATUS") & (BUSY | DONE), "an answer of other tables counts"
        await bench.answers(expected)


@cocotb.test()
async def half_loaded_tables_answer_nothing(dut: Any) -> None:
    """From the first word on until the last no sample is answered; a load begins anew at will."""
    bench = Reload(dut)
    await bench.start()
    for turn in range(3):
        await bench.write("CONTROL", ENABLE * (turn % 2))
        await bench.write("LOAD", LOAD)
        await bench.refuses_to_start()
        for place in range(bench.rng.randrange(1, len(bench.after) // 4)):
            await bench.word(bench.rng.getrandbits(32))
            if place % 3 == 0:
                await bench.refuses_to_start()
        if turn == 2:
            await bench.reset()
            await bench.refuses_to_start()
        await bench.load(bench.after)
        await bench.answers(bench.new)
        await bench.write("STATUS", DONE)


@cocotb.test()
async def what_is_no_word_is_refused(dut: Any) -> None:
    """A word that comes too early, or in parts, is refused, and nothing of it is loaded."""
    bench = Reload(dut)
    await bench.start()
    await bench.write("LOAD", LOAD)
    words = [
        int.from_bytes(bench.after[i : i + 4], "little") for i in range(0, len(bench.after), 4)
    ]
    for place, word in enumerate(words):
        await bench.word(word)
        await bench.refuses(bench.write("TABLES", ~word & 0xFFFFFFFF))
        if place == 0:
            while await bench.read("LOAD") & SHIFTING:
                pass
            await bench.refuses(bench.bus.write(bench.map["TABLES"], b"\xff"))
    while await bench.read("LOAD") & SHIFTING:
        pass
    assert await bench.read("LOAD") == WHOLE
    await bench.answers(bench.new)
    for name in ("CONTENTS", "LOAD_WORDS"):
        await bench.refuses(bench.write(name, 1))
    await bench.refuses(bench.read("TABLES"))
