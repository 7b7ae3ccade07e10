"""From a model and a board to a bitstream: synthesis, place and route with several seeds, packing.

A build is named by the digest of all that goes into it: the design, the constraints, the commands
and the tools' versions. One that is already there is not done again. All is made in a folder beside
the one that is named, and moved into its place when it is whole.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lutgen.board.boards import Board
from lutgen.board.congestion import advise_window
from lutgen.board.fit import MARGIN, clock_advice, no_place, require_fit, require_room
from lutgen.board.parts import (
    Owners,
    count_parts,
    describe_path,
    path_stations,
    placement_record,
    read_placement,
)
from lutgen.board.pins import TOP
from lutgen.board.plan import Plan, plan_board
from lutgen.board.shell import UART_MODULE
from lutgen.chips.delay import has_delays
from lutgen.chips.registry import get_family
from lutgen.core import Core, CoreConfig, make_core
from lutgen.errors import ConfigError, DataError, MismatchError, ToolError
from lutgen.files import move_apart, read_json, replace_folder, replacing_folder, write_files
from lutgen.flow.pnr import (
    CongestionError,
    Routed,
    find_packer,
    find_router,
    pack_command,
    place_and_route,
    seed_file,
)
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import Tool, find_yosys
from lutgen.flow.yosys import library_command, library_files, yosys_family
from lutgen.host.protocol import ANSWER_BYTES, OVERHEAD_BYTES
from lutgen.model import Argmax, LutNetwork
from lutgen.records.build import (
    BUILD_FILE,
    PLACEMENT_FILE,
    Bitstream,
    BoardName,
    BuildRecord,
    BuildSeconds,
    BuiltModel,
    ChipRoom,
    CriticalPath,
    PartCount,
    PlaceCount,
    SeedRun,
    Spread,
)
from lutgen.version import __version__

PIPELINE_UNKNOWN = 2  # levels of k-LUTs between registers where there is no delay model
DEFAULT_TIMEOUT_SECONDS = 900.0

_RECORD_VERSION = 3
_log = logging.getLogger(__name__)
_LARGE = (".asc", ".config", ".json")
_NO_ROOM = re.compile(r"no BELs remaining|[Uu]nable to (find legal )?place|failed to place")
_BITSTREAMS = (".bin", ".bit", ".fs")
_BITS_PER_BYTE = 10  # on the line


_Made = dict[str, Any]
"""Fields of the record that the tools have told."""


@dataclass(frozen=True)
class Build:
    """What a build left: its folder, its record (``build.json``), and whether it was there."""

    folder: Path
    record: BuildRecord
    was_cached: bool

    @property
    def meets_clock(self) -> bool:
        """Whether the best seed reaches the board's clock; true for a vendor's project."""
        return self.record.meets_clock


def board_core(network: LutNetwork, board: Board, config: CoreConfig, clock_hz: float) -> Core:
    """Return the core for a board, with registers for its clock unless `config` says otherwise.

    The chip is the board's own, whatever `config` names.
    """
    config = replace(config, chip=f"{board.family}-{board.device}")
    if not config.pipeline and not config.fmax_target_mhz:
        if has_delays(board.family, board.device) and not config.reloadable:
            config = replace(config, fmax_target_mhz=MARGIN * clock_hz / 1e6)
        else:
            config = replace(config, pipeline=PIPELINE_UNKNOWN)
    return make_core(network, config)


def build_board(
    network: LutNetwork,
    board: Board,
    out: Path,
    config: CoreConfig | None = None,
    *,
    seeds: Sequence[int] = (1,),
    baud: int = 0,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    rebuild: bool = False,
) -> Build:
    """Build a board's bitstream, or the vendor's project where no open router knows the chip.

    The folder ``out/<board>`` gets the design, constraints, scripts, logs, the netlist, the
    bitstream (``top.bin``, ``top.bit`` or ``top.fs``), ``placement.json`` and ``build.json``.

    Parameters
    ----------
    config : CoreConfig, optional
        What the core is to be; see :func:`board_core`.
    seeds : sequence of int
        Place and route runs once for each; the fastest is kept.
    baud : int
        Bits a second on the serial line; 0 for the board's own.
    timeout_seconds : float
        Limit for each place and route.
    rebuild : bool
        Build even if nothing has changed.

    Raises
    ------
    ConfigError
        If the board has no serial port, or options do not go together.
    MismatchError
        If the design does not fit the chip; the message says by how much.
    ToolError
        If a tool is missing or fails, or no seed routes in time; the logs are then kept in
        ``out/<board>.failed``.
    OutputError
        If the folder cannot be written.
    """
    core = board_core(network, board, config or CoreConfig(), board.clock_hz)
    plan = plan_board(board, core, baud=baud)
    if not seeds or min(seeds) < 0:
        raise ConfigError(f"seeds must be one or more numbers of 0 or above, got {list(seeds)}")
    require_room(board, core)
    tools = _find_tools(board, plan)
    key = _key(plan, seeds, tools)
    folder = out / board.name
    if not rebuild and (record := _cached(folder, key)) is not None:
        return Build(folder, record, was_cached=True)
    with replacing_folder(folder) as part:
        try:
            write_files(part, plan.files)
            work = _vendor_project if board.is_vendor_project else _bitstream
            made = work(board, core, plan, part, seeds, timeout_seconds)
            record = _record(board, core, plan, key, tools, made)
            record.write(part / BUILD_FILE)
        except (ToolError, MismatchError) as error:
            raise _with_logs(error, part, out / f"{board.name}.failed") from error
        _set_aside(folder, core)
        replace_folder(part, folder)
    return Build(folder, record, was_cached=False)


def _with_logs(
    error: ToolError | MismatchError, part: Path, kept: Path
) -> ToolError | MismatchError:
    """Keep the logs that a fault names, and return it with where they are now."""
    if str(part) not in str(error):
        return error
    shutil.rmtree(kept, ignore_errors=True)
    for log in part.glob("*.log"):
        kept.mkdir(exist_ok=True)
        log.replace(kept / log.name)
    return type(error)(str(error).replace(str(part), str(kept)))


def _find_tools(board: Board, plan: Plan) -> dict[str, Tool]:
    tools = {"yosys": find_yosys()}
    if not board.is_vendor_project:
        tools |= {"router": find_router(board.family), "packer": find_packer(plan.commands[2][0])}
    return tools


def _key(plan: Plan, seeds: Sequence[int], tools: Mapping[str, Tool]) -> str:
    """Return the digest of all that a build depends on."""
    parts = {
        "lutgen": [__version__, _RECORD_VERSION],
        "files": plan.files,
        "commands": plan.commands,
        "seeds": list(seeds),
        "tools": {name: str(tool) for name, tool in tools.items()},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _cached(folder: Path, key: str) -> BuildRecord | None:
    """Return the record of a build that is there, of that key and undamaged."""
    try:
        record = BuildRecord.read(folder / BUILD_FILE)
    except DataError:
        return None
    if record.key != key:
        return None
    stream = record.bitstream
    if stream and _sha256(folder / stream.file) != stream.sha256:
        return None
    return record


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _set_aside(folder: Path, core: Core) -> None:
    """Keep the build of another core, module or model, apart: in ``<board>-<digest>``."""
    try:
        digest = BuildRecord.read(folder / BUILD_FILE).digest
    except DataError:
        return  # there is none, or a damaged one
    network = core.network
    is_same = digest in (network.digest, *network.aliases)
    if is_same and (folder / f"{core.module}.v").is_file():
        return
    if apart := move_apart(folder, digest):
        _log.warning(
            "%s held the build of another core, of model %s; it is now in %s",
            folder,
            digest[:8],
            apart,
        )


def _record(
    board: Board, core: Core, plan: Plan, key: str, tools: Mapping[str, Tool], made: _Made
) -> BuildRecord:
    clock_mhz = plan.clock_hz / 1e6
    latency = core.netlist.latency
    request_bytes = OVERHEAD_BYTES + -(-core.netlist.n_inputs // 8)
    sample_bytes = max(request_bytes, ANSWER_BYTES)
    return BuildRecord(
        lutgen=__version__,
        key=key,
        digest=core.network.digest,
        core_id=core.interface.core_id,
        board=BoardName(name=board.name, title=board.title, tried=board.tried_on_hardware),
        family=board.family,
        device=ChipRoom(
            name=board.device,
            title=board.chip.title,
            luts=board.chip.luts,
            registers=board.chip.registers,
        ),
        tools={name: str(tool) for name, tool in tools.items()},
        model=_built_model(core),
        clock_mhz=clock_mhz,
        baud=plan.baud,
        latency_cycles=latency,
        latency_ns=round(1000 * max(latency, 1) / clock_mhz, 1),
        samples_per_second={
            "core": round(plan.clock_hz),
            "serial": round(plan.baud / _BITS_PER_BYTE / sample_bytes),
        },
        **made,
    )


def _built_model(core: Core) -> BuiltModel:
    network = core.network
    known = network.provenance
    return BuiltModel(
        data=known.data,
        task=known.task,
        n_luts=network.n_luts,
        n_layers=network.n_layers,
        n_classes=network.n_classes if isinstance(network.head, Argmax) else 0,
        input=core.interface.describe()[0],
        input_formats=tuple(str(item) for item in core.interface.formats),
        levels=core.netlist.depth,
        test_accuracy=None if known.metric else known.test_accuracy,  # R² is no share
        layers=known.layers,
        history=() if known.metric else known.history,
    )


def _synthesise(
    command: Sequence[str], tool: Tool, folder: Path, board: Board, core: Core, name: str
) -> dict[str, PartCount]:
    """Run Yosys as the platform calls it, and count what each part takes."""
    run(
        [tool.path, *command[1:]],
        what=f"Yosys ({board.title})",
        cwd=folder,
        log=folder / "yosys.log",
        environment=subprocess_environment(tool.environment),
    )
    paths = (folder / f"{TOP}.json", folder / f"{TOP}.syn.json")
    netlist = read_json(next(path for path in paths if path.is_file()))
    owners = Owners.of(core.netlist)
    return count_parts(netlist["modules"][name], yosys_family(board.family), owners)


def _bitstream(
    board: Board,
    core: Core,
    plan: Plan,
    folder: Path,
    seeds: Sequence[int],
    timeout_seconds: float,
) -> _Made:
    synthesis, routing, packing = plan.commands
    start = time.monotonic()
    parts = _synthesise(synthesis, find_yosys(), folder, board, core, TOP)
    require_fit(board, core, parts)
    yosys_seconds = time.monotonic() - start
    clock_mhz = plan.clock_hz / 1e6
    try:
        routed = place_and_route(
            routing,
            family=board.family,
            folder=folder,
            seeds=seeds,
            clock_mhz=clock_mhz,
            timeout_seconds=timeout_seconds,
        )
    except CongestionError as error:
        n_luts = sum(part.luts for part in parts.values())
        raise advise_window(error, board.family, board.device, n_luts) from error
    except ToolError as error:
        if _NO_ROOM.search(str(error)):
            raise MismatchError(no_place(board, core, parts, str(error))) from error
        raise
    best = max(routed, key=lambda result: result.fmax_mhz)
    packer = find_packer(packing[0])
    run(
        pack_command(packing, packer, best.seed),
        what=packer.name,
        cwd=folder,
        log=folder / "pack.log",
        environment=subprocess_environment(packer.environment),
    )
    stream = next(
        folder / f"{TOP}{end}" for end in _BITSTREAMS if (folder / f"{TOP}{end}").exists()
    )
    router = get_family(board.family).router
    assert router is not None  # it has routed
    owners = Owners.of(core.netlist)
    _keep_best(folder, board, best, owners)
    every = [result.fmax_mhz for result in routed]
    meets = best.fmax_mhz >= clock_mhz
    return {
        "parts": parts,
        "places": {
            kind: PlaceCount(best.used[kind], best.room[kind])
            for kind in router.places
            if kind in best.used
        },
        "seeds": tuple(SeedRun(r.seed, round(r.fmax_mhz, 2), r.seconds) for r in routed),
        "best_seed": best.seed,
        "fmax_mhz": Spread(
            min=round(min(every), 2),
            median=round(statistics.median(every), 2),
            max=round(max(every), 2),
        ),
        "meets_clock": meets,
        "advice": "" if meets else clock_advice(board, core, clock_mhz, best.fmax_mhz),
        "critical_path": CriticalPath(
            words=describe_path(best.path, owners),
            stations=path_stations(best.path, owners),
            steps=tuple((step.kind, round(step.delay_ns, 3), step.cell) for step in best.path),
        ),
        "bitstream": Bitstream(stream.name, stream.stat().st_size, _sha256(stream)),
        "seconds": BuildSeconds(round(yosys_seconds, 1), round(time.monotonic() - start, 1)),
    }


def _keep_best(folder: Path, board: Board, best: Routed, owners: Owners) -> None:
    """Leave where the best seed's cells are, and of the other seeds only logs and reports."""
    names = (seed_file("placed.json", best.seed), seed_file(f"{TOP}.pnr.json", best.seed))
    path = next(folder / name for name in names if (folder / name).exists())
    modules = read_json(path)["modules"]
    placed = read_placement(modules.get(TOP) or next(iter(modules.values())), owners)
    placement_record(placed, board.family, board.device).write(folder / PLACEMENT_FILE)
    for large in folder.glob("seed*.*"):
        is_best = large.name.startswith(f"seed{best.seed}.")
        if large.suffix in _LARGE and not is_best and not large.name.endswith(".report.json"):
            large.unlink()


def _vendor_project(
    board: Board,
    core: Core,
    plan: Plan,
    folder: Path,
    seeds: Sequence[int],  # noqa: ARG001 - the same call as for a bitstream
    timeout_seconds: float,  # noqa: ARG001
) -> _Made:
    """Synthesise the shell and its core with Yosys; the project is the vendor's to build."""
    family = yosys_family(board.family)
    own = {name for name in plan.files if name.startswith("lutgen_")} | {f"{core.module}.v"}
    sources = " ".join(sorted(own))
    script = (
        f"{library_command(board.family)}; read_verilog {sources}; "
        f"{family.synth} -flatten -top {UART_MODULE}; write_json {TOP}.json"
    )
    write_files(folder, library_files(board.family))
    parts = _synthesise(
        ("yosys", "-q", "-p", script), find_yosys(), folder, board, core, UART_MODULE
    )
    require_fit(board, core, parts)
    return {"parts": parts, "project": f"{TOP}.tcl", "constraints": f"{TOP}.xdc"}
