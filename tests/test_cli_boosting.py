"""lutgen boost, run as a user runs it, and what it learns through the later commands."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from programs import SHOWS_PROGRESS, wait_for
from typer.testing import CliRunner, Result

from lutgen.cli.app import app
from lutgen.model.network import LutNetwork

QUICK = ["--luts-per-class", 8, "--search-samples", 2000, "--refits", 0]


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def fails(code: int, message: str, *words: object) -> None:
    result = run(*words)
    assert result.exit_code == code, result.output
    last = result.stderr.splitlines()[-1]
    assert message in last and last.startswith("lutgen: ")
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "digits.npz"
    result = run("boost", *QUICK, "--encoder", "thermometer:2:quantile", "-o", path)
    assert result.exit_code == 0, result.output
    return path


def test_ten_classes_are_learnt(model: Path) -> None:
    network = LutNetwork.load(model)
    assert network.n_classes == 10 and network.outputs.size == 80
    result = run("evaluate", model, "--json")
    assert json.loads(result.stdout)["accuracy"] == network.provenance.test_accuracy > 0.88
    shown = run("info", model).stdout
    criterion = network.provenance.parameters["criterion"]
    assert f"boosting, luts per class 8, criterion {criterion}, leaf bits 1, temp" in shown
    assert f"criterion chosen   {criterion}: of " in shown and "(--criterion names one)" in shown
    assert "80 outputs, 80 votes for 10 classes" in shown


def test_two_classes_are_one_group(tmp_path: Path) -> None:
    out = tmp_path / "m.npz"
    assert run("boost", "--task", "ge5", *QUICK, "-o", out).exit_code == 0
    assert LutNetwork.load(out).outputs.size == 8


def test_validation_is_set_aside_and_a_model_can_be_gone_on_with(
    tmp_path: Path, model: Path
) -> None:
    out, grown = tmp_path / "m.npz", tmp_path / "grown.npz"
    watched = ("--validation", "0.2", "--patience", 3, "--no-refit-on-all")
    result = run("boost", *QUICK, *watched, "-o", out)
    assert result.exit_code == 0, result.output
    known = LutNetwork.load(out).provenance
    assert f"validation         {known.validation_accuracy:.4f}" in result.stdout
    assert known.n_samples < LutNetwork.load(model).provenance.n_samples
    assert (
        run("boost", *QUICK[2:], "--luts-per-class", 10, "--start", model, "-o", grown).exit_code
        == 0
    )
    assert LutNetwork.load(grown).outputs.size == 100
    assert LutNetwork.load(grown).encoder.describe() == LutNetwork.load(model).encoder.describe()


def test_hardware_of_all_three_parts(tmp_path: Path, model: Path) -> None:
    words = ("--chip", "ice40", "--input-bits", 5, "--pipeline", 2, "-o", tmp_path)
    result = run("simulate", model, *words)
    assert result.exit_code == 0, result.output
    assert "RTL simulation: 359 / 359 test samples equal" in result.stdout
    result = run("prove", model, *words)
    assert result.exit_code == 0, result.output
    assert "votes of the model = head: 4 of 4 outputs proved" in result.stdout
    assert run("synth", model, *words, "--mode", "direct").exit_code == 0
    text = run("report", tmp_path).stdout
    for part in ("encoder", "core", "head"):
        assert re.search(rf"^ *{part} +\d", text, re.MULTILINE), text
    assert "x to y: encoder, core, head; no pins" in text


def test_one_hot_on_another_family(tmp_path: Path, model: Path) -> None:
    words = ("--chip", "xilinx7", "--one-hot", "-o", tmp_path)
    assert run("prove", model, *words).exit_code == 0
    result = run("mutate", model, *words, "--n", 12, "--simulate-faults", 1)
    assert result.exit_code == 0, result.output


def test_optimise_uses_what_was_not_seen(tmp_path: Path, model: Path) -> None:
    out = tmp_path / "smaller.npz"
    result = run("optimise", model, "--chip", "xilinx7", "--max-loss", "0.05", "-o", out)
    assert result.exit_code == 0, result.output
    assert LutNetwork.load(out).fan_in.sum() <= LutNetwork.load(model).fan_in.sum()
    fails(2, "goes by majorities", "optimise", model, "--policy", "tied", "-o", out)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three features, and a whole number that follows from them: 20 values, few rows each."""
    random = np.random.default_rng(0)
    features = random.random((600, 3))
    price = np.rint(300 * features[:, 0] * features[:, 1] + 100 * features[:, 2]) + 50
    path = tmp_path_factory.mktemp("numbers") / "prices.csv"
    rows = (",".join(map(str, row)) for row in np.column_stack([features, price.astype(int)]))
    path.write_text("\n".join(["a,b,c,price", *rows, ""]))
    return path


