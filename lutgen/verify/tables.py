"""Proof that a table that is loaded is one: for all its contents, old and new, and all addresses.

Contents and data are symbols, control is not. What is proved of a table of a chip:

- it answers the entry that its address names, and no two addresses name one;
- where nothing is loaded, nothing changes, so a load may pause at any time;
- after a load each entry is the bit that :meth:`lutgen.chips.tables.Loading.order` says, whatever
  was there before, and what comes after its own bits goes on to the next table.

With the order of the tables (:mod:`lutgen.verify.loading`) and the rest of the core, for which
their answers are free (:func:`lutgen.verify.prove.prove`), the core is that of every model of the
structure.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lutgen.assets import asset
from lutgen.chips.family import Family
from lutgen.chips.tables import Loading
from lutgen.core import Core
from lutgen.emit.tables import TableText, table_text
from lutgen.errors import MismatchError
from lutgen.files import write_files
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_yosys
from lutgen.flow.yosys import simulation_models, yosys_module
from lutgen.verify.prove import Proof
from lutgen.verify.sweep import STRUCTURE, Equivalence
from lutgen.verify.symbolic import ONE, ZERO, Machine, Symbols

_LOADER = "lutgen_loader"
_SCRIPT, _RESULT, _LOG = "script.ys", "netlist.json", "yosys.log"


def prove_tables(core: Core, folder: Path, *, text: str | None = None) -> Iterator[Proof]:
    """Prove the tables of a core, each kind once, and the loader in front of them.

    Parameters
    ----------
    folder : Path
        Gets Yosys's files.
    text : str, optional
        Verilog of the table to prove in place of the chip's own.

    Raises
    ------
    MismatchError
        The message says what a table, or the loader, does not do.
    ToolError
        If Yosys is missing or fails.
    """
    tables = table_text(core)
    if tables is None:
        return
    for k in sorted(set(tables.loading.fan_ins)):
        start = time.monotonic()
        for place in (0,) if tables.loading.is_shifted else (0, 1):
            settings = tables.settings(place, k)
            made = _bits_of(tables, core.family, settings, folder, text)
            _prove_table(Machine(made, symbols := Symbols()), symbols, tables.loading, settings)
        yield _proved(f"entries of a table of {k} inputs = entries loaded", 1 << k, start)
    yield prove_loader(core, folder)


def prove_loader(core: Core, folder: Path, *, text: str | None = None) -> Proof:
    """Prove that the loader hands all bits that come to the tables, in their order, and no more.

    From any state and with pauses between the bits; what the bits are is left open. Its CRC is not
    proved.

    Parameters
    ----------
    folder : Path
        Gets Yosys's files.
    text : str, optional
        Verilog of the loader to prove in place of ``hdl/lutgen_loader.v``.

    Raises
    ------
    MismatchError
        The message says what it does not do.
    """
    start = time.monotonic()
    loading = core.interface.loading
    assert loading is not None, "a loader of tables that are fixed"
    settings = {
        "N_BITS": loading.n_bits,
        "LANES": loading.lanes,
        "ADDRESS_BITS": loading.address_bits,
    }
    given = text or asset("hdl/lutgen_loader.v").read_text(encoding="utf-8")
    made = _as_bits(given, _LOADER, settings, folder, None, drop="contents")
    _run_loader(Machine(made, symbols := Symbols()), symbols, loading)
    return _proved("what the loader gives to tables = what comes", loading.n_bits, start)


def _run_loader(machine: Machine, symbols: Symbols, loading: Loading) -> None:
    lanes, bits = loading.lanes, loading.address_bits
    strobes: list[tuple[list[int], list[int]]] = []

    def step(*, begin: int = ZERO, valid: int = ZERO, bit: int = ZERO) -> int:
        seen = machine.step(
            start=[begin], bit_valid=[valid], bit_in=[bit], commit=[ONE], clk=[ZERO]
        )
        if seen["load"] == [ONE] and not begin:
            strobes.append((seen["load_at"], seen["load_data"]))
        elif seen["load"] != [ZERO] and not begin:
            raise MismatchError("the loader: whether it loads depends on what it loads")
        return seen["whole"][0]

    step(begin=ONE)
    step()
    strobes.clear()
    came = _new(symbols, loading.n_bits)
    for place, bit in enumerate(came):
        if step(valid=ONE, bit=bit) != ZERO:
            raise MismatchError(f"the loader: tables count as whole after {place} bits")
        for _ in range(place % 3):
            if place < loading.n_bits - 1 and step(bit=symbols.new()) != ZERO:
                raise MismatchError(f"the loader: tables count as whole after {place + 1} bits")
    step()
    if step() != ONE:
        raise MismatchError("the loader: tables do not count as whole after all bits")
    for _ in range(2 * lanes):
        step(valid=ONE, bit=symbols.new())
    step()
    addresses = range(loading.n_bits // lanes)
    expected = [
        ([(-1 - i) >> j & 1 for j in range(bits)], came[lanes * i : lanes * (i + 1)][::-1])
        for i in addresses
    ]
    for i, (seen, wanted) in enumerate(zip(strobes, expected, strict=False)):
        if seen != wanted:
            raise MismatchError(
                f"the loader: load {i} is not of the bits and at the place it is of"
            )
    if len(strobes) != len(expected):
        raise MismatchError(f"the loader loads {len(strobes)} times, not {len(expected)}")


def _proved(name: str, n: int, start: float) -> Proof:
    result = Equivalence(n, n, 0, 0, {STRUCTURE: n})
    return Proof(name, result, time.monotonic() - start)


def _bits_of(
    tables: TableText, family: Family, settings: dict[str, int], folder: Path, text: str | None
) -> dict[str, Any]:
    """Return a table as single bits, the chip's cells as their models say."""
    return _as_bits(text or tables.text, tables.module, settings, folder, family)


