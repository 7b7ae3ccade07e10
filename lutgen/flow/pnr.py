"""Place and route with nextpnr, and packing the bitstream: one run a seed, the best is kept.

nextpnr knows a chip family each; what differs between them the families say. Several seeds run at
the same time, each a process of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lutgen.chips.registry import families, get_family
from lutgen.errors import ConfigError, ToolError
from lutgen.files import read_json
from lutgen.flow.congestion import forecast, standing
from lutgen.flow.process import Ended, Job, Watch, reason, run_together, subprocess_environment
from lutgen.flow.table import ToolSpec, nextpnr_spec, packer_spec
from lutgen.flow.tools import Tool, find

_PATIENCE = 2.0  # routers speed up and slow down: what a forecast may be wrong by
_TELLING_LINES = 3


def find_router(family: str) -> Tool:
    """Find the nextpnr of a family: a native one, or the WebAssembly build from PyPI.

    Raises
    ------
    ConfigError
        If there is no open router for the family here.
    ToolError
        If there is none that is new enough; the message says how to install it.
    """
    router = get_family(family).router
    if router is None:
        known = ", ".join(name for name, other in families().items() if other.router)
        raise ConfigError(f"there is no open router for {family!r} here; choose one of: {known}")
    return find(nextpnr_spec(router.program, router.package, router.wasm_program, family))


def find_packer(name: str) -> Tool:
    """Find the program that makes a bitstream: ``icepack``, ``ecppack`` or ``gowin_pack``.

    Raises
    ------
    ToolError
        If it is not known or not installed.
    """
    for family in families().values():
        packer = family.packer
        if packer is not None and packer.program == name:
            return find(packer_spec(name, packer.package, packer.wheel_program, family.name))
    raise ToolError(f"lutgen does not know the tool {name!r} that the platform asks for")


def specs() -> Iterator[ToolSpec]:
    """Yield the rows of the routers and packers of every family."""
    for family in families().values():
        if (router := family.router) is not None:
            yield nextpnr_spec(router.program, router.package, router.wasm_program, family.name)
        if (packer := family.packer) is not None:
            yield packer_spec(packer.program, packer.package, packer.wheel_program, family.name)


@dataclass(frozen=True)
class Clock:
    """Fmax of a clock, as place and route achieved it, in MHz."""

    name: str
    achieved_mhz: float


@dataclass(frozen=True)
class Step:
    """A part of the critical path: from one cell to the next, or through one.

    Parameters
    ----------
    kind : str
        ``clk-to-q``, ``routing``, ``logic``, ``setup`` …
    delay_ns : float
    cell : str
        The cell at its end.
    """

    kind: str
    delay_ns: float
    cell: str


@dataclass(frozen=True)
class Routed:
    """What one run of place and route achieved.

    Parameters
    ----------
    seed : int
    seconds : float
    used, room : mapping of str to int
        Places of each kind that are taken, and that the chip has.
    clocks : tuple of Clock
    path : tuple of Step
        The critical path within the slowest clock.
    """

    seed: int
    seconds: float
    used: dict[str, int]
    room: dict[str, int]
    clocks: tuple[Clock, ...]
    path: tuple[Step, ...]

    @property
    def fmax_mhz(self) -> float:
        """Fmax of the slowest clock; infinite where nothing is clocked."""
        return min((clock.achieved_mhz for clock in self.clocks), default=float("inf"))


def read_report(path: Path, seed: int, seconds: float) -> Routed:
    """Read the report that nextpnr writes with ``--report``.

    Raises
    ------
    ToolError
        If it is not of the expected form.
    """
    report = read_json(path)
    try:
        clocks = tuple(
            Clock(name, float(item["achieved"])) for name, item in report["fmax"].items()
        )
        utilisation = {
            kind: (int(item["used"]), int(item["available"]))
            for kind, item in report["utilization"].items()
        }
        slowest = min(clocks, key=lambda clock: clock.achieved_mhz, default=None)
        path_steps = _critical_path(report.get("critical_paths", []), slowest)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ToolError(f"{path}: not a report of nextpnr ({error!r})") from error
    return Routed(
        seed=seed,
        seconds=round(seconds, 2),
        used={kind: used for kind, (used, _) in utilisation.items() if used},
        room={kind: room for kind, (used, room) in utilisation.items() if used},
        clocks=clocks,
        path=path_steps,
    )


def _critical_path(paths: list[dict[str, Any]], clock: Clock | None) -> tuple[Step, ...]:
    """Return the critical path from a clock to itself."""
    if clock is None:
        return ()
    edge = f"posedge {clock.name}"
    for item in paths:
        if item["from"] == edge and item["to"] == edge:
            return tuple(
                Step(str(part["type"]), float(part["delay"]), str(part["to"]["cell"]))
                for part in item["path"]
            )
    return ()


class CongestionError(ToolError):
    """A design that the router could not route in time: it asks for more wires than there are."""


_OUT = "out="  # GateMate's, after --vopt
# what a router writes to, by option; each seed has files of its own
_OUTPUTS = ("--log", "--asc", "--textcfg", "--fasm", "--write", "--report", "--sdf")


def seed_command(
    command: Sequence[str], tool: Tool, seed: int, clock_mhz: float
) -> tuple[str, ...]:
    """Return the command of place and route for a seed, with a report and the placement.

    Parameters
    ----------
    command : sequence of str
        nextpnr as Amaranth's platform calls it.
    clock_mhz : float
        Frequency to aim at where the constraints do not say one.
    """
    words = [word for word in command[1:] if word != "--quiet"]
    if "--cst" in words:  # nextpnr-gowin has become a part of nextpnr-himbaechel
        words = _himbaechel(words)
    words += ["--report", "report.json", "--timing-allow-fail", "--seed", str(seed)]
    if "--freq" not in words:
        words += ["--freq", f"{clock_mhz:g}"]
    if "--write" not in words:
        words += ["--write", "placed.json"]
    for at, word in enumerate(words[:-1]):
        if word in _OUTPUTS:
            words[at + 1] = seed_file(words[at + 1], seed)
        elif words[at + 1].startswith(_OUT):
            words[at + 1] = _OUT + seed_file(words[at + 1].removeprefix(_OUT), seed)
    return (str(tool.path), *words)


def _himbaechel(words: list[str]) -> list[str]:
    found: list[str] = []
    for word in words:
        if word in ("--cst", "--family"):
            found += ["--vopt", f"{word[2:]}="]
        elif found and found[-1].endswith("=") and found[-2] == "--vopt":
            found[-1] += word
        else:
            found.append(word)
    return found


def seed_file(name: str, seed: int) -> str:
    """Return what a seed's own file of that name is called."""
    return f"seed{seed}.{name}"


