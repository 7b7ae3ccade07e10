"""Foreign text stays where it is written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lutgen.text import in_comment, printable


@given(st.text())
def test_a_comment_is_not_left(text: str) -> None:
    shown = in_comment(text)
    assert shown.isprintable()
    assert "*/" not in shown and "/*" not in shown and not shown.endswith("\\")
    assert in_comment(shown) == shown
    assert len(shown.splitlines()) <= 1


def test_marks_are_escaped_and_other_text_is_as_it_is() -> None:
    assert in_comment("a */ b /* c\\") == "a *\\x2f b /\\x2a c\\x5c"
    assert in_comment("a\r\n`define\u2028\u202e") == "a\\r\\n`define\\u2028\\u202e"
    assert in_comment("gr\u00fcn [/red] $x \\n") == "gr\u00fcn [/red] $x \\n"
    assert printable("*/\\") == "*/\\"
