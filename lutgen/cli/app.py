"""The application: the list of commands, in the order of the pipeline."""

from __future__ import annotations

import typer

from lutgen.cli import output
from lutgen.cli.lazy import lazy_group
from lutgen.version import __version__

COMMANDS = {
    "train": "learning",
    "boost": "boosting",
    "tune": "tuning",
    "import": "importing",
    "evaluate": "learning",
    "predict": "learning",
    "info": "learning",
    "optimise": "optimise",
    "verilog": "hardware",
    "emit": "forms",
    "export": "export",
    "simulate": "hardware",
    "activity": "activity",
    "synth": "synthesis",
    "prove": "proof",
    "mutate": "proof",
    "faults": "upsets",
    "report": "hardware",
    "build": "board",
    "boards": "board",
    "fmax": "board",
    "host": "board",
    "demo": "demo",
    "doctor": "doctor",
    "reproduce": "reproduce",
    "datasets": "learning",
}
"""Each command, and the module of :mod:`lutgen.cli` that holds the function of its name."""

app = typer.Typer(
    name="lutgen",
    cls=lazy_group({name: f"lutgen.cli.{module}" for name, module in COMMANDS.items()}),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Learn networks of lookup tables by counting; make FPGA hardware of them that is proven "
    "to be the same function.",
    epilog="Exit codes: 0 good; 1 mismatch or limit missed; 2 bad input; 3 tool missing or "
    "failed; 130 interrupted.",
)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"lutgen {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(  # noqa: ARG001 - its callback takes it
        False, "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    output.show_remarks()
