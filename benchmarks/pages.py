"""Tables of pages that are made of records: each stands between two marks that name its script.

A script has `PAGE`, and `renewed`, which returns the page as the record has it; tests hold every
page against that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

END = "<!-- end -->"


def renewed(text: str, script: str, tables: Sequence[str]) -> str:
    """Return the text of a page with the tables of a script anew, in the order of their places.

    Raises
    ------
    ValueError
        If the page has not as many places; the message says what to write there.
    """
    begin = f"<!-- made by benchmarks/{script}.py -->"
    made = iter([f"{begin}\n{table}\n{END}" for table in tables])
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(END), re.DOTALL)
    n_places = len(pattern.findall(text))
    if n_places != len(tables) or text.count(begin) != n_places:
        raise ValueError(
            f"the page needs {len(tables)} table(s) of {script}.py, each between {begin} and "
            f"{END}; found {n_places}"
        )
    return pattern.sub(lambda _: next(made), text)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown; columns whose names begin with ``>`` are set to the right."""
    names = [column.removeprefix(">") for column in columns]
    rules = ["---:" if column.startswith(">") else "---" for column in columns]
    lines = ["| " + " | ".join(names) + " |", "|" + "|".join(rules) + "|"]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(re.sub(r" +\|", " |", line) for line in lines)