def place_and_route(
    command: Sequence[str],
    *,
    family: str,
    folder: Path,
    seeds: Sequence[int],
    clock_mhz: float,
    at_once: int = 0,
    timeout_seconds: float | None = None,
) -> list[Routed]:
    """Place and route a design with several seeds; once more, placed looser, if it is congested.

    Parameters
    ----------
    command : sequence of str
        nextpnr as Amaranth's platform calls it; its files lie in `folder`.
    clock_mhz : float
        Frequency to aim at where the constraints do not say one.
    seeds : sequence of int
        A run each; its files are called ``seedN.*``.
    at_once : int
        Runs at the same time; 0: as many as there are processors.
    timeout_seconds : float, optional
        Limit for each run.

    Returns
    -------
    list of Routed
        One a seed that routed, in the order of the seeds.

    Raises
    ------
    CongestionError
        If no seed routed within the time, or a router that gets nowhere was stopped before.
    ToolError
        If the router is missing or fails; the message says why.
    """
    run_seeds = partial(
        _run_seeds,
        tool=find_router(family),
        folder=folder,
        seeds=seeds,
        clock_mhz=clock_mhz,
        at_once=at_once or os.cpu_count() or 1,
        timeout_seconds=timeout_seconds,
    )
    router = get_family(family).router
    placer = router.loose_placer if router else ""
    try:
        return run_seeds(command)
    except CongestionError:
        if not placer or "--placer" in command:
            raise
    return run_seeds((*command, "--placer", placer))


def _run_seeds(
    command: Sequence[str],
    tool: Tool,
    folder: Path,
    seeds: Sequence[int],
    clock_mhz: float,
    at_once: int,
    timeout_seconds: float | None,
) -> list[Routed]:
    jobs = [
        Job(
            f"{tool.name} (seed {seed})",
            seed_command(command, tool, seed, clock_mhz),
            folder,
            folder / seed_file("nextpnr.log", seed),
            subprocess_environment(tool.environment),
        )
        for seed in seeds
    ]
    ends = run_together(
        jobs,
        at_once=at_once,
        timeout_seconds=timeout_seconds,
        watch=watch_congestion(timeout_seconds) if timeout_seconds else None,
    )
    routed = [
        read_report(folder / seed_file("report.json", seed), seed, end.seconds)
        for seed, end in zip(seeds, ends, strict=True)
        if end.code == 0
    ]
    if not routed:
        raise _why(jobs[0], ends[0], timeout_seconds)
    return routed


def watch_congestion(timeout_seconds: float) -> Watch:
    """Return what stops a router that would not come to an end in time, for want of wires."""

    def watch(job: Job, seconds: float) -> str:
        text = job.log.read_text(errors="replace") if job.log.exists() else ""
        needed = forecast(text, seconds)
        if needed is None or needed < _PATIENCE * (timeout_seconds - seconds):
            return ""
        return f"{needed:,.0f} s more at its present pace"

    return watch


def _why(job: Job, end: Ended, timeout_seconds: float | None) -> ToolError:
    text = job.log.read_text(errors="replace") if job.log.exists() else ""
    if end.code is None and end.why:
        return CongestionError(
            f"{job.what} was stopped after {end.seconds:.0f} s, as the chip's wires are congested"
            f"{standing(text)}, {end.why}, and {timeout_seconds:g} s are allowed; log: {job.log}"
        )
    if end.code is None:
        kind = CongestionError if standing(text) else ToolError
        return kind(
            f"{job.what} did not come to an end in {timeout_seconds:g} s"
            f"{standing(text) or ', routing had not begun'}; log: {job.log}"
        )
    telling = [line.strip() for line in text.splitlines() if re.search("ERROR|FATAL|Error", line)]
    said = " | ".join(telling[:_TELLING_LINES]) or "it said nothing"
    return ToolError(f"{job.what} failed ({reason(end.code)}): {said}; log: {job.log}")


def pack_command(command: Sequence[str], tool: Tool, seed: int) -> tuple[str, ...]:
    """Return the command that makes the bitstream of a seed, as Amaranth's platform calls it."""
    routed = (".asc", ".config", ".fasm", ".pnr.json", ".txt")
    words = [seed_file(word, seed) if word.endswith(routed) else word for word in command[1:]]
    return (str(tool.path), *words)
