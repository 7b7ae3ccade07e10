"""Drives a core behind registers over its bus: AXI4-Lite with cocotbext-axi, or Wishbone.

Runs inside the simulator, under cocotb 2. The top module has the ports ``s_axi_*`` with ``aclk``
and ``aresetn``, or ``wb_*``; and ``irq``. Settings come from the environment: ``LUTGEN_INPUTS`` and
``LUTGEN_EXPECTED`` as for the other benches, words of samples and of answers packed;
``LUTGEN_LATENCY``; ``LUTGEN_MAP``, a JSON object with the offset of each register, the number of
words of a sample and of an answer, and the words of the identity.
"""

from __future__ import annotations

import json
import logging
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cocotb
from bench_core import read_mem
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge, with_timeout
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp

PERIOD_NS = 10
LONG_NS = 10**5  # what takes longer does not end
START, ENABLE, BUSY, DONE = 1, 2, 1, 2


class RefusedError(Exception):
    """The bus answered an access with an error."""


class AxiLite:
    """Accesses over AXI4-Lite, one after the other or many at once."""

    def __init__(self, dut: Any) -> None:
        self.clock, self.reset, self.in_reset = dut.aclk, dut.aresetn, 0
        bus = AxiLiteBus.from_prefix(dut, "s_axi")
        self.master = AxiLiteMaster(bus, dut.aclk, dut.aresetn, reset_active_level=False)
        for part in (self.master.write_if, self.master.read_if):
            part.log.setLevel(logging.WARNING)

    async def write(self, address: int, data: bytes) -> None:
        """Write bytes anywhere; strobes say which bytes of the words they are."""
        if (await self.master.write(address, data)).resp != AxiResp.OKAY:
            raise RefusedError

    async def read(self, address: int) -> int:
        """Read a word."""
        answer = await self.master.read(address, 4)
        if answer.resp != AxiResp.OKAY:
            raise RefusedError
        return int.from_bytes(answer.data, "little")

    def stall(self, pauses: Any) -> None:
        """Hesitate on every channel; a function makes the pattern of each."""
        write, read = self.master.write_if, self.master.read_if
        for channel in (write.aw_channel, write.w_channel, write.b_channel,
                        read.ar_channel, read.r_channel):  # fmt: skip
            channel.set_pause_generator(pauses())


class Wishbone:
    """Accesses over Wishbone, classic cycles."""

    def __init__(self, dut: Any) -> None:
        self.clock, self.reset, self.in_reset = dut.wb_clk_i, dut.wb_rst_i, 1
        self.dut = dut
        self.pauses: Iterator[bool] | None = None
        self.lock = cocotb.triggers.Lock()
        for name in ("cyc", "stb", "we", "adr", "dat", "sel"):
            getattr(dut, f"wb_{name}_i").value = 0

    async def access(self, address: int, data: int, strobe: int, write: bool) -> int:
        """Do one access; the next may follow without a cycle between."""
        dut = self.dut
        async with self.lock:
            while self.pauses is not None and next(self.pauses):
                await FallingEdge(self.clock)
            dut.wb_cyc_i.value = dut.wb_stb_i.value = 1
            dut.wb_we_i.value = write
            dut.wb_adr_i.value, dut.wb_dat_i.value, dut.wb_sel_i.value = address, data, strobe
            for _ in range(20):
                await FallingEdge(self.clock)
                ack, err = int(dut.wb_ack_o.value), int(dut.wb_err_o.value)
                if ack or err:
                    break
            else:
                raise AssertionError("no ack and no err")
            assert not (ack and err), "ack and err at once"
            value = int(dut.wb_dat_o.value) if ack and not write else 0
            await RisingEdge(self.clock)
            await FallingEdge(self.clock)
            dut.wb_cyc_i.value = dut.wb_stb_i.value = 0
            if err:
                raise RefusedError
            return value

    async def write(self, address: int, data: bytes) -> None:
        """Write bytes anywhere; strobes say which bytes of the words they are."""
        while data:
            at = address % 4
            now, data = data[: 4 - at], data[4 - at :]
            strobe = ((1 << len(now)) - 1) << at
            await self.access(address, int.from_bytes(now, "little") << 8 * at, strobe, True)
            address += len(now)

    async def read(self, address: int) -> int:
        """Read a word."""
        return await self.access(address, 0, 15, False)

    def stall(self, pauses: Any) -> None:
        """Hesitate before each access."""
        self.pauses = pauses()


