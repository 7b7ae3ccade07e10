"""Place and route with nextpnr, and packing the bitstream: one run a seed, the best is kept.

nextpnr knows a chip family each; what differs between them the families say. Several seeds run at
the same time, each a process of its own.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from lutgen.chips.registry import families, get_family
from lutgen.errors import ConfigError, ToolError
from lutgen.files import read_json
from lutgen.flow.congestion import forecast, standing
from lutgen.flow.tools import Tool, ask_version, find_script, stop_group, subprocess_environment

_INSTALL = "pip install 'lutgen[boards]'"
_POLL_SECONDS = 0.05
_WATCH_SECONDS = 2.0  # between looks at a router's log
_PATIENCE = 2.0  # routers speed up and slow down: what a forecast may be wrong by
_TELLING_LINES = 3


def find_router(family: str) -> Tool:
    """Find the nextpnr of a family: on PATH, or the WebAssembly build from PyPI.

    Raises
    ------
    ConfigError
        If there is no open router for the family here.
    ToolError
        If it is not installed; the message says how to install it.
    """
    router = get_family(family).router
    if router is None:
        known = ", ".join(name for name, other in families().items() if other.router)
        raise ConfigError(f"there is no open router for {family!r} here; choose one of: {known}")
    return _find(router.program, router.wasm_program, router.package, r"[Vv]ersion ([^\s)]+)")


def find_packer(name: str) -> Tool:
    """Find the program that makes a bitstream: ``icepack``, ``ecppack`` or ``gowin_pack``.

    Raises
    ------
    ToolError
        If it is not known or not installed.
    """
    packers = [family.packer for family in families().values() if family.packer]
    packer = next((packer for packer in packers if packer.program == name), None)
    if packer is None:
        raise ToolError(f"lutgen does not know the tool {name!r} that the platform asks for")
    return _find(name, packer.wheel_program, packer.package, "")


def _find(program: str, wasm_program: str, package: str, pattern: str) -> Tool:
    wasm = find_script(wasm_program)
    native = find_script(program)
    if native and native != wasm:
        return Tool(program, native, ask_version(native, pattern) if pattern else "native")
    if wasm is None:
        raise ToolError(f"{program} is not installed; {_INSTALL}")
    return Tool(program, wasm, f"{metadata.version(package)} (PyPI)")


@dataclass(frozen=True)
class Clock:
    """Fmax of a clock: what place and route achieved, and what was asked for, in MHz."""

    name: str
    achieved_mhz: float
    constraint_mhz: float


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
            Clock(name, float(item["achieved"]), float(item["constraint"]))
            for name, item in report["fmax"].items()
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


@dataclass(frozen=True)
class Job:
    """A command to run, with the file that takes what it says."""

    what: str
    command: tuple[str, ...]
    log: Path


@dataclass(frozen=True)
class Ended:
    """How a job ended: its exit code, None if it was stopped; if so, why, or "" for the time."""

    code: int | None
    seconds: float
    why: str = ""


Watch = Callable[[Job, float], str]


def run_together(
    jobs: Sequence[Job],
    *,
    cwd: Path,
    at_once: int,
    timeout_seconds: float | None = None,
    watch: Watch | None = None,
) -> list[Ended]:
    """Run commands, so many at once, and return how each ended.

    Whatever ends this call early (Ctrl-C) ends all of them.

    Parameters
    ----------
    watch : callable, optional
        Called now and then with a job and the seconds that it has run; a job for which it gives a
        reason is stopped.
    """
    ended: dict[int, Ended] = {}
    running: dict[int, tuple[subprocess.Popen[bytes], float]] = {}
    waiting = list(range(len(jobs)))
    looked = time.monotonic()
    try:
        while waiting or running:
            look = watch is not None and time.monotonic() - looked > _WATCH_SECONDS
            while waiting and len(running) < at_once:
                number = waiting.pop(0)
                running[number] = (_start(jobs[number], cwd), time.monotonic())
            for number, (process, start) in list(running.items()):
                seconds = time.monotonic() - start
                late = timeout_seconds is not None and seconds > timeout_seconds
                why = watch(jobs[number], seconds) if look and watch else ""
                if process.poll() is None and not late and not why:
                    continue
                del running[number]
                if process.poll() is None:
                    stop_group(process, signal.SIGTERM)
                    ended[number] = Ended(None, seconds, why)
                else:
                    ended[number] = Ended(process.returncode, seconds)
            looked = time.monotonic() if look else looked
            time.sleep(_POLL_SECONDS)
    finally:
        for process, _ in running.values():
            stop_group(process, signal.SIGTERM)
    return [ended[number] for number in range(len(jobs))]


def _start(job: Job, cwd: Path) -> subprocess.Popen[bytes]:
    try:
        with job.log.open("wb") as stream:
            return subprocess.Popen(
                job.command,
                cwd=cwd,
                env=subprocess_environment({}),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise ToolError(f"{job.what}: cannot start: {error.strerror or error}") from error


# what a router writes to, by option; each seed has files of its own
_OUTPUTS = ("--log", "--asc", "--textcfg", "--write", "--report", "--sdf")


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
            folder / seed_file("nextpnr.log", seed),
        )
        for seed in seeds
    ]
    ends = run_together(
        jobs,
        cwd=folder,
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
    return ToolError(f"{job.what} failed (exit code {end.code}): {said}; log: {job.log}")


def pack_command(command: Sequence[str], tool: Tool, seed: int) -> tuple[str, ...]:
    """Return the command that makes the bitstream of a seed, as Amaranth's platform calls it."""
    routed = (".asc", ".config", ".pnr.json")
    words = [seed_file(word, seed) if word.endswith(routed) else word for word in command[1:]]
    return (str(tool.path), *words)
