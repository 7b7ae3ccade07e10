"""Synthesis with Yosys.

Two modes: ``direct`` keeps the primitives of the mapped netlist exactly as they are, ``optimised``
lets Yosys and ABC change everything. What Yosys needs to know of a chip family, the family says.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from lutgen.chips.registry import families, get_family
from lutgen.chips.tools import YosysFacts
from lutgen.errors import ConfigError, OutputError, ToolError
from lutgen.files import read_json, write_files
from lutgen.flow.process import LateError, run, subprocess_environment
from lutgen.flow.tools import find_yosys
from lutgen.records.synthesis import SYNTHESIS_FILE, SynthesisRecord

DIRECT = "direct"
OPTIMISED = "optimised"
MODES = (DIRECT, OPTIMISED)

_NETLIST = "netlist.v"
_NETLIST_JSON = "netlist.json"
_STATISTICS = "stat.json"
_LOG = "yosys.log"
_SCRIPT = "script.ys"
_LIBRARY = "primitives.v"
_SOURCES = {"verilog": "core.v", "blif": "core.blif"}


def yosys_family(target: str) -> YosysFacts:
    """Return what Yosys calls the parts of a family.

    Raises
    ------
    ConfigError
        If Yosys is not set up for that target here.
    """
    facts = get_family(target).yosys
    if facts is None:
        raise ConfigError(
            f"cannot synthesise for chip family {target!r}; choose one of: "
            + ", ".join(yosys_names())
        )
    return facts


def yosys_names() -> list[str]:
    """Return the names of the families that Yosys is set up for."""
    return [name for name, family in families().items() if family.yosys]


def library_command(target: str) -> str:
    """Return the command that has Yosys read the models of a family's primitives.

    It is to be run where :func:`library_files` are.

    Raises
    ------
    ConfigError
        If Yosys is not set up for that target.
    """
    facts = yosys_family(target)
    path = next(iter(library_files(target)), f"+/{facts.library}")
    return f"read_verilog -lib {path}"


def library_files(target: str) -> dict[str, str]:
    """Return the files, by name, that :func:`library_command` reads: none if Yosys has them."""
    own = get_family(target).models_path
    return {_LIBRARY: own.read_text(encoding="utf-8")} if own else {}


def simulation_models(target: str) -> Path:
    """Return simulation models of a family's primitives, a Verilog file: its own, or Yosys's.

    Raises
    ------
    ToolError
        If Yosys or the file is missing.
    """
    if own := get_family(target).models_path:
        return own
    family, tool = yosys_family(target), find_yosys()
    path = tool.data / family.library if tool.data else None
    if path is None or not path.is_file():
        raise ToolError(
            f"{tool} at {tool.path} lacks {family.library} in its share folder; reinstall Yosys"
        )
    return path


def netlist_file(out_dir: Path, mode: str) -> Path:
    """Return where :func:`synthesise` leaves the Verilog netlist of a mode."""
    return out_dir / mode / _NETLIST


def synthesise(
    source: str,
    *,
    language: str,
    top: str,
    target: str,
    mode: str,
    out_dir: Path,
    digest: str = "",
    flatten: bool = False,
    timeout_seconds: float | None = None,
) -> SynthesisRecord:
    """Synthesise a core and count what it takes.

    Writes into ``out_dir/mode``: the source, ``script.ys``, ``yosys.log``, ``netlist.v`` (Verilog
    of primitives), ``netlist.json``, ``stat.json`` and, last and only if all went well,
    ``synth.json``. ``yosys script.ys`` in that folder does it again.

    Parameters
    ----------
    source : str
        Text of the core. For ``direct``: Verilog made of the family's primitives. For
        ``optimised`` best BLIF of its k-LUTs: Yosys then takes a third of the time and of the
        memory that truth tables in Verilog take, as they need not be taken for multiplexers.
    language : {"verilog", "blif"}
    top : str
        Name of the module.
    target : str
        Name of the family.
    mode : {"direct", "optimised"}
    digest : str
        Digest of the model, for the record.
    flatten : bool
        Put modules that it has inside into it first.

    Raises
    ------
    ConfigError
        If the target, the mode or the language is unknown.
    LateError
        If Yosys takes too long.
    ToolError
        If Yosys is missing or fails.
    """
    family = yosys_family(target)
    if mode not in MODES or language not in _SOURCES:
        raise ConfigError(
            f"mode {mode!r} and language {language!r}: must be one of {', '.join(MODES)} "
            f"and one of {', '.join(_SOURCES)}"
        )
    if mode == OPTIMISED and not family.synth:
        raise ConfigError(
            f"Yosys has no synthesis command for chip family {target!r}; use {DIRECT}"
        )
    tool = find_yosys()
    folder = out_dir / mode
    with _nothing_half_made(folder):

        def attempt(synth: str) -> tuple[list[str], float]:
            script = _script(target, synth, language=language, top=top, mode=mode)
            if flatten:
                script[1:1] = [f"hierarchy -top {top}", "proc", "flatten"]
            files = {_SOURCES[language]: source, _SCRIPT: "\n".join(script) + "\n"}
            write_files(folder, {**files, **library_files(target)})
            seconds = run(
                [tool.path, _SCRIPT],
                what=f"Yosys ({mode})",
                cwd=folder,
                log=folder / _LOG,
                environment=subprocess_environment(tool.environment),
                timeout_seconds=timeout_seconds,
            )
            return script, seconds

        try:
            script, seconds = attempt(family.synth)
        except LateError:
            raise
        except ToolError:
            if mode == DIRECT or not family.second_synth:
                raise
            script, seconds = attempt(family.second_synth)
        module = yosys_module(folder / _NETLIST_JSON, top)
        counts = Counter(cell["type"] for cell in module["cells"].values())
        result = SynthesisRecord(
            mode=mode,
            target=target,
            top=top,
            digest=digest,
            tool=str(tool),
            command="; ".join(script),
            cells=dict(sorted(counts.items())),
            n_luts=sum(n * counts[name] for name, n in family.luts.items()),
            n_registers=sum(n for name, n in counts.items() if name.startswith(family.registers)),
            n_muxes=sum(counts[name] for name in family.muxes),
            levels=count_levels(module, family),
            seconds=round(seconds, 3),
        )
        result.write(folder / SYNTHESIS_FILE)
        return result


@contextlib.contextmanager
def _nothing_half_made(folder: Path) -> Iterator[None]:
    """Remove an earlier run's results, and those of this one where it does not end well."""
    _remove_results(folder)
    try:
        yield
    except BaseException:
        with contextlib.suppress(OutputError):
            _remove_results(folder)
        raise


