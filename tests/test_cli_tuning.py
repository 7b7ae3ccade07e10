"""lutgen tune, run as a user runs it: what it writes, going on, records without trust."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from typer.testing import CliRunner, Result

from lutgen.cli.app import app
from lutgen.core import CoreConfig
from lutgen.jobs.samples import load_source
from lutgen.jobs.tune import TuneOptions, tune
from lutgen.model import LutNetwork, Source
from lutgen.records.tune import TUNE_FILE, Trial, TuneRecord
from lutgen.tune.space import Space

FEW = [
    *("--chip", "ice40-up5k", "--max-luts", 90, "--encoder", "thermometer:4:quantile"),
    *("--encoder", "gain:16", "--k", "3,4", "--criterion", "newton", "--leaf-bits", "1"),
    *("--temperature", "2", "--luts-per-class", "2,4,8", "--folds", 3, "--finalists", 3),
    *("--threads", 1),
]  # fmt: skip


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def fails(code: int, message: str, *words: object) -> None:
    result = run(*words)
    assert result.exit_code == code, result.output
    last = result.stderr.splitlines()[-1]
    assert message in last and last.startswith("lutgen: ")


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "iris.csv"
    _write(path, *load_iris(return_X_y=True))
    return path


def _write(path: Path, X: Any, y: Any) -> None:
    lines = [",".join([*(f"f{i}" for i in range(X.shape[1])), "label"])]
    rows = np.column_stack([X, y])
    lines += [",".join("" if np.isnan(v) else f"{v:g}" for v in row) for row in rows]
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def done(iris: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tuned")
    result = run("tune", "--data", iris, *FEW, "-o", out)
    assert result.exit_code == 0, result.output
    record = TuneRecord.read(out / TUNE_FILE)
    assert record.chosen is not None and record.test_accuracy is not None
    chosen = record.candidates[record.chosen]
    assert f"chosen: {chosen.score:.4f} with {chosen.luts} LUTs; on the test part, looked at " in (
        result.stdout
    )
    assert "luts per class" in result.stdout and "thermometer:4" in result.stdout
    return out


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_model_is_what_the_record_says(iris: Path, done: Path, tmp_path: Path) -> None:
    record = TuneRecord.read(done / TUNE_FILE)
    assert record.chosen is not None
    chosen = record.candidates[record.chosen]
    network = LutNetwork.load(done / "model.npz")
    assert network.digest == chosen.digest and chosen.luts <= 90
    assert chosen.score == max(item.score for item in record.candidates if item.luts <= 90)
    assert network.provenance.validation_accuracy == chosen.score
    assert network.provenance.n_samples == 120  # all rows but those for testing
    evaluated = json.loads(run("evaluate", done / "model.npz", "--json").stdout)
    assert evaluated["accuracy"] == record.test_accuracy
    # what it takes is what the other commands make of it
    words = ("--chip", "ice40-up5k", "--input-format", "auto", "-o", tmp_path)
    assert run("verilog", done / "model.npz", *words).exit_code == 0
    assert json.loads((tmp_path / "core.json").read_text())["netlist"]["luts"] == chosen.luts
    assert (done / "tune.svg").read_text().startswith("<?xml")
    # and other parameters are not: the same as boost learns
    told = chosen.parameters
    words = ("--k", told["k"], "--encoder", told["encoder"], "--criterion", told["criterion"],
             "--temperature", told["temperature"],
             "--luts-per-class", told["luts_per_class"])  # fmt: skip
    assert run("boost", "--data", iris, *words, "-o", tmp_path / "m.npz").exit_code == 0
    assert LutNetwork.load(tmp_path / "m.npz").digest == network.digest


@pytest.mark.parametrize("n_trials", [1, 6, 14])
def test_a_search_that_was_interrupted_goes_on(
    iris: Path, done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_trials: int
) -> None:
    from lutgen.jobs.tune import _Kept

    add = _Kept.add

    def stop(self: Any, trial: Trial) -> None:
        add(self, trial)
        if len(self.trials) == n_trials:
            raise KeyboardInterrupt

    monkeypatch.setattr(_Kept, "add", stop)
    result = run("tune", "--data", iris, *FEW, "-o", tmp_path)
    assert result.exit_code == 130 and "the same command goes on" in result.stderr
    assert list(files(tmp_path)) == [TUNE_FILE]
    record = TuneRecord.read(tmp_path / TUNE_FILE)
    assert len(record.trials) == n_trials and record.chosen is None and not record.candidates
    monkeypatch.setattr(_Kept, "add", add)
    assert run("tune", "--data", iris, *FEW, "-o", tmp_path).exit_code == 0
    assert files(tmp_path) == files(done)


def test_another_question_makes_use_of_the_trials(iris: Path, done: Path, tmp_path: Path) -> None:
    record = TuneRecord.read(done / TUNE_FILE)
    record.write(tmp_path / TUNE_FILE)
    smallest = record.candidates[record.front[0]]
    words = ("--min-accuracy", smallest.score, "-o", tmp_path, "--json")
    result = run("tune", "--data", iris, *FEW, *words)
    told = json.loads(result.stdout)
    assert told["candidates"][told["chosen"]]["luts"] == smallest.luts
    assert told["trials"] == len(record.trials) and told["min_accuracy"] == smallest.score
    fails(1, "no network found has a score of 0.999 or more in 90 LUTs: the best has",
          *("tune", "--data", iris, *FEW, "--min-accuracy", 0.999, "-o", tmp_path))  # fmt: skip
    missed = TuneRecord.read(tmp_path / TUNE_FILE)
    assert missed.chosen is None and missed.candidates == record.candidates


def test_a_record_of_another_search_is_refused(iris: Path, done: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    TuneRecord.read(done / TUNE_FILE).write(out / TUNE_FILE)
    other = tmp_path / "iris.csv"
    X, y = load_iris(return_X_y=True)
    _write(other, X[:-1], y[:-1])
    fails(2, "is of another search (other training samples); name another folder (-o), or begin ",
          *("tune", "--data", other, *FEW, "-o", out))  # fmt: skip
    words = ("--refits", 0, "--folds", 4, "--seed", 1, "--pipeline", 2)
    fails(2, "(refits 1, now 0, pipeline 0, now 2, folds 3, now 4, seed 0, now 1)",
          *("tune", "--data", iris, *FEW, *words, "-o", out))  # fmt: skip
    before = (out / TUNE_FILE).read_bytes()
    assert before == (out / TUNE_FILE).read_bytes()
    assert run("tune", "--data", other, *FEW, "-o", out, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda told: told["trials"][0].update(points=[]), "points must be one or more"),
        (lambda told: told["trials"][0]["points"][0].update(score=None), "must have scores"),
        (lambda told: told["trials"][-1].update(fold=None, refitted=True), "must have the LUTs"),
        (lambda told: told["trials"][0]["points"][0].update(score=7), "must be a number of 1 or"),
        (lambda told: told["trials"][0]["points"][0].update(size=-1), "size must be a whole"),
        (lambda told: told.update(chosen=99), "chosen must be one of 3 candidates, from 0"),
        (lambda told: told["candidates"][0].update(scores=[]), "scores must be one or more"),
        (lambda told: told.pop("search"), "search is missing"),
    ],
)  # fmt: skip
def test_a_damaged_record_is_refused(
    iris: Path, done: Path, tmp_path: Path, change: Any, message: str
) -> None:
    told = json.loads((done / TUNE_FILE).read_text())
    change(told)
    (tmp_path / TUNE_FILE).write_text(json.dumps(told))
    fails(2, message, "tune", "--data", iris, *FEW, "-o", tmp_path)
    assert list(files(tmp_path)) == [TUNE_FILE]


def test_a_wrong_cost_is_noticed(iris: Path, done: Path, tmp_path: Path) -> None:
    record = TuneRecord.read(done / TUNE_FILE)
    assert record.chosen is not None
    digest = record.candidates[record.chosen].digest
    cheap = tuple(
        replace(trial, points=(replace(trial.points[-1], luts=5),))
        if trial.digest == digest and trial.fold is None
        else trial
        for trial in record.trials
    )
    assert cheap != record.trials
    replace(record, trials=cheap).write(tmp_path / TUNE_FILE)
    fails(2, "the trials do not fit these samples: the chosen model is",
          *("tune", "--data", iris, *FEW, "-o", tmp_path))  # fmt: skip
    (tmp_path / TUNE_FILE).write_text("{" * 100)
    fails(2, "not valid JSON", "tune", "--data", iris, *FEW, "-o", tmp_path)


def test_the_test_part_takes_no_part_in_the_choice(iris: Path, tmp_path: Path) -> None:
    source = Source(str(iris))
    dataset = load_source(source)
    space = Space(("gain:16",), (3,), ("newton",), (1,), (2.0,), (2, 4))
    core = CoreConfig(chip="ice40", input_format="auto")
    options = TuneOptions(core, space, folds=2, finalists=2)
    network, record = tune(dataset, source, options, tmp_path / "a", threads=1)
    upside_down = replace(dataset, y_test=(dataset.y_test + 1) % 3)
    other, told = tune(upside_down, source, options, tmp_path / "b", threads=1)
    assert other.digest == network.digest and told.candidates == record.candidates
    assert record.test_accuracy != told.test_accuracy
    # without limits: the smallest within a standard error of the best
    assert record.chosen is not None
    best = max(record.candidates, key=lambda item: item.score)
    chosen = record.candidates[record.chosen]
    assert chosen.score >= best.score - best.standard_error and chosen.luts <= best.luts


def test_numbers_and_missing_values(iris: Path, tmp_path: Path) -> None:
    X, y = load_diabetes(return_X_y=True)
    path = tmp_path / "numbers.csv"
    _write(path, X[:200].round(3), y[:200] + 0.5)
    words = ("--encoder", "gain:30", "--k", 3, "--leaf-bits", 2, "--luts-per-class", "4,8",
             "--folds", 2, "--finalists", 2, "--threads", 1)  # fmt: skip
    result = run("tune", "--data", path, *words, "-o", tmp_path / "n")
    assert result.exit_code == 0, result.output
    assert "is taken as numbers" in result.stderr and "Best R² for its LUTs" in result.stdout
    words = (*words, "--temperature", 2, "-o", tmp_path / "m")
    fails(2, "numbers have one criterion and no temperature", "tune", "--data", path, *words)
    X, y = load_iris(return_X_y=True)
    X[::7, 2] = np.nan
    _write(path, X, y)
    result = run("tune", "--data", path, *FEW, "--missing", "bit", "-o", tmp_path / "l")
    assert result.exit_code == 0, result.output
    assert LutNetwork.load(tmp_path / "l" / "model.npz").encoder.missing is not None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--k", "4,x"), "--k must be a list as in 4,6; got '4,x'"),
        (("--folds", 1), "folds must be 2 or more, got 1"),
        (("--folds", 99), "samples cannot be held out so"),
        (("--chip", "ice41"), "ice41"),
        (("--min-accuracy", 1.5), "min_score must be 1 or less"),
        (("--encoder", "nonsense"), "nonsense"),
        (("--k", "99"), "k must be 1 to 16, got 99"),
        (("--criterion", "best"), "criterion must be one of"),
        (("--input-format", "u40"), "u40"),
    ],
)  # fmt: skip
def test_bad_options(iris: Path, tmp_path: Path, words: tuple[Any, ...], message: str) -> None:
    fails(2, message, "tune", "--data", iris, *FEW, *words, "-o", tmp_path / "out")
