"""Models of primitives that are lutgen's own, against those that Yosys has of the same cells."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from lutgen.chips.registry import get_family
from lutgen.errors import ToolError
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_yosys

CELLS = {
    "cyclonev": ("intel_alm/common/alm_sim.v", "intel_alm/common/dff_sim.v"),
    "polarfire": ("microchip/cells_sim.v",),
}
_SCRIPT = """
read_verilog -DYOSYS gold.v
hierarchy -top gold
proc
flatten
async2sync
design -stash gold
read_verilog gate.v
hierarchy -check -top gate
proc
flatten
async2sync
design -stash gate
design -copy-from gold gold
design -copy-from gate gate
miter -equiv -flatten -make_outputs gold gate miter
hierarchy -top miter
sat -verify -tempinduct -set-init-undef -set-def-inputs -prove trigger 0 -seq 2 miter
"""


def everything(family: str, models: str, module: str) -> str:
    """Return a module of every primitive but those that Yosys has no whole model of."""
    rng = np.random.default_rng(1)
    lines = []
    for primitive in get_family(family).primitives.values():
        if primitive.name == "SLE":  # see the models
            continue
        k = len(primitive.inputs)
        pins = [f".{port}(x[{j}])" for j, port in enumerate(primitive.inputs)]
        pins += [f".{port}(x[{k + j}])" for j, (port, _) in enumerate(primitive.ties)]
        if primitive.clock:
            pins.append(f".{primitive.clock}(clk)")
        table = int.from_bytes(rng.bytes(8), "little") & ((1 << (1 << k)) - 1)
        init = f"#(.{primitive.init}({1 << k}'h{table:x}))" if primitive.init else ""
        pins.append(f".{primitive.output}(y[{len(lines)}])")
        lines.append(f"{primitive.name} {init} u{len(lines)} ({', '.join(pins)});")
    ports = f"input clk, input [5:0] x, output [{len(lines) - 1}:0] y"
    return "\n".join([models, f"module {module} ({ports});", *lines, "endmodule\n"])


@pytest.mark.parametrize("family", CELLS)
def test_own_models_are_as_yosys_has_them(family: str, tmp_path: Path) -> None:
    tool = find_yosys()
    assert tool.data is not None
    theirs = "\n".join((tool.data / name).read_text() for name in CELLS[family])
    needed = {primitive.module for primitive in get_family(family).primitives.values()}
    texts = [match[0] for match in re.finditer(r"^module (\w+)\b.*?^endmodule", theirs, re.M | re.S)
             if match[1] in needed - {"SLE"}]  # fmt: skip
    assert len(texts) == len(needed - {"SLE"})
    path = get_family(family).models_path
    assert path is not None
    gate = everything(family, path.read_text(), "gate")
    (tmp_path / "gold.v").write_text(everything(family, "\n".join(texts), "gold"))
    (tmp_path / "prove.ys").write_text(_SCRIPT)

    def prove(text: str) -> None:
        (tmp_path / "gate.v").write_text(text)
        run([tool.path, "prove.ys"], what="proof", cwd=tmp_path, log=tmp_path / "log",
            environment=subprocess_environment(tool.environment))  # fmt: skip

    prove(gate)
    for right, wrong in (
        ("[{D, C, B, A}]", "[{C, D, B, A}]"),
        ("SDATA : DATAIN", "DATAIN : SDATA"),
    ):
        if right in gate:
            with pytest.raises(ToolError, match="proof failed"):
                prove(gate.replace(right, wrong, 1))
