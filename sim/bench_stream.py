"""Drives a core between two AXI4-Streams with the drivers of cocotbext-axi.

Runs inside the simulator, under cocotb 2. The top module has ``clk``, ``rst`` and the ports
``s_axis_*`` and ``m_axis_*`` of hdl/lutgen_stream.v. Settings come from the environment, see
README.md.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cocotb
from bench_core import read_mem, write_result
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge, with_timeout
from cocotbext.axi import AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource

PERIOD_NS = 10
SPACE = 40  # clock cycles within which a design without stalls answers


class Bench:
    """The design under its drivers, and the vectors with the answers they should get."""

    def __init__(self, dut: Any) -> None:
        for name in ("clk", "rst", "cocotb"):
            logging.getLogger(f"cocotb.{dut._name}.{name}").setLevel(logging.WARNING)
        logging.getLogger("cocotb").setLevel(logging.WARNING)
        self.dut = dut
        self.rng = random.Random(int(os.environ.get("LUTGEN_SEED", "1")))
        self.n_inputs = int(os.environ["LUTGEN_WIDTH"])
        self.latency = int(os.environ["LUTGEN_LATENCY"])
        self.beat_width = len(dut.s_axis_tdata)
        self.vectors = read_mem(Path(os.environ["LUTGEN_INPUTS"]))
        self.expected = read_mem(Path(os.environ["LUTGEN_EXPECTED"]))
        assert self.vectors and len(self.vectors) == len(self.expected)
        self.n_beats = -(-self.n_inputs // self.beat_width)
        s_axis, m_axis = (AxiStreamBus.from_prefix(dut, name) for name in ("s_axis", "m_axis"))
        self.source = AxiStreamSource(s_axis, dut.clk, dut.rst, byte_lanes=1)
        self.sink = AxiStreamSink(m_axis, dut.clk, dut.rst, byte_lanes=1)
        for driver in (self.source, self.sink):
            driver.log.setLevel(logging.WARNING)

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
        await RisingEdge(self.dut.clk)

    def beats(self, vector: int) -> list[int]:
        """Return the beats of a vector; what is left over in the last one is random."""
        spare = self.n_beats * self.beat_width - self.n_inputs
        vector |= self.rng.getrandbits(spare) << self.n_inputs if spare else 0
        mask = (1 << self.beat_width) - 1
        return [vector >> (self.beat_width * b) & mask for b in range(self.n_beats)]

    async def send(self, vectors: list[int]) -> None:
        """Queue a packet of whole samples."""
        beats = list(itertools.chain.from_iterable(map(self.beats, vectors)))
        await self.source.send(AxiStreamFrame(beats))

    async def receive(self) -> AxiStreamFrame:
        """Return the next packet of answers; it must come."""
        cycles = 20 * (len(self.vectors) * self.n_beats + 100)
        return await with_timeout(self.sink.recv(compact=False), cycles * PERIOD_NS, "ns")

    def pauses(self, likely: float) -> Iterator[bool]:
        """Yield random stalls, in runs."""
        while True:
            stall = self.rng.random() < likely
            yield from [stall] * self.rng.randint(1, 6)

    def packets(self, n_packets: int, longest: int) -> list[list[int]]:
        """Return packets of numbers of vectors, chosen at random."""
        n = len(self.vectors)
        return [
            [self.rng.randrange(n) for _ in range(self.rng.randint(1, longest))]
            for _ in range(n_packets)
        ]

    async def exchange(self, packets: list[list[int]]) -> None:
        """Send packets and check every answer, the ends of the packets and the error flag."""
        for packet in packets:
            await self.send([self.vectors[i] for i in packet])
        for packet in packets:
            answer = await self.receive()
            assert list(answer.tdata) == [self.expected[i] for i in packet]
            assert not any(flags(answer)), "a whole sample is marked as short"
        await ClockCycles(self.dut.clk, SPACE + self.latency)
        assert self.sink.empty() and self.sink.idle(), "more answers than samples"


def flags(frame: AxiStreamFrame) -> list[int]:
    """Return tuser of each beat."""
    return [frame.tuser] * len(frame.tdata) if isinstance(frame.tuser, int) else list(frame.tuser)


@cocotb.test()
async def every_sample_once(dut: Any) -> None:
    """All vectors in one packet without stalls: the right answers, a beat every cycle."""
    bench = Bench(dut)
    await bench.start()
    await bench.send(bench.vectors)
    start = cocotb.utils.get_sim_time("ns")
    answer = await bench.receive()
    cycles = (cocotb.utils.get_sim_time("ns") - start) / PERIOD_NS
    n_equal = sum(a == b for a, b in zip(answer.tdata, bench.expected, strict=False))
    result = {"n_samples": len(bench.vectors), "n_equal": n_equal, "cycles": cycles}
    if os.environ.get("LUTGEN_RESULT"):
        write_result(Path(os.environ["LUTGEN_RESULT"]), result)
    assert len(answer.tdata) == len(bench.vectors), f"{len(answer.tdata)} answers"
    assert n_equal == len(bench.vectors), json.dumps(result)
    assert not any(flags(answer))
    needed = len(bench.vectors) * bench.n_beats + bench.latency
    assert cycles <= needed + SPACE, f"{cycles} cycles where {needed} should do"


@cocotb.test()
async def random_stalls(dut: Any) -> None:
    """Stalls on either side, on both, rare and frequent: nothing is lost or doubled."""
    bench = Bench(dut)
    await bench.start()
    for source, sink in itertools.product((0.0, 0.2, 0.8), repeat=2):
        bench.source.set_pause_generator(bench.pauses(source))
        bench.sink.set_pause_generator(bench.pauses(sink))
        await bench.exchange(bench.packets(n_packets=6, longest=20))


@cocotb.test()
async def nobody_takes_the_answers(dut: Any) -> None:
    """The receiver stands still: the source is held up, and all comes out afterwards."""
    bench = Bench(dut)
    await bench.start()
    n_samples = 3 * bench.latency + 30
    packet = [i % len(bench.vectors) for i in range(n_samples)]
    bench.sink.pause = True
    await bench.send([bench.vectors[i] for i in packet])
    await ClockCycles(dut.clk, 2 * n_samples * bench.n_beats)
    assert not dut.s_axis_tready.value, "the source is never held up"
    bench.sink.pause = False
    answer = await bench.receive()
    assert list(answer.tdata) == [bench.expected[i] for i in packet]


@cocotb.test()
async def valid_waits_for_nobody(dut: Any) -> None:
    """An answer is offered although nobody is ready, and stays as it is until it is taken."""
    bench = Bench(dut)
    await bench.start()
    bench.sink.pause = True
    await bench.send(bench.vectors[:2])
    await ClockCycles(dut.clk, 2 * bench.n_beats + bench.latency + SPACE)
    for _ in range(8):
        await RisingEdge(dut.clk)
        assert dut.m_axis_tvalid.value == 1
        assert int(dut.m_axis_tdata.value) == bench.expected[0]
    bench.sink.pause = False
    assert list((await bench.receive()).tdata) == bench.expected[:2]


@cocotb.test()
async def packets_cut_short(dut: Any) -> None:
    """tlast in the middle of a sample: its answer is marked, the packets around it are right."""
    bench = Bench(dut)
    await bench.start()
    if bench.n_beats == 1:
        return  # a sample of one beat cannot be cut
    for n_whole in (0, 1, 3):
        for n_left in {1, bench.n_beats // 2, bench.n_beats - 1}:
            packet = [bench.rng.randrange(len(bench.vectors)) for _ in range(n_whole + 1)]
            beats = [beat for i in packet for beat in bench.beats(bench.vectors[i])]
            await bench.source.send(AxiStreamFrame(beats[: n_whole * bench.n_beats + n_left]))
            answer = await bench.receive()
            assert flags(answer) == [0] * n_whole + [1], "the short sample is not marked"
            assert list(answer.tdata[:n_whole]) == [bench.expected[i] for i in packet[:n_whole]]
            await bench.exchange(bench.packets(n_packets=2, longest=3))


@cocotb.test()
async def reset_in_mid_sample(dut: Any) -> None:
    """A reset at any time: nothing of what was before comes out, what follows is right."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(12):
        bench.sink.pause = bench.rng.random() < 0.5
        await bench.send([bench.vectors[i % len(bench.vectors)] for i in range(30)])
        await ClockCycles(dut.clk, bench.rng.randint(1, 20 * bench.n_beats))
        bench.source.clear()
        bench.dut.rst.value = 1
        await ClockCycles(dut.clk, 2)
        bench.source.clear()
        bench.sink.clear()
        await bench.reset()
        bench.sink.pause = False
        await bench.exchange(bench.packets(n_packets=3, longest=5))
