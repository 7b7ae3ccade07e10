"""A compiler launcher that keeps what every simulation would have to compile anew.

Every simulation compiles the same few files of Verilator's run-time library, and reads its headers
for each file of its own, which for a small design is most of the work. Verilator's makefiles put
``$(OBJCACHE)`` before each call of the compiler, as for ccache; this script, run as ``python
objcache.py FOLDER COMMAND...``, takes that place. It keeps the objects of the library's files, and
the headers as the compiler has read them.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HEADERS = ("verilated.h", "verilated_vpi.h")


def main(folder: Path, command: list[str]) -> int:
    """Run a compiler command, or fetch what it made before; return its exit code."""
    source = Path(command[-1])
    if "-c" not in command or "-o" not in command:
        return subprocess.call(command)
    if not (source.is_absolute() and source.name.startswith("verilated")):
        return _compile_own(folder, command)
    made = Path(command[command.index("-o") + 1])
    kept = folder / f"{source.stem}-{_key(command, source.parent, source)}.o"
    try:
        shutil.copyfile(kept, made)
        return 0
    except OSError:
        code = subprocess.call(command)
    if code == 0:
        _keep(made, kept)
    return code


def _compile_own(folder: Path, command: list[str]) -> int:
    """Compile a file of the design, with the headers that are kept, or else without them."""
    header = None if "-include" in command else _kept_header(folder, command)
    if header is not None:
        with_it = [*command[:-1], "-include", str(header), command[-1]]
        tried = subprocess.run(with_it, capture_output=True, check=False)
        if tried.returncode == 0:
            return 0
    code = subprocess.call(command)
    if code == 0 and header is not None:  # so it is they that the compiler does not take
        with contextlib.suppress(OSError):
            _as_read(header).unlink()
    return code


def _as_read(header: Path) -> Path:
    """Return where compilers look for a header that was read before."""
    return header.with_name(f"{header.name}.gch")


def _kept_header(folder: Path, command: list[str]) -> Path | None:
    """Return a file that includes the library's headers, which lie read beside it; or None."""
    includes = [Path(word[2:]) for word in command if word.startswith("-I")]
    library = next((path for path in includes if (path / HEADERS[0]).is_file()), None)
    if library is None:
        return None
    place = command.index("-o")
    options = [word for word in (*command[1:place], *command[place + 2 : -1]) if word != "-c"]
    header = folder / f"headers-{_key([command[0], *sorted(options)], library)}.h"
    read = _as_read(header)
    if not read.is_file():
        with tempfile.TemporaryDirectory() as name:
            text, made = Path(name, header.name), Path(name, read.name)
            text.write_text("".join(f'#include "{name}"\n' for name in HEADERS), encoding="ascii")
            if not header.is_file():
                _keep(text, header)  # first: its path and its time are in what is made of it
            kept = [word for word in options if word not in ("-MMD", "-MD")]
            making = [command[0], *kept, "-x", "c++-header", "-o", str(made), str(header)]
            if subprocess.run(making, capture_output=True, check=False).returncode == 0:
                _keep(made, read)
    return header if read.is_file() else None


def _key(command: list[str], library: Path, *sources: Path) -> str:
    """Return a digest of all that decides the object: compiler, options, source and headers."""
    compiler = subprocess.run([command[0], "--version"], capture_output=True, check=False)
    digest = hashlib.sha256(compiler.stdout)
    digest.update("\0".join(command).encode())
    for path in [*sources, *sorted(library.glob("*.h"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def _keep(made: Path, kept: Path) -> None:
    """Put an object into the cache; one that cannot be written is none the worse for this build."""
    part = kept.with_name(f".{kept.name}.{os.getpid()}.part")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        for left in kept.parent.glob(f".{kept.name}.*.part"):
            if not _is_running(left.name.split(".")[-2]):
                left.unlink(missing_ok=True)
        shutil.copyfile(made, part)
        part.replace(kept)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _is_running(number: str) -> bool:
    """Return whether there is a process of a number: who put a part into the cache may be gone."""
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        pass
    return True


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
