"""Running the bench in a simulator: what it accepts, refuses and leaves behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from needed import need_tool
from programs import wait_for

from lutgen.errors import ConfigError, DataError, ToolError
from lutgen.flow import simulate as module
from lutgen.flow.simulate import Mismatch, SimResult, simulate
from lutgen.flow.tools import find_icarus

TOP = """`default_nettype none
module top (input wire clk, input wire [4:0] x, output wire [1:0] y);
  wire parity = ^x;
  reg both;
  reg any;
  reg held;
  always @(posedge clk) both <= parity & x[0];
  always @(posedge clk) any <= |x;
  assign y = {any, both};
  always @(posedge clk) if (x[4]) held <= x[0];
endmodule
"""
LATENCY = 1


def answer(x: int) -> int:
    return (x != 0) << 1 | (x.bit_count() & x & 1)


def write_design(folder: Path, xs: list[int], ys: list[int]) -> None:
    (folder / "top.v").write_text(TOP)
    (folder / "in.mem").write_text("// inputs\n" + "".join(f"{x:02x}\n" for x in xs))
    (folder / "out.mem").write_text("".join(f"{y:x}\n" for y in ys))


def run(folder: Path, **options: object) -> SimResult:
    settings = {"latency": LATENCY, "build_dir": folder / "build", **options}
    return simulate(
        [folder / "top.v"],
        top="top",
        inputs=folder / "in.mem",
        expected=folder / "out.mem",
        **settings,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("simulator", ["verilator", "icarus"])
def test_mismatches_are_counted_and_nets_read(tmp_path: Path, simulator: str) -> None:
    if simulator == "icarus":
        need_tool(find_icarus)
    xs = list(range(32)) * 2
    ys = [answer(x) for x in xs]
    for wrong in (5, 40):
        ys[wrong] ^= 2
    write_design(tmp_path, xs, ys)
    result = run(tmp_path, nets=["parity", "both", "absent"], simulator=simulator)
    assert (result.n_vectors, result.n_equal, result.passed) == (64, 62, False)
    assert result.mismatches == (Mismatch(5, "00", "10"), Mismatch(40, "00", "10"))
    assert result.net_values == {"parity": "0", "both": "0"}
    assert result.build_seconds > 0 and result.run_seconds > 0
    assert [cycle.x for cycle in result.cycles] == [f"{x:x}" for x in xs[:16]]
    seen = [int(cycle.y, 2) for cycle in result.cycles[LATENCY:]]
    assert seen == [answer(x) for x in xs[: 16 - LATENCY]]  # as it is, whatever was expected
    results = next((tmp_path / "build").rglob("results.xml"))
    assert ElementTree.parse(results).find(".//failure") is not None  # cocotb's own verdict


@pytest.mark.parametrize("wrong", [(), (7, 61), (70,)])
def test_parts_that_run_at_once_are_one_simulation(
    tmp_path: Path, wrong: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "n_processors", lambda: 3)
    monkeypatch.setattr(module, "_FEWEST_A_PART", 20)
    xs = [x * 7 % 32 for x in range(75)]
    ys = [answer(x) for x in xs]
    for place in wrong:
        ys[place] ^= 1
    write_design(tmp_path, xs, ys)
    result = run(tmp_path, nets=["parity", "both"], n_filling=5)
    assert (result.n_vectors, result.n_equal) == (70, 70 - len(wrong))
    # samples are counted with those that fill, the first of a part likewise
    assert [found.sample for found in result.mismatches] == list(wrong)
    parity = xs[wrong[0]].bit_count() & 1 if wrong else 0
    assert result.net_values.get("parity", "0") == str(parity)
    assert [cycle.x for cycle in result.cycles] == [f"{x:x}" for x in xs[:16]]
    assert len(list((tmp_path / "build").glob("part*/result.json"))) == 3


def test_many_nets_are_read_in_a_second_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FEW_NETS", 1)
    write_design(tmp_path, [1, 2, 3], [answer(1), answer(2) ^ 1, answer(3)])
    result = run(tmp_path, nets=["parity", "both"])
    assert result.mismatches == (Mismatch(1, "11", "10"),)
    assert result.net_values == {"parity": "1", "both": "0"}
    assert (tmp_path / "build" / "diagnosis" / "result.json").exists()


def test_an_unknown_value_is_a_mismatch(tmp_path: Path) -> None:
    need_tool(find_icarus)
    write_design(tmp_path, [0, 1], [0, 3])
    text = TOP.replace("assign y = {any", "assign y = {held")
    (tmp_path / "top.v").write_text(text)
    result = run(tmp_path, simulator="icarus")
    assert result.mismatches[0] == Mismatch(0, "00", "X0")


@pytest.mark.parametrize(
    ("xs", "ys", "message"),
    [([], [], "has 0 vectors"), ([1], [1, 2], "has 1 vectors, .* has 2")],
)
def test_vectors_must_be_there_and_match(tmp_path: Path, xs, ys, message: str) -> None:
    write_design(tmp_path, xs, ys)
    with pytest.raises(DataError, match=message):
        run(tmp_path)
    assert not (tmp_path / "build").exists()


def test_missing_vectors_and_unknown_simulators(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read the vectors .*in\.mem"):
        run(tmp_path)
    with pytest.raises(ConfigError, match="unknown simulator 'vcs'; known: verilator, icarus"):
        run(tmp_path, simulator="vcs")


def test_broken_verilog_fails_with_the_error_and_leaves_no_result(tmp_path: Path) -> None:
    write_design(tmp_path, [0], [0])
    folder = tmp_path / "build"
    folder.mkdir()
    (folder / "build.json").write_text("{}")
    (folder / "result.json").write_text("{}")  # of an earlier run
    (tmp_path / "top.v").write_text(TOP.replace("endmodule", ""))
    with pytest.raises(ToolError, match=r"Verilator \(build\) failed .*%Error: .*top\.v"):
        run(tmp_path)
    assert not (folder / "result.json").exists()


def test_the_bench_refuses_a_latency_without_a_clock(tmp_path: Path) -> None:
    write_design(tmp_path, [0], [0])
    (tmp_path / "top.v").write_text("module top (input x, output y); assign y = x; endmodule\n")
    with pytest.raises(ToolError, match=r"the bench ended without a result; log: .*run\.log"):
        run(tmp_path)
    assert "a latency of 1 cycles needs a port clk" in (tmp_path / "build/run.log").read_text()


def test_ctrl_c_while_building_ends_all_and_leaves_no_result(tmp_path: Path) -> None:
    write_design(tmp_path, [0], [0])
    program = (
        "from pathlib import Path\n"
        "from lutgen.flow.simulate import simulate\n"
        "here = Path.cwd()\n"
        "simulate([here / 'top.v'], top='top', inputs=here / 'in.mem', latency=1,\n"
        "         expected=here / 'out.mem', build_dir=here / 'build')\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        env={**os.environ, "OBJCACHE": "sleep 300 && "},  # the compiler never comes to its turn
    )
    log = tmp_path / "build" / "build.log"
    wait_for(log, "sleep 300", process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert b"KeyboardInterrupt" in said
    assert processes_in(tmp_path) == []
    assert not (tmp_path / "build" / "result.json").exists()


def processes_in(folder: Path) -> list[str]:
    """Return the commands of the processes that work in a folder or below."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder.resolve()):
                found.append((process / "cmdline").read_text())
        except OSError:
            continue  # it has ended, or is not ours
    return found
