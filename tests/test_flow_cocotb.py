"""Building a design for a bench: paths that makefiles cannot take, settings that do not leak in."""

from __future__ import annotations

from pathlib import Path

import pytest
from needed import need_tool

from lutgen.errors import ConfigError, ToolError
from lutgen.flow import cocotb
from lutgen.flow.cocotb import Design, build_bench, find_simulator
from lutgen.flow.process import Ended, Job
from lutgen.flow.simulate import simulate
from lutgen.flow.tools import find_icarus, is_enough

TOP = """module top (input wire clk, input wire [1:0] x, output wire [0:0] y);
  assign y = {^x};
endmodule
"""
ELABORATION_TASK = """module part #(parameter N = 1) (input a);
  generate
    if (N != 1) begin
      $error("no such part");
    end
  endgenerate
endmodule
"""


def design(folder: Path, text: str = TOP) -> Design:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "top.v").write_text(text)
    return Design((folder / "top.v",), "top", ("clk", "x"), ("y",))


@pytest.mark.parametrize(
    ("simulator", "name"), [("verilator", 'a b:c#d;e"f\tg'), ("icarus", 'a b:"c')]
)
def test_a_folder_that_makefiles_cannot_take_is_not_built_in(
    tmp_path: Path, simulator: str, name: str
) -> None:
    need_tool(lambda: find_simulator(simulator))
    folder = tmp_path / name
    source = design(folder / "source").sources[0]
    (folder / "inputs.mem").write_text("1\n3\n0\n")
    (folder / "expected.mem").write_text("1\n0\n0\n")
    result = simulate(
        [source],
        top="top",
        inputs=folder / "inputs.mem",
        expected=folder / "expected.mem",
        latency=0,
        build_dir=folder / "simulation",
        simulator=simulator,
    )
    assert result.passed and result.n_vectors == 3
    assert (folder / "simulation" / "build.log").is_file()
    assert not (folder / "simulation" / "build").exists()


def test_a_folder_for_temporary_files_can_be_no_better(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a:b"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with pytest.raises(ConfigError, match=r"a:b/lutgen-.* has the character :; .* TMPDIR"):
        build_bench("bench_core", design(tmp_path), folder=folder / "bench")
    assert not (folder / "bench").exists()


def test_a_source_may_lie_beside_a_space(tmp_path: Path) -> None:
    bench = build_bench("bench_core", design(tmp_path / "a b#c"), folder=tmp_path / "bench")
    assert bench.build_seconds > 0 and (bench.folder / "build.log").is_file()
    assert (bench.folder / "build").is_dir()


def test_an_icarus_that_is_too_old_for_a_file_is_named(tmp_path: Path) -> None:
    tool = need_tool(find_icarus)
    text = TOP.replace("assign", "part part (x[0]);\n  assign") + ELABORATION_TASK
    if is_enough(tool.version, "12"):
        build_bench("bench_core", design(tmp_path, text), folder=tmp_path, simulator="icarus")
        return
    with pytest.raises(ToolError) as found:
        build_bench("bench_core", design(tmp_path, text), folder=tmp_path / "b", simulator="icarus")
    assert f"{tool} is too old for {tmp_path / 'top.v'}, which has $error" in str(found.value)
    assert "12 or newer is needed, or use verilator; log: " in str(found.value)
    with pytest.raises(ToolError, match=r"Icarus Verilog \(build\) failed .*syntax error"):
        build_bench("bench_core", design(tmp_path, "module top (;"), folder=tmp_path / "b",
                    simulator="icarus")  # fmt: skip


def test_unknown_simulators_are_refused() -> None:
    with pytest.raises(ConfigError, match="unknown simulator 'vcs'; known: verilator, icarus"):
        find_simulator("vcs")


def test_settings_of_the_surroundings_do_not_reach_the_bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, str] = {}

    def run_together(jobs: list[Job], **_: object) -> list[Ended]:
        seen.update(jobs[0].environment or {})
        return [Ended(0, 0.0)]

    monkeypatch.setattr(cocotb, "run_together", run_together)
    for name in ("COCOTB_TEST_FILTER", "LUTGEN_RESULT", "WAVES", "MAKEFLAGS"):
        monkeypatch.setenv(name, "from outside")
    build_bench("bench_core", design(tmp_path), folder=tmp_path / "bench")
    assert not {"COCOTB_TEST_FILTER", "LUTGEN_RESULT", "WAVES"} & set(seen)
    assert "from outside" not in seen["MAKEFLAGS"] and "OPT_FAST=-O0" in seen["MAKEFLAGS"]
    build_bench("bench_core", design(tmp_path), folder=tmp_path / "bench", fast=True)
    assert "OPT_FAST=-O1" in seen["MAKEFLAGS"]
