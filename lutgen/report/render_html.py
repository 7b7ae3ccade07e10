"""A report as one HTML page that needs nothing but itself: no script, no request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lutgen.report.folder import Report
from lutgen.report.sections import Headline, Section, headlines, sections, title

Picture = tuple[str, Markup, str]
"""What stands over a picture, the picture, and a remark."""


def render_html(report: Report) -> str:
    """Return the whole report as an HTML page; equal reports give equal bytes."""
    core = report.core
    return render_page(
        title(report),
        headlines(report),
        sections(report),
        _pictures(report),
        subject=core.module,
        target=core.target,
        digest=core.model.digest,
        lutgen=core.lutgen,
    )


def render_page(
    title: str,
    headlines: Sequence[Headline],
    sections: Sequence[Section],
    pictures: Mapping[str, Picture],
    **about: str,
) -> str:
    """Return a page of headlines, sections and pictures.

    Parameters
    ----------
    pictures : mapping of str to (str, Markup, str)
        By the key of the section that it stands in.
    about
        ``subject``, ``target`` and ``digest`` stand below the title, ``lutgen`` at the foot.
    """
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
        title=title, headlines=headlines, sections=sections, pictures=pictures, **about
    )


def _unbroken(text: str) -> str:
    """Keep the digits of a number, and its unit, on one line."""
    return re.sub(r"(?<=\d) (?=\d{3}\b|%)", "\N{NO-BREAK SPACE}", text)


def _pictures(report: Report) -> dict[str, Picture]:
    """Return the picture of each section that has one: its title, itself, a remark."""
    from lutgen.report import pictures  # noqa: PLC0415 - matplotlib takes a second to load

    core = report.core
    layers = core.model.training.layers
    found = {}
    if layers:
        svg = pictures.draw_accuracy(layers, core.model.training.test_accuracy)
        found["accuracy"] = ("LUT accuracy by layer", svg, "")
    names = tuple(item.name for item in core.model.inputs)
    if any(share > 0 for share in core.model.training.feature_gain):
        gains = core.model.training.feature_gain
        known = names if len(names) == len(gains) and all(names) else ()
        svg = pictures.draw_importances(gains, known)
        found["model"] = ("Share of the gain by feature", svg, "What LUTs gained by its wires.")
    if layers and core.logic.layers:
        svg = pictures.draw_layers(layers, core.logic.layers)
        found["netlist"] = (
            "LUTs by layer",
            svg,
            "Kept is what the output depends on, before mapping.",
        )
    if core.chips and report.synthesis:
        svg = pictures.draw_shares(core.chips, report.synthesis)
        found["synthesis"] = ("Share of each chip's LUTs", svg, "The dashed line is a full chip.")
    if report.faults and report.faults.points:
        svg = pictures.draw_flips(report.faults)
        found["faults"] = (
            f"{report.faults.metric.capitalize()} by the number of flips",
            svg,
            "Lines: means with their 95 % confidence intervals; areas: least to most.",
        )
    return {key: (title, Markup(svg), remark) for key, (title, svg, remark) in found.items()}
