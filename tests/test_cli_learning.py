"""The commands about models, run as a user runs them: output, exit codes, nothing overwritten."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from programs import SHOWS_PROGRESS, wait_for
from sklearn.datasets import load_digits
from typer.testing import CliRunner, Result

from lutgen.cli.app import app
from lutgen.model.network import LutNetwork

QUICK = ["--k", "4", "--widths", "32x2"]


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def fails(code: int, message: str, *words: object) -> None:
    """The command must end with this code and say this, in its last line, without a traceback."""
    result = run(*words)
    assert result.exit_code == code, result.output
    last = result.stderr.splitlines()[-1]
    assert message in last and last.startswith("lutgen: ")
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "digits.npz"
    result = run("train", "--task", "ge5", "--k", 6, "--widths", "128x3", "-o", path)
    assert result.exit_code == 0, result.output
    return path


@pytest.fixture
def samples() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_digits(return_X_y=True)
    return X, (y >= 5).astype(int)


def test_train_prints_the_table_and_the_accuracies(tmp_path: Path) -> None:
    out = tmp_path / "new" / "model.npz"
    result = run("train", "--data", "digits", "--task", "odd", *QUICK, "-o", out)
    assert result.exit_code == 0
    network = LutNetwork.load(out)
    assert f"train accuracy     {network.provenance.train_accuracy:.4f}" in result.stdout
    assert f"test accuracy      {network.provenance.test_accuracy:.4f}" in result.stdout
    assert f"{network.cone.sum()} of 65 LUTs reach the output" in result.stdout
    for row in network.provenance.layers:
        assert f"{row.mean:.4f}" in result.stdout


def test_train_is_the_same_for_any_number_of_threads(tmp_path: Path) -> None:
    models = []
    for threads in (1, 3):
        out = tmp_path / f"{threads}.npz"
        run("train", "--task", "ge5", *QUICK, "--seed", 3, "--threads", threads, "-o", out)
        models.append(out.read_bytes())
    assert models[0] == models[1]


def test_train_json_is_json_and_nothing_else(tmp_path: Path) -> None:
    result = run("train", "--task", "pair:3-8", *QUICK, "-o", tmp_path / "m.npz", "--json")
    record = json.loads(result.stdout)
    assert record["classes"] == ["3", "8"]
    assert record["digest"] == LutNetwork.load(tmp_path / "m.npz").digest
    assert record["training"]["widths"] == [32, 32, 1]


def test_evaluate_knows_what_the_model_was_trained_on(model: Path, tmp_path: Path) -> None:
    record = json.loads(run("evaluate", model, "--json", "-o", tmp_path / "out").stdout)
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text()) == record
    network = LutNetwork.load(model)
    assert record["accuracy"] == pytest.approx(network.provenance.test_accuracy)
    assert sum(map(sum, record["confusion"])) == record["n_samples"]
    assert sum(record["confusion"][i][i] for i in (0, 1)) == record["n_correct"]
    train = json.loads(run("evaluate", model, "--part", "train", "--json").stdout)
    assert train["accuracy"] == pytest.approx(network.provenance.train_accuracy)
    text = run("evaluate", model)
    assert f"accuracy  {record['accuracy']:.4f}" in text.stdout


def test_predict_equals_python_for_every_kind_of_file(model: Path, samples, tmp_path) -> None:
    X, _ = samples
    expected = LutNetwork.load(model).predict(X)
    np.save(tmp_path / "x.npy", X)
    np.savez(tmp_path / "x.npz", X=X)
    with (tmp_path / "x.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(X.tolist())
    for name in ("x.npy", "x.npz", "x.csv"):
        result = run("predict", model, "-i", tmp_path / name)
        assert result.exit_code == 0, result.output
        assert [int(line) for line in result.stdout.split()] == expected.tolist()
    out = tmp_path / "labels.txt"
    assert run("predict", model, "-i", tmp_path / "x.npy", "-o", out).exit_code == 0
    assert out.read_text().split() == [str(label) for label in expected]
    record = json.loads(run("predict", model, "-i", tmp_path / "x.npy", "--json").stdout)
    assert record["labels"] == expected.tolist()


def test_info_shows_what_the_file_holds(model: Path) -> None:
    network = LutNetwork.load(model)
    text = run("info", model).stdout
    assert network.digest in text
    assert "385 LUTs of k=6 in 4 layers" in text
    record = json.loads(run("info", model, "--json").stdout)
    assert record["n_cone"] == network.cone.sum()
    tables = [network.lut_table(lut) for lut in range(network.n_luts)]
    assert record["care"]["entries"] == sum(table.size for table in tables)


def test_datasets_lists_the_sets() -> None:
    text = run("datasets").stdout
    names = [item["name"] for item in json.loads(run("datasets", "--json").stdout)]
    assert {"digits", "mnist", "fashion_mnist"} <= set(names)
    assert all(name in text for name in names)


def test_trains_on_a_csv_of_the_user_with_words_for_labels(tmp_path: Path, samples) -> None:
    X, y = samples
    path, out = tmp_path / "mine.csv", tmp_path / "m.npz"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*(f"p{i}" for i in range(64)), "size"])
        writer.writerows([*row, ("small", "large")[label]] for row, label in zip(X, y, strict=True))
    result = run("train", "--data", path, *QUICK, "-o", out, "--encoder", "threshold:8", "--json")
    assert json.loads(result.stdout)["classes"] == ["large", "small"]
    assert json.loads(run("evaluate", out, "--json").stdout)["accuracy"] > 0.6


@pytest.mark.parametrize("command", ["train", "evaluate", "predict", "info", "verilog", "simulate",
                                     "synth", "report", "demo", "datasets",
                                     "doctor"])  # fmt: skip
def test_every_command_has_help(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "--json" in result.stdout


def test_labels_are_printed_as_they_are(tmp_path: Path, samples) -> None:
    X, y = samples
    path, out = tmp_path / "mine.csv", tmp_path / "m.npz"
    names = np.array(["[red]", ":bug:"])
    np.savetxt(path, np.column_stack([X.astype(int).astype(str), names[y]]), "%s", delimiter=",")
    assert run("train", "--data", path, *QUICK, "-o", out).exit_code == 0
    text = run("evaluate", out).stdout
    assert "[red]" in text and ":bug:" in text


def test_tables_are_read_as_the_options_say(tmp_path: Path) -> None:
    rows = [f"{i};{'NA' if i == 7 else i % 5},5;{i % 3};{'jä' if i % 5 > 2 else 'né'}"
            for i in range(50)]  # fmt: skip
    table = tmp_path / "t.data"
    table.write_bytes("\n".join(["no;größe;b;urteil", *rows]).encode("latin-1"))
    out = tmp_path / "m.npz"
    learn = ("train", "--data", table, *QUICK, "-o", out)
    fails(2, "--encoding latin-1", *learn)
    fails(2, f"{table}, line 9, column 2 (größe): 'NA,5'", *learn, "--encoding", "latin-1")
    table.write_bytes(table.read_bytes().replace(b"NA,5", b"NA"))
    read = ("--encoding", "latin-1")
    fails(2, "'NA' is not a finite number, the value is missing", *learn, *read)
    fails(2, "--label and --label-index", *learn, *read, "--label", "b", "--label-index", 4)
    result = run(*learn, *read, "--drop-missing", "--test-fraction", 0)
    assert result.exit_code == 0, result.output
    for line in (
        "labels: column 4 (urteil), the last one; --label NAME",
        "column 1 (no) only counts the rows and is left out; --keep no keeps it",
        "decimal comma; --decimal point",
        "1 of 50 rows left out (--missing drop): 0 without a label, 1 without a feature",
    ):
        assert line in result.stderr
    assert "test accuracy      not measured  (no test part)" in result.stdout
    assert "labels         column 4 (urteil) of" in run("info", out).stdout
    fails(2, "--part", "evaluate", out)
    result = run("evaluate", out, "--part", "all", "--json")
    record = json.loads(result.stdout)
    assert (record["n_samples"], record["part"], record["classes"]) == (49, "all", ["jä", "né"])
    kept = run(*learn, *read, "--drop-missing", "--keep", "no", "--label-index", 3, "--task", "ge1")
    assert kept.exit_code == 0, kept.output
    assert LutNetwork.load(out).feature_names == ("no", "größe", "urteil=jä", "urteil=né")
    other = tmp_path / "x.txt"
    other.write_text("7 1.5 jä\n8 2.5 né\n")
    result = run("predict", out, "-i", other)
    assert result.exit_code == 0 and len(result.stdout.splitlines()) == 2
    assert "taken in their order (no, größe, urteil)" in result.stderr


def test_how_data_is_read_goes_with_data(model: Path) -> None:
    fails(2, "--task goes with --data; without it, the model's own data", "evaluate", model,
          "--task", "odd")  # fmt: skip


def test_the_folder_of_the_environment_is_every_commands(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUTGEN_DATA", str(tmp_path))
    for command in (["train", "-o", tmp_path / "m.npz"], ["evaluate", model],
                    ["optimise", model, "-o", tmp_path / "s.npz"],
                    ["host", model, "--port", "/dev/null"],
                    ["build", model, "--simulate", 1]):  # fmt: skip
        message = (
            f"mnist is not in {tmp_path / 'mnist'}; allow the download, or name a folder ($LUT"
        )
        fails(2, message, *command, "--data", "mnist", "--no-download")
    assert not list(tmp_path.iterdir())


class TestBadInput:
    def test_parameters(self, tmp_path: Path) -> None:
        out = ("-o", tmp_path / "m.npz", "--task", "ge5")
        fails(2, "k must be 1 to 16, got 17", "train", "--k", 17, *out)
        fails(2, "layer 1 must have 1 to 1048576 LUTs, got 0", "train", "--widths", "0x3", *out)
        fails(2, "widths must be LUTs a layer", "train", "--widths", "wide", *out)
        fails(2, "layer 1 has 4 LUTs, but each LUT of layer 2 reads k=8", "train",
              "--widths", "4", *out)  # fmt: skip
        fails(2, "wiring must be", "train", "--wiring", "near", *out)
        fails(2, "fill must be one of", "train", "--fill", "ones", *out)
        fails(2, "unknown encoder 'gray'", "train", "--encoder", "gray", *out)
        fails(2, "the seed must be", "train", "--seed", -1, *out)
        assert not (tmp_path / "m.npz").exists()

    def test_options_that_do_not_exist(self) -> None:
        assert run("train", "--nonsense").exit_code == 2
        assert run("nonsense").exit_code == 2
        assert run("train", "--k", "many").exit_code == 2

    def test_data(self, tmp_path: Path) -> None:
        out = ("-o", tmp_path / "m.npz")
        fails(2, "unknown data set 'letters'", "train", "--data", "letters", *out)
        fails(2, "choose a task", "train", *out)
        fails(2, "ge12", "train", "--task", "ge12", *out)
        fails(2, "lacks train-images", "train", "--data", "mnist", "--data-dir", tmp_path, *out)
        few = tmp_path / "few.csv"
        few.write_text("1,2,0\n3,4,1\n5,6,0\n7,8,1\n9,1,0\n2,3,1\n")
        fails(2, "LUTs of k=8 need", "train", "--data", few, "--encoder", "threshold:4", *out)
        few.write_text("1,2,0\n3,nan,1\n5,6,0\n")
        fails(2, "line 2, column 2", "train", "--data", few, *out)
        few.write_text("")
        fails(2, "few.csv", "train", "--data", few, *out)
        few.write_text("1,2,a\n3,4,a\n" * 10)
        fails(2, "one class only, a", "train", "--data", few, *out)

    def test_model_files(self, tmp_path: Path, model: Path) -> None:
        fails(2, "No such file", "info", tmp_path / "none.npz")
        broken = tmp_path / "broken.npz"
        broken.write_bytes(model.read_bytes()[:-100])
        fails(2, "broken.npz", "info", broken)
        fails(2, "broken.npz", "evaluate", broken)
        np.savez(tmp_path / "foreign.npz", a=np.zeros(3))
        fails(2, "not a lutgen model", "info", tmp_path / "foreign.npz")

    def test_samples(self, tmp_path: Path, model: Path) -> None:
        np.save(tmp_path / "narrow.npy", np.zeros((3, 60)))
        fails(2, "60 columns", "predict", model, "-i", tmp_path / "narrow.npy")
        X = np.zeros((3, 64))
        X[1, 7] = np.inf
        np.save(tmp_path / "inf.npy", X)
        fails(2, "row 1, column 7", "predict", model, "-i", tmp_path / "inf.npy")
        fails(2, "is not one of the model's", "evaluate", model, "--data", "digits",
              "--task", "pair:3-8")  # fmt: skip
        fails(2, "part must be one of", "evaluate", model, "--part", "half")

    def test_output_that_cannot_be_written(self, tmp_path: Path, model: Path) -> None:
        below_a_file = tmp_path / "file"
        below_a_file.write_text("mine")
        fails(2, "cannot write", "train", "--task", "ge5", *QUICK, "-o", below_a_file / "m.npz")
        fails(2, "it is a folder", "train", "--task", "ge5", *QUICK, "-o", tmp_path)
        assert below_a_file.read_text() == "mine"


LOADING, LOADING_COMMAND, LEARNING = r"\| +typer\n", r"\| +numpy\n", "learning"


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (LOADING, signal.SIGINT),
        (LOADING_COMMAND, signal.SIGINT),
        (LEARNING, signal.SIGINT),
        (LEARNING, signal.SIGTERM),
    ],
)
def test_a_signal_ends_training_and_leaves_the_old_model(
    tmp_path: Path, model: Path, event: str, kind: signal.Signals
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    out, said = folder / "model.npz", tmp_path / "said"
    out.write_bytes(model.read_bytes())
    says_imports = ["-X", "importtime"] if event != LEARNING else []
    command = [sys.executable, *says_imports, "-m", "lutgen", "train", "--task", "ge5", "--k", "16",
               "--widths", "20000x40", "-o", str(out)]  # fmt: skip
    environment = os.environ | SHOWS_PROGRESS
    with said.open("wb") as stream:  # learning would take many minutes
        process = subprocess.Popen(command, stdout=stream, stderr=stream, env=environment)
    wait_for(said, event, process)
    process.send_signal(kind)
    process.wait(60)
    stderr = said.read_text()
    # Python ends itself by the signal if it struck in the middle of an exec(); a shell shows 130
    assert process.returncode in (128 + kind, -kind), stderr
    assert "Traceback" not in stderr
    assert out.read_bytes() == model.read_bytes()
    assert [path.name for path in folder.iterdir()] == ["model.npz"]
