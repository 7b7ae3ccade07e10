"""The command doctor: which tools there are, of which version, and whether they are enough."""

from __future__ import annotations

from dataclasses import asdict

from lutgen.cli import output
from lutgen.errors import ToolError
from lutgen.flow.doctor import ToolState, examine_tools


def doctor(json: output.Json = False) -> None:
    """List the tools: found where, version, enough or not, needed for what.

    Exit code 3 if one is missing without which no core can be synthesised, simulated or proved.
    """
    states = examine_tools()
    if json:
        output.print_json({"tools": [asdict(state) for state in states]})
    else:
        _print_states(states)
    missing = [state.name for state in states if state.is_required and not state.is_usable]
    if missing:
        raise ToolError(f"missing or too old: {', '.join(missing)}")


def _print_states(states: tuple[ToolState, ...]) -> None:
    table = output.table(
        "Tools", "tool", "enough", "version", "at least", "needed for", "where", left=6
    )
    for state in states:
        enough = "yes" if state.is_usable else "NO" if state.is_required else "no"
        table.add_row(
            state.name,
            enough,
            state.version or "-",
            state.minimum or "any",
            state.needed_for,
            state.path or "-",
        )
    table.columns[-1].overflow = "fold"  # a path is of use only as a whole
    output.print_table(table)
    for state in states:
        if state.note:
            output.print_text(state.note)
    variables = ", ".join(state.variable for state in states if state.variable)
    output.print_text(f"To use another program, name it in the environment: {variables}")