def _as_bits(
    text: str,
    module: str,
    settings: dict[str, int],
    folder: Path,
    family: Family | None,
    *,
    drop: str = "",
) -> dict[str, Any]:
    """Return a module as single bits, with an output fewer."""
    parameters = " ".join(f"-chparam {key} {value}" for key, value in settings.items())
    facts = family.yosys if family else None
    defines = " ".join(f"-D{key}={value}" for key, value in facts.defines.items()) if facts else ""
    script = [
        "read_verilog table.v",
        *([f"read_verilog {defines} models.v"] if facts else []),
        f"hierarchy -check -top {module} {parameters}",
        "proc",
        "flatten",
        "delete t:$scopeinfo",
        *([f"delete -port w:{drop}"] if drop else []),
        "opt_clean",
        "memory",
        "techmap",
        "dfflegalize -cell $_DFF_P_ 01",
        "simplemap",
        "opt_clean",
        f"rename -top {module}",
        f"write_json {_RESULT}",
    ]
    files = {"table.v": text, _SCRIPT: "\n".join(script) + "\n"}
    if family and facts:
        files["models.v"] = simulation_models(family.name).read_text(encoding="utf-8")
    (folder / _RESULT).unlink(missing_ok=True)
    write_files(folder, files)
    tool = find_yosys()
    run(
        [tool.path, _SCRIPT],
        what="Yosys (reading a table)",
        cwd=folder,
        log=folder / _LOG,
        environment=subprocess_environment(tool.environment),
    )
    return yosys_module(folder / _RESULT, module)


def _prove_table(
    machine: Machine, symbols: Symbols, loading: Loading, settings: dict[str, int]
) -> None:
    k = settings["K"]
    what = f"a table of {k} inputs"
    start = list(machine.state)
    entries = _require_read(machine, k, what)
    for pause in _pauses(symbols, loading, k):
        machine.step(**pause)
        if machine.state != start:
            raise MismatchError(f"{what} changes while nothing is loaded")
    if loading.is_shifted:
        _require_shifted(machine, symbols, loading, k, entries, what)
    else:
        _require_written(machine, symbols, loading, settings, entries, what)


