"""The command doctor: which tools there are, of which version, and whether they are enough."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from lutgen.cli import output
from lutgen.errors import ToolError
from lutgen.flow.doctor import ToolState, examine_tools


def doctor(
    prepare: Annotated[
        bool,
        typer.Option(
            "--prepare",
            help="Compile now what is otherwise compiled when it is first used: "
            "kernels, tools that are WebAssembly, the simulator's library.",
        ),
    ] = False,
    json: output.Json = False,
) -> None:
    """List the tools: found where, version, enough or not, needed for what.

    Exit code 3 if one is missing without which no core can be synthesised, simulated or proved.
    """
    if prepare:
        _prepare(json)
        return
    states = examine_tools()
    if json:
        output.print_json({"tools": [asdict(state) for state in states]})
    else:
        _print_states(states)
    missing = [state.name for state in states if state.is_required and not state.is_usable]
    if missing:
        raise ToolError(f"missing or too old: {', '.join(missing)}")


def _prepare(json: bool) -> None:
    from lutgen.jobs.prepare import prepare  # noqa: PLC0415 - loads all that it compiles

    prepared = prepare(progress=output.SHOWN)
    if json:
        output.print_json({"prepared": [asdict(item) for item in prepared]})
    else:
        for item in prepared:
            output.print_text(f"{item.name}: {item.fault or f'ready, {item.seconds:.1f} s'}")
    if failed := [item.name for item in prepared if item.fault]:
        raise ToolError(f"cannot be made ready: {', '.join(failed)}")


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
