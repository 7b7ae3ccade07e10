"""The commands boards, build and host, run as a user runs them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from software_board import software_board
from typer.testing import CliRunner, Result

from lutgen.cli.app import app
from lutgen.datasets.load import load_dataset
from lutgen.model import Argmax, LutNetwork, Sum

BUILD = ["--input-bits", 5, "--seeds", 1]


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def fails(code: int, message: str, *words: object) -> None:
    result = run(*words)
    assert result.exit_code == code, result.output
    assert message in result.stderr.splitlines()[-1], result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "digits.npz"
    result = run("boost", "--luts-per-class", 2, "--k", 4, "--search-samples", 500, "--refits", 0,
                 "--encoder", "thresholds:8", "-o", path)  # fmt: skip
    assert result.exit_code == 0, result.output
    return path


@pytest.fixture(scope="module")
def built(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    result = run("build", model, *BUILD, "-o", out)
    assert result.exit_code == 0, result.output
    record = json.loads((out / "icebreaker" / "build.json").read_text())
    luts, fmax = record["resources"]["luts"], record["fmax_mhz"]["max"]
    assert f"{luts:,} / 5,280 = {100 * luts / 5280:.1f} %" in result.stdout
    assert f"Fmax {fmax} MHz for a clock of 12 MHz; seed 1; nextpnr" in result.stdout
    assert record["critical_path"]["words"] in result.stdout
    return out


def test_the_boards_are_listed() -> None:
    listed = json.loads(run("boards", "--json").stdout)["boards"]
    assert len(listed) >= 9 and {board["family"] for board in listed} >= {"ice40", "ecp5", "gowin"}
    text = run("boards").stdout
    assert all(board["name"] in text and board["notes"] in text for board in listed)


def test_a_build_leaves_its_report_and_is_not_done_again(model: Path, built: Path) -> None:
    folder = built / "icebreaker"
    page = (folder / "report.html").read_text()
    assert page.count("<svg") == 2 and "Critical path" in page  # bars and floorplan
    again = run("build", model, *BUILD, "-o", built, "--json")
    record = json.loads(again.stdout)
    assert record["cached"] and record["digest"] == LutNetwork.load(model).digest
    (folder / "report.txt").unlink()
    shown = run("report", folder)
    assert shown.exit_code == 0 and (folder / "report.txt").read_text().strip() in shown.stdout


def test_a_missed_clock_ends_with_exit_code_1(model: Path, built: Path) -> None:
    path = built / "icebreaker" / "build.json"
    right = path.read_text()
    missed = {**json.loads(right), "meets_clock": False, "advice": "missed by 2 MHz; 3 LUTs would"}
    path.write_text(json.dumps(missed))
    fails(1, "iCEBreaker: missed by 2 MHz; 3 LUTs would", "build", model, *BUILD, "-o", built)
    path.write_text(right)


def test_the_host_asks_and_compares(model: Path, tmp_path: Path) -> None:
    network = LutNetwork.load(model)
    with software_board(network) as board:
        answers = tmp_path / "answers.txt"
        result = run("host", model, "--port", board.port, "--answers", answers)
        assert result.exit_code == 0, result.output
        assert "359 of 359 answers equal to the model (digits, test)" in result.stdout
        assert "self-test passed" in result.stdout
        assert len(answers.read_text().split()) == 359
        board.class_of = lambda number: (number + 1) % 10
        fails(1, "differs from the model in 359 of 359 answers", "host", model, "--port",
              board.port)  # fmt: skip


def test_the_host_asks_a_board_in_simulation(model: Path, built: Path, tmp_path: Path) -> None:
    build, answers = built / "icebreaker", tmp_path / "answers.txt"
    result = run("host", model, "--simulated", build, "--samples", 12)
    assert result.exit_code == 0, result.output
    assert "12 of 12 answers equal to the model (digits, test)" in result.stdout
    assert "samples a second of the simulator" in result.stdout
    assert "self-test passed" in result.stdout
    X = load_digits().data[:5]
    table = tmp_path / "five.csv"
    np.savetxt(table, X, "%d", delimiter=",")
    words = ["host", model, "--simulated", build, "--header", "no", "--input", table]
    result = run(*words, "--answers", answers)
    assert result.exit_code == 0, result.output
    assert "5 of 5 answers equal to the model" in result.stdout
    assert "accuracy" not in result.stdout
    expected = [str(label) for label in LutNetwork.load(model).predict(X)]
    assert answers.read_text().split() == expected


def test_unlabelled_samples_are_answered_one_a_line(model: Path, tmp_path: Path) -> None:
    network = LutNetwork.load(model)
    X = load_digits().data[:7]
    table = tmp_path / "seven.csv"
    np.savetxt(table, X, "%d", delimiter=",")
    with software_board(network) as board:
        words = ["host", model, "--port", board.port, "--header", "no", "--input", table]
        shown = run(*words)
        assert shown.exit_code == 0, shown.output
        lines = shown.stdout.splitlines()
        assert lines[:7] == [str(label) for label in network.predict(X)]
        record = json.loads(run(*words, "--json").stdout)
        assert record["answers"] == lines[:7] and record["accuracy"] is None


def test_a_host_needs_one_board_that_was_built_of_the_model(
    model: Path, built: Path, tmp_path: Path
) -> None:
    fails(2, "name the board: --port for one at a serial port, or --simulated", "host", model)
    fails(2, "name the board", "host", model, "--port", "/dev/x", "--simulated", tmp_path)
    fails(2, "build.json", "host", model, "--simulated", tmp_path)
    other = tmp_path / "other.npz"
    run("boost", "--data", "digits", "--luts-per-class", 2, "-o", other)
    fails(1, "was built of another model", "host", other, "--simulated", built / "icebreaker")


def test_the_host_asks_for_scores(model: Path, tmp_path: Path) -> None:
    network = LutNetwork.load(model)
    assert isinstance(network.head, Argmax)
    scores = Sum(network.head.weights[:2], network.head.bias[:2], scale=0.5)
    replace(network, head=scores).save(tmp_path / "scores.npz")
    network = LutNetwork.load(tmp_path / "scores.npz")
    with software_board(network) as board:
        answers = tmp_path / "answers.txt"
        words = ["host", tmp_path / "scores.npz", "--port", board.port]
        result = run(*words, "--samples", 20, "--answers", answers)
        assert result.exit_code == 0, result.output
        assert "20 of 20 answers equal to the model (digits, test)" in result.stdout
        assert "accuracy" not in result.stdout and "self-test passed" in result.stdout
        rows = [line.split(",") for line in answers.read_text().splitlines()]
        X = load_dataset("digits").X_test
        assert np.array_equal(np.array(rows, dtype=float), network.predict(X[:20]))
        board.class_of = lambda number: number ^ 1
        fails(1, "differs from the model in 20 of 20 answers", *words, "--samples", 20)


def test_a_pulled_cable_keeps_the_answers(model: Path, tmp_path: Path) -> None:
    network = LutNetwork.load(model)
    with software_board(network) as board:
        board.unplug_after = 150
        answers = tmp_path / "answers.txt"
        result = run(
            "host", model, "--port", board.port, "--answer-timeout", 0.1, "--answers", answers
        )
    assert result.exit_code == 3, result.output
    labels = np.array(answers.read_text().split(), dtype=int)
    last = result.stderr.splitlines()[-1]
    assert f"{labels.size} of 359 samples were answered and are in {answers}" in last
    assert 0 < labels.size <= 150


def test_the_host_refuses_another_model(model: Path) -> None:
    network = LutNetwork.load(model)
    other = replace(
        network, head=replace(network.head, bias=network.head.bias + np.arange(10, dtype=np.int32))
    )
    with software_board(other) as board:
        fails(1, "load the bitstream that was built of this model", "host", model, "--port",
              board.port)  # fmt: skip


@pytest.mark.parametrize(
    ("code", "words", "message"),
    [
        (2, ["build", "MODEL", "--board", "icebraker"], "choose one of: arty-a7-35"),
        (2, ["build", "MODEL", "--one-hot"], "leave --one-hot out"),
        (2, ["build", "MODEL", "--baud", "7777777"], "try --baud"),
        (2, ["build", "MODEL", "--board", "mine.toml"], "cannot read mine.toml"),
        (3, ["host", "MODEL", "--port", "/dev/nothing"], "serial ports here"),
        (2, ["fmax", "MODEL", "--chip", "ice40-hx2k"], "has no device 'hx2k'"),
    ],
)
def test_bad_input_is_one_line(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: list[str],
    message: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    fails(code, message, *[str(model) if word == "MODEL" else word for word in words])
    assert not list(tmp_path.iterdir())
