"""What is said where a chip's wires are congested."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from strategies import voting_network
from test_chips_routability import HX1K, HX8K, ice40_only

from lutgen.board.boards import find_board
from lutgen.board.build import build_board
from lutgen.board.congestion import advise_window, window_advice
from lutgen.chips import routability
from lutgen.flow.pnr import CongestionError
from lutgen.records.build import PartCount


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routability, "routabilities", ice40_only(HX1K, HX8K))


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


def test_a_congested_build_says_it_and_keeps_its_logs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def synthesise(*_: object) -> dict[str, PartCount]:
        return {
            "core": PartCount(luts=1800, registers=10),
            "shell": PartCount(luts=1200, registers=10),
        }

    def place_and_route(*_: object, folder: Path, **__: object) -> None:
        (folder / "seed1.nextpnr.log").write_text("iter=1 wires=9 overused=9")
        raise CongestionError(f"wires are congested; log: {folder}/seed1.nextpnr.log")

    monkeypatch.setattr("lutgen.board.build._synthesise", synthesise)
    monkeypatch.setattr("lutgen.board.build.place_and_route", place_and_route)
    network = voting_network(np.random.default_rng(1), 24, [12, 12], 4, n_classes=4)
    with pytest.raises(CongestionError) as found:
        build_board(network, find_board("hx8k-evn"), tmp_path)
    said = str(found.value)
    assert "3,000 LUTs are 39 % of iCE40 HX8K" in said and "with --wiring window:64" in said
    log = Path(said.partition("log: ")[2].partition(";")[0])
    assert log == tmp_path / "hx8k-evn.failed" / "seed1.nextpnr.log"
    assert log.read_text() == "iter=1 wires=9 overused=9"
    assert [path.name for path in tmp_path.iterdir()] == ["hx8k-evn.failed"]
