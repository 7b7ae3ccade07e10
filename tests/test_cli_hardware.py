"""The commands that make hardware and check it, run as a user runs them."""

import dataclasses
import html.parser
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from lutgen.chips.fabric.site import count_instances
from lutgen.chips.registry import families
from lutgen.cli import demo
from lutgen.cli.app import app
from lutgen.core import CoreConfig, make_core
from lutgen.errors import ToolError
from lutgen.model.network import LutNetwork
from lutgen.netlist.evaluate import evaluate
from lutgen.verify.mutate import flip_init_bit


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "digits.npz"
    result = run("train", "--task", "ge5", "--k", 5, "--widths", "24x2", "-o", path)
    assert result.exit_code == 0, result.output
    return path


@pytest.fixture(scope="module")
def built(model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """An output folder with everything in it, made by one simulate command."""
    out = tmp_path_factory.mktemp("built")
    result = run("simulate", model, "--chip", "ice40", "--pipeline", 2,
                 "--post-synthesis", "direct", "-o", out)  # fmt: skip
    return out, result


def test_verilog_writes_core_and_record(model: Path, tmp_path: Path) -> None:
    result = run("verilog", model, "--chip", "ice40", "--pipeline", 1, "--module", "mine",
                 "-o", tmp_path, "--json")  # fmt: skip
    record = json.loads(result.stdout)
    text = (tmp_path / "mine.v").read_text()
    assert text == LutNetwork.load(model).to_verilog(chip="ice40", pipeline=1, module="mine")
    assert record["files"] == [str(tmp_path / "mine.v"), str(tmp_path / "core.json")]
    assert record["latency_cycles"] == 3
    assert record["netlist"]["cells"]["SB_LUT4"] == text.count("SB_LUT4 #(")
    assert record["model"]["digest"] in text
    printed = run("verilog", model, "-o", tmp_path).stdout
    assert "latency: 0 clock cycles" in printed and str(tmp_path / "lutgen_core.v") in printed


def test_an_fmax_is_reached_by_registers_and_simulated(model: Path, tmp_path: Path) -> None:
    words = ["--chip", "ice40-lp8k", "--fmax-target", "120MHz", "-o", tmp_path]
    printed = run("verilog", model, *words)
    assert printed.exit_code == 0, printed.output
    record = json.loads((tmp_path / "core.json").read_text())
    timing = record["timing"]
    assert timing["target_mhz"] == 120 <= timing["estimated_mhz"]
    assert timing["levels"] == record["netlist"]["depth"] < 5
    assert f"Fmax {timing['estimated_mhz']:.1f} MHz estimated for lp (120 MHz" in printed.stdout
    result = run("simulate", model, *words, "--samples", 50, "--post-synthesis", "optimised")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("50 / 50 test samples equal") == 3
    told = run("report", tmp_path).stdout
    assert f"{timing['estimated_mhz']:.1f} MHz estimated for lp (120 MHz asked for)" in told
    cycles = record["latency_cycles"]
    assert f"{cycles} clock cycles = {timing['latency_ns']:g} ns at the 120 MHz asked for" in told


def test_simulate_compares_every_form(built: tuple[Path, Result]) -> None:
    out, result = built
    assert result.exit_code == 0, result.output
    for name in ("netlist", "RTL simulation", "post-synthesis simulation (direct)"):
        assert f"model = {name}: 359 / 359 test samples equal" in result.stdout
    record = json.loads((out / "simulate.json").read_text())
    assert [check["n_equal"] for check in record["checks"]] == [359, 359, 359]
    assert [len(check["cycles"]) for check in record["checks"]] == [0, 16, 0]
    measured = json.loads((out / "evaluation.json").read_text())
    assert measured["digest"] == record["digest"] and measured["n_samples"] == 359
    assert measured["feature_shape"] == [8, 8] and len(measured["examples"]) >= 2
    assert LutNetwork.load(out / "network.npz").digest == record["digest"]
    vectors = (out / "inputs.mem").read_text().splitlines()
    assert sum(not line.startswith("//") for line in vectors) == 359


def test_report_shows_what_the_folder_holds(built: tuple[Path, Result]) -> None:
    out, _ = built
    result = run("report", out)
    assert result.exit_code == 0, result.output
    synthesis = json.loads((out / "synth/direct/synth.json").read_text())
    assert f"{synthesis['n_luts']}" in result.stdout
    assert (out / "report.txt").read_text().strip() in result.stdout
    page = (out / "report.html").read_text()
    html.parser.HTMLParser().feed(page)
    assert "359 / 359" in page and "<svg" in page
    record = json.loads(run("report", out, "--json").stdout)
    assert record == json.loads((out / "report.json").read_text())


def test_synth_shows_luts_against_the_chips(model: Path, tmp_path: Path) -> None:
    result = run("synth", model, "--chip", "ice40", "--mode", "direct", "-o", tmp_path)
    assert result.exit_code == 0, result.output
    n_luts = make_core(LutNetwork.load(model), CoreConfig(chip="ice40")).netlist.count("lut")
    share = 100 * n_luts / 1280
    assert f"{n_luts:,} / 1,280 = {share:.1f} %" in result.stdout
    assert "lp1k" in result.stdout and "up5k" in result.stdout and "Yosys" in result.stdout


def test_synth_shows_all_families_side_by_side(model: Path, tmp_path: Path) -> None:
    result = run("synth", model, "--chip", "all", "--mode", "direct", "-o", tmp_path, "--json")
    assert result.exit_code == 0, result.output
    areas = {area["target"]: area for area in json.loads(result.stdout)["areas"]}
    assert set(areas) == set(families()) - {"generic"}
    for target, area in areas.items():
        core = make_core(LutNetwork.load(model), CoreConfig(chip=target))
        found = area["results"]["direct"]
        assert found["n_luts"] <= area["n_luts_plain"]
        kept = count_instances(core.netlist, core.family.primitives)
        assert found["cells"] == kept  # Yosys kept every primitive
        assert run("report", tmp_path / target).exit_code == 0


def test_a_network_that_does_not_fit_ends_synth_with_exit_code_1(
    tmp_path: Path, model: Path
) -> None:
    wide = tmp_path / "wide.npz"
    run("train", "--task", "ge5", "--k", 6, "--widths", "128x3", "-o", wide)
    fits = run("synth", wide, "--mode", "direct", "--chip", "ice40-hx1k", "-o", tmp_path)
    assert fits.exit_code == 0, fits.output
    result = run("synth", wide, "--mode", "direct", "--chip", "ice40-lp384", "-o", tmp_path)
    assert result.exit_code == 1
    n_luts = json.loads((tmp_path / "synth/direct/synth.json").read_text())["n_luts"]
    assert f"takes {n_luts:,} LUTs, iCE40 LP384 has 384: {n_luts - 384} too many" in result.stderr


def test_a_planted_fault_ends_simulate_with_exit_code_1(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = LutNetwork.load(model)

    def build_faulty(*args: object) -> object:
        core = make_core(*args)  # type: ignore[arg-type]
        last = len(core.netlist.cells) - 1
        inputs = np.random.default_rng(0).integers(0, 1 << 63, (64, 8)).astype(np.uint64)
        for bit in range(1 << len(core.netlist.cells[last].inputs)):
            faulty = flip_init_bit(core.netlist, last, bit)
            if (evaluate(faulty, inputs) != evaluate(core.netlist, inputs)).any():
                return dataclasses.replace(core, netlist=faulty)
        raise AssertionError("no entry of the last LUT can be observed")

    monkeypatch.setattr("lutgen.jobs.hardware.make_core", build_faulty)
    result = run("simulate", model, "-o", tmp_path, "--part", "all")
    assert result.exit_code == 1, result.output
    name = network.lut_names()[-1]
    assert f"first differing LUT {name}" in result.stderr
    assert "not the same function as the model" in result.stderr
    record = json.loads((tmp_path / "simulate.json").read_text())
    assert not any(check["passed"] for check in record["checks"])
    assert run("report", tmp_path).exit_code == 0  # it tells of the difference


def test_a_missing_tool_ends_with_exit_code_3(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise ToolError("Yosys is not installed; pip install 'lutgen[flow]'")

    monkeypatch.setattr("lutgen.flow.yosys.find_yosys", missing)
    result = run("synth", model, "--chip", "ice40", "-o", tmp_path)
    assert result.exit_code == 3
    assert "pip install 'lutgen[flow]'" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["verilog", "MODEL", "--chip", "spartan3"], "no chip family 'spartan3'"),
        (["verilog", "MODEL", "--pipeline", "-1"], "pipeline must be 0"),
        (["verilog", "MODEL", "--module", "module"], "module"),
        (["verilog", "MODEL", "--fmax-target", "fast"], "a number with its unit, as in 200MHz"),
        (["verilog", "MODEL", "--fmax-target", "200"], "got '200'"),
        (["verilog", "MODEL", "--fmax-target", "9MHz"], "no delay model for chip family 'generic'"),
        (
            ["synth", "MODEL", "--chip", "ice40", "--fmax-target", "2GHz"],
            "an Fmax of 2000 MHz is out of reach on ice40 hx: with a register after every LUT",
        ),
        (
            ["synth", "MODEL", "--chip", "ice40", "--fmax-target", "9MHz", "--pipeline", "1"],
            "give one of them",
        ),
        (["simulate", "MODEL", "--simulator", "modelsim"], "unknown simulator 'modelsim'"),
        (["simulate", "MODEL", "--post-synthesis", "fast"], "the mode must be one of"),
        (["synth", "MODEL", "--chip", "generic"], "cannot synthesise for chip family 'generic'"),
        (["synth", "MODEL", "--mode", "none"], "the mode must be one of"),
        (["synth", "MODEL", "--chip", "ice40-hx99"], "no device 'hx99'; choose one of: lp384"),
        (["synth", "MODEL"], "name the chip to synthesise for: --chip ice40"),
        (["synth", "MODEL", "--chip", "all", "--target", "ice40"], "leave --target out"),
        (["report", "."], "is not an output folder of lutgen"),
    ],
)
def test_bad_input_is_one_line(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*[str(model) if word == "MODEL" else word for word in words])
    assert result.exit_code == 2, result.output
    assert message in result.stderr.splitlines()[-1]
    assert "test samples equal" not in result.stdout  # it is said before the work


