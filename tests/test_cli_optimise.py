"""lutgen optimise, as a user runs it: what it writes, what it says, and when it refuses."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lutgen.cli.app import app
from lutgen.jobs.optimise import optimise
from lutgen.jobs.samples import load_source
from lutgen.model.network import LutNetwork
from lutgen.optimise.policy import Policy


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "digits.npz"
    result = run("train", "--task", "ge5", "--k", 5, "--widths", "48x2", "-o", path)
    assert result.exit_code == 0, result.output
    return path


def test_unseen_writes_a_smaller_model_that_answers_training_samples_alike(
    model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "smaller.npz"
    words = ("--policy", "unseen", "--max-loss", 0.05, "--chip", "ice40", "--json")
    result = run("optimise", model, "-o", out, *words)
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    before, after = LutNetwork.load(model), LutNetwork.load(out)
    assert record["original"] == before.digest and record["digest"] == after.digest
    assert before.digest != after.digest
    assert record["cells"]["after"]["SB_LUT4"] < record["cells"]["before"]["SB_LUT4"]
    assert record["network"]["inputs_after"] == after.fan_in.sum()
    written = after.provenance.optimised
    assert written is not None
    assert written.policy == "unseen" and written.original == before.digest
    assert written.validation == record["validation"] == {
        "data": "digits", "n_samples": 287, "share": 0.2, "seed": 0, **record["trials"][-1]
    }  # fmt: skip
    assert written.sizes == {
        name: record[name] for name in ("network", "chip", "cells", "test_accuracy")
    }
    measured = [json.loads(run("evaluate", path, "--json").stdout)["accuracy"]
                for path in (model, out)]  # fmt: skip
    assert list(record["test_accuracy"].values()) == measured
    assert after.provenance.test_accuracy == measured[1]
    assert record["gained"] is True
    accuracies = {
        path: json.loads(run("evaluate", path, "--part", "train", "--json").stdout)["accuracy"]
        for path in (model, out)
    }
    assert accuracies[model] == accuracies[out]


def test_auto_tries_the_boldest_first_and_prints_each(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "smaller.npz"
    result = run("optimise", model, "-o", out, "--max-loss", 0.05, "--chip", "generic")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    policies = [line.split()[1] for line in lines if "│ weak:" in line]
    assert policies[0] == "weak:0.02"
    taken = LutNetwork.load(out).provenance.optimised.policy
    assert taken == policies[-1]
    assert any("trained LUTs in the cone" in line for line in lines)
    assert str(out) in lines[-1]


def test_a_policy_that_costs_too_much_ends_with_1_and_writes_nothing(
    model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "smaller.npz"
    result = run("optimise", model, "-o", out, "--policy", "weak:0.9", "--max-loss", 0.01)
    assert result.exit_code == 1
    assert "policy weak:0.9 takes the accuracy on 287 held-out samples from" in result.stderr
    assert "more than the 0.01 allowed" in result.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--policy", "rare"), "the policy must be one of unseen, tied, weak:SHARE"),
        (("--max-loss", "2"), "--max-loss must be a share"),
        (("--validation", "-0.1"), "--validation must be a share"),
        (("--chip", "ice41"), "there is no chip family 'ice41'"),
        (("--data", "digits", "--task", "pair:3-8"), "is not one of the model's, 0, 1"),
        (("--validation", "0"), "too few to set 0 %"),
    ],
)
def test_bad_options_end_with_2(
    model: Path, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    result = run("optimise", model, "-o", tmp_path / "x.npz", *words)
    assert result.exit_code == 2
    assert message in result.stderr.replace("\n", " ")
    assert not (tmp_path / "x.npz").exists()


def test_it_says_when_there_is_nothing_to_gain(model: Path, tmp_path: Path) -> None:
    small, again = tmp_path / "small.npz", tmp_path / "again.npz"
    words = ("--policy", "unseen", "--max-loss", 0.5)
    first = run("optimise", model, "-o", small, *words)
    assert "nothing to gain" not in first.stdout and "test accuracy: 0." in first.stdout
    result = run("optimise", small, "-o", again, *words)
    assert result.exit_code == 0, result.output
    assert "nothing to gain: on generic the hardware takes" in result.stdout
    assert f"go on with {small}" in result.stdout
    record = json.loads(run("optimise", small, "-o", again, *words, "--json").stdout)
    assert record["gained"] is False


def test_the_test_part_takes_no_part_in_the_choice(model: Path, tmp_path: Path) -> None:
    dataset = load_source(LutNetwork.load(model).provenance.source)
    network = LutNetwork.load(model)
    shuffled = replace(dataset, y_test=1 - dataset.y_test)
    policies = (None, Policy.parse("tied"))
    for policy in policies:
        done = [optimise(network, data, policy, chip="generic", max_loss=0.05)
                for data in (dataset, shuffled)]  # fmt: skip
        assert done[0][0].digest == done[1][0].digest
        assert done[0][1].trials == done[1][1].trials
        assert done[0][1].test_accuracy.after == pytest.approx(1 - done[1][1].test_accuracy.after)