def test_numbers_are_learnt_and_the_guess_is_said(tmp_path: Path, table: Path) -> None:
    out = tmp_path / "m.npz"
    told = ("boost", "--data", table, "--k", 4, "--luts-per-class", 40, "-o", out)
    result = run(*told)
    assert result.exit_code == 0, result.output
    assert "column price" in result.stderr and "(--task regression)" in result.stderr
    network = LutNetwork.load(out)
    assert network.n_luts == 120 and network.provenance.task == "regression"
    assert "test R²" in result.stdout and "most gained by     " in result.stdout
    assert network.provenance.test_accuracy > 0.8
    shown = run("evaluate", out)
    assert shown.stdout.startswith(f"R²    {network.provenance.test_accuracy:.4f}  (120 samples; ")
    assert "MAE" in shown.stdout and "RMSE" in shown.stdout
    found = json.loads(run("evaluate", out, "--data", table, "--json").stdout)
    assert found["n_samples"] == 120  # the test part, as it was parted
    assert found["r2"] == network.provenance.test_accuracy
    assert 0 < found["mean_absolute_error"][0] < found["root_mean_squared_error"][0] < 40
    quick = ("--luts-per-class", 1, "--refits", 0, "--criterion", "absolute")
    few = run(*told[:5], *quick, "--task", "classes", "-o", tmp_path / "c.npz")
    assert few.exit_code == 0 and LutNetwork.load(tmp_path / "c.npz").n_classes > 100
    named = run(*told, "--task", "regression")
    assert named.exit_code == 0 and "taken as numbers" not in named.stderr
    assert LutNetwork.load(out).digest == network.digest
    proof = run("prove", out, "--chip", "ice40", "-o", tmp_path / "proof")
    assert proof.exit_code == 0, proof.output
    assert "classes" not in run("info", out).stdout


