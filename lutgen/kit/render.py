"""Texts of a kit by its templates, which lie beside: names in them stand between « and »."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lutgen.text import in_comment, printable

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|#])")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=False,  # foreign text goes through the filters below
        undefined=StrictUndefined,
        variable_start_string="«",
        variable_end_string="»",
        comment_start_string="«#",
        comment_end_string="#»",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["comment"] = comment
    environment.filters["markdown"] = markdown
    environment.filters["range"] = verilog_range
    environment.filters["vhdl"] = vhdl_type
    return environment


def render(template: str, **values: Any) -> str:
    """Return a text; equal values give equal texts."""
    return _environment().get_template(template).render(**values)


def comment(text: str) -> str:
    """Return a text that is safe in a comment of any language, in ASCII."""
    return in_comment(text).encode("ascii", "backslashreplace").decode()


def markdown(text: str) -> str:
    """Return a text that Markdown shows as it is, in a line, in a table, too."""
    return _MARKDOWN.sub(r"\\\1", printable(text))


def verilog_range(width: int) -> str:
    """Return the range of a port of some bits, 0 for one that is no vector."""
    return f"[{width - 1}:0] " if width else ""


def vhdl_type(width: int) -> str:
    """Return the type of a port of some bits, 0 for one that is no vector."""
    return f"std_logic_vector({width - 1} downto 0)" if width else "std_logic"