def test_an_output_folder_that_cannot_be_written(model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    result = run("verilog", model, "-o", tmp_path / "file" / "below")
    assert result.exit_code == 2 and "cannot write" in result.stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_the_demo_runs_the_whole_job(tmp_path: Path) -> None:
    result = run("demo", "-o", tmp_path)
    assert result.exit_code == 0, result.output
    assert result.stdout.count("359 / 359 test images equal") == 4
    assert "every form equals the model" in result.stdout
    proofs = json.loads((tmp_path / "proof.json").read_text())
    assert proofs["n_proved"] == proofs["n_proofs"] == 12
    assert "12 / 12 proved" in (tmp_path / "report.txt").read_text()
    for name in demo.FILES:
        assert (tmp_path / name).stat().st_size > 0
    assert "report.html" in result.stdout
    network = LutNetwork.load(tmp_path / "model.npz")
    assert network.n_classes == 10 and network.provenance.test_accuracy > 0.96
    # what was simulated and proved is what the bitstream has
    built = json.loads((tmp_path / "icebreaker" / "build.json").read_text())
    core = (tmp_path / "lutgen_core.v").read_text()
    assert (tmp_path / "icebreaker" / "lutgen_core.v").read_text() == core
    assert built["digest"] == network.digest and built["meets_clock"]
    luts = built["resources"]["luts"]
    assert f"{luts:,} / 5,280 = {100 * luts / 5280:.1f} %" in result.stdout
    assert f"Fmax {built['fmax_mhz']['max']} MHz for a clock of 12 MHz" in result.stdout
