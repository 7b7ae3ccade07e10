"""Loads other tables into a core at the end of a serial line, amid a stream of samples.

Runs inside the simulator, under cocotb 2, beside bench_uart.py, whose drivers and settings it
takes; LUTGEN_EXPECTED_AFTER has what the core answers once the tables of LUTGEN_LOADED, a file of
their bytes, are in it. LUTGEN_LOADED_FIRST has those that it has at first.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any

import cocotb
from bench_core import read_mem
from bench_uart import BAD_CRC, BAD_LENGTH, SHORT, Bench
from cocotb.triggers import Timer

from lutgen.host.identity import CONTENTS_WORD, WHOLE_WORD
from lutgen.host.protocol import (
    DONE,
    IDENTITY,
    LOAD,
    NOT_WHOLE,
    PREDICT,
    SELF_TEST,
    Answer,
    encode_request,
)


class Reload(Bench):
    """The bench, with tables to load."""

    def __init__(self, dut: Any) -> None:
        super().__init__(dut)
        self.before, self.after = (
            Path(os.environ[name]).read_bytes() for name in ("LUTGEN_LOADED_FIRST", "LUTGEN_LOADED")
        )
        self.old = self.expected
        self.new = read_mem(Path(os.environ["LUTGEN_EXPECTED_AFTER"]))
        differ = sum(a != b for a, b in zip(self.old, self.new, strict=True))
        assert differ > len(self.new) // 10, "the models hardly differ: nothing would be seen"

    async def load(self, image: bytes, status: int = DONE | LOAD) -> None:
        """Load tables, and expect an answer."""
        await self.send(encode_request(LOAD, 9, image))
        (answer,) = await self.answers(1)
        assert answer.status == status, f"{answer} instead of status {status:#x}"
        if status == DONE | LOAD:
            assert answer.value == zlib.crc32(image), "the tables are not what was loaded"

    async def refuses(self) -> None:
        """Expect that no sample is answered, nor a self-test, and that the device says why."""
        for request in (self.predict(0, 3), encode_request(SELF_TEST, 3)):
            await self.send(request)
            await Timer(20_000, "ns")
            (answer,) = await self.answers(1)
            assert answer == Answer(NOT_WHOLE, 3, 0), f"{answer} of tables that are not whole"
        assert await self.words() == [None, 0]

    async def words(self) -> list[int | None]:
        """Return what the device says of its tables; of the contents None while not whole."""
        requests = [encode_request(IDENTITY, 5, bytes([w])) for w in (CONTENTS_WORD, WHOLE_WORD)]
        contents, whole = [answer.value for answer in await self.ask(requests)]
        return [contents if whole else None, whole]


@cocotb.test()
async def tables_are_loaded_amid_a_stream(dut: Any) -> None:
    """Samples, tables and samples again without a gap: old answers before, new ones after."""
    bench = Reload(dut)
    await bench.start()
    assert await bench.words() == [zlib.crc32(bench.before), 1]
    numbers = range(len(bench.vectors))
    for image, old, new in (
        (bench.after, bench.old, bench.new),
        (bench.before, bench.new, bench.old),
    ):
        stream = b"".join(bench.predict(number, number) for number in numbers)
        load = encode_request(LOAD, 77, image)
        await bench.source.write(stream + load + stream)
        found = await bench.answers(2 * len(numbers) + 1)
        expected = [Answer(DONE | PREDICT, number, old[number]) for number in numbers]
        expected.append(Answer(DONE | LOAD, 77, zlib.crc32(image)))
        expected += [Answer(DONE | PREDICT, number, new[number]) for number in numbers]
        assert found == expected
        assert await bench.words() == [zlib.crc32(image), 1]
    await bench.silence()


@cocotb.test()
async def half_loaded_tables_answer_nothing(dut: Any) -> None:
    """After a load that broke off in any way no sample is answered until a load is good."""
    bench = Reload(dut)
    await bench.start()
    for fault in ("short", "crc", "reset", "gap"):
        request = encode_request(LOAD, 1, bench.after)
        half = len(request) // 2
        if fault == "crc":
            await bench.send(request[:half] + bytes([request[half] ^ 4]) + request[half + 1 :])
            await bench.expect(BAD_CRC)
        else:
            await bench.send(request[:half])
            if fault == "reset":
                await bench.reset()
            else:
                await bench.quiet(1.5)
                await bench.expect(SHORT)
        await bench.refuses()
        await bench.load(bench.after)
        bench.expected = bench.new
        for _ in range(5):
            await bench.works()
    await bench.load(bench.before)
    bench.expected = bench.old
    await bench.works()


@cocotb.test()
async def tables_of_another_length_change_nothing(dut: Any) -> None:
    """A load of another length is refused before anything is loaded."""
    bench = Reload(dut)
    await bench.start()
    await bench.send(encode_request(LOAD, 1, bench.after + b"\0"))
    await bench.quiet()
    await bench.expect(BAD_LENGTH)
    assert await bench.words() == [zlib.crc32(bench.before), 1]
    for _ in range(5):
        await bench.works()
