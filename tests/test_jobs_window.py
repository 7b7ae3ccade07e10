"""--wiring window:auto: the largest window that the chip's router takes, and what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from strategies import binary_encoder
from test_chips_routability import HX1K, HX8K, ice40_only
from typer.testing import CliRunner

from lutgen.chips import routability
from lutgen.chips.chip import get_chip
from lutgen.chips.registry import get_family
from lutgen.chips.routability import Point, Routability
from lutgen.cli.app import app
from lutgen.errors import ConfigError
from lutgen.jobs.window import chip_for_window, choose_window, luts_of_table
from lutgen.learn.memorize import Parameters
from lutgen.learn.memorize.wiring import cones
from lutgen.model.network import LutNetwork

HX8K_CHIP = get_chip("ice40-hx8k")


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routability, "routabilities", ice40_only(HX1K, HX8K))


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, " ".join(result.output.split())


def test_a_chip_is_named_once() -> None:
    assert chip_for_window("icebreaker", None) == get_chip("ice40-up5k")
    assert chip_for_window(None, "gowin-gw1nr-9") == get_chip("gowin-gw1nr-9")
    for board, target in ((None, None), ("icebreaker", "ice40-up5k")):
        with pytest.raises(ConfigError, match="is for one chip: name it with --board"):
            chip_for_window(board, target)
    with pytest.raises(ConfigError, match="has no device '1m'; choose one of"):
        chip_for_window(None, "ecp5-1m")
    with pytest.raises(ConfigError, match="not for all of ecp5; choose one of: ecp5-12k, ecp5-25k"):
        chip_for_window(None, "ecp5")


@pytest.mark.parametrize(
    ("family", "k", "n_luts"),
    [("ice40", 3, 1), ("ice40", 4, 1), ("ice40", 5, 3), ("ecp5", 6, 4), ("gowin", 6, 4),
     ("xilinx7", 6, 1)],
)  # fmt: skip
def test_what_a_truth_table_takes(family: str, k: int, n_luts: int) -> None:
    assert luts_of_table(get_family(family), k) == n_luts


@pytest.mark.parametrize(
    ("widths", "wiring", "size", "words"),
    [
        ((600,) * 3, "window:128", "72 LUTs = 0.9 %", "at 25 % of iCE40 HX8K the router took "
         "windows up to 128"),
        ((3000,) * 9, "window:64", "1,676 LUTs = 21.8 %", "and at 50 % of iCE40 HX8K the router "
         "took windows up to 64"),
    ],
)  # fmt: skip
def test_the_share_decides(
    table: None, widths: tuple[int, ...], wiring: str, size: str, words: str
) -> None:
    parameters = Parameters(k=4, widths=widths)
    chosen = choose_window(parameters, binary_encoder(900), (), HX8K_CHIP)
    assert chosen.wiring == wiring
    assert f"at most {size} of iCE40 HX8K" in chosen.why
    assert words in chosen.why and chosen.why.endswith("(a test)")


def test_where_no_window_routes_it_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dense = Routability("ice40", "hx8k", (Point(0.001, 128), Point(0.75, 1)), "a test")
    monkeypatch.setattr(routability, "routabilities", ice40_only(dense))
    with pytest.raises(ConfigError, match=r"no window of 4 signals or more is known to route"):
        choose_window(Parameters(k=4, widths=(64,) * 3), binary_encoder(64), (), HX8K_CHIP)
    small = Routability("ice40", "hx8k", (Point(0.75, 4),), "a test")  # narrower than k
    monkeypatch.setattr(routability, "routabilities", ice40_only(small))
    with pytest.raises(ConfigError, match=r"no window of 6 signals or more"):
        choose_window(Parameters(k=6, widths=(64,) * 2), binary_encoder(64), (), HX8K_CHIP)


def test_small_networks_keep_random_wires(table: None) -> None:
    parameters = Parameters(k=4, widths=(64, 32))
    chosen = choose_window(parameters, binary_encoder(64), (), get_chip("ice40-hx1k"))
    assert chosen.wiring == "random" and "the router took random wires (a test)" in chosen.why


def test_cones_are_what_reaches_the_last_layer() -> None:
    layers = [np.array([[0, 1], [1, 2], [0, 2]]), np.array([[0, 2], [0, 1], [1, 2]]),
              np.array([[1, 1]])]  # fmt: skip
    layers = [layer.astype(np.int32) for layer in layers]
    assert [kept.tolist() for kept in cones(layers)] == [[0, 1], [1], [0]]


def test_train_says_what_it_chose_and_keeps_it(table: None, tmp_path: Path) -> None:
    out = tmp_path / "model.npz"
    words = ["train", "--task", "ge5", "--k", 4, "--widths", "256x3", "--wiring", "window:auto"]
    code, said = run(*words, "--board", "icebreaker", "-o", out)
    assert code == 0, said
    network = LutNetwork.load(out)
    assert network.provenance.parameters["wiring"] == "window:128"
    assert "wiring chosen window:128: at most" in said
    assert network.provenance.wiring_chosen.split()[0] == "window:128:"
    code, _ = run(*words[:-1], "window:128", "-o", tmp_path / "same.npz")
    assert code == 0
    assert LutNetwork.load(tmp_path / "same.npz").digest == network.digest


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--wiring", "window:auto"], "is for one chip: name it with --board"),
        (["--wiring", "window:64", "--board", "icebreaker"], "are for --wiring window:auto, not"),
        (["--chip", "ice40-hx8k"], "are for --wiring window:auto, not for 'random'"),
        (["--wiring", "window:auto", "--board", "arty-a7-35"], "no open router was measured for"),
    ],
)
def test_what_does_not_go_together(words: list[str], message: str, tmp_path: Path) -> None:
    code, said = run("train", "--task", "ge5", *words, "-o", tmp_path / "model.npz")
    assert code == 2 and message in said
    assert not (tmp_path / "model.npz").exists()
