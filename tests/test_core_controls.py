"""Reset and clock enable of a core's registers: in Verilog, VHDL and Amaranth; faults are seen."""

import re
from pathlib import Path

import pytest
from kits import X, core, network
from test_kit import ghdl, simulated

from lutgen.board.shell import CorePorts, stream_sources, stream_top
from lutgen.core import Core, CoreConfig
from lutgen.core.controls import NO_RESET, RESETS, Controls
from lutgen.emit.forms import get_form
from lutgen.emit.verilog import core_verilog
from lutgen.errors import ConfigError, NetlistError
from lutgen.flow.lint import lint
from lutgen.jobs.export import export
from lutgen.jobs.synthesise import synthesise
from lutgen.verify.compare import check_rtl, check_synthesised, require_equal
from lutgen.verify.prove import prove_synthesised, prove_verilog, require_proved

KINDS = [(reset, enable) for reset in RESETS for enable in (False, True)]


def controlled(reset: str, enable: bool, chip: str = "generic", names: str = "plain") -> Core:
    return core(chip, reset=reset, enable=enable, port_names=names)


@pytest.mark.parametrize(("reset", "enable"), KINDS)
def test_every_kind_is_proved_and_its_bench_passes(
    tmp_path: Path, reset: str, enable: bool
) -> None:
    names = "axi" if reset.endswith("low") else "plain"
    made = controlled(reset, enable, names=names)
    require_proved([prove_verilog(made, tmp_path / "proof")])
    record = export(made, tmp_path / "kit", X=X)
    assert "PASS: 40 answers" in simulated(tmp_path / "kit", record.top)
    assert lint([tmp_path / "kit/rtl/iris.v"], top="iris") == []
    ports = re.findall(r"input  wire (\w+),", (tmp_path / "kit/rtl/iris.v").read_text())
    assert tuple(ports) == made.config.controls.names
    assert ("aclk" in ports) == (names == "axi")
    for port in ports:
        assert f"| `{port}` | input | 1 |" in (tmp_path / "kit/README.md").read_text()


