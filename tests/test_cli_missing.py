"""Tables that lack values, from training to proved hardware and the host, as a user has them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from software_board import software_board
from typer.testing import CliRunner, Result

from lutgen.cli.app import app
from lutgen.core import Interface
from lutgen.errors import DataError, MismatchError, ModelError
from lutgen.host.device import Device
from lutgen.jobs.host import ask_board
from lutgen.model import LutNetwork, Provenance


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def good(*words: object) -> Result:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result


def fails(message: str, *words: object) -> None:
    result = run(*words)
    assert result.exit_code == 2, result.output
    assert message in result.stderr.splitlines()[-1], result.stderr


LEARN = ("--luts-per-class", 6, "--missing", "bit", "--encoder", "thermometer:6:quantile")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a table whose answer is whether one is missing or the other is large."""
    folder = tmp_path_factory.mktemp("missing")
    rng = np.random.default_rng(0)
    size, weight = rng.integers(0, 300, 400) / 10, rng.normal(size=400)
    lacks = rng.random(400) < 0.3
    colour = rng.choice(["red", "blue", "?"], 400)
    y = np.where(lacks, colour == "red", weight > 0).astype(int)
    spelt = np.array(["", "NaN", "?"])[rng.integers(0, 3, 400)]
    cells = np.where(lacks, spelt, size.astype(str))
    lines = [f"{a},{b:.4f},{c},{d}" for a, b, c, d in zip(cells, weight, colour, y, strict=True)]
    (folder / "t.csv").write_text("\n".join(["size,weight,colour,label", *lines]))
    good("boost", "--data", folder / "t.csv", *LEARN, "-o", folder / "m.npz")
    return folder


def test_a_model_is_learnt_evaluated_and_asked(folder: Path, tmp_path: Path) -> None:
    model, data = folder / "m.npz", folder / "t.csv"
    network = LutNetwork.load(model)
    encoder = network.encoder
    assert network.feature_names == ("size", "weight", "colour=blue", "colour=red", "colour=?")
    assert network.categories == {"colour": ("blue", "red", "?")}
    assert encoder.nullable is not None and encoder.nullable.tolist() == [True] + [False] * 4
    names = encoder.get_feature_names_out(network.feature_names).tolist()
    assert names[-1] == "size missing" and encoder.threshold[-1] == np.inf
    record = json.loads(good("evaluate", model, "--json").stdout)
    assert record["accuracy"] > 0.9
    every = json.loads(good("evaluate", model, "--data", data, "--part", "all", "--json").stdout)
    assert every["n_samples"] == 400
    some = tmp_path / "x.csv"
    some.write_text("weight,size,colour\n-1,,red\n1,,blue\n1,3.5,NA\n-1,29.9,red\n")
    assert good("predict", model, "-i", some).stdout.split() == ["1", "0", "1", "0"]
    some.write_text("weight,size,colour\n1,2,red\n?,,red\n")
    fails("row 1, column 1 (weight) of the samples is NaN, but no training sample lacked this "
          "feature", "predict", model, "-i", some)  # fmt: skip
    some.write_text("weight,size,colour\n1,2,green\n")
    fails("'green' is none of the values in training", "predict", model, "-i", some)
    text = good("info", model).stdout
    assert "1 feature may be missing" in text


def test_it_is_refused_or_dropped_as_it_is_asked(folder: Path, tmp_path: Path) -> None:
    learn = ("boost", "--data", folder / "t.csv", "--luts-per-class", 1, "-o", tmp_path / "m.npz")
    fails("the value is missing, as in", *learn)
    fails("a model that is trained with --missing bit takes them", *learn)
    fails("missing must be one of refuse, drop, bit, got 'keep'", *learn, "--missing", "keep")
    fails("--drop-missing is --missing drop, not bit", *learn, "--missing", "bit", "--drop-missing")
    for words in (("--missing", "drop"), ("--drop-missing",)):
        assert "rows left out (--missing drop)" in good(*learn, *words).stderr
        source = LutNetwork.load(tmp_path / "m.npz").provenance.source
        assert source is not None and source.missing == "drop"
    good("evaluate", tmp_path / "m.npz")  # reads the table as it was read for training
    fails("goes with --data", "evaluate", tmp_path / "m.npz", "--missing", "drop")


def test_what_only_the_test_part_lacks_is_refused_before_learning(
    folder: Path, tmp_path: Path
) -> None:
    test = tmp_path / "test.csv"
    test.write_text("size,weight,colour,label\n1,?,red,0\n2,1,blue,1\n")
    learn = ("--data", folder / "t.csv", "--test-data", test, "--missing", "bit")
    out = ("-o", tmp_path / "m.npz")
    for command in (("boost", "--luts-per-class", 2), ("train", "--widths", "16")):
        fails("t, test part: row 0, column 1 (weight) of the samples is NaN, but no training",
              *command, *learn, *out)  # fmt: skip
    assert not (tmp_path / "m.npz").exists()


