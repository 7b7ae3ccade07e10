"""The Amaranth components: in Amaranth's simulator, with stalls, and through Yosys for a chip."""

from __future__ import annotations

import gc
import json
import subprocess
import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faults import visible_flip
from kits import X, core
from needed import need_module
from strategies import random_network, random_samples

from lutgen.core import Core, CoreConfig, make_core
from lutgen.errors import ConfigError
from lutgen.flow.tools import find_yosys
from lutgen.model.network import LutNetwork
from lutgen.netlist.ir import LUT, REGISTER

need_module("amaranth", "pip install 'lutgen[amaranth]'")

from amaranth.back import rtlil
from amaranth.build import Clock, Pins, Resource
from amaranth.hdl import Cat, ClockDomain, Elaboratable, Module
from amaranth.lib import io
from amaranth.sim import Simulator
from amaranth.vendor import LatticeICE40Platform

from lutgen.emit.amaranth import CoreRegisters, LutNetworkCore, LutNetworkFunction

N_INPUTS = 12


def network(seed: int = 0, k: int | tuple[int, int] = (2, 7)) -> LutNetwork:
    return random_network(np.random.default_rng(seed), N_INPUTS, [9, 6, 1], k)


def samples(model: LutNetwork, n_samples: int, seed: int = 1) -> tuple[list[int], list[int]]:
    """Return samples as integers, and what the model answers to them."""
    X = random_samples(np.random.default_rng(seed), n_samples, N_INPUTS)
    outputs = model.output_bits(model.encoder.encode(X)).to_dense()[:, 0]
    assert 0 < outputs.sum() < n_samples
    return (X @ (1 << np.arange(N_INPUTS))).tolist(), outputs.tolist()


def stream_through(
    core: LutNetworkCore, words: list[int], *, offer: float, take: float, seed: int
) -> tuple[list[int], int]:
    """Send words through a core; return the answers and the cycles that it took.

    Both sides hesitate: each cycle a word is offered, and an answer taken, with a probability.
    What is offered stays until it is taken, and what is answered must stay likewise.
    """
    rng = np.random.default_rng(seed)
    answers: list[int] = []
    n_cycles = 0

    async def producer(ctx: Any) -> None:
        for word in words:
            while rng.random() >= offer:
                await ctx.tick()
            ctx.set(core.i.payload, word)
            ctx.set(core.i.valid, 1)
            await ctx.tick().until(core.i.ready)
            ctx.set(core.i.valid, 0)

    async def consumer(ctx: Any) -> None:
        nonlocal n_cycles
        waiting: int | None = None
        n_left = 20 + core.latency  # cycles to go on for once all answers are there
        while n_left and n_cycles < 40 * len(words):
            ready = rng.random() < take
            ctx.set(core.o.ready, ready)
            _, _, valid, payload = await ctx.tick().sample(core.o.valid, core.o.payload)
            if waiting is not None:
                assert valid and payload == waiting, "an answer changed before it was taken"
            waiting = payload if valid and not ready else None
            if valid and ready:
                answers.append(payload)
            if len(answers) < len(words):
                n_cycles += 1
            else:
                n_left -= 1

    top = Module()
    top.domains.sync = ClockDomain()  # a combinational core has none
    top.submodules.core = core
    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(producer, background=True)
    simulator.add_testbench(consumer)
    simulator.run()
    return answers, n_cycles


@pytest.mark.parametrize("target", ["generic", "ice40"])
@pytest.mark.parametrize("pipeline", [0, 1, 2])
def test_the_plain_function_answers_as_the_model(target: str, pipeline: int) -> None:
    model = network()
    function = LutNetworkFunction(model, chip=target, pipeline=pipeline)
    assert function.latency == {0: 0, 1: 3, 2: 2}[pipeline]
    words, expected = samples(model, 100)
    answers = []

    async def bench(ctx: Any) -> None:
        for word in [*words, *[0] * function.latency]:
            ctx.set(function.x, word)
            answers.append(ctx.get(function.y))
            if function.latency:
                await ctx.tick()
            else:
                await ctx.delay(1e-6)

    simulator = Simulator(function)
    if function.latency:
        simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert answers[function.latency :] == expected
    assert not function.latency or answers[: len(expected)] != expected


