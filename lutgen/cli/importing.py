"""The command that brings in networks which others trained: import."""

from __future__ import annotations

from dataclasses import asdict, field, make_dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from lutgen.cli import output
from lutgen.cli.options import ModelOut, TableReading, option_group
from lutgen.errors import ConfigError
from lutgen.files import ensure_writable
from lutgen.importers.reading import AUTO
from lutgen.importers.registry import formats, plugin_faults
from lutgen.jobs.importing import import_model
from lutgen.records.model import ModelRecord
from lutgen.text import printable


def _format_options() -> type[Any]:
    """Return a dataclass with a field for each option that some format has."""
    told: dict[str, dict[str, list[str]]] = {}
    for item in formats().values():
        for option in item.options:
            told.setdefault(option.name, {}).setdefault(option.help, []).append(item.name)
    return make_dataclass(
        "FormatOptions",
        [
            (
                name,
                Annotated[
                    str | None,
                    typer.Option(
                        help=" ".join(
                            f"{', '.join(names)}: {text}" for text, names in helps.items()
                        )
                    ),
                ],
                field(default=None),
            )
            for name, helps in sorted(told.items())
        ],
    )


FormatOptions = _format_options()


@option_group("told", FormatOptions)
@option_group("table", TableReading)
def import_(
    told: Any,
    table: TableReading,
    file: Annotated[
        Path | None, typer.Argument(help="File that another program wrote.", show_default=False)
    ] = None,
    out: ModelOut = Path("model.npz"),
    format_: Annotated[
        str, typer.Option("--format", help="Its format; auto: told by its content.")
    ] = AUTO,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Samples to choose by and to compare with the original on; columns are matched "
            "by name."
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="List the formats and end.")] = False,
    json: output.Json = False,
) -> None:
    """Make a model of a network that another program trained: the same function.

    Nothing in the file is run, and the program that wrote it is not needed.
    """
    if show:
        _list(json)
        return
    if file is None:
        raise ConfigError("name the FILE to import, or ask for the formats with --list")
    ensure_writable(out)
    network, record = import_model(
        file, format_, asdict(told), data, table.table, progress=output.SHOWN
    )
    network.save(out)
    if json:
        model = ModelRecord.of(network).to_json()
        output.print_json({"file": str(out), **record.to_json(), "model": model})
        return
    output.print_text(f"format    {record.title}")
    output.print_text(f"encoder   {printable(network.encoder.describe())}")
    output.print_text(
        f"network   {network.n_luts:,} LUT{'s' * (network.n_luts != 1)} in {network.n_layers} "
        f"layer{'s' * (network.n_layers != 1)}, "
        f"{network.describe_head()}"
    )
    for note in record.notes:
        output.print_text(f"note      {printable(note)}")
    if record.compared is not None:
        output.print_text(f"compared  {record.compared.describe()}")
    output.print_text(f"written   {out}")


def _list(json: bool) -> None:
    if json:
        output.print_json(
            [
                {
                    "name": item.name,
                    "title": item.title,
                    "options": {option.name: option.help for option in item.options},
                }
                for item in formats().values()
            ]
        )
        return
    table = output.table("Formats that lutgen imports", "name", "what", "options", left=3)
    for item in formats().values():
        told = "\n".join(
            f"--{option.name.replace('_', '-')}: {option.help}" for option in item.options
        )
        table.add_row(item.name, item.title, told)
    output.print_table(table)
    for fault in plugin_faults():
        output.remark(f"left out: {fault}")
