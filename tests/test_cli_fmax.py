"""The command fmax, run as a user runs it: table, JSON, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from strategies import random_network
from typer.testing import CliRunner, Result

from lutgen.board.fmax import Fmax
from lutgen.cli.app import app
from lutgen.files import read_json
from lutgen.flow.pnr import Clock, Routed


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["fmax", *map(str, words)])


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.npz"
    random_network(np.random.default_rng(2), 16, [12, 12, 1], 4).save(path)
    return path


def test_min_median_and_max_over_the_seeds(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = (model, "--chip", "ice40-hx1k, ice40-up5k", "--seeds", 2, "--pipeline", 1, "-o", out)
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert record == read_json(out / "fmax" / "fmax.json")
    hx, up = record["chips"]
    assert (hx["chip"], up["chip"]) == ("ice40-hx1k", "ice40-up5k")
    for chip in (hx, up):
        fmax = chip["fmax_mhz"]
        assert 10 < fmax["min"] <= fmax["median"] <= fmax["max"] < 1000
        assert chip["seeds_routed"] == chip["seeds"] == len(chip["seconds"]) == 2
        assert chip["latency_cycles"] == 3 and "nextpnr-ice40" in chip["tool"]
    assert hx["fmax_mhz"]["min"] > up["fmax_mhz"]["max"]  # the slower of the two fabrics


def test_the_table_has_a_row_for_each_chip(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    routed = [Routed(seed, 1.0, {}, {}, (Clock("clk", mhz),), ())
              for seed, mhz in ((1, 90.0), (3, 70.5), (4, 80.0))]  # fmt: skip
    result = Fmax("ice40-hx1k", "nextpnr", tuple(routed), n_seeds=4, critical_path="layer 1 LUT 7")
    monkeypatch.setattr("lutgen.jobs.fmax.measure_fmax", lambda *_, **__: result)
    said = run(model, "--chip", "ice40-hx1k", "-o", tmp_path)
    assert said.exit_code == 0, said.output
    words = said.stdout.replace("│", " ").split()
    assert {"min", "median", "max", "ice40-hx1k"} <= set(words)
    at = words.index("70.5")
    assert words[at : at + 6] == ["70.5", "80.0", "90.0", "3", "of", "4"]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("xilinx7-xc7a35t", "placed and routed by Vivado alone"),
        ("ice40-hx8k,ecp5", "no open router knows a chip 'ecp5'; choose one of: ecp5-12k"),
    ],
)
def test_chips_that_it_refuses(model: Path, tmp_path: Path, target: str, message: str) -> None:
    result = run(model, "--chip", target, "-o", tmp_path / "out")
    assert result.exit_code == 2 and message in " ".join(result.stderr.split())
    assert not (tmp_path / "out").exists()
