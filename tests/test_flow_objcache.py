"""The cache for objects of Verilator's run-time library, with a stand-in for the compiler."""

import os
import subprocess
from pathlib import Path

import pytest

from lutgen.flow import objcache

COMPILER = """#!/bin/sh
if [ "$1" = --version ]; then echo "cc 1.0"; exit 0; fi
echo "$@" >> calls
if [ -e fail ]; then exit 7; fi
while [ "$1" != -o ]; do shift; done
echo object > "$2"
"""


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "build"
    (folder / "include").mkdir(parents=True)
    (folder / "include" / "verilated.cpp").write_text("int a;")
    (folder / "include" / "verilated.h").write_text("extern int a;")
    (folder / "cc").write_text(COMPILER)
    (folder / "cc").chmod(0o755)
    monkeypatch.chdir(folder)
    return folder


def compile_once(build: Path, *options: str, source: str = "verilated.cpp") -> int:
    Path("verilated.o").unlink(missing_ok=True)
    file = str(build / "include" / source)
    command = [str(build / "cc"), *options, "-c", "-o", "verilated.o", file]
    return objcache.main(build.parent / "cache", command)


def n_calls() -> int:
    return len(Path("calls").read_text().splitlines())


def test_the_second_build_takes_what_the_first_made(build: Path) -> None:
    for _ in range(2):
        assert compile_once(build) == 0
        assert Path("verilated.o").read_text() == "object\n"
    assert n_calls() == 1


def test_whatever_decides_the_object_decides_the_key(build: Path) -> None:
    compile_once(build)
    compile_once(build, "-O2")
    (build / "include" / "verilated.h").write_text("extern long a;")
    compile_once(build)
    (build / "include" / "verilated.cpp").write_text("long a;")
    compile_once(build)
    assert n_calls() == 4


def compile_own(build: Path, *options: str) -> list[str]:
    """Compile a file of a design, and return the compiler's calls."""
    Path("calls").unlink(missing_ok=True)
    command = [str(build / "cc"), f"-I{build / 'include'}", *options, "-c", "-o", "V.o", "V.cpp"]
    assert objcache.main(build.parent / "cache", command) == 0
    assert Path("V.o").read_text() == "object\n"
    return Path("calls").read_text().splitlines()


def test_other_files_take_headers_that_are_read_once(build: Path) -> None:
    reads, compiles = compile_own(build, "-O0")
    (header,) = (build.parent / "cache").glob("headers-*.h")
    assert header.read_text() == '#include "verilated.h"\n#include "verilated_vpi.h"\n'
    assert "-x c++-header -o " in reads and reads.endswith(str(header))
    assert compiles.endswith(f"-c -o V.o -include {header} V.cpp")
    assert compile_own(build, "-O0") == [compiles]
    assert len(compile_own(build, "-O1")) == 2
    (build / "include" / "verilated.h").write_text("extern long a;")
    assert len(compile_own(build, "-O0")) == 2


@pytest.mark.parametrize("refused", ["c++-header", "headers-"])
def test_a_compiler_that_does_not_take_them_compiles_without(build: Path, refused: str) -> None:
    refusal = f'case "$*" in *{refused}*) exit 1;; esac\n'
    refusing = COMPILER.replace("if [ -e fail", refusal + "if [ -e fail")
    (build / "cc").write_text(refusing)
    for _ in range(2):
        assert compile_own(build)[-1].endswith("-c -o V.o V.cpp")
        assert not list((build.parent / "cache").glob("*.gch"))


def test_files_that_name_a_header_themselves_are_compiled_as_ever(build: Path) -> None:
    assert len(compile_own(build, "-include", "own.h")) == 1
    assert not (build.parent / "cache").exists()


def test_a_failure_is_passed_on_and_not_kept(build: Path) -> None:
    Path("fail").touch()
    assert compile_once(build) == 7
    Path("fail").unlink()
    assert compile_once(build) == 0
    assert n_calls() == 2


def test_a_cache_that_cannot_be_written_does_no_harm(build: Path) -> None:
    (build.parent / "cache").write_text("a file")
    assert compile_once(build) == 0
    assert Path("verilated.o").read_text() == "object\n"


def test_what_a_killed_build_left_in_the_cache_is_removed(build: Path) -> None:
    compile_once(build)
    cache = build.parent / "cache"
    (kept,) = cache.iterdir()
    kept.unlink()
    gone = subprocess.Popen(["true"])
    gone.wait()
    for number in (gone.pid, os.getppid()):
        (cache / f".{kept.name}.{number}.part").write_text("ha")
    compile_once(build)
    names = {path.name for path in cache.iterdir()}
    assert names == {kept.name, f".{kept.name}.{os.getppid()}.part"}
