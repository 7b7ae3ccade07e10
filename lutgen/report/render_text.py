"""A report as plain text in aligned columns, for terminals and logs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from lutgen.report.folder import Report
from lutgen.report.sections import headlines, sections, title
from lutgen.report.table import Headline, Section, Table

_WIDTH = 88
_GAP = "   "


def render_text(report: Report) -> str:
    """Return the whole report as text."""
    core = report.core
    heading = f"{title(report)}: {core.module} for {core.target}, by lutgen {core.lutgen}"
    return render_parts(heading, headlines(report), sections(report))


def render_parts(
    heading: str, headlines: tuple[Headline, ...], sections: tuple[Section, ...]
) -> str:
    """Return a report of headlines and sections as text."""
    blocks = [heading, _headline_lines(headlines), *map(render_section, sections)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def render_section(section: Section) -> str:
    """Return one part of a report as text."""
    blocks = [f"{section.title}\n{'-' * len(section.title)}"]
    if section.facts:
        blocks.append("\n".join(_aligned(_narrow(section.facts), (False, False))))
    blocks += [render_table(table) for table in section.tables]
    blocks += ["\n".join(textwrap.wrap(line, _WIDTH)) for line in section.lines]
    blocks += [f"{name}\n{_indented(command)}" for name, command in section.commands]
    heading, *rest = blocks
    return "\n".join([heading, "\n\n".join(rest)])


def render_table(table: Table) -> str:
    """Return a table as aligned columns under its title."""
    right = tuple(column.startswith(">") for column in table.columns)
    names = tuple(column.removeprefix(">") for column in table.columns)
    lines = [table.title] if table.title else []
    lines += _aligned([names, *table.rows], right)
    if table.note:
        lines += textwrap.wrap(table.note, _WIDTH)
    return "\n".join(lines)


def _indented(command: str) -> str:
    return textwrap.fill(
        command,
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _narrow(facts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return facts with what is too long for a line on lines of its own."""
    width = _WIDTH - max(len(name) for name, _ in facts)
    return [
        (name if i == 0 else "", line)
        for name, value in facts
        for i, line in enumerate(textwrap.wrap(value, width, break_long_words=False) or [value])
    ]


def _headline_lines(found: tuple[Headline, ...]) -> str:
    rows = [(item.name, item.value, item.remark) for item in found]
    return "\n".join(_aligned(rows, (False, False, False)))


def _aligned(rows: Sequence[tuple[str, ...]], right: tuple[bool, ...]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        _GAP.join(
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    ]
