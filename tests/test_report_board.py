"""The report of a build: its numbers are the record's, its pictures the placement's."""

import copy
import json
import re
from pathlib import Path

import pytest
from test_report_render import HOSTILE, Page

from lutgen.errors import DataError
from lutgen.records.build import PlacedLayer, PlacementRecord
from lutgen.report.board import read_build
from lutgen.report.floorplan import draw_floorplan, draw_resources
from lutgen.report.render_board import render_build_html, render_build_text

BUILD = {
    "lutgen": "1.2.3",
    "digest": "ab" * 32,
    "board": {"name": "mine", "title": "My board", "tried": "no"},
    "device": {"title": "UP5K", "luts": 5280, "registers": 5280},
    "tools": {"yosys": "Yosys 1", "router": "nextpnr 2"},
    "model": {
        "data": "digits", "task": "ge5", "n_luts": 24, "n_layers": 2, "n_classes": 10,
        "input": "x[319:0]: 64 features", "levels": 3, "test_accuracy": 0.9749,
        "layers": [
            {"layer": i, "n_luts": 12, "mean": 0.6, "std": 0.1, "min": 0.5, "max": 0.7 + i / 10}
            for i in range(3)
        ],
    },
    "clock_mhz": 12.0,
    "baud": 1e6,
    "latency_cycles": 2,
    "latency_ns": 166.7,
    "samples_per_second": {"core": 12_000_000, "serial": 2041},
    "parts": {
        "encoder": {"luts": 11, "registers": 0, "muxes": 0},
        "core": {"luts": 1200, "registers": 36, "muxes": 0},
        "head": {"luts": 100, "registers": 4, "muxes": 0},
        "shell": {"luts": 500, "registers": 400, "muxes": 0},
    },
    "places": {"ICESTORM_LC": {"used": 2000, "room": 5280}},
    "seeds": [{"seed": 1, "fmax_mhz": 20.12, "seconds": 3.5},
              {"seed": 7, "fmax_mhz": 20.25, "seconds": 4.0}],
    "best_seed": 7,
    "fmax_mhz": {"min": 20.12, "median": 20.19, "max": 20.25},
    "advice": "",
    "critical_path": {
        "words": "serial shell, layer 1 LUT 21",
        "stations": [
            {"name": "serial shell", "cells": 0, "logic_ns": 1.39, "routing_ns": 0.0},
            {"name": "layer 1 LUT 21", "cells": 3, "logic_ns": 3.31, "routing_ns": 7.67},
        ],
    },
    "bitstream": {"file": "top.bin", "bytes": 104090, "sha256": "cd" * 32},
}  # fmt: skip
PLACEMENT = {
    "columns": 26, "rows": 32, "row_0": "bottom",
    "layers": [
        {"part": "core", "layer": 1, "cells": [[3, 4], [3, 4], [5, 6]]},
        {"part": "head", "layer": None, "cells": [[3, 4]]},
        {"part": "shell", "layer": None, "cells": [[0, 31]]},
    ],
}  # fmt: skip


def write(folder: Path, build: dict, placement: dict | None = PLACEMENT) -> Path:
    (folder / "build.json").write_text(json.dumps(build))
    if placement is not None:
        (folder / "placement.json").write_text(json.dumps(placement))
    return folder


def test_text_and_page_tell_the_numbers_of_the_record(tmp_path: Path) -> None:
    report = read_build(write(tmp_path, BUILD))
    text, page = render_build_text(report), Page(render_build_html(report))
    told = [re.sub(r"\s+", " ", source) for source in (text, " ".join(page.text))]
    for numbers in told:
        for number in ("1 811", "34.3 % of 5 280, UP5K", "20.25 MHz", "166.7 ns", "0.9749",
                       "12 000 000", "2 041 over the serial port", "layer 1 LUT 21",
                       "104 090 bytes", "2 000", "0.9000"):  # fmt: skip
            assert number in numbers, number
        assert "88.8 %" in numbers  # of the critical path is the LUT's
        assert "muxes" not in numbers
    assert sum(tag == "svg" for tag, _ in page.elements) == 3
    assert render_build_html(read_build(tmp_path)) == render_build_html(report)


def test_a_missed_clock_and_a_vendors_project(tmp_path: Path) -> None:
    missed = {**BUILD, "clock_mhz": 25.0, "advice": "4 LUTs between registers would meet it"}
    text = render_build_text(read_build(write(tmp_path, missed)))
    assert "25 MHz, MISSED" in text and "4 LUTs between registers would meet it" in text
    project = {key: value for key, value in BUILD.items()
               if key not in ("seeds", "bitstream", "critical_path", "places")}  # fmt: skip
    report = read_build(write(tmp_path, {**project, "project": "top.tcl"}))
    assert report.placement is None
    assert "vendor's tool" in render_build_text(report) and "top.tcl" in render_build_html(report)


