"""Pictures of models in notebooks, on matplotlib: learning curve, confusion, calibration and more.

Each function takes a :class:`~lutgen.model.LutNetwork`, or an estimator that was fitted, and axes
to draw on; without, it makes a figure. It returns the axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from lutgen.errors import ConfigError
from lutgen.learn.boost.network import score_temperature
from lutgen.learn.scores import calibration, softmax
from lutgen.model import Argmax, LutNetwork
from lutgen.model.provenance import LearntAccuracy
from lutgen.model.structure import feature_reads, levels

__all__ = [
    "plot_calibration",
    "plot_confusion",
    "plot_graph",
    "plot_learning_curve",
    "plot_pixels",
]

_MOST_LUTS = 400
_MOST_NAMES = 40


def plot_learning_curve(model: Any, ax: Axes | None = None) -> Axes:
    """Draw the accuracy of a boosted network while it grew, LUT by LUT.

    Parameters
    ----------
    model : LutNetwork or fitted estimator
    ax : Axes, optional

    Raises
    ------
    ConfigError
        If the model does not say how it grew.
    """
    known = network_of(model).provenance
    if not known.history:
        raise ConfigError("the model does not say how it grew; boosted ones do")
    axes = _axes(ax)
    draw_history(axes, known.history, metric=known.metric)
    return axes


def draw_history(
    axes: Axes,
    history: Sequence[LearntAccuracy],
    *,
    metric: str = "",
    test: float | None = None,
    colours: Sequence[str] = ("C0", "C1", "C2"),
) -> None:
    """Draw a learning curve: training and held-out samples, and what the test part says.

    Parameters
    ----------
    metric : str
        What the numbers are; "" for accuracy.
    colours : sequence of str
        Of training, of held-out samples and of the test part.
    """
    sizes = [point.n_luts for point in history]
    train = [point.train_accuracy for point in history]
    axes.plot(sizes, train, color=colours[0], linewidth=1.6, label="training")
    held = [(p.n_luts, p.validation_accuracy) for p in history if p.validation_accuracy is not None]
    if held:
        axes.plot(*zip(*held, strict=True), color=colours[1], linewidth=1.6, label="held out")
    if test is not None:
        axes.plot(sizes[-1:], [test], "D", color=colours[2], markersize=6, label="test")
    axes.set_xlabel("LUTs learnt")
    axes.set_ylabel(metric or "accuracy")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.grid(axis="y")
    axes.legend(loc="lower right")


def plot_confusion(model: Any, X: ArrayLike, y: ArrayLike, ax: Axes | None = None) -> Axes:
    """Draw how many samples of each class were answered as which.

    Parameters
    ----------
    model : LutNetwork or fitted estimator
    X : array-like of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
        Labels.
    ax : Axes, optional

    Raises
    ------
    ConfigError
        If the model answers no classes, or a label is none of the model's.
    """
    network = network_of(model)
    true = _class_numbers(network, y)
    n = network.n_classes
    found = np.bincount(true * n + network.class_numbers(X), minlength=n * n).reshape(n, n)
    axes = _axes(ax)
    shares = found / np.maximum(1, found.sum(axis=1, keepdims=True))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.argwhere(found).tolist():
        share = found[row, column] / found[row].sum()
        colour = "white" if share > 0.5 else "black"
        axes.text(column, row, str(found[row, column]), ha="center", va="center", color=colour)
    labels = [str(label) for label in network.classes.tolist()]
    axes.set_xticks(range(n), labels)
    axes.set_yticks(range(n), labels)
    axes.set_xlabel("answered")
    axes.set_ylabel("true class")
    return axes


def plot_calibration(model: Any, X: ArrayLike, y: ArrayLike, ax: Axes | None = None) -> Axes:
    """Draw the share of right answers against their probability; the diagonal is the ideal.

    Parameters
    ----------
    model, X, y, ax
        As of :func:`plot_confusion`.

    Raises
    ------
    ConfigError
        If the model has no probabilities, which boosted ones have, or a label is none of its.
    """
    network = network_of(model)
    if "temperature" not in network.provenance.parameters or not isinstance(network.head, Argmax):
        raise ConfigError("the model gives no probabilities; boosted classifiers do")
    true = _class_numbers(network, y)
    scores = network.scores(X).astype(np.float64)
    parts = calibration(softmax(scores, score_temperature(network)), true)
    points = [(p / n, r / n, int(n)) for n, p, r in zip(*parts, strict=True) if n]
    axes = _axes(ax)
    draw_calibration(axes, points)
    return axes


def draw_calibration(
    axes: Axes,
    parts: Sequence[tuple[float, float, int]],
    *,
    colour: str = "C0",
    line: str = "0.6",
) -> None:
    """Draw parts of the answers: mean probability, share of right ones, how many they are."""
    axes.plot([0, 1], [0, 1], color=line, linewidth=1, linestyle=(0, (4, 3)), label="ideal")
    probable, right, counts = (list(column) for column in zip(*parts, strict=True))
    most = max(counts)
    sizes = [20 + 180 * count / most for count in counts]
    axes.scatter(probable, right, s=sizes, color=colour, alpha=0.75, label="answers")
    axes.set_xlabel("probability of the answer")
    axes.set_ylabel("share answered rightly")
    axes.set_ylim(-0.05, 1.08)
    axes.grid(axis="y")


def plot_pixels(
    model: Any, shape: tuple[int, int], ax: Axes | None = None, *, label: Any = None
) -> Axes:
    """Draw how many wires read each pixel of an image.

    Parameters
    ----------
    model : LutNetwork or fitted estimator
    shape : tuple of int
        Rows and columns of the images.
    ax : Axes, optional
    label : a label, optional
        Count the LUTs that speak for this class alone.

    Raises
    ------
    ConfigError
        If the features are no image of that shape, or the class is none.
    """
    network = network_of(model)
    n_features = network.encoder.n_compared
    if shape[0] * shape[1] != n_features:
        raise ConfigError(f"images of {shape[0]} x {shape[1]} pixels, but {n_features} features")
    luts = None
    if label is not None:
        number = int(_class_numbers(network, [label])[0])
        assert isinstance(network.head, Argmax)
        outputs = network.outputs[network.head.weights[number] != 0]
        luts = network.reach(outputs[outputs >= 0])
    axes = _axes(ax)
    image = axes.imshow(feature_reads(network, luts).reshape(shape), cmap="Blues", vmin=0)
    axes.set_axis_off()
    axes.figure.colorbar(image, ax=axes, label="wires", shrink=0.8)
    return axes


def plot_graph(model: Any, ax: Axes | None = None) -> Axes:
    """Draw the LUTs that can reach an output, level by level from the left, and their wires.

    Parameters
    ----------
    model : LutNetwork or fitted estimator
        Of at most 400 such LUTs.
    ax : Axes, optional

    Raises
    ------
    ConfigError
        If there are more LUTs.
    """
    network = network_of(model)
    luts = np.flatnonzero(network.cone)
    if luts.size > _MOST_LUTS:
        raise ConfigError(f"{luts.size} LUTs are too many for a picture; at most {_MOST_LUTS}")
    place = signal_places(network)
    axes = _axes(ax)
    for lut in luts.tolist():
        end = place[network.n_inputs + lut]
        for wire in network.lut_wires(lut).tolist():
            axes.plot(*zip(place[wire], end, strict=True), color="0.8", linewidth=0.5, zorder=1)
    inputs = [point for signal, point in place.items() if signal < network.n_inputs]
    nodes = [point for signal, point in place.items() if signal >= network.n_inputs]
    for points, marker, colour, name in (
        (inputs, "o", "0.5", "input bits"),
        (nodes, "s", "C0", "LUTs"),
    ):
        if points:
            places = np.array(points)
            axes.scatter(places[:, 0], places[:, 1], s=18, marker=marker, color=colour, label=name)
    if len(inputs) <= _MOST_NAMES:
        names = network.encoder.get_feature_names_out(network.feature_names or None)
        for signal, (x, y) in place.items():
            if signal < network.n_inputs:
                axes.annotate(
                    names[signal],
                    (x, y),
                    (-6, 0),
                    textcoords="offset points",
                    ha="right",
                    va="center",
                    fontsize=8,
                )
    axes.set_axis_off()
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False)
    return axes


def signal_places(network: LutNetwork) -> dict[int, tuple[float, float]]:
    """Return where the signals that reach an output are drawn: level, and height from 0 to 1."""
    luts = np.flatnonzero(network.cone)
    wires = network.wires[np.repeat(network.cone, network.fan_in)]
    depth = levels(network)
    columns = [np.unique(wires[wires < network.n_inputs])]
    columns += [
        network.n_inputs + luts[depth[luts] == level]
        for level in range(1, int(depth[luts].max(initial=0)) + 1)
    ]
    return {
        signal: (float(column), 1 - (row + 0.5) / len(signals))
        for column, signals in enumerate(columns)
        for row, signal in enumerate(signals.tolist())
    }


def network_of(model: Any) -> LutNetwork:
    """Return the network of a model or of an estimator.

    Raises
    ------
    ConfigError
        If it is neither, or the estimator is not fitted.
    """
    network = model if isinstance(model, LutNetwork) else getattr(model, "network_", None)
    if not isinstance(network, LutNetwork):
        raise ConfigError(
            f"a LutNetwork or a fitted estimator is drawn, got {type(model).__name__} without one"
        )
    return network


def _class_numbers(network: LutNetwork, y: ArrayLike) -> NDArray[np.intp]:
    if not isinstance(network.head, Argmax):
        raise ConfigError("the model answers no classes")
    places = {label: number for number, label in enumerate(network.classes.tolist())}
    labels = np.asarray(y).tolist()
    unknown = [label for label in labels if label not in places]
    if unknown:
        raise ConfigError(f"label {unknown[0]!r} is none of the model's, {list(places)}")
    return np.array([places[label] for label in labels], dtype=np.intp)


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    from matplotlib import pyplot  # noqa: PLC0415 - it chooses a window system when it is loaded

    axes: Axes = pyplot.subplots(layout="constrained")[1]
    return axes
