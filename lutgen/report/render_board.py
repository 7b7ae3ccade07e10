"""The report of a build as text, and as one HTML page that needs nothing but itself."""

from __future__ import annotations

from markupsafe import Markup

from lutgen.report.board import COUNTED, BuildReport
from lutgen.report.board_sections import build_headlines, build_sections, build_title
from lutgen.report.floorplan import draw_floorplan, draw_resources
from lutgen.report.render_html import Picture, render_page
from lutgen.report.render_text import render_parts

_PLACES = "A square is a tile of the chip, a dot in it a cell. Empty tiles are free, or no logic."


def render_build_text(report: BuildReport) -> str:
    """Return the report of a build as text."""
    return render_parts(
        f"{build_title(report)}: {report.left} for {report.chip}, by lutgen {report.lutgen}",
        build_headlines(report),
        build_sections(report),
    )


def render_build_html(report: BuildReport) -> str:
    """Return the report of a build as an HTML page; equal reports give equal bytes."""
    return render_page(
        build_title(report),
        build_headlines(report),
        build_sections(report),
        _pictures(report),
        subject=report.left,
        target=report.chip,
        digest=report.digest,
        lutgen=report.lutgen,
    )


def _pictures(report: BuildReport) -> dict[str, Picture]:
    counts = {name: {what: part[what] for what in COUNTED} for name, part in report.parts.items()}
    drawn: dict[str, Picture] = {
        "resources": ("Share of the chip", Markup(draw_resources(counts, report.room)), "")
    }
    if report.floorplan:
        drawn["placement"] = ("Floorplan", Markup(draw_floorplan(report.floorplan)), _PLACES)
    if report.layers:
        from lutgen.report import pictures  # noqa: PLC0415 - matplotlib takes a second to load

        svg = pictures.draw_accuracy(report.layers, report.test_accuracy)
        drawn["accuracy"] = ("LUT accuracy by layer", Markup(svg), "")
    return drawn
