"""The contest: its page is its record's, and what is compared is the same function."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from needed import need_tool

from lutgen.bits import Bits
from lutgen.files import read_json
from lutgen.flow.tools import find_yosys
from lutgen.importers import import_file
from lutgen.model import LutNetwork

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
contest: Any = __import__("contest")
imported: Any = __import__("imported")
sys.path.remove(str(BENCHMARKS))

# what Vivado writes of y = x0 and (x1 or x2), a register in between
VIVADO = """`timescale 1 ps / 1 ps
module logicnet (M0, clk, rst, M2);
  input [2:0]M0;
  input clk;
  input rst;
  output [0:0]M2;
  wire either;
  wire kept;
  LUT2 #(.INIT(4'hE)) a (.I0(M0[1]), .I1(M0[2]), .O(either));
  FDRE #(.INIT(1'b0)) b (.C(clk), .CE(1'b1), .D(either), .Q(kept), .R(rst));
  LUT2 #(.INIT(4'h8)) c (.I0(M0[0]), .I1(kept), .O(M2));
endmodule
`ifndef GLBL
`endif
"""


def small() -> LutNetwork:
    return LutNetwork.from_luts(3, [((1, 2), 0xE), ((0, 3), 0x8)], outputs=[4], layers=[1, 2])


def test_the_page_is_that_of_the_record() -> None:
    record = read_json(imported.RECORD)
    assert contest.PAGE.read_text(encoding="utf-8") == contest.page(record)
    wrong = [row for part in ("logicnets", "gates", "dwn", "learnt") for row in record[part]
             if not row["ours"]["proved"]]  # fmt: skip
    assert not wrong and all(row["proved"] for row in (*record["logic"], *record["proofs"]))
    assert all(row["rows equal"][0] == row["rows equal"][1] for row in record["fixtures"])
    pins = [check for row in record["bitstreams"] for check in row["pins"]]
    assert len(pins) == 4 and all(check["equal"] == check["samples"] == 200 for check in pins)


@pytest.mark.parametrize(("change", "same"), [("", True), ("4'h8", False)])
def test_vivados_netlist_is_compared(change: str, same: bool, tmp_path: Path) -> None:
    need_tool(find_yosys)
    path = tmp_path / "logicnet_post_synth.v"
    path.write_text(VIVADO.replace(change, "4'h9") if change else VIVADO)
    assert imported.equal(small(), imported.vivado_netlist(path, 3, tmp_path)) == same


def test_layers_one_by_one_are_the_network() -> None:
    first, second = imported.one_by_one(small())
    assert (first.n_inputs, second.n_inputs) == (2, 2)
    X = (np.arange(8)[:, None] >> np.arange(3) & 1).astype(np.uint8)
    either = first.predict(X[:, 1:]).reshape(-1, 1)
    both = second.predict(np.hstack([X[:, :1], either.astype(np.uint8)]))
    assert np.array_equal(both.ravel(), small().predict(X).ravel())


def test_gates_as_text_answer_as_the_import(tmp_path: Path) -> None:
    need_tool(find_yosys)
    draw = np.random.default_rng(5)
    path = tmp_path / "gates.npz"
    np.savez(
        path, n_inputs=8, n_outputs=9, n_classes=3, op=draw.integers(16, size=40),
        a=draw.integers(8, size=40), b=draw.integers(8, size=40),
    )  # fmt: skip
    (tmp_path / "circuit.v").write_text(imported.difflogic_verilog(path))
    theirs = import_file(tmp_path / "circuit.v", "verilog").network
    X = (np.arange(256)[:, None] >> np.arange(8) & 1).astype(np.uint8)
    number = theirs.predict(X) @ (1 << np.arange(2))
    assert np.array_equal(number, import_file(path).network.class_numbers(Bits.from_dense(X)))
