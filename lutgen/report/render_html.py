"""A report as one HTML page that needs nothing but itself: no request, no script but its own."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lutgen.model.structure import feature_reads, parts_of
from lutgen.records.learnt import EvaluationRecord
from lutgen.report.drawings import can_draw_graph, draw_graph, draw_pixels, draw_waveform
from lutgen.report.folder import Report
from lutgen.report.live import page_data
from lutgen.report.sections import headlines, sections, title
from lutgen.report.table import Headline, Section

Picture = tuple[str, Markup, str]
"""What stands over a picture, the picture, and a remark."""
Pictures = Mapping[str, Sequence[Picture]]
"""The pictures of sections, by their keys."""


def render_html(report: Report) -> str:
    """Return the whole report as an HTML page; equal reports give equal bytes."""
    core = report.core
    return render_page(
        title(report),
        headlines(report),
        sections(report),
        _pictures(report),
        page_data(report.network, report.evaluation),
        subject=core.module,
        target=core.target,
        digest=core.model.digest,
        lutgen=core.lutgen,
    )


def render_page(
    title: str,
    headlines: Sequence[Headline],
    sections: Sequence[Section],
    pictures: Pictures,
    live: Mapping[str, Any] | None = None,
    **about: str,
) -> str:
    """Return a page of headlines, sections and pictures.

    Parameters
    ----------
    pictures : mapping of str to sequence of (str, Markup, str)
        By the key of the section that they stand in.
    live : mapping, optional
        The network for the page's script, which is there only with it; see :func:`page_data`. No
        other script runs: the page's policy has the digest of this one.
    about
        ``subject``, ``target`` and ``digest`` stand below the title, ``lutgen`` at the foot.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.loopcontrols"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["unbroken"] = _unbroken
    script = Path(__file__).with_name("network.js").read_text("utf-8") if live else ""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return environment.get_template("page.html").render(
        title=title,
        headlines=headlines,
        sections=sections,
        pictures=pictures,
        live=live,
        script=Markup(script),
        policy=f"; script-src 'sha256-{digest}'" if live else "",
        **about,
    )


def _unbroken(text: str) -> str:
    """Keep the digits of a number, and its unit, on one line."""
    return re.sub(r"(?<=\d) (?=\d{3}\b|%)", "\N{NO-BREAK SPACE}", text)


def _pictures(report: Report) -> Pictures:
    """Return the pictures of each section that has any."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for key, drawn in (*_charts(report), *_drawings(report)):
        found.setdefault(key, []).append(drawn)
    return {
        key: tuple((title, Markup(svg), remark) for title, svg, remark in drawn)
        for key, drawn in found.items()
    }


def _charts(report: Report) -> Iterator[tuple[str, tuple[str, str, str]]]:
    """Yield what matplotlib draws, with the keys of the sections: titles, SVG, remarks."""
    from lutgen.report import pictures  # noqa: PLC0415 - matplotlib takes a second to load

    core = report.core
    training = core.model.training
    names = tuple(item.name for item in core.model.inputs)
    if any(share > 0 for share in training.feature_gain):
        gains = training.feature_gain
        known = names if len(names) == len(gains) and all(names) else ()
        svg = pictures.draw_importances(gains, known)
        yield "model", ("Share of the gain by feature", svg, "What LUTs gained by its wires.")
    if len(training.history) > 1:
        svg = pictures.draw_learning(training.history, training.test_accuracy, training.metric)
        yield "accuracy", ("Learning curve", svg, "")
    evaluation = report.evaluation
    if isinstance(evaluation, EvaluationRecord) and evaluation.calibration:
        svg = pictures.draw_calibration(evaluation.calibration)
        remark = "On the dashed line, answers are right as often as they say; areas: how many."
        yield "accuracy", ("Calibration", svg, remark)
    if training.layers:
        svg = pictures.draw_accuracy(training.layers, training.test_accuracy)
        yield "accuracy", ("LUT accuracy by layer", svg, "")
    if training.layers and core.logic.layers:
        svg = pictures.draw_layers(training.layers, core.logic.layers)
        remark = "Kept is what the output depends on, before mapping."
        yield "netlist", ("LUTs by layer", svg, remark)
    elif len(core.netlist.layers) > 1:
        svg = pictures.draw_parts(core.netlist.layers)
        yield "netlist", ("LUTs by part and layer", svg, "Of the chip, after mapping.")
    if report.tune is not None:
        yield "changes", ("Trials of tune", pictures.draw_trials(report.tune), "")
    if core.chips and report.synthesis:
        svg = pictures.draw_shares(core.chips, report.synthesis)
        remark = "The dashed line is a full chip."
        yield "synthesis", ("Share of each chip's LUTs", svg, remark)
    if report.faults and report.faults.points:
        title = f"{report.faults.metric.capitalize()} by the number of flips"
        remark = "Lines: means with their 95 % confidence intervals; areas: least to most."
        yield "faults", (title, pictures.draw_flips(report.faults), remark)


def _drawings(report: Report) -> Iterator[tuple[str, tuple[str, str, str]]]:
    """Yield what is drawn by hand, in the same way."""
    network, evaluation = report.network, report.evaluation
    shape = evaluation.feature_shape if isinstance(evaluation, EvaluationRecord) else ()
    if network is not None and network.n_luts:
        reads = feature_reads(network)
        if len(shape) == 2 and shape[0] * shape[1] == reads.size and reads.any():
            parts = {name: feature_reads(network, luts) for name, luts in parts_of(network).items()}
            svg = draw_pixels(reads, parts, (shape[0], shape[1]))
            remark = "Where wires come from." + " Small: the LUTs of each class." * bool(parts)
            yield "network", ("Pixels that are read", svg, remark)
        if can_draw_graph(network):
            yield "graph", ("Graph", draw_graph(network), "From inputs to outputs.")
    cycles = next((check.cycles for check in report.simulation.checks if check.cycles), ())
    if cycles:
        ports = report.core.ports
        # one bit a class, or scores beside it, are shown as numbers
        classes = () if ports is None or ports.one_hot or ports.outputs else ports.classes
        svg = draw_waveform(cycles, report.core.latency_cycles, classes)
        remark = "As simulated: s0 is the first sample; y as read in the middle of each cycle."
        yield "verification", ("Waveform of the first samples", svg, remark)
