"""The report of a build as text, and as one HTML page that needs nothing but itself."""

from __future__ import annotations

from markupsafe import Markup

from lutgen.report.board import BuildReport
from lutgen.report.board_sections import (
    COUNTED,
    build_headlines,
    build_sections,
    build_title,
    left,
)
from lutgen.report.floorplan import draw_floorplan, draw_resources
from lutgen.report.render_html import Pictures, render_page
from lutgen.report.render_text import render_parts

_PLACES = "A square is a tile of the chip, a dot in it a cell. Empty tiles are free, or no logic."


def render_build_text(report: BuildReport) -> str:
    """Return the report of a build as text."""
    return render_parts(
        f"{build_title(report)}: {left(report.build)} for {report.build.device.title}, "
        f"by lutgen {report.build.lutgen}",
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
        subject=left(report.build),
        target=report.build.device.title,
        digest=report.build.digest,
        lutgen=report.build.lutgen,
    )


def _pictures(report: BuildReport) -> Pictures:
    build = report.build
    counts = {
        name: {what: getattr(part, what) for what in COUNTED} for name, part in build.parts.items()
    }
    room = {what: getattr(build.device, what) for what in COUNTED}
    drawn = {"resources": ("Share of the chip", Markup(draw_resources(counts, room)), "")}
    if report.placement:
        drawn["placement"] = ("Floorplan", Markup(draw_floorplan(report.placement)), _PLACES)
    if build.model.layers:
        from lutgen.report import pictures  # noqa: PLC0415 - matplotlib takes a second to load

        svg = pictures.draw_accuracy(build.model.layers, build.model.test_accuracy)
        drawn["accuracy"] = ("LUT accuracy by layer", Markup(svg), "")
    return {key: (picture,) for key, picture in drawn.items()}
