"""Commands whose modules are loaded when they run; until then only their names are known.

Most of what lutgen loads is for one command alone. The list of commands needs a line of each, which
is read from the docstring without importing the module.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import keyword
from collections.abc import Mapping, Sequence
from importlib.abc import InspectLoader
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from lutgen.cli import output, spellings
from lutgen.cli.faults import faults_reported, reporting_faults

_PLACES: Mapping[Any, str] = {int: "N", float: "NUMBER", Path: "PATH"}
"""What helps call the value of an option, by its type."""


def _value(names: Sequence[str], words: Sequence[str]) -> str | None:
    """Return what was said for an option that has these names; None if that cannot be told."""
    for word, following in zip(words, [*words[1:], None], strict=True):
        name, has_value, value = word.partition("=")
        if name in names:
            return value if has_value else following
    return None


class _Command(TyperCommand):
    """A command that takes the old spellings of its options, too."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        super().format_help(ctx, formatter)
        # typer's echo would write UTF-8 where the stream is ASCII; print spells signs plainly
        print(formatter.getvalue().rstrip())
        formatter.buffer.clear()

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = {name for option in self.params for name in (*option.opts, *option.secondary_opts)}
        with faults_reported():
            words, remarks = spellings.renew(str(self.name), args, known)
        for remark in remarks:
            output.remark(remark)
        given = list(words)  # which parsing uses up
        try:
            return super().parse_args(ctx, words)
        except typer.BadParameter as error:
            found = _value(getattr(error.param, "opts", ()), given)
            if found is not None and repr(found) not in error.message:
                error.message += f"; got {found!r}"
            raise


class _Unloaded(TyperCommand):
    """Stands for a command until it is run, or asked for its help."""

    def __init__(self, name: str, module: str) -> None:
        super().__init__(name)
        self.module = module

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        with faults_reported():
            command = self.load()
        return command.make_context(info_name, args, parent, **extra)

    def load(self) -> TyperCommand:
        """Import the command's module and return the command."""
        app = typer.Typer(
            add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
        )
        function = getattr(importlib.import_module(self.module), function_name(str(self.name)))
        app.command(self.name, cls=_Command)(reporting_faults(function))
        command = typer.main.get_command(app)
        assert isinstance(command, TyperCommand)
        for option in command.params:
            if isinstance(option, TyperOption) and not option.is_flag and option.metavar is None:
                option.metavar = _PLACES.get(option.type_descriptor.annotation, "TEXT")
        return command


def lazy_group(commands: Mapping[str, str]) -> type[TyperGroup]:
    """Return a group of commands that are loaded when they are used.

    Parameters
    ----------
    commands : mapping of str to str
        Name of each command to the module that holds its function.
    """

    class LazyGroup(TyperGroup):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            for name, module in commands.items():
                self.add_command(_Unloaded(name, module))

        def list_commands(self, ctx: Any) -> list[str]:
            for name, command in self.commands.items():
                if isinstance(command, _Unloaded):
                    command.help = first_line(command.module, name)
            return super().list_commands(ctx)

    return LazyGroup


def function_name(command: str) -> str:
    """Return the name of a command's function: its own, with ``_`` where Python has that word."""
    return f"{command}_" if keyword.iskeyword(command) else command


def first_line(module: str, command: str) -> str:
    """Return the first line of a command's docstring, without importing its module."""
    function = function_name(command)
    spec = importlib.util.find_spec(module)
    if spec is None or not isinstance(spec.loader, InspectLoader):
        return ""
    for node in ast.parse(spec.loader.get_source(module) or "").body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    return ""
