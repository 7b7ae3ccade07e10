"""Models of series as a user makes them: learnt, asked, written as hardware, what is refused."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from lutgen.cli.app import app
from lutgen.datasets.content import read_content
from lutgen.datasets.load import load_dataset
from lutgen.datasets.series import read_ts
from lutgen.encode.window import sliding
from lutgen.errors import ConfigError, DataError
from lutgen.model import LutNetwork

QUICK = ["--luts-per-class", 8, "--k", 4, "--criterion", "newton", "--refits", 0]
HEAD = (
    "# of a test\n@problemName Made\n@timeStamps false\n@univariate false\n@classLabel true u d\n"
)


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def fails(message: str, *words: object) -> None:
    result = run(*words)
    assert result.exit_code == 2, result.output
    assert message in result.stderr.splitlines()[-1], result.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One series of two channels, labelled by a difference of the first; and many, up or down."""
    path = tmp_path_factory.mktemp("series")
    rng = np.random.default_rng(5)
    series = rng.integers(-20, 21, size=(600, 2))
    label = np.diff(series[:, 0], prepend=0) > 0
    rows = [f"{a},{b},{'up' if up else 'down'}" for (a, b), up in zip(series, label, strict=True)]
    (path / "one.csv").write_text("\n".join(["a,b,class", *rows]))
    np.savez(path / "one.npz", X=series, y=label.astype(int))
    slopes = rng.choice([-1, 1], 80)
    many = rng.normal(size=(80, 2, 10)) + slopes[:, None, None] * np.arange(10)
    lines = [
        ":".join(
            [*(",".join(f"{v:.4f}" for v in channel) for channel in one), "du"[int(slope > 0)]]
        )
        for one, slope in zip(many, slopes, strict=True)
    ]
    (path / "many.ts").write_text(HEAD + "@data\n" + "\n".join(lines) + "\n")
    (path / "packed.ts.gz").write_bytes(gzip.compress((path / "many.ts").read_bytes()))
    return path


@pytest.fixture(scope="module")
def model(folder: Path) -> Path:
    out = folder / "one_model.npz"
    words = [
        "--data",
        folder / "one.csv",
        "--window",
        "3:lags,differences:s6",
        "-o",
        out,
        "--encoder",
        "gain:20",
    ]
    result = run("boost", *QUICK, *words)
    assert result.exit_code == 0, result.output
    assert "window: lags, differences of 3 steps of 2 channel(s) as s6" in result.stderr
    return out


def test_one_series_is_learnt_from_its_beginning_and_tested_on_its_end(
    model: Path, folder: Path
) -> None:
    network = LutNetwork.load(model)
    assert network.encoder.window is not None and network.encoder.window.channels == ("a", "b")
    assert network.provenance.n_samples == 480 - 2
    assert network.provenance.split == "by time, the last 20 % test; windows of 3 steps"
    assert (network.provenance.test_accuracy or 0) > 0.97
    shown = run("info", model).stdout
    assert "lags, differences of 3 steps of 2 channel(s) as s6" in shown
    assert "most gained by     a[t]-a[t-1]" in shown and "a[t-1]-a[t-2]" in shown
    told = json.loads(run("evaluate", model, "--json").stdout)
    assert told["n_samples"] == 120 - 2 and told["accuracy"] == network.provenance.test_accuracy
    by_name = run("evaluate", model, "--data", folder / "one.csv", "--part", "all", "--json")
    assert json.loads(by_name.stdout)["n_samples"] == 478 + 118


def test_every_step_has_an_answer(model: Path, folder: Path) -> None:
    result = run("predict", model, "-i", folder / "one.csv")
    answers = result.stdout.splitlines()
    assert len(answers) == 600 and set(answers) == {"up", "down"}
    assert "for the first 2 answers the first step is taken to have stood before" in result.stderr
    series = np.load(folder / "one.npz")["X"]
    assert answers == LutNetwork.load(model).predict(sliding(series, 3)).tolist()


