"""Verilog of combinational logic, read by Yosys: hierarchy, operators and tables become gates.

The text is a stranger's. Comments are taken out, what could open a file or run something is
refused, and Yosys is given that very text, in a folder that holds nothing else.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from lutgen.errors import ModelError, ToolError
from lutgen.files import write_files
from lutgen.flow.process import LateError, run, subprocess_environment
from lutgen.flow.tools import find_yosys
from lutgen.importers.blif import import_blif
from lutgen.importers.content import Content
from lutgen.importers.format import Format, Imported, Option, Request
from lutgen.importers.logic import CLASSES, shown

_SOURCE, _SCRIPT, _LOG, _RESULT = "source.v", "script.ys", "yosys.log", "logic.blif"
_MOST_BYTES = 1 << 26
_SECONDS = 600.0

_FUNCTIONS = {"$signed", "$unsigned", "$clog2", "$bits"}
_DIRECTIVES = {
    "`default_nettype", "`timescale", "`define", "`undef", "`ifdef", "`ifndef", "`else", "`elsif",
    "`endif", "`resetall", "`celldefine", "`endcelldefine", "`unconnected_drive",
    "`nounconnected_drive",
}  # fmt: skip
_WORDS = {"bind", "import", "export", "initial", "config"}
# a name with a backslash ends at a space; a text may hold what looks like a comment
_TOKEN = re.compile(r'\\[^\s]+|"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_NAMES = re.compile(r"(?<![\w$])\$[A-Za-z_]\w*|`[^\s`]?\w*|(?<![\w$\\.])[a-z]\w*")
_DEFINED = re.compile(r"`define\s+(\w+)")
_PRAGMA = re.compile(r"translate_(?:off|on)|full_case|parallel_case")
_MODULE = re.compile(r"^\s*(?:\(\*.*?\*\)\s*)?module\s+\\?[A-Za-z_]", re.MULTILINE)
_TOP = re.compile(r"[A-Za-z_][\w$]*")
_UNDEFINED = re.compile(r"(?<=\s)\$undef(?=\s)")


def recognises(content: Content) -> bool:
    """Return whether a text holds a Verilog module."""
    text = content.text
    return text is not None and bool(_MODULE.search(text)) and "endmodule" in text


def harmless(text: str) -> str:
    """Return the text without its comments, which names no file and runs nothing.

    Raises
    ------
    ModelError
        If it could open a file or run something, or a comment changes its meaning; it is named.
    """

    def strip(found: re.Match[str]) -> str:
        token = found[0]
        if not token.startswith("/"):
            return token
        if pragma := _PRAGMA.search(token):
            raise ModelError(f"the comment {pragma[0]} changes what the text means; take it out")
        return " " + "\n" * token.count("\n")

    code = _TOKEN.sub(strip, text)
    allowed = {*_FUNCTIONS, *_DIRECTIVES, *(f"`{name}" for name in _DEFINED.findall(code))}
    for found in _NAMES.finditer(code):
        name = found[0]
        if name in _WORDS or (name[0] in "$`" and name not in allowed):
            line = code.count("\n", 0, found.start()) + 1
            raise ModelError(
                f"line {line}: {name[:40]} is not taken from a foreign file: it may open files, "
                "run something or say what hardware cannot do"
            )
    return code


def read(request: Request) -> Imported:
    """Read a module; see :class:`~lutgen.importers.format.Format`."""
    text = request.content.text
    if text is None or len(text) > _MOST_BYTES:
        raise ModelError(f"it is no text of at most {_MOST_BYTES:,} bytes")
    blif = _to_blif(harmless(text), request.options.get("top"))
    undefined = request.options.get("undefined")
    n_undefined = len(_UNDEFINED.findall(blif)) - 1  # one says what it is
    notes = []
    if n_undefined > 0:
        if undefined is None:
            raise ModelError(
                "some of it is undefined (x or z): a case without default, or no driver; say what "
                "becomes of it (--undefined 0, --undefined 1), or name the format whose program "
                "wrote it"
            )
        blif = blif.replace(".names $undef\n", f".names $undef\n{undefined}\n", 1)
        notes.append(f"{n_undefined} undefined bit(s) became {undefined} (--undefined)")
    return import_blif(blif, request, *notes)


def _to_blif(text: str, top: str | None) -> str:
    """Return the gates that Yosys makes of a text, their ports in the order of the module's."""
    tool = find_yosys()
    script = [
        f"read_verilog {_SOURCE}",
        f"hierarchy -check {f'-top {top}' if top else '-auto-top'}",
        "proc",
        "flatten",
        "opt_clean",
        "check -assert",
        "opt -fast",
        "memory_map",
        "opt -fast",
        "techmap",
        "opt -fast",
        "simplemap",
        "opt_clean",
        f"write_blif {_RESULT}",
    ]
    with tempfile.TemporaryDirectory(prefix="lutgen-") as name:
        folder = Path(name)
        write_files(folder, {_SOURCE: text, _SCRIPT: "\n".join(script) + "\n"})
        try:
            run(
                [tool.path, "-q", _SCRIPT],
                what="Yosys (reading Verilog)",
                cwd=folder,
                log=folder / _LOG,
                environment=subprocess_environment(tool.environment),
                timeout_seconds=_SECONDS,
            )
            return (folder / _RESULT).read_text(encoding="utf-8", errors="replace")
        except LateError as error:
            raise ModelError(f"Yosys was stopped after {_SECONDS:g} s") from error
        except ToolError as error:
            said = (folder / _LOG).read_text(errors="replace") if (folder / _LOG).exists() else ""
            if told := _faults(said):
                raise ModelError(f"Yosys does not take it: {told}") from error
            raise


def _faults(log: str) -> str:
    """Return what Yosys says is wrong with the text."""
    lines = [line.strip() for line in log.splitlines()]
    errors = [line for line in lines if "ERROR:" in line]
    warnings = [line for line in lines if "Warning:" in line] if errors else []
    return shown([*errors, *warnings][:4])


def _top(value: Any) -> str:
    if not isinstance(value, str) or not _TOP.fullmatch(value):
        raise ValueError(f"must be the name of a module, got {value!r}")
    return value


def _bit(value: Any) -> str:
    if str(value) not in ("0", "1"):
        raise ValueError(f"must be 0 or 1, got {value!r}")
    return str(value)


FORMATS = (
    Format(
        "verilog",
        "Verilog of combinational logic (through Yosys)",
        recognises,
        read,
        (
            Option("top", "the module; without it, the one that no other uses", _top),
            Option("undefined", "what x and z become, 0 or 1; without it they are refused", _bit),
            CLASSES,
        ),
        general=True,
    ),
)
