"""Pictures for notebooks show the numbers of the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_rgba
from sklearn.datasets import load_diabetes, load_digits

from lutgen import BoostedLutClassifier, BoostedLutRegressor, LutNetwork, MemorizationClassifier
from lutgen.errors import ConfigError
from lutgen.model.structure import feature_reads
from lutgen.plot import (
    plot_calibration,
    plot_confusion,
    plot_graph,
    plot_learning_curve,
    plot_pixels,
)

X, Y = load_digits(return_X_y=True)


@pytest.fixture(autouse=True)
def _no_window(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def digits() -> Any:
    model = BoostedLutClassifier(luts_per_class=4, encoder="thresholds:4,8,12", random_state=0)
    return model.fit(X[:900], Y[:900])


def test_the_learning_curve_is_the_history(digits: Any) -> None:
    axes = plot_learning_curve(digits)
    (line,) = axes.get_lines()
    history = digits.network_.provenance.history
    assert line.get_xdata().tolist() == [point.n_luts for point in history]
    assert line.get_ydata().tolist() == [point.train_accuracy for point in history]
    watched = BoostedLutClassifier(luts_per_class=4, patience=2, random_state=0)
    watched.fit(X[:900], Y[:900])
    assert [line.get_label() for line in plot_learning_curve(watched).get_lines()] == [
        "training", "held out",
    ]  # fmt: skip


def test_the_confusion_matrix_counts_every_sample(digits: Any) -> None:
    axes = plot_confusion(digits, X[900:], Y[900:])
    found = np.zeros((10, 10), int)
    for text in axes.texts:
        column, row = map(round, text.get_position())
        found[row, column] = int(text.get_text())
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (Y[900:], digits.predict(X[900:])), 1)
    assert found.tolist() == expected.tolist()


def test_calibration_is_of_the_probabilities(digits: Any) -> None:
    axes = plot_calibration(digits, X[900:], Y[900:])
    points = axes.collections[0].get_offsets()
    best = digits.predict_proba(X[900:]).max(axis=1)
    place = np.minimum((best * 15).astype(int), 14)
    expected = [best[place == part].mean() for part in np.unique(place)]
    assert points[:, 0].tolist() == pytest.approx(expected)


def test_pixels_are_those_that_wires_read(digits: Any) -> None:
    image = plot_pixels(digits.network_, (8, 8)).get_images()[0]
    assert image.get_array().ravel().tolist() == feature_reads(digits.network_).tolist()
    one = plot_pixels(digits, (8, 8), label=3).get_images()[0].get_array()
    assert one.sum() == 4 * 6  # LUTs of a class, and their inputs
    with pytest.raises(ConfigError, match="images of 7 x 9 pixels, but 64 features"):
        plot_pixels(digits, (7, 9))
    with pytest.raises(ConfigError, match="label 11 is none of the model's"):
        plot_pixels(digits, (8, 8), label=11)


def test_the_graph_has_a_mark_for_each_lut_and_a_line_for_each_wire(digits: Any) -> None:
    axes = plot_graph(digits)
    assert len(axes.get_lines()) == digits.network_.wires.size
    inputs, luts = axes.collections
    assert len(luts.get_offsets()) == 40
    assert len(inputs.get_offsets()) == np.unique(digits.network_.wires).size
    assert to_rgba(luts.get_facecolor()[0]) == to_rgba("C0")
    few = BoostedLutClassifier(k=2, luts_per_class=1, encoder="thresholds:8", random_state=0)
    named = few.fit(X[:300], Y[:300]).network_
    read = named.encoder.get_feature_names_out()[np.unique(named.wires)]
    assert [text.get_text() for text in plot_graph(few).texts] == read.tolist()
    wide = LutNetwork.from_luts(2, [((0, 1), 6)] * 401, outputs=range(2, 403))
    with pytest.raises(ConfigError, match="401 LUTs are too many"):
        plot_graph(wide)


def test_what_cannot_be_drawn_is_refused() -> None:
    table = MemorizationClassifier(4, (16,), random_state=0, encoder="threshold:8")
    with pytest.raises(ConfigError, match="got MemorizationClassifier without one"):
        plot_graph(table)
    table.fit(X[:300], Y[:300] > 4)
    with pytest.raises(ConfigError, match="does not say how it grew"):
        plot_learning_curve(table)
    with pytest.raises(ConfigError, match="gives no probabilities"):
        plot_calibration(table, X, Y > 4)
    data, target = load_diabetes(return_X_y=True)
    number = BoostedLutRegressor(k=3, luts_per_output=4, random_state=0).fit(data, target)
    with pytest.raises(ConfigError, match="answers no classes"):
        plot_confusion(number, data, target)


def test_axes_that_are_given_are_drawn_on(digits: Any) -> None:
    _, axes = pyplot.subplots()
    assert plot_confusion(digits, X[:50], Y[:50], ax=axes) is axes


def test_notebooks_show_estimators_with_their_network(digits: Any) -> None:
    plain = BoostedLutClassifier()
    assert "LUTs</th>" not in plain._repr_mimebundle_()["text/html"]
    shown = digits._repr_mimebundle_()["text/html"]
    assert digits._repr_html_().endswith(digits.network_._repr_html_())
    assert "40 that reach the output, of 40 in 1 layer" in shown
    assert digits.network_.digest[:12] in shown and "1 level" in shown
    accuracy = digits.network_.provenance.train_accuracy
    assert f"{accuracy:.4f} training" in shown
    network = digits.network_._repr_html_()
    assert network in shown and network.count("<rect") == 16 and "<script" not in network
    hostile = LutNetwork.from_luts(2, [((0, 1), 0)], outputs=(-1,))
    assert "0 that reach the output" in hostile._repr_html_()