@pytest.mark.parametrize("pipeline", [0, 1, 3])
@pytest.mark.parametrize(("offer", "take"), [(1.0, 1.0), (0.5, 1.0), (1.0, 0.4), (0.6, 0.6)])
def test_no_stall_loses_or_doubles_a_sample(pipeline: int, offer: float, take: float) -> None:
    model = network()
    words, expected = samples(model, 150)
    core = LutNetworkCore(model, chip="ice40", pipeline=pipeline)
    answers, n_cycles = stream_through(core, words, offer=offer, take=take, seed=pipeline)
    assert answers == expected
    if offer == take == 1.0:  # a sample a cycle; the last cycle is not counted
        assert n_cycles == 150 + core.latency - 1


def test_the_bench_sees_a_broken_handshake() -> None:
    class Broken(LutNetworkCore):
        def elaborate(self, platform: Any) -> Module:
            m = super().elaborate(platform)
            m.d.comb += self.i.ready.eq(1)  # takes samples that it has no room for
            return m

    model = network()
    words, expected = samples(model, 150)
    core = Broken(model, pipeline=1)
    answers, _ = stream_through(core, words, offer=1.0, take=0.4, seed=0)
    assert answers != expected


class Chip(LatticeICE40Platform):
    """The least that Amaranth needs to know of a board."""

    device, package = "iCE40HX8K", "CT256"
    default_clk = "clk"
    resources = (
        Resource("clk", 0, Pins("J3", dir="i"), Clock(12e6)),
        Resource("pin", 0, Pins("A1", dir="i")),
        Resource("pin", 1, Pins("A2", dir="o")),
    )
    connectors = ()


class Shell(Elaboratable):
    """A network behind a shift register, so that two pins do."""

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.core = core = LutNetworkCore(network(), chip="ice40", pipeline=1)
        m.submodules.pin = pin = io.Buffer("i", platform.request("pin", 0, dir="-"))
        m.submodules.led = led = io.Buffer("o", platform.request("pin", 1, dir="-"))
        m.d.sync += core.i.payload.eq(Cat(pin.i, core.i.payload))
        m.d.comb += [core.i.valid.eq(1), core.o.ready.eq(pin.i), led.o.eq(core.o.payload)]
        return m