class Bench:
    """The design on its bus, and the vectors with the answers they should get."""

    def __init__(self, dut: Any) -> None:
        logging.getLogger("cocotb").setLevel(logging.WARNING)
        self.dut = dut
        self.rng = random.Random(int(os.environ.get("LUTGEN_SEED", "1")))
        self.latency = int(os.environ["LUTGEN_LATENCY"])
        self.map: dict[str, Any] = json.loads(os.environ["LUTGEN_MAP"])
        self.vectors = read_mem(Path(os.environ["LUTGEN_INPUTS"]))
        self.expected = read_mem(Path(os.environ["LUTGEN_EXPECTED"]))
        assert self.vectors and len(self.vectors) == len(self.expected)
        assert len(set(self.expected)) > 1, "one answer to all vectors shows nothing"
        self.bus: Any = AxiLite(dut) if hasattr(dut, "aclk") else Wishbone(dut)
        self.n_bytes = 4 * self.map["n_sample"]

    async def start(self) -> None:
        """Start the clock and reset."""
        self.bus.reset.value = self.bus.in_reset
        Clock(self.bus.clock, PERIOD_NS, unit="ns").start()
        await self.reset()

    async def reset(self, n_cycles: int = 4) -> None:
        """Reset for some cycles."""
        self.bus.reset.value = self.bus.in_reset
        await ClockCycles(self.bus.clock, n_cycles)
        self.bus.reset.value = 1 - self.bus.in_reset
        await FallingEdge(self.bus.clock)

    async def write(self, register: str, value: int, n_bytes: int = 4) -> None:
        """Write a register."""
        await self.bus.write(self.map[register], value.to_bytes(n_bytes, "little"))

    async def read(self, register: str) -> int:
        """Read a register."""
        return int(await self.bus.read(self.map[register]))

    async def answer(self) -> int:
        """Read all words of the answer."""
        words = [
            await self.bus.read(self.map["ANSWER"] + 4 * i) for i in range(self.map["n_answer"])
        ]
        return sum(word << 32 * i for i, word in enumerate(words))

    async def done(self) -> None:
        """Poll until the answer is there; it must come."""
        for _ in range(self.latency + 20):
            if await self.read("STATUS") & DONE:
                return
        raise AssertionError("DONE does not come")

    async def ask(self, vector: int) -> int:
        """Return the answer to a vector."""
        await self.write("SAMPLE", vector, self.n_bytes)
        await self.write("CONTROL", START)
        await self.done()
        return await self.answer()

    async def refuses(self, access: Any) -> None:
        """Check that an access ends with an error."""
        try:
            await access
        except RefusedError:
            return
        raise AssertionError("what should be refused was not")

    def pauses(self) -> Iterator[bool]:
        """Yield random stalls, in runs."""
        likely = self.rng.choice((0.2, 0.7))
        while True:
            stall = self.rng.random() < likely
            yield from [stall] * self.rng.randint(1, 4)


@cocotb.test()
async def every_sample(dut: Any) -> None:
    """Who it is, and the answers to all vectors; START takes what there is, DONE says so."""
    bench = Bench(dut)
    await bench.start()
    assert await bench.read("MAGIC") == int.from_bytes(b"LUTG", "little")
    assert await bench.read("SHAPE") == bench.map["n_answer"] << 16 | bench.map["n_sample"]
    words = [await bench.read(f"CORE_ID_{i}") for i in range(8)]
    assert words == bench.map["core_id"]
    assert await bench.read("STATUS") == 0 and await bench.read("CONTROL") == 0
    for vector, expected in zip(bench.vectors, bench.expected, strict=True):
        assert await bench.ask(vector) == expected
        assert await bench.read("STATUS") == DONE


