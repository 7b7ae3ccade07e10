"""Studies as Markdown: a section of each, and the page that opens with a table of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lutgen.studies.study import Result, Row, Verdict

_LONG = 20  # rows beyond which a table is folded away


def section(record: Mapping[str, Any], result: Result, folder: str) -> str:
    """Return the section of a study.

    Parameters
    ----------
    record : mapping
        Study, title, source, settings, seconds and pictures, as in ``result.json``.
    folder : str
        Folder of the pictures, relative to the page.
    """
    lines = [
        f"## {record['study']}: {record['title']}",
        "",
        f"{record['source']}. {describe_settings(record)}",
        "",
        *(f"- {verdict.describe()}" for verdict in result.verdicts),
        "",
        *(f"{note}\n" for note in result.notes),
        *(f"![{record['title']}]({folder}/{name}.svg)\n" for name in record["pictures"]),
    ]
    if result.rows:
        table = rows_table(result.rows)
        if len(result.rows) > _LONG:
            summary = f"<details><summary>All {len(result.rows)} rows</summary>"
            table = [summary, "", *table, "", "</details>"]
        lines += table
    return "\n".join(lines).rstrip() + "\n"


def describe_settings(record: Mapping[str, Any]) -> str:
    """Return in a sentence how the study was run."""
    settings = record["settings"]
    size = "small version (--quick)" if settings["quick"] else "full size"
    return f"Run in {size} with {_seeds(settings['seeds'])}, {record['seconds']:.0f} s of work."


def rows_table(rows: Sequence[Row]) -> list[str]:
    """Return the lines of a Markdown table: ours ± spread, theirs, the difference."""
    has_notes = any(row.note for row in rows)
    columns = ["", "ours", "theirs", "difference", *(["note"] if has_notes else [])]
    lines = [_line(columns), _line(["---", *["---:"] * 3, *(["---"] if has_notes else [])])]
    for row in rows:
        cells = [row.name, show(row.ours, row.std), show(row.theirs), show_signed(row.difference)]
        lines.append(_line([*cells, *([row.note] if has_notes else [])]))
    return lines


def show(value: float | None, std: float | None = None) -> str:
    """Return a number for people: four significant digits, counts in groups of three."""
    if value is None:
        return ""
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return text if std is None else f"{text} ± {std:.2g}"


def show_signed(value: float | None) -> str:
    """Return a difference for people, with its sign."""
    return "" if value is None else f"{value:+.3g}"


def page(entries: Sequence[tuple[Mapping[str, Any], Result, str]]) -> str:
    """Return the page of all studies.

    Parameters
    ----------
    entries : sequence of (record, result, folder)
        As :func:`section` takes them.
    """
    lines = [
        "# Studies: the papers' experiments, reproduced",
        "",
        "Every study is run by one command, `lutgen reproduce NAME`; `lutgen reproduce list` names",
        "them, `--quick` runs a small version. The numbers are in the folder of each study, as",
        "JSON and CSV. Where the table says *quick*, the figures are those of the small version.",
        "",
        _line(["study", "of", "run", "theirs", "ours", "same conclusion"]),
        _line(["---"] * 6),
    ]
    for record, result, _ in entries:
        head = [f"[{record['study']}](#{_anchor(record)})", record["source"], _size(record)]
        for verdict in result.verdicts or (Verdict("", None, ""),):
            word = {True: "yes", False: "**no**", None: "open"}[verdict.holds]
            lines.append(_line([*head, verdict.claim, verdict.figures, word]))
            head = ["", "", ""]
    sections = [section(*entry) for entry in entries]
    return "\n".join([*lines, "", *sections])


def _anchor(record: Mapping[str, Any]) -> str:
    kept = "".join(
        c for c in f"{record['study']}: {record['title']}".lower() if c.isalnum() or c in " -_"
    )
    return kept.replace(" ", "-")


def _size(record: Mapping[str, Any]) -> str:
    settings = record["settings"]
    return f"{'quick' if settings['quick'] else 'full'}, {_seeds(settings['seeds'])}"


def _seeds(number: int) -> str:
    return f"{number} seed{'s' * (number > 1)}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
