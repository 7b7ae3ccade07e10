"""The report's pictures: SVG text for inlining in HTML, drawn with matplotlib.

Colours are those of the page: matplotlib draws with stand-ins, which become the page's CSS
variables, so a picture follows light mode, dark mode and print. Lettering stays text. The bytes
depend on the numbers alone.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from lutgen import plot
from lutgen.model.provenance import LayerAccuracy, LearntAccuracy
from lutgen.netlist.stats import LayerStats
from lutgen.plot import draw_history
from lutgen.records.core import ChipSize
from lutgen.records.faults import CONFIGURATION, REGISTERS, FaultsRecord
from lutgen.records.learnt import CalibrationPart
from lutgen.records.synthesis import SynthesisRecord
from lutgen.records.tune import TuneRecord
from lutgen.report.table import grouped, share

_CUT = [(-0.3, -1), (0.3, 1)]  # a slanted stroke: the bar goes on
# Stand-ins, and the CSS variables that take their place.
INK, QUIET, LINE, FIRST, SECOND = "#010101", "#020202", "#030303", "#040404", "#050505"
PAPER = "#060606"
_VARIABLES = {
    INK: "ink",
    QUIET: "quiet",
    LINE: "line",
    FIRST: "first",
    SECOND: "second",
    PAPER: "paper",
}
_PLAIN = {
    INK: "#24292f",
    QUIET: "#57606a",
    LINE: "#c8ced5",
    FIRST: "#1f5fa8",
    SECOND: "#c8571b",
    PAPER: "#ffffff",
}
"""Colours of a file that stands alone."""

_STYLE: Any = {  # matplotlib types its keys as literals from some version on
    "svg.fonttype": "none",
    "svg.hashsalt": "lutgen",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.parse_math": False,
    "text.color": INK,
    "axes.labelcolor": QUIET,
    "axes.edgecolor": LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
}
_WIDTH_INCHES = 5.0
_METADATA = {"Creator": None, "Date": None, "Format": None, "Type": None}
_NUMBERED_BARS = 10
_NAME_CHARACTERS = 16
_MOST_FEATURES = 20
_FULL_SHARE = 100.0
_LARGEST_SHARE = 150.0  # bars beyond are cut; their label tells the number


def draw_accuracy(layers: Sequence[LayerAccuracy], test: float | None) -> str:
    """Draw the accuracy of the LUTs by layer: mean, standard deviation, range."""

    def draw(axes: Axes) -> None:
        x = [row.layer for row in layers]
        mean = [row.mean for row in layers]
        axes.vlines(
            x,
            [row.min for row in layers],
            [row.max for row in layers],
            color=QUIET,
            linewidth=1,
            label="min to max",
        )
        axes.fill_between(
            x,
            [row.mean - row.std for row in layers],
            [row.mean + row.std for row in layers],
            color=FIRST,
            alpha=0.25,
            linewidth=0,
            label="mean ± std",
        )
        axes.plot(x, mean, color=FIRST, marker="o", markersize=4, linewidth=1.6, label="mean")
        if test is not None:
            axes.plot(
                x[-1:], [test], color=SECOND, marker="D", markersize=6, linewidth=0, label="test"
            )
        axes.set_xlabel("layer (0: input bits)")
        axes.set_ylabel("accuracy")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y")
        axes.legend(loc="lower right")

    return _picture("accuracy", "Accuracy of the LUTs, layer by layer", 3.2, draw)


def draw_importances(importances: Sequence[float], names: Sequence[str] = ()) -> str:
    """Draw each feature's share of what a learner gained, the largest first; zeros are left out.

    Parameters
    ----------
    importances : sequence of float
        As of ``feature_importances_``, or of a model's provenance (``feature_gain``).
    names : sequence of str
        Of the features; empty: their numbers.
    """
    order = sorted(
        (place for place, share in enumerate(importances) if share > 0),
        key=lambda place: -importances[place],
    )[:_MOST_FEATURES]

    def draw(axes: Axes) -> None:
        shares = [_FULL_SHARE * importances[place] for place in order]
        known = names or [f"feature {place}" for place in range(len(importances))]
        labels = [known[place][:_NAME_CHARACTERS] for place in order]
        bars = axes.barh(range(len(order)), shares, color=FIRST, height=0.7)
        axes.bar_label(bars, [f"{share:.1f} %" for share in shares], padding=3, color=QUIET)
        axes.set_yticks(range(len(order)), labels)
        axes.invert_yaxis()
        axes.set_xlabel("share of the gain, %")
        axes.margins(x=0.15)

    height = 0.8 + 0.28 * max(1, len(order))
    return _picture("importances", "Share of the gain by feature", height, draw)


def draw_layers(layers: Sequence[LayerAccuracy], cells: Sequence[LayerStats]) -> str:
    """Draw how many LUTs each layer learnt and how many of them the netlist keeps."""

    def draw(axes: Axes) -> None:
        learnt = {row.layer: row.n_luts for row in layers if row.layer}
        kept = {row.layer: row.luts for row in cells if row.part == "core"}
        axes.bar(list(learnt), list(learnt.values()), color=LINE, width=0.7, label="learnt")
        bars = axes.bar(list(kept), list(kept.values()), color=FIRST, width=0.45, label="kept")
        if len(kept) <= _NUMBERED_BARS:
            axes.bar_label(
                bars, [grouped(n) for n in kept.values()], padding=2, fontsize=9, color=INK
            )
        axes.set_xlabel("layer")
        axes.set_ylabel("k-LUTs")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        axes.yaxis.set_major_formatter(lambda value, _: grouped(int(value)))
        axes.grid(axis="y")
        axes.set_ylim(top=1.2 * max([*learnt.values(), *kept.values(), 1]))
        axes.legend(loc="upper right", ncols=2)

    return _picture("layers", "LUTs of each layer: learnt, and kept in the netlist", 3.2, draw)


def draw_learning(history: Sequence[LearntAccuracy], test: float | None, metric: str = "") -> str:
    """Draw the accuracy of a boosted network while it grew."""

    def draw(axes: Axes) -> None:
        draw_history(axes, history, metric=metric, test=test, colours=(FIRST, SECOND, SECOND))

    return _picture("learning", "Learning curve: accuracy by the LUTs learnt", 3.2, draw)


def draw_calibration(parts: Sequence[CalibrationPart]) -> str:
    """Draw the share of right answers against their probability."""

    def draw(axes: Axes) -> None:
        points = [(part.probability, part.right, part.n_samples) for part in parts]
        plot.draw_calibration(axes, points, colour=FIRST, line=QUIET)

    label = "Calibration: the share of right answers against their probability"
    return _picture("calibration", label, 3.2, draw)


def draw_parts(layers: Sequence[LayerStats]) -> str:
    """Draw the LUTs of encoder, layers of the core, and head."""
    names = [f"layer {row.layer}" if row.part == "core" else row.part for row in layers]

    def draw(axes: Axes) -> None:
        counts = [row.luts for row in layers]
        colours = [FIRST if row.part == "core" else SECOND for row in layers]
        bars = axes.barh(range(len(names)), counts, color=colours, height=0.7)
        axes.bar_label(bars, [grouped(n) for n in counts], padding=3, color=INK)
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set_xlabel("LUTs")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        axes.margins(x=0.15)

    return _picture("parts", "LUTs by part and layer", 0.8 + 0.28 * len(names), draw)


def draw_trials(record: TuneRecord) -> str:
    """Draw a search, scores against LUTs, for a page."""
    return _picture("trials", "Trials: scores against LUTs", 4.4, _tuning(record))


def draw_shares(chips: Sequence[tuple[str, ChipSize]], results: Sequence[SynthesisRecord]) -> str:
    """Draw the share of each chip's LUTs that each synthesis takes."""
    colours = {"direct": FIRST, "optimised": SECOND}
    pitch = len(results) + 0.7

    def draw(axes: Axes) -> None:
        largest = max(100 * r.n_luts / chip.luts for _, chip in chips for r in results)
        end = min(max(largest, _FULL_SHARE), _LARGEST_SHARE)
        for j, result in enumerate(results):
            shares = [100 * result.n_luts / chip.luts for _, chip in chips]
            y = [i * pitch + j for i in range(len(chips))]
            widths = [min(value, end) for value in shares]
            bars = axes.barh(y, widths, height=0.8, color=colours[result.mode], label=result.mode)
            axes.bar_label(
                bars,
                [share(result.n_luts, chip.luts) for _, chip in chips],
                padding=4,
                color=INK,
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1},
            )
            cut = [place for place, value in zip(y, shares, strict=True) if value > end]
            for x in (0.94 * end, 0.96 * end):
                axes.plot([x] * len(cut), cut, color=PAPER, marker=_CUT, markersize=12, linewidth=0)
        axes.axvline(_FULL_SHARE, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        middle = (len(results) - 1) / 2
        axes.set_yticks(
            [i * pitch + middle for i in range(len(chips))],
            [f"{name[:_NAME_CHARACTERS]}\n{grouped(chip.luts)}" for name, chip in chips],
        )
        axes.set_xlim(0, end * 1.2)
        axes.set_xticks([0, 25, 50, 75, 100])
        axes.set_xlabel("% of the chip's LUTs")
        axes.invert_yaxis()
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1), ncols=2)

    height = 1.2 + 0.2 * pitch * len(chips)
    return _picture("shares", "Share of each chip's LUTs", height, draw)


