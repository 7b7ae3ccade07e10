"""The kits' LiteX module in a simulated SoC: a program on VexRiscv asks every way there is."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kits import X, core
from needed import need_module, need_program
from test_kit import simulated

from lutgen.core import Core
from lutgen.flow.tools import find_icarus
from lutgen.jobs.export import export
from lutgen.kit.design import make_design

N_SAMPLES = 8
CSR, LUTGEN, RESULT, SLAVE = 0xF0000000, 5, 6, 0x90000000


def words(value: int, n_words: int) -> list[int]:
    return [value >> 32 * i & 0xFFFFFFFF for i in range(n_words)]


def li(register: int, value: int) -> list[int]:
    """Return the instructions that load a constant: lui, addi."""
    low = (value & 0xFFF) - (0x1000 if value & 0x800 else 0)
    high = (value - low) >> 12 & 0xFFFFF
    return [high << 12 | register << 7 | 0x37, (low & 0xFFF) << 20 | register << 15
            | register << 7 | 0x13]  # fmt: skip


def store(address: int, register: int) -> list[int]:
    return [*li(6, address), register << 20 | 6 << 15 | 2 << 12 | 0x23]


def load(register: int, address: int) -> list[int]:
    return [*li(6, address), 6 << 15 | 2 << 12 | register << 7 | 0x03]


def custom(function: int, register: int, first: int, second: int) -> int:
    """Return an instruction of the opcode custom-0."""
    return second << 20 | first << 15 | function << 12 | register << 7 | 0x0B


def jump(register: int, offset: int) -> int:
    """Return jal: to an address, from here; where it comes from goes to a register."""
    return (
        (offset >> 20 & 1) << 31
        | (offset >> 1 & 0x3FF) << 21
        | (offset >> 11 & 1) << 20
        | (offset >> 12 & 0xFF) << 12
        | register << 7
        | 0x6F
    )


def until(value: int) -> list[int]:
    """Return the instructions that go back to the load of x7 before, until it gives a value."""
    back = -16 & 0x1FFF
    branch = (
        (back >> 12) << 31
        | (back >> 5 & 0x3F) << 25
        | (back >> 1 & 0xF) << 8
        | (back >> 11 & 1) << 7
    )
    return [(-value & 0xFFF) << 20 | 7 << 15 | 5 << 7 | 0x13, branch | 5 << 15 | 1 << 12 | 0x63]


def vectors(folder: Path, top: str, name: str) -> list[int]:
    text = (folder / f"tb/{top}_{name}.mem").read_text().split()
    return [int(line, 16) for line in text[:N_SAMPLES]]


def compiled(folder: Path, top: str) -> list[int]:
    """Return the words of `run` of the header, for any address: a0, the sample, to a0."""
    need_program("ld.lld")
    (folder / "run.c").write_text(
        f'#include "{top}.h"\n'
        f"uint32_t run(const uint32_t *x) {{ {top}_enable(); return {top}_run(x); }}\n"
    )
    flags = ["--target=riscv32", "-march=rv32i", "-O2", "-ffreestanding", "-nostdlib", "-Werror"]
    flags += ["-Wall", "-Wextra", "-fuse-ld=lld", "-Wl,--oformat=binary,-Ttext=0,-e,run"]
    command = [need_program("clang"), *flags, "-I", str(folder), "run.c", "-o", "run.bin"]
    subprocess.run(command, check=True, cwd=folder)
    return [int(n) for n in np.frombuffer((folder / "run.bin").read_bytes(), "<u4")]


def program(kits: dict[str, tuple[Core, Path]]) -> tuple[list[int], list[int]]:
    """Return the program, and what it writes to RESULT: the answers by CSR, Wishbone and CFU."""
    code: list[int] = []
    wanted: list[int] = []

    def tell(register: int, value: int) -> None:
        code.extend(store(CSR + 0x800 * RESULT, register))
        wanted.append(value)

    made, folder = kits["plain"]
    n_words = -(-made.interface.n_inputs // 32)
    n_answer = -(-made.interface.n_outputs // 32)
    inputs, answers = vectors(folder, "iris", "inputs"), vectors(folder, "iris", "expected")
    for sample, answer in zip(inputs, answers, strict=True):
        for i, word in reversed(list(enumerate(words(sample, n_words)))):
            code += [*li(5, word), *store(CSR + 0x800 * LUTGEN + 4 * (n_words - 1 - i), 5)]
        code += load(7, CSR + 0x800 * LUTGEN + 4 * (n_words + n_answer))
        code += until(1)
        for i, word in enumerate(words(answer, n_answer)):
            code += load(7, CSR + 0x800 * LUTGEN + 4 * (n_words + n_answer - 1 - i))
            tell(7, word)

    made, folder = kits["wishbone"]
    design = make_design(made, "wishbone")
    registers = design.registers
    assert registers
    n_sample, n_answer = design.word_counts
    for sample, answer in zip(vectors(folder, design.top, "inputs"),
                              vectors(folder, design.top, "expected"), strict=True):  # fmt: skip
        for i, word in enumerate(words(sample, n_sample)):
            code += [*li(5, word), *store(SLAVE + registers["SAMPLE"].offset + 4 * i, 5)]
        code += [*li(5, 1), *store(SLAVE + registers["CONTROL"].offset, 5)]
        code += load(7, SLAVE + registers["STATUS"].offset)
        code += until(2)
        tell(7, 2)
        for i, word in enumerate(words(answer, n_answer)):
            code += load(7, SLAVE + registers["ANSWER"].offset + 4 * i)
            tell(7, word)

    made, folder = kits["cfu"]
    design = make_design(made, "cfu")
    n_sample, n_answer = design.word_counts
    called = compiled(folder, design.top)
    assert not {custom(function, 0, 0, 0) & 0x707F for function in (0, 1)} - {
        word & 0x707F for word in called
    }
    code.append(jump(0, 4 * (len(called) + 1)))
    at_run = len(code)
    code += called
    for sample, answer in zip(vectors(folder, design.top, "inputs"),
                              vectors(folder, design.top, "expected"), strict=True):  # fmt: skip
        code.append(jump(0, 4 * (n_sample + 1)))
        at_sample = len(code)
        code += words(sample, n_sample)
        code += li(10, 4 * at_sample)
        code.append(jump(1, 4 * (at_run - len(code))))  # x1: where to return to
        tell(10, words(answer, 1)[0])
    for sample, answer in zip(vectors(folder, design.top, "inputs"),
                              vectors(folder, design.top, "expected"), strict=True):  # fmt: skip
        for i, word in enumerate(words(sample, n_sample)):
            code += [*li(8, i), *li(9, word), custom(0, 0, 8, 9)]
        code.append(custom(1, 7, 0, 0))
        tell(7, words(answer, 1)[0])
        for i, word in enumerate(words(answer, n_answer)):
            code += [*li(8, i), custom(2, 7, 8, 0)]
            tell(7, word)
    return [*code, jump(0, 0)], wanted  # and stands still


SOC = """
import importlib.util, json, sys
from pathlib import Path
from migen import *
from litex.gen import LiteXModule
from litex.build.generic_platform import Pins
from litex.build.sim import SimPlatform
from litex.soc.integration.soc_core import SoCCore
from litex.soc.integration.soc import SoCRegion
from litex.soc.interconnect.csr import CSRStorage

