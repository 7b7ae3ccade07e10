"""Static timing from SDF: a routed design of two registers, in the words of nextpnr."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "benchmarks" / "sdf.py"
SPEC = importlib.util.spec_from_file_location("sdf", SOURCE)
assert SPEC is not None and SPEC.loader is not None
sdf = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(sdf)

REGISTER = r"""
  (CELL
    (CELLTYPE "DFF")
    (INSTANCE {name})
    (DELAY
      (ABSOLUTE
        (IOPATH CLK Q (333:395:458) (333:395:400))
      )
    )
    (TIMINGCHECK
      (SETUPHOLD (posedge D) (posedge CLK) (250:324:399) (0:0:0))
      (SETUPHOLD (negedge D) (posedge CLK) (250:324:390) (0:0:0))
    )
    )"""
TEXT = rf"""
(DELAYFILE
  (DIVIDER /)
  (TIMESCALE 1ps)
  (CELL
    (CELLTYPE "top")
    (INSTANCE )
    (DELAY
      (ABSOLUTE
        (INTERCONNECT a/Q u.mux/S0 (1:2:500) (1:2:500))
        (INTERCONNECT a/Q u.lut/I0 (1:2:700) (1:2:700))
        (INTERCONNECT u.lut/F u.mux/I0 (0:0:0) (0:0:0))
        (INTERCONNECT u.mux/O b_passthrough_lut\$/I3 (1:2:900) (1:2:900))
        (INTERCONNECT b_passthrough_lut\$/F b/D (0:0:0) (0:0:0))
        (INTERCONNECT clk/O a/CLK (1:2:5000) (1:2:5000))
      )
    )
    ){REGISTER.format(name="a")}
  (CELL
    (CELLTYPE "LUT4")
    (INSTANCE b_passthrough_lut\$)
    )
  (CELL
    (CELLTYPE "LUT4")
    (INSTANCE u.lut)
    (DELAY
      (ABSOLUTE
        (IOPATH I0 F (700:800:1000) (700:800:1098))
        (IOPATH I3 F (372:498:625) (372:498:625))
      )
    )
    )
  (CELL
    (CELLTYPE "MUX2_LUT5")
    (INSTANCE u.mux)
    (DELAY
      (ABSOLUTE
        (IOPATH S0 O (65:121:177) (65:121:177))
        (IOPATH I0 O (333:402:472) (333:402:501))
      )
    )
    ){REGISTER.format(name="b")}
"""


def test_the_period_is_the_longest_path_with_the_lut_before_the_register() -> None:
    by_hand = 458 + 700 + 1098 + 501 + 900 + 1098 + 399  # the select is faster
    assert sdf.period_ns(TEXT, lut="LUT4", output="F") == pytest.approx(by_hand / 1000)
    slower = TEXT.replace("a/Q u.mux/S0 (1:2:500)", "a/Q u.mux/S0 (1:2:5000)")
    by_select = 458 + 5000 + 177 + 900 + 1098 + 399
    assert sdf.period_ns(slower, lut="LUT4", output="F") == pytest.approx(by_select / 1000)


def test_what_has_no_path_has_no_period() -> None:
    cut = TEXT.replace("u.mux/O b_pass", "u.mux/X b_pass")
    with pytest.raises(ValueError, match="no path ends in a register"):
        sdf.period_ns(cut, lut="LUT4", output="F")
