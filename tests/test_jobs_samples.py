"""What a model is measured on: columns by name, labels by value, and never what it was learnt
from unless that is said."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lutgen.errors import ConfigError, DataError
from lutgen.jobs.evaluate import evaluate
from lutgen.jobs.learn import boost
from lutgen.jobs.optimise import optimise
from lutgen.jobs.predict import predict
from lutgen.jobs.progress import SILENT, Count
from lutgen.jobs.samples import known_of, load_source, origin, samples_for
from lutgen.learn.boost import BoostParameters
from lutgen.model import LutNetwork, Source


class Said:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def working(self, what: str) -> AbstractContextManager[None]:
        return SILENT.working(what)

    def count(self, what: str, unit: str) -> AbstractContextManager[Count]:
        return SILENT.count(what, unit)

    def say(self, text: str) -> None:
        self.lines.append(text)


Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a table of a rule: label 1 where a is 50 or more."""

    def write(
        name: str,
        order: str = "a,b,y",
        n: int = 40,
        seed: int = 0,
        label: Callable[[bool], object] = int,
    ) -> str:
        rng = np.random.default_rng(seed)
        lines = [order]
        for a, b in rng.integers(0, 100, (n, 2)):
            cells = {"a": a, "b": b, "y": label(bool(a >= 50)), "extra": "7"}
            lines.append(",".join(str(cells[column]) for column in order.split(",")))
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    return write


def learn(source: Source) -> LutNetwork:
    dataset = load_source(source)
    return boost(dataset, source, BoostParameters(k=2, luts_per_class=3, random_wires=2))


def test_a_model_keeps_the_names_of_its_features_and_what_it_was_learnt_from(
    write: Write, tmp_path: Path
) -> None:
    network = learn(Source(write("d.csv", "y,a,b"), keep=("a",)))
    network.save(tmp_path / "m.npz")
    again = LutNetwork.load(tmp_path / "m.npz")
    assert again.feature_names == ("a", "b")
    known = again.provenance.source
    assert known == network.provenance.source and known is not None
    assert (known.label, known.label_index, known.keep) == ("y", 1, ("a",))
    assert len(known.sha256) == 64
    assert evaluate(again).accuracy == network.provenance.test_accuracy


def test_columns_in_another_order_are_the_same_samples(write: Write) -> None:
    network = learn(Source(write("d.csv")))
    first = evaluate(network, Source(write("one.csv", seed=1)))
    other = evaluate(network, Source(write("two.csv", "extra,y,b,a", seed=1)))
    assert (first.n_samples, first.part, first.split) == (40, "all", "")
    assert other.confusion == first.confusion and first.accuracy > 0.8
    swapped = predict(network, Path(write("three.csv", "b,a", seed=1)))
    assert np.array_equal(swapped, predict(network, Path(write("one.csv", seed=1))))
    with pytest.raises(DataError, match="1 of the model's 2 features missing: b; found a, extra"):
        evaluate(network, Source(write("four.csv", "a,extra,y")))
    with pytest.raises(DataError, match="missing: a; found b"):
        optimise(
            network, load_source(Source(write("five.csv", "b,y")), known=known_of(network)), chip=""
        )


@pytest.mark.parametrize(
    ("label", "other"),
    [
        (int, float),
        (float, int),
        (lambda one: "yes" if one else "no", lambda one: "yes" if one else "no"),
        (bool, lambda one: str(one).lower()),
        (lambda one: "01" if one else "00", lambda one: "01" if one else "00"),
    ],
)
def test_labels_are_compared_by_value(
    write: Write, label: Callable[[bool], object], other: Callable[[bool], object]
) -> None:
    network = learn(Source(write("d.csv", label=label)))
    found = evaluate(network, Source(write("t.csv", seed=1, label=other)))
    assert found.n_samples == 40 and found.accuracy > 0.8
    with pytest.raises(DataError, match=r"label 'zz' is not one of the model's, .* \(\d+ of 40 s"):
        evaluate(network, Source(write("u.csv", label=lambda _: "zz" if _ else "01")))
    small = write("u.csv", "a,y", n=1)
    with pytest.raises(DataError, match="features missing: b"):
        evaluate(network, Source(small))
    one = evaluate(network, Source(write("v.csv", n=1, label=other)))
    assert one.n_samples == 1  # a file of one sample, of one class