def test_growth_that_ends_early_is_said(tmp_path: Path, table: Path) -> None:
    out = tmp_path / "m.npz"
    result = run(
        "boost", "--data", table, "--k", 4, "--luts-per-class", 300, "--validation", 0.2,
        "--patience", 5, "--loss", "quantile", "--quantile", 0.9, "--learning-rate", 0.5,
        "-o", out,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    known = LutNetwork.load(out).provenance
    assert f"growth ended       {known.growth_ended}" in result.stdout
    assert known.n_samples == 480 and known.metric == "D²"


def test_faults_of_numbers(tmp_path: Path, table: Path) -> None:
    numbers = ("boost", "--data", table, "-o", tmp_path / "m.npz")
    fails(2, "loss must be one of squared_error", *numbers, "--loss", "huber")
    fails(2, "no classes to balance", *numbers, "--balanced")
    fails(2, "numbers need leaf_bits of 2 or 3", *numbers, "--leaf-bits", 1, "--max-weight", 1)
    fails(2, "knows votes of one bit alone", *numbers, "--criterion", "absolute")
    words = tmp_path / "words.csv"
    words.write_text("a,b,c\n" + "".join(f"{i},{i % 7},w{i % 5}\n" for i in range(50)))
    fails(2, "the labels are no numbers", "boost", "--data", words, "--task", "regression")
    good = tmp_path / "good.npz"
    run(*numbers[:-1], good, "--luts-per-class", 4, "--k", 3)
    words.write_text("a,b,c,price\n" + "".join(f".{i},.2,.3,w{i % 5}\n" for i in range(1, 50)))
    fails(2, "the labels are no numbers", "evaluate", good, "--data", words)


def test_balanced_classes_and_their_calibration(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    features = random.random((3000, 4))
    rare = (features[:, 0] + features[:, 1] + 0.3 * random.normal(size=3000) > 1.7).astype(int)
    data, out = tmp_path / "rare.csv", tmp_path / "m.npz"
    np.savetxt(data, np.column_stack([features, rare]), delimiter=",", fmt="%.5g")
    recall = []
    for more in ((), ("--balanced",)):
        told = ("boost", "--data", data, "--k", 4, "--luts-per-class", 30, "--leaf-bits", 3)
        result = run(*told, *more, "-o", out)
        assert result.exit_code == 0, result.output
        found = json.loads(run("evaluate", out, "--json").stdout)
        recall.append(found["confusion"][1][1] / sum(found["confusion"][1]))
        if not more:
            assert 0 < found["calibration_error"] < 0.05
            assert "calibration error  0.0" in run("evaluate", out).stdout
    assert recall[1] > recall[0] + 0.1


def test_bad_input(tmp_path: Path, model: Path) -> None:
    out = ("-o", tmp_path / "m.npz")
    fails(2, "k must be 1 to 16", "boost", "--k", 17, *out)
    fails(2, "luts_per_class must be 1", "boost", "--luts-per-class", 0, *out)
    fails(2, "patience needs validation samples", "boost", *QUICK, "--patience", 2, *out)
    fails(2, "rows to set aside", "boost", *QUICK, "--validation", 1.5, *out)
    fails(2, "has an encoder already", "boost", "--start", model, "--encoder", "auto", *out)
    one = tmp_path / "one.csv"
    one.write_text("1,2,a\n3,4,a\n" * 10)
    fails(2, "one class only, a", "boost", "--data", one, *out)
    fails(2, "lies outside its range, 0 to 7: no code passes it", "simulate", model,
          "--input-bits", 3, "-o", tmp_path)  # fmt: skip
    assert not (tmp_path / "m.npz").exists()


def test_ctrl_c_keeps_the_best_so_far(tmp_path: Path) -> None:
    out, said = tmp_path / "model.npz", tmp_path / "said"
    command = [sys.executable, "-m", "lutgen", "boost", "--luts-per-class", "5000",
               "--criterion", "absolute", "-o", str(out)]  # fmt: skip
    with said.open("wb") as stream:  # learning would take minutes
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True,
                                   env=os.environ | SHOWS_PROGRESS)  # fmt: skip
    wait_for(said, r"[1-9]\d*/\d+ LUTs", process)
    process.send_signal(signal.SIGINT)
    stdout, _ = process.communicate(timeout=60)
    stderr = said.read_text()
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert "interrupted: the best so far is kept" in stdout
    network = LutNetwork.load(out)
    assert network.provenance.interrupted and 10 <= network.n_luts < 50_000


def test_directions_of_features_are_given_by_name(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2))
    rows = [f"{a:.3f},{b:.3f},{int(a + rng.normal() > 0)}" for a, b in X]
    (tmp_path / "t.csv").write_text("\n".join(["age,height,class", *rows]))
    told = ["boost", "--data", tmp_path / "t.csv", "--k", 4, *QUICK, "-o", tmp_path / "m.npz"]
    result = run(*told, "--monotone", "age=1", "--monotone", "1=-1")
    assert result.exit_code == 0, result.output
    network = LutNetwork.load(tmp_path / "m.npz")
    grid = np.linspace(-3, 3, 40)[:, None]
    for line in (np.hstack([grid, 0 * grid]), -np.hstack([0 * grid, grid])):
        scores = network.scores(line)
        assert (np.diff(scores[:, 1] - scores[:, 0]) >= 0).all()
    fails(2, "must be NAME=1 or NAME=-1", *told, "--monotone", "age")
    fails(2, "there is no feature 'weight'", *told, "--monotone", "weight=1")


def test_data_may_be_larger_than_memory(model: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(600, 7))
    table = np.column_stack([X, X[:, 0] * X[:, 1] > 0])
    for part, rows in enumerate(np.split(table, [250, 251])):
        np.save(tmp_path / f"part{part}.npy", rows)
    data, out = tmp_path / "part*.npy", tmp_path / "model.npz"
    words = ["boost", "--data", data, "-o", out, *QUICK, "--criterion", "absolute"]
    result = run(*words, "--memory", "1GB")
    assert result.exit_code == 0, result.output
    assert "3 file(s), 600 rows of 7 features; labels: column 8" in result.stderr
    network = LutNetwork.load(out)
    assert network.n_luts == 8 and network.provenance.test_accuracy is not None
    np.save(tmp_path / "whole.npy", table)
    result = run(*words[:2], tmp_path / "whole.npy", *words[3:])
    assert result.exit_code == 0, result.output
    assert LutNetwork.load(out).digest == network.digest
    fails(2, "--memory is for this machine, --scheduler for a", *words, "--memory", "1GB",
          "--scheduler", "tcp://127.0.0.1:1")  # fmt: skip
    fails(2, "--start does not go with data that is read in", *words, "--memory", "1GB",
          "--start", model)  # fmt: skip
    fails(2, "200 MB is too little memory for 8 columns", *words, "--memory", "200MB")
