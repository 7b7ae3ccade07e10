"""Building a design for a bench: paths that are refused, settings that do not leak in."""

from __future__ import annotations

from pathlib import Path

import pytest
from needed import need_tool

from lutgen.errors import ConfigError, ToolError
from lutgen.flow import cocotb
from lutgen.flow.cocotb import Design, build_bench, find_simulator
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
    ("name", "said"),
    [
        ("my build", "a space"),
        ("tab\tbuild", "a space"),
        ("a#b", "the character #"),
        ("a:b", "the character :"),
        ("a;b", "the character ;"),
        ('a"b', 'the character "'),
    ],
)
def test_a_folder_that_makefiles_cannot_take_is_refused_before_work(
    tmp_path: Path, name: str, said: str
) -> None:
    folder = tmp_path / name
    with pytest.raises(ConfigError) as found:
        build_bench("bench_core", design(tmp_path), folder=folder)
    assert str(found.value) == (
        f"{folder}: Verilator cannot build with a path that has {said}; choose another folder (-o)"
    )
    assert not folder.exists()


def test_a_source_may_lie_beside_a_space_but_not_beside_a_colon(tmp_path: Path) -> None:
    bench = build_bench("bench_core", design(tmp_path / "a b#c"), folder=tmp_path / "bench")
    assert bench.build_seconds > 0 and (bench.folder / "build.log").is_file()
    with pytest.raises(ConfigError, match=r"top\.v: .* has the character :; move it to another"):
        build_bench("bench_core", design(tmp_path / "a:b"), folder=tmp_path / "bench")


def test_icarus_takes_any_folder(tmp_path: Path) -> None:
    need_tool(find_icarus)
    build_bench("bench_core", design(tmp_path / "a:b"), folder=tmp_path / 'a #:;"b',
                simulator="icarus")  # fmt: skip


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

    def run(*_: object, environment: dict[str, str], **__: object) -> float:
        seen.update(environment)
        return 0.0

    monkeypatch.setattr(cocotb, "run", run)
    for name in ("COCOTB_TEST_FILTER", "LUTGEN_RESULT", "WAVES", "MAKEFLAGS"):
        monkeypatch.setenv(name, "from outside")
    build_bench("bench_core", design(tmp_path), folder=tmp_path / "bench")
    assert not {"COCOTB_TEST_FILTER", "LUTGEN_RESULT", "WAVES"} & set(seen)
    assert "from outside" not in seen["MAKEFLAGS"] and "OPT_FAST=-O0" in seen["MAKEFLAGS"]
    build_bench("bench_core", design(tmp_path), folder=tmp_path / "bench", fast=True)
    assert "OPT_FAST=-O1" in seen["MAKEFLAGS"]