def _script(target: str, synth: str, *, language: str, top: str, mode: str) -> list[str]:
    """Return the commands; all paths are relative to the folder or to Yosys's own data."""
    read = {
        "verilog": f"read_verilog {_SOURCES['verilog']}",
        "blif": f"read_blif -wideports {_SOURCES['blif']}",
    }[language]
    if mode == DIRECT:
        steps = [
            library_command(target),
            read,
            f"hierarchy -check -top {top}",
            "opt_clean",
        ]
    else:
        # The last part of the script, from "check" on, would derive a name for every net from its
        # neighbours, hundreds of characters long.
        bare = ["setattr -set clkbuf_inhibit 1 i:*"] if yosys_family(target).buffers_clock else []
        steps = [read, *bare, f"{synth} -top {top} -run :check", "opt_clean -purge"]
    return [
        *steps,
        "hierarchy -check",
        "blackbox =A:whitebox",
        "check -assert",
        f"tee -q -o {_STATISTICS} stat -json",
        f"write_json {_NETLIST_JSON}",
        f"write_verilog -noattr -noexpr {_NETLIST}",
    ]


def _remove_results(folder: Path) -> None:
    """Remove an earlier run's results, the record first, so that none can pass for new."""
    for name in (SYNTHESIS_FILE, _NETLIST, _NETLIST_JSON, _STATISTICS):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(
                f"cannot replace {folder / name}: {error.strerror or error}; "
                "choose a folder that is writable (-o)"
            ) from error