job = json.loads(Path("job.json").read_text())
io = [("sys_clk", 0, Pins(1)), ("sys_rst", 0, Pins(1)),
      ("result", 0, Pins(32)), ("strobe", 0, Pins(1))]


def core_of(path):
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.LutgenCore


class Result(LiteXModule):
    def __init__(self, platform):
        self.value = CSRStorage(32)
        self.comb += platform.request("result").eq(self.value.storage)
        strobe = platform.request("strobe")
        self.sync += strobe.eq(self.value.re)


class Clocks(LiteXModule):
    def __init__(self, platform):
        self.cd_sys = ClockDomain()
        self.comb += self.cd_sys.clk.eq(platform.request("sys_clk"))
        self.comb += self.cd_sys.rst.eq(platform.request("sys_rst"))


class Soc(SoCCore):
    csr_map = {"lutgen": job["lutgen"], "result": job["result"]}

    def __init__(self, platform):
        self.crg = Clocks(platform)
        SoCCore.__init__(self, platform, 100e6, cpu_type="vexriscv", cpu_variant="full+cfu",
            cpu_cfu=job["cfu"],
            integrated_rom_size=4 * len(job["program"]), integrated_rom_init=job["program"],
            integrated_sram_size=0x400, with_uart=False, with_timer=False, ident="",
            ident_version=False)
        for path in job["cfu_sources"]:
            platform.add_source(path)
        self.lutgen = core_of(job["plain"])(platform)
        self.result = Result(platform)
        self.slave = slave = core_of(job["wishbone"])(platform)
        self.irq.add("slave")
        self.bus.add_slave("slave", slave.bus,
            SoCRegion(origin=job["slave"], size=slave.SIZE, cached=False))