def cells_after_yosys(folder: Path, text: str) -> dict[str, Any]:
    """Return the cells by name that synth_ice40 leaves of a design in RTLIL."""
    (folder / "top.il").write_text(text)
    done = subprocess.run(
        [str(find_yosys().path), "-q", "-p",
         "read_rtlil top.il; synth_ice40 -top top; write_json top.json"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    cells: dict[str, Any] = json.loads((folder / "top.json").read_text())["modules"]["top"]["cells"]
    return cells


def tables(cells: dict[str, Any]) -> list[int]:
    """Return the sorted tables of the LUTs that bear names of ours."""
    return sorted(
        int(cell["parameters"]["LUT_INIT"], 2)
        for name, cell in cells.items()
        if cell["type"] == "SB_LUT4" and name.rpartition(".")[2].startswith("U_")
    )


@pytest.mark.parametrize("pipeline", [0, 1])
def test_yosys_keeps_every_primitive_and_adds_none(tmp_path: Path, pipeline: int) -> None:
    model = network()
    function = LutNetworkFunction(model, chip="ice40", pipeline=pipeline, primitives=True)
    cells = cells_after_yosys(tmp_path, rtlil.convert(function, name="top"))
    netlist = make_core(model, CoreConfig(chip="ice40", pipeline=pipeline)).netlist
    types = Counter(cell["type"] for cell in cells.values())
    assert types["SB_LUT4"] == netlist.count(LUT) > 30
    assert types["SB_DFF"] == netlist.count(REGISTER)
    assert tables(cells) == sorted(cell.init for cell in netlist.cells if cell.kind == LUT)


def test_a_platform_build_holds_the_same_primitives(tmp_path: Path) -> None:
    text = Chip().prepare(Shell(), "top").files["top.il"]
    cells = cells_after_yosys(tmp_path, text)
    netlist = make_core(network(), CoreConfig(chip="ice40", pipeline=1)).netlist
    assert tables(cells) == sorted(cell.init for cell in netlist.cells if cell.kind == LUT)
    types = Counter(cell["type"] for cell in cells.values())
    assert types["SB_DFFE"] >= netlist.count(REGISTER)  # gated by the handshake


@pytest.mark.parametrize("target", ["ecp5", "gowin", "xilinx7", "xcup"])
def test_every_family_gets_its_own_primitives(tmp_path: Path, target: str) -> None:
    function = LutNetworkFunction(network(k=8), chip=target, pipeline=1, primitives=True)
    (tmp_path / "top.il").write_text(rtlil.convert(function, name="top"))
    done = subprocess.run(
        [str(find_yosys().path), "-q", "-p",
         "read_rtlil top.il; flatten; opt_clean; write_json top.json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    cells = json.loads((tmp_path / "top.json").read_text())["modules"]["top"]["cells"]
    found = Counter(cell["type"] for cell in cells.values())
    netlist = make_core(network(k=8), CoreConfig(chip=target, pipeline=1)).netlist
    wanted = Counter(cell.primitive for cell in netlist.cells if cell.kind == LUT)
    assert len(wanted) > 1  # LUTs and multiplexers
    assert {name: found[name] for name in wanted} == wanted
    assert found["$dff"] == netlist.count(REGISTER)


def test_look_ups_without_a_platform() -> None:
    text = rtlil.convert(LutNetworkFunction(network(), chip="ice40"))
    assert "SB_LUT4" not in text
    assert text == rtlil.convert(LutNetworkFunction(network(), chip="ice40"))


@pytest.mark.parametrize("component", [LutNetworkCore, LutNetworkFunction])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "stratix"}, "there is no chip family 'stratix'; choose one of: generic"),
        ({"pipeline": -1}, "pipeline must be 0"),
    ],
)
def test_bad_options(component: Any, options: dict[str, Any], message: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Amaranth's, on components that are never elaborated
        with pytest.raises(ConfigError, match=message):
            component(network(), **options)
        gc.collect()


def by_registers(made: Core) -> tuple[list[int], list[int]]:
    """Return what a core behind registers answers to samples, and what its model does.

    Identity, each sample by START and DONE, and odd words on the way.
    """
    x = made.interface.samples(X)
    y = made.interface.answers(x).to_dense().astype(object)
    samples = [int(sum(int(bit) << i for i, bit in enumerate(row))) for row in x.to_dense()]
    wanted = [int(sum(int(bit) << i for i, bit in enumerate(row))) for row in y]
    dut = CoreRegisters(made)
    seen: list[int] = []

    async def bench(ctx):  # type: ignore[no-untyped-def]
        async def write(address: int, value: int) -> None:
            ctx.set(dut.address, address)
            ctx.set(dut.w_data, value)
            ctx.set(dut.write, 1)
            await ctx.tick()
            ctx.set(dut.write, 0)

        def read(address: int) -> int:
            ctx.set(dut.address, address)
            return int(ctx.get(dut.r_data))

        assert read(0).to_bytes(4, "little") == b"LUTG"
        assert read(1) == dut.n_answer << 16 | dut.n_sample
        told = b"".join(read(8 + i).to_bytes(4, "little") for i in range(8))
        assert told.hex() == made.interface.core_id
        assert read(dut.sample_at + dut.n_sample) == read(4) == read(0xFFFF) == 0
        for sample in samples:
            for i in range(dut.n_sample):
                await write(dut.sample_at + i, sample >> 32 * i & 0xFFFFFFFF)
                assert read(dut.sample_at + i) == sample >> 32 * i & 0xFFFFFFFF
            await write(dut.CONTROL, 1)
            assert read(dut.STATUS) == 1
            await write(dut.sample_at, 0)  # for the next START
            n_waits = 0
            while read(dut.STATUS) != 2:
                await ctx.tick()
                n_waits += 1
                assert n_waits <= made.netlist.latency + 1
            words = [read(dut.answer_at + i) for i in range(dut.n_answer)]
            seen.append(sum(word << 32 * i for i, word in enumerate(words)))
            assert ctx.get(dut.done) == 1
            await write(dut.STATUS, 2)
            assert read(dut.STATUS) == 0

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return seen, wanted


def test_registers_answer_as_the_model_and_faults_are_seen() -> None:
    made = core(scores=True, pipeline=2)
    seen, wanted = by_registers(made)
    assert seen == wanted and len(set(wanted)) > 3
    names = {cell.name for cell in made.netlist.cells}
    faulty, _ = visible_flip(made.netlist, made.interface.samples(X), names)
    seen, wanted = by_registers(replace(made, netlist=faulty))
    assert seen != wanted