FAULTS = {
    "the reset of one register": (
        "high", True, r"if \(rst\) (\w+) <= 1'b0; else (?=if \(ce\) \w+ <= \w+;\n  reg)", ""),
    "the level of the reset": ("async-low", False, r"if \(!rst_n\)", "if (rst_n)"),
    "a reset to one": ("low", False, r"if \(!rst_n\) (\w+) <= 1'b0", r"if (!rst_n) \1 <= 1'b1"),
    "an asynchronous reset that waits": ("async-high", True, r" or posedge rst", ""),
    "the enable of all": (NO_RESET, True, r"if \(ce\) ", ""),
    "the level of the enable": ("high", True, r"if \(ce\)", "if (!ce)"),
    "the enable before the reset": (
        "high", True, r"if \(rst\) (\w+) <= 1'b0; else if \(ce\)",
        r"if (ce) if (rst) \1 <= 1'b0; else"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_planted_faults_are_refused_and_fail_the_bench(
    tmp_path: Path, fault: tuple[str, bool, str, str]
) -> None:
    reset, enable, right, wrong = fault
    made = controlled(reset, enable)
    planted, n_planted = re.subn(right, wrong, core_verilog(made))
    assert n_planted
    with pytest.raises(NetlistError, match=r"register|\$|active|reset"):
        prove_verilog(made, tmp_path / "proof", verilog=planted)
    record = export(made, tmp_path / "kit", X=X)
    (tmp_path / "kit/rtl/iris.v").write_text(planted)
    assert "PASS" not in simulated(tmp_path / "kit", record.top)


def test_primitives_stay_and_registers_are_inferred(tmp_path: Path) -> None:
    made = controlled("low", True, "ice40")
    text = core_verilog(made)
    assert "SB_LUT4" in text and "SB_DFF" not in text
    x = made.interface.samples(X)
    require_proved([prove_verilog(made, tmp_path / "proof")])
    require_equal([check_rtl(made, x, tmp_path / "rtl", simulator="icarus")])
    with pytest.raises(ConfigError, match=r"no primitives yet, and mode direct .* optimised"):
        synthesise(made, folder=tmp_path)
    result = synthesise(made, "optimised", folder=tmp_path)
    assert any(name.startswith("SB_DFFE") for name in result.cells), result.cells
    synth = tmp_path / "synth"
    require_equal([check_synthesised(made, x, result, synth, tmp_path / "s", simulator="icarus")])
    with pytest.raises(ConfigError, match="simulated, not proved"):
        prove_synthesised(made, result, synth)


def test_names_without_a_reset_are_names_alone(tmp_path: Path) -> None:
    made = core("ice40", port_names="axi")
    text = core_verilog(made)
    assert "SB_DFF" in text and ".C(aclk)" in text and "input  wire aclk," in text
    require_proved([prove_verilog(made, tmp_path)])


def test_shells_reset_their_core(tmp_path: Path) -> None:
    made = controlled("async-low", True)
    shape = CorePorts.of(made)
    assert ".rst_n(!rst), .ce(1'b1), " in stream_top(shape)
    sources = {"iris.v": core_verilog(made), "lutgen_axis.v": stream_top(shape)}
    for name, text in sources.items():
        (tmp_path / name).write_text(text)
    assert (
        lint([*(tmp_path / name for name in sources), *stream_sources()], top="lutgen_axis") == []
    )
    for shell in ("stream", "wishbone"):
        record = export(made, tmp_path / shell, shell=shell, X=X)
        assert "PASS" in simulated(tmp_path / shell, record.top)


def test_the_vhdl_entity_has_them(tmp_path: Path) -> None:
    export(controlled("low", True, names="axi"), tmp_path, language="vhdl", X=X)
    ghdl(tmp_path, "-a", "--std=08", "vhdl/iris_pkg.vhd", "vhdl/iris_vhdl.vhd")
    verilog = ghdl(tmp_path, "--synth", "--std=08", "--out=verilog", "iris_vhdl")
    wrapper = tmp_path / "wrapper.v"
    blackbox = re.compile(r"^module iris\n.*?^endmodule\n", re.MULTILINE | re.DOTALL)
    wrapper.write_text(blackbox.sub("", verilog))
    assert "PASS" in simulated(tmp_path, "iris", "-DTOP=iris_vhdl", sources=(wrapper,))


def test_amaranth_resets_registers() -> None:
    pytest.importorskip("amaranth")
    from amaranth.hdl import EnableInserter, ResetInserter, Signal
    from amaranth.sim import Simulator

    from lutgen.emit.amaranth import LutNetworkFunction

    made = core(reset="high", enable=True)
    x = made.interface.samples(X)
    rows = [int("".join(map(str, row[::-1])), 2) for row in x.to_dense()]
    y = made.interface.answers(x).to_dense()
    wanted = [int("".join(map(str, row[::-1])), 2) for row in y]
    function = LutNetworkFunction(network(), made.config)
    reset, enable = Signal(), Signal(init=1)
    top = ResetInserter(reset)(EnableInserter(enable)(function))
    seen = []

    async def bench(ctx):  # type: ignore[no-untyped-def]
        for row in rows:
            ctx.set(function.x, row)
            for _ in range(made.netlist.latency):
                await ctx.tick()
            seen.append(ctx.get(function.y))
            ctx.set(enable, 0)
            ctx.set(function.x, ~row & ((1 << len(function.x)) - 1))
            await ctx.tick().repeat(2)
            assert ctx.get(function.y) == seen[-1]
            ctx.set(enable, 1)
        assert any(seen)
        ctx.set(reset, 1)
        await ctx.tick()
        assert ctx.get(function.y) == 0

    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert seen == wanted


def test_what_cannot_be_had_is_refused() -> None:
    with pytest.raises(ConfigError, match="no reset 'sync'; there are: none, high, low"):
        CoreConfig(reset="sync", pipeline=1)
    with pytest.raises(ConfigError, match="no port names 'xilinx'; there are: plain, axi"):
        CoreConfig(port_names="xilinx")
    with pytest.raises(ConfigError, match="the core has none: give --pipeline"):
        CoreConfig(enable=True)
    for form in ("blif", "aiger"):
        with pytest.raises(ConfigError, match="no registers with reset or clock enable"):
            get_form(form).write(controlled("high", False))
    assert Controls().idle == {}