@cocotb.test()
async def random_stalls(dut: Any) -> None:
    """Both sides hesitate, on every channel; the vectors in any order."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(3):
        bench.bus.stall(bench.pauses)
        for i in bench.rng.sample(range(len(bench.vectors)), 8):
            assert (
                await with_timeout(bench.ask(bench.vectors[i]), LONG_NS, "ns") == bench.expected[i]
            )


@cocotb.test()
async def partial_strobes(dut: Any) -> None:
    """Bytes are written one by one and in pieces; the others stay as they are."""
    bench = Bench(dut)
    await bench.start()
    at, content = bench.map["SAMPLE"], bytearray(bench.rng.randbytes(bench.n_bytes))
    await bench.bus.write(at, bytes(content))
    for _ in range(40):
        start = bench.rng.randrange(bench.n_bytes)
        piece = bench.rng.randbytes(bench.rng.randint(1, min(6, bench.n_bytes - start)))
        content[start : start + len(piece)] = piece
        await bench.bus.write(at + start, piece)
    words = [await bench.bus.read(at + 4 * i) for i in range(bench.map["n_sample"])]
    assert b"".join(word.to_bytes(4, "little") for word in words) == content
    # START and INTERRUPT_ENABLE stand in the lowest byte; to write another does nothing
    await bench.bus.write(bench.map["CONTROL"] + 1, b"\xff\xff\xff")
    assert await bench.read("STATUS") == 0 and await bench.read("CONTROL") == 0


@cocotb.test()
async def back_to_back(dut: Any) -> None:
    """Many accesses at once, without stalls and with: none is lost, doubled or mixed up."""
    bench = Bench(dut)
    await bench.start()
    at, n_words = bench.map["SAMPLE"], bench.map["n_sample"]
    for turn in range(10):
        if turn == 3:
            bench.bus.stall(bench.pauses)
        values = [bench.rng.getrandbits(32) for _ in range(n_words)]
        tasks = [
            cocotb.start_soon(bench.bus.write(at + 4 * i, value.to_bytes(4, "little")))
            for i, value in enumerate(values)
        ]
        for task in tasks:
            await with_timeout(task, LONG_NS, "ns")
        order = [bench.rng.randrange(n_words) for _ in range(24)]
        reads = [cocotb.start_soon(bench.bus.read(at + 4 * i)) for i in order]
        found = [await with_timeout(read, LONG_NS, "ns") for read in reads]
        assert found == [values[i] for i in order]


@cocotb.test()
async def out_of_range(dut: Any) -> None:
    """What is not there, or cannot be written, is refused, and nothing changes."""
    bench = Bench(dut)
    await bench.start()
    assert await bench.ask(bench.vectors[0]) == bench.expected[0]
    end = bench.map["SAMPLE"] + bench.n_bytes
    last = bench.map["ANSWER"] + 4 * bench.map["n_answer"]
    for address in (0x10, 0x1C, end, end + 64, *([last] if last < bench.map["SAMPLE"] else [])):
        await bench.refuses(bench.bus.read(address))
        await bench.refuses(bench.bus.write(address, b"\xff" * 4))
    for name in ("MAGIC", "SHAPE", "CORE_ID_3", "ANSWER"):
        await bench.refuses(bench.bus.write(bench.map[name], b"\xff" * 4))
    assert await bench.read("STATUS") == DONE and await bench.answer() == bench.expected[0]
    assert await bench.read("CORE_ID_3") == bench.map["core_id"][3]


@cocotb.test()
async def interrupt(dut: Any) -> None:
    """It is there while DONE and its enable are, and goes with either."""
    bench = Bench(dut)
    await bench.start()
    assert await bench.ask(bench.vectors[0]) == bench.expected[0]
    assert not int(dut.irq.value), "an interrupt that is not enabled"
    await bench.write("CONTROL", ENABLE)
    assert int(dut.irq.value) and await bench.read("CONTROL") == ENABLE
    await bench.write("STATUS", BUSY)  # clears nothing
    assert int(dut.irq.value)
    await bench.write("STATUS", DONE)
    assert not int(dut.irq.value) and await bench.read("STATUS") == 0
    await bench.write("CONTROL", START | ENABLE)
    for _ in range(bench.latency + 20):
        if int(dut.irq.value):
            break
        await FallingEdge(bench.bus.clock)
    assert int(dut.irq.value), "no interrupt"
    assert await bench.read("STATUS") == DONE
    await bench.write("CONTROL", 0)
    assert not int(dut.irq.value) and await bench.read("STATUS") == DONE
    await bench.write("CONTROL", START)
    await bench.done()
    assert not int(dut.irq.value)


@cocotb.test()
async def starts_anew(dut: Any) -> None:
    """A sample written while the core is busy is for the next START; the last START counts."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(10):
        first, second = bench.rng.sample(range(len(bench.vectors)), 2)
        await bench.write("SAMPLE", bench.vectors[first], bench.n_bytes)
        await bench.write("CONTROL", START)
        await bench.write("SAMPLE", bench.vectors[second], bench.n_bytes)
        await bench.done()
        assert await bench.answer() == bench.expected[first]
        await bench.write("CONTROL", START)
        await bench.write("CONTROL", START)
        await bench.done()
        assert await bench.answer() == bench.expected[second]


@cocotb.test()
async def reset_in_the_middle(dut: Any) -> None:
    """A reset at any time: nothing is done, enabled or on the way, and what follows is right."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(10):
        i = bench.rng.randrange(len(bench.vectors))
        assert await bench.ask(bench.vectors[i]) == bench.expected[i]
        await bench.write("CONTROL", START | ENABLE)
        under_way = isinstance(bench.bus, AxiLite)
        if under_way:  # the driver forgets what a reset cuts off
            cocotb.start_soon(_cut_off(bench))
        await ClockCycles(bench.bus.clock, bench.rng.randint(1, 6))
        await bench.reset(bench.rng.randint(1, 3))
        assert not int(dut.irq.value)
        assert await bench.read("STATUS") == 0 and await bench.read("CONTROL") == 0
        await ClockCycles(bench.bus.clock, bench.latency + 4)
        assert await bench.read("STATUS") == 0, "a reset does not end what was under way"


async def _cut_off(bench: Bench) -> None:
    for i in range(8):
        bench.bus.master.init_write(bench.map["SAMPLE"] + 4 * (i % bench.map["n_sample"]), b"wxyz")
        bench.bus.master.init_read(bench.map["SAMPLE"], 4)
