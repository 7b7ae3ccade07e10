"""The pictures' one style: panels of curves and of images, drawn with matplotlib to SVG text.

The bytes depend on the numbers alone.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

COLOURS = ("#1f5fa8", "#c8571b", "#2d8a57", "#8a4fa3", "#b08a00", "#4a4a4a", "#c23b6f", "#2a9aa8")
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "lutgen",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8,
}
_METADATA = {"Creator": None, "Date": None, "Format": None, "Type": None}
_PANEL_INCHES = (3.6, 2.8)
_IMAGE_INCHES = (2.8, 2.9)
_MOST_TICKS = 9


@dataclass(frozen=True)
class Curve:
    """Points, joined (``-``), dashed (``--``) or loose (``o``); one colour number a kind."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    style: str = "-"
    colour: int | None = None


@dataclass(frozen=True)
class Panel:
    """Curves over common axes; `log` holds ``x``, ``y``, both or neither."""

    title: str
    x_label: str
    y_label: str
    curves: tuple[Curve, ...]
    log: str = ""
    y_range: tuple[float, float] | None = None


@dataclass(frozen=True)
class Image:
    """A matrix as colours; `numbers` writes each value into its place, None leaves it empty."""

    title: str
    values: Sequence[Sequence[float | None]]
    labels: Sequence[str] = ()
    numbers: bool = False
    colours: str = "cividis"
    limits: tuple[float, float] | None = None


@dataclass(frozen=True)
class Bars:
    """Bars from left to right, a group a name, the first on top; None leaves one out."""

    title: str
    names: Sequence[str]
    groups: Mapping[str, Sequence[float | None]]
    limits: tuple[float, float]


def draw(panels: Sequence[Panel | Image | Bars], n_columns: int = 2, scale: float = 1.0) -> str:
    """Draw panels in rows of `n_columns` and return SVG text."""
    n_columns = min(n_columns, len(panels))
    n_rows = -(-len(panels) // n_columns)
    are_images = all(isinstance(panel, Image) for panel in panels)
    inches = _IMAGE_INCHES if are_images else _PANEL_INCHES
    width, height = (scale * side for side in inches)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width * n_columns, height * n_rows), layout="constrained")
        axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        for place, panel in zip(axes, panels, strict=False):
            if isinstance(panel, Panel):
                _draw_curves(place, panel)
            elif isinstance(panel, Image):
                _draw_image(place, panel)
            else:
                _draw_bars(place, panel)
        for place in axes[len(panels) :]:
            place.set_visible(False)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata=_METADATA)
    return stream.getvalue()


def _draw_curves(axes: Axes, panel: Panel) -> None:
    for number, curve in enumerate(panel.curves):
        colour = COLOURS[(number if curve.colour is None else curve.colour) % len(COLOURS)]
        style: dict[str, Any] = {"linestyle": curve.style, "marker": "o", "markersize": 3}
        if curve.style == "o":
            style = {"linestyle": "none", "marker": "o", "markersize": 3, "alpha": 0.6}
        elif curve.style == "--":
            style = {"linestyle": "--", "marker": "x", "markersize": 4}
        axes.plot(curve.x, curve.y, color=colour, linewidth=1.3, label=curve.label, **style)
    if "x" in panel.log:
        axes.set_xscale("log", base=2)
    if "y" in panel.log:
        axes.set_yscale("log")
    _mark_settings(axes, panel)
    if panel.y_range:
        axes.set_ylim(*panel.y_range)
    axes.set_title(panel.title)
    axes.set_xlabel(panel.x_label)
    axes.set_ylabel(panel.y_label)
    if any(curve.label for curve in panel.curves):
        axes.legend()


def _mark_settings(axes: Axes, panel: Panel) -> None:
    """Put the ticks of x at the settings themselves, where they are few and far enough apart."""
    settings = sorted({x for curve in panel.curves for x in curve.x})
    place = [math.log(x) for x in settings] if "x" in panel.log else settings
    steps = [b - a for a, b in pairwise(place)]
    if steps and len(settings) <= _MOST_TICKS and min(steps) >= (place[-1] - place[0]) / 12:
        axes.set_xticks(settings, [f"{x:,g}" for x in settings], minor=False)
        axes.xaxis.set_minor_locator(NullLocator())


def _draw_image(axes: Axes, image: Image) -> None:
    values = [[float("nan") if v is None else v for v in row] for row in image.values]
    low, high = image.limits or (None, None)
    axes.imshow(values, cmap=image.colours, vmin=low, vmax=high, interpolation="nearest")
    axes.set_title(image.title)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_xticks(range(len(image.labels)), image.labels, rotation=90)
    axes.set_yticks(range(len(image.labels)), image.labels)
    if image.numbers:
        for y, row in enumerate(image.values):
            for x, value in enumerate(row):
                if value is not None:
                    text = f"{value:.2f}".replace("-0.00", "0.00")
                    axes.text(x, y, text, ha="center", va="center", fontsize=6.5)


def _draw_bars(axes: Axes, bars: Bars) -> None:
    height = 0.8 / len(bars.groups)
    for number, (label, values) in enumerate(bars.groups.items()):
        places = [n + height * number for n, value in enumerate(values) if value is not None]
        present = [value for value in values if value is not None]
        axes.barh(places, present, height, color=COLOURS[number], label=label)
        for place, value in zip(places, present, strict=True):
            axes.text(value, place, f" {value:.2f}", va="center", fontsize=7)
    middle = height * (len(bars.groups) - 1) / 2
    axes.set_yticks([n + middle for n in range(len(bars.names))], bars.names)
    axes.invert_yaxis()
    axes.set_xlim(*bars.limits)
    axes.grid(visible=False, axis="y")
    axes.set_title(bars.title)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=len(bars.groups))