def _require_read(machine: Machine, k: int, what: str) -> list[int]:
    """Return which register each entry is."""
    idle = {name: [ZERO] * n for name, n in machine.widths.items()}
    entries = []
    for address in range(1 << k):
        a = [address >> j & 1 for j in range(k)]
        (y,) = machine.look(**{**idle, "a": a})["y"]
        if y not in machine.state:
            raise MismatchError(f"{what}: what it answers at address {address} is no entry of it")
        entries.append(machine.state.index(y))
    if len({*entries}) < 1 << k:
        raise MismatchError(f"{what}: two addresses are one entry")
    return entries


def _pauses(symbols: Symbols, loading: Loading, k: int) -> list[dict[str, list[int]]]:
    """Return what may stand at the ports while nothing is loaded."""
    free = {"load": [ZERO], "a": _new(symbols, k), "clk": [ZERO]}
    if loading.is_shifted:
        return [{**free, "load_in": _new(symbols, 1)}]
    bus = {
        "load_start": [ZERO],
        "load_at": _new(symbols, loading.address_bits),
        "load_data": _new(symbols, loading.lanes),
        "select_in": _new(symbols, 1),
    }
    return [{**free, **bus}]


def _new(symbols: Symbols, n: int) -> list[int]:
    return [symbols.new() for _ in range(n)]


def _require_shifted(
    machine: Machine,
    symbols: Symbols,
    loading: Loading,
    k: int,
    entries: Sequence[int],
    what: str,
) -> None:
    order = loading.order(k)
    n = len(order)
    came = _new(symbols, 2 * n)
    a = _new(symbols, k)
    for cycle, bit in enumerate(came):
        if cycle == n:
            _require_entries(machine, entries, order, came, k, what)
        (out,) = machine.step(load=[ONE], load_in=[bit], a=a, clk=[ZERO])["load_out"]
        if cycle >= n and out != came[cycle - n]:
            raise MismatchError(f"{what}: what is shifted in does not come out {n} bits later")


def _require_entries(
    machine: Machine,
    entries: Sequence[int],
    order: Sequence[int],
    came: Sequence[int],
    k: int,
    what: str,
) -> None:
    for place, entry in enumerate(order):
        if entry < 1 << k and machine.state[entries[entry]] != came[place]:
            raise MismatchError(f"{what}: entry {entry} is not bit {place} of what was loaded")


def _require_written(
    machine: Machine,
    symbols: Symbols,
    loading: Loading,
    settings: dict[str, int],
    entries: Sequence[int],
    what: str,
) -> None:
    k, lanes, bits = settings["K"], loading.lanes, loading.address_bits
    a, n = _new(symbols, k), 1 << bits

    def load(data: Sequence[int], at: Sequence[int], into: int, begin: int = ZERO) -> int:
        seen = machine.step(
            load=[ONE ^ begin], load_start=[begin], load_at=at, load_data=data,
            select_in=[into], a=a, clk=[ZERO],
        )  # fmt: skip
        return seen["select_out"][0]

    def down(at: int) -> list[int]:
        return [at >> j & 1 for j in range(bits)]

    load(_new(symbols, lanes), _new(symbols, bits), symbols.new(), ONE)
    before = list(machine.state)
    if not settings["FIRST"]:  # another table is loaded first
        for at in range(n - 1, -1, -1):
            load(_new(symbols, lanes), down(at), ONE if at == 0 else symbols.new())
            if any(machine.state[entry] != before[entry] for entry in entries):
                raise MismatchError(f"{what} takes what is another table's")
    came: list[int] = []
    for at in range(n - 1, -1, -1):
        data = _new(symbols, lanes)
        came += reversed(data)
        if load(data, down(at), ZERO if at == 0 else symbols.new()) != ONE:
            raise MismatchError(f"{what} does not tell the next one that it is loaded")
    _require_entries(machine, entries, loading.order(k), came, k, what)
    loaded = list(machine.state)
    if load(_new(symbols, lanes), _new(symbols, bits), ZERO) != ZERO or any(
        machine.state[entry] != loaded[entry] for entry in entries
    ):
        raise MismatchError(f"{what} takes what comes after its own entries")
