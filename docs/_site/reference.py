"""Pages made of the program itself: every command with its options, every public name."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import typer

import lutgen
from lutgen.cli.app import COMMANDS, app
from lutgen.errors import LutgenError

MODULES = {
    "lutgen.dask": [],
    "lutgen.core": [],
    "lutgen.model": [],
    "lutgen.importers": [],
    "lutgen.importers.format": ["Format"],
    "lutgen.learn.boost": [],
    "lutgen.learn.memorize": [],
    "lutgen.infer": [],
    "lutgen.datasets.load": [],
    "lutgen.encode.formats": ["FeatureFormat"],
    "lutgen.jobs.export": ["export"],
    "lutgen.plot": [],
    "lutgen.emit.amaranth": ["LutNetworkCore", "CoreRegisters"],
    "lutgen.host": [],
    "lutgen.optimise.external": ["optimise"],
    "lutgen.verify.sweep": ["prove_equal"],
    "lutgen.chips.family": ["Family"],
}
"""What the documentation speaks of beside the front door, by module: all of its names, or these."""

TITLES = ("Every command and option", "From lutgen import …", "Modules behind that", "Faults")
"""What the front page calls the pages, in their order."""


def write(folder: Path) -> list[str]:
    """Write the pages, and return their names as the site's index has them."""
    pages = {"cli": commands(), "python": front_door(), "modules": modules(), "errors": errors()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return [f"{folder.name}/{name}.md" for name in pages]


def commands() -> str:
    """Return the page of the command line."""
    group: Any = typer.main.get_command(app)
    parts = [
        f"# Command line\n\n{app.info.help}\n\n{app.info.epilog}\n\nEvery command takes `--help`. "
        "Results go to stdout, progress and remarks to stderr."
    ]
    for name in COMMANDS:
        command = group.commands[name].load()
        parts.append(_command(name, command))
    return "\n\n".join(parts) + "\n"


def _command(name: str, command: Any) -> str:
    context = command.context_class(command, info_name=f"lutgen {name}")
    usage = " ".join(command.collect_usage_pieces(context))
    parts = [f"## {name}", plain(command.help or ""), f"```text\nlutgen {name} {usage}\n```"]
    panels: dict[str, list[str]] = {}
    for parameter in command.params:
        if getattr(parameter, "hidden", False):
            continue
        panel = getattr(parameter, "rich_help_panel", None) or (
            "Arguments" if parameter.param_type_name == "argument" else "Options"
        )
        panels.setdefault(panel, []).append(_row(parameter, context))
    for panel, rows in panels.items():
        parts.append(f"| {panel} | |\n|---|---|\n" + "\n".join(rows))
    return "\n\n".join(parts)


def _row(parameter: Any, context: Any) -> str:
    if parameter.param_type_name == "argument":
        names = [parameter.metavar or str(parameter.name).upper()]
    else:
        names = [*parameter.opts, *parameter.secondary_opts]
        if not parameter.is_flag:
            names[-1] += f" {parameter.metavar}"
    text = plain(parameter.help or "")
    default = parameter.get_default(context, call=False)
    if default not in (None, "", False, (), []) and not callable(default):
        shown = ", ".join(map(str, default)) if isinstance(default, tuple | list) else default
        text += f" Default: `{getattr(shown, 'value', shown)}`."
    if parameter.required:
        text += " Must be given."
    shown = ", ".join(f"`{name}`" for name in names).replace("|", "\\|")
    return f"| {shown} | {text} |"


def plain(text: str) -> str:
    """Return a help text as Markdown: lines joined, no markup of terminals, nothing misread."""
    text = inspect.cleandoc(text.replace("\b", ""))
    text = re.sub(r"(?<!\\)\[/?(?:bold|dim|italic|cyan|green|red|yellow)[^\]]*\]", "", text)
    text = text.replace("\\[", "[")
    text = re.sub(r"(?<!\n)\n(?!\n)", " ", text).replace("\f", "")
    return re.sub(r"([|<>*_$\[\]])", r"\\\1", text)


def front_door() -> str:
    """Return the page of what ``lutgen`` offers by its name alone."""
    names = [name for name in lutgen.__all__ if name != "__version__"]
    return "\n\n".join(
        [
            "# From lutgen import …",
            inspect.cleandoc(lutgen.__doc__ or ""),
            *(_described("lutgen", name) for name in names),
        ]
    )


def modules() -> str:
    """Return the page of the other modules."""
    front = {id(getattr(lutgen, name)) for name in lutgen.__all__}
    parts = ["# Modules", "What stands behind the front door, and is public as well."]
    for module, chosen in MODULES.items():
        loaded = importlib.import_module(module)
        names = [
            name
            for name in chosen or loaded.__all__
            if id(getattr(loaded, name)) not in front and callable(getattr(loaded, name))
        ]
        parts.append(f"## {module}")
        parts.append(f"```{{eval-rst}}\n{inspect.cleandoc(loaded.__doc__ or '')}\n```")
        parts += [_described(module, name, "###") for name in names]
    return "\n\n".join(parts)


def errors() -> str:
    """Return the page of faults and their exit codes."""
    kinds = [LutgenError, *LutgenError.__subclasses__()]
    rows = [
        f"| `{kind.__name__}` | {kind.exit_code} | {plain((kind.__doc__ or '').splitlines()[0])} |"
        for kind in kinds
        if kind.__module__ == LutgenError.__module__
    ]
    return (
        "# Faults\n\nAll are in `lutgen.errors`; a command ends with the exit code. A fault of the "
        "user says what, where, what was found, and what to do.\n\n| fault | exit code | |\n"
        "|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _described(module: str, name: str, level: str = "##") -> str:
    value = getattr(importlib.import_module(module), name)
    kind = "autoclass" if inspect.isclass(value) else "autofunction"
    members = ["   :members:"] if inspect.isclass(value) else []
    lines = [f".. {kind}:: {module}.{name}", *members]
    return f"{level} {name}\n\n```{{eval-rst}}\n" + "\n".join(lines) + "\n```"
