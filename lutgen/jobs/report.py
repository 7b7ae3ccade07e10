"""The report of an output folder, or of a build: as text, as one HTML page, and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lutgen.files import write_files, write_json
from lutgen.records.build import BUILD_FILE
from lutgen.report.board import read_build
from lutgen.report.folder import read_report
from lutgen.report.render_board import render_build_html, render_build_text
from lutgen.report.render_html import render_html
from lutgen.report.render_text import render_text

TEXT, JSON, HTML = "report.txt", "report.json", "report.html"


@dataclass(frozen=True)
class WrittenReport:
    """A report that was written.

    Parameters
    ----------
    text : str
        The report for people.
    record : dict
        The same as plain JSON.
    files : tuple of Path
    """

    text: str
    record: dict[str, Any]
    files: tuple[Path, ...]


def write_report(folder: Path) -> WrittenReport:
    """Make a report of an output folder, or of the folder of a build, and write it there.

    Raises
    ------
    DataError
        If it is neither, or a file in it is damaged; the message names the fields.
    OutputError
        If the folder cannot be written.
    """
    if (folder / BUILD_FILE).is_file():
        return _write_build_report(folder)
    found = read_report(folder)
    text, record = render_text(found), found.to_json()
    write_files(folder, {TEXT: text, HTML: render_html(found)})
    write_json(folder / JSON, record)
    return WrittenReport(text, record, tuple(folder / name for name in (TEXT, JSON, HTML)))


def _write_build_report(folder: Path) -> WrittenReport:
    """Write the report of a build; its JSON is the record of the build itself."""
    found = read_build(folder)
    text = render_build_text(found)
    write_files(folder, {TEXT: text, HTML: render_build_html(found)})
    return WrittenReport(text, found.build.to_json(), (folder / TEXT, folder / HTML))
