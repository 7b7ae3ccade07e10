"""The jobs about models: silent, they return records and tell what they are at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lutgen.datasets.load import Dataset
from lutgen.errors import ConfigError, DataError
from lutgen.jobs import learn
from lutgen.jobs.evaluate import evaluate
from lutgen.jobs.optimise import optimise
from lutgen.jobs.predict import answer_lines, predict
from lutgen.jobs.progress import Count
from lutgen.jobs.samples import load_source, samples_for
from lutgen.learn.boost import BoostParameters, Interrupted
from lutgen.learn.memorize import Parameters
from lutgen.model import LutNetwork, Provenance, Source

GE5 = Source("digits", "ge5")


class Heard:
    """Keeps what a job says of its progress."""

    def __init__(self, interrupt_at: int = -1) -> None:
        self.words: list[str] = []
        self.counts: list[tuple[int, int, str]] = []
        self.interrupt_at = interrupt_at

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        self.words.append(what)
        yield

    @contextmanager
    def count(self, what: str, unit: str) -> Iterator[Count]:
        self.words.append(f"{what} {unit}")

        def tell(done: int, total: int, remark: str = "") -> None:
            self.counts.append((done, total, remark))
            if done == self.interrupt_at:
                raise KeyboardInterrupt

        yield tell

    def say(self, text: str) -> None:
        self.words.append(text)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_source(GE5)


@pytest.fixture(scope="module")
def memorized(digits: Dataset) -> LutNetwork:
    return learn.memorize(digits, GE5, Parameters(k=4, widths=(32, 32)))


def test_what_is_learnt_knows_its_data_and_its_test_accuracy(
    digits: Dataset, memorized: LutNetwork, capfd: pytest.CaptureFixture[str]
) -> None:
    heard = Heard()
    again = learn.memorize(digits, GE5, Parameters(k=4, widths=(32, 32)), progress=heard)
    assert again.digest == memorized.digest
    known = again.provenance
    assert (known.source, known.data, known.task) == (GE5, "digits", "ge5")
    assert known.test_accuracy == np.mean(again.predict(digits.X_test) == digits.y_test)
    assert heard.words == ["learning LUTs"] and heard.counts[-1][0] == heard.counts[-1][1]
    assert capfd.readouterr() == ("", "")


def test_memorization_is_of_two_classes() -> None:
    source = Source("digits")
    with pytest.raises(DataError, match="choose a task"):
        learn.memorize(load_source(source), source, Parameters(k=4, widths=(8,)))


def test_an_interrupted_boost_knows_its_data_too(digits: Dataset) -> None:
    parameters = BoostParameters(
        luts_per_class=6, search_samples=500, refits=0, criterion="absolute"
    )
    heard = Heard(interrupt_at=3)
    with pytest.raises(Interrupted) as stopped:
        learn.boost(digits, GE5, parameters, progress=heard)
    network = stopped.value.network
    assert network.provenance.source == GE5 and network.provenance.interrupted
    assert network.provenance.test_accuracy is not None
    assert heard.counts[0][2].startswith("train 0.")


def test_a_model_that_is_gone_on_with_brings_its_encoder(
    digits: Dataset, memorized: LutNetwork
) -> None:
    with pytest.raises(ConfigError, match="has an encoder already"):
        learn.boost(digits, GE5, BoostParameters(), start=memorized, encoder="binary")


def test_evaluating_counts_every_sample_once(digits: Dataset, memorized: LutNetwork) -> None:
    for part, y in (("test", digits.y_test), ("train", digits.y_train)):
        found = evaluate(memorized, part=part)
        assert found.n_samples == len(y) == sum(map(sum, found.confusion))
        assert found.n_correct == sum(found.confusion[i][i] for i in (0, 1))
        assert found.to_json()["accuracy"] == found.accuracy == found.n_correct / len(y)
    assert found.accuracy == memorized.provenance.train_accuracy


def test_a_model_without_a_source_asks_for_one(memorized: LutNetwork) -> None:
    foreign = replace(memorized, provenance=Provenance())
    with pytest.raises(ConfigError, match=r"does not say what data .*; name it with --data"):
        samples_for(foreign)
    chosen = samples_for(foreign, GE5)
    name, X = chosen.name, chosen.X
    assert name == "digits" and len(X) == 359


def test_predicting_writes_what_it_returns(
    tmp_path: Path, digits: Dataset, memorized: LutNetwork
) -> None:
    np.save(tmp_path / "x.npy", digits.X_test)
    labels = predict(memorized, tmp_path / "x.npy", tmp_path / "labels.txt")
    assert np.array_equal(labels, memorized.predict(digits.X_test))
    assert (tmp_path / "labels.txt").read_text().split() == [str(label) for label in labels]


def test_optimising_tells_its_steps_and_measures(digits: Dataset, memorized: LutNetwork) -> None:
    heard = Heard()
    smaller, done = optimise(memorized, digits, chip="ice40", max_loss=0.05, progress=heard)
    assert heard.words[-2:] == ["mapping both onto ice40", "measuring on the test part"]
    assert done.test_accuracy.before == memorized.provenance.test_accuracy
    assert done.test_accuracy.after == smaller.provenance.test_accuracy
    assert (done.original, done.digest) == (memorized.digest, smaller.digest)
    cells = done.cells
    assert done.gained is (sum(cells.after.values()) < sum(cells.before.values()))
    with pytest.raises(ConfigError, match="--max-loss must be a share"):
        optimise(memorized, digits, chip="ice40", max_loss=1.5)


def test_a_label_stays_on_its_line() -> None:
    assert answer_lines(np.array(["c\nd", "[red]"])) == ["c\\nd", "[red]"]