platform = SimPlatform("SIM", io, name="soc")
soc = Soc(platform)
soc.finalize()
assert soc.csr_regions["lutgen"].origin == job["csr"] + 0x800 * job["lutgen"]
output = platform.get_verilog(soc, name="soc")
output.write("soc.v")
sources = [item[0] for item in platform.sources]
Path("sources.json").write_text(json.dumps(sources))
"""

BENCH = """
`timescale 1ns/1ps
module bench;
  reg clk = 0, rst = 1;
  wire [31:0] result;
  wire strobe;
  integer n = 0;
  soc dut (.sys_clk(clk), .sys_rst(rst), .result(result), .strobe(strobe));
  always #5 clk = !clk;
  always @(posedge clk) if (strobe) begin
    $display("result %0d", result);
    n = n + 1;
    if (n == N_RESULTS) $finish;
  end
  initial begin
    #100 rst = 0;
    #N_NANOSECONDS $finish;
  end
endmodule
"""


def run(folder: Path, kits: dict[str, tuple[Core, Path]]) -> tuple[list[int], list[int]]:
    """Build the SoC, run its program in Icarus, and return what it wrote, and what it had to."""
    import json

    code, wanted = program(kits)
    top = make_design(kits["cfu"][0], "cfu").top
    cfu = kits["cfu"][1]
    job: dict[str, Any] = {
        "program": code,
        "csr": CSR,
        "lutgen": LUTGEN,
        "result": RESULT,
        "slave": SLAVE,
        "cfu": str(cfu / "cfu/cfu.v"),
        "cfu_sources": [str(cfu / f"rtl/{name}.v") for name in (top, "iris_c", "lutgen_cfu")],
        "plain": str(kits["plain"][1] / "litex/iris_litex.py"),
        "wishbone": str(kits["wishbone"][1] / "litex/iris_w_litex.py"),
    }
    (folder / "job.json").write_text(json.dumps(job))
    (folder / "soc.py").write_text(SOC)
    done = subprocess.run(
        [sys.executable, "soc.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    bench = BENCH.replace("N_RESULTS", str(len(wanted))).replace(
        "N_NANOSECONDS", str(500 * len(code))
    )
    (folder / "bench.v").write_text(bench)
    sources = json.loads((folder / "sources.json").read_text())
    tool = find_icarus()
    words_ = [str(tool.path), "-g2012", "-s", "bench", "-o", "sim", "bench.v", "soc.v", *sources]
    done = subprocess.run(words_, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    vvp = str(tool.path.with_name("vvp"))
    done = subprocess.run(
        [vvp, "-N", "sim"], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    found = [int(number) for number in re.findall(r"^result (\d+)$", done.stdout, re.MULTILINE)]
    return found, wanted


@pytest.fixture(scope="module")
def kits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Core, Path]]]:
    need_module("litex", "pip install litex")
    need_module("pythondata_cpu_vexriscv", "pip install pythondata-cpu-vexriscv")
    made = {
        "plain": core(module="iris", scores=True, reset="low", enable=True),
        "wishbone": core(module="iris_w", scores=True),
        "cfu": core(module="iris_c", scores=True),
    }
    folders = {shell: tmp_path_factory.mktemp(shell) for shell in made}
    for shell, item in made.items():
        export(item, folders[shell], shell=shell, X=X)
    yield {shell: (item, folders[shell]) for shell, item in made.items()}


def test_a_processor_asks_by_csr_wishbone_and_instruction(
    tmp_path: Path, kits: dict[str, tuple[Core, Path]]
) -> None:
    found, wanted = run(tmp_path, kits)
    assert found == wanted and len(set(wanted)) > 3 * 3


def test_a_wrong_address_is_seen(tmp_path: Path, kits: dict[str, tuple[Core, Path]]) -> None:
    made, folder = kits["wishbone"]
    path = folder / "litex/iris_w_litex.py"
    text = path.read_text()
    path.write_text(
        text.replace("Cat(Constant(0, 2), bus.adr[:10])", "Cat(Constant(0, 3), bus.adr[:9])")
    )
    assert path.read_text() != text
    found, wanted = run(tmp_path, {**kits, "wishbone": (made, folder)})
    path.write_text(text)
    n_plain = N_SAMPLES * -(-kits["plain"][0].interface.n_outputs // 32)
    assert found[:n_plain] == wanted[:n_plain] and found != wanted


STREAM = """
import importlib.util, sys
from migen import *
from litex.build.generic_platform import Pins
from litex.build.sim import SimPlatform

path, width_in, width_out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
spec = importlib.util.spec_from_file_location("core", path)
core = importlib.util.module_from_spec(spec)
spec.loader.exec_module(core)
widths = dict(aclk=1, aresetn=1, s_axis_tdata=width_in, s_axis_tvalid=1, s_axis_tready=1,
    s_axis_tlast=1, m_axis_tdata=width_out, m_axis_tvalid=1, m_axis_tready=1, m_axis_tlast=1,
    m_axis_tuser=1, m_axis_tkeep=width_out // 8)
platform = SimPlatform("SIM", [(name, 0, Pins(width)) for name, width in widths.items()])
pads = {name: platform.request(name) for name in widths}


class Top(Module):
    def __init__(self):
        self.clock_domains.cd_sys = ClockDomain()
        self.submodules.core = wrapped = core.LutgenCore(platform)
        sink, source = wrapped.sink, wrapped.source
        self.comb += [
            self.cd_sys.clk.eq(pads["aclk"]), self.cd_sys.rst.eq(~pads["aresetn"]),
            sink.data.eq(pads["s_axis_tdata"]), sink.valid.eq(pads["s_axis_tvalid"]),
            pads["s_axis_tready"].eq(sink.ready), sink.last.eq(pads["s_axis_tlast"]),
            pads["m_axis_tdata"].eq(source.data), pads["m_axis_tvalid"].eq(source.valid),
            source.ready.eq(pads["m_axis_tready"]), pads["m_axis_tlast"].eq(source.last),
            pads["m_axis_tuser"].eq(source.short), pads["m_axis_tkeep"].eq(2**(width_out // 8) - 1),
        ]


platform.get_verilog(Top(), name="wrapped").write("wrapped.v")
"""


def test_streams_of_litex_pass_the_kits_bench(tmp_path: Path) -> None:
    need_module("litex", "pip install litex")
    made = core(scores=True)
    record = export(made, tmp_path, shell="stream", X=X)
    ports = {port.name: port.width for port in make_design(made, "stream").ports}
    (tmp_path / "stream.py").write_text(STREAM)
    widths = [str(ports[name]) for name in ("s_axis_tdata", "m_axis_tdata")]
    path = tmp_path / "litex/iris_litex.py"
    text = path.read_text()
    for wrong in ("", "o_m_axis_tlast=source.first"):
        path.write_text(text.replace("o_m_axis_tlast=source.last", wrong) if wrong else text)
        words_ = [sys.executable, "stream.py", str(path), *widths]
        subprocess.run(words_, cwd=tmp_path, check=True, capture_output=True)
        told = simulated(tmp_path, record.top, "-DTOP=wrapped", sources=(tmp_path / "wrapped.v",))
        assert ("PASS" in told) == (not wrong)
