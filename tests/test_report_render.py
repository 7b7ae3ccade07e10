"""The report as text, JSON and HTML: the numbers are those of the files, and nothing executes."""

import copy
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report_samples import DIGEST, core_record, files, pass_run, planted_difference, write_folder

from lutgen.report.folder import Report, read_report
from lutgen.report.pictures import draw_importances
from lutgen.report.render_html import render_html
from lutgen.report.render_text import render_text
from lutgen.version import __version__

VOID = {"meta", "br", "hr", "img", "link", "input"}
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> & $\\frac{"


class Page(HTMLParser):
    """Reads a page strictly: every element that opens must close, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes) -> None:
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), f"an attribute of <{tag}> is given twice"
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)


def hostile_files() -> dict:
    """Return a folder where every text is hostile, but for those that have to agree."""

    def spoil(value):
        if isinstance(value, dict):
            return {
                name if name in KEPT_NAMES else HOSTILE + name: spoil(item)
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [spoil(item) for item in value]
        return HOSTILE if isinstance(value, str) else value

    records = files()
    records["simulate.json"]["checks"][1] |= {"n_equal": 1, "difference": planted_difference()}
    KEPT_NAMES = names_but_those_of_cells_and_devices(records)
    return {name: spoil(record) for name, record in records.items()}


def names_but_those_of_cells_and_devices(record) -> set[str]:
    names = set()
    for name, value in record.items():
        names.add(name)
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict) and name not in {"cells", "devices"}:
                names |= names_but_those_of_cells_and_devices(inner)
    return names | {"luts", "title", "source"}


@pytest.fixture
def report(tmp_path) -> Report:
    return read_report(write_folder(tmp_path, files()))


@pytest.fixture
def bare(tmp_path) -> Report:
    return read_report(write_folder(tmp_path, {"core.json": core_record()}))


def lines_of(report: Report) -> list[str]:
    return [" ".join(line.split()) for line in render_text(report).splitlines()]


@pytest.mark.parametrize(
    "line",
    [
        f"digits, ge5: lutgen_core for ice40, by lutgen {__version__}",
        "Test accuracy 0.8694 0.9137 on the training samples",
        "Verification 4 / 4 equal 360 test images each",
        "LUTs 397 optimised, 1 024 direct",
        "Smallest chip lp1k 31.0 % of the LUTs of iCE40 LP1K",
        "classes 0 / 1",
        "training samples 1 437",
        "k 6",
        "LUTs by layer 512x2, 1",
        "wiring random",
        "seed 0",
        "LUTs 1 025 in 3 layers",
        "cone of influence 43 / 1 025 LUTs reach the output, 4.2 %",
        "table entries 48 211 / 65 600 seen in training, 73.5 %; 1 093 of them tied",
        f"sha256 {DIGEST}",
        "0 64 0.5213 0.0513 0.4011 0.6571",
        "3 1 0.9137 0.0000 0.9137 0.9137",
        "registers none, the core is combinational",
        "latency 0 clock cycles: combinational",
        "1 34 830 3",
        "input bits 58 / 64 are read",
        "SB_LUT4 1 024",
        "prune 1 025 43 982",
        "RTL simulation 360 / 360 test images equal Verilator 5.48",
        "post-synthesis simulation (optimised) 360 / 360 test images equal Verilator 5.48",
        "tool Yosys 0.70",
        "LUTs 1 024 397",
        "flip-flops 0 0",
        "LUT levels 7 7",
        "lp384 1 024 / 384 266.7 % 397 / 384 103.4 % no",
        "up5k 1 024 / 5 280 19.4 % 397 / 5 280 7.5 % yes",
        "optimised: yosys script.ys in synth/optimised runs",
    ],
)
def test_text_says(report, line) -> None:
    assert line in lines_of(report)


def test_text_says_what_is_counted(report) -> None:
    text = " ".join(lines_of(report))
    assert "the module, x to y: core; no encoder, no head, no pins" in text
    assert "synth_ice40 -top lutgen_core" in text
    assert "direct: lutgen's primitives kept as they are" in text


def test_text_is_narrow_and_clean(report) -> None:
    for line in render_text(report).splitlines():
        assert len(line) <= 100
        assert line == line.rstrip()


def test_text_of_the_model_alone_says_what_to_run(bare) -> None:
    text = " ".join(lines_of(bare))
    assert "Nothing compared: there is no simulate.json in the folder. lutgen simulate" in text
    assert "Not synthesised in mode direct: there is no synth/direct/synth.json" in text
    assert "Not synthesised in mode optimised:" in text


def test_one_mode_fits_where_the_other_does_not(tmp_path) -> None:
    records = files()
    records["synth/direct/synth.json"]["n_luts"] = 1281
    lines = lines_of(read_report(write_folder(tmp_path, records)))
    assert "lp1k 1 281 / 1 280 100.1 % 397 / 1 280 31.0 % optimised only" in lines


def test_a_core_that_is_too_large_is_measured_by_the_largest_chip(tmp_path) -> None:
    records = files()
    for mode in ("direct", "optimised"):
        records[f"synth/{mode}/synth.json"]["n_luts"] = 76800
    report = read_report(write_folder(tmp_path, records))
    assert "Largest chip hx8k 1 000.0 % of the LUTs of iCE40 HX8K" in lines_of(report)
    shown = " ".join(" ".join(Page(render_html(report)).text).split())
    assert shown.count("1 000.0 %") == 5  # the opening, the picture and the table, both modes


def test_registers_and_latency_are_told(tmp_path) -> None:
    record = core_record()
    record |= {"pipeline": 1, "latency_cycles": 1}
    record["netlist"]["registers"] = 34
    record["passes"].append(pass_run("pipeline", 41, 41) | {"registers_after": 34, "changes": 34})
    lines = lines_of(read_report(write_folder(tmp_path, {"core.json": record})))
    assert "registers 34, after every 1 LUT level: a pipeline," in "\n".join(lines)
    assert "latency 1 clock cycle" in lines
    assert "pipeline 41 41 34 0 34" in lines


def test_a_difference_is_told_in_text_and_marked_in_html(tmp_path) -> None:
    records = files()
    records["simulate.json"]["checks"][1] |= {"n_equal": 359, "difference": planted_difference()}
    report = read_report(write_folder(tmp_path, records))
    text = " ".join(lines_of(report))
    assert "Verification 3 / 4 equal" in text
    assert "RTL simulation 359 / 360 test images equal Verilator 5.48 DIFFERENT" in text
    assert (
        "RTL simulation: sample 41: expected 1, seen X; first differing LUT l2_n17: expected 0, "
        "seen 1" in text
    )
    marked = [
        tag for tag, found in Page(render_html(report)).elements if found.get("class") == "bad"
    ]
    assert marked == ["dd", "tr"]


def test_no_samples_is_not_a_success(tmp_path) -> None:
    records = files()
    records["simulate.json"]["checks"][0] |= {"n_equal": 0, "n_samples": 0}
    report = read_report(write_folder(tmp_path, records))
    assert not report.to_json()["simulation"]["checks"][0]["passed"]
    assert "Verification 3 / 4 equal" in " ".join(lines_of(report))


def test_json_holds_the_numbers_of_the_files(report) -> None:
    record = json.loads(json.dumps(report.to_json(), allow_nan=False))
    core = core_record()
    assert record["core"]["model"]["training"]["layers"] == core["model"]["training"]["layers"]
    assert record["core"]["passes"] == core["passes"]
    assert record["core"]["netlist"]["cells"] == core["netlist"]["cells"]
    assert [check["passed"] for check in record["simulation"]["checks"]] == [True] * 4
    assert record["synthesis"][0]["cells"] == {"SB_LUT4": 1024}
    assert record["synthesis"][0]["share"]["up5k"] == 1024 / 5280


def test_html_shows_what_the_text_shows(report) -> None:
    page = Page(render_html(report))
    shown = " ".join(" ".join(page.text).split())
    for line in (
        "0.8694", "1 024 / 5 280", "19.4 %", "360 / 360 test images equal", "Yosys 0.70",
        "43 / 1 025 LUTs reach the output, 4.2 %", "0.5213 0.0513 0.4011 0.6571", DIGEST,
        "synth_ice40 -top lutgen_core", "no encoder, no head, no pins",
    ):  # fmt: skip
        assert line in shown
    assert [found["id"] for tag, found in page.elements if tag == "section"] == [
        "model",
        "accuracy",
        "network",
        "netlist",
        "verification",
        "synthesis",
    ]
    assert sum(tag == "svg" for tag, _ in page.elements) == 3


def test_html_of_the_model_alone_leaves_out_the_rest(bare) -> None:
    page = Page(render_html(bare))
    assert sum(tag == "svg" for tag, _ in page.elements) == 2
    assert "Nothing compared" in " ".join(page.text)


def test_html_of_an_untold_training_has_no_accuracy(tmp_path) -> None:
    record = core_record()
    record["model"]["training"] = {}
    report = read_report(write_folder(tmp_path, {"core.json": record}))
    page = Page(render_html(report))
    assert "LUT accuracy by layer" not in page.text and "LUTs by layer" not in page.text
    assert sum(tag == "svg" for tag, _ in page.elements) == 1  # by layer, of the netlist


def test_html_needs_nothing_but_itself(report) -> None:
    html = render_html(report)
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", html)
    page = Page(html)
    assert not {tag for tag, _ in page.elements} & {"script", "link", "img", "iframe", "object"}
    for _, attributes in page.elements:
        for name in ("href", "xlink:href", "src"):
            assert (attributes.get(name) or "#").startswith("#")


def test_every_name_within_the_page_is_one_and_is_found(report) -> None:
    html = render_html(report)
    ids = [found["id"] for _, found in Page(html).elements if "id" in found]
    assert len(ids) == len(set(ids))
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', html))
    assert used
    assert used <= set(ids)


def test_pictures_have_the_colours_of_the_page(report) -> None:
    html = render_html(report)
    svgs = "".join(re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL))
    assert not re.search(r"#[0-9a-f]{6}\b", svgs)
    for variable in set(re.findall(r"var\(--(\w+)\)", svgs)):
        assert html.count(f"--{variable}: #") == 2  # light and dark


@pytest.mark.filterwarnings("error")
def test_nothing_hostile_gets_through(tmp_path) -> None:
    records = hostile_files()
    assert "<script>" in json.dumps(records["core.json"]["model"]["classes"])
    report = read_report(write_folder(tmp_path, records))
    assert report.core.chips[0][0].startswith(HOSTILE)
    assert len(report.left_out) == 0
    page = Page(render_html(report))
    assert not {tag for tag, _ in page.elements} & {"script", "img"}
    assert not any(name.startswith("on") for _, found in page.elements for name in found)
    assert HOSTILE in " ".join(page.text)


def test_equal_reports_give_equal_bytes(tmp_path, report) -> None:
    """Also in another process, with another hash seed, home and matplotlib style."""
    html, text = render_html(report), render_text(report)
    assert (render_html(copy.deepcopy(report)), render_text(report)) == (html, text)
    (tmp_path / "matplotlibrc").write_text("font.size: 17\naxes.grid: True\nsvg.hashsalt: x\n")
    code = (
        "import sys; from pathlib import Path; from lutgen.report.folder import read_report;"
        "from lutgen.report.render_html import render_html;"
        "sys.stdout.buffer.write(render_html(read_report(Path('.'))).encode())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo"}
    seen = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, check=True
    )
    assert seen.stdout.decode() == html


def test_matplotlib_loads_only_for_pictures() -> None:
    code = (
        "import sys, lutgen.report.folder, lutgen.report.render_text, lutgen.report.render_html;"
        "sys.exit('matplotlib' in sys.modules)"
    )
    root = Path(__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


@pytest.mark.filterwarnings("error")
def test_numbers_of_any_size_are_drawn(tmp_path) -> None:
    records = files()
    huge = (1 << 53) - 1
    core = records["core.json"]
    core["model"]["training"]["layers"][1]["layer"] = huge
    core["logic"]["layers"][0] |= {"layer": huge, "luts": huge}
    core["devices"]["lp384"]["luts"] = 1
    records["synth/direct/synth.json"]["n_luts"] = huge
    core["model"]["training"]["seed"] = (1 << 64) - 1
    assert Page(render_html(read_report(write_folder(tmp_path, records)))).elements


def test_parts_are_shown_where_there_is_more_than_the_core(tmp_path: Path) -> None:
    record = core_record()
    layers = record["netlist"]["layers"]
    head = {"part": "head", "layer": 0, "luts": 7, "registers": 3, "levels": 2, "cells": {"X": 7}}
    record["netlist"]["layers"] = [*layers, head]
    write_folder(tmp_path, {**files(), "core.json": record})
    text = render_text(read_report(tmp_path))
    assert re.search(r"head +7 +0\.7 % +3", text)
    assert "core, head; no encoder, no pins" in text
    assert "Head: counts the votes" in text


def test_importances_are_drawn_largest_first_and_by_name() -> None:
    svg = draw_importances([0.1, 0.0, 0.6, 0.3], ["width", "height", "a very long name of it", "w"])
    texts = re.findall(r">([^<>]+)</text>", svg)
    shown = [text for text in texts if text in ("width", "a very long name", "w", "height")]
    assert shown == ["a very long name", "w", "width"]
    assert "60.0 %" in texts and "0.0 %" not in texts
    assert "feature 3" in draw_importances([0.0, 0.0, 0.0, 1.0])


def test_a_model_that_says_what_gained_has_a_picture_of_it(tmp_path: Path) -> None:
    record = core_record()
    record["model"]["training"]["feature_gain"] = [0.75, 0.25]
    record["model"]["inputs"] = [{"name": "width"}, {"name": HOSTILE}]
    write_folder(tmp_path, {**files(), "core.json": record})
    page = render_html(read_report(tmp_path))
    assert "Share of the gain by feature" in page and ">width</text>" in page
    assert Page(page).elements and "75.0 %" in page
    record["model"]["training"]["feature_gain"] = []
    write_folder(tmp_path, {**files(), "core.json": record})
    assert "Share of the gain by feature" not in render_html(read_report(tmp_path))
