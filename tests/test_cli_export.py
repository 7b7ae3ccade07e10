"""The command that exports a kit, run as a user runs it."""

import json
from pathlib import Path

import numpy as np
import pytest
from strategies import voting_network
from typer.testing import CliRunner, Result

from lutgen.cli.app import app


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "digits.npz"
    result = run("train", "--task", "ge5", "--k", 5, "--widths", "24x2", "-o", path)
    assert result.exit_code == 0, result.output
    return path


def test_a_kit_of_a_trained_model_has_its_samples(model: Path, tmp_path: Path) -> None:
    words = ["export", model, "--kit", tmp_path, "--shell", "stream", "--input-format", "auto"]
    result = run(*words, "--clock", "125MHz", "--samples", 20, "--json")
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert record == json.loads((tmp_path / "kit.json").read_text())
    assert (record["top"], record["clock_mhz"], record["n_vectors"]) == (
        "lutgen_core_stream", 125, 20,
    )  # fmt: skip
    assert record["vectors"] == "the first 20 of digits, test"
    assert (tmp_path / "tb/lutgen_core_stream_inputs.mem").read_text().count("\n") == 20
    printed = run(*words)
    assert printed.exit_code == 0 and "constraints for 100 MHz" in printed.stdout
    for name in record["files"]:
        assert f"written: {tmp_path / name}" in printed.stdout


def test_a_model_without_data_gets_bits_at_random_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    voting_network(np.random.default_rng(3), 12, [9, 6], 4, 3).save(path)
    result = run("export", path, "--kit", tmp_path / "kit", "--json")
    assert result.exit_code == 0, result.output
    assert "bits at random: the model does not say what data" in result.stderr
    assert json.loads(result.stdout)["vectors"] == "bits at random"


def test_bad_words_are_refused(model: Path, tmp_path: Path) -> None:
    for words, told in (
        (("--shell", "spi"), "there are: plain, stream, axilite, wishbone"),
        (("--language", "chisel"), "there are: verilog, vhdl"),
        (("--clock", "fast"), "a number with its unit"),
        (("--shell", "stream", "--beat-width", 12), "whole bytes"),
        (("--language", "vhdl", "--module", "core_"), "no name in VHDL"),
    ):
        result = run("export", model, "--kit", tmp_path / "kit", *words)
        assert result.exit_code == 2 and told in result.output, (words, result.output)
    assert not (tmp_path / "kit").exists()