def test_its_hardware_is_proved_and_simulated(folder: Path, tmp_path: Path) -> None:
    model = folder / "m.npz"
    fails("feature 0 (size): the model takes missing values here, and the format has no code",
          "verilog", model, "--input-format", "s16:scale=2^-8", "-o", tmp_path)  # fmt: skip
    words = ("--input-format", "auto", "-o", tmp_path)
    result = good("prove", model, *words)
    assert "scale * code + offset >= threshold = encoder: " in result.stdout
    result = good("simulate", model, *words)
    assert "80 / 80 test samples equal" in result.stdout
    record = json.loads((tmp_path / "core.json").read_text())
    assert "missing=" in record["input_formats"][0]
    assert "missing=" not in record["input_formats"][1] and not record["changes"]
    done = json.loads((tmp_path / "simulate.json").read_text())
    assert done["bits_changed"] == done["answers_changed"] == 0
    assert "missing=" in (tmp_path / "lutgen_core.v").read_text()
    assert "missing=" in good("report", tmp_path).stdout


def test_info_shows_the_features(folder: Path, tmp_path: Path) -> None:
    model = folder / "m.npz"
    good("verilog", model, "--input-format", "auto", "-o", tmp_path)
    formats = json.loads((tmp_path / "core.json").read_text())["input_formats"]
    for path in (tmp_path, tmp_path / "core.json"):
        text = good("info", model, "--core", path).stdout
        assert "0.0 to 29.9" not in text and ", or missing" in text and "size" in text
        assert formats[0].split(":")[0] in text and "colour=red" in text
    shown = json.loads(good("info", model, "--core", tmp_path, "--json").stdout)
    assert shown["input_formats"] == formats
    first, second, *_ = shown["inputs"]
    assert (first["name"], first["may_lack"], first["n_thresholds"]) == ("size", True, 6)
    assert second["low"] < 0 < second["high"] and not second["may_lack"]
    assert "format" not in good("info", model).stdout
    assert "the first 2 of 5" in good("info", model, "--features", 2).stdout
    other = tmp_path / "other.npz"
    learn = ("boost", "--data", folder / "t.csv", *LEARN[2:], "--luts-per-class", 1)
    good(*learn, "-o", other)
    result = run("info", other, "--core", tmp_path)
    assert result.exit_code == 1 and "of this model's hardware" in result.stderr


def test_the_host_finds_the_formats_where_the_board_was_built(folder: Path, tmp_path: Path) -> None:
    network = LutNetwork.load(folder / "m.npz")
    interface = Interface.taking(network, "auto")
    X = np.array([[np.nan, 0.5, 1, 0, 0], [3.25, -0.5, 0, 1, 0], [29.5, 2, 0, 0, 1]] * 30)
    y = network.predict(X)
    built = tmp_path / "icebreaker"
    with software_board(interface) as board:
        for where in (None, tmp_path / "none", tmp_path):
            with pytest.raises(MismatchError, match=r"with a code for missing values, which it"):
                ask_board(network, board.port, X, y, build=where)
        good("verilog", folder / "m.npz", "--input-format", "auto", "-o", tmp_path)
        record = json.loads((tmp_path / "core.json").read_text())
        found = ask_board(network, board.port, X, y, build=tmp_path)
        assert found.n_equal == 90 and found.self_test_passed
        # other formats are of another core: they are not taken, nor is what cannot be read
        record["input_formats"][1] = "s20:scale=2^-12"
        (tmp_path / "core.json").write_text(json.dumps(record))
        built.mkdir()
        (built / "build.json").write_text("{")
        with pytest.raises(MismatchError, match="--build"):
            ask_board(network, board.port, X, y, build=tmp_path)
        told = {"model": {"input_formats": [str(item) for item in interface.formats]}}
        (built / "build.json").write_text(json.dumps(told))
        assert ask_board(network, board.port, X, y, build=tmp_path).n_equal == 90
        frame = pd.DataFrame(X, columns=list(network.feature_names))[::-1]
        turned = frame[frame.columns[::-1]]
        with Device(board.port, network, interface=interface) as device:
            assert np.array_equal(device.predict(turned), network.predict(turned))
            with pytest.raises(DataError, match="not among the columns: weight"):
                device.predict(frame.drop(columns="weight"))
    with software_board(Interface.taking(network, "s16:scale=2^-8:missing=-32768")) as board:
        with pytest.raises(MismatchError, match="which it does not tell"):
            ask_board(network, board.port, X, y, build=tmp_path)
        with pytest.raises(MismatchError, match="the board holds core"):
            Device(board.port, network, interface=interface)


def test_arrays_with_nan(folder: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(200, 3))
    y = (X[:, 0] > 0).astype(int)
    X[rng.random(200) < 0.2, 1] = np.nan
    np.savez(tmp_path / "a.npz", X=X, y=y)
    learn = ("boost", "--data", tmp_path / "a.npz", "--luts-per-class", 2, "-o", tmp_path / "m.npz")
    fails("NaN and infinity have no code", *learn)
    good(*learn, "--missing", "bit")
    np.save(tmp_path / "x.npy", X[:5])
    assert len(good("predict", tmp_path / "m.npz", "-i", tmp_path / "x.npy").stdout.split()) == 5
    network = LutNetwork.load(tmp_path / "m.npz")
    interface = Interface.taking(network, "auto")
    assert np.array_equal(interface.predict(X), network.predict(X))


def test_how_rows_were_dropped_is_read_from_older_records() -> None:
    known = Provenance.from_json({"source": {"data": "a.csv", "drop_missing": True}})
    assert known.source is not None and known.source.missing == "drop"
    with pytest.raises(ModelError, match="source is not as expected"):
        Provenance.from_json({"source": {"drop_missing": True}})
