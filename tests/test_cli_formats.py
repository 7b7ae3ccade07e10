"""Features as numbers of a format, from a table of floats to proved hardware, as a user does it."""

import json
from pathlib import Path

import numpy as np
import pytest
from software_board import software_board
from typer.testing import CliRunner, Result

from lutgen.cli.app import app
from lutgen.core import Interface
from lutgen.errors import ConfigError, DataError
from lutgen.jobs.formats import count_changes, own_changes, read_input_format
from lutgen.jobs.host import ask_board
from lutgen.model import LutNetwork


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def fails(message: str, *words: object) -> None:
    result = run(*words)
    assert result.exit_code == 2, result.output
    last = result.stderr.splitlines()[-1]
    assert message in last, last


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model of floats: the first feature in eighths, the others in hundredths."""
    folder = tmp_path_factory.mktemp("floats")
    rng = np.random.default_rng(0)
    X = np.concatenate(
        [rng.integers(-40, 40, size=(300, 1)) / 8, rng.integers(0, 100, size=(300, 2)) / 100],
        axis=1,
    )
    label = (X[:, 0] / 5 + X[:, 1] + rng.normal(size=300) / 9 > 0.5).astype(int)
    rows = (f"{a},{b},{c},{y}\n" for (a, b, c), y in zip(X.tolist(), label, strict=True))
    (folder / "d.csv").write_text("".join(rows))
    path = folder / "m.npz"
    words = ("--luts-per-class", 5, "--encoder", "thermometer:6:quantile")
    result = run("boost", "--data", folder / "d.csv", *words, "-o", path)
    assert result.exit_code == 0, result.output
    return path


def test_a_format_that_loses_something_is_refused(model: Path, tmp_path: Path) -> None:
    fails("input format u8, feature 0: threshold", "verilog", model, "--input-bits", 8,
          "-o", tmp_path)  # fmt: skip
    tenths = model.with_name("tenths.npz")
    words = ("--luts-per-class", 2, "--encoder", "thresholds:0.1,0.3", "-o", tenths)
    assert run("boost", "--data", model.with_name("d.csv"), *words).exit_code == 0
    fails("input format auto, feature 1: no format of at most 24 bits", "prove", tenths,
          "--input-format", "auto", "-o", tmp_path)  # fmt: skip
    fails("were both asked for", "verilog", model, "--input-bits", 8, "--input-format", "u8")
    fails("a format is u8 or s12", "verilog", model, "--input-format", "float")
    assert not list(tmp_path.iterdir())


def test_rounding_that_is_accepted_is_counted(model: Path, tmp_path: Path) -> None:
    words = ("--input-format", "q4.5", "--accept-rounding", "-o", tmp_path)
    result = run("simulate", model, *words)
    assert result.exit_code == 0, result.output
    record = json.loads((tmp_path / "core.json").read_text())
    assert record["input_formats"] == ["s9:scale=0.03125"] * 3 and not record["changes_unknown"]
    train, test = record["changes"]
    assert 0 < train["bits_changed"] < train["n_samples"] == 240
    assert f"encoder bits of {train['bits_changed']} and answers of" in result.stdout
    assert "features come in as numbers: s9:scale=0.03125" in result.stdout
    done = json.loads((tmp_path / "simulate.json").read_text())
    assert (done["bits_changed"], done["answers_changed"]) == (
        test["bits_changed"], test["answers_changed"]
    )  # fmt: skip
    assert f"compared on codes; of the test samples, {test['bits_changed']}" in result.stdout
    assert "60 / 60 test samples equal" in result.stdout
    result = run("prove", model, *words)
    assert result.exit_code == 0, result.output
    assert "scale * code + offset >= threshold = encoder: " in result.stdout
    text = run("report", tmp_path).stdout
    assert "s9:scale=0.03125" in text and "the format changes encoder bits of" in text
    header = (tmp_path / "lutgen_core.v").read_text()
    assert "value = 0.03125 * code, feature f at x[9*f +: 9]" in header


def test_every_command_that_writes_a_core_keeps_what_changes(model: Path, tmp_path: Path) -> None:
    words = ("--chip", "ice40", "--input-format", "q4.5", "--accept-rounding")
    records = {}
    for command in (("verilog",), ("emit", "--form", "verilog"), ("synth",)):
        out = tmp_path / command[0]
        result = run(command[0], model, *command[1:], *words, "-o", out)
        assert result.exit_code == 0, result.output
        records[command[0]] = json.loads((out / "core.json").read_text())
        assert "the format changes encoder bits of" in result.stdout
    assert len(records["verilog"]["changes"]) == 2
    assert records["emit"] == records["verilog"]
    assert records["synth"]["changes"] == records["verilog"]["changes"]


def test_what_cannot_be_counted_is_said(model: Path, tmp_path: Path) -> None:
    network = LutNetwork.load(model)
    interface = Interface.taking(network, "q4.5", accept_rounding=True)
    changes, unknown = own_changes(interface)
    assert len(changes) == 2 and not unknown
    moved = tmp_path / "d.csv"
    source = Path(network.provenance.source.data)  # type: ignore[union-attr]
    source.rename(moved)
    try:
        changes, unknown = own_changes(interface)
        assert not changes and "d.csv" in unknown
        result = run("verilog", model, "--input-format", "q4.5", "--accept-rounding",
                     "-o", tmp_path)  # fmt: skip
        assert "what changes was not counted: " in result.stdout and "d.csv" in result.stdout
    finally:
        moved.rename(source)
    assert own_changes(Interface(network)) == ((), "")


def test_counts(model: Path) -> None:
    network = LutNetwork.load(model)
    interface = Interface.taking(network, "q4.1", accept_rounding=True)
    X = np.random.default_rng(1).uniform(-4, 4, size=(90, 3))
    y = network.predict(X)
    change = count_changes(interface, "rows", X, y)
    assert change.accuracy == 1 and change.accuracy_of_codes == 1 - change.answers_changed / 90
    assert 0 < change.answers_changed < change.bits_changed


def test_the_host_makes_the_codes(model: Path) -> None:
    network = LutNetwork.load(model)
    X = np.random.default_rng(1).uniform(-1, 1, size=(300, 3))
    for asked in ("q4.0", ["q4.0", "u9:scale=2^-9", "u7:scale=0.01:missing=127"]):
        interface = Interface.taking(network, asked, accept_rounding=True)
        told = "" if asked == "q4.0" else asked
        with software_board(interface) as board:
            found = ask_board(network, board.port, X, network.predict(X), input_format=told)
        assert found.n_equal == 300 and found.self_test_passed
        assert found.n_rounded == interface.changed(X)[1].sum() > 0


def test_tables_of_formats(tmp_path: Path, model: Path) -> None:
    table, listed = tmp_path / "f.json", tmp_path / "f.csv"
    table.write_text('{"0": "q4.3", "*": "u7:scale=0.01"}')
    listed.write_text("feature,format\n0,q4.3\n\n1, u7:scale=0.01\n2,auto\n")
    assert read_input_format(str(table)) == {"0": "q4.3", "*": "u7:scale=0.01"}
    assert read_input_format(str(listed)) == {"0": "q4.3", "1": "u7:scale=0.01", "2": "auto"}
    assert read_input_format("auto") == "auto"
    result = run("verilog", model, "--input-format", table, "--accept-rounding", "-o", tmp_path)
    assert result.exit_code == 0, result.output
    assert "u7:scale=0.01 (2 of them), s7:scale=0.125 (1 of them)" in result.stdout
    for text, message in (
        ('{"0": 8}', "an object, feature to format"),
        ('"u8"', "an object, feature to format"),
    ):
        table.write_text(text)
        with pytest.raises(ConfigError, match=message):
            read_input_format(str(table))
    listed.write_text("0,u8\n0,u9\n")
    with pytest.raises(ConfigError, match="row 2 must be a feature and its format, each feature"):
        read_input_format(str(listed))
    with pytest.raises(DataError, match="cannot read"):
        read_input_format(str(tmp_path / "none.csv"))
