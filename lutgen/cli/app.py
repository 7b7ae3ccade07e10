"""The application: the list of commands, in the order of the pipeline."""

from __future__ import annotations

import typer

from lutgen import __version__
from lutgen.cli import (
    board,
    boosting,
    demo,
    doctor,
    forms,
    hardware,
    learning,
    optimise,
    output,
    proof,
    reproduce,
    synthesis,
)
from lutgen.cli.faults import reporting_faults

app = typer.Typer(
    name="lutgen",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Learn networks of lookup tables by counting; make FPGA hardware of them that is proven "
    "to be the same function.",
    epilog="Exit codes: 0 good; 1 mismatch or limit missed; 2 bad input; 3 tool missing or "
    "failed; 130 interrupted.",
)

for command in (
    learning.train,
    boosting.boost,
    learning.evaluate,
    learning.predict,
    learning.info,
    optimise.optimise,
    hardware.verilog,
    forms.emit,
    hardware.simulate,
    synthesis.synth,
    proof.prove,
    proof.mutate,
    hardware.report,
    board.build,
    board.boards,
    board.fmax,
    board.host,
    demo.demo,
    doctor.doctor,
    reproduce.reproduce,
    learning.datasets,
):
    app.command()(reporting_faults(command))


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
