"""What is said where a chip's wires are congested."""

from __future__ import annotations

import pytest
from test_target_routability import HX1K, HX8K

from lutgen.board.congestion import advise_window, window_advice
from lutgen.flow.pnr import CongestionError
from lutgen.target import routability


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routability, "routabilities", lambda: {"ice40": (HX1K, HX8K)})


def test_the_window_that_would_work_is_named() -> None:
    error = advise_window(CongestionError("stopped"), "ice40", "hx8k", 3226)
    assert isinstance(error, CongestionError) and error.exit_code == 3
    assert str(error).startswith("stopped; 3,226 LUTs are 42 % of iCE40 HX8K; at 50 % of")
    assert "windows up to 64 (a test): learn with --wiring window:64" in str(error)


@pytest.mark.parametrize(
    ("family", "device", "n_luts", "words"),
    [
        ("ice40", "hx8k", 1000, "13 % of iCE40 HX8K; at 25 % of iCE40 HX8K the router took windows "
         "up to 128"),
        ("ice40", "up5k", 1000, "19 % of iCE40 UltraPlus UP5K; at 25 % of iCE40 HX8K the router"),
        ("ice40", "hx8k", 5000, "no window of wires is known to route there"),  # none did
        ("ice40", "hx8k", 7000, "no window of wires is known to route there"),  # not measured
        ("ice40", "hx1k", 500, "the router took random wires (a test): try another seed"),
        ("gowin", "gw1nr-9", 5000, "a network with wires from a window, or a narrower one"),
    ],
)  # fmt: skip
def test_each_case_has_its_advice(family: str, device: str, n_luts: int, words: str) -> None:
    assert words in window_advice(family, device, n_luts)