def yosys_module(path: Path, top: str) -> dict[str, Any]:
    """Return a module of a JSON netlist that Yosys wrote.

    Raises
    ------
    ToolError
        If it is not there, or damaged.
    """
    try:
        module: dict[str, Any] = read_json(path)["modules"][top]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ToolError(
            f"Yosys left no netlist of {top} in {path} ({error!r}); see {path.with_name(_LOG)}"
        ) from error
    if fault := module_fault(module):
        raise ToolError(f"{path}: {fault}; damaged, or not Yosys's: make it anew")
    return module


def module_fault(module: Any) -> str:
    """Return where a module is not of the form of Yosys's JSON netlists, in words; "" nowhere.

    Ports, cells and names of nets are objects; wires are lists of bits, each the number of a net
    or one of the texts 0, 1, x and z; parameters are texts.
    """
    parts = ("ports", "cells", "netnames")
    if not isinstance(module, dict) or not all(isinstance(module.get(p), dict) for p in parts):
        return f"a module has the objects {', '.join(parts)}"
    for part in ("ports", "netnames"):
        for name, item in module[part].items():
            if not isinstance(item, dict) or not _are_bits(item.get("bits")):
                return f"{name!r} of {part} has no list of bits"
    for name, cell in module["cells"].items():
        if not isinstance(cell, dict) or not isinstance(cell.get("type"), str):
            return f"cell {name!r} has no type"
        pins, parameters = cell.get("connections"), cell.get("parameters")
        if not isinstance(pins, dict) or not all(map(_are_bits, pins.values())):
            return f"cell {name!r} has no connections that are lists of bits"
        if not isinstance(parameters, dict) or not all(
            isinstance(value, str) for value in parameters.values()
        ):
            return f"cell {name!r} has no parameters that are texts"
    return ""


def _are_bits(bits: Any) -> bool:
    return isinstance(bits, list) and all(
        bit in ("0", "1", "x", "z") if isinstance(bit, str) else type(bit) is int and bit >= 0
        for bit in bits
    )


def count_levels(module: Mapping[str, Any], family: YosysFacts) -> int:
    """Return the LUTs on the longest path between inputs or registers and outputs or registers.

    Bit i of a cell's output depends on bits 0 to i of its inputs, as in a carry chain.

    Parameters
    ----------
    module : mapping
        A module of Yosys's JSON netlist.

    Raises
    ------
    ToolError
        If there is a loop without a register.
    """
    drivers, reads = _graph(module, family)
    sources = {
        node: {drivers[bit] for bit in bits if bit in drivers} for node, bits in reads.items()
    }
    levels: dict[_Node, int] = {}
    try:
        for node in TopologicalSorter(sources).static_order():
            is_lut = module["cells"][node[0]]["type"] in family.luts
            levels[node] = is_lut + max((levels[source] for source in sources[node]), default=0)
    except CycleError as error:
        path = " -> ".join(name for name, _ in error.args[1])
        raise ToolError(f"the netlist has a loop without a register: {path}") from error
    return max(levels.values(), default=0)


_Node = tuple[str, int]
"""A cell, and the place of a bit in its outputs."""


def _graph(
    module: Mapping[str, Any], family: YosysFacts
) -> tuple[dict[int, _Node], dict[_Node, list[int]]]:
    """Return which output of a combinational cell drives each bit, and the bits that it depends on.

    Constants are strings in Yosys's JSON; they drive nothing and are left out.
    """
    drivers: dict[int, _Node] = {}
    reads: dict[_Node, list[int]] = {}
    for name, cell in module["cells"].items():
        if cell["type"].startswith(family.registers):
            continue
        ports, pins = cell["port_directions"], cell["connections"]
        memory = family.memories.get(cell["type"])
        if memory:
            pins = {port: bits for port, bits in pins.items() if port in memory}
        outputs = [bits for port, bits in pins.items() if ports[port] == "output"]
        inputs = [bits for port, bits in pins.items() if ports[port] != "output"]
        for place in range(max(map(len, outputs), default=0)):
            node = name, place
            drivers |= {bits[place]: node for bits in outputs if place < len(bits)}
            near = [bit for bits in inputs for bit in (bits if memory else bits[: place + 1])]
            reads[node] = [bit for bit in near if isinstance(bit, int)]
    return drivers, reads