def test_the_file_that_was_learnt_from_is_known_by_what_it_holds(
    write: Write, tmp_path: Path
) -> None:
    source = Source(write("d.csv"), test_fraction=0.4, split_seed=3)
    network = learn(source)
    copy = tmp_path / "other.data"
    copy.write_text(Path(source.data).read_text().replace(",", ";"))
    said = Said()
    found = evaluate(network, Source(str(copy)), progress=said)
    assert found.part == "test" and found.confusion == evaluate(network).confusion
    assert found.split == "seeded random split, 40 % test, seed 3"
    assert "is what the model was trained on: the test part of that split" in said.lines[-1]
    assert evaluate(network, Source(str(copy)), "all").n_samples == 40
    assert evaluate(network, Source(str(copy)), "train").n_samples == 24
    with pytest.raises(ConfigError, match=r"with --test-fraction 0.4 --split-seed 3: give these"):
        evaluate(network, Source(str(copy), test_fraction=0.3))
    Path(source.data).write_text(Path(write("new.csv", seed=5)).read_text())
    assert evaluate(network, Source(source.data)).n_samples == 40  # the name is not enough
    with pytest.raises(DataError, match="is not what the model was trained on any more"):
        evaluate(network)


def test_a_model_that_does_not_say_what_its_file_held(write: Write) -> None:
    network = learn(Source(write("d.csv")))
    source = replace(network.provenance.source or Source(""), sha256="")
    old = replace(network, provenance=replace(network.provenance, source=source))
    said = Said()
    assert evaluate(old, Source(source.data), progress=said).n_samples == 40
    assert "does not say what its training file held" in said.lines[-1]


def test_learning_with_no_test_part_or_another_file_for_it(write: Write) -> None:
    train, test = write("train.csv"), write("test.csv", "b,a,y", n=20, seed=1)
    network = learn(Source(train, test_fraction=0))
    assert network.provenance.n_samples == 40 and network.provenance.test_accuracy is None
    assert network.provenance.split == "no test part"
    for source in (None, Source(train)):
        with pytest.raises((ConfigError, DataError), match=r"--part"):
            evaluate(network, source)
    assert evaluate(network, Source(train), "all").n_samples == 40
    found = evaluate(network, Source(test))
    assert (found.n_samples, found.part) == (20, "all")
    _, record = optimise(network, load_source(Source(train, test_fraction=0)), chip="generic")
    assert record.test_accuracy.before is None

    network = learn(Source(train, test_data=test))
    assert network.provenance.n_samples == 40
    assert network.provenance.test_accuracy == found.accuracy
    assert evaluate(network).n_samples == 20 == evaluate(network, Source(test)).n_samples
    with pytest.raises(ConfigError, match="was trained on all samples"):
        evaluate(network, Source(train))


def test_a_file_that_parts_its_samples_has_its_test_part(write: Write, tmp_path: Path) -> None:
    network = learn(Source(write("d.csv")))
    X = np.array([[10, 3], [90, 4], [20, 5]])
    path = tmp_path / "t.npz"
    np.savez(path, X_train=X, y_train=[0, 1, 0], X_test=X[:2], y_test=[0, 1])
    said = Said()
    chosen = samples_for(network, Source(str(path)), progress=said)
    assert (len(chosen.y), chosen.part) == (2, "test")
    assert "parts its samples itself" in said.lines[-1]


def test_named_sets_keep_their_source_as_it_was() -> None:
    source = Source("digits", task="ge5")
    assert origin(source, load_source(source)) == source


def test_values_of_a_column_of_texts_stay_in_the_model(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    rows = [f"{i % 5},{('red', 'blue', 'green')[i % 3]},{int(i % 3 == 1)}" for i in range(40)]
    path.write_text("\n".join(["a,colour,y", *rows]) + "\n")
    network = learn(Source(str(path)))
    network.save(tmp_path / "m.npz")
    again = LutNetwork.load(tmp_path / "m.npz")
    assert again.categories == {"colour": ("blue", "green", "red")}
    assert again.feature_names == ("a", "colour=blue", "colour=green", "colour=red")
    assert evaluate(again).accuracy == 1.0
    other = tmp_path / "x.csv"
    other.write_text("colour,a\nblue,0\nred,0\n")
    assert predict(again, other).tolist() == [1, 0]
    other.write_text("colour,a\nblue,0\npink,0\n")
    with pytest.raises(
        DataError, match=r"line 3, column 1 \(colour\): 'pink' is none of the values"
    ):
        predict(again, other)