def test_a_boosted_model_tells_how_it_learnt(tmp_path: Path) -> None:
    build = copy.deepcopy(BUILD)
    build["model"]["layers"] = []
    build["model"]["history"] = [
        {"n_luts": min(10 * i, 250), "train_accuracy": i / 50, "validation_accuracy": None}
        for i in range(1, 51)  # the last rounds are refits
    ]
    text = render_build_text(read_build(write(tmp_path, build)))
    rows = re.findall(r"^ *(\d+)   (0\.\d{4}|1\.0000)$", text, re.MULTILINE)
    assert rows[-1] == ("250", "1.0000") and len(rows) == 9 and "validation" not in text


def test_text_of_others_stays_text(tmp_path: Path) -> None:
    build = copy.deepcopy(BUILD)
    build["board"]["title"] = build["model"]["data"] = build["device"]["title"] = HOSTILE
    build["critical_path"]["stations"][0]["name"] = HOSTILE
    placement = copy.deepcopy(PLACEMENT)
    placement["layers"][2]["part"] = "shell"
    page = Page(render_build_html(read_build(write(tmp_path, build, placement))))
    assert not {"script", "img"} & {tag for tag, _ in page.elements}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clock_mhz": 0}, "clock_mhz must be a number above 0, found 0"),
        ({"parts": {"core": {"luts": -1}}}, "parts.core.luts must be a whole number"),
        ({"critical_path": None}, "critical_path is missing, though there are seeds"),
    ],
)
def test_a_damaged_record_names_its_faults(tmp_path: Path, change: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_build(write(tmp_path, {**BUILD, **change}))


def test_a_damaged_placement_names_its_faults(tmp_path: Path) -> None:
    for layers, message in [
        ([{"part": "core", "layer": 1, "cells": [[26, 0]]}], "outside of 26 x 32 tiles"),
        (
            [{"part": "core", "layer": 1, "cells": [[1, 2, 3]]}],
            "must be a list of 2 values",
        ),
        ([{"part": "x", "layer": 1, "cells": []}], "part must be one of encoder, core, head"),
    ]:
        with pytest.raises(DataError, match=message):
            read_build(write(tmp_path, BUILD, {**PLACEMENT, "layers": layers}))
    with pytest.raises(DataError, match=r"has no build\.json"):
        read_build(tmp_path / "nowhere")


def area(svg: str, colour: str) -> int:
    """Return the area of all rectangles of a colour."""
    (path,) = re.findall(rf'<path fill="{re.escape(colour)}" d="([^"]*)"', svg)
    return sum(int(w) * int(h) for w, h in re.findall(r"h(\d+)v(\d+)h-", path))


def test_every_cell_is_in_the_floorplan() -> None:
    plan = PlacementRecord(
        columns=26, rows=32, row_0="bottom",
        layers=(
            PlacedLayer(part="core", layer=1, cells=((3, 4),) * 7 + ((5, 6),)),
            PlacedLayer(part="core", layer=2, cells=((3, 4),)),
            PlacedLayer(part="shell", cells=((25, 0), (25, 31))),
        ),
    )  # fmt: skip
    svg = draw_floorplan(plan)
    cell = 4 * 2  # of a tile of 2 by 4 cells
    assert area(svg, "var(--shell)") == 2 * cell
    shades = sorted(set(re.findall(r"color-mix\(in srgb, var\(--first\) \d+%, [^)]*\)\)", svg)))
    assert sorted(area(svg, shade) for shade in shades) == [cell, 8 * cell]
    assert "layer 1: 8 cells" in svg and "shell: 2 cells" in svg
    (shell,) = re.findall(r'<path fill="var\(--shell\)" d="([^"]*)"', svg)
    pitch = 9
    assert f"M{25 * pitch} {31 * pitch}h" in shell and f"M{25 * pitch} 0h" in shell  # row 0 below
    many = PlacementRecord(columns=40, rows=1, row_0="top", layers=tuple(
        PlacedLayer(part="core", layer=i, cells=((i, 0),)) for i in range(1, 31)))  # fmt: skip
    assert draw_floorplan(many).count("<text") == 7  # the middle ones as one


def test_bars_are_as_long_as_the_shares() -> None:
    parts = {"core": {"luts": 30, "registers": 0}, "shell": {"luts": 10, "registers": 5}}
    svg = draw_resources(parts, {"luts": 100, "registers": 50})
    widths = {
        colour: float(width)
        for width, colour in re.findall(r'width="([\d.]+)" height="22" fill="var\(--(\w+)\)"', svg)
    }
    assert widths["first"] == pytest.approx(0.3 * widths["panel"], abs=0.01)
    assert "40 / 100 = 40.0 %" in svg and "5 / 50 = 10.0 %" in svg
