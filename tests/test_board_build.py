"""From a model to a bitstream: what is built, kept, cached, refused, and what an end leaves."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from strategies import voting_network

from lutgen.board.boards import find_board, read_board
from lutgen.board.build import Build, build_board
from lutgen.core import CoreConfig, Interface
from lutgen.errors import ConfigError, MismatchError, ToolError
from lutgen.model.network import LutNetwork
from lutgen.records.build import BUILD_FILE, BuildRecord
from lutgen.report.board import read_build


@pytest.fixture(scope="module")
def network() -> LutNetwork:
    return voting_network(np.random.default_rng(1), 24, [12, 12], 4, n_classes=4)


@pytest.fixture(scope="module")
def built(network: LutNetwork, tmp_path_factory: pytest.TempPathFactory) -> Build:
    return build_board(network, find_board("icebreaker"), tmp_path_factory.mktemp("out"),
                       seeds=[1, 2])  # fmt: skip


def test_a_bitstream_and_all_that_led_to_it(built: Build, network: LutNetwork) -> None:
    record, folder = built.record, built.folder
    assert BuildRecord.read(folder / "build.json") == record
    assert record.digest == network.digest
    assert record.core_id == Interface(network).core_id
    core = (folder / "lutgen_core.v").read_text()
    assert f"// identity sha256 {record.core_id}" in core
    assert record.bitstream is not None and record.fmax_mhz is not None
    stream = (folder / record.bitstream.file).read_bytes()
    assert record.bitstream.file == "top.bin" and stream[:2] == b"\xff\x00"  # iCE40's start
    for name in ("top.pcf", "top.json", "top.rpt", "seed1.nextpnr.log", "lutgen_core.v"):
        assert (folder / name).stat().st_size, name
    assert built.meets_clock and record.fmax_mhz.max >= 12.0
    assert record.fmax_mhz.max == max(run.fmax_mhz for run in record.seeds)
    parts = record.parts
    assert sum(part.luts for part in parts.values()) == record.resources.luts
    assert parts["core"].luts >= 12 and parts["head"].luts > 0 and parts["shell"].luts > 300
    assert parts["encoder"].luts == 0
    assert record.places["ICESTORM_LC"].room == 5280
    placement = json.loads((folder / "placement.json").read_text())
    n_cells = {layer["layer"] or layer["part"]: len(layer["cells"])
               for layer in placement["layers"]}  # fmt: skip
    assert n_cells["shell"] > 300 and n_cells["head"] >= parts["head"].luts
    assert n_cells[1] + n_cells[2] >= parts["core"].luts
    report = read_build(folder)  # every cell lies on the chip, too
    assert report.placement is not None and report.build == record
    assert not list(folder.parent.glob(".*"))


def test_nothing_is_rebuilt_when_nothing_changed(
    built: Build, network: LutNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    board, out = find_board("icebreaker"), built.folder.parent
    again = build_board(network, board, out, seeds=[1, 2])
    assert again.was_cached and again.record == built.record

    def stop(*_: object, **__: object) -> None:
        raise ToolError("built anew")

    monkeypatch.setattr("lutgen.board.build._bitstream", stop)
    other = replace(
        network,
        head=replace(network.head, bias=network.head.bias + np.int32(1) * (np.arange(4) == 2)),
    )
    changes = {"seeds": [1, 3]}, {"seeds": [1, 2], "baud": 500_000}, {"seeds": [1, 2],
                                                                     "rebuild": True}  # fmt: skip
    for options in changes:
        with pytest.raises(ToolError, match="built anew"):
            build_board(network, board, out, **options)  # type: ignore[arg-type]
    with pytest.raises(ToolError, match="built anew"):
        build_board(other, board, out, seeds=[1, 2])
    stream = built.folder / "top.bin"
    right = stream.read_bytes()
    stream.write_bytes(right[:-1])
    with pytest.raises(ToolError, match="built anew"):
        build_board(network, board, out, seeds=[1, 2])
    stream.write_bytes(right)
    # what failed has changed nothing
    assert build_board(network, board, out, seeds=[1, 2]).was_cached
    assert not list(out.glob(".*"))


def test_an_interrupted_build_leaves_nothing(tmp_path: Path, network: LutNetwork) -> None:
    model = tmp_path / "model.npz"
    network.save(model)
    command = [sys.executable, "-m", "lutgen", "build", str(model), "-o", str(tmp_path / "out"),
               "--seeds", "2"]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    until = time.monotonic() + 60
    while not list((tmp_path / "out").glob(".*.part/yosys.log")) and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert not (tmp_path / "out").exists()


def test_a_design_that_does_not_fit_leaves_nothing(tmp_path: Path, network: LutNetwork) -> None:
    large = voting_network(np.random.default_rng(2), 64, [100, 100], 6, n_classes=10)
    with pytest.raises(MismatchError, match=r"the design takes about [\d,]+ LUTs, iCE40 HX1K has"):
        build_board(large, find_board("icestick"), tmp_path, CoreConfig(pipeline=1))
    assert not list(tmp_path.iterdir())


def test_a_vendors_project_is_written_out(tmp_path: Path, network: LutNetwork) -> None:
    built = build_board(network, find_board("arty-a7-35"), tmp_path, CoreConfig(module="mine"))
    tcl = (built.folder / "top.tcl").read_text()
    assert "-part xc7a35ticsg324-1L" in tcl and "synth_design -top top" in tcl and "mine.v" in tcl
    assert "LOC A9" in (built.folder / "top.xdc").read_text()
    assert built.record.parts["core"].luts >= 12 and built.record.bitstream is None
    other = voting_network(np.random.default_rng(3), 12, [6, 4], 4, n_classes=2)
    again = build_board(other, find_board("arty-a7-35"), tmp_path)
    assert again.folder == built.folder
    apart = tmp_path / f"arty-a7-35-{network.digest[:8]}"
    assert BuildRecord.read(apart / BUILD_FILE) == built.record
    build_board(other, find_board("arty-a7-35"), tmp_path, rebuild=True)
    assert {path.name for path in tmp_path.iterdir()} == {"arty-a7-35", apart.name}


def test_a_board_without_a_serial_port(tmp_path: Path, network: LutNetwork) -> None:
    (tmp_path / "bare.toml").write_text(
        'title = "Bare"\nplatform = "amaranth_boards.upduino_v3:UpduinoV3Platform"\n'
        'family = "ice40"\ndevice = "up5k"\n'
    )
    board = read_board(tmp_path / "bare.toml")
    with pytest.raises(ConfigError, match=r"board bare: .*uart.* or serial_pins"):
        build_board(network, board, tmp_path / "out")
    with pytest.raises(ConfigError, match="class numbers over its line, not one bit a class"):
        build_board(network, find_board("icebreaker"), tmp_path / "out", CoreConfig(one_hot=True))
    with pytest.raises(ConfigError, match="seeds must be one or more"):
        build_board(network, find_board("icebreaker"), tmp_path / "out", seeds=[])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "file"),
    [("tang-nano-9k", "top.fs"), ("icestick", "top.bin")],  # ECP5: test_board_simulate.py
)
def test_bitstreams_of_every_family(
    tmp_path: Path, network: LutNetwork, name: str, file: str
) -> None:
    built = build_board(network, find_board(name), tmp_path)
    stream = built.record.bitstream
    assert stream is not None and stream.file == file and built.meets_clock
    assert stream.bytes > 10_000
    report = read_build(built.folder)
    assert report.placement is not None
    assert any(row.layer == 2 and row.cells for row in report.placement.layers)