def test_the_hardware_is_written_with_its_shift_register(model: Path, tmp_path: Path) -> None:
    result = run("verilog", model, "-o", tmp_path)
    assert result.exit_code == 0, result.output
    text = (tmp_path / "lutgen_core_series.v").read_text()
    assert f"written: {tmp_path / 'lutgen_core_series.v'}" in result.stdout
    for line in (
        "//   x[0 +: 6] = a s6",
        "//   x[6 +: 6] = b s6",
        "// window   lags, differences of 3 steps of 2 channel(s) as s6",
        "  wire [23:0] past;  // the oldest step lowest",
        "      always @(posedge clk) held <= window[i + 12];",
        "  lutgen_core core (.x(window), .y(y));",
    ):
        assert line in text.splitlines()
    core = json.loads((tmp_path / "core.json").read_text())
    assert [item["name"] for item in core["ports"]["inputs"]] == [
        "a[t-2]", "b[t-2]", "a[t-1]", "b[t-1]", "a[t]", "b[t]",
    ]  # fmt: skip
    fails("come in as s6, which is part of it", "verilog", model, "--input-format", "u8")


def test_many_series_are_cut_into_windows(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.npz"
    words = ["--data", folder / "packed.ts.gz", "--window", "4:differences,sums"]
    result = run("boost", *QUICK, *words, "--validation", 0.25, "-o", out)
    assert result.exit_code == 0, result.output
    network = LutNetwork.load(out)
    assert network.provenance.n_samples == 48 * 7  # 80 series, 16 to test, 16 to watch
    assert (network.provenance.test_accuracy or 0) > 0.8
    result = run("predict", out, "-i", folder / "many.ts")
    assert len(result.stdout.splitlines()) == 80 * 7
    assert "7 window(s) of each of 80 series" in result.stderr
    plain = load_dataset(str(folder / "many.ts"))
    assert plain.X_train.shape == (64, 20) and plain.feature_shape == (10, 2)
    np.savez(tmp_path / "many.npz", X=plain.X_train.reshape(64, 10, 2), y=plain.y_train)
    cut = load_dataset(str(tmp_path / "many.npz"), window=10, test_fraction=0)
    assert cut.windows_each == 1 and np.array_equal(cut.X_train, plain.X_train)
    fails("takes 2 channels", "predict", out, "-i", _other_channels(tmp_path))


def _other_channels(folder: Path) -> Path:
    path = folder / "three.ts"
    path.write_text(HEAD + "@data\n" + ":".join(["1,2,3,4,5"] * 3) + ":u\n")
    return path


def test_windows_that_are_watched_reach_into_none_that_is_learnt_from(
    folder: Path, tmp_path: Path
) -> None:
    words = ["--data", folder / "one.npz", "--window", "5:lags", "--test-fraction", 0]
    result = run("boost", *QUICK, *words, "--validation", 0.25, "-o", tmp_path / "m.npz")
    assert result.exit_code == 0, result.output
    network = LutNetwork.load(tmp_path / "m.npz")
    assert network.provenance.n_samples == 596 - 149 - 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@data\n1,2:3,4:u\n1,2,3:4,5,6:d\n", "line 8: 2 channel(s) of 3 steps"),
        ("@data\n1,2:3:u\n", "line 7: 2 channel(s) of 1, 2 steps"),
        ("@data\n1,?:3,4:u\n", "line 7: '?' is no number; series with missing values"),
        ("@data\n1,nan:3,4:u\n", "line 7: a value is NaN or infinite"),
        ("@data\n1,2\n", "line 7: needs channels and a label"),
        ("@data\n", "holds no series after @data"),
        ("nonsense\n", "line 6: 'nonsense' is none of @NAME"),
        ("@classLabel false\n@data\n1,2:u\n", "says no '@classLabel true'"),
        ("@timeStamps true\n@data\n", "line 6: series with time stamps are not read"),
    ],
)
def test_what_is_no_file_of_series_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.ts"
    path.write_text(HEAD + text)
    with pytest.raises(DataError) as error:
        read_ts(read_content(path))
    assert message in str(error.value)


def test_what_does_not_go_with_windows_is_refused(
    model: Path, folder: Path, tmp_path: Path
) -> None:
    one = ["boost", "--data", folder / "one.csv", "-o", tmp_path / "m.npz"]
    fails("'mean' is unknown", *one, "--window", "4:mean")
    fails("series with missing values have no windows", *one, "--window", 4, "--missing", "drop")
    fails("leave out --start or --window", *one, "--window", 4, "--start", model)
    with pytest.raises(ConfigError, match="a window of 11 steps, but the series has 10"):
        load_dataset(str(folder / "many.ts"), window=11)
    fails("are not written as C", "emit", model, "--form", "c", "-o", tmp_path / "c")
