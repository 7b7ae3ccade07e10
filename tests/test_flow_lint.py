"""Linting with Verilator."""

from pathlib import Path

from lutgen.flow.lint import lint

CLEAN = """`default_nettype none
module top (input wire [1:0] x, output wire [0:0] y);
  assign y = {^x};
endmodule
"""


def test_clean_verilog_has_no_warning(tmp_path: Path) -> None:
    path = tmp_path / "top.v"
    path.write_text(CLEAN)
    assert lint([path], top="top") == []


def test_warnings_and_errors_are_returned(tmp_path: Path) -> None:
    path = tmp_path / "top.v"
    path.write_text(CLEAN.replace("{^x}", "{x[0]}"))
    (warning,) = lint([path], top="top")
    assert warning.startswith("%Warning-UNUSEDSIGNAL") and "'x'[1]" in warning
    path.write_text(CLEAN.replace("assign", "assing"))
    errors = lint([path], top="top")
    assert errors and all(line.startswith("%Error") for line in errors)
