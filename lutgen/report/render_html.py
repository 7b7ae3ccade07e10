"""A report as one HTML page that needs nothing but itself: no script, no request."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lutgen.report.sections import headlines, sections, title
from lutgen.report.values import Report


def render_html(report: Report) -> str:
    """Return the whole report as an HTML page; equal reports give equal bytes."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["unbroken"] = _unbroken
    return environment.get_template("page.html").render(
        report=report,
        title=title(report),
        headlines=headlines(report),
        sections=sections(report),
        pictures=_pictures(report),
    )


def _unbroken(text: str) -> str:
    """Keep the digits of a number, and its unit, on one line."""
    return re.sub(r"(?<=\d) (?=\d{3}\b|%)", "\N{NO-BREAK SPACE}", text)


def _pictures(report: Report) -> dict[str, tuple[str, Markup, str]]:
    """Return the picture of each section that has one: its title, itself, a remark."""
    from lutgen.report import pictures  # noqa: PLC0415 - matplotlib takes a second to load

    core = report.core
    layers = core.model.training.layers
    found = {}
    if layers:
        svg = pictures.draw_accuracy(layers, core.model.training.test_accuracy)
        found["accuracy"] = ("LUT accuracy by layer", svg, "")
    if core.logic.layers:
        svg = pictures.draw_layers(layers, core.logic.layers)
        found["netlist"] = (
            "LUTs by layer",
            svg,
            "Kept is what the output depends on, before mapping.",
        )
    if core.devices and report.synthesis:
        svg = pictures.draw_shares(core.devices, report.synthesis)
        found["synthesis"] = ("Share of each chip's LUTs", svg, "The dashed line is a full chip.")
    return {key: (title, Markup(svg), remark) for key, (title, svg, remark) in found.items()}