def draw_flips(record: FaultsRecord) -> str:
    """Draw the share of right answers by the number of bits flipped at once."""

    def draw(axes: Axes) -> None:
        for kind, colour, label in (
            (CONFIGURATION, FIRST, "bits of tables"),
            (REGISTERS, SECOND, "registers"),
        ):
            points = [point for point in record.points if point.kind == kind]
            if not points:
                continue
            x = [point.n_flips for point in points]
            axes.fill_between(
                x,
                [point.least for point in points],
                [point.most for point in points],
                color=colour,
                alpha=0.15,
                linewidth=0,
            )
            axes.errorbar(
                x,
                [point.mean for point in points],
                yerr=[point.half_width for point in points],
                color=colour,
                marker="o",
                markersize=4,
                linewidth=1.6,
                elinewidth=0.8,
                label=label,
            )
        axes.axhline(record.right, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(lambda value, _: grouped(round(value)))
        axes.set_xlabel("bits flipped at once (dashed: none)")
        axes.set_ylabel(record.metric)
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
        axes.legend(loc="lower left")

    return _picture("faults", "Right answers by the number of flips", 3.2, draw)


def draw_tuning(record: TuneRecord) -> str:
    """Draw a search, scores against LUTs, as an SVG file of its own."""
    return _recoloured(_svg(4.4, _tuning(record)), _PLAIN)


def _tuning(record: TuneRecord) -> Callable[[Axes], None]:
    ends = [i for i in record.front if record.candidates[i].luts > 0]
    best = [record.candidates[i] for i in ends]

    def draw(axes: Axes) -> None:
        grown = [
            (point.luts, point.score)
            for trial in record.trials
            if not trial.refitted and trial.fold == 0
            for point in trial.points
            if point.luts and point.score is not None
        ]
        if grown:
            axes.plot(*zip(*grown, strict=True), color=LINE, marker=".", linewidth=0,
                      label="grown, one part held out")  # fmt: skip
        full = record.candidates
        axes.errorbar(
            [item.luts for item in full],
            [item.score for item in full],
            yerr=[item.standard_error for item in full],
            color=FIRST, marker="o", markersize=3.5, linewidth=0, elinewidth=0.8, alpha=0.6,
            label="learnt in full, ± standard error",
        )  # fmt: skip
        axes.step([item.luts for item in best], [item.score for item in best], where="post",
                  color=FIRST, linewidth=1.4, label="best for its LUTs")  # fmt: skip
        if record.chosen is not None:
            chosen = full[record.chosen]
            axes.plot([chosen.luts], [chosen.score], color=SECOND, marker="o", markersize=10,
                      markerfacecolor="none", markeredgewidth=1.6, linewidth=0,
                      label=f"chosen: {chosen.score:.4f}, {grouped(chosen.luts)} LUTs")  # fmt: skip
            if record.test_accuracy is not None:
                axes.plot([chosen.luts], [record.test_accuracy], color=SECOND, marker="D",
                          markersize=5, linewidth=0,
                          label=f"its test score: {record.test_accuracy:.4f}")  # fmt: skip
        dashed: Any = {"color": INK, "linewidth": 0.8, "linestyle": (0, (4, 3))}
        if record.max_luts is not None:
            axes.axvline(record.max_luts, **dashed)
        if record.min_accuracy is not None:
            axes.axhline(record.min_accuracy, **dashed)
        tested = [] if record.test_accuracy is None else [record.test_accuracy]
        _fit_scores(axes, [*(item.score for item in full), *tested])
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(lambda value, _: grouped(round(value)))
        axes.set_xlabel("LUTs of encoder, core and head")
        axes.set_ylabel(record.metric or "accuracy")
        axes.grid()
        figure = axes.get_figure(root=True)
        assert figure is not None
        figure.legend(loc="outside lower center", ncols=2, fontsize=8)

    return draw


def _fit_scores(axes: Axes, scores: Sequence[float]) -> None:
    """Show the scores of those learnt in full, and what lies near; networks of few LUTs lie low."""
    if scores:
        low, high = min(scores), max(scores)
        room = max(high - low, 0.01)
        axes.set_ylim(low - 0.5 * room, high + 0.25 * room)


def _picture(key: str, label: str, height_inches: float, draw: Callable[[Axes], None]) -> str:
    return _inline(_svg(height_inches, draw), key, label)


def _svg(height_inches: float, draw: Callable[[Axes], None]) -> str:
    with mpl.rc_context():
        mpl.rcdefaults()  # the user's own style must not change the bytes
        mpl.rcParams.update(_STYLE)
        figure = Figure(figsize=(_WIDTH_INCHES, height_inches), layout="constrained")
        draw(figure.subplots())
        stream = io.StringIO()
        figure.savefig(stream, format="svg", transparent=True, metadata=_METADATA)
    return stream.getvalue()


def _inline(svg: str, key: str, label: str) -> str:
    """Make an SVG file a part of a page: own names; the page's size, colours and font."""
    view_box = re.search(r'viewBox="([^"]+)"', svg)
    assert view_box is not None
    start = svg.index(">", svg.index("<svg")) + 1
    body = re.sub(r"\s*<metadata>.*?</metadata>", "", svg[start:], flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{key}-', body)
    body = re.sub(r'(href="#|url\(#)', rf"\1{key}-", body)
    body = re.sub(r"\bfont: (\S+) [^;\"]*", r"font-size: \1", body)
    body = re.sub(r"\bfont-family: [^;\"]*;? ?", "", body)
    body = _recoloured(body, {key: f"var(--{name})" for key, name in _VARIABLES.items()})
    return f'<svg viewBox="{view_box[1]}" role="img" aria-label="{label}">{body.strip()}'


def _recoloured(svg: str, colours: Mapping[str, str]) -> str:
    """Put colours in place of the stand-ins."""
    for stand_in, colour in colours.items():
        svg = svg.replace(stand_in, colour)
    return svg
